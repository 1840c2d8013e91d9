"""Stays declared and ended from the page of a record."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.patients.actions.links import end_link, open_link
from maillage.patients.enums import LinkKind
from maillage.patients.models import CareLink, Patient
from maillage.patients.permissions import ADMIT
from maillage.vocabulary.errors import Refusal


@transaction.atomic
def open_stay(
    *, patient: Patient, organization: Organization, by: Actor, at: datetime, number: str = ""
) -> CareLink:
    """Declare that the patient is cared for in this organization from now on, by somebody who may
    admit there and has a lasting basis. Raises :class:`NotAllowed`."""
    ADMIT.check(by, [organization.slug])
    return open_link(
        patient=patient,
        kind=LinkKind.STAY,
        organization=organization,
        number=number.strip(),
        by=by,
        at=at,
    )


@transaction.atomic
def end_stay(*, link: CareLink, by: Actor, at: datetime) -> CareLink:
    """End a stay now, by somebody who may admit where it takes place. Raises :class:`NotAllowed`,
    and :class:`Refusal` when it is over already or is no stay."""
    ADMIT.check(by, [link.organization.slug] if link.organization else [])
    locked = (
        CareLink.objects.select_for_update(of=("self",))
        .select_related("patient", "organization")
        .get(pk=link.pk)
    )
    if locked.kind != LinkKind.STAY:
        raise Refusal("patients.not-a-stay", "Seule une venue se termine ainsi.")
    if locked.ends_at is not None:
        raise Refusal("patients.stay-ended", "Cette venue est déjà terminée.")
    end_link(link=locked, by=by, at=at)
    return locked
