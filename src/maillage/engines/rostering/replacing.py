"""Who can take this duty: ranked, with what each costs and what is in the way.

First those who may take it as it is; then those who may if another takes one of their duties in
return (who leaves the duty may be that other: an exchange); then those who may not, with the
reasons, negotiable ones first. Everything is asked from the checker.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from .checking import Change, Checker, Pair, Standing
from .problem import Person, Problem, Roster, Violation


class Way(IntEnum):
    """How somebody can take a duty, best first."""

    DIRECT = 0
    """As it is."""
    CHAIN = 1
    """If another takes one of their duties."""
    REFUSED = 2
    """Not without breaking a rule."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person for one duty.

    ``gains`` and ``losses`` are pairs (person, slot) to apply together. ``given`` and ``taker``:
    the duty given in return and who takes it, for a chain. ``change``: violations (none but for a
    refusal) and difference of points; its ``terms`` say what it does to shares and wishes.
    """

    person: str
    way: Way
    gains: tuple[Pair, ...]
    losses: tuple[Pair, ...]
    change: Change
    given: str = ""
    taker: str = ""

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Rules in the way; none unless refused."""
        return self.change.violations

    @property
    def is_negotiable(self) -> bool:
        """True when every rule in the way could be lifted by somebody."""
        return all(violation.negotiable for violation in self.violations)


def replacements(
    problem: Problem | Checker,
    roster: Roster,
    slot_id: str,
    *,
    leaving: str = "",
    limit: int = 50,
) -> tuple[Candidate, ...]:
    """Ranked candidates for one duty, at most ``limit``, at most one line for each person.

    ``leaving``: who gives the duty up; when it is full and held by one, that one. ``ValueError``
    for an unknown duty, or when it is full, held by several, and nobody is named.
    """
    checker = problem if isinstance(problem, Checker) else Checker(problem)
    if slot_id not in checker.slots:
        raise ValueError(f"no slot {slot_id!r}")
    standing = checker.standing(roster)
    leaving = leaving or _leaver(standing, slot_id)
    lost: tuple[Pair, ...] = ((leaving, slot_id),) if slot_id in standing.of(leaving) else ()
    line = checker.slots[slot_id].line
    found = []
    for person in checker.problem.people:
        if line not in person.lines or person.id == leaving or slot_id in standing.of(person.id):
            continue
        gain = (person.id, slot_id)
        change = standing.cost_of_change([gain], lost)
        if not change.violations:
            found.append(Candidate(person.id, Way.DIRECT, (gain,), lost, change))
            continue
        chain = _best_chain(standing, person, slot_id, lost, change)
        found.append(chain or Candidate(person.id, Way.REFUSED, (gain,), lost, change))
    found.sort(key=_rank)
    return tuple(found[:limit])


def _leaver(standing: Standing, slot_id: str) -> str:
    """Who gives up a full duty when nobody is named."""
    if standing.missing(slot_id):
        return ""
    holders = [person for person, names in standing.held.items() if slot_id in names]
    if len(holders) > 1:
        raise ValueError(f"{slot_id!r} is held by several: who leaves?")
    return holders[0] if holders else ""


def _rank(candidate: Candidate) -> tuple[object, ...]:
    """Ways first; then what it costs; refusals by negotiable rules only, then by fewest rules."""
    refused = candidate.way is Way.REFUSED
    hard = sum(not violation.negotiable for violation in candidate.violations)
    return (
        candidate.way,
        hard if refused else 0,
        len(candidate.violations) if refused else 0,
        candidate.change.levels,
    )


def _best_chain(
    standing: Standing,
    person: Person,
    slot_id: str,
    lost: tuple[Pair, ...],
    refusal: Change,
) -> Candidate | None:
    """The cheapest lawful exchange of one duty of this person, so that they take this one."""
    if standing.checker.barred(person.id, slot_id):
        return None
    best: Candidate | None = None
    for given in _worth_giving(standing, person, slot_id, lost, refusal):
        for taker in _takers(standing, person, given, lost):
            gains = ((person.id, slot_id), (taker, given))
            losses = (*lost, (person.id, given))
            change = standing.cost_of_change(gains, losses)
            if change.violations:
                continue
            one = Candidate(person.id, Way.CHAIN, gains, losses, change, given, taker)
            if best is None or change.levels < best.change.levels:
                best = one
    return best


def _worth_giving(
    standing: Standing, person: Person, slot_id: str, lost: tuple[Pair, ...], refusal: Change
) -> Iterator[str]:
    """Duties without which the person may take the slot; those that a rule names are enough.

    A rule on a window, a day, a pair or a run is mended only by giving one of the duties that it
    speaks of. The slot that is taken is not given, nor is what is pinned.
    """
    named = [set(violation.slots) for violation in refusal.violations if violation.person]
    held = standing.of(person.id) - person.pinned
    common = held.intersection(*named) if named else held
    for given in sorted(common, key=lambda name: standing.checker.slots[name].starts):
        losses = (*lost, (person.id, given))
        change = standing.cost_of_change([(person.id, slot_id)], losses)
        if not change.violations:
            yield given


def _takers(
    standing: Standing, person: Person, given: str, lost: tuple[Pair, ...]
) -> Iterator[str]:
    """People of the given duty's line, other than its holder, whom nothing bars from it."""
    checker = standing.checker
    line = checker.slots[given].line
    for other in checker.problem.people:
        if other.id == person.id or line not in other.lines or given in standing.of(other.id):
            continue
        held = standing.of(other.id) - {slot for who, slot in lost if who == other.id}
        if any(checker.conflict(given, name) for name in held if name in checker.slots):
            continue
        if not checker.barred(other.id, given):
            yield other.id
