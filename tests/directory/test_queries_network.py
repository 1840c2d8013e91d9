"""The rows that coverage builds its network from."""

from __future__ import annotations

from datetime import date

import pytest

from maillage.directory.queries import (
    list_memberships_for_network,
    list_organizations_for_network,
    list_services_for_network,
    list_sites_for_network,
    search_directory,
)
from tests.directory.territory_in_small import FILES, load

pytestmark = pytest.mark.django_db


def test_organizations_go_by_finess_else_slug(directory: None) -> None:
    rows = list_organizations_for_network()
    assert ("590782215", "CH Valenciennes") in rows
    assert ("universite-lille", "U. Lille") in rows


def test_memberships_keep_their_days(directory: None) -> None:
    assert list_memberships_for_network() == [
        ("590781605", "ght-cambresis", date(2022, 11, 14), None),
        ("590781605", "ght-hainaut", date(2016, 7, 1), date(2022, 11, 14)),
        ("590781803", "ght-hainaut", date(2016, 7, 1), None),
        ("590782215", "ght-hainaut", date(2016, 7, 1), None),
    ]


def test_an_associate_moves_no_patient_without_a_clause(directory: None) -> None:
    before = list_memberships_for_network()
    header = FILES["adhesions"].splitlines()[0]
    load("adhesions", f"{header}\nght-hainaut;chu-lille;2017-07-03;;ASSOCIATE;s;\n")
    assert list_memberships_for_network() == before


def test_sites_name_their_organization(directory: None) -> None:
    assert list_sites_for_network()[0] == (
        "590000428",
        "590781605",
        "Hôpital de Cambrai",
        50.1658,
        3.2288,
    )


def test_services_carry_what_decides_their_hours(directory: None) -> None:
    services = {service.slug: service for service in list_services_for_network()}
    unv = services["unv-valenciennes"]
    assert unv.opening == tuple((day, 480, 1110, "closed") for day in (1, 2, 3))
    assert unv.authorisations == (
        (date(2010, 1, 1), date(2027, 1, 1)),
        (date(2027, 1, 1), None),
    )
    assert unv.exceptions == ()
    assert [state for _, _, state in services["unv-maubeuge"].exceptions] == ["closed"]
    assert services["neurochirurgie-lille"].authorisations == ()


def test_network_rows_take_few_statements(
    directory: None, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(7):  # type: ignore[operator]
        list_organizations_for_network()
        list_memberships_for_network()
        list_sites_for_network()
        list_services_for_network()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("loeuillet", ["Dr Anaïs Lœuillet"]),
        ("LŒUILLET anais", ["Dr Anaïs Lœuillet"]),
        ("neurochirurgie lille", ["Neurochirurgie de Lille"]),
        ("salengro", ["Neurochirurgie de Lille", "Hôpital Salengro"]),
        ("hainaut cambresis", ["GHT Hainaut-Cambrésis"]),
        ("équipe avc", ["Équipe territoriale AVC"]),
        ("neurovasculaire maubeuge", ["Unité neurovasculaire de Maubeuge"]),
        ("x", []),
        ("zzz", []),
        ("%", []),
    ],
)
def test_search_ignores_accents_and_ligatures(
    directory: None, text: str, expected: list[str]
) -> None:
    assert [hit.label for hit in search_directory(text)] == expected


def test_search_finds_people_by_specialty(directory: None) -> None:
    hits = [hit for hit in search_directory("neurologie") if hit.kind == "Praticien"]
    assert {hit.label for hit in hits} == {"Dr Anaïs Lœuillet", "Dr Béatrice Dubois"}
    assert hits[0].detail == "Neurologie"


def test_search_is_limited_and_takes_six_statements(
    directory: None, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(6):  # type: ignore[operator]
        hits = search_directory("de", limit=1)
    assert len(hits) == len({hit.kind for hit in hits})
