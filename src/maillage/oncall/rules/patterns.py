"""The slots of the days to come, from the line's own pattern: repeated, or by hours.

Repeating goes back by whole weeks, as many as the turn of the receiving sites lasts, so that a
weekday finds its hours and its site; public holidays take the hours of the last holiday. Hours of a
line are given by kind of day, and the receiving site changes by night, day, week or month.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maillage.oncall.enums import DayKind, ReceivingTurn
from maillage.oncall.rules.turns import DAY_MINUTES, wall_instant
from maillage.oncall.rules.versions import LONGEST_ROSTER_DAYS
from maillage.vocabulary.calendar import local_day, public_holidays, to_paris
from maillage.vocabulary.errors import Invalid, Problem

PATTERN_DAYS = 56
"""Days of the past, up to the last slot that was made, that a line repeats: two months."""

LONGEST_TURN_WEEKS = 8

FIRST_MONDAY = date(2010, 1, 4)
"""Weeks are counted from this Monday, so that a turn does not begin again each year."""


@dataclass(frozen=True, order=True)
class LineSlot:
    """One slot of a line: when, and the slug of the service that receives."""

    starts_at: datetime
    ends_at: datetime
    service: str

    def meets(self, other: LineSlot) -> bool:
        """True when both share an instant."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, order=True)
class Hours:
    """Hours of a slot on the wall clock: minutes of the day at which it starts, and how many it
    lasts."""

    starts: int
    minutes: int

    @classmethod
    def between(cls, starts: int, ends: int) -> Hours:
        """From one minute of the day to another: of the next day unless it comes later."""
        return cls(starts, (ends - starts - 1) % DAY_MINUTES + 1)


def check_slot_days(first_day: date, last_day: date, *, today: date) -> None:
    """Raise :class:`Invalid`, with its field, unless the days ``first_day <= day < last_day`` are
    at most a year of days to come."""
    problems = []
    if first_day < today:
        problems.append(Problem("Ce jour est passé.", field="starts_on"))
    if last_day <= first_day:
        problems.append(Problem("Le dernier jour doit venir après le premier.", field="ends_on"))
    elif (last_day - first_day).days > LONGEST_ROSTER_DAYS:
        problems.append(Problem("Un an de créneaux au plus.", field="ends_on"))
    if problems:
        raise Invalid("oncall.slot-days", "Ces jours ne conviennent pas.", problems)


def day_kind(day: date) -> DayKind:
    """What a day is for the hours of a line: a public holiday is one whatever its weekday."""
    if day in public_holidays(day.year):
        return DayKind.HOLIDAY
    if day.isoweekday() >= 6:
        return DayKind.SATURDAY if day.isoweekday() == 6 else DayKind.SUNDAY
    return DayKind.WEEKDAY


def days_between(first_day: date, last_day: date) -> list[date]:
    """The days ``first_day <= day < last_day``."""
    return [first_day + timedelta(days=n) for n in range((last_day - first_day).days)]


@dataclass(frozen=True, order=True)
class _Shape:
    """What a slot is on any day."""

    hours: Hours
    service: str


