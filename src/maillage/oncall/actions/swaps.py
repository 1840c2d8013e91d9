"""Exchanging duties: one proposes, the other accepts, those who keep the line approve."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.directory.models import Practitioner
from maillage.directory.queries import practitioner_of
from maillage.oncall.actions.news import tell
from maillage.oncall.enums import SwapState
from maillage.oncall.imports.following import OPEN_SWAPS, follow_duties
from maillage.oncall.models import DutyAssignment, DutyLine, DutySlot, Swap
from maillage.oncall.permissions import APPROVE_SWAP, OWN_DUTIES
from maillage.oncall.queries.requests import line_owners
from maillage.oncall.queries.swaps import SwapFault, judge_swap
from maillage.oncall.rules.swaps import Stake, check_can_become, check_stakes
from maillage.vocabulary.errors import NotAllowed, NotFound, Refusal

LONGEST_MESSAGE = 400


def check_acts_for(practitioner: Practitioner, line: DutyLine, by: Actor) -> None:
    """Raise :class:`NotAllowed` unless this actor is the practitioner, or keeps the line and so
    acts in their name."""
    me = practitioner_of(by.username)
    if me is not None and me.pk == practitioner.pk:
        OWN_DUTIES.check(by, by.organizations())
        return
    if not APPROVE_SWAP.allows(by, line_owners(line)):
        raise NotAllowed("oncall.swap-own", "Chacun échange ses propres gardes.")


def giver_of(slot: DutySlot, by: Actor) -> Practitioner:
    """Who holds a slot that this actor may offer. Raises :class:`NotAllowed`; :class:`Refusal` when
    nobody holds it."""
    giver = _holder(slot)
    if giver is None:
        raise Refusal("oncall.swap-not-held", "Personne ne tient cette garde.")
    check_acts_for(giver, slot.line, by)
    return giver


def propose_swap(
    *,
    slot: DutySlot,
    taken_by: Practitioner,
    in_return: DutySlot | None = None,
    message: str = "",
    by: Actor,
    at: datetime,
) -> Swap:
    """Offer a duty to a colleague, against one of theirs or nothing.

    By its holder, or in their name by those who keep the line. Raises :class:`NotAllowed`;
    :class:`Refusal` when a duty has begun, is in other hands, is being exchanged already, or when a
    hard rule forbids it.
    """
    with changing_territory():
        kept = _lock(slot.pk)
        giver = _holder(kept)
        if giver is None:
            raise Refusal("oncall.swap-not-held", "Personne ne tient cette garde.")
        check_acts_for(giver, kept.line, by)
        back = _lock(in_return.pk) if in_return is not None else None
        faults = _check(kept, giver, taken_by, back, at=at)
        _check_not_twice(kept, back)
        swap = _store(kept, giver, taken_by, back, message, faults, by=by, at=at)
        _record("oncall.propose-swap", swap, by=by, at=at)
        tell([taken_by.slug], by=by, at=at)
    return swap


def _store(
    slot: DutySlot,
    giver: Practitioner,
    taker: Practitioner,
    back: DutySlot | None,
    message: str,
    faults: tuple[SwapFault, ...],
    *,
    by: Actor,
    at: datetime,
) -> Swap:
    try:
        with transaction.atomic():
            return Swap.objects.create(
                line=slot.line,
                slot=slot,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                given_by=giver,
                taken_by=taker,
                in_return=back,
                return_starts_at=back.starts_at if back else None,
                return_ends_at=back.ends_at if back else None,
                message=message.strip()[:LONGEST_MESSAGE],
                notes=[fault.sentence for fault in faults],
                proposed_at=at,
                proposed_by=by.name,
            )
    except IntegrityError as error:
        raise _twice() from error


def _twice() -> Refusal:
    return Refusal("oncall.swap-twice", "Un échange est déjà en cours pour l'une de ces gardes.")


def _check_not_twice(slot: DutySlot, back: DutySlot | None) -> None:
    stakes = [one for one in (slot, back) if one is not None]
    met = Swap.objects.filter(
        Q(slot__in=stakes) | Q(in_return__in=stakes), state__in=OPEN_SWAPS
    ).exists()
    if met:
        raise _twice()


def _check(
    slot: DutySlot,
    giver: Practitioner,
    taker: Practitioner,
    back: DutySlot | None,
    *,
    at: datetime,
) -> tuple[SwapFault, ...]:
    """What stands against an exchange, of the rules that may be set aside. Raises Refusal for the
    others."""
    holder, back_holder = _holder(slot), _holder(back) if back is not None else None
    check_stakes(
        Stake(slot.starts_at, holder.slug if holder else None),
        giver.slug,
        taker.slug,
        Stake(back.starts_at, back_holder.slug if back_holder else None) if back else None,
        at=at,
    )
    faults = judge_swap(slot, giver, taker, back, at=at)
    hard = [fault for fault in faults if not fault.why.negotiable]
    if hard:
        told = " ; ".join(fault.sentence for fault in hard[:3])
        raise Refusal("oncall.swap-unlawful", f"Cet échange n'est pas possible. {told}.")
    return faults


def answer_swap(*, swap: Swap, accept: bool, by: Actor, at: datetime) -> Swap:
    """The colleague's answer, or in their name that of those who keep the line. Raises
    :class:`NotAllowed`; :class:`Refusal` when it waits for no answer."""
    to = SwapState.ACCEPTED if accept else SwapState.DECLINED
    with changing_territory():
        kept = _lock_swap(swap.pk)
        check_acts_for(kept.taken_by, kept.line, by)
        check_can_become(kept.state, to)
        kept.state, kept.answered_at, kept.answered_by = to, at, by.name
        if not accept:
            kept.closed_at, kept.closed_by = at, by.name
        kept.save()
        _record("oncall.answer-swap", kept, by=by, at=at)
        tell([kept.given_by.slug], by=by, at=at)
    return kept


def withdraw_swap(*, swap: Swap, by: Actor, at: datetime) -> Swap:
    """Whoever proposed a swap takes it back, before it is approved. Raises as
    :func:`answer_swap`."""
    with changing_territory():
        kept = _lock_swap(swap.pk)
        check_acts_for(kept.given_by, kept.line, by)
        _close(kept, SwapState.WITHDRAWN, by=by, at=at)
        _record("oncall.withdraw-swap", kept, by=by, at=at)
    return kept


def refuse_swap(*, swap: Swap, by: Actor, at: datetime) -> Swap:
    """Those who keep the line refuse an accepted exchange. Raises as :func:`approve_swap`."""
    with changing_territory():
        kept = _lock_swap(swap.pk)
        _check_approves(kept, by)
        _close(kept, SwapState.REFUSED, by=by, at=at)
        _record("oncall.refuse-swap", kept, by=by, at=at)
        tell([kept.given_by.slug, kept.taken_by.slug], by=by, at=at)
    return kept


def approve_swap(*, swap: Swap, by: Actor, at: datetime) -> Swap:
    """Approve an accepted exchange: the duties change hands at once, and calendars follow.

    Raises :class:`NotAllowed` unless the actor keeps the line and is neither of both;
    :class:`Refusal` when it is not accepted, when its duties are no longer what was proposed, or
    when a hard rule now forbids it.
    """
    with changing_territory():
        kept = _lock_swap(swap.pk)
        _check_approves(kept, by)
        check_can_become(kept.state, SwapState.APPROVED)
        slot = _lock(kept.slot_id)
        back = _lock(kept.in_return_id) if kept.return_starts_at is not None else None
        _check_same(kept, slot, back)
        faults = _check(slot, kept.given_by, kept.taken_by, back, at=at)
        kept.notes = [fault.sentence for fault in faults]
        _close(kept, SwapState.APPROVED, by=by, at=at)
        _hand_over(slot, kept.taken_by, by=by, at=at)
        if back is not None:
            _hand_over(back, kept.given_by, by=by, at=at)
        _record("oncall.approve-swap", kept, by=by, at=at, changes_territory=True)
        tell([kept.given_by.slug, kept.taken_by.slug], by=by, at=at)
    return kept


def do_to_swap(*, swap: Swap, act: str, by: Actor, at: datetime) -> str:
    """One of the acts on a swap by the word of its address; what was done, in a sentence. Raises as
    the acts do; :class:`NotFound` for another word."""
    if act == "accepter":
        answer_swap(swap=swap, accept=True, by=by, at=at)
        return "L'échange est accepté : il reste à le valider."
    if act == "decliner":
        answer_swap(swap=swap, accept=False, by=by, at=at)
        return "L'échange est décliné."
    if act == "retirer":
        withdraw_swap(swap=swap, by=by, at=at)
        return "La proposition est retirée."
    if act == "valider":
        approve_swap(swap=swap, by=by, at=at)
        return "L'échange est validé : les gardes ont changé de titulaire."
    if act == "refuser":
        refuse_swap(swap=swap, by=by, at=at)
        return "L'échange est refusé."
    raise NotFound("oncall.unknown-act", "Cet acte n'existe pas.")


def _check_same(swap: Swap, slot: DutySlot, back: DutySlot | None) -> None:
    moved = (slot.starts_at, slot.ends_at) != (swap.starts_at, swap.ends_at) or (
        back is not None
        and (back.starts_at, back.ends_at) != (swap.return_starts_at, swap.return_ends_at)
    )
    if moved:
        raise Refusal("oncall.swap-moved", "Les heures ont changé depuis la proposition.")


def _hand_over(slot: DutySlot, to: Practitioner, *, by: Actor, at: datetime) -> None:
    DutyAssignment.objects.filter(slot=slot).update(
        practitioner=to, assigned_at=at, assigned_by=by.name
    )
    follow_duties(lines={slot.line_id}, starts_at=slot.starts_at, ends_at=slot.starts_at, at=at)


def _check_approves(swap: Swap, by: Actor) -> None:
    APPROVE_SWAP.check(by, line_owners(swap.line))
    me = practitioner_of(by.username)
    if me is not None and me.pk in (swap.given_by_id, swap.taken_by_id):
        raise NotAllowed(
            "oncall.swap-party", "Un échange est validé par quelqu'un d'autre que vous."
        )


def _close(swap: Swap, to: SwapState, *, by: Actor, at: datetime) -> None:
    check_can_become(swap.state, to)
    swap.state, swap.closed_at, swap.closed_by = to, at, by.name
    swap.save()


def _lock_swap(pk: int) -> Swap:
    return (
        Swap.objects.select_for_update(of=("self",))
        .select_related("line__organization", "given_by", "taken_by")
        .get(pk=pk)
    )


def _lock(pk: int | None) -> DutySlot:
    slot = (
        DutySlot.objects.select_for_update(of=("self",))
        .select_related("line__organization", "service__site__organization")
        .filter(pk=pk or 0)
        .first()
    )
    if slot is None:
        raise Refusal("oncall.swap-gone", "Cette garde n'existe plus.")
    return slot


def _holder(slot: DutySlot | None) -> Practitioner | None:
    found = DutyAssignment.objects.filter(slot=slot).select_related("practitioner").first()
    return found.practitioner if found else None


def _record(
    action: str,
    swap: Swap,
    *,
    by: Actor,
    at: datetime,
    changes_territory: bool = False,
    **details: Any,
) -> None:
    record(
        action,
        by=by,
        at=at,
        subject_kind="duty-line",
        subject_key=swap.line.slug,
        subject_name=swap.line.name,
        organization=swap.line.organization.slug,
        changes_territory=changes_territory,
        starts_at=swap.starts_at.isoformat(),
        given_by=str(swap.given_by),
        taken_by=str(swap.taken_by),
        return_starts_at=swap.return_starts_at.isoformat() if swap.return_starts_at else None,
        **details,
    )
