"""What binds one person: every hard rule on the duties that they hold, and what holding them costs.

Each function takes duties in order of time and yields violations. The checker calls them; nothing
else in the package may decide anew what a rule means.

Where the values of :mod:`.problem` leave a choice, it is made here, once:

- An interval holds its start and not its end: a duty may begin the minute another ends.
- Two duties that overlap break ``overlap`` and no rest: a rest is missing between duties of which
  one ends before the other begins, next to each other or not.
- Duties before the horizon count for overlaps, rests and successions; for limits, ``carried``
  already says what they add, and rhythms do not look back.
- The minimum of a limit bounds the whole of ``first_day <= day < last_day``, with ``carried``,
  also when the limit is rolling. A rolling limit longer than its days has no run, so no maximum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from .problem import Limit, Person, Problem, Rest, Share, Slot, Succession, Violation

Windows = dict[tuple[str, int], tuple[int, tuple[str, ...]]]
"""Windows of a limit that are passed, by bound ("most", "least") and first day: excess, slots."""

in_time = attrgetter("starts", "ends", "id")
"""Order of time of duties: start, then end, then id."""


@dataclass(frozen=True, slots=True)
class Bindings:
    """What a problem says to everybody, ready to be applied to one person."""

    rests_after: Mapping[str, tuple[Rest, ...]]
    any_rests: tuple[Rest, ...]
    successions_after: Mapping[str, tuple[Succession, ...]]
    weekend_of: Mapping[int, tuple[int, ...]]
    longest_travel: int

    def rests(self, line: str) -> tuple[Rest, ...]:
        """The rests that a duty of this line is followed by."""
        return self.rests_after.get(line, self.any_rests)

    @classmethod
    def of(cls, problem: Problem) -> Bindings:
        """Compile the rules common to all. Lines named by no rest fall back on those for all."""
        lines = {line for rest in problem.rests for line in rest.after}
        followed: dict[str, list[Succession]] = {}
        for succession in problem.successions:
            followed.setdefault(succession.after, []).append(succession)
        weekends: dict[int, list[int]] = {}
        for number, days in enumerate(problem.weekends):
            for day in set(days):
                weekends.setdefault(day, []).append(number)
        return cls(
            {
                line: tuple(rest for rest in problem.rests if not rest.after or line in rest.after)
                for line in lines
            },
            tuple(rest for rest in problem.rests if not rest.after),
            {line: tuple(those) for line, those in followed.items()},
            {day: tuple(those) for day, those in weekends.items()},
            max(problem.travel.values(), default=0),
        )


def rest_needed(
    rest: Rest, first: Slot, second: Slot, travel: Mapping[tuple[str, str], int]
) -> int:
    """Minutes that ``rest`` asks between two duties, travel included; 0 when it does not apply."""
    if (rest.after and first.line not in rest.after) or (
        rest.before and second.line not in rest.before
    ):
        return 0
    minutes = max(rest.minutes, first.ends - first.starts) if rest.as_long else rest.minutes
    return minutes + travel.get((first.site, second.site), 0)


def forbidden(person: Person, held: Sequence[Slot]) -> Iterator[Violation]:
    """Duties of lines that are not theirs, and duties that meet an absence, one by one."""
    for slot in held:
        if slot.line not in person.lines:
            yield Violation("not_of_line", person.id, (slot.id,))
        for absence in person.absences:
            if absence.lines and slot.line not in absence.lines:
                continue
            met = min(slot.ends, absence.ends) - max(slot.starts, absence.starts)
            if met > 0:
                yield Violation(absence.rule, person.id, (slot.id,), met, absence.negotiable)


def too_close(
    person: Person, held: Sequence[Slot], problem: Problem, bindings: Bindings
) -> Iterator[Violation]:
    """Pairs of duties that overlap, or between which a rest is missing."""
    earlier = {id(slot) for slot in person.before}
    together = sorted((*person.before, *held), key=in_time) if earlier else held
    for number, first in enumerate(together):
        rests = bindings.rests(first.line)
        lasted = first.ends - first.starts
        asked = max((max(r.minutes, lasted) if r.as_long else r.minutes for r in rests), default=0)
        reach = asked + bindings.longest_travel if rests else 0
        for second in together[number + 1 :]:
            gap = second.starts - first.ends
            if gap >= reach and gap >= 0:
                break
            if id(first) in earlier and id(second) in earlier:
                continue
            pair = (first.id, second.id)
            if gap < 0:
                met = min(first.ends, second.ends) - second.starts
                yield Violation("overlap", person.id, pair, met)
                continue
            for rest in rests:
                missing = rest_needed(rest, first, second, problem.travel) - gap
                if missing > 0:
                    yield Violation(rest.rule, person.id, pair, missing)


def same_day(person: Person, held: Sequence[Slot]) -> Iterator[Violation]:
    """Days on which more than one duty starts."""
    for slots in by_day(held).values():
        if len(slots) > 1:
            names = tuple(slot.id for slot in slots)
            yield Violation("one_a_day", person.id, names, len(slots) - 1)


def following(person: Person, held: Sequence[Slot], bindings: Bindings) -> Iterator[Violation]:
    """Duties followed, on the next day, by one that may not follow."""
    if not bindings.successions_after:
        return
    next_days = by_day(held)
    for first in (*person.before, *held):
        for succession in bindings.successions_after.get(first.line, ()):
            for second in next_days.get(first.day + 1, ()):
                if second.line in succession.before:
                    yield Violation(succession.rule, person.id, (first.id, second.id))


def by_day(held: Sequence[Slot]) -> dict[int, list[Slot]]:
    """Duties by the day on which they start, days and duties in order of time."""
    days: dict[int, list[Slot]] = {}
    for slot in held:
        days.setdefault(slot.day, []).append(slot)
    return days


def beyond_limit(limit: Limit, held: Sequence[Slot]) -> Windows:
    """By how much each window of a limit is passed, and the duties that it counts there."""
    counted = [
        (slot.day, value, slot.id)
        for slot in held
        if limit.first_day <= slot.day < limit.last_day
        and (value := slot.counts.get(limit.counter, 0))
    ]
    names = tuple(name for _, _, name in counted)
    total = limit.carried + sum(value for _, value, _ in counted)
    passed: Windows = {}
    if limit.minimum is not None and total < limit.minimum:
        passed["least", limit.first_day] = (limit.minimum - total, names)
    if limit.maximum is None:
        return passed
    if limit.rolling is None:
        if total > limit.maximum:
            passed["most", limit.first_day] = (total - limit.maximum, names)
        return passed
    most = max(limit.carried, 0) + sum(value for _, value, _ in counted if value > 0)
    if most > limit.maximum:
        counted.sort(key=lambda one: one[0])
        _add_runs(passed, limit, limit.rolling, limit.maximum, counted)
    return passed


def _add_runs(
    passed: Windows,
    limit: Limit,
    length: int,
    maximum: int,
    counted: Sequence[tuple[int, int, str]],
) -> None:
    """Each run of days whose duties, in order of days, hold more than the maximum."""
    sums = [0]
    for _, value, _ in counted:
        sums.append(sums[-1] + value)
    low = high = 0
    for start in range(limit.first_day, limit.last_day - length + 1):
        while low < len(counted) and counted[low][0] < start:
            low += 1
        while high < len(counted) and counted[high][0] < start + length:
            high += 1
        total = sums[high] - sums[low] + (limit.carried if start == limit.first_day else 0)
        if total > maximum:
            passed["most", start] = (total - maximum, tuple(n for _, _, n in counted[low:high]))


def said_once(person: str, passed: Iterable[tuple[Limit, Windows]]) -> Iterator[Violation]:
    """One violation for each set of duties that windows hold in excess (or short), by the largest.

    Consecutive runs that hold the same duties would say the same thing many times, and so would
    the limits of one rule whose runs hold duties that are not of the roster.
    """
    largest: dict[tuple[str, str, bool, str, tuple[str, ...]], int] = {}
    for limit, windows in passed:
        for (bound, _), (excess, names) in windows.items():
            key = (limit.rule, limit.counter, limit.negotiable, bound, names)
            largest[key] = max(excess, largest.get(key, 0))
    for (rule, _, negotiable, _, names), excess in largest.items():
        yield Violation(rule, person, names, excess, negotiable)


def out_of_rhythm(
    person: Person, held: Sequence[Slot], days: int, bindings: Bindings
) -> Iterator[Violation]:
    """Runs of days worked or off that are too long or too short; too many weekends."""
    rhythm = person.rhythm
    worked = by_day(held)
    runs = _stretches(sorted(worked))
    for number, (first, last) in enumerate(runs):
        length = last - first + 1
        names = tuple(s.id for day in range(first, last + 1) for s in worked[day])
        if rhythm.max_worked is not None and length > rhythm.max_worked:
            yield Violation("max_worked", person.id, names, length - rhythm.max_worked)
        inside = first > 0 and last < days - 1
        if rhythm.min_worked is not None and inside and length < rhythm.min_worked:
            yield Violation("min_worked", person.id, names, rhythm.min_worked - length)
        if rhythm.min_off is not None and number:
            before = runs[number - 1][1]
            off = first - before - 1
            if off < rhythm.min_off:
                around = tuple(slot.id for day in (before, first) for slot in worked[day])
                yield Violation("min_off", person.id, around, rhythm.min_off - off)
    if rhythm.max_weekends is not None:
        spent = {number for day in worked for number in bindings.weekend_of.get(day, ())}
        if len(spent) > rhythm.max_weekends:
            names = tuple(slot.id for slot in held if slot.day in bindings.weekend_of)
            yield Violation("max_weekends", person.id, names, len(spent) - rhythm.max_weekends)


def _stretches(days: Sequence[int]) -> list[tuple[int, int]]:
    """First and last day of each run of consecutive days."""
    runs: list[tuple[int, int]] = []
    for day in days:
        if runs and runs[-1][1] == day - 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def share_cost(share: Share, total: int) -> int:
    """Points of one counter that stands at ``total``, rounded half up."""
    away = abs(total * share.scale + share.carried - share.target)
    unit: int = share.scale**share.power
    return (2 * share.weight * away**share.power + unit) // (2 * unit)


def share_costs(person: Person, held: Sequence[Slot]) -> int:
    """Points of all the shares of a person who holds these duties."""
    return sum(
        share_cost(share, sum(slot.counts.get(share.counter, 0) for slot in held))
        for share in person.shares
    )
