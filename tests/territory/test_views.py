"""Pages of the territory, and the SQL that they run."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.territory.actions import LoadReport
from maillage.territory.models import AgeBand, Commune

pytestmark = pytest.mark.django_db
Connect = Callable[..., Client]
Counted = Callable[[int], Any]

MOST_QUERIES = 12


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


@pytest.fixture
def doctor(client_for: Connect) -> Client:
    """A doctor who has already opened a page: the first one also stamps the session."""
    client = client_for(Role.DOCTOR)
    client.get("/sources")
    return client


@pytest.fixture
def ages(territory: LoadReport) -> None:
    for low, high, count in ((0, 20, 300), (20, None, 700)):
        AgeBand.objects.create(
            department="99", year=2023, age_min=low, age_max=high, count=count, source="INSEE âges"
        )


@pytest.mark.parametrize(
    "url", ["/carte", "/communes", "/communes.csv", "/communes/suggestions?q=a", "/sources"]
)
def test_a_visitor_must_log_in(url: str) -> None:
    answer = Client().get(url)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/connexion")


@pytest.mark.parametrize("url", ["/carte", "/communes", "/communes.csv", "/sources"])
def test_pages_hold_without_any_commune(doctor: Client, url: str) -> None:
    assert text(doctor, url)


def test_the_map_shows_communes_in_classes_with_a_table(
    doctor: Client, territory: LoadReport
) -> None:
    page = text(doctor, "/carte")
    assert 'data-tip="Aubois : 1\u202f000 habitants"' in page
    assert 'class="q3"' in page
    assert 'href="/communes/99001"' in page
    assert "Communauté de l&#x27;Aubois" in page
    assert "Contour partiel pour Saint-Éloi" in page
    dense = text(doctor, "/carte?montrer=densite")
    assert 'data-tip="Saint-Éloi : non connu"' in dense
    assert "habitants par km²" in dense


def test_the_map_narrows_to_a_department_or_an_authority(
    doctor: Client, load: Callable[..., LoadReport]
) -> None:
    load("99", "98")
    assert "Ailleurs" in text(doctor, "/carte")
    assert "Ailleurs :" not in text(doctor, "/carte?zone=99")
    authority = text(doctor, "/carte?zone=200000016")
    assert "Saint-Éloi :" not in authority
    assert '<a href="/communes/99002">Breuil-sur-l&#x27;Œuvre</a>' in authority
    assert doctor.get("/carte?zone=123456789").status_code == 404
    assert doctor.get("/carte?zone=<x>").status_code == 404
    assert "Aucune commune" in text(doctor, "/carte?zone=62")


def test_a_commune_says_that_its_ages_are_estimated(doctor: Client, ages: None) -> None:
    page = text(doctor, "/communes/99001")
    assert "Estimation" in page
    assert "Total estimé" in page
    assert "INSEE âges" in page
    assert "recensement 2017" in page
    assert "Breuil-sur-l&#x27;Œuvre" in page
    assert "point intérieur" in text(doctor, "/communes/99003")
    assert "Contour partiel" in text(doctor, "/communes/99005")


def test_an_authority_adds_its_communes_up(doctor: Client, ages: None) -> None:
    page = text(doctor, "/intercommunalites/200000016")
    assert "1\u202f290" in page
    assert "Total estimé" in page


@pytest.mark.parametrize("url", ["/communes/59606", "/communes/xyz", "/intercommunalites/1"])
def test_unknown_places_are_not_found(doctor: Client, territory: LoadReport, url: str) -> None:
    assert doctor.get(url).status_code == 404


def test_the_list_filters_sorts_and_keeps_its_filters_in_the_csv_link(
    doctor: Client, territory: LoadReport
) -> None:
    page = text(doctor, "/communes?intercommunalite=200000016&tri=-habitants")
    assert page.index("Aubois</a>") < page.index("Œuvre</a>")
    assert "Dornes" not in page
    assert "/communes.csv?intercommunalite=200000016&amp;tri=-habitants" in page
    assert "Aucune commune ne correspond" in text(doctor, "/communes?nom=zzz")


def test_the_csv_holds_the_same_rows_and_can_be_imported(
    doctor: Client, territory: LoadReport
) -> None:
    answer = doctor.get("/communes.csv?intercommunalite=200000016&tri=-habitants")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert [row["code"] for row in rows] == ["99001", "99002", "99003"]
    assert rows[1]["nom"] == "Breuil-sur-l'Œuvre"


def test_suggestions_are_options_of_a_list(doctor: Client, territory: LoadReport) -> None:
    fragment = text(doctor, "/communes/suggestions?q=oeuvre")
    assert fragment.strip().startswith(
        '<li role="option" data-value="99002" data-label="Breuil-sur-l&#x27;Œuvre (99)">'
    )
    assert text(doctor, "/communes/suggestions").strip() == ""


def test_sources_name_publishers_licences_and_dates(doctor: Client, territory: LoadReport) -> None:
    page = text(doctor, "/sources")
    for word in ("INSEE", "IGN", "DILA", "Licence Ouverte", "Estimation", "2017"):
        assert word in page


@pytest.mark.parametrize(
    "url",
    [
        "/carte",
        "/carte?zone=200000016",
        "/communes",
        "/communes?nom=a",
        "/communes.csv",
        "/communes/99001",
        "/communes/suggestions?q=au",
        "/intercommunalites/200000016",
        "/sources",
    ],
)
def test_pages_run_few_queries(
    doctor: Client, ages: None, url: str, django_assert_max_num_queries: Counted
) -> None:
    with django_assert_max_num_queries(MOST_QUERIES):
        assert doctor.get(url).status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_page(
    doctor: Client, territory: LoadReport, django_assert_num_queries: Counted
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        doctor.get("/communes")
    Commune.objects.bulk_create(
        Commune(
            code=f"98{number:03d}",
            name=f"Commune {number}",
            search_name=f"commune {number}",
            department="98",
            epci_id="200000016",
            residents=number,
            residents_year=2017,
            latitude=50,
            longitude=3,
            source="essai",
        )
        for number in range(200)
    )
    with django_assert_num_queries(len(few)):
        assert "Commune 1" in text(doctor, "/communes?page=2")
