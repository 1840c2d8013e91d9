"""Why duties stay without holder, proven: by whose limits, and what would fill one more."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from maillage.accounts.permissions import Actor
from maillage.engines import rostering
from maillage.engines.rostering.parts import Reason, Why
from maillage.engines.rostering.problem import Violation
from maillage.oncall.queries.holes import board_around
from maillage.oncall.queries.lines import get_slot
from maillage.oncall.queries.problem import Board, board_of_version
from maillage.oncall.queries.rosters import check_may_plan, get_roster_of, get_version
from maillage.oncall.rules.duties import Duty
from maillage.oncall.rules.explanations import explain, explain_once, short_day

if TYPE_CHECKING:
    from maillage.engines.rostering.certificates import Certificate
    from maillage.engines.rostering.explaining import PartProof, WhyNot
    from maillage.engines.rostering.relaxing import WayOut

SECONDS = 3.0
"""Time given to the proof of what one page shows."""

MOST_DAYS_NAMED = 12


@dataclass(frozen=True)
class CeilingRow:
    """How many of the duties counted somebody can hold at most, and why no more."""

    name: str
    at_most: int
    why: str


@dataclass(frozen=True)
class Proof:
    """Duties that cannot all be held. ``duties`` are counted one each; those who may hold some can
    hold ``able`` of them together; ``at_least`` stay empty. ``verified``: made again from the
    problem by the short program that trusts nothing."""

    duties: tuple[Duty, ...]
    days: str
    able: int
    at_least: int
    ceilings: tuple[CeilingRow, ...]
    verified: bool


@dataclass(frozen=True)
class WayOutRow:
    """What somebody could lift, and which duties would then be held."""

    lifts: tuple[str, ...]
    fills: tuple[str, ...]
    is_smallest: bool


@dataclass(frozen=True)
class PartRow:
    """One group of lines that share people. ``missing`` now, ``at_least`` proven unavoidable by
    the rules; ``better``: a lawful roster with fewer was found."""

    lines: tuple[str, ...]
    missing: int
    at_least: int
    best: int
    proof: Proof | None
    knots: tuple[Proof, ...]
    ways_out: tuple[WayOutRow, ...]

    @property
    def is_least(self) -> bool:
        return self.missing == self.at_least

    @property
    def avoidable(self) -> int:
        """How many of the empty duties a better roster would fill."""
        return self.missing - self.best


def prove_holes(
    board: Board, slot_ids: Collection[str] = (), *, seconds: float = SECONDS
) -> list[PartRow]:
    """Explain the duties of a board that nobody holds, or those named and the lines that share
    people with them. Computes for some seconds, asks no query."""
    found = rostering.explain_holes(
        board.problem,
        board.roster,
        seconds=seconds,
        slot_ids=frozenset(slot_ids),
        workers=2,
    )
    why = {hole.slot: hole.people for hole in found.holes}
    return [_part(board, part, frozenset(slot_ids), why) for part in found.parts]


def prove_hole_in_force(pk: int, *, at: datetime) -> list[PartRow]:
    """The same of one slot in force. Raises :class:`NotFound`."""
    slot = get_slot(pk)
    return prove_holes(board_around(slot, at=at), [f"s{pk}"])


def prove_holes_of_roster(slug: str, by: Actor, *, at: datetime) -> list[PartRow]:
    """The same of the open version of a roster. Raises :class:`NotFound`, :class:`NotAllowed`."""
    roster = get_roster_of(slug)
    check_may_plan(roster, by)
    version = get_version(roster)
    version.roster = roster
    return prove_holes(board_of_version(version, at=at))


Whys = Mapping[str, tuple["WhyNot", ...]]


def _part(board: Board, part: PartProof, wanted: frozenset[str], whys: Whys) -> PartRow:
    knots = [knot for knot in part.knots if knot.at_least > 0]
    named = [knot for knot in knots if not wanted or wanted & set(knot.weights)]
    readable = part.readable if part.readable.at_least > 0 else None
    return PartRow(
        lines=tuple(sorted(board.lines[line].name for line in part.lines if line in board.lines)),
        missing=part.missing,
        at_least=part.at_least,
        best=part.best,
        proof=_proof(board, readable, whys) if readable and not named else None,
        knots=tuple(_proof(board, knot, whys) for knot in named),
        ways_out=tuple(_way_out(board, way) for way in part.ways_out if way.items),
    )


def _proof(board: Board, certificate: Certificate, whys: Whys) -> Proof:
    duties = sorted(
        (board.by_id[name] for name in certificate.weights), key=lambda duty: duty.starts_at
    )
    able = sum(ceiling.at_most for ceiling in certificate.ceilings)
    rows = [
        CeilingRow(board.name(one.person), one.at_most, _reasons(board, one.person, one.reasons))
        for one in certificate.ceilings
    ]
    if len(duties) == 1:
        known = {one.person for one in certificate.ceilings}
        rows += _nobody(board, duties[0].id, whys.get(duties[0].id, ()), known)
    return Proof(
        duties=tuple(duties),
        days=_days(duties),
        able=able,
        at_least=certificate.at_least,
        ceilings=tuple(sorted(rows, key=lambda row: (-row.at_most, row.name))),
        verified=rostering.verify_certificate(board.problem, certificate),
    )


def _nobody(board: Board, slot: str, whys: Sequence[WhyNot], known: set[str]) -> list[CeilingRow]:
    """Those whom a rule keeps from one duty whatever else they hold; ``whys`` names them."""
    found = []
    for one in whys:
        alone = [
            violation
            for violation in board.checker.violations_of(one.person, [slot])
            if violation.rule != "not_pinned"
        ]
        if alone and one.person not in known:
            said = explain_once(alone, board.by_id, board.regulations)
            words = " ; ".join(reason.sentence for reason in said)
            found.append(CeilingRow(board.name(one.person), 0, words))
    return found


def _days(duties: Sequence[Duty]) -> str:
    named = [short_day(duty) for duty in duties[:MOST_DAYS_NAMED]]
    more = len(duties) - len(named)
    return ", ".join(named) + (f" et {more} autres" if more else "")


def _reasons(board: Board, person: str, reasons: Sequence[tuple[Reason, object]]) -> str:
    """Why no more, in words; nothing at all means that no duty of these is theirs to hold."""
    if not reasons:
        return "aucune : " + _barred(board, person)
    words: list[str] = []
    for reason, _ in reasons:
        text = _reason(board, person, reason)
        if text and text not in words:
            words.append(text)
    return " ; ".join(words)


def _reason(board: Board, person: str, reason: Reason) -> str:
    if reason.why is Why.TOGETHER:
        days = ", ".join(short_day(board.by_id[s]) for s in reason.slots if s in board.by_id)
        return f"une seule de ces gardes ({days})"
    if reason.why is Why.LIMIT:
        limit = board.checker.people[person].limits[reason.index]
        violation = Violation(limit.rule, person, (), 0, limit.negotiable)
        said = explain(violation, board.by_id, board.regulations)
        sentence = said.sentence.split(" : ")[0]
        return f"{limit.maximum} au plus, {sentence}"
    if reason.why is Why.WORKED:
        return "jours de suite"
    if reason.why is Why.WEEKENDS:
        return "week-ends"
    return ""


def _barred(board: Board, person: str) -> str:
    """Why somebody may hold none: what keeps them away over these days."""
    rules = {absence.rule for absence in board.checker.people[person].absences}
    said = {
        explain(Violation(rule, person), board.by_id, board.regulations).sentence for rule in rules
    }
    return ", ".join(sorted(said)) or "ne participe pas à ces gardes"


def _way_out(board: Board, way: WayOut) -> WayOutRow:
    lifts = []
    for item in way.items:
        rule = Violation(item.rule, item.person, (), 0, True)
        said = explain(rule, board.by_id, board.regulations)
        what = said.rule or said.sentence
        lifts.append(f"{board.name(item.person)} : {what}")
    return WayOutRow(
        tuple(lifts),
        tuple(short_day(board.by_id[slot]) for slot in way.fills if slot in board.by_id),
        way.is_smallest,
    )
