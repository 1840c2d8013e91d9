"""A store opened for writing it out: its tables as views of DuckDB, and files made from queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from maillage.engines.indicators import store
from maillage.engines.indicators.events import TABLES

BATCH = 1 << 16


class Source:
    """The tables of a store, under their names. A context manager."""

    def __init__(self, folder: Path, *, memory_mb: int = 1000, threads: int = 2) -> None:
        import duckdb

        store.read_manifest(folder)
        self.connection = duckdb.connect(
            config={
                "memory_limit": f"{memory_mb}MB",
                "threads": threads,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        for name, table in TABLES.items():
            paths = [str(path) for path in store.list_files(folder, name)]
            self.connection.read_parquet(paths).create_view(f"stored_{name}")
            columns = ", ".join(f'"{one}"' for one in table.names)
            self.run(f"CREATE VIEW {name} AS SELECT {columns} FROM stored_{name}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.close()

    def run(self, sql: str, *values: Any) -> None:
        self.connection.execute(sql, list(values) or None)

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The answer to a query, in batches."""
        yield from self.connection.execute(sql).to_arrow_reader(BATCH)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The answer to a query, when it is small."""
        return list(self.connection.execute(sql).fetchall())

    def write_csv(self, path: Path, sql: str, *, separator: str = ";") -> int:
        """Write a query as a UTF-8 CSV file; the number of its rows."""
        return self._copy(sql, path, f"FORMAT csv, HEADER, DELIMITER '{separator}', QUOTE '\"'")

    def write_parquet(self, path: Path, sql: str) -> int:
        """Write a query as a Parquet file; the number of its rows."""
        return self._copy(sql, path, "FORMAT parquet, COMPRESSION zstd")

    def write_lines(self, path: Path, sql: str, *, line_end: str = "\r\n") -> int:
        """Write the only column of a query as lines; the number of them."""
        count = 0
        with path.open("w", encoding="latin-1", errors="replace", newline="") as file:
            for batch in self.batches(sql):
                lines: Iterable[str] = batch.column(0).to_pylist()
                text = line_end.join(lines)
                if text or batch.num_rows:
                    file.write(text + line_end)
                count += batch.num_rows
        return count

    def _copy(self, sql: str, path: Path, how: str) -> int:
        target = str(path).replace("'", "''")
        row = self.connection.execute(f"COPY ({sql}) TO '{target}' ({how})").fetchone()
        return int(row[0]) if row else 0


def start(out: Path) -> None:
    """Make the folder of the files."""
    out.mkdir(parents=True, exist_ok=True)
