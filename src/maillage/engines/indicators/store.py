"""Events on disk: nine tables as sorted Parquet files, and a manifest that says what they are.

A store is a folder::

    manifest.json
    person/all.parquet
    stay/all.parquet
    dispensing/A10.parquet        a partitioned table: one file for each prefix of its codes
    ...

Rows are sorted as the event model says (``Table.order``), so that the readers' look-ups by code
touch few row groups and what walks through a person's days finds them already in order.

A store is written once and never changed: the manifest comes last, and a folder without one is not
a store. Memory is bounded whatever the number of rows: they are first set down unsorted, then
sorted table by table, spilling to disk.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from maillage.engines.indicators.content import ContentHash
from maillage.engines.indicators.events import MODEL_VERSION, TABLES, Table
from maillage.vocabulary.errors import Invalid, Problem

MANIFEST = "manifest.json"
WHOLE = "all"
"""Name of the only file of a table that is not partitioned."""

ROW_GROUP = 122_880
"""Rows in a row group: sixty of the vectors that DuckDB works on. Small enough for a look-up to
skip most of a table, large enough to compress well."""

COMPRESSION_LEVEL = 3
BUFFERED_ROWS = 2_000_000
"""Rows that wait in memory, over all tables, before they are set down."""

Progress = Callable[[int, int, str], None]
"""Called with what is done, what there is to do, and a French sentence on what is being done."""


@dataclass(frozen=True)
class Origin:
    """Where events come from, in words that pages print, and what they can be taken for.

    ``first_on`` and ``last_on`` are the days that the events cover; when not given, the first and
    the last day on which something happened. ``is_exhaustive``: every resident is in ``person``,
    ill or not, so that people can be counted as denominators. ``is_synthetic``: invented people.
    """

    name: str = ""
    source: str = ""
    legal_basis: str = ""
    licence: str = ""
    first_on: date | None = None
    last_on: date | None = None
    is_exhaustive: bool = False
    is_synthetic: bool = False


@dataclass(frozen=True)
class Manifest:
    """What a store says of itself. ``fingerprint``: SHA-256 of all rows, whatever the order in
    which they came and the way in which they are compressed."""

    name: str
    first_on: date
    last_on: date
    is_exhaustive: bool
    is_synthetic: bool
    fingerprint: str
    rows: Mapping[str, int] = field(default_factory=dict)
    source: str = ""
    legal_basis: str = ""
    licence: str = ""
    model_version: int = MODEL_VERSION

    def as_dict(self) -> dict[str, Any]:
        """Plain values, days in ISO 8601, for JSON."""
        return asdict(self) | {
            "first_on": self.first_on.isoformat(),
            "last_on": self.last_on.isoformat(),
            "rows": dict(self.rows),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Manifest:
        """The reverse of :meth:`as_dict`. Raises ``KeyError``, ``TypeError`` or ``ValueError`` on
        anything else."""
        days = {name: date.fromisoformat(values[name]) for name in ("first_on", "last_on")}
        rows = {str(name): int(count) for name, count in values["rows"].items()}
        return cls(**{**values, **days, "rows": rows})


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a store. Raises ``Invalid`` that names the file when it is missing, cannot be
    read, or speaks of another version of the event model."""
    path = folder / MANIFEST
    try:
        values = json.loads(path.read_text("utf-8"))
        version = int(values["model_version"])
        if version != MODEL_VERSION:
            raise _refuse_folder(
                f"Ces événements suivent la version {version} du modèle ; cette version de "
                f"Maillage lit la version {MODEL_VERSION}. Rechargez les données."
            )
        return Manifest.from_dict(values)
    except FileNotFoundError:
        raise _refuse_folder(
            "Ce dossier ne contient pas d'événements : manifeste absent."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise _refuse_folder("Le manifeste ne se lit pas.") from None


def _refuse_folder(message: str) -> Invalid:
    return Invalid("event-store", message, [Problem(message, file=MANIFEST)])


def list_files(folder: Path, name: str) -> list[Path]:
    """The Parquet files of a table of a store, in the order of their rows."""
    return sorted((folder / name).glob("*.parquet"))


class EventWriter:
    """Writes a store, tables in any order and in pieces of any size.

    Use as a context manager, or call :meth:`close`; leaving with an error removes what was written.
    The folder is made when missing. Raises ``Invalid`` when it already holds something.
    """

    def __init__(self, folder: Path, *, memory_mb: int = 1000, threads: int = 2) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise _refuse_folder("Le dossier de destination n'est pas vide.")
        self._folder = folder
        self._memory_mb = memory_mb
        self._threads = threads
        self._heap = Heap(folder / ".unsorted")
        self._manifest: Manifest | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.discard()

    def add(self, name: str, rows: pa.Table | pa.RecordBatch) -> None:
        """Add rows to a table. Columns may be in any order and of any type that converts without
        loss. Raises ``Invalid`` on a table, a column or a value that the event model has not."""
        if isinstance(rows, pa.RecordBatch):
            rows = pa.Table.from_batches([rows])
        table = TABLES.get(name)
        if table is None:
            raise Invalid("event-table", f"Table inconnue : « {name} ».")
        if rows.num_rows:
            self._heap.add(table, conform(rows, table))

    def close(self, *, origin: Origin | None = None, progress: Progress | None = None) -> Manifest:
        """Sort everything, write the manifest, and return it. Nothing can be added afterwards."""
        if self._manifest is not None:
            return self._manifest
        self._heap.set_down()
        content = ContentHash()
        work = [(TABLES[name], part) for name in TABLES for part in self._heap.parts(name)]
        rows = dict.fromkeys(TABLES, 0)
        sorter = _Sorter(self._folder / ".sorting", self._memory_mb, self._threads)
        for done, (table, part) in enumerate(work):
            if progress is not None:
                progress(done, len(work), f"Rangement : {table.label.lower()}")
            target = self._folder / table.name / f"{part}.parquet"
            files = self._heap.files(table.name, part)
            rows[table.name] += sorter.write(table, files, target, content)
            for path in files:
                path.unlink()
        sorter.close()
        for table in TABLES.values():
            if not rows[table.name]:
                _write_empty(table, self._folder)
        self._manifest = self._describe(origin or Origin(), rows, content.hexdigest())
        shutil.rmtree(self._heap.folder, ignore_errors=True)
        text = json.dumps(self._manifest.as_dict(), ensure_ascii=False, indent=1)
        waiting = self._folder / f"{MANIFEST}.part"
        waiting.write_text(text, encoding="utf-8")
        waiting.replace(self._folder / MANIFEST)
        return self._manifest

    def discard(self) -> None:
        """Remove the folder and all that was written."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _describe(self, origin: Origin, rows: Mapping[str, int], fingerprint: str) -> Manifest:
        first_on = origin.first_on or self._heap.first_on or date(1970, 1, 1)
        last_on = origin.last_on or self._heap.last_on or first_on
        return Manifest(
            name=origin.name,
            first_on=first_on,
            last_on=last_on,
            is_exhaustive=origin.is_exhaustive,
            is_synthetic=origin.is_synthetic,
            fingerprint=fingerprint,
            rows=dict(rows),
            source=origin.source,
            legal_basis=origin.legal_basis,
            licence=origin.licence,
        )


def write_events(
    folder: Path,
    tables: Mapping[str, pa.Table | Iterable[pa.RecordBatch | pa.Table]],
    *,
    origin: Origin | None = None,
    progress: Progress | None = None,
) -> Manifest:
    """Write a store in one go; tables that are not given are empty. See :class:`EventWriter`."""
    with EventWriter(folder) as writer:
        for name, pieces in tables.items():
            for piece in [pieces] if isinstance(pieces, pa.Table) else pieces:
                writer.add(name, piece)
        return writer.close(origin=origin, progress=progress)


def conform(rows: pa.Table, table: Table) -> pa.Table:
    """The rows with exactly the columns and types of the event model. Raises ``Invalid`` with one
    problem for each column that is missing, unknown, of a wrong type, or null where it may not."""
    problems = [
        Problem("colonne inconnue", column=name, file=table.name)
        for name in rows.column_names
        if name not in table.names
    ]
    columns: list[pa.ChunkedArray] = []
    for column in table.columns:
        try:
            values = rows.column(column.name).cast(column.type)
        except KeyError:
            problems.append(Problem("colonne absente", column=column.name, file=table.name))
            continue
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            message = f"valeurs qui ne se convertissent pas en {column.type}"
            problems.append(Problem(message, column=column.name, file=table.name))
            continue
        if values.null_count and not column.nullable:
            message = f"{values.null_count} valeurs absentes"
            problems.append(Problem(message, column=column.name, file=table.name))
        columns.append(values)
    if problems:
        message = f"Ces lignes ne suivent pas la table « {table.name} » du modèle d'événements."
        raise Invalid("event-rows", message, problems)
    return pa.Table.from_arrays(columns, schema=table.schema)


_LIVED = {
    "stay": ("entered_on", "left_on"),
    "dispensing": ("dispensed_on",),
    "visit": ("visited_on",),
    "procedure": ("done_on",),
}
"""Columns whose days tell what a store covers, when its origin does not."""


class Heap:
    """Rows set down unsorted, one folder for each table and partition."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.first_on: date | None = None
        self.last_on: date | None = None
        self._waiting: dict[tuple[str, str], list[pa.Table]] = {}
        self._rows: dict[tuple[str, str], int] = {}
        self._pieces = 0

    def add(self, table: Table, rows: pa.Table) -> None:
        for name in _LIVED.get(table.name, ()):
            ends = pc.min_max(rows.column(name)).as_py()
            self.first_on = min(filter(None, (self.first_on, ends["min"])))
            self.last_on = max(filter(None, (self.last_on, ends["max"])))
        for part, piece in _split(table, rows):
            key = (table.name, part)
            self._waiting.setdefault(key, []).append(piece)
            self._rows[key] = self._rows.get(key, 0) + piece.num_rows
        while sum(self._rows.values()) > BUFFERED_ROWS:
            self._write(max(self._rows, key=lambda key: self._rows[key]))

    def set_down(self) -> None:
        """Write all that waits."""
        for key in list(self._waiting):
            self._write(key)

    def parts(self, name: str) -> list[str]:
        """The partitions of a table, in order."""
        place = self.folder / name
        return sorted(path.name for path in place.iterdir()) if place.is_dir() else []

    def files(self, name: str, part: str) -> list[Path]:
        return sorted((self.folder / name / part).iterdir())

    def _write(self, key: tuple[str, str]) -> None:
        place = self.folder.joinpath(*key)
        place.mkdir(parents=True, exist_ok=True)
        rows = pa.concat_tables(self._waiting.pop(key))
        del self._rows[key]
        self._pieces += 1
        path = place / f"{self._pieces:06d}.parquet"
        pq.write_table(rows, path, compression="lz4", row_group_size=ROW_GROUP)


def _split(table: Table, rows: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each partition. Partitions name files: letters, digits and underscores only."""
    if not table.partition:
        yield WHOLE, rows
        return
    prefixes = pc.utf8_slice_codeunits(rows.column(table.partition), 0, table.prefix)
    codes = prefixes.combine_chunks().dictionary_encode()
    names = [
        re.sub(r"\W", "_", value, flags=re.ASCII) or "_" for value in codes.dictionary.to_pylist()
    ]
    for name in sorted(set(names)):
        mine = [index for index, other in enumerate(names) if other == name]
        yield name, rows.filter(pc.is_in(codes.indices, pa.array(mine, codes.indices.type)))


def _open_file(path: Path, table: Table) -> pq.ParquetWriter:
    path.parent.mkdir(exist_ok=True)
    texts = [one.name for one in table.columns if pa.types.is_string(one.type)]
    return pq.ParquetWriter(
        path,
        table.schema,
        compression="zstd",
        compression_level=COMPRESSION_LEVEL,
        use_dictionary=texts,
        sorting_columns=pq.SortingColumn.from_ordering(
            table.schema, [(name, "ascending") for name in table.order]
        ),
    )


def _write_empty(table: Table, folder: Path) -> None:
    with _open_file(folder / table.name / f"{WHOLE}.parquet", table) as writer:
        writer.write_table(table.schema.empty_table())


class _Sorter:
    """Sorts unsorted files into one, within a bound of memory."""

    def __init__(self, work: Path, memory_mb: int, threads: int) -> None:
        import duckdb

        self._work = work
        self._connection = duckdb.connect(
            config={
                "memory_limit": f"{memory_mb}MB",
                "threads": threads,
                "temp_directory": str(work),
            }
        )

    def write(self, table: Table, files: Iterable[Path], target: Path, content: ContentHash) -> int:
        """Write the rows of the files to the target, sorted; their number. Rows that are equal in
        the columns of the order are sorted by the others: equal rows make equal files."""
        names = [*table.order, *(name for name in table.names if name not in table.order)]
        order = ", ".join(f'"{name}" NULLS FIRST' for name in names)
        relation = self._connection.read_parquet([str(path) for path in files])
        reader = relation.order(order).to_arrow_reader(ROW_GROUP)
        rows = 0
        with _open_file(target, table) as writer:
            for batch in reader:
                piece = pa.Table.from_batches([batch]).cast(table.schema)
                content.update(table.name, piece)
                writer.write_table(piece, row_group_size=ROW_GROUP)
                rows += piece.num_rows
        return rows

    def close(self) -> None:
        self._connection.close()
        shutil.rmtree(self._work, ignore_errors=True)
