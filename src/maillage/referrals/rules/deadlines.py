"""How long each clock is, and who is called when it runs out: settings in one place.

The law fixes no delay for an answer (domain 3.1): these are our defaults, to be agreed by the
parties; the terms of a clause (``agreements``) come before them. Working time counts Monday to
Friday, 8:30 to 18:30, public holidays aside; everything else runs day and night.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from maillage.referrals.enums import Clock, Kind, Level, Priority
from maillage.vocabulary.calendar import local_day, paris_instant, public_holidays

WORKING_FROM, WORKING_TO = time(8, 30), time(18, 30)

MINUTE, HOUR, DAY = 1, 60, 24 * 60
WORKING_DAY = 10 * HOUR
"""Minutes between the start and the end of a working day."""


@dataclass(frozen=True)
class Delay:
    """A length: minutes, of working time only if ``working``."""

    minutes: int
    working: bool = False


DELAYS: dict[Clock, Mapping[Priority, Delay]] = {
    Clock.TO_SEND: dict.fromkeys(Priority, Delay(12 * HOUR)),
    Clock.TO_SEE: {
        Priority.P0: Delay(5),
        Priority.P1: Delay(15),
        Priority.P2: Delay(4 * HOUR, working=True),
        Priority.P3: Delay(WORKING_DAY, working=True),
    },
    Clock.TO_ANSWER: {
        Priority.P0: Delay(15),
        Priority.P1: Delay(HOUR),
        Priority.P2: Delay(DAY),
        Priority.P3: Delay(5 * WORKING_DAY, working=True),
    },
    Clock.TO_COMPLETE: {
        Priority.P0: Delay(10),
        Priority.P1: Delay(30),
        Priority.P2: Delay(4 * HOUR, working=True),
        Priority.P3: Delay(2 * WORKING_DAY, working=True),
    },
    Clock.TO_FIND_BED: {
        Priority.P0: Delay(15),
        Priority.P1: Delay(45),
        Priority.P2: Delay(4 * HOUR),
        Priority.P3: Delay(WORKING_DAY, working=True),
    },
    Clock.TO_ORDER: {
        Priority.P0: Delay(10),
        Priority.P1: Delay(30),
        Priority.P2: Delay(4 * HOUR),
        Priority.P3: Delay(WORKING_DAY, working=True),
    },
    Clock.TO_ENGAGE: {
        Priority.P0: Delay(10),
        Priority.P1: Delay(30),
        Priority.P2: Delay(2 * HOUR),
        Priority.P3: Delay(WORKING_DAY, working=True),
    },
    Clock.TO_DEPART: {
        Priority.P0: Delay(30),
        Priority.P1: Delay(HOUR),
        Priority.P2: Delay(4 * HOUR),
        Priority.P3: Delay(DAY),
    },
    Clock.TO_ARRIVE: dict.fromkeys(Priority, Delay(2 * HOUR)),
    Clock.TO_TAKE_OVER: {
        Priority.P0: Delay(10),
        Priority.P1: Delay(30),
        Priority.P2: Delay(HOUR),
        Priority.P3: Delay(2 * HOUR),
    },
    Clock.TO_HOLD: dict.fromkeys(Priority, Delay(DAY)),
    Clock.TO_READ: {
        Priority.P0: Delay(30),
        Priority.P1: Delay(2 * HOUR),
        Priority.P2: Delay(DAY),
        Priority.P3: Delay(3 * WORKING_DAY, working=True),
    },
    Clock.TO_REROUTE: {
        Priority.P0: Delay(10),
        Priority.P1: Delay(30),
        Priority.P2: Delay(4 * HOUR),
        Priority.P3: Delay(2 * WORKING_DAY, working=True),
    },
}
"""Our defaults [I]. An arrival announced (TO_ARRIVE) or a meeting fixed (TO_HOLD) replaces its own:
the clock ends a margin after the hour said."""

ANNOUNCED_MARGIN: dict[Clock, Delay] = {
    Clock.TO_DEPART: Delay(15),
    Clock.TO_ARRIVE: Delay(15),
    Clock.TO_HOLD: Delay(DAY),
}
"""How long after an announced hour the clock of what was announced ends. It is then the length of
that clock: the calls that follow are half of it apart."""

RESUMED_SHARE = 4
"""A team that asked for details finds what was left of its own clock when they come: a quarter of
the whole at the least, so that nobody is late for having waited for somebody else."""

CHAIN: dict[Kind, tuple[Level, ...]] = {
    Kind.OPINION: (Level.DEPUTY, Level.ON_CALL, Level.HEAD, Level.REGULATOR),
    Kind.CONSULTATION: (Level.DEPUTY, Level.HEAD),
    Kind.TRANSFER: (Level.DEPUTY, Level.ON_CALL, Level.HEAD, Level.REGULATOR),
    Kind.RETURN: (Level.DEPUTY, Level.HEAD, Level.REGULATOR),
    Kind.MEETING: (Level.DEPUTY, Level.HEAD),
}
"""Who is called, in order, once a clock has run out. The regulator of the SAMU is called for
P0 and P1 only (:func:`chain`)."""

STEP_SHARE = 2
STEP_SHORTEST = Delay(5)
"""From one call to the next: half of the clock that ran out, five minutes at the least."""


def chain(kind: Kind, priority: Priority) -> tuple[Level, ...]:
    """Who is called, in order."""
    urgent = priority in (Priority.P0, Priority.P1)
    return tuple(level for level in CHAIN[kind] if urgent or level is not Level.REGULATOR)


def delay(clock: Clock, priority: Priority, terms: Mapping[Clock, Delay] | None = None) -> Delay:
    """The length of a clock: that of the clause (``terms``, for this priority) or our default."""
    return (terms or {}).get(clock) or DELAYS[clock][priority]


def due_at(start: datetime, length: Delay) -> datetime:
    """When a clock that starts at an instant runs out: exact minutes, or working minutes of Paris
    (a clock started at night or on a holiday starts with the next working day)."""
    if not length.working:
        # In UTC: an hour told in Paris plus minutes is otherwise an hour off on two nights a year.
        return start.astimezone(UTC) + timedelta(minutes=length.minutes)
    left = timedelta(minutes=length.minutes)
    moment, day = start, local_day(start)
    while True:
        if is_working_day(day):
            opens, closes = paris_instant(day, WORKING_FROM), paris_instant(day, WORKING_TO)
            moment = max(moment, opens)
            if moment < closes:
                if closes - moment >= left:
                    return moment + left
                left -= closes - moment
        day += timedelta(days=1)


@dataclass(frozen=True)
class Running:
    """A clock that starts: when it runs out, and its length."""

    due_at: datetime
    length: Delay


def start(
    clock: Clock,
    priority: Priority,
    *,
    at: datetime,
    terms: Mapping[Clock, Delay] | None = None,
    announced: datetime | None = None,
    left: int | None = None,
) -> Running:
    """The clock that starts at an instant: a margin after the hour ``announced``, where one was;
    else of the length agreed or our default. ``left``: minutes that were left of it when it was
    stopped, taken up again (:data:`RESUMED_SHARE`)."""
    if announced is not None and clock in ANNOUNCED_MARGIN:
        margin = ANNOUNCED_MARGIN[clock]
        return Running(due_at(announced, margin), margin)
    whole = delay(clock, priority, terms)
    if left is None:
        return Running(due_at(at, whole), whole)
    floor = -(-whole.minutes // RESUMED_SHARE)
    length = Delay(min(whole.minutes, max(left, floor)), whole.working)
    return Running(due_at(at, length), length)


def reprioritise(
    running: Running, *, started_at: datetime, at: datetime, whole: Delay, is_raised: bool
) -> Running:
    """The clock once the priority has changed, ``whole`` being its length at the new one. Raised,
    it starts again now, and never gives more time than was left; lowered, it is what it would have
    been from its start."""
    if not is_raised:
        return Running(due_at(started_at, whole), whole)
    again = Running(due_at(at, whole), whole)
    return min(again, running, key=lambda one: one.due_at)


def minutes_left(due: datetime, *, at: datetime, working: bool) -> int:
    """Whole minutes from an instant to the end of a clock, working ones if it counts these; 0 once
    it has run out."""
    if due <= at:
        return 0
    if not working:
        return int((due - at).total_seconds() // 60)
    left, day = timedelta(), local_day(at)
    while day <= local_day(due):
        if is_working_day(day):
            opens = max(paris_instant(day, WORKING_FROM), at)
            closes = min(paris_instant(day, WORKING_TO), due)
            left += max(closes - opens, timedelta())
        day += timedelta(days=1)
    return int(left.total_seconds() // 60)


def is_working_day(day: date) -> bool:
    """Monday to Friday, public holidays aside (Code du travail, L3133-1)."""
    return day.isoweekday() <= 5 and day not in public_holidays(day.year)


def alarm_at(due: datetime, length: Delay, calls: int) -> datetime:
    """When the call after ``calls`` calls is made: the first as the clock runs out, the others one
    step apart."""
    step = Delay(max(length.minutes // STEP_SHARE, STEP_SHORTEST.minutes), length.working)
    moment = due
    for _ in range(calls):
        moment = due_at(moment, step)
    return moment
