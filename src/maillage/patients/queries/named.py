"""Records by their exact traits."""

from __future__ import annotations

from datetime import date

from maillage.patients.models import Patient
from maillage.patients.rules.identity import letters_of


def find_named(birth_name: str, first_given_name: str, birth_date: date | None) -> list[Patient]:
    """The records of these exact traits (accents, capitals and hyphens aside), read through the
    kept ones; none without the three of them. Erased records have no trait left."""
    wanted = letters_of(birth_name), letters_of(first_given_name)
    if birth_date is None or not all(wanted):
        return []
    rows = Patient.objects.filter(birth_date=birth_date, erased_at__isnull=True)
    same = [
        row
        for row in rows.select_related("merged_into")
        if (letters_of(row.birth_name), letters_of(row.first_given_name)) == wanted
    ]
    return list({row.kept.pk: row.kept for row in same}.values())
