"""The page of a place: what differs there, every indicator, its neighbours. And finding one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.urls import reverse

from maillage.engines.indicators.areas import TERRITORY, Area, Areas, Level
from maillage.engines.indicators.definition_model import Indicator
from maillage.population.queries.area_figures import get_area_figures
from maillage.population.queries.figures import asked_of, get_figures
from maillage.population.queries.map import list_computed
from maillage.population.queries.published import list_together
from maillage.population.queries.results import Results
from maillage.population.rules.area_view import (
    IndicatorGroup,
    IndicatorRow,
    When,
    draw_differences,
    draw_neighbours,
    group_rows,
)
from maillage.population.rules.choices import (
    ALL_YEARS,
    LEVEL_NOUNS,
    Choice,
    Measure,
    OptionGroup,
    group_indicators,
    read_choice,
    usual_indicator,
)
from maillage.population.rules.places_view import TWO_READINGS, PlaceFigures, Side, read_as
from maillage.population.rules.table_view import TableRow, build_rows
from maillage.vocabulary.charts import Chart
from maillage.vocabulary.errors import NotFound, Refusal
from maillage.vocabulary.geo import crow_fly_km
from maillage.vocabulary.search import fold

NEIGHBOURS = 7
SUGGESTED = 10
MOST_FOUND = 200


@dataclass(frozen=True)
class AreaLink:
    """A place to open."""

    key: str
    label: str
    noun: str
    within: str
    residents: int

    @property
    def url(self) -> str:
        return reverse("population:area", args=[self.key])


@dataclass(frozen=True)
class AreaPage:
    """A place. ``year`` is that of the figures; ``source`` the place above whose figures stand for
    those that are not told here."""

    area: AreaLink
    above: tuple[AreaLink, ...]
    inside: tuple[AreaLink, ...]
    year: int
    years: tuple[int, ...]
    groups: tuple[IndicatorGroup, ...]
    differences: Chart
    beyond: tuple[IndicatorRow, ...]
    told: int
    total: int
    indicator: Indicator
    indicators: tuple[OptionGroup, ...]
    neighbours: Chart
    neighbour_rows: tuple[TableRow, ...]
    map_url: str
    problems: tuple[str, ...]

    @property
    def two_readings(self) -> str:
        return TWO_READINGS

    @property
    def is_whole(self) -> bool:
        """The whole territory, which is compared with nothing."""
        return self.area.key == TERRITORY

    @property
    def untold(self) -> int:
        return self.total - self.told


def get_area_page(results: Results, key: str, wanted: Mapping[str, str]) -> AreaPage:
    """The page of a place; ``annee`` and ``indicateur`` (that of the neighbours) as on the map. No
    query. Raises :class:`NotFound`."""
    areas = results.areas
    if key not in areas:
        raise NotFound("population.unknown-area", "Ce lieu n'est pas du territoire calculé.")
    indicators = list_computed(results)
    if not indicators:
        raise Refusal("population.no-indicator", "Ce calcul ne contient aucun indicateur.")
    choice, problems = read_choice(
        {name: wanted[name] for name in ("annee", "indicateur") if name in wanted},
        indicators=indicators,
        years=results.years,
        areas=areas,
        usual=usual_indicator(indicators),
    )
    together = list_together(results.folder)
    year = choice.year
    own = get_area_figures(results, key)
    level = areas.level(key)
    zone = areas.above(key, Level.ZONE) if level > Level.ZONE else key
    groups = group_rows(
        own,
        {one: get_area_figures(results, one) for one in _sources(own.values()) - {key}},
        indicators,
        when=When(
            choice.year,
            results.years,
            together,
            own if zone == key else get_area_figures(results, zone),
            is_of_zone=zone != key,
        ),
        address=indicator_address,
    )
    here = [row for group in groups for row in group.rows]
    if choice.indicator in together:
        choice = replace(choice, year=ALL_YEARS)
    near = _figures_near(results, key, choice)
    around = [near[one] for one in _around(areas, key)]
    indicator = indicators[choice.indicator]
    reading = read_as(indicator, Measure.SMOOTHED, around, near[TERRITORY])
    return AreaPage(
        area=_link(areas, key),
        above=tuple(_link(areas, one) for one in _above(areas, key)),
        inside=tuple(_link(areas, one) for one in areas.children(key)),
        year=year,
        years=results.years,
        groups=groups,
        differences=draw_differences(here, areas.label(key)),
        beyond=tuple(row for row in here if row.out and row.side is Side.SAME),
        told=sum(row.is_told for row in here),
        total=len(here),
        indicator=indicator,
        indicators=group_indicators(indicators),
        neighbours=draw_neighbours(around, reading, here=key, address=area_address),
        neighbour_rows=tuple(build_rows(around, indicator, area_address)),
        map_url=_map_address(areas, key, choice),
        problems=problems,
    )


def find_key(results: Results, typed: str) -> str:
    """The key of a place from what an address holds: a key, or the bare code of a commune (INSEE)
    or of an inter-communal authority (SIREN). What is unknown comes back as it is."""
    areas, key = results.areas, typed.strip().upper()
    known = (one for one in (typed, key, f"C:{key}", f"Z:{key}") if one in areas)
    return next(known, typed)


def _sources(places: Iterable[PlaceFigures]) -> set[str]:
    """The places whose figures stand for some, themselves among them."""
    return {one.source for one in places if one.source}


def _figures_near(results: Results, key: str, choice: Choice) -> dict[str, PlaceFigures]:
    """The figures of the places of the same level, of those above, and of the zones of the
    territory."""
    areas = results.areas
    asked = asked_of(results, Choice(choice.indicator, choice.year))
    levels = {areas.level(one) for one in (key, *_above(areas, key))} | {Level.TERRITORY}
    if key == TERRITORY:
        levels.add(Level.ZONE)
    return {place.key: place for one in levels for place in get_figures(results, asked, one)}


def area_address(key: str) -> str:
    """The page of a place."""
    return reverse("population:area", args=[key])


def indicator_address(key: str) -> str:
    """The page of an indicator."""
    return reverse("population:indicator", args=[key])


def _map_address(areas: Areas, key: str, choice: Choice) -> str:
    zone = "" if key == TERRITORY else areas.above(key, Level.ZONE)
    return f"{reverse('population:map')}{choice.query(zone=zone)}"


def _above(areas: Areas, key: str) -> list[str]:
    found = []
    while key in areas.parents:
        key = areas.parents[key]
        found.append(key)
    return found[::-1]


def _around(areas: Areas, key: str) -> list[str]:
    """The place, the nearest ones of its level, those that it is in, the territory last."""
    here = areas[key]
    if here.level is Level.TERRITORY:
        return [*areas.at(Level.ZONE), TERRITORY]
    others = [one for one in areas.at(here.level) if one != key]
    others.sort(key=lambda one: (_far(areas[one], here), one))
    return [key, *others[:NEIGHBOURS], *_above(areas, key)[::-1]]


def _far(one: Area, other: Area) -> float:
    return crow_fly_km(one.lat, one.lon, other.lat, other.lon)


def _link(areas: Areas, key: str) -> AreaLink:
    area = areas[key]
    within = areas.label(areas.parents[key]) if area.level > Level.ZONE else ""
    return AreaLink(key, area.label, LEVEL_NOUNS[area.level][0], within, area.residents)


def find_areas(results: Results, text: str) -> tuple[AreaLink, ...]:
    """The places whose name holds every word of a text, the widest first; all the zones and
    sectors without a text."""
    areas = results.areas
    words = fold(text).split()
    if not words:
        wanted: Iterable[Area] = (row for row in areas.rows if row.level < Level.COMMUNE)
    else:
        wanted = (row for row in areas.rows if _holds(fold(row.label), words))
    return tuple(_link(areas, row.key) for row in list(wanted)[:MOST_FOUND])


def suggest_areas(results: Results, text: str) -> tuple[AreaLink, ...]:
    """Ten places at most, those whose name begins with the text first."""
    folded = fold(text)
    found = list(find_areas(results, text)) if folded else []
    found.sort(key=lambda one: (not fold(one.label).startswith(folded), -one.residents))
    return tuple(found[:SUGGESTED])


def _holds(name: str, words: list[str]) -> bool:
    return all(word in name for word in words)


def list_figures_of(results: Results, key: str) -> Mapping[tuple[str, int], PlaceFigures]:
    """Every published figure of a place, for its profile. Raises :class:`NotFound`."""
    if key not in results.areas:
        raise NotFound("population.unknown-area", "Ce lieu n'est pas du territoire calculé.")
    return get_area_figures(results, key)
