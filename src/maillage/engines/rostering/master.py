"""Column generation: rosters of people as columns of a linear program, and what it proves.

The master program chooses, for each person, a mix of their rosters; demand, the limits that the
graphs leave out, and the levels already settled are its rows. Any prices of the rows give a bound
on the cost of every lawful roster (Lagrange): the sum of what each person's cheapest roster costs
at these prices. The bound is valid whether or not the program is solved to the end, and whether or
not the graphs are exact; where they leave windows out it may be weaker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np
from numpy.typing import NDArray

from maillage.engines.rostering import search_kernels as kernels
from maillage.engines.rostering.compiled import FREE, Bools, Compiled, Ints, Window
from maillage.engines.rostering.flat import Flat, Floats, lay_out
from maillage.engines.rostering.graphs import Graph

SMALL = 1e-6
SMOOTHING = 0.6
"""Share of the best prices so far in the prices at which columns are looked for."""
NO_ROSTER = 1e7
"""Times the largest cost: the price of a person without any column."""


@dataclass(frozen=True, slots=True)
class Column:
    """One roster of one person: the slots held and the costs by level, shares left out apart."""

    person: int
    slots: tuple[int, ...]
    costs: tuple[int, ...]
    is_lawful: bool


@dataclass(slots=True)
class Basis:
    """What the masters of a problem share: rules by index, and the graphs laid out."""

    compiled: Compiled
    graphs: list[Graph]
    flat: Flat
    relaxed: list[list[Window]] = field(default_factory=list)

    @classmethod
    def of(cls, compiled: Compiled, graphs: list[Graph]) -> Basis:
        """The graphs laid out with shares at their own cost."""
        unit = np.zeros(compiled.levels)
        if compiled.shares_level != FREE:
            unit[compiled.shares_level] = 1.0
        relaxed = [
            [person.windows[at] for at in graph.relaxed]
            for person, graph in zip(compiled.people, graphs, strict=True)
        ]
        return cls(compiled, graphs, lay_out(compiled, graphs, unit), relaxed)

    @property
    def is_exact(self) -> bool:
        """True when no window is left out of any graph."""
        return all(graph.is_exact for graph in self.graphs)

    def column(self, person: int, held: Bools) -> Column:
        """A roster as a column."""
        rules = self.compiled.people[person]
        costs = rules.fixed + rules.hold[:, held].sum(axis=1)
        lawful = True
        for at, window in enumerate(rules.windows):
            left_out = at in self.graphs[person].relaxed
            total = int(window.adds[held].sum())
            if window.table is not None and not left_out:
                if self.compiled.shares_level != FREE:
                    costs[self.compiled.shares_level] += window.table[total]
            elif left_out and window.table is None:
                lawful &= window.maximum < 0 or total <= window.maximum
                lawful &= total >= window.minimum
        slots = tuple(int(slot) for slot in np.flatnonzero(held))
        return Column(person, slots, tuple(int(cost) for cost in costs), bool(lawful))


@dataclass(slots=True)
class Step:
    """Where a column generation stands after a step."""

    value: float
    bound: float
    new_columns: int


def _table(window: Window) -> Ints:
    """The costs of a share."""
    return np.zeros(1, dtype=np.int64) if window.table is None else window.table


class Master:
    """The master program over some people, the others holding ``base`` (people by slot).

    ``objective``: what a point of each level weighs. ``caps``: levels whose cost may not pass a
    value (those of the whole program: of these people and of demand).
    """

    def __init__(
        self,
        basis: Basis,
        people: Sequence[int],
        objective: Floats,
        *,
        base: Ints | None = None,
        caps: Sequence[tuple[int, float]] = (),
    ) -> None:
        self.basis = basis
        self.compiled = basis.compiled
        self.people = np.array(people, dtype=np.int64)
        self.objective = np.array(objective, dtype=np.float64)
        self.caps = tuple(caps)
        slots = len(self.compiled.slots)
        self.demand = self.compiled.required - (0 if base is None else base)
        self.columns: list[Column] = []
        self.at_of: list[int] = []
        self.known: set[tuple[int, tuple[int, ...]]] = set()
        self.fixed: dict[int, Column] = {}
        self.best_bound = -np.inf
        self.best_duals: Floats | None = None
        self.row_of_person = {int(p): slots + at for at, p in enumerate(self.people)}
        self._start()

    # -- The program -----------------------------------------------------------------------------

    def _start(self) -> None:
        self.program = highspy.Highs()
        self.program.setOptionValue("output_flag", False)
        self.program.setOptionValue("threads", 1)
        self.rows = len(self.compiled.slots) + len(self.people)
        self.lower = [float(value) for value in self.demand] + [1.0] * len(self.people)
        self.upper = list(self.lower)
        self.cap_rows: dict[int, int] = {}
        for level, value in self.caps:
            self.cap_rows[level] = self._row(-highspy.kHighsInf, value)
        self.window_rows: list[tuple[int, Window, int]] = []
        self.table_rows: list[tuple[int, Window, int, int]] = []
        for person in self.people:
            for window in self.basis.relaxed[person]:
                if window.table is not None:
                    if self._weighs_shares():
                        rows = self._row(0.0, 0.0), self._row(1.0, 1.0)
                        self.table_rows.append((int(person), window, *rows))
                    continue
                if window.rolling != FREE:
                    # Too many to be rows; without them the bound is lower and still one.
                    continue
                high = float(window.maximum) if window.maximum >= 0 else highspy.kHighsInf
                row = self._row(float(max(window.minimum, 0)), high)
                self.window_rows.append((int(person), window, row))
        empty = np.zeros(0, dtype=np.int32)
        low, high_ = np.array(self.lower), np.array(self.upper)
        self.program.addRows(len(low), low, high_, 0, empty, empty, np.zeros(0))
        self._add_demand()
        self._add_tables()

    def _row(self, lower: float, upper: float) -> int:
        self.lower.append(lower)
        self.upper.append(upper)
        self.rows += 1
        return self.rows - 1

    def _weighs_shares(self) -> bool:
        level = self.compiled.shares_level
        return level != FREE and (self.objective[level] > 0 or level in dict(self.caps))

    def _add(
        self,
        costs: Sequence[int] | Ints,
        entries: list[tuple[int, float]],
        upper: float,
        base: float = 0.0,
    ) -> int:
        """One column of the program; its costs by level become its cost and entries of caps."""
        cost = base + float(self.objective @ np.asarray(costs, dtype=np.float64))
        entries = entries + [
            (row, float(costs[level])) for level, row in self.cap_rows.items() if costs[level]
        ]
        index = np.array([row for row, _ in entries], dtype=np.int32)
        value = np.array([number for _, number in entries], dtype=np.float64)
        self.program.addCol(cost, 0.0, upper, len(index), index, value)
        return int(self.program.getNumCol()) - 1

    def _add_demand(self) -> None:
        """Missing and spare people; and, for each person, a way out at a price nobody pays."""
        compiled = self.compiled
        for slot in range(len(compiled.slots)):
            short = float(max(self.demand[slot], 0))
            self._add(compiled.under[:, slot], [(slot, 1.0)], short)
            self._add(compiled.over[:, slot], [(slot, -1.0)], self._spare(slot))
        largest = float(
            np.abs(self.objective @ compiled.under).sum() + np.abs(self.objective).sum() + 1
        )
        nothing = np.zeros(compiled.levels, dtype=np.int64)
        for row in self.row_of_person.values():
            self._add(nothing, [(row, 1.0)], 1.0, base=min(largest * NO_ROSTER, 1e9))
        # A cap, or a window, that no mix of columns respects yet.
        for row in (*self.cap_rows.values(), *(row for _, _, row in self.window_rows)):
            if self.upper[row] < highspy.kHighsInf:
                self._add(nothing, [(row, -1.0)], highspy.kHighsInf, base=1e6)
            if self.lower[row] > 0:
                self._add(nothing, [(row, 1.0)], highspy.kHighsInf, base=1e6)

    def _spare(self, slot: int) -> float:
        if self.compiled.can_exceed[slot]:
            return float(len(self.people) + max(0, -self.demand[slot]))
        pinned = sum(bool(self.compiled.people[p].pinned[slot]) for p in self.people)
        return float(max(0, pinned - self.demand[slot]))

    def _add_tables(self) -> None:
        for _, window, sums, one in self.table_rows:
            for total, points in enumerate(_table(window)):
                costs = np.zeros(self.compiled.levels, dtype=np.int64)
                costs[self.compiled.shares_level] = points
                self._add(costs, [(sums, -float(total)), (one, 1.0)], 1.0)

    def add(self, column: Column) -> bool:
        """Offer a roster. False when it is known already, or of somebody else."""
        key = (column.person, column.slots)
        if key in self.known or column.person not in self.row_of_person:
            return False
        self.known.add(key)
        entries = [(slot, 1.0) for slot in column.slots]
        entries.append((self.row_of_person[column.person], 1.0))
        held = list(column.slots)
        for person, window, row in self.window_rows:
            if person == column.person and (total := int(window.adds[held].sum())):
                entries.append((row, float(total)))
        for person, window, sums, _ in self.table_rows:
            if person == column.person and (total := int(window.adds[held].sum())):
                entries.append((sums, float(total)))
        self.at_of.append(self._add(column.costs, entries, highspy.kHighsInf))
        self.columns.append(column)
        return True

    # -- Prices and bounds -----------------------------------------------------------------------

    def solve(self) -> tuple[float, Floats]:
        """Solve the program over the columns known: its value and the prices of its rows."""
        self.program.run()
        solution = self.program.getSolution()
        return float(self.program.getObjectiveValue()), np.array(solution.row_dual)

    def weights_at(self, duals: Floats) -> Floats:
        """What a point of each level costs at these prices."""
        weights = self.objective.copy()
        for level, row in self.cap_rows.items():
            weights[level] = max(0.0, weights[level] - duals[row])
        return weights

    def price(self, duals: Floats, people: Ints) -> tuple[Floats, NDArray[np.uint8]]:
        """Cheapest roster of each person at these prices: cost (own row left out) and slots."""
        compiled, slots = self.compiled, len(self.compiled.slots)
        weights = self.weights_at(duals)
        prices = np.empty((len(people), slots))
        fixed = np.empty(len(people))
        for at, person in enumerate(people):
            rules = compiled.people[person]
            prices[at] = weights @ rules.hold - duals[:slots]
            fixed[at] = weights @ rules.fixed
        row_of = {int(person): at for at, person in enumerate(people)}
        for person, window, row in self.window_rows:
            if person in row_of and duals[row]:
                prices[row_of[person]] -= duals[row] * window.adds
        for person, window, row, _ in self.table_rows:
            if person in row_of and duals[row]:
                prices[row_of[person]] -= duals[row] * window.adds
        share = weights[compiled.shares_level] if compiled.shares_level != FREE else 0.0
        flat = self.basis.flat._replace(end_costs=self.basis.flat.end_costs * share)
        costs = np.empty(len(people))
        held = np.zeros((len(people), slots), dtype=np.uint8)
        kernels.price_people(flat, people, prices, costs, held)
        return costs + fixed, held

    def bound_at(self, duals: Floats, costs: Floats) -> float:
        """The Lagrangian bound at these prices, given each person's cheapest roster."""
        compiled, slots = self.compiled, len(self.compiled.slots)
        weights = self.weights_at(duals)
        prices = duals[:slots]
        total = float(prices @ self.demand) + float(costs.sum())
        short = np.maximum(self.demand, 0)
        spare = np.array([self._spare(slot) for slot in range(slots)])
        total += float((np.minimum(0.0, weights @ compiled.under - prices) * short).sum())
        total += float((np.minimum(0.0, weights @ compiled.over + prices) * spare).sum())
        for level, row in self.cap_rows.items():
            total += min(0.0, duals[row]) * dict(self.caps)[level]
        for _, _, row in self.window_rows:
            bound = self.lower[row] if duals[row] > 0 else self.upper[row]
            total += duals[row] * bound if duals[row] else 0.0
        share = weights[compiled.shares_level] if compiled.shares_level != FREE else 0.0
        for _, window, sums, _ in self.table_rows:
            table = _table(window)
            total += float((share * table + duals[sums] * np.arange(len(table))).min())
        return total

    def step(self) -> Step:
        """Solve, price, add columns. ``new_columns`` is 0 when the program is solved to the end."""
        value, duals = self.solve()
        free = np.array([p for p in self.people if int(p) not in self.fixed], dtype=np.int64)
        tried = [duals]
        if self.best_duals is not None and not self.fixed:
            tried.insert(0, SMOOTHING * self.best_duals + (1 - SMOOTHING) * duals)
        added = 0
        for prices in tried:
            costs, held = self.price(prices, free)
            if not self.fixed:
                bound = self.bound_at(prices, costs)
                if bound > self.best_bound:
                    self.best_bound, self.best_duals = bound, prices
            for at, person in enumerate(free):
                column = self.basis.column(int(person), held[at].astype(np.bool_))
                if self._reduced(column, duals) < -SMALL:
                    added += self.add(column)
            if added:
                break
        return Step(value, self.best_bound, added)

    def _reduced(self, column: Column, duals: Floats) -> float:
        """The reduced cost of a column."""
        cost = float(self.weights_at(duals) @ np.array(column.costs))
        held = list(column.slots)
        cost -= float(duals[held].sum()) + float(duals[self.row_of_person[column.person]])
        for rows in (self.window_rows, self.table_rows):
            for person, window, row, *_ in rows:
                if person == column.person and duals[row]:
                    cost -= duals[row] * float(window.adds[held].sum())
        return cost

    def generate(
        self, *, steps: int, should_stop: Callable[[], bool], target: float = np.inf
    ) -> Step:
        """Steps until no column helps, the bound reaches ``target``, or time is up."""
        done = Step(np.inf, self.best_bound, 0)
        for _ in range(steps):
            done = self.step()
            solved = done.bound >= min(done.value, target) - SMALL
            if not done.new_columns or (solved and not self.fixed) or should_stop():
                break
        return done

    # -- Whole rosters ---------------------------------------------------------------------------

    def mix(self) -> Floats:
        """How much of each column the program takes."""
        values = np.array(self.program.getSolution().col_value)
        result: Floats = values[self.at_of]
        return result

    def fix(self, at: int) -> None:
        """Give a person the roster of a column."""
        column = self.columns[at]
        self.program.changeColBounds(self.at_of[at], 1.0, 1.0)
        self.fixed[column.person] = column

    def release(self) -> None:
        """Undo :meth:`fix`, for everybody."""
        for at, column in enumerate(self.columns):
            if self.fixed.get(column.person) is column:
                self.program.changeColBounds(self.at_of[at], 0.0, highspy.kHighsInf)
        self.fixed.clear()
