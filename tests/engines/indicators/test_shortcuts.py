"""What is computed over arrays is what the expressions give, on any rows in any order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.indicators import kernels, shortcuts
from maillage.engines.indicators.adherence import PdcRule, pdc
from maillage.engines.indicators.episodes import episodes
from tests.engines.indicators import drawn
from tests.engines.indicators.engines import ReusedEngine
from tests.engines.indicators.reference import adherence as reference

EVERY = {"atc": ("A10", "C09"), "years": (2023, 2024), "without": ("A10BX06",)}


@pytest.fixture(scope="module")
def engine() -> Iterator[ReusedEngine]:
    with ReusedEngine() as engine:
        yield engine


@given(rows=drawn.stays(), at_once=st.sampled_from([3, 500]))
@settings(max_examples=25)
def test_episodes_are_those_of_the_expression(
    engine: ReusedEngine, rows: list[dict[str, Any]], at_once: int
) -> None:
    engine.put({"stay": rows})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shortcuts, "ROWS_AT_ONCE", at_once)
        kept = engine.run(shortcuts.keep_episodes(engine)).sort_by("episode")
        expected = engine.run(episodes(engine.events)).sort_by("episode")
    assert kept.to_pylist() == expected.to_pylist()
    assert kept.column_names == expected.column_names


@given(
    people=drawn.people(),
    dispensings=drawn.dispensings(),
    dates=st.integers(1, 3),
    order=st.booleans(),
)
@settings(max_examples=25)
def test_days_covered_are_those_of_the_expression(
    engine: ReusedEngine,
    people: list[dict[str, Any]],
    dispensings: list[dict[str, Any]],
    dates: int,
    order: bool,
) -> None:
    if order:
        dispensings = sorted(dispensings, key=lambda r: (r["atc"], r["person"], r["dispensed_on"]))
    engine.put({"person": people, "dispensing": dispensings})
    rule = PdcRule(minimum_dates=dates, minimum_age=17, minimum_days=60)
    in_order = [("person", "ascending"), ("year", "ascending")]
    name = f"kept_{dates}"
    kept = engine.run(shortcuts.keep_pdc(engine, name, **EVERY, rule=rule)).sort_by(in_order)
    expected = engine.run(pdc(engine.events, **EVERY, rule=rule)).sort_by(in_order)
    assert kept.to_pylist() == expected.to_pylist()
    assert kept.schema.names == expected.schema.names


@given(people=drawn.people(), dispensings=drawn.dispensings())
@settings(max_examples=20)
def test_people_taken_by_ranges_are_all_taken(
    engine: ReusedEngine, people: list[dict[str, Any]], dispensings: list[dict[str, Any]]
) -> None:
    engine.put({"person": people, "dispensing": dispensings})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shortcuts, "ROWS_AT_ONCE", 3)
        found = engine.run(shortcuts.keep_pdc(engine, "kept", **EVERY))
    assert found.sort_by([("person", "ascending"), ("year", "ascending")]).to_pylist() == (
        reference.pdc(people, dispensings, **EVERY)
    )


@given(
    rows=st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 5)), min_size=1, max_size=20).map(
        lambda rows: sorted(rows, key=lambda row: row[0])
    )
)
def test_running_maximum(rows: list[tuple[int, int]]) -> None:
    group, values = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    expected = [
        max(value for other, value in rows[: place + 1] if other == rows[place][0])
        for place in range(len(rows))
    ]
    assert kernels.running_maximum(group, values).tolist() == expected
