"""Cohorts on Spark: the rules of all of them, on their small cases put together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maillage.engines.indicators import backends, cohorts, store
from maillage.engines.indicators.definitions import load_definitions
from tests.engines.indicators.drawn_cohorts import YEARS, codes_of, population
from tests.engines.indicators.engines import as_arrow
from tests.engines.indicators.reference import cohorts as reference

pytest.importorskip("pyspark", reason="Spark is installed apart: ./maillage test spark")
# What Spark and its bridge leave behind them: deprecated calls, sockets that they close late.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind}")
    for kind in (
        "DeprecationWarning",
        "FutureWarning",
        "ResourceWarning",
        "pytest.PytestUnraisableExceptionWarning",
    )
]
KEYS = ("diabetes-drugs", "diabetes", "heart-failure", "coronary", "frail-older")


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    started = backends.start_spark()
    yield started
    started.stop()


@pytest.mark.parametrize("key", KEYS)
def test_members_are_those_of_the_plain_version(session: Any, key: str, tmp_path: Path) -> None:
    cohort = load_definitions().cohorts[key]
    tables = population(11, 120, codes_of(cohort))
    store.write_events(tmp_path / "store", as_arrow(tables))
    with backends.open_spark(tmp_path / "store", session) as engine:
        expression = cohorts.members(cohort, engine.events, years=YEARS)
        rows = engine.run(expression).to_pylist()
    found = {(row["person"], row["year"], row["since_on"]) for row in rows}
    assert found
    assert len(rows) == len(found)
    assert found == reference.members(cohort, tables, YEARS)
