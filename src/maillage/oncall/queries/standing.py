"""How a roster stands: what it breaks, and who would be at two places at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from maillage.engines.rostering.problem import Violation
from maillage.oncall.models import DutySlot, RosterVersion
from maillage.oncall.queries.problem import Board, board_in_force, board_of_version
from maillage.oncall.queries.rosters import lines_around
from maillage.oncall.rules.duties import Duty, DutyChange, overlaps_of_holders
from maillage.oncall.rules.explanations import Explanation, explain
from maillage.oncall.rules.moves import SlotMove
from maillage.vocabulary.calendar import local_day

AROUND = timedelta(days=14)


@dataclass(frozen=True)
class Fault:
    """A rule that a roster breaks: whose, at which duties, in words."""

    person: str
    name: str
    duties: tuple[Duty, ...]
    why: Explanation


def faults_of(board: Board, *, at: datetime) -> list[Fault]:
    """Rules that the duties of a board break and that still can be mended: one of the duties has
    not begun."""
    found = []
    for violation in board.checker.verdict(board.roster).violations:
        named = _named(board, violation)
        if not named or any(duty.starts_at > at for duty in named):
            found.append(
                Fault(
                    violation.person,
                    board.name(violation.person),
                    named,
                    explain(violation, board.by_id, board.regulations),
                )
            )
    return found


def _named(board: Board, violation: Violation) -> tuple[Duty, ...]:
    return tuple(board.by_id[slot] for slot in violation.slots if slot in board.by_id)


def faults_of_version(version: RosterVersion, *, at: datetime) -> list[Fault]:
    """The same of a version of a roster, read from the database."""
    return faults_of(board_of_version(version, at=at), at=at)


def taken_elsewhere(
    planned: Sequence[Duty], changes: Sequence[DutyChange]
) -> list[tuple[Duty, str, datetime]]:
    """Planned duties whose holder would be on another line at the same time: in the roster itself,
    or on a line in force that it does not plan. As (duty, name of the line, end). One query."""
    changed = {one.after.key for one in changes if one.after is not None and one.after.holder}
    holders = {duty.holder for duty in planned if duty.key in changed and duty.holder}
    if not holders:
        return []
    own_lines = {duty.line for duty in planned}
    rows = (
        DutySlot.objects.filter(
            assignment__practitioner__slug__in=holders,
            starts_at__lt=max(duty.ends_at for duty in planned),
            ends_at__gt=min(duty.starts_at for duty in planned),
        )
        .exclude(line__slug__in=own_lines)
        .values_list(
            "pk", "line__slug", "service__slug", "service__site__finess", "starts_at", "ends_at",
            "assignment__practitioner__slug", "line__name",
        )
    )  # fmt: skip
    names: dict[str, str] = {}
    others = []
    for row in rows:
        other = Duty(f"s{row[0]}", *row[1:7])
        names[other.line] = row[7]
        others.append(other)
    found = []
    for one, other in overlaps_of_holders([*planned, *others]):
        mine, that = (one, other) if one.key in changed else (other, one)
        if mine.key in changed:
            found.append((mine, names.get(that.line, that.line), that.ends_at))
    return found


def new_faults(
    slots: Sequence[DutySlot], moves: Sequence[SlotMove], *, at: datetime
) -> list[Fault]:
    """Rules that these moves of slots in force would newly break, as the checker says."""
    days = [local_day(slot.starts_at) for slot in slots]
    first, last = min(days) - AROUND, max(days) + AROUND
    lines = {line.slug: line for slot in slots for line in lines_around(slot.line, days[0])}
    board = board_in_force(list(lines.values()), first, last, at=at)
    people = {person.id for person in board.problem.people}
    gains = [(move.gains, f"s{move.slot}") for move in moves if move.gains in people]
    losses = [(move.loses, f"s{move.slot}") for move in moves if move.loses]
    change = board.checker.cost_of_change(board.roster, gains, losses)
    return [
        Fault(
            one.person,
            board.name(one.person),
            _named(board, one),
            explain(one, board.by_id, board.regulations),
        )
        for one in change.violations
    ]
