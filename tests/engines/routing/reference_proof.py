"""The naive proof: every commune, age class, step and half hour of a horizon, one after the other.

It asks the naive reference (``reference.py``) and adds up exact fractions. The one short cut: the
answers of two instants at which exactly the same rows of the network are in force are the same,
since the rule knows the instant only through the rows in force; they are asked for once. What is in
force is written down row by row with the functions of the reference itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from maillage.engines.routing import (
    Clause,
    Commune,
    Demand,
    Membership,
    Network,
    Pathway,
    Step,
)
from tests.engines.routing import reference
from tests.engines.routing.territories import GRID

CATEGORIES = (
    "on_target",
    "at_limit",
    "late",
    "hole_no_service",
    "hole_not_authorised",
    "hole_closed",
    "hole_unstaffed",
    "hole_previous_step",
    "hole_no_agreement",
    "hole_too_far",
)
OLDEST = 100
"""Years: where a band, or a pathway, that is open above ends."""

Classes = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Cell:
    """One step for one commune and age class at one instant."""

    category: str | None
    minutes: Fraction | None
    exposed: tuple[tuple[str, str], ...]


@dataclass
class Sums:
    """Hours, or person-hours, by category; what is needed for means and extremes."""

    residents: Fraction = Fraction(0)
    due: Fraction = Fraction(0)
    by_category: dict[str, Fraction] = field(
        default_factory=lambda: dict.fromkeys(CATEGORIES, Fraction(0))
    )
    fragile: Fraction = Fraction(0)
    with_chain: Fraction = Fraction(0)
    minutes: Fraction = Fraction(0)
    worst: Fraction | None = None

    @property
    def mean(self) -> Fraction | None:
        return self.minutes / self.with_chain if self.with_chain else None

    def add(self, cell: Cell, weight: Fraction) -> None:
        if cell.category is None:
            return
        self.by_category[cell.category] += weight
        if cell.exposed:
            self.fragile += weight
        if cell.minutes is not None and weight:
            self.with_chain += weight
            self.minutes += weight * cell.minutes
            self.worst = cell.minutes if self.worst is None else max(self.worst, cell.minutes)


@dataclass(frozen=True)
class Interval:
    """Residents by category from one instant to another."""

    starts_at: datetime
    ends_at: datetime
    residents: tuple[Fraction, ...]


@dataclass
class NaiveProof:
    """The sums of one pathway. Keys: step order, then (age_min, age_max), commune, element."""

    steps: dict[int, Sums]
    communes: dict[tuple[int, int, int, str], Sums]
    intervals: dict[int, list[Interval]]
    exposed_hours: dict[tuple[int, str, str], Fraction]
    exposed_person_hours: dict[tuple[int, str, str], Fraction]


def pathway_of(network: Network, name: str) -> Pathway:
    return next(row for row in network.pathways if row.id == name)


def hours(duration: timedelta) -> Fraction:
    return Fraction(duration // timedelta(microseconds=1), 3_600_000_000)


# Residents


def age_classes(network: Network, pathway: Pathway) -> Classes:
    """Runs of ages for which every step has the same list of services."""
    last = OLDEST if pathway.age_max is None else pathway.age_max
    found: list[tuple[int, int]] = []
    before: Any = None
    for age in range(pathway.age_min, last):
        takers = [
            [service.id for service in reference.candidates(network, step, age)]
            for step in pathway.steps
        ]
        if found and takers == before:
            found[-1] = (found[-1][0], age + 1)
        else:
            found.append((age, age + 1))
        before = takers
    return tuple(found)


def residents_of(commune: Commune, low: int, high: int) -> Fraction:
    """People of ``low <= age < high``, to the ten-thousandth, half to even."""
    exact = Fraction(0)
    for band in commune.residents:
        last = OLDEST if band.age_max is None else band.age_max
        for age in range(band.age_min, last):
            if low <= age < high:
                exact += reference.exact(band.count) / (last - band.age_min)
    return Fraction(round(exact * 10000), 10000)


# Instants


def instants(start: datetime, end: datetime, grid: timedelta) -> Iterator[datetime]:
    """Every instant of the horizon, in elapsed time; both ends fall on the grid."""
    at, last = start.astimezone(UTC), end.astimezone(UTC)
    while at < last:
        yield at
        at += grid


def in_force(network: Network, pathway: Pathway, at: datetime) -> tuple[bool, ...]:
    """For every dated row of the network, whether it holds at an instant."""
    day = reference.local_time(network, at).date()
    found: list[bool] = []
    for service in network.services:
        found += [
            reference.day_is_in(day, row.starts_on, row.ends_on) for row in service.authorisations
        ]
        found += [reference.window_counts(network, row, at) for row in service.opening]
        found += [
            reference.instant_is_in(at, row.starts_at, row.ends_at) for row in service.exceptions
        ]
    for slot in network.duty_slots:
        found.append(reference.instant_is_in(at, slot.starts_at, slot.ends_at))
    rows: list[Membership | Clause] = [*network.memberships, *network.clauses]
    for dated in rows:
        found.append(reference.day_is_in(day, dated.starts_on, dated.ends_on))
    for step in pathway.steps:
        found += [reference.window_counts(network, row, at) for row in step.hours or ()]
    return tuple(found)


# Cells


def cell(network: Network, demand: Demand, step: Step) -> Cell:
    verdict = reference.verdict(network, demand, step)
    chains = reference.chains_to(network, demand, step)
    minutes = min((chain.minutes for chain in chains), default=None)
    if verdict == "NOT_REQUIRED":
        return Cell(None, minutes, ())
    if verdict == "HOLE":
        services = reference.candidates(network, step, demand.age)
        reason = reference.reason_without_chain(network, demand, step, services)
        return Cell(f"hole_{reason.lower()}", minutes, ())
    return Cell(verdict.lower(), minutes, tuple(reference.exposures(network, demand, step)))


def prove(
    network: Network, name: str, start: datetime, end: datetime, *, grid: timedelta = GRID
) -> NaiveProof:
    """The naive proof of one pathway."""
    pathway = pathway_of(network, name)
    classes = age_classes(network, pathway)
    steps = reference.steps_of(network, Demand("", name, 0, start))
    people = {
        (low, high, commune.code): residents_of(commune, low, high)
        for low, high in classes
        for commune in network.communes
    }
    proof = NaiveProof({}, {}, {}, defaultdict(Fraction), defaultdict(Fraction))
    for step in steps:
        proof.steps[step.order] = Sums(residents=sum(people.values(), Fraction(0)))
        proof.intervals[step.order] = []
        for who, count in people.items():
            proof.communes[step.order, *who] = Sums(residents=count)
    length, known = hours(grid), {}
    for at in instants(start, end, grid):
        state = in_force(network, pathway, at)
        if state not in known:
            known[state] = {
                (step.order, *who): cell(network, Demand(who[2], name, who[0], at), step)
                for step in steps
                for who in people
            }
        for step in steps:
            cells = {who: known[state][step.order, *who] for who in people}
            if reference.is_required(network, step, at):
                add_instant(proof, step.order, at, at + grid, cells, people)
                proof.steps[step.order].due += length
    return proof


Who = tuple[int, int, str]


def add_instant(
    proof: NaiveProof,
    order: int,
    at: datetime,
    until: datetime,
    cells: dict[Who, Cell],
    people: dict[Who, Fraction],
) -> None:
    """Add what holds from one instant to the next, for one step that is required."""
    length = hours(until - at)
    now = dict.fromkeys(CATEGORIES, Fraction(0))
    hanging: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for who, found in cells.items():
        one = proof.communes[order, *who]
        one.due += length
        one.add(found, length)
        proof.steps[order].add(found, length * people[who])
        now[str(found.category)] += people[who]
        for element in found.exposed:
            hanging[element] += people[who]
    for element, count in hanging.items():
        if count:
            proof.exposed_hours[order, *element] += length
            proof.exposed_person_hours[order, *element] += length * count
    rows, values = proof.intervals[order], tuple(now[name] for name in CATEGORIES)
    if rows and rows[-1].ends_at == at and rows[-1].residents == values:
        rows[-1] = Interval(rows[-1].starts_at, until, values)
    else:
        rows.append(Interval(at, until, values))
