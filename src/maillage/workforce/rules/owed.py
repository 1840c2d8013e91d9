"""Half-days that hospitals give each other over a period, by grids and by agreements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from maillage.vocabulary.periods import Period
from maillage.workforce.rules.weeks import HalfDay, dates_of

PER_WEEK = "demi-journées par semaine"
"""Unit of a commitment that promises half-days."""


@dataclass(frozen=True, slots=True)
class SharedWeek:
    """The cells of one practitioner, and who employs them."""

    practitioner: str
    employer: str
    cells: tuple[HalfDay, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """So many half-days a week given by ``giver`` to ``receiver``, on the days of an agreement."""

    agreement: str
    giver: str
    receiver: str
    per_week: Fraction
    days: tuple[Period[date], ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """What ``giver`` gave ``receiver`` over the period, in half-days. ``planned``: dates of the
    grid; ``on_holidays``: those that fall on a public holiday, which nobody holds; ``promised``:
    what agreements say (None: they name no number); ``people``: identifiers of those who go."""

    giver: str
    receiver: str
    planned: int
    on_holidays: int
    promised: Fraction | None
    people: tuple[str, ...]
    agreements: tuple[str, ...]

    @property
    def held(self) -> int:
        return self.planned - self.on_holidays

    @property
    def missing(self) -> Fraction | None:
        """Half-days promised and not held (negative: given beyond); None without a promise."""
        return None if self.promised is None else self.promised - self.held


def balances(
    weeks: Iterable[SharedWeek],
    promises: Sequence[Promise],
    *,
    first: date,
    last: date,
    holidays: Collection[date],
) -> tuple[Balance, ...]:
    """What each hospital gave each other on ``first <= day < last``, by giver then receiver. A
    half-day at a site of another hospital than the employer's is given by the employer."""
    planned: dict[tuple[str, str], int] = defaultdict(int)
    closed: dict[tuple[str, str], int] = defaultdict(int)
    people: dict[tuple[str, str], set[str]] = defaultdict(set)
    agreements: dict[tuple[str, str], set[str]] = defaultdict(set)
    for week in weeks:
        for cell in week.cells:
            if cell.organization == week.employer:
                continue
            pair = (week.employer, cell.organization)
            days = list(dates_of(cell, first, last))
            planned[pair] += len(days)
            closed[pair] += sum(day in holidays for day in days)
            if days:
                people[pair].add(week.practitioner)
                agreements[pair].update([cell.agreement] if cell.agreement else [])
    promised = _promised(promises, first=first, last=last)
    return tuple(
        Balance(
            *pair,
            planned[pair],
            closed[pair],
            promised.get(pair),
            tuple(sorted(people[pair])),
            tuple(sorted(agreements[pair] | {p.agreement for p in promises if _is_of(p, pair)})),
        )
        for pair in sorted(planned.keys() | promised.keys())
        if planned[pair] or promised.get(pair)
    )


def _is_of(promise: Promise, pair: tuple[str, str]) -> bool:
    return (promise.giver, promise.receiver) == pair


def _promised(
    promises: Sequence[Promise], *, first: date, last: date
) -> Mapping[tuple[str, str], Fraction]:
    """A week is seven days: a promise counts for the part of the period when its text holds."""
    found: dict[tuple[str, str], Fraction] = {}
    whole = Period(first, last)
    for promise in promises:
        days = 0
        for period in promise.days:
            common = period.intersection(whole)
            if common is not None:
                days += ((common.ends or last) - (common.starts or first)).days
        if days:
            pair = (promise.giver, promise.receiver)
            found[pair] = found.get(pair, Fraction(0)) + promise.per_week * days / 7
    return found
