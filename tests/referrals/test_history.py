"""The history of a request and its conversation take new lines, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import DatabaseError, models, transaction

from maillage.patients.models import Patient
from maillage.referrals.actions.messages import post_message
from maillage.referrals.actions.person import check_merge, erase_person, export_person
from maillage.referrals.enums import Act, Kind
from maillage.referrals.models import Case, Event, Letter, Message, Referral
from maillage.vocabulary.errors import Refusal
from tests.referrals import requests_in_small as scene
from tests.referrals.requests_in_small import LOCAL, NEIGHBOUR, NOW, SPECIALIST, Hand

HISTORY = import_module("maillage.referrals.migrations.0002_append_only_history")


@pytest.fixture
def lines(patient: Patient) -> dict[str, models.Model]:
    """A line of history and a message."""
    request = scene.sent(patient)
    post_message(referral_key=request.key, text="Dose ?", token="1", by=LOCAL, at=NOW)
    return {"referrals_event": Event.objects.get(), "referrals_message": Message.objects.get()}


OTHER: dict[type[models.Field], Any] = {
    models.CharField: "x",
    models.TextField: "autre",
    models.JSONField: {"x": 1},
    models.DateTimeField: NOW + timedelta(days=1),
    models.PositiveIntegerField: 99,
}


@pytest.mark.parametrize("table", HISTORY.TABLES)
def test_no_column_can_be_changed(lines: dict[str, models.Model], table: str) -> None:
    line = lines[table]
    for field in line._meta.concrete_fields:
        if field.primary_key or isinstance(field, models.ForeignKey):
            continue
        rows = type(line)._default_manager.filter(pk=line.pk)
        # Even beside an erasure of the words.
        for words in ({}, dict.fromkeys(["text"], "")):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                rows.update(**{**words, field.attname: OTHER[type(field)]})
    known = {field.column for field in line._meta.concrete_fields}
    columns = HISTORY.TABLES[table]
    assert known == {*columns["kept"], *columns["blanked"]}


@pytest.mark.parametrize("table", HISTORY.TABLES)
def test_no_line_can_be_erased(lines: dict[str, models.Model], table: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        lines[table].delete()


def test_half_an_erasure_is_a_change(lines: dict[str, models.Model]) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.update(text="")
    assert Event.objects.get().data["sent"]


def test_a_person_is_handed_over_then_erased(
    patient: Patient, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    hand = Hand(scene.sent(patient))
    post_message(referral_key=hand.referral.key, text="Dose ?", token="1", by=LOCAL, at=NOW)
    hand.do(Act.ANSWER, NEIGHBOUR, conclusion="Thrombolyse à la dose usuelle.")
    Letter.objects.create(
        case=hand.referral.case, kind="ENTRY", organization=scene.hospital("ch-maubeuge"),
        content={"motif": "Déficit"}, changed_at=NOW, written_by="Dr Local",
    )  # fmt: skip
    with pytest.raises(Refusal, match="encore ouverte"):
        erase_person([patient.pk])
    hand.do(Act.CLOSE, LOCAL)

    (case,) = export_person([patient.pk])
    (request,) = case["demandes"]
    assert (case["résumé clinique"], request["conclusion"]) == (
        "Déficit brutal du membre supérieur droit.",
        "Thrombolyse à la dose usuelle.",
    )
    assert [line["quoi"] for line in request["histoire"]] == [
        "Demande envoyée", "Réponse rendue", "Demande close",
    ]  # fmt: skip
    assert request["messages"][0]["texte"] == "Dose ?"
    assert case["lettres"][0]["contenu"] == {"motif": "Déficit"}

    with django_capture_on_commit_callbacks(execute=True):
        erase_person([patient.pk])
    left = str(export_person([patient.pk]))
    for word in ("Déficit", "Thrombolyse", "Dose", "Aspirine", "nihss"):
        assert word not in left, word
    kept = Referral.objects.get()
    assert (kept.state, kept.outcome, kept.requester_name) == ("CLOSED", "ADVICE", "Dr Local")
    assert Event.objects.count() == 3
    assert not Event.objects.exclude(data={}).exists()
    assert Case.objects.get().summary == ""


def test_two_records_with_an_accepted_transfer_each_are_not_read_as_one(patient: Patient) -> None:
    other = scene.admit()
    both = [patient.pk, other.pk]
    Hand(scene.sent(patient, Kind.TRANSFER)).do(Act.ACCEPT_MEDICALLY, NEIGHBOUR)
    second = Hand(scene.sent(other, Kind.TRANSFER, to="thrombectomie-lille"))
    assert check_merge(both) == ""
    second.do(Act.ACCEPT_MEDICALLY, SPECIALIST)
    assert "filière « AVC »" in check_merge(both)
    assert check_merge([patient.pk]) == ""
    second.do(Act.CANCEL, LOCAL, reason="MISTAKE")
    assert check_merge(both) == ""
