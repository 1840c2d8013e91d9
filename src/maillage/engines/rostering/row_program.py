"""A whole part as an integer program over strong rows, given to HiGHS: for levels of demand.

Where horizons are long and limits roll over weeks, graphs of rosters are too large. The program
over :mod:`rule_rows` is not, and its linear relaxation is almost whole: its bound is there within a
second, and rosters that meet it follow. Shares are not in it, nor rhythms with minima: whoever asks
looks at :func:`fits` first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import highspy
import numpy as np

from maillage.engines.rostering.compiled import Bools, Compiled, CompiledPerson
from maillage.engines.rostering.rule_rows import PersonRows

HELD = 0.5
"""A duty is held when its variable, 0 or 1 but for noise, is above."""


def fits(compiled: Compiled, level: int) -> bool:
    """True when the program says all of this level, of those above it, and of the rules."""
    if 0 <= compiled.shares_level <= level:
        return False
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

    def _variable(self, costs: np.ndarray, low: float, high: float) -> int:
        self.costs.append(costs)
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

    def _any_of(self, groups: Sequence[dict[int, int]], nothing: np.ndarray) -> int:
        """A variable that is 1 when something of these groups is held."""
        worked = self._variable(nothing, 0.0, 1.0)
        alone = self.compiled.problem.one_a_day
        for group in groups:
            for terms in [group] if alone else [{at: 1} for at in group]:
                self._at_most({**terms, worked: -1}, 0)
        return worked

    # -- Solving ---------------------------------------------------------------------------------

    def least(
        self,
        level: int,
        standing: Bools,
        *,
        seconds: float,
        seed: int,
        on_better: Callable[[Bools], object],
        on_bound: Callable[[float], object],
        should_stop: Callable[[], bool],
    ) -> None:
        """Rosters that cost less at a level than ``standing``, levels above not costing more.

        Each is handed over as it is found, and the bound of the level as it rises; both speak of
        the whole cost, what people cost while holding nothing included.
        """
        compiled = self.compiled
        fixed = np.sum([person.fixed for person in compiled.people], axis=0)
        costs = np.array(self.costs, dtype=np.float64).T
        kept = compiled.cost(standing)
        solver = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), ("random_seed", seed)):
            solver.setOptionValue(option, value)
        solver.setOptionValue("time_limit", max(0.1, seconds))
        solver.setOptionValue("mip_rel_gap", 0.0)
        rows = self.rows + [
            (
                {int(at): float(costs[above, at]) for at in np.flatnonzero(costs[above])},
                -highspy.kHighsInf,
                float(kept[above] - fixed[above]),
            )
            for above in range(level)
        ]
        solver.passModel(self._model(costs[level], rows))
        index = np.array(list(self.places.values()), dtype=np.int32)
        values = np.array([standing[pair] for pair in self.places], dtype=np.float64)
        solver.setSolution(len(index), index, values)

        def bounded(bound: float) -> None:
            if np.isfinite(bound) and abs(bound) < highspy.kHighsInf:
                on_bound(bound + float(fixed[level]))

        def interrupted(event: Any) -> None:
            bounded(event.data_out.mip_dual_bound)
            if should_stop():
                event.interrupt()

        def better(event: Any) -> None:
            on_better(self._held(event.data_out.mip_solution))

        solver.cbMipInterrupt += interrupted
        solver.cbMipImprovingSolution += better
        solver.run()
        if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            on_better(self._held(solver.getSolution().col_value))
        bounded(solver.getInfo().mip_dual_bound)

    def _model(
        self, costs: np.ndarray, rows: Sequence[tuple[dict[int, float], float, float]]
    ) -> highspy.HighsLp:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(costs), len(rows)
        model.col_cost_ = costs
        model.col_lower_, model.col_upper_ = np.array(self.low), np.array(self.high)
        model.row_lower_ = np.array([low for _, low, _ in rows])
        model.row_upper_ = np.array([high for _, _, high in rows])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        starts = np.cumsum([0] + [len(terms) for terms, _, _ in rows])
        model.a_matrix_.start_ = starts.astype(np.int32)
        model.a_matrix_.index_ = np.array([at for terms, _, _ in rows for at in terms], np.int32)
        model.a_matrix_.value_ = np.array([v for terms, _, _ in rows for v in terms.values()])
        model.integrality_ = [highspy.HighsVarType.kInteger] * len(costs)
        return model

    def _held(self, values: Sequence[float]) -> Bools:
        held = np.zeros((len(self.compiled.people), len(self.compiled.slots)), dtype=np.bool_)
        for pair, at in self.places.items():
            held[pair] = values[at] > HELD
        return held
