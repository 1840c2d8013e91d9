"""The figures of areas, as pages show them: rates, ratios, smoothed and standardised, funnel.

Everything here is computed from a :class:`~maillage.engines.indicators.published.Published`, which
holds nothing hidden: no figure can say more than the counts that are shown. An area whose count is
hidden has no figure at all; the nearest area above it that has some is named instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from maillage.engines.indicators import rates
from maillage.engines.indicators.areas import Level
from maillage.engines.indicators.funnel import (
    NARROW,
    WIDE,
    Place,
    binomial_limits,
    binomial_places,
    dispersion,
    poisson_limits,
    poisson_places,
)
from maillage.engines.indicators.published import ALL_AGES, HIDDEN, Published, Series
from maillage.engines.indicators.rates import Estimate
from maillage.engines.indicators.smoothing import Prior, fit, smooth
from maillage.engines.indicators.special import Floats
from maillage.engines.indicators.standards import EUROPE_2013, Standard

FRAGILE_UNDER = 20.0
"""Expected events under which a ratio says little by itself: its 95 % interval is wider than from
0.6 to 1.5. Pages show the smoothed ratio of such an area first (judgement)."""

KEPT = 32
"""Tables of figures in memory, each of one indicator and filter: 300 kB for two thousand areas."""


class Interval(NamedTuple):
    """A value with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class AreaFigure:
    """What is shown of an area under a filter.

    ``rate``: events by unit of base. ``expected``: events at the rates of the whole territory by
    sex and age; ``ratio``: events over expected. ``smoothed``: the ratio drawn towards 1 as far as
    chance may explain it; none where nothing is expected, since nothing is compared there.
    ``place``: in the funnel. ``standardised``: the rate with the ages of the standard population,
    from sectors upwards. ``source``: the area that the figures are of: itself, or when it is hidden
    the nearest one above that is shown (empty: none is), whose rate and ratio stand in
    ``source_rate`` and ``source_ratio``."""

    area: str
    label: str
    level: Level
    is_hidden: bool
    events: int | None
    base: float | None
    amount: float | None
    rate: Interval | None
    expected: float | None
    ratio: Interval | None
    smoothed: Interval | None
    place: Place | None
    standardised: Interval | None
    is_fragile: bool
    source: str
    source_rate: Interval | None
    source_ratio: Interval | None


@dataclass(frozen=True)
class _Computed:
    """All figures of every row but the smoothed ones, ``nan`` where there is none. Not to be
    written to: they are kept."""

    series: Series
    events: Floats  # 0 where hidden
    expected: Floats  # 0 where hidden or not known
    rate: Estimate
    ratio: Estimate
    standardised: Estimate
    places: npt.NDArray[np.int8]


def figures(
    published: Published,
    *,
    level: Level,
    sex: int | None = None,
    ages: str = ALL_AGES,
    standard: Standard = EUROPE_2013,
) -> list[AreaFigure]:
    """The figures of every area of a level under a filter, in the order of the areas.

    Under a filter communes have none of their own (``Published.finest``). Ratios compare with the
    whole territory; for bases of the data set, shares have Wilson's bounds and binomial limits.
    """
    done = _compute(published, sex, ages, standard)
    smoothed = _smoothed(published, done, level)
    rows, where = published.areas.rows, published.rows
    keys = (row.key for row in rows if row.level is level)
    return [_one(published, done, smoothed, where[key]) for key in keys]


def are_shares(published: Published, series: Series) -> bool:
    """True when events are parts of a base of the data set."""
    shown = series.events != HIDDEN
    parts = series.events[shown] <= np.nan_to_num(series.base[shown])
    return published.base_is_people and bool(parts.all())


