"""The page of an indicator: what it means, from what, and how it goes by zone over the years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from maillage.engines.indicators.areas import TERRITORY, Level
from maillage.engines.indicators.definition_model import Indicator
from maillage.population.queries.definitions import DefinitionPage, get_definition_page
from maillage.population.queries.figures import Asked, get_figures
from maillage.population.queries.published import list_indicators
from maillage.population.queries.results import Results
from maillage.population.rules.places_view import PlaceFigures, rate_unit
from maillage.population.rules.trend_view import TrendRow, build_trends, draw_zone_trends
from maillage.vocabulary.charts import Chart


@dataclass(frozen=True)
class StandardWords:
    """The standard population of direct standardisation."""

    label: str
    source: str
    bands: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class IndicatorPage:
    """An indicator. Trends are empty when it was not computed."""

    indicator: Indicator
    definition: DefinitionPage
    years: tuple[int, ...]
    rows: tuple[TrendRow, ...]
    chart: Chart
    standard: StandardWords | None
    is_computed: bool
    is_standardised: bool

    @property
    def unit(self) -> str:
        words = rate_unit(self.indicator)
        return f"{words}, taux standardisé" if self.is_standardised else words

    @property
    def map_url(self) -> str:
        return f"{reverse('population:map')}?indicateur={self.indicator.key}"

    @property
    def definition_url(self) -> str:
        return reverse("population:definition", args=["indicateurs", self.indicator.key])


def get_indicator_page(results: Results, key: str, *, at: datetime) -> IndicatorPage:
    """The page of an indicator. Two queries. Raises :class:`NotFound`."""
    definition = get_definition_page("indicateurs", key, at=at)
    indicator = definition.one
    assert isinstance(indicator, Indicator)  # noqa: S101 - that sort holds nothing else
    is_computed = key in list_indicators(results.folder) and key in results.definitions.indicators
    is_standardised = bool(indicator.standard)
    rows: tuple[TrendRow, ...] = ()
    if is_computed:
        rows = build_trends(_by_year(results, key), is_standardised=is_standardised)
    return IndicatorPage(
        indicator=indicator,
        definition=definition,
        years=results.years,
        rows=rows,
        chart=draw_zone_trends(rows, indicator),
        standard=_standard(indicator),
        is_computed=is_computed,
        is_standardised=is_standardised,
    )


def _by_year(results: Results, key: str) -> dict[int, list[PlaceFigures]]:
    """The territory, then the zones, by year."""
    found: dict[int, list[PlaceFigures]] = {}
    for year in results.years:
        rows: list[PlaceFigures] = []
        for level in (Level.TERRITORY, Level.ZONE):
            rows += get_figures(results, Asked(key, (year,)), level)
        found[year] = [row for row in rows if row.key == TERRITORY or row.level is Level.ZONE]
    return found


def _standard(indicator: Indicator) -> StandardWords | None:
    from maillage.engines.indicators.events import band_label
    from maillage.engines.indicators.standards import STANDARDS
    from maillage.population.rules.numbers import french

    standard = STANDARDS.get(indicator.standard)
    if standard is None:
        return None
    weights = standard.weights.sum(axis=0)
    total = float(weights.sum())
    return StandardWords(
        standard.label,
        standard.source,
        tuple(
            (band_label(band), f"{french(100 * float(weight) / total, 1)} %")
            for band, weight in enumerate(weights)
        ),
    )
