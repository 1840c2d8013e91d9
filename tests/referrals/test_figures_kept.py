"""Quantiles kept between two readings: the same numbers, and no change of a request unseen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F
from pytest_django import DjangoAssertNumQueries

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.referrals.enums import Kind
from maillage.referrals.models import Referral
from maillage.referrals.queries.durations import Quantiles, load_quantiles
from maillage.referrals.queries.figures import get_view, load_figures
from maillage.referrals.queries.months import load_months
from maillage.referrals.queries.scopes import figures_scope
from maillage.referrals.rules.measures import get_delay_measure
from maillage.referrals.rules.quarters import Quarter
from tests.directory.territory_in_small import load_directory
from tests.referrals.past_requests import send

MakeActor = Callable[..., Actor]


@pytest.fixture(autouse=True)
def directory(db: None) -> None:
    load_directory()


def seen(actor: Actor, now: datetime) -> tuple[Quantiles, set[Quantiles]]:
    """The delay of the first reading: of the quarter, and of the months that have one."""
    scope = figures_scope(actor, at=now)
    whole = load_figures(scope, view=get_view("equipes"), quarter=Quarter(2026, 3)).whole
    assert whole is not None
    months = load_months(scope, get_delay_measure("vue"), at=now)
    return {one.key: value for one, value in whole.delays}["vue"], {
        row.quantiles for row in months.rows if row.quantiles != Quantiles()
    }


def test_a_second_reading_costs_no_quantile(
    now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    send(20, minutes=[30] * 20)
    with django_assert_num_queries(11):
        first = seen(SYSTEM, now)
    # Volumes, letters, refusals, other teams, and the stamp of the months.
    with django_assert_num_queries(5):
        assert seen(SYSTEM, now) == first
    assert first == (Quantiles(30, 30), {Quantiles(30, 30)})


def test_an_act_on_a_request_of_the_past_is_seen(now: datetime) -> None:
    requests = send(20, minutes=[30] * 20)
    assert seen(SYSTEM, now) == (Quantiles(30, 30), {Quantiles(30, 30)})
    Referral.objects.filter(pk__in=[one.pk for one in requests[:15]]).update(
        seen_at=F("sent_at") + timedelta(minutes=50), version=F("version") + 1
    )
    assert seen(SYSTEM, now) == (Quantiles(50, 50), {Quantiles(50, 50)})


def test_requests_that_come_or_go_are_seen(now: datetime) -> None:
    send(20, minutes=[30] * 20)
    seen(SYSTEM, now)
    send(30, minutes=[5] * 30)
    assert seen(SYSTEM, now) == (Quantiles(5, 30), {Quantiles(5, 30)})
    Referral.objects.filter(seen_at=F("sent_at") + timedelta(minutes=5)).delete()
    assert seen(SYSTEM, now) == (Quantiles(30, 30), {Quantiles(30, 30)})


def test_what_a_reader_was_shown_is_kept_from_another(now: datetime, make_actor: MakeActor) -> None:
    send(20, minutes=[30] * 20)
    send(20, sender="ch-cambrai", service="unv-maubeuge", minutes=[90] * 20)
    lille = make_actor(Role.DOCTOR, at="chu-lille")
    cambrai = make_actor(Role.DOCTOR, at="ch-cambrai")
    for _ in range(2):
        assert seen(lille, now)[0] == Quantiles(30, 30)
        assert seen(cambrai, now)[0] == Quantiles(90, 90)
        assert seen(SYSTEM, now)[0] == Quantiles(30, 90)


def test_the_choices_of_a_reader_are_kept_apart(now: datetime) -> None:
    send(20, minutes=[30] * 20, answered_at=60)
    scope = figures_scope(SYSTEM, at=now)
    for key, minutes in (("vue", 30), ("reponse", 60), ("vue", 30)):
        months = load_months(scope, get_delay_measure(key), at=now)
        assert Quantiles(minutes, minutes) in {row.quantiles for row in months.rows}
    for view, key in (("equipes", "chu-lille"), ("demandeurs", "ch-maubeuge")) * 2:
        row = load_figures(scope, view=get_view(view), quarter=Quarter(2026, 3)).row(key)
        assert row is not None
        assert {one.key: value for one, value in row.delays}["vue"] == Quantiles(30, 30)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        # Fractions on either side; a rounding to the millisecond would carry to the next second.
        (datetime(2026, 7, 31, 21, 59, 59, 999_999, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)),
        (datetime(2026, 8, 1, 8, tzinfo=UTC), datetime(2026, 8, 3, 9, 0, 0, 1, tzinfo=UTC)),
        (
            datetime(2026, 12, 31, 23, 59, 58, 750_000, tzinfo=UTC),
            datetime(2027, 1, 1, 0, 0, 1, 250_001, tzinfo=UTC),
        ),
        # Clocks that disagree: the end before the start.
        (datetime(2026, 8, 1, 8, 0, 0, 5, tzinfo=UTC), datetime(2026, 8, 1, 7, 59, tzinfo=UTC)),
    ],
)
def test_lengths_are_exact_to_the_microsecond(start: datetime, end: datetime) -> None:
    send(11, kind=Kind.OPINION)
    Referral.objects.update(sent_at=start, seen_at=end)
    found = load_quantiles(
        Referral.objects.all(), start="sent_at", end="seen_at", parts={"all": []}
    )
    minutes = (end - start).total_seconds() / 60
    assert found["all"] == {(): Quantiles(minutes, minutes)}


def test_months_begin_at_midnight_in_paris_in_summer_and_in_winter(now: datetime) -> None:
    for number, at in enumerate(
        (
            datetime(2026, 9, 30, 21, 59, 59, tzinfo=UTC),
            datetime(2026, 9, 30, 22, tzinfo=UTC),
            datetime(2025, 12, 31, 22, 59, 59, tzinfo=UTC),
            datetime(2025, 12, 31, 23, tzinfo=UTC),
        ),
        start=1,
    ):
        send(11, minutes=[number] * 11)
        Referral.objects.filter(seen_at=F("sent_at") + timedelta(minutes=number)).update(
            sent_at=at, seen_at=at + timedelta(minutes=number)
        )
    months = load_months(figures_scope(SYSTEM, at=now), get_delay_measure("vue"), at=now)
    found = {row.label: row.quantiles.median for row in months.rows if row.quantiles.median}
    assert found == {
        "septembre 2026": 1,
        "octobre 2026": 2,
        "décembre 2025": 3,
        "janvier 2026": 4,
    }
