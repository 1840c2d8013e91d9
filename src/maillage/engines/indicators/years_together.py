"""Several years as one: sums of figures that are all shown, nothing else.

The years of an indicator that is published by year say nothing more by their sum: a cell of the sum
is shown when it is shown in every year. Rare indicators, of which little would be left, are
published years together instead (``single_years``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from maillage.engines.indicators.published import HIDDEN, Published

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def add_years(years: Sequence[Published]) -> Published:
    """The sum of the published figures of an indicator over years (at least one, of the same
    areas). Columns that one year joins are joined in all. People counted in two years are two.

    Expected numbers are the sums of those of each year, at the rates of that year; ``rates`` are
    their mean.
    """
    first = years[0]
    if len(years) == 1:
        return first
    groups = join_groups([one.groups for one in years])
    parts = [_regroup(one, groups) for one in years]
    outside = [one.outside for one in years]
    return replace(
        first,
        groups=groups,
        events=_add_counts([one.events for one in parts]),
        events_total=_add_counts([one.events_total for one in parts]),
        base=_add([one.base for one in parts]),
        base_total=_add([one.base_total for one in parts]),
        amount=_add([one.amount for one in parts]),
        amount_total=_add([one.amount_total for one in parts]),
        expected=_add([one.expected for one in parts]),
        expected_total=_add([one.expected_total for one in parts]),
        rates=np.stack([one.rates for one in parts]).mean(axis=0),
        persons_are_events=False,
        outside=None if None in outside else sum(one for one in outside if one is not None),
    )


def join_groups(many: Sequence[tuple[tuple[int, ...], ...]]) -> tuple[tuple[int, ...], ...]:
    """The finest groups that each of several partitions can be joined into. Groups are runs of
    neighbouring ages: two are joined as soon as one partition joins a part of both."""
    count = sum(len(group) for group in many[0])
    joined = [False] * count
    for groups in many:
        for group in groups:
            for one in group[1:]:
                joined[one] = True
    found: list[list[int]] = []
    for one in range(count):
        if one and joined[one]:
            found[-1].append(one)
        else:
            found.append([one])
    return tuple(tuple(group) for group in found)


def _regroup(published: Published, groups: tuple[tuple[int, ...], ...]) -> Published:
    """The same figures with coarser columns."""
    if groups == published.groups:
        return published
    columns = [
        [
            sex * len(published.groups) + index
            for index, own in enumerate(published.groups)
            if own[0] in group
        ]
        for sex in range(2)
        for group in groups
    ]
    return replace(
        published,
        groups=groups,
        events=np.column_stack(
            [
                np.where((part == HIDDEN).any(axis=1), HIDDEN, part.sum(axis=1))
                for part in (published.events[:, column] for column in columns)
            ]
        ),
        base=np.column_stack([published.base[:, column].sum(axis=1) for column in columns]),
        amount=np.column_stack([published.amount[:, column].sum(axis=1) for column in columns]),
        expected=np.column_stack([published.expected[:, column].sum(axis=1) for column in columns]),
    )


def _add_counts(parts: Sequence[Ints]) -> Ints:
    stacked = np.stack(parts)
    found: Ints = np.where((stacked == HIDDEN).any(axis=0), HIDDEN, stacked.sum(axis=0))
    return found


def _add(parts: Sequence[Floats]) -> Floats:
    found: Floats = np.stack(parts).sum(axis=0)
    return found
