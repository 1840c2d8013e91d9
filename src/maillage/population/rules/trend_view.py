"""The trend of an indicator, by zone: rates by year with their interval, change by year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from maillage.engines.indicators.areas import TERRITORY
from maillage.engines.indicators.definition_model import Indicator
from maillage.population.rules.numbers import NBSP, common_decimals, french, short_label
from maillage.population.rules.places_view import Bounds, PlaceFigures, rate_unit
from maillage.population.rules.table_view import Told, bounds_words, told
from maillage.vocabulary.charts import NO_CHART, WIDE, Chart, draw_twice
from maillage.vocabulary.charts.trends import Series, YearValue, draw_trends


@dataclass(frozen=True, slots=True)
class YearCell:
    """The rate of a year, in words and as numbers."""

    year: int
    bounds: Bounds | None
    words: str
    told: Told


@dataclass(frozen=True, slots=True)
class TrendRow:
    """A place over the years; ``change`` is said when three years at least are told."""

    key: str
    label: str
    cells: tuple[YearCell, ...]
    change: Told
    is_whole: bool


def build_trends(
    by_year: Mapping[int, Sequence[PlaceFigures]], *, is_standardised: bool
) -> tuple[TrendRow, ...]:
    """One row by place, in the order given. ``is_standardised``: rates with the ages of the
    standard population, else crude."""
    years = sorted(by_year)
    places = {row.key: row.label for year in years for row in by_year[year]}
    known = {(year, row.key): row for year in years for row in by_year[year]}

    def bounds(year: int, key: str) -> Bounds | None:
        row = known.get((year, key))
        return None if row is None else row.direct if is_standardised else row.rate

    decimals = common_decimals(
        found.value for year in years for key in places if (found := bounds(year, key)) is not None
    )
    rows = []
    for key, label in places.items():
        cells = tuple(
            YearCell(
                year,
                bounds(year, key),
                bounds_words(bounds(year, key), decimals),
                told(bounds(year, key), decimals),
            )
            for year in years
        )
        change = change_words([known.get((year, key)) for year in years], years)
        rows.append(TrendRow(key, label, cells, change, key == TERRITORY))
    return tuple(rows)


def change_words(rows: Sequence[PlaceFigures | None], years: Sequence[int]) -> Told:
    """« +2,1 % par an », « pas nette » when the interval holds no change, with the interval;
    empty under three years that are told. It is the trend of the crude rate: that of a place that
    grows older goes up."""
    from maillage.engines.indicators.trends import FEWEST_YEARS, trend

    known = [
        (year, row.events, row.base)
        for year, row in zip(years, rows, strict=True)
        if row is not None and row.events is not None and row.base
    ]
    if len(known) < FEWEST_YEARS:
        return Told("")
    found = trend([one[0] for one in known], [one[1] for one in known], [one[2] for one in known])
    change, low, high = (100 * float(part) for part in (found.change, found.low, found.high))
    if isnan(change):
        return Told("")
    span = f"{_signed(low)}{NBSP}à{NBSP}{_signed(high)}{NBSP}%"
    if low <= 0 <= high:
        return Told("pas nette", span)
    return Told(f"{_signed(change)}{NBSP}% par an", span)


def _signed(value: float) -> str:
    words = french(value, 1)
    return f"+{words}" if value > 0 and words != "0,0" else words


def draw_zone_trends(rows: Sequence[TrendRow], indicator: Indicator) -> Chart:
    """The territory with its band, the zones around it."""
    if not any(cell.bounds for row in rows for cell in row.cells):
        return NO_CHART
    series = [
        Series(
            short_label(row.label),
            tuple(
                YearValue(
                    cell.year,
                    cell.bounds.value if cell.bounds else None,
                    cell.bounds.low if cell.bounds else None,
                    cell.bounds.high if cell.bounds else None,
                    f"{row.label}, {cell.year} : {cell.words}",
                )
                for cell in row.cells
            ),
            is_main=row.is_whole,
        )
        for row in rows
    ]
    return draw_twice(
        indicator.label,
        lambda width: draw_trends(
            series,
            title=f"{indicator.label} : évolution par intercommunalité",
            unit=rate_unit(indicator),
            width=width,
        ),
        note=(
            "En gras, le territoire et son intervalle à 95 %. Les intervalles des "
            "intercommunalités sont dans le tableau."
        ),
        width=WIDE,
    )
