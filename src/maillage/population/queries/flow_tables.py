"""Stays by home and by hospital: what of them may be shown.

Two tables of each kind of care and year, the second inside the first:

- by **kind of place** (a hospital of the zone, of recourse elsewhere ...; in or out of the group),
  for sectors, zones and the territory, protected with all its totals;
- by **hospital**, for zones. Only kinds of places that the first table shows are opened, each apart
  with its total known: what is hidden in one table is never a sum of the other.

A cell is small when its stays or its people are under the threshold. People of several hospitals
may be the same: those of the largest are counted, which is the least that they can be. The stays of
a condition are an indicator too: totals that the map shows are known here, and those that it hides
stay hidden. They are part of all stays, as those of surgery are part of what medicine leaves: such
wholes, where they are shown, are known, and what is left of them is protected too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from maillage.engines.indicators.areas import TERRITORY, Level
from maillage.engines.indicators.flows import ALL as EVERY
from maillage.engines.indicators.flows import MEDICINE, NEEDS, OBSTETRICS, SURGERY
from maillage.population.queries.hospitals import NO_NUMBER, Hospitals, place_of
from maillage.population.queries.published import get_published, list_indicators
from maillage.population.queries.results import Results
from maillage.vocabulary.disclosure import (
    ALL,
    THRESHOLD,
    Cell,
    Counts,
    Protected,
    is_small,
    protect,
)

if TYPE_CHECKING:
    import pyarrow as pa

INSIDE, OUTSIDE = "+", "-"
"""End of a column: hospitals of the group, or not."""

ELSEWHERE = "X"
"""The home of those who do not live in the territory."""

STAYS = "stays"
KEPT = 256


@dataclass(frozen=True)
class FlowTables:
    """What is shown of a kind of care and a year. ``hospitals``: stays by (home, FINESS number),
    None where they are hidden; homes are zones, and :data:`ELSEWHERE`."""

    places: Protected
    columns: tuple[str, ...]
    hospitals: Mapping[tuple[str, str], int | None]

    def value(self, area: str, columns: Iterable[str]) -> int | None:
        """Stays of an area (its key) in some columns together; None when they are not told, and
        cannot be had from the total and the others, which all are."""
        row = ALL if area == TERRITORY else area
        wanted = [one for one in columns if one in self.columns]
        found = _sum(self.places.value(row, one) for one in wanted)
        if found is not None:
            return found
        rest = _sum(self.places.value(row, one) for one in self.columns if one not in wanted)
        total = self.total(area)
        return None if rest is None or total is None else total - rest

    def bounds(self, area: str, columns: Iterable[str]) -> tuple[int, int]:
        """The least and the most stays that an area, whose total is told, may have in some columns:
        what is told of them, and what is not told elsewhere. Equal when they are told."""
        row = ALL if area == TERRITORY else area
        wanted = set(columns)
        within = [self.places.value(row, one) for one in self.columns if one in wanted]
        beyond = [self.places.value(row, one) for one in self.columns if one not in wanted]
        total = self.total(area) or 0
        least = sum(one or 0 for one in within)
        most = total - sum(one or 0 for one in beyond)
        if None not in within:
            return least, least
        return (most, most) if None not in beyond else (least, most)

    def total(self, area: str) -> int | None:
        """All stays of an area."""
        return self.places.value(ALL if area == TERRITORY else area, ALL)

    def place(self, area: str, place: str) -> int | None:
        """Stays of an area in one kind of place."""
        return self.value(area, (f"{place}{INSIDE}", f"{place}{OUTSIDE}"))


def _sum(values: Iterable[int | None]) -> int | None:
    found = list(values)
    return None if None in found else sum(one for one in found if one is not None)


def get_flows(results: Results, hospitals: Hospitals, need: str, year: int) -> FlowTables:
    """What is shown of a kind of care and a year. No query."""
    return _tables(_Key(results), hospitals, need, year)


class _Key:
    """Results as a key of what is kept: equal when they are of the same folder."""

    def __init__(self, results: Results) -> None:
        self.results = results

    def __hash__(self) -> int:
        return hash(self.results.folder)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.results.folder == self.results.folder


@lru_cache(maxsize=8)
def list_needs(key: _Key) -> tuple[str, ...]:
    """The kinds of care that a computation has stays of, all stays first."""
    import pyarrow.compute as pc

    results = key.results
    found: set[str] = set()
    for year in results.years:
        found.update(pc.unique(results.flows(year)["need"]).to_pylist())
    known = [*NEEDS, *sorted(results.definitions.cohorts)]
    return tuple(one for one in known if one in found)


def get_needs(results: Results) -> tuple[str, ...]:
    """As :func:`list_needs`."""
    return list_needs(_Key(results))


def _told_elsewhere(results: Results, need: str, year: int) -> dict[str, int | None]:
    """The stays of a condition by row, as the map shows them: the same counts, people known. Empty
    when no indicator counts them."""
    indicator = f"stays-{need}"
    if indicator not in results.definitions.indicators:
        return {}
    if indicator not in list_indicators(results.folder):
        return {}
    published = get_published(results, indicator, year)
    return {
        ALL if area.key == TERRITORY else area.key: published.value(area.key).events
        for area in results.areas.rows
        if area.level is not Level.COMMUNE
    }


@dataclass
class _Sums:
    """Stays by (sector, column) and by (zone, column, hospital); people by hospital of each cell
    and margin."""

    cells: Counter[Cell]
    people: dict[Cell, Counter[str]]
    sites: Counter[tuple[str, str, str]]
    persons: Counter[tuple[str, str]]


def _add_up(table: pa.Table, results: Results, hospitals: Hospitals) -> _Sums:
    areas = results.areas
    sums = _Sums(Counter(), defaultdict(Counter), Counter(), Counter())
    rows = zip(
        *(table[name].to_pylist() for name in ("commune", "site", "stays", "persons")), strict=True
    )
    for commune, number, stays, persons in rows:
        site = number or NO_NUMBER
        own = areas.of_commune(commune)
        if own is None:
            sums.sites[ELSEWHERE, ELSEWHERE, site] += stays
            sums.persons[ELSEWHERE, site] += persons
            continue
        sector = areas.above(own, Level.SECTOR)
        zone = areas.above(own, Level.ZONE)
        hospital = hospitals.get(site)
        column = f"{place_of(hospital, zone)}{INSIDE if hospital.in_group else OUTSIDE}"
        sums.cells[sector, column] += stays
        sums.sites[zone, column, site] += stays
        sums.persons[zone, site] += persons
        for row in (sector, zone, ALL):
            sums.people[row, column][site] += persons
            sums.people[row, ALL][site] += persons
    return sums


@lru_cache(maxsize=KEPT)
def _tables(key: _Key, hospitals: Hospitals, need: str, year: int) -> FlowTables:
    results = key.results
    sums = _add_up(results.flows(year, need), results, hospitals)
    columns = tuple(sorted({column for _, column in sums.cells}))
    wholes = [_tables(key, hospitals, one, year) for one in _wholes_of(need)]
    told = _told_elsewhere(results, need, year)
    places = _protect_places(sums, columns, results, wholes, told)
    return FlowTables(places, columns, _protect_sites(sums, places, wholes))


def _wholes_of(need: str) -> tuple[str, ...]:
    """The kinds of care that one is a part of: all stays, less those that follow."""
    if need == EVERY:
        return ()
    before = {SURGERY: (MEDICINE,), OBSTETRICS: (MEDICINE, SURGERY)}
    return (EVERY, *before.get(need, ()))


def _whole(values: list[int | None]) -> int | None:
    """What a reader knows a cell to be part of: the first, less the others that are shown."""
    if not values or values[0] is None:
        return None
    return values[0] - sum(one for one in values[1:] if one is not None)


def _protect_places(
    sums: _Sums,
    columns: tuple[str, ...],
    results: Results,
    wholes: list[FlowTables],
    told: Mapping[str, int | None],
) -> Protected:
    areas = results.areas
    parents = {
        area.key: area.parent
        for area in areas.rows
        if area.level is Level.SECTOR and area.parent != TERRITORY
    }
    counts = Counts(columns, sums.cells, parents)
    totals = counts.totals()
    few = {cell for cell, by_site in sums.people.items() if max(by_site.values()) < THRESHOLD}
    hide = {cell for cell in few if not is_small(totals.get(cell, 0))}
    known = set()
    for row in {row for row, _ in totals}:
        shown = told.get(row)
        if shown is not None and shown == totals[row, ALL]:
            known.add((row, ALL))
            hide.discard((row, ALL))
        elif row in told:
            hide.add((row, ALL))
    above = {cell: _whole([one.places.value(*cell) for one in wholes]) for cell in totals}
    found = protect(
        counts,
        known=known,
        wholes={cell: value for cell, value in above.items() if value is not None},
        hide=hide,
    )
    return Protected(totals, frozenset(totals)) if found.exposed else found


def _protect_sites(
    sums: _Sums, places: Protected, wholes: list[FlowTables]
) -> dict[tuple[str, str], int | None]:
    groups: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for (home, column, site), stays in sums.sites.items():
        groups[home, column][site] = stays
    shown: dict[tuple[str, str], int | None] = {}
    for (home, column), sites in groups.items():
        if home != ELSEWHERE and places.value(home, column) is None:
            shown.update({(home, site): None for site in sites})
            continue
        above = {
            site: _whole([one.hospitals.get((home, site), 0) for one in wholes]) for site in sites
        }
        found = protect(
            Counts((STAYS,), {(site, STAYS): stays for site, stays in sites.items()}),
            known=() if home == ELSEWHERE else {(ALL, ALL), (ALL, STAYS)},
            wholes={
                (site, end): whole
                for site, whole in above.items()
                for end in (STAYS, ALL)
                if whole is not None
            },
            hide={
                (site, end)
                for site in sites
                for end in (STAYS, ALL)
                if sums.persons[home, site] < THRESHOLD
            },
        )
        for site in sites:
            shown[home, site] = None if found.exposed else found.value(site, STAYS)
    return shown
