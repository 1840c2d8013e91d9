"""What has been told is written at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from django.db.models import Model

from maillage.accounts.models import AuditEvent
from maillage.patients.models import BreakGlass, CareLink, Consent, Patient
from maillage.referrals.actions.invented.walking import Told
from maillage.referrals.models import (
    Case,
    Escalation,
    Event,
    Letter,
    Message,
    Referral,
)

BATCH = 1000

Row = TypeVar("Row", bound=Model)


def write(told: Told) -> None:
    """Write all that was told, rows after those that they point to, in the order of the hours."""
    _write(Patient, told.patients)
    _write(CareLink, sorted(told.links, key=lambda one: one.starts_at))
    _write(Consent, told.consents)
    _write(BreakGlass, told.openings)
    _write(Case, sorted(told.cases, key=lambda one: one.opened_at))
    for generation in generations(told.referrals):
        _write(Referral, generation)
    _write(Event, sorted(told.events, key=lambda one: (one.at, one.version)))
    _write(Message, sorted(told.messages, key=lambda one: one.at))
    _write(Escalation, sorted(told.escalations, key=lambda one: one.at))
    _write(Letter, sorted(told.letters, key=lambda one: one.changed_at))
    _write(AuditEvent, sorted(told.trail, key=lambda one: one.at))


def generations(referrals: Iterable[Referral]) -> list[list[Referral]]:
    """Requests that follow none, then those that follow these, and so on, each in order."""
    depths: dict[str, int] = {}
    found: list[list[Referral]] = []
    for one in sorted(referrals, key=lambda row: row.created_at):
        depth, previous = 0, one.previous
        while previous is not None:
            depth, previous = depth + 1, previous.previous
        depths[one.key] = depth
        while len(found) <= depth:
            found.append([])
        found[depth].append(one)
    return found


def _write(model: type[Row], rows: Sequence[Row]) -> None:
    model._default_manager.bulk_create(rows, batch_size=BATCH)
