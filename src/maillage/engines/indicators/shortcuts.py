"""Episodes and adherence computed once and kept, by the shortest way that an engine has.

On DuckDB they are computed over arrays (:mod:`~maillage.engines.indicators.kernels`), because a
store holds its rows in the order that they need; elsewhere, and for rules that the arrays do not
know, from the expressions. Both give the same rows: tests hold them together.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from maillage.engines.indicators import adherence, kernels
from maillage.engines.indicators import episodes as by_expression
from maillage.engines.indicators.adherence import USUAL, PdcRule
from maillage.engines.indicators.backends import DuckEngine, Engine
from maillage.engines.indicators.events import Exit
from maillage.engines.indicators.kernels import Numbers

if TYPE_CHECKING:
    import ibis.expr.types as ir

EPOCH = date(1970, 1, 1)
FOREVER = date(9999, 1, 1)
ROWS_AT_ONCE = 250_000
"""Rows held in memory at once, about: more are taken by ranges of people."""


def keep_episodes(engine: Engine, name: str = "episodes") -> ir.Table:
    """The table of :func:`maillage.engines.indicators.episodes.episodes`, computed once."""
    if not isinstance(engine, DuckEngine):
        return engine.create(name, by_expression.episodes(engine.events))
    wanted = {*_OF_FIRST.values(), *_OF_LAST.values(), "person", "stay", "entered_on", "left_on"}
    stays = by_expression.full_stays(engine.events)
    stays = stays.select(*sorted(wanted), died=stays.exit == Exit.DEATH.value)
    parts = _ranges(engine, engine.events["stay"])
    pieces = [_episodes(_encoded(engine, stays.filter(part))) for part in parts]
    found = pa.concat_tables(pieces).unify_dictionaries()
    del pieces
    _give_back()
    return engine.register(name, found)


_OF_FIRST = {
    "first_site": "site",
    "first_main": "main",
    "first_related": "related",
    "first_group": "group",
    "from_emergency": "from_emergency",
}
_OF_LAST = {"last_site": "site", "exit": "exit"}


def _episodes(rows: pa.Table) -> pa.Table:
    """The episodes of some people, from all their stays."""
    person, stay = (_numbers(rows, column) for column in ("person", "stay"))
    entered, left = (_numbers(rows, column) for column in ("entered_on", "left_on"))
    order = kernels.in_order(person, entered, left, stay)
    if order is not None:
        rows = rows.take(_array(order))
        person, stay, entered, left = (array[order] for array in (person, stay, entered, left))
    died = _numbers(rows, "died") == 1
    found = kernels.chain(person, entered, left, died)
    columns: dict[str, Any] = {
        "person": person[found.first],
        "episode": stay[found.first],
        "entered_on": _dates(entered[found.first]),
        "left_on": _dates(found.left),
        "stays": found.stays.astype(np.int32),
        "died": found.died,
    }
    for places, names in ((found.first, _OF_FIRST), (found.last, _OF_LAST)):
        taken = rows.select(sorted(set(names.values()))).take(_array(places))
        columns |= {name: taken.column(source) for name, source in names.items()}
    return _table(columns).select(EPISODE_COLUMNS)


EPISODE_COLUMNS = (
    "person", "episode", "entered_on", "left_on", "stays", "first_site", "last_site", "first_main",
    "first_related", "first_group", "from_emergency", "exit", "died",
)  # fmt: skip


def keep_pdc(
    engine: Engine,
    name: str,
    *,
    atc: Sequence[str],
    years: Sequence[int],
    without: Sequence[str] = (),
    rule: PdcRule = USUAL,
) -> ir.Table:
    """The table of :func:`maillage.engines.indicators.adherence.pdc`, computed once."""
    import ibis

    if not isinstance(engine, DuckEngine) or rule.is_hospital_left_out or rule.minimum_dates > 2:
        found = adherence.pdc(engine.events, atc=atc, years=years, without=without, rule=rule)
        return engine.create(name, found)
    fills = adherence.fills_of_class(engine.events, atc=atc, without=without, years=years)
    people = engine.events["person"]
    died_on = ibis.coalesce(people.died_on, ibis.literal(FOREVER))
    people = people.select("person", "born_on", died_on=died_on)
    pieces = [
        _pdc(_encoded(engine, fills.filter(part)), engine.run(people.filter(part)), years, rule)
        for part in _ranges(engine, fills)
    ]
    found = pa.concat_tables(pieces)
    _give_back()
    return engine.register(name, found)


def _ranges(engine: DuckEngine, rows: ir.Table) -> Iterator[ir.BooleanValue]:
    """Conditions on ``person`` that cut rows into pieces of about ``ROWS_AT_ONCE``. Files sorted by
    person within a code are read about once: their groups of rows know which people they hold."""
    import ibis

    extent = rows.aggregate(count=rows.count(), low=rows.person.min(), high=rows.person.max())
    (found,) = engine.run(extent).to_pylist()
    pieces = max(1, -(-found["count"] // ROWS_AT_ONCE))
    low, high = found["low"] or 0, found["high"] or 0
    edges = np.linspace(low, high + 1, pieces + 1).astype(np.int64).tolist()
    for start, stop in pairwise(edges):
        yield (ibis._.person >= start) & (ibis._.person < stop)


def _pdc(rows: pa.Table, lives: pa.Table, years: Sequence[int], rule: PdcRule) -> pa.Table:
    """The measure for some people: their deliveries, their lives."""
    calendar = _Calendar(years, rule.minimum_age)
    known = _numbers(lives, "person")
    born, died = _numbers(lives, "born_on"), _numbers(lives, "died_on")
    if not _is_ascending(known):
        order = np.argsort(known, kind="stable")
        known, born, died = known[order], born[order], died[order]
    person, day = _numbers(rows, "person"), _numbers(rows, "dispensed_on")
    substance = _codes(rows.column("atc"))
    days = _numbers(rows, "days")
    supposed = _numbers(rows, "packs") * rule.days_of_pack
    supposed += _numbers(rows, "large") * (rule.days_of_large_pack - rule.days_of_pack)
    days = np.where(days > 0, days, supposed)

    rank = np.searchsorted(known, person)
    rank[rank == len(known)] = 0
    year = calendar.year_of(day)
    ends = np.minimum(calendar.ends[year], died[rank] + 1)
    kept = (known[rank] == person) & (born[rank] <= calendar.eighteen[year]) & (day < ends)
    key = (rank * len(calendar.ends) + year)[kept]
    substance, day, days, ends = substance[kept], day[kept], days[kept], ends[kept]
    if not kernels.is_ordered(substance, key, day):
        order = np.lexsort((day, key, substance))
        key, substance, day, days, ends = (one[order] for one in (key, substance, day, days, ends))

    found = kernels.cover(key, substance, day, days, ends)
    rank, year = np.divmod(found.key, len(calendar.ends))
    period = np.minimum(calendar.ends[year], died[rank] + 1) - found.first
    counted = period >= rule.minimum_days
    if rule.minimum_dates > 1:
        counted &= found.latest > found.first
    covered, period = found.covered[counted], period[counted]
    return _table(
        {
            "person": known[rank[counted]],
            "year": (year[counted] + min(years)).astype(np.int32),
            "first_on": _dates(found.first[counted]),
            "days_in_period": period,
            "days_covered": covered,
            "is_adherent": covered * 100 >= period * rule.threshold_percent,
        }
    )


class _Calendar:
    """The years of a measure, from the first to the last, as days counted from 1970-01-01: the day
    after each, and the last day of birth of those who have the age on the first of January."""

    def __init__(self, years: Sequence[int], age: int) -> None:
        every = range(min(years), max(years) + 1)
        self._starts = np.array([_count(date(year, 1, 1)) for year in every], np.int64)
        self.ends = np.array([_count(date(year + 1, 1, 1)) for year in every], np.int64)
        self.eighteen = np.array([_count(date(year - age, 1, 1)) for year in every], np.int64)

    def year_of(self, day: Numbers) -> Numbers:
        """The place of the year of each day, from 0."""
        return np.searchsorted(self._starts, day, side="right") - 1


def _encoded(engine: DuckEngine, rows: ir.Table) -> pa.Table:
    """Rows in their order, texts as numbers of a dictionary: a fraction of the memory."""
    reader = engine.batches(rows)
    # The empty table: without any batch, there still are columns.
    pieces = [_with_dictionaries(pa.Table.from_batches([], schema=reader.schema))]
    pieces += [_with_dictionaries(pa.Table.from_batches([batch])) for batch in reader]
    encoded = pa.concat_tables(pieces).unify_dictionaries().combine_chunks()
    _give_back()
    return encoded


def _give_back() -> None:
    """Return to the system the memory of the arrays that are gone: Arrow and the C library keep it
    otherwise, until the end, beside what the next step takes."""
    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def _with_dictionaries(rows: pa.Table) -> pa.Table:
    columns = [
        column.dictionary_encode() if pa.types.is_string(column.type) else column
        for column in rows.columns
    ]
    return pa.Table.from_arrays(columns, names=rows.column_names)


def _codes(column: pa.ChunkedArray) -> Numbers:
    """The number of each text in the dictionary of an encoded column."""
    return _plain(
        pa.chunked_array([one.indices.cast(pa.int64()) for one in column.chunks], pa.int64())
    )


def _count(day: date) -> int:
    return (day - EPOCH).days


def _dates(days: Numbers) -> pa.Array:
    return _array(days.astype(np.int32)).cast(pa.date32())


def _array(values: NDArray[Any]) -> pa.Array:
    """Numbers or flags for Arrow, whose own way to take them loads pandas: 40 MB."""
    if values.dtype == np.bool_:
        bits = pa.py_buffer(np.packbits(values, bitorder="little"))
        return pa.Array.from_buffers(pa.bool_(), len(values), [None, bits])
    kind = pa.from_numpy_dtype(values.dtype)
    held = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, len(values), [None, held])


def _table(columns: Mapping[str, pa.Array | pa.ChunkedArray | NDArray[Any]]) -> pa.Table:
    arrays = [_array(one) if isinstance(one, np.ndarray) else one for one in columns.values()]
    return pa.Table.from_arrays(arrays, names=list(columns))


def _is_ascending(values: Numbers) -> bool:
    return bool((values[1:] >= values[:-1]).all())


def _numbers(rows: pa.Table, name: str) -> Numbers:
    """A column of numbers, or of days counted from 1970-01-01, as 64-bit numbers."""
    column = rows.column(name)
    if pa.types.is_date(column.type):
        column = column.cast(pa.int32())
    return _plain(column.cast(pa.int64()))


def _plain(column: pa.ChunkedArray) -> Numbers:
    """The numbers of a column of 64 bits without nulls: see :func:`_array`."""
    pieces = [
        np.frombuffer(chunk.buffers()[1], np.int64)[chunk.offset : chunk.offset + len(chunk)]
        for chunk in column.chunks
        if len(chunk)
    ]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int64)
