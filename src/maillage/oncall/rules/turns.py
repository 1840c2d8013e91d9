"""From weekly turns to duty slots: days, Paris clock, holders one after the other.

A turn says: every such weekday of such weeks, from this hour, for so many hours of the wall clock,
this service receives, and these practitioners take the slots one after the other. A night of
20:00-08:00 thus lasts 11 hours when clocks go forward and 13 when they go back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from maillage.directory.enums import HolidayRule
from maillage.oncall.enums import Weeks
from maillage.vocabulary.calendar import paris_instant, public_holidays
from maillage.vocabulary.errors import Invalid

DAY_MINUTES = 1440

TURNS_START = date(2010, 1, 4)
"""Monday from which turns are counted. Who holds a slot then depends on the turns and on the day
only, never on the horizon that is asked for: two horizons agree on the days that they share."""

LONGEST_HORIZON_DAYS = 800
"""Slots are generated for a little more than two years at once, at most."""


@dataclass(frozen=True)
class Turn:
    """One weekly template of a line. Weekdays: 1 = Monday. ``starts`` in minutes of the local day,
    ``minutes`` on the wall clock."""

    line: str
    service: str
    weeks: Weeks
    weekdays: tuple[int, ...]
    starts: int
    minutes: int
    holidays: HolidayRule
    holders: tuple[str, ...] = ()

    def happens_on(self, day: date) -> bool:
        """True when a slot of this turn starts on this local day. A week is even or odd by its
        ISO number; a year of 53 weeks has two odd weeks in a row."""
        if day.isoweekday() not in self.weekdays:
            return False
        if self.weeks != Weeks.ALL:
            is_even = day.isocalendar().week % 2 == 0
            if is_even != (self.weeks == Weeks.EVEN):
                return False
        if self.holidays == HolidayRule.OPEN:
            return True
        return (day in public_holidays(day.year)) == (self.holidays == HolidayRule.ONLY)


@dataclass(frozen=True)
class PlannedSlot:
    """A slot to create; ``holder`` is None when nobody takes it."""

    line: str
    service: str
    starts_at: datetime
    ends_at: datetime
    holder: str | None


@dataclass(frozen=True)
class RosterHole:
    """The slots of ``line`` that start on ``day`` have no holder."""

    line: str
    day: date


def wall_instant(day: date, minute: int) -> datetime:
    """The UTC instant of a minute of the local day; minutes past 1440 are on the days after. An
    hour that the clocks skip counts as the one after it; of a repeated hour, the first pass."""
    later, rest = divmod(minute, DAY_MINUTES)
    return paris_instant(day + timedelta(days=later), time(rest // 60, rest % 60))


def plan_slots(
    turns: Sequence[Turn],
    holes: Iterable[RosterHole],
    first_day: date,
    last_day: date,
) -> list[PlannedSlot]:
    """The slots that start on the days ``first_day <= day < last_day``, in order of start.

    Within a line nobody takes two slots in a row when another may, and whoever was passed over
    comes first the next time. Nobody is given slots of two lines at once: a slot whose holders are
    all on duty elsewhere has none. Raises :class:`Invalid` on an empty, too long or too early
    horizon.
    """
    _check_horizon(first_day, last_day)
    missing = {(hole.line, hole.day) for hole in holes}
    planned: list[PlannedSlot] = []
    for day, turn, holder in _walk(turns, last_day):
        if day < first_day:
            continue
        starts_at = wall_instant(day, turn.starts)
        ends_at = wall_instant(day, turn.starts + turn.minutes)
        if ends_at <= starts_at:
            continue  # the whole slot lies in the hour that the clocks skip
        kept = None if (turn.line, day) in missing else holder
        planned.append(PlannedSlot(turn.line, turn.service, starts_at, ends_at, kept))
    return planned


def _check_horizon(first_day: date, last_day: date) -> None:
    if last_day <= first_day:
        raise Invalid("oncall.horizon", "Le dernier jour doit venir après le premier.")
    if first_day < TURNS_START:
        raise Invalid("oncall.horizon", "Les tours ne sont pas comptés avant 2010.")
    if (last_day - first_day).days > LONGEST_HORIZON_DAYS:
        raise Invalid("oncall.horizon", f"{LONGEST_HORIZON_DAYS} jours au plus à la fois.")


def _walk(turns: Sequence[Turn], last_day: date) -> Iterator[tuple[date, Turn, str | None]]:
    """Every slot since ``TURNS_START`` with its holder, day by day, by hour, line and service."""
    ordered = sorted(range(len(turns)), key=lambda i: (turns[i].starts, turns[i].line, i))
    by_weekday: dict[int, list[int]] = defaultdict(list)
    for index in ordered:
        for weekday in set(turns[index].weekdays):
            by_weekday[weekday].append(index)
    queues = [list(dict.fromkeys(turn.holders)) for turn in turns]
    last: dict[str, str | None] = {}
    busy: dict[str, tuple[int, str]] = {}
    for offset in range((last_day - TURNS_START).days):
        day = TURNS_START + timedelta(days=offset)
        for index in by_weekday[day.isoweekday()]:
            turn = turns[index]
            if not turn.happens_on(day):
                continue
            starts = offset * DAY_MINUTES + turn.starts
            holder = _next_holder(queues[index], last.get(turn.line), busy, turn.line, starts)
            last[turn.line] = holder
            if holder is not None:
                ends = max(starts + turn.minutes, busy.get(holder, (0, ""))[0])
                busy[holder] = (ends, turn.line)
            yield day, turn, holder


def _next_holder(
    queue: list[str],
    last: str | None,
    busy: dict[str, tuple[int, str]],
    line: str,
    starts: int,
) -> str | None:
    """Take the first of the queue who may come, and send them to its end. Whoever held the
    slot before comes only when nobody else can."""
    free = [
        name
        for name in queue
        if name not in busy or busy[name][0] <= starts or busy[name][1] == line
    ]
    if not free:
        return None
    chosen = next((name for name in free if name != last), free[0])
    queue.remove(chosen)
    queue.append(chosen)
    return chosen
