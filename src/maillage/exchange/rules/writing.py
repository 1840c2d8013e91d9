"""Rows to files, in a form that no spreadsheet runs and that the reader takes back unchanged."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from maillage.exchange.tables import Column

# OWASP, "CSV Injection": a spreadsheet computes a cell that begins with one of these signs, their
# full-width forms included. Tab and carriage return let the sign come second.
FORMULA_SIGNS = "=+\\-@\t\r＝＋－＠"
FORMULA = re.compile(f"[{FORMULA_SIGNS}]")
GUARDED = re.compile(f"'+[{FORMULA_SIGNS}]")
NUMBER_OR_PHONE = re.compile(r"[+\-]?[\d .,()\u00a0\u202f]*%?")


def normalize(text: str) -> str:
    """The text without outer blanks, lines ended by a line feed: what two cells compare by."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def canonical(column: Column, value: Any) -> str:
    """The text form of a value: empty for None."""
    return "" if value is None else normalize(column.cell.write(value))


def is_formula(text: str) -> bool:
    """True when a spreadsheet may compute this cell: it begins with a sign of a formula and is
    neither a number nor a phone number."""
    return FORMULA.match(text) is not None and NUMBER_OR_PHONE.fullmatch(text) is None


def guard(text: str) -> str:
    """The cell as it goes out: an apostrophe before what a spreadsheet would compute. One more
    where apostrophes stood already, so that :func:`unguard` gives back the exact text."""
    return f"'{text}" if is_formula(text) or GUARDED.match(text) else text


def unguard(text: str) -> str:
    """The cell without the apostrophe that :func:`guard` put."""
    return text[1:] if GUARDED.match(text) else text


def write_rows(
    columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], *, with_mark: bool = False
) -> bytes:
    """The file of these rows (value form): UTF-8, semicolons, lines ended by CR LF (RFC 4180).

    ``with_mark`` puts the UTF-8 mark first, without which spreadsheets in French misread accents.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([guard(canonical(column, row.get(column.name))) for column in columns])
    return stream.getvalue().encode("utf-8-sig" if with_mark else "utf-8")
