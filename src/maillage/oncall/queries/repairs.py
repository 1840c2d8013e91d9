"""How to repair an absence: who holds the duties instead, changing as few as can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from maillage.accounts.permissions import Actor
from maillage.directory.models import Practitioner, PractitionerRole
from maillage.engines import rostering
from maillage.oncall.models import DutyLine, DutySlot
from maillage.oncall.permissions import ASSIGN
from maillage.oncall.queries.problem import Board, board_in_force
from maillage.oncall.queries.rosters import keepers_on, lines_around, load_lines, owners_of_line
from maillage.oncall.rules.duties import Duty
from maillage.oncall.rules.explanations import short_hours
from maillage.oncall.rules.moves import SlotMove, write_moves
from maillage.vocabulary.calendar import local_day, paris_instant
from maillage.vocabulary.errors import Invalid, NotFound, Problem

if TYPE_CHECKING:
    from maillage.engines.rostering.repairing import Move

SECONDS = 4.0
"""Time given to the search: bars ask for less than five seconds."""

LONGEST_ABSENCE = timedelta(days=62)
AROUND = timedelta(days=14)


@dataclass(frozen=True)
class RepairRow:
    """One duty that changes hands. ``is_lost``: it was held by the person who is away."""

    move: SlotMove
    duty: Duty
    line: DutyLine
    loses: str
    gains: str
    is_lost: bool

    @property
    def hours(self) -> str:
        return short_hours(self.duty)


@dataclass(frozen=True)
class RepairPlan:
    """What a repair would change. ``lost`` duties the person leaves, ``left`` of them with nobody,
    ``others`` duties changed beyond those; ``is_least``: proven that fewer left, then fewer
    changed, cannot be."""

    practitioner: Practitioner
    rows: tuple[RepairRow, ...]
    lost: int
    left: int
    others: int
    is_least: bool
    code: str
    lines: tuple[DutyLine, ...]
    may_repair: bool


def places_of(
    practitioner: Practitioner, starts_at: datetime, ends_at: datetime, *, at: datetime
) -> set[str]:
    """Keys of the establishments where somebody works, and of those that keep, or receive through,
    the lines on which they hold duties then: all of them hear of their absence. Four queries."""
    day = local_day(at)
    works = PractitionerRole.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=day), practitioner=practitioner, starts_on__lte=day
    )
    held = DutySlot.objects.filter(
        assignment__practitioner=practitioner, starts_at__lt=ends_at, ends_at__gt=starts_at
    )
    lines = load_lines(set(held.values_list("line__slug", flat=True)))
    return set(works.values_list("organization__slug", flat=True)).union(
        *(owners_of_line(line) for line in lines)
    )


def find_practitioner(slug: str) -> Practitioner:
    """Raises :class:`NotFound`."""
    found = Practitioner.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound("oncall.unknown-practitioner", "Ce praticien n'existe pas.")
    return found


def plan_repair(
    practitioner: Practitioner,
    starts_at: datetime,
    ends_at: datetime,
    by: Actor,
    *,
    at: datetime,
    seconds: float = SECONDS,
) -> RepairPlan:
    """Who takes the duties in force of somebody who is away ``starts_at <= t < ends_at``.

    Duties that have begun stay. Raises :class:`Invalid` on a wrong period.
    """
    _check_period(starts_at, ends_at, at=at)
    begins = max(starts_at, at)
    lost = list(
        DutySlot.objects.filter(
            assignment__practitioner=practitioner,
            starts_at__gt=at,
            starts_at__lt=ends_at,
            ends_at__gt=begins,
        ).select_related("line")
    )
    lines: dict[str, DutyLine] = {}
    for slot in {slot.line_id: slot for slot in lost}.values():
        for line in lines_around(slot.line, local_day(slot.starts_at)):
            lines[line.slug] = line
    if not lost:
        return RepairPlan(practitioner, (), 0, 0, 0, True, "", (), True)
    first, last = local_day(begins - AROUND), local_day(ends_at + AROUND) + timedelta(days=1)
    board = board_in_force(load_lines(lines), first, last, at=at)
    origin = _origin(board)
    done = rostering.repair(
        board.problem,
        board.roster,
        practitioner.slug,
        starts=int((begins - origin).total_seconds() // 60),
        ends=int((ends_at - origin).total_seconds() // 60),
        seconds=seconds,
        workers=2,
    )
    rows = _rows(board, done.moves, set(done.lost))
    keepers = keepers_on(list(board.lines.values()), first, last)
    return RepairPlan(
        practitioner=practitioner,
        rows=tuple(rows),
        lost=len(done.lost),
        left=sum(not row.move.gains for row in rows),
        others=done.others_changed,
        is_least=done.proven[0] and done.proven[1],
        code=write_moves(tuple(row.move for row in rows)),
        lines=tuple(board.lines.values()),
        may_repair=all(ASSIGN.allows(by, keepers[row.duty.line]) for row in rows),
    )


def _origin(board: Board) -> datetime:
    return paris_instant(board.starts, time(0))


def _rows(board: Board, moves: Sequence[Move], lost: set[str]) -> list[RepairRow]:
    found = []
    for move in moves:
        duty = board.by_id[move.slot]
        loses = move.leaves[0] if move.leaves else ""
        gains = move.takes[0] if move.takes else ""
        found.append(
            RepairRow(
                SlotMove(int(duty.id[1:]), loses, gains),
                duty,
                board.lines[duty.line],
                board.name(loses) if loses else "Personne",
                board.name(gains) if gains else "Personne",
                move.slot in lost,
            )
        )
    return found


def _check_period(starts_at: datetime, ends_at: datetime, *, at: datetime) -> None:
    problems = []
    if ends_at <= starts_at:
        problems.append(Problem("La fin doit venir après le début.", field="ends_at"))
    elif ends_at <= at:
        problems.append(Problem("Cette absence est déjà finie.", field="ends_at"))
    elif ends_at - starts_at > LONGEST_ABSENCE:
        problems.append(Problem("Deux mois au plus à la fois.", field="ends_at"))
    if problems:
        raise Invalid("oncall.away", "Cette absence n'est pas possible.", problems)


def list_holders(by: Actor, *, at: datetime) -> list[tuple[str, str]]:
    """Those who hold a duty to come on a line for which an actor assigns, by name: (slug, name)."""
    slugs = set(
        DutySlot.objects.filter(assignment__isnull=False, starts_at__gt=at).values_list(
            "line__slug", flat=True
        )
    )
    today = local_day(at)
    keepers = keepers_on(load_lines(slugs), today, today + LONGEST_ABSENCE)
    mine = [slug for slug, places in keepers.items() if ASSIGN.allows(by, places)]
    holders = DutySlot.objects.filter(
        line__slug__in=mine, starts_at__gt=at, assignment__isnull=False
    ).values("assignment__practitioner")
    people = Practitioner.objects.filter(pk__in=holders).order_by("search_name", "slug")
    return [(one.slug, str(one)) for one in people]
