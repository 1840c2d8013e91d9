"""The page of flows: where residents are cared for, who leaves, and whom a hospital serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from maillage.engines.indicators import rates
from maillage.engines.indicators.areas import TERRITORY, Areas, Level
from maillage.engines.indicators.flows import ALL as EVERY
from maillage.engines.indicators.flows import MEDICINE, OBSTETRICS, SURGERY
from maillage.population.queries.area_choices import (
    choose_area,
    choose_year,
    list_area_options,
)
from maillage.population.queries.flow_tables import (
    ELSEWHERE,
    INSIDE,
    OUTSIDE,
    FlowTables,
    get_flows,
    get_needs,
)
from maillage.population.queries.hospitals import (
    IN_ZONE,
    PLACES,
    SHORT_PLACES,
    Hospitals,
    load_hospitals,
    place_of,
)
from maillage.population.queries.results import Results
from maillage.population.rules.choices import Option
from maillage.population.rules.flows_view import (
    Flow,
    draw_flows,
    draw_leaving,
    draw_served,
    share_of,
)
from maillage.population.rules.numbers import NOT_TOLD, french, short_label
from maillage.population.rules.places_view import Bounds
from maillage.population.rules.table_view import Told, told
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.charts import NO_CHART, Chart
from maillage.vocabulary.errors import Refusal

NEED_LABELS = {
    EVERY: "Tous les séjours",
    MEDICINE: "Médecine",
    SURGERY: "Chirurgie",
    OBSTETRICS: "Obstétrique",
}
WIDEST = 0.05
"""Part of the stays that may be hidden of both sides for a share to be told by its bounds."""

ELSEWHERE_LABEL = "Hors du territoire, ou commune inconnue"


@dataclass(frozen=True)
class FlowRow:
    """A line of a table: its stays in words, their share of those of the area."""

    label: str
    stays: str
    share: str
    url: str = ""


@dataclass(frozen=True)
class Leaving:
    """The share of stays out of the zone, and out of the group, of a place."""

    label: str
    url: str
    stays: str
    out_of_zone: Told
    out_of_group: Told
    is_here: bool = False


@dataclass(frozen=True)
class FlowsPage:
    """The flows of a kind of care, a year and an area. ``group`` is empty when no hospital group
    is known; ``table_area`` the area whose hospitals are listed (the zone of a sector); nothing is
    told of ``untold`` more hospitals."""

    need: str
    year: int
    area: str
    area_label: str
    hospital: str
    hospital_label: str
    needs: tuple[Option, ...]
    years: tuple[int, ...]
    areas: tuple[tuple[str, tuple[Option, ...]], ...]
    hospital_options: tuple[Option, ...]
    group: str
    total: str
    places: tuple[FlowRow, ...]
    table_area: str
    by_hospital: tuple[FlowRow, ...]
    untold: int
    leaving: tuple[Leaving, ...]
    here: Leaving
    chart: Chart
    trend: Chart
    served: tuple[FlowRow, ...]
    served_chart: Chart
    served_total: str
    file_url: str
    map_url: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Asked:
    results: Results
    hospitals: Hospitals
    need: str
    year: int
    area: str

    @property
    def areas(self) -> Areas:
        return self.results.areas

    def tables(self, year: int = 0) -> FlowTables:
        return get_flows(self.results, self.hospitals, self.need, year or self.year)

    def address(self, name: str = "population:flows", **changes: object) -> str:
        given: dict[str, object] = {"besoin": self.need, "annee": self.year, "lieu": self.area}
        wanted = {key: value for key, value in (given | changes).items() if value != TERRITORY}
        return f"{reverse(name)}?{urlencode(wanted)}"


def get_flows_page(results: Results, asked: Mapping[str, str], *, at: datetime) -> FlowsPage:
    """The page of an address: ``besoin``, ``annee``, ``lieu``, ``hopital``. Four queries. Raises
    :class:`Refusal` when the computation has no stays."""
    found, problems = _read(results, asked, at)
    tables, areas = found.tables(), found.areas
    zone = found.area if areas.level(found.area) <= Level.ZONE else areas.parents[found.area]
    options = _hospital_options(found, tables)
    hospital = asked.get("hopital", "")
    if hospital not in {one.value for one in options}:
        if hospital:
            problems.append("Cet hôpital n'a aucun séjour ici : en voici un autre.")
        hospital = _largest(found, tables, zone)
    listed = _by_hospital(found, tables, zone)
    served = _served(found, tables, hospital)
    served_total = _total(served)
    return FlowsPage(
        need=found.need,
        year=found.year,
        area=found.area,
        area_label=areas.label(found.area),
        hospital=hospital,
        hospital_label=found.hospitals.get(hospital).label if hospital else "",
        needs=tuple(Option(one, need_label(results, one)) for one in get_needs(results)),
        years=results.years,
        areas=list_area_options(areas),
        hospital_options=options,
        group=found.hospitals.group,
        total=_words(tables.total(found.area)),
        places=_places(tables, found.area),
        table_area=areas.label(zone),
        by_hospital=tuple(row for row in listed if row.stays != NOT_TOLD),
        untold=sum(row.stays == NOT_TOLD for row in listed),
        leaving=_leaving_rows(found, tables, zone),
        here=_leaving(found, tables, found.area),
        chart=_chart(found, tables, zone),
        trend=_trend(found),
        served=tuple(_served_row(found, home, stays, served_total) for home, stays in served),
        served_chart=draw_served(
            [
                Flow(home, "", short_label(_home_label(areas, home)), stays, found_url(found, home))
                for home, stays in served
            ],
            title=f"Où vivent ceux que soigne {found.hospitals.get(hospital).label}",
        )
        if hospital
        else NO_CHART,
        served_total=_words(served_total)
        if served_total is not None
        else f"au moins {french(sum(stays or 0 for _, stays in served))}",
        file_url=found.address("population:flows-export"),
        map_url=_map_url(results, found.need),
        problems=tuple(problems),
    )


@dataclass(frozen=True)
class FlowsSummary:
    """Where the residents of an area are cared for, in short."""

    group: str
    total: str
    here: Leaving
    places: tuple[FlowRow, ...]


def get_flows_summary(
    results: Results, area: str, year: int, *, at: datetime
) -> FlowsSummary | None:
    """All stays of the residents of an area and a year; None without any. Four queries."""
    if EVERY not in get_needs(results):
        return None
    hospitals = load_hospitals(results.areas, day=local_day(at))
    asked = _Asked(results, hospitals, EVERY, year, area)
    tables = asked.tables()
    return FlowsSummary(
        group=hospitals.group,
        total=_words(tables.total(area)),
        here=_leaving(asked, tables, area),
        places=_places(tables, area),
    )


def _read(results: Results, asked: Mapping[str, str], at: datetime) -> tuple[_Asked, list[str]]:
    needs = get_needs(results)
    if not needs or not results.years:
        raise Refusal("population.no-flows", "Ce calcul ne contient aucun séjour.")
    problems: list[str] = []
    need = asked.get("besoin", "")
    if need not in needs:
        if need:
            problems.append("Ce besoin n'est pas calculé ici : voici tous les séjours.")
        need = needs[0]
    year = choose_year(results, asked.get("annee", ""), problems)
    area = choose_area(results.areas, asked.get("lieu", ""), problems)
    hospitals = load_hospitals(results.areas, day=local_day(at))
    return _Asked(results, hospitals, need, year, area), problems


def need_label(results: Results, need: str) -> str:
    """What a kind of care is called: a part of hospital care, or a condition."""
    if need in NEED_LABELS:
        return NEED_LABELS[need]
    return f"Personnes suivies : {results.definitions.cohorts[need].label}"


def _words(value: int | None) -> str:
    return NOT_TOLD if value is None else french(value)


def _map_url(results: Results, need: str) -> str:
    wanted = f"stays-{need}"
    if wanted not in results.definitions.indicators:
        return reverse("population:map")
    return f"{reverse('population:map')}?{urlencode({'indicateur': wanted})}"


# Where the residents of an area are cared for


def _places(tables: FlowTables, area: str) -> tuple[FlowRow, ...]:
    total = tables.total(area)
    found = []
    for place, label in PLACES.items():
        stays = tables.place(area, place)
        if stays != 0:
            found.append(FlowRow(label, _words(stays), share_of(stays, total)))
    return tuple(found)


def _homes(areas: Areas, zone: str) -> tuple[str, ...]:
    return areas.at(Level.ZONE) if zone == TERRITORY else (zone,)


def _sites(tables: FlowTables, homes: Sequence[str]) -> dict[str, list[int | None]]:
    found: dict[str, list[int | None]] = {}
    for (home, site), stays in tables.hospitals.items():
        if home in homes:
            found.setdefault(site, []).append(stays)
    return found


def _sum(values: Sequence[int | None]) -> int | None:
    known = [one for one in values if one is not None]
    return sum(known) if len(known) == len(values) else None


def _by_hospital(asked: _Asked, tables: FlowTables, zone: str) -> tuple[FlowRow, ...]:
    """The hospitals where the residents of a zone, or of the territory, were cared for: those that
    are told first, the largest first."""
    sites = _sites(tables, _homes(asked.areas, zone))
    known = {site: sum(one or 0 for one in values) for site, values in sites.items()}
    total = tables.total(zone)
    ordered = sorted(sites, key=lambda one: (-known[one], asked.hospitals.get(one).label))
    found = []
    for site in ordered:
        least = "" if _sum(sites[site]) is not None else "au moins "
        has_words = known[site] or not least
        found.append(
            FlowRow(
                asked.hospitals.get(site).label,
                f"{least}{french(known[site])}" if has_words else NOT_TOLD,
                f"{least}{share_of(known[site], total)}" if has_words and total else NOT_TOLD,
                url=asked.address(hopital=site) + "#s-hopital",
            )
        )
    return tuple(found)


def _largest(asked: _Asked, tables: FlowTables, zone: str) -> str:
    sites = _sites(tables, _homes(asked.areas, zone))
    known = {site: sum(one or 0 for one in values) for site, values in sites.items()}
    return min(known, key=lambda one: (-known[one], one), default="")


def _hospital_options(asked: _Asked, tables: FlowTables) -> tuple[Option, ...]:
    sites = {site for _, site in tables.hospitals}
    found = [Option(site, asked.hospitals.get(site).label) for site in sites]
    return tuple(sorted(found, key=lambda one: (one.label, one.value)))


# Who leaves


def _leaving(asked: _Asked, tables: FlowTables, area: str) -> Leaving:
    return Leaving(
        label=asked.areas.label(area),
        url=asked.address(lieu=area),
        stays=_words(tables.total(area)),
        out_of_zone=_told(_out_of_zone(tables, area)),
        out_of_group=_told(_out_of_group(tables, area)),
        is_here=area == asked.area,
    )


def _leaving_rows(asked: _Asked, tables: FlowTables, zone: str) -> tuple[Leaving, ...]:
    return tuple(_leaving(asked, tables, one) for one in asked.areas.children(zone))


def _out_of_zone(tables: FlowTables, area: str) -> Bounds | None:
    inside = {f"{place}{end}" for place in IN_ZONE for end in (INSIDE, OUTSIDE)}
    return _share(tables, area, [one for one in tables.columns if one not in inside])


def _out_of_group(tables: FlowTables, area: str) -> Bounds | None:
    return _share(tables, area, [one for one in tables.columns if one.endswith(OUTSIDE)])


def _share(tables: FlowTables, area: str, columns: Sequence[str]) -> Bounds | None:
    """The share of stays in some columns, in percent with Wilson's interval. Where some are not
    told, what is told on both sides bounds it: its middle, and an interval that holds both ends;
    None when these are far apart."""
    whole = tables.total(area)
    if not whole:
        return None
    least, most = tables.bounds(area, columns)
    if most - least > WIDEST * whole:
        return None
    low, high = (rates.proportion([one], [whole]) for one in (least, most))
    middle = (least + most) / (2 * whole)
    return Bounds(100 * middle, 100 * float(low.low[0]), 100 * float(high.high[0]))


def _told(bounds: Bounds | None) -> Told:
    found = told(bounds, 1)
    return found if bounds is None else Told(f"{found.value}\u00a0%", found.interval)


def _trend(asked: _Asked) -> Chart:
    zone, group = [], []
    for year in asked.results.years:
        tables = asked.tables(year)
        zone.append((year, _out_of_zone(tables, asked.area)))
        group.append((year, _out_of_group(tables, asked.area)))
    lines = [("hors interco.", zone)]
    if asked.hospitals.group:
        lines.append(("hors groupement", group))
    return draw_leaving(lines, label=asked.areas.label(asked.area))


# Pictures


def _chart(asked: _Asked, tables: FlowTables, zone: str) -> Chart:
    """The territory: zones to hospitals. A zone: its sectors to kinds of places, then hospitals."""
    areas = asked.areas
    title = f"Où sont soignés les habitants, {areas.label(asked.area)}, {asked.year}"
    if zone == TERRITORY:
        flows = [
            Flow(home, site, short_label(areas.label(home)), stays)
            for (home, site), stays in sorted(tables.hospitals.items())
            if home != ELSEWHERE and stays
        ]
        sites = {one.target: asked.hospitals.get(one.target).label for one in flows}
        return draw_flows([flows], [sites], heads=("Domicile", "Hôpital"), title=title)
    homes = areas.children(zone) if asked.area == zone else (asked.area,)
    first = [
        Flow(home, place, short_label(areas.label(home)), stays)
        for home in homes
        for place in PLACES
        if (stays := tables.place(home, place))
    ]
    layers, names = [first], [dict(SHORT_PLACES)]
    if asked.area == zone:
        second = []
        for (home, site), stays in sorted(tables.hospitals.items()):
            place = place_of(asked.hospitals.get(site), zone)
            if home == zone and stays:
                second.append(Flow(place, site, SHORT_PLACES[place], stays))
        layers.append(second)
        names.append({one.target: asked.hospitals.get(one.target).label for one in second})
    heads = ("Domicile", "Lieu de soins", "Hôpital")[: len(layers) + 1]
    return draw_flows(layers, names, heads=heads, title=title)


# Whom a hospital serves


def _served(asked: _Asked, tables: FlowTables, site: str) -> list[tuple[str, int | None]]:
    """Stays of a hospital by home, those that are told first, the largest first."""
    homes = [*asked.areas.at(Level.ZONE), ELSEWHERE]
    found = [(home, tables.hospitals.get((home, site), 0)) for home in homes]
    some = [(home, stays) for home, stays in found if stays != 0]
    return sorted(some, key=lambda one: (-(one[1] or 0), one[0]))


def _total(served: Sequence[tuple[str, int | None]]) -> int | None:
    return _sum([stays for _, stays in served])


def _home_label(areas: Areas, home: str) -> str:
    return ELSEWHERE_LABEL if home == ELSEWHERE else areas.label(home)


def found_url(asked: _Asked, home: str) -> str:
    """The flows of a home; none for those who live elsewhere."""
    return "" if home == ELSEWHERE else asked.address(lieu=home)


def _served_row(asked: _Asked, home: str, stays: int | None, total: int | None) -> FlowRow:
    return FlowRow(
        _home_label(asked.areas, home),
        _words(stays),
        share_of(stays, total),
        url=found_url(asked, home),
    )


@dataclass(frozen=True)
class FlowsFile:
    """Stays by home and hospital, as they are published: one row a pair."""

    title: str
    columns: Mapping[str, Sequence[str | int | float | None]]
    filters: Mapping[str, str]
    page_url: str

    @property
    def rows(self) -> int:
        return len(self.columns["Séjours"])


def get_flows_file(results: Results, asked: Mapping[str, str], *, at: datetime) -> FlowsFile:
    """The file of a kind of care and a year, of every zone. Raises as :func:`get_flows_page`."""
    found, _ = _read(results, asked, at)
    tables, areas = found.tables(), found.areas
    pairs = sorted(tables.hospitals)
    hospitals = [found.hospitals.get(site) for _, site in pairs]
    filters = {"besoin": found.need, "annee": str(found.year)}
    return FlowsFile(
        title=f"Flux, {need_label(results, found.need)}, {found.year}",
        columns={
            "Code": [home for home, _ in pairs],
            "Domicile": [_home_label(areas, home) for home, _ in pairs],
            "FINESS": [site for _, site in pairs],
            "Hôpital": [one.label for one in hospitals],
            "Lieu de soins": [
                PLACES[place_of(one, home)] for one, (home, _) in zip(hospitals, pairs, strict=True)
            ],
            "Séjours": [tables.hospitals[pair] for pair in pairs],
        },
        filters=filters,
        page_url=found.address(lieu=TERRITORY),
    )
