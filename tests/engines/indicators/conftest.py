"""The engines that definitions run on: DuckDB always, PostgreSQL and Spark where they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from maillage.engines.indicators.backends import Engine, open_memory
from tests.engines.indicators.engines import Rows, as_arrow


@pytest.fixture
def open_events() -> Callable[[Rows], Engine]:
    """Open rows of the event model with an engine."""
    return lambda rows: open_memory(as_arrow(rows))
