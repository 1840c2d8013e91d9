"""What several parts of this interface give back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field

from maillage.accounts.interface import told
from maillage.referrals.enums import Clock, Kind, Outcome, Priority, Side, State
from maillage.referrals.models import Referral
from maillage.referrals.queries.inbox import holder_of


class StandingOut(Schema):
    key: str
    case: str
    version: Annotated[int, Field(description="À redonner avec le prochain acte.")]
    kind: Kind
    state: State
    outcome: Outcome | None
    priority: Priority
    owner: Side | None
    holder: Annotated[str, Field(description="Qui a la main, par son nom.")]
    clock: Clock | None
    due_at: datetime | None
    taken_by: str
    sent_at: datetime | None
    seen_at: datetime | None
    accepted_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None

    model_config = told("Où en est une demande, sans rien du patient.")


def show_standing(referral: Referral) -> dict[str, Any]:
    """Where a request stands; nothing of the patient."""
    return {
        "key": referral.key,
        "case": referral.case.key,
        "version": referral.version,
        "kind": referral.kind,
        "state": referral.state,
        "outcome": referral.outcome or None,
        "priority": referral.priority,
        "owner": referral.owner or None,
        "holder": holder_of(referral),
        "clock": referral.clock or None,
        "due_at": referral.due_at,
        "taken_by": referral.taken_by_name,
        "sent_at": referral.sent_at,
        "seen_at": referral.seen_at,
        "accepted_at": referral.accepted_at,
        "answered_at": referral.answered_at,
        "closed_at": referral.closed_at,
    }
