"""Funnel plots: which areas differ by more than chance, whatever their size.

Limits are exact, at 95 % and 99.8 % (Spiegelhalter, Statistics in Medicine, 2005), for a count
against its expected number (Poisson) or a part against its whole (binomial). They are drawn as
smooth curves that agree with the exact tests at every whole count: a point is outside if and only
if its test says so.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from maillage.engines.indicators.special import Floats, beta_below, gamma_above, gamma_below

WIDE, NARROW = 0.998, 0.95
"""What share of areas lie inside the limits when only chance is at work."""


class Place(IntEnum):
    """Where a point lies. Signs say the side."""

    FAR_BELOW = -2
    BELOW = -1
    INSIDE = 0
    ABOVE = 1
    FAR_ABOVE = 2


def _place(at_least: Floats, at_most: Floats) -> npt.NDArray[np.int8]:
    found = np.zeros(at_least.shape, np.int8)
    for level, size in ((NARROW, 1), (WIDE, 2)):
        tail = (1 - level) / 2
        found[at_least <= tail] = size
        found[at_most <= tail] = -size
    return found


def poisson_places(observed: npt.ArrayLike, expected: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """Where counts lie (:class:`Place`), by the chance of a count as high, or as low."""
    counts, means = np.broadcast_arrays(
        np.asarray(observed, np.float64), np.asarray(expected, np.float64)
    )
    at_least = np.ones(counts.shape)
    some = (counts > 0) & (means > 0)
    at_least[some] = gamma_below(counts[some], means[some])
    at_most = gamma_above(counts + 1, means)
    return _place(at_least, at_most)


def binomial_places(
    part: npt.ArrayLike, whole: npt.ArrayLike, share: npt.ArrayLike
) -> npt.NDArray[np.int8]:
    """Where parts lie (:class:`Place`) when each of the whole has the chance ``share``."""
    counts, trials, chance = np.broadcast_arrays(
        *(np.asarray(one, np.float64) for one in (part, whole, share)), subok=False
    )
    at_least = np.where(counts <= 0, 1.0, beta_below(chance, counts, trials - counts + 1))
    at_most = np.where(counts >= trials, 1.0, 1 - beta_below(chance, counts + 1, trials - counts))
    return _place(at_least, at_most)


def poisson_limits(expected: npt.ArrayLike, *, level: float = NARROW) -> tuple[Floats, Floats]:
    """The lower and the upper limit of the ratio observed / expected, for drawing; the lower one is
    0 where no count is too low."""
    means = np.asarray(expected, np.float64)
    tail = (1 - level) / 2
    wide = means + 40 * np.sqrt(means) + 60
    high = _solve(lambda count: tail - gamma_below(count, means), np.zeros(means.shape), wide)
    low = _solve(lambda count: gamma_above(count + 1, means) - tail, np.zeros(means.shape), wide)
    low = np.where(gamma_above(np.ones(means.shape), means) > tail, 0.0, low)
    return _over(low, means), _over(high, means)


def binomial_limits(
    whole: npt.ArrayLike, share: float, *, level: float = NARROW
) -> tuple[Floats, Floats]:
    """The lower and the upper limit of the share of a whole, for drawing; 0 and 1 where no part is
    too small or too large."""
    trials = np.asarray(whole, np.float64)
    tail = (1 - level) / 2
    chance = np.full(trials.shape, share)
    zeros = np.zeros(trials.shape)
    high = _solve(lambda part: tail - beta_below(chance, part, trials - part + 1), zeros, trials)
    low = _solve(
        lambda part: (1 - beta_below(chance, part + 1, trials - part)) - tail, zeros, trials
    )
    low = np.where(1 - beta_below(chance, zeros + 1, trials) > tail, 0.0, low)
    high = np.where(beta_below(chance, trials, zeros + 1) > tail, trials, high)
    return _over(low, trials), _over(high, trials)


def _over(count: Floats, whole: Floats) -> Floats:
    return np.divide(count, whole, out=np.full(count.shape, np.nan), where=whole > 0)


def _solve(rising: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Where a rising function of an array is zero, by halves: 60 of them, to the last digits."""
    low, high = low.copy(), high.copy()
    for _ in range(60):
        middle = (low + high) / 2
        is_over = rising(middle) > 0
        high = np.where(is_over, middle, high)
        low = np.where(is_over, low, middle)
    return (low + high) / 2


def dispersion(observed: npt.ArrayLike, expected: npt.ArrayLike, *, trimmed: float = 0.1) -> float:
    """How much more areas differ than chance alone would make them: the mean of squared z-scores
    (square roots of counts), the extreme tenth on each side drawn in (Spiegelhalter, 2005). About
    1: chance; well above: the limits call too many areas outside, and the page should say so."""
    counts, means = np.asarray(observed, np.float64), np.asarray(expected, np.float64)
    is_used = means > 0
    if is_used.sum() < 2:
        return 1.0
    z = 2 * (np.sqrt(counts[is_used]) - np.sqrt(means[is_used]))
    low, high = np.quantile(z, [trimmed, 1 - trimmed])
    return float((np.clip(z, low, high) ** 2).mean())
