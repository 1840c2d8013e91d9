"""What the tables refuse, whoever writes: one owner, one clock, both acceptances, one transfer."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from maillage.patients.models import Patient
from maillage.referrals.enums import Act, Kind
from maillage.referrals.models import Event, Referral
from tests.referrals import requests_in_small as scene
from tests.referrals.requests_in_small import NEIGHBOUR, NOW, Hand


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"owner": ""}, "referrals_one_owner_one_clock"),
        ({"clock": ""}, "referrals_one_owner_one_clock"),
        ({"due_at": None}, "referrals_one_owner_one_clock"),
        ({"clock_minutes": None}, "referrals_one_owner_one_clock"),
        ({"closed_at": NOW}, "referrals_one_owner_one_clock"),
        ({"state": "CLOSED", "closed_at": NOW}, "referrals_one_owner_one_clock"),
        ({"state": "ACCEPTED"}, "referrals_transfer_needs_both"),
        ({"medical_at": NOW}, "referrals_medical_is_whole"),
        ({"bed_by": "Dr X"}, "referrals_bed_is_whole"),
        ({"sent_at": None}, "referrals_sent_has_an_hour"),
    ],
)
def test_the_table_refuses(patient: Patient, values: dict[str, Any], name: str) -> None:
    scene.sent(patient, Kind.TRANSFER)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Referral.objects.update(**values)


def test_the_table_refuses_a_second_accepted_transfer(patient: Patient) -> None:
    Hand(scene.sent(patient, Kind.TRANSFER)).do(Act.ACCEPT_MEDICALLY, NEIGHBOUR)
    draft = scene.written(patient, Kind.TRANSFER, to="thrombectomie-lille")
    rows = Referral.objects.filter(pk=draft.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(medical_at=NOW, medical_by="Dr X")
    # Another need is another transfer.
    other = scene.sent(patient, Kind.TRANSFER, pathway="cancer")
    assert Hand(other).do(Act.ACCEPT_MEDICALLY, NEIGHBOUR).medical_by == "Dr Voisin"


def test_one_line_of_history_for_each_version(patient: Patient) -> None:
    scene.sent(patient)
    line = Event.objects.get()
    line.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        line.save(force_insert=True)
