"""Lines of the trail of acts that speak of a proof."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.coverage.models import Proof


def record_proof(action: str, proof: Proof, *, by: Actor, at: datetime, **details: Any) -> None:
    """Write one audit line on a proof, in the transaction of the act: see
    :func:`maillage.accounts.actions.record`."""
    record(
        action,
        by=by,
        at=at,
        subject_kind="proof",
        subject_key=str(proof.pk),
        subject_name=str(proof),
        **details,
    )
