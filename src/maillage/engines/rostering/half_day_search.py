"""Whole schedules at prices of half-days: a bound that is proven, and allocations close to it.

Column generation. A linear program chooses between the schedules known of each practitioner; its
duals are prices of a half-day on a site; each practitioner answers with the schedule that earns
most at these prices (:mod:`.half_day_schedules`, exact). Whatever the prices, what schedules earn
plus what sites would win above the prices bounds every allocation: the solver need not be trusted.

Then a dive: the schedule that the linear program is surest of is kept, and the others answer again.
What is left is mended in small groups, each a mixed integer program of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import highspy
import numpy as np
import numpy.typing as npt

from maillage.engines.rostering.half_day_program import Program
from maillage.engines.rostering.half_day_schedules import Floats, Schedule, Scheduler
from maillage.engines.rostering.half_day_values import HalfDayDemand

CLOSE = 2e-5
"""Prices are good enough when the bound is as close to the linear program, as a part of it."""

SMOOTHING = 0.6
"""Part of the best prices so far in those that are asked: duals swing less."""

SURE = 0.95
"""Part of a schedule in the linear program from which the dive keeps it without waiting."""

ANSWERS = 3
"""Times that practitioners answer to new prices after each step of the dive."""

GROUP = 6
"""Practitioners who are placed again together, the others staying where they are."""


class ScheduleSearch:
    """The search for one demand: schedules known, prices, the best choice so far."""

    def __init__(
        self, demand: HalfDayDemand, seed: int, should_stop: Callable[[], bool] = lambda: False
    ) -> None:
        """``should_stop``: asked between steps; once true, each ends as when its time is over."""
        self.demand = demand
        self.should_stop = should_stop
        self.names = sorted({need.site for need in demand.needs})
        site = {name: index for index, name in enumerate(self.names)}
        shape = (demand.half_days, len(self.names))
        rooms = np.zeros(shape)
        for need in demand.needs:
            rooms[need.half_day, site[need.site]] = need.rooms
        self.totals = {
            site[name]: np.array(points, dtype=np.float64)
            for name, points in demand.totals.items()
            if name in site
        }
        depth = int(rooms.max()) if rooms.size else 0
        # Points of the first, the second ... practitioner; nobody beyond the rooms.
        self.values = np.full((*shape, depth + 1), -np.inf)
        for need in demand.needs:
            row = [*need.values, *([0] * depth)][: need.rooms]
            self.values[need.half_day, site[need.site], : need.rooms] = row
        self.people = [Scheduler(demand, one, self.names, rooms) for one in demand.practitioners]
        self.known: list[dict[Schedule, float]] = [{} for _ in self.people]
        self.rng = np.random.default_rng(seed)
        self.chosen = [self._fixed(index) for index in range(len(self.people))]
        for index, schedule in enumerate(self.chosen):
            # What is fixed alone: whatever the others hold, there is room for it.
            self._learn(index, schedule)
        self.bound = np.inf
        # The last row: what a site pays for a half-day whichever it is.
        self.prices = np.zeros((demand.half_days + 1, len(self.names)))
        for _ in range(2):
            self._climb(range(len(self.people)))

    def _fixed(self, index: int) -> Schedule:
        return tuple(sorted(self.people[index].fixed.items()))

    def placed(self) -> frozenset[tuple[str, int, str]]:
        """The best allocation so far."""
        return frozenset(
            (person.one.id, half, self.names[site])
            for person, schedule in zip(self.people, self.chosen, strict=True)
            for half, site in schedule
        )

    def points(self) -> float:
        """What the best allocation so far is worth."""
        counts = self._counts(range(len(self.people)))
        won = sum(
            float(self.values[half, site, : counts[half, site]].sum())
            for half, site in np.argwhere(counts)
        )
        held = counts.sum(axis=0)
        won += sum(float(points[: held[site]].sum()) for site, points in self.totals.items())
        return won - sum(
            person.cost(schedule) for person, schedule in zip(self.people, self.chosen, strict=True)
        )

    def _counts(self, people: Sequence[int]) -> npt.NDArray[np.int64]:
        counts = np.zeros(self.values.shape[:2], dtype=np.int64)
        for index in people:
            for half, site in self.chosen[index]:
                counts[half, site] += 1
        return counts

    def _climb(self, people: Sequence[int]) -> None:
        """Each practitioner in turn takes the best schedule that there is given the others. Where
        sites pay by the cycle it is that at the price of their next half-day: kept when better."""
        for index in people:
            before, points = list(self.chosen), self.points() if self.totals else 0.0
            self._climb_one(index)
            if self.totals and self.points() < points:
                self.chosen = before

    def _climb_one(self, index: int) -> None:
        counts = self._counts([other for other in range(len(self.people)) if other != index])
        rows, columns = np.indices(counts.shape)
        marginal = self.values[rows, columns, counts]
        for site, points in self.totals.items():
            held = int(counts[:, site].sum())
            marginal[:, site] += points[held] if held < len(points) else 0.0
        # A fixed half-day keeps its room: everybody else is placed around it.
        _, schedule = self.people[index].best(self._keep_rooms(index, counts, marginal))
        self.chosen[index] = schedule
        self._learn(index, schedule)

    def _keep_rooms(self, index: int, counts: npt.NDArray[np.int64], marginal: Floats) -> Floats:
        """Prices that leave no room for a free half-day where the fixed ones of others need it."""
        return np.where(np.isfinite(marginal), marginal, -1e9)

    def _learn(self, index: int, schedule: Schedule) -> bool:
        if schedule in self.known[index]:
            return False
        self.known[index][schedule] = self.people[index].cost(schedule)
        return True

    def prove(self, *, until: float) -> float:
        """Generate schedules until prices are good; the best bound. ``until``: of perf_counter."""
        master = _Master(self)
        while time.perf_counter() < until and not self.should_stop():
            lowest, duals = master.solve()
            started = np.isfinite(self.bound)
            asked = SMOOTHING * self.prices + (1 - SMOOTHING) * duals if started else duals
            grown = self._ask(asked, master)
            if not grown:
                grown = self._ask(duals, master)
            if self.bound - lowest <= CLOSE * max(1.0, abs(lowest)) or not grown:
                break
        return self.bound

    def _ask(self, prices: Floats, master: _Master) -> int:
        """Everybody's best schedule at some prices; how many were not known. Keeps the bound."""
        total = float(np.maximum(self.values - prices[:-1, :, None], 0.0).sum())
        for site, points in self.totals.items():
            total += float(np.maximum(points - prices[-1, site], 0.0).sum())
        grown = 0
        for index, person in enumerate(self.people):
            earned, schedule = person.best(prices[:-1] + prices[-1])
            total += earned
            if self._learn(index, schedule):
                master.add(index, schedule)
                grown += 1
        if total < self.bound:
            self.bound, self.prices = total, prices
        return grown

    def dive(self, *, until: float) -> None:
        """Keep schedules one after the other, the surest first, new ones being generated for the
        others; the end is kept when it is better. ``until``: of perf_counter."""
        master = _Master(self)
        left = set(range(len(self.people)))
        before, points = list(self.chosen), self.points()
        while left:
            for _ in range(ANSWERS):
                _, duals = master.solve()
                late = time.perf_counter() > until or self.should_stop()
                if late or not sum(self._answer(index, duals, master) for index in sorted(left)):
                    break
            master.solve()
            parts = {index: master.surest(index) for index in left}
            sure = [index for index in left if parts[index][0] >= SURE]
            for index in sure or [max(left, key=lambda one: (parts[one][0], -one))]:
                self.chosen[index] = parts[index][1]
                master.keep(index, parts[index][1])
                left.discard(index)
        self._climb(range(len(self.people)))
        if self.points() < points:
            self.chosen = before

    def _answer(self, index: int, prices: Floats, master: _Master) -> bool:
        _, schedule = self.people[index].best(prices[:-1] + prices[-1])
        if not self._learn(index, schedule):
            return False
        master.add(index, schedule)
        return True

    def improve(
        self, *, until: float, gap: float, on_better: Callable[[], None] = lambda: None
    ) -> None:
        """Place small groups again until the gap is closed, or nothing is better any more.
        ``until``: of perf_counter. ``on_better``: called after each that is."""
        # One group of all is placed once; chance adds nothing.
        most = 3 * len(self.people) if len(self.people) > GROUP else 1
        useless = 0
        while (left := until - time.perf_counter()) > 0 and useless < most:
            points = self.points()
            if self.bound - points <= gap * max(1.0, abs(points)) or self.should_stop():
                return
            self._place_again(self._group(), min(left, 3.0))
            if self.points() > points + 0.5:
                useless = 0
                on_better()
            else:
                useless += 1

    def _group(self) -> list[int]:
        """Somebody at random and those who share most sites with them."""
        first = int(self.rng.integers(len(self.people)))
        own = set(self.people[first].sites)
        common = [len(own & set(other.sites)) for other in self.people]
        common[first] = len(self.names) + 1
        keys = np.array(common) + self.rng.uniform(0, 1.5, size=len(common))
        return sorted(np.argsort(-keys)[:GROUP].tolist())

    def _place_again(self, group: Sequence[int], seconds: float) -> None:
        """The best schedules of a group given the others: the same problem, smaller."""
        inside = set(group)
        counts = self._counts([i for i in range(len(self.people)) if i not in inside])
        site = {name: index for index, name in enumerate(self.names)}
        needs = []
        for need in self.demand.needs:
            held = int(counts[need.half_day, site[need.site]])
            needs.append(replace(need, values=need.values[held:], rooms=need.rooms - held))
        own = tuple(self.demand.practitioners[index] for index in group)
        totals = {
            name: points[int(counts[:, site[name]].sum()) :]
            for name, points in self.demand.totals.items()
            if name in site
        }
        small = replace(self.demand, practitioners=own, needs=tuple(needs), totals=totals)
        start = frozenset(
            (self.people[index].one.id, half, self.names[place])
            for index in group
            for half, place in self.chosen[index]
        )
        placed, _ = Program(small).solve(seconds, 1e-4, 0, start)
        before, points = list(self.chosen), self.points()
        for index in group:
            who = self.people[index].one.id
            self.chosen[index] = tuple(
                sorted((half, site[name]) for person, half, name in placed if person == who)
            )
        if self.points() < points:
            self.chosen = before


