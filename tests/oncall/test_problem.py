"""What the database says to the engine: day work of each day, and work of the same four months."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from maillage.directory.models import Site
from maillage.engines.rostering.duty_values import ONE_DAY
from maillage.engines.rostering.problem import DAY_MINUTES, Person
from maillage.oncall.enums import LineKind
from maillage.oncall.models import DutyLine, DutySlot, RosterVersion
from maillage.oncall.queries.problem import board_in_force, board_of_version
from maillage.vocabulary.calendar import parse_instant
from maillage.workforce.models import WeeklyHalfDay
from tests.oncall.december import add_crew, add_nights, hold, line, make, who

pytestmark = pytest.mark.django_db


@pytest.fixture
def month(lines: None, now: datetime) -> RosterVersion:
    """December, on site, with its crew."""
    add_crew()
    add_nights()
    DutyLine.objects.update(kind=LineKind.ON_SITE, response_minutes=0)
    return make(now)


def ada(version: RosterVersion, now: datetime) -> Person:
    board = board_of_version(version, at=now)
    return next(one for one in board.problem.people if one.id == "ada")


def work(weekday: int, half: str, **more: object) -> None:
    values = {"site": Site.objects.order_by("finess")[0], "starts_on": "2026-01-01"}
    WeeklyHalfDay.objects.create(
        practitioner=who("ada"),
        weekday=weekday,
        half=half,
        activity="CONSULTATION",
        source="essai",
        **{**values, **more},
    )


def carried(person: Person, rule: str) -> int:
    return sum(limit.carried for limit in person.limits if limit.rule == rule)


def test_nights_held_in_the_same_four_months_count_in_the_mean_of_hours(
    month: RosterVersion, now: datetime
) -> None:
    """Nights of September, long before the 28 days that rests look at."""
    for weekday in range(1, 6):
        work(weekday, "MORNING")
        work(weekday, "AFTERNOON")
    assert carried(ada(month, now), "mean_weekly_hours") == 0
    add_nights(date(2026, 8, 20), date(2026, 10, 1))
    for day in range(1, 31):
        hold("avc-hainaut", f"2026-09-{day:02d}", "ada", now)
    hold("avc-hainaut", "2026-08-25", "ada", now)  # of the four months before
    nights = [date(2026, 9, day) for day in range(1, 31)]
    # After a night on site, both half-days of the next day are given back, 8 hours of 12; nothing
    # on Fridays and Saturdays, whose next day is free.
    given_back = {4: 0, 5: 0}
    expected = sum(720 - given_back.get(night.weekday(), 480) for night in nights)
    assert carried(ada(month, now), "mean_weekly_hours") == expected


def evenings_barred(first: date, last: date, now: datetime) -> list[str]:
    """Days whose duty from 18:30, twenty minutes away, day work in Lille until then forbids."""
    services = list(line().services.order_by("slug"))
    for number in range(first.toordinal(), last.toordinal()):
        day = date.fromordinal(number)
        DutySlot.objects.create(
            line=line(),
            service=services[0],
            starts_at=parse_instant(f"{day} 18h30"),
            ends_at=parse_instant(f"{day + ONE_DAY} 8h"),
        )
    board = board_in_force([line()], first, last, at=now)
    (person,) = (one for one in board.problem.people if one.id == "ada")
    return [
        f"{first + one.starts // DAY_MINUTES * ONE_DAY:%d/%m}"
        for one in person.absences
        if one.rule == "travel_from_day_work"
    ]


def test_a_grid_holds_from_its_first_day_to_its_last(lines: None, now: datetime) -> None:
    add_crew()
    far = Site.objects.get(finess="590796975")
    work(1, "AFTERNOON", site=far, starts_on="2026-12-10", ends_on="2026-12-28")
    found = evenings_barred(date(2026, 12, 1), date(2027, 1, 1), now)
    assert found == ["14/12", "21/12"]


def test_two_odd_weeks_follow_one_another_after_a_year_of_53(lines: None, now: datetime) -> None:
    """As in the grids of practitioners, weeks have the numbers of the calendar: 51, 53, 1, 3."""
    add_crew()
    work(1, "AFTERNOON", weeks="ODD", site=Site.objects.get(finess="590796975"))
    found = evenings_barred(date(2026, 12, 14), date(2027, 1, 25), now)
    assert found == ["14/12", "28/12", "04/01", "18/01"]
