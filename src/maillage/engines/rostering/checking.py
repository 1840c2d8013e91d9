"""The judge of rosters: what breaks a rule, what is missing, and what it all costs.

One :class:`Checker` is compiled from a problem and asked as often as one types. What a rule means
for one person is in :mod:`.person_rules`; here are the answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from . import person_rules as rules
from .problem import Person, Problem, Roster, Slot, Term, Verdict, Violation

_RUNS = {"one_a_day", "max_worked", "min_worked", "min_off", "max_weekends"}
"""Rules on runs of duties, whose violation grows and shrinks with the run."""

_ANYBODY = Person("", frozenset())

Pair = tuple[str, str]
"""Person and slot."""


@dataclass(frozen=True, slots=True)
class Change:
    """What some gains and losses of duties do to a roster.

    ``violations`` are those that it makes, ``mended`` those that it ends. ``terms`` and ``levels``
    are differences in points: negative is better.
    """

    violations: tuple[Violation, ...]
    mended: tuple[Violation, ...]
    terms: Mapping[Term, int]
    levels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What one person breaks: rules that speak of duties, and each limit by its windows."""

    plain: tuple[Violation, ...]
    limits: tuple[rules.Windows, ...]

    def all_of(self, person: Person | None) -> list[Violation]:
        """Everything, limits said once."""
        if person is None:
            return list(self.plain)
        passed = zip(person.limits, self.limits, strict=True)
        return [*self.plain, *rules.said_once(person.id, passed)]

    def beyond(self, other: Findings, person: Person | None) -> list[Violation]:
        """What is broken here and not in ``other``, or more than there.

        A run of days, or a day, that was broken as much with some of these duties or with more is
        the same one. Limits are compared window by window.
        """
        found = [
            one
            for one in (Counter(self.plain) - Counter(other.plain)).elements()
            if not any(_as_bad(that, one) for that in other.plain)
        ]
        if person is None:
            return found
        nothing = (0, ())
        worse = [
            {key: passed for key, passed in mine.items() if passed[0] > those.get(key, nothing)[0]}
            for mine, those in zip(self.limits, other.limits, strict=True)
        ]
        return found + list(rules.said_once(person.id, zip(person.limits, worse, strict=True)))


def _as_bad(that: Violation, one: Violation) -> bool:
    """True when ``that`` says at least as much against the same run of duties as ``one``."""
    if that.rule not in _RUNS or that.rule != one.rule or that.excess < one.excess:
        return False
    some, others = set(that.slots), set(one.slots)
    return some <= others or others <= some


