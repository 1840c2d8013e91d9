"""What patients say of sharing, and the circle of those who care for them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from maillage.accounts.permissions import Actor
from maillage.accounts.queries import get_user
from maillage.directory.models import Organization
from maillage.patients.actions.trail import record_on
from maillage.patients.enums import ConsentKind, ConsentMeans, MemberKind
from maillage.patients.models import CareTeamMember, Consent, Patient
from maillage.patients.permissions import HAND_OVER
from maillage.patients.queries.grounds import find_ground
from maillage.patients.rules.access import check_found
from maillage.patients.rules.constants import LASTING
from maillage.vocabulary.errors import Invalid, NotAllowed, NotFound, Problem


@transaction.atomic
def record_consent(
    *,
    patient: Patient,
    kind: ConsentKind,
    means: ConsentMeans,
    by: Actor,
    at: datetime,
    organization: Organization | None = None,
    comment: str = "",
) -> Consent:
    """Note what the patient agreed to, or opposed, for one organization or (none) any. Said again
    while it runs, the first is given back. The last word holds: an opposition withdraws the
    consents of the same scope, a consent the opposition. Raises :class:`NotAllowed`."""
    patient = patient.kept
    place = _check_may_note(patient, by, at)
    running = Consent.objects.filter(
        patient=patient, organization=organization, withdrawn_at__isnull=True
    )
    said = running.filter(kind=kind).first()
    if said is not None:
        return said
    opposes = kind == ConsentKind.OPPOSITION
    contrary = [ConsentKind.SHARE, ConsentKind.OPINION] if opposes else [ConsentKind.OPPOSITION]
    for consent in running.filter(kind__in=contrary):
        _withdraw(consent, by=by, at=at)
    consent = Consent.objects.create(
        patient=patient,
        kind=kind,
        means=means,
        organization=organization,
        comment=" ".join(comment.split())[:240],
        given_at=at,
        recorded_by=by.name,
    )
    about = organization.slug if organization else ""
    record_on(
        patient,
        "patients.record-consent",
        by=by,
        at=at,
        organization=place,
        kind=ConsentKind(kind).value,
        means=ConsentMeans(means).value,
        about=about,
    )
    return consent


@transaction.atomic
def withdraw_consent(*, consent: Consent, by: Actor, at: datetime) -> Consent:
    """Note that the patient takes back a consent or an opposition: kept, and over from now on.
    Already withdrawn, it stays as it is. Raises :class:`NotAllowed`."""
    consent = Consent.objects.select_for_update(of=("self",)).get(pk=consent.pk)
    _check_may_note(consent.patient, by, at)
    if consent.withdrawn_at is None:
        _withdraw(consent, by=by, at=at)
    return consent


def _withdraw(consent: Consent, *, by: Actor, at: datetime) -> None:
    consent.withdrawn_at, consent.withdrawn_by = at, by.name
    consent.save(update_fields=["withdrawn_at", "withdrawn_by"])
    record_on(
        consent.patient,
        "patients.withdraw-consent",
        by=by,
        at=at,
        kind=consent.kind,
        about=consent.organization.slug if consent.organization else "",
    )


@transaction.atomic
def add_member(
    *,
    patient: Patient,
    kind: MemberKind,
    name: str,
    by: Actor,
    at: datetime,
    username: str = "",
    tie: str = "",
    phone: str = "",
    organization: Organization | None = None,
) -> CareTeamMember:
    """Add somebody to the care circle, as the patient said. A professional with an account, or a
    structure, may then read the record; relatives may not. Added again while still a member, the
    first is given back. Raises :class:`NotAllowed`, :class:`Invalid`."""
    patient = patient.kept
    place = _check_may_note(patient, by, at)
    name = " ".join(name.split())
    username = username.strip().lower()
    _check_member(kind, name, username, organization)
    same = {"patient": patient, "kind": kind, "username": username, "organization": organization}
    running = CareTeamMember.objects.filter(**same, name=name, ends_at__isnull=True).first()
    if running is not None:
        return running
    member = CareTeamMember.objects.create(
        **same,
        name=name,
        tie=" ".join(tie.split())[:80],
        phone=phone.strip()[:20],
        starts_at=at,
        added_by=by.name,
    )
    record_on(
        patient,
        "patients.add-member",
        by=by,
        at=at,
        organization=place,
        kind=MemberKind(kind).value,
        account=username,
        about=organization.slug if organization else "",
    )
    return member


def _check_member(
    kind: MemberKind, name: str, username: str, organization: Organization | None
) -> None:
    problems = []
    if not name or len(name) > 120:
        problems.append(Problem("nom attendu, 120 signes au plus", field="name"))
    if username and kind != MemberKind.PROFESSIONAL:
        problems.append(Problem("un professionnel seul a un compte", field="username"))
    elif username:
        try:
            get_user(username)
        except NotFound:
            problems.append(Problem("aucun compte de ce nom", field="username"))
    if kind == MemberKind.STRUCTURE and organization is None:
        problems.append(Problem("établissement ou structure attendu", field="organization"))
    if problems:
        raise Invalid("patients.member", "Ce membre du cercle de soins est incomplet.", problems)


@transaction.atomic
def end_member(*, member: CareTeamMember, by: Actor, at: datetime) -> CareTeamMember:
    """Let a member leave the circle now; they may come back later. Raises :class:`NotAllowed`."""
    member = CareTeamMember.objects.select_for_update(of=("self",)).get(pk=member.pk)
    place = _check_may_note(member.patient, by, at)
    if member.ends_at is None:
        member.ends_at = max(at, member.starts_at)
        member.save(update_fields=["ends_at"])
        record_on(
            member.patient,
            "patients.end-member",
            by=by,
            at=at,
            organization=place,
            kind=member.kind,
            account=member.username,
        )
    return member


def _check_may_note(patient: Patient, by: Actor, at: datetime) -> str:
    """The organization in whose name the patient's word is noted: those who take part in the care,
    or the data protection officer (empty). Raises :class:`NotAllowed`: an emergency opening lets
    nobody into the circle."""
    if HAND_OVER.allows(by):
        return ""
    ground = check_found(find_ground(patient, by=by, at=at))
    if ground.basis not in LASTING:
        raise NotAllowed(
            "patients.not-of-the-team",
            "Le cercle de soins et les consentements sont notés par ceux qui prennent le patient "
            "en charge.",
        )
    return ground.organization
