"""The legal basis of an access, computed from who asks and how they take part in the care.

Deny by default: no link, no basis. Same establishment, then the team that the patient recognised,
then what a request opened (group shared that day, listed structure, consent, vital emergency), then
regulation of a transfer, then an emergency opening under way. The order is that of
:class:`~maillage.patients.enums.Basis`; the first that holds is said and written in the trail.
Texts: Code de la santé publique L.1110-4, L.1110-12, L.6132-3 (``constants.BASIS_TEXTS``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from maillage.patients.enums import Basis, LinkKind
from maillage.patients.rules.constants import AFTER_REQUEST, AFTER_STAY
from maillage.vocabulary.errors import NotAllowed


@dataclass(frozen=True)
class Link:
    """A care link as the rule reads it; organizations by their key (slug), empty for none."""

    kind: LinkKind
    organization: str
    starts_at: datetime
    ends_at: datetime | None = None
    asked_by: str = ""
    has_consent: bool = False
    is_vital: bool = False
    reference: str = ""


@dataclass(frozen=True)
class Member:
    """A member of the care circle who may read: an account, or a structure."""

    username: str
    organization: str
    starts_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Agreement:
    """A consent that the patient gave to sharing with an organization (empty: with any)."""

    organization: str
    given_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True)
class Opening:
    """An emergency opening of the one who asks, in the name of an organization."""

    opened_at: datetime
    expires_at: datetime
    closed_at: datetime | None = None
    organization: str = ""


@dataclass(frozen=True)
class Reader:
    """Who asks. ``organizations``: keys of those where they hold a care role today (never
    « everywhere »: care is given somewhere). ``groups`` gives, for each organization met in the
    links, the hospital groups (GHT) and the listed structures that it belongs to today."""

    username: str
    organizations: frozenset[str]
    is_regulator: bool = False
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    structures: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What is known of one patient's care. ``opposes``: keys of organizations that the patient
    opposed to sharing with, that day; the empty key opposes every sharing outside the
    establishment. ``consents`` holds withdrawn ones too."""

    links: tuple[Link, ...] = ()
    members: tuple[Member, ...] = ()
    openings: tuple[Opening, ...] = ()
    opposes: frozenset[str] = frozenset()
    consents: tuple[Agreement, ...] = ()


@dataclass(frozen=True)
class Ground:
    """A basis that holds: for which organization, until when (None: as long as the link is open),
    and through what reference."""

    basis: Basis
    organization: str
    reference: str = ""
    until: datetime | None = None


def find_ground(reader: Reader, facts: Facts, *, at: datetime) -> Ground | None:
    """The first basis on which this reader may read this record at this instant, or None. Of
    several ways to the same basis, the one that lasts longest is told."""
    grounds = [
        *_from_stays(reader, facts.links, at),
        *_from_team(reader, facts, at),
        *_from_requests(reader, facts, at),
        *_from_regulation(reader, facts.links, at),
        *_from_openings(facts.openings, at),
    ]
    return min(grounds, key=_rank, default=None)


def _rank(ground: Ground) -> tuple[int, float]:
    lasts = float("inf") if ground.until is None else ground.until.timestamp()
    return list(Basis).index(ground.basis), -lasts


def check_found(ground: Ground | None) -> Ground:
    """The basis that was found. Raises :class:`NotAllowed` when there is none."""
    if ground is None:
        raise NotAllowed(
            "patients.no-basis",
            "Aucune base légale ne vous ouvre ce dossier : le patient n'est pas pris en charge "
            "dans votre établissement et aucune demande ne vous a été adressée pour lui.",
        )
    return ground


def is_running(starts_at: datetime, ends_at: datetime | None, *, at: datetime) -> bool:
    """True when an instant is in a half-open period."""
    return starts_at <= at and (ends_at is None or at < ends_at)


def _from_stays(reader: Reader, links: Iterable[Link], at: datetime) -> Iterable[Ground]:
    for link in links:
        if link.kind is not LinkKind.STAY or link.organization not in reader.organizations:
            continue
        until = None if link.ends_at is None else link.ends_at + AFTER_STAY
        if is_running(link.starts_at, until, at=at):
            yield Ground(Basis.SAME_ESTABLISHMENT, link.organization, link.reference, until)


def _from_team(reader: Reader, facts: Facts, at: datetime) -> Iterable[Ground]:
    for member in facts.members:
        own = bool(member.username) and member.username == reader.username
        place = not member.username and member.organization in reader.organizations
        running = is_running(member.starts_at, member.ends_at, at=at)
        if (own or place) and running and not _opposed(facts.opposes, member.organization):
            yield Ground(Basis.RECOGNISED_TEAM, member.organization, "", member.ends_at)


def _from_requests(reader: Reader, facts: Facts, at: datetime) -> Iterable[Ground]:
    for link in facts.links:
        if link.kind is not LinkKind.REQUEST or link.organization not in reader.organizations:
            continue
        until = None if link.ends_at is None else link.ends_at + AFTER_REQUEST
        if not is_running(link.starts_at, until, at=at):
            continue
        basis = _basis_of_request(reader, link, facts, at)
        if basis is not None:
            yield Ground(basis, link.organization, link.reference, until)


def _basis_of_request(reader: Reader, link: Link, facts: Facts, at: datetime) -> Basis | None:
    """What a request opens: the group or structure that both share, else what the patient said,
    else the emergency. An opposition leaves the emergency alone."""
    if not _opposed(facts.opposes, link.organization):
        if _shared(reader.groups, link):
            return Basis.SAME_GROUP
        if _shared(reader.structures, link):
            return Basis.LISTED_STRUCTURE
        if _agreed(link, facts.consents, at):
            return Basis.CONSENT
    return Basis.VITAL_EMERGENCY if link.is_vital else None


def _agreed(link: Link, consents: Iterable[Agreement], at: datetime) -> bool:
    """True when a consent holds for the organization asked. The agreement noted with the request
    falls with any consent for that organization withdrawn since: a patient who takes back what
    they said is not asked which paper it stood on."""
    covering = [one for one in consents if one.organization in ("", link.organization)]
    if any(is_running(one.given_at, one.withdrawn_at, at=at) for one in covering):
        return True
    taken_back = [one.withdrawn_at for one in covering if one.withdrawn_at is not None]
    return link.has_consent and not any(link.starts_at <= day <= at for day in taken_back)


def _shared(groups: Mapping[str, frozenset[str]], link: Link) -> bool:
    none: frozenset[str] = frozenset()
    return bool(groups.get(link.organization, none) & groups.get(link.asked_by, none))


def _opposed(opposes: Collection[str], organization: str) -> bool:
    return "" in opposes or organization in opposes


def _from_regulation(reader: Reader, links: Iterable[Link], at: datetime) -> Iterable[Ground]:
    if not reader.is_regulator:
        return
    for link in links:
        if link.kind is LinkKind.REGULATION:
            until = None if link.ends_at is None else link.ends_at + AFTER_REQUEST
            if is_running(link.starts_at, until, at=at):
                yield Ground(Basis.REGULATION, "", link.reference, until)


def _from_openings(openings: Iterable[Opening], at: datetime) -> Iterable[Ground]:
    for opening in openings:
        end = min(opening.expires_at, opening.closed_at or opening.expires_at)
        if is_running(opening.opened_at, end, at=at):
            yield Ground(Basis.BREAK_GLASS, opening.organization, "", end)
