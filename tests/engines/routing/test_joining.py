"""A group of communes judged from its doors must be what it is judged by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.routing import compile_network, joining
from maillage.engines.routing.judging import Plan
from maillage.engines.routing.proof import check_horizon
from maillage.engines.routing.states import States, age_classes, shape_of, states_of
from maillage.engines.routing.sweeping import plan_of
from tests.engines.routing.inhabited import Inhabited, draw_inhabited, inhabited
from tests.hypothesis_profile import DEPTH

GROUPS = 40
"""More groups than any drawn territory has doors, so that they are judged from the doors."""

Rows = dict[tuple[int, int, int], list[int]]


def judged(
    plan: Plan, clauses: int, states: States, access: Any
) -> tuple[Any, Any, Any, dict[int, Rows]]:
    """What ``judge_states`` says, its rows by group, then by step, kind and element."""
    chains, closed, whys, rows, bits = joining.judge_states(
        plan, clauses, states.epoch, states.reason, states.labelled(), access
    )
    found: dict[int, Rows] = {group: {} for group in range(len(access))}
    for row, states_of_row in zip(rows.tolist(), bits.tolist(), strict=True):
        found[row[0]][row[1], row[2], row[3]] = states_of_row
    return chains, closed, whys, found


def random_access(plan: Plan, numbers: np.random.Generator) -> Any:
    """Groups that can travel to many doors, to few, to none."""
    is_direct = np.repeat(plan.takes_direct, np.diff(plan.step_start))
    share = numbers.choice([0.0, 0.2, 0.5, 0.9], (GROUPS, 1))
    return (numbers.random((GROUPS, is_direct.size)) < share) & is_direct


def check(one: Inhabited, pathway: Any, numbers: np.random.Generator) -> int:
    """Compare every age class of a pathway; the rows compared."""
    compiled = compile_network(one.network)
    horizon = check_horizon(compiled, one.start, one.end)
    shape = shape_of(compiled, pathway.id, horizon)
    states = states_of(compiled, shape, horizon)
    count = 0
    for ages in age_classes(pathway, shape.steps):
        plan = plan_of(shape, ages)
        access = random_access(plan, numbers)
        chains, closed, whys, rows = judged(plan, len(shape.clauses), states, access)
        for group in range(GROUPS):
            alone = judged(plan, len(shape.clauses), states, access[group : group + 1])
            assert np.array_equal(alone[0][0], chains[group])
            assert np.array_equal(alone[1], closed)
            assert np.array_equal(alone[2][0], whys[group])
            assert alone[3][0] == rows[group]
            count += len(rows[group])
    return count


@settings(max_examples=40 * DEPTH)
@given(inhabited, st.integers(0, 10**6))
def test_groups_judged_from_their_doors(one: Inhabited, seed: int) -> None:
    numbers = np.random.default_rng(seed)
    for pathway in one.network.pathways:
        check(one, pathway, numbers)


def test_the_comparison_sees_groups_that_hang_on_something() -> None:
    """The drawn territories hold what the test above is about."""
    numbers = np.random.default_rng(1)
    counts = [
        check(one, pathway, numbers)
        for one in map(draw_inhabited, range(12))
        for pathway in one.network.pathways
    ]
    assert sum(counts) > 1000
