"""The fewest negotiable rules to lift so that fewer duties stay empty, each way with its roster.

A way out is a set of absences and limits that somebody may lift, and a roster that needs only
those. Ways are found one after the other, smallest first; none holds another, so nothing in a way
is superfluous. Each is judged again by the checker before it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from .checking import Checker, Pair
from .part_model import Item, PartModel, lifted_with
from .parts import Part, part_of
from .problem import Person, Problem, Roster, Violation


@dataclass(frozen=True, slots=True)
class WayOut:
    """Rules to lift, the roster that this allows, and what it breaks of the rules as they are.

    ``fills``: slots held by more people than in the roster that was asked about, in order of time.
    ``is_smallest``: proven that no fewer rules are enough.
    """

    items: tuple[Item, ...]
    roster: Roster
    missing: int
    violations: tuple[Violation, ...]
    fills: tuple[str, ...]
    is_smallest: bool


def without(problem: Problem, items: Iterable[Item]) -> Problem:
    """The problem with these negotiable rules lifted. ``ValueError`` for one that is not."""
    lifted = set(items)
    people = []
    for person in problem.people:
        mine: set[tuple[str, int]] = set()
        for item in sorted(item for item in lifted if item.person == person.id):
            those = person.absences if item.kind == "absence" else person.limits
            if not those[item.index].negotiable:
                raise ValueError(f"{item.kind} {item.index} of {person.id!r} is not negotiable")
            mine |= {(item.kind, index) for index in _places(person, item)}
        people.append(
            replace(
                person,
                absences=tuple(
                    one for n, one in enumerate(person.absences) if ("absence", n) not in mine
                ),
                limits=tuple(
                    one for n, one in enumerate(person.limits) if ("limit", n) not in mine
                ),
            )
        )
    return replace(problem, people=tuple(people))


def _places(person: Person, item: Item) -> tuple[int, ...]:
    """The places of what is lifted with this item, itself included."""
    if item.kind == "absence":
        return (item.index,)
    return lifted_with(person, person.limits[item.index])


def ways_out(
    checker: Checker,
    part: Part,
    roster: Roster,
    target: int,
    *,
    seconds: float,
    at_most: int = 5,
    must_fill: str = "",
    free: frozenset[Pair] | None = None,
    workers: int = 8,
    seed: int = 0,
) -> tuple[WayOut, ...]:
    """Ways to have no more than ``target`` people missing over a part, smallest first.

    ``must_fill``: a slot that nobody may be missing on. ``free``: only these pairs may differ from
    the roster (so that a year is not made anew for one night); smallest is then among those.
    """
    until = monotonic() + seconds
    wide = part_of(checker, part.slots, part.people, negotiable=True)
    inside = frozenset(pair for pair in roster.held if pair[1] in set(part.slots))
    model = PartModel(
        checker,
        wide,
        standing=inside if free is not None else frozenset(),
        free=free,
        liftable=True,
    )
    model.model.add(model.people_missing() <= target)
    if must_fill in model.missing:
        model.model.add(model.missing[must_fill] == 0)
    found: list[WayOut] = []
    while len(found) < at_most and monotonic() < until:
        lifted = model.lifted
        outcome = model.least(
            sum(lifted.values()), seconds=until - monotonic(), workers=workers, seed=seed
        )
        if outcome.held is None:
            break
        used = _used(checker, outcome.held, outcome.lifted)
        proven = found[0].is_smallest if found else outcome.optimal
        smallest = proven and (not found or len(used) == len(found[0].items))
        way = _way(checker, part, roster, used, outcome.held, smallest=smallest)
        if way is None or way.missing > target:
            break
        found.append(way)
        if not used:
            break
        model.model.add_bool_or([lifted[item].negated() for item in used])
    return tuple(found)


def _used(checker: Checker, held: frozenset[Pair], lifted: frozenset[Item]) -> tuple[Item, ...]:
    """The lifted rules that the roster does break: a search cut short may lift too many."""
    by_person: dict[str, set[str]] = {}
    for person_id, slot in held:
        by_person.setdefault(person_id, set()).add(slot)
    kept = []
    for item in sorted(lifted):
        person = checker.people[item.person]
        alone = replace(
            person,
            absences=(person.absences[item.index],) if item.kind == "absence" else (),
            limits=tuple(person.limits[at] for at in _places(person, item))
            if item.kind == "limit"
            else (),
        )
        judge = Checker(replace(checker.problem, people=(alone,)))
        breaks = judge.violations_of(item.person, by_person.get(item.person, ()))
        if any(one.rule == item.rule and one.negotiable for one in breaks):
            kept.append(item)
    return tuple(kept)


def _way(
    checker: Checker,
    part: Part,
    roster: Roster,
    items: Sequence[Item],
    held: frozenset[Pair],
    *,
    smallest: bool,
) -> WayOut | None:
    """A way out, judged: what the checker makes of it must be its lifted rules and nothing else."""
    inside = set(part.slots)
    outside = frozenset(pair for pair in roster.held if pair[1] not in inside)
    proposed = Roster(outside | held)
    judge = Checker(without(checker.problem, items))
    change = judge.cost_of_change(roster, proposed.held - roster.held, roster.held - proposed.held)
    if change.violations:
        return None
    before, after = checker.standing(roster), checker.standing(proposed)
    verdict = checker.cost_of_change(
        roster, proposed.held - roster.held, roster.held - proposed.held
    )
    return WayOut(
        items=tuple(items),
        roster=proposed,
        missing=sum(after.missing(name) for name in part.slots),
        violations=verdict.violations,
        fills=tuple(name for name in part.slots if after.missing(name) < before.missing(name)),
        is_smallest=smallest,
    )
