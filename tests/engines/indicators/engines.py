"""The engines that definitions run on, in tests: DuckDB always, the others where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from maillage.engines.indicators.events import TABLES

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def as_arrow(rows: Rows) -> dict[str, pa.Table]:
    """Rows of the event model, as Arrow tables with its types."""
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
