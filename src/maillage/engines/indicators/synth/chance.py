"""Draws of whole vectors: when things happen, which of several, in runs that belong to a person.

Days are whole numbers since 1970-01-01. Every function takes its generator: the same seed gives
the same draws on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

NEVER = np.int32(2**30)
"""A day after all days: it has not happened."""

YEAR = 365.25

Days = np.ndarray
"""int32 days since 1970-01-01."""


def day(year: int, month: int = 1, day_of_month: int = 1) -> int:
    """Days since 1970-01-01."""
    return date(year, month, day_of_month).toordinal() - date(1970, 1, 1).toordinal()


def whole(rng: np.random.Generator, expected: np.ndarray) -> np.ndarray:
    """Whole numbers whose mean is ``expected``, each the one below or the one above."""
    low = np.floor(expected)
    return (low + (rng.random(expected.shape) < expected - low)).astype(np.int64)


def normal_share(x: np.ndarray) -> np.ndarray:
    """The share of a normal law below ``x`` (Abramowitz and Stegun 26.2.17, error < 1e-7)."""
    t = 1.0 / (1.0 + 0.2316419 * np.abs(x))
    weights = (0.319381530, -0.356563782, 1.781477937, -1.821255978, 1.330274429)
    tail = np.zeros_like(t)
    for weight in reversed(weights):
        tail = (tail + weight) * t
    tail *= np.exp(-0.5 * x * x) * 0.3989422804014327
    return np.where(x >= 0, 1.0 - tail, tail)


def season(peak: float, strength: float) -> np.ndarray:
    """Weights of the 366 days of a year, mean 1: a wave of ``strength`` (0 to 1) whose top is at
    ``peak`` (share of the year, 0.04 is mid-January)."""
    at = np.arange(366) / 366.0
    return 1.0 + strength * np.cos(2 * np.pi * (at - peak))


def day_of_year(days: Days) -> np.ndarray:
    """From 0, by the calendar."""
    when = days.astype("datetime64[D]")
    return (when - when.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)


def happenings(
    rng: np.random.Generator,
    per_year: np.ndarray | float,
    starts: Days,
    stops: Days,
    weights: np.ndarray | None = None,
) -> tuple[np.ndarray, Days]:
    """Who and when: a Poisson process by person from ``starts`` to ``stops`` (excluded).

    ``weights`` (:func:`season`) makes some days of the year likelier. Rows come by person, days
    of a person in no order.
    """
    length = np.maximum(stops.astype(np.int64) - starts, 0)
    top = float(weights.max()) if weights is not None else 1.0
    count = rng.poisson(np.asarray(per_year) * top * length / YEAR)
    who = np.repeat(np.arange(len(starts)), count)
    when = (starts[who] + rng.random(len(who)) * length[who]).astype(np.int32)
    if weights is not None:
        kept = rng.random(len(who)) * top < weights[day_of_year(when)]
        who, when = who[kept], when[kept]
    return who, when


def runs(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For rows repeated ``counts`` times: the row of each repetition, and its rank from 0."""
    row = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return row, np.arange(len(row)) - first[row]


def sums_within(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Running sums that begin anew with every run of ``counts`` values."""
    total = np.cumsum(values)
    before = np.concatenate(([0.0], total))[np.cumsum(counts) - counts]
    return total - np.repeat(before, counts)


def latest_before(groups: np.ndarray, ends: Days) -> Days:
    """The largest end among the earlier rows of the same group (rows sorted by group); -1 first."""
    if not len(groups):
        return ends.astype(np.int32)
    rank = np.concatenate(([0], np.cumsum(groups[1:] != groups[:-1])))
    span = np.int64(2**31)
    running = np.maximum.accumulate(rank * span + ends)
    result = np.empty(len(ends), np.int64)
    result[0], result[1:] = -1, running[:-1]
    same = np.concatenate(([False], groups[1:] == groups[:-1]))
    return np.where(same, result - rank * span, -1)


def one_of(
    rng: np.random.Generator, count: int, words: Sequence[int], shares: Sequence[float]
) -> np.ndarray:
    """``count`` draws among ``words`` by ``shares`` (any scale)."""
    edges = np.cumsum(shares) / np.sum(shares)
    rank = np.searchsorted(edges, rng.random(count), side="right")
    return np.asarray(words)[np.minimum(rank, len(words) - 1)]


def one_of_row(rng: np.random.Generator, edges: np.ndarray, row: np.ndarray) -> np.ndarray:
    """One draw for each of ``row``, by the cumulated shares ``edges[row]`` (last column 1)."""
    result = np.empty(len(row), np.int32)
    step = 200_000
    for at in range(0, len(row), step):
        part = row[at : at + step]
        u = rng.random(len(part))[:, None]
        result[at : at + step] = (edges[part] <= u).sum(axis=1)
    return np.minimum(result, edges.shape[1] - 1)
