"""Rows to files, in a form that no spreadsheet runs and that the reader takes back unchanged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from maillage.exchange.tables import Column
from maillage.vocabulary.spreadsheets import XLSX_TYPE, write_csv, write_xlsx


def normalize(text: str) -> str:
    """The text without outer blanks, lines ended by a line feed: what two cells compare by."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def canonical(column: Column, value: Any) -> str:
    """The text form of a value: empty for None."""
    return "" if value is None else normalize(column.cell.write(value))


class FileForm(StrEnum):
    """The forms in which a list goes out; the value is the end of the name of the file."""

    CSV = "csv"
    XLSX = "xlsx"

    @property
    def content_type(self) -> str:
        return XLSX_TYPE if self is FileForm.XLSX else "text/csv; charset=utf-8"


def write_rows(
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, Any]],
    *,
    form: FileForm = FileForm.CSV,
    with_mark: bool = False,
    sheet: str = "",
) -> bytes:
    """The file of these rows (value form): the same cells, as texts, in either form.

    CSV is UTF-8, semicolons, lines ended by CR LF (RFC 4180); ``with_mark`` puts the UTF-8 mark
    first, without which spreadsheets in French misread accents. XLSX has one ``sheet``, so named.
    """
    heads = [column.name for column in columns]
    cells = ([canonical(column, row.get(column.name)) for column in columns] for row in rows)
    if form is FileForm.XLSX:
        return write_xlsx(heads, cells, sheet=sheet)
    return "".join(write_csv(heads, cells, with_mark=with_mark)).encode()
