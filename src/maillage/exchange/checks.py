"""Checks that the ``imports.py`` of rooms share: each yields problems with row and column.

They take rows in value form. The name of the file is added by the exchange.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from maillage.exchange.tables import Row
from maillage.vocabulary.errors import Problem


def unknown_references(
    rows: Iterable[Row],
    column: str,
    known: Collection[Any],
    what: str,
) -> Iterator[Problem]:
    """Cells that name what does not exist. ``known`` holds the existing keys (text or codes);
    ``what`` is the French name of the thing, « établissement ». Empty cells are left alone, and
    each item of a list cell is looked up. A near key is suggested."""
    keys = {str(key) for key in known}
    near: dict[str, str] = {}
    for row in rows:
        value = row[column]
        if value is None:
            continue
        for item in value if isinstance(value, list | tuple) else [value]:
            text = str(item)
            if text in keys:
                continue
            if text not in near:
                near[text] = _nearest(text, keys) if len(near) < 50 else ""
            yield Problem(f"{what} « {text} » inconnu{near[text]}", row=row.number, column=column)


def _nearest(text: str, keys: Collection[str]) -> str:
    close = difflib.get_close_matches(text, keys, n=1, cutoff=0.75)
    return f" : vouliez-vous dire « {close[0]} » ?" if close else ""


def wrong_periods(rows: Iterable[Row], starts: str, ends: str) -> Iterator[Problem]:
    """Rows whose end (excluded) is not after their start. Open ends are right."""
    for row in rows:
        if row[starts] is not None and row[ends] is not None and row[ends] <= row[starts]:
            yield Problem("la fin (exclue) doit venir après le début", row=row.number, column=ends)


def overlapping_periods(
    rows: Iterable[Row], same: Sequence[str], starts: str, ends: str
) -> Iterator[Problem]:
    """Rows of the same ``same`` columns whose periods share a moment. ``None`` is an open end."""
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[column] for column in same)].append(row)
    for group in groups.values():
        group.sort(key=lambda row: (row[starts] is not None, row[starts] or 0))
        widest: Row | None = None
        for row in group:
            if widest is not None and _meets(widest, row, starts, ends):
                yield Problem(
                    f"la période chevauche celle de la ligne {widest.number}",
                    row=row.number,
                    column=starts,
                )
            if widest is None or _ends_later(row, widest, ends):
                widest = row


def _meets(first: Row, second: Row, starts: str, ends: str) -> bool:
    return first[ends] is None or second[starts] is None or bool(second[starts] < first[ends])


def _ends_later(row: Row, other: Row, ends: str) -> bool:
    if other[ends] is None:
        return False
    return row[ends] is None or bool(row[ends] > other[ends])


def not_exactly_one(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[Problem]:
    """Rows that fill none of these columns, or more than one."""
    names = ", ".join(f"« {column} »" for column in columns)
    for row in rows:
        filled = [column for column in columns if row[column] is not None]
        if len(filled) != 1:
            yield Problem(
                f"une colonne et une seule doit être remplie parmi {names}",
                row=row.number,
                column=filled[1] if filled else columns[0],
            )


def wrong_rows(
    rows: Iterable[Row], column: str, verdict: Callable[[Row], str | None]
) -> Iterator[Problem]:
    """Rows for which ``verdict`` gives a French sentence (None: the row is right)."""
    for row in rows:
        sentence = verdict(row)
        if sentence:
            yield Problem(sentence, row=row.number, column=column)
