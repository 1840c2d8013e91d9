"""Who may send patients on, from one step to the next, on a day, and by virtue of what.

The rule is that of the coverage engine: a move by referral is allowed within one organization,
between two members of one hospital group on that day, or when a clause in force sends the care type
of the step from the first organization to the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from maillage.pathways.enums import ArrowState
from maillage.pathways.rules.facts import (
    ClauseFacts,
    MembershipFacts,
    ServiceFacts,
    StepFacts,
    Surroundings,
    VersionFacts,
)

NOTICE_DAYS = 180
"""How early an end is announced: authorisations, agreements (days)."""


@dataclass(frozen=True)
class Way:
    """One allowed move: to which organization, by a group or a clause (neither: the same one)."""

    to: str
    group: str = ""
    clause: ClauseFacts | None = None


@dataclass(frozen=True)
class Origin:
    """An organization that holds the step before. ``lapses_on``: the first day, within the notice,
    on which nothing lets it send patients on any more."""

    organization: str
    ways: tuple[Way, ...]
    lapses_on: date | None = None


@dataclass(frozen=True)
class Arrow:
    """The move by referral into a step. No origin: nobody holds the step before."""

    order: int
    origins: tuple[Origin, ...]
    has_targets: bool

    @property
    def stuck(self) -> tuple[str, ...]:
        """Organizations that hold the step before and may send nobody on."""
        return tuple(origin.organization for origin in self.origins if not origin.ways)

    @property
    def state(self) -> ArrowState:
        moving = [origin for origin in self.origins if origin.ways]
        if not moving:
            return ArrowState.BROKEN
        if len(moving) < len(self.origins):
            return ArrowState.PARTIAL
        if any(origin.lapses_on for origin in moving):
            return ArrowState.LAPSING
        return ArrowState.OPEN

    @property
    def clauses(self) -> tuple[ClauseFacts, ...]:
        """The clauses in use, once each, by key."""
        found = {w.clause.slug: w.clause for o in self.origins for w in o.ways if w.clause}
        return tuple(found[slug] for slug in sorted(found))

    @property
    def agreements(self) -> tuple[tuple[str, str], ...]:
        """Key and title of the agreements in use, once each."""
        found = {clause.agreement: clause.agreement_title for clause in self.clauses}
        return tuple(sorted(found.items(), key=lambda pair: pair[1]))

    @property
    def groups(self) -> tuple[str, ...]:
        """The hospital groups within which patients move."""
        return tuple(sorted({w.group for o in self.origins for w in o.ways if w.group}))

    @property
    def within_one(self) -> tuple[str, ...]:
        """Organizations that hold both steps themselves."""
        own = {o.organization for o in self.origins for w in o.ways if not w.group and not w.clause}
        return tuple(sorted(own))


def services_of(step: StepFacts, services: Iterable[ServiceFacts]) -> list[ServiceFacts]:
    """Services of the step's care type and of exactly its level, authorised or not."""
    return [s for s in services if s.care_type is step.care_type and s.level is step.level]


def holders_of(step: StepFacts, services: Iterable[ServiceFacts], day: date) -> list[str]:
    """Organizations with a service of this step that is authorised on this day, in order."""
    return sorted({s.organization for s in services_of(step, services) if s.is_authorised(day)})


def arrows(version: VersionFacts, around: Surroundings, day: date) -> dict[int, Arrow]:
    """The moves by referral of a version on a day, by order of the step that they enter."""
    ordered = sorted(version.steps, key=lambda step: step.order)
    found: dict[int, Arrow] = {}
    for before, step in pairwise(ordered):
        if not step.takes_referrals:
            continue
        targets = holders_of(step, around.services, day)
        clauses = [c for c in around.clauses if step.care_type.name in c.care_types]
        origins = []
        for name in holders_of(before, around.services, day):
            ways = tuple(_ways(name, targets, clauses, around.memberships, day))
            lapses = _lapse(name, targets, clauses, around.memberships, day) if ways else None
            origins.append(Origin(name, ways, lapses))
        found[step.order] = Arrow(step.order, tuple(origins), bool(targets))
    return found


def _ways(
    origin: str,
    targets: Sequence[str],
    clauses: Sequence[ClauseFacts],
    memberships: Sequence[MembershipFacts],
    day: date,
) -> list[Way]:
    on_day = [m for m in memberships if m.period.contains(day)]
    mine = {m.group for m in on_day if m.organization == origin}
    free = {m.group for m in on_day if m.organization == origin and m.moves_freely}
    found = []
    for target in targets:
        if target == origin:
            found.append(Way(target))
            continue
        shared = sorted(
            m.group
            for m in on_day
            if m.organization == target and m.moves_freely and m.group in free
        )
        found += [Way(target, group=group) for group in shared]
        if not shared:
            found += [
                Way(target, clause=clause)
                for clause in sorted(clauses, key=lambda c: c.slug)
                if clause.to_organization == target
                and (clause.from_organization == origin or clause.from_group in mine)
                and clause.in_force(day)
            ]
    return found


def _lapse(
    origin: str,
    targets: Sequence[str],
    clauses: Sequence[ClauseFacts],
    memberships: Sequence[MembershipFacts],
    day: date,
) -> date | None:
    """The first day within the notice on which the origin has no way left, None when it keeps one.

    Ways change only where a clause or a membership ends: those days are enough.
    """
    ends = {m.ends_on for m in memberships}
    ends |= {period.ends for clause in clauses for period in clause.periods}
    last = day + timedelta(days=NOTICE_DAYS)
    for end in sorted(end for end in ends if end is not None and day < end <= last):
        if not _ways(origin, targets, clauses, memberships, end):
            return end
    return None
