"""All figures of one place: every indicator and year, kept sorted by place.

``actions.publishing`` writes one file for the whole territory at the end of a computation, so that
the page of a place reads its own rows only. Without the file the same rows are computed, slowly.
Only published figures stand in it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maillage.engines.indicators.areas import Level
from maillage.population.queries.figures import place_of
from maillage.population.queries.published import (
    PUBLISHED,
    get_published,
    get_together,
    list_indicators,
)
from maillage.population.queries.results import Results
from maillage.population.rules.choices import ALL_YEARS
from maillage.population.rules.places_view import Bounds, PlaceFigures

if TYPE_CHECKING:
    import pyarrow as pa

    from maillage.engines.indicators.published import Published

FILE = "areas.parquet"
ROWS_TOGETHER = 2048
"""Rows read together: a few places."""

KEPT = 128
INTERVALS = ("rate", "ratio", "smoothed", "direct", "source_rate", "source_ratio")
PLAIN = ("events", "base", "amount", "expected", "chance", "source", "is_fragile")

Row = dict[str, Any]


def get_area_figures(results: Results, key: str) -> dict[tuple[str, int], PlaceFigures]:
    """The figures of a place by indicator and year (``ALL_YEARS``: all together), the usual filter
    (both sexes, all ages). Raises ``KeyError`` for an unknown place."""
    area = results.areas[key]
    path = results.folder / PUBLISHED / FILE
    if path.is_file():
        rows = _read(path, key)
    else:
        rows = [row for row in iterate_rows(results, [key]) if row["area"] == key]
    return {
        (row["indicator"], row["year"]): PlaceFigures(
            key=key,
            label=area.label,
            level=area.level,
            residents=area.residents,
            **{name: row[name] for name in PLAIN},
            **_intervals(row),
        )
        for row in rows
    }


@lru_cache(maxsize=KEPT)
def _read(path: Path, key: str) -> list[Row]:
    import pyarrow.parquet as pq

    rows: list[Row] = pq.read_table(path, filters=[("area", "==", key)]).to_pylist()
    return rows


def _intervals(row: Row) -> dict[str, Any]:
    return {name: _bounds(row, name) for name in INTERVALS}


def _bounds(row: Row, name: str) -> Bounds | None:
    value = row[name]
    return None if value is None else Bounds(value, row[f"{name}_low"], row[f"{name}_high"])


def iterate_rows(results: Results, keys: Sequence[str] | None = None) -> Iterator[Row]:
    """The rows of every indicator and year, of some places or of all."""
    levels = {results.areas.level(key) for key in keys} if keys else set(Level)
    for indicator in _list_known(results):
        yield from _rows_of(results, indicator, levels)


def _list_known(results: Results) -> list[str]:
    known = results.definitions.indicators
    return sorted(key for key in list_indicators(results.folder) if key in known)


def _rows_of(results: Results, indicator: str, levels: Collection[Level]) -> Iterator[Row]:
    """The rows of an indicator, every year and all together."""
    per = results.definitions.indicators[indicator].per
    years = [get_published(results, indicator, year) for year in results.years]
    asked = [
        *zip(results.years, years, strict=True),
        (ALL_YEARS, get_together(results, indicator)),
    ]
    for year, published in asked:
        yield from _rows(results, indicator, year, published, levels, per)


def _rows(
    results: Results,
    indicator: str,
    year: int,
    published: Published,
    levels: Collection[Level],
    per: int,
) -> Iterator[Row]:
    from maillage.engines.indicators.figures import figures

    for level in levels:
        for one in figures(published, level=level):
            place = place_of(one, per, results.areas[one.area].residents)
            row: Row = {"area": one.area, "indicator": indicator, "year": year}
            row |= {name: getattr(place, name) for name in PLAIN}
            for name in INTERVALS:
                bounds: Bounds | None = getattr(place, name)
                row[name] = bounds.value if bounds else None
                row[f"{name}_low"] = bounds.low if bounds else None
                row[f"{name}_high"] = bounds.high if bounds else None
            yield row


def _schema() -> pa.Schema:
    import pyarrow as pa

    numbers = [
        (f"{name}{end}", pa.float64()) for name in INTERVALS for end in ("", "_low", "_high")
    ]
    return pa.schema(
        [
            ("area", pa.string()), ("indicator", pa.string()), ("year", pa.int16()),
            ("events", pa.int64()), ("base", pa.float64()), ("amount", pa.float64()),
            ("expected", pa.float64()), ("chance", pa.int8()), ("source", pa.string()),
            ("is_fragile", pa.bool_()), *numbers,
        ]
    )  # fmt: skip


def write_area_figures(
    results: Results,
    *,
    progress: Callable[[int, int, str], None] | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> None:
    """Keep the figures of every place, sorted by place. Stops early, and keeps nothing, when it is
    told to."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = results.folder / PUBLISHED
    folder.mkdir(exist_ok=True)
    schema = _schema()
    keys, parts = _list_known(results), [schema.empty_table()]
    for done, key in enumerate(keys):
        if is_cancelled is not None and is_cancelled():
            return
        if progress is not None:
            progress(done, len(keys), "Chiffres de chaque lieu")
        parts.append(pa.Table.from_pylist(list(_rows_of(results, key, set(Level))), schema=schema))
    order = [(name, "ascending") for name in ("area", "indicator", "year")]
    table = pa.concat_tables(parts).sort_by(order)
    unready = folder / f"{FILE}.part"
    pq.write_table(table, unready, row_group_size=ROWS_TOGETHER, compression="zstd")
    unready.replace(folder / FILE)
