"""Programs that post at the same instant, each over its own connection."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from maillage.referrals.models import Case, Event, Message, Referral
from tests.referrals import requests_in_small as scene
from tests.referrals.programs import HOME, LOCAL, NEIGHBOUR, SECOND, Program, body_of, program
from tests.referrals.test_at_once import at_once

pytestmark = pytest.mark.usefixtures("shared_database")


def posting(who: Program, path: str, body: dict[str, Any], token: str = "") -> Callable[[], Any]:
    """A post that waits to be made."""
    return lambda: who.say(path, body, token)


def together(posts: list[Callable[[], Any]]) -> list[Any]:
    """What each post was answered."""
    answers = at_once(posts)
    assert all(answer.status_code < 500 for answer in answers)
    return answers


def test_the_same_request_posted_by_eight_programs_exists_once() -> None:
    patient, at = scene.admit(), timezone.now()
    programs = [program(*LOCAL, at=at) for _ in range(8)]
    seen = (at - timedelta(hours=1)).isoformat(timespec="minutes")
    answers_given = {"debut_connu": "observe", "debut": seen, "nihss": 14}
    body = body_of(patient, answers=answers_given)
    cases, messages = Case.objects.count(), Message.objects.count()
    answers = together([posting(one, HOME, body, "huit-ensemble") for one in programs])
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201], [
        answer.content for answer in answers
    ]
    assert len({answer.json()["key"] for answer in answers}) == 1
    (made,) = Referral.objects.filter(token="huit-ensemble")
    assert Case.objects.count() == cases + 1
    assert Message.objects.count() == messages
    assert list(Event.objects.filter(referral=made).values_list("act", flat=True)) == ["SEND"]


def test_two_programs_that_accept_at_once_are_told_who_did() -> None:
    at = timezone.now()
    request = scene.sent(scene.admit(), scene.Kind.TRANSFER, at=at)
    both = [program(*NEIGHBOUR, at=at), program(*SECOND, at=at)]
    body = {"act": "ACCEPT_MEDICALLY", "version": request.version}
    answers = together([posting(one, f"{HOME}/{request.key}/actes", body) for one in both])
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (late,) = (answer.json() for answer in answers if answer.status_code == 409)
    request.refresh_from_db()
    assert late["type"] == "urn:maillage:referrals.already"
    assert late["details"]["by"] == request.medical_by
