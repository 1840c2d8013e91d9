"""Limits on runs of days count every duty of a person, wherever it is: held before the roster, in
force on lines that it does not plan, or after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.rostering.checking import Checker
from maillage.engines.rostering.compiled import compile_problem
from maillage.engines.rostering.cp_model import solve_plain
from maillage.engines.rostering.duties import make_problem
from maillage.engines.rostering.duty_values import (
    HOLIDAY,
    ONE_DAY,
    SUNDAY,
    Doctor,
    DutyKind,
    DutyLineSpec,
    DutyToHold,
    kind_of_day,
    list_duties,
    usual_hours,
)
from maillage.engines.rostering.graphs import graph_of
from maillage.engines.rostering.problem import Limit, Person, Problem
from maillage.engines.rostering.regulations import regulations_on
from maillage.engines.rostering.solving import solve
from tests.engines.rostering.brute import fewest_missing
from tests.engines.rostering.test_pricing import lawful, walked
from tests.hypothesis_profile import DEPTH

MONDAY = date(2027, 3, 1)  # Easter Monday is in the weeks that follow
RULES = regulations_on(MONDAY)
HOURS = usual_hours(RULES)
GARDE = DutyLineSpec("garde", DutyKind.GARDE, ("a",), HOURS)
HOME = DutyLineSpec("home", DutyKind.ASTREINTE, ("a",), HOURS)
FAR_GARDE = DutyLineSpec("far", DutyKind.GARDE, ("b",), HOURS)
FAR_HOME = DutyLineSpec("far-home", DutyKind.ASTREINTE, ("b",), HOURS)
HERE, LINES = (GARDE, HOME), (GARDE, HOME, FAR_GARDE, FAR_HOME)
KINDS = {line.id: line.kind for line in LINES}
LONGEST = 35
AROUND = {
    line.id: list_duties(line, MONDAY - 40 * ONE_DAY, MONDAY + 80 * ONE_DAY, RULES)
    for line in LINES
}
Counts = Callable[[DutyToHold], bool]


def on_site(duty: DutyToHold) -> bool:
    return KINDS[duty.line] is DutyKind.GARDE


def on_sunday(duty: DutyToHold) -> bool:
    return duty.daytime and kind_of_day(duty.day) in (SUNDAY, HOLIDAY)


def rules_of(doctor: Doctor) -> dict[tuple[str, str], tuple[Counts, int, int]]:
    """The rules of a person, by code and line: what counts, on how many days, how much at most."""
    whole = RULES.whole
    found: dict[tuple[str, str], tuple[Counts, int, int]] = {
        ("weekends_per_28_days", ""): (
            lambda duty: duty.weekend,
            28,
            whole("local.weekend_duties_per_28_days"),
        )
    }
    if "garde" in doctor.lines:
        found["gardes_per_28_days", ""] = (on_site, 28, whole("local.gardes_per_28_days"))
        found["garde_spacing", ""] = (on_site, whole("local.garde_spacing_days"), 1)
    if "home" in doctor.lines and not doctor.volunteer:
        found["astreinte_nights_per_week", ""] = (
            lambda duty: not on_site(duty) and duty.night,
            7,
            whole("participation.astreinte_nights_per_week"),
        )
        found["astreinte_sundays_per_month", ""] = (
            lambda duty: not on_site(duty) and on_sunday(duty),
            28,
            whole("participation.astreinte_sundays_per_month"),
        )
    if "garde" in doctor.lines and doctor.academic and not doctor.volunteer:
        found["academic_nights_per_week", ""] = (
            lambda duty: on_site(duty) and duty.night,
            7,
            whole("participation.academic_nights_per_week"),
        )
        found["academic_sundays_per_month", ""] = (
            lambda duty: on_site(duty) and on_sunday(duty),
            28,
            whole("participation.academic_sundays_per_month"),
        )
    for line in doctor.lines & doctor.agreed.keys():
        found["agreed_in_28_days", line] = (
            lambda duty, line=line: duty.line == line,  # type: ignore[misc]
            28,
            doctor.agreed[line],
        )
    return found


def broken(doctor: Doctor, chosen: Iterable[DutyToHold]) -> dict[str, int]:
    """By rule, how much the worst run of days is passed by: every run that a chosen duty is in is
    counted, over all duties. What others decided is passed already."""
    outside = {duty.id: duty for duty in (*doctor.held, *doctor.elsewhere)}.values()
    worst: dict[str, int] = {}
    for (code, _), (counts, length, most) in rules_of(doctor).items():
        mine = [duty.day for duty in chosen if counts(duty)]
        theirs = [duty.day for duty in outside if counts(duty)]
        for offset in range(-length, LONGEST + 1):
            first = MONDAY + offset * ONE_DAY
            last = first + length * ONE_DAY
            here = sum(first <= day < last for day in mine)
            there = sum(first <= day < last for day in theirs)
            if here and here + there > most:
                worst[code] = max(worst.get(code, 0), here + there - max(most, there))
    return worst


def made(doctors: Iterable[Doctor], days: int, lines: Iterable[DutyLineSpec] = HERE) -> Problem:
    ends = MONDAY + days * ONE_DAY
    own = [duty for line in lines for duty in AROUND[line.id] if MONDAY <= duty.day < ends]
    return make_problem(own, tuple(doctors), LINES, RULES, starts=MONDAY, ends=ends)


@st.composite
def doctors(draw: st.DrawFn, days: int) -> Doctor:
    """Somebody of one or two lines, with duties elsewhere of every kind; some are said twice."""
    ends = MONDAY + days * ONE_DAY
    known = [duty for line in LINES for duty in AROUND[line.id]]
    before = [duty for duty in known if duty.day < MONDAY]
    beside = [
        duty for duty in known if duty.line.startswith("far") or not MONDAY <= duty.day < ends
    ]
    held = draw(st.lists(st.sampled_from(before), max_size=5, unique_by=lambda duty: duty.id))
    elsewhere = draw(st.lists(st.sampled_from(beside), max_size=12, unique_by=lambda duty: duty.id))
    mine = st.sampled_from(("garde", "home"))
    return Doctor(
        "p",
        lines=draw(st.frozensets(mine, min_size=1)),
        held=tuple(held),
        elsewhere=(*elsewhere, *(duty for duty in held if draw(st.booleans()))),
        volunteer=draw(st.booleans()),
        academic=draw(st.booleans()),
        agreed=draw(st.dictionaries(mine, st.integers(0, 3), max_size=2)),
    )


def room(limit: Limit) -> int:
    """What is left of a maximum."""
    assert limit.maximum is not None
    return limit.maximum - limit.carried


@settings(max_examples=40 * DEPTH)
@given(st.data())
def test_limits_say_what_all_duties_together_pass(data: st.DataObject) -> None:
    days = data.draw(st.integers(1, LONGEST))
    doctor = data.draw(doctors(days))
    problem = made([doctor], days)
    duties = {duty.id: duty for line in HERE for duty in AROUND[line.id]}
    own = [slot.id for slot in problem.slots if slot.line in doctor.lines]
    chosen = data.draw(st.frozensets(st.sampled_from(own), max_size=12) if own else st.just(()))
    said: dict[str, int] = {}
    codes = {code for code, _ in rules_of(doctor)}
    for violation in Checker(problem).violations_of("p", chosen):
        if violation.rule in codes:
            said[violation.rule] = max(violation.excess, said.get(violation.rule, 0))
    assert said == broken(doctor, [duties[name] for name in chosen])


@settings(max_examples=20 * DEPTH)
@given(st.data())
def test_no_limit_is_given_that_another_one_says(data: st.DataObject) -> None:
    days = data.draw(st.integers(1, LONGEST))
    (person,) = made([data.draw(doctors(days))], days).people
    windows = [one for one in person.limits if one.rolling is None and one.carried]
    for one in windows:
        for other in windows:
            if one is other or (one.rule, one.counter) != (other.rule, other.counter):
                continue
            inside = other.first_day <= one.first_day and one.last_day <= other.last_day
            assert not (inside and room(other) <= room(one))


def test_nothing_is_impossible_by_what_others_decided() -> None:
    """Six gardes elsewhere in two weeks, and none of the roster is broken by that alone."""
    far = [duty for duty in AROUND["far"] if 0 <= (duty.day - MONDAY).days < 6 and duty.night]
    doctor = Doctor("p", lines=frozenset(("garde",)), elsewhere=tuple(far))
    problem = made([doctor], 14)
    assert not Checker(problem).violations_of("p", ())
    (late,) = (slot for slot in problem.slots if slot.line == "garde" and slot.day == 10)
    assert {one.rule for one in Checker(problem).violations_of("p", [late.id])} == {
        "gardes_per_28_days"
    }


def test_one_rule_passed_on_several_runs_of_the_same_duties_is_said_once() -> None:
    far = tuple(duty for duty in AROUND["far"] if duty.day == MONDAY + 3 * ONE_DAY)
    problem = made([Doctor("p", lines=frozenset(("garde",)), elsewhere=far)], 7)
    (next_day,) = (slot for slot in problem.slots if slot.line == "garde" and slot.day == 4)
    said = Checker(problem).violations_of("p", [next_day.id])
    assert [one.rule for one in said] == ["garde_spacing"]


def test_a_duty_elsewhere_without_a_known_line_counts_nothing() -> None:
    unknown = replace(AROUND["far"][50], line="gone")
    doctor = Doctor("p", lines=frozenset(("garde",)), elsewhere=(unknown,))
    assert not any(limit.carried for limit in made([doctor], 14).people[0].limits)


@pytest.mark.parametrize("elsewhere", [(), (1,), (8,), (-2, 3, 8)])
def test_checker_graphs_and_solver_agree_on_runs_with_duties_elsewhere(
    elsewhere: tuple[int, ...],
) -> None:
    """Five nights, two people of whom one holds gardes of another line on these days."""
    days = [MONDAY + day * ONE_DAY for day in elsewhere]
    far = tuple(duty for duty in AROUND["far"] if duty.night and duty.day in days)
    people = [
        Doctor("p", lines=frozenset(("garde",)), elsewhere=far, agreed={"garde": 2}),
        Doctor("q", lines=frozenset(("garde",))),
    ]
    problem = made(people, 5, [GARDE])
    assert any(limit.carried for limit in problem.people[0].limits) == bool(elsewhere)
    problem = replace(
        problem, people=tuple(replace(one, shares=()) for one in problem.people), rests=()
    )
    compiled = compile_problem(problem)
    for person, bound in zip(problem.people, compiled.people, strict=True):
        paths = walked(graph_of(compiled, bound))
        held = {frozenset(compiled.slots[at].id for at in path) for path in paths}
        assert held == lawful(problem, person)
    found = solve(problem, seconds=600.0, workers=1, rounds=2)
    assert found.verdict.is_lawful
    plain = solve_plain(compiled, seconds=60, workers=1)
    assert plain is not None
    assert plain.costs[0] == found.verdict.levels[0] == fewest_missing(problem)


def agreed(person: Person) -> list[tuple[int, int, int | None, int]]:
    return [
        (one.first_day, one.last_day, one.rolling, room(one))
        for one in person.limits
        if one.rule == "agreed_in_28_days"
    ]


def test_a_number_agreed_on_a_line_counts_the_duties_of_that_line() -> None:
    """Those held before and after on the same line, not those of another one."""
    nights = {duty.day: duty for duty in AROUND["garde"] if duty.night}
    before, after = nights[MONDAY - 3 * ONE_DAY], nights[MONDAY + 16 * ONE_DAY]
    far = tuple(duty for duty in AROUND["far"] if 0 <= (duty.day - MONDAY).days < 14)
    doctor = Doctor(
        "p",
        lines=frozenset(("garde", "home")),
        held=(before,),
        elsewhere=(before, after, *far),
        agreed={"garde": 3},
    )
    (person,) = made([doctor], 14).people
    # Both are in every run of 28 days that holds the roster: one garde is left of three.
    assert agreed(person) == [(0, 14, 14, 3), (0, 14, None, 1)]
    (alone,) = made([replace(doctor, held=(), elsewhere=far)], 14).people
    assert agreed(alone) == [(0, 14, 14, 3)]
