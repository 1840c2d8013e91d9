"""Cohorts, compiled and run, find the people that the plain version finds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.indicators import cohorts
from maillage.engines.indicators.definitions import Cohort, load_definitions, read_cohort
from tests.engines.indicators.drawn_cohorts import (
    NOISE,
    YEARS,
    Row,
    codes_of,
    cohort_texts,
    population,
)
from tests.engines.indicators.engines import ReusedEngine
from tests.engines.indicators.reference import cohorts as reference
from tests.hypothesis_profile import DEPTH

SHIPPED = load_definitions().cohorts


@cache
def noise(seed: int, people: int) -> dict[str, list[Row]]:
    """People with any codes: most conditions are tried on the same ones."""
    return population(seed, people, NOISE)


@pytest.fixture(scope="module")
def engine() -> Iterator[ReusedEngine]:
    with ReusedEngine() as engine:
        yield engine


def check(engine: ReusedEngine, cohort: Cohort, tables: dict[str, list[Row]]) -> int:
    """The same people, years and days; how many there are. A difference shows whose life it is."""
    engine.put(tables)
    rows = engine.run(cohorts.members(cohort, engine.events, years=YEARS)).to_pylist()
    found = [(row["person"], row["year"], row["since_on"]) for row in rows]
    expected = reference.members(cohort, tables, YEARS)
    if different := sorted(set(found) ^ expected):
        person = different[0][0]
        whole = reference.rows_of_people(tables)[person]
        pytest.fail(f"{different[0]}: found {different[0] in found}\n{whole}\n{cohort.text}")
    assert len(found) == len(set(found))
    return len(found)


@pytest.mark.parametrize("key", sorted(SHIPPED))
def test_every_cohort_of_the_product(engine: ReusedEngine, key: str) -> None:
    cohort = SHIPPED[key]
    members = check(engine, cohort, population(7, 400, codes_of(cohort)))
    assert 20 < members < 3 * 400 - 20


@settings(max_examples=15 * DEPTH)
@given(text=cohort_texts(), seed=st.integers(0, 10_000))
def test_any_cohort_that_the_grammar_accepts(engine: ReusedEngine, text: str, seed: int) -> None:
    check(engine, read_cohort(text, name="drawn.toml"), population(seed, 60, NOISE))


FEATURES = {
    "large packs": "kind = 'dispensing'\natc = ['A10']\nmin_dates = 3\nmin_dates_large = 2",
    "not only": "kind = 'dispensing'\natc = ['A10']\nnot_only = ['A10BK']",
    "exceptions": "kind = 'dispensing'\natc = ['A10']\nexcept = ['A10B']",
    "deliveries of past years": "kind = 'dispensing'\natc = ['A10']\nyears = 'N-3..N-1'",
    "rights of past years": "kind = 'long-term'\nicd = ['E11', 'I50']\nyears = 'N-3..N-1'",
    "units": "kind = 'stay'\nicd = ['E11', 'I50']\nin = ['unit-main']",
    "main or unit": "kind = 'stay'\nicd = ['E11', 'I50']\nin = ['main', 'unit-related']",
    "with": "kind = 'stay'\nicd = ['E11', 'I50', 'J44']\nwith_icd = ['E11', 'I50']",
    "without": "kind = 'stay'\nicd = ['I50', 'J44']\nin = ['related']\nwithout_icd = ['E11']",
    "acts": "kind = 'stay'\nacts = ['DDAF']\nyears = 'N-1..N'",
    "without acts": "kind = 'stay'\nicd = ['E11', 'I50']\nwithout_acts = ['DEQP', 'DD']",
    "groups": "kind = 'stay'\nghm = ['28', '90']",
    "sessions": "kind = 'stay'\nicd = ['E11', 'I50']\nsessions = 'only'",
    "no sessions": "kind = 'stay'\nicd = ['E11', 'I50']\nsessions = 'none'",
    "nights": "kind = 'stay'\nicd = ['E11', 'I50']\nmin_nights = 181",
    "transfers": "kind = 'stay'\nicd = ['E11', 'I50']\nnot_transferred = true",
    "emergencies": "kind = 'stay'\nicd = ['E11', 'I50']\nfrom_emergency = true",
    "two stays": "kind = 'stay'\nicd = ['E11', 'I50']\nmin_stays = 2\nyears = 'N-3..N'",
    "two acts": (
        "kind = 'procedure'\nsystem = 'CCAM'\ncodes = ['DD']\nmin_dates = 2\nyears = 'N-5..N'"
    ),
    "specialties": "kind = 'visit'\nvisits = ['GP']\nspecialties = ['SM04']",
    "diagnoses of visits": "kind = 'visit'\nvisits = ['GP', 'EMERGENCY']\nicd = ['E11', 'I50']",
}
IDENTITY = """key = "ours"
version = "1"
label = "Les nôtres"
meaning = "Pour l'essai."
source = "Aucune"
status = "to confirm"
"""


@pytest.mark.parametrize("feature", FEATURES)
def test_every_condition_of_an_arm(engine: ReusedEngine, feature: str) -> None:
    text = f"{IDENTITY}[[arm]]\n{FEATURES[feature]}\n"
    assert check(engine, read_cohort(text, name="ours.toml"), noise(3, 400)) > 5


@pytest.mark.parametrize(
    "limits", ["sex = 'F'", "min_age = 74", "max_age = 73", "min_age = 39\nmax_age = 75"]
)
def test_limits_of_sex_and_age(engine: ReusedEngine, limits: str) -> None:
    text = f"{IDENTITY}{limits}\n[[arm]]\nkind = 'long-term'\nicd = ['E11', 'I50', 'I10']\n"
    assert check(engine, read_cohort(text, name="ours.toml"), noise(4, 300)) > 5


@pytest.mark.parametrize("header", ["also", "unless"])
def test_other_conditions(engine: ReusedEngine, header: str) -> None:
    arms = "[[arm]]\nkind = 'long-term'\nicd = ['E11', 'I50', 'I10']\n"
    others = f"[[{header}]]\nkind = 'visit'\nvisits = ['GP']\nyears = 'N-1..N'\n"
    text = IDENTITY + arms + others + f"[[{header}]]\nkind = 'stay'\nicd = ['J44']\n"
    assert check(engine, read_cohort(text, name="ours.toml"), noise(5, 300)) > 5
