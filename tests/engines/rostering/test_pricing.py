"""Graphs hold exactly the lawful rosters, the best path is the best, and bounds are bounds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.rostering import Checker, graphs
from maillage.engines.rostering.compiled import Compiled, compile_problem, held_matrix
from maillage.engines.rostering.cp_model import solve_plain
from maillage.engines.rostering.graphs import Graph, graph_of
from maillage.engines.rostering.master import Basis, Master
from maillage.engines.rostering.problem import Person, Problem, Roster
from maillage.engines.rostering.search_kernels import price_people
from tests.engines.rostering.brute import rosters_of
from tests.engines.rostering.strategies import problems, rosters
from tests.hypothesis_profile import DEPTH

ALL = 1 << 60


def walked(graph: Graph) -> Iterator[frozenset[int]]:
    """The rosters of every path, by index of slots."""

    def onward(node: int) -> Iterator[frozenset[int]]:
        if node < graph.ends:
            yield frozenset()
            return
        for arc in range(graph.start[node], graph.start[node + 1]):
            for rest in onward(int(graph.to[arc])):
                yield rest | set(graph.option_slots[graph.options[arc]])

    yield from onward(graph.nodes - 1)


def lawful(problem: Problem, person: Person) -> set[frozenset[str]]:
    """The rosters of one person that the checker lets pass."""
    checker = Checker(problem)
    names = [slot.id for slot in problem.slots]
    every = chain.from_iterable(combinations(names, n) for n in range(len(names) + 1))
    return {frozenset(some) for some in every if not checker.violations_of(person.id, some)}


@settings(max_examples=60 * DEPTH)
@given(problems(max_slots=6, max_people=1))
def test_paths_are_the_lawful_rosters(problem: Problem) -> None:
    compiled = compile_problem(problem)
    expected = lawful(problem, problem.people[0])
    graph = graph_of(compiled, compiled.people[0])
    paths = list(walked(graph))
    found = {frozenset(compiled.slots[at].id for at in path) for path in paths}
    assert len(found) == len(paths)
    if expected:
        assert graph.is_exact
        assert found == expected


@settings(max_examples=60 * DEPTH)
@given(st.data())
def test_costs_are_those_of_the_checker(data: st.DataObject) -> None:
    problem = data.draw(problems())
    compiled = compile_problem(problem)
    held = held_matrix(compiled, data.draw(rosters(problem, strange=False)).held)
    for row, person in enumerate(compiled.people):
        held[row] &= person.may
    places = zip(*np.nonzero(held), strict=True)
    pairs = frozenset((problem.people[r].id, compiled.slots[s].id) for r, s in places)
    verdict = Checker(problem).verdict(Roster(pairs))
    full = held.sum(axis=0) <= compiled.required
    if (full | compiled.can_exceed).all():
        assert compiled.cost(held) == verdict.levels


@settings(max_examples=30 * DEPTH)
@given(problems(max_slots=6, max_people=1), st.integers(0, 1000))
def test_the_cheapest_path_is_the_cheapest_roster(problem: Problem, seed: int) -> None:
    compiled = compile_problem(problem)
    graph = graph_of(compiled, compiled.people[0])
    basis = Basis.of(compiled, [graph])
    slots = len(compiled.slots)
    prices = np.random.default_rng(seed).integers(-5, 6, size=(1, slots)).astype(float)
    costs, held = np.empty(1), np.zeros((1, slots), dtype=np.uint8)
    price_people(basis.flat, np.zeros(1, dtype=np.int64), prices, costs, held)

    def cost(path: frozenset[int]) -> float:
        total = sum(prices[0, slot] for slot in path)
        if compiled.shares_level >= 0:
            for at, window in enumerate(compiled.people[0].windows):
                if window.table is not None and at not in graph.relaxed:
                    total += window.table[window.adds[list(path)].sum()]
        return float(total)

    assert costs[0] == min(map(cost, walked(graph)))
    assert frozenset(map(int, np.flatnonzero(held[0]))) in set(walked(graph))


def best_of(problem: Problem) -> tuple[int, ...]:
    """The least cost, level after level, over every lawful roster."""
    checker = Checker(problem)
    return min(checker.verdict(roster).levels for roster in rosters_of(problem))


def root_bound(compiled: Compiled, level: int, caps: list[tuple[int, float]]) -> float:
    """The bound of a level once no column helps."""
    basis = Basis.of(compiled, [graph_of(compiled, person) for person in compiled.people])
    objective = np.zeros(compiled.levels)
    objective[level] = 1
    master = Master(basis, range(len(compiled.people)), objective, caps=caps)
    return master.generate(steps=200, should_stop=lambda: False).bound


@settings(max_examples=25 * DEPTH)
@given(problems(max_slots=5, max_people=2, minima=False))
def test_bounds_are_below_the_best_and_the_plain_model_finds_it(problem: Problem) -> None:
    compiled = compile_problem(problem)
    best = best_of(problem)
    for level in range(compiled.levels):
        caps = [(above, float(best[above])) for above in range(level)]
        assert root_bound(compiled, level, caps) <= best[level] + 1e-6
    found = solve_plain(compiled, seconds=60, workers=1)
    assert found is not None
    assert found.costs == best
    assert found.bounds == best
    assert all(found.proven)


@settings(max_examples=15 * DEPTH)
@given(problem=problems(max_slots=5, max_people=2, minima=False))
def test_bounds_hold_where_windows_are_left_out(problem: Problem) -> None:
    """With no room for states, graphs leave every window out: weaker bounds, and still bounds."""
    compiled = compile_problem(problem)
    best = best_of(problem)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graphs, "_attempts", lambda windows: iter([frozenset()]))
        for level in range(compiled.levels):
            caps = [(above, float(best[above])) for above in range(level)]
            assert root_bound(compiled, level, caps) <= best[level] + 1e-6
