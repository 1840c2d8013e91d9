"""Support actions and candidates: their steps, and the erasure of applications."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.agreements.models import Agreement, Commitment
from maillage.directory.models import Organization
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, NotFound, Problem
from maillage.vocabulary.search import fold
from maillage.workforce.enums import CandidateState, SupportKind, SupportState
from maillage.workforce.models import Candidate, Position, SupportAction, SupportStep
from maillage.workforce.permissions import RECRUIT, SUPPORT
from maillage.workforce.queries.carriers import load_carriers
from maillage.workforce.rules.states import (
    check_candidate_change,
    check_candidate_correction,
    check_received,
    check_support_change,
    erased_on,
)

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Of the opaque keys of applications (Crockford's base 32)."""

ENTERED = "Saisie dans Maillage"


@dataclass(frozen=True)
class NewSupport:
    """A support action to enter."""

    title: str
    kind: SupportKind
    agreement: Agreement
    commitment: Commitment | None
    from_organization: Organization
    to_organization: Organization
    specialty: str
    half_days: int | None
    starts_on: date | None
    ends_on: date | None
    text: str


@transaction.atomic
def add_support(*, wanted: NewSupport, by: Actor, at: datetime) -> SupportAction:
    """Enter a support action, proposed. Raises :class:`NotAllowed`; :class:`Invalid` when its
    agreement does not bind both hospitals, or its commitment is of another agreement."""
    SUPPORT.check(by, [wanted.from_organization.slug, wanted.to_organization.slug])
    problems = list(_defects(wanted))
    if problems:
        raise Invalid("workforce.support", "Cet appui ne convient pas.", problems)
    action = SupportAction.objects.create(
        slug=_support_slug(wanted.title),
        title=wanted.title,
        kind=wanted.kind,
        agreement=wanted.agreement,
        commitment=wanted.commitment,
        from_organization=wanted.from_organization,
        to_organization=wanted.to_organization,
        specialty=wanted.specialty,
        half_days=wanted.half_days,
        starts_on=wanted.starts_on,
        ends_on=wanted.ends_on,
        text=wanted.text,
        source=ENTERED,
        source_on=local_day(at),
    )
    _record_support("workforce.add-support", action, by, at)
    return action


def _defects(wanted: NewSupport) -> list[Problem]:
    found = []
    ends = (wanted.from_organization.slug, wanted.to_organization.slug)
    if ends[0] == ends[1]:
        found.append(Problem("Choisissez deux établissements.", field="to_organization"))
    carrier = load_carriers([wanted.agreement.slug]).get(wanted.agreement.slug)
    if ends[0] != ends[1] and (carrier is None or carrier.carries(*ends) is None):
        found.append(
            Problem("Cette convention ne lie pas ces deux établissements.", field="agreement")
        )
    if wanted.commitment and wanted.commitment.agreement_id != wanted.agreement.pk:
        found.append(Problem("Cet engagement est d'une autre convention.", field="commitment"))
    if wanted.starts_on and wanted.ends_on and wanted.ends_on <= wanted.starts_on:
        found.append(Problem("La fin doit venir après le début.", field="ends_on"))
    if wanted.ends_on and not wanted.starts_on:
        found.append(Problem("Une fin demande un début.", field="starts_on"))
    return found


