"""Requests by JSON: written once, read with a basis, moved by the one table of transitions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.patients.models import Patient
from maillage.referrals.enums import Kind
from maillage.referrals.models import Message, Referral
from tests.referrals import requests_in_small as scene
from tests.referrals.programs import (
    BEDS,
    DIRECTOR,
    HOME,
    LOCAL,
    NEIGHBOUR,
    SAMU,
    SECOND,
    STRANGER,
    Program,
    body_of,
    program,
)
from tests.referrals.requests_in_small import NOW

TOKEN = "essai-de-programme-1"


@pytest.fixture(autouse=True)
def _at_night(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the interface moves by a second at each look: no two posts are the same one."""
    ticks = iter(range(10_000))
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(seconds=next(ticks)))


@pytest.fixture
def local(territory: None) -> Program:
    """The program of a doctor of Maubeuge."""
    return program(*LOCAL)


@pytest.fixture
def neighbour(territory: None) -> Program:
    """The program of the on-call doctor of Valenciennes."""
    return program(*NEIGHBOUR)


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The problem of a refusal, whose status and code are these."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"urn:maillage:{code}"
    return body


def sent_by(local: Program, patient: Patient, token: str = TOKEN, **changed: Any) -> dict[str, Any]:
    answer = local.say(HOME, body_of(patient, **changed), token)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def act(who: Program, key: str, name: str, version: int, **values: Any) -> Any:
    body = {"act": name, "version": version, "values": values}
    return who.say(f"{HOME}/{key}/actes", body)


# Whom to ask, and asking


def test_the_teams_of_a_step_come_with_their_evidence(local: Program, patient: Patient) -> None:
    plain = {"organization": "ch-maubeuge", "pathway": "avc", "step": 2, "age": 72}
    answer = local.say(f"{HOME}/propositions", plain)
    assert answer.status_code == 200, answer.content
    found = {line["service"]: line for line in answer.json()["waiting"]}
    assert found["unv-valenciennes"]["basis"] == "group:ght-hainaut"
    of_a_patient = {**plain, "age": None, "patient": patient.key}
    assert local.say(f"{HOME}/propositions", of_a_patient).json()["waiting"]
    problem(local.say(f"{HOME}/propositions", {**plain, "age": None}), 422, "referrals.no-proposal")
    elsewhere = {**plain, "organization": "ch-valenciennes"}
    refused = problem(local.say(f"{HOME}/propositions", elsewhere), 403, "permission.referrals.ask")
    assert "Cette clé n'agit que pour" in refused["detail"]


def test_the_questions_of_a_step_have_the_keys_of_the_answers(local: Program) -> None:
    answer = local.get(f"{HOME}/questions", {"filiere": "avc", "etape": "2", "nature": "TRANSFER"})
    asked = {one["key"]: one for one in answer.json()["questions"]}
    assert asked["nihss"]["required"]
    assert (asked["nihss"]["low"], asked["nihss"]["high"]) == (0, 42)
    unknown = local.get(f"{HOME}/questions", {"filiere": "avc", "etape": "9"})
    problem(unknown, 404, "referrals.unknown-step")


def test_a_request_is_written_and_sent_and_a_replay_gives_it_back(
    local: Program, patient: Patient
) -> None:
    made = sent_by(local, patient)
    assert (made["state"], made["owner"], made["clock"]) == ("SENT", "TARGET", "TO_SEE")
    referral = Referral.objects.get()
    assert referral.key == made["key"]
    assert referral.case.answers["nihss"] == "14"
    assert referral.basis == "group:ght-hainaut"
    again = local.say(HOME, body_of(patient), TOKEN)
    assert again.status_code == 200
    assert again.json() == made
    assert Referral.objects.count() == 1
    other = local.say(HOME, body_of(patient, team="unv-maubeuge"), TOKEN)
    problem(other, 409, "referrals.token-used")


def test_a_draft_goes_with_a_second_post_of_the_same_key(local: Program, patient: Patient) -> None:
    draft = sent_by(local, patient, send=False, question="")
    assert draft["state"] == "DRAFT"
    answer = local.say(HOME, body_of(patient), TOKEN)
    assert (answer.status_code, answer.json()["state"]) == (200, "SENT")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"question": ""}, "question"),
        ({"patient_agreement": None}, "patient_agreement"),
        ({"patient_agreement": "REFUSES"}, "patient_agreement"),
        ({"patient_agreement": "UNABLE"}, "is_vital"),
        ({"callback_phone": ""}, "callback_phone"),
        ({"team": "inconnue"}, "team"),
        ({"pathway": "inconnue"}, "pathway"),
        ({"service": "unv-valenciennes"}, "service"),
        ({"answers": {"nihss": 900}}, "answers.nihss"),
        ({"answers": {"debut_connu": "jamais"}}, "answers.debut_connu"),
        ({"answers": {"nom": "DUPONTEL"}}, "answers"),
        ({"patient": ""}, "patient"),
    ],
)
def test_what_is_missing_is_named_by_the_field_of_the_body(
    local: Program, patient: Patient, changed: dict[str, Any], field: str
) -> None:
    told = problem(local.say(HOME, body_of(patient, **changed), TOKEN), 422, "referrals.request")
    assert field in [one["field"] for one in told["problems"]]
    assert "DUPONTEL" not in str(told)
    assert "jamais" not in str(told)
    assert not Referral.objects.exists()


