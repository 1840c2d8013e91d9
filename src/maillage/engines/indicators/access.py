"""Spatial accessibility: how much care there is for the people who can reach it (E2SFCA).

The enhanced two-step floating catchment area (Luo and Qi, Health and Place, 2009), as the national
indicator of potential access (APL) uses it. Step one: each place of care divides its capacity by
the people around it, those nearer counting more. Step two: each place where people live adds up
what the places of care around it offer, weighed the same way. The score reads: capacity by
inhabitant, say consultations a year.

What goes out comes in: people times score, summed, is the capacity of the places of care that
somebody can reach. Places without access say why (:class:`Reason`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from maillage.engines.indicators.special import Floats
from maillage.vocabulary.geo import EARTH_RADIUS_KM

Ints = npt.NDArray[np.int64]


class Reason(IntEnum):
    """Why a place has no access; REACHED for the others."""

    REACHED = 0
    NO_EDGE = 1  # no journey is known from there
    TOO_FAR = 2  # every journey is beyond the last band
    NO_CAPACITY = 3  # what can be reached has no capacity


REASON_LABELS = {
    Reason.REACHED: "Accès",
    Reason.NO_EDGE: "Aucun trajet connu",
    Reason.TOO_FAR: "Aucune offre dans le rayon",
    Reason.NO_CAPACITY: "Offre sans capacité dans le rayon",
}


@dataclass(frozen=True)
class Band:
    """Journeys up to ``limit`` (minutes or km, included) count for ``weight``."""

    limit: float
    weight: float


APL_BANDS = (Band(10.0, 1.0), Band(15.0, 0.3), Band(20.0, 0.1))
"""Minutes. The national indicator in its 20 minutes version; its bounds are recalled, not read from
its method note: pages that use them say so, and settings may give others."""


@dataclass(frozen=True, eq=False)
class Edges:
    """Journeys from where people live to where care is given, sorted by the first: those of demand
    i are ``starts[i]`` to ``starts[i + 1]``, towards ``supply``, of length ``cost``."""

    starts: Ints
    supply: Ints
    cost: Floats

    @property
    def demand(self) -> Ints:
        """The demand of each journey."""
        return np.repeat(np.arange(self.starts.size - 1), np.diff(self.starts))


@dataclass(frozen=True, eq=False)
class AccessResult:
    """``score`` by demand place; ``reason`` (:class:`Reason`) of those without; ``ratio`` by supply
    place: capacity by weighed inhabitant around it, 0 where nobody can come."""

    score: Floats
    reason: npt.NDArray[np.int8]
    ratio: Floats

    def holes(self) -> Iterable[tuple[int, Reason]]:
        """The places without access and why."""
        for index in np.flatnonzero(self.reason != Reason.REACHED):
            yield int(index), Reason(int(self.reason[index]))


def edges_of(
    demand: npt.ArrayLike, supply: npt.ArrayLike, cost: npt.ArrayLike, places: int
) -> Edges:
    """Journeys in any order, as edges. A journey without a length (``nan``: no way) is left out.
    Raises ``ValueError`` for a negative length or a place that does not exist."""
    here, there = np.asarray(demand, np.int64), np.asarray(supply, np.int64)
    length = np.asarray(cost, np.float64)
    known = np.isfinite(length)
    here, there, length = here[known], there[known], length[known]
    if here.size and (here.min() < 0 or here.max() >= places or there.min() < 0):
        raise ValueError("a journey from or to a place that does not exist")
    if (length < 0).any():
        raise ValueError("a journey of negative length")
    order = np.argsort(here, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(here, minlength=places))])
    return Edges(starts, there[order], length[order])


def _weights(cost: Floats, bands: tuple[Band, ...]) -> Floats:
    """Of each journey; beyond the last band nothing counts. Weights of steps add up."""
    found = np.zeros(cost.size)
    following = [*(band.weight for band in bands[1:]), 0.0]
    for band, after in zip(bands, following, strict=True):
        found += (cost <= band.limit) * (band.weight - after)
    return found


def check_bands(bands: tuple[Band, ...]) -> None:
    """Raises ``ValueError`` unless limits rise and weights fall from 1 at most and stay above 0."""
    limits = [band.limit for band in bands]
    weights = [band.weight for band in bands]
    if not bands or sorted(set(limits)) != limits or limits[0] < 0:
        raise ValueError("bands have rising limits")
    if sorted(weights, reverse=True) != weights or weights[0] > 1 or weights[-1] <= 0:
        raise ValueError("bands have weights that fall, from 1 at most to more than 0")


def e2sfca(
    demand: npt.ArrayLike,
    supply: npt.ArrayLike,
    edges: Edges,
    *,
    bands: tuple[Band, ...] = APL_BANDS,
) -> AccessResult:
    """The score of each place where people live.

    ``demand``: people by place, possibly weighed by need; ``supply``: capacity by place. Raises
    ``ValueError`` when one is negative or missing, when sizes do not fit, or for unusable bands.
    """
    check_bands(bands)
    people, capacity = np.asarray(demand, np.float64), np.asarray(supply, np.float64)
    for values in (people, capacity):
        if not np.isfinite(values).all() or (values < 0).any():
            raise ValueError("people and capacities are numbers from zero up")
    if edges.starts.size != people.size + 1:
        raise ValueError("as many places as edges have are needed")
    if edges.supply.size and edges.supply.max() >= capacity.size:
        raise ValueError("a journey to a place of care that does not exist")
    counts = np.diff(edges.starts)
    weight = _weights(edges.cost, bands)
    crowd = np.repeat(people, counts)
    crowd *= weight
    around = np.bincount(edges.supply, crowd, capacity.size)
    ratio = np.divide(capacity, around, out=np.zeros(capacity.size), where=around > 0)
    weight *= ratio[edges.supply]
    score = np.zeros(people.size)
    # Places without journeys have no run of edges to add up.
    some = counts > 0
    if weight.size:
        score[some] = np.add.reduceat(weight, edges.starts[:-1][some])
    return AccessResult(score, _reasons(score, capacity, edges, bands), ratio)


def _reasons(
    score: Floats, capacity: Floats, edges: Edges, bands: tuple[Band, ...]
) -> npt.NDArray[np.int8]:
    """Where the score is zero, why. A place of care around which nobody lives gives access too: it
    has capacity, and nobody to share it with."""
    reason = np.full(score.size, Reason.REACHED, np.int8)
    for place in np.flatnonzero(score <= 0):
        own = slice(edges.starts[place], edges.starts[place + 1])
        near = edges.supply[own][edges.cost[own] <= bands[-1].limit]
        if own.start == own.stop:
            reason[place] = Reason.NO_EDGE
        elif not near.size:
            reason[place] = Reason.TOO_FAR
        elif not (capacity[near] > 0).any():
            reason[place] = Reason.NO_CAPACITY
    return reason


def edges_within(
    demand: tuple[npt.ArrayLike, npt.ArrayLike],
    supply: tuple[npt.ArrayLike, npt.ArrayLike],
    km: float,
) -> Edges:
    """Crow-fly journeys (km) of at most ``km`` between points in degrees (latitudes, longitudes).

    The Earth is cut into cells of that size, on three axes so that no pole or date line matters,
    and only cells that touch are compared. Raises ``ValueError`` unless the distance is positive.
    """
    if not km > 0:
        raise ValueError("a distance above zero is needed")
    here, there = _on_sphere(*demand), _on_sphere(*supply)
    # The straight line through the Earth that belongs to a distance along its surface.
    chord = 2 * np.sin(min(km / (2 * EARTH_RADIUS_KM), np.pi / 2)) * (1 + 1e-12)
    size = max(chord, 1e-6)
    cells: dict[tuple[int, int, int], list[int]] = {}
    for index, cell in enumerate(map(tuple, np.floor(there / size).astype(np.int64).tolist())):
        cells.setdefault(cell, []).append(index)
    own, which = np.unique(np.floor(here / size).astype(np.int64), axis=0, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    bounds = np.searchsorted(which.ravel()[order], np.arange(len(own) + 1))
    found: list[tuple[Ints, Ints, Floats]] = []
    for number, (x, y, z) in enumerate(own.tolist()):
        near = [
            index
            for dx in (-1, 0, 1)
            for dy in (-1, 0, 1)
            for dz in (-1, 0, 1)
            for index in cells.get((x + dx, y + dy, z + dz), ())
        ]
        if near:
            mine = order[bounds[number] : bounds[number + 1]]
            found.append(_pairs(here, there, mine, np.array(sorted(near), np.int64), chord))
    if not found:
        nothing = np.array([], np.int64)
        return edges_of(nothing, nothing, np.array([], np.float64), len(here))
    first, second, cost = (np.concatenate(part) for part in zip(*found, strict=True))
    return edges_of(first, second, cost, len(here))


def _on_sphere(lat: npt.ArrayLike, lon: npt.ArrayLike) -> Floats:
    phi, lam = np.radians(np.asarray(lat, np.float64)), np.radians(np.asarray(lon, np.float64))
    return np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


def _pairs(
    here: Floats, there: Floats, mine: Ints, near: Ints, chord: float
) -> tuple[Ints, Ints, Floats]:
    """Pairs of two sets of points within a chord of each other, with their distance in km."""
    away = np.zeros((mine.size, near.size))
    for axis in range(3):
        away += (here[mine, axis][:, None] - there[near, axis][None, :]) ** 2
    row, column = np.nonzero(away <= chord * chord)
    km = 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(np.sqrt(away[row, column]) / 2, 1.0))
    return mine[row], near[column], km


def neighbours_within(lat: npt.ArrayLike, lon: npt.ArrayLike, km: float) -> tuple[Ints, Ints]:
    """The neighbours of each point within a distance, itself left out: starts and neighbours, as
    ``smoothing.smooth_locally`` takes them."""
    edges = edges_within((lat, lon), (lat, lon), km)
    here = edges.demand
    other = edges.supply != here
    count = edges.starts.size - 1
    starts = np.concatenate([[0], np.cumsum(np.bincount(here[other], minlength=count))])
    return starts.astype(np.int64), edges.supply[other]
