"""What the departure of a practitioner would do: to residents, and to each line that they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from maillage.accounts.permissions import Actor
from maillage.coverage.permissions import PLAN
from maillage.coverage.queries.scenarios import SHOWN_INTERVALS, default_horizon
from maillage.coverage.queries.what_if import (
    Ground,
    Loading,
    WhatIf,
    compute_what_if,
    peek_ground,
)
from maillage.coverage.rules.measures import hours as length_in_words
from maillage.coverage.rules.scenario_effects import headline
from maillage.coverage.rules.scenario_trials import query_of
from maillage.coverage.rules.scenario_words import (
    CommuneWords,
    HoleWords,
    Move,
    StepWords,
    commune_in_words,
    hole_in_words,
    moves_in_words,
    signed,
    step_in_words,
)
from maillage.directory.models import Practitioner
from maillage.engines.routing import HolderLeaves, write_changes
from maillage.oncall.models import DutyLine, DutySlot
from maillage.oncall.permissions import ASK
from maillage.vocabulary.calendar import day_bounds, local_day
from maillage.vocabulary.errors import Invalid, NotFound

WORST_COMMUNES = 10
SHOWN_HOLES = 12


@dataclass(frozen=True)
class LeftSlot:
    """A duty that would have nobody any more."""

    service: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class LeftLine:
    """What becomes of a line: its duties left without anybody, and what that alone costs, in
    person-hours in time. ``ask_at`` is the page that asks for a roster over these days."""

    line: DutyLine
    slots: tuple[LeftSlot, ...]
    others: int
    covered: str
    ask_at: str

    @property
    def duration(self) -> str:
        seconds = sum((one.ends_at - one.starts_at).total_seconds() for one in self.slots)
        return length_in_words(seconds / 3600)

    @property
    def first(self) -> LeftSlot:
        return self.slots[0]


@dataclass(frozen=True)
class Departure:
    """The page. ``loading`` is set while the territory is being made ready; ``lines`` is empty when
    this person holds no duty from that day on."""

    practitioner: Practitioner
    on: date
    last_day: date
    lines: tuple[LeftLine, ...] = ()
    loading: Loading | None = None
    problem: str = ""
    headline: str = ""
    unchanged: bool = False
    first_at: datetime | None = None
    moves: tuple[Move, ...] = ()
    changed_steps: tuple[StepWords, ...] = ()
    communes: tuple[CommuneWords, ...] = ()
    holes: tuple[HoleWords, ...] = ()
    what_if: WhatIf | None = None
    scenario_at: str = ""


def find_leaver(slug: str) -> Practitioner:
    """Raises :class:`NotFound`."""
    found = Practitioner.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound("coverage.unknown-practitioner", "Ce praticien n'existe pas.")
    return found


def get_departure(slug: str, *, on: date, by: Actor, at: datetime) -> Departure:
    """What would be lost if a practitioner held no duty from a day on, over the horizon that is
    kept current. The territory of today is not waited for: see ``loading``. Raises
    :class:`NotFound`, :class:`NotAllowed`; :class:`Invalid` for a day outside of the horizon."""
    PLAN.check(by)
    practitioner = find_leaver(slug)
    first_day, last_day = default_horizon(local_day(at))
    if not first_day <= on < last_day:
        raise Invalid("coverage.departure-day", "Cette date n'est pas dans l'horizon calculé.")
    slots = _slots(slug, on, last_day)
    if not slots:
        return Departure(practitioner, on, last_day)
    change = HolderLeaves(slug, on)
    ground = peek_ground(first_day, last_day)
    if isinstance(ground, Loading):
        return Departure(
            practitioner, on, last_day, tuple(_lines(slots, slug, by, None)), loading=ground
        )
    try:
        found = compute_what_if(ground, write_changes([change]))
        lines = tuple(_lines(slots, slug, by, ground))
    except Invalid as error:
        return Departure(practitioner, on, last_day, problem=error.message)
    effect = found.effect
    opened = [hole for hole in effect.holes if hole.opens]
    return Departure(
        practitioner, on, last_day, lines,
        headline=headline(effect), unchanged=effect.is_nothing,
        first_at=min((one.starts_at for hole in opened for one in hole.intervals), default=None),
        moves=moves_in_words(effect),
        changed_steps=tuple(map(step_in_words, effect.changed_steps)),
        communes=tuple(map(commune_in_words, effect.communes[:WORST_COMMUNES])),
        holes=tuple(hole_in_words(hole, most=SHOWN_INTERVALS) for hole in opened[:SHOWN_HOLES]),
        what_if=found,
        scenario_at=f"{reverse('coverage:scenario-new')}?{query_of(change)}",
    )  # fmt: skip


def _slots(holder: str, on: date, last_day: date) -> list[DutySlot]:
    """The duties that somebody holds from a day on, in order of time: of one that begins the day
    before, the part of that day. One query."""
    start = day_bounds(on)[0]
    found = list(
        DutySlot.objects.filter(
            assignment__practitioner__slug=holder,
            ends_at__gt=start,
            starts_at__lt=day_bounds(last_day)[0],
        )
        .select_related("line__organization", "service")
        .order_by("starts_at", "pk")
    )
    for slot in found:
        slot.starts_at = max(slot.starts_at, start)
    return found


def _lines(
    slots: Sequence[DutySlot], holder: str, by: Actor, ground: Ground | None
) -> list[LeftLine]:
    by_line: dict[int, list[DutySlot]] = defaultdict(list)
    for slot in slots:
        by_line[slot.line_id].append(slot)
    others = _others(list(by_line), holder, slots[0].starts_at)
    found = []
    for pk, left in by_line.items():
        line = left[0].line
        found.append(
            LeftLine(
                line=line,
                slots=tuple(LeftSlot(one.service.name, one.starts_at, one.ends_at) for one in left),
                others=len(others[pk]),
                covered="" if ground is None else _cost(ground, left),
                ask_at=_ask_at(line, left) if ASK.allows(by) else "",
            )
        )
    return found


def _others(lines: Sequence[int], holder: str, after: datetime) -> dict[int, set[int]]:
    """Who else holds duties of these lines from then on. One query."""
    rows = DutySlot.objects.filter(line__in=lines, starts_at__gte=after, assignment__isnull=False)
    found: dict[int, set[int]] = defaultdict(set)
    pairs = rows.exclude(assignment__practitioner__slug=holder).order_by()
    for line, person in pairs.values_list("line", "assignment__practitioner").distinct():
        found[line].add(person)
    return found


def _cost(ground: Ground, left: Sequence[DutySlot]) -> str:
    """Person-hours in time that these duties alone are worth, in words."""
    return signed(compute_what_if(ground, [_empty(slot) for slot in left]).effect.covered)


def _empty(slot: DutySlot) -> dict[str, Any]:
    return {
        "change": "unstaff",
        "from": slot.starts_at.isoformat(),
        "to": slot.ends_at.isoformat(),
        "line": slot.line.slug,
        "service": slot.service.slug,
    }


def _ask_at(line: DutyLine, left: Sequence[DutySlot]) -> str:
    """The page that asks for these duties to be held; it names nobody."""
    given = {
        "du": left[0].starts_at.isoformat(),
        "au": max(one.ends_at for one in left).isoformat(),
        "motif": "Un départ laisserait des créneaux sans personne.",
    }
    return f"{reverse('oncall:ask', args=[line.slug])}?{urlencode(given)}"
