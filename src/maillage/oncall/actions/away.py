"""Leave, other absences, wishes, exemptions: asked, granted, declined, recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.directory.models import Practitioner
from maillage.directory.queries import practitioner_of, workplaces
from maillage.oncall.actions.news import tell
from maillage.oncall.enums import (
    AnswerState,
    ExemptionKind,
    ExemptionScope,
    UnavailabilityKind,
)
from maillage.oncall.models import DutyLine, Exemption, Unavailability
from maillage.oncall.permissions import ANSWER_LEAVE, EXEMPT, OWN_DUTIES
from maillage.oncall.rules.away import (
    BINDING,
    check_answer,
    check_days,
    check_exemption_withdrawal,
    check_period,
)
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import NotAllowed, NotFound, Refusal


def _is(practitioner: Practitioner, by: Actor) -> bool:
    me = practitioner_of(by.username)
    return me is not None and me.pk == practitioner.pk


def check_speaks_for(practitioner: Practitioner, by: Actor, *, at: datetime) -> bool:
    """Raise :class:`NotAllowed` unless this actor is the practitioner, or answers for a place where
    they work. True in that second case: what such an actor enters is granted at once."""
    if ANSWER_LEAVE.allows(by, workplaces(practitioner, local_day(at))) and not _is(
        practitioner, by
    ):
        return True
    if _is(practitioner, by):
        OWN_DUTIES.check(by, by.organizations())
        return False
    raise NotAllowed("oncall.away-own", "Chacun demande ses propres congés et souhaits.")


@transaction.atomic
def ask_away(
    *,
    practitioner: Practitioner,
    kind: UnavailabilityKind,
    starts_at: datetime,
    ends_at: datetime,
    lines: Sequence[DutyLine] = (),
    negotiable: bool = False,
    by: Actor,
    at: datetime,
) -> Unavailability:
    """Ask to be away, to be spared, or for duties (``lines`` empty: of every line). A wish weighs
    from the moment it is said; an absence binds once granted. Entered by those who answer, it is
    granted.

    Raises :class:`NotAllowed`; :class:`Invalid` on a wrong period; :class:`Refusal` when the same
    is asked already.
    """
    grants = check_speaks_for(practitioner, by, at=at)
    check_period(starts_at, ends_at, at=at)
    same = Unavailability.objects.filter(
        practitioner=practitioner, kind=kind, starts_at=starts_at, ends_at=ends_at
    ).exclude(state__in=[AnswerState.WITHDRAWN, AnswerState.DECLINED])
    if same.exists():
        raise Refusal("oncall.away-twice", "La même demande existe déjà.")
    granted = grants or kind not in BINDING
    asked = Unavailability.objects.create(
        practitioner=practitioner,
        kind=kind,
        starts_at=starts_at,
        ends_at=ends_at,
        negotiable=negotiable,
        state=AnswerState.GRANTED if granted else AnswerState.ASKED,
        asked_at=at,
        asked_by=by.name,
        answered_at=at if granted else None,
        answered_by=by.name if granted else "",
    )
    asked.lines.set(lines)
    _record("oncall.ask-away", asked, by=by, at=at)
    return asked


@transaction.atomic
def answer_away(
    *, asked: Unavailability, grant: bool, answer: str = "", by: Actor, at: datetime
) -> Unavailability:
    """Grant or decline what was asked, or take back what was granted. By those who answer for a
    place where the practitioner works, never for oneself. Raises :class:`NotAllowed`;
    :class:`Invalid` when declined without a word; :class:`Refusal` when it was withdrawn."""
    kept = _lock(asked.pk)
    ANSWER_LEAVE.check(by, workplaces(kept.practitioner, local_day(at)))
    if _is(kept.practitioner, by):
        raise NotAllowed("oncall.away-self", "Une demande reçoit la réponse de quelqu'un d'autre.")
    to = AnswerState.GRANTED if grant else AnswerState.DECLINED
    check_answer(kept.state, to, answer)
    kept.state, kept.answer = to, answer.strip()[:400]
    kept.answered_at, kept.answered_by = at, by.name
    kept.save()
    _record("oncall.answer-away", kept, by=by, at=at)
    tell([kept.practitioner.slug], by=by, at=at)
    return kept


@transaction.atomic
def withdraw_away(*, asked: Unavailability, by: Actor, at: datetime) -> Unavailability:
    """Take back what was asked. Raises as :func:`ask_away`."""
    kept = _lock(asked.pk)
    check_speaks_for(kept.practitioner, by, at=at)
    check_answer(kept.state, AnswerState.WITHDRAWN, "")
    kept.state = AnswerState.WITHDRAWN
    kept.save(update_fields=["state"])
    _record("oncall.withdraw-away", kept, by=by, at=at)
    return kept


def _lock(pk: int) -> Unavailability:
    return (
        Unavailability.objects.select_for_update(of=("self",))
        .select_related("practitioner")
        .get(pk=pk)
    )


def _record(action: str, asked: Unavailability, *, by: Actor, at: datetime) -> None:
    """The audit line: when, not why; a cause may speak of somebody's health."""
    person = asked.practitioner
    record(
        action,
        by=by,
        at=at,
        subject_kind="practitioner",
        subject_key=person.slug,
        subject_name=str(person),
        organization=min(workplaces(person, local_day(at)), default=""),
        starts_at=asked.starts_at.isoformat(),
        ends_at=asked.ends_at.isoformat(),
        answer_state=asked.state,
    )


