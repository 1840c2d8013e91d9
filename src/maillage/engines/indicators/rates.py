"""Rates and their intervals: crude, standardised directly and indirectly.

All are for tables of small areas: arrays in, arrays out, the last axis of a table of strata being
the strata. An interval is a pair of arrays; ``nan`` stands where there is nothing to divide by (no
residents, nothing expected), never where a count is zero.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from maillage.engines.indicators.special import Floats, gamma_quantile, normal_quantile

LEVEL = 0.95
SMALL_COUNTS = 1000
"""Counts from 0 whose bounds are computed once: those of most areas."""


class Estimate(NamedTuple):
    """A value with the bounds of its interval."""

    value: Floats
    low: Floats
    high: Floats


def poisson_interval(counts: npt.ArrayLike, *, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Exact bounds of the mean of a Poisson count (Garwood, Biometrika, 1936)."""
    observed = np.asarray(counts, np.float64)
    is_small = (observed >= 0) & (observed < SMALL_COUNTS) & (observed == np.floor(observed))
    index = np.where(is_small, observed, 0).astype(np.intp)
    low, high = (np.asarray(bounds[index]) for bounds in _small_intervals(level))
    if not is_small.all():
        others = _interval(observed[~is_small], level)
        low[~is_small], high[~is_small] = others
    return low, high


def _interval(counts: Floats, level: float) -> tuple[Floats, Floats]:
    tail = (1 - level) / 2
    return gamma_quantile(tail, counts), gamma_quantile(1 - tail, counts + 1)


@cache
def _small_intervals(level: float) -> tuple[Floats, Floats]:
    return _interval(np.arange(SMALL_COUNTS, dtype=np.float64), level)


def _divide(part: Floats, whole: Floats) -> Floats:
    found = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    np.divide(part, whole, out=found, where=whole > 0)
    return found


def crude(events: npt.ArrayLike, base: npt.ArrayLike, *, level: float = LEVEL) -> Estimate:
    """Events by unit of the base (one resident, one stay), with Poisson bounds."""
    observed, whole = np.asarray(events, np.float64), np.asarray(base, np.float64)
    low, high = poisson_interval(observed, level=level)
    return Estimate(_divide(observed, whole), _divide(low, whole), _divide(high, whole))


def proportion(part: npt.ArrayLike, whole: npt.ArrayLike, *, level: float = LEVEL) -> Estimate:
    """A share with Wilson's bounds (Journal of the American Statistical Association, 1927), which
    hold for few people and for shares near 0 and 1."""
    some, everybody = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    z = normal_quantile((1 + level) / 2)
    share = _divide(some, everybody)
    trials = np.where(everybody > 0, everybody, np.nan)
    middle = share + z * z / (2 * trials)
    spread = z * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    low = np.where(some == 0, np.where(np.isnan(share), np.nan, 0.0), (middle - spread) / scale)
    high = np.where(
        some == everybody, np.where(np.isnan(share), np.nan, 1.0), (middle + spread) / scale
    )
    return Estimate(share, low, high)


def ratio(observed: npt.ArrayLike, expected: npt.ArrayLike, *, level: float = LEVEL) -> Estimate:
    """The standardised ratio: observed over expected, with exact Poisson bounds (the expected count
    is taken as known)."""
    return crude(observed, expected, level=level)


def weighted_sum(
    counts: npt.ArrayLike, weights: npt.ArrayLike, *, level: float = LEVEL
) -> Estimate:
    """A sum of Poisson counts, each with its weight, over the last axis, with the bounds of Fay and
    Feuer (Statistics in Medicine, 1997): exact when all weights are equal, on the safe side when
    counts are few. Where all counts are zero the lower bound is zero."""
    observed, scale = np.broadcast_arrays(
        np.asarray(counts, np.float64), np.asarray(weights, np.float64)
    )
    tail = (1 - level) / 2
    value = (observed * scale).sum(axis=-1)
    variance = (observed * scale * scale).sum(axis=-1)
    largest = scale.max(axis=-1) if scale.shape[-1] else np.zeros(value.shape)
    some = variance > 0
    safe = np.where(some, variance, 1.0)
    shape = np.where(some, value * value / safe, 0.0)
    unit = np.where(some, safe / np.where(some, value, 1.0), 0.0)
    low = gamma_quantile(tail, shape) * unit
    above, wide = value + largest, variance + largest * largest
    usable = wide > 0
    wide = np.where(usable, wide, 1.0)
    above_shape = np.where(usable, above * above / wide, 0.0)
    above_unit = np.where(usable, wide / np.where(usable, above, 1.0), 0.0)
    return Estimate(value, low, gamma_quantile(1 - tail, above_shape) * above_unit)


def direct(
    events: npt.ArrayLike,
    base: npt.ArrayLike,
    standard: npt.ArrayLike,
    *,
    level: float = LEVEL,
) -> Estimate:
    """The rate that areas would have with the ages of a standard population, over the last axis.

    ``standard`` are the weights of the strata, of any sum. ``nan`` where a stratum that weighs has
    nobody: its rate is not known, and leaving it out would be another standard.
    """
    observed = np.asarray(events, np.float64)
    whole = np.asarray(base, np.float64)
    shares = np.asarray(standard, np.float64)
    shares = shares / shares.sum()
    empty = (whole <= 0) & (shares > 0)
    weights = np.where(empty | (whole <= 0), 0.0, shares / np.where(whole > 0, whole, 1.0))
    found = weighted_sum(observed, weights, level=level)
    unknown = empty.any(axis=-1)
    return Estimate(*(np.where(unknown, np.nan, one) for one in found))


def expected(rates: npt.ArrayLike, base: npt.ArrayLike) -> Floats:
    """What reference rates would give in each area, over the last axis."""
    found: Floats = (np.asarray(rates, np.float64) * np.asarray(base, np.float64)).sum(axis=-1)
    return found
