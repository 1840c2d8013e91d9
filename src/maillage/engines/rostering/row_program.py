"""A whole part as an integer program over strong rows, given to HiGHS.

Where horizons are long and limits roll over weeks, graphs of rosters are too large. The program
over :mod:`rule_rows` is not, and its linear relaxation is almost whole: its bound is there within a
second, and rosters that meet it follow. Rhythms with minima are not in it: whoever asks looks at
:func:`fits` first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from threading import Lock
from typing import Any

import highspy
import numpy as np

from maillage.engines.rostering.compiled import Bools, Compiled, CompiledPerson, Ints
from maillage.engines.rostering.rule_rows import PersonRows

HELD = 0.5
"""A duty is held when its variable, 0 or 1 but for noise, is above."""


def fits(compiled: Compiled) -> bool:
    """True when the program says all the rules."""
    return all(
        max(person.rhythm.min_worked or 1, person.rhythm.min_off or 1) == 1
        and all(window.minimum <= 0 for window in person.windows)
        for person in compiled.people
    )


class RowProgram:
    """The program of a part, made once; ``levels`` are costs by variable, one row each."""

    def __init__(self, compiled: Compiled, rows: Sequence[PersonRows]) -> None:
        self.compiled = compiled
        self.places: dict[tuple[int, int], int] = {}
        self.low: list[float] = []
        self.high: list[float] = []
        self.costs: list[np.ndarray] = []
        self.whole: list[bool] = []
        self.fixed = np.sum([person.fixed for person in compiled.people], axis=0)
        self.rows: list[tuple[dict[int, float], float, float]] = []
        nothing = np.zeros(compiled.levels)
        for row, person in enumerate(compiled.people):
            for slot in map(int, np.flatnonzero(person.may)):
                pinned = float(person.pinned[slot])
                self.places[row, slot] = self._variable(person.hold[:, slot], pinned, 1.0)
        self._demand()
        for row, person in enumerate(compiled.people):
            for one in (*rows[row].together, *rows[row].sums):
                terms = zip(one.slots, one.adds, strict=True)
                self._at_most({self.places[row, slot]: add for slot, add in terms}, one.most)
            self._rhythm(row, person, nothing)
            self._shares(row, person)
        self.lock = Lock()
        self.model = self._lay_out()

    def _variable(self, costs: np.ndarray, low: float, high: float, *, whole: bool = True) -> int:
        self.costs.append(costs)
        self.whole.append(whole)
        self.low.append(low)
        self.high.append(high)
        return len(self.costs) - 1

    def _at_most(self, terms: dict[int, int], most: float) -> None:
        self.rows.append(({at: float(add) for at, add in terms.items()}, -highspy.kHighsInf, most))

    def _demand(self) -> None:
        compiled = self.compiled
        holders: dict[int, list[int]] = {slot: [] for slot in range(len(compiled.slots))}
        for (_, slot), at in self.places.items():
            holders[slot].append(at)
        for slot, those in holders.items():
            required = float(compiled.required[slot])
            pinned = sum(self.low[at] for at in those)
            missing = self._variable(compiled.under[:, slot], 0.0, required)
            room = float(len(those)) if compiled.can_exceed[slot] else max(0.0, pinned - required)
            spare = self._variable(compiled.over[:, slot], 0.0, room)
            terms = {**dict.fromkeys(those, 1.0), missing: 1.0, spare: -1.0}
            self.rows.append((terms, required, required))

    def _rhythm(self, row: int, person: CompiledPerson, nothing: np.ndarray) -> None:
        """Runs of days, and weekends, over one variable by day where a day may have two duties."""
        rhythm, compiled = person.rhythm, self.compiled
        if rhythm.max_worked is None and rhythm.max_weekends is None:
            return
        by_day: dict[int, dict[int, int]] = {}
        for slot in map(int, np.flatnonzero(person.may)):
            by_day.setdefault(int(compiled.day[slot]), {})[self.places[row, slot]] = 1
        if not compiled.problem.one_a_day:
            by_day = {day: {self._any_of([own], nothing): 1} for day, own in by_day.items()}
        pinned = {int(compiled.day[slot]) for slot in np.flatnonzero(person.pinned)}
        if (longest := rhythm.max_worked) is not None:
            for first in range(compiled.problem.days - longest):
                run = range(first, first + longest + 1)
                if all(day in by_day for day in run) and not pinned.issuperset(run):
                    self._at_most({at: 1 for day in run for at in by_day[day]}, longest)
        if rhythm.max_weekends is not None:
            weekends = [
                [by_day[day] for day in days if day in by_day] for days in compiled.problem.weekends
            ]
            already = sum(not pinned.isdisjoint(days) for days in compiled.problem.weekends)
            worked = {self._any_of(days, nothing): 1 for days in weekends if days}
            self._at_most(worked, max(rhythm.max_weekends, already))

    def _shares(self, row: int, person: CompiledPerson) -> None:
        """Each share by steps of one unit of its counter, whose costs rise.

        A cost is rounded to whole points, so that one step may cost a point less than the one
        before: the program then takes the lower line across, and its bound stays one.
        """
        level = self.compiled.shares_level
        for window in person.windows:
            if window.table is None or level < 0:
                continue
            self.fixed[level] += int(window.table[0])
            terms = {
                self.places[row, slot]: float(window.adds[slot])
                for slot in map(int, np.flatnonzero(window.adds))
            }
            for width, slope in _steps(window.table):
                points = np.zeros(self.compiled.levels)
                points[level] = slope
                terms[self._variable(points, 0.0, width, whole=False)] = -1.0
            self.rows.append((terms, 0.0, 0.0))

    def _any_of(self, groups: Sequence[dict[int, int]], nothing: np.ndarray) -> int:
        """A variable that is 1 when something of these groups is held."""
        worked = self._variable(nothing, 0.0, 1.0)
        alone = self.compiled.problem.one_a_day
        for group in groups:
            for terms in [group] if alone else [{at: 1} for at in group]:
                self._at_most({**terms, worked: -1}, 0)
        return worked

    def _lay_out(self) -> highspy.HighsLp:
        """The program as HiGHS takes it, without its costs."""
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self.costs), len(self.rows)
        model.row_lower_ = np.array([low for _, low, _ in self.rows])
        model.row_upper_ = np.array([high for _, _, high in self.rows])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        starts = np.cumsum([0] + [len(terms) for terms, _, _ in self.rows])
        model.a_matrix_.start_ = starts.astype(np.int32)
        index = [at for terms, _, _ in self.rows for at in terms]
        model.a_matrix_.index_ = np.array(index, dtype=np.int32)
        values = [value for terms, _, _ in self.rows for value in terms.values()]
        model.a_matrix_.value_ = np.array(values, dtype=np.float64)
        whole, any_ = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        model.integrality_ = [whole if one else any_ for one in self.whole]
        return model

    # -- Solving ---------------------------------------------------------------------------------

    def least(
        self,
        level: int,
        standing: Bools,
        *,
        free: frozenset[int] | None = None,
        seconds: float,
        seed: int,
        on_better: Callable[[Bools], object],
        on_bound: Callable[[float], object],
        should_stop: Callable[[], bool],
    ) -> None:
        """Rosters that cost less at a level than ``standing``, levels above not costing more.

        ``free``: the days that may change; None, all. Each roster is handed over as it is found.
        So is the bound of the level as it rises, where all days are free; it speaks of the whole
        cost, what people cost while holding nothing included.
        """
        solver = self._solver(level, standing, free)
        solver.setOptionValue("random_seed", seed)
        solver.setOptionValue("time_limit", max(0.1, seconds))

        def bounded(bound: float) -> None:
            if free is None and abs(bound) < highspy.kHighsInf:
                on_bound(bound + float(self.fixed[level]))

        def interrupted(event: Any) -> None:
            if should_stop():
                event.interrupt()

        def between_nodes(event: Any) -> None:
            bounded(event.data_out.mip_dual_bound)
            interrupted(event)

        def better(event: Any) -> None:
            on_better(self._held(event.data_out.mip_solution))

        solver.cbSimplexInterrupt += interrupted
        solver.cbMipInterrupt += between_nodes
        solver.cbMipImprovingSolution += better
        solver.run()
        if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            on_better(self._held(solver.getSolution().col_value))
        bounded(solver.getInfo().mip_dual_bound)

    def _solver(self, level: int, standing: Bools, free: frozenset[int] | None) -> highspy.Highs:
        """HiGHS with the program of a level, beginning from what stands."""
        index = np.array(list(self.places.values()), dtype=np.int32)
        values = np.array([standing[pair] for pair in self.places], dtype=np.float64)
        low, high = np.array(self.low), np.array(self.high)
        if free is not None:
            days = self.compiled.day[[slot for _, slot in self.places]]
            closed = ~np.isin(days, list(free))
            low[index[closed]] = high[index[closed]] = values[closed]
        costs = np.array(self.costs, dtype=np.float64).T
        solver = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), ("mip_rel_gap", 0.0)):
            solver.setOptionValue(option, value)
        with self.lock:  # two workers lay their own bounds on one program
            self.model.col_cost_ = costs[level]
            self.model.col_lower_, self.model.col_upper_ = low, high
            solver.passModel(self.model)
        kept = self.compiled.cost(standing)
        for above in range(level):
            places = np.flatnonzero(costs[above]).astype(np.int32)
            most = float(kept[above] - self.fixed[above])
            solver.addRow(-highspy.kHighsInf, most, len(places), places, costs[above, places])
        solver.setSolution(len(index), index, values)
        return solver

    def _held(self, values: Sequence[float]) -> Bools:
        held = np.zeros((len(self.compiled.people), len(self.compiled.slots)), dtype=np.bool_)
        for pair, at in self.places.items():
            held[pair] = values[at] > HELD
        return held


def _steps(table: Ints) -> Iterator[tuple[int, float]]:
    """The highest convex line below a table of costs, from its first: (how long, how steep)."""
    corners: list[int] = []
    for at in range(len(table)):
        while len(corners) > 1:
            first, middle = corners[-2:]
            rise = (table[middle] - table[first]) * (at - middle)
            if rise < (table[at] - table[middle]) * (middle - first):
                break
            corners.pop()
        corners.append(at)
    for first, last in pairwise(corners):
        yield last - first, float(table[last] - table[first]) / (last - first)
