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

    def to_sql(self, expression: ir.Table) -> str:
        """The query of an expression, in the words of DuckDB, to be read by people."""
        import ibis

        return str(ibis.to_sql(expression, dialect="duckdb"))

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
        # The expression written last: those of measures take longer to write than to compute, and
        # each is asked for as a text, then run.
        self._written: tuple[Any, str] | None = None

    @property
    def connection(self) -> Any:
        """The Ibis connection."""
        return self._connection

    def to_sql(self, expression: ir.Table) -> str:
        node = expression.op()
        if self._written is None or self._written[0] is not node:
            self._written = node, str(self._connection.compile(expression, pretty=True))
        return self._written[1]

    def run(self, expression: Any) -> pa.Table:
        import ibis.expr.types as ir

        if not isinstance(expression, ir.Table) or _is_in_memory(expression):
            return self._connection.to_pyarrow(expression)
        # What Ibis does for a table, without loading pandas: a quarter of the start, 40 MB.
        found = self._connection.con.sql(self.to_sql(expression)).to_arrow_table()
        return found.cast(expression.schema().to_pyarrow())

    def create(self, name: str, expression: ir.Table) -> ir.Table:
        if _is_in_memory(expression):
            return self._connection.create_table(name, expression, temp=True, overwrite=True)
        # Ibis would write the query anew, and the rows twice.
        types = expression.schema().to_sqlglot_column_defs("duckdb")
        columns = ", ".join(
            f'CAST("{column.name}" AS {column.kind.sql("duckdb")}) AS "{column.name}"'
            for column in types
        )
        self._connection.con.execute(
            f'CREATE OR REPLACE TEMP TABLE "{name}" AS SELECT {columns} '  # noqa: S608
            f"FROM ({self.to_sql(expression)})"
        )
        return self._connection.table(name, database=("temp", "main"))

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


def _is_in_memory(expression: ir.Table) -> bool:
    """Whether it reads rows of this program, which Ibis must give to the engine first."""
    import ibis.expr.operations as ops

    return bool(expression.op().find(ops.InMemoryTable))


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


class PostgresEngine(Engine):
    """PostgreSQL, over nine tables that it holds. What is created is temporary."""

    kind = "postgresql"

    def __init__(self, connection: Any, schema: str) -> None:
        self._connection = connection
        self.events = {
            name: connection.table(name, database=schema).cast(
                {column.name: _ibis_type(column.type) for column in table.columns}
            )[list(table.names)]
            for name, table in TABLES.items()
        }

    def run(self, expression: Any) -> pa.Table:
        return self._connection.to_pyarrow(expression)

    def create(self, name: str, expression: ir.Table) -> ir.Table:
        return self._connection.create_table(name, expression, temp=True, overwrite=True)

    def table(self, name: str, rows: pa.Table) -> ir.Table:
        return self._connection.create_table(name, rows, temp=True, overwrite=True)

    def interrupt(self) -> None:
        self._connection.con.cancel()

    def close(self) -> None:
        self._connection.disconnect()


def open_postgresql(url: str, schema: str = "public") -> PostgresEngine:
    """Open events that lie in a schema of a PostgreSQL database, in tables named and filled as the
    event model says (:func:`copy_to_postgresql` makes them). ``url`` as ``libpq`` takes it. Raises
    what the driver raises when the server cannot be reached or a table is missing."""
    import ibis
    from psycopg.conninfo import conninfo_to_dict

    given = {name: value for name, value in conninfo_to_dict(url).items() if value is not None}
    given["database"] = given.pop("dbname", "")
    return PostgresEngine(ibis.postgres.connect(**{k: v for k, v in given.items() if v}), schema)


_POSTGRESQL_TYPES = {
    pa.int8(): "smallint",
    pa.int16(): "smallint",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    # Codes are compared letter by letter, whatever the language of the database.
    pa.string(): 'text COLLATE "C"',
}


