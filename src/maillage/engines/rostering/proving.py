"""Finding certificates: how few people can be missing, and the small sets of slots that show it.

The weights are the dual values of a linear program (holes to be least, each person bound by their
rows), made whole. The ceiling of a person is another linear program, rounded down. What comes out
is exact: fractions that do not add up cost an explicit reason, never a tolerance.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from time import monotonic

import highspy
import numpy as np

from .certificates import Ceiling, Certificate
from .checking import Checker
from .parts import Part, Reason, Row, Rows, Why, pairs_of

_SCALES = (2, 3, 4, 6, 12, 24, 60, 120)
_THRESHOLDS = 8
_SMALL = 1e-7
_LARGE = 3_000
"""Pairs beyond which an interior point is faster than the simplex."""


class _Linear:
    """Columns between 0 and 1 (or more), rows with bounds; solved again as weights change."""

    def __init__(
        self,
        costs: Sequence[float],
        rows: Sequence[tuple[Mapping[int, float], float, float]],
        *,
        maximise: bool = False,
        free_from: int | None = None,
    ) -> None:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(costs), len(rows)
        model.col_cost_ = np.asarray(costs, dtype=np.double)
        model.col_lower_ = np.zeros(len(costs))
        upper = np.ones(len(costs))
        if free_from is not None:
            upper[free_from:] = highspy.kHighsInf
        model.col_upper_ = upper
        model.row_lower_ = np.array([low for _, low, _ in rows], dtype=np.double)
        model.row_upper_ = np.array([high for _, _, high in rows], dtype=np.double)
        starts = np.cumsum([0] + [len(terms) for terms, _, _ in rows])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = starts.astype(np.int32)
        model.a_matrix_.index_ = np.array([i for t, _, _ in rows for i in t], dtype=np.int32)
        model.a_matrix_.value_ = np.array(
            [value for t, _, _ in rows for value in t.values()], dtype=np.double
        )
        if maximise:
            model.sense_ = highspy.ObjSense.kMaximize
        self.solver = highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        self.solver.setOptionValue("threads", 1)
        self.solver.passModel(model)
        self._columns = np.arange(len(costs), dtype=np.int32)

    def weigh(self, costs: Sequence[float]) -> None:
        """Put other costs on the columns."""
        self.solver.changeColsCost(len(costs), self._columns, np.asarray(costs, dtype=np.double))

    def solve(self, seconds: float) -> bool:
        """True when an optimum was found in time."""
        self.solver.setOptionValue("time_limit", self.solver.getRunTime() + max(0.05, seconds))
        self.solver.run()
        return bool(self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)


class _Capacity:
    """How much weight one person may hold, with the reasons."""

    def __init__(self, person: str, slots: Sequence[str], rows: Sequence[Row]) -> None:
        self.person = person
        self.slots = slots
        self.rows = rows
        self.index = {name: number for number, name in enumerate(slots)}
        self._known: dict[frozenset[tuple[str, int]], int] = {}
        self._linear = _Linear(
            [0.0] * len(slots),
            [
                (
                    {self.index[name]: float(v) for name, v in row.coefficients.items()},
                    -highspy.kHighsInf,
                    float(row.bound),
                )
                for row in rows
            ],
            maximise=True,
        )

    def most(self, weights: Mapping[str, int]) -> int:
        """The largest whole weight held, rounded down (rounded up when the solver gives up)."""
        mine = frozenset((n, w) for n, w in weights.items() if n in self.index)
        if mine not in self._known:
            self._known[mine] = self._most(dict(mine))
        return self._known[mine]

    def _most(self, mine: Mapping[str, int]) -> int:
        if not mine:
            return 0
        if self._solve(mine):
            return floor(self._linear.solver.getInfo().objective_function_value + _SMALL)
        return sum(mine.values())

    def _solve(self, mine: Mapping[str, int]) -> bool:
        self._linear.weigh([float(mine.get(name, 0)) for name in self.slots])
        return self._linear.solve(10)

    def ceiling(self, weights: Mapping[str, int]) -> Ceiling | None:
        """The ceiling with its reasons, exact; None for who may hold none of these slots."""
        mine = {name: w for name, w in weights.items() if name in self.index}
        if not mine:
            return None
        reasons: list[tuple[Reason, Fraction]] = []
        covered = dict.fromkeys(mine, Fraction(0))
        total = Fraction(0)
        duals = self._linear.solver.getSolution().row_dual if self._solve(mine) else ()
        for row, dual in zip(self.rows, duals, strict=False):
            times = Fraction(abs(dual)).limit_denominator(720)
            inside = {name: v for name, v in row.coefficients.items() if name in mine}
            if times <= 0 or not inside:
                continue
            reasons.append((_only(row.reason, inside), times))
            total += times * row.bound
            for name, value in inside.items():
                covered[name] += times * value
        for name, weight in mine.items():
            if covered[name] < weight:
                reasons.append((Reason(Why.EACH, (name,)), weight - covered[name]))
                total += weight - covered[name]
        return Ceiling(self.person, floor(total), tuple(reasons))


def _only(reason: Reason, names: Collection[str]) -> Reason:
    """The same reason, without the slots of no weight."""
    if reason.why is not Why.TOGETHER:
        return reason
    return Reason(Why.TOGETHER, tuple(name for name in reason.slots if name in names))


class Prover:
    """Looks for certificates over one part."""

    def __init__(self, checker: Checker, part: Part, rows: Rows | None = None) -> None:
        self.checker = checker
        self.part = part
        self.rows = rows or Rows(checker, part)
        self.capacities = [
            _Capacity(person, part.may_hold[person], self.rows.of(person))
            for person in part.people
            if part.may_hold[person]
        ]

    def deficiency(self, weights: Mapping[str, int]) -> int:
        """Weight that stays unheld over these slots, whatever the roster (or less)."""
        needed = sum(w * self.checker.slots[name].required for name, w in weights.items())
        return needed - sum(one.most(weights) for one in self.capacities)

    def certificate(self, weights: Mapping[str, int]) -> Certificate:
        """What these weights prove, with exact reasons. May prove nothing (``at_least`` 0)."""
        kept = {name: weight for name, weight in weights.items() if weight > 0}
        ceilings = [one for c in self.capacities if (one := c.ceiling(kept)) is not None]
        scale = max(kept.values(), default=1)
        needed = sum(w * self.checker.slots[name].required for name, w in kept.items())
        missing = needed - sum(one.at_most for one in ceilings)
        at_least = max(0, ceil(Fraction(missing, scale)))
        return Certificate(kept, scale, tuple(ceilings), at_least)

    def best(self, seconds: float) -> tuple[Certificate, Certificate]:
        """The strongest certificate found, and the strongest with weights of 1 (readable)."""
        until = monotonic() + seconds
        prices = self._prices(seconds / 2)
        nothing = self.certificate({})
        best = readable = nothing
        levels = sorted({round(price, 4) for price in prices.values() if price > 1e-6})
        step = max(1, len(levels) // _THRESHOLDS)
        for level in levels[::step]:
            if monotonic() > until:
                return best, readable
            chosen = {n: 1 for n, price in prices.items() if price >= level - 1e-4}
            if self.deficiency(chosen) > readable.at_least:
                readable = self.certificate(chosen)
        best = readable
        for scale in _SCALES:
            if monotonic() > until:
                break
            weights = {n: round(price * scale) for n, price in prices.items()}
            weights = {name: weight for name, weight in weights.items() if weight > 0}
            if weights and ceil(self.deficiency(weights) / max(weights.values())) > best.at_least:
                found = self.certificate(weights)
                best = found if found.at_least > best.at_least else best
        return best, readable

    def knots(
        self, readable: Certificate, holes: Sequence[str], seconds: float
    ) -> tuple[Certificate, ...]:
        """Small sets of slots, apart from each other, each of which misses somebody.

        Given the time, no slot can be taken out of one: the rest would prove nothing. What they
        prove adds up.
        """
        until = monotonic() + seconds
        left = dict.fromkeys(readable.weights, 1)
        found: list[Certificate] = []
        for hole in [*holes, *readable.weights]:
            if hole not in left:
                continue
            if monotonic() > until or self.deficiency(left) < 1:
                break
            tight = self._tightened(left, hole, until)
            one = self.certificate(tight)
            if one.at_least >= 1:
                found.append(one)
                for name in tight:
                    del left[name]
        return tuple(found)

    def _tightened(self, slots: Mapping[str, int], near: str, until: float) -> dict[str, int]:
        """A few slots around one that still miss somebody; none can be dropped, given the time."""
        here = self.checker.slots[near].starts
        by_distance = sorted(slots, key=lambda name: abs(self.checker.slots[name].starts - here))
        size = 3
        kept = dict.fromkeys(by_distance[:size], 1)
        while size < len(by_distance) and self.deficiency(kept) < 1:
            size = min(len(by_distance), 1 + size * 3 // 2)
            kept = dict.fromkeys(by_distance[:size], 1)
        for name in reversed(by_distance[1:size]):
            if monotonic() > until:
                break
            rest = {other: 1 for other in kept if other != name}
            if self.deficiency(rest) >= 1:
                kept = rest
        return kept

    def _prices(self, seconds: float) -> dict[str, float]:
        """Dual values of the slots in the linear program of the fewest people missing."""
        pairs = pairs_of(self.part)
        columns = {pair: number for number, pair in enumerate(pairs)}
        slots = [name for name in self.part.slots if self.checker.slots[name].required]
        holders: dict[str, dict[int, float]] = {name: {} for name in self.part.slots}
        for (_, slot), number in columns.items():
            holders[slot][number] = 1.0
        inf = highspy.kHighsInf
        rows: list[tuple[Mapping[int, float], float, float]] = [
            (
                {**holders[name], len(pairs) + number: 1.0},
                float(self.checker.slots[name].required),
                inf,
            )
            for number, name in enumerate(slots)
        ]
        rows += self._bounds(columns)
        costs = [0.0] * len(pairs) + [1.0] * len(slots)
        linear = _Linear(costs, rows, free_from=len(pairs))
        if len(pairs) > _LARGE:  # any dual values will do: the way to a corner is most of the time
            linear.solver.setOptionValue("solver", "ipm")
            linear.solver.setOptionValue("run_crossover", "off")
        if not linear.solve(seconds):
            return {}
        duals = linear.solver.getSolution().row_dual
        return {name: min(1.0, max(0.0, duals[number])) for number, name in enumerate(slots)}

    def _bounds(
        self, columns: Mapping[tuple[str, str], int]
    ) -> Iterable[tuple[Mapping[int, float], float, float]]:
        for person in self.part.people:
            for row in self.rows.of(person):
                yield (
                    {columns[person, name]: float(v) for name, v in row.coefficients.items()},
                    -highspy.kHighsInf,
                    float(row.bound),
                )
