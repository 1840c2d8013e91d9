"""The doctor's request, from the choice of a patient to « Envoyer », with and without script."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import pytest_django
from django.test import Client
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor, Grant
from maillage.coverage.queries.network import load_network
from maillage.directory.models import HealthcareService, Organization
from maillage.patients.actions import create_patient
from maillage.patients.models import Patient
from maillage.patients.rules.identity import Identity
from maillage.referrals.actions.acts import act_on
from maillage.referrals.enums import Act, Kind, State
from maillage.referrals.models import MeetingSession, Referral
from maillage.vocabulary.calendar import to_paris

pytestmark = pytest.mark.usefixtures("example")

NEW = "/adressages/nouveau"
NIGHT = "22/11/2026 3h"
"""When the requests of these tests are for: a Sunday, at three in the morning."""

HTMX: dict[str, Any] = {"HTTP_HX_REQUEST": "true"}
ClientFor = Callable[..., Client]


@pytest.fixture(autouse=True)
def _at_night(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """The clock of the pages is that of the tests."""
    monkeypatch.setattr(timezone, "now", lambda: now)


@pytest.fixture
def patient(_at_night: None) -> Patient:
    """A patient of Fourmies."""
    return admit("ch-fourmies")


def admit(place: str, **changed: Any) -> Patient:
    traits: dict[str, Any] = {
        "birth_name": "LEROUX",
        "first_given_name": "ODETTE",
        "birth_date": date(1954, 3, 14),
        "sex": "F",
        "commune": "59249",
        **changed,
    }
    return create_patient(
        identity=Identity(**traits),
        organization=Organization.objects.get(slug=place),
        by=Actor("accueil", "Accueil", (Grant(Role.DOCTOR, place),)),
        at=timezone.now(),
    )


@pytest.fixture
def doctor(client_for: ClientFor) -> Client:
    """A doctor of Fourmies."""
    return client_for(Role.DOCTOR, at="ch-fourmies")


def typed(patient: Patient, **changed: Any) -> dict[str, Any]:
    """A whole request of a stroke, as the page posts it."""
    values = {
        "patient": patient.key,
        "organisation": "ch-fourmies",
        "filiere": "avc",
        "etape": "2",
        "nature": "OPINION",
        "priorite": "P0",
        "le": NIGHT,
        "motif": "Hémiplégie gauche, thrombolyse ?",
        "resume": "Trouvée au sol à 1 h 30.",
        "traitements": "Apixaban",
        "q_debut_connu": "observe",
        "q_debut": "22/11/2026 1h30",
        "q_nihss": "14",
        "equipe": team("ch-sambre-avesnois"),
        "accord": "REPRESENTED",
        "rappel": "03 27 11 22 33",
        "jeton": "jeton-d-essai",
        "acte": "envoyer",
    }
    return {name: value for name, value in {**values, **changed}.items() if value is not None}


def team(organization: str, care_type: str = "STROKE_UNIT") -> str:
    return str(
        HealthcareService.objects.get(
            site__organization__slug=organization, care_type=care_type
        ).slug
    )


class Fields(HTMLParser):
    """The controls of a page, and what names them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.controls: list[dict[str, str]] = []
        self.labelled: set[str] = set()
        self.ids: list[str] = []
        self._inside = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids += [found["id"]] if "id" in found else []
        if tag == "label":
            self._inside += 1
            self.labelled.add(found.get("for", ""))
        if tag in ("input", "select", "textarea") and found.get("type") != "hidden":
            self.controls.append({**found, "tag": tag, "in-label": str(self._inside)})

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._inside -= 1

    def value(self, name: str) -> str:
        """The value of the checked or typed control of this name."""
        for one in self.controls:
            if one.get("name") == name and (one.get("type") != "radio" or "checked" in one):
                return one.get("value", "")
        raise AssertionError(name)


def page_of(response: Any) -> str:
    return str(response.content.decode())


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
    assert not Referral.objects.exists()


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
    assert not Referral.objects.exists()


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
    referral = Referral.objects.get()
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
    assert Referral.objects.count() == 1


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
    assert not Referral.objects.exists()


def test_another_team_than_the_first_asks_for_the_reason(doctor: Client, patient: Patient) -> None:
    other = team("ch-valenciennes")
    refused = doctor.post(NEW, typed(patient, equipe=other))
    assert refused.status_code == 422
    assert "dites pourquoi" in page_of(refused)
    assert Fields(page_of(refused)).value("equipe") == other
    doctor.post(NEW, typed(patient, equipe=other, ecart="KNOWN_TEAM"))
    referral = Referral.objects.get()
    assert referral.to_organization.slug == "ch-valenciennes"
    assert referral.deviation == "KNOWN_TEAM"


def test_another_reason_is_told_in_words(doctor: Client, patient: Patient) -> None:
    values = typed(patient, equipe=team("ch-valenciennes"), ecart="OTHER")
    assert "Précisez ce motif" in page_of(doctor.post(NEW, values))
    doctor.post(NEW, {**values, "ecart_precision": "IRM en panne à Maubeuge"})
    assert Referral.objects.get().deviation_text == "IRM en panne à Maubeuge"


