"""Requests to staff a line: who asks, who answers, what the list says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.directory.models import HealthcareService
from maillage.oncall.actions import answer_request, ask_for_roster
from maillage.oncall.enums import RequestState
from maillage.oncall.models import DutyLine, DutySlot, RosterRequest
from maillage.oncall.queries import list_requests
from maillage.oncall.rules.requests import check_answer, check_request
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
STARTS = datetime(2026, 12, 24, 19, 0, tzinfo=UTC)
ENDS = STARTS + timedelta(hours=12)
LIST_QUERIES = 9
Make = Callable[..., Actor]


def test_a_request_needs_a_period_to_come_and_a_reason() -> None:
    check_request(STARTS, ENDS, "personne", at=AT)
    for starts, ends, reason, field in (
        (ENDS, STARTS, "x", "ends_at"),
        (STARTS, STARTS + timedelta(days=400), "x", "ends_at"),
        (AT - timedelta(hours=3), AT, "x", "ends_at"),
        (STARTS, ENDS, "  ", "reason"),
    ):
        with pytest.raises(Invalid) as refused:
            check_request(starts, ends, reason, at=AT)
        assert [problem.field for problem in refused.value.problems] == [field]


def test_an_answer_is_given_once_and_a_refusal_says_why() -> None:
    check_answer(RequestState.OPEN, RequestState.DONE, "")
    with pytest.raises(Invalid):
        check_answer(RequestState.OPEN, RequestState.DECLINED, " ")
    with pytest.raises(Refusal):
        check_answer(RequestState.DONE, RequestState.DECLINED, "trop tard")
    with pytest.raises(Refusal):
        check_answer(RequestState.OPEN, RequestState.OPEN, "")


def ask(by: Actor, **changes: object) -> RosterRequest:
    values = {
        "line": DutyLine.objects.get(slug="avc-hainaut"),
        "starts_at": STARTS,
        "ends_at": ENDS,
        "reason": "Personne la nuit de Noël",
        "by": by,
        "at": AT,
        **changes,
    }
    return ask_for_roster(**values)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_asked_then_answered_by_those_who_keep_the_line(lines: None, make_actor: Make) -> None:
    asked = ask(make_actor(Role.REGULATOR, at="chu-lille"))
    assert (asked.state, asked.asked_by) == ("OPEN", "Personne d'essai")
    with pytest.raises(Refusal, match="attend déjà"):
        ask(make_actor(Role.REGULATOR, at="chu-lille"))
    stranger = make_actor(Role.DIRECTOR, at="ch-elsewhere")
    with pytest.raises(NotAllowed):
        answer_request(request=asked, to=RequestState.DONE, answer="", by=stranger, at=AT)
    # Maubeuge receives through the pooled line that Valenciennes keeps.
    keeper = make_actor(Role.ON_CALL, at="ch-maubeuge")
    with pytest.raises(Invalid):
        answer_request(request=asked, to=RequestState.DECLINED, answer="", by=keeper, at=AT)
    done = answer_request(request=asked, to=RequestState.DONE, answer="Trouvé", by=keeper, at=AT)
    assert (done.state, done.answer, done.answered_at) == ("DONE", "Trouvé", AT)
    with pytest.raises(Refusal):
        answer_request(request=asked, to=RequestState.DONE, answer="", by=keeper, at=AT)
    trail = AuditEvent.objects.filter(action__in=["oncall.ask-for-roster", "oncall.answer-request"])
    assert sorted(trail.values_list("action", "changes_territory")) == [
        ("oncall.answer-request", False),
        ("oncall.ask-for-roster", False),
    ]
    # Once answered, the same may be asked again.
    assert ask(make_actor(Role.DOCTOR)).state == "OPEN"


@pytest.mark.django_db
def test_a_city_doctor_does_not_ask(lines: None, make_actor: Make) -> None:
    with pytest.raises(NotAllowed):
        ask(make_actor(Role.CITY))
    assert not RosterRequest.objects.exists()


@pytest.mark.django_db
def test_an_answer_is_whole_in_the_table_too(lines: None, make_actor: Make) -> None:
    asked = ask(make_actor(Role.DOCTOR))
    with pytest.raises(IntegrityError), transaction.atomic():
        RosterRequest.objects.filter(pk=asked.pk).update(state="DONE")


@pytest.mark.django_db
def test_the_list_says_what_is_still_missing(lines: None, make_actor: Make) -> None:
    asked = ask(make_actor(Role.DOCTOR))
    assert list_requests()[0].missing == "aucun créneau n'est créé sur cette période"
    DutySlot.objects.create(
        line=asked.line,
        service=HealthcareService.objects.get(slug="unv-valenciennes"),
        starts_at=STARTS,
        ends_at=ENDS,
    )
    row = list_requests(state="OPEN")[0]
    assert (row.slots, row.holes, row.missing) == (1, 1, "1 créneau sans titulaire")
    assert row.owners == {"ch-valenciennes", "ch-maubeuge"}
    assert list_requests(state="DONE") == []


@pytest.mark.django_db
def test_pages(lines: None, client_for: Callable[..., Client]) -> None:
    asking = client_for(Role.REGULATOR, at="chu-lille")
    soon = timezone.now() + timedelta(days=9)
    address = "/astreintes/avc-hainaut/demander"
    given = {"du": soon.isoformat(), "au": (soon + timedelta(hours=9)).isoformat(), "motif": "Trou"}
    assert asking.get(address, given).context["form"].initial["motif"] == "Trou"
    wrong = asking.post(address, {**given, "au": given["du"]})
    assert wrong.status_code == 422
    assert wrong.context["form"].errors["au"] == ["La fin doit venir après le début."]
    for origin, kept in (("https://elsewhere.fr", ""), ("//elsewhere.fr", ""), ("/ici", "/ici")):
        RosterRequest.objects.all().delete()
        sent = asking.post(address, {**given, "origine": origin})
        assert sent.status_code == 302
        assert RosterRequest.objects.get().origin == kept
    request = RosterRequest.objects.get()
    assert "Répondre<" not in asking.get("/astreintes/demandes").content.decode()
    assert asking.get(f"/astreintes/demandes/{request.pk}/reponse").status_code == 403

    keeper = client_for(Role.ON_CALL, at="ch-valenciennes")
    with CaptureQueriesContext(connection) as ran:
        page = keeper.get("/astreintes/demandes")
    assert "Répondre<" in page.content.decode()
    assert len(ran) <= LIST_QUERIES
    address = f"/astreintes/demandes/{request.pk}/reponse"
    assert keeper.post(address, {"issue": "DECLINED"}).status_code == 422
    assert (
        keeper.post(address, {"issue": "DECLINED", "reponse": "Pas de budget"}).status_code == 302
    )
    request.refresh_from_db()
    assert (request.state, request.answer) == ("DECLINED", "Pas de budget")
