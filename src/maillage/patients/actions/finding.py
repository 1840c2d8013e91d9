"""Finding the record of an unconscious patient, whose card is all that is known."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from maillage.accounts.permissions import Actor
from maillage.patients.actions.trail import record_on
from maillage.patients.models import Patient
from maillage.patients.permissions import BREAK_GLASS
from maillage.patients.queries.named import find_named
from maillage.vocabulary.errors import NotFound, Refusal


@transaction.atomic
def find_in_emergency(
    *, birth_name: str, first_given_name: str, birth_date: date, by: Actor, at: datetime
) -> Patient:
    """The one record that has exactly these traits (accents, capitals and hyphens aside), to be
    opened by :func:`~maillage.patients.actions.emergencies.break_glass`; nothing of it may be shown
    before. One audit line. Raises :class:`NotAllowed`, :class:`NotFound`, :class:`Refusal` when
    several people have these traits."""
    BREAK_GLASS.check(by)
    found = find_named(
        birth_name=birth_name, first_given_name=first_given_name, birth_date=birth_date
    )
    if not found:
        raise NotFound("patients.no-match", "Aucun dossier n'a exactement ces traits.")
    if len(found) > 1:
        raise Refusal(
            "patients.several",
            "Plusieurs dossiers ont ces traits : rejoignez celui du patient avec ses cinq traits, "
            "ou son matricule INS.",
        )
    record_on(found[0], "patients.find-in-emergency", by=by, at=at)
    return found[0]
