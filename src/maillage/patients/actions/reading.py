"""Readings of records, and searches: the basis first, then one audit line."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.patients.actions.trail import record_on
from maillage.patients.models import Patient
from maillage.patients.permissions import CARE
from maillage.patients.queries.grounds import find_ground
from maillage.patients.queries.search import SearchResult, SearchValues, find_matches
from maillage.patients.rules.access import Ground, check_found
from maillage.vocabulary.errors import NotFound

WHAT = re.compile(r"[a-z]+(-[a-z]+)*")


@transaction.atomic
def read_record(
    *, patient: Patient, what: str, by: Actor, at: datetime, reference: str = ""
) -> Ground:
    """Open a record for reading: the basis that holds, written in the trail in one line.

    ``what`` is the word of the thing read (``record``, ``request``, ``letter``): letters and
    hyphens, a constant of the code. ``reference`` is the key of that thing. Raises
    :class:`NotAllowed` without a basis, :class:`NotFound` for an erased record, ``ValueError`` for
    a ``what`` of another form, which could hold a name.
    """
    if not WHAT.fullmatch(what) or len(what) > 40:
        raise ValueError("what is read is said by a word of the code")
    if patient.erased_at is not None:
        raise NotFound("patients.erased", "Ce dossier a été effacé.")
    CARE.check(by)
    ground = check_found(find_ground(patient, by=by, at=at))
    record_on(
        patient,
        "patients.read",
        by=by,
        at=at,
        organization=ground.organization,
        basis=ground.basis.value,
        what=what,
        reference=reference,
    )
    return ground


@transaction.atomic
def search_patients(*, values: SearchValues, by: Actor, at: datetime) -> SearchResult:
    """Look for records as :func:`~maillage.patients.queries.search.find_matches` does, with one
    audit line that holds counts, never what was typed. Raises :class:`NotAllowed`,
    :class:`Invalid`, :class:`Refusal`."""
    CARE.check(by)
    result = find_matches(values, by=by, at=at)
    record(
        "patients.search",
        by=by,
        at=at,
        way=values.way,
        found=len(result.found),
        others=result.others,
    )
    return result
