"""Requests put on the list of a session, and concluded with its quorum only."""

from __future__ import annotations

from datetime import timedelta

import pytest

from maillage.patients.models import Patient
from maillage.referrals.enums import Act, Clock, Kind, Outcome, State
from maillage.referrals.models import MeetingSession
from maillage.vocabulary.errors import Invalid, Refusal
from tests.referrals import requests_in_small as scene
from tests.referrals.requests_in_small import LOCAL, NEIGHBOUR, NOW, Hand

WHOLE = [
    {"name": "Dr A", "specialty": "Chirurgie"},
    {"name": "Dr B", "specialty": "Radiothérapie"},
]


def session(*, team: str = "unv-valenciennes", days: int = 3) -> MeetingSession:
    return MeetingSession.objects.create(
        service=scene.service(team),
        name=f"RCP {days}",
        starts_at=NOW + timedelta(days=days),
        quorum=["Chirurgie", "Radiothérapie"],
    )


def hold(held: MeetingSession, attendees: list[dict[str, str]]) -> None:
    held.attendees, held.held_at, held.held_by = attendees, held.starts_at, "Dr A"
    held.save()


def test_a_request_is_discussed_at_its_session(patient: Patient) -> None:
    planned = session()
    hand = Hand(scene.sent(patient, Kind.MEETING, pathway="cancer"))
    put = hand.do(Act.SCHEDULE, NEIGHBOUR, session=str(planned.pk))
    assert (put.state, put.clock, put.scheduled_at) == ("SCHEDULED", "TO_HOLD", planned.starts_at)
    assert put.due_at == planned.starts_at + timedelta(days=1)
    with pytest.raises(Refusal, match="pas encore notée comme tenue"):
        hand.do(Act.ANSWER, NEIGHBOUR, conclusion="Chirurgie")
    hold(planned, WHOLE)
    answered = hand.do(Act.ANSWER, NEIGHBOUR, conclusion="Chirurgie")
    assert (answered.state, answered.clock) == (State.ANSWERED, Clock.TO_READ)
    assert hand.do(Act.CLOSE, LOCAL).outcome == Outcome.DISCUSSED


def test_without_its_quorum_a_session_concludes_nothing(patient: Patient) -> None:
    first, second = session(), session(days=10)
    hand = Hand(scene.sent(patient, Kind.MEETING, session=first))
    # The session that the requester chose is the one, unless the team says another.
    assert hand.do(Act.SCHEDULE, NEIGHBOUR).session == first
    hold(first, WHOLE[:1])
    with pytest.raises(Refusal, match=r"sans son quorum \(Radiothérapie\)") as refused:
        hand.do(Act.ANSWER, NEIGHBOUR, conclusion="Chirurgie")
    assert refused.value.details["missing"] == ["Radiothérapie"]
    with pytest.raises(Refusal, match="déjà tenue"):
        hand.do(Act.SCHEDULE, NEIGHBOUR, session=first)
    hand.do(Act.SCHEDULE, NEIGHBOUR, session=second)
    hold(second, WHOLE)
    assert hand.do(Act.ANSWER, NEIGHBOUR, conclusion="Chirurgie").state == State.ANSWERED


def test_an_opinion_outside_a_session_is_no_meeting(patient: Patient) -> None:
    hand = Hand(scene.sent(patient, Kind.MEETING))
    with pytest.raises(Refusal):
        hand.do(Act.ANSWER, NEIGHBOUR, conclusion="Chirurgie")
    with pytest.raises(Invalid):
        hand.do(Act.SCHEDULE, NEIGHBOUR)
    with pytest.raises(Refusal, match="autre équipe"):
        hand.do(Act.SCHEDULE, NEIGHBOUR, session=session(team="unv-maubeuge"))
    with pytest.raises(Invalid):
        hand.do(Act.SCHEDULE, NEIGHBOUR, session="999999")
