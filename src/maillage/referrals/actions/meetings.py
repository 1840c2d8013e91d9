"""Sessions of multidisciplinary meetings: created, then held with those who sat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.directory.models import HealthcareService
from maillage.referrals.models import MeetingSession
from maillage.referrals.permissions import ANSWER
from maillage.referrals.rules.meetings import (
    KINDS,
    MOST_ATTENDEES,
    MOST_SPECIALTIES,
    missing_specialties,
)
from maillage.vocabulary.errors import Invalid, Problem, Refusal


@transaction.atomic
def create_session(
    *,
    service: HealthcareService,
    name: str,
    kind: str,
    starts_at: datetime,
    quorum: Sequence[str],
    by: Actor,
    at: datetime,
) -> MeetingSession:
    """Open a session of a service's meeting. Raises :class:`NotAllowed`, :class:`Invalid`, and
    :class:`Refusal` when the same session is there already."""
    ANSWER.check(by, [service.site.organization.slug])
    problems = []
    if kind not in dict(KINDS):
        problems.append(Problem("type de RCP inconnu", field="kind"))
    if not quorum or len(quorum) > MOST_SPECIALTIES:
        problems.append(Problem(f"de 1 à {MOST_SPECIALTIES} spécialités", field="quorum"))
    if starts_at < at:
        problems.append(Problem("cette heure est passée", field="starts_at"))
    if problems:
        raise Invalid("referrals.session", "Cette séance est incomplète.", problems)
    try:
        with transaction.atomic():
            session = MeetingSession.objects.create(
                service=service, name=name, kind=kind, starts_at=starts_at, quorum=list(quorum)
            )
    except IntegrityError:
        raise Refusal(
            "referrals.session-exists", "Cette séance existe déjà, au même nom et à la même heure."
        ) from None
    _record("referrals.create-session", session, by=by, at=at)
    return session


@transaction.atomic
def hold_session(
    *, session: MeetingSession, attendees: Sequence[Mapping[str, str]], by: Actor, at: datetime
) -> MeetingSession:
    """Say that a session was held, and who sat (name and specialty). Without its quorum it is
    held all the same, is worth a « staff » and concludes nothing. Raises :class:`NotAllowed`,
    :class:`Invalid`, and :class:`Refusal` when it was held already or has not begun."""
    held = (
        MeetingSession.objects.select_for_update(of=("self",))
        .select_related("service__site__organization")
        .get(pk=session.pk)
    )
    ANSWER.check(by, [held.service.site.organization.slug])
    if held.held_at is not None:
        raise Refusal("referrals.session-held", f"Séance déjà tenue, notée par {held.held_by}.")
    if held.starts_at > at:
        raise Refusal("referrals.session-early", "Cette séance n'a pas encore commencé.")
    present = [
        {"name": one["name"].strip(), "specialty": one.get("specialty", "").strip()}
        for one in attendees
        if one.get("name", "").strip()
    ]
    if not present or len(present) > MOST_ATTENDEES:
        problem = Problem(f"de 1 à {MOST_ATTENDEES} personnes", field="others")
        raise Invalid("referrals.session-attendees", "Dites qui a siégé.", [problem])
    held.attendees = present
    held.held_at = at
    held.held_by = by.name
    held.save(update_fields=["attendees", "held_at", "held_by"])
    missing = missing_specialties(held.quorum, present)
    _record("referrals.hold-session", held, by=by, at=at, has_quorum=not missing)
    return held


def _record(
    action: str, session: MeetingSession, *, by: Actor, at: datetime, **details: Any
) -> None:
    record(
        action,
        by=by,
        at=at,
        subject_kind="meeting-session",
        subject_key=str(session.pk),
        subject_name=session.name,
        organization=session.service.site.organization.slug,
        **details,
    )
