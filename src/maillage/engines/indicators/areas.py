"""Areas of a territory: the whole, its zones, sectors of neighbouring communes, communes.

Most communes are too small for figures by sex and age. Sectors stand between communes and the
inter-communal authorities (zones): groups of neighbouring communes of one zone with some thousands
of residents, drawn by a rule that gives the same sectors for the same communes.

Keys: ``T`` the territory, ``Z:<SIREN>`` a zone, ``S:<COG code of its largest commune>`` a sector,
``C:<COG code>`` a commune.

Two divisions of one territory can be subtracted from each other: whoever publishes counts keeps the
division with the results (:meth:`Areas.as_document`) instead of drawing it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

from maillage.vocabulary.geo import crow_fly_km

TERRITORY = "T"

SMALLEST_SECTOR = 8000
"""Residents under which a sector goes on growing while its zone has other communes. At this size
the commonest conditions give counts by sex and age that may be shown."""

PREFERENCE = 1.5
"""A commune joins a sector that is still too small rather than one that is large enough, unless
that is so many times farther: large towns would swallow every village around them."""

WITHOUT_ZONE = "aucune"
WITHOUT_ZONE_LABEL = "Hors intercommunalité"


class Level(IntEnum):
    """From the widest to the finest."""

    TERRITORY = 0
    ZONE = 1
    SECTOR = 2
    COMMUNE = 3


@dataclass(frozen=True)
class AreaCommune:
    """What areas are drawn from. ``zone`` is the SIREN of the inter-communal authority, or empty;
    latitude and longitude in degrees."""

    code: str
    name: str
    zone: str
    zone_name: str
    lat: float
    lon: float
    residents: int


@dataclass(frozen=True)
class Area:
    """A place with figures. ``parent`` is empty for the territory only."""

    key: str
    level: Level
    label: str
    parent: str
    residents: int
    lat: float
    lon: float


@dataclass(frozen=True)
class Areas:
    """The areas of a territory, parents before children, siblings by label."""

    rows: tuple[Area, ...]

    @cached_property
    def by_key(self) -> Mapping[str, Area]:
        return {row.key: row for row in self.rows}

    @cached_property
    def parents(self) -> Mapping[str, str]:
        """The area above each area but the territory."""
        return {row.key: row.parent for row in self.rows if row.parent}

    @cached_property
    def _children(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {row.key: [] for row in self.rows}
        for row in self.rows:
            if row.parent:
                found[row.parent].append(row.key)
        return {key: tuple(keys) for key, keys in found.items()}

    def __contains__(self, key: object) -> bool:
        return key in self.by_key

    def __getitem__(self, key: str) -> Area:
        return self.by_key[key]

    def of_commune(self, code: str) -> str | None:
        """The area of a commune, None when it is not of the territory."""
        key = f"C:{code}"
        return key if key in self.by_key else None

    def children(self, key: str) -> tuple[str, ...]:
        """The areas right under one."""
        return self._children[key]

    def members(self, key: str) -> tuple[str, ...]:
        """COG codes of the communes of an area, in order."""
        if self.by_key[key].level is Level.COMMUNE:
            return (key[2:],)
        return tuple(code for child in self._children[key] for code in self.members(child))

    def above(self, key: str, level: Level) -> str:
        """The area of this level that holds an area (itself when it is of that level)."""
        while self.by_key[key].level > level:
            key = self.by_key[key].parent
        return key

    def at(self, level: Level) -> tuple[str, ...]:
        """The areas of a level, in order."""
        return tuple(row.key for row in self.rows if row.level is level)

    def label(self, key: str) -> str:
        return self.by_key[key].label

    def level(self, key: str) -> Level:
        return self.by_key[key].level

    def as_document(self) -> list[dict[str, Any]]:
        """Rows of plain values, to keep with the results that they were published with."""
        return [
            {
                "key": row.key,
                "level": int(row.level),
                "label": row.label,
                "parent": row.parent,
                "residents": row.residents,
                "lat": row.lat,
                "lon": row.lon,
            }
            for row in self.rows
        ]


def areas_of_document(rows: Iterable[Mapping[str, Any]]) -> Areas:
    """The areas that :meth:`Areas.as_document` wrote."""
    return Areas(tuple(Area(**{**row, "level": Level(row["level"])}) for row in rows))


@dataclass
class _Group:
    """Communes that are one sector so far; the point is the middle of their residents."""

    communes: list[AreaCommune]
    residents: int
    lat: float
    lon: float

    @property
    def centre(self) -> AreaCommune:
        return min(self.communes, key=lambda one: (-one.residents, one.code))

    def joined(self, other: _Group) -> _Group:
        # Places without residents still have a place.
        ours, theirs = max(self.residents, 1), max(other.residents, 1)
        return _Group(
            self.communes + other.communes,
            self.residents + other.residents,
            (self.lat * ours + other.lat * theirs) / (ours + theirs),
            (self.lon * ours + other.lon * theirs) / (ours + theirs),
        )


def build_areas(
    communes: Sequence[AreaCommune],
    *,
    smallest: int = SMALLEST_SECTOR,
    label: str = "Ensemble du territoire",
) -> Areas:
    """Draw the sectors of each zone and put everything in one tree.

    The smallest group of communes under ``smallest`` residents joins the nearest other group of its
    zone (:data:`PREFERENCE`), until none is left that can. A sector is named after its largest
    commune. Raises ``ValueError`` when a commune comes twice or there is none.
    """
    if not communes:
        raise ValueError("a territory has communes")
    if len({one.code for one in communes}) != len(communes):
        raise ValueError("a commune comes twice")
    zones: dict[str, list[AreaCommune]] = {}
    for one in sorted(communes, key=lambda one: one.code):
        zones.setdefault(one.zone, []).append(one)
    groups = {zone: _sectors(rows, smallest) for zone, rows in zones.items()}
    everything = _whole([_alone(one) for rows in zones.values() for one in rows])
    found = [_area(TERRITORY, Level.TERRITORY, label, "", everything)]
    names = {zone: _zone_name(zone, rows) for zone, rows in zones.items()}
    for zone in sorted(zones, key=lambda zone: (names[zone], zone)):
        key = f"Z:{zone or WITHOUT_ZONE}"
        found.append(_area(key, Level.ZONE, names[zone], TERRITORY, _whole(groups[zone])))
        for group in sorted(groups[zone], key=lambda one: (one.centre.name, one.centre.code)):
            sector = f"S:{group.centre.code}"
            found.append(_area(sector, Level.SECTOR, _sector_label(group.centre.name), key, group))
            for one in sorted(group.communes, key=lambda one: (one.name, one.code)):
                found.append(_area(f"C:{one.code}", Level.COMMUNE, one.name, sector, _alone(one)))
    found.sort(key=lambda row: row.level)
    return Areas(tuple(found))


def _zone_name(zone: str, rows: Sequence[AreaCommune]) -> str:
    return (rows[0].zone_name or zone) if zone else WITHOUT_ZONE_LABEL


def _area(key: str, level: Level, label: str, parent: str, group: _Group) -> Area:
    return Area(key, level, label, parent, group.residents, group.lat, group.lon)


def _alone(one: AreaCommune) -> _Group:
    return _Group([one], one.residents, one.lat, one.lon)


def _whole(groups: Sequence[_Group]) -> _Group:
    found = groups[0]
    for group in groups[1:]:
        found = found.joined(group)
    return found


def _sectors(communes: Sequence[AreaCommune], smallest: int) -> list[_Group]:
    """The sectors of one zone. Cubic in its communes at worst; zones have a few dozen."""
    groups = [_alone(one) for one in communes]
    while len(groups) > 1:
        least = min(groups, key=lambda one: (one.residents, one.centre.code))
        if least.residents >= smallest:
            break
        others = [group for group in groups if group is not least]

        def cost(other: _Group, least: _Group = least) -> tuple[float, str]:
            km = crow_fly_km(least.lat, least.lon, other.lat, other.lon)
            return km * (PREFERENCE if other.residents >= smallest else 1.0), other.centre.code

        nearest = min(others, key=cost)
        groups = [group for group in others if group is not nearest] + [nearest.joined(least)]
    return groups


def _sector_label(name: str) -> str:
    """« Secteur de Fourmies », « Secteur d'Avesnes-sur-Helpe », « Secteur du Quesnoy »."""
    if name.startswith("Le "):
        return f"Secteur du {name[3:]}"
    if name.startswith("Les "):
        return f"Secteur des {name[4:]}"
    if name.startswith(("La ", "L'", "L’")):
        return f"Secteur de {name[0].lower()}{name[1:]}"
    # An initial h is not elided in names of places of the north: « Secteur de Hautmont ».
    if name[:1] in "AEIOUYÉÈÊÂÎÔÛŒÆ":
        return f"Secteur d'{name}"
    return f"Secteur de {name}"
