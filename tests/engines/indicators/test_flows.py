"""Where people are treated: kinds of care, and nobody lost."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from maillage.engines.indicators.definitions import load_definitions
from maillage.engines.indicators.flows import flows
from maillage.engines.indicators.measures.ground import prepare
from tests.engines.indicators.drawn_lives import FIRST_ON, LAST_ON, YEARS, lives
from tests.engines.indicators.engines import reused
from tests.engines.indicators.reference.cohorts import members, rows_of_people
from tests.engines.indicators.reference.measures import place

DEFINITIONS = load_definitions()
TABLES = lives(21, 120)
KINDS = {
    "medicine": lambda group: group[:2] not in ("14", "15") and group[2:3] in ("M", "Z", "K"),
    "surgery": lambda group: group[:2] not in ("14", "15") and group[2:3] == "C",
    "obstetrics": lambda group: group[:2] == "14",
    "all": lambda group: True,
}


@pytest.fixture(scope="module")
def found() -> dict[str, list[dict[str, Any]]]:
    with reused(TABLES) as engine:
        ground = prepare(engine, DEFINITIONS, YEARS, first_on=FIRST_ON, last_on=LAST_ON)
        return {need: engine.run(query).to_pylist() for need, query in flows(ground).items()}


def expected(need: str) -> tuple[Counter[tuple[int, str, str]], dict[tuple[int, str, str], int]]:
    """Stays and people by year, commune and site, counted one stay after the other."""
    own = rows_of_people(TABLES)
    people = {one["person"]: (one, own[one["person"]]) for one in TABLES["person"]}
    cohort = DEFINITIONS.cohorts.get(need)
    theirs = {(p, y) for p, y, _ in members(cohort, TABLES, YEARS)} if cohort else None
    stays: Counter[tuple[int, str, str]] = Counter()
    who: dict[tuple[int, str, str], set[int]] = {}
    for stay in TABLES["stay"]:
        number, year = stay["person"], stay["left_on"].year
        is_full = stay["sessions"] == 0 and stay["group"][:2] not in ("28", "90")
        wanted = (number, year) in theirs if theirs is not None else KINDS[need](stay["group"])
        if is_full and wanted and year in YEARS:
            commune, _, _ = place(*people[number], year)
            key = (year, commune, stay["site"])
            stays[key] += 1
            who.setdefault(key, set()).add(number)
    return stays, {key: len(numbers) for key, numbers in who.items()}


@pytest.mark.parametrize("need", [*KINDS, "diabetes", "heart-failure", "copd"])
def test_stays_and_people_by_commune_and_site(
    need: str, found: dict[str, list[dict[str, Any]]]
) -> None:
    stays, people = expected(need)
    rows = {(row["year"], row["commune"], row["site"]): row for row in found[need]}
    assert {key: row["stays"] for key, row in rows.items()} == stays
    assert {key: row["persons"] for key, row in rows.items()} == people
    assert sum(stays.values()) > 0
    assert {row["need"] for row in found[need]} == {need}


def test_kinds_of_care_are_parts_of_the_whole(found: dict[str, list[dict[str, Any]]]) -> None:
    parts = [found[need] for need in ("medicine", "surgery", "obstetrics")]
    whole = sum(row["stays"] for row in found["all"])
    assert 0 < sum(row["stays"] for rows in parts for row in rows) < whole
