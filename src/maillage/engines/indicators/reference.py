"""The rates of the whole territory, which expected numbers are made of, from what is shown alone.

Expected numbers are printed, and anyone may solve them for the rates behind. So these rates give
nothing away: bands of five years are joined until each stratum of the territory has no small count,
inside columns whose total is shown; columns that are hidden share one rate, that of their sum.

Why bands may be finer than the columns that are shown of sectors: the tables that could be true as
well (``hiding``) keep every shown total of the territory, and move people between areas within a
column; those people may keep their band.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from maillage.engines.indicators.events import AGE_BANDS
from maillage.engines.indicators.special import Floats
from maillage.vocabulary.disclosure import THRESHOLD

Ints = npt.NDArray[np.int64]


def reference_rates(
    events: Ints,
    persons: Ints,
    base: Floats,
    columns: Sequence[tuple[int, Sequence[int]]],
    is_hidden: npt.NDArray[np.bool_],
) -> Floats:
    """Events by unit of base, by sex and five-year band (two rows of twenty).

    ``events``, ``persons``, ``base``: the territory, same shape. ``columns``: for each column its
    sex (0 or 1) and its bands, from the youngest. ``is_hidden``: of the columns, and last of the
    total: when that is hidden there is no reference (``nan``).
    """
    rates = np.full((2, AGE_BANDS), np.nan)
    if is_hidden[-1]:
        return rates
    unshown = [index for index in range(len(columns)) if is_hidden[index]]
    if unshown:
        part = sum(int(events[columns[i][0], list(columns[i][1])].sum()) for i in unshown)
        whole = sum(float(base[columns[i][0], list(columns[i][1])].sum()) for i in unshown)
        for index in unshown:
            sex, bands = columns[index]
            rates[sex, list(bands)] = part / whole if whole > 0 else 0.0
    for index, (sex, bands) in enumerate(columns):
        if index not in unshown:
            for stratum in strata(events[sex], persons[sex], bands):
                whole = float(base[sex, stratum].sum())
                part = int(events[sex, stratum].sum())
                rates[sex, stratum] = part / whole if whole > 0 else 0.0
    return rates


def strata(events: Ints, persons: Ints, bands: Sequence[int]) -> list[list[int]]:
    """Join the bands of a column, from the oldest, until no stratum has a small count of events or
    of persons. Bands before the first event of all stay apart: zeros are shown."""
    found: list[list[int]] = []
    open_bands: list[int] = []
    for band in reversed(bands):
        open_bands.append(band)
        if min(events[open_bands].sum(), persons[open_bands].sum()) >= THRESHOLD:
            found.append(open_bands)
            open_bands = []
    while open_bands and events[open_bands].sum():
        # What is left is small: it joins the stratum before, up to its last event.
        if not found:
            return [open_bands]
        found[-1].append(open_bands.pop(0))
    return [*found, *([open_bands] if open_bands else [])]


REST_EVENTS = 10 * THRESHOLD
"""Events from which the rarest parts of a whole, taken together, stand as one of its parts."""


def rates_of_parts(
    events: Mapping[str, Ints], persons: Mapping[str, Ints], base: Floats
) -> dict[str, Floats]:
    """The rates of indicators that add up to another, by sex and five-year band.

    The whole less the others is one of them, in each stratum as in total. So strata are the same
    for all parts, joined until none is small; and the rarest parts, which would leave no strata,
    share the shape of their sum. Each keeps its own number of events in the territory.
    """
    order = sorted(events, key=lambda key: (int(events[key].sum()), key))
    rare: list[str] = []
    while order and sum(int(events[key].sum()) for key in rare) < REST_EVENTS:
        rare.append(order.pop(0))
    lines = [[key] for key in order] + [rare]
    seen = [_add_lines(events, line) for line in lines]
    found = {key: np.zeros((2, AGE_BANDS)) for key in events}
    for stratum in _common_strata(seen, [_add_lines(persons, line) for line in lines]):
        whole = float(base[stratum].sum())
        for line, counts in zip(lines, seen, strict=True):
            for key in line:
                found[key][stratum] = counts[stratum].sum() / whole if whole > 0 else 0.0
    total = sum(int(events[key].sum()) for key in rare)
    for key in rare:
        found[key] *= int(events[key].sum()) / total if total else 0.0
    return found


def _add_lines(counts: Mapping[str, Ints], line: Sequence[str]) -> Ints:
    found: Ints = np.sum([counts[key] for key in line], axis=0)
    return found


Stratum = npt.NDArray[np.bool_]
"""Of sexes by bands."""


def _common_strata(events: Sequence[Ints], persons: Sequence[Ints]) -> list[Stratum]:
    """Bands of a sex from the oldest, joined until no line has a small count in a stratum; all of
    both sexes when one sex alone would."""

    def is_small(stratum: Stratum) -> bool:
        return any(
            count[stratum].any() and min(count[stratum].sum(), people[stratum].sum()) < THRESHOLD
            for count, people in zip(events, persons, strict=True)
        )

    found: list[Stratum] = []
    for sex in range(2):
        own: list[Stratum] = []
        left = np.zeros((2, AGE_BANDS), bool)
        for band in reversed(range(AGE_BANDS)):
            left[sex, band] = True
            if not is_small(left):
                own.append(left)
                left = np.zeros((2, AGE_BANDS), bool)
        while own and left.any() and is_small(left):
            left = left | own.pop()
        if left.any():
            own.append(left)
        found += own
    return [np.ones((2, AGE_BANDS), bool)] if any(map(is_small, found)) else found


def expected_from_shown(
    events: Ints, base: Floats, levels: Sequence[Ints], above: Ints
) -> tuple[Floats, Floats]:
    """Rates of the columns and expected numbers when the base is itself protected: from shown cells
    alone. ``events`` (negative where hidden) and ``base`` (``nan``) have a row for each area, the
    territory first, and a column for each sex and age, then the total; the last level is that of
    communes.

    Columns that are hidden of an area are taken together, at the rate that they have together in
    the territory. A commune, of which only the total is shown, is given the ages of its sector.
    """
    rates = _shown_rates(events[0], base[0])
    sizes = _shown_sizes(base[0])
    found = base * rates
    upper = np.concatenate(levels[:-1])
    parts = base[upper, :-1]
    is_hidden = np.isnan(parts)
    together = _divide(is_hidden @ (sizes * rates[:-1]), is_hidden @ sizes)
    rest = base[upper, -1] - np.nansum(parts, axis=1)
    found[upper, -1] = np.nansum(found[upper, :-1], axis=1)
    found[upper, -1] += np.where(is_hidden.any(axis=1), rest * np.nan_to_num(together), 0.0)
    found[np.isnan(base)] = np.nan
    communes = levels[-1]
    sectors = above[communes]
    found[communes, -1] = base[communes, -1] * _divide(found[sectors, -1], base[sectors, -1])
    return rates[:-1], found


def _divide(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def _shown_rates(events: Ints, base: Floats) -> Floats:
    """The rate of each column of the territory, hidden ones together; all ``nan`` when its total is
    hidden."""
    if events[-1] < 0:
        return np.full(events.shape, np.nan)
    hidden = events[:-1] < 0
    found = _divide(np.where(events < 0, 0, events).astype(np.float64), np.nan_to_num(base))
    rest = events[-1] - events[:-1][~hidden].sum()
    whole = base[-1] - base[:-1][~hidden].sum()
    found[:-1][hidden] = rest / whole if whole > 0 else 0.0
    return np.nan_to_num(found)


def _shown_sizes(base: Floats) -> Floats:
    """The base of each column of the territory, hidden ones in equal parts of what is left."""
    hidden = np.isnan(base[:-1])
    rest = base[-1] - np.nansum(base[:-1])
    return np.where(hidden, rest / max(hidden.sum(), 1), base[:-1])
