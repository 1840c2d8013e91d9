"""Readings of requests and of what goes with them: a legal basis for the patient, a part in the
request, then one audit line."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from maillage.accounts.permissions import Actor
from maillage.patients.actions import read_record
from maillage.patients.rules.access import Ground
from maillage.referrals.enums import Side
from maillage.referrals.models import Document, Letter, Referral
from maillage.referrals.queries.reading import check_reads, check_reads_case, reads_letter
from maillage.referrals.queries.requests import sides_of
from maillage.referrals.rules.reading import BEFORE_TRANSPORT, before_transport, elsewhere
from maillage.vocabulary.errors import NotAllowed


@transaction.atomic
def read_request(*, referral: Referral, what: str, by: Actor, at: datetime) -> Ground:
    """Open a request for reading; ``what`` as for
    :func:`~maillage.patients.actions.reading.read_record`. Raises :class:`NotAllowed` without a
    basis, or without a part in it."""
    try:
        ground = read_record(
            patient=referral.patient, what=what, reference=referral.key, by=by, at=at
        )
    except NotAllowed as refused:
        if Side.REGULATOR in sides_of(referral, by) and referral.state in BEFORE_TRANSPORT:
            raise before_transport() from refused
        raise
    check_reads(referral, ground, by)
    return ground


@transaction.atomic
def read_document(*, document: Document, by: Actor, at: datetime) -> Ground:
    """Open a document of a case. Raises :class:`NotAllowed` as :func:`read_request`."""
    case = document.case
    ground = read_record(patient=case.patient, what="document", reference=case.key, by=by, at=at)
    check_reads_case(case.pk, ground, by)
    return ground


@transaction.atomic
def read_letter(*, letter: Letter, what: str = "letter", by: Actor, at: datetime) -> Ground:
    """Open a written piece of a case; one that is not signed, for those who write it. Raises
    :class:`NotAllowed` as :func:`read_request`."""
    case = letter.case
    ground = read_record(patient=case.patient, what=what, reference=letter.key, by=by, at=at)
    if not reads_letter(letter, by):
        raise elsewhere()
    check_reads_case(case.pk, ground, by)
    return ground
