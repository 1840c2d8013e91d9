"""The figures of places under a choice, from what is published of the results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from maillage.engines.indicators.areas import TERRITORY, Level
from maillage.engines.indicators.events import Sex
from maillage.engines.indicators.published import AGE_GROUPS, ALL_AGES
from maillage.engines.indicators.years_together import add_years
from maillage.population.queries.published import get_published, get_together
from maillage.population.queries.results import Results
from maillage.population.rules.choices import Choice
from maillage.population.rules.funnel_chart import Limit
from maillage.population.rules.places_view import Bounds, PlaceFigures

if TYPE_CHECKING:
    from maillage.engines.indicators.figures import AreaFigure, Interval
    from maillage.engines.indicators.published import Published

KEPT_LEVELS = 96
"""Lists of figures that stay in memory, some hundred kilobytes each at most."""


@dataclass(frozen=True)
class PlacesShown:
    """The figures of the territory (``whole``), those of the places of the level of a choice by
    key, what cannot be shown as it was asked, the limits of chance."""

    whole: PlaceFigures
    places: dict[str, PlaceFigures]
    problems: tuple[str, ...]
    limits: tuple[Limit, ...]
    is_share: bool
    scatter: float


@dataclass(frozen=True)
class Asked:
    """What is asked of an indicator: ``years`` are summed, ``sex`` None is both."""

    indicator: str
    years: tuple[int, ...]
    sex: Sex | None = None
    ages: str = ALL_AGES


def asked_of(results: Results, choice: Choice) -> Asked:
    """The question of a choice."""
    years = (choice.year,) if choice.year else results.years
    return Asked(choice.indicator, years, choice.sex, choice.ages)


def get_years(results: Results, indicator: str, years: Sequence[int]) -> Published:
    """What is published of an indicator, years together. Raises ``KeyError`` for an indicator
    without a definition."""
    if tuple(years) == results.years:
        return get_together(results, indicator)
    return add_years([get_published(results, indicator, year) for year in years])


def get_places(results: Results, choice: Choice) -> PlacesShown:
    """The figures of every place down to the level of a choice. No query; a few milliseconds when
    the tables are kept ready (``queries.published``)."""
    asked = asked_of(results, choice)
    published = get_years(results, asked.indicator, asked.years)
    problems: tuple[str, ...] = ()
    if published.columns(asked.sex, asked.ages) is None:
        known = ", ".join(AGE_GROUPS[key] for key in published.ages if key != ALL_AGES)
        problems = (
            f"Les effectifs de cet indicateur sont trop petits pour être publiés à cet âge "
            f"({AGE_GROUPS[asked.ages]}). "
            + (f"Âges publiés : {known}." if known else "Il n'est publié que tous âges ensemble."),
        )
    level = choice.figures_level
    found = _level(_Where(results), asked, level)
    (whole,) = get_figures(results, asked, Level.TERRITORY)
    limits, is_share = _limits_of(_Where(results), asked, level)
    return PlacesShown(
        whole=whole,
        places={place.key: place for place in get_figures(results, asked, level)},
        problems=problems,
        limits=limits,
        is_share=is_share,
        scatter=_scatter(found),
    )


def get_figures(results: Results, asked: Asked, level: Level) -> list[PlaceFigures]:
    """The figures of every place of a level, in the order of the areas."""
    per = results.definitions.indicators[asked.indicator].per
    return [
        place_of(row, per, results.areas[row.area].residents)
        for row in _level(_Where(results), asked, level)
    ]


class _Where:
    """Results as a key of what is kept: equal when they are of the same folder."""

    def __init__(self, results: Results) -> None:
        self.results = results

    def __hash__(self) -> int:
        return hash(self.results.folder)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Where) and other.results.folder == self.results.folder


@lru_cache(maxsize=KEPT_LEVELS)
def _level(where: _Where, asked: Asked, level: Level) -> tuple[AreaFigure, ...]:
    from maillage.engines.indicators.figures import figures

    published = get_years(where.results, asked.indicator, asked.years)
    return tuple(figures(published, level=level, sex=asked.sex, ages=asked.ages))


def _scatter(rows: tuple[AreaFigure, ...]) -> float:
    from maillage.engines.indicators.figures import scatter

    return scatter(list(rows))


@lru_cache(maxsize=KEPT_LEVELS)
def _limits_of(where: _Where, asked: Asked, level: Level) -> tuple[tuple[Limit, ...], bool]:
    """The limits of the funnel of a level as ratios, by expected events; and whether events are
    parts of a base, whose limits are those of shares: of the base that gives so many expected
    events at the share of the whole."""
    from maillage.engines.indicators.figures import are_shares, funnel

    published = get_years(where.results, asked.indicator, asked.years)
    whole = published.value(TERRITORY, asked.sex, asked.ages)
    if not (whole.events and whole.base):
        return (), False
    if not are_shares(published, published.series(asked.sex, asked.ages)):
        return poisson_curve(), False
    share = min(whole.events / whole.base, 1.0)
    curve = funnel(list(_level(where, asked, level)), share=share, points=SHARE_POINTS)
    if curve is None:
        return (), True
    return tuple(
        Limit(size * share, low / share, high / share, far_low / share, far_high / share)
        for size, low, high, far_low, far_high in zip(
            *(part.tolist() for part in curve), strict=True
        )
    ), True


SHARE_POINTS = 18
"""Points of the curves of shares, which are made for each indicator and year."""

MOST_EXPECTED = 100_000.0


@lru_cache(maxsize=1)
def poisson_curve() -> tuple[Limit, ...]:
    """The limits of counts, the same for every indicator: from half an expected event to
    :data:`MOST_EXPECTED`, a dozen points each time that it grows tenfold."""
    import numpy as np

    from maillage.engines.indicators.funnel import NARROW, WIDE, poisson_limits

    sizes = np.geomspace(0.5, MOST_EXPECTED, 64)
    near, far = poisson_limits(sizes, level=NARROW), poisson_limits(sizes, level=WIDE)
    return tuple(
        Limit(*values)
        for values in zip(*(part.tolist() for part in (sizes, *near, *far)), strict=True)
    )


def forget_figures() -> None:
    """Let go of all that is kept in memory."""
    _level.cache_clear()
    _limits_of.cache_clear()


def place_of(row: AreaFigure, per: int, residents: int) -> PlaceFigures:
    """The figures of an area as pages read them, rates by ``per``."""
    rate, direct = _bounds(row.rate), _bounds(row.standardised)
    source_rate = _bounds(row.source_rate)
    return PlaceFigures(
        key=row.area,
        label=row.label,
        level=row.level,
        residents=residents,
        events=row.events,
        base=row.base,
        amount=row.amount,
        expected=row.expected,
        rate=rate.times(per) if rate else None,
        ratio=_bounds(row.ratio),
        smoothed=_bounds(row.smoothed),
        direct=direct.times(per) if direct else None,
        chance=abs(int(row.place)) if row.place is not None else 0,
        source=row.source,
        source_rate=source_rate.times(per) if source_rate else None,
        source_ratio=_bounds(row.source_ratio),
        is_fragile=row.is_fragile,
    )


def _bounds(interval: Interval | None) -> Bounds | None:
    return None if interval is None else Bounds(*interval)
