"""Files as they come: of any size, in either encoding, with either separator, sometimes hostile.

Rows are read as text, in batches, so that memory is bounded and every row keeps its number. A file
that cannot be what it claims is refused with :class:`Invalid`; a row that does not fit is handed
over with its number.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from maillage.vocabulary.errors import Invalid, Problem

BLOCK = 4 << 20
"""Bytes read at a time. A single row may not be longer."""

SEPARATORS = ";,\t|"
MOST_COLUMNS = 1000
_SIGNATURES = {
    b"PK\x03\x04": "une archive ou un classeur ; décompressez-le, ou enregistrez-le en CSV",
    b"\x1f\x8b": "une archive gzip ; décompressez-la",
    b"\xd0\xcf\x11\xe0": "un classeur ancien ; enregistrez-le en CSV",
    b"%PDF": "un document PDF",
    b"\xff\xfe": "un texte UTF-16 ; enregistrez-le en UTF-8",
    b"\xfe\xff": "un texte UTF-16 ; enregistrez-le en UTF-8",
}


@dataclass(frozen=True)
class BadRow:
    """A row that has not the form of its file."""

    row: int
    text: str
    message: str


@dataclass(frozen=True)
class Header:
    """How a delimited file is written, and its column names."""

    encoding: str
    separator: str
    names: tuple[str, ...]


def refuse(name: str, message: str, *, row: int | None = None, column: str = "") -> Invalid:
    """A refusal of a whole file, with its place."""
    problem = Problem(message, file=name, row=row, column=column)
    return Invalid("population.file", f"Le fichier « {name} » ne peut pas être lu.", [problem])


def list_files(folder: Path) -> list[Path]:
    """The regular files of a folder and of its folders, hidden ones and links aside, by name.
    Raises ``Invalid`` when the folder does not exist or is empty."""
    if not folder.is_dir():
        raise Invalid("population.folder", "Ce dossier n'existe pas.")
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not found:
        raise Invalid("population.folder", "Ce dossier est vide.")
    return found


def find_encoding(path: Path) -> str:
    """``utf-8`` when the whole file is UTF-8, else ``cp1252``, which reads Latin-1 as French
    software writes it. Raises ``Invalid`` on what is not text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    with path.open("rb") as file:
        head = file.read(8)
        for signature, what in _SIGNATURES.items():
            if head.startswith(signature):
                raise refuse(path.name, f"ce n'est pas un fichier de texte : {what}.")
        file.seek(0)
        while block := file.read(BLOCK):
            if b"\x00" in block:
                raise refuse(path.name, "ce n'est pas un fichier de texte (octets nuls).")
            if is_utf8:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    is_utf8 = False
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    return "utf-8" if is_utf8 else "cp1252"


def read_head(path: Path, size: int = 64 << 10) -> str:
    """The beginning of a text file; empty when it is not text."""
    with path.open("rb") as file:
        head = file.read(size)
    if b"\x00" in head or any(head.startswith(one) for one in _SIGNATURES):
        return ""
    text = head.decode("utf-8", errors="replace")
    if "\ufffd" in text:
        text = head.decode("cp1252", errors="replace")
    return text.removeprefix("\ufeff")


def read_header(path: Path) -> Header:
    """The header of a delimited file. Raises ``Invalid`` when there is none, or when two columns
    have one name."""
    encoding = find_encoding(path)
    head = read_head(path, BLOCK)
    line = head.split("\n", 1)[0].rstrip("\r")
    if not line.strip():
        raise refuse(
            path.name, "la première ligne est vide : les noms de colonnes manquent.", row=1
        )
    if len(line) >= BLOCK - 4:
        raise refuse(path.name, "la première ligne est trop longue.", row=1)
    separator = max(SEPARATORS, key=line.count)
    names = tuple(one.strip() for one in next(csv.reader([line], delimiter=separator)))
    if len(names) > MOST_COLUMNS:
        raise refuse(path.name, f"plus de {MOST_COLUMNS} colonnes.", row=1)
    seen: set[str] = set()
    for one in names:
        if one.upper() in seen:
            raise refuse(path.name, "deux colonnes ont ce nom.", row=1, column=one)
        seen.add(one.upper())
    return Header(encoding, separator, names)