@transaction.atomic
def exempt(
    *,
    practitioner: Practitioner,
    kind: ExemptionKind,
    scope: ExemptionScope,
    starts_on: date,
    ends_on: date | None,
    by: Actor,
    at: datetime,
) -> Exemption:
    """Exempt somebody of some duties from a day on. Raises :class:`NotAllowed`; :class:`Invalid`;
    :class:`Refusal` when they are exempted of these on those days already."""
    check_exempts(practitioner, by, at=at)
    check_days(starts_on, ends_on)
    overlap = Q(ends_on__isnull=True) | Q(ends_on__gt=starts_on)
    if ends_on is not None:
        overlap &= Q(starts_on__lt=ends_on)
    if Exemption.objects.filter(overlap, practitioner=practitioner, scope=scope).exists():
        raise Refusal("oncall.exempt-twice", "Cette personne en est déjà exemptée ces jours-là.")
    made = Exemption.objects.create(
        practitioner=practitioner,
        kind=kind,
        scope=scope,
        starts_on=starts_on,
        ends_on=ends_on,
        recorded_at=at,
        recorded_by=by.name,
    )
    _record_exemption("oncall.exempt", made, by=by, at=at)
    return made


@transaction.atomic
def end_exemption(*, exemption: Exemption, ends_on: date, by: Actor, at: datetime) -> Exemption:
    """End an exemption: ``ends_on`` is its first day without. Raises as :func:`exempt`."""
    kept = _lock_exemption(exemption.pk)
    check_exempts(kept.practitioner, by, at=at)
    check_days(kept.starts_on, ends_on)
    if kept.ends_on is not None and kept.ends_on <= ends_on:
        raise Refusal("oncall.exempt-over", "Cette exemption finit déjà avant.")
    kept.ends_on = ends_on
    kept.save(update_fields=["ends_on"])
    _record_exemption("oncall.end-exemption", kept, by=by, at=at)
    return kept


@transaction.atomic
def withdraw_exemption(*, exemption: Exemption, by: Actor, at: datetime) -> None:
    """Take away an exemption that was entered by mistake, as if it had never been: it says
    something of somebody's health or age that nobody may keep. The trail keeps what it covered,
    and who had entered it. Raises :class:`NotFound`, :class:`NotAllowed`; :class:`Refusal` once
    it is over."""
    kept = _lock_exemption(exemption.pk)
    check_exempts(kept.practitioner, by, at=at)
    check_exemption_withdrawal(kept.ends_on, today=local_day(at))
    _record_exemption(
        "oncall.withdraw-exemption",
        kept,
        by=by,
        at=at,
        recorded_at=kept.recorded_at.isoformat(),
        recorded_by=kept.recorded_by,
    )
    kept.delete()


def _lock_exemption(pk: int) -> Exemption:
    found = (
        Exemption.objects.select_for_update(of=("self",))
        .select_related("practitioner")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise NotFound("oncall.unknown-exemption", "Cette exemption n'existe pas.")
    return found


def check_exempts(practitioner: Practitioner, by: Actor, *, at: datetime) -> None:
    """Raise :class:`NotAllowed` unless this actor may exempt this practitioner: never oneself."""
    EXEMPT.check(by, workplaces(practitioner, local_day(at)))
    if _is(practitioner, by):
        raise NotAllowed("oncall.exempt-self", "Une exemption est inscrite par quelqu'un d'autre.")


def _record_exemption(
    action: str, one: Exemption, *, by: Actor, at: datetime, **details: Any
) -> None:
    """The audit line: what, not why."""
    person = one.practitioner
    record(
        action,
        by=by,
        at=at,
        subject_kind="practitioner",
        subject_key=person.slug,
        subject_name=str(person),
        organization=min(workplaces(person, local_day(at)), default=""),
        scope=one.scope,
        starts_on=one.starts_on.isoformat(),
        ends_on=one.ends_on.isoformat() if one.ends_on else None,
        **details,
    )
