"""Bytes that anybody may have sent, to rows: every limit is checked before the cost is paid."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from maillage.exchange.rules.limits import DEFAULT_LIMITS, Limits, UnreadableError
from maillage.exchange.rules.texts import DELIMITERS, detect_encoding, text_records
from maillage.exchange.rules.workbooks import WORKBOOK, is_workbook, workbook_records
from maillage.exchange.rules.writing import canonical, normalize
from maillage.exchange.tables import Column, Row, Table
from maillage.vocabulary.errors import Invalid, Problem
from maillage.vocabulary.spreadsheets import is_formula, unguard


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


def read_rows(
    table: Table, content: bytes, filename: str, limits: Limits = DEFAULT_LIMITS
) -> Reading:
    """Read a file of this table. Never raises for what the file holds: all its defects are in
    ``problems``, with file, row and column, and rows that have one are left out of ``rows``."""
    problems = Problems(filename, limits.problems)
    try:
        encoding = WORKBOOK if is_workbook(content) else detect_encoding(content, limits)
        delimiter, names = _read_header(table, content, encoding, limits, problems)
        if problems.count:
            return Reading((), (), problems, frozenset(), encoding, delimiter)
    except UnreadableError as error:
        problems.add(error.message, error.row)
        return Reading((), (), problems)
    rows: list[Row] = []
    texts: list[tuple[str, ...]] = []
    try:
        for number, cells in _records(content, encoding, delimiter, limits):
            if len(rows) >= limits.rows:
                raise UnreadableError(
                    f"plus de {limits.rows} lignes. Découpez le fichier en plusieurs fichiers "
                    "qui répètent l'en-tête.",
                    number,
                )
            read = _read_row(table, number, cells, names, problems, limits)
            if read is not None:
                rows.append(read[0])
                texts.append(read[1])
    except UnreadableError as error:
        problems.add(error.message, error.row)
    _refuse_repeated_keys(table, rows, texts, problems)
    absent = frozenset(column.name for column in table.columns) - set(names)
    return Reading(tuple(rows), tuple(texts), problems, absent, encoding, delimiter)


def _records(
    content: bytes, encoding: str, delimiter: str, limits: Limits, *, header: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """The records and the line where each begins; the header alone, or all the others."""
    if encoding == WORKBOOK:
        return workbook_records(content, limits, header=header)
    return text_records(content, encoding, delimiter, limits, header=header)


def _fold(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.strip().casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.sub(r"[\s\-']+", "_", bare)


def _read_header(
    table: Table, content: bytes, encoding: str, limits: Limits, problems: Problems
) -> tuple[str, list[str]]:
    """The delimiter (a workbook has none), and the column's name (empty: ignored) of each place of
    the header."""
    known = {_fold(name): "" for name in table.ignored}
    for column in table.columns:
        for name in (column.name, *column.aliases):
            known[_fold(name)] = column.name
    best: tuple[tuple[int, int], str, int, list[str]] | None = None
    delimiters = ("",) if encoding == WORKBOOK else DELIMITERS
    for delimiter in delimiters:
        try:
            found = next(_records(content, encoding, delimiter, limits, header=True), None)
        except UnreadableError:
            if delimiter == delimiters[-1] and best is None:
                raise
            continue
        if found is None:
            continue
        number, cells = found
        score = (sum(_fold(cell) in known for cell in cells), len(cells))
        if best is None or score > best[0]:
            best = (score, delimiter, number, cells)
    if best is None:
        raise UnreadableError("le fichier n'a pas d'en-tête")
    _, delimiter, number, cells = best
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > limits.columns:
        raise UnreadableError(f"plus de {limits.columns} colonnes", number)
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
