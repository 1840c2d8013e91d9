"""Every lawful roster of a tiny problem, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, product
from random import Random

from maillage.engines.rostering import Checker
from maillage.engines.rostering.problem import Problem, Roster

EMPTY = Roster(frozenset())


def rosters_of(problem: Problem) -> Iterator[Roster]:
    """Rosters that break nothing that holding nothing would not break."""
    checker = Checker(problem)
    names = [slot.id for slot in problem.slots]
    nothing = checker.standing(EMPTY)
    choices = []
    for person in problem.people:
        mine = []
        for some in chain.from_iterable(combinations(names, n) for n in range(len(names) + 1)):
            gains = [(person.id, name) for name in some]
            broken = nothing.cost_of_change(gains).violations
            if all(one.rule == "too_many" for one in broken):
                mine.append(gains)
        choices.append(mine)
    for several in product(*choices):
        pairs = frozenset(chain.from_iterable(several))
        counts = dict.fromkeys(names, 0)
        for _, name in pairs:
            counts[name] += 1
        if all(slot.over is not None or counts[slot.id] <= slot.required for slot in problem.slots):
            yield Roster(pairs)


def missing(problem: Problem, roster: Roster) -> int:
    """People missing over all slots."""
    return sum(Checker(problem).verdict(roster).holes.values())


def fewest_missing(problem: Problem) -> int:
    """The least number of people missing."""
    required = {slot.id: slot.required for slot in problem.slots}
    best = sum(required.values())
    for roster in rosters_of(problem):
        held = dict.fromkeys(required, 0)
        for _, name in roster.held:
            held[name] += 1
        best = min(best, sum(max(0, required[name] - held[name]) for name in required))
    return best


def some_lawful_roster(problem: Problem, seed: int, *, full: float = 0.8) -> Roster:
    """People put on slots in any order, while it is lawful."""
    rng = Random(seed)
    standing = Checker(problem).standing(EMPTY)
    pairs = [(person.id, slot.id) for person in problem.people for slot in problem.slots]
    rng.shuffle(pairs)
    for person, slot in pairs:
        if rng.random() < full and not standing.why_not(person, slot):
            standing.apply([(person, slot)])
    return standing.roster()