class Checker:
    """Answers about rosters of one problem.

    Raises ``ValueError`` when the problem itself is not sound: two slots or two people of the same
    id, a slot that does not last or starts outside the horizon, a share without scale. A roster is
    never refused: ids that the problem does not have are violations.
    """

    def __init__(self, problem: Problem) -> None:
        _require_sound(problem)
        self.problem = problem
        self.people: dict[str, Person] = {person.id: person for person in problem.people}
        self.slots: dict[str, Slot] = {slot.id: slot for slot in problem.slots}
        self._bindings = rules.Bindings.of(problem)
        self._rank = {slot.id: n for n, slot in enumerate(sorted(problem.slots, key=rules.in_time))}
        self._turn = {person.id: number for number, person in enumerate(problem.people)}
        self._rhythmic = {
            person.id for person in problem.people if person.rhythm != type(person.rhythm)()
        }

    # -- One person ------------------------------------------------------------------------------

    def violations_of(self, person_id: str, slot_ids: Iterable[str]) -> tuple[Violation, ...]:
        """Rules that one person breaks by holding exactly these slots, in order of time.

        What concerns the slot and not the person (``too_many``) is not here.
        """
        found = self.findings(person_id, slot_ids)
        return self.sorted(found.all_of(self.people.get(person_id)))

    def findings(self, person_id: str, slot_ids: Iterable[str]) -> Findings:
        """As :meth:`violations_of`, with limits told window by window."""
        names = set(slot_ids)
        person = self.people.get(person_id)
        unknown = names if person is None else names - self.slots.keys()
        found = [Violation("unknown", person_id, (name,)) for name in unknown]
        if person is None:
            return Findings(tuple(found), ())
        held = self.in_order(names)
        found += [
            Violation("not_pinned" if name in self.slots else "unknown", person_id, (name,))
            for name in person.pinned - names
        ]
        found += rules.forbidden(person, held)
        found += rules.too_close(person, held, self.problem, self._bindings)
        if self.problem.one_a_day:
            found += rules.same_day(person, held)
        found += rules.following(person, held, self._bindings)
        if person_id in self._rhythmic:
            found += rules.out_of_rhythm(person, held, self.problem.days, self._bindings)
        return Findings(
            tuple(found), tuple(rules.beyond_limit(limit, held) for limit in person.limits)
        )

    def conflict(self, first: str, second: str) -> bool:
        """True when nobody may hold both slots, whatever else they hold.

        Only rules on pairs are asked: overlap, rest, succession, one a day.
        """
        held = self.in_order({first, second})
        return (
            any(rules.too_close(_ANYBODY, held, self.problem, self._bindings))
            or (self.problem.one_a_day and held[0].day == held[-1].day)
            or any(rules.following(_ANYBODY, held, self._bindings))
        )

    def barred(self, person_id: str, slot_id: str) -> tuple[Violation, ...]:
        """What keeps a person from a slot whatever else they hold: line, absences, last duties."""
        person, held = self.people[person_id], [self.slots[slot_id]]
        return (
            *rules.forbidden(person, held),
            *rules.too_close(person, held, self.problem, self._bindings),
            *rules.following(person, held, self._bindings),
        )

    def points_of(self, person_id: str, slot_ids: Collection[str]) -> dict[Term, int]:
        """Wishes, shares and changes of one person who holds exactly these slots, in points."""
        person = self.people.get(person_id)
        if person is None:
            return {Term.WISHES: 0, Term.SHARES: 0, Term.CHANGES: 0}
        known = {name for name in slot_ids if name in self.slots}
        unmet = sum(
            points
            for name, points in person.asked.items()
            if name not in known and name in self.slots
        )
        before = {name for name in person.held_before if name in self.slots}
        return {
            Term.WISHES: unmet + sum(person.costs.get(name, 0) for name in known),
            Term.SHARES: rules.share_costs(person, [self.slots[name] for name in known]),
            Term.CHANGES: self.problem.change * len(known ^ before),
        }

    def in_order(self, slot_ids: Iterable[str]) -> list[Slot]:
        """The known slots of these ids, in order of time."""
        known = [name for name in slot_ids if name in self.slots]
        return [self.slots[name] for name in sorted(known, key=self._rank.__getitem__)]

    # -- A roster --------------------------------------------------------------------------------

    def standing(self, roster: Roster) -> Standing:
        """The roster laid out for questions one after the other."""
        return Standing(self, roster)

    def verdict(self, roster: Roster) -> Verdict:
        """Everything that the roster breaks, misses and costs."""
        return self.standing(roster).verdict()

    def why_not(self, person_id: str, slot_id: str, roster: Roster) -> tuple[Violation, ...]:
        """Violations that the roster would gain if this person also held this slot.

        Empty when nothing is in the way, or when they hold it. A rule that the roster breaks
        already, and would break less, is not in the way.
        """
        return self.standing(roster).why_not(person_id, slot_id)

    def cost_of_change(
        self, roster: Roster, gains: Iterable[Pair] = (), losses: Iterable[Pair] = ()
    ) -> Change:
        """What these gains and losses would do to the roster; both are pairs (person, slot)."""
        return self.standing(roster).cost_of_change(gains, losses)

    def sorted(self, violations: Iterable[Violation]) -> tuple[Violation, ...]:
        """Violations by person, as listed in the problem, then in order of time, then by rule."""
        return tuple(sorted(violations, key=self._in_time))

    def slot_points(self, slot: Slot, count: int) -> tuple[int, int]:
        """Points of UNDER and of OVER of a slot that ``count`` people hold."""
        under = slot.under * max(0, slot.required - count)
        over = 0 if slot.over is None else slot.over * max(0, count - slot.required)
        return under, over

    def crowded(self, slot: Slot, count: int) -> tuple[Violation, ...]:
        """``too_many`` when more people hold a slot than may. It is nobody's in particular."""
        if slot.over is not None or count <= slot.required:
            return ()
        return (Violation("too_many", "", (slot.id,), count - slot.required),)

    def _in_time(
        self, violation: Violation
    ) -> tuple[int, str, list[int], str, tuple[str, ...], int]:
        last = len(self._turn)
        return (
            self._turn.get(violation.person, last),
            violation.person,
            [self._rank.get(name, -1) for name in violation.slots],
            violation.rule,
            violation.slots,
            violation.excess,
        )


