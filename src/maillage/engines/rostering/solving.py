"""Rosters made: anytime, level by level, with what is proven.

The problem falls into parts (duties and people linked by who may hold what), each searched by
itself (:mod:`search`). Every roster handed over is judged by the checker.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from maillage.engines.rostering.checking import Checker
from maillage.engines.rostering.compiled import Bools, Compiled, compile_problem, held_matrix
from maillage.engines.rostering.problem import Problem, Roster, Verdict
from maillage.engines.rostering.search import Search

REPORT_EVERY = 0.2
"""Seconds between two rosters handed over, at least."""


@dataclass(frozen=True, slots=True)
class Better:
    """A roster found on the way, ``seconds`` after the start."""

    roster: Roster
    verdict: Verdict
    seconds: float


@dataclass(frozen=True, slots=True)
class Solution:
    """The best roster found, and what is known of it.

    ``bound``: by level, what no lawful roster can cost less than; below the first level, among
    those that cost no more than this roster at the levels above. ``proven``: the level, and those
    above it, cannot be better. ``history``: (seconds, cost by level) of each better roster.
    """

    roster: Roster
    verdict: Verdict
    bound: tuple[int, ...]
    proven: tuple[bool, ...]
    seconds: float
    history: tuple[tuple[float, tuple[int, ...]], ...]


def solve(
    problem: Problem,
    *,
    seconds: float,
    seed: int = 0,
    workers: int = 2,
    start: Roster | None = None,
    on_better: Callable[[Better], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    rounds: int | None = None,
) -> Solution:
    """The best roster that ``seconds`` allow, sooner when it is proven.

    ``start``: a roster to begin from; what it breaks is mended first. ``on_better`` gets each
    better roster, in the thread of the caller. ``should_stop`` is polled; what is found so far is
    then returned. With one worker and ``rounds`` (steps of search by level), and time enough, the
    same seed gives the same roster. ``ValueError`` when the problem is not sound.
    """
    return _Solving(
        problem, seconds, seed, workers, on_better, should_stop or (lambda: False), rounds
    ).run(start)


class _Solving:
    """One call of :func:`solve`."""

    def __init__(
        self,
        problem: Problem,
        seconds: float,
        seed: int,
        workers: int,
        on_better: Callable[[Better], None] | None,
        should_stop: Callable[[], bool],
        rounds: int | None,
    ) -> None:
        self.began = monotonic()
        self.deadline = self.began + seconds
        self.problem = problem
        self.checker = Checker(problem)
        self.compiled = compile_problem(problem)
        self.seed, self.workers, self.rounds = seed, workers, rounds
        self.on_better = on_better
        self.should_stop = should_stop
        self.held = np.array([person.pinned for person in self.compiled.people], dtype=np.bool_)
        self.history: list[tuple[float, tuple[int, ...]]] = []
        self.parts = parts_of(self.compiled)
        self.searches: list[Search] = []
        self.waiting: queue.Queue[tuple[float, Bools]] = queue.Queue()
        self.lock = threading.Lock()
        self.last_report = 0.0
        self.complete = False

    def run(self, start: Roster | None) -> Solution:
        """Parts begun, then searched in turn, each for its part of the time that is left."""
        given = None if start is None else self._mended(start)
        for number, (people, slots) in enumerate(self.parts):
            self._begin(number, people, slots, given)
        self.complete = True
        self._note()
        self._report(at_once=True)
        sizes = [len(slots) for _, slots in self.parts]
        for number in sorted(range(len(sizes)), key=lambda n: sizes[n]):
            left = sum(sizes[n] for n in range(len(sizes)) if sizes[n] >= sizes[number])
            share = max(0.0, self.deadline - monotonic()) * sizes[number] / max(1, left)
            sizes[number] = 0 if left == 0 else sizes[number]
            search = self.searches[number]
            if not self._stop():
                search.run(monotonic() + share)
        self._report(at_once=True)
        return self._solution()

    def _stop(self) -> bool:
        self._report(at_once=False)
        return self.should_stop() or monotonic() >= self.deadline

    def _begin(self, number: int, people: list[int], slots: list[int], given: Bools | None) -> None:
        part = compile_problem(sub_problem(self.compiled, people, slots))
        search = Search(
            part,
            seed=self.seed + number,
            workers=self.workers,
            should_stop=self._stop,
            rounds=self.rounds,
        )
        place = np.ix_(people, slots)

        def on_better(held: Bools, _: tuple[int, ...]) -> None:
            with self.lock:
                self.held[place] = held
            if self.complete:
                self._note()

        self.searches.append(search)
        search.begin(None if given is None else given[place], on_better)

    def _mended(self, start: Roster) -> Bools:
        """The roster to begin from, without the duties of people whose part of it is unlawful."""
        held = held_matrix(self.compiled, start.held)
        for row, person in enumerate(self.problem.people):
            names = [self.compiled.slots[at].id for at in np.flatnonzero(held[row])]
            if self.checker.violations_of(person.id, names):
                held[row] = self.compiled.people[row].pinned
        count = held.sum(axis=0)
        crowded = ~self.compiled.can_exceed & (count > self.compiled.required)
        for slot in np.flatnonzero(crowded):
            those = [
                r for r in np.flatnonzero(held[:, slot]) if not self.compiled.people[r].pinned[slot]
            ]
            for at in those[: int(count[slot] - self.compiled.required[slot])]:
                held[at, slot] = False
        return held

    def _note(self) -> None:
        """Write down a better roster; it is handed over later, by the caller's thread."""
        with self.lock:
            held = self.held.copy()
            now = monotonic() - self.began
            self.history.append((now, self.compiled.cost(held)))
            self.waiting.put((now, held))

    def _report(self, *, at_once: bool) -> None:
        if not at_once and monotonic() - self.last_report < REPORT_EVERY:
            return
        last: tuple[float, Bools] | None = None
        while not self.waiting.empty():
            last = self.waiting.get()
        if last is not None and self.on_better is not None:
            roster = self._roster(last[1])
            self.on_better(Better(roster, self.checker.verdict(roster), last[0]))
        self.last_report = monotonic()

    def _roster(self, held: Bools) -> Roster:
        return Roster(
            frozenset(
                (self.problem.people[row].id, self.compiled.slots[at].id)
                for row, at in zip(*np.nonzero(held), strict=True)
            )
        )

    def _solution(self) -> Solution:
        roster = self._roster(self.held)
        verdict = self.checker.verdict(roster)
        inside = {row for people, _ in self.parts for row in people}
        bound = np.zeros(self.compiled.levels, dtype=np.int64)
        for row, person in enumerate(self.compiled.people):
            if row not in inside:
                bound += person.cost(self.held[row], self.compiled.shares_level)
        covered = {slot for _, slots in self.parts for slot in slots}
        for slot in range(len(self.compiled.slots)):
            if slot not in covered:
                bound += self.compiled.under[:, slot] * self.compiled.required[slot]
        proven = [True] * self.compiled.levels
        for (people, _), search in zip(self.parts, self.searches, strict=True):
            bound += np.array(search.bounds, dtype=np.int64)
            for row, inside_part in zip(people, search.compiled.people, strict=True):
                # What was asked for in other parts cannot be had.
                bound += self.compiled.people[row].fixed - inside_part.fixed
            proven = [kept and search.is_proven(level) for level, kept in enumerate(proven)]
        return Solution(
            roster=roster,
            verdict=verdict,
            bound=tuple(int(value) for value in bound),
            proven=tuple(proven),
            seconds=monotonic() - self.began,
            history=tuple(self.history),
        )


def parts_of(compiled: Compiled) -> list[tuple[list[int], list[int]]]:
    """People and slots that who may hold what links together; those that nothing links are left."""
    above = list(range(len(compiled.slots)))

    def top(slot: int) -> int:
        while above[slot] != slot:
            above[slot] = above[above[slot]]
            slot = above[slot]
        return slot

    for person in compiled.people:
        slots = np.flatnonzero(person.may)
        for slot in slots[1:]:
            above[top(int(slot))] = top(int(slots[0]))
    parts: dict[int, tuple[list[int], list[int]]] = {}
    for row, person in enumerate(compiled.people):
        if person.may.any():
            parts.setdefault(top(int(np.argmax(person.may))), ([], []))[0].append(row)
    for slot in range(len(compiled.slots)):
        if top(slot) in parts:
            parts[top(slot)][1].append(slot)
    return list(parts.values())


def sub_problem(compiled: Compiled, people: list[int], slots: list[int]) -> Problem:
    """The problem of some people and some slots, in the order of the compiled problem."""
    problem = compiled.problem
    return replace(
        problem,
        people=tuple(problem.people[row] for row in people),
        slots=tuple(compiled.slots[at] for at in slots),
    )
