"""Cohorts, compiled and run, find the people that the plain version finds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.indicators import cohorts
from maillage.engines.indicators.backends import open_memory
from maillage.engines.indicators.definitions import Cohort, load_definitions, read_cohort
from tests.engines.indicators.drawn_cohorts import (
    NOISE,
    YEARS,
    Row,
    codes_of,
    cohort_texts,
    population,
)
from tests.engines.indicators.engines import as_arrow
from tests.engines.indicators.reference import cohorts as reference

SHIPPED = load_definitions().cohorts


def check(cohort: Cohort, tables: dict[str, list[Row]]) -> int:
    """The same people, years and days; how many there are. A difference shows whose life it is."""
    with open_memory(as_arrow(tables)) as engine:
        rows = engine.run(cohorts.members(cohort, engine.events, years=YEARS)).to_pylist()
    found = [(row["person"], row["year"], row["since_on"]) for row in rows]
    expected = reference.members(cohort, tables, YEARS)
    if different := sorted(set(found) ^ expected):
        person = different[0][0]
        whole = reference.own_rows(person, tables)
        pytest.fail(f"{different[0]}: found {different[0] in found}\n{whole}\n{cohort.text}")
    assert len(found) == len(set(found))
    return len(found)


@pytest.mark.parametrize("key", sorted(SHIPPED))
def test_every_cohort_of_the_product(key: str) -> None:
    cohort = SHIPPED[key]
    members = check(cohort, population(7, 400, codes_of(cohort)))
    assert 20 < members < 3 * 400 - 20


@settings(max_examples=30)
@given(text=cohort_texts(), seed=st.integers(0, 10_000))
def test_any_cohort_that_the_grammar_accepts(text: str, seed: int) -> None:
    check(read_cohort(text, name="drawn.toml"), population(seed, 60, NOISE))
