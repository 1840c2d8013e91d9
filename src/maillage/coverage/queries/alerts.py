"""Reads of alerts: what is about to end, and what it would leave uncovered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.urls import reverse

from maillage.coverage.enums import AlertKind
from maillage.coverage.models import Alert, Proof
from maillage.coverage.queries.alert_scope import alerts_of_places
from maillage.coverage.queries.proofs import get_current_proof, get_freshness, list_steps
from maillage.coverage.rules.alerts import LEVELS, AlertRow, Effect, level_of
from maillage.coverage.rules.proofs import Freshness
from maillage.coverage.rules.scenario_trials import try_alert
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


PER_PAGE = 50

SORTS: Mapping[str, Callable[[AlertRow], float]] = {
    "quand": lambda row: row.due_on.toordinal(),
    "perte": lambda row: row.person_hours,
    "retard": lambda row: row.delayed,
}


@dataclass(frozen=True)
class AlertsPage:
    """The page of alerts. ``counts`` are those within 30, 90 and 180 days, the other filters
    applied."""

    within: int
    proof: Proof | None = None
    freshness: Freshness | None = None
    counts: tuple[tuple[int, int], ...] = ()
    rows: Page[AlertRow] | None = None
    nothing: str = ""


def get_alerts_page(
    *,
    at: datetime,
    within: int,
    kind: str,
    only_felt: bool,
    sort: str,
    number: str,
    places: Collection[str] = (),
) -> AlertsPage:
    """The alerts of the current proof as a page. ``kind``: one of ``AlertKind`` or empty;
    ``only_felt``: only those that change somebody's answer; ``places``: only those that concern
    these establishments (slugs), all of them when empty. Five queries, six more with places."""
    proof = get_current_proof()
    if proof is None:
        return AlertsPage(within)
    names = {
        (row.pathway, row.step): f"{row.pathway_name}, {row.step_name}" for row in list_steps(proof)
    }
    concerns = alerts_of_places(places, on=local_day(at)) if places else None
    everything = [
        row
        for row in list_alerts(proof, at=at)
        if (not kind or row.kind == kind)
        and not (only_felt and row.is_harmless)
        and (concerns is None or concerns(row))
    ]
    kept = [
        replace(row, effects=tuple(_named(effect, names) for effect in row.effects))
        for row in everything
        if row.days_left <= within
    ]
    key = SORTS.get(sort.removeprefix("-"))
    if key is not None:
        kept.sort(key=key, reverse=sort.startswith("-"))
    return AlertsPage(
        within=within,
        proof=proof,
        freshness=get_freshness(proof, at=at),
        counts=tuple((days, sum(row.days_left <= days for row in everything)) for days in LEVELS),
        rows=Paginator(kept, PER_PAGE).get_page(number),
        nothing=f"Rien ne prend fin dans les {within} jours, et toutes les gardes sont tenues."
        if not (kind or only_felt or places)
        else "Aucune échéance ne correspond à ces filtres.",
    )


def list_agreement_alerts(slug: str, *, at: datetime) -> tuple[AlertRow, ...]:
    """The alerts of one agreement, in the current proof. Two queries."""
    proof = get_current_proof()
    if proof is None:
        return ()
    today = local_day(at)
    found = Alert.objects.filter(proof=proof, kind=AlertKind.AGREEMENT, subject_key=slug)
    return tuple(_row(alert, (alert.due_on - today).days) for alert in found)


def _named(effect: Effect, names: Mapping[tuple[str, int], str]) -> Effect:
    name = names.get((effect.pathway, effect.step), f"{effect.pathway}, étape {effect.step}")
    return replace(effect, name=name)


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
        trial=try_alert(
            kind,
            alert.subject_key,
            alert.due_on,
            is_felt=alert.person_hours > 0 or alert.untimely > 0,
        ),
    )
