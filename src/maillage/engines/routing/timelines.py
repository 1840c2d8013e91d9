"""Services over a whole horizon: runs of time in which nothing about them changes.

What ``reachability.py`` says of one instant, said of all instants at once, as arrays. Instants are
ticks (microseconds since 1970), runs are ``starts[i] <= t < starts[i + 1]``, the last one ends with
the horizon.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maillage.engines.routing import codes
from maillage.engines.routing.clock import LocalClock, Week
from maillage.engines.routing.intervals import Intervals
from maillage.engines.routing.network import Opening
from maillage.engines.routing.reachability import ServiceReach, SlotRow

Ints = NDArray[np.int64]

KEPT_HORIZONS = 2
"""Timelines that a service remembers: today's proof, and one other horizon."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """``start <= t < end``, in ticks, and the local days that it touches."""

    start: int
    end: int
    first_day: int
    last_day: int

    @classmethod
    def between(cls, start: int, end: int, clock: LocalClock) -> Horizon:
        return cls(start, end, clock.day_of(start), clock.day_of(end - 1))


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """One service over a horizon, run by run.

    ``reason`` is one of ``codes`` (0 reachable), ``response`` micros of waiting for the
    holder, ``holder`` the index in ``holders`` of the only person who keeps the service
    reachable, -1 when it hangs on nobody.
    """

    starts: Ints
    reason: NDArray[np.int8]
    response: Ints
    holder: NDArray[np.int32]
    holders: tuple[str, ...]


class Timelines:
    """The timelines of one network over one horizon. Services of equal hours share the work."""

    def __init__(self, clock: LocalClock, horizon: Horizon) -> None:
        self._clock = clock
        self._horizon = horizon
        self._weeks: dict[tuple[Opening, ...], Intervals] = {}

    def of_week(self, openings: tuple[Opening, ...]) -> Intervals:
        """The instants of the horizon at which weekly windows are open."""
        known = self._weeks.get(openings)
        if known is None:
            week = Week(openings, self._clock)
            days = range(self._horizon.first_day, self._horizon.last_day + 1)
            known = Intervals(part for day in days for part in week.instants(day))
            self._weeks[openings] = known
        return known

    def of_service(self, reach: ServiceReach, *, keep: bool = True) -> Timeline:
        """The timeline of a service, compressed. With ``keep`` the service remembers it, and
        networks that differ little share it."""
        key = (self._horizon.start, self._horizon.end)
        known = reach.timelines.get(key)
        if known is None:
            known = self._make(reach)
            if keep:
                while len(reach.timelines) >= KEPT_HORIZONS:
                    reach.timelines.pop(next(iter(reach.timelines)), None)
                reach.timelines[key] = known
        return known

    def _make(self, reach: ServiceReach) -> Timeline:
        authorised = Intervals(self._instants(reach.authorised))
        week = self.of_week(reach.opening)
        start, end = self._horizon.start, self._horizon.end
        slots = [row for row in reach.slot_rows if row[0] < end and row[1] > max(start, row[0])]
        starts = self._boundaries(authorised, week, reach, slots)
        reason = np.zeros(starts.size, np.int8)
        response = np.zeros(starts.size, np.int64)
        holder = np.full(starts.size, -1, np.int32)
        holders: tuple[str, ...] = ()
        is_open = self.covers(week, starts)
        if reach.opened:
            is_open |= self.covers(reach.opened, starts)
        if slots:
            covered = np.zeros(starts.size, np.int8)
            holders = self._fill_slots(slots, starts, covered, response, holder)
            away = is_open | (covered != 2)
            response[away], holder[away] = 0, -1
            without = np.where(covered == 1, codes.UNSTAFFED, codes.CLOSED)
            reason[:] = np.where(is_open | (covered == 2), 0, without)
        else:
            reason[~is_open] = codes.CLOSED
        for forbidden, code in (
            (self.covers(reach.closed, starts), codes.CLOSED),
            (~self.covers(authorised, starts), codes.NOT_AUTHORISED),
        ):
            reason[forbidden], response[forbidden], holder[forbidden] = code, 0, -1
        keep = np.ones(starts.size, np.bool_)
        keep[1:] = (
            (reason[1:] != reason[:-1])
            | (response[1:] != response[:-1])
            | (holder[1:] != holder[:-1])
        )
        return Timeline(starts[keep], reason[keep], response[keep], holder[keep], holders)

    @staticmethod
    def covers(intervals: Intervals, at: Ints) -> NDArray[np.bool_]:
        """Whether the intervals cover each of the instants."""
        parts = intervals.parts
        if not parts:
            return np.zeros(at.size, np.bool_)
        table = np.array(parts, np.int64)
        index = np.searchsorted(table[:, 0], at, "right") - 1
        return (index >= 0) & (at < table[np.maximum(index, 0), 1])

    def day_starts(self, days: Iterable[int]) -> list[int]:
        """The first instants of local days, those of the horizon only."""
        ticks = (self._clock.day_start(day) for day in days)
        return [tick for tick in ticks if self._horizon.start < tick < self._horizon.end]

    def _instants(self, days: Intervals) -> list[tuple[int, int]]:
        """Intervals of days as instants, cut at the horizon."""
        first, last = self._horizon.first_day, self._horizon.last_day + 1
        return [
            (
                self._horizon.start if start <= first else self._clock.day_start(start),
                self._horizon.end if end >= last else self._clock.day_start(end),
            )
            for start, end in days.parts
            if start < last and end > first
        ]

    def _boundaries(
        self, authorised: Intervals, week: Intervals, reach: ServiceReach, slots: list[SlotRow]
    ) -> Ints:  # fmt: skip
        points = [self._horizon.start]
        for intervals in (authorised, week, reach.closed, reach.opened):
            points += [point for part in intervals.parts for point in part]
        points += [row[0] for row in slots]
        points += [row[1] for row in slots]
        found = np.unique(np.array(points, np.int64))
        return found[(found >= self._horizon.start) & (found < self._horizon.end)]

    def _fill_slots(
        self, slots: list[SlotRow], starts: Ints, covered: NDArray[np.int8], response: Ints,
        holder: NDArray[np.int32],
    ) -> tuple[str, ...]:  # fmt: skip
        names: dict[str, int] = {}
        ranks = [names.setdefault(row[2], len(names)) if row[2] else -1 for row in slots]
        starts_at, ends_at, _, responses = zip(*slots, strict=True)
        table = np.array([starts_at, ends_at, responses, ranks], np.int64)
        from maillage.engines.routing import kernels

        kernels.slot_states(
            table[0], table[1], table[2], table[3], starts, covered, response, holder
        )
        return tuple(names)


def durations(starts: Ints, end: int) -> Ints:
    """Lengths of the runs that begin at ``starts``, the last one ending at ``end``."""
    return np.diff(starts, append=end)
