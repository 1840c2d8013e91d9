"""Why a duty is not held: by whom it cannot be, how few can stay empty, what would fill one more.

Three answers of growing reach, all checked by the checker or by ``verify_certificate``:

- for each hole and each person of its line, the rules in the way as the roster stands;
- for each part of the problem that has holes, the least number of people who can be missing, with
  a certificate that needs no solver, and the solver's own bound when it goes further;
- the smallest sets of negotiable rules to lift so that fewer are missing than that least number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

from .certificates import Certificate
from .checking import Checker, Pair, Standing
from .part_model import PartModel
from .parts import Part, Rows, pairs_of, parts_of
from .problem import DAY_MINUTES, Problem, Roster, Violation
from .proving import Prover
from .relaxing import WayOut, ways_out

_WHOLE = 4_000
"""Pairs up to which ways out are looked for over a whole part; beyond, around one hole."""
_AROUND = 21 * DAY_MINUTES


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What keeps one person from one slot, as the roster stands. Nothing: they could take it."""

    person: str
    violations: tuple[Violation, ...]

    @property
    def is_negotiable(self) -> bool:
        """True when every rule in the way could be lifted by somebody."""
        return all(violation.negotiable for violation in self.violations)


@dataclass(frozen=True, slots=True)
class Hole:
    """A slot that misses people, and why each person of its line does not hold it.

    ``people``: those nearest to holding it first: free to, then stopped by negotiable rules only,
    then by fewest rules. ``part``: place of its part in the explanation. ``knots``: places, in
    that part, of the small certificates that speak of this slot.
    """

    slot: str
    missing: int
    people: tuple[WhyNot, ...]
    part: int
    knots: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PartProof:
    """How few people can be missing over lines that share people.

    ``missing``: in the roster. ``at_least``: proven, by ``certificate`` (checkable by hand) when
    ``certified`` is as much, else by the solver's bound. ``better``: a roster, lawful where the one
    given is, with fewer missing, when one was found; ``best`` is what the best one misses.
    ``readable`` is the strongest certificate of plain sets, ``knots`` small ones apart from each
    other. ``ways_out``: what to lift so that fewer than ``best`` are missing.
    """

    lines: frozenset[str]
    people: tuple[str, ...]
    missing: int
    at_least: int
    best: int
    certificate: Certificate
    readable: Certificate
    knots: tuple[Certificate, ...]
    better: Roster | None
    ways_out: tuple[WayOut, ...]

    @property
    def certified(self) -> int:
        """What the certificate alone proves."""
        return self.certificate.at_least

    @property
    def is_least(self) -> bool:
        """True when no roster misses fewer people than this one: proven."""
        return self.missing == self.at_least


@dataclass(frozen=True, slots=True)
class Explanation:
    """The holes in order of time, and the proof of each part that has some."""

    holes: tuple[Hole, ...]
    parts: tuple[PartProof, ...]


def explain_holes(
    problem: Problem,
    roster: Roster,
    *,
    seconds: float,
    slot_ids: frozenset[str] = frozenset(),
    workers: int = 8,
    seed: int = 0,
) -> Explanation:
    """Explain the holes of a roster within some seconds of computation.

    ``slot_ids``: only the parts of these slots; empty, all. With no time at all the persons'
    reasons are still complete; proofs are then weak (``at_least`` may be 0) but never wrong.
    """
    checker = Checker(problem)
    standing = checker.standing(roster)
    parts = [
        part
        for part in parts_of(checker)
        if any(standing.missing(name) for name in part.slots)
        and (not slot_ids or slot_ids & set(part.slots))
    ]
    proofs: list[PartProof] = []
    holes: list[Hole] = []
    until = monotonic() + seconds
    for number, part in enumerate(parts):
        share = max(0.0, until - monotonic()) / (len(parts) - number)
        proof = prove_part(checker, part, roster, seconds=share, workers=workers, seed=seed)
        proofs.append(proof)
        for name in part.slots:
            if standing.missing(name):
                knots = tuple(n for n, knot in enumerate(proof.knots) if name in knot.weights)
                people = why_not_each(standing, name)
                holes.append(Hole(name, standing.missing(name), people, number, knots))
    rank = {name: n for n, name in enumerate(s.id for s in checker.in_order(checker.slots))}
    return Explanation(tuple(sorted(holes, key=lambda hole: rank[hole.slot])), tuple(proofs))


