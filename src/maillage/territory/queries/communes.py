"""Communes, their authorities and departments: lists, search, totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import cos, radians
from typing import Protocol

from django.db.models import (
    Case,
    Count,
    F,
    FloatField,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    When,
)  # fmt: skip
from django.db.models.functions import Cast

from maillage.accounts.names import ByName
from maillage.territory.models import Commune, Epci
from maillage.territory.rules.departments import department_label
from maillage.territory.rules.names import split_label
from maillage.territory.rules.thresholds import NEAREST_COMMUNES, SUGGESTIONS
from maillage.territory.rules.travel import Place
from maillage.vocabulary.errors import NotFound
from maillage.vocabulary.geo import crow_fly_km, estimated_minutes
from maillage.vocabulary.search import fold

COMMUNE_ORDERS: Mapping[str, tuple[str | ByName, ...]] = {
    "nom": ("search_name", "code"),
    "code": ("code",),
    "departement": ("department", "search_name", "code"),
    "intercommunalite": (ByName("epci__name"), "search_name", "code"),
    "habitants": ("residents", "search_name", "code"),
    "densite": ("by_km2", "search_name", "code"),
}
"""Orders of the list of communes; a « - » before reverses the first key."""

OUTLINE_COLUMNS = ("outline", "outline_box")
"""Heavy columns, left out of lists."""

KM_PER_DEGREE = 111.2
"""Kilometres of one degree of latitude."""


# Communes


def list_communes(
    *, text: str = "", department: str = "", epci: str = "", order: str = "nom"
) -> QuerySet[Commune]:
    """Communes with their authority (``epci``), without their outline. ``text`` is part of a name,
    or the start of a code. An unknown ``order`` gives that of names."""
    found = Commune.objects.select_related("epci").defer(*OUTLINE_COLUMNS, "epci__outline")
    if text.strip():
        found = found.filter(_matches(text))
    if department:
        found = found.filter(department=department)
    if epci:
        found = found.filter(epci=epci)
    key = order.removeprefix("-")
    columns = COMMUNE_ORDERS.get(key, COMMUNE_ORDERS["nom"])
    if key == "densite":
        found = found.annotate(by_km2=Cast("residents", FloatField()) / F("area_km2"))
    by = F(columns[0]) if isinstance(columns[0], str) else columns[0]
    first = by.desc(nulls_last=True) if order.startswith("-") else by.asc(nulls_first=True)
    return found.order_by(first, *columns[1:])


def _matches(text: str) -> Q:
    name, department = split_label(text)
    wanted = Q(code__startswith=name.upper())
    if folded := fold(name):
        wanted |= Q(search_name__contains=folded)
    return wanted & Q(department=department) if department else wanted


def search_communes(text: str, limit: int = SUGGESTIONS) -> list[Commune]:
    """Communes for a type-ahead: names that start with the text, then names with a word that does,
    then others that hold it; the larger first. Accents, capitals, hyphens, « œ » and « St » do not
    count. The start of a COG code, and « Valenciennes (59) », work as well. Empty text: nothing."""
    name, _ = split_label(text)
    folded = fold(name)
    if not folded:
        return []
    rank = Case(
        When(search_name=folded, then=0),
        When(code=name.upper(), then=0),
        When(search_name__startswith=folded, then=1),
        When(search_name__contains=f" {folded}", then=2),
        default=3,
        output_field=IntegerField(),
    )
    found = Commune.objects.filter(_matches(text)).select_related("epci")
    found = found.defer(*OUTLINE_COLUMNS, "epci__outline")
    return list(found.annotate(rank=rank).order_by("rank", "-residents", "code")[:limit])


def find_commune(text: str) -> Commune | None:
    """The one commune that a typed text names: a COG code, or a name (« Valenciennes », « fourmies
    (59) ») that only one commune has; None otherwise. For forms without type-ahead.

    A name that others continue (« Saint-Amand », « Saint-Amand-les-Eaux ») names one commune only
    when its department is typed too: the shorter way of saying the larger town is too common.
    """
    name, department = split_label(text)
    folded = fold(name)
    wanted = Q(code=name.upper()) | Q(search_name=folded)
    if folded and not department:
        wanted |= Q(search_name__startswith=f"{folded} ")
    found = Commune.objects.defer(*OUTLINE_COLUMNS).filter(wanted)
    if department:
        found = found.filter(department=department)
    few = list(found[:2])
    if len(few) != 1 or (few[0].code != name.upper() and few[0].search_name != folded):
        return None
    return few[0]


def get_commune(code: str) -> Commune:
    """A commune, with its authority. Raises :class:`NotFound`."""
    commune = Commune.objects.select_related("epci").filter(code=code).first()
    if commune is None:
        raise NotFound(
            "territory.unknown-commune", f"Aucune commune chargée n'a le code « {code[:9]} »."
        )
    return commune


def get_epci(code: str) -> Epci:
    """An inter-communal authority. Raises :class:`NotFound`."""
    epci = Epci.objects.filter(code=code).first()
    if epci is None:
        raise NotFound(
            "territory.unknown-epci", f"Aucune intercommunalité n'a le SIREN « {code[:9]} »."
        )
    return epci


@dataclass(frozen=True, slots=True)
class NearCommune:
    """A neighbour: its crow-fly distance and the estimated minutes from town hall to town hall."""

    commune: Commune
    km: float
    minutes: float


def list_nearest_communes(commune: Commune, limit: int = NEAREST_COMMUNES) -> list[NearCommune]:
    """The communes whose town halls are nearest, nearest first. One or two queries."""
    for reach_km in (15.0, 2_000.0):
        high = reach_km / KM_PER_DEGREE
        wide = high / max(0.1, cos(radians(commune.latitude)))
        around = Commune.objects.defer(*OUTLINE_COLUMNS).filter(
            latitude__range=(commune.latitude - high, commune.latitude + high),
            longitude__range=(commune.longitude - wide, commune.longitude + wide),
        )
        near = []
        for other in around.exclude(code=commune.code):
            km = crow_fly_km(commune.latitude, commune.longitude, other.latitude, other.longitude)
            if km <= reach_km:
                near.append(NearCommune(other, km, estimated_minutes(km)))
        if len(near) >= limit:
            break
    return sorted(near, key=lambda one: (one.km, one.commune.code))[:limit]


def list_places(codes: Iterable[str] | None = None) -> list[Place]:
    """Communes as places of journeys, in order of code: all, or these codes."""
    found = Commune.objects.order_by("code")
    if codes is not None:
        found = found.filter(code__in=list(codes))
    return [Place(*row) for row in found.values_list("code", "latitude", "longitude")]


# Totals


class Peopled(Protocol):
    """A place with residents, and an area when it is known."""

    @property
    def residents(self) -> int: ...

    @property
    def area_km2(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Totals:
    """What a set of communes adds up to. ``years``: first and last year of the populations.

    ``area_km2`` and ``area_residents`` are those of the communes whose area is known, so that the
    density is right even where a contour is missing or partial.
    """

    code: str
    name: str
    communes: int
    residents: int
    area_km2: float | None
    area_residents: int
    years: tuple[int, int]

    @property
    def density(self) -> float | None:
        return self.area_residents / self.area_km2 if self.area_km2 else None

    @classmethod
    def of(cls, code: str, name: str, places: Iterable[Peopled], years: Iterable[int]) -> Totals:
        """Totals of places in hand."""
        found, known_years = list(places), list(years)
        measured = [place for place in found if place.area_km2]
        return cls(
            code=code,
            name=name,
            communes=len(found),
            residents=sum(place.residents for place in found),
            area_km2=sum(place.area_km2 or 0.0 for place in measured) or None,
            area_residents=sum(place.residents for place in measured),
            years=(min(known_years, default=0), max(known_years, default=0)),
        )

    @property
    def years_label(self) -> str:
        first, last = self.years
        return str(first) if first == last else f"{first} à {last}"


def list_departments() -> list[Totals]:
    """The departments that are loaded, by code, with their names."""
    rows = _totals(Commune.objects.order_by("department"), "department", "department")
    return [replace(row, name=department_label(row.code)) for row in rows]


def list_epcis(department: str = "") -> list[Totals]:
    """The authorities that have a commune loaded, by name, with the totals of those communes."""
    found = Commune.objects.filter(epci__isnull=False).order_by(ByName("epci__name"))
    if department:
        found = found.filter(department=department)
    return _totals(found, "epci", "epci__name")


def get_totals(communes: QuerySet[Commune] | None = None) -> Totals:
    """Totals of some communes, all by default."""
    found = Commune.objects.all() if communes is None else communes
    row = found.order_by().aggregate(**_SUMS)
    return Totals(
        code="",
        name="",
        communes=row["n"],
        residents=row["people"] or 0,
        area_km2=row["area"],
        area_residents=row["area_people"] or 0,
        years=(row["first"] or 0, row["last"] or 0),
    )


_SUMS = {
    "n": Count("code"),
    "people": Sum("residents"),
    "area": Sum("area_km2"),
    "area_people": Sum("residents", filter=Q(area_km2__isnull=False)),
    "first": Min("residents_year"),
    "last": Max("residents_year"),
}


def _totals(found: QuerySet[Commune], code: str, name: str) -> list[Totals]:
    rows = found.values(code, name).annotate(**_SUMS)
    return [
        Totals(
            code=str(row[code]),
            name=str(row[name]),
            communes=row["n"],
            residents=row["people"],
            area_km2=row["area"],
            area_residents=row["area_people"] or 0,
            years=(row["first"], row["last"]),
        )
        for row in rows
    ]