@lru_cache(maxsize=KEPT)
def _compute(published: Published, sex: int | None, ages: str, standard: Standard) -> _Computed:
    """Kept, for the levels of areas are asked one after the other."""
    series = published.series(sex, ages)
    shown = series.events != HIDDEN
    events = np.where(shown, series.events, 0).astype(np.float64)
    base = np.where(shown, np.nan_to_num(series.base), 0.0)
    expected = np.where(shown, np.nan_to_num(series.expected), 0.0)
    is_share = are_shares(published, series)
    rate = (rates.proportion if is_share else rates.crude)(events, base)
    if is_share:
        chance = np.divide(expected, base, out=np.zeros(base.shape), where=base > 0)
        places = binomial_places(events, base, np.clip(chance, 0, 1))
    else:
        places = poisson_places(events, expected)
    return _Computed(
        series,
        events,
        expected,
        rate,
        rates.ratio(events, expected),
        _standardised(published, sex, ages, standard),
        places,
    )


def _smoothed(published: Published, done: _Computed, level: Level) -> Estimate:
    law = between_areas(published, done.series, level)
    events, expected = done.events, done.expected
    nothing = np.full(events.shape, np.nan)
    if law is None:
        return Estimate(nothing, nothing.copy(), nothing.copy())
    wanted = np.array([row.level is level for row in published.areas.rows])
    found = Estimate(nothing, nothing.copy(), nothing.copy())
    for whole, part in zip(found, smooth(events[wanted], expected[wanted], law), strict=True):
        whole[wanted] = part
    return found


def between_areas(published: Published, series: Series, level: Level) -> Prior | None:
    """The law of ratios between the areas of a level, from what is shown: the areas themselves,
    and for hidden ones what is left, all together, of the nearest area above that is shown. Leaving
    them out would keep only the areas with many events. None: nothing is shown, or expected."""
    areas, where = published.areas, published.rows
    observed: list[float] = []
    wanted: list[float] = []
    held = np.zeros((len(areas.rows), 2))
    for row in sorted(areas.rows, key=lambda one: -one.level):
        if row.level > level:
            continue
        index = where[row.key]
        if series.events[index] != HIDDEN and not np.isnan(series.expected[index]):
            own = np.array([float(series.events[index]), float(series.expected[index])])
            left, expected = own - held[index]
            if expected > 1e-9:
                observed.append(max(float(left), 0.0))
                wanted.append(float(expected))
            held[index] = own
        if row.parent:
            held[where[row.parent]] += held[index]
    return fit(observed, wanted) if wanted else None


def _standardised(published: Published, sex: int | None, ages: str, standard: Standard) -> Estimate:
    """Direct standardisation over the columns that are shown. Inside a column, ages are made
    comparable by the ratio to the expected number (bands of five years), so that the rate of a
    column is that of the whole territory in the standard population, times the ratio. Columns that
    are hidden of an area whose total is shown are taken together.
    """
    count = len(published.areas.rows)
    columns = published.columns(sex, ages)
    if columns is None:
        nothing = np.full(count, np.nan)
        return Estimate(nothing, nothing, nothing)
    weights = standard.weights
    worth = np.array([_worth(published, weights, column) for column in columns])
    events = published.events[:, columns].astype(np.float64)
    expected = published.expected[:, columns]
    is_hidden = events == HIDDEN
    events[is_hidden] = 0.0
    shown_expected = np.where(is_hidden, 0.0, expected)
    rest_events, rest_expected = np.zeros(count), np.zeros(count)
    if sex is None and ages == ALL_AGES:
        rest_events = published.events_total - events.sum(axis=1)
        rest_expected = published.expected_total - shown_expected.sum(axis=1)
    some = is_hidden.any(axis=1)
    counts = np.column_stack([events, np.where(some, rest_events, 0.0)])
    whole = np.column_stack([shown_expected, np.where(some, rest_expected, 0.0)])
    parts = np.column_stack([np.where(is_hidden, 0.0, worth[:, 0]), is_hidden @ worth[:, 0]])
    scale = np.divide(parts, whole, out=np.zeros(parts.shape), where=whole > 0)
    is_known = published.series(sex, ages).events != HIDDEN
    is_known &= np.array([row.level is not Level.COMMUNE for row in published.areas.rows])
    is_known &= ~np.isnan(parts).any(axis=1) & ~np.isnan(whole).any(axis=1)
    is_known &= ~((parts > 0) & (whole <= 0)).any(axis=1)
    total = worth[:, 1].sum()
    found = Estimate(*(np.full(count, np.nan) for _ in range(3)))
    parts_known = rates.weighted_sum(counts[is_known], scale[is_known])
    for all_rows, known_rows in zip(found, parts_known, strict=True):
        all_rows[is_known] = known_rows / total
    return found


