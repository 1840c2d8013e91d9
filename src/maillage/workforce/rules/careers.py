"""Careers read from assignments: stays in a group of posts, departures, entries, turnover."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from maillage.workforce.enums import EndReason
from maillage.workforce.rules.staffing import Spell

SAME_STAY = timedelta(days=90)
"""Two assignments less apart than this are one stay: a new contract, another post."""

OBSERVED_YEARS = 5
"""Years before today in which departures and entries are counted."""

YEAR_DAYS = 365.25

DEPARTURES = frozenset(
    {
        EndReason.RESIGNATION.value,
        EndReason.TRANSFER.value,
        EndReason.END_OF_TERM.value,
        EndReason.SECONDMENT.value,
        EndReason.OTHER.value,
    }
)
"""Ends that count as a departure; retirement is counted apart, a change goes on elsewhere."""


@dataclass(frozen=True, slots=True)
class Served:
    """One assignment: who, from when (in) to when (out), why it ended."""

    person: Hashable
    starts_on: date
    ends_on: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class Stay:
    """A person's unbroken time in a group of posts. ``ends_on`` None, or later than today: still
    there."""

    person: Hashable
    starts_on: date
    ends_on: date | None
    reason: str

    def is_over(self, on: date) -> bool:
        return self.ends_on is not None and self.ends_on <= on

    def left(self, on: date) -> bool:
        """True when the person left before retirement."""
        return self.is_over(on) and self.reason in DEPARTURES


@dataclass(frozen=True, slots=True)
class Observed:
    """What the last years show: departures before retirement, entries, and people followed."""

    departures: int
    retirements: int
    entries: int
    person_years: float
    years: int

    @property
    def turnover(self) -> float:
        """Yearly probability of leaving before retirement; 0 when nobody was followed."""
        return min(self.departures / self.person_years, 1.0) if self.person_years else 0.0

    @property
    def entries_a_year(self) -> float:
        return self.entries / self.years


def stays(served: Iterable[Served]) -> list[Stay]:
    """Assignments joined into stays, by person then start."""
    people: dict[Hashable, list[Served]] = defaultdict(list)
    for one in served:
        people[one.person].append(one)
    found = []
    for person, several in people.items():
        several.sort(key=lambda one: one.starts_on)
        current = Stay(person, several[0].starts_on, several[0].ends_on, several[0].reason)
        for one in several[1:]:
            if current.ends_on is None or one.starts_on <= current.ends_on + SAME_STAY:
                longer = current.ends_on is not None and (
                    one.ends_on is None or one.ends_on > current.ends_on
                )
                if longer:
                    current = Stay(person, current.starts_on, one.ends_on, one.reason)
                continue
            found.append(current)
            current = Stay(person, one.starts_on, one.ends_on, one.reason)
        found.append(current)
    return found


def spells(every: Sequence[Stay], on: date) -> list[Spell]:
    """Stays that began, as times to departure."""
    found = []
    for stay in every:
        if stay.starts_on >= on:
            continue
        end = stay.ends_on if stay.ends_on is not None and stay.ends_on < on else on
        found.append(Spell((end - stay.starts_on).days / YEAR_DAYS, stay.left(on)))
    return found


def observe(every: Sequence[Stay], on: date, years: int = OBSERVED_YEARS) -> Observed:
    """Departures, retirements and entries of the ``years`` before a day."""
    first = on.replace(year=on.year - years, day=min(on.day, 28))
    departures = retirements = entries = 0
    days = 0
    for stay in every:
        begins = max(stay.starts_on, first)
        ends = min(stay.ends_on or on, on)
        days += max((ends - begins).days, 0)
        entries += first <= stay.starts_on < on
        if stay.ends_on is not None and first <= stay.ends_on <= on:
            departures += stay.reason in DEPARTURES
            retirements += stay.reason == EndReason.RETIREMENT
    return Observed(departures, retirements, entries, days / YEAR_DAYS, years)
