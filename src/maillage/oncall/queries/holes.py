"""Duties in force that nobody holds: who could, why the others cannot, and what proves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maillage.accounts.permissions import Actor
from maillage.directory.models import HealthcareService, Practitioner
from maillage.engines.rostering import Standing
from maillage.engines.rostering.replacing import Candidate as Way
from maillage.engines.rostering.replacing import Way as HowTo
from maillage.engines.rostering.replacing import replacements
from maillage.oncall.models import DutyLine, DutySlot
from maillage.oncall.permissions import ASSIGN
from maillage.oncall.queries.lines import get_slot
from maillage.oncall.queries.month import Candidate, list_candidates_of
from maillage.oncall.queries.problem import Board, board_in_force
from maillage.oncall.queries.rosters import keepers_on, lines_around, load_lines
from maillage.oncall.rules.duties import Duty
from maillage.oncall.rules.explanations import Explanation, explain_once, short_day, short_hours
from maillage.vocabulary.calendar import local_day

HOLES_DAYS = 28
"""How far ahead holes are listed."""

AROUND = 14
"""Days before and after a duty within which exchanges are looked for."""


@dataclass(frozen=True)
class HoleRow:
    """A duty to come that nobody holds."""

    pk: int
    duty: Duty
    line: DutyLine
    service: HealthcareService | None
    free: tuple[Candidate, ...]
    others: tuple[Candidate, ...]
    may_assign: bool

    @property
    def hours(self) -> str:
        return short_hours(self.duty)

    @property
    def only_negotiable(self) -> bool:
        """True when what keeps somebody from it is only what somebody else could lift."""
        return any(all(why.negotiable for why in one.why) for one in self.others)


def list_holes(by: Actor, *, at: datetime) -> list[HoleRow]:
    """The duties of the next 28 days that nobody holds, in order of time, with who could hold each
    and why the others cannot. About twenty queries, whatever their number."""
    first = local_day(at)
    last = first + timedelta(days=HOLES_DAYS)
    slugs = set(
        DutySlot.objects.filter(
            assignment__isnull=True, starts_at__gt=at, starts_at__lt=at + timedelta(HOLES_DAYS)
        ).values_list("line__slug", flat=True)
    )
    if not slugs:
        return []
    lines = load_lines(slugs)
    board = board_in_force(lines, first, last, at=at)
    standing = Standing(board.checker, board.roster)
    keepers = keepers_on(lines, first, last)
    may = {slug: ASSIGN.allows(by, places) for slug, places in keepers.items()}
    rows = []
    for duty in board.duties:
        if duty.holder is None and duty.starts_at > at:
            found = list_candidates_of(board, duty, standing)
            rows.append(
                HoleRow(
                    pk=int(duty.id[1:]),
                    duty=duty,
                    line=board.lines[duty.line],
                    service=_service_of(board.lines[duty.line], duty.service),
                    free=tuple(one for one in found if one.is_free),
                    others=tuple(one for one in found if not one.is_free),
                    may_assign=may[duty.line],
                )
            )
    return rows


def _service_of(line: DutyLine, slug: str) -> HealthcareService | None:
    return next((one for one in line.services.all() if one.slug == slug), None)


@dataclass(frozen=True)
class WayRow:
    """One way to have a duty held: who takes it, and for a chain who takes what in return.

    ``moves`` are (slot, who loses it, who gains it), to be done together.
    """

    person: Practitioner
    how: HowTo
    why: tuple[Explanation, ...]
    given: Duty | None
    given_text: str
    taker: Practitioner | None
    moves: tuple[tuple[int, str, str], ...]
    shares: int

    @property
    def is_direct(self) -> bool:
        return self.how is HowTo.DIRECT

    @property
    def is_chain(self) -> bool:
        return self.how is HowTo.CHAIN

    @property
    def code(self) -> str:
        """The moves as one word of a form: ``12:ada:ben+14:ben:ada``."""
        return "+".join(f"{slot}:{loses}:{gains}" for slot, loses, gains in self.moves)

    @property
    def fairness(self) -> str:
        """What it does to fairness, in words."""
        if self.shares < 0:
            return "rend le partage plus égal"
        return "rend le partage moins égal" if self.shares > 0 else ""


@dataclass(frozen=True)
class SlotPage:
    """A duty in force, who holds it, and everybody who could instead."""

    slot: DutySlot
    duty: Duty
    holder: Practitioner | None
    begun: bool
    ways: tuple[WayRow, ...]
    may_assign: bool
    lines: tuple[DutyLine, ...]

    @property
    def possible(self) -> int:
        return sum(way.how is not HowTo.REFUSED for way in self.ways)


def board_around(slot: DutySlot, *, at: datetime) -> Board:
    """What is in force around a duty, on its line and those planned with it."""
    day = local_day(slot.starts_at)
    lines = lines_around(slot.line, day)
    return board_in_force(lines, *_span(day), at=at)


def _span(day: date) -> tuple[date, date]:
    return day - timedelta(days=AROUND), day + timedelta(days=AROUND + 1)


def get_slot_page(pk: int, by: Actor, *, at: datetime) -> SlotPage:
    """A duty in force with its ranked replacements, each with the check of the rules. About twenty
    queries. Raises :class:`NotFound`."""
    slot = get_slot(pk)
    board = board_around(slot, at=at)
    duty = board.by_id[f"s{pk}"]
    begun = slot.starts_at <= at
    day = local_day(slot.starts_at)
    keepers = keepers_on([board.lines[duty.line]], day, day)[duty.line]
    found: Sequence[Way] = ()
    if not begun:
        found = replacements(board.checker, board.roster, duty.id)
    ways = [
        _way(board, one, duty, at=at)
        for one in found
        if board.crew.may_hold(one.person, duty.line, day)
    ]
    return SlotPage(
        slot=slot,
        duty=duty,
        holder=board.crew.people.get(duty.holder or ""),
        begun=begun,
        ways=tuple(ways),
        may_assign=not begun and ASSIGN.allows(by, keepers),
        lines=tuple(board.lines.values()),
    )


def _way(board: Board, one: Way, duty: Duty, *, at: datetime) -> WayRow:
    losses = {slot: person for person, slot in one.losses}
    moves = tuple(
        (int(slot[1:]), losses.get(slot, ""), person) for person, slot in sorted(one.gains)
    )
    given = board.by_id.get(one.given)
    terms = {term.value: points for term, points in one.change.terms.items()}
    return WayRow(
        person=board.crew.people[one.person],
        how=one.way,
        why=explain_once(one.violations, board.by_id, board.regulations),
        given=given,
        given_text=f"{short_day(given)}, {short_hours(given)}" if given else "",
        taker=board.crew.people.get(one.taker),
        moves=moves,
        shares=terms.get("shares", 0),
    )
