"""The small cases of the reference page, on each engine that is there and on the plain version."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from maillage.engines.indicators import cohorts
from maillage.engines.indicators.backends import Engine
from maillage.engines.indicators.definitions import Cohort, load_definitions, read_cohort
from tests.engines.indicators.engines import Rows
from tests.engines.indicators.reference import cohorts as reference
from tests.engines.indicators.specification import FOLDER, Case, read_cases

CASES = list(read_cases())
SHIPPED = load_definitions().cohorts


def cohort_of(case: Case) -> Cohort:
    if case.definition:
        return read_cohort(case.definition, name=case.page)
    return SHIPPED[case.page]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_case_holds(
    case: Case, open_events: Callable[[Rows], AbstractContextManager[Engine]]
) -> None:
    with open_events(case.tables) as engine:
        expression = cohorts.members(cohort_of(case), engine.events, years=case.years)
        rows = engine.run(expression).to_pylist()
    found = sorted((row["person"], row["year"], row["since_on"]) for row in rows)
    assert found == sorted(case.expected)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_plain_version_says_the_same(case: Case) -> None:
    found = reference.members(cohort_of(case), case.tables, case.years)
    assert found == set(case.expected)


def test_every_cohort_has_its_cases() -> None:
    pages = {path.stem for path in FOLDER.glob("*.md")}
    assert set(SHIPPED) <= pages
    assert {case.page for case in CASES} == pages
