"""What the values of a roster's problem mean, slowly and in the most obvious way.

Written from the words of ``problem.py``, with nothing of the checker: no sorting tricks, no
windows that slide, minutes counted one by one. The property-based tests require that both agree.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import floor

from maillage.engines.rostering.problem import (
    Limit,
    Person,
    Problem,
    Roster,
    Share,
    Slot,
    Term,
    Violation,
)


def violations(problem: Problem, roster: Roster) -> Counter[Violation]:
    """Every violation of a roster, as many times as it is broken."""
    found: Counter[Violation] = Counter()
    known_people = [person.id for person in problem.people]
    known_slots = [slot.id for slot in problem.slots]
    for person_id, slot_id in roster.held:
        if person_id not in known_people or slot_id not in known_slots:
            found[Violation("unknown", person_id, (slot_id,))] += 1
    for slot in problem.slots:
        count = holders(problem, roster, slot)
        if slot.over is None and count > slot.required:
            found[Violation("too_many", "", (slot.id,), count - slot.required)] += 1
    for person in problem.people:
        for slot_id in person.pinned:
            if slot_id not in known_slots and (person.id, slot_id) not in roster.held:
                found[Violation("unknown", person.id, (slot_id,))] += 1
            elif (person.id, slot_id) not in roster.held:
                found[Violation("not_pinned", person.id, (slot_id,))] += 1
        held = held_by(problem, roster, person)
        found += one_by_one(person, held)
        found += pairs(problem, person, held)
        found += days_of_too_many(problem, person, held)
        found += said_once(person, held)
        found += rhythm(problem, person, held)
    return found


def held_by(problem: Problem, roster: Roster, person: Person) -> list[Slot]:
    """Known duties of a person, in order of time."""
    held = [slot for slot in problem.slots if (person.id, slot.id) in roster.held]
    return sorted(held, key=lambda slot: (slot.starts, slot.ends, slot.id))


def holders(problem: Problem, roster: Roster, slot: Slot) -> int:
    """Known people who hold a slot."""
    return len([person for person in problem.people if (person.id, slot.id) in roster.held])


def minutes(starts: int, ends: int) -> set[int]:
    """The minutes of an interval, one by one."""
    return set(range(starts, ends))


def one_by_one(person: Person, held: list[Slot]) -> Counter[Violation]:
    """Lines and absences."""
    found: Counter[Violation] = Counter()
    for slot in held:
        if slot.line not in person.lines:
            found[Violation("not_of_line", person.id, (slot.id,))] += 1
        for absence in person.absences:
            met = minutes(slot.starts, slot.ends) & minutes(absence.starts, absence.ends)
            if met and (not absence.lines or slot.line in absence.lines):
                found[
                    Violation(absence.rule, person.id, (slot.id,), len(met), absence.negotiable)
                ] += 1
    return found


def pairs(problem: Problem, person: Person, held: list[Slot]) -> Counter[Violation]:
    """Overlaps, rests and successions, over every ordered pair that has a duty of the roster."""
    found: Counter[Violation] = Counter()
    everything = [(slot, False) for slot in held] + [(slot, True) for slot in person.before]
    for first, first_is_before in everything:
        for second, second_is_before in everything:
            if first is second or (first_is_before and second_is_before):
                continue
            both = (first.id, second.id)
            met = minutes(first.starts, first.ends) & minutes(second.starts, second.ends)
            earlier = (first.starts, first.ends, first.id) < (second.starts, second.ends, second.id)
            if met and earlier:
                found[Violation("overlap", person.id, both, len(met))] += 1
            if not met and first.ends <= second.starts:
                free = second.starts - first.ends
                for rest in problem.rests:
                    if rest.after and first.line not in rest.after:
                        continue
                    if rest.before and second.line not in rest.before:
                        continue
                    needed = rest.minutes
                    if rest.as_long:
                        needed = max(needed, first.ends - first.starts)
                    needed += problem.travel.get((first.site, second.site), 0)
                    if free < needed:
                        found[Violation(rest.rule, person.id, both, needed - free)] += 1
            if not second_is_before and second.day == first.day + 1:
                for succession in problem.successions:
                    if first.line == succession.after and second.line in succession.before:
                        found[Violation(succession.rule, person.id, both)] += 1
    return found


def days_of_too_many(problem: Problem, person: Person, held: list[Slot]) -> Counter[Violation]:
    """Days on which several duties start."""
    found: Counter[Violation] = Counter()
    for day in range(problem.days):
        names = tuple(slot.id for slot in held if slot.day == day)
        if problem.one_a_day and len(names) > 1:
            found[Violation("one_a_day", person.id, names, len(names) - 1)] += 1
    return found


def windows(limit: Limit) -> list[tuple[int, int]]:
    """First day (included) and last day (excluded) of the windows that a maximum bounds."""
    if limit.rolling is None:
        return [(limit.first_day, limit.last_day)]
    return [
        (day, day + limit.rolling)
        for day in range(limit.first_day, limit.last_day)
        if day + limit.rolling <= limit.last_day
    ]


def passed(limit: Limit, held: list[Slot]) -> dict[tuple[str, int], tuple[tuple[str, ...], int]]:
    """Each window of a limit that is passed: the duties that it counts, and by how much."""

    def counted(first: int, last: int) -> tuple[tuple[str, ...], int]:
        inside = [
            s for s in held if s.day in range(first, last) and s.counts.get(limit.counter, 0) != 0
        ]
        total = sum(slot.counts[limit.counter] for slot in inside)
        total += limit.carried if first == limit.first_day else 0
        return tuple(slot.id for slot in inside), total

    found = {}
    if limit.maximum is not None:
        for first, last in windows(limit):
            names, total = counted(first, last)
            if total > limit.maximum:
                found["above", first] = (names, total - limit.maximum)
    if limit.minimum is not None:
        names, total = counted(limit.first_day, limit.last_day)
        if total < limit.minimum:
            found["below", limit.first_day] = (names, limit.minimum - total)
    return found


def said_once(person: Person, held: list[Slot]) -> Counter[Violation]:
    """Windows of one rule that count the same duties speak once, by the largest excess."""
    every = [
        (limit.rule, limit.counter, limit.negotiable, bound, names, excess)
        for limit in person.limits
        for (bound, _), (names, excess) in passed(limit, held).items()
    ]
    found: Counter[Violation] = Counter()
    for same in {one[:-1] for one in every}:
        rule, _, negotiable, _, names = same
        excess = max(one[-1] for one in every if one[:-1] == same)
        found[Violation(rule, person.id, names, excess, negotiable)] += 1
    return found


def rhythm(problem: Problem, person: Person, held: list[Slot]) -> Counter[Violation]:
    """Runs of days worked and off, looked at from each day where one may begin."""
    found: Counter[Violation] = Counter()
    worked = [any(slot.day == day for slot in held) for day in range(problem.days)]

    def names(first: int, last: int) -> tuple[str, ...]:
        return tuple(slot.id for slot in held if first <= slot.day <= last)

    for first in range(problem.days):
        if first > 0 and worked[first - 1] == worked[first]:
            continue
        last = first
        while last + 1 < problem.days and worked[last + 1] == worked[first]:
            last += 1
        length = last - first + 1
        touches_an_edge = first == 0 or last == problem.days - 1
        most, least, off = (
            person.rhythm.max_worked,
            person.rhythm.min_worked,
            person.rhythm.min_off,
        )
        if worked[first] and most is not None and length > most:
            found[Violation("max_worked", person.id, names(first, last), length - most)] += 1
        if touches_an_edge:
            continue
        if worked[first] and least is not None and length < least:
            found[Violation("min_worked", person.id, names(first, last), least - length)] += 1
        if not worked[first] and off is not None and length < off:
            around = names(first - 1, last + 1)
            found[Violation("min_off", person.id, around, off - length)] += 1
    weekends = [days for days in problem.weekends if any(slot.day in days for slot in held)]
    most = person.rhythm.max_weekends
    if most is not None and len(weekends) > most:
        those = tuple(s.id for s in held if any(s.day in days for days in problem.weekends))
        found[Violation("max_weekends", person.id, those, len(weekends) - most)] += 1
    return found


def terms(problem: Problem, roster: Roster) -> dict[Term, int]:
    """Points of each term of the objective."""
    points = dict.fromkeys(Term, 0)
    for slot in problem.slots:
        count = holders(problem, roster, slot)
        if count < slot.required:
            points[Term.UNDER] += slot.under * (slot.required - count)
        if count > slot.required and slot.over is not None:
            points[Term.OVER] += slot.over * (count - slot.required)
        for person in problem.people:
            holds = (person.id, slot.id) in roster.held
            points[Term.WISHES] += person.costs.get(slot.id, 0) if holds else 0
            points[Term.WISHES] += person.asked.get(slot.id, 0) if not holds else 0
            if holds != (slot.id in person.held_before):
                points[Term.CHANGES] += problem.change
    for person in problem.people:
        held = held_by(problem, roster, person)
        for share in person.shares:
            points[Term.SHARES] += share_points(share, held)
    return points


def share_points(share: Share, held: list[Slot]) -> int:
    """Weight times the distance to the target, to the power, rounded half up."""
    total = sum(slot.counts.get(share.counter, 0) for slot in held)
    away = abs(Fraction(total * share.scale + share.carried - share.target, share.scale))
    return floor(share.weight * away**share.power + Fraction(1, 2))


def holes(problem: Problem, roster: Roster) -> dict[str, int]:
    """People missing, by slot."""
    return {
        slot.id: slot.required - holders(problem, roster, slot)
        for slot in problem.slots
        if holders(problem, roster, slot) < slot.required
    }
