"""What of an indicator and a year may be shown, and nothing else.

A :class:`Published` holds no hidden number: they are gone, not masked. It may be kept, drawn, sent
and added up freely; the choice of what is hidden is made in ``publication``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from maillage.engines.indicators.areas import Areas, Level
from maillage.engines.indicators.events import AGE_BANDS, Sex
from maillage.engines.indicators.special import Floats

ALL_AGES = "all"

AGE_GROUPS: dict[str, str] = {
    ALL_AGES: "Tous les âges",
    "0-14": "0-14 ans",
    "15-64": "15-64 ans",
    "65-79": "65-79 ans",
    "80+": "80 ans et plus",
}
"""The choices of age. Their bounds are those of five-year bands, as counts are kept."""

BANDS_OF_GROUPS: tuple[tuple[int, int], ...] = ((0, 3), (3, 13), (13, 16), (16, AGE_BANDS))
"""First band and band after the last of each group but the whole."""

GROUP_KEYS = tuple(key for key in AGE_GROUPS if key != ALL_AGES)

SEXES: tuple[Sex, ...] = (Sex.MALE, Sex.FEMALE)

HIDDEN = -1
"""Stands in the arrays where a count is not shown."""


@dataclass(frozen=True)
class Figure:
    """The counts of an area under a filter. ``events``, ``persons``, ``base`` and ``amount`` are
    None when they are not shown; ``base`` is shown even where events are hidden when it is
    residents, whom everyone may count. ``persons`` is given when each event is another person."""

    events: int | None
    persons: int | None
    base: float | None
    amount: float | None
    is_hidden: bool


HIDDEN_FIGURE = Figure(None, None, None, None, True)


@dataclass(frozen=True, eq=False)
class Series:
    """One filter, all areas: HIDDEN or ``nan`` where nothing is shown."""

    events: npt.NDArray[np.int64]
    base: Floats
    amount: Floats
    expected: Floats


@dataclass(frozen=True, eq=False)
class Published:
    """The figures of one indicator and one year, or all years together.

    Arrays have one row for each area of ``areas.rows``, in order, and one column for each sex and
    age group, men first; ``*_total`` are those of both sexes and all ages. Columns of ``groups``
    that were too small everywhere are joined: ``groups`` gives, for each joined column, the indexes
    of its groups. Rows of communes hold totals only.
    """

    areas: Areas
    base_is_people: bool
    groups: tuple[tuple[int, ...], ...]
    events: npt.NDArray[np.int64]  # area x (sex x joined group), HIDDEN where hidden
    events_total: npt.NDArray[np.int64]
    base: Floats  # nan where hidden
    base_total: Floats
    amount: Floats  # nan where hidden or not given
    amount_total: Floats
    expected: Floats  # at the rates of the territory, from shown cells and residents
    expected_total: Floats
    rates: Floats  # sex x five-year band: the rates of the territory, bands joined where few
    persons_are_events: bool
    outside: int | None  # events of people who live elsewhere or nowhere known; None: hidden
    deepest: Level = Level.COMMUNE  # zones: a single year of years together, totals alone

    @cached_property
    def rows(self) -> Mapping[str, int]:
        return {area.key: index for index, area in enumerate(self.areas.rows)}

    @property
    def ages(self) -> tuple[str, ...]:
        """The choices of age that this indicator is published by, all ages first."""
        found = [ALL_AGES]
        found += [GROUP_KEYS[joined[0]] for joined in self.groups if len(joined) == 1]
        return tuple(found)

    def bands(self, group: int) -> list[int]:
        """The five-year bands of a joined group."""
        return [b for index in self.groups[group] for b in range(*BANDS_OF_GROUPS[index])]

    def finest(self, sex: int | None = None, ages: str = ALL_AGES) -> Level:
        """The finest level that a filter is published at: under a filter, not that of communes."""
        own = Level.COMMUNE if sex is None and ages == ALL_AGES else Level.SECTOR
        return min(own, self.deepest)

    def columns(self, sex: int | None, ages: str) -> list[int] | None:
        """The columns that a filter adds up; None when the filter cuts one, or there are none."""
        if ages not in AGE_GROUPS:
            raise ValueError(f"no such age group: {ages}")
        if sex is not None and sex not in SEXES:
            raise ValueError(f"no such sex: {sex}")
        if self.deepest < Level.SECTOR and (sex is not None or ages != ALL_AGES):
            return None
        joined = range(len(self.groups))
        if ages != ALL_AGES:
            wanted = (GROUP_KEYS.index(ages),)
            joined = range(0)
            for index, group in enumerate(self.groups):
                if group == wanted:
                    joined = range(index, index + 1)
            if not joined:
                return None
        sexes = range(2) if sex is None else [SEXES.index(Sex(sex))]
        return [s * len(self.groups) + g for s in sexes for g in joined]

    def series(self, sex: int | None = None, ages: str = ALL_AGES) -> Series:
        """The figures of every area under a filter, in the order of ``areas.rows``: cells, or sums
        of cells that are all shown, or hidden."""
        if sex is None and ages == ALL_AGES:
            return Series(
                self.events_total, self.base_total, self.amount_total, self.expected_total
            )
        columns = self.columns(sex, ages)
        count = len(self.areas.rows)
        if columns is None:
            unknown = np.full(count, np.nan)
            return Series(np.full(count, HIDDEN, np.int64), unknown, unknown, unknown)
        parts = self.events[:, columns]
        events = np.where((parts == HIDDEN).any(axis=1), HIDDEN, parts.sum(axis=1))
        return Series(
            events,
            self.base[:, columns].sum(axis=1),
            self.amount[:, columns].sum(axis=1),
            self.expected[:, columns].sum(axis=1),
        )

    def value(self, area: str, sex: int | None = None, ages: str = ALL_AGES) -> Figure:
        """The figure of an area (see :meth:`series`). Raises ``KeyError`` for an unknown area."""
        row, found = self.rows[area], self.series(sex, ages)
        events, base = int(found.events[row]), float(found.base[row])
        amount = float(found.amount[row])
        known_base = None if np.isnan(base) else base
        if events == HIDDEN:
            return Figure(None, None, known_base, None, True)
        persons = events if self.persons_are_events else None
        return Figure(events, persons, known_base, None if np.isnan(amount) else amount, False)


def over_years(
    years: Sequence[Published], area: str, sex: int | None = None, ages: str = ALL_AGES
) -> Figure:
    """The sum of several years: of figures that are all shown, or hidden. People counted in two
    years are two: ``persons`` is not given."""
    return _add(year.value(area, sex, ages) for year in years)


def _add(figures: Iterable[Figure]) -> Figure:
    rows = list(figures)
    base = None
    if rows and all(row.base is not None for row in rows):
        base = sum(row.base for row in rows if row.base is not None)
    if not rows or any(row.events is None for row in rows):
        return Figure(None, None, base, None, True)
    amounts = [row.amount for row in rows if row.amount is not None]
    return Figure(
        sum(row.events for row in rows if row.events is not None),
        None,
        base,
        sum(amounts) if len(amounts) == len(rows) else None,
        False,
    )
