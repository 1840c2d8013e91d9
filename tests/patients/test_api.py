"""Patients by JSON: the same bases as the pages, and no trait where it must not be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.patients.models import BreakGlass, CareLink, Patient
from tests.patients.people import JEANNE_INS, TRAITS
from tests.referrals.programs import Program, program

HOME = "/api/patients"
IDENTITY = {
    "birth_name": "Dupontel",
    "first_given_name": "Jeanne",
    "birth_date": "1954-05-12",
    "sex": "F",
    "birthplace": "59392",
    "used_name": "Martinet",
}
REASON = "Coma à l'arrivée aux urgences, traitement inconnu"

Make = Callable[..., Program]


@pytest.fixture(autouse=True)
def _at_night(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """The clock of the interface moves by a second at each look."""
    ticks = iter(range(10_000))
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(seconds=next(ticks)))


@pytest.fixture
def local(directory: None) -> Program:
    """The program of a doctor of Maubeuge."""
    return program("local", (Role.DOCTOR, "ch-maubeuge"))


@pytest.fixture
def stranger(directory: None) -> Program:
    """The program of a doctor of Cambrai."""
    return program("cambrai", (Role.DOCTOR, "ch-cambrai"))


@pytest.fixture
def auditor(directory: None) -> Program:
    """The program of the one who reviews emergency openings."""
    return program("audit", (Role.AUDITOR, ""))


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    told: dict[str, Any] = answer.json()
    assert told["type"] == f"urn:maillage:{code}"
    for trait in TRAITS:
        assert trait not in answer.content.decode()
    return told


def open_record(local: Program, **changed: Any) -> str:
    body = {"identity": {**IDENTITY, **changed}, "organization": "ch-maubeuge", "number": "V-1"}
    answer = local.say(HOME, body)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["key"])


def test_a_record_is_opened_found_and_read_with_its_basis(local: Program) -> None:
    key = open_record(local)
    for question in ({"birth_date": "1954-05-12", "letters": "dup"}, {"number": "V-1"}):
        answer = local.say(f"{HOME}/recherches", question)
        (row,) = answer.json()["found"]
        assert (row["key"], row["basis"]["code"]) == (key, "SAME_ESTABLISHMENT")
        assert not [trait for trait in TRAITS if trait in answer.content.decode()]
        line = AuditEvent.objects.latest("id")
        assert (line.action, line.details["found"]) == ("patients.search", 1)
        assert "1954" not in str(line.details)
    shown = local.get(f"{HOME}/{key}").json()
    assert shown["name"] == "MARTINET Jeanne (née DUPONTEL)"
    assert shown["identity"]["birth_date"] == "1954-05-12"
    assert shown["basis"]["label"] == "Même établissement"
    assert "L.1110-4" in shown["basis"]["text"]
    assert [link["kind"] for link in shown["links"]] == ["STAY"]
    line = AuditEvent.objects.latest("id")
    assert (line.action, line.details["basis"]) == ("patients.read", "SAME_ESTABLISHMENT")


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({"birth_date": "1954-05-12"}, "patients.search-letters"),
        ({}, "patients.search"),
        ({"ins_number": "254055939200100"}, "patients.search"),
        ({"birth_date": "1954-05-12", "letters": "DUPO"}, "api.shape"),
        ({"birth_date": "1954-05-12", "letters": "1"}, "api.shape"),
        ({"name": "DUPONTEL"}, "api.shape"),
    ],
)
def test_a_search_of_another_form_is_refused(
    local: Program, question: dict[str, str], code: str
) -> None:
    problem(local.say(f"{HOME}/recherches", question), 422, code)


def test_others_are_counted_and_stay_closed(local: Program, stranger: Program) -> None:
    key = open_record(local)
    found = stranger.say(f"{HOME}/recherches", {"birth_date": "1954-05-12", "letters": "DUP"})
    assert (found.json()["found"], found.json()["others"]) == ([], 1)
    problem(stranger.get(f"{HOME}/{key}"), 403, "patients.no-basis")
    problem(stranger.get(f"{HOME}/{key}/acces"), 403, "patients.no-basis")
    body = {"kind": "SHARE", "means": "ORAL"}
    problem(stranger.say(f"{HOME}/{key}/consentements", body), 403, "patients.no-basis")
    problem(stranger.say(f"{HOME}/{key}/venues", {"organization": "ch-cambrai"}), 403,
            "patients.no-basis")  # fmt: skip
    problem(stranger.get(f"{HOME}/AAAAAAAAAA"), 404, "patients.unknown")


def test_a_known_record_is_joined_not_doubled(local: Program, stranger: Program) -> None:
    key = open_record(local, ins_number=JEANNE_INS)
    body = {"identity": {**IDENTITY, "ins_number": JEANNE_INS}, "organization": "ch-cambrai"}
    problem(stranger.say(HOME, body), 409, "patients.ins-taken")
    traits = {name: IDENTITY[name] for name in IDENTITY if name != "used_name"}
    joined = stranger.say(f"{HOME}/arrivees", {"identity": traits, "organization": "ch-cambrai"})
    assert (joined.status_code, joined.json()["key"]) == (200, key)
    assert Patient.objects.count() == 1
    assert stranger.get(f"{HOME}/{key}").status_code == 200
    nobody = {**traits, "birthplace": "59350"}
    problem(
        stranger.say(f"{HOME}/arrivees", {"identity": nobody, "organization": "ch-cambrai"}),
        404,
        "patients.no-match",
    )


def test_a_wrong_identity_names_its_fields_and_repeats_nothing(local: Program) -> None:
    wrong = {**IDENTITY, "birth_name": "Dupontel 3", "commune": "99"}
    told = problem(
        local.say(HOME, {"identity": wrong, "organization": "ch-maubeuge"}),
        422,
        "patients.identity",
    )
    assert {one["field"] for one in told["problems"]} == {"birth_name", "commune"}
    early = {**IDENTITY, "birth_date": "0001-01-01"}
    problem(local.say(HOME, {"identity": early, "organization": "ch-maubeuge"}), 422, "api.shape")


def test_an_identity_is_corrected_and_trusted_step_by_step(local: Program) -> None:
    key = open_record(local)
    version = local.get(f"{HOME}/{key}").json()["version"]
    body = {"identity": {**IDENTITY, "phone": "03 27 00 00 00"}, "version": version}
    changed = local.say(f"{HOME}/{key}/identite", body, method="put").json()
    assert changed["version"] == version + 1
    problem(local.say(f"{HOME}/{key}/identite", body, method="put"), 409, "patients.stale")
    step = {"to": "VALIDATED", "document": "Passeport", "version": changed["version"]}
    trusted = local.say(f"{HOME}/{key}/identite/etat", step, method="put")
    assert trusted.json()["identity_state"] == "VALIDATED"


def test_stays_consents_and_the_circle(local: Program) -> None:
    key = open_record(local)
    said = {"kind": "SHARE", "means": "ORAL"}
    first = local.say(f"{HOME}/{key}/consentements", said)
    again = local.say(f"{HOME}/{key}/consentements", said)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    path = f"{HOME}/{key}/consentements/{first.json()['id']}/retrait"
    assert local.say(path, {}).json()["withdrawn_by"] == "Dr Local"
    member = local.say(f"{HOME}/{key}/cercle", {"kind": "RELATIVE", "name": "Luc", "tie": "fils"})
    assert member.status_code == 201
    left = local.say(f"{HOME}/{key}/cercle/{member.json()['id']}/fin", {})
    assert left.json()["ends_at"] is not None
    (stay,) = local.get(f"{HOME}/{key}").json()["links"]
    ended = local.say(f"{HOME}/{key}/venues/{stay['id']}/fin", {})
    assert ended.json()["ends_at"] is not None
    problem(local.say(f"{HOME}/{key}/venues/{stay['id']}/fin", {}), 409, "patients.stay-ended")
    problem(local.say(f"{HOME}/{key}/venues/999/fin", {}), 404, "patients.unknown-link")


def test_breaking_the_glass_is_short_told_and_reviewed_by_somebody_else(
    local: Program, stranger: Program, auditor: Program
) -> None:
    key = open_record(local)
    path = f"{HOME}/{key}/urgence"
    body = {"organization": "ch-cambrai", "reason": "aaaaaaaaaaaaaaaaaaaaaa"}
    problem(stranger.say(path, body), 422, "patients.reason")
    made = stranger.say(path, {**body, "reason": REASON})
    assert made.status_code == 201
    assert stranger.say(path, {**body, "reason": REASON}).status_code == 200
    assert stranger.get(f"{HOME}/{key}").json()["basis"]["code"] == "BREAK_GLASS"
    number = made.json()["id"]
    problem(stranger.get(f"{HOME}/ouvertures"), 403, "permission.patients.review")
    (waiting,) = auditor.get(f"{HOME}/ouvertures").json()["rows"]
    assert (waiting["id"], waiting["patient"], waiting["review"]) == (number, key, "PENDING")
    read = auditor.get(f"{HOME}/ouvertures/{number}").json()
    assert "patients.read" in [one["act"] for one in read["readings"]]
    verdict = {"verdict": "NOT_JUSTIFIED"}
    problem(auditor.say(f"{HOME}/ouvertures/{number}/avis", verdict), 422, "patients.verdict")
    told = stranger.say(f"{HOME}/ouvertures/{number}/information", {"how": "De vive voix"})
    assert told.json()["notified_by"] == "Dr Cambrai"
    good = auditor.say(f"{HOME}/ouvertures/{number}/avis", {"verdict": "JUSTIFIED"})
    assert good.json()["review"] == "JUSTIFIED"
    assert auditor.get(f"{HOME}/ouvertures").json()["total"] == 0
    assert auditor.get(f"{HOME}/ouvertures", {"etat": "toutes"}).json()["total"] == 1
    assert stranger.delete(path).status_code == 204
    problem(stranger.delete(path), 404, "patients.no-opening")
    problem(stranger.get(f"{HOME}/{key}"), 403, "patients.no-basis")


def test_the_unconscious_patient_is_found_by_the_card(local: Program, stranger: Program) -> None:
    key = open_record(local)
    body = {
        "birth_name": "Dupontel",
        "first_given_name": "Jeanne",
        "birth_date": "1954-05-12",
        "organization": "ch-cambrai",
        "reason": REASON,
    }
    opened = stranger.say(f"{HOME}/urgences", body)
    assert (opened.status_code, opened.json()["patient"]) == (201, key)
    nobody = stranger.say(f"{HOME}/urgences", {**body, "first_given_name": "Marthe"})
    problem(nobody, 404, "patients.no-match")


def test_the_history_of_accesses_is_read_by_those_who_may_and_says_so(
    local: Program, auditor: Program
) -> None:
    key = open_record(local)
    local.get(f"{HOME}/{key}")
    for who in (local, auditor):
        rows = who.get(f"{HOME}/{key}/acces").json()["rows"]
        assert {"patients.create", "patients.read"} <= {row["act"] for row in rows}
        assert rows[0]["act"] == "patients.read-accesses"
    assert auditor.get(f"{HOME}/{key}").status_code == 403


def test_an_emergency_opened_for_one_hospital_is_not_one_of_another(local: Program) -> None:
    key = open_record(local)
    held = [(Role.DOCTOR, "ch-cambrai"), (Role.DOCTOR, "ch-valenciennes")]
    there = program("double", *held, for_place="ch-cambrai")
    elsewhere = program("double", for_place="ch-valenciennes")
    body = {"organization": "ch-cambrai", "reason": REASON}
    problem(elsewhere.say(f"{HOME}/{key}/urgence", body), 403, "patients.not-your-place")
    assert there.say(f"{HOME}/{key}/urgence", body).status_code == 201
    assert there.get(f"{HOME}/{key}").status_code == 200
    told = problem(elsewhere.get(f"{HOME}/{key}"), 403, "patients.no-basis")
    assert told["detail"].startswith("Cette clé n'agit que pour")
    assert BreakGlass.objects.count() == 1


def test_a_membership_of_the_circle_holds_for_the_hospital_that_it_names(local: Program) -> None:
    key = open_record(local)
    held = [(Role.DOCTOR, "ch-cambrai"), (Role.DOCTOR, "ch-valenciennes")]
    there = program("double", *held, for_place="ch-cambrai")
    elsewhere = program("double", for_place="ch-valenciennes")
    member = {
        "kind": "PROFESSIONAL",
        "name": "Dr Double",
        "username": "double",
        "organization": "ch-cambrai",
    }
    assert local.say(f"{HOME}/{key}/cercle", member).status_code == 201
    assert there.get(f"{HOME}/{key}").json()["basis"]["code"] == "RECOGNISED_TEAM"
    problem(elsewhere.get(f"{HOME}/{key}"), 403, "patients.no-basis")


def test_a_key_does_not_admit_for_another_hospital(local: Program) -> None:
    body = {"identity": IDENTITY, "organization": "ch-valenciennes"}
    told = problem(local.say(HOME, body), 403, "permission.patients.admit")
    assert "Maubeuge" in told["detail"]
    assert not CareLink.objects.exists()


def test_addresses_hold_keys_only() -> None:
    from maillage.config.api import api

    for path, operations in api.get_openapi_schema()["paths"].items():
        if not path.startswith((HOME, "/api/adressages")):
            continue
        for operation in operations.values():
            names = {one["name"] for one in operation["parameters"] if one["in"] != "header"}
            assert names <= {
                "key", "number", "slug", "page", "etat", "nature", "priorite", "equipe", "moi",
                "periode", "par", "filiere", "etape",
            }, path  # fmt: skip
