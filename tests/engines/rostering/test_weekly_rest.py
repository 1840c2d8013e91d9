"""A long rest in every week: limits made of it against the rule said hour by hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.rostering import Checker, solve
from maillage.engines.rostering.compiled import compile_problem
from maillage.engines.rostering.cp_model import solve_plain
from maillage.engines.rostering.day_work import DayWork
from maillage.engines.rostering.duties import make_problem
from maillage.engines.rostering.duty_values import (
    ONE_DAY,
    DaysOff,
    Doctor,
    DutyHours,
    DutyKind,
    DutyLineSpec,
    DutyToHold,
    Half,
    OffKind,
    Session,
    list_duties,
    measure_duty,
    usual_hours,
)
from maillage.engines.rostering.graphs import graph_of
from maillage.engines.rostering.problem import Person, Problem
from maillage.engines.rostering.regulations import regulations_on
from maillage.vocabulary.calendar import paris_instant
from tests.engines.rostering.brute import fewest_missing
from tests.engines.rostering.test_pricing import lawful, walked
from tests.hypothesis_profile import DEPTH

MONDAY = date(2027, 6, 7)
RULES = regulations_on(MONDAY)
HOUR = timedelta(hours=1)
GARDE = DutyLineSpec("g", DutyKind.GARDE, hours=usual_hours(RULES))
HOME = DutyLineSpec("a", DutyKind.ASTREINTE, hours=usual_hours(RULES))
WHOLE = DutyLineSpec("w", DutyKind.GARDE, hours=(DutyHours(frozenset((5, 6)), time(8), time(20)),))
LINES = (GARDE, HOME, WHOLE)
EVERY_DAY = tuple(Session(day, half) for day in range(5) for half in Half)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return paris_instant(day, time(hour, minute))


def worked_around(doctor: Doctor, monday: date) -> DayWork:
    return DayWork(doctor, monday - 7 * ONE_DAY, monday + 14 * ONE_DAY, RULES)


def rests_24_hours(day_work: DayWork, gardes: list[DutyToHold], monday: date) -> bool:
    """The rule, half an hour after half an hour: in the week, 24 hours without work begin."""
    back = {half for duty in gardes for half in day_work.given_back(duty, {})}
    work = [(half.starts, half.ends) for half in day_work.halves if half not in back]
    work += [(duty.starts, duty.ends) for duty in gardes]
    moment, over = at(monday, 0), at(monday + 7 * ONE_DAY, 0)
    while moment < over:
        if not any(first < moment + 24 * HOUR and last > moment for first, last in work):
            return True
        moment += HOUR / 2
    return False


def made(doctor: Doctor, starts: date = MONDAY, days: int = 7) -> Problem:
    ends = starts + timedelta(days=days)
    duties = [d for line in LINES for d in list_duties(line, starts, ends, RULES)]
    return make_problem(duties, [doctor], LINES, RULES, starts=starts, ends=ends)


def weekly(problem: Problem, *slots: str) -> list[tuple[str, ...]]:
    """The sets of duties that the checker holds against the weekly rest."""
    found = Checker(problem).violations_of("p", slots)
    return [one.slots for one in found if one.rule == "weekly_rest"]


def test_saturday_and_sunday_after_five_days_of_work_leave_no_rest() -> None:
    doctor = Doctor("p", lines=frozenset("g"), sessions=EVERY_DAY)
    saturday, sunday = "g:2027-06-12T13:00", "g:2027-06-13T08:30"
    problem = made(doctor)
    assert weekly(problem, saturday, sunday) == [(saturday, sunday)]
    assert weekly(problem, saturday) == weekly(problem, sunday) == []
    # From Saturday 18:30 to Sunday 18:30 are 24 hours.
    assert weekly(problem, saturday, "g:2027-06-13T18:30") == []


@pytest.mark.parametrize(
    "doctor",
    [
        Doctor("p", lines=frozenset("ga")),
        Doctor("p", lines=frozenset("ga"), sessions=EVERY_DAY[:-2]),
        Doctor(
            "p",
            lines=frozenset("ga"),
            sessions=EVERY_DAY,
            off=(DaysOff(MONDAY, MONDAY + 2 * ONE_DAY, OffKind.TRAINING),),
        ),
    ],
)
def test_a_free_day_of_the_week_is_a_rest(doctor: Doctor) -> None:
    assert weekly(made(doctor), "g:2027-06-12T13:00", "g:2027-06-13T08:30") == []


def test_an_astreinte_is_no_work() -> None:
    doctor = Doctor("p", lines=frozenset("ga"), sessions=EVERY_DAY)
    assert weekly(made(doctor), "a:2027-06-12T13:00", "g:2027-06-13T08:30") == []


def test_work_on_saturday_mornings_leaves_no_garde_on_sunday() -> None:
    """A set of one: fixed work until Saturday 13:00, and the day garde of Sunday."""
    doctor = Doctor(
        "p", lines=frozenset("g"), sessions=(*EVERY_DAY, Session(5, Half.MORNING, fixed=True))
    )
    problem = made(doctor)
    assert weekly(problem, "g:2027-06-13T08:30") == [("g:2027-06-13T08:30",)]
    assert weekly(problem, "g:2027-06-13T18:30") == []


def test_duties_held_before_and_on_other_lines_are_work() -> None:
    saturday = measure_duty(
        GARDE, at(MONDAY + 5 * ONE_DAY, 13), at(MONDAY + 5 * ONE_DAY, 18, 30), RULES, id="before"
    )
    sunday = "g:2027-06-13T08:30"
    doctor = Doctor("p", lines=frozenset("g"), sessions=EVERY_DAY, held=(saturday,))
    problem = made(doctor, starts=MONDAY + 6 * ONE_DAY, days=3)
    assert weekly(problem, sunday) == [(sunday,)]
    beside = Doctor("p", lines=frozenset("g"), sessions=EVERY_DAY, elsewhere=(saturday,))
    assert weekly(made(beside), sunday) == [(sunday,)]


def test_a_week_without_rest_by_day_work_alone_is_not_the_rosters_doing() -> None:
    sessions = tuple(Session(day, half) for day in range(7) for half in Half)
    doctor = Doctor("p", lines=frozenset("g"), sessions=sessions)
    assert not any(limit.rule == "weekly_rest" for limit in made(doctor).people[0].limits)


SESSIONS = st.frozensets(
    st.builds(Session, st.integers(0, 6), st.sampled_from(Half), fixed=st.booleans()),
    min_size=4,
    max_size=14,
)


@settings(max_examples=8 * DEPTH)
@given(SESSIONS, st.booleans())
def test_limits_say_what_the_rule_says(sessions: frozenset[Session], whole: bool) -> None:
    """Any gardes of a week: the checker speaks of the weekly rest when no 24 hours are left by them
    and were before them; and only then, but for what one of them gives back to the others."""
    lines = frozenset("gw") if whole else frozenset("g")
    doctor = Doctor("p", lines=lines, sessions=tuple(sorted(sessions, key=str)))
    problem = made(doctor)
    duties = {
        duty.id: duty
        for line in LINES
        if line.id in lines
        for duty in list_duties(line, MONDAY, MONDAY + 7 * ONE_DAY, RULES)
    }
    checker, day_work = Checker(problem), worked_around(doctor, MONDAY)
    rested = rests_24_hours(day_work, [], MONDAY)
    for size in (1, 2, 3):
        for names in combinations(duties, size):
            broken = checker.violations_of("p", names)
            if any(one.rule in ("overlap", "rest_after_garde") for one in broken):
                continue
            left = rests_24_hours(day_work, [duties[name] for name in names], MONDAY)
            said = any(one.rule == "weekly_rest" for one in broken)
            assert said or not rested or left
            if not any(day_work.given_back(duties[name], {}) for name in names):
                assert said == (rested and not left)


@pytest.mark.parametrize("free", range(3))
def test_checker_graphs_and_solver_agree_on_the_weekly_rest(free: int) -> None:
    """Saturday and Sunday of two people, ``free`` of whom do not work on Fridays; local limits are
    left out, so that the weekly rest alone is in the way of a full roster."""
    doctors = [
        Doctor(name, lines=frozenset("g"), sessions=EVERY_DAY[: 8 if number < free else 10])
        for number, name in enumerate("pq")
    ]
    starts, ends = MONDAY + 5 * ONE_DAY, MONDAY + 7 * ONE_DAY
    duties = list_duties(GARDE, starts, ends, RULES)
    made_of = make_problem(duties, doctors, LINES, RULES, starts=starts, ends=ends)
    problem = replace(made_of, people=tuple(_weekly_only(one) for one in made_of.people))
    compiled = compile_problem(problem)
    for person, bound in zip(problem.people, compiled.people, strict=True):
        graph = graph_of(compiled, bound)
        paths = {frozenset(compiled.slots[at].id for at in path) for path in walked(graph)}
        assert paths == lawful(problem, person)
    found = solve(problem, seconds=600.0, workers=1, rounds=2)
    assert found.verdict.is_lawful
    plain = solve_plain(compiled, seconds=60, workers=1)
    fewest = fewest_missing(problem)
    assert plain is not None
    assert plain.costs[0] == found.verdict.levels[0] == fewest
    by_id = {duty.id: duty for duty in duties}
    for doctor in doctors:
        gardes = [by_id[slot] for person, slot in found.roster.held if person == doctor.id]
        assert rests_24_hours(worked_around(doctor, MONDAY), gardes, MONDAY)


def _weekly_only(person: Person) -> Person:
    kept = tuple(limit for limit in person.limits if limit.rule == "weekly_rest")
    return replace(person, limits=kept, shares=())
