"""The pages of those who watch: accesses, openings, rights of persons, duplicates. Traces and
traits, never care."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.patients.actions import (
    break_glass,
    create_patient,
    detect_duplicates,
    merge_patients,
    read_record,
)
from maillage.patients.enums import PairState, ReviewState
from maillage.patients.models import BreakGlass, DuplicatePair, Merger, Patient
from maillage.patients.rules.constants import NOTICE_WITHIN
from tests.patients.conftest import person
from tests.patients.pages import REASON, names_nobody, text_of
from tests.patients.people import jeanne

ClientFor = Callable[..., Client]
Place = Callable[[str], Organization]


@pytest.fixture
def opening(record: Patient, place: Place, specialist: Actor, earlier: datetime) -> BreakGlass:
    """The record of Jeanne, opened from Lille and read once."""
    made = break_glass(
        patient=record, organization=place("chu-lille"), reason=REASON, by=specialist, at=earlier
    )
    read_record(patient=record, what="record", by=specialist, at=earlier + timedelta(minutes=2))
    return made


@pytest.fixture
def auditor(directory: None, client_for: ClientFor) -> Client:
    return client_for(Role.AUDITOR)


@pytest.fixture
def dim(directory: None, client_for: ClientFor) -> Client:
    return client_for(Role.DIM, at="ch-valenciennes")


@pytest.fixture
def pair(record: Patient, place: Place, neighbour: Actor, earlier: datetime) -> DuplicatePair:
    """Jeanne again, one letter more, received in Valenciennes."""
    actor = person("voisin", Role.DOCTOR, at="ch-valenciennes")
    create_patient(
        identity=jeanne(birth_name="Dupontele", used_name=""),
        organization=place("ch-valenciennes"),
        by=actor,
        at=earlier,
    )
    detect_duplicates(by=actor, at=earlier)
    return DuplicatePair.objects.get()


# Accesses


def test_the_audit_reads_traces_and_no_care(auditor: Client, opening: BreakGlass) -> None:
    page = text_of(auditor.get(reverse("patients:accesses", args=[opening.patient.key])))
    assert "Lecture d'un dossier patient" in page
    assert "Bris de glace" in page
    assert "Dr Lille" in page
    assert names_nobody(page)
    assert "IPP-77" not in page
    assert REASON not in page
    assert AuditEvent.objects.filter(action="patients.read-accesses").count() == 1


def test_those_who_care_read_the_accesses_of_their_patient(
    client_for: ClientFor, opening: BreakGlass
) -> None:
    address = reverse("patients:accesses", args=[opening.patient.key])
    own = text_of(client_for(Role.DOCTOR, at="ch-maubeuge").get(address))
    assert "Dr Lille" in own
    assert "Exporter les données" not in own
    assert client_for(Role.DOCTOR, at="ch-cambrai").get(address).status_code == 403


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.DIM, Role.ADMINISTRATOR], ids=str)
def test_other_roles_read_no_accesses(role: Role, client_for: ClientFor, record: Patient) -> None:
    address = reverse("patients:accesses", args=[record.key])
    assert client_for(role, at="ch-maubeuge").get(address).status_code == 403


def test_the_file_of_accesses_holds_the_same_lines(auditor: Client, opening: BreakGlass) -> None:
    answer = auditor.get(reverse("patients:accesses-csv", args=[opening.patient.key]))
    assert f"acces-{opening.patient.key}.csv" in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    readings = [row for row in rows if row["acte"] == "Lecture d'un dossier patient"]
    assert [row["a_quel_titre"] for row in readings] == ["Bris de glace"]
    assert readings[0]["etablissement"] == "chu-lille"
    assert names_nobody(answer.content.decode())


@pytest.mark.parametrize("count", [1, 40])
def test_accesses_run_the_same_queries_whatever_their_number(
    count: int,
    auditor: Client,
    record: Patient,
    doctor: Actor,
    earlier: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(count):
        read_record(patient=record, what="record", by=doctor, at=earlier)
    with django_assert_max_num_queries(16):
        page = text_of(auditor.get(reverse("patients:accesses", args=[record.key])))
    assert page.count("Lecture d'un dossier patient") == count


# Openings


def test_the_queue_shows_what_waits_then_all(auditor: Client, opening: BreakGlass) -> None:
    address = reverse("patients:opening", args=[opening.pk])
    assert address in text_of(auditor.get("/patients/ouvertures"))
    auditor.post(reverse("patients:review", args=[opening.pk]), {"verdict": "JUSTIFIED"})
    assert address not in text_of(auditor.get("/patients/ouvertures"))
    assert address in text_of(auditor.get("/patients/ouvertures?etat=toutes"))


@pytest.mark.parametrize("count", [1, 30])
def test_the_queue_runs_the_same_queries_whatever_its_length(
    count: int,
    auditor: Client,
    opening: BreakGlass,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(count - 1):
        opening.pk = None
        opening.save()
    with django_assert_max_num_queries(9):
        page = text_of(auditor.get("/patients/ouvertures"))
    assert page.count("Dr Lille") == count
    assert names_nobody(page)


def test_an_opening_shows_its_reason_and_traces(auditor: Client, opening: BreakGlass) -> None:
    page = text_of(auditor.get(reverse("patients:opening", args=[opening.pk])))
    assert REASON in page
    assert "Lecture d'un dossier patient" in page
    assert names_nobody(page)


def test_a_late_notice_is_said_late(auditor: Client, opening: BreakGlass) -> None:
    assert "À informer" in text_of(auditor.get("/patients/ouvertures"))
    old = timezone.now() - NOTICE_WITHIN - timedelta(hours=2)
    BreakGlass.objects.filter(pk=opening.pk).update(
        opened_at=old, expires_at=old + timedelta(hours=1)
    )
    assert "En retard" in text_of(auditor.get("/patients/ouvertures"))


def test_the_notice_is_noted_once(auditor: Client, opening: BreakGlass) -> None:
    address = reverse("patients:notice", args=[opening.pk])
    assert auditor.post(address, {"how": ""}).status_code == 422
    assert auditor.post(address, {"how": "Courrier envoyé"}).status_code == 302
    again = auditor.post(address, {"how": "Courrier envoyé"})
    assert again.status_code == 409
    assert "a déjà noté" in text_of(again)


def test_the_letter_names_the_patient_in_its_body_only(
    auditor: Client, opening: BreakGlass
) -> None:
    page = text_of(auditor.get(reverse("patients:letter", args=[opening.pk])))
    head, _, body = page.partition("<body")
    assert names_nobody(head)
    assert "MARTINET Jeanne" in body
    assert REASON in body
    assert opening.patient.key in body
    assert AuditEvent.objects.filter(action="patients.read-notice").count() == 1


def test_a_verdict_against_needs_its_words(auditor: Client, opening: BreakGlass) -> None:
    address = reverse("patients:review", args=[opening.pk])
    empty = auditor.post(address, {"verdict": "NOT_JUSTIFIED", "comment": ""})
    assert empty.status_code == 422
    assert '<a href="#id_comment">' in text_of(empty)
    sent = {"verdict": "NOT_JUSTIFIED", "comment": "Aucune venue ce jour-là."}
    assert auditor.post(address, sent).status_code == 302
    opening.refresh_from_db()
    assert opening.review == ReviewState.NOT_JUSTIFIED


def test_nobody_reviews_their_own_opening(client_for: ClientFor, opening: BreakGlass) -> None:
    client = client_for(Role.AUDITOR)
    BreakGlass.objects.filter(pk=opening.pk).update(username="essai-auditor-")
    page = text_of(client.get(reverse("patients:opening", args=[opening.pk])))
    assert "une autre personne doit examiner" in page
    answer = client.post(
        reverse("patients:review", args=[opening.pk]), {"verdict": "JUSTIFIED", "comment": ""}
    )
    assert answer.status_code == 403
    opening.refresh_from_db()
    assert opening.review == ReviewState.PENDING


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.DIM, Role.DIRECTOR], ids=str)
def test_the_queue_is_for_the_audit(role: Role, client_for: ClientFor, opening: BreakGlass) -> None:
    client = client_for(role, at="chu-lille")
    for name in ("opening", "letter"):
        assert client.get(reverse(f"patients:{name}", args=[opening.pk])).status_code == 403
    assert client.get("/patients/ouvertures").status_code == 403
    assert client.get("/patients/personnes").status_code == 403


# Rights of persons


def test_a_person_is_found_by_key_or_by_exact_traits(auditor: Client, record: Patient) -> None:
    address = reverse("patients:accesses", args=[record.key])
    by_key = auditor.post("/patients/personnes", {"key": record.key.lower()})
    assert address in text_of(by_key)
    traits = {
        "birth_name": "Dupontel",
        "first_given_name": "Jeanne",
        "birth_date": "12/05/1954",
    }
    assert address in text_of(auditor.post("/patients/personnes", traits))
    near = auditor.post("/patients/personnes", {**traits, "first_given_name": "Jean"})
    assert near.status_code == 422
    assert "Aucun dossier n'a exactement" in text_of(near)
    assert auditor.post("/patients/personnes", {"birth_name": "Dupontel"}).status_code == 422


def test_the_data_of_a_person_are_handed_over_as_a_file(auditor: Client, record: Patient) -> None:
    address = reverse("patients:export", args=[record.key])
    assert auditor.get(address).status_code == 405
    answer = auditor.post(address)
    kept = json.loads(answer.content)
    assert kept["Identité"][0]["nom de naissance"] == "DUPONTEL"
    assert answer["Content-Disposition"] == f'attachment; filename="donnees-{record.key}.json"'
    assert "no-store" in answer["Cache-Control"]


def test_those_who_care_hand_nothing_over(client_for: ClientFor, record: Patient) -> None:
    client = client_for(Role.DOCTOR, at="ch-maubeuge")
    assert client.post(reverse("patients:export", args=[record.key])).status_code == 403
    assert client.get(reverse("patients:erase", args=[record.key])).status_code == 403


def test_an_erasure_asks_for_the_key_and_obeys_the_law(
    auditor: Client, opening: BreakGlass
) -> None:
    record = opening.patient
    address = reverse("patients:erase", args=[record.key])
    sent = {"reason": "Demande de la personne", "confirmation": record.key}
    slip = auditor.post(address, {**sent, "confirmation": "ZZZZZZZZZZ"})
    assert slip.status_code == 422
    assert "rien n'est effacé" in text_of(slip)
    kept = auditor.post(address, sent)
    assert kept.status_code == 409
    record.refresh_from_db()
    assert record.birth_name == "DUPONTEL"


def test_an_invented_person_is_erased_and_her_traces_stay(
    auditor: Client, opening: BreakGlass
) -> None:
    record = opening.patient
    Patient.objects.filter(pk=record.pk).update(is_synthetic=True)
    answer = auditor.post(
        reverse("patients:erase", args=[record.key]),
        {"reason": "Fin de la démonstration", "confirmation": record.key},
        follow=True,
    )
    page = text_of(answer)
    assert "sont effacées" in page
    assert "Bris de glace" in page
    assert "Exporter les données" not in page
    record.refresh_from_db()
    assert record.birth_name == ""


# Duplicates


def test_a_pair_is_listed_by_short_labels_and_compared_by_traits(
    dim: Client, pair: DuplicatePair
) -> None:
    listed = text_of(dim.get("/patients/doublons"))
    assert reverse("patients:pair", args=[pair.pk]) in listed
    assert names_nobody(listed)
    page = text_of(dim.get(reverse("patients:pair", args=[pair.pk])))
    rows = page.split("<tbody>")[1].split("</tbody>")[0].split("</tr>")
    same = [row for row in rows if 'class="same"' in row]
    assert any("12 mai 1954" in row for row in same)
    assert not any("DUPONTELE" in row for row in same)
    assert "IPP-77" not in page  # a stay is care
    assert AuditEvent.objects.filter(action="patients.compare").count() == 2


@pytest.mark.parametrize("count", [1, 25])
def test_the_pairs_run_the_same_queries_whatever_their_number(
    count: int,
    dim: Client,
    pair: DuplicatePair,
    place: Place,
    doctor: Actor,
    earlier: datetime,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count - 1):
        made = create_patient(
            identity=jeanne(first_given_name=f"Anne{chr(97 + number)}", birth_given_names=""),
            organization=place("ch-maubeuge"),
            by=doctor,
            at=earlier,
        )
        DuplicatePair.objects.create(first=pair.first, second=made, score=80, found_at=earlier)
    with django_assert_max_num_queries(9):
        page = text_of(dim.get("/patients/doublons"))
    assert page.count('href="/patients/doublons/') == count


def test_a_merger_is_made_and_undone(dim: Client, pair: DuplicatePair) -> None:
    address = reverse("patients:merge", args=[pair.pk])
    kept, absorbed = pair.second, pair.first
    silent = dim.post(address, {"garder": kept.key, "reason": ""})
    assert silent.status_code == 422
    for unsaid in ({}, {"garder": "ni l'un ni l'autre"}):
        assert dim.post(address, {"reason": "Même carte", **unsaid}).status_code == 422
    assert not Merger.objects.exists()
    assert dim.post(address, {"garder": kept.key, "reason": "Même carte"}).status_code == 302
    merger = Merger.objects.get()
    assert (merger.kept, merger.absorbed) == (kept, absorbed)
    page = text_of(dim.get("/patients/fusions"))
    assert f"{absorbed.key} lu dans {kept.key}" in page
    dim.post(reverse("patients:undo-merger", args=[merger.pk]))
    absorbed.refresh_from_db()
    assert absorbed.merged_into is None
    again = dim.post(reverse("patients:undo-merger", args=[merger.pk]), follow=True)
    assert "a déjà défait" in text_of(again)


def test_a_refused_merger_keeps_the_words(dim: Client, pair: DuplicatePair) -> None:
    Patient.objects.filter(pk=pair.second.pk).update(ins_number="1", ins_oid="x")
    answer = dim.post(
        reverse("patients:merge", args=[pair.pk]),
        {"garder": pair.first.key, "reason": "Même carte"},
    )
    assert answer.status_code == 409
    assert "Gardez plutôt l'autre" in text_of(answer)
    assert 'value="Même carte"' in text_of(answer)


def test_two_persons_stay_two(dim: Client, pair: DuplicatePair) -> None:
    dim.post(reverse("patients:dismiss", args=[pair.pk]))
    pair.refresh_from_db()
    assert pair.state == PairState.DISMISSED
    page = text_of(dim.get(reverse("patients:pair", args=[pair.pk])))
    assert "Deux personnes" in page
    assert "Fusionner" not in page


def test_a_merged_record_is_read_through_the_kept_one(
    client_for: ClientFor, pair: DuplicatePair, earlier: datetime
) -> None:
    merge_patients(
        kept=pair.first,
        absorbed=pair.second,
        reason="Même carte",
        by=person("dim", Role.DIM, at="ch-valenciennes"),
        at=earlier,
    )
    client = client_for(Role.DOCTOR, at="ch-valenciennes")
    page = text_of(client.get(reverse("patients:record", args=[pair.second.key])))
    assert "DUPONTEL" in page
    assert f"il absorbe le dossier {pair.second.key}" in page


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.AUDITOR, Role.DIRECTOR], ids=str)
def test_duplicates_are_for_identity_vigilance(
    role: Role, client_for: ClientFor, pair: DuplicatePair
) -> None:
    client = client_for(role, at="ch-maubeuge")
    for address in (
        "/patients/doublons",
        "/patients/fusions",
        reverse("patients:pair", args=[pair.pk]),
    ):
        assert client.get(address).status_code == 403
    merge = reverse("patients:merge", args=[pair.pk])
    assert client.post(merge, {"garder": pair.first.key, "reason": "x"}).status_code == 403
