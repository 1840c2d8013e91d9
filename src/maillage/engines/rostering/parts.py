"""A problem cut where nobody is shared, and the linear rows that bind each person.

Lines that share a person make one part; parts have nothing to do with each other, so each is
solved, proven and explained alone. A :class:`Row` is one consequence of the rules that is linear
in what one person holds. The solver builds its model from rows, and a certificate points at them;
whoever verifies a certificate makes each row again from the problem.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from .checking import Checker, Pair
from .problem import Limit, Person, Slot


class Why(StrEnum):
    """Which rule a row comes from."""

    EACH = "each"
    """A person holds a slot at most once."""
    TOGETHER = "together"
    """Slots of which each pair is in conflict: at most one."""
    LIMIT = "limit"
    """The maximum of a limit, on one of its windows."""
    WORKED = "worked"
    """Among one day more than may be worked on end, one is free."""
    WEEKENDS = "weekends"
    """Duties on the same day of all weekends: no more than weekends that may be worked."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Where a row comes from: enough to make it again from the problem.

    ``slots`` for EACH and TOGETHER; ``index`` of the limit of the person, or of the day inside the
    weekends; ``first_day`` of the window of LIMIT and WORKED.
    """

    why: Why
    slots: tuple[str, ...] = ()
    index: int = 0
    first_day: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """The sum of ``coefficients`` over what the person holds is at most ``bound``."""

    reason: Reason
    coefficients: Mapping[str, int]
    bound: int


@dataclass(frozen=True, slots=True)
class Part:
    """Lines that share people, the slots of these lines in order of time, and the people.

    ``may_hold``: slots that nothing bars a person from by itself, and those pinned.
    """

    lines: frozenset[str]
    slots: tuple[str, ...]
    people: tuple[str, ...]
    may_hold: Mapping[str, tuple[str, ...]]


def parts_of(checker: Checker) -> tuple[Part, ...]:
    """The parts of a problem, in the order of their first line by name."""
    problem = checker.problem
    above: dict[str, str] = {}

    def top(line: str) -> str:
        above.setdefault(line, line)
        while above[line] != line:
            above[line] = above[above[line]]
            line = above[line]
        return line

    for slot in problem.slots:
        top(slot.line)
    linked: dict[str, set[str]] = {}
    for person in problem.people:
        lines = {line for line in person.lines if line in above}
        lines |= {checker.slots[name].line for name in person.pinned if name in checker.slots}
        linked[person.id] = lines
        for line in lines:
            above[top(line)] = top(min(lines))
    groups: dict[str, set[str]] = {}
    for line in sorted(above):
        groups.setdefault(top(line), set()).add(line)
    return tuple(
        part_of(
            checker,
            [slot.id for slot in problem.slots if slot.line in lines],
            [person for person, those in linked.items() if those & lines],
        )
        for lines in groups.values()
    )


def part_of(
    checker: Checker,
    slot_ids: Iterable[str],
    people_ids: Iterable[str],
    *,
    negotiable: bool = False,
) -> Part:
    """These slots and these people, with what each may hold.

    ``negotiable``: also what only absences that somebody could lift keep them from.
    """
    slots = checker.in_order(slot_ids)
    people = tuple(people_ids)
    may_hold = {
        person: tuple(
            slot.id
            for slot in slots
            if slot.id in checker.people[person].pinned
            or all(
                negotiable and violation.negotiable for violation in checker.barred(person, slot.id)
            )
        )
        for person in people
    }
    lines = frozenset(slot.line for slot in slots)
    return Part(lines, tuple(slot.id for slot in slots), people, may_hold)


def row_of(checker: Checker, person: Person, reason: Reason, among: Collection[str]) -> Row | None:
    """The row that a reason makes for a person over some slots; None when it is no reason.

    A row that the pinned slots of the person already pass, or that the days before the horizon
    pass alone, is as loose as they make it: no roster can do anything about them.
    """
    made = _row(checker, person, reason, [checker.slots[name] for name in among])
    if made is None:
        return None
    coefficients, bound = made
    pinned = sum(value for name, value in coefficients.items() if name in person.pinned)
    least = sum(min(0, value) for value in coefficients.values())
    return Row(reason, coefficients, max(bound, pinned, least))


def _row(
    checker: Checker, person: Person, reason: Reason, among: Sequence[Slot]
) -> tuple[dict[str, int], int] | None:
    """Coefficients and bound, from the problem alone."""
    problem, rhythm = checker.problem, person.rhythm
    if reason.why in (Why.EACH, Why.TOGETHER):
        names = set(reason.slots)
        if reason.why is Why.EACH and len(names) > 1:
            return None
        if not names <= checker.slots.keys():
            return None
        if not all(checker.conflict(*pair) for pair in combinations(sorted(names), 2)):
            return None
        return {slot.id: 1 for slot in among if slot.id in names}, 1
    if reason.why is Why.LIMIT:
        if not 0 <= reason.index < len(person.limits):
            return None
        limit = person.limits[reason.index]
        last_day = _window_end(limit, reason.first_day)
        if limit.maximum is None or last_day is None:
            return None
        carried = limit.carried if reason.first_day == limit.first_day else 0
        return {
            slot.id: value
            for slot in among
            if reason.first_day <= slot.day < last_day
            and (value := slot.counts.get(limit.counter, 0))
        }, limit.maximum - carried
    if not problem.one_a_day:
        return None
    if reason.why is Why.WORKED and rhythm.max_worked is not None:
        days: Collection[int] = range(reason.first_day, reason.first_day + rhythm.max_worked + 1)
        return {slot.id: 1 for slot in among if slot.day in days}, rhythm.max_worked
    if reason.why is Why.WEEKENDS and rhythm.max_weekends is not None:
        days = {those[reason.index] for those in problem.weekends if 0 <= reason.index < len(those)}
        return {slot.id: 1 for slot in among if slot.day in days}, rhythm.max_weekends
    return None


def _window_end(limit: Limit, first_day: int) -> int | None:
    """The day after the window of a limit that starts on ``first_day``; None when none does."""
    if limit.rolling is None:
        return limit.last_day if first_day == limit.first_day else None
    inside = limit.first_day <= first_day <= limit.last_day - limit.rolling
    return first_day + limit.rolling if inside else None


class Rows:
    """The rows of every person of a part, made once each; conflicts are looked for only once."""

    def __init__(self, checker: Checker, part: Part) -> None:
        self.checker = checker
        self.part = part
        self._near = _conflicts(checker, part.slots)
        self._of: dict[str, tuple[Row, ...]] = {}

    def of(self, person_id: str) -> tuple[Row, ...]:
        """Rows that may bind a person: those that holding everything would pass."""
        if person_id not in self._of:
            self._of[person_id] = tuple(self._make(person_id))
        return self._of[person_id]

    def _make(self, person_id: str) -> Iterable[Row]:
        person, among = self.checker.people[person_id], self.part.may_hold[person_id]
        seen: set[tuple[frozenset[tuple[str, int]], int]] = set()
        for reason in self._reasons(person, among):
            if reason.why is Why.TOGETHER:  # made of conflicts: not asked again
                pinned = sum(1 for name in reason.slots if name in person.pinned)
                yield Row(reason, dict.fromkeys(reason.slots, 1), max(1, pinned))
                continue
            row = row_of(self.checker, person, reason, among)
            if row is None or sum(max(0, v) for v in row.coefficients.values()) <= row.bound:
                continue
            key = (frozenset(row.coefficients.items()), row.bound)
            if key not in seen:
                seen.add(key)
                yield row

    def _reasons(self, person: Person, among: Sequence[str]) -> Iterable[Reason]:
        """Every reason that the rules give over these slots."""
        for clique in _cliques(among, self._near):
            yield Reason(Why.TOGETHER, clique)
        days = sorted({self.checker.slots[name].day for name in among})
        for index, limit in enumerate(person.limits):
            if limit.maximum is None:
                continue
            starts: Iterable[int] = (limit.first_day,)
            if limit.rolling is not None:
                # A window matters when a duty begins it, or when what is carried does.
                latest = limit.last_day - limit.rolling
                after = {min(day, latest) for day in days if day >= limit.first_day}
                starts = sorted(
                    {limit.first_day} | {day for day in after if day >= limit.first_day}
                )
            for first_day in starts:
                yield Reason(Why.LIMIT, index=index, first_day=first_day)
        if person.rhythm.max_worked is not None:
            for day in days:
                yield Reason(Why.WORKED, first_day=day)
        if person.rhythm.max_weekends is not None:
            for index in range(
                max((len(those) for those in self.checker.problem.weekends), default=0)
            ):
                yield Reason(Why.WEEKENDS, index=index)


def _conflicts(checker: Checker, slots: Sequence[str]) -> dict[str, set[str]]:
    """For each slot, the later ones that nobody may hold with it."""
    problem = checker.problem
    asked = max((rest.minutes for rest in problem.rests), default=0)
    as_long = any(rest.as_long for rest in problem.rests)
    road = max(problem.travel.values(), default=0)
    near: dict[str, set[str]] = {name: set() for name in slots}
    for number, name in enumerate(slots):
        first = checker.slots[name]
        reach = max(asked, first.ends - first.starts if as_long else 0) + road
        for other in slots[number + 1 :]:
            second = checker.slots[other]
            if second.starts - first.ends >= reach and second.day > first.day + 1:
                break
            if checker.conflict(name, other):
                near[name].add(other)
    return near


def _cliques(among: Sequence[str], near: Mapping[str, set[str]]) -> Iterable[tuple[str, ...]]:
    """Sets of slots all in conflict that together hold every conflict, each as large as found."""
    allowed = set(among)
    later = {name: near[name] & allowed for name in among}
    left = {(name, other) for name in among for other in later[name]}
    order = {name: number for number, name in enumerate(among)}
    for name in among:
        for other in sorted(later[name], key=order.__getitem__):
            if (name, other) not in left:
                continue
            clique = [name, other]
            for third in sorted(later[name] - {other}, key=order.__getitem__):
                if all(third in later[one] or one in later[third] for one in clique):
                    clique.append(third)
            left -= {(a, b) for a in clique for b in clique}
            yield tuple(clique)


def pairs_of(part: Part) -> tuple[Pair, ...]:
    """Every person and slot that they may hold."""
    return tuple((person, slot) for person, slots in part.may_hold.items() for slot in slots)
