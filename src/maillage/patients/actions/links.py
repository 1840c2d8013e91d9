"""Care links: opened by those who already take part, closed when what opened them is over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.models import HealthcareService, Organization, Site
from maillage.patients.actions.trail import record_on
from maillage.patients.enums import ConsentKind, ConsentMeans, LinkKind
from maillage.patients.models import CareLink, Consent, Patient
from maillage.patients.queries.grounds import find_ground
from maillage.patients.rules.access import Ground, check_found
from maillage.patients.rules.constants import PASSING
from maillage.vocabulary.errors import NotAllowed


@transaction.atomic
def open_link(
    *,
    patient: Patient,
    kind: LinkKind,
    organization: Organization | None,
    by: Actor,
    at: datetime,
    asked_by: Organization | None = None,
    has_consent: bool = False,
    is_vital: bool = False,
    reference: str = "",
    service: HealthcareService | None = None,
    site: Site | None = None,
    number: str = "",
) -> CareLink:
    """Let an organization take part in a patient's care from now on.

    Only somebody with a basis for the record opens it to others (regulators may open a
    REGULATION); an emergency opening lets one ask another organization, never stay. Idempotent
    while one is open for the same patient, kind, organization and reference: that one is given
    back, its consent and vital marks raised if they now hold. ``reference`` is the key of what
    opens it. A consent said with a REQUEST is also noted among the patient's consents, where it
    can be withdrawn. Raises :class:`NotAllowed`.
    """
    patient = patient.kept
    regulates = kind is LinkKind.REGULATION and Role.REGULATOR in by.roles
    if by.username != SYSTEM.username and not regulates:
        ground = check_found(find_ground(patient, by=by, at=at))
        check_may_open(ground, kind, to=organization.slug if organization else "", by=by)
    return add_link(
        patient=patient,
        kind=kind,
        organization=organization,
        by=by,
        at=at,
        asked_by=asked_by,
        has_consent=has_consent,
        is_vital=is_vital,
        reference=reference,
        service=service,
        site=site,
        number=number,
    )


def check_may_open(ground: Ground, kind: LinkKind, *, to: str, by: Actor) -> None:
    """Raise :class:`NotAllowed` when a passing basis (emergency opening, regulation) would be
    turned into a lasting one for the same people."""
    if ground.basis not in PASSING:
        return
    if kind in (LinkKind.STAY, LinkKind.TEAM) or (
        kind is LinkKind.REQUEST and to in by.organizations()
    ):
        raise NotAllowed(
            "patients.passing-basis",
            "Une ouverture en urgence ou une régulation ne fait pas entrer votre établissement "
            "dans la prise en charge : déclarez la venue du patient.",
        )


def add_link(
    *,
    patient: Patient,
    kind: LinkKind,
    organization: Organization | None,
    by: Actor,
    at: datetime,
    asked_by: Organization | None = None,
    has_consent: bool = False,
    is_vital: bool = False,
    reference: str = "",
    service: HealthcareService | None = None,
    site: Site | None = None,
    number: str = "",
) -> CareLink:
    """As :func:`open_link`, for acts of this room that have made their own check."""
    same = {
        "patient": patient,
        "kind": kind,
        "organization": organization,
        "reference": reference,
        "ends_at": None,
    }
    link = CareLink.objects.filter(**same).first()
    is_new = link is None
    if link is None:
        try:
            with transaction.atomic():
                link = CareLink.objects.create(
                    **same,
                    asked_by_organization=asked_by,
                    has_consent=has_consent,
                    is_vital=is_vital,
                    service=service,
                    site=site,
                    number=number,
                    starts_at=at,
                    opened_by=by.name,
                )
        except IntegrityError:  # somebody opened it at the same instant
            link, is_new = CareLink.objects.get(**same), False
    if not is_new:
        _raise_marks(link, has_consent=has_consent, is_vital=is_vital, number=number)
    if has_consent and kind is LinkKind.REQUEST:
        _note_consent(patient, organization, by=by, at=at)
    if is_new:
        record_on(
            patient,
            "patients.open-link",
            by=by,
            at=at,
            organization=organization.slug if organization else "",
            kind=kind.value,
            reference=reference,
        )
    return link


def _raise_marks(link: CareLink, *, has_consent: bool, is_vital: bool, number: str) -> None:
    """What is now known more of an open link; nothing is taken back here."""
    changed = []
    for name, value in (("has_consent", has_consent), ("is_vital", is_vital), ("number", number)):
        if value and not getattr(link, name):
            setattr(link, name, value)
            changed.append(name)
    if changed:
        link.save(update_fields=changed)


def _note_consent(
    patient: Patient, organization: Organization | None, *, by: Actor, at: datetime
) -> None:
    """An opposition that runs stands until it is withdrawn as such: no box of a request does."""
    same = {
        "patient": patient,
        "kind": ConsentKind.SHARE,
        "organization": organization,
        "withdrawn_at": None,
    }
    running = Consent.objects.filter(patient=patient, withdrawn_at__isnull=True)
    said = running.filter(kind__in=[ConsentKind.SHARE, ConsentKind.OPPOSITION])
    if not said.filter(organization=organization).exists():
        Consent.objects.create(
            **same, means=ConsentMeans.ORAL, comment="avec une demande", given_at=at,
            recorded_by=by.name,
        )  # fmt: skip


@transaction.atomic
def close_links(
    *,
    reference: str,
    by: Actor,
    at: datetime,
    kinds: Collection[LinkKind] | None = None,
    organization: Organization | None = None,
) -> int:
    """End the open links of this reference now, of these kinds and this organization (none given:
    all). How many ended. The caller has checked that ``by`` may. An empty reference ends
    nothing."""
    if not reference:
        return 0
    links = CareLink.objects.select_related("patient", "organization").filter(
        reference=reference, ends_at__isnull=True
    )
    if kinds is not None:
        links = links.filter(kind__in=list(kinds))
    if organization is not None:
        links = links.filter(organization=organization)
    count = 0
    for link in links.select_for_update(of=("self",)):
        end_link(link=link, by=by, at=at)
        count += 1
    return count


def end_link(*, link: CareLink, by: Actor, at: datetime) -> None:
    """End an open link now, with its audit line."""
    link.ends_at = max(at, link.starts_at)
    link.save(update_fields=["ends_at"])
    record_on(
        link.patient,
        "patients.close-link",
        by=by,
        at=at,
        organization=link.organization.slug if link.organization else "",
        kind=link.kind,
        reference=link.reference,
    )
