"""Flows of patients: what the page shows, to whom, and never a small count."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from html import unescape
from itertools import product
from typing import Any

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.engines.indicators import rates
from maillage.engines.indicators.areas import TERRITORY, Level
from maillage.engines.indicators.flows import ALL, MEDICINE
from maillage.population.models import Computation, Export
from maillage.population.queries import Results, current_results
from maillage.population.queries.flow_tables import ELSEWHERE, FlowTables, get_flows
from maillage.population.queries.flows_page import get_flows_file, get_flows_page
from maillage.population.queries.hospitals import (
    OTHER_LOCAL,
    PLACES,
    UNIVERSITIES,
    UNKNOWN,
    ZONE_ABOVE,
    ZONE_LOCAL,
    Hospitals,
    load_hospitals,
    place_of,
)
from maillage.vocabulary.disclosure import ALL as TOTAL
from maillage.vocabulary.disclosure import THRESHOLD
from tests.population.hospitals_by_hand import (
    CAMBRAI,
    DENAIN,
    FOURMIES,
    LILLE,
    NEEDS,
    STRANGER,
    VALENCIENNES,
    flow,
    make_flows,
    put_hospitals,
    put_places,
)
from tests.population.results_by_hand import put_results
from tests.population.territory_by_hand import COMMUNES, YEARS

pytestmark = pytest.mark.django_db
FLOWS = "/population/flux"
DAY = date(2026, 11, 22)
READERS = {Role.DIRECTOR, Role.DOCTOR, Role.DIM, Role.COORDINATOR, Role.CITY, Role.REGULATOR}


def text_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.status_code
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", unescape(bare))


def is_small(count: float | None) -> bool:
    return count is not None and 0 < count < THRESHOLD


@pytest.fixture
def places(population_folder: object) -> None:
    put_places()
    put_hospitals()


@pytest.fixture
def territory(places: None) -> Computation:
    return put_results(flows=make_flows(), communes=COMMUNES, years=YEARS)


@pytest.fixture
def results(territory: Computation, now: datetime) -> Results:
    found = current_results(at=now)
    assert found is not None
    return found


@pytest.fixture
def hospitals(results: Results) -> Hospitals:
    return load_hospitals(results.areas, day=DAY)


@pytest.fixture
def dim(client_for: Callable[..., Client]) -> Client:
    return client_for(Role.DIM)


def areas_of(results: Results) -> list[str]:
    return [row.key for row in results.areas.rows if row.level is not Level.COMMUNE]


# Hospitals


def test_a_hospital_is_of_the_zone_or_elsewhere_by_its_level(hospitals: Hospitals) -> None:
    def place(finess: str, zone: str) -> str:
        return place_of(hospitals.get(finess), zone)

    assert place(FOURMIES, "Z:Z1") == ZONE_LOCAL
    assert place(FOURMIES, "Z:Z2") == OTHER_LOCAL
    assert place(VALENCIENNES, "Z:Z2") == ZONE_ABOVE
    assert place(VALENCIENNES, "Z:Z1") == "above"
    assert place(LILLE, "Z:Z1") == UNIVERSITIES
    assert place(STRANGER, "Z:Z1") == UNKNOWN
    assert hospitals.get(STRANGER).label == f"FINESS {STRANGER}"
    assert hospitals.group == "GHT d'essai"
    assert {one.finess for one in hospitals.rows if one.in_group} == {FOURMIES, VALENCIENNES}


def test_members_are_those_of_the_day(places: None, results: Results) -> None:
    before = load_hospitals(results.areas, day=date(2010, 1, 1))
    assert before.group == ""
    assert not any(one.in_group for one in before.rows)


# What is shown


def test_figures_are_the_counts_where_nothing_is_small(places: None, now: datetime) -> None:
    put_results(
        communes=COMMUNES,
        flows=[
            flow(ALL, 2025, "59249", FOURMIES, 600),
            flow(ALL, 2025, "59249", VALENCIENNES, 200),
            flow(ALL, 2025, "59249", LILLE, 100),
            flow(ALL, 2025, "59606", VALENCIENNES, 900),
            flow(ALL, 2025, "59606", CAMBRAI, 100),
        ],
    )
    results = current_results(at=now)
    assert results is not None
    page = get_flows_page(results, {"lieu": "Z:Z1"}, at=now)
    assert page.total == "900"
    assert {row.label: row.stays for row in page.places} == {
        PLACES[ZONE_LOCAL]: "600", PLACES["above"]: "200", PLACES[UNIVERSITIES]: "100",
    }  # fmt: skip
    value, low, high = (100 * float(one[0]) for one in rates.proportion([300], [900]))
    assert page.here.out_of_zone.value == "33,3\u00a0%"
    assert page.here.out_of_zone.interval == (f"{low:.1f}\u00a0à\u00a0{high:.1f}".replace(".", ","))
    assert round(value, 1) == 33.3
    assert page.here.out_of_group.value == "11,1\u00a0%"
    assert [(row.label, row.stays) for row in page.by_hospital] == [
        ("CH de Fourmies", "600"), ("CH de Valenciennes", "200"), ("CHU de Lille", "100"),
    ]  # fmt: skip
    served = get_flows_page(results, {"hopital": VALENCIENNES}, at=now)
    assert [row.stays for row in served.served] == ["900", "200"]
    assert served.served_total == "1\u202f100"
    whole = get_flows_page(results, {}, at=now)
    assert whole.total == "1\u202f900"
    assert whole.here.out_of_zone.value == f"{100 * 400 / 1900:.1f}".replace(".", ",") + "\u00a0%"


def test_many_stays_of_few_people_are_hidden(places: None, now: datetime) -> None:
    put_results(
        communes=COMMUNES,
        flows=[
            flow(ALL, 2025, "59249", FOURMIES, 600),
            flow(ALL, 2025, "59249", LILLE, 40, persons=3),
            flow(ALL, 2025, "59249", CAMBRAI, 50),
        ],
    )
    results = current_results(at=now)
    assert results is not None
    tables = get_flows(results, load_hospitals(results.areas, day=DAY), ALL, 2025)
    assert tables.place("Z:Z1", UNIVERSITIES) is None
    assert tables.hospitals["Z:Z1", LILLE] is None


def test_a_share_whose_parts_are_hidden_is_told_by_its_bounds(places: None, now: datetime) -> None:
    put_results(
        communes=COMMUNES,
        flows=[
            flow(ALL, 2025, "59606", VALENCIENNES, 6000),
            flow(ALL, 2025, "59606", DENAIN, 5),
            flow(ALL, 2025, "59606", FOURMIES, 30),
            flow(ALL, 2025, "59606", LILLE, 400),
        ],
    )
    results = current_results(at=now)
    assert results is not None
    tables = get_flows(results, load_hospitals(results.areas, day=DAY), ALL, 2025)
    assert tables.place("Z:Z2", ZONE_LOCAL) is None
    out = [one for one in tables.columns if not one.startswith("zone")]
    least, most = tables.bounds("Z:Z2", out)
    assert least <= 430 <= most
    page = get_flows_page(results, {"lieu": "Z:Z2"}, at=now)
    assert page.here.out_of_zone.value != "n.c."


def test_unknown_choices_are_said(results: Results, dim: Client) -> None:
    said = text_of(dim.get(f"{FLOWS}?besoin=rien&annee=1900&lieu=C:59249&hopital=1"))
    assert "Ce besoin n'est pas calculé ici" in said
    assert "Cette année n'est pas calculée" in said
    assert "Ce lieu n'est pas connu ici" in said
    assert "Cet hôpital n'a aucun séjour ici" in said


def test_readers_read_flows(territory: Computation, client_for: Callable[..., Client]) -> None:
    reached = {role for role in Role if client_for(role).get(FLOWS).status_code == 200}
    assert reached == READERS
    assert Client().get(FLOWS).status_code == 302


def test_without_results_or_stays(places: None, dim: Client) -> None:
    assert "Aucune donnée de santé" in text_of(dim.get(FLOWS))
    put_results(communes=COMMUNES)
    assert "ne contient aucun séjour" in text_of(dim.get(FLOWS), 409)


def test_the_page_asks_few_queries(
    results: Results, dim: Client, django_assert_max_num_queries: Any
) -> None:
    dim.get(FLOWS)
    with django_assert_max_num_queries(16):
        dim.get(f"{FLOWS}?lieu=Z:Z2")


# Never a small count


def test_no_choice_tells_a_small_count(results: Results, now: datetime) -> None:
    seen = hidden = 0
    for need, year, area in product(NEEDS, YEARS, areas_of(results)):
        page = get_flows_page(results, {"besoin": need, "annee": str(year), "lieu": area}, at=now)
        figures = [page.total, page.served_total, *(row.stays for row in page.leaving)]
        for row in (*page.places, *page.by_hospital, *page.served):
            figures.append(row.stays)
        for words in figures:
            digits = re.sub(r"[^0-9]", "", words)
            if digits:
                seen += 1
                assert not is_small(int(digits)), (need, year, area, words)
            else:
                hidden += 1
    assert seen > 1000
    assert hidden > 300


def test_pages_and_pictures_write_no_small_count(results: Results, dim: Client) -> None:
    seen = 0
    for need, area in product(NEEDS, ("", "Z:Z1", "Z:Z3", "S:59606")):
        html = unescape(dim.get(FLOWS, {"besoin": need, "lieu": area}).content.decode())
        plain = html.replace("\u202f", "").replace("\u00a0", " ")
        for words in re.findall(r"[:;] (\d+) séjours", plain):
            seen += 1
            assert not is_small(int(words)), (need, area)
        for words in re.findall(r'data-label="Séjours">(?:au moins )?(\d+)', plain):
            seen += 1
            assert not is_small(int(words)), (need, area)
    assert seen > 100


def test_no_small_count_is_a_difference(results: Results, hospitals: Hospitals) -> None:
    """A reader who knows every sum of both tables, and that parts are at most their whole."""
    for need, year in product(NEEDS, YEARS):
        tables = get_flows(results, hospitals, need, year)
        known = dict(told_by(tables, results))
        sums = list(sums_of(tables, results, hospitals))
        told = set(known)
        changed = True
        while changed:
            changed = False
            for total, parts in sums:
                unknown = [one for one in (total, *parts) if one not in known]
                if len(unknown) == 1:
                    one = unknown[0]
                    have = sum(known[part] for part in parts if part != one)
                    known[one] = have if one == total else known[total] - have
                    changed = True
        found = {one: known[one] for one in set(known) - told if is_small(known[one])}
        assert not found, (need, year, found)


Cell = tuple[str, str]


def told_by(tables: FlowTables, results: Results) -> Iterator[tuple[Cell, int]]:
    for area in (TOTAL, *areas_of(results)):
        row = TOTAL if area == TERRITORY else area
        for column in (*tables.columns, TOTAL):
            value = tables.places.value(row, column)
            if value is not None:
                yield (row, column), value
    for (home, site), stays in tables.hospitals.items():
        if stays is not None:
            yield (home, f"site {site}"), stays


def sums_of(
    tables: FlowTables, results: Results, hospitals: Hospitals
) -> Iterator[tuple[Cell, list[Cell]]]:
    areas = results.areas
    for area in areas_of(results):
        row = TOTAL if area == TERRITORY else area
        yield (row, TOTAL), [(row, column) for column in tables.columns]
        if areas.level(area) is not Level.SECTOR:
            for column in (*tables.columns, TOTAL):
                yield (row, column), [(child, column) for child in areas.children(area)]
    for zone in areas.at(Level.ZONE):
        for column in tables.columns:
            inside = []
            for home, site in tables.hospitals:
                one = hospitals.get(site)
                own = f"{place_of(one, zone)}{'+' if one.in_group else '-'}"
                if home == zone and own == column:
                    inside.append((zone, f"site {site}"))
            yield (zone, column), inside


def test_parts_of_all_stays_leave_no_small_rest(results: Results, hospitals: Hospitals) -> None:
    """All stays but those of medicine, or of a condition, are a count of people too."""
    for year, need in product(YEARS, (MEDICINE, "heart-failure")):
        whole = get_flows(results, hospitals, ALL, year)
        part = get_flows(results, hospitals, need, year)
        for area in areas_of(results):
            for place in PLACES:
                all_stays, own = whole.place(area, place), part.place(area, place)
                if all_stays is not None and own:
                    assert not is_small(all_stays - own), (year, need, area, place)
        for pair, stays in part.hospitals.items():
            rest = whole.hospitals.get(pair)
            if rest is not None and stays and pair[0] != ELSEWHERE:
                assert not is_small(rest - stays), (year, need, pair)


# Files


def test_a_file_holds_what_is_published(results: Results, dim: Client, now: datetime) -> None:
    address = f"{FLOWS}/fichier?besoin={ALL}&annee=2025"
    found = get_flows_file(results, {"besoin": ALL, "annee": "2025"}, at=now)
    assert not any(is_small(one) for one in found.columns["Séjours"] if isinstance(one, int))
    answer = dim.post(address, {"format": "csv", "purpose": "Comité de suivi"})
    assert answer.status_code == 200
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == found.rows
    assert {"n.c."} < {row["Séjours"] for row in rows}
    assert all(row["Données"].startswith("Données synthétiques") for row in rows)
    line = Export.objects.get()
    assert line.what == "Flux, Tous les séjours, 2025"
    assert line.rows == found.rows


def test_files_are_for_those_who_may_export(
    territory: Computation, client_for: Callable[..., Client]
) -> None:
    for role in READERS:
        may = role in (Role.DIM, Role.DIRECTOR)
        client = client_for(role)
        assert client.get(f"{FLOWS}/fichier").status_code == (200 if may else 403)
        assert (f"{FLOWS}/fichier" in client.get(FLOWS).content.decode()) is may
