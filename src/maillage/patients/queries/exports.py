"""What this room keeps of a person, to be handed over: French labels, values as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Model, QuerySet

from maillage.accounts.acts import act_name, describe_details
from maillage.accounts.models import AuditEvent
from maillage.patients.models import (
    BreakGlass,
    CareLink,
    CareTeamMember,
    Consent,
    Merger,
    Patient,
)
from maillage.vocabulary.calendar import to_paris

LEFT_OUT = frozenset({"id", "search_name", "patient", "version", "merged_into"})


def export_own_tables(ids: Sequence[int]) -> dict[str, Any]:
    """Records, links, circle, consents, openings, mergers and accesses of these records, by French
    section. One query each."""
    patients = Patient.objects.filter(pk__in=ids).select_related("commune", "organization")
    links = CareLink.objects.select_related(
        "organization", "site", "service", "asked_by_organization"
    )
    keys = [patient.key for patient in patients]
    events = AuditEvent.objects.filter(subject_kind="patient", subject_key__in=keys)
    mergers = Merger.objects.filter(kept__in=ids).select_related("kept", "absorbed")
    return {
        "Identité": _rows(patients),
        "Venues et demandes": _rows(links.filter(patient__in=ids)),
        "Cercle de soins": _rows(
            CareTeamMember.objects.filter(patient__in=ids).select_related("organization")
        ),
        "Consentements": _rows(
            Consent.objects.filter(patient__in=ids).select_related("organization")
        ),
        "Ouvertures en urgence": _rows(
            BreakGlass.objects.filter(patient__in=ids).select_related("organization")
        ),
        "Fusions": _rows(mergers),
        "Accès au dossier": [
            {
                "quand": _value(event.at),
                "qui": event.actor_name,
                "établissement": event.organization,
                "acte": act_name(event.action),
                "détails": describe_details(event.details, event.action),
            }
            for event in events
        ],
    }


def _rows(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    return [_row(row) for row in rows]


def _row(row: Model) -> dict[str, Any]:
    """A row by the French names of its columns; choices by their label, empty ones left out."""
    told = {}
    for field in row._meta.concrete_fields:
        if field.name in LEFT_OUT:
            continue
        value = getattr(row, field.name)
        if field.choices and value:
            value = dict(field.flatchoices).get(value, value)
        if value not in (None, ""):
            told[str(field.verbose_name)] = _value(value)
    return told


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_paris(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, bool | int | float | list) else str(value)