def why_not_each(standing: Standing, slot_id: str) -> tuple[WhyNot, ...]:
    """For each person of the slot's line who does not hold it: what is in the way, as it stands."""
    checker = standing.checker
    line = checker.slots[slot_id].line
    found = [
        WhyNot(person.id, standing.why_not(person.id, slot_id))
        for person in checker.problem.people
        if line in person.lines and slot_id not in standing.of(person.id)
    ]
    return tuple(sorted(found, key=lambda one: (not one.is_negotiable, len(one.violations))))


def prove_part(
    checker: Checker,
    part: Part,
    roster: Roster,
    *,
    seconds: float,
    workers: int = 8,
    seed: int = 0,
) -> PartProof:
    """The least that can be missing over one part, and what would make it less."""
    started = monotonic()
    standing = checker.standing(roster)
    missing = sum(standing.missing(name) for name in part.slots)
    rows = Rows(checker, part)
    prover = Prover(checker, part, rows)
    certificate, readable = prover.best(seconds * 0.25)
    at_least, better = certificate.at_least, None
    best = missing
    if at_least < missing:
        at_least, better = _search(
            checker, part, rows, roster, at_least, seconds * 0.3, workers, seed
        )
        if better is not None:
            stands = checker.standing(better)
            best = sum(stands.missing(name) for name in part.slots)
    empty = [name for name in part.slots if standing.missing(name)]
    knots = prover.knots(readable, empty, seconds * 0.15) if missing else ()
    left = seconds - (monotonic() - started)
    found = _ways(checker, part, better or roster, best, empty, left, workers, seed)
    return PartProof(
        lines=part.lines,
        people=part.people,
        missing=missing,
        at_least=at_least,
        best=best,
        certificate=certificate,
        readable=readable,
        knots=knots,
        better=better,
        ways_out=found,
    )


def _search(
    checker: Checker,
    part: Part,
    rows: Rows,
    roster: Roster,
    at_least: int,
    seconds: float,
    workers: int,
    seed: int,
) -> tuple[int, Roster | None]:
    """What the solver proves, and a roster that misses fewer people than this one, if found."""
    if seconds <= 0:
        return at_least, None
    inside = frozenset(pair for pair in roster.held if pair[1] in set(part.slots))
    model = PartModel(checker, part, rows=rows)
    model.model.add(model.people_missing() >= at_least)
    model.hint(inside)
    outcome = model.least(model.people_missing(), seconds=seconds, workers=workers, seed=seed)
    if outcome.held is None:
        return at_least, None
    proposed = Roster((roster.held - inside) | outcome.held)
    gains, losses = proposed.held - roster.held, roster.held - proposed.held
    change = checker.cost_of_change(roster, gains, losses)
    before = sum(checker.standing(roster).missing(name) for name in part.slots)
    is_better = not change.violations and outcome.value < before
    return max(at_least, outcome.bound), proposed if is_better else None


def _ways(
    checker: Checker,
    part: Part,
    roster: Roster,
    best: int,
    empty: list[str],
    seconds: float,
    workers: int,
    seed: int,
) -> tuple[WayOut, ...]:
    """Ways to miss one person fewer: over the whole part, or around its first holes when long."""
    if seconds <= 0 or best == 0:
        return ()
    if len(pairs_of(part)) <= _WHOLE:
        return ways_out(
            checker, part, roster, best - 1, seconds=seconds, workers=workers, seed=seed
        )
    found: list[WayOut] = []
    standing = checker.standing(roster)
    still = [name for name in empty if standing.missing(name)][:3]
    for name in still:
        ways = ways_out(
            checker,
            part,
            roster,
            best - 1,
            seconds=seconds / len(still),
            at_most=2,
            must_fill=name,
            free=_around(checker, part, name),
            workers=workers,
            seed=seed,
        )
        found += ways
    return tuple(sorted(found, key=lambda way: len(way.items)))


def _around(checker: Checker, part: Part, slot_id: str) -> frozenset[Pair]:
    """Pairs of slots that start some weeks around one."""
    here: Mapping[str, int] = {name: checker.slots[name].starts for name in part.slots}
    near = {name for name, starts in here.items() if abs(starts - here[slot_id]) <= _AROUND}
    return frozenset((person, name) for person in part.people for name in near)
