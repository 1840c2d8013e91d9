"""The rooms below as one frozen network for the engine, kept in memory while it stays true.

A network answers for the month of the instant asked and the next one: far enough to say when a
closed service reopens, small enough to be built in a fraction of a second. It is kept under the
revision of the territory (the newest act that may change an answer), so it is never out of date.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from maillage.accounts.queries import get_revision
from maillage.agreements.queries.network import list_clauses_for_network
from maillage.coverage.queries.names import load_names
from maillage.coverage.rules import Names
from maillage.directory.queries.network import (
    list_members_for_clauses,
    list_memberships_for_network,
    list_organizations_for_network,
    list_services_for_network,
    list_sites_for_network,
)
from maillage.engines.routing import (
    MEMBER_MARK,
    Clause,
    Commune,
    DayPeriod,
    DutySlot,
    Entry,
    ExceptionState,
    HolidayRule,
    Membership,
    Network,
    Opening,
    Organization,
    Pathway,
    ResidentBand,
    Service,
    ServiceException,
    Site,
    Step,
    Travel,
    TravelSource,
    build_network,
)
from maillage.oncall.queries import list_slots_for_network
from maillage.pathways.queries import list_pathways_for_network
from maillage.territory.queries import (
    get_travel_source,
    list_places,
    list_residents_for_network,
)
from maillage.territory.rules.travel import Place
from maillage.vocabulary.calendar import (
    day_bounds,
    french_day,
    local_day,
    public_holidays_between,
)
from maillage.vocabulary.errors import Refusal
from maillage.vocabulary.periods import Period

T = TypeVar("T")

KEPT_NETWORKS = 12
"""Networks kept in memory, each a few megabytes: a year of months, or a handful of comparisons."""

MOST_READINGS = 5
"""How often a territory that changes under the reading is read again before giving up."""

ROSTER_NEAR = timedelta(days=1)
"""How far from an instant a duty slot shows that rosters were entered for those days."""


@dataclass(frozen=True)
class Loaded:
    """A network, what its identifiers are called, and where it comes from.

    ``pathways`` gives slug and name of those in force on the day; ``revision`` is that of the
    territory; slots and holidays are known over ``first_day <= day < last_day``.
    """

    network: Network
    names: Names
    pathways: Mapping[str, str]
    travel_source: str
    revision: int
    first_day: date
    last_day: date

    def has_roster(self, at: datetime) -> bool:
        """See :func:`has_roster`."""
        return has_roster(self.network, at)


def has_roster(network: Network, at: datetime) -> bool:
    """True when some duty slot, of any line, is entered within a day of the instant."""
    return any(
        slot.starts_at < at + ROSTER_NEAR and slot.ends_at > at - ROSTER_NEAR
        for slot in network.duty_slots
        if slot.starts_at and slot.ends_at
    )


def load_network(at: datetime) -> Loaded:
    """The network that answers at an instant, with the names of what is in it. One query when it
    is kept already."""
    day = local_day(at)
    first = day.replace(day=1)
    last = _month_after(_month_after(first))

    def read(revision: int) -> Loaded:
        return _load(revision, first, last, _pathways_of(revision, day))

    return _read_still(read)


def load_full_network(first_day: date, last_day: date) -> Network:
    """The network of a whole horizon (the last day excluded), residents included: what a network
    file holds. Pathways are those in force on the first day."""

    def read(revision: int) -> Network:
        network = _build(first_day, last_day, _read_pathways(first_day), with_residents=True)
        _check_still(revision)
        return network

    return _read_still(read)


def forget_networks() -> None:
    """Empty the memory. A revision names one state of one database only: tests that change
    database, or a restored backup under a running server, need this."""
    _load.cache_clear()
    _pathways_of.cache_clear()


class _Moved(Exception):
    """An act was committed while the territory was being read."""


def _read_still(read: Callable[[int], T]) -> T:
    """What is read at one revision. A network takes some twenty queries, and an act may be
    committed between two of them: its parts would not belong together. It is then read again."""
    for _ in range(MOST_READINGS):
        revision = get_revision()
        try:
            return read(revision)
        except Exception:
            # Parts of two states may not fit together at all: a clause named, and gone.
            if get_revision() == revision:
                raise
    raise Refusal(
        "coverage.moving",
        "Le territoire est en train de changer. Redemandez dans un instant.",
    )


def _check_still(revision: int) -> None:
    if get_revision() != revision:
        raise _Moved


def _month_after(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


@lru_cache(maxsize=4 * KEPT_NETWORKS)
def _pathways_of(revision: int, day: date) -> tuple[Pathway, ...]:
    pathways = _read_pathways(day)
    _check_still(revision)
    return pathways


@lru_cache(maxsize=KEPT_NETWORKS)
def _load(revision: int, first: date, last: date, pathways: tuple[Pathway, ...]) -> Loaded:
    network = _build(first, last, pathways, with_residents=False)
    travel = get_travel_source()
    since = f", {french_day(travel.source_on)}" if travel.source_on else ""
    names = load_names(network)
    _check_still(revision)
    return Loaded(
        network=network,
        names=names,
        pathways={pathway.id: pathway.name for pathway in pathways},
        travel_source=f"{travel.source}{since}",
        revision=revision,
        first_day=first,
        last_day=last,
    )


def _build(
    first: date, last: date, pathways: tuple[Pathway, ...], *, with_residents: bool
) -> Network:
    sites = [Site(*row) for row in list_sites_for_network()]
    communes = _communes(with_residents=with_residents)
    starts_at, _ = day_bounds(first)
    ends_at, _ = day_bounds(last)
    return build_network(
        public_holidays=public_holidays_between(first, last),
        communes=communes,
        organizations=[Organization(*row) for row in list_organizations_for_network()],
        memberships=[Membership(*row) for row in list_memberships_for_network()],
        sites=sites,
        services=_services(),
        duty_slots=_slots(starts_at, ends_at),
        clauses=_clauses([Membership(*row) for row in list_members_for_clauses()]),
        pathways=pathways,
        travel=_travel(sites),
    )


def _communes(*, with_residents: bool) -> list[Commune]:
    if with_residents:
        return [
            Commune(
                row.code,
                row.name,
                row.latitude,
                row.longitude,
                tuple(ResidentBand(b.age_min, b.age_max, b.sex, b.count) for b in row.bands),
            )
            for row in list_residents_for_network()
        ]
    return [Commune(p.key, p.key, p.latitude, p.longitude) for p in list_places()]


def _services() -> list[Service]:
    return [
        Service(
            id=row.slug,
            site=row.site,
            care_type=row.care_type,
            level=row.level,
            age_min=row.age_min,
            age_max=row.age_max,
            authorisations=tuple(DayPeriod(*period) for period in row.authorisations),
            opening=tuple(
                Opening((weekday,), opens, closes, HolidayRule(holidays))
                for weekday, opens, closes, holidays in row.opening
            ),
            exceptions=tuple(
                ServiceException(starts, ends, ExceptionState(state))
                for starts, ends, state in row.exceptions
            ),
        )
        for row in list_services_for_network()
    ]


def _slots(starts_at: datetime, ends_at: datetime) -> list[DutySlot]:
    """Slots under names that say what they are, the same in every database."""
    return [
        DutySlot(
            id=f"{line}.{service}.{starts:%Y%m%dT%H%MZ}",
            line=line,
            service=service,
            starts_at=starts,
            ends_at=ends,
            holder=holder,
            response_minutes=response,
        )
        for _, line, service, starts, ends, holder, response in list_slots_for_network(
            starts_at, ends_at
        )
    ]


def _clauses(members: list[Membership]) -> list[Clause]:
    """Clauses between organizations. A clause whose origin is a group speaks for each member, on
    the days when both the clause and the membership hold: the day a member leaves, it is over."""
    found: list[Clause] = []
    for row in list_clauses_for_network():
        if row.from_organization is not None:
            origins = [(row.id, row.from_organization, Period(row.starts_on, row.ends_on))]
        else:
            origins = _members_over(row.id, row.from_group, row.starts_on, row.ends_on, members)
        found += [
            Clause(
                id=key,
                agreement=row.agreement,
                from_organization=origin,
                to_organization=row.to_organization,
                care_types=row.care_types,
                priority=row.priority,
                starts_on=period.starts,
                ends_on=period.ends,
            )
            for key, origin, period in origins
            if origin != row.to_organization
        ]
    return found


def _members_over(
    key: str,
    group: str | None,
    starts_on: date | None,
    ends_on: date | None,
    members: list[Membership],
) -> list[tuple[str, str, Period[date]]]:
    rows = []
    for member in members:
        if member.group != group:
            continue
        common = Period(starts_on, ends_on).intersection(Period(member.starts_on, member.ends_on))
        if common is not None:
            since = f"{member.starts_on:%Y%m%d}" if member.starts_on else ""
            rows.append(
                (f"{key}{MEMBER_MARK}{member.organization}.{since}", member.organization, common)
            )
    return rows


def _travel(sites: list[Site]) -> Travel:
    source = get_travel_source()
    if source.is_estimate:
        return Travel(TravelSource.ESTIMATE, source.margin_minutes)
    places = [Place(site.id, site.lat, site.lon) for site in sites]
    return Travel(
        TravelSource.MATRIX,
        source.margin_minutes,
        commune_site=tuple(source.pairs(list_places(), places)),
        site_site=tuple(source.pairs(places, places)),
    )


def _read_pathways(day: date) -> tuple[Pathway, ...]:
    return tuple(
        Pathway(
            id=row["id"],
            name=row["name"],
            age_min=row["age_min"],
            age_max=row["age_max"],
            steps=tuple(
                Step(
                    order=step["order"],
                    care_type=step["care_type"],
                    level=step["level"],
                    entry=Entry(step["entry"]),
                    target_minutes=step["target_minutes"],
                    hours=_hours(step["hours"]),
                )
                for step in row["steps"]
            ),
        )
        for row in list_pathways_for_network(day)
    )


def _hours(windows: list[dict[str, Any]] | None) -> tuple[Opening, ...] | None:
    if not windows:
        return None
    return tuple(
        Opening.between(
            tuple(window["weekdays"]),
            window["from"],
            window["to"],
            HolidayRule(window["holidays"]),
        )
        for window in windows
    )
