"""Local time without surprises: days of 23, 24 or 25 hours, weekly windows, public holidays.

Instants are *ticks*: whole microseconds since 1970-01-01 UTC. Days are ordinals of the network's
time zone (``date.toordinal``). A weekly window follows the wall clock: in the repeated hour of
October both passes count, in the hour skipped in March nothing happens.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from maillage.engines.routing.enums import HolidayRule
from maillage.engines.routing.network import DAY_MINUTES, Opening

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.toordinal()
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def to_tick(moment: datetime) -> int:
    """Exact whole microseconds since 1970 of an aware datetime."""
    return (moment - EPOCH) // MICROSECOND


@dataclass(slots=True)
class Moment:
    """One instant as the local clock shows it. ``states`` remembers what was computed for it."""

    tick: int
    local: datetime
    day: int
    weekday: int
    minute: int
    is_holiday: bool
    states: dict[int, Any] = field(default_factory=dict)


class LocalClock:
    """The wall clock of a time zone, and its public holidays."""

    def __init__(self, zone: ZoneInfo, holidays: Iterable[date]) -> None:
        self.zone = zone
        self.holidays = frozenset(day.toordinal() for day in holidays)
        self.sorted_holidays = sorted(self.holidays)
        self.last_holiday = max(self.holidays, default=0)
        self._pieces: dict[int, tuple[tuple[int, int, int], ...]] = {}

    def local(self, tick: int) -> datetime:
        """The instant as an aware datetime of this zone."""
        return (EPOCH + timedelta(microseconds=tick)).astimezone(self.zone)

    def moment_of(self, tick: int) -> Moment:
        """What the wall clock and the calendar show at an instant."""
        local = self.local(tick)
        day = local.toordinal()
        return Moment(
            tick=tick,
            local=local,
            day=day,
            weekday=local.isoweekday(),
            minute=local.hour * 60 + local.minute,
            is_holiday=day in self.holidays,
        )

    def day_of(self, tick: int) -> int:
        """The local day of an instant."""
        day = tick // DAY + EPOCH_DAY
        if tick < self.day_start(day):
            return day - 1
        return day + 1 if tick >= self.day_start(day + 1) else day

    def day_start(self, day: int) -> int:
        """The first instant of a local day."""
        return self.pieces(day)[0][0]

    def pieces(self, day: int) -> tuple[tuple[int, int, int], ...]:
        """The instants of a local day as ``(start, end, midnight)``: one piece, two when the
        clocks change. ``midnight`` is when the wall clock of the piece would read 00:00."""
        known = self._pieces.get(day)
        if known is None:
            known = self._pieces[day] = self._find_pieces(day)
        return known

    def window(self, day: int, from_minute: int, to_minute: int) -> list[tuple[int, int]]:
        """The instants of a day at which the wall clock reads ``from <= time < to``, in order."""
        found = []
        for start, end, midnight in self.pieces(day):
            opens = max(midnight + from_minute * MINUTE, start)
            closes = min(midnight + to_minute * MINUTE, end)
            if opens < closes:
                found.append((opens, closes))
        return found

    def _offset(self, tick: int) -> int:
        offset = self.local(tick).utcoffset() or timedelta(0)
        return offset // MICROSECOND

    def _find_pieces(self, day: int) -> tuple[tuple[int, int, int], ...]:
        midnight = (day - EPOCH_DAY) * DAY
        first, last = midnight - 15 * HOUR, midnight + DAY + 15 * HOUR
        if self._offset(first) == self._offset(last):
            start = midnight - self._offset(first)
            return ((start, start + DAY, start),)
        changes = [first]
        for hour in range(first, last, HOUR):
            if self._offset(hour) != self._offset(hour + HOUR):
                changes.append(self._change_between(hour, hour + HOUR))
        changes.append(last)
        found = []
        for start, end in pairwise(changes):
            zero = midnight - self._offset(start)
            opens, closes = max(zero, start), min(zero + DAY, end)
            if opens < closes:
                found.append((opens, closes, zero))
        # A day that the zone skips altogether starts, empty, where the next one starts.
        return tuple(found) or ((self.day_start(day + 1), self.day_start(day + 1), midnight),)

    def _change_between(self, low: int, high: int) -> int:
        before = self._offset(low)
        while high - low > SECOND:
            middle = (low + high) // 2 // SECOND * SECOND
            if self._offset(middle) == before:
                low = middle
            else:
                high = middle
        return high


Windows = tuple[tuple[int, int], ...]


class Week:
    """Weekly windows of opening, on ordinary days and on public holidays."""

    __slots__ = ("_always", "_clock", "_holiday", "_ordinary")

    def __init__(self, openings: Sequence[Opening], clock: LocalClock) -> None:
        self._clock = clock
        self._ordinary = self._windows(openings, HolidayRule.ONLY)
        self._holiday = self._windows(openings, HolidayRule.CLOSED)
        self._always = _covers_all(self._ordinary) and _covers_all(self._holiday)

    @staticmethod
    def _windows(openings: Sequence[Opening], without: HolidayRule) -> tuple[Windows, ...] | None:
        days: list[list[tuple[int, int]]] = [[] for _ in range(8)]
        for opening in openings:
            if opening.holidays != without:
                for weekday in set(opening.weekdays):
                    days[weekday].append((opening.from_minute, opening.to_minute))
        return tuple(tuple(sorted(windows)) for windows in days) if any(days) else None

    def is_open(self, moment: Moment) -> bool:
        """True when a window covers what the wall clock reads."""
        days = self._holiday if moment.is_holiday else self._ordinary
        if days is None:
            return False
        minute = moment.minute
        return any(opens <= minute < closes for opens, closes in days[moment.weekday])

    def at_or_after(self, tick: int) -> int | None:
        """The first open instant that is not before ``tick``, or ``None`` when there is none."""
        if self._always:
            return tick
        for day in self._days_from(tick):
            for opens, closes in self.instants(day):
                if closes > tick:
                    return max(opens, tick)
        return None

    def next_boundary(self, tick: int) -> int | None:
        """The first start or end of a window after ``tick``, or ``None``."""
        if self._always:
            return None
        for day in self._days_from(tick):
            later = [x for pair in self.instants(day) for x in pair if x > tick]
            if later:
                return min(later)
        return None

    def instants(self, day: int) -> list[tuple[int, int]]:
        days = self._holiday if day in self._clock.holidays else self._ordinary
        if days is None:
            return []
        windows = days[(day - 1) % 7 + 1]
        if not windows:
            return []
        parts = [part for a, b in windows for part in self._clock.window(day, a, b)]
        return sorted(parts) if len(parts) > 1 else parts

    def _days_from(self, tick: int) -> Iterable[int]:
        """Days on which to look for a window, far enough to be sure that there is none.

        After the last public holiday the weeks repeat, so that two of them tell everything (the
        second one because a window may fall in the hour that a clock change skips).
        """
        first = self._clock.day_of(tick)
        if self._ordinary is not None:
            return range(first, max(first, self._clock.last_holiday) + 16)
        if self._holiday is not None:
            known = self._clock.sorted_holidays
            return known[bisect_left(known, first) :]
        return ()


def _covers_all(days: tuple[Windows, ...] | None) -> bool:
    return days is not None and all((0, DAY_MINUTES) in windows for windows in days[1:])
