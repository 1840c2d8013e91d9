"""Who is on duty now, and what was done of the duties that are over."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.models import Practitioner
from maillage.engines.rostering.regulations import regulations_on
from maillage.oncall.actions import release_slot
from maillage.oncall.actions.records import record_duty
from maillage.oncall.models import DutyLine, DutyRecord, DutySlot
from maillage.oncall.queries.now import list_on_duty, near_first
from maillage.oncall.queries.records import get_month_done
from maillage.oncall.rules.records import DutyFact, rest_until, settle, work_of
from maillage.vocabulary.calendar import local_day, paris_instant
from maillage.vocabulary.errors import Invalid, NotAllowed
from tests.oncall.people_in_small import actor_of, client_of, make_nights, slots_of

A, B = "prat-001", "prat-002"
START = paris_instant(date(2026, 12, 1), time(20))
END = paris_instant(date(2026, 12, 2), time(8))
NEXT_DAY = END + timedelta(hours=4)
CALL_END = paris_instant(date(2026, 12, 2), time(4))


def work(kind: str = "ON_CALL", *, calls: int = 0, minutes: int = 0, last: datetime | None = None,
         at: datetime = NEXT_DAY) -> tuple[int, int, datetime | None]:  # fmt: skip
    done = work_of(kind, START, END, calls=calls, minutes=minutes, last_call_ended_at=last, at=at)
    return done.calls, done.worked_minutes, done.last_call_ended_at


def test_journeys_are_counted_flat_and_not_beyond_their_most() -> None:
    assert work(calls=1, minutes=90, last=CALL_END) == (1, 150, CALL_END)
    assert work(calls=5, minutes=90, last=CALL_END) == (5, 210, CALL_END)
    assert work() == (0, 0, None)


def test_a_garde_is_work_from_end_to_end() -> None:
    assert work("ON_SITE") == (0, 720, None)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("slot", {"at": END - timedelta(minutes=1)}),
        ("slot", {"at": END + timedelta(days=200)}),
        ("calls", {"minutes": 10}),
        ("calls", {"calls": 51, "last": CALL_END}),
        ("minutes", {"calls": 1, "minutes": 721, "last": CALL_END}),
        ("last_call_ended_at", {"calls": 1, "minutes": 30}),
        ("last_call_ended_at", {"calls": 1, "minutes": 30, "last": END + timedelta(hours=13)}),
    ],
)
def test_what_cannot_be(field: str, said: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        work(**said)  # type: ignore[arg-type]
    assert [one.field for one in refused.value.problems] == [field]


def test_rest_starts_after_the_garde_or_after_the_last_call() -> None:
    rules = regulations_on(date(2026, 12, 1))
    assert rest_until("ON_SITE", END, None, rules) == END + timedelta(hours=11)
    assert rest_until("ON_CALL", END, CALL_END, rules) == CALL_END + timedelta(hours=11)
    assert rest_until("ON_CALL", END, None, rules) is None


def test_planned_and_done_of_each() -> None:
    """One garde replaced, one nobody did, and call-outs of 4 h 50 and 20 min: one half-day."""
    rules = regulations_on(date(2026, 12, 1))
    facts = [
        DutyFact("ON_SITE", START, END, "a", "b", 0, 720),
        DutyFact("ON_SITE", START, END, "a", None),
        DutyFact("ON_CALL", START, END, "a", "a", 2, 290),
        DutyFact("ON_CALL", START, END, None, "a", 1, 20),
    ]
    found = settle(facts, rules)
    a, b = found["a"], found["b"]
    assert (a.planned.duties, a.done.duties, a.planned.half_days) == (3, 2, 4)
    assert (a.calls, a.call_minutes, a.half_days_done) == (3, 310, 1)
    assert (b.planned.duties, b.done.on_site_minutes, b.half_days_done) == (0, 720, 2)


# In the database


@pytest.mark.django_db
def test_who_may_record(lines: None, now: datetime, make_actor: Callable[..., Actor]) -> None:
    make_nights(now, before=5)
    slot = next(one for one in slots_of(A) if one.ends_at <= now)
    mine, other = Practitioner.objects.get(slug=A), Practitioner.objects.get(slug=B)
    for by, who in (
        (actor_of(B, now), other),
        (actor_of(B, now), mine),
        (actor_of(A, now), other),
        (actor_of(A, now), None),
        (make_actor(Role.ON_CALL, at="chu-lille"), mine),
    ):
        with pytest.raises(NotAllowed):
            record_duty(slot=slot, practitioner=who, by=by, at=now)
    record_duty(slot=slot, practitioner=mine, by=actor_of(A, now), at=now)
    keeper = make_actor(Role.ON_CALL, at="ch-maubeuge")
    record_duty(slot=slot, practitioner=other, by=keeper, at=now)
    assert DutyRecord.objects.get().practitioner == other
    record_duty(slot=slot, practitioner=None, by=keeper, at=now)
    assert DutyRecord.objects.get().practitioner is None


@pytest.mark.django_db
def test_the_month_of_a_line(lines: None, now: datetime) -> None:
    make_nights(now, before=15, days=40)
    line = DutyLine.objects.get(slug="avc-hainaut")
    slot = next(one for one in slots_of(A) if one.ends_at <= now)
    record_duty(
        slot=slot, practitioner=Practitioner.objects.get(slug=B), calls=1, minutes=60,
        last_call_ended_at=slot.ends_at, by=SYSTEM, at=now,
    )  # fmt: skip
    with CaptureQueriesContext(connection) as seen:
        page = get_month_done(line, month=date(2026, 11, 1), at=now)
    assert len(seen) == 1
    assert all(row.slot.ends_at <= now for row in page.rows)
    assert page.missing == len(page.rows) - 1
    (changed,) = [row for row in page.rows if row.differs]
    assert changed.rests_until == slot.ends_at + timedelta(hours=11)
    sums = {person.slug: one for person, one in page.people}
    assert (sums[B].calls, sums[B].call_minutes) == (1, 120)
    assert sums[A].planned.duties > sums[A].done.duties == 0


@pytest.mark.django_db
def test_those_of_ones_own_hospitals_come_first(
    lines: None, now: datetime, make_actor: Callable[..., Actor]
) -> None:
    make_nights(now - timedelta(days=1))
    at = DutySlot.objects.order_by("starts_at")[1].starts_at
    rows = list_on_duty(at)

    def sizes(actor: Actor) -> list[tuple[str, int]]:
        return [(title, len(group)) for title, group in near_first(rows, actor)]

    near = make_actor(Role.DOCTOR, at="ch-valenciennes")
    assert sizes(near) == [("Vos établissements", 1), ("Ailleurs", 0)]
    assert sizes(make_actor(Role.DOCTOR, at="chu-lille"))[1] == ("Ailleurs", 1)
    assert sizes(make_actor(Role.REGULATOR)) == [("Toutes les lignes", 1)]


@pytest.mark.django_db
def test_who_is_on_duty_in_one_statement(lines: None, now: datetime) -> None:
    make_nights(now, before=2)
    with CaptureQueriesContext(connection) as seen:
        (one,) = list_on_duty(now)
    assert len(seen) == 1
    assert one.holder is not None
    assert one.phone == "03 27 14 99 99"
    assert list_on_duty(now, care_type="STROKE_UNIT", organization="ch-valenciennes")
    assert not list_on_duty(now, care_type="BURNS")
    assert not list_on_duty(now, organization="chu-lille")
    release_slot(slot=DutySlot.objects.get(pk=one.slot.pk), by=SYSTEM, at=now)
    assert list_on_duty(now)[0].holder is None


@pytest.mark.django_db
def test_the_pages_and_the_interface(lines: None, client_for: Callable[..., Client]) -> None:
    now = timezone.now()
    make_nights(now, before=4)
    night = slots_of(A)[0]
    keeper = client_for(Role.DIRECTOR, at="ch-valenciennes")
    at = night.starts_at.isoformat().replace("+", "%2B")
    assert "Anaïs Lœuillet" in keeper.get(f"/gardes/maintenant?le={at}").content.decode()
    for wrong in ("hier", "31/02/2026", "24/12/0001"):
        assert keeper.get(f"/gardes/maintenant?le={wrong}").status_code == 200
    (told,) = keeper.get(f"/api/astreintes/maintenant?le={at}").json()
    assert (told["line"], told["holder"], told["site"]) == (
        "avc-hainaut", A, night.service.site.finess,
    )  # fmt: skip
    assert keeper.get("/api/astreintes/maintenant?le=2026-12-24T03:00").status_code == 422
    assert Client().get("/api/astreintes/maintenant").status_code == 401
    address = f"/gardes/creneaux/{night.pk}/realise"
    said = {"praticien": A, "deplacements": "1", "duree": "30", "fin": ""}
    assert keeper.post(address, said).status_code == 422
    said["fin"] = (night.ends_at - timedelta(minutes=30)).isoformat()
    assert keeper.post(address, said).status_code == 302
    page = f"/gardes/lignes/avc-hainaut/realise?mois={local_day(night.starts_at):%Y-%m}"
    assert "1 h 30" in re.sub(r"\s", " ", keeper.get(page).content.decode())
    mine = client_of(A, now)
    assert mine.get(address).status_code == 200
    assert client_of(B, now).get(address).status_code == 403
