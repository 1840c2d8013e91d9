"""A proof that some duties stay empty, that anybody can check with a pencil or forty lines.

The proof is weak duality. Give each slot a weight. Whatever the roster, the weight of what each
person holds is at most some ceiling, because of rules that are named. The slots need more than all
the ceilings together: the difference stays empty. With weights of 1 it reads aloud: "these twelve
nights need twelve people; these four can hold two each at most; so four stay empty".

:func:`verify_certificate` trusts nothing of how the certificate was found: it makes every row again
from the problem and counts with exact fractions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from .checking import Checker
from .parts import Reason, row_of
from .problem import Problem


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The weight of what a person holds is at most ``at_most``.

    Because each slot weighs no more than the sum of its coefficients in the rows of ``reasons``,
    each taken so many times, and the bounds of these rows add up to no more than ``at_most`` (a
    weight is whole, so a fraction is dropped). No reason: they may hold none of these slots.
    """

    person: str
    at_most: int
    reasons: tuple[tuple[Reason, Fraction], ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """At least ``at_least`` people are missing over the slots of ``weights``, in any roster.

    ``scale``: the largest weight. With a scale of 1 it is a set of slots and of capacities.
    """

    weights: Mapping[str, int]
    scale: int
    ceilings: tuple[Ceiling, ...]
    at_least: int

    @property
    def is_readable(self) -> bool:
        """True when every slot weighs 1."""
        return self.scale == 1


def verify_certificate(problem: Problem, certificate: Certificate) -> bool:
    """True when the certificate proves what it says of this problem."""
    checker = Checker(problem)
    weights, scale = certificate.weights, certificate.scale
    if not weights.keys() <= checker.slots.keys() or scale < 1:
        return False
    if not all(0 < weight <= scale for weight in weights.values()):
        return False
    ceilings = {ceiling.person: ceiling for ceiling in certificate.ceilings}
    if len(ceilings) != len(certificate.ceilings) or not ceilings.keys() <= checker.people.keys():
        return False
    for person in problem.people:
        may_hold = [
            name for name in weights if name in person.pinned or not checker.barred(person.id, name)
        ]
        ceiling = ceilings.get(person.id, Ceiling(person.id, 0))
        if not _holds(checker, ceiling, {name: weights[name] for name in may_hold}):
            return False
    needed = sum(weight * checker.slots[name].required for name, weight in weights.items())
    missing = needed - sum(ceiling.at_most for ceiling in certificate.ceilings)
    return certificate.at_least <= max(0, ceil(Fraction(missing, scale)))


def _holds(checker: Checker, ceiling: Ceiling, weights: Mapping[str, int]) -> bool:
    """True when the reasons of a ceiling bound the weight of these slots for its person."""
    person = checker.people[ceiling.person]
    covered: dict[str, Fraction] = dict.fromkeys(weights, Fraction(0))
    total = Fraction(0)
    for reason, times in ceiling.reasons:
        row = row_of(checker, person, reason, weights.keys()) if times >= 0 else None
        if row is None:
            return False
        for name, value in row.coefficients.items():
            covered[name] += times * value
        total += times * row.bound
    return floor(total) <= ceiling.at_most and all(
        covered[name] >= weight for name, weight in weights.items()
    )
