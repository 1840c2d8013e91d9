"""Rejected rows, kept apart with their place and the reason: nothing is lost.

``rejects/rejects.parquet`` holds all of them, with what the row said, for as long as the data set
is kept; ``rejects/rejects.csv`` holds the place and the reason of the first ones, for a
spreadsheet, and nothing of what the row said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from maillage.vocabulary.errors import Problem
from maillage.vocabulary.spreadsheets import write_csv

SCHEMA = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),
        ("column", pa.string()),
        ("reason", pa.string()),
        ("text", pa.string()),
    ]
)
MOST_IN_CSV = 100_000
LONGEST_TEXT = 2000


class Rejects:
    """Writes the rejects of one reading. Nothing is written when nothing is rejected."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self._writer: Any = None
        self._places: list[tuple[str, str, str, str]] = []

    def add_rows(self, file: str, rows: Sequence[tuple[int, str, str, str]]) -> None:
        """Add (row, column, reason, text) of a file."""
        if rows:
            columns = list(zip(*rows, strict=True))
            names = [file] * len(rows)
            self._write(
                pa.Table.from_arrays([pa.array(names), *map(pa.array, columns)], SCHEMA.names)
            )

    def add_batches(self, batches: Iterable[pa.RecordBatch], names: Mapping[int, str]) -> None:
        """Add batches whose ``file`` is a number."""
        numbers = pa.array(list(names), pa.int64())
        labels = pa.array(list(names.values()))
        for batch in batches:
            rows = pa.Table.from_batches([batch])
            places = pc.index_in(rows.column("file").cast(pa.int64()), value_set=numbers)
            self._write(rows.set_column(0, "file", labels.take(places.combine_chunks())))

    def _write(self, rows: pa.Table) -> None:
        import pyarrow.parquet as pq

        if not rows.num_rows:
            return
        rows = rows.select(SCHEMA.names).cast(SCHEMA)
        short = pc.utf8_slice_codeunits(rows.column("text"), 0, LONGEST_TEXT)
        rows = rows.set_column(4, "text", short)
        if self._writer is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self.folder / "rejects.parquet", SCHEMA)
        self._writer.write_table(rows)
        self.count += rows.num_rows
        room = MOST_IN_CSV - len(self._places)
        if room > 0:
            head = rows.slice(0, room).drop_columns(["text"]).to_pylist()
            self._places += [
                (one["file"], str(one["row"]), one["column"], one["reason"]) for one in head
            ]

    def problems(self, most: int = 20) -> list[Problem]:
        """The first rejects, without what the rows said."""
        return [
            Problem(reason, file=file, row=int(row), column=column)
            for file, row, column, reason in self._places[:most]
        ]

    def close(self) -> None:
        """Finish the files."""
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        heads = ("fichier", "ligne", "colonne", "raison")
        with (self.folder / "rejects.csv").open("w", encoding="utf-8", newline="") as file:
            for piece in write_csv(heads, self._places, with_mark=True):
                file.write(piece)
