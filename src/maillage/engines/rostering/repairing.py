"""Somebody is away: who holds their duties instead, changing as few duties as can be.

In this order: no slot misses more people than before if it can be helped (filling another hole
instead is no excuse); the fewest duties that change hands; shares; wishes. The search goes from
the duties lost alone to the weeks around, then over the whole part, whose bounds say whether fewer
would have been possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from time import monotonic

from .checking import Checker, Pair
from .part_model import Linear, PartModel
from .parts import Part, Rows, pairs_of, parts_of
from .problem import DAY_MINUTES, Absence, Problem, Roster, Verdict

AWAY = "away"
"""Code of the absence that a repair adds."""

_AROUND = (0, 7, 28)
"""Days around the duties lost in which others may change, tried in turn; then the whole part.

With none, only the duties lost change hands.
"""
Proven = tuple[bool, bool, bool, bool]
_FOR_SHARES = 0.2
"""Part of the time kept for shares and wishes."""
_LONG = 8_000
"""Pairs beyond which a part is not searched whole."""


@dataclass(frozen=True, slots=True)
class Move:
    """One slot that changes hands; who leaves it and who takes it, in the order of the problem."""

    slot: str
    leaves: tuple[str, ...]
    takes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repaired:
    """A repaired roster.

    ``lost``: slots that the person had to leave. ``moves``: every slot that changes hands, in order
    of time, those of ``lost`` that nobody takes included. ``left_empty``: people missing above what
    each slot missed before, in points of UNDER. ``proven``: nothing better exists for, in turn,
    people missing, slots changed, shares, wishes. ``verdict`` judges the roster in ``problem``, in
    which the person is away.
    """

    problem: Problem
    roster: Roster
    verdict: Verdict
    lost: tuple[str, ...]
    moves: tuple[Move, ...]
    left_empty: int
    proven: Proven
    seconds: float

    @property
    def others_changed(self) -> int:
        """Slots changed beyond those that had to be left."""
        return len(self.moves) - len(self.lost)


def repair(
    problem: Problem,
    roster: Roster,
    person: str,
    *,
    starts: int | None = None,
    ends: int | None = None,
    slots: Iterable[str] = (),
    at_most: int | None = None,
    seconds: float = 5.0,
    workers: int = 8,
    seed: int = 0,
) -> Repaired:
    """Repair a roster of which a person can no longer hold some duties.

    They are away over ``starts <= minute < ends``, or for ``slots`` alone. Rules that the roster
    breaks already are left as they are; no new one is broken. ``at_most``: no more slots than that
    change hands (those lost always may), even if one more then stays empty. ``ValueError`` for a
    person or slots that the problem does not have, or for no absence at all.
    """
    began = monotonic()
    away = away_from(problem, roster, person, starts=starts, ends=ends, slots=slots)
    checker = Checker(away)
    gone = {s for p, s in roster.held if p == person and s in checker.slots} - _still(
        checker, roster, person
    )
    lost = tuple(slot.id for slot in checker.in_order(gone))
    rest = Roster(roster.held - {(person, name) for name in lost})
    held = rest.held
    proven: Proven = (True, True, True, True)
    if lost:
        parts = [part for part in parts_of(checker) if set(lost) & set(part.slots)]
        share = (seconds - (monotonic() - began)) / len(parts)
        for part in parts:
            repairing = _Repairing(checker, part, roster.held, held, gone, workers, seed)
            if at_most is not None:
                repairing.at_most = max(at_most, len(lost)) - len(lost) + len(repairing.lost)
            held, sure = repairing.run(share)
            a, b, c, d = (one and other for one, other in zip(proven, sure, strict=True))
            proven = (a, b, c, d)
    repaired = Roster(held)
    before, after = checker.standing(roster), checker.standing(repaired)
    return Repaired(
        problem=away,
        roster=repaired,
        verdict=after.verdict(),
        lost=lost,
        moves=moves_between(checker, roster, repaired),
        left_empty=sum(
            slot.under * max(0, after.missing(slot.id) - before.missing(slot.id))
            for slot in away.slots
        ),
        proven=proven,
        seconds=monotonic() - began,
    )


def away_from(
    problem: Problem,
    roster: Roster,
    person: str,
    *,
    starts: int | None = None,
    ends: int | None = None,
    slots: Iterable[str] = (),
) -> Problem:
    """The problem in which the person is away, and the roster is what everybody held before."""
    by_id = {slot.id: slot for slot in problem.slots}
    names = list(slots)
    unknown = [name for name in names if name not in by_id]
    if unknown or person not in {one.id for one in problem.people}:
        raise ValueError(f"not in the problem: {unknown or person!r}")
    absences = [
        Absence(by_id[name].starts, by_id[name].ends, AWAY, frozenset({by_id[name].line}))
        for name in names
    ]
    if starts is not None and ends is not None and starts < ends:
        absences.append(Absence(starts, ends, AWAY))
    if not absences:
        raise ValueError("an absence has minutes, or slots")
    held: dict[str, set[str]] = {}
    for who, name in roster.held:
        held.setdefault(who, set()).add(name)
    people = []
    for one in problem.people:
        changed = replace(one, held_before=frozenset(held.get(one.id, ())))
        if one.id == person:
            changed = replace(changed, absences=(*one.absences, *absences))
            met = {
                name
                for name in one.pinned & by_id.keys()
                if any(
                    min(by_id[name].ends, a.ends) > max(by_id[name].starts, a.starts)
                    and (not a.lines or by_id[name].line in a.lines)
                    for a in absences
                )
            }
            changed = replace(changed, pinned=one.pinned - met)
        people.append(changed)
    return replace(problem, people=tuple(people))


def moves_between(checker: Checker, before: Roster, after: Roster) -> tuple[Move, ...]:
    """Slots that do not have the same holders in two rosters, in order of time."""
    leaves: dict[str, list[str]] = {}
    takes: dict[str, list[str]] = {}
    for person, slot in before.held - after.held:
        leaves.setdefault(slot, []).append(person)
    for person, slot in after.held - before.held:
        takes.setdefault(slot, []).append(person)
    return tuple(
        Move(slot.id, tuple(sorted(leaves.get(slot.id, ()))), tuple(sorted(takes.get(slot.id, ()))))
        for slot in checker.in_order(leaves.keys() | takes.keys())
    )


def _still(checker: Checker, roster: Roster, person: str) -> set[str]:
    """What the person may go on holding: all but what meets the new absence."""
    return {
        name
        for who, name in roster.held
        if who == person
        and name in checker.slots
        and not any(one.rule == AWAY for one in checker.barred(person, name))
    }


class _Repairing:
    """The repair of one part."""

    def __init__(
        self,
        checker: Checker,
        part: Part,
        before: frozenset[Pair],
        held: frozenset[Pair],
        lost: set[str],
        workers: int,
        seed: int,
    ) -> None:
        inside = set(part.slots)
        self.checker = checker
        self.part = part
        self.rows = Rows(checker, part)
        self.before = frozenset(pair for pair in before if pair[1] in inside)
        self.held = frozenset(pair for pair in held if pair[1] in inside)
        self.outside = held - self.held
        self.lost = {name for name in lost if name in inside}
        self.workers = workers
        self.seed = seed
        stood = checker.standing(Roster(before))
        self.at_most = len(part.slots)
        self.allowed = {name: stood.missing(name) for name in part.slots}

    def run(self, seconds: float) -> tuple[frozenset[Pair], Proven]:
        """The pairs held after repair, and what is proven.

        Holes and changes are settled first, wider and wider; what is left of the time goes to
        shares and wishes, among rosters that miss and change no more.
        """
        until = monotonic() + seconds
        reserve = seconds * _FOR_SHARES
        best, costs = self.held, self._costs(self.held)
        first = second = whole = False
        model: _Changing | None = None
        directly = True
        for days in (*_AROUND, None):
            left = until - reserve - monotonic()
            if left <= 0 or (days is None and len(pairs_of(self.part)) > _LONG):
                break
            tried = self._model(days)
            found, sure = tried.few_changes(best, left if days is None else left / 2)
            new = self._costs(found)
            if new <= costs and self._is_sound(found):
                best, costs, model, whole = found, new, tried, days is None
            if days is None:
                first = sure[0] and new[0] == costs[0]
                second = first and sure[1] and new == costs
            if days == 0:
                directly = not (sure[0] and costs[0] > 0)
            if self._is_least(costs, 0 if directly else 1):
                first = second = True
                # Where only the lost slots change, these are all there is to look at.
                whole = whole or self._is_least(costs, 0)
                break
        fair = (False, False)
        if model is not None:
            found, fair = model.fair(best, costs, until - monotonic())
            if self._costs(found) <= costs and self._is_sound(found):
                best = found
        first = first or costs[0] == 0
        sure_too = whole and first and second
        return self.outside | best, (first, second, sure_too and fair[0], sure_too and all(fair))

    def _is_least(self, costs: tuple[int, int], others: int) -> bool:
        """True when nothing is missing more than before, and so many slots changed beyond the lost.

        That is least with none, and with one when it is proven that none is not enough.
        """
        return costs[0] == 0 and costs[1] <= len(self.lost) + others

    def _is_sound(self, found: frozenset[Pair]) -> bool:
        """True when the repaired part breaks nothing that was not broken before."""
        roster = Roster(self.outside | self.held)
        change = self.checker.cost_of_change(roster, found - self.held, self.held - found)
        return not change.violations

    def _costs(self, found: frozenset[Pair]) -> tuple[int, int]:
        """Points missing above what each slot missed before, and slots changed."""
        standing = self.checker.standing(Roster(found))
        extra = sum(
            self.checker.slots[name].under * max(0, standing.missing(name) - allowed)
            for name, allowed in self.allowed.items()
        )
        return extra, len({name for _, name in found ^ self.before})

    def _model(self, days: int | None) -> _Changing:
        """The model in which only slots so many days around the lost ones may change."""
        model = PartModel(
            self.checker,
            self.part,
            rows=self.rows,
            standing=self.held,
            free=self._free(days),
        )
        changing = _Changing(model, self.before, self.allowed, self.workers, self.seed)
        model.model.add(changing.changed <= self.at_most)
        return changing

    def _free(self, days: int | None) -> frozenset[Pair] | None:
        """Pairs of the slots around the lost ones; None, all."""
        if days is None:
            return None
        slots = self.checker.slots
        if not days:
            return frozenset(pair for pair in pairs_of(self.part) if pair[1] in self.lost)
        first = min(slots[name].starts for name in self.lost) - days * DAY_MINUTES
        last = max(slots[name].starts for name in self.lost) + days * DAY_MINUTES
        near = {name for name in self.part.slots if first <= slots[name].starts <= last}
        return frozenset(pair for pair in pairs_of(self.part) if pair[1] in near)


class _Changing:
    """A model with two totals: points missing beyond what each slot missed, slots changed."""

    def __init__(
        self,
        model: PartModel,
        before: frozenset[Pair],
        allowed: Mapping[str, int],
        workers: int,
        seed: int,
    ) -> None:
        self.model = model
        more: list[Linear] = []
        for name, missing in model.missing.items():
            beyond = model.model.new_int_var(0, model.checker.slots[name].required, "")
            model.model.add(beyond >= missing - allowed[name])
            more.append(model.checker.slots[name].under * beyond)
        self.extra: Linear = sum(more)
        self.changed = model.slots_changed(before)
        self.workers = workers
        self.seed = seed

    def few_changes(
        self, start: frozenset[Pair], seconds: float
    ) -> tuple[frozenset[Pair], tuple[bool, bool]]:
        """Fewest missing, then fewest changed; whether each is proven in this model."""
        return self._in_turn((self.extra, self.changed), start, seconds)

    def fair(
        self, start: frozenset[Pair], costs: tuple[int, int], seconds: float
    ) -> tuple[frozenset[Pair], tuple[bool, bool]]:
        """Least shares, then least wishes, missing and changing no more than ``costs``."""
        self.model.model.add(self.extra <= costs[0])
        self.model.model.add(self.changed <= costs[1])
        return self._in_turn((self.model.shares(), self.model.wishes()), start, seconds)

    def _in_turn(
        self, objectives: tuple[Linear, Linear], start: frozenset[Pair], seconds: float
    ) -> tuple[frozenset[Pair], tuple[bool, bool]]:
        """The least of one total, then of the other."""
        until = monotonic() + seconds
        found, sure = start, [False, False]
        for number, objective in enumerate(objectives):
            left = until - monotonic()
            if left <= 0:
                break
            self.model.hint(found)
            outcome = self.model.least(
                objective, seconds=left, workers=self.workers, seed=self.seed
            )
            if outcome.held is None:
                break
            found = outcome.held
            sure[number] = outcome.optimal and all(sure[:number])
            self.model.model.add(objective <= outcome.value)
        return found, (sure[0], sure[1])
