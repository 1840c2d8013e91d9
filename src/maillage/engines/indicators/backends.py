"""Engines that run the definitions: DuckDB on files, Spark on a cluster, PostgreSQL on its tables.

All give the same nine tables, as Ibis expressions with the columns and the types of the event
model, and take the same expressions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from maillage.engines.indicators import store
from maillage.engines.indicators.events import TABLES, Table

if TYPE_CHECKING:
    import ibis.expr.types as ir

_TYPE_NAMES: dict[pa.DataType, str] = {
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.string(): "VARCHAR",
}

Events = Mapping[str, "ir.Table"]
"""The nine tables of the event model by name, empty ones included."""


ROWS_IN_BATCH = 122_880


class Engine(ABC):
    """An open set of events and what computes on it. A context manager: closing it drops what was
    created. ``manifest`` is that of the store, when there is one."""

    kind: str
    events: Events
    manifest: store.Manifest | None = None

    @abstractmethod
    def run(self, expression: Any) -> pa.Table:
        """Compute an expression, into memory. Raises what the backend raises."""

    @abstractmethod
    def create(self, name: str, expression: ir.Table) -> ir.Table:
        """Compute an expression once and keep it under a name, for as long as this engine is open.
        A table created before under this name is replaced."""

    @abstractmethod
    def table(self, name: str, rows: pa.Table) -> ir.Table:
        """Give rows of this program to the engine under a name, replacing what it named."""

    @abstractmethod
    def interrupt(self) -> None:
        """Stop what runs now; may be called from another thread. What runs raises."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everything. May be called again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class DuckEngine(Engine):
    """DuckDB in this process, over the files of a store."""

    kind = "duckdb"

    def __init__(
        self, connection: Any, events: Events, manifest: store.Manifest | None = None
    ) -> None:
        self._connection = connection
        self.events = events
        self.manifest = manifest

    @property
    def connection(self) -> Any:
        """The Ibis connection."""
        return self._connection

    def run(self, expression: Any) -> pa.Table:
        return self._connection.to_pyarrow(expression)

    def create(self, name: str, expression: ir.Table) -> ir.Table:
        return self._connection.create_table(name, expression, temp=True, overwrite=True)

    def table(self, name: str, rows: pa.Table) -> ir.Table:
        return self._connection.create_table(name, rows, temp=True, overwrite=True)

    def register(self, name: str, rows: pa.Table) -> ir.Table:
        """Give rows under a name without copying them: they must not change."""
        self._connection.con.register(name, rows)
        return self._connection.table(name)

    def batches(self, expression: ir.Table) -> pa.RecordBatchReader:
        """Compute an expression and give its rows in pieces, in the order in which files hold them
        when nothing sorts them."""
        return self._connection.con.execute(self._connection.compile(expression)).to_arrow_reader(
            ROWS_IN_BATCH
        )

    def interrupt(self) -> None:
        self._connection.con.interrupt()

    def close(self) -> None:
        self._connection.disconnect()


def open_duckdb(
    folder: Path, *, memory_mb: int = 2000, threads: int = 2, temp: Path | None = None
) -> DuckEngine:
    """Open a store with DuckDB.

    ``memory_mb`` bounds what DuckDB keeps in memory; beyond, it spills to ``temp`` (default: a
    folder of the system's). Raises ``Invalid`` when the folder is not a store of this version."""
    import ibis

    manifest = store.read_manifest(folder)
    options: dict[str, Any] = {"memory_limit": f"{memory_mb}MB", "threads": threads}
    # Memory that an operation frees goes back to the system at once, not at the end of the run.
    options["allocator_bulk_deallocation_flush_threshold"] = "1MB"
    if temp is not None:
        options["temp_directory"] = str(temp)
    connection = ibis.duckdb.connect(**options)
    for table in TABLES.values():
        files = ", ".join(_quote(str(path)) for path in store.list_files(folder, table.name))
        columns = ", ".join(_column(table, name) for name in table.names)
        connection.con.execute(
            f'CREATE VIEW "{table.name}" AS SELECT {columns} FROM read_parquet([{files}])'  # noqa: S608
        )
    events = {name: connection.table(name) for name in TABLES}
    return DuckEngine(connection, events, manifest)


def open_memory(tables: Mapping[str, pa.Table]) -> DuckEngine:
    """Open events that are in memory, with DuckDB; tables that are not given are empty. Raises
    ``Invalid`` when one does not follow the event model."""
    import ibis

    connection = ibis.duckdb.connect(threads=1)
    engine = DuckEngine(connection, {})
    engine.events = {
        name: engine.table(name, store.conform(tables.get(name, table.schema.empty_table()), table))
        for name, table in TABLES.items()
    }
    return engine


def _column(table: Table, name: str) -> str:
    return f'CAST("{name}" AS {_TYPE_NAMES[table.schema.field(name).type]}) AS "{name}"'


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
