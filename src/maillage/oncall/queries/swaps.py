"""Exchanges of duties: those that wait, what the rules say of one, and with whom to make one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.directory.models import Practitioner, PractitionerAccount
from maillage.directory.queries import practitioner_of
from maillage.oncall.enums import SwapState
from maillage.oncall.models import DutyLine, DutySlot, Swap
from maillage.oncall.permissions import APPROVE_SWAP
from maillage.oncall.queries.problem import Board, board_in_force
from maillage.oncall.queries.requests import line_owners
from maillage.oncall.rules.explanations import Explanation, explain
from maillage.oncall.rules.swaps import LEVELS, can_become, new_violations
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import NotFound

AROUND = timedelta(days=28)
"""Duties so far before and after are read with a swap: the longest window of a counted limit."""

RETURNS_WITHIN = timedelta(days=92)
"""How far ahead duties are offered in return."""

MOST_RETURNS = 20
MOST_SWAPS = 100
OPEN = (SwapState.PROPOSED, SwapState.ACCEPTED)


@dataclass(frozen=True)
class SwapFault:
    """A rule that an exchange would break, and for whom."""

    name: str
    why: Explanation

    @property
    def sentence(self) -> str:
        return f"{self.name} : {self.why.sentence}"


@dataclass(frozen=True)
class SwapRow:
    """An exchange on screen, with what this person may do of it."""

    swap: Swap
    may_answer: bool
    may_approve: bool
    may_withdraw: bool

    @property
    def level(self) -> str:
        return LEVELS[self.swap.state]

    @property
    def waits_for_me(self) -> bool:
        return self.may_answer or self.may_approve

    @property
    def next_step(self) -> str:
        """Who must act for the duties to change hands; "" once it is over."""
        if self.swap.state == SwapState.PROPOSED:
            return (
                f"Attend la réponse de {self.swap.taken_by}, puis la validation de ceux qui "
                "tiennent la ligne. D'ici là, chacun garde sa garde."
            )
        if self.swap.state == SwapState.ACCEPTED:
            return (
                "Attend la validation de ceux qui tiennent la ligne. D'ici là, chacun garde sa "
                "garde."
            )
        return ""


@dataclass(frozen=True)
class Colleague:
    """Somebody who could take a duty, and what would stand against it."""

    practitioner: Practitioner
    faults: tuple[SwapFault, ...]

    @property
    def name(self) -> str:
        return str(self.practitioner)

    @property
    def is_free(self) -> bool:
        return not self.faults

    @property
    def is_barred(self) -> bool:
        return any(not fault.why.negotiable for fault in self.faults)


@dataclass(frozen=True)
class Return:
    """A duty that a colleague could give in return."""

    slot: DutySlot
    faults: tuple[SwapFault, ...]

    @property
    def is_barred(self) -> bool:
        return any(not fault.why.negotiable for fault in self.faults)


def _swaps() -> QuerySet[Swap]:
    return Swap.objects.select_related(
        "line__organization", "slot__service__site", "in_return__line",
        "in_return__service__site", "given_by", "taken_by",
    )  # fmt: skip


def get_swap(pk: int) -> Swap:
    """An exchange with all that it names. Raises :class:`NotFound`."""
    swap = _swaps().filter(pk=pk).first()
    if swap is None:
        raise NotFound("oncall.unknown-swap", "Cet échange n'existe pas.")
    return swap


def swap_row(swap: Swap, actor: Actor) -> SwapRow:
    """An exchange with what an actor may do of it. Raises :class:`NotFound` for those whom it does
    not concern."""
    me = practitioner_of(actor.username)
    keeps = APPROVE_SWAP.allows(actor, line_owners(swap.line))
    mine = me is not None and me.pk in (swap.given_by_id, swap.taken_by_id)
    if not (keeps or mine):
        raise NotFound("oncall.unknown-swap", "Cet échange n'existe pas.")
    return _row(swap, me, keeps)


def _row(swap: Swap, me: Practitioner | None, keeps: bool) -> SwapRow:
    mine = me.pk if me is not None else None
    is_party = mine in (swap.given_by_id, swap.taken_by_id)
    may_approve = can_become(swap.state, SwapState.APPROVED) and keeps and not is_party
    # Who may refuse is not offered to withdraw as well: both end the exchange.
    return SwapRow(
        swap,
        may_answer=can_become(swap.state, SwapState.ACCEPTED)
        and (mine == swap.taken_by_id or (keeps and not is_party)),
        may_approve=may_approve,
        may_withdraw=can_become(swap.state, SwapState.WITHDRAWN)
        and (mine == swap.given_by_id or (keeps and not is_party and not may_approve)),
    )


def _lines_kept(actor: Actor) -> QuerySet[DutyLine]:
    """The lines that this actor keeps."""
    places = APPROVE_SWAP.places(actor)
    if EVERYWHERE in places:
        return DutyLine.objects.all()
    return DutyLine.objects.filter(
        Q(organization__slug__in=places) | Q(services__site__organization__slug__in=places)
    )


def _keys_of_lines_kept(actor: Actor) -> set[int]:
    """The same as primary keys. One query, none for who keeps no line."""
    if not APPROVE_SWAP.places(actor):
        return set()
    return set(_lines_kept(actor).values_list("pk", flat=True))


def list_swaps(actor: Actor) -> list[SwapRow]:
    """Exchanges that concern this actor: one's own, and those of the lines they keep. Open ones
    first, then the newest. Three queries whatever their number."""
    me = practitioner_of(actor.username)
    kept = _keys_of_lines_kept(actor)
    if not kept and me is None:
        return []
    concerned = Q(line__in=kept)
    if me is not None:
        concerned |= Q(given_by=me) | Q(taken_by=me)
    found = list(_swaps().filter(concerned).order_by("-proposed_at", "-pk")[:MOST_SWAPS])
    rows = [_row(swap, me, swap.line_id in kept) for swap in found]
    return sorted(rows, key=lambda row: (not row.waits_for_me, row.swap.state not in OPEN))


def list_waiting_swaps(actor: Actor) -> list[SwapRow]:
    """Exchanges that wait for this actor: proposed to them, or accepted by others on a line that
    they keep; the soonest duty first. One query when there is none, three else."""
    mine = PractitionerAccount.objects.filter(user__username=actor.username).values("practitioner")
    waits = Q(taken_by__in=mine, state=SwapState.PROPOSED)
    if APPROVE_SWAP.places(actor):
        waits |= Q(line__in=_lines_kept(actor).values("pk"), state=SwapState.ACCEPTED)
    found = list(_swaps().filter(waits).order_by("starts_at", "pk"))
    if not found:
        return []
    me, kept = practitioner_of(actor.username), _keys_of_lines_kept(actor)
    rows = [_row(swap, me, swap.line_id in kept) for swap in found]
    return [row for row in rows if row.waits_for_me]


# What the rules say


def _board(slots: Sequence[DutySlot], *, at: datetime) -> Board:
    """All that judges these duties: their lines, with the days around."""
    days = [local_day(slot.starts_at) for slot in slots]
    lines = DutyLine.objects.filter(pk__in={slot.line_id for slot in slots})
    return board_in_force(
        list(lines.select_related("organization").prefetch_related("services__site__organization")),
        min(days) - AROUND,
        max(days) + AROUND,
        at=at,
    )


def _faults(
    board: Board, moves: Sequence[tuple[str, frozenset[str], frozenset[str]]]
) -> tuple[SwapFault, ...]:
    """New faults when each person loses some duties and gains others."""
    found = []
    for person, losses, gains in moves:
        if person not in {one.id for one in board.problem.people}:
            continue
        held = {slot for holder, slot in board.roster.held if holder == person}
        before = board.checker.violations_of(person, held)
        after = board.checker.violations_of(person, (held - losses) | gains)
        for violation in new_violations(before, after):
            why = explain(violation, board.by_id, board.regulations)
            found.append(SwapFault(board.name(person), why))
    return tuple(dict.fromkeys(found))


def _id(slot: DutySlot) -> str:
    return f"s{slot.pk}"


def judge_swap(
    slot: DutySlot,
    giver: Practitioner,
    taker: Practitioner,
    in_return: DutySlot | None,
    *,
    at: datetime,
) -> tuple[SwapFault, ...]:
    """What an exchange would break, for either person, that is not broken already; by the same
    checker as rosters. About a dozen queries."""
    slots = [slot] if in_return is None else [slot, in_return]
    board = _board(slots, at=at)
    return _judge(board, slot, giver, taker, in_return)


def _judge(
    board: Board,
    slot: DutySlot,
    giver: Practitioner,
    taker: Practitioner,
    in_return: DutySlot | None,
) -> tuple[SwapFault, ...]:
    given = frozenset({_id(slot)})
    back = frozenset({_id(in_return)}) if in_return is not None else frozenset()
    strangers = tuple(
        SwapFault(str(person), NOT_OF_LINE)
        for person, gained in ((taker, slot), (giver, in_return))
        if gained is not None
        and not board.crew.may_hold(
            person.slug, board.by_id[_id(gained)].line, local_day(gained.starts_at)
        )
    )
    if strangers:
        return strangers
    return _faults(board, [(giver.slug, given, back), (taker.slug, back, given)])


NOT_OF_LINE = Explanation("not_of_line", "ne participe pas à cette ligne ce jour-là")


def judge_open_swap(swap: Swap, *, at: datetime) -> tuple[SwapFault, ...]:
    """What stands now against an exchange under way; nothing once it is over, or its duties went
    away."""
    gone = swap.slot is None or (swap.return_starts_at is not None and swap.in_return is None)
    if swap.state not in OPEN or swap.slot is None or gone or swap.starts_at <= at:
        return ()
    return judge_swap(swap.slot, swap.given_by, swap.taken_by, swap.in_return, at=at)


def list_colleagues(slot: DutySlot, giver: Practitioner, *, at: datetime) -> list[Colleague]:
    """Those who take part in the line on the day of a duty, with what stands against each taking
    it: those with nothing first, then by name. About a dozen queries, whatever their number."""
    board = _board([slot], at=at)
    names = board.crew.of_line(slot.line.slug, local_day(slot.starts_at))
    found = []
    for name in names:
        person = board.crew.people[name]
        if person.pk != giver.pk:
            found.append(Colleague(person, _judge(board, slot, giver, person, None)))
    return sorted(found, key=lambda one: (one.is_barred, not one.is_free))


def list_returns(
    slot: DutySlot, giver: Practitioner, taker: Practitioner, *, at: datetime
) -> list[Return]:
    """Coming duties of a colleague on the same line that could be taken in return, with what stands
    against each exchange."""
    slots = list(
        DutySlot.objects.filter(
            line=slot.line_id,
            assignment__practitioner=taker,
            starts_at__gt=at,
            starts_at__lt=at + RETURNS_WITHIN,
        )
        .select_related("line", "service__site")
        .order_by("starts_at")[:MOST_RETURNS]
    )
    if not slots:
        return []
    board = _board([slot, *slots], at=at)
    return [Return(one, _judge(board, slot, giver, taker, one)) for one in slots]
