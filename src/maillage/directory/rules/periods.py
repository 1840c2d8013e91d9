"""Memberships, authorisations and ages: what may not stand together, and what a day finds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from maillage.directory.enums import AuthorisationState, GroupKind, MemberRole
from maillage.vocabulary.calendar import french_day
from maillage.vocabulary.errors import Problem
from maillage.vocabulary.periods import Period

ENDING_SOON = timedelta(days=240)
"""An authorisation that ends within this time is announced as ending soon: about eight months, so
that a renewal can still be prepared. A choice of this product, not a rule of law."""

OLDEST = 130
"""No age range goes beyond this age in years."""

GHT_EXCLUSIVE_ROLES = frozenset({MemberRole.SUPPORT.value, MemberRole.PARTY.value})
"""A public hospital is party to one GHT (CSP art. L6132-1, I). Associates may have several."""


@dataclass(frozen=True)
class Stay:
    """Something that holds from ``starts_on`` to ``ends_on`` (excluded): a membership, an
    authorisation. ``owner`` is whose periods may not meet; ``row`` its line in a file, if any."""

    owner: Hashable
    starts_on: date
    ends_on: date | None
    row: int | None = None
    label: str = ""

    @property
    def period(self) -> Period[date]:
        return Period(self.starts_on, self.ends_on)


def overlapping(stays: Iterable[Stay]) -> Iterator[tuple[Stay, Stay]]:
    """Pairs of stays of one owner that share a day, the earlier first; each stay is compared with
    the one that lasts longest before it."""
    owned: dict[Hashable, list[Stay]] = defaultdict(list)
    for stay in stays:
        owned[stay.owner].append(stay)
    for several in owned.values():
        several.sort(key=lambda stay: stay.starts_on)
        longest = several[0]
        for stay in several[1:]:
            if longest.ends_on is None or stay.starts_on < longest.ends_on:
                yield longest, stay
            if longest.ends_on is not None and (
                stay.ends_on is None or stay.ends_on > longest.ends_on
            ):
                longest = stay


def is_exclusive(group_kind: str, role: str) -> bool:
    """True when this membership forbids another one of the same kind on the same day."""
    return group_kind == GroupKind.GHT and role in GHT_EXCLUSIVE_ROLES


def in_words(stay: Stay) -> str:
    """« du 1er juillet 2016 au 14 novembre 2022 », « depuis le 1er juillet 2016 »."""
    if stay.ends_on is None:
        return f"depuis le {french_day(stay.starts_on)}"
    return f"du {french_day(stay.starts_on)} au {french_day(stay.ends_on)}"


def membership_clashes(
    stays: Mapping[tuple[str, str, date], tuple[date | None, str, int | None]],
    kinds: Mapping[str, str],
) -> Iterator[Problem]:
    """Memberships that may not stand together, by (group, organization, start): the same
    organization twice in one group, or in two GHT, on one day. Values are the end, the role and the
    line of the file (None for what the database holds); ``kinds`` is the kind of each group."""
    inside = [
        Stay((group, who), starts, ends, row, group)
        for (group, who, starts), (ends, _, row) in stays.items()
    ]
    exclusive = [
        Stay(who, starts, ends, row, group)
        for (group, who, starts), (ends, role, row) in stays.items()
        if is_exclusive(kinds.get(group, ""), role)
    ]
    for stays_in, words in ((inside, "déjà membre de"), (exclusive, "déjà partie au GHT")):
        for first, second in overlapping(stays_in):
            if stays_in is exclusive and first.label == second.label:
                continue
            told, other = (second, first) if second.row is not None else (first, second)
            if told.row is not None:
                yield Problem(
                    f"l'établissement est {words} « {other.label} » {in_words(other)}",
                    row=told.row,
                    column="du",
                )


def holds_on(starts_on: date | None, ends_on: date | None, day: date) -> bool:
    """True when a half-open period of days contains ``day``."""
    return Period(starts_on, ends_on).contains(day)


@dataclass(frozen=True)
class AuthorisationFact:
    """What the authorisations of a service say of one day; ``until`` is the day on which the
    unbroken authorisation stops, ``since`` the day on which it starts (or will)."""

    state: AuthorisationState
    since: date | None = None
    until: date | None = None


def authorisation_on(periods: Sequence[tuple[date, date | None]], day: date) -> AuthorisationFact:
    """The state of a service on ``day``, from the periods of its authorisations.

    Periods that follow each other without a gap count as one.
    """
    chains: list[tuple[date, date | None]] = []
    for starts_on, ends_on in sorted(periods, key=lambda period: period[0]):
        if chains and chains[-1][1] is not None and starts_on <= chains[-1][1]:
            chains[-1] = (chains[-1][0], ends_on)
        else:
            chains.append((starts_on, ends_on))
    for starts_on, ends_on in chains:
        if holds_on(starts_on, ends_on, day):
            soon = ends_on is not None and ends_on - day <= ENDING_SOON
            state = AuthorisationState.ENDING if soon else AuthorisationState.IN_FORCE
            return AuthorisationFact(state, starts_on, ends_on)
    for starts_on, ends_on in chains:
        if starts_on > day:
            return AuthorisationFact(AuthorisationState.FUTURE, starts_on, ends_on)
    if chains:
        return AuthorisationFact(AuthorisationState.ENDED, chains[-1][0], chains[-1][1])
    return AuthorisationFact(AuthorisationState.NONE)


def ages_in_words(age_min: int, age_max: int | None) -> str:
    """« Tous âges », « à partir de 15 ans », « jusqu'à 14 ans » (the maximum is excluded)."""
    if age_max is None:
        return f"À partir de {age_min} ans" if age_min else "Tous âges"
    if age_min == 0:
        return f"Moins de {age_max} an" if age_max == 1 else f"Moins de {age_max} ans"
    return f"De {age_min} à {age_max - 1} ans"
