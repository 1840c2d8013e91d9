"""The page of one request: who may open it, what it shows, what may be done, what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from maillage.accounts.models import AuditEvent
from maillage.referrals.enums import Act, Deviation, Kind, Priority, Reason
from maillage.referrals.models import Message, Referral
from tests.referrals.scene import Scene

pytestmark = pytest.mark.django_db
MOST_QUERIES = 24
"""Six of them find the legal basis, three write the reading down."""
POLL = {"HX-Request": "true", "X-Polling": "1"}


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


def address(referral: Referral) -> str:
    return f"/adressages/{referral.key}"


def press(client: Client, referral: Referral, act: Act, **values: object) -> Any:
    """Post an act as the page shown now would."""
    referral.refresh_from_db()
    typed = {"acte": act.value, "version": referral.version, **values}
    return client.post(f"{address(referral)}/faire", typed)


def test_opening_is_an_audited_reading_and_marks_seen(scene: Scene) -> None:
    sent = scene.ask()
    answer = scene.client("garde").get(address(sent))
    assert answer.status_code == 200
    sent.refresh_from_db()
    assert sent.state == "SEEN"
    line = AuditEvent.objects.filter(action="patients.read", subject_key=sent.patient.key).first()
    assert line is not None
    assert line.actor_name == "Dr Garde"
    assert line.details["reference"] == sent.key


def test_the_page_shows_the_whole_identity_and_its_state(scene: Scene) -> None:
    page = scene.client("garde").get(address(scene.ask())).content.decode()
    assert "MARTINET Jeanne" in page
    assert "Identité provisoire : à vérifier" in page
    assert "Score NIHSS" in page
    assert "Déficit brutal du bras droit." in page


def test_a_coordinator_who_looks_does_not_stop_the_clock(scene: Scene) -> None:
    sent = scene.ask()
    page = scene.client("cadre").get(address(sent)).content.decode()
    sent.refresh_from_db()
    assert sent.state == "SENT"
    assert "Réservé aux médecins de l&#x27;équipe sollicitée." in page
    assert "Confirmer le lit" in page


@pytest.mark.parametrize("name", ["etranger", "samu"])
def test_without_a_basis_nothing_is_shown(scene: Scene, name: str) -> None:
    sent = scene.ask()
    answer = scene.client(name).get(address(sent))
    assert answer.status_code == 403
    assert "Martinet" not in answer.content.decode().title()
    assert "Thrombolyse" not in answer.content.decode()
    sent.refresh_from_db()
    assert sent.state == "SENT"


def test_a_regulator_is_told_when_the_record_opens(scene: Scene) -> None:
    early = scene.client("samu").get(address(scene.accepted()))
    assert early.status_code == 403
    assert "dès qu&#x27;il le sera" in early.content.decode()
    other = scene.client("samu").get(address(scene.ask(Kind.OPINION)))
    assert other.status_code == 403
    assert "transport" not in other.content.decode()


def test_a_regulator_opens_it_once_the_transport_is_asked_for(scene: Scene) -> None:
    answer = scene.client("samu").get(address(scene.ordered()))
    assert answer.status_code == 200
    assert "Engager le transport" in answer.content.decode()


def test_an_unknown_key_is_not_found(scene: Scene) -> None:
    assert scene.client("garde").get("/adressages/AAAAAAAAAA").status_code == 404


def test_both_acceptances_from_the_page(scene: Scene) -> None:
    sent = scene.ask()
    doctor, cadre = scene.client("garde"), scene.client("cadre")
    assert press(doctor, sent, Act.ACCEPT_MEDICALLY).status_code == 302
    assert press(cadre, sent, Act.ACCEPT_BED, bed="UNV 4").status_code == 302
    sent.refresh_from_db()
    assert (sent.state, sent.bed) == ("ACCEPTED", "UNV 4")
    page = doctor.get(address(sent)).content.decode()
    assert "UNV 4" in page
    assert "Lit confirmé" in page


def test_a_wrong_form_comes_back_open_with_what_was_typed(scene: Scene) -> None:
    sent = scene.ask(Kind.OPINION)
    answer = press(scene.client("garde"), sent, Act.REFUSE, text="Voir le cardiologue")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Voir le cardiologue" in page
    assert re.search(r"<details[^>]* open><summary id=\"acte-\w+-refuse\"", page)


def test_a_stale_page_says_what_changed_and_keeps_what_was_typed(scene: Scene) -> None:
    sent = scene.ask(Kind.OPINION)
    version = sent.version
    scene.do(sent, Act.ASK_INFO, "autre-garde", text="Poids ?")
    typed = {"acte": "ANSWER", "version": version, "conclusion": "Thrombolyse possible."}
    answer = scene.client("garde").post(f"{address(sent)}/faire", typed)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Dr Autre-Garde a agi" in page
    assert "Thrombolyse possible." in page
    sent.refresh_from_db()
    assert sent.conclusion == ""
    again = press(scene.client("garde"), sent, Act.ANSWER, conclusion="Thrombolyse possible.")
    assert again.status_code == 302


def test_a_double_click_is_one_act_and_no_error(scene: Scene) -> None:
    sent = scene.ask(Kind.OPINION)
    typed = {"acte": "ANSWER", "version": sent.version, "conclusion": "Oui."}
    client = scene.client("garde")
    statuses = [client.post(f"{address(sent)}/faire", typed).status_code for _ in range(2)]
    assert statuses == [302, 302]
    assert sent.events.filter(act="ANSWER").count() == 1


def test_an_act_given_before_says_who(scene: Scene) -> None:
    sent = scene.ask()
    scene.do(sent, Act.ACCEPT_MEDICALLY, "autre-garde")
    page = scene.client("garde").get(address(sent)).content.decode()
    assert "Déjà donné par Dr Autre-Garde." in page
    answer = press(scene.client("garde"), sent, Act.ACCEPT_MEDICALLY)
    assert answer.status_code == 409
    assert "Dr Autre-Garde" in answer.content.decode()


def test_an_act_that_is_no_longer_possible_gives_back_what_was_written(scene: Scene) -> None:
    sent = scene.ask(at=scene.ago(minutes=3))
    scene.do(sent, Act.ACCEPT_MEDICALLY, "garde", at=scene.ago(minutes=2))
    answer = press(
        scene.client("garde"), sent, Act.ACCEPT_MEDICALLY, version=1, text="Appelez au départ."
    )
    assert answer.status_code == 409
    assert "Appelez au départ." in answer.content.decode()


def test_details_stay_beside_their_answer(scene: Scene) -> None:
    sent = scene.ask(at=scene.ago(minutes=5))
    scene.do(sent, Act.ASK_INFO, "garde", at=scene.ago(minutes=4), text="Scanner fait ?")
    scene.do(sent, Act.GIVE_INFO, "local", at=scene.ago(minutes=3), text="Sans saignement.")
    page = scene.client("garde").get(address(sent)).content.decode()
    top = page[: page.index("La demande</h2>")]
    assert "Scanner fait ?" in top
    assert "Sans saignement." in top


def test_a_refused_request_leads_to_another_team_not_to_a_closure(scene: Scene) -> None:
    sent = scene.ask(Kind.OPINION, at=scene.ago(minutes=5))
    scene.do(sent, Act.REFUSE, "garde", at=scene.ago(minutes=4), reason=Reason.NO_BED)
    page = scene.client("local").get(address(sent)).content.decode()
    assert page.count("Adresser à une autre équipe") == 1
    assert f"?depuis={sent.key}&amp;nature=OPINION" in page
    assert 'value="REROUTE"' not in page


@pytest.mark.parametrize("act", ["EXPIRE", "CLOSE_SISTER", "RIEN", ""])
def test_acts_of_the_product_are_not_pressed(scene: Scene, act: str) -> None:
    sent = scene.ask()
    answer = scene.client("garde").post(f"{address(sent)}/faire", {"acte": act, "version": 2})
    assert answer.status_code == 422


def test_an_act_of_another_side_is_refused(scene: Scene) -> None:
    answer = press(scene.client("local"), scene.ask(Kind.OPINION), Act.ANSWER, conclusion="Oui.")
    assert answer.status_code == 403


def test_a_wait_may_be_typed_as_people_say_it(scene: Scene) -> None:
    ordered = scene.ordered()
    answer = press(scene.client("samu"), ordered, Act.ENGAGE, arrives_at="dans 45 min")
    assert answer.status_code == 302
    ordered.refresh_from_db()
    assert ordered.arrives_at is not None
    assert 40 <= (ordered.arrives_at - scene.now).total_seconds() / 60 <= 47


def test_writing_to_the_other_side_with_and_without_script(scene: Scene) -> None:
    sent = scene.ask()
    post = f"{address(sent)}/messages"
    client = scene.client("garde")
    typed = {"texte": "Rappelez-moi au 1377.", "jeton": "a" * 32}
    assert client.post(post, typed).headers["Location"] == f"{address(sent)}#conversation"
    part = client.post(post, typed, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "<html" not in part.content.decode()
    assert "Rappelez-moi au 1377." in part.content.decode()
    assert Message.objects.count() == 1
    empty = client.post(post, {**typed, "texte": ""}, headers={"HX-Request": "true"})
    assert empty.status_code == 422
    assert client.post(post, {**typed, "texte": ""}).status_code == 422


def test_a_stranger_does_not_write(scene: Scene) -> None:
    sent = scene.ask()
    typed = {"texte": "Bonjour", "jeton": "a" * 32}
    answer = scene.client("etranger").post(f"{address(sent)}/messages", typed)
    assert answer.status_code == 403
    assert not Message.objects.exists()


def test_the_part_that_polls_is_204_until_something_happens(scene: Scene) -> None:
    sent = scene.ask()
    client = scene.client("garde")
    found = re.search(r'data-live hx-get="([^"]+)"', client.get(address(sent)).content.decode())
    assert found
    readings = AuditEvent.objects.filter(action="patients.read").count()
    assert client.get(found[1], headers=POLL).status_code == 204
    assert AuditEvent.objects.filter(action="patients.read").count() == readings
    scene.do(sent, Act.ASK_INFO, "autre-garde", text="Poids ?")
    drawn = client.get(found[1], headers=POLL)
    assert drawn.status_code == 200
    assert "Précisions demandées" in drawn.content.decode()
    # What is new was read: the trail has it.
    assert AuditEvent.objects.filter(action="patients.read").count() == readings + 1


def test_the_clock_alone_shows_nothing_of_the_patient(scene: Scene) -> None:
    sent = scene.ask()
    page = scene.client("garde").get(f"{address(sent)}/horloge").content.decode()
    assert "est à vous" in page
    assert "Jeanne" not in page
    assert scene.client("etranger").get(f"{address(sent)}/horloge").status_code == 403


def test_what_may_follow_is_offered_to_who_may_ask_it(scene: Scene) -> None:
    asked = scene.ask(Kind.OPINION)
    scene.do(asked, Act.ANSWER, "garde", conclusion="À transférer.")
    page = scene.client("local").get(address(asked)).content.decode()
    assert f"?depuis={asked.key}&amp;nature=TRANSFER" in page
    assert f"?depuis={asked.key}&amp;nature=CONSULTATION" in page
    assert "nature=" not in scene.client("garde").get(address(asked)).content.decode()


def test_the_route_is_shown_as_the_doctor_saw_it(scene: Scene) -> None:
    line = {"service": "unv-valenciennes", "name": "UNV", "basis_words": "Même groupement"}
    route = {
        "lines": [{"service": "unv-maubeuge", "name": "UNV de Maubeuge", "minutes": 3}, line],
        "left_out": [{"service": "x", "name": "UNV d'Arras", "reason_words": "service fermé"}],
        "at": "2026-11-22T03:00:00+01:00",
    }
    sent = scene.ask(route=route, deviation=Deviation.KNOWN_TEAM)
    page = scene.client("garde").get(address(sent)).content.decode()
    for words in ("Même groupement", "UNV de Maubeuge", "service fermé", "Patient déjà suivi"):
        assert words in page


def test_requests_of_a_patient(scene: Scene) -> None:
    sent = scene.ask()
    part = f"/adressages/patients/{sent.patient.key}"
    shown = scene.client("local").get(part, headers={"HX-Request": "true"}).content.decode()
    assert sent.key in shown
    assert "<html" not in shown
    assert scene.client("etranger").get(part).status_code == 403


def test_a_page_takes_a_fixed_number_of_queries(scene: Scene) -> None:
    sent = scene.ask(priority=Priority.P2)
    client = scene.client("garde")
    client.get(address(sent))

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get(address(sent))
        return len(found)

    before = queries()
    for number in range(20):
        scene.client("local").post(
            f"{address(sent)}/messages", {"texte": f"Message {number}", "jeton": f"j{number}"}
        )
    for _ in range(3):
        scene.ask(Kind.OPINION, patient=sent.patient, case=sent.case)
    assert queries() <= before
    assert before <= MOST_QUERIES