def test_outside_any_agreement_the_request_goes_and_is_marked(
    doctor: Client, patient: Patient
) -> None:
    doctor.post(NEW, typed(patient, equipe=team("ch-arras"), ecart="PATIENT_CHOICE"))
    referral = Referral.objects.get()
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
    referral = Referral.objects.get()
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
    assert not Referral.objects.exists()


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
    assert Referral.objects.get().is_vital


def test_several_teams_are_asked_at_once_for_a_transfer(doctor: Client, patient: Patient) -> None:
    values = typed(patient, nature="TRANSFER", aussi=[team("ch-valenciennes")])
    for _ in range(2):
        doctor.post(NEW, values)
    first, second = Referral.objects.order_by("pk")
    assert first.case == second.case
    assert {first.state, second.state} == {State.SENT}
    assert second.to_organization.slug == "ch-valenciennes"
    assert second.deviation == ""


def test_other_teams_are_left_aside_for_an_opinion(doctor: Client, patient: Patient) -> None:
    doctor.post(NEW, typed(patient, aussi=[team("ch-valenciennes")]))
    assert Referral.objects.count() == 1


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
    draft = Referral.objects.get()
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
    assert Referral.objects.filter(state=State.SENT).count() == 2
    draft.refresh_from_db()
    assert draft.case.question == "Hémiplégie gauche, thrombolyse ?"
    assert draft.events.filter(act=Act.SEND).count() == 1
    assert doctor.get(f"/adressages/{draft.key}/modifier").status_code == 302


def test_a_draft_belongs_to_its_hospital(
    doctor: Client, client_for: ClientFor, patient: Patient
) -> None:
    doctor.post(NEW, typed(patient, acte="brouillon"))
    draft = Referral.objects.get()
    other = client_for(Role.DOCTOR, at="ch-sambre-avesnois")
    assert other.get(f"/adressages/{draft.key}/modifier").status_code == 403


def test_a_stale_draft_does_not_overwrite(doctor: Client, patient: Patient) -> None:
    doctor.post(NEW, typed(patient, acte="brouillon"))
    draft = Referral.objects.get()
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
    opinion = Referral.objects.get()
    html = page_of(doctor.get(NEW, {"depuis": opinion.key, "nature": "TRANSFER", "etape": "3"}))
    fields = Fields(html)
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
    transfer = Referral.objects.get(kind=Kind.TRANSFER)
    assert transfer.case == opinion.case
    assert transfer.previous == opinion


def test_the_next_request_knows_the_phone_of_the_last(doctor: Client, patient: Patient) -> None:
    doctor.post(NEW, typed(patient))
    html = page_of(doctor.get(NEW, {"patient": patient.key}))
    assert Fields(html).value("rappel") == "03 27 11 22 33"


def do(referral: Referral, act: Act, *, at: str, now: datetime, **values: Any) -> Referral:
    """An act by a doctor of a hospital, in their own words."""
    return act_on(
        referral_key=referral.key,
        act=act,
        version=referral.version,
        values=values,
        by=Actor(f"medecin-{at}", "Dr Essai", (Grant(Role.DOCTOR, at),)),
        at=now,
    )


def test_a_team_that_refused_is_no_longer_the_first(
    doctor: Client, patient: Patient, now: datetime
) -> None:
    doctor.post(NEW, typed(patient))
    opinion = Referral.objects.get()
    do(opinion, Act.REFUSE, at="ch-sambre-avesnois", now=now, reason="NO_TEAM")
    next_one = {"depuis": opinion.key, "nature": "OPINION"}
    html = page_of(doctor.get(NEW, next_one))
    other = team("ch-valenciennes")
    assert Fields(html).value("equipe") == other
    assert Fields(html).value("motif") == "Hémiplégie gauche, thrombolyse ?"
    values = typed(patient, depuis=opinion.key, equipe=other, jeton="la-suite")
    assert doctor.post(NEW, values).status_code == 302
    assert Referral.objects.latest("pk").deviation == ""


def test_a_team_that_another_named_comes_first(
    doctor: Client, patient: Patient, now: datetime
) -> None:
    doctor.post(NEW, typed(patient))
    opinion = Referral.objects.get()
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
    transfer = Referral.objects.get()
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
    assert Fields(stroke_unit).value("equipe") == team("ch-valenciennes")
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
    back = Referral.objects.get(kind=Kind.RETURN)
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
    assert Referral.objects.get().session == session


# Several places, speed


def test_who_works_in_two_hospitals_asks_for_that_of_the_patient(
    client_for: ClientFor, patient: Patient
) -> None:
    from maillage.accounts.models import RoleGrant, User

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
    assert Referral.objects.get().route["at"] == now.isoformat()
    assert f"{to_paris(now):%H}" == "03"
