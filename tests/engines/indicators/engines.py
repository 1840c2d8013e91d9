"""Rows of the event model, and the engines that they are given to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from maillage.engines.indicators.backends import Engine
from maillage.engines.indicators.events import TABLES

if TYPE_CHECKING:
    import ibis.expr.types as ir

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


class _OnServer(Engine):
    """Rows given to a server for one test, dropped when it is closed."""

    kind = "postgresql"

    def __init__(self, connection: Any, tables: Mapping[str, pa.Table]) -> None:
        self._connection = connection
        self._made: list[str] = []
        self.events = {
            name: self.table(name, tables.get(name, table.schema.empty_table()))
            for name, table in TABLES.items()
        }

    def run(self, expression: Any) -> pa.Table:
        return self._connection.to_pyarrow(expression)

    def create(self, name: str, expression: ir.Table) -> ir.Table:
        self._made.append(name)
        return self._connection.create_table(name, expression, overwrite=True)

    def table(self, name: str, rows: pa.Table) -> ir.Table:
        self._made.append(name)
        free = pa.schema([field.with_nullable(True) for field in rows.schema])
        return self._connection.create_table(name, rows.cast(free), overwrite=True)

    def interrupt(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        for name in self._made:
            self._connection.drop_table(name, force=True)
        self._connection.disconnect()


def open_on_postgresql(address: str, tables: Mapping[str, pa.Table]) -> Engine:
    """Rows on a PostgreSQL server, in tables of the default schema."""
    import ibis

    return _OnServer(ibis.connect(address), tables)
