"""Lists of requests: late first, then next; what is waited for in words; few queries; 204."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from maillage.patients.models import Patient
from maillage.referrals.actions.requests import RequestDraft, create_request
from maillage.referrals.enums import Act, Kind, Priority
from tests.referrals.scene import Scene

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12
POLL = {"HX-Request": "true", "X-Polling": "1"}


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


def keys(page: str) -> list[str]:
    """The requests of a list, in its order."""
    return re.findall(r'id="d-(\w+)"', page)


def live_address(page: str) -> str:
    """Where the live part of a page asks again."""
    found = re.search(r'data-live hx-get="([^"]+)"', page)
    assert found
    return found[1].replace("&amp;", "&")


def test_late_comes_first_then_next_then_what_others_hold(scene: Scene) -> None:
    soon = scene.ask(priority=Priority.P1, at=scene.ago(minutes=2))
    late = scene.ask(priority=Priority.P1, at=scene.ago(minutes=60))
    later = scene.ask(Kind.OPINION, priority=Priority.P3, at=scene.ago(minutes=3))
    elsewhere = scene.ask(at=scene.ago(minutes=90))
    scene.do(elsewhere, Act.ASK_INFO, "garde", at=scene.ago(minutes=80), text="Anticoagulants ?")
    page = scene.client("garde").get("/adressages/").content.decode()
    assert keys(page) == [one.key for one in (late, soon, later, elsewhere)]
    assert "En retard, à vous d&#x27;agir" in page
    assert "Chez les autres" in page


def test_a_vital_emergency_stands_before_what_is_late(scene: Scene) -> None:
    late = scene.ask(Kind.OPINION, priority=Priority.P3, at=scene.ago(days=30))
    vital = scene.ask(priority=Priority.P0, at=scene.now)
    client = scene.client("garde")
    page = client.get("/adressages/").content.decode()
    assert keys(page) == [vital.key, late.key]
    assert "Urgences vitales, à vous d&#x27;agir" in page
    home = client.get("/").content.decode()
    assert home.index(f"/adressages/{vital.key}") < home.index(f"/adressages/{late.key}")


def test_the_wait_is_said_in_words(scene: Scene) -> None:
    scene.ask(priority=Priority.P1, at=scene.ago(minutes=20))
    page = scene.client("garde").get("/adressages/").content.decode()
    assert re.search(r"en retard de 5\xa0min, attendu", page)
    scene.ask(priority=Priority.P0, at=scene.now)
    page = scene.client("garde").get("/adressages/").content.decode()
    assert re.search(r"il reste (4\xa0min|5\xa0min), avant", page)


def test_no_name_stands_in_a_list(scene: Scene) -> None:
    scene.ask()
    for name, address in (
        ("garde", "/adressages/"),
        ("local", "/adressages/envoyees"),
        ("garde", "/adressages/transferts"),
    ):
        page = scene.client(name).get(address).content.decode()
        assert "femme, " in page
        assert "Dupontel" not in page.replace("DUPONTEL", "Dupontel")
        assert "Martinet" not in page


def test_a_merged_record_is_named_as_the_one_it_is_read_through(scene: Scene) -> None:
    asked = scene.ask()
    kept = scene.patient(used_name="Zoé", used_given_name="Yves")
    Patient.objects.filter(pk=asked.patient_id).update(merged_into=kept)
    page = scene.client("garde").get("/adressages/").content.decode()
    assert "Z. Y., femme, " in page


def test_the_sender_sees_when_it_was_seen_and_answered(scene: Scene) -> None:
    sent = scene.ask(Kind.OPINION, at=scene.ago(minutes=50))
    scene.do(sent, Act.SEE, "garde", at=scene.ago(minutes=40))
    scene.do(sent, Act.ANSWER, "garde", at=scene.ago(minutes=30), conclusion="Oui.")
    answer = scene.client("local").get("/adressages/envoyees")
    row = answer.context["list"].rows[0]
    assert (row.seen_at, row.answered_at) == (scene.ago(minutes=40), scene.ago(minutes=30))
    assert row.is_mine
    assert "Réponse rendue" in answer.content.decode()


def test_nobody_sees_the_lists_of_another_hospital(scene: Scene) -> None:
    scene.ask()
    page = scene.client("etranger").get("/adressages/").content.decode()
    assert keys(page) == []
    assert "femme" not in page


def test_filters_are_the_address(scene: Scene) -> None:
    urgent = scene.ask(priority=Priority.P0)
    calm = scene.ask(Kind.OPINION, priority=Priority.P3)
    client = scene.client("garde")

    def found(**query: str) -> list[str]:
        return keys(client.get("/adressages/", query).content.decode())

    assert found(priorite="P0") == [urgent.key]
    assert found(nature="OPINION") == [calm.key]
    assert found(equipe="unv-maubeuge") == found()
    assert found(etat="closes") == []
    assert found(etat="SEEN") == []
    scene.do(calm, Act.ANSWER, "garde", conclusion="Non.")
    scene.do(calm, Act.CLOSE, "local")
    assert found(etat="closes") == [calm.key]
    assert set(found(etat="toutes")) == {calm.key, urgent.key}
    assert found(moi="on", etat="toutes") == [calm.key]


def test_a_list_that_did_not_change_is_answered_204(scene: Scene) -> None:
    scene.ask(Kind.OPINION, priority=Priority.P3)
    client = scene.client("garde")
    address = live_address(client.get("/adressages/?nature=OPINION").content.decode())
    assert "nature=OPINION" in address
    answers = {client.get(address, headers=POLL).status_code for _ in range(2)}
    # The minute may turn between two requests: the part is then drawn again, marked as such.
    assert 204 in answers
    scene.ask(Kind.OPINION, priority=Priority.P3)
    again = client.get(address, headers=POLL)
    assert again.status_code == 200
    assert "X-Clock-Only" not in again.headers
    page = again.content.decode()
    assert "<html" not in page
    assert len(keys(page)) == 2


def test_when_only_the_clock_moved_the_answer_says_so(scene: Scene) -> None:
    scene.ask(Kind.OPINION, priority=Priority.P3)
    client = scene.client("garde")
    address = live_address(client.get("/adressages/").content.decode())
    an_older_minute = re.sub(r"\.\d+$", ".1", address)
    answer = client.get(an_older_minute, headers=POLL)
    assert answer.status_code == 200
    assert answer.headers["X-Clock-Only"] == "1"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("garde", "/adressages/"),
        ("local", "/adressages/envoyees"),
        ("samu", "/adressages/transferts"),
        ("garde", "/adressages/retours"),
    ],
)
def test_a_hundred_rows_take_few_queries(scene: Scene, name: str, address: str) -> None:
    few = _count(scene, name, address)
    scene.copy(scene.ask(), 60)
    scene.copy(scene.ask(Kind.RETURN), 60)
    client = scene.client(name)
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    assert len(queries) <= MOST_QUERIES
    assert len(queries) <= few + 1  # the count of a list that is empty asks for no rows


def _count(scene: Scene, name: str, address: str) -> int:
    client = scene.client(name)
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)


def test_drafts_come_first_among_all_that_was_written(scene: Scene) -> None:
    """On both databases: an hour that is missing is sorted otherwise by each of them."""
    sent = scene.ask()
    draft = create_request(
        draft=RequestDraft(
            patient=sent.patient,
            pathway=sent.pathway,
            kind=Kind.OPINION,
            priority=Priority.P2,
            from_organization=sent.from_organization,
            to_service=sent.to_service,
        ),
        token="brouillon",
        by=scene.actors["local"],
        at=scene.ago(hours=3),
    )
    page = scene.client("local").get("/adressages/envoyees?etat=toutes").content.decode()
    assert page.index(draft.key) < page.index(sent.key)
