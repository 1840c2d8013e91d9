"""Bytes that anybody may have sent, to rows: every limit is checked before the cost is paid."""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from maillage.exchange.rules.writing import canonical, normalize
from maillage.exchange.tables import Column, Row, Table
from maillage.vocabulary.errors import Invalid, Problem
from maillage.vocabulary.spreadsheets import is_formula, unguard


@dataclass(frozen=True)
class Limits:
    """The largest file that is read. ``size`` in bytes, ``cell`` in characters; ``problems`` is how
    many are listed one by one (all are counted)."""

    size: int = 10 * 1024 * 1024
    rows: int = 200_000
    columns: int = 200
    cell: int = 10_000
    problems: int = 200


DEFAULT_LIMITS = Limits()

DELIMITERS = (";", ",", "\t")

# First bytes of what people send by mistake, and of what a decompressor would swell.
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "un classeur (xlsx, ods) ou une archive zip"),
    (b"PK\x05\x06", "une archive zip vide"),
    (b"\x1f\x8b", "un fichier compressé (gzip)"),
    (b"BZh", "un fichier compressé (bzip2)"),
    (b"\xfd7zXZ\x00", "un fichier compressé (xz)"),
    (b"\x28\xb5\x2f\xfd", "un fichier compressé (zstd)"),
    (b"7z\xbc\xaf\x27\x1c", "une archive 7z"),
    (b"Rar!\x1a\x07", "une archive rar"),
    (b"%PDF", "un document PDF"),
    (b"\xd0\xcf\x11\xe0", "un ancien classeur ou document (xls, doc)"),
    (b"\xff\xfe", "un texte en UTF-16"),
    (b"\xfe\xff", "un texte en UTF-16"),
)

# C0 and C1 controls but tab and line ends, marks that change the direction of the text, line and
# paragraph separators, a mark of order in the middle, non-characters, lone surrogates.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)

# In a Windows-1252 text these bytes are no French word: they are accents, quotes or (never allowed)
# surrogates in UTF-8.
STRAY_UTF8 = re.compile(rb"[\xc2\xc3][\x80-\xbf]|\xe2\x80[\x80-\xbf]|\xed[\xa0-\xbf][\x80-\xbf]")

SAVE_AS = "Enregistrez la feuille au format « CSV UTF-8 »."


@dataclass
class Problems:
    """The first problems of a file, and the count of the others."""

    file: str
    most: int
    listed: list[Problem] = field(default_factory=list)
    more: int = 0

    def add(self, message: str, row: int | None = None, column: str = "") -> None:
        self.append(Problem(message, row=row, column=column))

    def append(self, problem: Problem) -> None:
        """Keep the problem, under the name of the file when it has none."""
        if len(self.listed) >= self.most:
            self.more += 1
            return
        message = problem.message if problem.message[-1:] in ".?!)" else f"{problem.message}."
        file = problem.file or self.file
        self.listed.append(Problem(message, file, problem.row, problem.column, problem.field))

    @property
    def count(self) -> int:
        return len(self.listed) + self.more


@dataclass(frozen=True)
class Reading:
    """What a file says. ``texts`` stands beside ``rows``: the same cells in canonical text form, in
    the order of the table's columns. ``absent`` names the optional columns that the file lacks."""

    rows: tuple[Row, ...]
    texts: tuple[tuple[str, ...], ...]
    problems: Problems
    absent: frozenset[str] = frozenset()
    encoding: str = ""
    delimiter: str = ""


