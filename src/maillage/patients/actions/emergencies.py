"""Openings of a record in a vital emergency without any other basis (bris de glace): a reason, a
short session, a notice to the patient, and a review by somebody else."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.patients.actions.trail import record_on
from maillage.patients.enums import ReviewState
from maillage.patients.models import BreakGlass as Opening
from maillage.patients.models import Patient
from maillage.patients.permissions import BREAK_GLASS, REVIEW, can_break_glass_for
from maillage.patients.queries.grounds import find_ground
from maillage.patients.rules.constants import BREAK_GLASS_LASTS
from maillage.patients.rules.emergencies import check_comment, check_reason
from maillage.vocabulary.calendar import french_instant
from maillage.vocabulary.errors import Invalid, NotAllowed, NotFound, Problem, Refusal


@transaction.atomic
def break_glass(
    *, patient: Patient, organization: Organization, reason: str, by: Actor, at: datetime
) -> Opening:
    """Open a record for ``BREAK_GLASS_LASTS`` in a vital emergency, for an organization where the
    actor gives care. Asked again while it lasts, the running one is given back. The reason stays
    on the opening, out of the trail. Raises :class:`NotAllowed`, :class:`Invalid` for a reason
    that says nothing, :class:`NotFound` for an erased record, :class:`Refusal` when another basis
    already opens the record."""
    BREAK_GLASS.check(by)
    if not can_break_glass_for(by, organization.slug):
        raise NotAllowed(
            "patients.not-your-place", "Vous n'exercez pas dans cet établissement aujourd'hui."
        )
    patient = patient.kept
    # One opening at a time for one record: two clicks make one.
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    if patient.erased_at is not None:
        raise NotFound("patients.erased", "Ce dossier a été effacé.")
    running = Opening.objects.filter(
        patient=patient, username=by.username, expires_at__gt=at, closed_at__isnull=True
    ).first()
    if running is not None and by.acts_for(running.organization.slug):
        return running
    reason = check_reason(reason)
    if find_ground(patient, by=by, at=at) is not None:
        raise Refusal(
            "patients.already-open", "Ce dossier vous est déjà ouvert sur une autre base."
        )
    opening = Opening.objects.create(
        patient=patient,
        username=by.username,
        name=by.name,
        organization=organization,
        reason=reason,
        opened_at=at,
        expires_at=at + BREAK_GLASS_LASTS,
    )
    record_on(
        patient,
        "patients.break-glass",
        by=by,
        at=at,
        organization=organization.slug,
        until=opening.expires_at.isoformat(),
    )
    return opening


@transaction.atomic
def close_opening(*, opening: Opening, by: Actor, at: datetime) -> Opening:
    """Close one's own opening before its time. Already over, it stays as it is. Raises
    :class:`NotAllowed`."""
    opening = _lock(opening)
    if by.username != opening.username:
        raise NotAllowed("patients.own-opening", "Chacun referme sa propre ouverture.")
    if opening.closed_at is None and at < opening.expires_at:
        opening.closed_at = max(at, opening.opened_at)
        opening.save(update_fields=["closed_at"])
        _record(opening, "patients.close-opening", by=by, at=at)
    return opening


@transaction.atomic
def note_notice(*, opening: Opening, how: str, by: Actor, at: datetime) -> Opening:
    """Note that the patient was told of the opening, and how: by the one who opened, or by the
    review. Raises :class:`NotAllowed`, :class:`Invalid`, :class:`Refusal` when it was noted
    already."""
    opening = _lock(opening)
    if by.username != opening.username:
        REVIEW.check(by)
    how = " ".join(how.split())
    if not how or len(how) > 120:
        problem = Problem("120 signes au plus", field="how")
        raise Invalid("patients.notice", "Dites comment le patient a été informé.", [problem])
    if opening.notified_at is not None:
        raise Refusal(
            "patients.notified",
            f"{opening.notified_by} a déjà noté l'information du patient, "
            f"{french_instant(opening.notified_at)}.",
        )
    opening.notified_at, opening.notified_by, opening.notified_how = at, by.name, how
    opening.save(update_fields=["notified_at", "notified_by", "notified_how"])
    _record(opening, "patients.note-notice", by=by, at=at)
    return opening


@transaction.atomic
def review_opening(
    *, opening: Opening, verdict: ReviewState, by: Actor, at: datetime, comment: str = ""
) -> Opening:
    """Say whether an opening was justified; not by the one who opened, and once. A refused one
    needs a comment. Raises :class:`NotAllowed`, :class:`Invalid`, :class:`Refusal`."""
    REVIEW.check(by)
    opening = _lock(opening)
    if by.username == opening.username:
        raise NotAllowed(
            "patients.own-review", "Une ouverture est examinée par une autre personne."
        )
    if opening.reviewed_at is not None:
        raise Refusal(
            "patients.reviewed",
            f"{opening.reviewed_by} a déjà examiné cette ouverture, "
            f"{french_instant(opening.reviewed_at)}.",
        )
    opening.review_comment = check_comment(verdict, comment)
    opening.review, opening.reviewed_at, opening.reviewed_by = verdict, at, by.name
    opening.save(update_fields=["review", "review_comment", "reviewed_at", "reviewed_by"])
    _record(opening, "patients.review-opening", by=by, at=at, verdict=verdict.value)
    return opening


def _lock(opening: Opening) -> Opening:
    return (
        Opening.objects.select_for_update(of=("self",))
        .select_related("patient", "organization")
        .get(pk=opening.pk)
    )


def _record(opening: Opening, action: str, *, by: Actor, at: datetime, **details: str) -> None:
    record_on(
        opening.patient,
        action,
        by=by,
        at=at,
        organization=opening.organization.slug,
        opening=opening.pk,
        **details,
    )