def copy_to_postgresql(engine: DuckEngine, url: str, schema: str) -> None:
    """Copy the events of a store into a new schema of a PostgreSQL database, with the indexes that
    look-ups need. Raises what the driver raises when the schema exists."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        place = sql.Identifier(schema)
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(place))
        for table in TABLES.values():
            name = sql.Identifier(schema, table.name)
            columns = sql.SQL(", ").join(
                sql.SQL("{} {} {}").format(
                    sql.Identifier(column.name),
                    sql.SQL(_POSTGRESQL_TYPES[column.type]),
                    sql.SQL("" if column.nullable else "NOT NULL"),
                )
                for column in table.columns
            )
            cursor.execute(sql.SQL("CREATE TABLE {} ({})").format(name, columns))
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(name)) as copy:
                for batch in engine.batches(engine.events[table.name]):
                    for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                        copy.write_row(row)
            order = sql.SQL(", ").join(sql.Identifier(column) for column in table.order)
            cursor.execute(sql.SQL("CREATE INDEX ON {} ({})").format(name, order))


class SparkEngine(Engine):
    """Spark, over the files of a store. The session stays open: it is the caller's."""

    kind = "spark"

    def __init__(self, connection: Any, session: Any, folder: str) -> None:
        self._connection = connection
        self._session = session
        self._kept: dict[str, Any] = {}
        self.events = {name: self._read(table, folder) for name, table in TABLES.items()}

    def _read(self, table: Table, folder: str) -> ir.Table:
        from pyspark.sql import functions

        frame = self._session.read.parquet(f"{folder}/{table.name}")
        columns = [
            functions.col(one.name).cast(_TYPE_NAMES[one.type].replace("VARCHAR", "STRING"))
            for one in table.columns
        ]
        return self._name(f"events_{table.name}", frame.select(*columns))

    def _name(self, name: str, frame: Any) -> ir.Table:
        frame.createOrReplaceTempView(name)
        before = self._kept.get(name)
        self._kept[name] = frame
        if before is not None:
            before.unpersist()
        return self._connection.table(name)

    def run(self, expression: Any) -> pa.Table:
        return self._connection.to_pyarrow(expression)

    def create(self, name: str, expression: ir.Table) -> ir.Table:
        # Spark computes it at its first use, and keeps it in memory or on disk from then on.
        frame = self._session.sql(self._connection.compile(expression)).persist()
        return self._name(name, frame)

    def table(self, name: str, rows: pa.Table) -> ir.Table:
        return self._name(name, self._session.createDataFrame(rows))

    def interrupt(self) -> None:
        self._session.sparkContext.cancelAllJobs()

    def close(self) -> None:
        for name, frame in self._kept.items():
            self._session.catalog.dropTempView(name)
            frame.unpersist()
        self._kept.clear()


def open_spark(folder: Path | str, session: Any) -> SparkEngine:
    """Open a store with Spark. ``folder``: a path or an address that every worker of the session
    can read (``hdfs://``, ``s3a://``). ``session``: a ``SparkSession`` of Spark 4, of a cluster or
    :func:`start_spark`. Raises ``Invalid`` when a folder of this machine is not a store."""
    import ibis

    manifest = None
    if "://" not in str(folder):
        manifest = store.read_manifest(Path(folder))
    # Columns of days and texts, never instants: the zone changes nothing, but must be one.
    engine = SparkEngine(ibis.pyspark.connect(session), session, str(folder))
    engine.manifest = manifest
    return engine


def start_spark(*, threads: int = 2, memory_mb: int = 1500) -> Any:
    """A Spark session on this machine, for trials and tests. Starting takes many seconds; there is
    one in a process. Needs the extra ``spark``, a Java, and the name of this Python in the variable
    ``PYSPARK_PYTHON`` of the environment: Spark takes the one of the system otherwise."""
    from pyspark.sql import SparkSession

    options = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": f"{memory_mb}m",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        # As many pieces as there are hands: the default, two hundred, is for clusters.
        "spark.sql.shuffle.partitions": str(threads),
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }
    builder = SparkSession.builder.master(f"local[{threads}]").appName("maillage")
    for name, value in options.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _ibis_type(kind: pa.DataType) -> str:
    return {pa.bool_(): "boolean", pa.date32(): "date"}.get(
        kind, str(kind).replace("double", "float64")
    )
