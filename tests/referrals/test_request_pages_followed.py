"""Drafts, what follows a request, several places, and the queries of the page."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import pytest_django
from django.test import Client
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import RoleGrant, User
from maillage.coverage.queries.network import load_network
from maillage.directory.models import HealthcareService
from maillage.patients.models import Patient
from maillage.referrals.enums import Act, Kind, State
from maillage.referrals.models import MeetingSession
from maillage.vocabulary.calendar import to_paris
from tests.referrals.asking import (
    HTMX,
    NEW,
    NIGHT,
    ClientFor,
    Fields,
    admit,
    do,
    page_of,
    team,
    typed,
    written,
)

pytestmark = pytest.mark.usefixtures("example")


@pytest.fixture(autouse=True)
def _at_night(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """The clock of the pages is that of the tests."""
    monkeypatch.setattr(timezone, "now", lambda: now)


@pytest.fixture
def patient(_at_night: None) -> Patient:
    """A patient of Fourmies."""
    return admit("ch-fourmies")


@pytest.fixture
def doctor(client_for: ClientFor) -> Client:
    """A doctor of Fourmies."""
    return client_for(Role.DOCTOR, at="ch-fourmies")


# Drafts


def test_a_draft_is_kept_incomplete_shown_again_then_sent(doctor: Client, patient: Patient) -> None:
    values = typed(
        patient,
        acte="brouillon",
        nature="TRANSFER",
        motif="",
        accord=None,
        rappel="",
        q_nihss="",
        aussi=[team("ch-valenciennes")],
    )
    kept = doctor.post(NEW, values, follow=True)
    draft = written().get()
    assert draft.state == State.DRAFT
    html = page_of(kept)
    assert kept.request["PATH_INFO"] == f"/adressages/{draft.key}/modifier"
    assert "rien n" in html
    assert "Brouillon enregistré à" in html
    assert Fields(html).value("q_debut") == "22/11/2026 01h30"
    assert "Trouvée au sol" in html
    also = [one for one in Fields(html).controls if one.get("name") == "aussi" and "checked" in one]
    assert [one["value"] for one in also] == [team("ch-valenciennes")]
    whole = typed(
        patient, nature="TRANSFER", aussi=[team("ch-valenciennes")], version=draft.version
    )
    sent = doctor.post(f"/adressages/{draft.key}/modifier", whole)
    assert sent.status_code == 302
    assert sent["Location"] == f"/adressages/{draft.key}"
    assert written().filter(state=State.SENT).count() == 2
    draft.refresh_from_db()
    assert draft.case.question == "Hémiplégie gauche, thrombolyse ?"
    assert draft.events.filter(act=Act.SEND).count() == 1
    assert doctor.get(f"/adressages/{draft.key}/modifier").status_code == 302


def test_a_draft_belongs_to_its_hospital(
    doctor: Client, client_for: ClientFor, patient: Patient
) -> None:
    doctor.post(NEW, typed(patient, acte="brouillon"))
    draft = written().get()
    other = client_for(Role.DOCTOR, at="ch-sambre-avesnois")
    assert other.get(f"/adressages/{draft.key}/modifier").status_code == 403


def test_a_stale_draft_does_not_overwrite(doctor: Client, patient: Patient) -> None:
    doctor.post(NEW, typed(patient, acte="brouillon"))
    draft = written().get()
    address = f"/adressages/{draft.key}/modifier"
    seen = draft.version
    doctor.post(address, typed(patient, acte="brouillon", motif="Plus récent", version=seen))
    late = doctor.post(address, typed(patient, acte="brouillon", motif="Plus vieux", version=seen))
    assert late.status_code == 409
    assert Fields(page_of(late)).value("motif") == "Plus vieux"
    draft.refresh_from_db()
    assert draft.case.question == "Plus récent"


# What follows


def test_an_opinion_becomes_a_transfer_without_typing_anything_again(
    doctor: Client, patient: Patient
) -> None:
    doctor.post(NEW, typed(patient))
    opinion = written().get()
    html = page_of(doctor.get(NEW, {"depuis": opinion.key, "nature": "TRANSFER", "etape": "3"}))
    fields = Fields(html)
    assert fields.value("motif") == "Hémiplégie gauche, thrombolyse ?"
    assert fields.value("q_nihss") == "14"
    assert fields.value("q_debut") == "22/11/2026 01h30"
    assert fields.value("rappel") == "03 27 11 22 33"
    assert "Apixaban" in html
    assert fields.value("equipe") == team("chu-lille", "THROMBECTOMY")
    values = typed(
        patient,
        depuis=opinion.key,
        nature="TRANSFER",
        etape="3",
        equipe=team("chu-lille", "THROMBECTOMY"),
        q_occlusion="m1",
        jeton="un-autre-jeton",
    )
    doctor.post(NEW, values)
    transfer = written().get(kind=Kind.TRANSFER)
    assert transfer.case == opinion.case
    assert transfer.previous == opinion


def test_the_next_request_knows_the_phone_of_the_last(doctor: Client, patient: Patient) -> None:
    doctor.post(NEW, typed(patient))
    html = page_of(doctor.get(NEW, {"patient": patient.key}))
    assert Fields(html).value("rappel") == "03 27 11 22 33"


def test_a_team_that_refused_is_no_longer_the_first(
    doctor: Client, patient: Patient, now: datetime
) -> None:
    doctor.post(NEW, typed(patient))
    opinion = written().get()
    do(opinion, Act.REFUSE, at="ch-sambre-avesnois", now=now, reason="NO_TEAM")
    next_one = {"depuis": opinion.key, "nature": "OPINION"}
    html = page_of(doctor.get(NEW, next_one))
    other = team("ch-valenciennes")
    assert Fields(html).value("equipe") == other
    assert Fields(html).value("motif") == "Hémiplégie gauche, thrombolyse ?"
    values = typed(patient, depuis=opinion.key, equipe=other, jeton="la-suite")
    assert doctor.post(NEW, values).status_code == 302
    assert written().latest("pk").deviation == ""


def test_a_team_that_another_named_comes_first(
    doctor: Client, patient: Patient, now: datetime
) -> None:
    doctor.post(NEW, typed(patient))
    opinion = written().get()
    named = team("ch-arras")
    do(
        opinion,
        Act.REDIRECT,
        at="ch-sambre-avesnois",
        now=now,
        reason="OTHER_LEVEL",
        proposed_service=named,
    )
    html = page_of(doctor.get(NEW, {"depuis": opinion.key, "nature": "OPINION"}))
    assert Fields(html).value("equipe") == named


def test_a_return_goes_home_under_what_the_patient_came_by(
    doctor: Client, client_for: ClientFor, patient: Patient, now: datetime
) -> None:
    lille = "chu-lille"
    values = typed(
        patient, etape="3", nature="TRANSFER", equipe=team(lille, "THROMBECTOMY"), q_occlusion="m1"
    )
    doctor.post(NEW, values)
    transfer = written().get()
    transfer = do(transfer, Act.ACCEPT_MEDICALLY, at=lille, now=now)
    transfer = do(transfer, Act.ACCEPT_BED, at=lille, now=now, bed="12")
    soon = now + timedelta(hours=2)
    transfer = do(transfer, Act.DEPART, at="ch-fourmies", now=now, arrives_at=soon)
    transfer = do(transfer, Act.ARRIVE, at=lille, now=now)
    transfer = do(transfer, Act.TAKE_OVER, at=lille, now=now)
    specialist = client_for(Role.DOCTOR, at=lille)
    asked = {"depuis": transfer.key, "nature": "RETURN"}
    stroke_unit = page_of(specialist.get(NEW, asked))
    assert "Ce qui a été fait" in stroke_unit
    assert f'value="{team(lille, "THROMBECTOMY")}" selected' in stroke_unit
    assert Fields(stroke_unit).value("equipe") == team("ch-sambre-avesnois")
    home = team("ch-fourmies", "EMERGENCY")
    assert Fields(page_of(specialist.get(NEW, {**asked, "etape": "1"}))).value("equipe") == home
    values = {
        "depuis": transfer.key,
        "organisation": lille,
        "filiere": "avc",
        "etape": "1",
        "nature": "RETURN",
        "priorite": "P3",
        "le": NIGHT,
        "motif": "Retour après thrombectomie",
        "q_fait": "Thrombectomie le 22",
        "q_suite": "Antiagrégant",
        "q_contact": "UNV, 03 20 00 00 00",
        "equipe": home,
        "accord": "AGREES",
        "rappel": "0320000000",
        "jeton": "retour",
        "acte": "envoyer",
    }
    assert specialist.post(NEW, values).status_code == 302
    back = written().get(kind=Kind.RETURN)
    assert back.from_organization.slug == lille
    assert back.to_organization.slug == "ch-fourmies"
    assert (back.previous, back.case, back.clause) == (transfer, transfer.case, transfer.clause)
    assert back.case.answers["nihss"] == "14"


def test_a_meeting_is_put_on_the_list_of_a_session(
    client_for: ClientFor, patient: Patient, now: datetime
) -> None:
    service = HealthcareService.objects.get(slug=team("ch-valenciennes", "BREAST_SURGERY"))
    session = MeetingSession.objects.create(
        service=service, name="RCP sein", starts_at=now + timedelta(days=4)
    )
    doctor = client_for(Role.DOCTOR, at="ch-fourmies")
    values = typed(
        patient,
        filiere="cancer-du-sein",
        nature="MEETING",
        priorite="P3",
        equipe=service.slug,
        ecart="CLINICAL",
        seance=str(session.pk),
        q_cote="gauche",
    )
    shown = page_of(doctor.post(NEW, {**values, "acte": "proposer"}))
    assert "RCP sein" in shown
    doctor.post(NEW, values)
    assert written().get().session == session


# Several places, speed


def test_who_works_in_two_hospitals_asks_for_that_of_the_patient(
    client_for: ClientFor, patient: Patient
) -> None:
    client = client_for(Role.DOCTOR, at="ch-fourmies")
    user = User.objects.get(username="essai-doctor-ch-fourmies")
    RoleGrant.objects.create(user=user, role=Role.DOCTOR, organization="ch-avesnes")
    html = page_of(client.get(NEW, {"patient": patient.key, "filiere": "avc"}))
    assert re.search(r'<option value="ch-fourmies" selected>', html)
    assert "depuis CH de Fourmies" in html
    values = typed(patient, acte="proposer", organisation="ch-avesnes")
    assert "depuis CH du Pays d" in page_of(client.post(NEW, values))


def test_queries_are_counted(
    doctor: Client,
    patient: Patient,
    now: datetime,
    django_assert_max_num_queries: pytest_django.DjangoAssertNumQueries,
) -> None:
    load_network(now)
    asked = {"patient": patient.key, "filiere": "avc", "priorite": "P0"}
    doctor.get(NEW, asked)
    with django_assert_max_num_queries(19):
        doctor.get(NEW, asked)
    refresh = typed(patient, acte="proposer")
    with django_assert_max_num_queries(17):
        doctor.post(NEW, refresh, **HTMX)


def test_the_hour_typed_is_that_of_paris(doctor: Client, patient: Patient, now: datetime) -> None:
    doctor.post(NEW, typed(patient))
    assert written().get().route["at"] == now.isoformat()
    assert f"{to_paris(now):%H}" == "03"