def _shape(slot: LineSlot) -> _Shape:
    starts, ends = to_paris(slot.starts_at), to_paris(slot.ends_at)
    # By the clock: a night lasts as long when clocks change.
    lasts = ends.replace(tzinfo=None) - starts.replace(tzinfo=None)
    return _Shape(
        Hours(starts.hour * 60 + starts.minute, int(lasts.total_seconds() // 60)), slot.service
    )


def _placed(day: date, hours: Hours, service: str) -> LineSlot | None:
    """The slot of these hours on a day; None when it lies whole in the hour that clocks skip."""
    starts_at = wall_instant(day, hours.starts)
    ends_at = wall_instant(day, hours.starts + hours.minutes)
    return LineSlot(starts_at, ends_at, service) if starts_at < ends_at else None


def repeat_slots(past: Iterable[LineSlot], first_day: date, last_day: date) -> list[LineSlot]:
    """The slots of these days as those of the past were: none when the past holds none. ``past``:
    the slots of one line that start before ``first_day``; its last :data:`PATTERN_DAYS` days count.
    """
    by_day: dict[date, list[_Shape]] = defaultdict(list)
    for one in past:
        by_day[local_day(one.starts_at)].append(_shape(one))
    if not by_day:
        return []
    last = max(by_day)
    known = {
        day: sorted(by_day.get(day, ()))
        for day in days_between(last - timedelta(days=PATTERN_DAYS - 1), last + timedelta(days=1))
        if day >= min(by_day)
    }
    weeks = turn_weeks(known)
    found = []
    for day in days_between(first_day, last_day):
        for shape in _repeated(day, known, weeks, by_day):
            slot = _placed(day, shape.hours, shape.service)
            if slot is not None:
                found.append(slot)
    return sorted(found)


def turn_weeks(known: Mapping[date, Sequence[_Shape]]) -> int:
    """After how many weeks the days come back the same: the number that the most days of the past
    agree with, the smallest of several. Holidays do not count."""
    plain = {day: shapes for day, shapes in known.items() if day_kind(day) != DayKind.HOLIDAY}

    def share(weeks: int) -> float:
        pairs = [
            (shapes, plain[day - timedelta(weeks=weeks)])
            for day, shapes in plain.items()
            if day - timedelta(weeks=weeks) in plain
        ]
        # Two days that agree by chance say nothing: at least two weeks must be compared.
        return sum(a == b for a, b in pairs) / len(pairs) if len(pairs) >= 10 else 0.0

    return max(range(1, LONGEST_TURN_WEEKS + 1), key=lambda weeks: (share(weeks), -weeks))


def _repeated(
    day: date,
    known: Mapping[date, Sequence[_Shape]],
    weeks: int,
    by_day: Mapping[date, Sequence[_Shape]],
) -> Sequence[_Shape]:
    same = _same_weekday(day, known, weeks)
    if day_kind(day) != DayKind.HOLIDAY:
        return same
    holidays = [one for one in by_day if one < day and day_kind(one) == DayKind.HOLIDAY]
    # A line that no holiday was seen of keeps them as its Sundays.
    sunday = day + timedelta(days=7 - day.isoweekday())
    model = sorted(by_day[max(holidays)]) if holidays else _same_weekday(sunday, known, weeks)
    services = {shape.service for shape in same}
    if len(services) == 1 and len({shape.service for shape in model}) == 1:
        return [_Shape(shape.hours, min(services)) for shape in model]  # who receives that week
    return model


def _same_weekday(
    day: date, known: Mapping[date, Sequence[_Shape]], weeks: int
) -> Sequence[_Shape]:
    """The slots of the nearest past day of the same place in the turn that was no holiday; of the
    same weekday when there is none."""
    plain = [one for one in known if one < day and day_kind(one) != DayKind.HOLIDAY]
    for step in (weeks, 1):
        same = [one for one in plain if (day - one).days % (7 * step) == 0]
        if same:
            return known[max(same)]
    return ()


def slots_by_hours(
    hours: Mapping[DayKind, Sequence[Hours]],
    services: Sequence[str],
    turn: ReceivingTurn,
    first_day: date,
    last_day: date,
) -> list[LineSlot]:
    """The slots of these days by the hours of each kind of day. ``services`` receive one after the
    other, the first of them first, by ``turn``; a turn by week changes on Monday, by month on the
    first. Raises ValueError without a service."""
    if not services:
        raise ValueError("a line keeps at least one service")
    found: list[LineSlot] = []
    for day in days_between(first_day, last_day):
        for one in sorted(hours.get(day_kind(day), ())):
            rank = _rank(turn, day, first_day, len(found))
            slot = _placed(day, one, services[rank % len(services)])
            if slot is not None:
                found.append(slot)
    return sorted(found)


def _rank(turn: ReceivingTurn, day: date, first_day: date, slots: int) -> int:
    """How many times the receiving site has changed since the first day."""
    match turn:
        case ReceivingTurn.SLOT:
            return slots
        case ReceivingTurn.DAY:
            return (day - first_day).days
        case ReceivingTurn.WEEK:
            return (day - FIRST_MONDAY).days // 7 - (first_day - FIRST_MONDAY).days // 7
        case ReceivingTurn.MONTH:
            return (day.year - first_day.year) * 12 + day.month - first_day.month


def without_doubles(
    slots: Iterable[LineSlot], existing: Iterable[LineSlot]
) -> tuple[list[LineSlot], int]:
    """The slots that meet none of those that exist on the line, and how many do."""
    kept, met = [], 0
    there = sorted(existing)
    for slot in slots:
        if any(slot.meets(one) for one in there):
            met += 1
        else:
            kept.append(slot)
    return kept, met