def test_a_post_without_a_key_of_sending_or_with_an_unknown_field_is_refused(
    local: Program, patient: Patient
) -> None:
    problem(local.say(HOME, body_of(patient)), 422, "api.shape")
    told = problem(local.say(HOME, body_of(patient, prioritee="P1"), TOKEN), 422, "api.shape")
    assert told["problems"][0]["message"] == "ce champ n'est pas connu"


@pytest.mark.parametrize("body", ["{", '{"a": NaN}', '{"a": "\\u0000"}', '{"a": "\\ud800"}'])
def test_an_unreadable_body_is_refused_without_being_repeated(local: Program, body: str) -> None:
    answer = local.post(HOME, data=body, content_type="application/json")
    told = problem(answer, 400, "api.body")
    assert set(told) == {"type", "title", "status"}


def test_a_request_follows_another_without_retyping(
    local: Program, neighbour: Program, patient: Patient
) -> None:
    first = sent_by(local, patient, kind="OPINION")
    act(neighbour, first["key"], "ANSWER", first["version"], conclusion="Transférez.")
    body = {
        "previous": first["key"],
        "organization": "ch-maubeuge",
        "pathway": "avc",
        "step": 2,
        "kind": "TRANSFER",
        "priority": "P0",
        "team": "unv-valenciennes",
        "question": "Transfert pour thrombolyse",
        "patient_agreement": "AGREES",
    }
    second = local.say(HOME, body, "essai-de-programme-2")
    assert second.status_code == 201, second.content
    assert second.json()["case"] == first["case"]
    referral = Referral.objects.get(key=second.json()["key"])
    assert referral.previous is not None
    assert referral.callback_phone == "03 27 00 00 00"
    assert referral.case.summary == "Déficit brutal du bras droit."
    assert local.get(f"{HOME}/{first['key']}").json()["standing"]["state"] == "CLOSED"


# Reading