class _UnreadableError(Exception):
    """The rest of the file cannot be read. Carries the message and the line."""

    def __init__(self, message: str, row: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.row = row


def read_bounded(stream: BinaryIO, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The bytes of a stream, never more than the limit plus one are read.

    Raises :class:`Invalid` (``exchange.too-big``) for a longer stream.
    """
    content = stream.read(limits.size + 1)
    if len(content) > limits.size:
        raise Invalid("exchange.too-big", _too_big(limits))
    return content


def _too_big(limits: Limits) -> str:
    return (
        f"Le fichier dépasse {limits.size / 1024 / 1024:.0f} Mo. "
        "Découpez-le en plusieurs fichiers qui répètent l'en-tête."
    )


def read_rows(
    table: Table, content: bytes, filename: str, limits: Limits = DEFAULT_LIMITS
) -> Reading:
    """Read a file of this table. Never raises for what the file holds: all its defects are in
    ``problems``, with file, row and column, and rows that have one are left out of ``rows``."""
    problems = Problems(filename, limits.problems)
    try:
        encoding = detect_encoding(content, limits)
        delimiter, names = _read_header(table, content, encoding, limits, problems)
        if problems.count:
            return Reading((), (), problems, frozenset(), encoding, delimiter)
    except _UnreadableError as error:
        problems.add(error.message, error.row)
        return Reading((), (), problems)
    rows: list[Row] = []
    texts: list[tuple[str, ...]] = []
    try:
        for number, cells in _records(content, encoding, delimiter, limits):
            if len(rows) >= limits.rows:
                raise _UnreadableError(
                    f"plus de {limits.rows} lignes. Découpez le fichier en plusieurs fichiers "
                    "qui répètent l'en-tête.",
                    number,
                )
            read = _read_row(table, number, cells, names, problems, limits)
            if read is not None:
                rows.append(read[0])
                texts.append(read[1])
    except _UnreadableError as error:
        problems.add(error.message, error.row)
    _refuse_repeated_keys(table, rows, texts, problems)
    absent = frozenset(column.name for column in table.columns) - set(names)
    return Reading(tuple(rows), tuple(texts), problems, absent, encoding, delimiter)


def detect_encoding(content: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
    """``utf-8-sig`` or ``cp1252``. Decodes piece by piece and keeps nothing."""
    if len(content) > limits.size:
        raise _UnreadableError(_too_big(limits))
    if not content.strip():
        raise _UnreadableError("le fichier est vide")
    for signature, name in SIGNATURES:
        if content.startswith(signature):
            raise _UnreadableError(f"ce fichier est {name}, pas une liste en texte. {SAVE_AS}")
    if b"\x00" in content:
        raise _UnreadableError(
            f"le fichier contient des octets nuls : il est binaire ou en UTF-16. {SAVE_AS}"
        )
    if _decodes(content, "utf-8"):
        return "utf-8-sig"
    if content.startswith(codecs.BOM_UTF8) or STRAY_UTF8.search(content):
        raise _UnreadableError(f"le fichier mélange plusieurs encodages. {SAVE_AS}")
    if _decodes(content, "cp1252"):
        return "cp1252"
    raise _UnreadableError(f"le fichier n'est ni en UTF-8 ni en Windows-1252. {SAVE_AS}")


def _decodes(content: bytes, encoding: str, piece: int = 1 << 16) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    view = memoryview(content)
    try:
        for start in range(0, len(view), piece):
            decoder.decode(view[start : start + piece], final=start + piece >= len(view))
    except UnicodeDecodeError:
        return False
    return True


def _lines(content: bytes, encoding: str) -> Iterator[str]:
    """The physical lines, decoded as they are asked for."""
    wrapper = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    for number, line in enumerate(wrapper, start=1):
        found = FORBIDDEN.search(line)
        if found is not None:
            code = f"U+{ord(found.group()):04X}"
            raise _UnreadableError(f"caractère de contrôle interdit ({code})", number)
        yield line


def _records(
    content: bytes, encoding: str, delimiter: str, limits: Limits, *, header: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """The records and the physical line where each begins; the header alone, or all the others.
    Blank lines are skipped."""
    reader = csv.reader(_lines(content, encoding), delimiter=delimiter, strict=True)
    is_header = True
    begins = 1
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _UnreadableError(_csv_message(str(error), limits), begins) from None
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if is_header:
            is_header = False
            if header:
                yield begins, cells
                return
            continue
        yield begins, cells


def _csv_message(message: str, limits: Limits) -> str:
    if "field larger" in message:
        return f"cellule de plus de {limits.cell} caractères, ou guillemet jamais refermé"
    if "unexpected end" in message:
        return "guillemet ouvert et jamais refermé"
    return "guillemet mal placé : dans une cellule entre guillemets, doublez-le"


def _fold(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.strip().casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.sub(r"[\s\-']+", "_", bare)


def _read_header(
    table: Table, content: bytes, encoding: str, limits: Limits, problems: Problems
) -> tuple[str, list[str]]:
    """The delimiter, and the column's name (empty: ignored) of each place of the header."""
    known = {_fold(name): "" for name in table.ignored}
    for column in table.columns:
        for name in (column.name, *column.aliases):
            known[_fold(name)] = column.name
    best: tuple[tuple[int, int], str, int, list[str]] | None = None
    for delimiter in DELIMITERS:
        try:
            found = next(_records(content, encoding, delimiter, limits, header=True), None)
        except _UnreadableError:
            if delimiter == DELIMITERS[-1] and best is None:
                raise
            continue
        if found is None:
            continue
        number, cells = found
        score = (sum(_fold(cell) in known for cell in cells), len(cells))
        if best is None or score > best[0]:
            best = (score, delimiter, number, cells)
    if best is None:
        raise _UnreadableError("le fichier n'a pas d'en-tête")
    _, delimiter, number, cells = best
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > limits.columns:
        raise _UnreadableError(f"plus de {limits.columns} colonnes", number)
    names = _name_columns(table, known, number, cells, problems)
    return delimiter, names


def _name_columns(
    table: Table, known: dict[str, str], number: int, cells: list[str], problems: Problems
) -> list[str]:
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        shown = cell.strip()[:60]
        if not shown:
            problems.add(f"la colonne {place} n'a pas de nom", number)
        elif _fold(cell) not in known:
            problems.add(f"colonne inconnue{_suggest(_fold(cell), known)}", number, shown)
        elif (name := known[_fold(cell)]) and name in names:
            problems.add("colonne répétée", number, shown)
        names.append(known.get(_fold(cell), ""))
    missing = [c for c in table.columns if c.required and c.name not in names]
    for column in missing:
        problems.add("colonne obligatoire absente", number, column.name)
    return names


def _suggest(folded: str, known: dict[str, str]) -> str:
    close = difflib.get_close_matches(folded, [name for name in known if known[name]], n=1)
    return f" : vouliez-vous dire « {known[close[0]]} » ?" if close else ""


def _read_row(
    table: Table,
    number: int,
    cells: list[str],
    names: list[str],
    problems: Problems,
    limits: Limits,
) -> tuple[Row, tuple[str, ...]] | None:
    """The row in both forms, or None when a cell is wrong (each wrong cell is a problem)."""
    if len(cells) < len(names) or any(cell.strip() for cell in cells[len(names) :]):
        problems.add(f"{len(cells)} cellules, {len(names)} attendues d'après l'en-tête", number)
        return None
    by_name = {name: cell for name, cell in zip(names, cells, strict=False) if name}
    values: dict[str, Any] = {}
    texts: list[str] = []
    before = problems.count
    for column in table.columns:
        try:
            value = _read_cell(column, by_name.get(column.name, ""), limits)
            values[column.name] = value
            texts.append(canonical(column, value))
        except Invalid as error:
            problems.add(error.message, number, column.name)
    if problems.count > before:
        return None
    return Row(number, values), tuple(texts)


def _read_cell(column: Column, raw: str, limits: Limits) -> Any:
    if len(raw) > limits.cell:
        raise Invalid("exchange.cell", f"{limits.cell} caractères au plus, {len(raw)} ici")
    text = normalize(raw)
    if not text:
        if column.required:
            raise Invalid("exchange.cell", "cellule vide")
        return None
    if raw[0] in "\t\r" or is_formula(text):
        raise Invalid(
            "exchange.formula",
            f"« {text[:20]} » commence comme une formule de tableur. "
            "S'il s'agit bien d'un texte, mettez une apostrophe devant.",
        )
    return column.cell.read(unguard(text))


def key_of(table: Table, texts: Sequence[str]) -> tuple[str, ...]:
    """The key of a row in text form."""
    places = {column.name: place for place, column in enumerate(table.columns)}
    return tuple(texts[places[name]] for name in table.key_columns)


def _refuse_repeated_keys(
    table: Table, rows: list[Row], texts: list[tuple[str, ...]], problems: Problems
) -> None:
    first: dict[tuple[str, ...], int] = {}
    for row, text in zip(rows, texts, strict=True):
        key = key_of(table, text)
        if key in first:
            shown = " ; ".join(part or "(vide)" for part in key)
            problems.add(
                f"« {shown} » figure déjà à la ligne {first[key]}", row.number, table.key_columns[0]
            )
        else:
            first[key] = row.number
