"""Files for spreadsheets in French: their form, cells that a spreadsheet would compute, and the
sign that stops it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

MARK = "\ufeff"
"""The UTF-8 mark, without which spreadsheets in French misread accents."""

SEPARATOR, LINE_END = ";", "\r\n"
"""What stands between two cells (the comma is the decimal sign) and at the end of a line (RFC
4180)."""

PIECE = 1 << 15
"""Characters after which a piece of a file leaves."""

# OWASP, "CSV Injection": a spreadsheet computes a cell that begins with one of these signs, their
# full-width forms included. Tab and carriage return let the sign come second.
_SIGNS = "=+\\-@\t\r＝＋－＠"
_FORMULA = re.compile(f"[{_SIGNS}]")
_GUARDED = re.compile(f"'+[{_SIGNS}]")
_NUMBER_OR_PHONE = re.compile(r"[+\-]?[\d .,()\u00a0\u202f]*%?")


def is_formula(text: str) -> bool:
    """True when a spreadsheet may compute this cell: it begins with a sign of a formula and is
    neither a number nor a phone number."""
    return _FORMULA.match(text) is not None and _NUMBER_OR_PHONE.fullmatch(text) is None


def guard(text: str) -> str:
    """The cell as it goes out: an apostrophe before what a spreadsheet would compute. One more
    where apostrophes stood already, so that :func:`unguard` gives back the exact text."""
    return f"'{text}" if is_formula(text) or _GUARDED.match(text) else text


def unguard(text: str) -> str:
    """The cell without the apostrophe that :func:`guard` put."""
    return text[1:] if _GUARDED.match(text) else text


def write_csv(
    heads: Iterable[str], rows: Iterable[Iterable[str]], *, with_mark: bool
) -> Iterator[str]:
    """The pieces of a CSV file, to be sent in UTF-8: the heads as they are, then the rows, read as
    they are needed, their cells guarded (:func:`guard`). ``with_mark`` puts the UTF-8 mark first.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=SEPARATOR, lineterminator=LINE_END)
    if with_mark:
        buffer.write(MARK)
    writer.writerow(heads)
    for row in rows:
        writer.writerow([guard(cell) for cell in row])
        if buffer.tell() > PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
