"""A store opened as views of DuckDB, for plain queries over its tables.

Definitions go through :mod:`~maillage.engines.indicators.backends`; this is for what reads a whole
store once: judging its quality, writing it out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from maillage.engines.indicators import store
from maillage.engines.indicators.events import TABLES

BATCH = 1 << 16


class Stored:
    """The tables of a store, under their names. A context manager. Raises ``Invalid`` when the
    folder is not a store. What does not fit in ``memory_mb`` spills into a folder of the system's,
    removed in the end."""

    def __init__(self, folder: Path, *, memory_mb: int = 1000, threads: int = 2) -> None:
        import duckdb

        self.manifest = store.read_manifest(folder)
        self._spill = tempfile.TemporaryDirectory(prefix="maillage-")
        self.connection = duckdb.connect(
            config={
                "memory_limit": f"{memory_mb}MB",
                "threads": threads,
                "temp_directory": self._spill.name,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        for name, table in TABLES.items():
            paths = [str(path) for path in store.list_files(folder, name)]
            self.connection.read_parquet(paths).create_view(f"stored_{name}")
            columns = ", ".join(f'"{one}"' for one in table.names)
            self.run(f'CREATE VIEW "{name}" AS SELECT {columns} FROM stored_{name}')  # noqa: S608

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.close()
        self._spill.cleanup()

    def run(self, sql: str, *values: Any) -> None:
        self.connection.execute(sql, list(values) or None)

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The answer to a query, in batches."""
        yield from self.connection.execute(sql).to_arrow_reader(BATCH)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """The answer to a query, when it is small."""
        return list(self.connection.execute(sql, list(values) or None).fetchall())
