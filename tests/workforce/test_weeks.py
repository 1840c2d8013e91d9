"""One calendar by person: conflicts, dates, hours owed, bonus. No database."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.rostering.regulations import regulations_on
from maillage.vocabulary.calendar import public_holidays_between
from maillage.vocabulary.periods import Period
from maillage.workforce.enums import Weeks
from maillage.workforce.rules.bonus import Bonus, compute_bonus
from maillage.workforce.rules.owed import Promise, SharedWeek, balances
from maillage.workforce.rules.weeks import (
    Conflict,
    HalfDay,
    dates_of,
    find_conflicts,
    french_number,
    next_two_odd_weeks,
    recurs_in,
    weekly_half_days,
)

START = date(2026, 1, 1)
ALWAYS = (Period(date(2001, 1, 1), None),)
TRAVEL = {("a", "b"): 45.0, ("b", "a"): 45.0, ("a", "c"): 75.0, ("c", "a"): 75.0}


def cell(weekday: int = 1, half: str = "MORNING", site: str = "a", **more: object) -> HalfDay:
    """A cell of hospital « home » at site a, « host » elsewhere, whose agreement always holds."""
    values: dict[str, object] = {
        "weekday": weekday,
        "half": half,
        "weeks": "EVERY",
        "site": site,
        "organization": "home" if site == "a" else "host",
        "starts_on": START,
        "carried": None if site == "a" else ALWAYS,
        "site_name": site.upper(),
        "agreement": "" if site == "a" else "partage",
    }
    return HalfDay(**{**values, **more})  # type: ignore[arg-type]


def conflicts(*cells: HalfDay, quota: int = 10, most_sites: int = 3) -> tuple[Conflict, ...]:
    return find_conflicts(cells, employer="home", quota=quota, travel=TRAVEL, most_sites=most_sites)


def codes(*cells: HalfDay, **more: int) -> list[tuple[str, bool]]:
    return [(one.code, one.is_refusal) for one in conflicts(*cells, **more)]


def test_nobody_is_in_two_places_at_once() -> None:
    assert codes(cell(), cell(site="b")) == [("week.double", True)]


def test_odd_and_even_weeks_do_not_meet_but_every_week_meets_both() -> None:
    odd, even = cell(weeks="ODD"), cell(site="b", weeks="EVEN")
    assert codes(odd, even) == []
    assert codes(odd, cell(site="b")) == [("week.double", True)]


def test_half_days_of_different_periods_do_not_meet() -> None:
    before = cell(ends_on=date(2026, 6, 1))
    assert codes(before, cell(site="b", starts_on=date(2026, 6, 1))) == []


def test_a_journey_longer_than_the_midday_break_is_refused() -> None:
    assert codes(cell(), cell(half="AFTERNOON", site="b")) == []
    assert codes(cell(), cell(half="AFTERNOON", site="c")) == [("week.journey", True)]
    assert codes(cell(site="b"), cell(half="AFTERNOON", site="c")) == [("week.journey", True)]
    assert (
        "trajet inconnu" in conflicts(cell(site="b"), cell(half="AFTERNOON", site="c"))[0].message
    )


def test_another_hospital_asks_for_an_agreement_that_holds() -> None:
    assert codes(cell(site="b", carried=None)) == [("week.no-agreement", True)]
    soon = (Period(date(2025, 1, 1), date(2026, 9, 1)),)
    assert codes(cell(site="b", carried=soon)) == [("week.agreement-ends", False)]
    late = (Period(date(2026, 9, 1), None),)
    assert codes(cell(site="b", carried=late)) == [("week.agreement-ends", True)]
    assert codes(cell(site="b", carried=soon + late)) == []
    assert codes(cell(site="b", carried=soon, ends_on=date(2026, 9, 1))) == []
    assert codes(cell(site="b", carried=())) == [("week.agreement-ends", True)]


def test_a_week_holds_ten_half_days_and_the_assignments() -> None:
    full = [cell(day, half) for day in range(1, 6) for half in ("MORNING", "AFTERNOON")]
    assert codes(*full) == []
    assert codes(*full, cell(6)) == [("week.too-many", True)]
    assert codes(*full[:7], quota=6) == [("week.over-quota", False)]
    assert codes(*full[:6], quota=6) == []


def test_many_sites_are_said() -> None:
    cells = [cell(1), cell(2, site="b"), cell(3, site="c")]
    assert codes(*cells, most_sites=2) == [("week.many-sites", False)]


def test_the_dates_of_a_cell() -> None:
    found = list(dates_of(cell(2), date(2026, 1, 1), date(2026, 2, 1)))
    assert found == [date(2026, 1, day) for day in (6, 13, 20, 27)]
    odd = list(dates_of(cell(2, weeks="ODD"), date(2026, 1, 1), date(2026, 2, 1)))
    assert odd == [date(2026, 1, 13), date(2026, 1, 27)]
    until = cell(2, ends_on=date(2026, 1, 20))
    assert list(dates_of(until, date(2026, 1, 1), date(2026, 2, 1)))[-1] == date(2026, 1, 13)


@given(st.integers(1, 7), st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.integers(1, 400))
def test_odd_and_even_weeks_share_every_date(weekday: int, first: date, days: int) -> None:
    last = first + timedelta(days=days)
    every, odd, even = (
        set(dates_of(cell(weekday, weeks=weeks, starts_on=date(2020, 1, 1)), first, last))
        for weeks in ("EVERY", "ODD", "EVEN")
    )
    assert odd | even == every
    assert not odd & even
    expected = {
        day
        for day in (first + timedelta(days=ahead) for ahead in range(days))
        if day.isoweekday() == weekday
    }
    assert every == expected


def test_what_hospitals_owe_each_other() -> None:
    """May 2026: Fridays 1 (holiday), 8 (holiday), 15, 22, 29; a promise of two a week."""
    week = SharedWeek("p", "home", (cell(5, site="b"), cell(1)))
    first, last = date(2026, 5, 1), date(2026, 6, 1)
    (found,) = balances(
        [week],
        [Promise("partage", "home", "host", Fraction(2), ALWAYS)],
        first=first,
        last=last,
        holidays=public_holidays_between(first, last),
    )
    assert (found.giver, found.receiver) == ("home", "host")
    assert (found.planned, found.on_holidays, found.held) == (5, 2, 3)
    assert found.promised == Fraction(2) * 31 / 7
    assert found.missing == found.promised - 3
    assert found.people == ("p",)


def test_a_promise_that_nobody_holds_is_owed_whole_and_only_while_its_agreement_holds() -> None:
    days = (Period(date(2026, 5, 4), date(2026, 5, 18)),)
    (found,) = balances(
        [],
        [Promise("partage", "home", "host", Fraction(3), days)],
        first=date(2026, 5, 1),
        last=date(2026, 6, 1),
        holidays=(),
    )
    assert found.missing == 6


def bonus(*cells: HalfDay, km: dict[str, float]) -> Bonus:
    return compute_bonus(cells, main_site="a", km=km, regulations=regulations_on(date(2026, 6, 1)))


@pytest.mark.parametrize(("count", "euros"), [(1, 250), (2, 450), (3, 450), (4, 700), (5, 1000)])
def test_the_steps_of_the_territorial_bonus(count: int, euros: int) -> None:
    cells = [cell(day, site="b") for day in range(1, count + 1)]
    found = bonus(*cells, cell(6), km={"b": 52.0})
    assert found.euros == euros
    assert found.half_days == count
    assert found.sites == 1
    assert not found.is_unsure


def test_four_half_days_on_two_other_sites_have_the_highest_step() -> None:
    cells = [cell(1, site="b"), cell(2, site="b"), cell(3, site="c"), cell(4, site="c")]
    assert bonus(*cells, km={"b": 52.0, "c": 40.0}).euros == 1000


def test_a_near_site_gives_none_and_a_doubtful_distance_is_said() -> None:
    found = bonus(cell(1, site="b"), km={"b": 18.7})
    assert found.euros == 0
    assert found.is_unsure
    assert not found.evidence[0].counts
    assert not bonus(cell(1, site="b"), km={"b": 5.0}).is_unsure
    assert bonus(cell(1, site="b"), km={}).is_unsure


def test_every_other_week_is_half_a_half_day() -> None:
    assert weekly_half_days([cell(weeks="ODD"), cell(2)]) == Fraction(3, 2)
    assert french_number(Fraction(3, 2)) == "1,5"
    both = [cell(1, site="b", weeks="ODD"), cell(1, "AFTERNOON", "b", weeks="ODD")]
    assert bonus(*both, km={"b": 52.0}).euros == 250


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        (date(2026, 11, 22), date(2027, 1, 4)),
        (date(2027, 1, 10), date(2027, 1, 4)),
        (date(2027, 1, 11), None),
        (date(2025, 11, 22), None),
    ],
)
def test_two_odd_weeks_follow_one_another_after_a_week_53(day: date, monday: date | None) -> None:
    assert next_two_odd_weeks(day) == monday
    if monday:
        assert recurs_in(Weeks.ODD, monday)
        assert recurs_in(Weeks.ODD, monday - timedelta(days=7))