class Standing:
    """A roster, by person and by slot, that answers questions and may be changed in place.

    What each person breaks is computed once and kept until their duties change.
    """

    def __init__(self, checker: Checker, roster: Roster) -> None:
        self.checker = checker
        self.held: dict[str, frozenset[str]] = {}
        self.counts: Counter[str] = Counter()
        self._findings: dict[str, Findings] = {}
        gathered: dict[str, set[str]] = {person: set() for person in checker.people}
        for person_id, slot_id in roster.held:
            gathered.setdefault(person_id, set()).add(slot_id)
            if person_id in checker.people and slot_id in checker.slots:
                self.counts[slot_id] += 1
        self.held = {person_id: frozenset(names) for person_id, names in gathered.items()}

    def roster(self) -> Roster:
        """The roster as it stands."""
        return Roster(frozenset((p, s) for p, names in self.held.items() for s in names))

    def of(self, person_id: str) -> frozenset[str]:
        """What a person holds."""
        return self.held.get(person_id, frozenset())

    def missing(self, slot_id: str) -> int:
        """People missing on a slot."""
        return max(0, self.checker.slots[slot_id].required - self.counts[slot_id])

    def violations_of(self, person_id: str) -> tuple[Violation, ...]:
        """Rules that one person breaks."""
        person = self.checker.people.get(person_id)
        return self.checker.sorted(self._found(person_id).all_of(person))

    def _found(self, person_id: str) -> Findings:
        if person_id not in self._findings:
            found = self.checker.findings(person_id, self.of(person_id))
            self._findings[person_id] = found
        return self._findings[person_id]

    def verdict(self) -> Verdict:
        """Everything that the roster breaks, misses and costs."""
        checker = self.checker
        terms = dict.fromkeys(Term, 0)
        found: list[Violation] = []
        holes: dict[str, int] = {}
        for person_id, names in self.held.items():
            found += self._found(person_id).all_of(checker.people.get(person_id))
            for term, points in checker.points_of(person_id, names).items():
                terms[term] += points
        for slot in checker.problem.slots:
            count = self.counts[slot.id]
            under, over = checker.slot_points(slot, count)
            terms[Term.UNDER] += under
            terms[Term.OVER] += over
            found += checker.crowded(slot, count)
            if count < slot.required:
                holes[slot.id] = slot.required - count
        return Verdict(checker.sorted(found), terms, _levels(checker.problem, terms), holes)

    def why_not(self, person_id: str, slot_id: str) -> tuple[Violation, ...]:
        """As :meth:`Checker.why_not`."""
        if slot_id in self.of(person_id):
            return ()
        return self.cost_of_change([(person_id, slot_id)]).violations

    def cost_of_change(self, gains: Iterable[Pair] = (), losses: Iterable[Pair] = ()) -> Change:
        """As :meth:`Checker.cost_of_change`. Gaining what one holds already changes nothing."""
        checker = self.checker
        terms = dict.fromkeys(Term, 0)
        made: list[Violation] = []
        mended: list[Violation] = []
        counts: Counter[str] = Counter()
        for person_id, (before, after) in self._moved(gains, losses).items():
            for name in after ^ before:
                if person_id in checker.people and name in checker.slots:
                    counts[name] += 1 if name in after else -1
            old, new = self._found(person_id), checker.findings(person_id, after)
            made += new.beyond(old, checker.people.get(person_id))
            mended += old.beyond(new, checker.people.get(person_id))
            then, now = (checker.points_of(person_id, names) for names in (before, after))
            for term, points in now.items():
                terms[term] += points - then[term]
        for name, more in counts.items():
            slot, count = checker.slots[name], self.counts[name]
            was, will = checker.slot_points(slot, count), checker.slot_points(slot, count + more)
            terms[Term.UNDER] += will[0] - was[0]
            terms[Term.OVER] += will[1] - was[1]
            crowd, crowds = checker.crowded(slot, count), checker.crowded(slot, count + more)
            made += crowds if more > 0 else ()
            mended += crowd if more < 0 else ()
        return Change(
            checker.sorted(made), checker.sorted(mended), terms, _levels(checker.problem, terms)
        )

    def apply(self, gains: Iterable[Pair] = (), losses: Iterable[Pair] = ()) -> None:
        """Make the change in place."""
        for person_id, (before, after) in self._moved(gains, losses).items():
            self.held[person_id] = after
            self._findings.pop(person_id, None)
            for name in after ^ before:
                if person_id in self.checker.people and name in self.checker.slots:
                    self.counts[name] += 1 if name in after else -1

    def _moved(
        self, gains: Iterable[Pair], losses: Iterable[Pair]
    ) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
        """What each person concerned holds before and after."""
        after: dict[str, set[str]] = {}
        for person_id, name in losses:
            after.setdefault(person_id, set(self.of(person_id))).discard(name)
        for person_id, name in gains:
            after.setdefault(person_id, set(self.of(person_id))).add(name)
        return {person: (self.of(person), frozenset(names)) for person, names in after.items()}


def check(problem: Problem, roster: Roster) -> Verdict:
    """What the roster breaks, misses and costs. ``ValueError`` when the problem is not sound."""
    return Checker(problem).verdict(roster)


def _levels(problem: Problem, terms: Mapping[Term, int]) -> tuple[int, ...]:
    return tuple(sum(terms[term] for term in level) for level in problem.levels)


def _require_sound(problem: Problem) -> None:
    """Refuse a problem that no roster can be judged by."""
    for what, ids in (
        ("slots", [slot.id for slot in problem.slots]),
        ("people", [person.id for person in problem.people]),
    ):
        twice = [name for name, times in Counter(ids).items() if times > 1]
        if twice:
            raise ValueError(f"{what} of the same id: {twice}")
    for slot in problem.slots:
        if slot.ends <= slot.starts or not 0 <= slot.day < problem.days:
            raise ValueError(f"slot {slot.id!r} does not last, or starts outside the horizon")
    for person in problem.people:
        if any(share.scale <= 0 or share.power not in (1, 2) for share in person.shares):
            raise ValueError(
                f"a share of {person.id!r} has no scale, or a power that is not 1 or 2"
            )
