"""What the pages of the territory show, one read by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from maillage.territory.models import Commune, Epci
from maillage.territory.queries.communes import (
    NearCommune,
    Totals,
    get_commune,
    get_epci,
    list_communes,
    list_departments,
    list_epcis,
    list_nearest_communes,
)
from maillage.territory.queries.maps import get_base_map
from maillage.territory.queries.residents import residents_by_age, total_by_age
from maillage.territory.rules.ages import AgeTable
from maillage.territory.rules.departments import department_label
from maillage.territory.rules.maps import (
    BaseMap,
    MapView,
    Mark,
    classify,
    draw_map,
    town_labels,
)
from maillage.territory.rules.thresholds import DENSITY_CLASSES, RESIDENTS_CLASSES
from maillage.vocabulary.codes import DepartmentCode
from maillage.vocabulary.geo import ESTIMATE_MARGIN_MINUTES

FEW_COMMUNES = 120
"""Up to this many communes the map names many of them, and the table lists them one by one."""

LABELS_OF_MANY, LABELS_OF_FEW = 14, 40
SMALL_MAP = 440
"""Width in pixels of the map beside the facts of a commune."""

MEASURES = (("habitants", "Habitants"), ("densite", "Densité (habitants par km²)"))
"""What the map can colour: parameter ``montrer``, label."""


@dataclass(frozen=True)
class Choice:
    """One option of a filter."""

    value: str
    label: str


@dataclass(frozen=True)
class TerritoryMap:
    """The page of the map: communes of a zone in classes, and the table behind them."""

    zone: str
    zone_name: str
    measure: str
    measures: tuple[Choice, ...]
    departments: tuple[Totals, ...]
    epcis: tuple[Totals, ...]
    totals: Totals | None
    map: MapView | None
    rows: tuple[Totals, ...]
    communes: tuple[Commune, ...]


@dataclass(frozen=True)
class CommunePage:
    """The page of a commune."""

    commune: Commune
    ages: AgeTable
    map: MapView | None
    near: tuple[NearCommune, ...]
    margin: float = ESTIMATE_MARGIN_MINUTES


@dataclass(frozen=True)
class EpciPage:
    """The page of an inter-communal authority."""

    epci: Epci
    totals: Totals
    communes: tuple[Commune, ...]
    ages: AgeTable | None
    map: MapView | None


def get_territory_map(*, zone: str = "", measure: str = "") -> TerritoryMap:
    """The map of a zone: all (""), a department's code or an authority's SIREN. ``measure`` is one
    of :data:`MEASURES` (the first when unknown). At most six queries. Raises :class:`NotFound`."""
    departments = tuple(list_departments())
    epcis = tuple(list_epcis())
    shown = measure if measure in dict(MEASURES) else MEASURES[0][0]
    name, base, communes = _zone(zone, epcis)
    rows = epcis
    if zone:
        rows = tuple(list_epcis(zone)) if base.shapes and not communes else ()
    return TerritoryMap(
        zone=zone,
        zone_name=name,
        measure=shown,
        measures=tuple(Choice(*pair) for pair in MEASURES),
        departments=departments,
        epcis=epcis,
        totals=_sum(name, base, departments),
        map=_draw(base, name, shown) if base.shapes else None,
        rows=rows,
        communes=communes,
    )


def _zone(zone: str, known: Sequence[Totals]) -> tuple[str, BaseMap, tuple[Commune, ...]]:
    """Name, base map and, for an authority, the communes of a zone."""
    if not zone:
        return "tout le territoire", get_base_map(), ()
    if DepartmentCode.is_valid(zone):
        return department_label(zone), get_base_map(departments=[zone]), ()
    names = {one.code: one.name for one in known}
    name = names[zone] if zone in names else get_epci(zone).name
    return name, get_base_map(epcis=[zone]), tuple(list_communes(epci=zone))


def _sum(name: str, base: BaseMap, departments: Sequence[Totals]) -> Totals | None:
    """Totals of the communes of a base map. Years are those of the departments that they are in."""
    if not base.shapes:
        return None
    inside = {shape.department for shape in base.shapes}
    years = [year for one in departments if one.code in inside for year in one.years]
    return Totals.of("", name, base.shapes, years)


def commune_link() -> str:
    """The address of a commune's page with ``{code}`` in place of its code, for ``draw_map``."""
    return reverse("territory:commune", args=["00000"]).replace("00000", "{code}")


def _draw(base: BaseMap, name: str, measure: str) -> MapView:
    """The coloured map of a zone."""
    values: dict[str, float | None]
    if measure == "densite":
        values = {shape.code: shape.density for shape in base.shapes}
        limits, title = DENSITY_CLASSES, "Habitants par km²"
        suffix = " habitants par km²"
    else:
        values = {shape.code: shape.residents for shape in base.shapes}
        limits, title = RESIDENTS_CLASSES, "Habitants par commune"
        suffix = " habitants"
    classes, legend = classify(base, values, limits)
    tips = {
        shape.code: f"{shape.name} : {_spaced(values[shape.code])}{suffix}"
        if values[shape.code] is not None
        else f"{shape.name} : non connu"
        for shape in base.shapes
    }
    few = len(base.shapes) <= FEW_COMMUNES
    return draw_map(
        base,
        title=f"{title}, {name}",
        classes=classes,
        tips=tips,
        link=commune_link(),
        marks=town_labels(base, LABELS_OF_FEW if few else LABELS_OF_MANY),
        legend=legend,
        legend_title=f"{title} (nombre de communes)",
    )


def _spaced(value: float | None) -> str:
    return f"{value:,.0f}".replace(",", "\u202f") if value is not None else ""


def get_commune_page(code: str) -> CommunePage:
    """Everything that the page of a commune shows. At most seven queries. Raises
    :class:`NotFound`."""
    commune = get_commune(code)
    near = tuple(list_nearest_communes(commune))
    if commune.epci_id:
        base = get_base_map(epcis=[commune.epci_id])
    else:
        base = get_base_map(communes=[commune.code, *(one.commune.code for one in near)])
    drawn = draw_map(
        base,
        title=f"{commune.name} et ses voisines",
        classes={commune.code: "q5"},
        default_class="q1",
        link=commune_link(),
        here=commune.code,
        marks=_own_label_first(base, commune),
        width=SMALL_MAP,
    )
    return CommunePage(commune, residents_by_age(commune), drawn, near)


def _own_label_first(base: BaseMap, commune: Commune) -> tuple[Mark, ...]:
    """The commune's name, then those of the largest others that fit."""
    own = Mark(commune.latitude, commune.longitude, label=commune.name, css="")
    return (own, *(mark for mark in town_labels(base, 6) if mark.label != commune.name))


def get_epci_page(code: str) -> EpciPage:
    """Everything that the page of an authority shows. At most six queries. Raises
    :class:`NotFound`."""
    epci = get_epci(code)
    communes = tuple(list_communes(epci=code))
    base = get_base_map(epcis=[code])
    years = [commune.residents_year for commune in communes]
    totals = Totals.of(epci.code, epci.name, communes, years)
    return EpciPage(
        epci=epci,
        totals=totals,
        communes=communes,
        ages=total_by_age(communes),
        map=_draw(base, epci.name, "habitants") if base.shapes else None,
    )
