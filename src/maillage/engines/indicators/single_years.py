"""Single years of an indicator that is published years together, and why both give nothing back.

An indicator of some hundred events a year has fewer than eleven of them in each sector, so that
neither a year nor the sum of what is shown of years says anything. It is published as two tables:

(a) *All years together*, down to sectors by sex and age and to communes, exactly as a single year
    of another indicator (``publication.publish``).
(b) *Years by zones*: totals of zones and of the territory by year; nothing of sectors and communes,
    no sex, no age. A zone that (a) hides is hidden every year; of the others, (a) gives the sum
    over the years, which a reader knows.

Why both together are safe. Take any table that agrees with all that is shown of (a), and any table
of years by zones that agrees with all that is shown of (b), with the sums of zones that (a) shows.
Inside a zone, the cells of (a) (communes by sex and age) and the years of (b) are two sides of one
table with one total, and such a table exists (fill it from a corner). So (b) excludes nothing that
(a) leaves possible, and the other way round: each is protected by itself, with the totals of zones
known.

Zones that (a) hides stand in (b) as one row, whose sum is known as well: it is what the other zones
leave of the territory. That row is protected like a zone. Inside it, a table of hidden zones by
years exists for any sums of zones that (a) leaves possible: any hidden zone may have eleven events
in (a), and the row has eleven in a year or is hidden there. When (a) hides the territory, nothing
is shown of (b).

*Parts of a whole* (causes of avoidable stays) are published by year zone by zone, as a table of
years by parts whose margins are those that (a) and (b) show of the parts and of the whole. The
total of the territory by year is shown of a part when that of every zone is: otherwise zones would
not be free of each other.

Limits from bases and from wider indicators (``hiding``) hold in each table by itself; that they
hold in the table that joins both is not proved (a village where the base of one year is nearly all
ill).

What is expected in a year is the base of that year, at the rate that (a) expects in the zone, times
the events of the territory in that year over what this gives it: a function of shown numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from maillage.engines.indicators.areas import Areas, Level
from maillage.engines.indicators.hiding import Tallies, event_need, rest_need
from maillage.engines.indicators.publication import Totals, Wider, total_up
from maillage.engines.indicators.published import BANDS_OF_GROUPS, HIDDEN, Published
from maillage.engines.indicators.special import Floats
from maillage.vocabulary.disclosure import ALL, Cell, Counts, loosen

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.bool_]


def publish_single_years(
    tables: Mapping[int, pa.Table],
    pooled: Published,
    areas: Areas,
    *,
    base_is_people: bool,
    within: Mapping[int, Sequence[Wider]] | None = None,
) -> dict[int, Published]:
    """What is shown of each year, totals of zones and of the territory: table (b).

    ``tables``: the rows of ``results.CELLS`` of each year, the sums of which ``pooled`` shows.
    ``within``: by year, the indicators that hold these events, as for ``publication.publish``.
    """
    years = sorted(tables)
    rows = _upper_rows(areas)
    totals = [total_up(tables[year], areas) for year in years]
    tallies = _tallies([_pick(one, rows) for one in totals], base_is_people=base_is_people)
    first = np.zeros(tallies.events.shape, bool)
    most: Ints | None = None
    for column, year in enumerate(years):
        for one in (within or {}).get(year, ()):
            first[:, column] |= one.published.events_total[rows] == HIDDEN
            held = total_up(one.cells, areas).events[rows]
            most = np.full(first.shape, np.iinfo(np.int64).max) if most is None else most
            most[:, column] = np.minimum(most[:, column], held)
    tallies = replace(tallies, most=most)
    shut = pooled.events_total[rows] == HIDDEN
    hidden = hide_years(tallies, shut, base_is_people=base_is_people, first=first)
    return {
        year: _shown(pooled, totals[column], rows, hidden[:, column])
        for column, year in enumerate(years)
    }


def publish_single_years_of_parts(
    tables: Mapping[str, Mapping[int, pa.Table]],
    pooled: Mapping[str, Published],
    whole: Mapping[int, Published],
    areas: Areas,
) -> dict[str, dict[int, Published]]:
    """What is shown of each year of indicators that add up to another, by key and year.

    ``pooled``: what is shown of them years together (``publication.publish_parts``); ``whole``:
    the single years of the whole, as :func:`publish_single_years` shows them.
    """
    keys, years = sorted(tables), sorted(whole)
    rows = _upper_rows(areas)
    totals = {key: [total_up(tables[key][year], areas) for year in years] for key in keys}
    hidden = {key: np.ones((len(rows), len(years)), bool) for key in keys}
    for place, row in enumerate(rows[1:], 1):
        found = _hide_zone(
            [totals[key] for key in keys],
            np.array([pooled[key].events_total[row] == HIDDEN for key in keys]),
            np.array([whole[year].events_total[row] == HIDDEN for year in years]),
            row,
        )
        for rank, key in enumerate(keys):
            hidden[key][place] = found[rank]
    for key in keys:
        is_shut = pooled[key].events_total[rows[0]] == HIDDEN
        hidden[key][0] = is_shut | hidden[key][1:].any(axis=0)
    return {
        key: {
            year: _shown(pooled[key], totals[key][column], rows, hidden[key][:, column])
            for column, year in enumerate(years)
        }
        for key in keys
    }


def _hide_zone(totals: Sequence[Sequence[Totals]], shut: Bits, whole: Bits, row: int) -> Bits:
    """What is hidden in a zone, by part and year. Row 0 of the table of a zone is the whole."""
    if whole.all():
        return np.ones((len(totals), whole.size), bool)
    events = np.array([[int(one.events[row]) for one in line] for line in totals])
    persons = np.array([[int(one.persons[row]) for one in line] for line in totals])
    base = np.array([[int(np.ceil(one.base[row])) for one in line] for line in totals])
    tallies = Tallies(
        np.vstack([events.sum(axis=0), events]),
        np.vstack([persons.max(axis=0), persons]),
        np.vstack([np.maximum(base.max(axis=0), events.sum(axis=0)), base]),
    )
    return hide_years(tallies, np.array([False, *shut]), base_is_people=False, whole=whole)[1:]


def hide_years(
    tallies: Tallies,
    shut: Bits,
    *,
    base_is_people: bool,
    first: Bits | None = None,
    whole: Bits | None = None,
) -> Bits:
    """Decide what is hidden of a table of zones (rows) by years (columns), whose row 0 is their
    sum. ``shut`` are rows whose sum over the years is hidden; those of the others are known.
    ``first``: what is hidden already. ``whole``: what another table hides of row 0, and it alone
    decides; the years that it hides are hidden of every row.
    """
    found = np.ones(tallies.events.shape, bool)
    if shut[0]:
        return found
    if first is None:
        first = np.zeros(tallies.events.shape, bool)
    own = [row for row in range(len(shut)) if not shut[row]]
    rest = [row for row in range(len(shut)) if shut[row]]
    joined = _join(tallies, own, rest)
    before = first[own]
    if rest:
        before = np.vstack([before, np.zeros(before.shape[1], bool)])
    if whole is not None:
        before = before | whole
    done = _hide_joined(joined, before, whole, base_is_people=base_is_people)
    found[own] = done[: len(own)]
    return found


def _join(tallies: Tallies, own: Sequence[int], rest: Sequence[int]) -> Tallies:
    """Rows that are shown, and last the sum of the others. Their people may be the same: there are
    as many, for sure, as in the row that has most."""

    def rows(values: Ints, last: Ints) -> Ints:
        return np.vstack([values[own], last]) if rest else values[own]

    some = list(rest)
    most = tallies.most
    return replace(
        tallies,
        events=rows(tallies.events, tallies.events[some].sum(axis=0)),
        persons=rows(tallies.persons, tallies.persons[some].max(axis=0, initial=0)),
        base=rows(tallies.base, tallies.base[some].sum(axis=0)),
        most=None if most is None else rows(most, most[some].sum(axis=0)),
    )


def _hide_joined(
    tallies: Tallies, first: Bits, whole: Bits | None, *, base_is_people: bool
) -> Bits:
    count, years = tallies.events.shape
    names = [ALL, *(f"row {row}" for row in range(1, count))]
    columns = [f"year {column}" for column in range(years)]
    slots: dict[Cell, tuple[int, int]] = {
        (names[row], columns[column]): (row, column)
        for row in range(count)
        for column in range(years)
    }
    sums = {(name, ALL) for name in names}
    if whole is not None:
        sums |= {(ALL, columns[column]) for column in range(years) if not whole[column]}

    def table(values: Ints) -> Counts:
        leaves = {cell: int(values[slot]) for cell, slot in slots.items() if slot[0]}
        return Counts(columns, leaves)

    # Another table answers for the sums that are its own.
    asked = {cell: slot for cell, slot in slots.items() if whole is None or slot[0]}
    done = loosen(
        table(tallies.events),
        {cell: found for cell, slot in asked.items() if (found := event_need(tallies, *slot))},
        wholes=tallies.wholes(slots),
        known=sums,
        hidden=[cell for cell, slot in slots.items() if first[slot]],
    )
    exposed = done.exposed
    if base_is_people:
        done = loosen(
            table(tallies.rest()),
            {cell: found for cell, slot in asked.items() if (found := rest_need(tallies, *slot))},
            known=sums,
            hidden=done.hidden,
        )
        exposed |= done.exposed
    if exposed:
        return np.ones(first.shape, bool)
    is_hidden = np.zeros(first.shape, bool)
    for cell in done.hidden & slots.keys():
        is_hidden[slots[cell]] = True
    return is_hidden


def _upper_rows(areas: Areas) -> list[int]:
    """The rows of the territory, then of its zones."""
    wanted = (Level.TERRITORY, Level.ZONE)
    return [i for level in wanted for i, row in enumerate(areas.rows) if row.level is level]


def _pick(totals: Totals, rows: Sequence[int]) -> Totals:
    picked = list(rows)
    return Totals(
        totals.events[picked], totals.persons[picked], totals.base[picked], totals.amount[picked]
    )


def _tallies(totals: Sequence[Totals], *, base_is_people: bool) -> Tallies:
    base = np.stack([one.base for one in totals], axis=1)
    whole = np.rint(base) if base_is_people else np.ceil(np.round(base, 6))
    return Tallies(
        np.stack([one.events for one in totals], axis=1),
        np.stack([one.persons for one in totals], axis=1),
        whole.astype(np.int64),
    )


def _shown(pooled: Published, totals: Totals, rows: Sequence[int], hidden: Bits) -> Published:
    count = len(pooled.areas.rows)
    is_shown = np.zeros(count, bool)
    is_shown[list(rows)] = ~hidden
    events = np.where(is_shown, totals.events, HIDDEN)
    is_known = is_shown if pooled.base_is_people else np.isin(np.arange(count), list(rows))
    base = np.where(is_known, totals.base, np.nan)
    expected, scale = _expected(pooled, events, base)
    columns = np.full((count, 2), np.nan)
    return replace(
        pooled,
        groups=(tuple(range(len(BANDS_OF_GROUPS))),),
        events=np.full((count, 2), HIDDEN, np.int64),
        events_total=events,
        base=columns,
        base_total=base,
        amount=columns,
        amount_total=np.where(is_shown, totals.amount, np.nan),
        expected=columns,
        expected_total=expected,
        rates=pooled.rates * scale,
        persons_are_events=False,
        outside=None,
        deepest=Level.ZONE,
    )


def _expected(pooled: Published, events: Ints, base: Floats) -> tuple[Floats, float]:
    """What is expected of each area (``nan``: nothing can be said), and by how much the year is
    above all years together."""
    whole = pooled.base_total
    rate = np.divide(pooled.expected_total, whole, out=np.full(whole.shape, np.nan),
                     where=whole > 0)  # fmt: skip
    found: Floats = base * rate
    if events[0] == HIDDEN or not found[0] > 0:
        return np.full(whole.shape, np.nan), float("nan")
    scale = float(events[0] / found[0])
    return found * scale, scale
