"""The map of an indicator: its choosers, its map, the charts beside it, the table behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.core.paginator import Page, Paginator
from django.urls import reverse

from maillage.accounts.names import name_key
from maillage.engines.indicators.areas import Level
from maillage.engines.indicators.definition_model import Indicator
from maillage.population.queries.area_maps import get_area_map
from maillage.population.queries.figures import PlacesShown, asked_of, get_places, get_years
from maillage.population.queries.published import list_indicators, list_together
from maillage.population.queries.results import Results
from maillage.population.rules.choices import (
    LEVEL_NOUNS,
    MEASURE_HELP,
    MEASURE_LABELS,
    Choice,
    Measure,
    filter_words,
    read_choice,
    usual_indicator,
    year_words,
)
from maillage.population.rules.choosers import Choosers, build_choosers
from maillage.population.rules.map_charts import draw_place_dots, draw_place_funnel
from maillage.population.rules.map_view import Shown, colour_map
from maillage.population.rules.numbers import short_label
from maillage.population.rules.places_view import (
    FAR,
    TWO_READINGS,
    PlaceFigures,
    Reading,
    Side,
    rate_unit,
    read_as,
    sort_places,
    upper_words,
)
from maillage.population.rules.table_view import (
    TableRow,
    amount_title,
    amount_words,
    base_title,
    build_rows,
)
from maillage.territory.rules.maps import BaseMap, MapView, draw_map, town_labels
from maillage.vocabulary.charts import NO_CHART, Chart
from maillage.vocabulary.errors import Refusal

ROWS = 25
LABELS = 12
NAMED = 12
"""Places beyond chance that are named under the funnel."""

KEY = "{code}"


@dataclass(frozen=True)
class MapPage:
    """The page of the map."""

    choice: Choice
    problems: tuple[str, ...]
    options: Choosers
    indicator: Indicator
    reading: Reading
    title: str
    notes: tuple[str, ...]
    whole: PlaceFigures
    places: tuple[PlaceFigures, ...]
    rows: Page[TableRow]
    map: MapView
    dots: Chart
    funnel: Chart
    out: tuple[TableRow, ...]
    out_more: int
    above: int
    below: int
    told: int
    empty_words: str

    @property
    def two_readings(self) -> str:
        return TWO_READINGS if self.out and self.choice.measure is not Measure.COUNT else ""

    @property
    def measure_help(self) -> str:
        return MEASURE_HELP[self.choice.measure]

    @property
    def definition_url(self) -> str:
        return reverse("population:indicator", args=[self.choice.indicator])

    @property
    def export_url(self) -> str:
        return f"{reverse('population:map-export')}{self.choice.query()}"

    @property
    def address(self) -> str:
        """The lasting address of what is shown."""
        return f"{reverse('population:map')}{self.choice.query()}"

    @property
    def noun(self) -> str:
        return LEVEL_NOUNS[self.choice.figures_level][0]

    @property
    def nouns(self) -> str:
        return LEVEL_NOUNS[self.choice.figures_level][1]

    @property
    def noun_title(self) -> str:
        return self.noun.capitalize()

    @property
    def events_title(self) -> str:
        return self.indicator.unit.capitalize()

    @property
    def base_title(self) -> str:
        return base_title(self.indicator)

    @property
    def amount_title(self) -> str:
        return amount_title(self.indicator, (self.whole, *self.places))

    @property
    def whole_amount(self) -> str:
        """« 1 234 567 €, soit 4 512 € par séjour »: what the whole territory adds up to."""
        if self.whole.amount is None:
            return ""
        told = amount_words(self.whole, self.indicator)
        unit = "€" if self.indicator.kind == "cost" else "nuits"
        mean = f", soit {told.interval}" if told.interval else ""
        return f"{told.value}\u00a0{unit}{mean}"

    @property
    def with_rate(self) -> bool:
        return not self.indicator.standardised_only

    @property
    def rate_title(self) -> str:
        return f"Taux pour {self.indicator.per}"

    @property
    def rate_unit(self) -> str:
        return rate_unit(self.indicator)

    @property
    def whole_rate(self) -> str:
        if not self.with_rate or self.whole.rate is None:
            return ""
        return read_as(self.indicator, Measure.RATE, [], self.whole).figures(self.whole.rate)

    @property
    def dots_title(self) -> str:
        return f"{self.nouns.capitalize()}, avec leur intervalle"


def get_choice(
    results: Results, asked: Mapping[str, str]
) -> tuple[Choice, tuple[str, ...], Mapping[str, Indicator]]:
    """What an address asks of these results. Raises :class:`Refusal` when they hold nothing."""
    indicators = list_computed(results)
    if not indicators or not results.years:
        raise Refusal("population.no-indicator", "Ce calcul ne contient aucun indicateur.")
    choice, problems = read_choice(
        asked,
        indicators=indicators,
        years=results.years,
        areas=results.areas,
        usual=usual_indicator(indicators),
        together=list_together(results.folder),
    )
    indicator = indicators[choice.indicator]
    if choice.measure is Measure.RATE and indicator.standardised_only:
        problems += (
            "Le taux brut de cet indicateur trompe, car l'âge y fait presque tout : "
            "voici le rapport standardisé.",
        )
        choice = replace(choice, measure=Measure.RATIO)
    return choice, problems, indicators


def list_computed(results: Results) -> Mapping[str, Indicator]:
    """The indicators that have rows in these results, by key."""
    known = results.definitions.indicators
    computed = list_indicators(results.folder)
    return {key: one for key, one in known.items() if key in computed}


def get_map_page(results: Results, asked: Mapping[str, str]) -> MapPage:
    """The map that an address asks for (see ``rules.choices``; ``tri`` and ``page`` for the table).
    One query once contours are kept; figures come from files that are kept in memory."""
    choice, problems, indicators = get_choice(results, asked)
    indicator = indicators[choice.indicator]
    if "niveau" not in asked:
        choice = replace(choice, level=usual_level(results, choice))
    found = get_places(results, choice)
    inside = inside_zone(results, choice, found)
    reading = read_as(indicator, choice.measure, inside, found.whole)
    ordered = sort_places(inside, asked.get("tri") or "-lisse", name_key=name_key)
    sides = [side for one in inside if (side := _side(one, reading)) is not None]
    out = [one for one in sort_places(inside, "-cas", name_key=name_key) if one.chance == FAR]
    drawn = sort_places(inside, _chart_order(choice.measure), name_key=name_key)
    return MapPage(
        choice=choice,
        problems=problems + found.problems,
        options=build_choosers(choice, indicators, results.years, results.areas),
        indicator=indicator,
        reading=reading,
        title=title_of(choice, indicator, results.years),
        notes=_notes(results, choice),
        whole=found.whole,
        places=tuple(inside),
        rows=Paginator(build_rows(ordered, indicator, area_address), ROWS).get_page(
            asked.get("page")
        ),
        map=_map(results, choice, found, reading),
        dots=draw_place_dots(drawn, reading, address=area_address),
        funnel=_funnel(choice, found, inside, indicator),
        out=tuple(build_rows(out[:NAMED], indicator, area_address)),
        out_more=max(len(out) - NAMED, 0),
        above=sides.count(Side.ABOVE),
        below=sides.count(Side.BELOW),
        told=len(sides),
        empty_words=(
            "Les effectifs sont trop petits pour ce choix. Choisissez un niveau plus large, "
            "toutes les années, ou retirez un filtre."
        ),
    )


def usual_level(results: Results, choice: Choice) -> Level:
    """The level of an address that names none: communes when at least half of them have a count
    that is told (zero says little), else sectors: a map must not begin as one hatching."""
    published = get_years(results, choice.indicator, asked_of(results, choice).years)
    events = published.series().events
    rows = [published.rows[key] for key in results.areas.at(Level.COMMUNE)]
    told = sum(int(events[row]) > 0 for row in rows)
    return Level.COMMUNE if 2 * told >= len(rows) else Level.SECTOR


def title_of(choice: Choice, indicator: Indicator, years: Sequence[int]) -> str:
    """« Prévalence : diabète, rapport standardisé, 2025, femmes »."""
    parts = [
        indicator.label,
        MEASURE_LABELS[choice.measure].lower(),
        year_words(choice, years),
        filter_words(choice),
    ]
    return " · ".join(part for part in parts if part)


def area_address(key: str) -> str:
    """The page of an area."""
    return reverse("population:area", args=[key])


def _side(place: PlaceFigures, reading: Reading) -> Side | None:
    return reading.side(place.shown(reading.measure))


def _chart_order(measure: Measure) -> str:
    return {
        Measure.SMOOTHED: "-lisse",
        Measure.RATIO: "-rapport",
        Measure.RATE: "-taux",
        Measure.COUNT: "-cas",
    }[measure]


def inside_zone(results: Results, choice: Choice, found: PlacesShown) -> list[PlaceFigures]:
    """The places of the level, of the chosen zone."""
    areas = results.areas
    return [
        found.places[key]
        for key in areas.at(choice.figures_level)
        if not choice.zone or areas.above(key, Level.ZONE) == choice.zone
    ]


def _notes(results: Results, choice: Choice) -> tuple[str, ...]:
    notes = []
    is_together = choice.indicator in list_together(results.folder)
    if choice.has_filter and choice.level is Level.COMMUNE:
        notes.append(
            "Par sexe ou par âge, rien n'est publié par commune : chaque commune prend ici les "
            "chiffres de son secteur."
        )
    if is_together and not choice.year:
        notes.append(
            "Indicateur rare : toutes les années sont réunies avant de protéger les petits "
            "effectifs, pour que la carte se lise par secteur et par commune."
        )
    elif is_together:
        notes.append("Indicateur rare : une année seule n'est publiée que par intercommunalité.")
    if not choice.year:
        notes.append(
            "Toutes les années ensemble : une personne comptée deux années compte deux fois."
        )
    return tuple(notes)


def _map(results: Results, choice: Choice, found: PlacesShown, reading: Reading) -> MapView:
    base = get_area_map(results, choice.level, zone=choice.zone)
    shown = {
        shape.code: found.places[results.areas.above(shape.code, choice.figures_level)]
        for shape in base.shapes
    }
    uppers = {
        code: upper_words(place, reading, results.areas.label(place.source) if place.source else "")
        for code, place in shown.items()
        if not place.is_told
    }
    coloured = colour_map(base, Shown(shown, uppers), reading)
    return draw_map(
        base,
        title=f"{reading.indicator.label}, {MEASURE_LABELS[reading.measure].lower()}",
        classes=coloured.classes,
        tips=coloured.tips,
        link=area_address("T").removesuffix("T") + KEY,
        outlines=coloured.outlines,
        marks=town_labels(_towns(base), LABELS),
        legend=coloured.legend,
        legend_title=f"{_unit_title(reading)} ({LEVEL_NOUNS[choice.level][1]} par classe)",
    )


def _towns(base: BaseMap) -> BaseMap:
    """Labels say the town, not « Secteur de »."""
    return BaseMap(tuple(replace(shape, name=short_label(shape.name)) for shape in base.shapes))


def _unit_title(reading: Reading) -> str:
    unit = reading.unit
    return f"{unit[:1].upper()}{unit[1:]}"


def _funnel(
    choice: Choice, found: PlacesShown, places: Sequence[PlaceFigures], indicator: Indicator
) -> Chart:
    if choice.measure is Measure.COUNT:
        return NO_CHART
    return draw_place_funnel(
        places, found.limits, indicator=indicator, scatter=found.scatter, address=area_address
    )
