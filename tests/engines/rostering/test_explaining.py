"""Proofs of holes are true and can be checked; false ones are refused; ways out are smallest."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.rostering import Checker, check, explain_holes, verify_certificate
from maillage.engines.rostering.certificates import Ceiling, Certificate
from maillage.engines.rostering.part_model import Item, PartModel
from maillage.engines.rostering.parts import Part, Reason, Rows, Why, parts_of
from maillage.engines.rostering.problem import (
    Absence,
    Limit,
    Person,
    Problem,
    Rest,
    Roster,
    Slot,
)
from maillage.engines.rostering.proving import Prover
from maillage.engines.rostering.relaxing import ways_out, without
from tests.hypothesis_profile import DEPTH

from .brute import EMPTY, fewest_missing, missing, rosters_of, some_lawful_roster
from .strategies import problems

TINY = {"max_days": 6, "max_slots": 4, "max_people": 3, "minima": False}
HOUR = 60
DAY = 24 * HOUR


def nights(count: int, line: str = "garde") -> tuple[Slot, ...]:
    """Consecutive nights of fourteen hours."""
    return tuple(
        Slot(
            f"{line}{day:02}",
            line,
            day,
            day * DAY + 18 * HOUR,
            day * DAY + 32 * HOUR,
            counts={"duties": 1},
        )
        for day in range(count)
    )


def short_of_staff() -> Problem:
    """Twelve nights, four people who hold two at most: four nights stay empty."""
    limit = Limit("duties", "two", 0, 12, maximum=2, negotiable=True)
    people = tuple(
        Person(f"p{number}", frozenset({"garde"}), limits=(limit,)) for number in range(4)
    )
    return Problem(12, nights(12), people, rests=(Rest("rest", 11 * HOUR),))


def least_missing(problem: Problem) -> int:
    """What the models of all parts find, one worker each."""
    checker = Checker(problem)
    total = 0
    for part in parts_of(checker):
        model = PartModel(checker, part)
        outcome = model.least(model.people_missing(), seconds=10, workers=1)
        assert outcome.optimal
        total += outcome.value
    return total


@given(problems(**TINY))
@settings(max_examples=25 * DEPTH)
def test_the_model_finds_the_fewest_missing(problem: Problem) -> None:
    assert least_missing(problem) == fewest_missing(problem)


@given(problems(**TINY))
@settings(max_examples=25 * DEPTH)
def test_certificates_are_true_and_verified(problem: Problem) -> None:
    checker = Checker(problem)
    proven = 0
    for part in parts_of(checker):
        prover = Prover(checker, part)
        best, readable = prover.best(10)
        assert best.at_least >= readable.at_least
        knots = prover.knots(readable, (), 10)
        for one in (best, readable, *knots):
            assert verify_certificate(problem, one)
        assert not verify_certificate(problem, replace(best, at_least=best.at_least + 1))
        assert sum(knot.at_least for knot in knots) <= best.at_least
        assert len({name for knot in knots for name in knot.weights}) == sum(
            len(knot.weights) for knot in knots
        )
        proven += best.at_least
    assert proven <= fewest_missing(problem)


def test_twelve_nights_and_four_people_who_hold_two() -> None:
    problem = short_of_staff()
    roster = some_lawful_roster(problem, 3, full=1)
    explanation = explain_holes(problem, roster, seconds=10)
    (proof,) = explanation.parts
    assert proof.at_least == proof.certified == proof.readable.at_least == 4
    assert len(proof.readable.weights) == 12
    assert {ceiling.at_most for ceiling in proof.readable.ceilings} == {2}
    assert verify_certificate(problem, proof.certificate)
    assert all(verify_certificate(problem, knot) for knot in proof.knots)
    assert proof.best == 4
    assert [len(way.items) for way in proof.ways_out] == [1, 1, 1, 1]
    assert {way.items[0].person for way in proof.ways_out} == {"p0", "p1", "p2", "p3"}
    for way in proof.ways_out:
        assert missing(problem, way.roster) == way.missing <= 3
        assert {(one.person, one.rule) for one in way.violations} == {(way.items[0].person, "two")}
        assert way.is_smallest
        assert check(without(problem, way.items), way.roster).is_lawful


def test_each_hole_says_why_each_person_does_not_hold_it() -> None:
    away = Absence(0, 3 * DAY, "leave", negotiable=True)
    exempt = Absence(0, 9 * DAY, "exempt")
    people = (
        Person("exempt", frozenset({"garde"}), absences=(exempt,)),
        Person("away", frozenset({"garde"}), absences=(away,)),
        Person("other", frozenset({"astreinte"})),
        Person("free", frozenset({"garde"})),
    )
    problem = Problem(2, nights(1), people)
    hole = explain_holes(problem, EMPTY, seconds=0).holes[0]
    assert [one.person for one in hole.people] == ["free", "away", "exempt"]
    assert [one.is_negotiable for one in hole.people] == [True, True, False]
    assert [violation.rule for violation in hole.people[2].violations] == ["exempt"]


def test_a_roster_that_could_be_better_is_said_to_be() -> None:
    problem = short_of_staff()
    explanation = explain_holes(problem, EMPTY, seconds=10)
    (proof,) = explanation.parts
    assert (proof.missing, proof.best, proof.at_least) == (12, 4, 4)
    assert proof.better is not None
    assert not proof.is_least
    assert check(problem, proof.better).is_lawful
    assert missing(problem, proof.better) == 4


def plain_certificate() -> Certificate:
    """The proof of twelve nights, as a person would write it."""
    ceilings = tuple(
        Ceiling(f"p{number}", 2, ((Reason(Why.LIMIT, index=0, first_day=0), Fraction(1)),))
        for number in range(4)
    )
    return Certificate(dict.fromkeys((slot.id for slot in nights(12)), 1), 1, ceilings, 4)


def test_a_certificate_written_by_hand() -> None:
    assert verify_certificate(short_of_staff(), plain_certificate())


@pytest.mark.parametrize(
    "change",
    [
        {"at_least": 5},
        {"scale": 0},
        {"weights": {"garde00": 1, "nowhere": 1}},
        {"weights": {slot.id: 2 for slot in nights(12)}},
        {"weights": {slot.id: -1 for slot in nights(12)}},
        {"ceilings": plain_certificate().ceilings[:3]},
        {"ceilings": plain_certificate().ceilings[:3] * 2},
        {"ceilings": (*plain_certificate().ceilings, Ceiling("nobody", 0))},
        {
            "ceilings": tuple(replace(one, at_most=1) for one in plain_certificate().ceilings),
            "at_least": 8,
        },
        {
            "ceilings": tuple(
                Ceiling(f"p{n}", 0, ((Reason(Why.LIMIT, index=7), Fraction(1)),)) for n in range(4)
            ),
            "at_least": 12,
        },
        {
            "ceilings": tuple(
                Ceiling(f"p{n}", 0, ((Reason(Why.LIMIT), Fraction(-1)),)) for n in range(4)
            ),
            "at_least": 12,
        },
        {
            "ceilings": tuple(
                Ceiling(
                    f"p{n}",
                    1,
                    ((Reason(Why.TOGETHER, tuple(s.id for s in nights(12))), Fraction(1)),),
                )
                for n in range(4)
            ),
            "at_least": 8,
        },
    ],
)
def test_a_false_certificate_is_refused(change: dict[str, object]) -> None:
    assert not verify_certificate(short_of_staff(), replace(plain_certificate(), **change))  # type: ignore[arg-type]


def test_a_certificate_of_another_problem_is_refused() -> None:
    """One more pair of hands, or a pin against the limit, and the proof is no longer one."""
    problem = short_of_staff()
    more = Person("p4", frozenset({"garde"}))
    assert not verify_certificate(
        replace(problem, people=(*problem.people, more)), plain_certificate()
    )
    pinned = replace(problem.people[0], pinned=frozenset({"garde00", "garde03", "garde06"}))
    assert not verify_certificate(
        replace(problem, people=(pinned, *problem.people[1:])), plain_certificate()
    )


def negotiable_items(problem: Problem) -> list[Item]:
    """Everything that somebody could lift; limits of one rule on one counter, once."""
    found = []
    for person in problem.people:
        seen = set()
        for index, absence in enumerate(person.absences):
            if absence.negotiable:
                found.append(Item(person.id, "absence", index, absence.rule))
        for index, limit in enumerate(person.limits):
            if limit.negotiable and (limit.rule, limit.counter) not in seen:
                seen.add((limit.rule, limit.counter))
                found.append(Item(person.id, "limit", index, limit.rule))
    return found


@given(problems(**TINY))
@settings(max_examples=25 * DEPTH)
def test_ways_out_are_the_smallest_and_true(problem: Problem) -> None:
    checker = Checker(problem)
    parts = parts_of(checker)
    part = Part(
        frozenset(line for one in parts for line in one.lines),
        tuple(name for one in parts for name in one.slots),
        tuple(person for one in parts for person in one.people),
        {person: names for one in parts for person, names in one.may_hold.items()},
    )
    best = fewest_missing(problem)
    if best == 0:
        return
    roster = next(r for r in rosters_of(problem) if missing(problem, r) == best)
    ways = ways_out(checker, part, roster, best - 1, seconds=10, at_most=9, workers=1)
    items = negotiable_items(problem)
    enough = [
        set(some)
        for size in range(1, len(items) + 1)
        for some in combinations(items, size)
        if fewest_missing(without(problem, some)) < best
    ]
    least = [some for some in enough if not any(other < some for other in enough)]
    assert len(ways) == min(9, len(least))
    assert all(set(way.items) in least for way in ways)
    for way in ways:
        assert way.missing == missing(problem, way.roster) < best
        assert way.fills
        assert way.is_smallest == (len(way.items) == min(map(len, least)))
        assert {one.rule for one in way.violations} <= {item.rule for item in way.items}


def test_ways_out_around_one_hole_leave_the_rest_alone() -> None:
    """Only the last nights may change: one of them is filled, earlier ones stay as they were."""
    problem = short_of_staff()
    away = Absence(8 * DAY + 8 * HOUR, 10 * DAY, "leave", negotiable=True)
    problem = replace(
        problem,
        people=tuple(
            replace(one, absences=(away, Absence(0, DAY, "leave", negotiable=True)))
            for one in problem.people
        ),
    )
    checker = Checker(problem)
    (part,) = parts_of(checker)
    roster = Roster(
        frozenset((f"p{number % 4}", f"garde{number:02}") for number in (1, 2, 3, 4, 5, 6, 7))
    )
    late = frozenset((one.id, f"garde{day:02}") for one in problem.people for day in range(8, 12))
    ways = ways_out(checker, part, roster, 4, seconds=10, must_fill="garde09", free=late, workers=1)
    assert ways
    for way in ways:
        assert way.roster.held ^ roster.held <= late
        assert "garde09" in way.fills
        assert way.missing == missing(problem, way.roster) <= 4
        assert check(without(problem, way.items), way.roster).is_lawful


def test_a_rule_is_lifted_with_what_duties_elsewhere_leave_of_it() -> None:
    """One night, and a garde of another line on each side of it: two runs of days are full."""
    night = Slot("garde", "garde", 3, 3 * DAY, 4 * DAY, counts={"gardes": 1})
    spacing = Limit("gardes", "spacing", 0, 7, maximum=1, rolling=3, negotiable=True)
    beside = [
        replace(spacing, first_day=day, last_day=day + 3, rolling=None, carried=1) for day in (1, 3)
    ]
    problem = Problem(7, (night,), (Person("p", frozenset({"garde"}), limits=(spacing, *beside)),))
    checker = Checker(problem)
    part = Part(frozenset({"garde"}), ("garde",), ("p",), {"p": ()})
    (way,) = ways_out(checker, part, Roster(frozenset()), 0, seconds=10, workers=1)
    assert way.items == (Item("p", "limit", 0, "spacing"),)
    assert check(without(problem, way.items), way.roster).is_lawful


def test_what_is_not_negotiable_is_never_lifted() -> None:
    problem = short_of_staff()
    with pytest.raises(ValueError, match="not negotiable"):
        without(
            replace(
                problem,
                people=tuple(
                    replace(one, limits=(replace(one.limits[0], negotiable=False),))
                    for one in problem.people
                ),
            ),
            [Item("p0", "limit", 0, "two")],
        )


@given(st.integers(0, 10**6), problems(**TINY))
@settings(max_examples=15 * DEPTH)
def test_an_explanation_of_any_roster_is_true(seed: int, problem: Problem) -> None:
    roster = some_lawful_roster(problem, seed)
    explanation = explain_holes(problem, roster, seconds=5, workers=1)
    verdict = check(problem, roster)
    assert {hole.slot: hole.missing for hole in explanation.holes} == verdict.holes
    checker = Checker(problem)
    for hole in explanation.holes:
        for one in hole.people:
            assert one.violations == checker.why_not(one.person, hole.slot, roster)
    for proof in explanation.parts:
        assert proof.certified <= proof.at_least <= proof.best <= proof.missing
        assert proof.at_least == proof.best
        assert verify_certificate(problem, proof.certificate)
        if proof.better is not None:
            assert len(check(problem, proof.better).violations) <= len(verdict.violations)


def test_rows_hold_for_every_lawful_roster() -> None:
    """Two nights in conflict and a limit: rows say what a person may hold, and no less."""
    problem = short_of_staff()
    checker = Checker(problem)
    (part,) = parts_of(checker)
    rows = Rows(checker, part).of("p0")
    for first, second in combinations(part.slots, 2):
        lawful = not checker.violations_of("p0", (first, second))
        held = {first, second}
        assert lawful == all(
            sum(value for name, value in row.coefficients.items() if name in held) <= row.bound
            for row in rows
        )


def test_no_time_gives_weak_proofs_and_no_error() -> None:
    explanation = explain_holes(short_of_staff(), EMPTY, seconds=0)
    assert explanation.parts[0].at_least <= 4
    assert len(explanation.holes) == 12


def test_a_roster_without_holes_has_nothing_to_explain() -> None:
    problem = Problem(1, nights(1), (Person("p0", frozenset({"garde"})),))
    roster = Roster(frozenset({("p0", "garde00")}))
    assert explain_holes(problem, roster, seconds=1) == type(
        explain_holes(problem, roster, seconds=1)
    )((), ())
