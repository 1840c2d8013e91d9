"""Readings: the basis first, one audit line, counts of queries that do not grow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.patients.actions import open_link, read_record
from maillage.patients.enums import Basis, LinkKind
from maillage.patients.models import Patient
from maillage.vocabulary.errors import NotAllowed

Place = Callable[[str], Organization]


def ask(patient: Patient, place: Place, to: str, by: Actor, at: datetime, **marks: bool) -> None:
    open_link(
        patient=patient,
        kind=LinkKind.REQUEST,
        organization=place(to),
        asked_by=place("ch-maubeuge"),
        reference="demande-1",
        by=by,
        at=at,
        **marks,
    )


def test_the_one_who_receives_reads_and_one_line_says_why(
    patient: Patient, doctor: Actor, now: datetime
) -> None:
    ground = read_record(patient=patient, what="record", by=doctor, at=now)
    assert (ground.basis, ground.organization) == (Basis.SAME_ESTABLISHMENT, "ch-maubeuge")
    line = AuditEvent.objects.get(action="patients.read")
    assert (line.subject_kind, line.subject_key) == ("patient", patient.key)
    assert (line.subject_name, line.organization) == ("", "ch-maubeuge")
    assert line.details == {"basis": "SAME_ESTABLISHMENT", "what": "record", "reference": ""}


def test_nobody_else_reads_and_no_line_is_left(
    patient: Patient, neighbour: Actor, now: datetime
) -> None:
    with pytest.raises(NotAllowed, match="Aucune base légale"):
        read_record(patient=patient, what="record", by=neighbour, at=now)
    assert not AuditEvent.objects.filter(action="patients.read").exists()
