"""The values that the rules of the agreements room read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from maillage.agreements.enums import AgreementKind, AgreementState, OpinionBody, PartyRole, Renewal
from maillage.directory.enums import GroupKind, OrganizationKind
from maillage.vocabulary.periods import Period


@dataclass(frozen=True)
class Member:
    """An organization in a group, over these days."""

    organization: str
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class GroupFacts:
    """A group with its members, past and present."""

    slug: str
    kind: GroupKind
    members: tuple[Member, ...] = ()


@dataclass(frozen=True)
class PartyFacts:
    """Who is bound. A group may be a party itself, or through the organization that supports it:
    then both are set."""

    name: str
    organization: str = ""
    organization_kind: OrganizationKind | None = None
    group: GroupFacts | None = None
    role: PartyRole = PartyRole.PARTY
    signatory: str = ""
    must_sign: bool = True
    signed_on: date | None = None


@dataclass(frozen=True)
class OpinionFacts:
    """An opinion of a body; without organization it speaks for all parties."""

    body: OpinionBody
    organization: str = ""
    given_on: date | None = None


@dataclass(frozen=True)
class Term:
    """What decides on which days an agreement carries patients.

    ``suspensions`` are the past interruptions that were lifted; the present one is the state.
    """

    state: AgreementState
    state_on: date | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    renewal: Renewal = Renewal.NONE
    suspensions: tuple[Period[date], ...] = ()
    parent: Term | None = None


@dataclass(frozen=True)
class AgreementFacts:
    """An agreement as rules see it."""

    kind: AgreementKind
    term: Term
    name: str = "cette convention"
    parent_kind: AgreementKind | None = None
    signed_on: date | None = None
    submitted_on: date | None = None
    notice_months: int | None = None
    has_practitioner: bool = False
    holds_authorisation: bool = False
    medical_project_on: date | None = None
    date_is_exact: bool = True
    parties: tuple[PartyFacts, ...] = ()
    inherited_parties: tuple[PartyFacts, ...] = ()
    opinions: tuple[OpinionFacts, ...] = ()

    @property
    def state(self) -> AgreementState:
        return self.term.state

    @property
    def binding(self) -> tuple[PartyFacts, ...]:
        """Who is bound: its parties; those of its parent when an annex names none."""
        return self.parties or self.inherited_parties


@dataclass(frozen=True)
class ClauseFacts:
    """« X sends patients of these care types to Y » between two days."""

    slug: str
    to_organization: str
    care_types: frozenset[str]
    starts_on: date
    ends_on: date | None = None
    from_organization: str = ""
    from_group: str = ""
    population: str = ""

    @property
    def origin(self) -> str:
        return self.from_organization or self.from_group


def listing(names: Iterable[str], most: int = 4) -> str:
    """Names for a sentence: « Arras, Lens et 3 autres »."""
    all_names = list(names)
    if len(all_names) <= most:
        return ", ".join(all_names)
    rest = len(all_names) - most + 1
    return ", ".join(all_names[: most - 1]) + f" et {rest} autres"
