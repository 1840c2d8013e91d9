"""Strata, by area and by sex and age, and moves between them: what of the counts may be shown.

Tables of the same people, tied by their totals only. By area: territory, zones and sectors under
each other. By sex and age: the whole territory, with the totals of the first as known. Moves: the
whole territory; their totals are strata of two years, taken as known. The ill and the others are
protected apart, each with their totals known: the map of the prevalence shows nearly the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from maillage.engines.indicators.areas import TERRITORY, Level
from maillage.engines.indicators.publication import publish_table
from maillage.engines.indicators.published import BANDS_OF_GROUPS, GROUP_KEYS, SEXES
from maillage.engines.indicators.pyramid_rules import STRATUM_LABELS as STRATA
from maillage.population.queries.results import Results
from maillage.vocabulary.disclosure import ALL, Cell, Counts, Protected, is_small

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = tuple(str(stratum) for stratum in STRATA)
OTHERS, ILL = COLUMNS[:2], COLUMNS[2:]
CAME = "-1"
LEFT, DIED = "-1", "-2"
KEPT = 64


@dataclass(frozen=True)
class Strata:
    """What is shown of one table: None where nothing is."""

    others: Protected
    ill: Protected

    def value(self, row: str, stratum: str) -> int | None:
        """People of a stratum (``ALL``: of all) in a row (``ALL``: in all)."""
        if stratum == ALL:
            parts = [self.others.value(row, ALL), self.ill.value(row, ALL)]
            known = [one for one in parts if one is not None]
            return sum(known) if len(known) == len(parts) else None
        return (self.ill if stratum in ILL else self.others).value(row, stratum)


def by_area(results: Results, condition: str, year: int) -> Strata:
    """People by (key of an area, stratum), down to sectors."""
    return _by_area(_Key(results), condition, year)


def by_sex_and_age(results: Results, condition: str, year: int) -> Strata:
    """People of the territory by (« sex:age group », stratum)."""
    return _by_sex_and_age(_Key(results), condition, year)


def moves(results: Results, condition: str, year: int) -> Protected:
    """People of the territory by (stratum of the year before, stratum): CAME, LEFT and DIED beside
    the strata."""
    return _moves(_Key(results), condition, year)


class _Key:
    """Results as a key of what is kept: equal when they are of the same folder."""

    def __init__(self, results: Results) -> None:
        self.results = results

    def __hash__(self) -> int:
        return hash(self.results.folder)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.results.folder == self.results.folder


def _rows(table: pa.Table, *names: str) -> zip[tuple[object, ...]]:
    return zip(*(table[name].to_pylist() for name in names), strict=True)


@lru_cache(maxsize=KEPT)
def _by_area(key: _Key, condition: str, year: int) -> Strata:
    results = key.results
    areas = results.areas
    counts: Counter[tuple[str, str]] = Counter()
    for commune, stratum, persons in _rows(
        results.strata(condition, year), "commune", "stratum", "persons"
    ):
        own = areas.of_commune(str(commune))
        if own is not None:
            counts[areas.above(own, Level.SECTOR), str(stratum)] += int(str(persons))
    parents = {
        area.key: area.parent
        for area in areas.rows
        if area.level is Level.SECTOR and area.parent != TERRITORY
    }
    return _protect(counts, parents)


@lru_cache(maxsize=KEPT)
def _by_sex_and_age(key: _Key, condition: str, year: int) -> Strata:
    results = key.results
    group_of = {
        band: name
        for name, (low, high) in zip(GROUP_KEYS, BANDS_OF_GROUPS, strict=True)
        for band in range(low, high)
    }
    counts: Counter[tuple[str, str]] = Counter()
    for commune, sex, age, stratum, persons in _rows(
        results.strata(condition, year), "commune", "sex", "age", "stratum", "persons"
    ):
        # Those who are known to live elsewhere are in no area: they are not counted here either.
        if results.areas.of_commune(str(commune)) is not None:
            row = f"{sex}:{group_of[int(str(age))]}"
            counts[row, str(stratum)] += int(str(persons))
    rows = [f"{sex.value}:{name}" for sex in SEXES for name in GROUP_KEYS]
    counts.update({(row, column): 0 for row in rows for column in COLUMNS})
    whole = _by_area(key, condition, year)
    hide = [(ALL, one) for one in COLUMNS if whole.value(ALL, one) is None]
    return _protect(counts, {}, hide)


def _protect(
    counts: Counter[tuple[str, str]],
    parents: dict[str, str],
    hide: Collection[tuple[str, str]] = (),
) -> Strata:
    parts = []
    for columns in (OTHERS, ILL):
        cells = {cell: value for cell, value in counts.items() if cell[1] in columns}
        sums: Counter[str] = Counter()
        for (row, _), value in cells.items():
            place = row
            while place:
                sums[place] += value
                place = parents.get(place, "")
            sums[ALL] += value
        known = {(row, ALL) for row, value in sums.items() if not is_small(value)}
        if not any(column in columns for _, column in hide):
            known |= {(ALL, column) for column in columns}
        parts.append(
            _publish(
                cells,
                columns,
                parents,
                known=known - set(hide),
                hide=[cell for cell in hide if cell[1] in columns],
            )
        )
    return Strata(*parts)


def _publish(
    cells: Mapping[Cell, int],
    columns: Sequence[str],
    parents: Mapping[str, str],
    *,
    known: Collection[Cell],
    hide: Collection[Cell] = (),
) -> Protected:
    """A table as it may be shown beside what is known; nothing of it when that gives a small count
    back, as in a territory of one sector."""
    try:
        return publish_table(cells, columns, parents=parents, known=known, hide=hide)
    except ValueError:
        counts = Counts(columns, cells, parents)
        totals = counts.totals()
        return Protected(totals, frozenset(totals))


@lru_cache(maxsize=KEPT)
def _moves(key: _Key, condition: str, year: int) -> Protected:
    results = key.results
    counts: Counter[tuple[str, str]] = Counter()
    for before, after, persons in _rows(
        results.moves(condition, year), "before", "after", "persons"
    ):
        counts[str(before), str(after)] += int(str(persons))
    columns = (*COLUMNS, LEFT, DIED)
    totals: Counter[str] = Counter()
    for (_, after), value in counts.items():
        totals[after] += value
    # Their sums are nearly the strata of both years: taken as known wherever they are not small.
    known = [(ALL, one) for one in columns if not is_small(totals[one])]
    return _publish(counts, columns, {}, known=known)
