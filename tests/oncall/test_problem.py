"""What the database says to the engine: day work of each day, and work of the same four months."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from maillage.directory.models import Site
from maillage.engines.rostering.duty_values import ONE_DAY
from maillage.engines.rostering.problem import DAY_MINUTES, Person
from maillage.oncall.enums import LineKind
from maillage.oncall.models import DutyLine, DutySlot, LineMember, RosterVersion
from maillage.oncall.queries.problem import board_in_force, board_of_version
from maillage.oncall.rules.explanations import explain_once
from maillage.vocabulary.calendar import local_day, parse_instant
from maillage.workforce.models import WeeklyHalfDay
from tests.oncall.december import FIRST, add_crew, add_nights, hold, line, make, who

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


def why_not(version: RosterVersion, day: int, now: datetime) -> list[str]:
    """What keeps Ada from the night of a day of December, in words."""
    board = board_of_version(version, at=now)
    (duty,) = (one for one in board.duties if local_day(one.starts_at) == date(2026, 12, day))
    barring = board.checker.why_not("ada", duty.id, board.roster)
    return [one.sentence for one in explain_once(barring, board.by_id, board.regulations)]


def test_gardes_of_another_hospital_count_in_the_gardes_of_28_days(
    month: RosterVersion, now: datetime
) -> None:
    """Five gardes from 10 December to 6 January, on a line that the roster does not plan; one of
    them is after its last day."""
    far = "urgences-maubeuge"
    add_nights(last=date(2027, 1, 10), slug=far)
    for day in ("2026-12-10", "2026-12-14", "2026-12-18", "2026-12-22"):
        hold(far, day, "ada", now)
    assert why_not(month, 29, now) == []
    hold(far, "2027-01-04", "ada", now)
    assert why_not(month, 29, now) == ["gardes sur 28 jours, toutes lignes confondues : 1 de trop"]
    assert why_not(month, 2, now) == []  # its runs of 28 days end before 30 December
    # What others decided breaks nothing by itself, and one more of theirs changes nothing to that.
    hold(far, "2026-12-26", "ada", now)
    assert board_of_version(month, at=now).checker.violations_of("ada", ()) == ()
    assert why_not(month, 29, now) == ["gardes sur 28 jours, toutes lignes confondues : 1 de trop"]


def test_a_garde_elsewhere_keeps_its_distance(month: RosterVersion, now: datetime) -> None:
    far = "urgences-maubeuge"
    add_nights(slug=far)
    hold(far, "2026-12-10", "ada", now)
    said = {day: why_not(month, day, now) for day in (7, 8, 12, 13)}
    assert said[7] == said[13] == []
    assert said[8] == said[12] == ["gardes trop rapprochées, toutes lignes confondues : 1 de trop"]


def test_what_was_agreed_on_a_line_counts_that_line_alone(
    month: RosterVersion, now: datetime
) -> None:
    LineMember.objects.filter(practitioner__slug="ada").update(most_in_28_days=2)
    far = "urgences-maubeuge"
    add_nights(slug=far)
    for day in ("2026-12-10", "2026-12-14"):
        hold(far, day, "ada", now)
    assert why_not(month, 4, now) == []
    add_nights(date(2026, 11, 15), FIRST)
    hold("avc-hainaut", "2026-11-15", "ada", now)
    hold("avc-hainaut", "2026-11-20", "ada", now)
    said = ["gardes de cette ligne sur 28 jours, nombre convenu : 1 de trop"]
    assert why_not(month, 4, now) == said
    assert why_not(month, 18, now) == []  # 28 days after 20 November


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
