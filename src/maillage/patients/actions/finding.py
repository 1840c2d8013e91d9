"""Finding the record of somebody who cannot be searched for otherwise: the person who asks for
their data, the unconscious patient. Exact traits only, and one audit line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor, Permission
from maillage.patients.models import Patient
from maillage.patients.queries.named import find_named


@dataclass(frozen=True)
class Person:
    """Who is looked for: the key of a record, or three exact traits."""

    key: str = ""
    birth_name: str = ""
    first_given_name: str = ""
    birth_date: date | None = None


@transaction.atomic
def find_person(
    *, person: Person, permission: Permission, by: Actor, at: datetime
) -> list[Patient]:
    """Records, read through the kept ones, that have exactly this key or these traits. Nothing of
    them may be shown but their key: the caller has no basis yet. Raises :class:`NotAllowed`."""
    permission.check(by)
    found = find_named(
        key=person.key,
        birth_name=person.birth_name,
        first_given_name=person.first_given_name,
        birth_date=person.birth_date,
    )
    record("patients.search", by=by, at=at, way="exact", found=0, others=len(found))
    return found
