"""Rows to files, in a form that no spreadsheet runs and that the reader takes back unchanged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from maillage.exchange.tables import Column
from maillage.vocabulary.spreadsheets import write_csv


def normalize(text: str) -> str:
    """The text without outer blanks, lines ended by a line feed: what two cells compare by."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def canonical(column: Column, value: Any) -> str:
    """The text form of a value: empty for None."""
    return "" if value is None else normalize(column.cell.write(value))


def write_rows(
    columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], *, with_mark: bool = False
) -> bytes:
    """The file of these rows (value form): UTF-8, semicolons, lines ended by CR LF (RFC 4180).

    ``with_mark`` puts the UTF-8 mark first, without which spreadsheets in French misread accents.
    """
    heads = [column.name for column in columns]
    cells = ([canonical(column, row.get(column.name)) for column in columns] for row in rows)
    return "".join(write_csv(heads, cells, with_mark=with_mark)).encode()
