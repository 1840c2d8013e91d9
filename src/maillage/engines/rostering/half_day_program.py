"""The half-days of practitioners over sites as one mixed integer program, for small specialties.

Where schedules leave a gap, and where it is small enough: it branches, which they do not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from maillage.engines.rostering.half_day_values import HalfDayDemand, SharedPractitioner

Placed = frozenset[tuple[str, int, str]]


@dataclass(frozen=True, slots=True)
class _Level:
    """Half-days away, from ``low`` to ``high``, that cost the same bonus."""

    low: int
    high: int
    euros: int
    more: int
    """Euros on top when they are on several sites."""


def _levels(demand: HalfDayDemand) -> list[_Level]:
    found: list[_Level] = []
    for count, (one, several) in enumerate(demand.bonus):
        level = _Level(count, count, one, several - one)
        if found and (found[-1].euros, found[-1].more) == (level.euros, level.more):
            found[-1] = replace(found[-1], high=count)
        else:
            found.append(level)
    return found


class Program:
    """The mixed integer program of a demand: columns, rows, and the way back to an allocation."""

    def __init__(self, demand: HalfDayDemand) -> None:
        self.demand = demand
        self.costs: list[float] = []
        self.lower: list[float] = []
        self.whole: list[bool] = []
        self.rows: list[tuple[float, float, list[int], list[float]]] = []
        self.works: dict[tuple[str, int, str], int] = {}
        self.needs = {(need.site, need.half_day): need for need in demand.needs if need.rooms > 0}
        self.levels = _levels(demand)
        for one in demand.practitioners:
            self._practitioner(one)
        self._sites()

    def _column(self, points: float = 0.0, low: float = 0.0, *, whole: bool = True) -> int:
        self.costs.append(points)
        self.lower.append(low)
        self.whole.append(whole)
        return len(self.costs) - 1

    def _row(self, low: float, high: float, terms: Sequence[tuple[int, float]]) -> None:
        self.rows.append((low, high, [c for c, _ in terms], [v for _, v in terms]))

    def _practitioner(self, one: SharedPractitioner) -> None:
        """Half-days, days and sites of one practitioner, and the rules that bind them."""
        demand = self.demand
        works: dict[tuple[int, str], int] = {}
        for half in range(demand.half_days):
            for site in sorted(one.sites):
                fixed = one.fixed.get(half)
                able = half not in one.refused and fixed in (None, site)
                if able and (site, half) in self.needs:
                    stays = float(one.stays.get((half, site), 0))
                    works[half, site] = self._column(stays, low=float(fixed == site))
        self.works |= {(one.id, half, site): column for (half, site), column in works.items()}
        visits: dict[str, int] = {site: self._column() for _, site in works}
        days: dict[tuple[int, str], int] = {}
        for half, site in works:
            if (half // 2, site) not in days:
                minutes = 2 * demand.minutes_between(one.home, site)
                days[half // 2, site] = self._column(-float(demand.minute_cost * minutes))
        for (half, site), column in works.items():
            self._row(-np.inf, 0, [(column, 1.0), (days[half // 2, site], -1.0)])
        for (_, site), column in days.items():
            self._row(-np.inf, 0, [(column, 1.0), (visits[site], -1.0)])
        for day in {day for day, _ in days}:
            self._row(0, 1, [(column, 1.0) for (d, _), column in days.items() if d == day])
        self._row(0, one.capacity, [(column, 1.0) for column in works.values()])
        if len(visits) > demand.most_sites:
            self._row(0, demand.most_sites, [(column, 1.0) for column in visits.values()])
        far: dict[int, list[int]] = defaultdict(list)
        for (half, site), column in works.items():
            if demand.is_far(one.home, site):
                far[half].append(column)
        if far:
            far_visits = [c for site, c in visits.items() if demand.is_far(one.home, site)]
            self._bonus(min(one.capacity, len(far)), far, far_visits)

    def _bonus(
        self, most: int, far: Mapping[int, Sequence[int]], far_visits: Sequence[int]
    ) -> None:
        """One level of half-days away is chosen, and what it costs on top for several sites.

        Each half-day away is a half-day of the level chosen: said half-day by half-day, fractions
        of a high level buy no whole half-days, and the bound is far better.
        """
        demand = self.demand
        levels = [level for level in self.levels if level.low <= most]
        chosen = [self._column(-float(demand.euro_cost * level.euros)) for level in levels]
        self._row(1, 1, [(column, 1.0) for column in chosen])
        parts = {
            (half, rank): self._column(whole=False)
            for half in far
            for rank, level in enumerate(levels)
            if level.high > 0
        }
        for half, columns in far.items():
            own = [(c, -1.0) for (h, _), c in parts.items() if h == half]
            self._row(0, 0, [*((c, 1.0) for c in columns), *own])
        for (_, rank), column in parts.items():
            self._row(-np.inf, 0, [(column, 1.0), (chosen[rank], -1.0)])
        for rank, level in enumerate(levels):
            own = [(c, 1.0) for (_, r), c in parts.items() if r == rank]
            self._row(0, np.inf, [*own, (chosen[rank], -float(level.low))])
            self._row(-np.inf, 0, [*own, (chosen[rank], -float(level.high))])
            if level.more > 0 and len(far_visits) > 1:
                extra = self._column(-float(demand.euro_cost * level.more))
                # Several sites and this level: extra >= level - 1 + (sites - 1) / most sites.
                share = 1.0 / max(1, demand.most_sites)
                terms = [(extra, 1.0), (chosen[rank], -1.0), *((c, -share) for c in far_visits)]
                self._row(-1.0 - share, np.inf, terms)

    def _sites(self) -> None:
        """Each half-day of a site: who is there are as many as the parts of value that are won."""
        there: dict[tuple[str, int], list[tuple[int, float]]] = defaultdict(list)
        for (_, half, site), column in self.works.items():
            there[site, half].append((column, 1.0))
        for key, need in self.needs.items():
            if key not in there:
                continue
            values = list(need.values[: need.rooms])
            values += [0] * (need.rooms - len(values))
            won = [(self._column(float(value)), -1.0) for value in values]
            self._row(0, 0, [*there[key], *won])
        for site, points in self.demand.totals.items():
            all_there = [
                term for (name, _), terms in there.items() if name == site for term in terms
            ]
            if all_there:
                won = [(self._column(float(value)), -1.0) for value in points]
                self._row(0, np.inf, [*all_there, *won])

    def solve(
        self,
        seconds: float,
        gap: float,
        seed: int,
        start: Placed,
        *,
        on_better: Callable[[Placed], None] | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> tuple[Placed, float]:
        """The best allocation found from ``start``, and the bound that is proven on its points.
        ``on_better`` is given each better one; what it raises ends the search, and is raised."""
        solver = highspy.Highs()
        for option, value in (
            ("output_flag", False),
            ("time_limit", float(seconds)),
            ("mip_rel_gap", float(gap)),
            ("random_seed", int(seed)),
        ):
            solver.setOptionValue(option, value)
        solver.passModel(self._model())
        held = {self.works[key] for key in start}
        columns = np.array(list(self.works.values()), dtype=np.int32)
        values = np.array([float(column in held) for column in columns.tolist()])
        solver.setSolution(len(columns), columns, values)
        raised = self._listen(solver, on_better, should_stop)
        solver.run()
        if raised:
            raise raised[0]
        info = solver.getInfo()
        bound = float(info.mip_dual_bound)
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return start, bound
        return self._placed(np.asarray(solver.getSolution().col_value)), bound

    def _placed(self, values: npt.NDArray[np.float64]) -> Placed:
        return frozenset(key for key, column in self.works.items() if values[column] > 0.5)

    def _listen(
        self,
        solver: highspy.Highs,
        on_better: Callable[[Placed], None] | None,
        should_stop: Callable[[], bool],
    ) -> list[Exception]:
        """Hear of better allocations, and of the wish to stop. What was raised meanwhile is given
        back: nothing may be raised through the solver."""
        raised: list[Exception] = []

        def better(event: Any) -> None:
            try:
                if on_better is not None and not raised:
                    on_better(self._placed(np.asarray(event.data_out.mip_solution)))
            except Exception as error:
                raised.append(error)

        def stop(event: Any) -> None:
            try:
                event.interrupt(bool(raised) or should_stop())
            except Exception as error:
                raised.append(error)
                event.interrupt(True)

        if on_better is not None:
            solver.cbMipImprovingSolution.subscribe(better)
            solver.cbMipInterrupt.subscribe(stop)
        return raised

    def _model(self) -> highspy.HighsLp:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self.costs), len(self.rows)
        model.sense_ = highspy.ObjSense.kMaximize
        model.col_cost_ = np.array(self.costs)
        model.col_lower_, model.col_upper_ = np.array(self.lower), np.ones(len(self.costs))
        model.row_lower_ = np.array([row[0] for row in self.rows])
        model.row_upper_ = np.array([row[1] for row in self.rows])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        sizes = [len(row[2]) for row in self.rows]
        model.a_matrix_.start_ = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
        model.a_matrix_.index_ = np.concatenate([row[2] for row in self.rows]).astype(np.int32)
        model.a_matrix_.value_ = np.concatenate([row[3] for row in self.rows])
        whole, part = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        model.integrality_ = [whole if one else part for one in self.whole]
        return model
