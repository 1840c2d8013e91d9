"""Rows of the event model, and the engines that they are given to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import pyarrow as pa

from maillage.engines.indicators.backends import (
    Engine,
    copy_to_postgresql,
    open_memory,
    open_postgresql,
)
from maillage.engines.indicators.events import TABLES

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
_numbers = count(1)


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


@contextmanager
def open_on_postgresql(address: str, rows: Rows) -> Iterator[Engine]:
    """Rows in a schema of their own on a PostgreSQL server, dropped at the end."""
    import psycopg
    from psycopg import sql

    schema = f"case_{os.getpid()}_{next(_numbers)}"
    with open_memory(as_arrow(rows)) as memory:
        copy_to_postgresql(memory, address, schema)
    try:
        with open_postgresql(address, schema) as engine:
            yield engine
    finally:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
