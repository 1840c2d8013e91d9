"""The step that the page of a request shows before anybody chooses one."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.patients.models import Patient
from tests.referrals.asking import NEW, ClientFor, admit, page_of, typed

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


def step_of(answer: object) -> str:
    """The step that is selected."""
    html = re.search(r'<select name="etape".*?</select>', page_of(answer), re.S)
    assert html is not None
    found = re.search(r'<option value="(\d)" selected', html[0])
    assert found is not None
    return found[1]


def usual(client: Client, patient: Patient, **chosen: object) -> str:
    values = typed(patient, acte="proposer", etape=None, equipe=None, **chosen)
    return step_of(client.post(NEW, values))


@pytest.mark.parametrize(
    ("pathway", "planned", "urgent"),
    [
        ("neurochirurgie", "3", "2"),
        ("brules-graves", "3", "2"),
        ("avc", "2", "2"),
        ("chirurgie-thoracique", "2", "2"),
        ("insuffisance-cardiaque", "2", "2"),
        ("vasculaire", "2", "2"),
        ("personnes-agees", "2", "2"),
    ],
)
def test_what_is_planned_goes_to_the_specialty(
    doctor: Client, patient: Patient, pathway: str, planned: str, urgent: str
) -> None:
    for kind in ("OPINION", "CONSULTATION"):
        for priority in ("P2", "P3"):
            found = usual(doctor, patient, filiere=pathway, nature=kind, priorite=priority)
            assert found == planned, (kind, priority)
    assert usual(doctor, patient, filiere=pathway, nature="OPINION", priorite="P0") == urgent
    assert usual(doctor, patient, filiere=pathway, nature="TRANSFER", priorite="P2") == urgent


def test_what_is_planned_goes_above_what_the_hospital_gives(client_for: ClientFor) -> None:
    """The stroke unit of Valenciennes asks those that do more, not one like itself."""
    there = admit("ch-valenciennes")
    asker = client_for(Role.DOCTOR, at="ch-valenciennes")
    chosen = {"filiere": "avc", "organisation": "ch-valenciennes", "nature": "OPINION"}
    assert usual(asker, there, **chosen, priorite="P2") == "3"
    assert usual(asker, there, **chosen, priorite="P1") == "2"


def test_the_usual_step_gives_way_and_a_chosen_one_stays(doctor: Client, patient: Patient) -> None:
    shown = {"filiere": "neurochirurgie", "acte": "proposer", "priorite": "P2", "equipe": None}
    left = typed(patient, **shown, etape="2", etape_usuelle="2")
    assert step_of(doctor.post(NEW, left)) == "3"
    chosen = typed(patient, **shown, etape="2", etape_usuelle="3")
    assert step_of(doctor.post(NEW, chosen)) == "2"


def test_sending_keeps_the_step_that_was_shown(doctor: Client, patient: Patient) -> None:
    values = typed(patient, filiere="neurochirurgie", priorite="P2", motif="", equipe=None)
    shown = doctor.post(NEW, {**values, "etape": "2", "etape_usuelle": "2"})
    assert step_of(shown) == "2"
