"""The search on one part of a problem: bound, dives, and rosters made better by pieces.

Where no rule asks to hold more (on-call lines), an integer program over strong rows
(:mod:`row_program`) does all: the whole part in one thread, some weeks at a time in the other.
Elsewhere two kinds of work go on side by side, one thread each, on the best roster so far:

- column generation: the bound of the whole part, a dive, then pieces: a few people are freed, the
  best rosters for them all together are looked for by columns, a dive and a small integer program;
  where the bound of a piece says that nothing is to be gained, it is left at once;
- annealing on one person's exact best roster given the others; and, where graphs leave windows out
  or the part is small, CP-SAT on some days or on all.

Levels are settled one after the other; what is reached at a level is kept from then on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from time import monotonic, thread_time

import numpy as np

from maillage.engines.rostering import search_kernels as kernels
from maillage.engines.rostering.compiled import Bools, Compiled, Ints
from maillage.engines.rostering.cp_model import Plain
from maillage.engines.rostering.dive import choose_whole, dive, matrix_of
from maillage.engines.rostering.flat import Flat, Floats, lay_out, level_weights
from maillage.engines.rostering.graphs import Graph, graph_of
from maillage.engines.rostering.master import Basis, Column, Master
from maillage.engines.rostering.row_program import RowProgram, fits
from maillage.engines.rostering.rule_rows import rows_of

POOL = 30
"""Rosters of each person that pieces begin with."""
SMALL_PART = 700
"""Pairs of person and duty up to which CP-SAT is asked for the whole part."""
FEW = 4
"""People freed at first in a piece."""
TIRED = 6
"""Pieces without gain after which one more person is freed."""
BURST = 40_000
"""Moves of one annealing, at most; each worker polls for the end at every move."""
AGAIN = 12
"""Turns after which the whole part is dived into anew."""
WINDOW = 21
"""Days freed at a time, about, where programs work on days."""


@dataclass(slots=True)
class Incumbent:
    """The best roster so far, shared by the workers."""

    held: Bools
    costs: tuple[int, ...]
    on_better: Callable[[Bools, tuple[int, ...]], None]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def offer(self, held: Bools, costs: tuple[int, ...]) -> bool:
        """Take a roster that costs less, level after level."""
        with self.lock:
            if costs >= self.costs:
                return False
            self.held, self.costs = held.copy(), costs
            self.on_better(self.held, costs)
            return True

    def now(self) -> tuple[Bools, tuple[int, ...]]:
        """A copy of it."""
        with self.lock:
            return self.held.copy(), self.costs


def _nothing_yet(compiled: Compiled) -> Incumbent:
    """Before the first roster: anything is better."""
    held = np.zeros((len(compiled.people), len(compiled.slots)), dtype=np.bool_)
    costs = tuple(1 << 60 for _ in range(compiled.levels))
    return Incumbent(held, costs, lambda _held, _costs: None)


class Search:
    """The search on one part. ``rounds``: pieces and bursts by worker and level; None, no limit."""

    def __init__(
        self,
        compiled: Compiled,
        *,
        seed: int,
        workers: int,
        should_stop: Callable[[], bool],
        rounds: int | None = None,
    ) -> None:
        self.compiled = compiled
        self.seed = seed
        self.workers = max(1, workers)
        self.rounds = rounds
        self._should_stop = should_stop
        self.stop = np.zeros(1, dtype=np.int64)
        self.weights: Floats = level_weights(compiled)
        self.bounds: list[float] = [self._least(level) for level in range(compiled.levels)]
        self.pool: dict[int, list[Column]] = {row: [] for row in range(len(compiled.people))}
        self.graphs: list[Graph] = []
        self.rows = rows_of(compiled)
        self.by_rows = fits(compiled)
        if self.by_rows:
            self.program = RowProgram(compiled, self.rows)
            return
        with ThreadPoolExecutor(self.workers) as pool:
            self.graphs = list(pool.map(lambda one: graph_of(compiled, one), compiled.people))
        self.basis = Basis.of(compiled, self.graphs)
        self.flat: Flat = lay_out(compiled, self.graphs, self.weights)
        self.incumbent = _nothing_yet(compiled)

    def _least(self, level: int) -> float:
        """A bound that needs no search: everybody's cheapest duties, taken one by one."""
        total = 0.0
        for person in self.compiled.people:
            total += float(
                person.fixed[level] + np.minimum(person.hold[level, person.may], 0).sum()
            )
            if level == self.compiled.shares_level:
                total += sum(int(w.table.min()) for w in person.windows if w.table is not None)
        return total

    # -- The first roster ------------------------------------------------------------------------

    def begin(
        self, start: Bools | None, on_better: Callable[[Bools, tuple[int, ...]], None]
    ) -> None:
        """A first roster: ``start`` as it is, or people given their best one after the other."""
        people, slots = len(self.compiled.people), len(self.compiled.slots)
        held = (
            np.zeros((people, slots), dtype=np.uint8) if start is None else start.astype(np.uint8)
        )
        if start is None and self.by_rows:
            held[:] = [person.pinned for person in self.compiled.people]
        elif start is None:
            count = np.zeros(slots, dtype=np.int64)
            for person in self._order():
                self._give(person, count, held)
                count += held[person]
        whole = held.astype(np.bool_)
        self.incumbent = Incumbent(whole, self.compiled.cost(whole), on_better)
        on_better(whole, self.incumbent.costs)

    def _order(self) -> list[int]:
        """Those who have the least choice first."""
        people = self.compiled.people
        return sorted(range(len(people)), key=lambda row: int(people[row].may.sum()))

    def _give(self, person: int, count: Ints, held: np.ndarray) -> None:
        slots = len(self.compiled.slots)
        graph = self.graphs[person]
        room, values = np.empty(len(graph.option_slots)), np.empty(max(1, graph.nodes))
        path = np.empty(self.compiled.problem.days + 1, dtype=np.int64)
        prices, before = np.empty(slots), held[person].copy()
        found = kernels.reroster(
            self.flat, person, count, 0.0, before, prices, room, values, path, held[person]
        )
        if not found:
            held[person] = self.compiled.people[person].pinned

    # -- Levels ----------------------------------------------------------------------------------

    def is_proven(self, level: int) -> bool:
        """True when no lawful roster costs less at this level, levels above being what they are."""
        return all(self.bounds[at] >= self.incumbent.costs[at] for at in range(level + 1))

    def run(self, deadline: float) -> None:
        """Work on each level in turn until it is proven or its share of the time is spent."""
        levels = self.compiled.levels
        for level in range(levels):
            left = deadline - monotonic()
            until = deadline if level == levels - 1 else monotonic() + left * 0.5
            if self.is_proven(level):
                continue
            self.stop[0] = 0
            self._run_level(level, until)
            if self._over(deadline):
                return

    def _over(self, deadline: float) -> bool:
        return self._should_stop() or monotonic() >= deadline

    def _run_level(self, level: int, until: float) -> None:
        with ThreadPoolExecutor(self.workers) as pool:
            jobs: list[Future[None]] = [
                pool.submit(Worker(self, level, number, until).run)
                for number in range(self.workers)
            ]
            while True:
                waiting = wait(jobs, timeout=0.05).not_done
                failed = any(job.done() and job.exception() for job in jobs)
                if not waiting or failed or self._over(until) or self.is_proven(level):
                    self.stop[0] = 1
                    break
            for job in jobs:
                job.result()

    def raise_bound(self, level: int, bound: float) -> None:
        """A bound proven on the whole part; costs are whole, so that it is rounded up."""
        self.bounds[level] = max(self.bounds[level], float(np.ceil(bound - 1e-6)))

    def remember(self, column: Column) -> None:
        """Keep a roster for later pieces."""
        self.pool[column.person] = [*self.pool[column.person][-POOL + 1 :], column]


