"""The page of the risk pyramid: what it shows, and never a small count."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
from html import unescape
from itertools import product
from typing import Any

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.engines.indicators.areas import TERRITORY, Level
from maillage.population.models import Computation, Export
from maillage.population.queries import Results, current_results
from maillage.population.queries.pyramid_page import get_pyramid_file, get_pyramid_page
from maillage.population.queries.strata_tables import COLUMNS, by_area, by_sex_and_age, moves
from maillage.vocabulary.disclosure import ALL, THRESHOLD
from tests.population.results_by_hand import put_results
from tests.population.territory_by_hand import COMMUNES, YEARS

pytestmark = pytest.mark.django_db
PYRAMID = "/population/pyramide"
CONDITIONS = ("diabetes", "heart-failure")
READERS = {Role.DIRECTOR, Role.DOCTOR, Role.DIM, Role.COORDINATOR, Role.CITY, Role.REGULATOR}


def is_small(count: int | None) -> bool:
    return count is not None and 0 < count < THRESHOLD


def make_strata() -> list[dict[str, Any]]:
    rows = []
    for condition, year in product(CONDITIONS, YEARS):
        rare = 1 if condition == "diabetes" else 6
        for rank, place in enumerate(COMMUNES):
            for sex, age in product((1, 2), (2, 8, 14, 17)):
                for stratum, part in enumerate((700, 120, 40, 12, 4)):
                    turn = 8 + (rank + sex + age + stratum + year) % 5
                    persons = place.residents * part * turn // (80_000 * (rare if stratum else 1))
                    if persons and not (age == 2 and stratum > 1):
                        rows.append(
                            {
                                "year": year, "condition": condition, "commune": place.code,
                                "sex": sex, "age": age, "stratum": stratum, "persons": persons,
                            }
                        )  # fmt: skip
    return rows


def make_moves() -> list[dict[str, Any]]:
    rows = []
    for condition, year in product(CONDITIONS, YEARS[1:]):
        for rank, place in enumerate(COMMUNES):
            for before, after in product((-1, 0, 1, 2, 3, 4), (-2, -1, 0, 1, 2, 3, 4)):
                far = abs(before - after) if min(before, after) >= 0 else 3
                persons = place.residents // (40 * 6**far) * (1 + (rank + before + year) % 3)
                if persons and not (before == -1 and after < 0):
                    rows.append(
                        {
                            "year": year, "condition": condition, "commune": place.code,
                            "before": before, "after": after, "persons": persons,
                        }
                    )  # fmt: skip
    return rows


@pytest.fixture
def territory(population_folder: object) -> Computation:
    return put_results(strata=make_strata(), moves=make_moves(), communes=COMMUNES, years=YEARS)


@pytest.fixture
def results(territory: Computation, now: datetime) -> Results:
    found = current_results(at=now)
    assert found is not None
    return found


@pytest.fixture
def dim(client_for: Callable[..., Client]) -> Client:
    return client_for(Role.DIM)


def areas_of(results: Results) -> list[str]:
    return [row.key for row in results.areas.rows if row.level is not Level.COMMUNE]


def test_readers_read_pyramids(territory: Computation, client_for: Callable[..., Client]) -> None:
    reached = {role for role in Role if client_for(role).get(PYRAMID).status_code == 200}
    assert reached == READERS


def test_counts_are_those_of_the_strata(results: Results, make_actor: Any) -> None:
    page = get_pyramid_page(results, {"maladie": "diabetes"}, by=make_actor(Role.DOCTOR))
    counted = [row for row in make_strata() if row["condition"] == "diabetes"]
    for row in page.rows:
        wanted = sum(
            one["persons"]
            for one in counted
            if one["year"] == 2025 and one["stratum"] == row.stratum
        )
        assert re.sub(r"\D", "", row.people) == str(wanted)
        assert not row.list_url
    assert page.area == TERRITORY
    assert page.moved


def test_tables_tell_no_small_count(results: Results) -> None:
    seen = hidden = 0
    for condition, year in product(CONDITIONS, YEARS):
        tables = by_area(results, condition, year)
        rows = [ALL if area == TERRITORY else area for area in areas_of(results)]
        found = [tables.value(row, one) for row, one in product(rows, (*COLUMNS, ALL))]
        ages = by_sex_and_age(results, condition, year)
        names = [f"{sex}:{age}" for sex in (1, 2) for age in ("0-14", "15-64", "65-79", "80+")]
        found += [ages.value(row, one) for row, one in product(names, (*COLUMNS, ALL))]
        if year != YEARS[0]:
            moved = moves(results, condition, year)
            found += [
                moved.value(before, after)
                for before, after in product(("-1", *COLUMNS), ("-2", "-1", *COLUMNS))
            ]
        assert not any(is_small(one) for one in found), (condition, year)
        seen += sum(one is not None for one in found)
        hidden += found.count(None)
    assert seen > 300
    assert hidden > 50


def test_no_small_count_is_a_difference(results: Results) -> None:
    """A reader who adds and subtracts places and strata; the ill and the others are apart."""
    areas = results.areas
    for condition, year in product(CONDITIONS, YEARS):
        tables = by_area(results, condition, year)
        for part, columns in ((tables.others, COLUMNS[:2]), (tables.ill, COLUMNS[2:])):
            known: dict[tuple[str, str], int] = {}
            sums: list[tuple[tuple[str, str], list[tuple[str, str]]]] = []
            for area in areas_of(results):
                row = ALL if area == TERRITORY else area
                for column in (*columns, ALL):
                    value = part.value(row, column)
                    if value is not None:
                        known[row, column] = value
                    if areas.level(area) is not Level.SECTOR:
                        inside = [(child, column) for child in areas.children(area)]
                        sums.append(((row, column), inside))
                sums.append(((row, ALL), [(row, column) for column in columns]))
            told, changed = set(known), True
            while changed:
                changed = False
                for total, parts in sums:
                    unknown = [one for one in (total, *parts) if one not in known]
                    if len(unknown) == 1:
                        have = sum(known[one] for one in parts if one != unknown[0])
                        own = unknown[0] == total
                        known[unknown[0]] = have if own else known[total] - have
                        changed = True
            assert not [known[one] for one in set(known) - told if is_small(known[one])]


def test_pages_write_no_small_count(results: Results, dim: Client) -> None:
    seen = 0
    for condition, year, area in product(CONDITIONS, YEARS, areas_of(results)):
        asked = {"maladie": condition, "annee": str(year), "lieu": area}
        html = dim.get(PYRAMID, asked).content.decode()
        plain = unescape(html).replace("\u202f", "").replace("\u00a0", " ")
        words = re.findall(r'<td class="num"(?: data-label="Personnes")?>(\d+)<', plain)
        words += re.findall(r": (\d+) personnes", plain)
        for one in words:
            seen += 1
            assert not is_small(int(one)), asked
    assert seen > 500


def test_lists_are_asked_by_those_who_may(
    territory: Computation, client_for: Callable[..., Client]
) -> None:
    for role in READERS:
        html = client_for(role, at="ch-essai").get(PYRAMID).content.decode()
        assert ("listes/nouvelle" in html) is (role in (Role.DIM, Role.COORDINATOR))


def test_the_page_asks_few_queries(
    territory: Computation, dim: Client, django_assert_max_num_queries: Any
) -> None:
    dim.get(PYRAMID)
    with django_assert_max_num_queries(12):
        dim.get(f"{PYRAMID}?lieu=Z:Z2")


def test_a_file_holds_what_is_published(results: Results, dim: Client, make_actor: Any) -> None:
    asked = {"maladie": "diabetes", "annee": "2025"}
    found = get_pyramid_file(results, asked, by=make_actor(Role.DIM))
    numbers = [one for values in found.columns.values() for one in values if isinstance(one, int)]
    assert numbers
    assert not any(is_small(one) for one in numbers)
    answer = dim.post(
        f"{PYRAMID}/fichier?maladie=diabetes&annee=2025", {"format": "csv", "purpose": "Bilan"}
    )
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == found.rows == Export.objects.get().rows
