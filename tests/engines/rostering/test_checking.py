"""The checker and the slow reference say the same of any roster; edges, one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.rostering import Checker, check
from maillage.engines.rostering.problem import (
    Absence,
    Limit,
    Person,
    Problem,
    Rest,
    Rhythm,
    Roster,
    Share,
    Slot,
    Succession,
    Term,
    Violation,
)
from tests.hypothesis_profile import DEPTH

from . import reference
from .strategies import judged, problems, rosters

HOUR = 60
DAY = 24 * HOUR


def night(name: str, day: int, *, line: str = "garde", site: str = "", hours: int = 14) -> Slot:
    """A night from 18:00, of fourteen hours unless told."""
    starts = day * DAY + 18 * HOUR
    counts = {"duties": 1, "nights": 1, "half_days": 2}
    return Slot(name, line, day, starts, starts + hours * HOUR, site=site, counts=counts)


def alone(slots: list[Slot], person: Person, **more: object) -> Problem:
    """One person, and these slots."""
    days = max(slot.day for slot in slots) + 1
    return replace(Problem(days, tuple(slots), (person,)), **more)  # type: ignore[arg-type]


def holding(problem: Problem, *names: str) -> tuple[Violation, ...]:
    """What the only person breaks by holding these."""
    person = problem.people[0].id
    return check(problem, Roster(frozenset((person, name) for name in names))).violations


ANNE = Person("anne", frozenset({"garde", "astreinte"}))


@given(judged())
@settings(max_examples=70 * DEPTH)
def test_the_checker_and_the_reference_agree(case: tuple[Problem, list[Roster]]) -> None:
    problem, several = case
    checker = Checker(problem)
    for roster in several:
        verdict = checker.verdict(roster)
        broken = reference.violations(problem, roster)
        points = reference.terms(problem, roster)
        assert Counter(verdict.violations) == broken
        assert verdict.terms == points
        assert verdict.levels == tuple(
            sum(points[term] for term in level) for level in problem.levels
        )
        assert verdict.holes == reference.holes(problem, roster)
        assert verdict.is_lawful == (not broken)


@given(st.data())
@settings(max_examples=40 * DEPTH)
def test_a_change_costs_the_difference_of_two_verdicts(data: st.DataObject) -> None:
    problem = data.draw(problems())
    before, after = data.draw(rosters(problem)), data.draw(rosters(problem))
    checker = Checker(problem)
    change = checker.cost_of_change(before, after.held - before.held, before.held - after.held)
    old, new = checker.verdict(before), checker.verdict(after)
    assert change.terms == {term: new.terms[term] - old.terms[term] for term in Term}
    assert change.levels == tuple(b - a for a, b in zip(old.levels, new.levels, strict=True))
    standing = checker.standing(before)
    standing.apply(after.held - before.held, before.held - after.held)
    assert standing.verdict() == new
    assert standing.roster() == after
    if old.is_lawful:
        assert Counter(change.violations) == Counter(new.violations)
    if new.is_lawful:
        assert Counter(change.mended) == Counter(old.violations)


@given(st.data())
@settings(max_examples=40 * DEPTH)
def test_what_is_in_the_way_is_what_gets_worse(data: st.DataObject) -> None:
    """From any roster, lawful or not: nothing that gets worse is silent, nothing else speaks."""
    problem = data.draw(problems())
    roster = data.draw(rosters(problem))
    person = data.draw(st.sampled_from(problem.people))
    slot = data.draw(st.sampled_from(problem.slots))
    after = Roster(roster.held | {(person.id, slot.id)})
    said = set(Checker(problem).why_not(person.id, slot.id, roster))
    new = reference.violations(problem, after) - reference.violations(problem, roster)
    assert said <= set(reference.violations(problem, after)) | said_of_windows(problem, person)
    worse_limits = {
        limit.rule
        for limit in person.limits
        for key, (_, excess) in reference.passed(
            limit, reference.held_by(problem, after, person)
        ).items()
        if excess
        > reference.passed(limit, reference.held_by(problem, roster, person)).get(key, ((), 0))[1]
    }
    assert worse_limits == {one.rule for one in said} & {limit.rule for limit in person.limits}
    of_pairs = {"overlap", "rest", "security", "succession", "not_of_line", "too_many", "leave"}
    assert {one for one in said if one.rule in of_pairs} == {
        one for one in new if one.rule in of_pairs
    }
    for rule in ("max_worked", "max_weekends", "one_a_day"):
        excess_after = sum(one.excess for one in spoken(reference.violations(problem, after), rule))
        before = sum(one.excess for one in spoken(reference.violations(problem, roster), rule))
        of_person = {one for one in said if one.rule == rule}
        if rule != "max_worked":
            assert bool(of_person) == (excess_after > before)
        elif not of_person:
            assert excess_after <= before


def spoken(violations: Counter[Violation], rule: str) -> list[Violation]:
    """The violations of one rule."""
    return [one for one in violations.elements() if one.rule == rule]


def said_of_windows(problem: Problem, person: Person) -> set[Violation]:
    """Nothing, unless the person has limits: their windows that get worse speak for themselves."""
    if not person.limits:
        return set()
    names = [slot.id for slot in problem.slots]
    found: set[Violation] = set()
    for mask in range(2 ** len(names)):
        held = frozenset((person.id, name) for bit, name in enumerate(names) if mask >> bit & 1)
        slots = reference.held_by(problem, Roster(held), person)
        for limit in person.limits:
            for inside, excess in reference.passed(limit, slots).values():
                found.add(Violation(limit.rule, person.id, inside, excess, limit.negotiable))
    return found


def test_a_duty_may_begin_the_minute_another_ends() -> None:
    first = Slot("a", "garde", 0, 0, 12 * HOUR)
    second = Slot("b", "garde", 0, 12 * HOUR, 24 * HOUR)
    problem = alone([first, second], ANNE, one_a_day=False)
    assert holding(problem, "a", "b") == ()
    late = replace(second, starts=12 * HOUR - 1)
    problem = alone([first, late], ANNE, one_a_day=False)
    assert holding(problem, "a", "b") == (Violation("overlap", "anne", ("a", "b"), 1),)


def test_overlaps_are_not_transitive() -> None:
    long = Slot("long", "garde", 0, 0, 30 * HOUR)
    inside = Slot("inside", "garde", 0, 2 * HOUR, 3 * HOUR)
    end = Slot("end", "garde", 1, 29 * HOUR, 40 * HOUR)
    problem = alone([long, inside, end], ANNE, one_a_day=False)
    assert {one.slots for one in holding(problem, "long", "inside", "end")} == {
        ("long", "inside"),
        ("long", "end"),
    }


def test_rest_counts_from_the_end_and_adds_the_road() -> None:
    rest = Rest("eleven", 11 * HOUR)
    first = night("a", 0, site="arras")  # until 8:00
    second = Slot("b", "garde", 1, DAY + 19 * HOUR, 2 * DAY, site="lens")  # eleven hours later
    exact = alone([first, second], ANNE, rests=(rest,))
    assert holding(exact, "a", "b") == ()
    away = replace(exact, travel={("arras", "lens"): 30, ("lens", "arras"): 99})
    assert holding(away, "a", "b") == (Violation("eleven", "anne", ("a", "b"), 30),)


def test_rest_as_long_as_the_duty() -> None:
    rest = Rest("equal", 11 * HOUR, as_long=True)
    first = Slot("a", "garde", 0, 0, 24 * HOUR)
    second = Slot("b", "garde", 1, 24 * HOUR + 20 * HOUR, 2 * DAY)
    assert holding(alone([first, second], ANNE, rests=(rest,)), "a", "b") == (
        Violation("equal", "anne", ("a", "b"), 4 * HOUR),
    )


def test_rest_between_duties_that_are_not_next_to_each_other() -> None:
    """A short duty in between that no rule speaks of hides nothing."""
    rest = Rest("security", 24 * HOUR, after=frozenset({"garde"}), before=frozenset({"garde"}))
    slots = [
        Slot("a", "garde", 0, 0, 12 * HOUR),
        Slot("b", "astreinte", 0, 14 * HOUR, 16 * HOUR),
        Slot("c", "garde", 1, 30 * HOUR, 40 * HOUR),
    ]
    problem = alone(slots, ANNE, rests=(rest,), one_a_day=False)
    assert holding(problem, "a", "b", "c") == (Violation("security", "anne", ("a", "c"), 6 * HOUR),)


def test_duties_before_the_horizon_ask_for_rest_and_successions() -> None:
    last = Slot("last", "garde", -1, -6 * HOUR, 8 * HOUR)
    person = replace(ANNE, before=(last,))
    first = Slot("a", "astreinte", 0, 12 * HOUR, 20 * HOUR)
    problem = alone(
        [first],
        person,
        rests=(Rest("eleven", 11 * HOUR),),
        successions=(Succession("never", "garde", frozenset({"astreinte"})),),
    )
    assert holding(problem) == ()
    assert set(holding(problem, "a")) == {
        Violation("eleven", "anne", ("last", "a"), 7 * HOUR),
        Violation("never", "anne", ("last", "a")),
    }
    met = alone([replace(first, starts=0)], person)
    assert holding(met, "a") == (Violation("overlap", "anne", ("last", "a"), 8 * HOUR),)


def test_carried_counts_only_in_the_first_run() -> None:
    limit = Limit("duties", "two_in_three", 0, 6, maximum=2, rolling=3, carried=1)
    problem = alone([night(f"n{day}", day) for day in range(6)], replace(ANNE, limits=(limit,)))
    assert holding(problem, "n0") == ()
    assert holding(problem, "n0", "n2") == (Violation("two_in_three", "anne", ("n0", "n2"), 1),)
    assert holding(problem, "n1", "n3") == ()
    assert holding(problem, "n3", "n4", "n5") == (
        Violation("two_in_three", "anne", ("n3", "n4", "n5"), 1),
    )


def test_a_rolling_limit_longer_than_its_days_has_no_maximum_but_a_minimum() -> None:
    limit = Limit("duties", "some", 0, 2, maximum=0, minimum=2, rolling=28)
    problem = alone([night("a", 0), night("b", 1)], replace(ANNE, limits=(limit,)))
    assert holding(problem, "a", "b") == ()
    assert holding(problem, "a") == (Violation("some", "anne", ("a",), 1),)


def test_a_run_broken_elsewhere_does_not_hide_a_new_one() -> None:
    limit = Limit("duties", "one_in_two", 0, 10, maximum=1, rolling=2)
    problem = alone([night(f"n{day}", day) for day in range(6)], replace(ANNE, limits=(limit,)))
    roster = Roster(frozenset({("anne", "n0"), ("anne", "n1")}))
    checker = Checker(problem)
    assert checker.why_not("anne", "n2", roster) == (
        Violation("one_in_two", "anne", ("n1", "n2"), 1),
    )
    assert checker.why_not("anne", "n4", roster) == ()


def test_a_limit_that_is_broken_already_and_more_is_in_the_way() -> None:
    limit = Limit("duties", "one", 0, 10, maximum=1)
    problem = alone([night(f"n{day}", day) for day in range(3)], replace(ANNE, limits=(limit,)))
    roster = Roster(frozenset({("anne", "n0"), ("anne", "n1")}))
    assert Checker(problem).why_not("anne", "n2", roster) == (
        Violation("one", "anne", ("n0", "n1", "n2"), 2),
    )


def test_the_last_run_of_a_rolling_limit_counts() -> None:
    limit = Limit("duties", "one_in_three", 0, 5, maximum=1, rolling=3)
    problem = alone([night(f"n{day}", day) for day in range(6)], replace(ANNE, limits=(limit,)))
    assert holding(problem, "n2", "n4") == (Violation("one_in_three", "anne", ("n2", "n4"), 1),)
    assert holding(problem, "n4", "n5") == ()


def test_taking_a_duty_away_never_breaks_a_limit_that_was_broken_more() -> None:
    limit = Limit("duties", "one", 0, 10, maximum=1)
    problem = alone([night(f"n{day}", day) for day in range(3)], replace(ANNE, limits=(limit,)))
    roster = Roster(frozenset(("anne", f"n{day}") for day in range(3)))
    change = Checker(problem).cost_of_change(roster, losses=[("anne", "n1")])
    assert change.violations == ()
    assert change.mended == (Violation("one", "anne", ("n0", "n1", "n2"), 2),)


def test_a_weekend_cut_by_the_edge_is_worked_by_the_day_that_is_there() -> None:
    person = replace(ANNE, rhythm=Rhythm(max_weekends=1))
    slots = [night("sun", 0), night("sat", 6), night("sun2", 7), night("sat2", 13)]
    problem = alone(slots, person, weekends=((-1, 0), (6, 7), (13, 14)))
    assert holding(problem, "sat", "sun2") == ()
    assert holding(problem, "sun", "sat") == (Violation("max_weekends", "anne", ("sun", "sat"), 1),)
    assert holding(problem, "sun", "sat2", "sat") == (
        Violation("max_weekends", "anne", ("sun", "sat", "sat2"), 2),
    )


def test_runs_that_touch_an_edge_are_never_too_short() -> None:
    person = replace(ANNE, rhythm=Rhythm(min_worked=2, min_off=2))
    problem = alone([night(f"n{day}", day) for day in range(7)], person)
    assert holding(problem, "n0", "n6") == ()
    assert holding(problem, "n3") == (Violation("min_worked", "anne", ("n3",), 1),)
    assert holding(problem, "n0", "n2", "n3") == (Violation("min_off", "anne", ("n0", "n2"), 1),)


def test_several_duties_on_a_day_make_one_violation() -> None:
    slots = [Slot(f"s{n}", "garde", 0, n * HOUR, (n + 1) * HOUR) for n in range(3)]
    assert holding(alone(slots, ANNE), "s0", "s1", "s2") == (
        Violation("one_a_day", "anne", ("s0", "s1", "s2"), 2),
    )


def test_unknown_ids_are_violations_and_fill_nothing() -> None:
    problem = alone([night("a", 0)], replace(ANNE, pinned=frozenset({"lost"})))
    verdict = check(problem, Roster(frozenset({("nobody", "a"), ("anne", "nothing")})))
    assert set(verdict.violations) == {
        Violation("unknown", "nobody", ("a",)),
        Violation("unknown", "anne", ("nothing",)),
        Violation("unknown", "anne", ("lost",)),
    }
    assert verdict.holes == {"a": 1}
    checker = Checker(problem)
    empty = Roster(frozenset())
    assert checker.why_not("nobody", "a", empty) == (Violation("unknown", "nobody", ("a",)),)
    assert checker.why_not("anne", "nothing", empty) == (
        Violation("unknown", "anne", ("nothing",)),
    )


def test_a_full_duty_refuses_one_more_and_a_pin_asks_for_its_person() -> None:
    bob = Person("bob", frozenset({"garde"}), pinned=frozenset({"a"}))
    problem = Problem(1, (night("a", 0),), (ANNE, bob))
    roster = Roster(frozenset({("anne", "a")}))
    assert check(problem, roster).violations == (Violation("not_pinned", "bob", ("a",)),)
    assert Checker(problem).why_not("bob", "a", roster) == (Violation("too_many", "", ("a",), 1),)
    assert Checker(problem).why_not("anne", "a", roster) == ()


def test_an_absence_of_no_minutes_is_no_absence() -> None:
    nothing = Absence(20 * HOUR, 20 * HOUR, "leave")
    touching = Absence(0, 18 * HOUR, "leave")
    other_line = Absence(0, DAY * 2, "exempt", frozenset({"astreinte"}))
    person = replace(ANNE, absences=(nothing, touching, other_line))
    assert holding(alone([night("a", 0)], person), "a") == ()


def test_shares_round_half_up() -> None:
    share = Share("duties", target=3, scale=2, weight=1, power=1)
    assert (
        check(
            alone([night("a", 0)], replace(ANNE, shares=(share,))),
            Roster(frozenset({("anne", "a")})),
        ).terms[Term.SHARES]
        == 1
    )


@pytest.mark.parametrize(
    "wrong",
    [
        Problem(1, (night("a", 0), night("a", 0)), (ANNE,)),
        Problem(1, (), (ANNE, ANNE)),
        Problem(1, (night("a", 1),), (ANNE,)),
        Problem(1, (replace(night("a", 0), ends=0),), (ANNE,)),
        Problem(1, (), (replace(ANNE, shares=(Share("duties", 1, scale=0),)),)),
    ],
)
def test_a_problem_that_is_not_sound_is_refused(wrong: Problem) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Checker(wrong)