def _support_slug(title: str) -> str:
    stem = "-".join(fold(title).split())[:70].strip("-") or "appui"
    taken = set(SupportAction.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


@transaction.atomic
def follow_support(
    *, action: SupportAction, to: SupportState, on: date, note: str, by: Actor, at: datetime
) -> SupportAction:
    """Change the state of a support action, or note its follow-up (same state, with a note).
    Raises :class:`NotAllowed`, :class:`Refusal`, :class:`Invalid` for a note that says nothing."""
    SUPPORT.check(by, [action.from_organization.slug, action.to_organization.slug])
    action = (
        SupportAction.objects.select_for_update(of=("self",))
        .select_related("from_organization", "to_organization", "agreement")
        .get(pk=action.pk)
    )
    before = SupportState(action.state)
    check_support_change(before, to)
    if to == before and not note:
        raise Invalid(
            "workforce.note",
            "Écrivez un suivi, ou changez l'état.",
            [Problem("Écrivez un suivi, ou changez l'état.", field="note")],
        )
    SupportStep.objects.create(
        action=action,
        from_state=before,
        to_state=to,
        on=on,
        note=note,
        by_name=by.name,
        recorded_at=at,
    )
    action.state = to
    action.save(update_fields=["state"])
    _record_support(
        "workforce.follow-support", action, by, at, from_state=before.value, to_state=to.value
    )
    return action


def _record_support(
    name: str, action: SupportAction, by: Actor, at: datetime, **details: Any
) -> None:
    record(
        name,
        by=by,
        at=at,
        subject_kind="support-action",
        subject_key=action.slug,
        subject_name=action.title,
        organization=action.to_organization.slug,
        agreement=action.agreement.short_title,
        **details,
    )


# Candidates: the trail holds the key and the post, never who it is.


def read_candidates(*, position: Position, by: Actor, at: datetime) -> Sequence[Candidate]:
    """The applications for a post that are still kept, with a line in the trail when there are
    some. Raises :class:`NotAllowed`."""
    RECRUIT.check(by, [position.organization.slug])
    found = list(position.candidates.filter(erase_on__gt=local_day(at)))
    if found:
        with transaction.atomic():
            _record_candidate("workforce.read-candidates", position, by, at, count=len(found))
    return found


@transaction.atomic
def add_candidate(
    *,
    position: Position,
    name: str,
    contact: str,
    status: str,
    received_on: date,
    by: Actor,
    at: datetime,
) -> Candidate:
    """Enter an application. Raises :class:`NotAllowed`; :class:`Invalid` for a day to come."""
    RECRUIT.check(by, [position.organization.slug])
    check_received(received_on, today=local_day(at))
    made = Candidate.objects.create(
        key="".join(secrets.choice(SIGNS) for _ in range(10)),
        position=position,
        name=name,
        contact=contact,
        status=status,
        received_on=received_on,
        state_on=received_on,
        erase_on=erased_on(CandidateState.RECEIVED, local_day(at)),
    )
    _record_candidate("workforce.add-candidate", position, by, at, candidate=made.key)
    return made


@transaction.atomic
def follow_candidate(
    *, key: str, to: CandidateState, on: date, note: str, by: Actor, at: datetime
) -> Candidate:
    """Move an application to a state. Once closed it is erased three months later. Raises
    :class:`NotFound`, :class:`NotAllowed`, :class:`Refusal`."""
    found = _lock_candidate(key, by, at)
    before = CandidateState(found.state)
    check_candidate_change(before, to)
    found.state, found.state_on, found.note = to, on, note or found.note
    found.erase_on = erased_on(to, on)
    found.save(update_fields=["state", "state_on", "note", "erase_on"])
    _record_candidate(
        "workforce.follow-candidate",
        found.position,
        by,
        at,
        candidate=found.key,
        from_state=before.value,
        to_state=to.value,
    )
    return found


@transaction.atomic
def correct_candidate(
    *,
    key: str,
    name: str,
    contact: str,
    status: str,
    received_on: date,
    by: Actor,
    at: datetime,
) -> Candidate:
    """Write again what was mistyped of an application that is not answered. It is no step: the day
    of its erasure stays. Raises :class:`NotFound`, :class:`NotAllowed`, :class:`Refusal` once
    answered; :class:`Invalid` for a day to come, or after its last step."""
    found = _lock_candidate(key, by, at)
    state = CandidateState(found.state)
    check_candidate_correction(state, found.state_on, received_on, today=local_day(at))
    found.name, found.contact, found.status = name, contact, status
    found.received_on = received_on
    if state == CandidateState.RECEIVED:
        found.state_on = received_on
    found.save(update_fields=["name", "contact", "status", "received_on", "state_on"])
    _record_candidate("workforce.correct-candidate", found.position, by, at, candidate=found.key)
    return found


def _lock_candidate(key: str, by: Actor, at: datetime) -> Candidate:
    """An application that is still kept, locked, for who may follow it."""
    found = (
        Candidate.objects.select_for_update(of=("self",))
        .select_related("position__organization")
        .filter(key=key, erase_on__gt=local_day(at))
        .first()
    )
    if found is None:
        raise NotFound("workforce.unknown-candidate", "Cette candidature n'existe plus.")
    RECRUIT.check(by, [found.position.organization.slug])
    return found


@transaction.atomic
def erase_candidates(*, by: Actor, at: datetime) -> int:
    """Erase the applications whose day has come. Gives back how many; done twice, none more."""
    count, _ = Candidate.objects.filter(erase_on__lte=local_day(at)).delete()
    if count:
        record(
            "workforce.erase-candidates",
            by=by,
            at=at,
            subject_kind="candidate",
            subject_name="Candidatures échues",
            count=count,
        )
    return count


def _record_candidate(
    action: str, position: Position, by: Actor, at: datetime, **details: Any
) -> None:
    record(
        action,
        by=by,
        at=at,
        subject_kind="position",
        subject_key=position.slug,
        subject_name=position.title,
        organization=position.organization.slug,
        **details,
    )
