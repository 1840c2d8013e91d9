"""Travel times: from communes and sites to sites, one by one or as columns for the sweep.

Micros (millionths of a minute) everywhere; a pair that is missing cannot be travelled.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from maillage.engines.routing.codes import INFINITE
from maillage.engines.routing.enums import TravelSource
from maillage.engines.routing.network import Commune, Site, Travel
from maillage.engines.routing.reachability import MICROS, to_micros
from maillage.vocabulary.geo import (
    EARTH_RADIUS_KM,
    ESTIMATE_FAR_MINUTES_PER_KM,
    ESTIMATE_NEAR_KM,
    ESTIMATE_NEAR_MINUTES_PER_KM,
    ESTIMATE_START_MINUTES,
    crow_fly_km,
    estimated_minutes,
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ESTIMATE_TENTHS = 10
"""The estimate is rounded to the tenth of a minute."""

NEAR_A_TIE = 1e-6
"""Tenths this near to a half are rounded by the scalar formula, which both ways then share."""


class TravelTimes:
    """Micros from communes and sites to sites."""

    def __init__(self, travel: Travel, communes: Iterable[Commune], sites: Iterable[Site]) -> None:
        self.margin = to_micros(travel.margin_minutes)
        self.is_estimate = travel.source == TravelSource.ESTIMATE
        self._points = {site.id: (site.lat, site.lon) for site in sites}
        self._communes = {commune.code: (commune.lat, commune.lon) for commune in communes}
        self._from_commune: dict[str, dict[str, int]] = {}
        self._to_site: dict[str, dict[str, int]] = {}
        self._commune_ranks = {code: rank for rank, code in enumerate(self._communes)}
        self._columns: dict[str, Ints] = {}
        self._between: dict[str, Ints] = {}
        self._ranks = {site: rank for rank, site in enumerate(self._points)}
        self._places, self._sites = list(self._communes.values()), list(self._points.values())
        self._commune_places = np.radians(np.array(self._places, np.float64).reshape(-1, 2))
        self._site_places = np.radians(np.array(self._sites, np.float64).reshape(-1, 2))
        if not self.is_estimate:
            # By target, then by origin: both are asked for by target.
            self._homeward = _matrix(travel.commune_site, self._commune_ranks, self._ranks)
            self._sideways = _matrix(travel.site_site, self._ranks, self._ranks)
            np.fill_diagonal(self._sideways, 0)

    def point_of(self, site: str) -> tuple[float, float]:
        """Latitude and longitude of a site."""
        return self._points[site]

    def from_commune(self, code: str) -> dict[str, int]:
        """Micros from a commune to each site that can be reached from it."""
        known = self._from_commune.get(code)
        if known is None:
            if self.is_estimate:
                known = self._estimate(self._communes[code])
            else:
                known = self._listed(self._homeward[:, self._commune_ranks[code]])
            self._from_commune[code] = known
        return known

    def to_site(self, site: str) -> dict[str, int]:
        """Micros to a site from each site that can send there; 0 from itself."""
        known = self._to_site.get(site)
        if known is None:
            if self.is_estimate:
                known = self._estimate(self._points[site])
            else:
                known = self._listed(self._sideways[self._ranks[site]])
            known[site] = 0
            self._to_site[site] = known
        return known

    def ranks(self, sites: Iterable[str]) -> Ints:
        """The ranks of sites in the columns of :meth:`between`."""
        return np.array([self._ranks[site] for site in sites], np.int64)

    def between(self, target: str) -> Ints:
        """Micros to a site from every site; ``INFINITE`` for no journey, 0 from itself."""
        if not self.is_estimate:
            return self._sideways[self._ranks[target]]
        known = self._between.get(target)
        if known is None:
            known = self._estimated_column(self._points[target], self._sites, self._site_places)
            known[self._ranks[target]] = 0
            self._between[target] = known
        return known

    def column(self, site: str) -> Ints:
        """Micros to a site from every commune, in their order; ``INFINITE`` for no journey."""
        if not self.is_estimate:
            return self._homeward[self._ranks[site]]
        known = self._columns.get(site)
        if known is None:
            known = self._estimated_column(self._points[site], self._places, self._commune_places)
            self._columns[site] = known
        return known

    def _listed(self, micros: Ints) -> dict[str, int]:
        """The sites that can be reached, from a row of the matrix."""
        return {
            site: value
            for site, value in zip(self._ranks, micros.tolist(), strict=True)
            if value < INFINITE
        }

    def _estimate(self, point: tuple[float, float]) -> dict[str, int]:
        return {
            site: to_micros(estimated_minutes(crow_fly_km(*point, *other)))
            for site, other in self._points.items()
        }

    @staticmethod
    def _estimated_column(
        point: tuple[float, float], places: list[tuple[float, float]], angles: Floats
    ) -> Ints:
        """The estimate of ``vocabulary.geo`` from many places at once, to the same tenth.
        ``angles`` are the places in radians."""
        lat, lon = np.radians(point)
        half_dphi = (lat - angles[:, 0]) / 2
        half_dlambda = (lon - angles[:, 1]) / 2
        spread = np.cos(angles[:, 0]) * np.cos(lat) * np.sin(half_dlambda) ** 2
        h = np.sin(half_dphi) ** 2 + spread
        km = 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(1.0, np.sqrt(h)))
        tenths = ESTIMATE_TENTHS * (
            ESTIMATE_START_MINUTES
            + ESTIMATE_NEAR_MINUTES_PER_KM * np.minimum(km, ESTIMATE_NEAR_KM)
            + ESTIMATE_FAR_MINUTES_PER_KM * np.maximum(km - ESTIMATE_NEAR_KM, 0.0)
        )
        micros = np.rint(tenths).astype(np.int64) * (MICROS // ESTIMATE_TENTHS)
        doubtful = np.flatnonzero(np.abs(tenths - np.floor(tenths) - 0.5) < NEAR_A_TIE)
        for index in doubtful.tolist():
            micros[index] = to_micros(estimated_minutes(crow_fly_km(*places[index], *point)))
        return micros


def _matrix(
    rows: tuple[tuple[str, str, float], ...], origins: dict[str, int], targets: dict[str, int]
) -> Ints:
    """Micros to each target (rows) from each origin (columns), ``INFINITE`` where none is given."""
    found = np.full((len(targets), len(origins)), INFINITE, np.int64)
    columns = np.fromiter((origins[place] for place, _, _ in rows), np.int64, len(rows))
    ranks = np.fromiter((targets[site] for _, site, _ in rows), np.int64, len(rows))
    minutes = np.fromiter((minutes for _, _, minutes in rows), np.float64, len(rows))
    found[ranks, columns] = np.rint(minutes * MICROS).astype(np.int64)
    return found