class TextReader:
    """Batches of a text file, as a column of row numbers then columns of text. ``bad`` gathers the
    rows that have not the number of columns of the header; ``rows`` counts all rows."""

    def __init__(self, path: Path, header: Header | None = None, keep: Sequence[str] = ()) -> None:
        self.path = path
        self.bad: list[BadRow] = []
        self.rows = 0
        self._header = header
        self._keep = tuple(keep)
        self._first = 1 if header is None else 2
        self._taken = 0

    @property
    def names(self) -> tuple[str, ...]:
        return ("line",) if self._header is None else self._keep

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._batches()
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            row = self._first + self.rows
            message = "lignes mal formées, guillemet non fermé ou ligne trop longue à partir d'ici"
            raise refuse(self.path.name, f"{message} ({_short(error)})", row=row) from None
        self.rows += len(self.bad)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        if self.path.stat().st_size == 0:
            return
        following = self._first
        for batch in self._open():
            numbers = self._number(following, batch.num_rows)
            if len(numbers):
                following = int(numbers[-1]) + 1
            self.rows += batch.num_rows
            columns = [pc.utf8_trim_whitespace(column) for column in batch.columns]
            if self._header is None:
                columns = list(batch.columns)
            yield pa.RecordBatch.from_arrays(
                [pa.array(numbers), *columns], names=["row", *self.names]
            )

    def _open(self) -> Any:
        from pyarrow import csv as pacsv

        header = self._header
        is_lines = header is None
        names = ["line"] if header is None else list(header.names)
        encoding = find_encoding(self.path) if header is None else header.encoding
        return pacsv.open_csv(
            self.path,
            read_options=pacsv.ReadOptions(
                encoding=encoding,
                use_threads=False,
                block_size=BLOCK,
                column_names=names,
                skip_rows=0 if is_lines else 1,
            ),
            parse_options=pacsv.ParseOptions(
                delimiter="\x01" if header is None else header.separator,
                quote_char=False if is_lines else '"',
                newlines_in_values=not is_lines,
                ignore_empty_lines=False,
                invalid_row_handler=self._refuse_row,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=["line"] if is_lines else list(self._keep),
                strings_can_be_null=False,
            ),
        )

    def _refuse_row(self, row: Any) -> str:
        message = (
            "signe de contrôle interdit"
            if self._header is None
            else f"{row.actual_columns} colonnes au lieu de {row.expected_columns}"
        )
        self.bad.append(BadRow(int(row.number), str(row.text)[:2000], message))
        return "skip"

    def _number(self, first: int, count: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Numbers of the next rows, those that were refused left out."""
        refused = np.array([one.row for one in self.bad if one.row >= first], dtype=np.int64)
        numbers = np.arange(first, first + count + len(refused), dtype=np.int64)
        return numbers[~np.isin(numbers, refused)][:count]


def _short(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:120]


def read_parquet(path: Path, keep: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Batches of a Parquet file, its columns as text: days in ISO 8601, whole numbers without
    decimals, missing values empty. Raises ``Invalid`` on a file that is not Parquet."""
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        following = 1
        for batch in file.iter_batches(batch_size=1 << 16, columns=list(keep)):
            by_name = {name: batch.column(name) for name in batch.schema.names}
            columns = [_as_text(by_name[name]) for name in keep]
            numbers = pa.array(np.arange(following, following + batch.num_rows, dtype=np.int64))
            following += batch.num_rows
            yield pa.RecordBatch.from_arrays([numbers, *columns], names=["row", *keep])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise refuse(path.name, f"fichier Parquet illisible ({_short(error)})") from None


def parquet_names(path: Path) -> tuple[str, ...]:
    """The columns of a Parquet file. Raises ``Invalid`` on a file that is not Parquet."""
    import pyarrow.parquet as pq

    try:
        return tuple(pq.read_schema(path).names)
    except (pa.ArrowInvalid, OSError) as error:
        raise refuse(path.name, f"fichier Parquet illisible ({_short(error)})") from None


def _as_text(values: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_floating(values.type) or pa.types.is_decimal(values.type):
        whole = pc.round(values)
        if pc.all(pc.equal(values, whole)).as_py() is not False:
            values = whole.cast(pa.int64(), safe=False)
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("s", values.type.tz), safe=False)
    return pc.fill_null(pc.utf8_trim_whitespace(values.cast(pa.string())), "")
