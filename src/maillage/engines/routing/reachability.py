"""When one service is reachable, what keeps it so, and when that changes.

A service is reachable when it is authorised on the local day and either open or named by a staffed
duty slot. An exception ``closed`` beats everything but the lack of authorisation.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maillage.engines.routing.clock import (
    DAY,
    EPOCH,
    MICROSECOND,
    LocalClock,
    Moment,
    Week,
    to_tick,
)
from maillage.engines.routing.enums import ExceptionState, Reason
from maillage.engines.routing.intervals import HIGH, LOW, Intervals
from maillage.engines.routing.network import DutySlot, Service

MICROS = 1_000_000
"""Micros in one minute: durations are kept as whole millionths of a minute."""


def to_micros(minutes: float) -> int:
    """Minutes as whole millionths of a minute."""
    return round(minutes * MICROS)


class CompiledSlot(NamedTuple):
    """A duty slot in ticks and micros; ordered by start, then id."""

    start: int
    id: str
    end: int
    line: str
    holder: str | None
    response: int


class State(NamedTuple):
    """A service at one instant. ``slot`` is set when only a duty slot keeps it reachable;
    ``sole_holder`` is the person without whom it would not be."""

    reason: Reason | None
    kept_by: str | None
    slot: CompiledSlot | None
    response: int
    sole_holder: str | None


OPEN = State(None, "opening", None, 0, None)
NOT_AUTHORISED = State(Reason.NOT_AUTHORISED, None, None, 0, None)
CLOSED = State(Reason.CLOSED, None, None, 0, None)
UNSTAFFED = State(Reason.UNSTAFFED, None, None, 0, None)


class Slots:
    """Duty slots of one service, found by bisection however much they overlap."""

    __slots__ = ("_latest_end", "_rows", "_starts", "boundaries", "staffed")

    def __init__(self, rows: Sequence[CompiledSlot]) -> None:
        self._rows = sorted(rows, key=lambda slot: (slot.start, slot.id))
        self._starts = [slot.start for slot in self._rows]
        self._latest_end: list[int] = []
        latest = LOW
        for slot in self._rows:
            latest = max(latest, slot.end)
            self._latest_end.append(latest)
        self.staffed = Intervals((s.start, s.end) for s in self._rows if s.holder is not None)
        ends = {x for slot in self._rows for x in (slot.start, slot.end)}
        self.boundaries = sorted(ends - {LOW, HIGH})

    def covering(self, tick: int) -> list[CompiledSlot]:
        """Every slot that covers an instant."""
        found = []
        index = bisect_right(self._starts, tick) - 1
        # The running maximum of ends tells when no earlier slot can still be there.
        while index >= 0 and self._latest_end[index] > tick:
            if self._rows[index].end > tick:
                found.append(self._rows[index])
            index -= 1
        return found


SlotRow = tuple[int, int, str, int]
"""Start and end (ticks), holder (empty for none), response (micros)."""

Ints = NDArray[np.int64]


class SlotTable(NamedTuple):
    """The duty slots of one service by start: starts and ends (ticks), responses (micros), and
    holders as indexes in ``names``, -1 for none."""

    starts: Ints
    ends: Ints
    responses: Ints
    holders: Ints
    names: tuple[str, ...]


class ServiceReach:
    """The hours, authorisations, exceptions and duty slots of one service."""

    __slots__ = (
        "_clock", "_known_slots", "_known_table", "_week", "authorised", "closed", "fingerprints",
        "opened", "opening", "slots", "timelines",
    )  # fmt: skip

    def __init__(self, service: Service, slots: Sequence[DutySlot], clock: LocalClock) -> None:
        self._clock = clock
        # Authorisations in days (ordinals), exceptions in ticks.
        self.authorised = Intervals(
            (_day(period.starts_on, LOW), _day(period.ends_on, HIGH))
            for period in service.authorisations
        )
        self.opening = service.opening
        self._week = Week(service.opening, clock)
        self.closed = self._exceptions(service, ExceptionState.CLOSED)
        self.opened = self._exceptions(service, ExceptionState.OPEN)
        self.slots = slots
        self._known_slots: Slots | None = None
        self._known_table: SlotTable | None = None
        # By horizon, filled by the sweep (``timelines.py``).
        self.timelines: dict[tuple[int, int], Any] = {}
        self.fingerprints: dict[tuple[int, int], str] = {}

    @property
    def slot_rows(self) -> list[SlotRow]:
        """The slots in ticks, with their holder and response in micros, in a fixed order."""
        starts, ends, responses, holders, names = self.slot_table
        called = ["" if rank < 0 else names[rank] for rank in holders.tolist()]
        return sorted(zip(starts.tolist(), ends.tolist(), called, responses.tolist(), strict=True))

    @property
    def slot_table(self) -> SlotTable:
        """The slots as arrays; made once."""
        if self._known_table is None:
            self._known_table = _slot_table(self.slots)
        return self._known_table

    @property
    def _slots(self) -> Slots:
        """The slots ready for bisection; made at the first question, which a sweep never asks."""
        if self._known_slots is None:
            self._known_slots = Slots([_compile_slot(slot) for slot in self.slots])
        return self._known_slots

    @staticmethod
    def _exceptions(service: Service, state: ExceptionState) -> Intervals:
        return Intervals(
            (_tick(row.starts_at, LOW), _tick(row.ends_at, HIGH))
            for row in service.exceptions
            if row.state == state
        )

    def state(self, moment: Moment) -> State:
        """Reachable or not, why not, and what keeps it reachable."""
        if not self.authorised.covers(moment.day):
            return NOT_AUTHORISED
        if self.closed and self.closed.covers(moment.tick):
            return CLOSED
        if self._week.is_open(moment) or (self.opened and self.opened.covers(moment.tick)):
            return OPEN
        covering = self._slots.covering(moment.tick)
        if not covering:
            return CLOSED
        staffed = [slot for slot in covering if slot.holder is not None]
        if not staffed:
            return UNSTAFFED
        best = min(staffed, key=lambda slot: (slot.response, slot.id))
        alone = all(slot.holder == best.holder for slot in staffed)
        return State(None, f"slot:{best.id}", best, best.response, best.holder if alone else None)

    def next_reachable(self, tick: int) -> int | None:
        """The first reachable instant that is not before ``tick``; ``None`` if there is none.

        Jumps from obstacle to opportunity; each turn goes forward to a boundary of the service.
        """
        while True:
            day = self._clock.day_of(tick)
            authorised = self.authorised.at_or_after(day)
            if authorised is None:
                return None
            if authorised != day:
                tick = self._clock.day_start(authorised)
            closed_until = self.closed.end_at(tick)
            if closed_until == HIGH:
                return None
            if closed_until is not None:
                tick = closed_until
                continue
            chances = (
                self._week.at_or_after(tick),
                self.opened.at_or_after(tick),
                self._slots.staffed.at_or_after(tick),
            )
            first = min((chance for chance in chances if chance is not None), default=None)
            if first is None or first == tick:
                return first
            tick = first

    def next_change(self, moment: Moment) -> int | None:
        """The next instant at which the reason, or what keeps the service reachable, changes."""
        now = self.state(moment)
        tick = moment.tick
        limit = self._last_boundary(tick) + 16 * DAY
        while True:
            following = self._next_boundary(tick)
            if following is None or following > limit:
                return None
            tick = following
            then = self.state(self._clock.moment_of(tick))
            if (then.reason, then.kept_by) != (now.reason, now.kept_by):
                return tick

    def _next_boundary(self, tick: int) -> int | None:
        day = self._clock.day_of(tick)
        days = self.authorised.next_boundary(day)
        authorisation = None if days is None else self._clock.day_start(days)
        if not self.authorised.covers(day):
            return authorisation
        if self.closed.covers(tick):
            ends = (authorisation, self.closed.next_boundary(tick))
            return min((x for x in ends if x is not None), default=None)
        boundaries = self._slots.boundaries
        index = bisect_right(boundaries, tick)
        later = (
            authorisation,
            self.closed.next_boundary(tick),
            self.opened.next_boundary(tick),
            self._week.next_boundary(tick),
            boundaries[index] if index < len(boundaries) else None,
        )
        return min((x for x in later if x is not None), default=None)

    def _last_boundary(self, tick: int) -> int:
        """An instant after which only the weekly windows change anything."""
        days = max(self.authorised.last_boundary(), self._clock.last_holiday + 1)
        last_slot = self._slots.boundaries[-1] if self._slots.boundaries else LOW
        return max(
            tick,
            self._clock.day_start(days) if days > 1 else LOW,
            self.closed.last_boundary(),
            self.opened.last_boundary(),
            last_slot,
        )


class CompiledService:
    """A service with what a chain asks of it at every turn."""

    __slots__ = (
        "age_max", "age_min", "care_type", "id", "index", "level", "organization", "reach", "site",
    )  # fmt: skip

    def __init__(self, index: int, row: Service, organization: str, reach: ServiceReach) -> None:
        self.index = index
        self.id = row.id
        self.site = row.site
        self.organization = organization
        self.care_type = row.care_type
        self.level = row.level
        self.age_min = row.age_min
        self.age_max = row.age_max
        self.reach = reach

    def takes(self, age: int) -> bool:
        return self.age_min <= age and (self.age_max is None or age < self.age_max)

    def state(self, moment: Moment) -> State:
        """The state at a moment, computed once for it."""
        known = moment.states.get(self.index)
        if known is None:
            known = moment.states[self.index] = self.reach.state(moment)
        return known


def _day(day: date | None, otherwise: int) -> int:
    return otherwise if day is None else day.toordinal()


def _tick(moment: datetime | None, otherwise: int) -> int:
    return otherwise if moment is None else to_tick(moment)


def _slot_table(slots: Sequence[DutySlot]) -> SlotTable:
    starts = np.array(
        [LOW if (at := row.starts_at) is None else (at - EPOCH) // MICROSECOND for row in slots],
        np.int64,
    )
    ends = np.array(
        [HIGH if (at := row.ends_at) is None else (at - EPOCH) // MICROSECOND for row in slots],
        np.int64,
    )
    minutes = np.array([row.response_minutes for row in slots], np.float64)
    called = [row.holder or None for row in slots]
    names = tuple(name for name in dict.fromkeys(called) if name is not None)
    ranks: dict[str | None, int] = {name: rank for rank, name in enumerate(names)}
    ranks[None] = -1
    holders = np.fromiter(map(ranks.__getitem__, called), np.int64, len(called))
    order = np.argsort(starts, kind="stable")
    responses = np.rint(minutes * MICROS).astype(np.int64)
    return SlotTable(starts[order], ends[order], responses[order], holders[order], names)


def _compile_slot(slot: DutySlot) -> CompiledSlot:
    return CompiledSlot(
        start=_tick(slot.starts_at, LOW),
        id=slot.id,
        end=_tick(slot.ends_at, HIGH),
        line=slot.line,
        holder=slot.holder,
        response=to_micros(slot.response_minutes),
    )
