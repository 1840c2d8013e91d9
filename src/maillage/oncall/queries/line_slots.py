"""The slots that some days would get, before anybody writes them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from maillage.directory.models import HealthcareService
from maillage.oncall.enums import DayKind, ReceivingTurn, SlotSource
from maillage.oncall.models import DutyLine, DutySlot
from maillage.oncall.rules.patterns import (
    Hours,
    LineSlot,
    check_slot_days,
    day_kind,
    repeat_slots,
    slots_by_hours,
    without_doubles,
)
from maillage.vocabulary.calendar import day_bounds, local_day
from maillage.vocabulary.errors import Invalid, Problem

PAST_DAYS = 400
"""Days before the first one that are read: a little more than a year, for the public holidays."""

LONGEST_SLOT = timedelta(hours=96)


@dataclass(frozen=True)
class SlotWish:
    """What somebody asks for: the slots of these lines over ``first_day <= day < last_day``.
    ``hours``, ``turn`` and ``first`` (the slug of the service that receives first; empty: the
    first by name) only serve when they come from hours."""

    lines: Sequence[DutyLine]
    first_day: date
    last_day: date
    source: SlotSource
    hours: Mapping[DayKind, Sequence[Hours]] = field(default_factory=dict)
    turn: ReceivingTurn = ReceivingTurn.WEEK
    first: str = ""


@dataclass(frozen=True)
class SlotOnScreen:
    """One slot to create, as it is shown."""

    slot: LineSlot
    service: HealthcareService

    @property
    def day(self) -> date:
        return local_day(self.slot.starts_at)

    @property
    def is_holiday(self) -> bool:
        return day_kind(self.day) == DayKind.HOLIDAY

    @property
    def length_minutes(self) -> float:
        """Real length: 11 or 13 hours for a night of 12 when clocks change."""
        return (self.slot.ends_at - self.slot.starts_at).total_seconds() / 60


@dataclass(frozen=True)
class LineSlots:
    """What a line would get. ``met``: slots that are left out because one stands there already."""

    line: DutyLine
    slots: tuple[LineSlot, ...]
    met: int

    @cached_property
    def rows(self) -> list[SlotOnScreen]:
        """In order of time. No query: the services of the line are at hand."""
        services = {one.slug: one for one in self.line.services.all()}
        return [SlotOnScreen(slot, services[slot.service]) for slot in self.slots]


@dataclass(frozen=True)
class SlotPlan:
    """What a wish would write. ``fingerprint`` names exactly these slots."""

    lines: tuple[LineSlots, ...]

    @property
    def count(self) -> int:
        return sum(len(one.slots) for one in self.lines)

    @property
    def met(self) -> int:
        return sum(one.met for one in self.lines)

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for one in self.lines:
            for slot in one.slots:
                words = (one.line.slug, slot.service, slot.starts_at, slot.ends_at)
                digest.update("|".join(map(str, words)).encode() + b"\n")
        return digest.hexdigest()


def plan_line_slots(wish: SlotWish, *, at: datetime) -> SlotPlan:
    """What this wish would write. Two queries, when the services of the lines are at hand.

    Slots that have begun are left out. Raises :class:`Invalid` on days that are past or too many,
    without a line, for several lines with the same hours, or without hours.
    """
    check_slot_days(wish.first_day, wish.last_day, today=local_day(at))
    problems = []
    if not wish.lines:
        problems.append(Problem("Choisissez au moins une ligne.", field="lines"))
    if wish.source is SlotSource.HOURS:
        if len(wish.lines) > 1:
            problems.append(Problem("Des horaires valent pour une ligne.", field="lines"))
        if not any(wish.hours.values()):
            problems.append(Problem("Donnez des horaires.", field="hours"))
    if problems:
        raise Invalid("oncall.line-slots", "Cette demande est incomplète.", problems)
    past, there = _past(wish), _existing(wish)
    found = []
    for line in wish.lines:
        wanted = [slot for slot in _wanted(line, wish, past[line.pk]) if slot.starts_at > at]
        kept, met = without_doubles(wanted, there[line.pk])
        found.append(LineSlots(line, tuple(kept), met))
    return SlotPlan(tuple(found))


def _wanted(line: DutyLine, wish: SlotWish, past: Iterable[LineSlot]) -> list[LineSlot]:
    services = [one.slug for one in sorted(line.services.all(), key=lambda one: one.name)]
    if wish.source is SlotSource.REPEAT:
        # A service that the line keeps no more receives nothing.
        kept = [slot for slot in past if slot.service in services]
        return repeat_slots(kept, wish.first_day, wish.last_day)
    rank = services.index(wish.first) if wish.first in services else 0
    order = services[rank:] + services[:rank]
    return slots_by_hours(wish.hours, order, wish.turn, wish.first_day, wish.last_day)


def _past(wish: SlotWish) -> dict[int, list[LineSlot]]:
    """The slots before the first day, by line."""
    first = wish.first_day
    return _by_line(wish, day_bounds(first - timedelta(days=PAST_DAYS))[0], day_bounds(first)[0])


def _existing(wish: SlotWish) -> dict[int, list[LineSlot]]:
    """The slots that the new ones may meet, by line."""
    first, last = day_bounds(wish.first_day)[0], day_bounds(wish.last_day)[0]
    return _by_line(wish, first - LONGEST_SLOT, last + LONGEST_SLOT)


def _by_line(wish: SlotWish, first: datetime, last: datetime) -> dict[int, list[LineSlot]]:
    rows = (
        DutySlot.objects.filter(line__in=wish.lines, starts_at__gte=first, starts_at__lt=last)
        .order_by("starts_at")
        .values_list("line", "starts_at", "ends_at", "service__slug")
    )
    found: dict[int, list[LineSlot]] = defaultdict(list)
    for line, starts_at, ends_at, service in rows:
        found[line].append(LineSlot(starts_at, ends_at, service))
    return found
