"""Trends: by how much a rate changes each year.

A straight line through the logarithm of the rate, counts being Poisson (maximum likelihood), so
that years with few events weigh little and a year without any is no problem. Where counts scatter
around the line more than chance would make them, the interval widens by as much (quasi-Poisson).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from maillage.engines.indicators.rates import LEVEL
from maillage.engines.indicators.special import Floats, normal_quantile

FEWEST_YEARS = 3


@dataclass(frozen=True)
class Trend:
    """Change by year as a share (0.03: three per cent more each year) with its interval; ``fitted``
    are the counts that the line gives, ``dispersion`` the scatter (1: chance alone).

    ``nan`` where there is no line: no events, or all of them in the first or in the last year."""

    change: Floats
    low: Floats
    high: Floats
    dispersion: Floats
    fitted: Floats


def trend(
    years: npt.ArrayLike,
    events: npt.ArrayLike,
    base: npt.ArrayLike,
    *,
    level: float = LEVEL,
) -> Trend:
    """The trend of each row of counts, the last axis being the years; ``base`` is what the counts
    are compared with (residents, or the events expected). Raises ``ValueError`` under three years
    with a base."""
    time = np.asarray(years, np.float64)
    counts, whole = np.broadcast_arrays(
        np.asarray(events, np.float64), np.asarray(base, np.float64)
    )
    if time.size < FEWEST_YEARS or (whole <= 0).any():
        raise ValueError("a trend needs three years, each with a base")
    centred = time - time.mean()
    total = counts.sum(axis=-1)
    has_line = (total > 0) & ((counts > 0).sum(axis=-1) > 1)
    # The intercept follows from the slope: fitted counts add up to the counts.
    slope = np.zeros(total.shape)
    fitted = np.zeros(counts.shape)
    variance = np.ones(total.shape)
    for _ in range(100):
        weight = whole * np.exp(np.clip(slope, -50, 50)[..., None] * centred)
        share = weight / weight.sum(axis=-1, keepdims=True)
        fitted = total[..., None] * share
        middle = (share * centred).sum(axis=-1)
        variance = (share * (centred - middle[..., None]) ** 2).sum(axis=-1)
        score = ((counts - fitted) * centred).sum(axis=-1)
        safe = np.where(has_line & (variance > 0), total * variance, 1.0)
        step = np.clip(np.where(has_line, score / safe, 0.0), -1, 1)
        slope = slope + step
        if np.abs(step).max(initial=0.0) < 1e-12:
            break
    scatter = np.divide(
        (counts - fitted) ** 2, fitted, out=np.zeros(counts.shape), where=fitted > 0
    ).sum(axis=-1) / (time.size - 2)
    information = np.where(has_line, total * variance, np.nan)
    width = normal_quantile((1 + level) / 2) * np.sqrt(np.maximum(scatter, 1.0) / information)
    line = np.where(has_line, slope, np.nan)
    return Trend(
        np.expm1(line),
        np.expm1(line - width),
        np.expm1(line + width),
        np.where(has_line, scatter, np.nan),
        np.where(has_line[..., None], fitted, np.nan),
    )
