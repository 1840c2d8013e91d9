"""Periods as pages say them: their ends are kept excluded and shown as last days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, TypeVar

Row = TypeVar("Row", bound=Any)


def last_day(ends_on: date | None) -> date | None:
    """The last day of a period by its end, excluded; None without an end."""
    return ends_on - timedelta(days=1) if ends_on else None


def with_last_days(rows: Iterable[Row]) -> list[Row]:
    """The same rows, each with the ``last_day`` that a page shows of its ``ends_on``. No query."""
    found = list(rows)
    for row in found:
        row.last_day = last_day(row.ends_on)
    return found
