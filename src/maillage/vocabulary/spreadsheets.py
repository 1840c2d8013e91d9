"""Cells that a spreadsheet would compute, and the sign that stops it."""

from __future__ import annotations

import re

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
