"""A store, and files made from queries over it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from maillage.engines.indicators.stored import Stored


class Source(Stored):
    """A store to be written out."""

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
                if batch.num_rows:
                    file.write(line_end.join(lines) + line_end)
                count += batch.num_rows
        return count

    def _copy(self, sql: str, path: Path, how: str) -> int:
        target = str(path).replace("'", "''")
        row = self.connection.execute(f"COPY ({sql}) TO '{target}' ({how})").fetchone()
        return int(row[0]) if row else 0


def start(out: Path) -> None:
    """Make the folder of the files."""
    out.mkdir(parents=True, exist_ok=True)
