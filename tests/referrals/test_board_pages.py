"""Boards: who goes where, when, by what; who comes back; what a regulator may not see yet."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from maillage.referrals.enums import Act, Kind
from maillage.referrals.models import Referral
from tests.referrals.scene import Scene

pytestmark = pytest.mark.django_db
TRANSFERS, RETURNS = "/adressages/transferts", "/adressages/retours"


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


def columns(answer: Any) -> dict[str, list[str]]:
    """Keys of the cards of each column."""
    return {
        column.key: [one.card.row.key for one in column.cards]
        for column in answer.context["columns"]
        if column.cards
    }


def taken_over(scene: Scene, **more: Any) -> Referral:
    """A transfer that arrived, with a return due."""
    sent = scene.ordered(return_within_hours=48, **more)
    later = scene.now + timedelta(minutes=30)
    scene.do(sent, Act.DEPART, "samu", arrives_at=later)
    scene.do(sent, Act.ARRIVE, "garde")
    return scene.do(sent, Act.TAKE_OVER, "garde")


def test_columns_follow_the_states(scene: Scene) -> None:
    sent, accepted, ordered = scene.ask(), scene.accepted(), scene.ordered()
    answer = scene.client("garde").get(TRANSFERS)
    assert columns(answer) == {
        "accord": [sent.key],
        "demande": [accepted.key],
        "engagement": [ordered.key],
    }


def test_the_most_late_comes_first_in_its_column(scene: Scene) -> None:
    new = scene.ask(at=scene.ago(minutes=1))
    old = scene.ask(at=scene.ago(minutes=90))
    assert columns(scene.client("samu").get(TRANSFERS))["accord"] == [old.key, new.key]


def test_a_regulator_sees_no_patient_before_a_transport_is_asked_for(scene: Scene) -> None:
    sent = scene.ask()
    page = scene.client("samu").get(TRANSFERS).content.decode()
    assert sent.key in page
    assert "femme" not in page
    assert f'href="/adressages/{sent.key}"' not in page
    scene.ordered()
    assert "femme, 72 ans" in scene.client("samu").get(TRANSFERS).content.decode()


def test_the_regulator_acts_from_the_card_and_comes_back_to_the_board(scene: Scene) -> None:
    ordered = scene.ordered()
    client = scene.client("samu")
    page = client.get(TRANSFERS).content.decode()
    asked = re.search(r'hx-get="([^"]+)"[^>]*>Engager le transport', page)
    assert asked
    part = client.get(asked[1], headers={"HX-Request": "true"}).content.decode()
    assert "Arrivée prévue" in part
    assert 'value="transferts"' in part
    assert "Martinet" not in part
    without_script = client.get(asked[1])
    assert without_script.headers["Location"] == f"/adressages/{ordered.key}"
    typed = {
        "acte": "ENGAGE",
        "version": ordered.version,
        "arrives_at": "dans 40 min",
        "vehicle": "SMUR 2",
        "retour": "transferts",
    }
    answer = client.post(f"/adressages/{ordered.key}/faire", typed)
    assert answer.headers["Location"] == TRANSFERS
    page = client.get(TRANSFERS).content.decode()
    assert "SMUR 2" in page
    assert columns(client.get(TRANSFERS)) == {"depart": [ordered.key]}


def test_the_form_of_a_card_needs_a_basis_and_a_side(scene: Scene) -> None:
    sent = scene.ask()
    part = {"HX-Request": "true"}
    address = f"/adressages/{sent.key}/faire"
    assert scene.client("samu").get(f"{address}/engage", headers=part).status_code == 403
    assert scene.client("etranger").get(f"{address}/refuse", headers=part).status_code == 403
    assert scene.client("local").get(f"{address}/refuse", headers=part).status_code == 403
    assert scene.client("garde").get(f"{address}/arrive", headers=part).status_code == 409
    assert scene.client("garde").get(f"{address}/rien", headers=part).status_code == 422


def test_a_refused_card_shows_the_request_with_the_reason(scene: Scene) -> None:
    ordered = scene.ordered()
    typed = {"acte": "ENGAGE", "version": ordered.version, "retour": "transferts"}
    answer = scene.client("samu").post(f"/adressages/{ordered.key}/faire", typed)
    assert answer.status_code == 422
    assert "Ce champ est obligatoire" in answer.content.decode()


def test_other_hospitals_are_not_on_the_board(scene: Scene) -> None:
    scene.ask()
    assert columns(scene.client("etranger").get(TRANSFERS)) == {}


def test_a_return_due_is_seen_from_both_hospitals(scene: Scene) -> None:
    moved = taken_over(scene)
    there = scene.client("garde").get(RETURNS)
    home = scene.client("local").get(RETURNS)
    assert [one.key for one in there.context["board"].expected] == [moved.key]
    assert f"?depuis={moved.key}&amp;nature=RETURN" in there.content.decode()
    assert [one.key for one in home.context["board"].expected] == [moved.key]
    assert "nature=RETURN" not in home.content.decode()
    assert scene.client("etranger").get(RETURNS).context["board"].expected == []


def test_a_return_asked_for_leaves_the_list_of_those_due(scene: Scene) -> None:
    moved = taken_over(scene)
    scene.ask(Kind.RETURN, patient=moved.patient, case=moved.case)
    answer = scene.client("garde").get(RETURNS)
    assert answer.context["board"].expected == []
    assert list(columns(answer)) == ["propose"]


def test_a_board_that_did_not_change_is_answered_204(scene: Scene) -> None:
    scene.ask()
    client = scene.client("samu")
    for board in (TRANSFERS, RETURNS):
        found = re.search(r'data-live hx-get="([^"]+)"', client.get(board).content.decode())
        assert found
        poll = {"HX-Request": "true", "X-Polling": "1"}
        assert 204 in {client.get(found[1], headers=poll).status_code for _ in range(2)}


@pytest.mark.parametrize("name", ["cadre", "etranger"])
def test_home_says_what_waits_without_a_name(scene: Scene, name: str) -> None:
    sent = scene.ask(at=scene.ago(minutes=60))
    text = scene.client(name).get("/").content.decode()
    assert "Demandes qui vous attendent" in text
    assert (sent.key in text) == (name == "cadre")
    assert "Martinet" not in text


def test_home_of_the_regulation(scene: Scene) -> None:
    ordered = scene.ordered()
    text = scene.client("samu").get("/").content.decode()
    assert "Transferts qui attendent la régulation" in text
    assert ordered.key in text
