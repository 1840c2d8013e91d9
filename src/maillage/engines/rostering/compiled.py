"""A problem as arrays: duties in order of time, and each person's rules as windows over days.

Whatever solves reads this form: the column generation, the search, the CP-SAT model. Every rule of
:mod:`problem` is one of three things here: a duty that the person may not hold, a pair of duties
that exclude each other, or a :class:`Window`, the sum of whole numbers over some days within bounds
or at a cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import gcd

import numpy as np
from numpy.typing import NDArray

from maillage.engines.rostering.person_rules import rest_needed, share_cost
from maillage.engines.rostering.problem import (
    DAY_MINUTES,
    Limit,
    Person,
    Problem,
    Rhythm,
    Share,
    Slot,
    Term,
)

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FREE = -1
"""No bound (of a window), no forbidden excess (of a duty: the weight of one too many)."""


@dataclass(frozen=True, slots=True)
class Window:
    """The sum of ``adds`` over the duties held on ``first <= day < last``.

    ``adds`` is by slot and zero outside of the days. ``maximum`` and ``minimum`` are FREE where
    nothing binds. ``table``: the cost of each total, for a share; its index is the total.
    ``rolling``: what rolling limit it comes from (FREE: none).
    """

    adds: Ints
    first: int
    last: int
    maximum: int
    minimum: int
    rule: str
    table: Ints | None = None
    rolling: int = FREE

    @property
    def reach(self) -> int:
        """The largest total that a roster could give, whatever the rules."""
        return int(self.adds.sum())


@dataclass(frozen=True, slots=True)
class CompiledPerson:
    """One person's rules over the slots of the problem, by index.

    ``may``: the slots that the person may hold. ``hold``: what holding each costs, by level.
    ``fixed``: what the person costs at each level while holding nothing.
    """

    person: Person
    may: Bools
    pinned: Bools
    hold: Ints
    fixed: Ints
    windows: tuple[Window, ...]
    rhythm: Rhythm

    def cost(self, held: Bools, shares_level: int) -> Ints:
        """What the roster ``held`` of this person costs, by level, demand left aside."""
        total: Ints = self.fixed + self.hold[:, held].sum(axis=1)
        for window in self.windows:
            if window.table is not None and shares_level >= 0:
                total[shares_level] += window.table[int(window.adds[held].sum())]
        return total


@dataclass(frozen=True, slots=True)
class Compiled:
    """The whole problem by index. ``after[s]``: the later slots that holding ``s`` forbids."""

    problem: Problem
    slots: tuple[Slot, ...]
    day: Ints
    required: Ints
    under: Ints
    over: Ints
    can_exceed: Bools
    people: tuple[CompiledPerson, ...]
    after: tuple[tuple[int, ...], ...]
    weekend: Ints
    shares_level: int

    @property
    def levels(self) -> int:
        return len(self.problem.levels)

    def demand_cost(self, held: Ints) -> Ints:
        """What ``held`` people on each slot cost, by level."""
        lack = np.maximum(self.required - held, 0)
        excess = np.maximum(held - self.required, 0)
        result: Ints = (self.under * lack + self.over * excess).sum(axis=1)
        return result

    def cost(self, held: Bools) -> tuple[int, ...]:
        """The cost of a roster, people by slots, by level."""
        total = self.demand_cost(held.sum(axis=0))
        for person, row in zip(self.people, held, strict=True):
            total = total + person.cost(row, self.shares_level)
        return tuple(int(value) for value in total)


def compile_problem(problem: Problem) -> Compiled:
    """The arrays of a problem. ``ValueError`` where a duty takes from a counter."""
    slots = tuple(sorted(problem.slots, key=lambda s: (s.day, s.starts, s.ends, s.id)))
    after = _exclusions(problem, slots)
    levels = problem.levels
    under = np.zeros((len(levels), len(slots)), dtype=np.int64)
    over = np.zeros_like(under)
    for level, terms in enumerate(levels):
        if Term.UNDER in terms:
            under[level] = [slot.under for slot in slots]
        if Term.OVER in terms:
            over[level] = [slot.over or 0 for slot in slots]
    weekend = np.full(problem.days, FREE, dtype=np.int64)
    for number, days in enumerate(problem.weekends):
        for day in days:
            if 0 <= day < problem.days:
                weekend[day] = number
    shares = [level for level, terms in enumerate(levels) if Term.SHARES in terms]
    return Compiled(
        problem=problem,
        slots=slots,
        day=np.array([slot.day for slot in slots], dtype=np.int64),
        required=np.array([slot.required for slot in slots], dtype=np.int64),
        under=under,
        over=over,
        can_exceed=np.array([slot.over is not None for slot in slots], dtype=np.bool_),
        people=tuple(_person(problem, slots, person) for person in problem.people),
        after=after,
        weekend=weekend,
        shares_level=shares[0] if shares else FREE,
    )


def rest_between(problem: Problem, first: Slot, second: Slot) -> int:
    """Minutes that must pass between the end of ``first`` and the start of ``second``."""
    asked = (rest_needed(rest, first, second, problem.travel) for rest in problem.rests)
    return max(asked, default=0)


def _furthest(problem: Problem, slots: Iterable[Slot]) -> int:
    """Minutes after the end of a duty beyond which no rest can reach."""
    longest = max((slot.ends - slot.starts for slot in slots), default=0)
    rest = max((max(r.minutes, longest if r.as_long else 0) for r in problem.rests), default=0)
    return rest + max(problem.travel.values(), default=0)


def exclude(problem: Problem, first: Slot, second: Slot) -> bool:
    """True when nobody may hold both; ``first`` does not start after ``second``."""
    if problem.one_a_day and first.day == second.day:
        return True
    if second.starts < first.ends + rest_between(problem, first, second):
        return True
    return second.day == first.day + 1 and any(
        rule.after == first.line and second.line in rule.before for rule in problem.successions
    )


def _exclusions(problem: Problem, slots: tuple[Slot, ...]) -> tuple[tuple[int, ...], ...]:
    furthest = _furthest(problem, slots)
    after: list[tuple[int, ...]] = []
    for at, first in enumerate(slots):
        found = []
        last = max(first.day + 1, (first.ends + furthest) // DAY_MINUTES + 1)
        for other in range(at + 1, len(slots)):
            second = slots[other]
            if second.day > last:
                break
            earlier, later = (first, second) if first.starts <= second.starts else (second, first)
            if exclude(problem, earlier, later):
                found.append(other)
        after.append(tuple(found))
    return tuple(after)


def _may_hold(problem: Problem, person: Person, slot: Slot) -> bool:
    if slot.line not in person.lines:
        return False
    for absence in person.absences:
        if absence.lines and slot.line not in absence.lines:
            continue
        if slot.starts < absence.ends and absence.starts < slot.ends:
            return False
    return not any(_comes_too_soon(problem, held, slot) for held in person.before)


def _comes_too_soon(problem: Problem, held: Slot, slot: Slot) -> bool:
    """A duty held before the horizon forbids ``slot``: by rest, or by succession of days."""
    if slot.starts < held.ends + rest_between(problem, held, slot):
        return True
    return slot.day == held.day + 1 and any(
        rule.after == held.line and slot.line in rule.before for rule in problem.successions
    )


def _person(problem: Problem, slots: tuple[Slot, ...], person: Person) -> CompiledPerson:
    may = np.array([_may_hold(problem, person, slot) for slot in slots], dtype=np.bool_)
    pinned = np.array([slot.id in person.pinned for slot in slots], dtype=np.bool_)
    windows = _windows(slots, person, may | pinned)
    for window in windows:
        if window.maximum >= 0:
            may &= pinned | (window.adds <= window.maximum)
    may |= pinned
    hold = np.zeros((len(problem.levels), len(slots)), dtype=np.int64)
    fixed = np.zeros(len(problem.levels), dtype=np.int64)
    ids = {slot.id for slot in slots}
    for level, terms in enumerate(problem.levels):
        if Term.WISHES in terms:
            hold[level] += [person.costs.get(s.id, 0) - person.asked.get(s.id, 0) for s in slots]
            fixed[level] += sum(points for slot, points in person.asked.items() if slot in ids)
        if Term.CHANGES in terms:
            before = np.array([slot.id in person.held_before for slot in slots])
            hold[level] += np.where(before, -problem.change, problem.change)
            fixed[level] += problem.change * int(before.sum())
    useful = tuple(
        replace(window, adds=np.where(may, window.adds, 0))
        for window in windows
        if window.table is not None or _binds(window, may)
    )
    return CompiledPerson(person, may, pinned, hold, fixed, useful, person.rhythm)


def _binds(window: Window, may: Bools) -> bool:
    return window.minimum > 0 or 0 <= window.maximum < int(window.adds[may].sum())


def _windows(slots: tuple[Slot, ...], person: Person, may: Bools) -> tuple[Window, ...]:
    """Limits and shares as windows; those over the same sum and days are made one."""
    day = np.array([slot.day for slot in slots], dtype=np.int64)
    counters: dict[str, Ints] = {}
    for name in {limit.counter for limit in person.limits} | {s.counter for s in person.shares}:
        counts = np.array([slot.counts.get(name, 0) for slot in slots], dtype=np.int64)
        if (counts < 0).any():
            raise ValueError(f"counter {name!r}: what a duty adds is not negative")
        counters[name] = np.where(may, counts, 0)
    found: dict[tuple[int, int, bytes], list[Window]] = defaultdict(list)
    last_day = int(day[-1]) + 1 if len(day) else 0
    made = [
        window
        for number, limit in enumerate(person.limits)
        for window in _of_limit(limit, number, counters[limit.counter], day)
    ]
    made += [_of_share(share, counters[share.counter], last_day) for share in person.shares]
    for window in made:
        whole = window.first <= 0 and window.last >= last_day
        days = (0, last_day) if whole else (window.first, window.last)
        found[*days, window.adds.tobytes()].append(replace(window, first=days[0], last=days[1]))
    return tuple(_merged(group) for group in found.values())


def _of_limit(limit: Limit, number: int, counts: Ints, day: Ints) -> Iterable[Window]:
    if limit.rolling is None or limit.minimum is not None:
        whole = limit if limit.rolling is None else replace(limit, maximum=None)
        yield _bounded(whole, counts, day, limit.first_day, limit.last_day, FREE)
    if limit.rolling is None:
        return
    part = replace(limit, minimum=None)
    for first in range(limit.first_day, limit.last_day - limit.rolling + 1):
        yield _bounded(part, counts, day, first, first + limit.rolling, number)


def _bounded(limit: Limit, counts: Ints, day: Ints, first: int, last: int, rolling: int) -> Window:
    """One window of a limit, in the largest unit that divides all that it adds up."""
    adds = np.where((day >= first) & (day < last), counts, 0)
    unit = _unit(adds)
    carried = limit.carried if first == limit.first_day else 0
    maximum = FREE
    if limit.maximum is not None:
        # Where what is carried exceeds the bound already, nothing more may be held.
        maximum = max(0, limit.maximum - carried) // unit
    minimum = FREE
    if limit.minimum is not None:
        minimum = max(0, -((carried - limit.minimum) // unit))
    return Window(adds // unit, first, last, maximum, minimum, limit.rule, rolling=rolling)


def _unit(adds: Ints) -> int:
    return gcd(*(int(value) for value in np.unique(adds))) or 1


def _of_share(share: Share, counts: Ints, last_day: int) -> Window:
    unit = _unit(counts)
    adds = counts // unit
    table = np.array(
        [share_cost(share, total * unit) for total in range(int(adds.sum()) + 1)], dtype=np.int64
    )
    return Window(adds, 0, last_day, FREE, FREE, "share", table)


def _merged(group: list[Window]) -> Window:
    """Windows over the same days and the same sum, as one that says all of them."""
    bounded = [window.maximum for window in group if window.maximum != FREE]
    tables = [window.table for window in group if window.table is not None]
    return replace(
        group[0],
        maximum=min(bounded, default=FREE),
        minimum=max(window.minimum for window in group),
        table=np.sum(tables, axis=0) if tables else None,
        rolling=max(window.rolling for window in group),
    )


def held_matrix(compiled: Compiled, held: Iterable[tuple[str, str]]) -> Bools:
    """People by slots, from pairs of ids; pairs that the problem does not know are left out."""
    row_of = {person.id: row for row, person in enumerate(compiled.problem.people)}
    column_of: Mapping[str, int] = {slot.id: at for at, slot in enumerate(compiled.slots)}
    matrix = np.zeros((len(row_of), len(compiled.slots)), dtype=np.bool_)
    for person, slot in held:
        if person in row_of and slot in column_of:
            matrix[row_of[person], column_of[slot]] = True
    return matrix
