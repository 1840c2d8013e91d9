"""One part as an integer program for CP-SAT, in which rules may be lifted and duties may be fixed.

It serves questions, not whole rosters: how few duties can stay empty, which rules to lift so that
one more is held, how to repair a roster by changing little. Every answer goes back to the checker.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from math import gcd

from ortools.sat.python import cp_model

from .checking import Checker, Pair
from .parts import Part, Row, Rows, Why
from .person_rules import share_cost
from .problem import Limit, Person, Share

Literal = cp_model.IntVar | int
"""A literal, or 0 or 1 when it is settled."""
Linear = cp_model.LinearExpr | int


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """One negotiable rule of one person: ``kind`` is "absence" or "limit", ``index`` its place.

    The limits of one rule on one counter (a maximum, and what duties outside of the roster leave of
    it on some days) are lifted together: ``index`` is that of the first.
    """

    person: str
    kind: str
    index: int
    rule: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a solve gave: the pairs held (None when there is no answer), its value, the bound.

    ``impossible``: proven that nothing satisfies the model. ``optimal``: proven the least.
    """

    held: frozenset[Pair] | None
    value: int
    bound: int
    optimal: bool
    impossible: bool = False
    lifted: frozenset[Item] = frozenset()


def lifted_with(person: Person, limit: Limit) -> tuple[int, ...]:
    """The places of the negotiable limits that are lifted with this one, itself included."""
    return tuple(
        index
        for index, one in enumerate(person.limits)
        if one.negotiable and (one.rule, one.counter) == (limit.rule, limit.counter)
    )


