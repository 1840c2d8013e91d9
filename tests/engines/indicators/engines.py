"""Rows of the event model, and the engines that they are given to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from maillage.engines.indicators.backends import (
    DuckEngine,
    Engine,
    copy_to_postgresql,
    open_memory,
    open_postgresql,
)
from maillage.engines.indicators.events import TABLES

if TYPE_CHECKING:
    import ibis.expr.types as ir

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
_numbers = count(1)
MOST_TEXTS = 2000
"""Queries that a reused engine remembers."""


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


class ReusedEngine(DuckEngine):
    """DuckDB given other rows again and again, that writes each question once.

    Of a case of a few people, the time goes into opening an engine and writing queries, not into
    computing them: a module of many drawn cases opens one, and gives it the rows of each."""

    def __init__(self) -> None:
        opened = open_memory({})
        super().__init__(opened.connection, opened.events)
        self._texts: dict[Any, str] = {}

    def put(self, rows: Rows) -> Self:
        """Replace the rows of every table; those that are not given are empty."""
        given, run = as_arrow(rows), self.connection.con
        for name, table in TABLES.items():
            run.register("given", given.get(name, table.schema.empty_table()))
            run.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS FROM given')
            run.unregister("given")
        return self

    def to_sql(self, expression: ir.Table) -> str:
        node = expression.op()
        if node not in self._texts:
            if len(self._texts) > MOST_TEXTS:
                self._texts.clear()
            self._texts[node] = super().to_sql(expression)
        return self._texts[node]


@cache
def _shared() -> ReusedEngine:
    return ReusedEngine()


_in_use: list[str] = []


@contextmanager
def reused(rows: Rows) -> Iterator[ReusedEngine]:
    """The engine of all small cases of this process, with these rows. One at a time."""
    assert not _in_use, "the rows of another case are being asked about"
    _in_use.append("in use")
    try:
        yield _shared().put(rows)
    finally:
        _in_use.clear()


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
