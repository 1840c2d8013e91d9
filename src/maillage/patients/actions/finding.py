"""Finding the record of somebody by exact traits: the person who asks for their data, and the
unconscious patient whose card is all that is known. Nothing of a record is shown here but its
key."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.patients.actions.trail import record_on
from maillage.patients.models import Patient
from maillage.patients.permissions import BREAK_GLASS, HAND_OVER
from maillage.patients.queries.named import find_named
from maillage.patients.queries.records import get_patient
from maillage.vocabulary.errors import NotFound, Refusal


def find_person(
    *,
    by: Actor,
    at: datetime,
    key: str = "",
    birth_name: str = "",
    first_given_name: str = "",
    birth_date: date | None = None,
) -> list[Patient]:
    """The records of a person who asks for their data: by the key written on their letters, else
    by birth name, given name and birth date, exactly (accents, capitals and hyphens aside). Raises
    :class:`NotAllowed`, :class:`NotFound`."""
    HAND_OVER.check(by)
    if key:
        found = [get_patient(key)]
    else:
        found = find_named(birth_name, first_given_name, birth_date)
    _record("patients.find-person", found, by=by, at=at)
    if not found:
        raise _no_match()
    return found


def find_in_emergency(
    *, birth_name: str, first_given_name: str, birth_date: date, by: Actor, at: datetime
) -> Patient:
    """The one record that has exactly these traits, to be opened by
    :func:`~maillage.patients.actions.emergencies.break_glass`. Raises :class:`NotAllowed`,
    :class:`NotFound`, :class:`Refusal` when several people have them."""
    BREAK_GLASS.check(by)
    found = find_named(birth_name, first_given_name, birth_date)
    _record("patients.find-in-emergency", found, by=by, at=at)
    if not found:
        raise _no_match()
    if len(found) > 1:
        raise Refusal(
            "patients.several",
            "Plusieurs dossiers ont ces traits : rejoignez celui du patient avec ses cinq traits, "
            "ou son matricule INS.",
        )
    return found[0]


@transaction.atomic
def _record(action: str, found: list[Patient], *, by: Actor, at: datetime) -> None:
    """A line on each record found; one that holds no key when there is none: whoever tries names
    until one exists is seen. Written before the refusal, which takes nothing back."""
    for patient in found:
        record_on(patient, action, by=by, at=at)
    if not found:
        record(action, by=by, at=at, found=0)


def _no_match() -> NotFound:
    return NotFound("patients.no-match", "Aucun dossier n'a exactement ces traits.")
