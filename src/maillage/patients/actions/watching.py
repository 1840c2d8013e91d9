"""Readings by those who watch over records without caring for anybody: each leaves its line."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from maillage.accounts.permissions import Actor
from maillage.patients.actions.admission import read_identity
from maillage.patients.actions.reading import read_record
from maillage.patients.actions.trail import record_on
from maillage.patients.enums import IdentityState
from maillage.patients.models import BreakGlass, DuplicatePair, Patient
from maillage.patients.permissions import IDENTIFY, READ_ACCESSES, REVIEW
from maillage.patients.rules.access import Ground
from maillage.patients.rules.identity import full_name
from maillage.patients.rules.side_by_side import Trait, compare_traits


@transaction.atomic
def read_accesses(*, patient: Patient, by: Actor, at: datetime) -> Ground | None:
    """Open the history of accesses of a record: to the audit (None: no basis, no care content), or
    to whoever has a basis for the record. Raises :class:`NotAllowed`."""
    if READ_ACCESSES.allows(by):
        record_on(patient, "patients.read-accesses", by=by, at=at)
        return None
    return read_record(patient=patient, what="accesses", by=by, at=at)


@transaction.atomic
def read_pair(*, pair: DuplicatePair, by: Actor, at: datetime) -> list[Trait]:
    """The traits of both records, for identity vigilance. Raises :class:`NotAllowed`."""
    IDENTIFY.check(by)
    for patient in (pair.first, pair.second):
        record_on(patient, "patients.compare", by=by, at=at)
    states = (IdentityState(pair.first.identity_state), IdentityState(pair.second.identity_state))
    return compare_traits(read_identity(pair.first), read_identity(pair.second), states=states)


@transaction.atomic
def read_notice(*, opening: BreakGlass, by: Actor, at: datetime) -> str:
    """The name to put on the letter that tells a patient of an emergency opening. Raises
    :class:`NotAllowed`."""
    REVIEW.check(by)
    patient = opening.patient.merged_into or opening.patient
    record_on(patient, "patients.read-notice", by=by, at=at, opening=opening.pk)
    return full_name(patient)