def test_a_request_is_read_with_its_basis_and_leaves_a_line(
    local: Program, neighbour: Program, patient: Patient
) -> None:
    made = sent_by(local, patient)
    before = AuditEvent.objects.filter(action="patients.read").count()
    shown = neighbour.get(f"{HOME}/{made['key']}")
    body = shown.json()
    assert body["basis"]["code"] == "SAME_GROUP"
    assert body["patient"]["name"].startswith("INVENTEE")
    assert {one["act"] for one in body["acts"]} >= {"ACCEPT_MEDICALLY", "REFUSE"}
    assert {"label": "Score NIHSS", "text": "14"} in body["answers"]
    line = AuditEvent.objects.filter(action="patients.read").latest("id")
    assert AuditEvent.objects.filter(action="patients.read").count() == before + 1
    assert (line.actor, line.details["reference"]) == ("voisin", made["key"])
    assert body["standing"]["state"] == "SENT"  # a program that reads is no doctor who saw
    same = neighbour.get(f"{HOME}/{made['key']}", headers={"If-None-Match": shown["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert AuditEvent.objects.filter(action="patients.read").count() == before + 1
    assert act(neighbour, made["key"], "SEE", made["version"]).json()["state"] == "SEEN"
    changed = neighbour.get(f"{HOME}/{made['key']}", headers={"If-None-Match": shown["ETag"]})
    assert changed.status_code == 200


def test_a_stranger_reads_nothing_not_even_that_nothing_changed(
    local: Program, patient: Patient
) -> None:
    made = sent_by(local, patient)
    tag = local.get(f"{HOME}/{made['key']}")["ETag"]
    stranger = program(*STRANGER)
    for path in ("", "/messages", "/documents", "/lettres", "/actes", "/demande.pdf"):
        problem(stranger.get(f"{HOME}/{made['key']}{path}"), 403, "patients.no-basis")
    held = stranger.get(f"{HOME}/{made['key']}", headers={"If-None-Match": tag})
    problem(held, 403, "patients.no-basis")
    problem(act(stranger, made["key"], "SEE", 2), 403, "referrals.side")


def test_lists_show_short_labels_and_answer_304_until_something_changes(
    local: Program, neighbour: Program, patient: Patient
) -> None:
    made = sent_by(local, patient)
    for who, path in ((neighbour, "recues"), (local, "envoyees")):
        answer = who.get(f"{HOME}/{path}")
        (row,) = answer.json()["rows"]
        assert row["key"] == made["key"]
        assert row["patient"] == "I. I., femme, 72 ans"
        assert "INVENTEE" not in answer.content.decode().upper()
        tag = answer["ETag"]
        assert who.get(f"{HOME}/{path}", headers={"If-None-Match": tag}).status_code == 304
    act(neighbour, made["key"], "SEE", made["version"])
    assert neighbour.get(f"{HOME}/recues", headers={"If-None-Match": tag}).status_code == 200
    assert neighbour.get(f"{HOME}/recues", {"etat": "SEEN"}).json()["total"] == 1
    assert neighbour.get(f"{HOME}/recues", {"nature": "OPINION"}).json()["rows"] == []
    assert neighbour.get(f"{HOME}/envoyees").json()["rows"] == []
    problem(neighbour.get(f"{HOME}/recues", {"etat": "perdues"}), 422, "api.shape")
    problem(neighbour.get(f"{HOME}/recues", {"page": 9}), 422, "referrals.page")
    problem(program(*DIRECTOR).get(f"{HOME}/recues"), 403, "permission.referrals.read")


@pytest.mark.parametrize("path", ["recues", "transferts", "retours"])
def test_lists_cost_the_same_whatever_their_length(
    neighbour: Program,
    path: str,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for _ in range(12):
        scene.sent(scene.admit(), Kind.TRANSFER)
    neighbour.get(f"{HOME}/{path}")
    with django_assert_max_num_queries(7):
        answer = neighbour.get(f"{HOME}/{path}")
    assert answer.status_code == 200
    if path != "retours":
        assert len(answer.json().get("rows") or answer.json()["cards"]) == 12


def test_the_board_of_a_regulator_hides_patients_until_transport_is_asked_for(
    local: Program, patient: Patient
) -> None:
    samu = program(*SAMU)
    sent_by(local, patient)
    (card,) = samu.get(f"{HOME}/transferts").json()["cards"]
    assert (card["patient"], card["stage"], card["state"]) == (None, "accord", "SENT")
    hand = scene.accepted(scene.admit())
    asked = act(
        local, hand.referral.key, "ORDER_TRANSPORT", hand.referral.version, transport="SMUR"
    )
    assert asked.json()["owner"] == "REGULATOR"
    cards = {one["key"]: one for one in samu.get(f"{HOME}/transferts").json()["cards"]}
    shown = cards[hand.referral.key]
    assert shown["patient"].endswith("ans")
    assert shown["next_act"] == "ENGAGE"


# Acting


def test_a_transfer_goes_from_hand_to_hand_by_programs(
    local: Program, neighbour: Program, patient: Patient
) -> None:
    key, version = sent_by(local, patient)["key"], 2
    beds, samu = program(*BEDS), program(*SAMU)
    later = (NOW + timedelta(minutes=50)).isoformat()
    course: list[tuple[Program, str, dict[str, Any], str]] = [
        (neighbour, "ACCEPT_MEDICALLY", {}, "PARTLY_ACCEPTED"),
        (beds, "ACCEPT_BED", {"bed": "UNV 4"}, "ACCEPTED"),
        (local, "ORDER_TRANSPORT", {"transport": "SMUR", "hub_delay": "ASAP"}, "ORDERED"),
        (samu, "ENGAGE", {"arrives_at": later, "vehicle": "SMUR 2"}, "ENGAGED"),
        (samu, "DEPART", {"arrives_at": later}, "DEPARTED"),
        (neighbour, "ARRIVE", {}, "ARRIVED"),
        (neighbour, "TAKE_OVER", {}, "CLOSED"),
    ]
    version = Referral.objects.get(key=key).version
    for who, name, values, state in course:
        possible = who.get(f"{HOME}/{key}/actes").json()
        assert name in [one["act"] for one in possible["acts"]]
        answer = act(who, key, name, version, **values)
        assert answer.status_code == 200, answer.content
        assert answer.json()["state"] == state
        assert act(who, key, name, version, **values).json() == answer.json()  # done once
        version = answer.json()["version"]
    assert Referral.objects.get(key=key).outcome == "TAKEN_OVER"
    (expected,) = neighbour.get(f"{HOME}/retours").json()["expected"]
    assert (expected["key"], expected["is_ours"]) == (key, True)


def test_a_stale_act_and_an_acceptance_already_given_say_who_and_when(
    local: Program, neighbour: Program, patient: Patient
) -> None:
    made = sent_by(local, patient)
    act(neighbour, made["key"], "ACCEPT_MEDICALLY", made["version"])
    second = program(*SECOND)
    late = problem(
        act(second, made["key"], "ACCEPT_MEDICALLY", made["version"]), 409, "referrals.already"
    )
    assert "Dr Voisin" in late["title"]
    assert late["details"]["by"] == "Dr Voisin"
    assert datetime.fromisoformat(late["details"]["at"]) >= NOW
    stale = problem(
        act(second, made["key"], "REFUSE", made["version"], reason="NO_BED"),
        409,
        "referrals.stale",
    )
    assert stale["details"]["by"] == "Dr Voisin"
    assert stale["details"]["act"] == "ACCEPT_MEDICALLY"
    assert stale["details"]["version"] == made["version"] + 1


@pytest.mark.parametrize(
    ("name", "values", "status"),
    [
        ("REFUSE", {}, 422),
        ("REFUSE", {"reason": "NIMPORTE"}, 422),
        ("ACCEPT_BED", {"bed": "4", "vehicle": "x"}, 422),
        ("TAKE_OVER", {}, 409),
        ("CANCEL", {"reason": "MISTAKE"}, 403),
        ("EXPIRE", {}, 409),
        ("CLOSE_SISTER", {}, 403),
    ],
)
def test_the_table_decides(
    local: Program,
    neighbour: Program,
    patient: Patient,
    name: str,
    values: dict[str, str],
    status: int,
) -> None:
    made = sent_by(local, patient)
    assert act(neighbour, made["key"], name, made["version"], **values).status_code == status
    assert Referral.objects.get().version == made["version"]


def test_messages_exist_once_and_reading_them_is_traced(
    local: Program, neighbour: Program, patient: Patient
) -> None:
    key = sent_by(local, patient)["key"]
    path = f"{HOME}/{key}/messages"
    first = neighbour.say(path, {"text": "Images ?"}, "message-1")
    assert (first.status_code, first.json()["side"]) == (201, "TARGET")
    assert neighbour.say(path, {"text": "Images ?"}, "message-1").status_code == 200
    problem(neighbour.say(path, {"text": "Autre"}, "message-1"), 409, "referrals.token-used")
    assert Message.objects.count() == 1
    assert [one["text"] for one in local.get(path).json()] == ["Images ?"]
    assert AuditEvent.objects.latest("id").action == "patients.read"


# One key, one organization


def test_a_key_of_one_hospital_neither_reads_nor_acts_for_another(
    local: Program, patient: Patient
) -> None:
    made = sent_by(local, patient)
    of_both = [(Role.DOCTOR, "ch-valenciennes"), (Role.DOCTOR, "ch-cambrai")]
    there = program("double", *of_both, for_place="ch-valenciennes")
    elsewhere = program("double", for_place="ch-cambrai")
    assert there.get(f"{HOME}/{made['key']}").status_code == 200
    told = problem(elsewhere.get(f"{HOME}/{made['key']}"), 403, "patients.no-basis")
    assert told["detail"] == "Cette clé n'agit que pour : CH Cambrai."
    assert elsewhere.get(f"{HOME}/recues").json()["rows"] == []
    assert len(there.get(f"{HOME}/recues").json()["rows"]) == 1
    problem(act(elsewhere, made["key"], "ACCEPT_MEDICALLY", 2), 403, "referrals.side")
    problem(elsewhere.say(HOME, body_of(patient), TOKEN), 403, "permission.referrals.ask")


def test_a_token_of_one_hospital_gives_nothing_to_the_key_of_another(
    local: Program, patient: Patient
) -> None:
    sent_by(local, patient)
    elsewhere = program("local", (Role.DOCTOR, "ch-cambrai"), for_place="ch-cambrai")
    body = body_of(patient, organization="ch-cambrai", service="")
    told = problem(elsewhere.say(HOME, body, TOKEN), 409, "referrals.token-used")
    assert Referral.objects.get().key not in str(told)


def test_a_role_held_everywhere_does_not_become_that_of_one_hospital(
    local: Program, patient: Patient
) -> None:
    made = sent_by(local, patient)
    held = [(Role.DOCTOR, ""), (Role.DIRECTOR, "ch-valenciennes")]
    everywhere = program("partout", *held, for_place="ch-valenciennes")
    problem(everywhere.get(f"{HOME}/{made['key']}"), 403, "permission.referrals.read")


def test_figures_are_those_of_the_page(territory: None) -> None:
    director = program(*DIRECTOR)
    body = director.get(f"{HOME}/delais").json()
    assert body["quarter"] == "2026-T3"
    assert body["is_empty"]
    assert body["quarters"] == ["2026-T3"]
    late = director.get(f"{HOME}/delais", {"periode": "2026-T4"})
    problem(late, 422, "referrals.quarter")
    one = director.get(f"{HOME}/delais/conventions/association").json()
    assert one == {"quarter": "2026-T3", "row": None}
    problem(program(*STRANGER).get(f"{HOME}/delais/conventions/rien"), 404, "agreement.unknown")
