"""The definitions on Spark: few, on few rows, and the same answers. ``./maillage test spark``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maillage.engines.indicators import backends, store
from maillage.engines.indicators.events import TABLES
from tests.engines.indicators import engines_agree

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


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    started = backends.start_spark()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("events") / "store"
    store.write_events(place, engines_agree.events())
    return place


def test_answers_are_those_of_duckdb(session: Any, folder: Path) -> None:
    with backends.open_duckdb(folder) as engine:
        expected = engines_agree.answers(engine)
    with backends.open_spark(folder, session) as engine:
        found = engines_agree.answers(engine)
    assert all(expected.values())
    assert found == expected


def test_tables_have_the_columns_and_types_of_the_event_model(session: Any, folder: Path) -> None:
    with backends.open_spark(folder, session) as engine:
        for name, table in TABLES.items():
            found = engine.events[name].schema().to_pyarrow()
            assert [(one.name, one.type) for one in found] == [
                (one.name, one.type) for one in table.columns
            ]
