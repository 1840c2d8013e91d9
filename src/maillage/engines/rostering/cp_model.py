"""The plain model: one 0-1 variable by person and duty, every rule a constraint, given to CP-SAT.

What most people would write. It is the baseline of the benchmark, solves small parts to the end,
and improves some days of a roster while the others stay (:class:`Plain` with ``free`` days).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from ortools.sat.python import cp_model

from maillage.engines.rostering.compiled import FREE, Bools, Compiled, CompiledPerson, Window
from maillage.engines.rostering.rule_rows import PersonRows, SumRow, rows_of

Literal = cp_model.IntVar | int
Linear = cp_model.LinearExpr | int


@dataclass(frozen=True, slots=True)
class Found:
    """The best roster found (people by slots), its cost by level, the bound of each level and
    whether the level is proven, those above it being what they are."""

    held: Bools
    costs: tuple[int, ...]
    bounds: tuple[int, ...]
    proven: tuple[bool, ...]


@dataclass(slots=True)
class Plain:
    """The model of a problem.

    ``standing``: a roster. ``free``: the days that may change, the others staying as they stand;
    None, all days. ``rows``: those of everybody, made here when they are not given.
    """

    compiled: Compiled
    standing: Bools | None = None
    free: frozenset[int] | None = None
    rows: Sequence[PersonRows] | None = None
    model: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    x: dict[tuple[int, int], Literal] = field(default_factory=dict)
    levels: list[list[Linear]] = field(default_factory=list)
    open: Bools = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    def __post_init__(self) -> None:
        compiled = self.compiled
        self.levels = [[] for _ in range(compiled.levels)]
        self.open = np.ones(len(compiled.slots), dtype=np.bool_)
        if self.free is not None and self.standing is not None:
            self.open = np.isin(compiled.day, list(self.free))
        for row, person in enumerate(compiled.people):
            closed = person.may & ~self.open
            kept = closed & (self.standing[row] if self.standing is not None else False)
            for at in np.flatnonzero(kept | (person.pinned & self.open)):
                self.x[row, int(at)] = 1
            for at in np.flatnonzero(person.may & ~person.pinned & self.open):
                self.x[row, int(at)] = self.model.new_bool_var("")
        self._demand()
        by_row: dict[int, dict[int, Literal]] = {row: {} for row in range(len(compiled.people))}
        for (row, slot), literal in self.x.items():
            by_row[row][slot] = literal
        rows = rows_of(compiled) if self.rows is None else self.rows
        for row, person in enumerate(compiled.people):
            self._person(person, rows[row], dict(sorted(by_row[row].items())))

    def _demand(self) -> None:
        compiled = self.compiled
        holders: dict[int, list[Literal]] = {slot: [] for slot in range(len(compiled.slots))}
        for (_, slot), literal in self.x.items():
            holders[slot].append(literal)
        for slot, those in holders.items():
            required, total = int(compiled.required[slot]), sum(those)
            settled = sum(one for one in those if isinstance(one, int))
            if all(isinstance(one, int) for one in those):
                self._cost(compiled.under[:, slot], max(required - settled, 0))
                self._cost(compiled.over[:, slot], max(settled - required, 0))
                continue
            missing = self.model.new_int_var(0, required, "")
            self.model.add(total + missing >= required)
            self._cost(compiled.under[:, slot], missing)
            if not compiled.can_exceed[slot]:
                self.model.add(total <= max(required, settled))
            elif len(those) > required:
                spare = self.model.new_int_var(0, len(those), "")
                self.model.add(total - spare <= required)
                self._cost(compiled.over[:, slot], spare)

    def _cost(self, points: Iterable[int], term: Linear) -> None:
        for level, weight in enumerate(points):
            if weight:
                self.levels[level].append(int(weight) * term)

    # -- Rules of one person ---------------------------------------------------------------------

    def _person(self, person: CompiledPerson, rows: PersonRows, own: Mapping[int, Literal]) -> None:
        for slot, literal in own.items():
            self._cost(person.hold[:, slot], literal)
        for row in (*rows.together, *rows.sums):
            self._at_most(row, own)
        for window in person.windows:
            self._window(window, own)
        if person.rhythm != type(person.rhythm)():
            self._rhythm(person, own)

    def _at_most(self, row: SumRow, own: Mapping[int, Literal]) -> None:
        """A row over what is open; what is settled and passes it already is not held against it."""
        settled, terms, reach = 0, [], 0
        for slot, add in zip(row.slots, row.adds, strict=True):
            literal = own.get(slot, 0)
            if isinstance(literal, int):
                settled += add * literal
            else:
                terms.append((add, literal))
                reach += add
        most = max(0, row.most - settled)
        if most >= reach:
            return
        if most == 1 and reach == len(terms):
            self.model.add_at_most_one(literal for _, literal in terms)
        else:
            self.model.add(sum(add * literal for add, literal in terms) <= most)

    def _window(self, window: Window, own: Mapping[int, Literal]) -> None:
        """A minimum, and the cost of a share."""
        if window.table is None and window.minimum <= 0:
            return
        settled, terms, reach = 0, [], 0
        for slot in map(int, np.flatnonzero(window.adds)):
            literal = own.get(slot, 0)
            if isinstance(literal, int):
                settled += int(window.adds[slot]) * literal
            else:
                terms.append(int(window.adds[slot]) * literal)
                reach += int(window.adds[slot])
        if terms and window.minimum > settled:
            self.model.add(sum(terms) >= min(window.minimum - settled, reach))
        if window.table is not None and self.compiled.shares_level != FREE:
            points = [int(value) for value in window.table[settled : settled + reach + 1]]
            if not terms:
                self.levels[self.compiled.shares_level].append(points[0])
                return
            place = self.model.new_int_var(0, reach, "")
            self.model.add(place == sum(terms))
            cost = self.model.new_int_var(min(points), max(points), "")
            self.model.add_element(place, points, cost)
            self.levels[self.compiled.shares_level].append(cost)

    def _rhythm(self, person: CompiledPerson, own: Mapping[int, Literal]) -> None:
        days = self.compiled.problem.days
        works: list[Literal] = [0] * days
        by_day: dict[int, list[Literal]] = {}
        for slot, one in own.items():
            by_day.setdefault(int(self.compiled.day[slot]), []).append(one)
        for day, those in by_day.items():
            if all(isinstance(one, int) for one in those):
                works[day] = max(one for one in those if isinstance(one, int))
            else:
                worked = self.model.new_bool_var("")
                self.model.add_max_equality(worked, those)
                works[day] = worked
        self._runs(person, works)
        if person.rhythm.max_weekends is None:
            return
        weekends: list[Literal] = []
        for those_days in self.compiled.problem.weekends:
            weekend = self.model.new_bool_var("")
            for day in those_days:
                if 0 <= day < days:
                    self._clause([1 - works[day], weekend])
            weekends.append(weekend)
        self.model.add(sum(weekends) <= person.rhythm.max_weekends)

    def _runs(self, person: CompiledPerson, works: Sequence[Literal]) -> None:
        days, rhythm = len(works), person.rhythm
        if rhythm.max_worked is not None:
            for day in range(days - rhythm.max_worked):
                self._clause([1 - works[d] for d in range(day, day + rhythm.max_worked + 1)])
        for day in range(1, days):
            for length in range(1, min(rhythm.min_worked or 1, days - day)):
                inside = [1 - works[d] for d in range(day, day + length)]
                self._clause([works[day - 1], *inside, works[day + length]])
            for length in range(1, min(rhythm.min_off or 1, days - day)):
                inside = [works[d] for d in range(day, day + length)]
                self._clause([1 - works[day - 1], *inside, 1 - works[day + length]])

    def _clause(self, literals: Sequence[Linear]) -> None:
        """At least one of these is true."""
        if any(isinstance(one, int) and one for one in literals):
            return
        if open_ := [one for one in literals if not isinstance(one, int)]:
            self.model.add(sum(open_) >= 1)

    # -- Solving ---------------------------------------------------------------------------------

    def hint(self, held: Bools) -> None:
        """Start from this roster."""
        self.model.clear_hints()
        for (row, slot), literal in self.x.items():
            if isinstance(literal, cp_model.IntVar):
                self.model.add_hint(literal, int(held[row, slot]))

    def least(
        self,
        level: int,
        *,
        seconds: float,
        workers: int,
        seed: int,
        on_better: Callable[[Bools], bool] | None = None,
    ) -> tuple[Bools | None, int, bool]:
        """The least cost of a level: what is held then, the bound, and whether it is proven.

        ``on_better`` is called with each better roster, and stops the search by saying True.
        """
        self.model.minimize(sum(self.levels[level]))
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = max(0.05, seconds)
        solver.parameters.num_workers = workers
        solver.parameters.random_seed = seed
        watch = _Watch(self, on_better) if on_better is not None else None
        status = solver.solve(self.model, watch)
        fixed = sum(int(person.fixed[level]) for person in self.compiled.people)
        bound = fixed - int(-(solver.best_objective_bound - 1e-6) // 1)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None, bound, False
        return self.held(solver.value), bound, status == cp_model.OPTIMAL

    def held(self, value: Callable[[cp_model.IntVar], int]) -> Bools:
        """The roster of a solution."""
        result = np.zeros((len(self.compiled.people), len(self.compiled.slots)), dtype=np.bool_)
        for (row, slot), literal in self.x.items():
            result[row, slot] = bool(literal if isinstance(literal, int) else value(literal))
        return result

    def keep(self, level: int, held: Bools) -> None:
        """The cost of a level may no more pass that of this roster."""
        terms = self.levels[level]
        if terms:
            fixed = sum(int(person.fixed[level]) for person in self.compiled.people)
            self.model.add(sum(terms) <= self.compiled.cost(held)[level] - fixed)


class _Watch(cp_model.CpSolverSolutionCallback):
    """Hands over each better roster."""

    def __init__(self, plain: Plain, on_better: Callable[[Bools], bool]) -> None:
        super().__init__()
        self._plain, self._on_better = plain, on_better

    def on_solution_callback(self) -> None:
        """Called by the solver."""
        if self._on_better(self._plain.held(self.value)):
            self.stop_search()


def solve_plain(
    compiled: Compiled,
    *,
    seconds: float,
    workers: int = 8,
    seed: int = 0,
    start: Bools | None = None,
) -> Found | None:
    """CP-SAT on the whole problem, level after level; None when it finds no roster in time.

    With fewer than eight workers CP-SAT leaves out the searches that serve best here, so that
    eight are asked for even on two cores.
    """
    plain = Plain(compiled)
    best: Bools | None = start
    bounds: list[int] = []
    proven: list[bool] = []
    for level in range(compiled.levels):
        if best is not None:
            plain.hint(best)
        share = seconds / (compiled.levels - level)
        held, bound, optimal = plain.least(level, seconds=share, workers=workers, seed=seed)
        if held is not None:
            best = held
        if best is None:
            return None
        bounds.append(bound)
        proven.append(optimal and all(proven))
        plain.keep(level, best)
    if best is None:
        return None
    return Found(best, compiled.cost(best), tuple(bounds), tuple(proven))
