"""The doctor's request, from the choice of a patient to « Envoyer », with and without script."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest
from django.test import Client
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.patients.models import Patient
from maillage.referrals.enums import Kind, State
from tests.referrals.asking import (
    HTMX,
    NEW,
    ClientFor,
    Fields,
    admit,
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


# The patient


def test_without_a_patient_the_page_offers_those_who_came_and_the_search(
    doctor: Client, patient: Patient
) -> None:
    elsewhere = admit("ch-arras", first_given_name="JEANNE", birth_date=date(1950, 1, 1))
    html = page_of(doctor.get(NEW))
    assert f"{NEW}?patient={patient.key}" in html
    assert "/patients/" in html
    assert elsewhere.key not in html
    assert "LEROUX" not in html


def test_a_record_without_basis_stays_closed(client_for: ClientFor, patient: Patient) -> None:
    stranger = client_for(Role.DOCTOR, at="ch-arras")
    assert stranger.get(NEW, {"patient": patient.key}).status_code == 403
    assert stranger.post(NEW, typed(patient)).status_code == 403
    assert stranger.post(NEW, typed(patient, acte="proposer"), **HTMX).status_code == 403
    assert not written().exists()


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.REGULATOR, Role.DIM, Role.AUDITOR])
def test_only_those_who_give_care_ask(client_for: ClientFor, patient: Patient, role: Role) -> None:
    client = client_for(role, at="ch-fourmies")
    assert client.get(NEW, {"patient": patient.key}).status_code == 403


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.ON_CALL, Role.COORDINATOR, Role.CITY])
def test_each_who_gives_care_may_ask(client_for: ClientFor, patient: Patient, role: Role) -> None:
    client = client_for(role, at="ch-fourmies")
    assert client.get(NEW, {"patient": patient.key}).status_code == 200


def test_a_role_held_everywhere_asks_for_nobody(client_for: ClientFor, patient: Patient) -> None:
    assert client_for(Role.DOCTOR).get(NEW, {"patient": patient.key}).status_code == 403


def test_opening_the_page_leaves_one_line_and_a_refresh_none(
    doctor: Client, patient: Patient
) -> None:
    def lines() -> int:
        return AuditEvent.objects.filter(action="patients.read", subject_key=patient.key).count()

    html = page_of(doctor.get(NEW, {"patient": patient.key}))
    assert "LEROUX Odette" in html
    assert lines() == 1
    refreshed = page_of(doctor.post(NEW, typed(patient, acte="proposer"), **HTMX))
    assert "LEROUX" not in refreshed
    assert lines() == 1
    without_script = page_of(doctor.post(NEW, typed(patient, acte="proposer")))
    assert "LEROUX" in without_script
    assert lines() == 2


# What is shown


def test_the_page_of_a_stroke_at_night(doctor: Client, patient: Patient) -> None:
    asked = {"patient": patient.key, "filiere": "avc", "priorite": "P0"}
    html = page_of(doctor.get(NEW, asked))
    fields = Fields(html)
    assert fields.value("equipe") == team("ch-sambre-avesnois")
    assert "Même groupement : GHT Hainaut-Cambrésis" in html
    assert "Hors convention" in html
    assert "Score NIHSS" in html
    assert "Déficit de moins de 24 h" in html


def test_every_control_has_a_label_and_no_id_is_used_twice(
    doctor: Client, patient: Patient
) -> None:
    html = page_of(doctor.post(NEW, typed(patient, nature="TRANSFER", acte="proposer")))
    fields = Fields(html)
    bare = [
        one
        for one in fields.controls
        if one["in-label"] == "0"
        and one.get("id") not in fields.labelled
        and "aria-label" not in one
    ]
    assert not bare
    doubled = {one for one in fields.ids if fields.ids.count(one) > 1}
    assert not doubled


def test_without_script_the_page_comes_back_with_everything_typed(
    doctor: Client, patient: Patient
) -> None:
    values = typed(patient, acte="proposer", accord=None, rappel="", q_nihss="quatorze")
    html = page_of(doctor.post(NEW, values))
    fields = Fields(html)
    assert fields.value("motif") == "Hémiplégie gauche, thrombolyse ?"
    assert fields.value("q_nihss") == "quatorze"
    assert "Trouvée au sol" in html
    assert "À corriger" not in html
    assert not written().exists()


def test_another_choice_proposes_its_own_first_team_unless_the_doctor_chose(
    doctor: Client, patient: Patient
) -> None:
    near, far = team("ch-sambre-avesnois"), team("ch-valenciennes")
    step3 = typed(patient, acte="proposer", etape="3", nature="TRANSFER", premiere=near)
    thrombectomy = team("chu-lille", "THROMBECTOMY")
    assert Fields(page_of(doctor.post(NEW, step3))).value("equipe") == thrombectomy
    kept = typed(patient, acte="proposer", priorite="P1", premiere=near, equipe=far)
    assert Fields(page_of(doctor.post(NEW, kept))).value("equipe") == far


def test_a_day_without_roster_is_said_on_the_page(doctor: Client, patient: Patient) -> None:
    html = page_of(doctor.post(NEW, typed(patient, acte="proposer", le="02/05/2040 3h", age="85")))
    assert "Aucun tour de garde n&#x27;est saisi" in html or "Aucun tour de garde n'est" in html


def test_nothing_of_the_patient_is_in_an_address(doctor: Client, patient: Patient) -> None:
    html = page_of(doctor.get(NEW, {"patient": patient.key}))
    for address in re.findall(r'(?:href|action|hx-post)="([^"]*)"', html):
        assert "LEROUX" not in address.upper()
        assert "1954" not in address


# Sending


def test_a_request_is_sent_with_what_was_proposed(doctor: Client, patient: Patient) -> None:
    response = doctor.post(NEW, typed(patient))
    referral = written().get()
    assert response.status_code == 302
    assert response["Location"] == f"/adressages/{referral.key}"
    assert referral.state == State.SENT
    assert referral.kind == Kind.OPINION
    assert referral.to_organization.slug == "ch-sambre-avesnois"
    assert referral.basis == "group:ght-hainaut-cambresis"
    assert not referral.is_outside_agreement
    assert referral.deviation == ""
    assert referral.expected_minutes == 35
    assert referral.route["chosen"] == team("ch-sambre-avesnois")
    assert [line["organization"] for line in referral.route["lines"]] == [
        "ch-sambre-avesnois",
        "ch-valenciennes",
    ]
    case = referral.case
    assert case.question == "Hémiplégie gauche, thrombolyse ?"
    assert case.answers == {
        "debut_connu": "observe",
        "debut": "2026-11-22T01:30+01:00",
        "nihss": "14",
    }


def test_a_double_click_sends_once(doctor: Client, patient: Patient) -> None:
    first, second = (doctor.post(NEW, typed(patient)) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert written().count() == 1


def test_what_lacks_is_summed_up_and_nothing_is_lost(doctor: Client, patient: Patient) -> None:
    values = typed(patient, motif="", q_nihss="60", accord=None, rappel="", priorite="")
    response = doctor.post(NEW, values)
    html = page_of(response)
    assert response.status_code == 422
    assert "À corriger" in html
    for sentence in (
        "Écrivez en une phrase",
        "Indiquez un nombre entre 0 et 42",
        "Dites ce que le patient",
        "Indiquez le numéro",
        "Choisissez la priorité",
    ):
        assert sentence in html
    assert Fields(html).value("q_nihss") == "60"
    assert "Trouvée au sol" in html
    assert not written().exists()


def test_another_team_than_the_first_asks_for_the_reason(doctor: Client, patient: Patient) -> None:
    other = team("ch-valenciennes")
    refused = doctor.post(NEW, typed(patient, equipe=other))
    assert refused.status_code == 422
    assert "dites pourquoi" in page_of(refused)
    assert Fields(page_of(refused)).value("equipe") == other
    doctor.post(NEW, typed(patient, equipe=other, ecart="KNOWN_TEAM"))
    referral = written().get()
    assert referral.to_organization.slug == "ch-valenciennes"
    assert referral.deviation == "KNOWN_TEAM"


def test_another_reason_is_told_in_words(doctor: Client, patient: Patient) -> None:
    values = typed(patient, equipe=team("ch-valenciennes"), ecart="OTHER")
    assert "Précisez ce motif" in page_of(doctor.post(NEW, values))
    doctor.post(NEW, {**values, "ecart_precision": "IRM en panne à Maubeuge"})
    assert written().get().deviation_text == "IRM en panne à Maubeuge"


def test_outside_any_agreement_the_request_goes_and_is_marked(
    doctor: Client, patient: Patient
) -> None:
    doctor.post(NEW, typed(patient, equipe=team("ch-arras"), ecart="PATIENT_CHOICE"))
    referral = written().get()
    assert referral.is_outside_agreement
    assert referral.basis == "none"
    assert referral.clause is None


def test_a_folded_list_opens_on_the_team_that_is_chosen(doctor: Client, patient: Patient) -> None:
    outside = r'<details class="routes-more"( open)?><summary>Hors convention'
    for chosen, is_open in ((team("ch-valenciennes"), False), (team("ch-arras"), True)):
        html = page_of(doctor.post(NEW, typed(patient, acte="proposer", equipe=chosen)))
        found = re.search(outside, html)
        assert found is not None
        assert bool(found[1]) is is_open


def test_a_clause_is_kept_with_its_agreement(doctor: Client, patient: Patient) -> None:
    values = typed(
        patient,
        etape="3",
        nature="TRANSFER",
        equipe=team("chu-lille", "THROMBECTOMY"),
        q_occlusion="m1",
        soins="R1",
        delai="DEL0",
        accompagnement="SMUR",
        retour_heures="24",
    )
    doctor.post(NEW, values)
    referral = written().get()
    assert referral.clause is not None
    assert referral.clause.slug == "hc-2017-thrombectomie"
    assert referral.agreement == referral.clause.agreement
    assert (referral.hub_care_level, referral.hub_delay) == ("R1", "DEL0")
    assert referral.transport == "SMUR"
    assert referral.return_within_hours == 24


def test_a_team_that_is_not_proposed_is_not_written_to(doctor: Client, patient: Patient) -> None:
    for invented in ("nulle-part", team("ch-fourmies", "EMERGENCY")):
        response = doctor.post(NEW, typed(patient, equipe=invented))
        assert response.status_code == 422
        assert "plus proposée" in page_of(response)
    assert not written().exists()


@pytest.mark.parametrize(
    ("said", "sentence"), [("REFUSES", "Le patient refuse"), ("UNABLE", "urgence vitale permet")]
)
def test_what_the_patient_said_may_stop_it(
    doctor: Client, patient: Patient, said: str, sentence: str
) -> None:
    response = doctor.post(NEW, typed(patient, accord=said))
    assert response.status_code == 422
    assert sentence in page_of(response)


def test_a_vital_emergency_goes_without_the_patient_told(doctor: Client, patient: Patient) -> None:
    doctor.post(NEW, typed(patient, accord="UNABLE", vital="on"))
    assert written().get().is_vital


def test_several_teams_are_asked_at_once_for_a_transfer(doctor: Client, patient: Patient) -> None:
    values = typed(patient, nature="TRANSFER", aussi=[team("ch-valenciennes")])
    for _ in range(2):
        doctor.post(NEW, values)
    first, second = written()
    assert first.case == second.case
    assert {first.state, second.state} == {State.SENT}
    assert second.to_organization.slug == "ch-valenciennes"
    assert second.deviation == ""


def test_other_teams_are_left_aside_for_an_opinion(doctor: Client, patient: Patient) -> None:
    doctor.post(NEW, typed(patient, aussi=[team("ch-valenciennes")]))
    assert written().count() == 1