class Worker:
    """One thread of work on one level."""

    def __init__(self, search: Search, level: int, number: int, until: float) -> None:
        self.search = search
        self.compiled = search.compiled
        self.incumbent = search.incumbent
        self.level = level
        self.number = number
        self.until = until
        self.rng = np.random.default_rng([search.seed, level, number])
        self.size = FEW
        self.tired = 0
        self.temper = 1.0
        self.swept = 0
        self.doubt = 0.0
        self.columns_serve = not search.by_rows and search.basis.is_exact

    def stopped(self) -> bool:
        """True when the level is over."""
        return bool(self.search.stop[0]) or monotonic() >= self.until

    def run(self) -> None:
        """Work until the level is over, or rounds are spent."""
        if self.search.by_rows:
            self.with_rows()
        else:
            self.with_columns()

    def with_rows(self) -> None:
        """The whole level in one thread, some weeks at a time in the other."""
        search = self.search
        alone = search.workers == 1
        if alone or self.number == 1:
            left = self.until - monotonic()
            self.by_rows(None, seconds=left * (0.6 if alone else 1.0))
        turn = 0
        while not self.stopped() and (search.rounds is None or turn < search.rounds):
            self.by_rows(self.some_days(), seconds=3.0)
            turn += 1

    def with_columns(self) -> None:
        """Bound, dives, pieces and annealing; CP-SAT where graphs leave windows out."""
        search = self.search
        alone = search.workers == 1
        pairs = sum(int(person.may.sum()) for person in self.compiled.people)
        if alone or self.number == 0:
            if self.columns_serve:
                self.anneal(min(4000, 100 * len(search.graphs)), hot=0.5)
            self.root()
        whole = pairs <= SMALL_PART or not self.columns_serve
        if (alone or self.number == 1) and whole and not self.stopped():
            left = max(1.0, (self.until - monotonic()) * (0.3 if alone else 0.9))
            self.days(frozenset(range(self.compiled.problem.days)), seconds=left)
        turn = 0
        while not self.stopped() and (search.rounds is None or turn < search.rounds):
            kind = turn % 3
            if not self.columns_serve:
                if turn % 6 == 5:
                    self.anneal(BURST // 10, hot=0.3)
                else:
                    self.days(self.some_days(), seconds=3.0)
            elif turn % AGAIN == AGAIN - 1:
                self.doubt = 0.3 * self.rng.random()
                self.root()
            elif self.number % 2 and kind != 2:
                self.anneal(BURST, hot=1.0)
            else:
                self.piece()
            turn += 1

    # -- Annealing -------------------------------------------------------------------------------

    def anneal(self, moves: int, *, hot: float) -> None:
        """One annealing from the best roster. A point of the level that matters sets the heat."""
        search, flat = self.search, self.search.flat
        held, costs = self.incumbent.now()
        unit = float(search.weights[self.level]) * self._typical()
        people = len(search.graphs)
        each = self._weighed(held)
        best = held.astype(np.uint8)
        kernels.anneal(
            flat, held.astype(np.uint8), each, np.ones(people, dtype=np.bool_),
            int(self.rng.integers(1 << 30)), moves, unit * hot * self.temper, unit / 40,
            1.5, min(people, 2), best, search.stop,
        )  # fmt: skip
        whole = best.astype(np.bool_)
        found = self.compiled.cost(whole)
        self.temper = 1.0 if found < costs else max(0.1, self.temper * 0.7)
        self.incumbent.offer(whole, found)

    def _typical(self) -> float:
        """What an ordinary difference is worth at the level: a third of a missing person."""
        weights = self.compiled.under[self.level]
        spread = float(np.median(weights[weights > 0])) if (weights > 0).any() else 10.0
        return max(0.3, 0.3 * spread)

    def _weighed(self, held: Bools) -> Floats:
        shares = self.compiled.shares_level
        return np.array(
            [
                float(self.search.weights @ person.cost(row, shares))
                for person, row in zip(self.compiled.people, held, strict=True)
            ]
        )

    # -- Columns ---------------------------------------------------------------------------------

    def _master(self, people: list[int], held: Bools) -> tuple[Master, Ints]:
        """The master of some people, the others staying; and what the others cost, by level."""
        others = np.zeros(self.compiled.levels, dtype=np.int64)
        inside = set(people)
        for row, person in enumerate(self.compiled.people):
            if row not in inside:
                others += person.cost(held[row], self.compiled.shares_level)
        costs = self.compiled.cost(held)
        caps = [(level, float(costs[level] - others[level])) for level in range(self.level)]
        objective = np.zeros(self.compiled.levels)
        objective[self.level] = 1.0
        base = held.sum(axis=0) - held[people].sum(axis=0)
        master = Master(self.search.basis, people, objective, base=base, caps=caps)
        for row in people:
            master.add(self.search.basis.column(row, held[row]))
            for column in self.search.pool[row]:
                master.add(column)
        return master, others

    def root(self) -> None:
        """The bound of the whole part, then a dive and a choice among the columns met."""
        if self.stopped():
            return
        held, _ = self.incumbent.now()
        master, _ = self._master(list(range(len(self.search.graphs))), held)
        while not self.stopped():
            done = master.step()
            self.search.raise_bound(self.level, done.bound)
            if not done.new_columns or done.bound >= done.value - 1e-6:
                break
        for column in master.columns:
            self.search.remember(column)
        if self.columns_serve and not self.search.is_proven(self.level):
            self._whole_rosters(master, held, self._cost_left(held, 0), seconds=3.0)

    def _cost_left(self, held: Bools, others: int) -> float:
        return float(self.compiled.cost(held)[self.level] - others)

    def _whole_rosters(self, master: Master, held: Bools, best: float, seconds: float) -> bool:
        """A dive, then the best choice among the columns known. True when something is gained."""
        gained = False
        bound = np.ceil(master.best_bound - 1e-6)
        chosen = dive(master, self.rng, should_stop=self.stopped, doubt=self.doubt)
        master.release()
        if chosen is not None:
            whole = matrix_of(master, chosen, held)
            costs = self.compiled.cost(whole)
            gained = self.incumbent.offer(whole, costs)
            best = min(best, best - (self.compiled.cost(held)[self.level] - costs[self.level]))
        if bound <= best - 1 and not self.stopped():
            left = min(seconds, self.until - monotonic())
            chosen = choose_whole(master, seconds=left, best=best)
            if chosen is not None:
                whole = matrix_of(master, chosen, held)
                gained |= self.incumbent.offer(whole, self.compiled.cost(whole))
        for row in master.people:
            now, _ = self.incumbent.now()
            self.search.remember(self.search.basis.column(int(row), now[row]))
        return gained

    def piece(self) -> None:
        """Free a few people, and find their best rosters together."""
        held, costs = self.incumbent.now()
        people = self._people(held)
        master, others = self._master(people, held)
        best = float(costs[self.level] - others[self.level])
        began = thread_time()
        master.generate(steps=80, should_stop=self.stopped, target=best)
        gained = False
        if master.best_bound <= best - 1 + 1e-6 and not self.stopped():
            gained = self._whole_rosters(master, held, best, seconds=1.5)
        self.tired = 0 if gained else self.tired + 1
        if self.tired >= TIRED:
            self.size, self.tired = min(self.size + 1, len(self.search.graphs)), 0
        elif thread_time() - began > 6.0:
            self.size = max(FEW, self.size - 1)

    def _people(self, held: Bools) -> list[int]:
        """Who is freed: half of them around a duty that costs something, others at random."""
        everybody = len(self.search.graphs)
        size = min(self.size, everybody)
        count = held.sum(axis=0)
        short = count < self.compiled.required
        cost = short * self.compiled.under[self.level]
        cost = cost + (count > self.compiled.required) * self.compiled.over[self.level]
        chosen: list[int] = []
        costly = np.flatnonzero(cost)
        if len(costly) and self.rng.random() < 0.75:
            slot = int(self.rng.choice(costly))
            able = [
                row
                for row, person in enumerate(self.compiled.people)
                if person.may[slot] and held[row, slot] != short[slot]
            ]
            self.rng.shuffle(able)
            chosen = able[: max(1, size // 2)]
        rest = [row for row in range(everybody) if row not in chosen]
        self.rng.shuffle(rest)
        return sorted(chosen + rest[: size - len(chosen)])

    # -- Rows and days ---------------------------------------------------------------------------

    def by_rows(self, free: frozenset[int] | None, *, seconds: float) -> None:
        """The integer program over rows, on some days or on all: its bound, and better rosters."""
        if self.stopped():
            return
        held, _ = self.incumbent.now()
        self.search.program.least(
            self.level, held, free=free, seconds=min(seconds, self.until - monotonic()),
            seed=int(self.rng.integers(1 << 30)),
            on_better=lambda found: self.incumbent.offer(found, self.compiled.cost(found)),
            on_bound=lambda bound: self.search.raise_bound(self.level, bound),
            should_stop=self.stopped,
        )  # fmt: skip

    def some_days(self) -> frozenset[int]:
        """Some weeks, around a duty that misses somebody when there is one."""
        days = self.compiled.problem.days
        held, _ = self.incumbent.now()
        lacking = np.flatnonzero(held.sum(axis=0) < self.compiled.required)
        width = int(self.rng.integers(WINDOW // 2, 2 * WINDOW))
        middle = int(self.rng.integers(days))
        if self.swept < days:
            # First once from end to end, then wherever.
            middle, width = self.swept + WINDOW // 2, WINDOW + WINDOW // 3
            self.swept += WINDOW
        elif len(lacking) and self.rng.random() < 0.6:
            middle = int(self.compiled.day[self.rng.choice(lacking)])
        first = max(0, min(middle - width // 2, days - width))
        return frozenset(range(first, min(days, first + width)))

    def days(self, free: frozenset[int], *, seconds: float) -> None:
        """CP-SAT on some days, levels above being kept."""
        held, _ = self.incumbent.now()
        whole = len(free) == self.compiled.problem.days
        plain = Plain(
            self.compiled,
            standing=None if whole else held,
            free=None if whole else free,
            rows=self.search.rows,
        )
        for level in range(self.level):
            plain.keep(level, held)
        plain.hint(held)

        def on_better(found: Bools) -> bool:
            self.incumbent.offer(found, self.compiled.cost(found))
            return self.stopped()

        left = min(seconds, self.until - monotonic())
        found, bound, _ = plain.least(
            self.level, seconds=left, workers=8 if whole else 1,
            seed=int(self.rng.integers(1 << 30)), on_better=on_better,
        )  # fmt: skip
        if found is not None:
            self.incumbent.offer(found, self.compiled.cost(found))
        if whole and found is not None:
            self.search.raise_bound(self.level, bound)
