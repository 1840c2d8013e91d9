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
from maillage.engines.routing.reachability import ServiceReach, SlotTable

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
        slots = _meeting(reach.slot_table, start, end)
        starts = self._boundaries(authorised, week, reach, slots)
        reason = np.zeros(starts.size, np.int8)
        response = np.zeros(starts.size, np.int64)
        holder = np.full(starts.size, -1, np.int32)
        holders: tuple[str, ...] = ()
        is_open = self.covers(week, starts)
        if reach.opened:
            is_open |= self.covers(reach.opened, starts)
        if slots.starts.size:
            from maillage.engines.routing import kernels

            covered = np.zeros(starts.size, np.int8)
            kernels.slot_states(
                slots.starts, slots.ends, slots.responses, slots.holders, starts, covered, response,
                holder,
            )  # fmt: skip
            holders = slots.names
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
        if not intervals:
            return np.zeros(at.size, np.bool_)
        starts, ends = intervals.table
        index = np.searchsorted(starts, at, "right") - 1
        return (index >= 0) & (at < ends[np.maximum(index, 0)])

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
        self, authorised: Intervals, week: Intervals, reach: ServiceReach, slots: SlotTable
    ) -> Ints:  # fmt: skip
        points = [np.array([self._horizon.start], np.int64), slots.starts, slots.ends]
        for intervals in (authorised, week, reach.closed, reach.opened):
            points.append(intervals.table.ravel())
        found = ordered(np.concatenate(points))
        first, end = np.searchsorted(found, (self._horizon.start, self._horizon.end))
        return found[first:end]


def _meeting(slots: SlotTable, start: int, end: int) -> SlotTable:
    """The slots of which some instant lies in ``start <= t < end``."""
    meets = (slots.starts < end) & (slots.ends > np.maximum(slots.starts, start))
    if meets.all():
        return slots
    starts, ends, responses, holders, names = slots
    return SlotTable(starts[meets], ends[meets], responses[meets], holders[meets], names)


def ordered(values: Ints) -> Ints:
    """The distinct values in order; faster here than ``np.unique``, which hashes them first."""
    found = np.sort(values)
    keep = np.ones(found.size, np.bool_)
    np.not_equal(found[1:], found[:-1], out=keep[1:])
    return found[keep]


def durations(starts: Ints, end: int) -> Ints:
    """Lengths of the runs that begin at ``starts``, the last one ending at ``end``."""
    return np.diff(starts, append=end)
