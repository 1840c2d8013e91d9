"""Records by key, and the records that are read as one person."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from maillage.patients.models import Patient
from maillage.vocabulary.errors import NotFound


def get_patient(key: str) -> Patient:
    """The record of this key, or the one that it was merged into. Raises :class:`NotFound`."""
    found = (
        Patient.objects.select_related(
            "commune", "organization", "merged_into__commune", "merged_into__organization"
        )
        .filter(key=key)
        .first()
    )
    if found is None:
        raise NotFound("patients.unknown", "Ce dossier n'existe pas.")
    return found.kept


def family_ids(patient: Patient) -> list[int]:
    """Identifiers of all records read as this person: the kept one first."""
    kept = patient.merged_into_id or patient.pk
    absorbed = Patient.objects.filter(merged_into=kept).order_by("pk")
    return [kept, *absorbed.values_list("pk", flat=True)]


def map_families(patients: Iterable[Patient]) -> dict[int, list[int]]:
    """For each of these records by identifier, those of its family; one query."""
    kept_of = {patient.pk: patient.merged_into_id or patient.pk for patient in patients}
    families = {kept: [kept] for kept in kept_of.values()}
    rows = Patient.objects.filter(Q(merged_into__in=families)).order_by("pk")
    for pk, kept in rows.values_list("pk", "merged_into_id"):
        if kept is not None:
            families[kept].append(pk)
    return {pk: families[kept] for pk, kept in kept_of.items()}
