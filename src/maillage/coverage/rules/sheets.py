"""Tables of the pages of proofs as files for spreadsheets in French."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from maillage.vocabulary.spreadsheets import write_csv

DECIMALS = 6
"""Figures after the comma: enough to sum shares of hours again, none of them noise."""


@dataclass(frozen=True)
class Sheet:
    """A table as a file: its name without ending, its heads, its rows read as they are needed."""

    name: str
    heads: tuple[str, ...]
    rows: Iterable[Iterable[str | float | None]]

    def pieces(self) -> Iterator[str]:
        """The pieces of its CSV file: with the UTF-8 mark, numbers with a decimal comma."""
        cells = ([cell(value) for value in row] for row in self.rows)
        return write_csv(self.heads, cells, with_mark=True)


def cell(value: str | float | None) -> str:
    """A value as a cell: a number with a decimal comma and :data:`DECIMALS` figures after it at
    most, nothing for None."""
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".").replace(".", ",")
