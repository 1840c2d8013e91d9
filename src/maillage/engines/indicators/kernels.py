"""Episodes and days covered over sorted arrays: the same rules as the expressions of
:mod:`~maillage.engines.indicators.episodes` and :mod:`~maillage.engines.indicators.adherence`, in
one pass over rows that a store holds in order already. Numbers only: no file, no engine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class EpisodeRows:
    """Episodes as places in the arrays of stays: their first and last stay, the number of stays,
    their last day, and whether one of their stays ended with death."""

    first: Numbers
    last: Numbers
    stays: Numbers
    left: Numbers
    died: Flags


def in_order(person: Numbers, entered: Numbers, left: Numbers, stay: Numbers) -> Numbers | None:
    """The places of stays in the order of person, entry, exit and number; ``None`` when they have
    it. Rows that come by person and entry, as stores keep them, cost one comparison."""
    same = (person[1:] == person[:-1]) & (entered[1:] == entered[:-1])
    ascending = (person[1:] > person[:-1]) | (
        (person[1:] == person[:-1]) & (entered[1:] >= entered[:-1])
    )
    if not ascending.all():
        return np.lexsort((stay, left, entered, person))
    wrong = same & ((left[1:] < left[:-1]) | ((left[1:] == left[:-1]) & (stay[1:] < stay[:-1])))
    if not wrong.any():
        return None
    # Only the stays of people who entered twice on a day may change places, among themselves.
    tied = np.flatnonzero(np.concatenate([[False], same]) | np.concatenate([same, [False]]))
    order = np.arange(len(person))
    order[tied] = tied[np.lexsort((stay[tied], left[tied], entered[tied], person[tied]))]
    return order


def chain(person: Numbers, entered: Numbers, left: Numbers, died: Flags) -> EpisodeRows:
    """Put stays together into episodes. Stays come in the order of :func:`in_order`."""
    size = len(person)
    if not size:
        none = np.zeros(0, np.int64)
        return EpisodeRows(none, none, none, none, np.zeros(0, np.bool_))
    reached = running_maximum(person, left)
    begins = np.ones(size, np.bool_)
    begins[1:] = (person[1:] != person[:-1]) | (entered[1:] > reached[:-1])
    first = np.flatnonzero(begins)
    ends = np.append(first[1:], size)
    # The last stay is the last one, in this order, that was left as late as any before it.
    is_latest = left == reached
    last = np.maximum.accumulate(np.where(is_latest, np.arange(size), 0))[ends - 1]
    return EpisodeRows(
        first=first,
        last=last,
        stays=ends - first,
        left=left[last],
        died=np.logical_or.reduceat(died, first),
    )


def running_maximum(group: Numbers, values: Numbers) -> Numbers:
    """The greatest value so far within each group; groups are ascending numbers, in order."""
    if not len(values):
        return values
    low = int(values.min())
    width = int(values.max()) - low + 1
    rank = np.cumsum(np.concatenate([[0], group[1:] != group[:-1]]))
    lifted = rank * width + (values - low)
    return np.maximum.accumulate(lifted, out=lifted) - rank * width + low


@dataclass(frozen=True)
class CoveredDays:
    """Days covered, by group: its key, first and last day of delivery, and days with the medicine
    in hand before the group's end."""

    key: Numbers
    first: Numbers
    latest: Numbers
    covered: Numbers


def cover(
    key: Numbers, substance: Numbers, day: Numbers, days: Numbers, ends: Numbers
) -> CoveredDays:
    """Count the days covered by deliveries.

    Rows come by substance, then by ``key`` (a number for each person and year), then by day.
    ``ends``: the first day of each row that does not count any more, the same for a whole key;
    every delivery is before it."""
    if not len(key):
        none = np.zeros(0, np.int64)
        return CoveredDays(none, none, none, none)
    starts = carried_over(key, substance, day, days)
    stops = np.minimum(starts + days, ends)
    order = _by_key_and_start(key, starts)
    key, starts, stops, day = key[order], starts[order], stops[order], day[order]
    reached = running_maximum(key, stops)
    is_first = np.concatenate([[True], key[1:] != key[:-1]])
    covered = np.where(is_first, starts, np.concatenate([[0], reached[:-1]]))
    covered = np.maximum(0, stops - np.maximum(starts, covered))
    places = np.flatnonzero(is_first)
    return CoveredDays(
        key=key[places],
        first=np.minimum.reduceat(day, places),
        latest=np.maximum.reduceat(day, places),
        covered=np.add.reduceat(covered, places),
    )


def carried_over(key: Numbers, substance: Numbers, day: Numbers, days: Numbers) -> Numbers:
    """The day on which each delivery begins to be used. In the notations of
    :mod:`~maillage.engines.indicators.adherence`: ``S[i-1] + max(t[j] - S[j-1], j <= i)``."""
    begins = np.ones(len(key), np.bool_)
    begins[1:] = (key[1:] != key[:-1]) | (substance[1:] != substance[:-1])
    group: Numbers = np.cumsum(begins, dtype=np.int64)
    before = np.cumsum(days) - days
    before -= before[np.flatnonzero(begins)][group - 1]
    return before + running_maximum(group, day - before)


def _by_key_and_start(key: Numbers, starts: Numbers) -> Numbers:
    low = int(starts.min())
    width = int(starts.max()) - low + 1
    return np.argsort((key - int(key.min())) * width + (starts - low))


def is_ordered(substance: Numbers, key: Numbers, day: Numbers) -> bool:
    """Whether deliveries come in the order that :func:`cover` needs."""
    same = substance[1:] == substance[:-1]
    fine = same & ((key[1:] > key[:-1]) | ((key[1:] == key[:-1]) & (day[1:] >= day[:-1])))
    return bool((fine | (substance[1:] > substance[:-1])).all())
