"""Figures for programs: published ones, to those who may read them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from tests.population.results_by_hand import cell, put_results
from tests.population.territory_by_hand import COMMON, RARE, SHARE, TOGETHER, put_territory

READERS = {Role.DIRECTOR, Role.DOCTOR, Role.DIM, Role.COORDINATOR, Role.CITY, Role.REGULATOR}
ADDRESSES = {
    "indicateurs": READERS,
    "indicateurs/prevalence-diabetes?annee=2025": READERS,
    "definitions/indicateurs/prevalence-diabetes": READERS,
    "calculs": {Role.DIM},
    "donnees": {Role.DIM},
}
CELLS = [
    cell("prevalence-diabetes", 2025, code, sex, 12, events=events, base=base)
    for code, base, counts in (
        ("59249", 900.0, (40, 60)),
        ("59661", 300.0, (3, 25)),
        ("59606", 4000.0, (200, 180)),
        ("59014", 1200.0, (70, 55)),
    )
    for sex, events in enumerate(counts, start=1)
]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_answers_its_roles_only(address: str, client_for: Callable[..., Client]) -> None:
    put_results(cells=CELLS)
    for role in Role:
        answer = client_for(role, at="ch-essai").get(f"/api/population/{address}")
        expected = 200 if role in ADDRESSES[address] else 403
        assert answer.status_code == expected, role
    assert Client().get(f"/api/population/{address}").status_code == 401


ASKED: dict[str, str | int] = {"annee": 2025}


def test_figures_are_protected(client_for: Callable[..., Client]) -> None:
    put_results(cells=CELLS)
    client = client_for(Role.DOCTOR)
    address = "/api/population/indicateurs/prevalence-diabetes"
    answer = client.get(address, {**ASKED, "niveau": "commune"}).json()
    assert answer["data"]["is_synthetic"] is True
    told = {one["area"]: one["events"] for one in answer["figures"]}
    assert set(told) == {"C:59249", "C:59661", "C:59606", "C:59014"}
    assert all(value is None or value >= 11 for value in told.values())
    whole = client.get(address, {**ASKED, "niveau": "territory"}).json()["figures"][0]
    assert whole["events"] == 633
    assert whole["rate"] == pytest.approx(633 / sum(one["base"] for one in CELLS) * 1000)
    women = client.get(address, {**ASKED, "niveau": "sector", "sexe": "M"}).json()
    assert all(one["events"] is None or one["events"] >= 11 for one in women["figures"])


def test_what_is_not_published_is_refused(client_for: Callable[..., Client]) -> None:
    put_results(cells=CELLS)
    client = client_for(Role.DOCTOR)
    address = "/api/population/indicateurs/prevalence-diabetes"
    by_sex = client.get(address, {**ASKED, "niveau": "commune", "sexe": "F"})
    assert by_sex.status_code == 422
    assert client.get(address, {"annee": 1999}).status_code == 404
    assert client.get(address.replace("diabetes", "goutte"), {"annee": 2025}).status_code == 404
    assert client.get(address, {"annee": "deux"}).status_code == 422


def test_a_rare_indicator_is_told_years_together(client_for: Callable[..., Client]) -> None:
    put_territory()
    client = client_for(Role.DOCTOR)
    listed = client.get("/api/population/indicateurs").json()["indicators"]
    ways = {one["key"]: one["published"] for one in listed}
    assert ways == {COMMON: "year", SHARE: "year", RARE: "year", TOGETHER: "years-together"}
    address = f"/api/population/indicateurs/{TOGETHER}"
    together = client.get(f"{address}?annee=0&niveau=sector").json()
    assert together["year"] == 0
    assert any(one["events"] for one in together["figures"])
    assert client.get(f"{address}?annee=2024&niveau=zone").status_code == 200
    alone = client.get(f"{address}?annee=2024&niveau=sector")
    assert alone.status_code == 422
    assert alone.json()["title"].startswith("Trop rare pour être publié par an")
    assert client.get(f"{address}?annee=2024&niveau=zone&sexe=F").status_code == 422
    by_year = f"/api/population/indicateurs/{COMMON}"
    assert client.get(by_year, {"annee": 0}).status_code == 404


def test_nothing_computed_is_not_found(client_for: Callable[..., Client]) -> None:
    answer = client_for(Role.DOCTOR).get("/api/population/indicateurs")
    assert answer.status_code == 404
    assert "population.nothing" in answer.content.decode()
