"""The engines that definitions run on in tests: DuckDB always, PostgreSQL where it is.

PostgreSQL is that of ``MAILLAGE_TEST_DATABASE`` (``./maillage test postgresql``). Tests on Spark
have a folder of their own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from maillage.engines.indicators.backends import Engine
from tests.engines.indicators.engines import Rows, open_on_postgresql, reused

HERE = Path(__file__).parent
ADDRESS = os.environ.get("MAILLAGE_TEST_DATABASE", "").strip()
KINDS = ["duckdb", *(["postgresql"] if ADDRESS else [])]


@pytest.fixture(scope="session", params=KINDS)
def engine_kind(request: pytest.FixtureRequest) -> str:
    """The engine that a test is tried on: it is tried on each that is there."""
    return str(request.param)


@pytest.fixture(scope="session")
def open_events(engine_kind: str) -> Callable[[Rows], AbstractContextManager[Engine]]:
    """Open rows of the event model with an engine."""
    if engine_kind == "duckdb":
        return reused
    return lambda rows: open_on_postgresql(ADDRESS, rows)
