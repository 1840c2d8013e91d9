"""Calendar quarters: the periods of the figures.

They never overlap, and only those that are over are shown: the difference of two periods, or of two
days of reading, would give small counts back (``maillage.vocabulary.disclosure``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from maillage.vocabulary.calendar import local_day, paris_instant

_CODE = re.compile(r"(20\d{2})-T([1-4])")
_ORDINALS = ("1er", "2e", "3e", "4e")
MOST = 20
"""Quarters offered: five years."""


@dataclass(frozen=True, order=True)
class Quarter:
    """The quarter ``number`` (1 to 4) of a year."""

    year: int
    number: int

    @property
    def code(self) -> str:
        """« 2026-T3 », as it stands in addresses."""
        return f"{self.year}-T{self.number}"

    @property
    def label(self) -> str:
        """« 3e trimestre 2026 »."""
        return f"{_ORDINALS[self.number - 1]} trimestre {self.year}"

    @property
    def first_day(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    def shifted(self, by: int) -> Quarter:
        """The quarter so many quarters later, or earlier."""
        index = self.year * 4 + self.number - 1 + by
        return Quarter(index // 4, index % 4 + 1)

    def bounds(self) -> tuple[datetime, datetime]:
        """UTC instants of its start and of its end (excluded), midnight in Paris."""
        return (
            paris_instant(self.first_day, time(0)),
            paris_instant(self.shifted(1).first_day, time(0)),
        )


def quarter_of(day: date) -> Quarter:
    """The quarter of a day."""
    return Quarter(day.year, (day.month + 2) // 3)


def parse_quarter(text: str) -> Quarter | None:
    """« 2026-T3 » as a quarter; None for anything else."""
    found = _CODE.fullmatch(text.strip())
    return Quarter(int(found[1]), int(found[2])) if found else None


def closed_quarters(at: datetime, *, since: datetime | None) -> list[Quarter]:
    """The quarters that are over at an instant, the latest first, down to that of ``since`` and
    :data:`MOST` at most; at least the last one."""
    last = quarter_of(local_day(at)).shifted(-1)
    first = last if since is None else min(last, quarter_of(local_day(since)))
    found: list[Quarter] = []
    while last >= first and len(found) < MOST:
        found.append(last)
        last = last.shifted(-1)
    return found


def month_starts(at: datetime, months: int) -> list[date]:
    """The first days of the last months that are over, the oldest first."""
    today = local_day(at)
    index = today.year * 12 + today.month - 1
    return [date(i // 12, i % 12 + 1, 1) for i in range(index - months, index)]
