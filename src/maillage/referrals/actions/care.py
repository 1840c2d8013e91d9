"""Why each side may read the patient's record: care links opened and ended as a request lives."""

from __future__ import annotations

from datetime import datetime

from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.patients.actions import close_links, open_link
from maillage.patients.actions.links import add_link, end_link
from maillage.patients.enums import LinkKind
from maillage.patients.models import CareLink, Patient
from maillage.patients.queries import family_ids
from maillage.referrals.enums import Act, Kind, PatientAgreement, State
from maillage.referrals.models import Referral
from maillage.referrals.rules.transitions import ENDED

CARRIED = frozenset({State.ORDERED, State.ENGAGED, State.DEPARTED})
AGREED = frozenset({PatientAgreement.AGREES, PatientAgreement.REPRESENTED})


def settle_links(referral: Referral, act: Act, *, by: Actor, at: datetime) -> None:
    """Open and end the care links that the state of a request asks for, after an act."""
    state = State(referral.state)
    if act is Act.SEND:
        _open_request(referral, by=by, at=at)
    if act is Act.TAKE_OVER:
        _move_stay(referral, by=by, at=at)
    if state in CARRIED and referral.kind == Kind.TRANSFER:
        add_link(
            patient=_read_as(referral),
            kind=LinkKind.REGULATION,
            organization=None,
            reference=referral.key,
            by=by,
            at=at,
        )
    if state in ENDED:
        _close(referral, LinkKind.REQUEST, LinkKind.REGULATION, by=by, at=at)
    elif state is State.REFUSED:
        _close(referral, LinkKind.REGULATION, by=by, at=at)


def _open_request(referral: Referral, *, by: Actor, at: datetime) -> None:
    """The team asked may read: raises :class:`NotAllowed` when the one who asks may not."""
    open_link(
        patient=_read_as(referral),
        kind=LinkKind.REQUEST,
        organization=referral.to_organization,
        asked_by=referral.from_organization,
        has_consent=referral.patient_agreement in AGREED,
        is_vital=referral.is_vital,
        reference=referral.key,
        service=referral.to_service,
        site=referral.to_service.site,
        by=by,
        at=at,
    )


def _move_stay(referral: Referral, *, by: Actor, at: datetime) -> None:
    """The patient is in the hospital that takes over, and no longer in the one that sent: no basis
    is asked for, the stay is one."""
    if not _stays(referral, referral.to_organization):
        add_link(
            patient=_read_as(referral),
            kind=LinkKind.STAY,
            organization=referral.to_organization,
            reference=referral.key,
            service=referral.to_service,
            site=referral.to_service.site,
            by=by,
            at=at,
        )
    if referral.from_organization_id != referral.to_organization_id:
        for link in _stays(referral, referral.from_organization):
            end_link(link=link, by=by, at=at)


def _stays(referral: Referral, organization: Organization) -> list[CareLink]:
    """The open stays of the patient in a hospital, held: somebody may be ending one."""
    held = CareLink.objects.select_for_update(of=("self",), no_key=True)
    rows = held.select_related("patient", "organization").filter(
        patient__in=family_ids(referral.patient),
        kind=LinkKind.STAY,
        organization=organization,
        ends_at__isnull=True,
    )
    return list(rows.order_by("pk"))


def _read_as(referral: Referral) -> Patient:
    return referral.patient.kept


def _close(referral: Referral, *kinds: LinkKind, by: Actor, at: datetime) -> None:
    close_links(reference=referral.key, kinds=kinds, by=by, at=at)
