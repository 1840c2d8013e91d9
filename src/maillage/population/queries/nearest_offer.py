"""The offer that answers a need: the nearest service of each place, and how much of it is in reach.

Minutes are those of the territory's travel times, as for coverage: the table that was loaded, or
the estimate. A service counts when it may give its care on the day (its authorisations, or none).
The score is E2SFCA (``engines.indicators.access``) with every commune of the territory as demand:
the directory has no capacity, so each service counts for one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from django.urls import reverse

from maillage.directory.models import Site
from maillage.directory.queries.network import NetworkService, list_services_for_network
from maillage.pathways.models import PathwayVersion
from maillage.pathways.queries.records import in_force_on
from maillage.population.rules.causes import Answer
from maillage.population.rules.offers import BANDS, REACH_MINUTES
from maillage.territory.models import Commune
from maillage.territory.queries.travel import get_travel_source
from maillage.territory.rules.travel import Place, TravelSource
from maillage.vocabulary.calendar import french_day
from maillage.vocabulary.care import CareType
from maillage.vocabulary.geo import (
    ESTIMATE_FAR_MINUTES_PER_KM,
    ESTIMATE_NEAR_KM,
    ESTIMATE_NEAR_MINUTES_PER_KM,
    ESTIMATE_START_MINUTES,
    estimated_minutes,
)

if TYPE_CHECKING:
    from maillage.engines.indicators.access import Edges
    from maillage.engines.indicators.areas import Areas

BY_RESIDENTS = 100_000


@dataclass(frozen=True, slots=True)
class PathwayLink:
    """A pathway that answers a cause."""

    slug: str
    name: str

    @property
    def url(self) -> str:
        return reverse("pathways:detail", args=[self.slug])


@dataclass(frozen=True, slots=True)
class Offer:
    """The nearest service of a care type for an area: mean minutes of its residents to the nearest
    one of each commune, the service nearest to its main commune, and services in reach for 100,000
    residents. ``minutes`` is None when none is known to be reached."""

    minutes: float | None
    service: str
    score: float


@dataclass(frozen=True)
class Offers:
    """What answers each care type of a question, and where the minutes come from."""

    by_area: Mapping[tuple[CareType, str], Offer]
    counts: Mapping[CareType, int]
    pathways: Mapping[Answer, tuple[PathwayLink, ...]]
    travel: str
    margin: float


@dataclass(frozen=True, slots=True)
class _Demand:
    """Communes where people live, in order of code."""

    codes: tuple[str, ...]
    lat: tuple[float, ...]
    lon: tuple[float, ...]
    residents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Supply:
    """Sites of a care type, with how many services each has."""

    sites: tuple[str, ...]
    lat: tuple[float, ...]
    lon: tuple[float, ...]
    services: tuple[int, ...]


def get_offers(
    areas: Areas, keys: Collection[str], wanted: Collection[Answer], *, day: date
) -> Offers:
    """What answers some causes in some areas on a day. Nine queries, and one for each care type
    when travel times were loaded."""
    rows = list(
        Commune.objects.order_by("code").values_list("code", "latitude", "longitude", "residents")
    )
    demand = _Demand(*zip(*rows, strict=True)) if rows else _Demand((), (), (), ())
    sites = {
        finess: (name, lat, lon)
        for finess, name, lat, lon in Site.objects.order_by("finess").values_list(
            "finess", "name", "latitude", "longitude"
        )
    }
    services = [one for one in list_services_for_network() if may_serve(one, day)]
    source = get_travel_source()
    found: dict[tuple[CareType, str], Offer] = {}
    counts = {}
    for care in dict.fromkeys(answer.care for answer in wanted):
        own = [one.site for one in services if one.care_type == care.name]
        counts[care] = len(own)
        used = sorted(set(own))
        supply = _Supply(
            tuple(used),
            tuple(sites[one][1] for one in used),
            tuple(sites[one][2] for one in used),
            tuple(own.count(one) for one in used),
        )
        reach = _reach(demand, supply, source)
        for key in keys:
            found[care, key] = _offer(areas, key, demand, reach, {s: sites[s][0] for s in used})
    since = f", {french_day(source.source_on)}" if source.source_on else ""
    return Offers(
        found, counts, _pathways(wanted, day), f"{source.source}{since}", source.margin_minutes
    )


def may_serve(service: NetworkService, day: date) -> bool:
    """Whether a service may give its care on a day: one of its authorisations holds, or it has
    none to hold."""
    return not service.authorisations or any(
        starts <= day and (ends is None or day < ends) for starts, ends in service.authorisations
    )


@dataclass(frozen=True)
class _Reach:
    """By commune: minutes to the nearest site (infinite: none), that site, the score."""

    places: Mapping[str, int]
    minutes: np.ndarray
    nearest: tuple[str, ...]
    score: np.ndarray


def _reach(demand: _Demand, supply: _Supply, source: TravelSource) -> _Reach:
    if source.is_estimate:
        return _estimated(demand, supply)
    return _reached(demand, supply, _travelled(demand, supply, source))


@lru_cache(maxsize=64)
def _estimated(demand: _Demand, supply: _Supply) -> _Reach:
    """The estimate depends on points only: kept as long as they do not change."""
    from maillage.engines.indicators.access import Edges, edges_of, edges_within

    if not supply.sites:
        return _reached(demand, supply, edges_of([], [], [], len(demand.codes)))
    near = ESTIMATE_START_MINUTES + ESTIMATE_NEAR_MINUTES_PER_KM * ESTIMATE_NEAR_KM
    km = ESTIMATE_NEAR_KM + (REACH_MINUTES - near) / ESTIMATE_FAR_MINUTES_PER_KM
    edges = edges_within((demand.lat, demand.lon), (supply.lat, supply.lon), km)
    minutes = np.array([estimated_minutes(float(one)) for one in edges.cost])
    return _reached(demand, supply, Edges(edges.starts, edges.supply, minutes))


def _travelled(demand: _Demand, supply: _Supply, source: TravelSource) -> Edges:
    from maillage.engines.indicators.access import edges_of

    places = {code: rank for rank, code in enumerate(demand.codes)}
    sites = {site: rank for rank, site in enumerate(supply.sites)}
    origins = [Place(*row) for row in zip(demand.codes, demand.lat, demand.lon, strict=True)]
    ends = [Place(*row) for row in zip(supply.sites, supply.lat, supply.lon, strict=True)]
    rows = [
        (places[origin], sites[end], minutes)
        for origin, end, minutes in source.pairs(origins, ends)
    ]
    here, there, minutes = zip(*rows, strict=True) if rows else ((), (), ())
    return edges_of(here, there, minutes, len(demand.codes))


def _reached(demand: _Demand, supply: _Supply, edges: Edges) -> _Reach:
    from maillage.engines.indicators.access import e2sfca

    score = e2sfca(demand.residents, supply.services, edges, bands=BANDS).score
    minutes = np.full(len(demand.codes), np.inf)
    nearest = [""] * len(demand.codes)
    for place in range(len(demand.codes)):
        own = slice(int(edges.starts[place]), int(edges.starts[place + 1]))
        if own.start != own.stop:
            best = int(np.argmin(edges.cost[own]))
            minutes[place] = edges.cost[own][best]
            nearest[place] = supply.sites[int(edges.supply[own][best])]
    places = {code: rank for rank, code in enumerate(demand.codes)}
    return _Reach(places, minutes, tuple(nearest), score)


def _offer(
    areas: Areas, key: str, demand: _Demand, reach: _Reach, names: Mapping[str, str]
) -> Offer:
    ranks = [reach.places[code] for code in areas.members(key) if code in reach.places]
    weights = np.array([max(demand.residents[rank], 0) for rank in ranks], float)
    if not weights.sum():
        return Offer(None, "", 0.0)
    main = ranks[int(weights.argmax())]
    minutes = reach.minutes[ranks]
    is_reached = bool(np.isfinite(minutes[weights > 0]).all())
    score = float((reach.score[ranks] * weights).sum() / weights.sum()) * BY_RESIDENTS
    shown = weights > 0
    return Offer(
        float((minutes[shown] * weights[shown]).sum() / weights.sum()) if is_reached else None,
        names.get(reach.nearest[main], ""),
        score,
    )


def _pathways(wanted: Collection[Answer], day: date) -> Mapping[Answer, tuple[PathwayLink, ...]]:
    """The pathways in force that answer each cause (``rules.causes.Answer``)."""
    versions = PathwayVersion.objects.filter(in_force_on(day)).select_related("pathway")
    rows = [
        (
            PathwayLink(one.pathway.slug, one.pathway.name),
            [str(code) for code in one.cim10],
            [step.care_type for step in one.steps.all()],
        )
        for one in versions.order_by("pathway__slug").prefetch_related("steps")
    ]
    return {
        answer: tuple(link for link, codes, cares in rows if answer.is_met_by(codes, cares))
        for answer in wanted
    }
