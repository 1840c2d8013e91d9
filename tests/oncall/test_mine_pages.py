"""« Mes gardes »: the next duty, the month, who comes before and after, the counters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM
from maillage.directory.models import Practitioner
from maillage.oncall.actions import release_slot
from maillage.oncall.queries.mine import get_my_duties
from maillage.oncall.rules.counting import Counted, count_duty, count_spans, quarter_of, spans_of
from maillage.vocabulary.calendar import local_day, paris_instant
from tests.oncall.people_in_small import client_of, make_nights, slots_of

QUERIES = 4


def night(day: date, *, kind: str = "ON_SITE") -> tuple[str, datetime, datetime]:
    return (
        kind,
        paris_instant(day, time(18, 30)),
        paris_instant(day + timedelta(days=1), time(8, 30)),
    )


def test_a_night_on_site_is_two_half_days_and_its_real_hours() -> None:
    assert count_duty(*night(date(2026, 12, 2))) == Counted(1, 1, 0, 0, 14 * 60, 0, 2)
    assert count_duty(*night(date(2026, 10, 24))).on_site_minutes == 15 * 60
    assert count_duty(*night(date(2027, 3, 27))).on_site_minutes == 13 * 60


def test_an_astreinte_counts_its_hours_apart_and_no_half_day() -> None:
    assert count_duty(*night(date(2026, 12, 25), kind="ON_CALL")) == Counted(
        1, 1, 0, 1, 0, 14 * 60, 0
    )


def test_counters_of_the_month_the_four_months_and_the_year() -> None:
    assert (quarter_of(date(2026, 12, 5)).first_day, quarter_of(date(2026, 4, 30)).last_day) == (
        date(2026, 9, 1),
        date(2026, 5, 1),
    )
    days = (date(2026, 1, 5), date(2026, 9, 7), date(2026, 11, 30), date(2026, 12, 1))
    found = count_spans([night(day) for day in days], spans_of(date(2026, 12, 5)))
    assert [count.duties for _, count in found] == [1, 3, 4]
    assert found[-1][1].half_days == 8


@pytest.mark.django_db
def test_who_comes_before_and_after(lines: None, now: datetime) -> None:
    make_nights(now)
    me = Practitioner.objects.get(slug="prat-001")
    page = get_my_duties(me, at=now, month=date(2026, 12, 1))
    duty = page.duties[2]
    assert duty.before is not None
    assert duty.after is not None
    assert str(duty.before.holder) == str(duty.after.holder) == "Dr Béatrice Dubois"
    nights = slots_of("prat-002")
    release_slot(slot=next(s for s in nights if s.starts_at > duty.slot.ends_at), by=SYSTEM, at=now)
    freed = get_my_duties(me, at=now, month=date(2026, 12, 1)).duties[2].after
    assert freed is not None
    assert freed.holder is None


@pytest.mark.django_db
def test_the_duty_under_way_comes_first_then_the_next(lines: None, now: datetime) -> None:
    make_nights(now)
    first, second = slots_of("prat-001")[:2]
    me = Practitioner.objects.get(slug="prat-001")
    for at, expected in (
        (first.starts_at - timedelta(minutes=1), first),
        (first.starts_at, first),
        (first.ends_at - timedelta(minutes=1), first),
        (first.ends_at, second),
    ):
        page = get_my_duties(me, at=at, month=date(2026, 12, 1))
        assert page.next is not None
        assert page.next.slot == expected


@pytest.mark.django_db
def test_four_statements_whatever_there_is(lines: None, now: datetime) -> None:
    me = Practitioner.objects.get(slug="prat-001")
    for days in (0, 60):
        if days:
            make_nights(now, days=days)
        with CaptureQueriesContext(connection) as seen:
            get_my_duties(me, at=now, month=date(2026, 12, 1))
        assert len(seen) == QUERIES


@pytest.mark.django_db
def test_the_page_of_a_practitioner(lines: None) -> None:
    now = timezone.now()
    make_nights(now)
    client = client_of("prat-001", now)
    text = client.get("/gardes/mes-gardes").content.decode()
    assert "Prochaine garde" in text or "De garde en ce moment" in text
    assert "Astreinte AVC du Hainaut" in text
    assert "Dr Anaïs Lœuillet" in text
    month = f"{local_day(now) + timedelta(days=200):%Y-%m}"
    assert "Aucune garde en" in client.get(f"/gardes/mes-gardes?mois={month}").content.decode()
    for wrong in ("2026-13", "hier", "1999-01", "2026-12-01"):
        assert client.get(f"/gardes/mes-gardes?mois={wrong}").status_code == 200


@pytest.mark.django_db
def test_an_account_that_is_no_practitioner_is_told_so(
    lines: None, client_for: Callable[..., Client]
) -> None:
    client = client_for(Role.DOCTOR)
    assert "relié à aucun praticien" in client.get("/gardes/mes-gardes").content.decode()
    assert client.post("/gardes/mes-gardes/agenda").status_code == 403
    assert client_for(Role.CITY).get("/gardes/mes-gardes").status_code == 403
    assert Client().get("/gardes/mes-gardes").status_code == 302