class PartModel:
    """The model of a part.

    ``standing`` is a roster already there: pairs that are not ``free`` (None: all are) keep what it
    says, and a rule that it breaks is as loose as it makes it. ``liftable``: negotiable rules may
    be lifted, each under one literal; the part must then have been made ``negotiable``.
    """

    def __init__(
        self,
        checker: Checker,
        part: Part,
        *,
        rows: Rows | None = None,
        standing: frozenset[Pair] = frozenset(),
        free: Collection[Pair] | None = None,
        liftable: bool = False,
    ) -> None:
        self.checker = checker
        self.part = part
        self.model = cp_model.CpModel()
        self.standing = standing
        self.lifted: dict[Item, cp_model.IntVar] = {}
        self.holders: dict[str, list[Literal]] = {name: [] for name in part.slots}
        self._liftable = liftable
        self._rows = rows or Rows(checker, part)
        self._held: dict[str, frozenset[str]] = {
            person: frozenset(slot for p, slot in standing if p == person) for person in part.people
        }
        self.x = self._pairs(free)
        self.missing: dict[str, cp_model.IntVar] = {}
        self.excess: dict[str, cp_model.IntVar] = {}
        self._cover()
        for person in part.people:
            self._bind(checker.people[person])

    # -- Variables -------------------------------------------------------------------------------

    def _pairs(self, free: Collection[Pair] | None) -> dict[Pair, Literal]:
        """A literal for each pair that may change, a constant for the others that are held."""
        x: dict[Pair, Literal] = {}
        for person, slots in self.part.may_hold.items():
            pinned, held = self.checker.people[person].pinned, self._held[person]
            for slot in slots:
                if slot in pinned:
                    x[person, slot] = 1
                elif free is None or (person, slot) in free:
                    x[person, slot] = self.model.new_bool_var("")
                elif slot in held:
                    x[person, slot] = 1
            for slot in held - set(slots):
                if slot in self.holders:
                    x[person, slot] = 1
        for (_, slot), literal in x.items():
            self.holders[slot].append(literal)
        return x

    def _cover(self) -> None:
        """People missing and in excess on each slot."""
        for name in self.part.slots:
            slot, those = self.checker.slots[name], self.holders[name]
            if slot.required:
                self.missing[name] = self.model.new_int_var(0, slot.required, "")
                self.model.add(sum(those) + self.missing[name] >= slot.required)
            settled = sum(1 for literal in those if isinstance(literal, int))
            if len(those) <= slot.required or settled == len(those):
                continue
            if slot.over is None:
                self.model.add(sum(those) <= max(slot.required, settled))
            elif slot.over:
                self.excess[name] = self.model.new_int_var(0, len(those), "")
                self.model.add(sum(those) - self.excess[name] <= slot.required)

    def lifting(self, person: str, kind: str, index: int, rule: str) -> cp_model.IntVar:
        """The literal that is true when this rule is lifted."""
        item = Item(person, kind, index, rule)
        if item not in self.lifted:
            self.lifted[item] = self.model.new_bool_var("")
        return self.lifted[item]

    def _lifting_limit(self, person: Person, limit: Limit) -> cp_model.IntVar:
        return self.lifting(person.id, "limit", lifted_with(person, limit)[0], limit.rule)

    # -- Rules of one person ---------------------------------------------------------------------

    def _bind(self, person: Person) -> None:
        for row in self._rows.of(person.id):
            self._add_row(person, row)
        for limit in person.limits:
            if limit.minimum is not None:
                self._add_minimum(person, limit, limit.minimum - limit.carried)
        if self._liftable:
            self._add_absences(person)
        rhythm = person.rhythm
        if rhythm != type(rhythm)():
            self._add_rhythm(person)

    def _add_row(self, person: Person, row: Row) -> None:
        if row.reason.why is Why.WEEKENDS:  # told exactly by whole weekends
            return
        held = self._held[person.id]
        already = sum(value for name, value in row.coefficients.items() if name in held)
        terms = [
            (value, self.x[person.id, name])
            for name, value in row.coefficients.items()
            if (person.id, name) in self.x
        ]
        if all(isinstance(literal, int) for _, literal in terms):
            return
        bound = max(row.bound, already)
        limit = person.limits[row.reason.index] if row.reason.why is Why.LIMIT else None
        lifts = self._liftable and limit is not None and limit.negotiable
        if row.reason.why is Why.TOGETHER and bound == 1:
            self.model.add_at_most_one(literal for _, literal in terms)
            return
        added = self.model.add(sum(value * literal for value, literal in terms) <= bound)
        if lifts and limit is not None:
            added.only_enforce_if(self._lifting_limit(person, limit).negated())

    def _add_minimum(self, person: Person, limit: Limit, least: int) -> None:
        """A minimum, as far as it may be reached."""
        terms: list[tuple[int, Literal]] = []
        already = 0
        for (who, name), literal in self.x.items():
            slot = self.checker.slots[name]
            if who == person.id and limit.first_day <= slot.day < limit.last_day:
                value = slot.counts.get(limit.counter, 0)
                terms.append((value, literal))
                already += value if name in self._held[person.id] else 0
        if self.standing:
            least = min(least, already)
        added = self.model.add(sum(value * literal for value, literal in terms) >= least)
        if self._liftable and limit.negotiable:
            added.only_enforce_if(self._lifting_limit(person, limit).negated())

    def _add_absences(self, person: Person) -> None:
        """What is held during a negotiable absence lifts it."""
        for index, absence in enumerate(person.absences):
            if not absence.negotiable:
                continue
            for name in self.part.may_hold[person.id]:
                slot = self.checker.slots[name]
                met = min(slot.ends, absence.ends) - max(slot.starts, absence.starts)
                concerned = not absence.lines or slot.line in absence.lines
                settled = isinstance(self.x.get((person.id, name), 0), int)
                if met > 0 and concerned and not settled:
                    literal = self.lifting(person.id, "absence", index, absence.rule)
                    self.model.add(self.x[person.id, name] <= literal)

    def _add_rhythm(self, person: Person) -> None:
        days = self._days(person)
        self._add_runs(person, days)
        most = person.rhythm.max_weekends
        if most is None:
            return
        held = self._days_held(person)
        weekends, already = [], 0
        for those in self.checker.problem.weekends:
            worked = [days[day] for day in those if day in days]
            if worked:
                weekend = self.model.new_bool_var("")
                for literal in worked:
                    self.model.add(weekend >= literal)
                weekends.append(weekend)
                already += any(day in held for day in those)
        self.model.add(sum(weekends) <= max(most, already))

    def _days_held(self, person: Person) -> set[int]:
        """Days worked whatever happens: by what stands, and by pins."""
        names = self._held[person.id] | (person.pinned & self.checker.slots.keys())
        return {self.checker.slots[name].day for name in names if name in self.checker.slots}

    def _days(self, person: Person) -> dict[int, cp_model.IntVar]:
        """A literal for each day on which the person may work: worked or not, exactly."""
        starting: dict[int, list[Literal]] = {}
        for (who, name), literal in self.x.items():
            if who == person.id:
                starting.setdefault(self.checker.slots[name].day, []).append(literal)
        days = {}
        for day, literals in starting.items():
            days[day] = self.model.new_bool_var("")
            self.model.add_max_equality(days[day], literals)
        return days

    def _add_runs(self, person: Person, days: Mapping[int, cp_model.IntVar]) -> None:
        """Runs of days worked and off. What the standing roster breaks already is left out."""
        rhythm, horizon = person.rhythm, self.checker.problem.days
        held = self._days_held(person)

        def forbid(worked: Iterable[int], off: Iterable[int]) -> None:
            worked, off = list(worked), list(off)
            if not all(day in days for day in worked):
                return
            if all(day in held for day in worked) and not any(day in held for day in off):
                return
            clause = [days[day].negated() for day in worked]
            self.model.add_bool_or(clause + [days[day] for day in off if day in days])

        if rhythm.max_worked is not None and not self.checker.problem.one_a_day:
            for day in range(horizon - rhythm.max_worked):
                forbid(range(day, day + rhythm.max_worked + 1), ())
        for day in range(1, horizon):
            for length in range(1, rhythm.min_worked or 1):
                if day + length < horizon:
                    forbid(range(day, day + length), (day - 1, day + length))
            for length in range(1, rhythm.min_off or 1):
                if day + length < horizon:
                    forbid((day - 1, day + length), range(day, day + length))

    # -- What is counted -------------------------------------------------------------------------

    def people_missing(self) -> Linear:
        """People missing over all slots."""
        return sum(self.missing.values())

    def under(self) -> Linear:
        """People missing, in points."""
        return sum(self.checker.slots[name].under * one for name, one in self.missing.items())

    def slots_changed(self, before: frozenset[Pair]) -> Linear:
        """Slots that are not held by exactly those who held them ``before``."""
        total: list[Linear] = []
        for name in self.part.slots:
            changed = self.model.new_bool_var("")
            differs = False
            for person in self.part.people:
                was, now = (person, name) in before, self.x.get((person, name), 0)
                if not isinstance(now, int):
                    self.model.add(changed >= (1 - now if was else now))
                    differs = True
                elif bool(now) != was:
                    self.model.add(changed == 1)
                    differs = True
            if differs:
                total.append(changed)
        return sum(total)

    def wishes(self) -> Linear:
        """Costs of what is held, and of what was asked for and is not, in points."""
        points: list[Linear] = []
        for person_id in self.part.people:
            person = self.checker.people[person_id]
            for name in (person.costs.keys() | person.asked.keys()) & set(self.part.slots):
                held = self.x.get((person_id, name), 0)
                points.append(person.costs.get(name, 0) * held)
                points.append(person.asked.get(name, 0) * (1 - held))
        return sum(points)

    def shares(self) -> Linear:
        """How far counters are from each share, in points, exactly."""
        return sum(
            self._share(person, share)
            for person in map(self.checker.people.__getitem__, self.part.people)
            for share in person.shares
        )

    def _share(self, person: Person, share: Share) -> Linear:
        """The cost of one share, from a table of its values over the totals that may be reached."""
        settled = 0
        terms: list[tuple[int, cp_model.IntVar]] = []
        for name in self.part.slots:
            literal = self.x.get((person.id, name), 0)
            value = self.checker.slots[name].counts.get(share.counter, 0)
            if isinstance(literal, int):
                settled += value * literal
            elif value:
                terms.append((value, literal))
        outside = self._held[person.id] - self.holders.keys()
        settled += sum(
            self.checker.slots[name].counts.get(share.counter, 0)
            for name in outside
            if name in self.checker.slots
        )
        if not terms:
            return share_cost(share, settled)
        step = gcd(*(value for value, _ in terms))
        low = sum(min(0, value) for value, _ in terms) // step
        high = sum(max(0, value) for value, _ in terms) // step
        costs = [share_cost(share, settled + step * n) for n in range(low, high + 1)]
        place = self.model.new_int_var(0, high - low, "")
        self.model.add(sum(v // step * one for v, one in terms) - low == place)
        cost = self.model.new_int_var(min(costs), max(costs), "")
        self.model.add_element(place, costs, cost)
        return cost

    # -- Solving ---------------------------------------------------------------------------------

    def hint(self, held: frozenset[Pair]) -> None:
        """Start from this roster."""
        self.model.clear_hints()
        for pair, literal in self.x.items():
            if isinstance(literal, cp_model.IntVar):
                self.model.add_hint(literal, pair in held)

    def least(
        self,
        objective: Linear,
        *,
        seconds: float,
        workers: int = 8,
        seed: int = 0,
        should_stop: Callable[[], bool] | None = None,
    ) -> Outcome:
        """The least value of an objective within the time, and what is held then.

        With fewer than eight workers CP-SAT leaves out the searches that serve best here, so that
        eight are asked for even on two cores.
        """
        self.model.minimize(objective)
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = max(0.01, seconds)
        solver.parameters.num_workers = workers
        solver.parameters.random_seed = seed
        watcher = _Watcher(should_stop) if should_stop is not None else None
        status = solver.solve(self.model, watcher)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            impossible = status == cp_model.INFEASIBLE
            return Outcome(None, 0, 0, optimal=False, impossible=impossible)
        held = frozenset(
            pair
            for pair, literal in self.x.items()
            if (literal if isinstance(literal, int) else solver.value(literal))
        )
        return Outcome(
            held,
            round(solver.objective_value),
            _up(solver.best_objective_bound),
            optimal=status == cp_model.OPTIMAL,
            lifted=frozenset(item for item, one in self.lifted.items() if solver.value(one)),
        )


class _Watcher(cp_model.CpSolverSolutionCallback):
    """Stops the search at a solution when asked to."""

    def __init__(self, should_stop: Callable[[], bool]) -> None:
        super().__init__()
        self._should_stop = should_stop

    def on_solution_callback(self) -> None:
        """Called by the solver at each better solution."""
        if self._should_stop():
            self.stop_search()


def _up(bound: float) -> int:
    """A bound of whole points, rounded up but for noise."""
    return -int(-(bound - 1e-6) // 1)
