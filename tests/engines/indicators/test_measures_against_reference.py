"""Every indicator, on every engine there is, counts what the plain version counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.indicators.backends import Engine, open_memory
from maillage.engines.indicators.definition_model import Codes, Indicator
from maillage.engines.indicators.definitions import load_definitions
from maillage.engines.indicators.measures import expression, in_order
from maillage.engines.indicators.measures.ground import Ground, prepare
from tests.engines.indicators.drawn_lives import FIRST_ON, LAST_ON, YEARS, Tables, lives
from tests.engines.indicators.engines import ReusedEngine, Rows, as_arrow
from tests.engines.indicators.reference.measures import Cell, Counted, World, cells
from tests.hypothesis_profile import DEPTH

SHIPPED = load_definitions()
VARIANTS: dict[str, dict[str, Any]] = {
    # Rules that the definitions of the product do not use, by the key of the one they change.
    "readmission-7": {"parameters": {"first_of_year": True}, "max_age": 60},
    "readmission-30": {"cohort": SHIPPED.cohorts["heart-failure"], "sex": 2},
    "avoidable": {"base": "cohort", "cohort": SHIPPED.cohorts["diabetes"]},
    "avoidable-copd": {"cohort": SHIPPED.cohorts["copd"], "parameters": {"alive": True}},
    "emergency-visits": {"base": "visits", "parameters": {"outcomes": ("ADMITTED", "UNKNOWN")}},
    "emergency-not-admitted": {
        "base": "cohort",
        "cohort": SHIPPED.cohorts["diabetes"],
        "parameters": {"min_visits": 2, "outcomes": (), "icd": Codes("CIM-10", ("I50", "R07"))},
    },
    "stays-diabetes": {"base": "residents", "parameters": {"measure": "stays"}, "min_age": 18},
    "adherence-statins": {"parameters": {"hospital_days": False}},
    "persistence-statins": {"parameters": {"horizon": 120, "gap": 30}},
    "prevalence-diabetes": {"published": "years-together", "min_age": 52},
    "cost-heart-failure": {"published": "years-together"},
    "gap-hba1c-two": {"parameters": {"times": 1}, "max_age": 72, "min_age": 60},
    "gap-gp-7-days-heart-failure": {
        "parameters": {"times": 2, "within_days": 30},
        "cohort": SHIPPED.cohorts["heart-failure"],
    },
}


def varied() -> dict[str, Indicator]:
    """The indicators of the product, and those with other rules."""
    found = dict(SHIPPED.indicators)
    for key, changes in VARIANTS.items():
        one = found[key]
        parameters = {**one.parameters, **changes.get("parameters", {})}
        found[f"{key}*"] = replace(one, **{**changes, "parameters": parameters})
    return found


INDICATORS = varied()


def ground_of(engine: Engine) -> Ground:
    return prepare(engine, SHIPPED, YEARS, first_on=FIRST_ON, last_on=LAST_ON)


def counted(indicator: Indicator, ground: Ground) -> dict[Cell, Counted]:
    rows = in_order(ground.engine.run(expression(indicator, ground))).to_pylist()
    found = {
        (row["year"], row["commune"], row["sex"], row["age"]): (
            row["events"],
            row["persons"],
            row["base"],
            row["base_persons"],
            row["amount"],
        )
        for row in rows
    }
    assert len(found) == len(rows)
    return found


def compare(key: str, ground: Ground, world: World) -> int:
    """Equal cell by cell; how many events there are."""
    found, expected = counted(INDICATORS[key], ground), cells(INDICATORS[key], world)
    assert found.keys() == expected.keys(), key
    for cell, values in expected.items():
        assert found[cell] == pytest.approx(values), (key, cell)
    return sum(values[0] for values in expected.values())


def world_of(tables: Tables) -> World:
    return World(tables, YEARS, FIRST_ON, LAST_ON)


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(lives(11, 250))


@pytest.fixture(scope="module")
def ground(world: World) -> Ground:
    return ground_of(open_memory(as_arrow(world.tables)))


@pytest.mark.parametrize("key", sorted(INDICATORS))
def test_every_indicator_counts_as_the_plain_version(
    key: str, ground: Ground, world: World
) -> None:
    # A comparison of nothing with nothing proves nothing: there must be events.
    assert compare(key, ground, world) > 0


@pytest.fixture(scope="module")
def reused() -> Iterator[ReusedEngine]:
    with ReusedEngine() as engine:
        yield engine


@settings(max_examples=3 * DEPTH)
@given(seed=st.integers(0, 100_000))
def test_any_few_people(reused: ReusedEngine, seed: int) -> None:
    world = world_of(lives(seed, 5))
    ground = ground_of(reused.put(world.tables))
    for key in _ONE_OF_EACH:
        compare(key, ground, world)


_ONE_OF_EACH = (
    "prevalence-heart-failure", "avoidable", "avoidable-oecd", "readmission-30-heart-failure",
    "emergency-not-admitted", "adherence-antidiabetics", "persistence-antidiabetics",
    "gap-kidney", "gap-gp-7-days-heart-failure", "stays-diabetes", "cost-heart-failure",
    "death-1-year-heart-failure",
)  # fmt: skip


def test_engines_count_alike(open_events: Callable[[Rows], Engine]) -> None:
    world = world_of(lives(3, 60))
    with open_events(world.tables) as engine:
        ground = ground_of(engine)
        for key in _ONE_OF_EACH:
            compare(key, ground, world)


def test_nobody_at_all() -> None:
    with open_memory({}) as engine:
        ground = ground_of(engine)
        for key in _ONE_OF_EACH:
            assert counted(INDICATORS[key], ground) == {}
