"""Records by their exact key or traits, for those who may look for one without caring for it."""

from __future__ import annotations

from datetime import date

from maillage.patients.models import Patient
from maillage.patients.rules.identity import letters_of


def find_named(
    *, key: str, birth_name: str, first_given_name: str, birth_date: date | None
) -> list[Patient]:
    """The records of this key or, without one, of these exact traits (accents, capitals and
    hyphens aside), read through the kept ones, by key. Erased ones are found by their key only."""
    if key:
        rows = list(Patient.objects.filter(key=key).select_related("merged_into"))
    else:
        name, given = letters_of(birth_name), letters_of(first_given_name)
        same_day = Patient.objects.filter(birth_date=birth_date, erased_at__isnull=True)
        rows = [
            one
            for one in same_day.select_related("merged_into")
            if name and letters_of(one.birth_name) == name
            and given and letters_of(one.first_given_name) == given
        ]  # fmt: skip
    kept = {one.pk: one for row in rows for one in [row.merged_into or row]}
    return sorted(kept.values(), key=lambda one: one.key)