class _Master:
    """The linear program over known schedules: one for each practitioner, rooms and values."""

    def __init__(self, search: ScheduleSearch) -> None:
        self.search = search
        self.width = 0
        self.columns: dict[tuple[int, Schedule], int] = {}
        self.solver = highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        self.solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
        count = len(search.people)
        open_needs = np.argwhere(np.isfinite(search.values[:, :, 0]))
        self.row = {
            (int(half), int(site)): count + rank for rank, (half, site) in enumerate(open_needs)
        }
        for _ in range(count):
            self.solver.addRow(1.0, 1.0, 0, np.array([], np.int32), np.array([]))
        for _ in self.row:
            self.solver.addRow(0.0, 0.0, 0, np.array([], np.int32), np.array([]))
        first = count + len(self.row)
        self.total_row = {site: first + rank for rank, site in enumerate(sorted(search.totals))}
        for _ in self.total_row:
            self.solver.addRow(0.0, highspy.kHighsInf, 0, np.array([], np.int32), np.array([]))
        for site, row in self.total_row.items():
            for value in search.totals[site].tolist():
                self._column(value, [row], [-1.0])
        for (half, site), row in self.row.items():
            for value in search.values[half, site]:
                if np.isfinite(value):
                    self._column(float(value), [row], [-1.0])
        for index, known in enumerate(search.known):
            for schedule in known:
                self.add(index, schedule)

    def _column(self, points: float, rows: list[int], values: list[float]) -> None:
        self.solver.addCol(points, 0.0, 1.0, len(rows), np.array(rows, np.int32), np.array(values))
        self.width += 1

    def add(self, index: int, schedule: Schedule) -> None:
        """A schedule that may be chosen."""
        self.columns[index, schedule] = self.width
        rows = [index, *(self.row[one] for one in schedule)]
        values = [1.0] * len(rows)
        for site, row in self.total_row.items():
            held = sum(place == site for _, place in schedule)
            if held:
                rows.append(row)
                values.append(float(held))
        self._column(-self.search.known[index][schedule], rows, values)

    def solve(self) -> tuple[float, Floats]:
        """Points of the best mix of schedules, and the price of each half-day on each site."""
        self.solver.run()
        duals = np.asarray(self.solver.getSolution().row_dual)
        half_days, sites = self.search.values.shape[:2]
        prices = np.zeros((half_days + 1, sites))
        for (half, site), row in self.row.items():
            prices[half, site] = -duals[row]
        for site, row in self.total_row.items():
            prices[-1, site] = max(0.0, -duals[row])
        return float(self.solver.getInfo().objective_function_value), prices

    def surest(self, index: int) -> tuple[float, Schedule]:
        """The schedule of a practitioner with most part in the last mix, and its part."""
        values = self.solver.getSolution().col_value
        return max(
            (float(values[self.columns[index, schedule]]), schedule)
            for schedule in self.search.known[index]
        )

    def keep(self, index: int, schedule: Schedule) -> None:
        """Make a schedule the one of its practitioner."""
        self.solver.changeColBounds(self.columns[index, schedule], 1.0, 1.0)