def _worth(published: Published, weights: Floats, column: int) -> tuple[float, float]:
    """Of a column: the rates of the territory weighed by the standard, and its weight."""
    sex, group = divmod(column, len(published.groups))
    bands = published.bands(group)
    own = weights[sex, bands]
    return float((own * published.rates[sex, bands]).sum()), float(own.sum())


def _interval(estimate: Estimate, row: int) -> Interval | None:
    if np.isnan(estimate.value[row]):
        return None
    return Interval(float(estimate.value[row]), float(estimate.low[row]), float(estimate.high[row]))


def _one(published: Published, done: _Computed, smoothed: Estimate, row: int) -> AreaFigure:
    area = published.areas.rows[row]
    is_hidden = bool(done.series.events[row] == HIDDEN)
    base, expected = float(done.series.base[row]), float(done.series.expected[row])
    amount = float(done.series.amount[row])
    has_expected = not is_hidden and not np.isnan(expected)
    source = row
    while source >= 0 and done.series.events[source] == HIDDEN:
        source = published.rows.get(published.areas.rows[source].parent, -1)
    return AreaFigure(
        area=area.key,
        label=area.label,
        level=area.level,
        is_hidden=is_hidden,
        events=None if is_hidden else int(done.series.events[row]),
        base=None if np.isnan(base) else base,
        amount=None if is_hidden or np.isnan(amount) else amount,
        rate=None if is_hidden else _interval(done.rate, row),
        expected=expected if has_expected else None,
        ratio=_interval(done.ratio, row) if has_expected else None,
        smoothed=_interval(smoothed, row) if has_expected and expected > 0 else None,
        place=Place(int(done.places[row])) if has_expected and expected > 0 else None,
        standardised=None if is_hidden else _interval(done.standardised, row),
        is_fragile=not has_expected or expected < FRAGILE_UNDER,
        source=published.areas.rows[source].key if source >= 0 else "",
        source_rate=_interval(done.rate, source) if source >= 0 else None,
        source_ratio=_interval(done.ratio, source) if source >= 0 else None,
    )


class Curve(NamedTuple):
    """Limits of a funnel for drawing: sizes (expected events, or the base of a share), then the
    lower and upper limits at 95 % and at 99.8 %, as ratios or shares."""

    size: Floats
    low: Floats
    high: Floats
    far_low: Floats
    far_high: Floats


def funnel(rows: list[AreaFigure], *, share: float | None = None, points: int = 60) -> Curve | None:
    """The limits over the sizes of some areas; ``share``: that of the whole, for shares of a base.
    None when no area has a figure."""
    both = [row.expected if share is None else row.base for row in rows if not row.is_hidden]
    sizes = [one for one in both if one]
    if not sizes:
        return None
    low, high = max(min(sizes) * 0.8, 0.5), max(sizes) * 1.1
    size = np.geomspace(low, max(high, low * 1.5), points)
    if share is None:
        near, far = poisson_limits(size, level=NARROW), poisson_limits(size, level=WIDE)
    else:
        size = np.unique(np.rint(size))
        size = size[size >= 1]
        near = binomial_limits(size, share, level=NARROW)
        far = binomial_limits(size, share, level=WIDE)
    return Curve(size, *near, *far)


def scatter(rows: list[AreaFigure]) -> float:
    """How much more the areas of a funnel differ than by chance (``funnel.dispersion``)."""
    pairs = [(row.events, row.expected) for row in rows if row.events is not None and row.expected]
    return dispersion([one for one, _ in pairs], [other for _, other in pairs])
