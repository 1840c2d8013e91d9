"""From a mix of rosters to one roster each: diving, and integer programs over the columns known."""

from __future__ import annotations

from collections.abc import Callable

import highspy
import numpy as np

from maillage.engines.rostering.compiled import Bools
from maillage.engines.rostering.master import Column, Master

WHOLE = 0.999
BOLD = 0.85
"""Columns of at least this share are all fixed at once."""
STEPS = 12
"""Steps of column generation after each choice of a dive."""


def dive(
    master: Master,
    rng: np.random.Generator,
    *,
    should_stop: Callable[[], bool],
    doubt: float = 0.0,
) -> dict[int, Column] | None:
    """Fix rosters one after the other, prices and columns made anew after each.

    ``doubt`` blurs the choice, so that two dives differ. None when it was stopped, or when a
    person is left without a roster. The master is left with everything fixed.
    """
    while len(master.fixed) < len(master.people):
        if should_stop():
            return None
        chosen = _chosen(master, rng, doubt)
        if not chosen:
            return None
        for at in chosen:
            master.fix(at)
        if len(master.fixed) < len(master.people):
            master.generate(steps=STEPS, should_stop=should_stop)
    return dict(master.fixed)


def _chosen(master: Master, rng: np.random.Generator, doubt: float) -> list[int]:
    """Columns to fix: all that are nearly whole, else the largest."""
    mix = master.mix()
    open_ = [
        at
        for at, column in enumerate(master.columns)
        if mix[at] > 1e-9 and column.person not in master.fixed and column.is_lawful
    ]
    if not open_:
        return []
    shares = mix[open_] + doubt * rng.random(len(open_))
    order = np.argsort(-shares, kind="stable")
    best = open_[int(order[0])]
    chosen = {master.columns[at].person: at for at in open_ if mix[at] >= BOLD}
    chosen.setdefault(master.columns[best].person, best)
    return list(chosen.values())


def choose_whole(
    master: Master, *, seconds: float, best: float, start: dict[int, Column] | None = None
) -> dict[int, Column] | None:
    """The best choice of one known column for each person: an integer program.

    ``best``: only what costs less is of interest. None when nothing better was found in time.
    """
    program = master.program
    lawful = [at for at, column in enumerate(master.columns) if column.is_lawful]
    banned = [at for at, column in enumerate(master.columns) if not column.is_lawful]
    places = np.array([master.at_of[at] for at in lawful], dtype=np.int32)
    kinds = np.array([highspy.HighsVarType.kInteger] * len(places))
    for at in banned:
        program.changeColBounds(master.at_of[at], 0.0, 0.0)
    program.changeColsIntegrality(len(places), places, kinds)
    program.setOptionValue("time_limit", program.getRunTime() + max(0.1, seconds))
    program.setOptionValue("objective_bound", best)
    program.setOptionValue("mip_rel_gap", 0.0)
    if start is not None:
        _hint(master, start)
    program.run()
    solution = program.getSolution()
    found: dict[int, Column] | None = None
    if solution.value_valid and program.getObjectiveValue() < best - 0.5:
        values = np.array(solution.col_value)
        found = {
            master.columns[at].person: master.columns[at]
            for at in lawful
            if values[master.at_of[at]] > 0.5
        }
    continuous = np.array([highspy.HighsVarType.kContinuous] * len(places))
    program.changeColsIntegrality(len(places), places, continuous)
    program.setOptionValue("time_limit", highspy.kHighsInf)
    program.setOptionValue("objective_bound", highspy.kHighsInf)
    for at in banned:
        program.changeColBounds(master.at_of[at], 0.0, highspy.kHighsInf)
    return found if found is None or len(found) == len(master.people) else None


def _hint(master: Master, start: dict[int, Column]) -> None:
    places = {(c.person, c.slots): master.at_of[at] for at, c in enumerate(master.columns)}
    known = [places.get((column.person, column.slots)) for column in start.values()]
    index = np.array([place for place in known if place is not None], dtype=np.int32)
    master.program.setSolution(len(index), index, np.ones(len(index)))


def matrix_of(master: Master, columns: dict[int, Column], held: Bools) -> Bools:
    """The roster ``held`` with the rosters of these columns instead."""
    result = held.copy()
    for person, column in columns.items():
        result[person] = False
        result[person, list(column.slots)] = True
    return result
