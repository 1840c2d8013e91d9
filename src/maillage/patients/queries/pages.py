"""What the pages of this room show. Whoever shows a record has called ``actions.read_record``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Q, QuerySet

from maillage.accounts.models import AuditEvent
from maillage.patients.enums import PairState, ReviewState
from maillage.patients.models import (
    BreakGlass,
    CareLink,
    CareTeamMember,
    Consent,
    DuplicatePair,
    Merger,
    Patient,
)
from maillage.patients.queries.records import family_ids
from maillage.patients.rules.constants import NOTICE_WITHIN
from maillage.vocabulary.errors import NotFound


@dataclass(frozen=True)
class PatientRecord:
    """Everything that the page of a patient shows of this room, the merged records included."""

    patient: Patient
    links: Sequence[CareLink]
    past_links: Sequence[CareLink]
    team: Sequence[CareTeamMember]
    past_team: Sequence[CareTeamMember]
    consents: Sequence[Consent]
    past_consents: Sequence[Consent]
    openings: Sequence[BreakGlass]
    mergers: Sequence[Merger]
    pairs: int


def get_record(patient: Patient, *, at: datetime) -> PatientRecord:
    """The record as its page shows it; seven queries whatever it holds."""
    ids = family_ids(patient)
    links = CareLink.objects.filter(patient__in=ids).select_related(
        "organization", "site", "service", "asked_by_organization"
    )
    team = CareTeamMember.objects.filter(patient__in=ids).select_related("organization")
    consents = Consent.objects.filter(patient__in=ids).select_related("organization")
    openings = BreakGlass.objects.filter(patient__in=ids).select_related("organization")
    mergers = Merger.objects.filter(kept__in=ids, absorbed__in=ids, undone_at__isnull=True)
    pairs = list_pairs().filter(Q(first__in=ids) | Q(second__in=ids))
    running, past = _apart(list(links), at)
    members, past_members = _apart(list(team), at)
    said = list(consents)
    return PatientRecord(
        patient=patient,
        links=running,
        past_links=past,
        team=members,
        past_team=past_members,
        consents=[one for one in said if one.withdrawn_at is None],
        past_consents=[one for one in said if one.withdrawn_at is not None],
        openings=list(openings),
        mergers=list(mergers.select_related("absorbed", "kept")),
        pairs=pairs.count(),
    )


Row = TypeVar("Row", CareLink, CareTeamMember)


def _apart(rows: list[Row], at: datetime) -> tuple[list[Row], list[Row]]:
    running = [row for row in rows if row.ends_at is None or row.ends_at > at]
    return running, [row for row in rows if row not in running]


def list_accesses(patient: Patient) -> QuerySet[AuditEvent]:
    """Lines of the trail on this person, the merged records included, newest first: who read or
    did what, when, for which organization and on what basis."""
    keys = Patient.objects.filter(pk__in=family_ids(patient)).values_list("key", flat=True)
    return AuditEvent.objects.filter(subject_kind="patient", subject_key__in=list(keys))


def list_openings(*, review: ReviewState | None = ReviewState.PENDING) -> QuerySet[BreakGlass]:
    """Emergency openings to be reviewed, oldest first; any state with ``review=None``, newest
    first."""
    openings = BreakGlass.objects.select_related("patient", "organization")
    if review is None:
        return openings.order_by("-opened_at", "-id")
    return openings.filter(review=review).order_by("opened_at", "id")


def list_notices_due(*, at: datetime) -> QuerySet[BreakGlass]:
    """Openings of which the patient should have been told by now, oldest first."""
    late = BreakGlass.objects.filter(notified_at__isnull=True, opened_at__lte=at - NOTICE_WITHIN)
    return late.select_related("patient", "organization").order_by("opened_at", "id")


def get_opening(pk: int) -> BreakGlass:
    """One emergency opening. Raises :class:`NotFound`."""
    opening = BreakGlass.objects.select_related("patient", "organization").filter(pk=pk).first()
    if opening is None:
        raise NotFound("patients.unknown-opening", "Cette ouverture n'existe pas.")
    return opening


def list_pairs(*, state: PairState | None = PairState.OPEN) -> QuerySet[DuplicatePair]:
    """Pairs of records that may be one person, the most alike first; of any state with
    ``state=None``. Lists show their short labels: the traits open by ``actions.read_pair``."""
    pairs = DuplicatePair.objects.select_related(
        "first__organization", "second__organization"
    ).order_by("-score", "id")
    return pairs if state is None else pairs.filter(state=state)


def get_pair(pk: int) -> DuplicatePair:
    """One pair. Raises :class:`NotFound`."""
    pair = list_pairs(state=None).filter(pk=pk).first()
    if pair is None:
        raise NotFound("patients.unknown-pair", "Ce rapprochement n'existe plus.")
    return pair


def list_mergers() -> QuerySet[Merger]:
    """Mergers, newest first, undone ones included."""
    return Merger.objects.select_related("kept", "absorbed")


def get_merger(pk: int) -> Merger:
    """One merger. Raises :class:`NotFound`."""
    merger = list_mergers().filter(pk=pk).first()
    if merger is None:
        raise NotFound("patients.unknown-merger", "Cette fusion n'existe pas.")
    return merger


def get_consent(patient: Patient, pk: int) -> Consent:
    """One consent or opposition of this person. Raises :class:`NotFound`."""
    consent = Consent.objects.filter(pk=pk, patient__in=family_ids(patient)).first()
    if consent is None:
        raise NotFound("patients.unknown-consent", "Ce consentement n'existe pas.")
    return consent


def get_member(patient: Patient, pk: int) -> CareTeamMember:
    """One member of the care circle of this person. Raises :class:`NotFound`."""
    member = CareTeamMember.objects.filter(pk=pk, patient__in=family_ids(patient)).first()
    if member is None:
        raise NotFound("patients.unknown-member", "Ce membre n'existe pas.")
    return member


def get_link(patient: Patient, pk: int) -> CareLink:
    """One care link of this person. Raises :class:`NotFound`."""
    rows = CareLink.objects.select_related("patient", "organization")
    link = rows.filter(pk=pk, patient__in=family_ids(patient)).first()
    if link is None:
        raise NotFound("patients.unknown-link", "Cette venue n'existe pas.")
    return link
