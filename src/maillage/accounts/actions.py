"""Acts of the accounts room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor


def record(
    action: str,
    *,
    by: Actor,
    at: datetime,
    subject_kind: str = "",
    subject_key: str = "",
    subject_name: str = "",
    organization: str = "",
    changes_territory: bool = False,
    **details: Any,
) -> AuditEvent:
    """Write one audit line, in the transaction of the act that calls.

    ``action`` is ``room.verb``; ``details`` must be JSON values without patient data.
    ``changes_territory`` marks acts that may change an answer of the coverage engine.
    Raises ``RuntimeError`` outside a transaction: a line without its act, or an act without its
    line, must not exist.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"the audit line {action} is written outside a transaction")
    return AuditEvent.objects.create(
        at=at,
        actor=by.username,
        actor_name=by.name,
        action=action,
        subject_kind=subject_kind,
        subject_key=subject_key,
        subject_name=subject_name[:200],
        organization=organization,
        details=details,
        changes_territory=changes_territory,
    )
