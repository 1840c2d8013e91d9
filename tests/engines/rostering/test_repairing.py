"""Repairs miss and change as little as can be, and break nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.rostering import Checker, check, repair
from maillage.engines.rostering.making import on_call_component
from maillage.engines.rostering.problem import Person, Problem, Rest, Roster, Slot
from maillage.engines.rostering.repairing import Move, moves_between
from tests.hypothesis_profile import DEPTH

from .brute import rosters_of, some_lawful_roster
from .strategies import problems

HOUR = 60
DAY = 24 * HOUR
GARDE = frozenset({"garde"})


def night(day: int) -> Slot:
    """A night of fourteen hours."""
    starts = day * DAY + 18 * HOUR
    return Slot(f"n{day}", "garde", day, starts, starts + 14 * HOUR)


def week(*people: Person) -> Problem:
    """Five nights, a rest of two days after each."""
    return Problem(5, tuple(map(night, range(5))), people, rests=(Rest("rest", 30 * HOUR),))


def holding(**who: str) -> Roster:
    """A roster written ``anne="n0 n2"``."""
    return Roster(
        frozenset((person, name) for person, names in who.items() for name in names.split())
    )


ANNE, BOB, CARL = (Person(name, GARDE) for name in ("anne", "bob", "carl"))


def test_the_one_who_is_free_takes_it() -> None:
    before = holding(anne="n0", bob="n2")
    done = repair(week(ANNE, BOB, CARL), before, "bob", starts=2 * DAY, ends=4 * DAY, workers=1)
    assert done.lost == ("n2",)
    (move,) = done.moves
    assert move.leaves == ("bob",)
    assert move.takes in {("anne",), ("carl",)}
    assert done.verdict.is_lawful
    assert (done.left_empty, done.others_changed) == (0, 0)
    assert done.proven == (True, True, True, True)


def test_a_chain_when_nobody_is_free() -> None:
    """Only Anne may hold the garde of the third night, and she has the next: Carl takes that."""
    third = replace(night(2), line="chir")
    both = frozenset({"garde", "chir"})
    anne, bob = replace(ANNE, lines=both), replace(BOB, lines=both)
    problem = week(anne, bob, CARL)
    problem = replace(problem, slots=(*problem.slots[:2], third, *problem.slots[3:]))
    done = repair(problem, holding(anne="n3", bob="n2"), "bob", slots=["n2"], workers=1)
    assert done.moves == (
        Move("n2", ("bob",), ("anne",)),
        Move("n3", ("anne",), ("carl",)),
    )
    assert done.proven[:2] == (True, True)


def test_a_hole_rather_than_a_chain_when_changes_are_counted() -> None:
    third = replace(night(2), line="chir")
    both = frozenset({"garde", "chir"})
    anne, bob = replace(ANNE, lines=both), replace(BOB, lines=both)
    problem = week(anne, bob, CARL)
    problem = replace(problem, slots=(*problem.slots[:2], third, *problem.slots[3:]))
    before = holding(anne="n3", bob="n2")
    done = repair(problem, before, "bob", slots=["n2"], at_most=1, workers=1)
    assert done.moves == (Move("n2", ("bob",), ()),)
    assert done.left_empty == 1
    assert done.proven[:2] == (True, True)


def test_nobody_can_and_it_stays_empty() -> None:
    done = repair(week(ANNE), holding(anne="n0 n2"), "anne", slots=["n2"], workers=1)
    assert done.lost == ("n2",)
    assert done.moves == (Move("n2", ("anne",), ()),)
    assert done.left_empty == 1
    assert done.proven[:2] == (True, True)


def test_an_absence_that_meets_no_duty_changes_nothing() -> None:
    before = holding(anne="n0", bob="n2")
    done = repair(week(ANNE, BOB), before, "bob", starts=0, ends=DAY)
    assert done.roster == before
    assert done.moves == ()


def test_a_rule_broken_before_stays_as_it_is() -> None:
    """Anne holds two nights in a row, for reasons of her own: the repair of Bob leaves her be."""
    before = holding(anne="n0 n1", bob="n4")
    done = repair(week(ANNE, BOB, CARL), before, "bob", slots=["n4"], workers=1)
    assert done.roster.held >= {("anne", "n0"), ("anne", "n1")}
    assert len(done.moves) == 1
    assert len(done.verdict.violations) == 1


def test_a_pinned_duty_is_lost_all_the_same() -> None:
    anne = replace(ANNE, pinned=frozenset({"n0", "n4"}))
    before = holding(anne="n0 n4")
    done = repair(week(anne, BOB), before, "anne", starts=0, ends=2 * DAY, workers=1)
    assert done.roster == holding(bob="n0", anne="n4")
    assert done.verdict.is_lawful


def test_what_is_unknown_is_refused() -> None:
    problem = week(ANNE)
    with pytest.raises(ValueError, match="nobody"):
        repair(problem, holding(anne="n0"), "nobody", slots=["n0"])
    with pytest.raises(ValueError, match="nowhere"):
        repair(problem, holding(anne="n0"), "anne", slots=["nowhere"])
    with pytest.raises(ValueError, match="absence"):
        repair(problem, holding(anne="n0"), "anne", starts=9, ends=9)


@given(st.integers(0, 10**6), problems(max_days=6, max_slots=4, minima=False))
@settings(max_examples=25 * DEPTH)
def test_nothing_misses_or_changes_less(seed: int, problem: Problem) -> None:
    roster = some_lawful_roster(problem, seed)
    person = problem.people[seed % len(problem.people)].id
    starts = seed % problem.days * DAY
    done = repair(problem, roster, person, starts=starts, ends=starts + DAY, workers=1)
    before = check(problem, roster)
    change = Checker(done.problem).cost_of_change(
        Roster(roster.held - {(person, name) for name in done.lost}),
        done.roster.held,
        roster.held - done.roster.held,
    )
    assert change.violations == ()
    if not done.lost:
        assert done.roster == roster
        return
    under = {slot.id: slot.under for slot in problem.slots}

    def costs(other: Roster) -> tuple[int, int]:
        holes = Checker(done.problem).verdict(other).holes
        extra = sum(
            under[name] * max(0, count - before.holes.get(name, 0)) for name, count in holes.items()
        )
        changed = moves_between(Checker(done.problem), roster, other)
        return extra, len(changed)

    best = min(costs(other) for other in rosters_of(done.problem))
    assert costs(done.roster) == best
    assert done.proven[:2] == (True, True)


def test_a_month_is_repaired_and_lawful() -> None:
    problem = on_call_component(5, days=28).problem
    roster = some_lawful_roster(problem, 5, full=1)
    person, slot = min(roster.held, key=lambda pair: pair[1])
    done = repair(problem, roster, person, slots=[slot], seconds=4)
    assert done.verdict.is_lawful
    assert (person, slot) not in done.roster.held
    assert slot in {move.slot for move in done.moves}
