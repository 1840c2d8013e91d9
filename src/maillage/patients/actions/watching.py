"""Readings by those who watch over records without caring for anybody: each leaves its line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.patients.actions.admission import read_identity
from maillage.patients.actions.trail import record_on
from maillage.patients.models import BreakGlass, DuplicatePair, Patient
from maillage.patients.permissions import IDENTIFY, READ_ACCESSES, REVIEW
from maillage.patients.queries.grounds import find_ground
from maillage.patients.queries.pages import list_accesses
from maillage.patients.rules.access import check_found
from maillage.patients.rules.identity import age_on, full_name
from maillage.patients.rules.side_by_side import Trait, compare_traits
from maillage.vocabulary.calendar import local_day

GROWN = 18
"""Age from which a letter goes to the patient, and no longer to those who hold parental authority
(Code civil, article 388)."""


@dataclass(frozen=True)
class Addressee:
    """To whom a letter goes. ``is_minor`` sends it to the holders of parental authority."""

    name: str
    is_minor: bool


@transaction.atomic
def read_accesses(*, patient: Patient, by: Actor, at: datetime) -> QuerySet[AuditEvent]:
    """The history of accesses to a record, newest first, with a line of its own: for the auditor,
    and for whoever has a basis for the record. Raises :class:`NotAllowed`."""
    ground = find_ground(patient, by=by, at=at)
    if ground is None and not READ_ACCESSES.allows(by):
        check_found(ground)
    record_on(
        patient,
        "patients.read-accesses",
        by=by,
        at=at,
        organization=ground.organization if ground else "",
        basis=ground.basis.value if ground else "",
    )
    return list_accesses(patient)


@transaction.atomic
def read_pair(*, pair: DuplicatePair, by: Actor, at: datetime) -> list[Trait]:
    """The traits of both records of a pair, for identity vigilance, nothing of their care; a line
    on each. Raises :class:`NotAllowed`."""
    IDENTIFY.check(by)
    for patient, other in ((pair.first, pair.second), (pair.second, pair.first)):
        record_on(patient, "patients.compare", by=by, at=at, other=other.key)
    return compare_traits(read_identity(pair.first), read_identity(pair.second))


@transaction.atomic
def read_addressee(*, opening: BreakGlass, by: Actor, at: datetime) -> Addressee:
    """The name to write on the letter that tells a patient of an emergency opening. Raises
    :class:`NotAllowed`."""
    REVIEW.check(by)
    patient = opening.patient.kept
    record_on(patient, "patients.read-notice", by=by, at=at, opening=opening.pk)
    born = patient.birth_date
    is_minor = born is not None and age_on(born, local_day(at)) < GROWN
    return Addressee(full_name(patient), is_minor)
