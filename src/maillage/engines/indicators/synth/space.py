"""What differs from place to place: a smooth need, two true hotspots, and where people go.

The hotspots are the truth that maps should find: tests and the documentation name their communes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from maillage.engines.indicators.synth.places import Places, SiteLevel

SMOOTH_KM = 14.0
"""How far neighbouring communes are alike in need."""

CENTRES = 40
HOTSPOT_RESIDENTS = 30_000
"""A hotspot is made of the communes nearest to its centre up to this many residents."""

READMISSION_FACTOR = 1.9
"""How much likelier a heart-failure readmission within 30 days is in its hotspot."""

AVOIDABLE_FACTOR = 1.8
"""How much likelier an avoidable stay is in its hotspot."""


class Need(StrEnum):
    """What a stay asks of a site, which decides who can give it."""

    GENERAL = "GENERAL"
    EMERGENCY = "EMERGENCY"
    OBSTETRICS = "OBSTETRICS"
    RECOURSE = "RECOURSE"
    UNIVERSITY = "UNIVERSITY"
    STROKE = "STROKE"
    HEART = "HEART"
    CANCER = "CANCER"
    REHABILITATION = "REHABILITATION"


@dataclass(frozen=True, slots=True)
class Structure:
    """What a place does to its people.

    ``need`` has mean 0 and deviation 1 over residents. The two sets hold positions of communes.
    ``neighbours`` are cumulated shares of where a move within the territory leads; ``choice`` the
    cumulated shares of sites by commune, for each need.
    """

    need: np.ndarray
    readmission: frozenset[int]
    avoidable: frozenset[int]
    neighbours: np.ndarray
    choice: dict[Need, np.ndarray]

    def factor(self, which: frozenset[int], value: float) -> np.ndarray:
        """1 by commune, ``value`` in the hotspot."""
        result = np.ones(len(self.need))
        result[sorted(which)] = value
        return result


def structure(places: Places, seed: int) -> Structure:
    """The truth about a territory for a seed: what every chunk of people shares."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    points = places.points
    residents = np.array([one.residents for one in places.communes], float)
    between = np.linalg.norm(points[:, None] - points[None], axis=2)
    need = _field(rng, points, residents)
    readmission = _hotspot(rng, between, residents, frozenset())
    avoidable = _hotspot(rng, between, residents, readmission)
    pull = residents[None] * np.exp(-between / 8.0)
    np.fill_diagonal(pull, 0.0)
    distance = np.linalg.norm(points[:, None] - places.site_points[None], axis=2)
    choice = {kind: _choice(places, distance, kind) for kind in Need}
    return Structure(need, readmission, avoidable, _shares(pull), choice)


def _field(rng: np.random.Generator, points: np.ndarray, residents: np.ndarray) -> np.ndarray:
    """A sum of smooth bumps, centred and scaled over residents."""
    low, high = points.min(axis=0) - SMOOTH_KM, points.max(axis=0) + SMOOTH_KM
    centres = low + rng.random((CENTRES, 2)) * (high - low)
    heights = rng.standard_normal(CENTRES)
    away = np.linalg.norm(points[:, None] - centres[None], axis=2)
    bumps = np.exp(-0.5 * (away / SMOOTH_KM) ** 2) @ heights
    bumps = bumps + 0.25 * rng.standard_normal(len(points))
    mean = np.average(bumps, weights=residents)
    spread = np.sqrt(np.average((bumps - mean) ** 2, weights=residents))
    return np.clip((bumps - mean) / (spread if spread > 0 else 1.0), -2.5, 2.5)


def _hotspot(
    rng: np.random.Generator, between: np.ndarray, residents: np.ndarray, taken: frozenset[int]
) -> frozenset[int]:
    """The communes nearest to a drawn centre, apart from those already ``taken``."""
    shares = residents.copy()
    shares[sorted(taken)] = 0.0
    if taken:  # away from the other one, so that neither hides the other
        near = between[sorted(taken)].min(axis=0) < SMOOTH_KM
        if not near.all():
            shares[near] = 0.0
    if shares.sum() == 0:
        return frozenset()
    centre = int(rng.choice(len(shares), p=shares / shares.sum()))
    goal = min(HOTSPOT_RESIDENTS, 0.1 * residents.sum())
    chosen: list[int] = []
    for position in np.argsort(between[centre], kind="stable"):
        if int(position) in taken:
            continue
        chosen.append(int(position))
        if residents[chosen].sum() >= goal:
            break
    return frozenset(chosen)


REACH_KM = {
    Need.GENERAL: 9.0,
    Need.EMERGENCY: 6.0,
    Need.OBSTETRICS: 10.0,
    Need.RECOURSE: 14.0,
    Need.UNIVERSITY: 40.0,
    Need.STROKE: 12.0,
    Need.HEART: 16.0,
    Need.CANCER: 16.0,
    Need.REHABILITATION: 10.0,
}
"""The distance over which a site loses two thirds of its pull."""

CARE_OF = {
    Need.EMERGENCY: "EMERGENCY",
    Need.OBSTETRICS: "OBSTETRICS",
    Need.STROKE: "STROKE_UNIT",
    Need.HEART: "INTERVENTIONAL_CARDIOLOGY",
    Need.CANCER: "ONCOLOGY",
    Need.REHABILITATION: "REHABILITATION",
}


def _can(places: Places, kind: Need) -> np.ndarray:
    """Which sites can give it; acute sites when none of the wanted kind exists."""
    acute = np.array([site.is_acute for site in places.sites])
    if kind is Need.GENERAL:
        return acute
    if kind is Need.RECOURSE:
        able = np.array([site.level is not SiteLevel.PROXIMITY for site in places.sites]) & acute
    elif kind is Need.UNIVERSITY:
        able = np.array([site.level is SiteLevel.UNIVERSITY for site in places.sites]) & acute
    else:
        able = np.array([CARE_OF[kind] in site.care for site in places.sites])
    return able if able.any() else acute


def _choice(places: Places, distance: np.ndarray, kind: Need) -> np.ndarray:
    size = np.array([max(site.size, 0.1) for site in places.sites])
    pull = np.where(_can(places, kind), size, 0.0) * np.exp(-distance / REACH_KM[kind])
    return _shares(np.maximum(pull, np.where(_can(places, kind), 1e-12, 0.0)))


def _shares(pull: np.ndarray) -> np.ndarray:
    """Cumulated shares of each row; an empty row stays in place (its own column)."""
    total = pull.sum(axis=1, keepdims=True)
    if (total == 0).any():
        pull = pull + np.where(total == 0, np.eye(*pull.shape), 0.0)
        total = pull.sum(axis=1, keepdims=True)
    edges = np.cumsum(pull / total, axis=1)
    edges[:, -1] = 1.0
    return edges
