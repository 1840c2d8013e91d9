"""Rosters made are lawful, the best where that can be known, and better and better on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from maillage.engines.rostering import check, search, solve
from maillage.engines.rostering.making import on_call_component, small_component
from maillage.engines.rostering.problem import Problem, Roster
from maillage.engines.rostering.shift_files import read_shift_file
from maillage.engines.rostering.solving import Better
from tests.engines.rostering.strategies import problems
from tests.engines.rostering.test_pricing import best_of
from tests.hypothesis_profile import DEPTH

LONG = 600.0
"""Seconds that no test waits for: rounds end first."""
WARD = read_shift_file(Path(__file__).with_name("small_shifts.txt"))


@settings(max_examples=20 * DEPTH)
@given(problems(max_slots=5, max_people=2, minima=False))
def test_tiny_problems_are_solved_and_proven(problem: Problem) -> None:
    solved_and_proven(problem)


@settings(max_examples=20 * DEPTH)
@given(problems(max_slots=5, max_people=2, minima=False))
def test_tiny_problems_are_solved_and_proven_by_columns(problem: Problem) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "fits", lambda compiled: False)
        solved_and_proven(problem)


def solved_and_proven(problem: Problem) -> None:
    """The roster is the best of all, and known to be."""
    found = solve(problem, seconds=LONG, workers=1, rounds=4)
    # What is carried may pass a limit before anything is held.
    unavoidable = check(problem, Roster(frozenset())).violations
    assert set(found.verdict.violations) <= set(unavoidable)
    assert found.verdict.levels == best_of(problem)
    assert found.bound == found.verdict.levels
    assert all(found.proven)


@settings(max_examples=15 * DEPTH)
@given(problems(max_slots=8, max_people=3))
def test_pins_are_kept_whatever_they_break(problem: Problem) -> None:
    found = solve(problem, seconds=LONG, workers=1, rounds=1)
    slots = {slot.id for slot in problem.slots}
    for person in problem.people:
        held = {slot for who, slot in found.roster.held if who == person.id}
        assert person.pinned & slots <= held


def test_a_ward_is_solved_without_the_plain_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns and annealing alone meet the bound of the plain model."""
    proven = solve(WARD, seconds=LONG, workers=1, rounds=4)
    assert proven.proven == (True,)
    monkeypatch.setattr(search, "SMALL_PART", 0)
    found = solve(WARD, seconds=LONG, workers=1, rounds=12)
    assert found.verdict.is_lawful
    assert found.bound[0] <= proven.verdict.levels[0] <= found.verdict.levels[0]
    assert found.verdict.levels[0] <= 1.05 * proven.verdict.levels[0]


def test_better_rosters_come_one_after_the_other_and_the_last_is_kept() -> None:
    met: list[Better] = []
    problem = small_component(3).problem
    found = solve(problem, seconds=LONG, workers=2, rounds=4, on_better=met.append)
    costs = [levels for _, levels in found.history]
    assert costs == sorted(costs, reverse=True)
    assert [better.verdict.levels for better in met] == sorted(
        (better.verdict.levels for better in met), reverse=True
    )
    assert met
    assert all(better.verdict.is_lawful for better in met)
    assert met[-1].roster == found.roster
    assert check(problem, found.roster) == found.verdict


def test_the_same_seed_gives_the_same_roster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SMALL_PART", 0)
    one, other = (solve(WARD, seconds=LONG, seed=5, workers=1, rounds=3) for _ in range(2))
    assert one.roster == other.roster


def test_a_lower_level_never_costs_a_higher_one() -> None:
    """Wishes alone, then holes above wishes: holes are not traded for wishes."""
    problem = small_component(1).problem
    alone = solve(replace(problem, levels=problem.levels[:1]), seconds=LONG, workers=1, rounds=2)
    found = solve(problem, seconds=LONG, workers=1, rounds=2)
    assert alone.proven == (True,)
    assert found.verdict.levels[0] == alone.verdict.levels[0]


def test_stopping_gives_what_is_there() -> None:
    problem = on_call_component(0, days=28).problem
    found = solve(problem, seconds=LONG, should_stop=lambda: True)
    assert found.verdict.is_lawful
    assert found.history
    assert not all(found.proven)


def test_a_start_is_never_made_worse_and_is_mended() -> None:
    problem = small_component(2).problem
    first = solve(problem, seconds=LONG, workers=1, rounds=1)
    again = solve(problem, seconds=LONG, workers=1, rounds=1, start=first.roster)
    assert again.verdict.levels <= first.verdict.levels
    everything = Roster(
        frozenset((person.id, slot.id) for person in problem.people for slot in problem.slots)
    )
    mended = solve(problem, seconds=LONG, workers=1, rounds=1, start=everything)
    assert mended.verdict.is_lawful


def test_both_ways_prove_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """By rows and by columns, one after the other."""
    problem = small_component(4).problem
    by_rows = solve(problem, seconds=LONG, workers=2, rounds=2)
    monkeypatch.setattr(search, "fits", lambda compiled: False)
    by_columns = solve(problem, seconds=LONG, workers=1, rounds=3)
    assert all(by_rows.proven)
    assert by_rows.verdict.is_lawful
    assert by_columns.verdict.is_lawful
    assert by_columns.proven[0]
    assert by_columns.verdict.levels[0] == by_rows.verdict.levels[0]
    assert by_columns.verdict.levels >= by_rows.verdict.levels
    assert by_columns.bound[1] <= by_columns.verdict.levels[1]


def test_an_empty_problem_has_an_empty_roster() -> None:
    found = solve(Problem(days=3, slots=(), people=()), seconds=LONG)
    assert found.roster == Roster(frozenset())
    assert found.bound == (0, 0, 0)
