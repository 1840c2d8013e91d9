"""Reads of alerts: what is about to end, and what it would leave uncovered."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from maillage.coverage.enums import AlertKind
from maillage.coverage.models import Alert, Proof
from maillage.coverage.queries.proofs import get_current_proof
from maillage.coverage.rules.alerts import AlertRow, Effect, level_of
from maillage.vocabulary.calendar import local_day

PAGES: dict[str, str] = {
    AlertKind.AGREEMENT: "agreements:detail",
    AlertKind.MEMBERSHIP: "directory:group",
    AlertKind.AUTHORISATION: "directory:service",
    AlertKind.ROSTER: "oncall:line",
    AlertKind.STEP: "pathways:detail",
}
"""The page that each kind of alert leads to; the slug is what comes before ``#`` in its key."""


def list_alerts(proof: Proof, *, at: datetime, within: int | None = None) -> tuple[AlertRow, ...]:
    """Alerts of a proof as they read at an instant, the nearest first, then the most costly.
    ``within``: at most so many days ahead. One query."""
    today = local_day(at)
    found = (
        _row(alert, (alert.due_on - today).days) for alert in Alert.objects.filter(proof=proof)
    )
    return tuple(row for row in found if within is None or row.days_left <= within)


def list_current_alerts(*, at: datetime, within: int | None = None) -> tuple[AlertRow, ...]:
    """The same for the current proof; nothing when there is none. Two queries."""
    proof = get_current_proof()
    return list_alerts(proof, at=at, within=within) if proof else ()


def _row(alert: Alert, days_left: int) -> AlertRow:
    kind = AlertKind(alert.kind)
    return AlertRow(
        pk=alert.pk,
        kind=kind,
        subject_key=alert.subject_key,
        subject_name=alert.subject_name,
        url=reverse(PAGES[kind], args=[alert.subject_key.partition("#")[0]]),
        due_on=alert.due_on,
        days_left=days_left,
        level=level_of(days_left),
        residents=alert.residents,
        hours=alert.hours,
        person_hours=alert.person_hours,
        untimely_residents=alert.untimely_residents,
        untimely=alert.untimely,
        note=alert.note,
        effects=tuple(Effect(**effect) for effect in alert.effects),
    )
