"""The values that the rules of the pathways room read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from maillage.pathways.enums import Entry, VersionState
from maillage.vocabulary.care import CareLevel, CareType
from maillage.vocabulary.periods import Period

Window = Mapping[str, Any]
"""A weekly window as in the network file: weekdays, from, to, holidays."""


@dataclass(frozen=True)
class StepFacts:
    """One graded step. ``target_minutes`` counts from the commune; no hours means always."""

    order: int
    name: str
    care_type: CareType
    level: CareLevel
    entry: Entry
    target_minutes: int | None = None
    target_source: str = ""
    hours: Sequence[Window] = ()
    entry_criteria: str = ""
    return_to: int | None = None
    return_criteria: str = ""
    return_within_hours: int | None = None

    @property
    def takes_referrals(self) -> bool:
        """True when patients also, or only, come from the step before."""
        return self.entry in (Entry.REFERRAL, Entry.BOTH)

    @property
    def title(self) -> str:
        """« Étape 2, Unité neurovasculaire »."""
        return f"Étape {self.order}, {self.name}" if self.name else f"Étape {self.order}"

    @property
    def care(self) -> str:
        """« Unité neurovasculaire, niveau recours »."""
        return f"{self.care_type.label}, niveau {self.level.label.lower()}"


@dataclass(frozen=True)
class VersionFacts:
    """A version of a pathway. Ages: ``age_min <= age < age_max``, None is open."""

    number: int
    state: VersionState
    steps: tuple[StepFacts, ...] = ()
    age_min: int = 0
    age_max: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    population: str = ""
    entry_criteria: str = ""
    cim10: tuple[str, ...] = ()
    review_on: date | None = None
    change_note: str = ""


@dataclass(frozen=True)
class ServiceFacts:
    """A healthcare service: where, of whom, for which ages, and the days of its authorisations."""

    slug: str
    name: str
    organization: str
    care_type: CareType
    level: CareLevel
    age_min: int = 0
    age_max: int | None = None
    authorisations: tuple[Period[date], ...] = ()

    def is_authorised(self, day: date) -> bool:
        return any(period.contains(day) for period in self.authorisations)


@dataclass(frozen=True)
class MembershipFacts:
    """An organization in a group. ``moves_freely``: patients move between the members of this
    group without a clause (a GHT); other groups only lend their name to clauses."""

    organization: str
    group: str
    starts_on: date | None = None
    ends_on: date | None = None
    moves_freely: bool = True

    @property
    def period(self) -> Period[date]:
        return Period(self.starts_on, self.ends_on)


@dataclass(frozen=True)
class ClauseFacts:
    """« X sends patients of these care types to Y » on the days of ``periods``: those of the clause
    on which its agreement carries patients. The origin is an organization or a group."""

    slug: str
    agreement: str
    agreement_title: str
    to_organization: str
    care_types: frozenset[str]
    periods: tuple[Period[date], ...]
    from_organization: str = ""
    from_group: str = ""
    article: str = ""

    def in_force(self, day: date) -> bool:
        return any(period.contains(day) for period in self.periods)


@dataclass(frozen=True)
class Surroundings:
    """What a version is judged against: the offer of the territory and its agreements.

    ``names`` gives the short name of organizations and groups by key.
    """

    services: tuple[ServiceFacts, ...] = ()
    clauses: tuple[ClauseFacts, ...] = ()
    memberships: tuple[MembershipFacts, ...] = ()
    names: Mapping[str, str] | None = None

    def name(self, key: str) -> str:
        return (self.names or {}).get(key, key)
