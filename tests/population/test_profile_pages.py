"""The profile of a place: residents, strata and flows on its page, and the same in its print."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape
from itertools import product
from typing import Any

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.engines.indicators.areas import Level
from maillage.population.models import Computation, Export
from maillage.population.queries import Results, current_results
from maillage.population.queries.area_figures import write_area_figures
from maillage.population.queries.area_page import get_area_page
from maillage.population.queries.profile import get_profile, get_profile_file
from maillage.population.rules.profile_view import group_ages
from maillage.territory.rules.ages import Band
from maillage.vocabulary.disclosure import THRESHOLD
from tests.population.hospitals_by_hand import make_flows, put_hospitals, put_places
from tests.population.territory_by_hand import YEARS, put_territory
from tests.population.test_pyramid_pages import make_strata

pytestmark = pytest.mark.django_db
PLACES = ("T", "Z:Z1", "S:59606", "C:59249", "C:59633")
READERS = {Role.DIRECTOR, Role.DOCTOR, Role.DIM, Role.COORDINATOR, Role.CITY, Role.REGULATOR}


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", unescape(text).replace("\u202f", "").replace("\u00a0", " "))


@pytest.fixture
def territory(population_folder: object) -> Computation:
    put_places()
    put_hospitals()
    return put_territory(strata=make_strata(), flows=make_flows())


@pytest.fixture
def results(territory: Computation, now: datetime) -> Results:
    found = current_results(at=now)
    assert found is not None
    return found


@pytest.fixture
def dim(client_for: Callable[..., Client]) -> Client:
    return client_for(Role.DIM)


def test_ages_are_summed_into_those_of_indicators() -> None:
    bands = [Band(low, low + 5, sex, 10) for low in range(0, 90, 5) for sex in "FM"]
    bands += [Band(90, None, "F", 7)]
    rows = group_ages(bands)
    assert [(row.label, row.women, row.men) for row in rows] == [
        ("0-14 ans", "30", "30"), ("15-64 ans", "100", "100"), ("65-79 ans", "30", "30"),
        ("80 ans et plus", "27", "20"),
    ]  # fmt: skip
    assert group_ages([Band(10, 20, "F", 5)]) == ()


def test_the_page_has_residents_strata_and_flows(results: Results, dim: Client) -> None:
    said = plain(re.sub(r"<[^>]+>", " ", dim.get("/population/lieux/Z:Z1").content.decode()))
    assert "Habitants" in said
    assert "Où ses habitants sont hospitalisés" in said
    assert "Hors du GHT d'essai" in said
    assert "La pyramide entière" in said


def test_a_commune_takes_strata_and_flows_of_its_sector(results: Results, dim: Client) -> None:
    said = plain(re.sub(r"<[^>]+>", " ", dim.get("/population/lieux/C:59633").content.decode()))
    assert "Publié par secteur : Secteur de Fourmies" in said


def test_no_place_tells_a_small_count(results: Results, now: datetime) -> None:
    write_area_figures(results)
    seen = 0
    keys = [row.key for row in results.areas.rows if row.level < Level.COMMUNE]
    for key, year in product([*keys, "C:59633"], YEARS):
        asked = {"annee": str(year)}
        profile = get_profile(results, get_area_page(results, key, asked), asked, at=now)
        assert profile.flows is not None
        words = [row.people for row in profile.strata] + [profile.flows.total]
        words += [row.stays for row in profile.flows.places]
        for one in words:
            digits = re.sub(r"\D", "", one)
            if digits:
                seen += 1
                assert not 0 < int(digits) < THRESHOLD, (key, year)
    assert seen > 100


@pytest.mark.parametrize("key", PLACES)
def test_the_print_says_the_numbers_of_the_page(
    results: Results, dim: Client, now: datetime, key: str
) -> None:
    html = plain(dim.get(f"/population/lieux/{key}").content.decode())
    document = get_profile_file(results, key, {}, at=now).document
    rows = [*document["ages"], *document["strata"], *document["flows"]["places"]]
    rows += [row for group in document["groups"] for row in group["rows"]]
    numbers = 0
    for row in rows:
        for words in row:
            for part in re.split(r" \(|\)", plain(words)):
                numbers += bool(re.search(r"\d", part))
                assert part in html, (key, part)
    assert numbers > 10
    assert document["synthetic"] == "Données synthétiques"


def test_the_print_is_a_pdf_in_the_register(results: Results, dim: Client) -> None:
    address = "/population/lieux/Z:Z1/profil"
    assert "Prendre un fichier" in dim.get(address).content.decode()
    assert dim.post(address, {"purpose": ""}).status_code == 422
    answer = dim.post(address, {"purpose": "Comité de suivi de décembre"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert "synthetique-profil" in answer["Content-Disposition"]
    assert answer.content.startswith(b"%PDF-")
    line = Export.objects.get()
    assert (line.format, line.purpose) == ("pdf", "Comité de suivi de décembre")
    assert line.filters["lieu"] == "Z:Z1"
    assert dim.post("/population/lieux/Z:rien/profil", {"purpose": "Essai"}).status_code == 404


def test_the_print_is_for_those_who_may_export(
    territory: Computation, client_for: Callable[..., Client]
) -> None:
    address = "/population/lieux/Z:Z1"
    for role in READERS:
        may = role in (Role.DIM, Role.DIRECTOR)
        client = client_for(role)
        assert client.get(f"{address}/profil").status_code == (200 if may else 403)
        assert ("Profil (PDF)" in client.get(address).content.decode()) is may


def test_a_place_without_strata_or_stays_has_a_profile(
    population_folder: object, dim: Client, now: datetime
) -> None:
    put_territory()
    results = current_results(at=now)
    assert results is not None
    assert dim.get("/population/lieux/Z:Z1").status_code == 200
    document = get_profile_file(results, "Z:Z1", {}, at=now).document
    assert document["flows"] is None
    assert document["ages"] == []
    answer = dim.post("/population/lieux/Z:Z1/profil", {"purpose": "Essai à vide"})
    assert answer.content.startswith(b"%PDF-")


def test_the_page_asks_few_queries(
    territory: Computation, dim: Client, django_assert_max_num_queries: Any
) -> None:
    dim.get("/population/lieux/Z:Z1")
    with django_assert_max_num_queries(18):
        dim.get("/population/lieux/Z:Z1")
