"""Sessions of multidisciplinary meetings: created, listed, held with a quorum or not, concluded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from maillage.directory.models import HealthcareService
from maillage.referrals.actions.meetings import create_session, hold_session
from maillage.referrals.enums import Act, Kind, Priority
from maillage.referrals.models import MeetingSession
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal
from tests.referrals.scene import Scene

pytestmark = pytest.mark.django_db
QUORUM = ["Neurologie", "Radiologie"]


@pytest.fixture
def scene(db: None) -> Scene:
    return Scene()


def session(scene: Scene, **length: float) -> MeetingSession:
    """A session of Valenciennes that began so long ago, created before."""
    starts = scene.ago(**length)
    return create_session(
        service=HealthcareService.objects.get(slug="unv-valenciennes"),
        name="RCP neurovasculaire",
        kind="recours",
        starts_at=starts,
        quorum=QUORUM,
        by=scene.actors["garde"],
        at=starts - timedelta(days=1),
    )


def test_a_session_is_created_from_its_form(scene: Scene) -> None:
    client = scene.client("garde")
    typed = {
        "service": "unv-valenciennes",
        "name": "RCP neurovasculaire",
        "kind": "standard",
        "starts_at": "demain 14h30",
        "quorum": "Neurologie\n\nRadiologie\nNeurologie",
    }
    answer = client.post("/adressages/rcp/nouvelle", typed)
    one = MeetingSession.objects.get()
    assert answer.headers["Location"] == f"/adressages/rcp/{one.pk}"
    assert one.quorum == QUORUM
    again = client.post("/adressages/rcp/nouvelle", typed)
    assert again.status_code == 422
    assert "existe déjà" in again.content.decode()
    past = client.post("/adressages/rcp/nouvelle", {**typed, "starts_at": "hier 8h"})
    assert "Cette heure est passée" in past.content.decode()
    assert "RCP neurovasculaire" in client.get("/adressages/rcp").content.decode()


def test_a_request_is_put_on_the_list_from_the_page_of_the_session(scene: Scene) -> None:
    asked = scene.ask(Kind.MEETING, priority=Priority.P3)
    one = session(scene, days=-2)
    client = scene.client("garde")
    assert "Inscrire à cette séance" in client.get(f"/adressages/rcp/{one.pk}").content.decode()
    typed = {
        "acte": "SCHEDULE",
        "version": asked.version,
        "session": one.pk,
        "retour": f"rcp-{one.pk}",
    }
    answer = client.post(f"/adressages/{asked.key}/faire", typed)
    assert answer.headers["Location"] == f"/adressages/rcp/{one.pk}"
    asked.refresh_from_db()
    assert (asked.session, asked.state) == (one, "SCHEDULED")
    page = client.get(f"/adressages/rcp/{one.pk}")
    assert [row.one.row.key for row in page.context["registered"]] == [asked.key]
    assert "Martinet" not in page.content.decode()


def test_held_with_its_quorum_it_concludes(scene: Scene) -> None:
    asked = scene.ask(Kind.MEETING, priority=Priority.P3, at=scene.ago(days=3))
    one = session(scene, hours=1)
    scene.do(asked, Act.SCHEDULE, "garde", at=scene.ago(days=2), session=str(one.pk))
    client = scene.client("garde")
    typed = {"siege_0": "Dr Un", "siege_1": "Dr Deux", "others": "Mme Trois, infirmière"}
    client.post(f"/adressages/rcp/{one.pk}/tenue", typed)
    page = client.get(f"/adressages/rcp/{one.pk}").content.decode()
    assert "Quorum atteint" in page
    assert "Mme Trois" in page
    asked.refresh_from_db()
    answer = {"acte": "ANSWER", "version": asked.version, "conclusion": "Surveillance."}
    assert client.post(f"/adressages/{asked.key}/faire", answer).status_code == 302
    asked.refresh_from_db()
    assert asked.state == "ANSWERED"


def test_without_its_quorum_it_is_a_staff(scene: Scene) -> None:
    one = session(scene, hours=1)
    client = scene.client("garde")
    client.post(f"/adressages/rcp/{one.pk}/tenue", {"siege_0": "Dr Un"})
    page = client.get(f"/adressages/rcp/{one.pk}").content.decode()
    assert "Sans quorum (Radiologie)" in page
    assert "Rendre la conclusion" not in page
    assert "Tenue sans quorum" in client.get("/adressages/rcp").content.decode()


def test_what_a_session_refuses(scene: Scene) -> None:
    by, at = scene.actors["garde"], scene.now
    present = [{"name": "Dr Un", "specialty": "Neurologie"}]
    with pytest.raises(Refusal, match="pas encore commencé"):
        hold_session(session=session(scene, days=-1), attendees=present, by=by, at=at)
    one = session(scene, hours=1)
    with pytest.raises(Invalid):
        hold_session(session=one, attendees=[], by=by, at=at)
    with pytest.raises(NotAllowed):
        hold_session(session=one, attendees=present, by=scene.actors["local"], at=at)
    hold_session(session=one, attendees=present, by=by, at=at)
    with pytest.raises(Refusal, match="déjà tenue"):
        hold_session(session=one, attendees=present, by=by, at=at)


def test_a_stranger_sees_no_session(scene: Scene) -> None:
    one = session(scene, hours=1)
    assert scene.client("etranger").get(f"/adressages/rcp/{one.pk}").status_code == 404


def test_the_hospital_that_asked_sees_its_own_requests_only(scene: Scene) -> None:
    asked = scene.ask(Kind.MEETING, priority=Priority.P3)
    one = session(scene, days=-2)
    client = scene.client("local")
    assert client.get(f"/adressages/rcp/{one.pk}").status_code == 404
    scene.do(asked, Act.SCHEDULE, "garde", session=str(one.pk))
    page = client.get(f"/adressages/rcp/{one.pk}")
    assert [row.one.row.key for row in page.context["registered"]] == [asked.key]
    assert page.context["waiting"] == []
    assert "Noter qui a siégé" not in page.content.decode()
