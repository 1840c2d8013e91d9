"""The one way to move a request from a state to the next.

:func:`act_on` does it all in one transaction: the row is locked, the sides of the actor are
found, a second post of the same act is recognised, a page that is behind is refused, the table of
transitions is asked, columns, owner and clock are written, then the line of history, the audit
line, the care links, what follows for other requests, and the notices.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.db import IntegrityError, transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.agreements.queries.network import is_usable
from maillage.patients.queries import family_ids
from maillage.referrals.actions.care import settle_links
from maillage.referrals.actions.clocks import change_clock, settle_clock
from maillage.referrals.actions.columns import as_data, find_records, write_columns
from maillage.referrals.actions.notices import announce
from maillage.referrals.enums import Act, Kind, Priority, Reason, Side, State
from maillage.referrals.models import Case, Event, Referral
from maillage.referrals.queries.requests import (
    acts_since,
    hold_referral,
    list_sisters,
    side_of_act,
    sides_for,
    sides_of,
)
from maillage.referrals.queries.sendings import get_sending
from maillage.referrals.rules import acts as rules
from maillage.referrals.rules.drafts import asked_for, check_sending
from maillage.referrals.rules.transitions import (
    BY_DOCTORS,
    check_transition,
    state_after_acceptance,
)
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Refusal

NOTHING: Mapping[str, Any] = MappingProxyType({})
WHOLE_PERSON = frozenset({Act.SEND, Act.ACCEPT_MEDICALLY})
"""Acts that look at, or change, other requests of the same person."""

LEFT_BEHIND: dict[State, Act] = {
    State.REFUSED: Act.REROUTE,
    State.REDIRECTED: Act.REROUTE,
    State.EXPIRED: Act.REROUTE,
    State.ANSWERED: Act.CLOSE,
}
"""What happens to a request, by its state, once one that follows it is sent."""


@transaction.atomic
def act_on(
    *,
    referral_key: str,
    act: Act,
    version: int,
    by: Actor,
    at: datetime,
    values: Mapping[str, Any] = NOTHING,
) -> Referral:
    """Do an act on a request; the request as it then is.

    ``version`` is that of the page or message which the actor looked at; ``values`` what the act is
    given (``rules.acts.VALUES``). The same act posted twice by the same person is done once.
    Raises :class:`NotFound`; :class:`NotAllowed` to who stands on no side, or on another one;
    :class:`Invalid` for values; :class:`Refusal` when the act does not follow the state,
    ``referrals.stale`` when somebody acted since (who, what, when), ``referrals.already`` when the
    acceptance was given, ``referrals.already-elsewhere`` when another team took the transfer.
    """
    given = rules.clean_values(act, values, at=at)
    referral = hold_referral(referral_key, whole_person=act in WHOLE_PERSON)
    sides = sides_of(referral, by)
    if not sides:
        raise rules.outside(State(referral.state))
    find_records(act, given)
    done = acts_since(referral, version)
    if rules.is_replay(
        done,
        act=act,
        version=version,
        username=by.username,
        data=as_data(given),
        text=given.get("text", ""),
    ):
        return referral
    if act is Act.SEE and referral.state not in (State.DRAFT, State.SENT):
        return referral
    if act is not Act.SEE:
        _check_not_given(referral, act, at=at)
        rules.check_fresh(act, done, version=version, now_at=referral.version, at=at)
    return _perform(referral, act, given, by=by, at=at)


def _perform(
    referral: Referral, act: Act, given: Mapping[str, Any], *, by: Actor, at: datetime
) -> Referral:
    """Do an act on a request that is held, its version already compared."""
    kind, state = Kind(referral.kind), State(referral.state)
    sides = sides_for(referral, act, by)
    line = check_transition(kind, state, act, sides)
    if act is Act.SCHEDULE and kind is Kind.MEETING and referral.session_id:
        given = {"session": referral.session, **given}
    rules.check_needs(line, given)
    side = side_of_act(referral, line, sides)
    before = Priority(referral.priority)
    if act is Act.REPRIORITISE:
        rules.check_priority(before, given["priority"], sides)
    data = as_data(given)
    if act is Act.SEND:
        data |= _check_sending(referral, at=at)
    if act is Act.ACCEPT_MEDICALLY:
        _check_not_elsewhere(referral, at=at)
    write_columns(referral, act, given, by=by, at=at)
    note_team(referral, act, side, by=by, at=at)
    referral.state = next_state(referral, act, line.to)
    if act is Act.REPRIORITISE:
        change_clock(referral, before, at=at)
    else:
        settle_clock(referral, act, at=at)
    referral.version += 1
    referral.changed_at = at
    _save(referral, at=at)
    event = event_of(referral, act, state, side, given.get("text", ""), data, by=by, at=at)
    _write_down(event, by=by)
    settle_links(referral, act, by=by, at=at)
    announce(referral=referral, event=event, at=at)
    _follow_through(referral, act, by=by, at=at)
    return referral


def next_state(referral: Referral, act: Act, to: State) -> State:
    """The state after an act whose columns are written: of the two acceptances of a transfer, the
    one that is missing decides."""
    if act in (Act.ACCEPT_MEDICALLY, Act.ACCEPT_BED):
        return state_after_acceptance(
            medical=referral.medical_at is not None, bed=referral.bed_at is not None
        )
    return to


def note_team(referral: Referral, act: Act, side: Side, *, by: Actor, at: datetime) -> None:
    """The team has seen what it acts on; the first of its doctors who does more than open it has
    it in hand."""
    if side is not Side.TARGET:
        return
    referral.seen_at = referral.seen_at or at
    if not referral.taken_by and act in BY_DOCTORS - {Act.SEE}:
        referral.taken_by, referral.taken_by_name = by.username, by.name


def _save(referral: Referral, *, at: datetime) -> None:
    """Write the row. The table itself refuses a second accepted transfer of one patient and
    pathway, whatever was read before."""
    try:
        with transaction.atomic():
            referral.save()
    except IntegrityError:
        winner = _accepted_transfer(referral)
        if winner is None:
            raise
        raise _elsewhere(winner, at=at) from None


def event_of(
    referral: Referral,
    act: Act,
    before: State,
    side: Side,
    text: str,
    data: Mapping[str, Any],
    *,
    by: Actor,
    at: datetime,
) -> Event:
    """The line of history of an act that has just been done, not saved."""
    place = {
        Side.REQUESTER: referral.from_organization.slug,
        Side.TARGET: referral.to_organization.slug,
    }.get(side, "")
    return Event(
        referral=referral,
        act=act,
        from_state=before,
        to_state=referral.state,
        at=at,
        username=by.username,
        name=by.name,
        organization=place,
        side=side,
        reason=data.get("reason", ""),
        text=text,
        data=data,
        owner=referral.owner,
        due_at=referral.due_at,
        version=referral.version,
    )


def _write_down(event: Event, *, by: Actor) -> None:
    """Save the line of history, with the audit line, which holds no word of the patient."""
    event.save(force_insert=True)
    record(
        f"referrals.{event.act.lower().replace('_', '-')}",
        by=by,
        at=event.at,
        subject_kind="referral",
        subject_key=event.referral.key,
        organization=event.organization,
        kind=event.referral.kind,
        state=[str(event.from_state), str(event.to_state)],
    )


def _check_sending(referral: Referral, *, at: datetime) -> dict[str, Any]:
    """Raise unless the request may go; what is sent, as it is, for the history: the case may be
    completed later, what the team was asked stays readable."""
    kept = referral.patient.kept
    if kept.deceased_on is not None:
        raise Refusal(
            "referrals.deceased",
            "Le décès de ce patient est noté dans son dossier : la demande ne part pas.",
        )
    check_sending(get_sending(referral))
    _check_clause(referral, at=at)
    if referral.kind == Kind.TRANSFER:
        _check_not_elsewhere(referral, at=at)
    case = referral.case
    return {
        "patient_agreement": referral.patient_agreement,
        "sent": {
            "question": referral.question,
            "summary": case.summary,
            "treatments": case.treatments,
            "allergies": case.allergies,
            "answers": case.answers,
            "case_version": case.version,
        },
    }


def _check_clause(referral: Referral, *, at: datetime) -> None:
    """Raise :class:`Refusal` when the clause chosen no longer holds: a draft may wait past the end
    of an agreement. A return goes under what the patient came by, even if it has ended since."""
    clause = referral.clause
    if clause is None or referral.kind == Kind.RETURN:
        return
    day = local_day(max(at, asked_for(referral.route) or at))
    if is_usable(clause, on=day):
        return
    raise Refusal(
        "referrals.clause-over",
        f"La clause qui portait cette demande ({clause.agreement.short_title}) ne s'applique "
        "plus : actualisez la proposition, choisissez à nouveau l'équipe, puis envoyez.",
        clause=clause.slug,
    )


def _check_not_given(referral: Referral, act: Act, *, at: datetime) -> None:
    """Raise :class:`Refusal` naming who gave this acceptance before, here or elsewhere."""
    kind = Kind(referral.kind)
    if act in (Act.ACCEPT_MEDICALLY, Act.ACCEPT) and referral.medical_at is not None:
        raise rules.already(kind, act, name=referral.medical_by, moment=referral.medical_at, at=at)
    if act is Act.ACCEPT_BED and referral.bed_at is not None:
        raise rules.already(kind, act, name=referral.bed_by, moment=referral.bed_at, at=at)
    if act in (Act.ACCEPT_MEDICALLY, Act.ACCEPT_BED) and referral.reason == Reason.SISTER:
        _check_not_elsewhere(referral, at=at)


def _check_not_elsewhere(referral: Referral, *, at: datetime) -> None:
    winner = _accepted_transfer(referral)
    if winner is not None:
        raise _elsewhere(winner, at=at)


def _accepted_transfer(referral: Referral) -> Referral | None:
    """The transfer of this person, for this pathway, that a doctor elsewhere has accepted and that
    is under way."""
    rows = Referral.objects.filter(
        patient__in=family_ids(referral.patient),
        pathway=referral.pathway_id,
        kind=Kind.TRANSFER,
        medical_at__isnull=False,
    )
    over = [State.CLOSED, State.CANCELLED, State.REFUSED]
    rows = rows.exclude(state__in=over).exclude(pk=referral.pk)
    return rows.select_related("to_organization").first()


def _elsewhere(winner: Referral, *, at: datetime) -> Exception:
    return rules.already_elsewhere(
        name=winner.medical_by,
        place=winner.to_organization.short_name,
        moment=winner.medical_at or at,
        at=at,
    )


def _follow_through(referral: Referral, act: Act, *, by: Actor, at: datetime) -> None:
    """What an act does beyond its own request."""
    if act is Act.ACCEPT_MEDICALLY:
        _close_sisters(referral, at=at)
    elif act is Act.SEND and referral.previous is not None:
        _leave_previous(referral.previous, by=by, at=at)
    elif act is Act.TAKE_OVER:
        _expect_return(referral, at=at)


def _close_sisters(referral: Referral, *, at: datetime) -> None:
    """The same transfer asked of other teams is over for them."""
    for sister in list_sisters(referral, family_ids(referral.patient)):
        _perform(sister, Act.CLOSE_SISTER, {"sister": referral.key}, by=SYSTEM, at=at)


def _leave_previous(left: Referral, *, by: Actor, at: datetime) -> None:
    """A request that could not be met, or was answered, is closed by the one that follows it. Any
    other is left alone, and not locked: somebody may be moving it who waits for this case."""
    if left.state not in LEFT_BEHIND:
        return
    previous = hold_referral(left.key)
    if Side.REQUESTER not in sides_of(previous, by):
        return
    act = LEFT_BEHIND.get(State(previous.state))
    if act is not None:
        _perform(previous, act, {}, by=by, at=at)


def _expect_return(referral: Referral, *, at: datetime) -> None:
    """A transfer taken over starts the time within which the patient comes back, where one is
    agreed; a return taken over ends it."""
    due = None
    if referral.kind == Kind.TRANSFER:
        if referral.return_within_hours is None:
            return
        due = at + timedelta(hours=referral.return_within_hours)
    Case.objects.filter(pk=referral.case_id).update(return_due_at=due)
    referral.case.return_due_at = due
