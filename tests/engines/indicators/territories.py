"""Small territories and their counts, for the tests of what is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from maillage.engines.indicators.areas import Area, Areas, Level
from maillage.engines.indicators.hiding import Tallies
from tests.engines.indicators.attack import TOTAL, Cell, totals_of

Shape = Sequence[Sequence[int]]
"""For each zone the number of communes of each of its sectors."""


def draw_areas(shape: Shape) -> Areas:
    """The areas of a shape: ``T``, ``Z:0``, ``S:00``, ``C:000`` ..."""
    rows = [Area("T", Level.TERRITORY, "Territoire", "", 1000, 50.0, 3.0)]
    zones, sectors, communes = [], [], []
    for z, sizes in enumerate(shape):
        zones.append(Area(f"Z:{z}", Level.ZONE, f"Zone {z}", "T", 1000, 50.0, 3.0))
        for s, size in enumerate(sizes):
            sector = f"S:{z}{s}"
            sectors.append(Area(sector, Level.SECTOR, sector, f"Z:{z}", 1000, 50.0, 3.0))
            for c in range(size):
                code = f"{z}{s}{c}"
                communes.append(Area(f"C:{code}", Level.COMMUNE, code, sector, 1000, 50.0, 3.0))
    return Areas((*rows, *zones, *sectors, *communes))


def tables(
    areas: Areas, columns: Sequence[str], cells: Mapping[Cell, int]
) -> tuple[dict[Cell, int], np.ndarray]:
    """Every number of a table of communes by column, by name and as the rows of tallies."""
    values = totals_of(areas.parents, columns, cells)
    rows = [[values[row.key, column] for column in [*columns, TOTAL]] for row in areas.rows]
    return values, np.array(rows, np.int64)


def tallies_of(
    areas: Areas,
    columns: Sequence[str],
    events: Mapping[Cell, int],
    *,
    base: Mapping[Cell, int] | None = None,
    persons: Mapping[Cell, int] | None = None,
    threshold: int = 11,
) -> Tallies:
    """Tallies of counts by commune and column; without a base, one that never matters."""
    _, rows = tables(areas, columns, events)
    _, people = tables(areas, columns, persons or events)
    whole = tables(areas, columns, base)[1] if base else rows + 1_000_000
    return Tallies(rows, people, whole, threshold)


def names_of(areas: Areas, columns: Sequence[str], hidden: np.ndarray) -> set[Cell]:
    """The numbers that are hidden, by name."""
    every = [*columns, TOTAL]
    return {(areas.rows[row].key, every[column]) for row, column in np.argwhere(hidden)}


def cells_table(
    rows: Sequence[tuple[str, int, int, int, int, float]], *, indicator: str = "x", year: int = 2024
) -> pa.Table:
    """Rows of ``results.CELLS``: commune, sex, band, events, persons, base."""
    commune, sex, age, events, persons, base = (
        list(column) for column in (zip(*rows, strict=True) if rows else ([],) * 6)
    )
    return pa.table(
        {
            "indicator": pa.array([indicator] * len(rows), pa.string()),
            "year": pa.array([year] * len(rows), pa.int16()),
            "commune": pa.array(commune, pa.string()),
            "sex": pa.array(sex, pa.int8()),
            "age": pa.array(age, pa.int8()),
            "events": pa.array(events, pa.int64()),
            "persons": pa.array(persons, pa.int32()),
            "base": pa.array(base, pa.float64()),
            "base_persons": pa.array(base, pa.float64()),
            "amount": pa.nulls(len(rows), pa.float64()),
        }
    )
