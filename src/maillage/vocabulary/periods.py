"""Half-open periods: the start is in, the end is out, ``None`` is open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Self, TypeVar

from maillage.vocabulary.errors import Invalid

Moment = TypeVar("Moment", date, datetime)


@dataclass(frozen=True)
class Period(Generic[Moment]):
    """The moments ``starts <= moment < ends``, all dates or all aware datetimes.

    Raises :class:`Invalid` when the end is not after the start, or when a datetime is naive.
    """

    starts: Moment | None = None
    ends: Moment | None = None

    def __post_init__(self) -> None:
        for moment in (self.starts, self.ends):
            if isinstance(moment, datetime) and moment.tzinfo is None:
                raise Invalid("period.naive", "Une heure doit porter son fuseau horaire.")
        if self.starts is not None and self.ends is not None and self.ends <= self.starts:
            raise Invalid("period.empty", "La fin doit venir après le début.")

    def contains(self, moment: Moment) -> bool:
        """True when ``moment`` is inside."""
        if self.starts is not None and moment < self.starts:
            return False
        return self.ends is None or moment < self.ends

    def intersection(self, other: Self) -> Self | None:
        """The common part of both periods, or None when they do not meet."""
        starts = max((m for m in (self.starts, other.starts) if m is not None), default=None)
        ends = min((m for m in (self.ends, other.ends) if m is not None), default=None)
        if starts is not None and ends is not None and ends <= starts:
            return None
        return type(self)(starts, ends)

    def overlaps(self, other: Self) -> bool:
        """True when both periods share at least one moment."""
        return self.intersection(other) is not None


def gaps(periods: Iterable[Period[date]], within: Period[date]) -> list[Period[date]]:
    """The parts of ``within`` (closed at both ends) that no period covers, in order."""
    if within.starts is None or within.ends is None:
        raise Invalid("period.open", "Un horizon doit avoir un début et une fin.")
    cursor = within.starts
    found: list[Period[date]] = []
    inside = [part for part in (p.intersection(within) for p in periods) if part is not None]
    for part in sorted(inside, key=lambda p: p.starts or cursor):
        if part.starts is not None and part.starts > cursor:
            found.append(Period(cursor, part.starts))
        if part.ends is None:
            return found
        cursor = max(cursor, part.ends)
    if cursor < within.ends:
        found.append(Period(cursor, within.ends))
    return found
