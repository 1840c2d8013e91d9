"""The emergency opening that a reader holds on a record now."""

from __future__ import annotations

from datetime import datetime

from maillage.accounts.permissions import Actor
from maillage.patients.models import BreakGlass, Patient
from maillage.patients.queries.records import family_ids


def find_opening(patient: Patient, *, by: Actor, at: datetime) -> BreakGlass | None:
    """The opening of this person under way for this reader, the one that lasts longest, or None."""
    running = BreakGlass.objects.filter(
        patient__in=family_ids(patient),
        username=by.username,
        opened_at__lte=at,
        expires_at__gt=at,
        closed_at__isnull=True,
    )
    return running.select_related("organization").order_by("-expires_at").first()
