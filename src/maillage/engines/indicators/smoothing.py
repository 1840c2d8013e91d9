"""Empirical Bayes: rates of small areas, drawn towards those of the whole or of their neighbours.

An area with few residents has a rate that jumps from year to year. Its smoothed rate is what the
gamma law of the rates of all areas, and its own count, say together (Clayton and Kaldor,
Biometrics, 1987), the law being fitted by moments (Marshall, Applied Statistics, 1991). Unlike
usual programs, places without residents change nothing for the others and are given the mean
themselves; and each smoothed rate has its interval, that of its gamma posterior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from maillage.engines.indicators.rates import LEVEL, Estimate, poisson_interval
from maillage.engines.indicators.special import Floats, gamma_quantile

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Prior:
    """The law of rates between areas. ``variance`` 0: the areas differ by chance alone, as far as
    their counts tell. ``events``: of all areas, for the interval of the mean in that case."""

    mean: float
    variance: float
    events: float

    @property
    def shape(self) -> float:
        return self.mean**2 / self.variance

    @property
    def scale(self) -> float:
        """Expected events that the law weighs as much as."""
        return self.mean / self.variance


def fit(observed: npt.ArrayLike, expected: npt.ArrayLike) -> Prior:
    """The law of the rates (observed over expected, or over residents), by moments; areas with
    nothing expected take no part. Raises ``ValueError`` when nothing is expected anywhere."""
    events, base = _checked(observed, expected)
    is_used = base > 0
    if not is_used.any():
        raise ValueError("nothing is expected in any area")
    used, whole = events[is_used], base[is_used]
    total = whole.sum()
    mean = used.sum() / total
    spread = (whole * (used / whole - mean) ** 2).sum() / total
    return Prior(float(mean), max(float(spread - mean / whole.mean()), 0.0), float(used.sum()))


def _checked(observed: npt.ArrayLike, expected: npt.ArrayLike) -> tuple[Floats, Floats]:
    events, base = np.asarray(observed, np.float64), np.asarray(expected, np.float64)
    if events.shape != base.shape:
        raise ValueError("as many counts as expected numbers are needed")
    if not (np.isfinite(events).all() and np.isfinite(base).all()):
        raise ValueError("a count or an expected number is missing")
    if (events < 0).any() or (base < 0).any():
        raise ValueError("a count or an expected number is negative")
    return events, base


def smooth(
    observed: npt.ArrayLike,
    expected: npt.ArrayLike,
    prior: Prior | None = None,
    *,
    level: float = LEVEL,
) -> Estimate:
    """The smoothed rate of each area with its interval, towards the mean of all (``prior``, fitted
    here when it is not given). Never ``nan``: where nothing is expected, the mean and the interval
    of the law."""
    events, base = _checked(observed, expected)
    law = prior or fit(events, base)
    tail = (1 - level) / 2
    if law.variance <= 0 or law.mean <= 0:
        low, high = poisson_interval(law.events, level=level)
        unit = law.mean / law.events if law.events > 0 else 0.0
        found = np.full(events.shape, law.mean)
        # No event anywhere: the upper bound is that of zero events for all that was expected.
        top = float(high) * unit if law.events > 0 else float(high) / max(float(base.sum()), 1e-12)
        return Estimate(found, np.full(events.shape, float(low) * unit), np.full(events.shape, top))
    shape, rate = law.shape + events, law.scale + base
    return Estimate(
        shape / rate,
        gamma_quantile(tail, shape) / rate,
        gamma_quantile(1 - tail, shape) / rate,
    )


def smooth_locally(
    observed: npt.ArrayLike, expected: npt.ArrayLike, starts: Ints, neighbours: Ints
) -> Floats:
    """The smoothed rate of each area, towards that of its neighbours and itself (Marshall's local
    estimator). ``starts`` and ``neighbours``: the neighbours of area i are
    ``neighbours[starts[i]:starts[i + 1]]``, itself left out.

    Never ``nan``: places without residents weigh nothing for others; an area whose whole
    neighbourhood is empty is given the mean of all.
    """
    events, base = _checked(observed, expected)
    count = events.size
    if starts.size != count + 1 or starts[-1] != neighbours.size:
        raise ValueError("starts do not fit the areas or the neighbours")
    total = base.sum()
    if total <= 0:
        raise ValueError("nothing is expected in any area")
    rows = np.repeat(np.arange(count), np.diff(starts))
    rate = np.divide(events, base, out=np.zeros(count), where=base > 0)
    is_used = (base > 0).astype(np.float64)
    near_base = base + np.bincount(rows, base[neighbours], count)
    near_events = events + np.bincount(rows, events[neighbours], count)
    near_count = is_used + np.bincount(rows, is_used[neighbours], count)
    mean = np.full(count, events.sum() / total)
    np.divide(near_events, near_base, out=mean, where=near_base > 0)
    spread = base * (rate - mean) ** 2
    spread += np.bincount(rows, base[neighbours] * (rate[neighbours] - mean[rows]) ** 2, count)
    safe = np.where(near_base > 0, near_base, 1.0)
    variance = np.maximum(spread / safe - mean * near_count / safe, 0.0)
    # The share of its own: variance / (variance + mean / base), without dividing by zero.
    weight = np.divide(
        variance * base, variance * base + mean, out=np.zeros(count), where=(base > 0) & (mean > 0)
    )
    found: Floats = weight * rate + (1 - weight) * mean
    return found
