"""The engines that definitions run on in tests: DuckDB, PostgreSQL and Spark where they are.

PostgreSQL is that of ``MAILLAGE_TEST_DATABASE`` (``./maillage test postgresql``); Spark is there
when its extra is installed.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator

import pytest

from maillage.engines.indicators.backends import Engine, open_memory
from tests.engines.indicators.engines import (
    Rows,
    as_arrow,
    open_on_postgresql,
    open_on_spark,
    spark_session,
)

ADDRESS = os.environ.get("MAILLAGE_TEST_DATABASE", "").strip()
KINDS = [
    "duckdb",
    pytest.param("postgresql", marks=pytest.mark.skipif(not ADDRESS, reason="no server")),
    pytest.param(
        "spark",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("pyspark") is None, reason="Spark is not installed"
        ),
    ),
]


@pytest.fixture(scope="session", params=KINDS)
def engine_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def open_events(engine_kind: str) -> Iterator[Callable[[Rows], Engine]]:
    """Open rows of the event model with an engine."""
    if engine_kind == "duckdb":
        yield lambda rows: open_memory(as_arrow(rows))
    elif engine_kind == "postgresql":
        yield lambda rows: open_on_postgresql(ADDRESS, as_arrow(rows))
    else:
        with spark_session() as session:
            yield lambda rows: open_on_spark(session, as_arrow(rows))
