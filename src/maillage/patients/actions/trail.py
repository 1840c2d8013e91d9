"""Lines of the audit trail on a record. They hold keys, never a trait nor what a person wrote."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.patients.models import Patient


def record_on(
    patient: Patient,
    action: str,
    *,
    by: Actor,
    at: datetime,
    organization: str = "",
    **details: Any,
) -> None:
    """The audit line of an act on a record, in the transaction of the act."""
    record(
        action,
        by=by,
        at=at,
        subject_kind="patient",
        subject_key=patient.key,
        organization=organization,
        **details,
    )
