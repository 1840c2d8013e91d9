"""Published figures: what of an indicator and a year may be shown, kept ready.

Rare indicators are published years together (year ``ALL_YEARS``), and their single years by zone
alone; the others by year, and their years are summed (``get_together``).

``actions.publishing`` writes them beside the tables at the end of a computation; a page that finds
none decides itself, which is the same and slower. Nothing here holds a hidden number.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from maillage.engines.indicators.years_together import add_years
from maillage.population.queries.places import TABLES
from maillage.population.queries.results import Results
from maillage.population.rules.choices import ALL_YEARS

if TYPE_CHECKING:
    from maillage.engines.indicators.areas import Areas
    from maillage.engines.indicators.links import Computed
    from maillage.engines.indicators.published import Published

PUBLISHED = "published"
FORMAT = 2
"""Raised whenever what is kept, or what decides on it, changes: older files are not read."""

KEPT = 600
"""Published tables that stay in memory, some 100 kB each."""

ARRAYS = (
    "events", "events_total", "base", "base_total", "amount", "amount_total", "expected",
    "expected_total", "rates",
)  # fmt: skip


def get_published(results: Results, indicator: str, year: int) -> Published:
    """What is shown of an indicator (a key of ``results.definitions``) and a year; for one of
    :func:`list_together` also ``ALL_YEARS``. Raises ``ValueError`` for that year of another."""
    return _get(_Key(results), indicator, year)


def get_together(results: Results, indicator: str) -> Published:
    """What is shown of all years of an indicator: what is published of them together, or the sum
    of the years."""
    if indicator in list_together(results.folder):
        return get_published(results, indicator, ALL_YEARS)
    return add_years([get_published(results, indicator, year) for year in results.years])


def years_of(results: Results, indicator: str) -> tuple[int, ...]:
    """The years that an indicator is published by, all together first."""
    is_together = indicator in list_together(results.folder)
    return ((ALL_YEARS,) if is_together else ()) + results.years


class _Key:
    """Results as a key of what is kept: equal when they are of the same folder."""

    def __init__(self, results: Results) -> None:
        self.results = results
        self.folder = results.folder

    def __hash__(self) -> int:
        return hash(self.folder)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.folder == self.folder


@lru_cache(maxsize=KEPT)
def _get(key: _Key, indicator: str, year: int) -> Published:
    results = key.results
    found = read_published(results.folder, results.areas, indicator, year)
    return found if found is not None else decide(results, indicator, year)


def forget_published() -> None:
    """Let go of all that is kept in memory."""
    _get.cache_clear()
    _decide_years.cache_clear()
    list_indicators.cache_clear()
    list_together.cache_clear()


def decide(results: Results, indicator: str, year: int) -> Published:
    """Decide what is shown, from the counts of the computation, beside the indicators that count
    the same people (``links``)."""
    from maillage.engines.indicators.links import publish_linked

    if year != ALL_YEARS and indicator in list_together(results.folder):
        return _decide_years(_Key(results), indicator)[year]
    return publish_linked(indicator, year, _computed(results))


@lru_cache(maxsize=4)
def _decide_years(key: _Key, indicator: str) -> dict[int, Published]:
    """The single years of an indicator that is published years together: one table."""
    from maillage.engines.indicators.links import publish_linked_years

    return publish_linked_years(indicator, _computed(key.results))


def _computed(results: Results) -> Computed:
    from maillage.engines.indicators.links import Computed

    known = results.definitions.indicators
    return Computed(
        indicators=known,
        known=list_indicators(results.folder) & known.keys(),
        together=list_together(results.folder) & known.keys(),
        years=results.years,
        areas=results.areas,
        cells=results.cells,
        published=lambda key, one: get_published(results, key, one),
    )


@lru_cache(maxsize=4)
def list_together(folder: Path) -> frozenset[str]:
    """The keys of the indicators that were computed years together: results of before an indicator
    was published so have it by year."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    rows = pq.read_table(
        folder / TABLES / "cells.parquet", columns=["indicator"], filters=[("year", "==", 0)]
    )
    return frozenset(pc.unique(rows["indicator"]).to_pylist())


@lru_cache(maxsize=4)
def list_indicators(folder: Path) -> frozenset[str]:
    """The keys of the indicators that a computation has rows of."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    column = pq.read_table(folder / TABLES / "cells.parquet", columns=["indicator"])
    return frozenset(pc.unique(column["indicator"]).to_pylist())


def path_of(folder: Path, indicator: str, year: int) -> Path:
    """Where a published table is kept (year 0: all together). Keys are those of definitions:
    letters, digits, hyphens."""
    return folder / PUBLISHED / f"{indicator}-{year}.npz"


def write_published(folder: Path, indicator: str, year: int, published: Published) -> None:
    """Keep a published table: whole, or not at all."""
    path = path_of(folder, indicator, year)
    path.parent.mkdir(exist_ok=True)
    groups = [sum(1 << one for one in group) for group in published.groups]
    told = published.outside is not None
    arrays = {name: getattr(published, name) for name in ARRAYS}
    unready = path.with_suffix(".part.npz")
    np.savez_compressed(
        unready,
        **arrays,
        format=np.array([FORMAT]),
        groups=np.array(groups),
        flags=np.array([published.base_is_people, published.persons_are_events, told]),
        deepest=np.array([published.deepest.value]),
        outside=np.array([published.outside or 0]),
    )
    unready.replace(path)


def read_published(folder: Path, areas: Areas, indicator: str, year: int) -> Published | None:
    """A table that was kept; None when there is none, or it is of another format or territory."""
    from maillage.engines.indicators.areas import Level
    from maillage.engines.indicators.published import GROUP_KEYS, Published

    path = path_of(folder, indicator, year)
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as kept:
        if int(kept["format"][0]) != FORMAT or len(kept["events_total"]) != len(areas.rows):
            return None
        people, persons, told = (bool(one) for one in kept["flags"])
        groups = tuple(
            tuple(rank for rank in range(len(GROUP_KEYS)) if int(bits) >> rank & 1)
            for bits in kept["groups"]
        )
        return Published(
            areas=areas,
            base_is_people=people,
            persons_are_events=persons,
            groups=groups,
            outside=int(kept["outside"][0]) if told else None,
            deepest=Level(int(kept["deepest"][0])),
            **{name: kept[name] for name in ARRAYS},
        )
