"""A stay declared from the page of a record that is already open."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.patients.actions.links import open_link
from maillage.patients.enums import LinkKind
from maillage.patients.models import CareLink, Patient
from maillage.patients.permissions import ADMIT


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
