"""Sharing the half-days of a specialty over sites: what is asked, in the words of medical affairs,
what the engine is given, and what its answer changes.

Half-days of the two-week cycle are numbered from 0 (Monday morning of odd weeks) to 19 (Friday
afternoon of even weeks). Counts are half-days of that cycle unless said otherwise.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from maillage.engines import rostering
from maillage.engines.rostering.half_day_values import (
    A_WEEK,
    CYCLE,
    Allocation,
    HalfDayDemand,
    SharedPractitioner,
    SiteNeed,
)
from maillage.engines.rostering.regulations import Regulations
from maillage.vocabulary.calendar import WEEKDAYS
from maillage.vocabulary.errors import Invalid, Problem, Refusal
from maillage.workforce.enums import AllocationState, Half, Weeks

SECONDS = (10, 30, 60, 180)
"""Times of computation that may be asked for."""

MOST_ROOMS = 30
"""Rooms of a site on one half-day that may be entered: more is a slip."""

SQUARES = tuple(
    (weekday, half) for weekday in range(1, 6) for half in (Half.MORNING, Half.AFTERNOON)
)
"""Half-days of a week, as grids name them, in the order of the cycle."""


def square_words(square: int) -> str:
    """« mardi matin »: a half-day of the week, 0 to 9."""
    weekday, half = SQUARES[square]
    return f"{WEEKDAYS[weekday - 1]} {half.label.lower()}"


@dataclass(frozen=True)
class AskedSite:
    """What a site asks for. ``held`` and ``vacant`` are what the starting values come from;
    ``rooms``: practitioners that it can hold on each half-day of the week."""

    finess: str
    name: str
    organization: str
    held: int
    vacant: int
    wanted: int
    least: int
    rooms: tuple[int, ...]


@dataclass(frozen=True)
class AskedPerson:
    """Somebody whose half-days are shared. ``owners``: hospitals whose medical affairs read the
    week. ``owed``: half-days of the assignments; ``elsewhere``: those given outside of the sites of
    the question, or on Saturdays. ``today``: where they are now, by half-day."""

    slug: str
    name: str
    employer: str
    owners: tuple[str, ...]
    main_site: str
    main_site_name: str
    owed: int
    elsewhere: int
    accepted: tuple[str, ...]
    today: Mapping[int, str] = field(default_factory=dict)
    fixed: Mapping[int, str] = field(default_factory=dict)
    refused: tuple[int, ...] = ()

    @property
    def capacity(self) -> int:
        """Half-days that the question may place."""
        return max(0, self.owed - self.elsewhere)


@dataclass(frozen=True)
class Terms:
    """Rules and weights in force on the day of the question, kept with it."""

    bonus: tuple[tuple[int, int], ...]
    bonus_km: int
    most_sites: int
    euro_cost: int
    minute_cost: int
    half_day_minutes: int
    half_day_value: int
    least_value: int
    stay_value: int
    bonus_source: str


@dataclass(frozen=True)
class Question:
    """Everything that an answer depends on. ``travel`` and ``km``: one way, from a main site to a
    site of the question; a pair that is not there cannot be travelled."""

    sites: tuple[AskedSite, ...]
    people: tuple[AskedPerson, ...]
    travel: tuple[tuple[str, str, int], ...]
    km: tuple[tuple[str, str, int], ...]
    terms: Terms

    @property
    def names(self) -> dict[str, str]:
        """Names of the sites, by FINESS."""
        return {site.finess: site.name for site in self.sites}

    def person(self, slug: str) -> AskedPerson | None:
        return next((one for one in self.people if one.slug == slug), None)


def make_terms(regulations: Regulations) -> Terms:
    """The values of dated rules that a question keeps."""
    empty = rostering.make_demand([], [], regulations, travel={}, km={})
    return Terms(
        bonus=empty.bonus,
        bonus_km=empty.bonus_km,
        most_sites=empty.most_sites,
        euro_cost=empty.euro_cost,
        minute_cost=empty.minute_cost,
        half_day_minutes=empty.half_day_minutes,
        half_day_value=regulations.whole("sharing.half_day_value"),
        least_value=regulations.whole("sharing.least_value"),
        stay_value=regulations.whole("sharing.stay_value"),
        bonus_source=regulations["shared.bonus"].source,
    )


def write_question(question: Question) -> dict[str, Any]:
    """As JSON keeps it."""
    return asdict(question)


def read_question(kept: Mapping[str, Any]) -> Question:
    """What :func:`write_question` wrote."""
    people = tuple(
        AskedPerson(
            **{
                **one,
                "owners": tuple(one["owners"]),
                "accepted": tuple(one["accepted"]),
                "refused": tuple(one["refused"]),
                "today": {int(half): site for half, site in one["today"].items()},
                "fixed": {int(half): site for half, site in one["fixed"].items()},
            }
        )
        for one in kept["people"]
    )
    terms = kept["terms"]
    return Question(
        sites=tuple(AskedSite(**{**one, "rooms": tuple(one["rooms"])}) for one in kept["sites"]),
        people=people,
        travel=tuple((a, b, minutes) for a, b, minutes in kept["travel"]),
        km=tuple((a, b, km) for a, b, km in kept["km"]),
        terms=Terms(**{**terms, "bonus": tuple((one, more) for one, more in terms["bonus"])}),
    )


def site_values(wanted: int, least: int, terms: Terms) -> tuple[int, ...]:
    """Points of the first half-day of a site, the second ...: from the value of a half-day down to
    half of it, so that sites served in equal parts are worth the same; more under the least."""
    return tuple(
        terms.half_day_value
        - terms.half_day_value * rank // (2 * wanted)
        + (terms.least_value if rank < least else 0)
        for rank in range(wanted)
    )


def make_demand_of(question: Question) -> HalfDayDemand:
    """What the engine is given."""
    known = {(origin, site) for origin, site, _ in question.travel}
    sites = [site.finess for site in question.sites]
    people = [
        SharedPractitioner(
            id=one.slug,
            home=one.main_site,
            capacity=one.capacity,
            sites=frozenset(
                site
                for site in sites
                if site in one.accepted
                and (site == one.main_site or (one.main_site, site) in known)
            ),
            fixed=dict(one.fixed),
            refused=frozenset(one.refused),
            stays=dict.fromkeys(one.today.items(), question.terms.stay_value),
        )
        for one in question.people
    ]
    needs = [
        SiteNeed(site.finess, half, (0,) * site.rooms[half % A_WEEK], site.rooms[half % A_WEEK])
        for site in question.sites
        for half in range(CYCLE)
        if site.rooms[half % A_WEEK]
    ]
    terms = question.terms
    return HalfDayDemand(
        practitioners=tuple(people),
        needs=tuple(needs),
        travel={(a, b): minutes for a, b, minutes in question.travel},
        km={(a, b): km for a, b, km in question.km},
        bonus=terms.bonus,
        bonus_km=terms.bonus_km,
        most_sites=terms.most_sites,
        euro_cost=terms.euro_cost,
        minute_cost=terms.minute_cost,
        half_day_minutes=terms.half_day_minutes,
        totals={
            site.finess: site_values(site.wanted, site.least, terms) for site in question.sites
        },
    )


Placed = frozenset[tuple[str, int, str]]


def placed_today(question: Question) -> Placed:
    """Where people are now, on the sites of the question."""
    return frozenset(
        (one.slug, half, site) for one in question.people for half, site in one.today.items()
    )


@dataclass(frozen=True)
class SiteResult:
    """What a site asked, has today and would have."""

    site: AskedSite
    today: int
    served: int

    @property
    def missing(self) -> int:
        return max(0, self.site.wanted - self.served)

    @property
    def is_under_least(self) -> bool:
        return self.served < self.site.least

    @property
    def part(self) -> int | None:
        """Percent of what is asked that is served, rounded down; None when nothing is asked."""
        return None if not self.site.wanted else min(100, 100 * self.served // self.site.wanted)


@dataclass(frozen=True)
class Move:
    """A half-day of the week of somebody, before and after. ``weeks``: those that change."""

    square: int
    weeks: str
    before: str
    after: str

    @property
    def words(self) -> str:
        """« mardi matin », « mardi matin, semaines paires »."""
        which = "" if self.weeks == Weeks.EVERY else f", {Weeks(self.weeks).label.lower()}"
        return square_words(self.square) + which


@dataclass(frozen=True)
class PersonResult:
    """Where somebody would be: a site (FINESS) or nothing, for each half-day of the cycle."""

    person: AskedPerson
    halves: tuple[str, ...]
    bonus: int
    bonus_today: int
    minutes: int
    moves: tuple[Move, ...]

    @property
    def placed(self) -> int:
        return sum(bool(site) for site in self.halves)

    @property
    def sites(self) -> int:
        """Different sites over the cycle."""
        return len({site for site in self.halves if site})


def read_results(
    question: Question, demand: HalfDayDemand, found: Allocation, today: Allocation
) -> tuple[tuple[SiteResult, ...], tuple[PersonResult, ...]]:
    """What an allocation gives each site and each person, beside ``today``'s."""
    served = Counter(site for _, _, site in found.placed)
    before = Counter(site for _, _, site in today.placed)
    sites = tuple(
        SiteResult(site, before[site.finess], served[site.finess]) for site in question.sites
    )
    where = {(who, half): site for who, half, site in found.placed}
    people = []
    for one in question.people:
        halves = tuple(where.get((one.slug, half), "") for half in range(CYCLE))
        days = {(half // 2, site) for half, site in enumerate(halves) if site}
        people.append(
            PersonResult(
                person=one,
                halves=halves,
                bonus=found.bonus.get(one.slug, 0),
                bonus_today=today.bonus.get(one.slug, 0),
                minutes=sum(2 * demand.minutes_between(one.main_site, site) for _, site in days),
                moves=tuple(moves_of(one.today, halves)),
            )
        )
    return sites, tuple(people)


def moves_of(today: Mapping[int, str], halves: Sequence[str]) -> Iterator[Move]:
    """What changes in a week, square by square; both weeks as one when they change alike."""
    for square in range(A_WEEK):
        odd = (today.get(square, ""), halves[square])
        even = (today.get(square + A_WEEK, ""), halves[square + A_WEEK])
        if odd == even:
            if odd[0] != odd[1]:
                yield Move(square, Weeks.EVERY, *odd)
            continue
        for weeks, (before, after) in ((Weeks.ODD, odd), (Weeks.EVEN, even)):
            if before != after:
                yield Move(square, weeks, before, after)


def cells_of(halves: Sequence[str], square: int) -> list[tuple[str, str]]:
    """What is to be written in a square of the grid: pairs (weeks, site)."""
    odd, even = halves[square], halves[square + A_WEEK]
    if odd == even:
        return [(Weeks.EVERY, odd)] if odd else []
    return [(weeks, site) for weeks, site in ((Weeks.ODD, odd), (Weeks.EVEN, even)) if site]


def gap_words(points: int, bound: float | None) -> str:
    """How good an allocation is proven to be, in a French sentence."""
    if bound is None:
        return "Rien n'est encore prouvé de cette répartition."
    if bound <= points:
        return "Aucune répartition ne fait mieux : c'est prouvé."
    tenths = math.ceil(1000 * (bound - points) / max(1, abs(points)) - 1e-9)
    written = f"{tenths // 10},{tenths % 10}" if tenths % 10 else f"{tenths // 10}"
    return f"Aucune répartition ne fait mieux de plus de {written} % : c'est prouvé."


def check_sites(sites: Sequence[AskedSite]) -> None:
    """Raise :class:`Invalid` with every number that cannot be."""
    problems = []
    for site in sites:
        if not 0 <= site.wanted <= CYCLE * MOST_ROOMS:
            problems.append(Problem(f"{site.name} : nombre de demi-journées.", field=site.finess))
        if site.least > site.wanted:
            problems.append(
                Problem(f"{site.name} : au moins {site.least}, plus que les {site.wanted} voulues.",
                        field=site.finess)
            )  # fmt: skip
        if any(not 0 <= count <= MOST_ROOMS for count in site.rooms):
            problems.append(
                Problem(f"{site.name} : {MOST_ROOMS} salles au plus.", field=site.finess)
            )
    if problems:
        raise Invalid("workforce.allocation-sites", "Cette demande ne tient pas.", problems)


def check_seconds(seconds: int) -> None:
    """Raise :class:`Invalid` for a time that is not proposed."""
    if seconds not in SECONDS:
        message = "Choisissez une des durées proposées."
        raise Invalid("workforce.allocation-seconds", message, [Problem(message, field="seconds")])


def check_is_draft(state: str) -> None:
    """Raise :class:`Refusal` unless the question may still be corrected."""
    if state != AllocationState.DRAFT:
        raise Refusal(
            "workforce.allocation-frozen",
            "Ce calcul garde sa demande telle qu'elle était : reprenez-la pour la corriger.",
        )


def check_is_found(state: str) -> None:
    """Raise :class:`Refusal` unless there is an answer that may be kept."""
    if state not in (AllocationState.FOUND, AllocationState.KEPT):
        raise Refusal(
            "workforce.allocation-not-found", "Il n'y a pas de répartition à retenir ici."
        )


def with_person(question: Question, person: AskedPerson) -> Question:
    """The question with somebody's line changed."""
    return replace(
        question,
        people=tuple(person if one.slug == person.slug else one for one in question.people),
    )
