"""The letter that tells a patient of an emergency opening."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from maillage.accounts.permissions import Actor
from maillage.patients.actions.trail import record_on
from maillage.patients.models import BreakGlass
from maillage.patients.permissions import REVIEW
from maillage.patients.rules.identity import age_on, full_name
from maillage.vocabulary.calendar import local_day

GROWN = 18
"""Age from which a letter goes to the patient, and no longer to those who hold parental authority
(Code civil, article 388)."""


@dataclass(frozen=True)
class Addressee:
    """To whom the letter goes. ``is_minor`` sends it to the holders of parental authority."""

    name: str
    is_minor: bool


@transaction.atomic
def read_addressee(*, opening: BreakGlass, by: Actor, at: datetime) -> Addressee:
    """The name to write on the letter, with an audit line. Raises :class:`NotAllowed`."""
    REVIEW.check(by)
    patient = opening.patient.merged_into or opening.patient
    record_on(patient, "patients.read-notice", by=by, at=at, opening=opening.pk)
    born, today = patient.birth_date, local_day(at)
    return Addressee(full_name(patient), born is not None and age_on(born, today) < GROWN)
