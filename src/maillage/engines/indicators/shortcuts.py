"""Episodes and adherence computed once and kept, by the shortest way that an engine has.

On DuckDB they are computed over arrays (:mod:`~maillage.engines.indicators.kernels`), because a
store holds its rows in the order that they need; elsewhere, and for rules that the arrays do not
know, from the expressions. Both give the same rows: tests hold them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from maillage.engines.indicators import adherence, kernels
from maillage.engines.indicators import episodes as by_expression
from maillage.engines.indicators.adherence import USUAL, PdcRule
from maillage.engines.indicators.backends import DuckEngine, Engine
from maillage.engines.indicators.kernels import Numbers

if TYPE_CHECKING:
    import ibis.expr.types as ir

EPOCH = date(1970, 1, 1)
FOREVER = (date(9999, 1, 1) - EPOCH).days
ROWS_AT_ONCE = 250_000
"""Rows held in memory at once, about: more are taken by ranges of people."""


def keep_episodes(engine: Engine, name: str = "episodes") -> ir.Table:
    """The table of :func:`maillage.engines.indicators.episodes.episodes`, computed once."""
    if not isinstance(engine, DuckEngine):
        return engine.create(name, by_expression.episodes(engine.events))
    wanted = {*_OF_FIRST.values(), *_OF_LAST.values(), "person", "stay", "entered_on", "left_on"}
    stays = by_expression.full_stays(engine.events).select(*sorted(wanted))
    parts = _ranges(engine, engine.events["stay"])
    pieces = [_episodes(_encoded(engine, stays.filter(part))) for part in parts]
    return engine.register(name, pa.concat_tables(pieces).unify_dictionaries())


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
        rows = rows.take(pa.array(order))
        person, stay, entered, left = (array[order] for array in (person, stay, entered, left))
    died = np.asarray(pc.equal(rows.column("exit"), "DEATH"))
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
        taken = rows.select(sorted(set(names.values()))).take(pa.array(places))
        columns |= {name: taken.column(source) for name, source in names.items()}
    return pa.table(columns).select(EPISODE_COLUMNS)


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
    if not isinstance(engine, DuckEngine) or rule.is_hospital_left_out or rule.minimum_dates > 2:
        found = adherence.pdc(engine.events, atc=atc, years=years, without=without, rule=rule)
        return engine.create(name, found)
    fills = adherence.fills_of_class(engine.events, atc=atc, without=without, years=years)
    people = engine.events["person"].select("person", "born_on", "died_on")
    pieces = [
        _pdc(_encoded(engine, fills.filter(part)), engine.run(people.filter(part)), years, rule)
        for part in _ranges(engine, fills)
    ]
    return engine.register(name, pa.concat_tables(pieces))


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
    born, died = _numbers(lives, "born_on"), _numbers(lives, "died_on", absent=FOREVER)
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
    return pa.table(
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
    pieces = [_with_dictionaries(reader.schema.empty_table())]
    pieces += [_with_dictionaries(pa.Table.from_batches([batch])) for batch in reader]
    encoded = pa.concat_tables(pieces).unify_dictionaries().combine_chunks()
    pa.default_memory_pool().release_unused()
    return encoded


def _with_dictionaries(rows: pa.Table) -> pa.Table:
    columns = (
        column.dictionary_encode() if pa.types.is_string(column.type) else column
        for column in rows.columns
    )
    return pa.table(dict(zip(rows.column_names, columns, strict=True)))


def _codes(column: pa.ChunkedArray) -> Numbers:
    """The number of each text in the dictionary of an encoded column."""
    pieces = [np.asarray(chunk.indices).astype(np.int64) for chunk in column.chunks]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int64)


def _count(day: date) -> int:
    return (day - EPOCH).days


def _dates(days: Numbers) -> pa.Array:
    return pa.array(days.astype(np.int32)).cast(pa.date32())


def _is_ascending(values: Numbers) -> bool:
    return bool((values[1:] >= values[:-1]).all())


def _numbers(rows: pa.Table, name: str, absent: int = 0) -> Numbers:
    """A column of numbers, or of days counted from 1970-01-01, as 64-bit numbers."""
    column = rows.column(name)
    if pa.types.is_date(column.type):
        column = column.cast(pa.int32())
    if column.null_count:
        column = column.fill_null(absent)
    return cast(Numbers, np.asarray(column).astype(np.int64))
