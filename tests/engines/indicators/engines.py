"""Rows of the event model, as the engines take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from maillage.engines.indicators.events import TABLES

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def as_arrow(rows: Rows) -> dict[str, pa.Table]:
    """Rows by table, as Arrow tables with the columns and the types of the event model."""
    return {
        name: pa.table(
            {
                column.name: pa.array([row[column.name] for row in rows[name]], column.type)
                for column in table.columns
            },
            schema=table.schema,
        )
        for name, table in TABLES.items()
        if rows.get(name)
    }
