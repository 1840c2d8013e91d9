"""What of an indicator and a year is hidden: sectors and above by sex and age, communes in total.

Why nobody computes a hidden count back (the long form is ``docs/explanation/small-counts.md``):

1. *Sectors and above.* The table of areas (territory > zones > sectors) by columns (sex and age
   group) with all its margins is protected by ``vocabulary.disclosure``: for each small cell there
   are other tables, equal to the true one in every number shown, in which that cell has any value
   from 1 to 11. No cell goes above its base, which is taken as known to the reader.
2. *Communes* publish one number each. Where the total of their sector is hidden, so are they all.
   Where it is shown, they are protected knowing it: again each small commune may have any value
   from 1 to 11, with the sum of the sector kept.
3. *Both together.* Any table of step 1 and any communes of step 2 whose sectors agree are the sums
   of some table of communes by columns (cells of two sets of margins with one total: the
   north-west corner rule gives one), so that knowing both excludes nothing that each leaves. In a
   sector whose total may move, communes are all hidden and move with it.
4. *Filters* (one sex, one age group) are sums of cells that are all shown, or hidden; whatever is
   computed from them is computed from what is shown.
5. *Denominators* of the data set (people treated, stays) are hidden with their events. A small one
   may itself have every value from the events that it holds, or 1, to 11.

A cell is small when its events are under the threshold, or the people behind them are, or the rest
of its base is (nearly everybody, or everybody). Zero events are shown: they concern nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from maillage.engines.indicators.areas import Areas, Level
from maillage.vocabulary.disclosure import ALL, Cell, Counts, Need, loosen, need
from maillage.vocabulary.flows import LIMITLESS

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Tallies:
    """Counts of every area in the order of ``Areas.rows``: one column for each cell of sex and age,
    and last their total. Bases are whole: estimates of residents are rounded up."""

    events: Ints
    persons: Ints
    base: Ints

    @property
    def are_parts(self) -> bool:
        """True when events are parts of the base, as far as the numbers tell."""
        return bool((self.events <= self.base).all())

    def whole(self, row: int, column: int) -> int | None:
        """What a reader knows that the events cannot be more than; None where they are."""
        events, base = int(self.events[row, column]), int(self.base[row, column])
        return base if events <= base else None

    def rest(self) -> Ints:
        """What the base has beside the events; all of it when they are no part of it."""
        return self.base - self.events if self.are_parts else self.base


def hide(tallies: Tallies, areas: Areas, *, base_is_people: bool) -> Bits:
    """Decide what is hidden: True where nothing is shown, in the shape of the tallies. The columns
    of communes but the last are all True."""
    hidden = np.zeros(tallies.events.shape, bool)
    upper = [index for index, row in enumerate(areas.rows) if row.level is not Level.COMMUNE]
    _hide_upper(tallies, areas, upper, hidden, base_is_people=base_is_people)
    rows = {row.key: index for index, row in enumerate(areas.rows)}
    for sector in areas.at(Level.SECTOR):
        members = [rows[key] for key in areas.children(sector)]
        hidden[members, :-1] = True
        if hidden[rows[sector], -1]:
            hidden[members, -1] = True
        else:
            _hide_communes(tallies, members, hidden, base_is_people=base_is_people)
    return hidden


def _event_need(tallies: Tallies, row: int, column: int) -> Need | None:
    events, persons = int(tallies.events[row, column]), int(tallies.persons[row, column])
    is_few = 0 < persons < events and need(persons) is not None
    return need(events, tallies.whole(row, column), is_forced=is_few)


def _rest_need(tallies: Tallies, row: int, column: int) -> Need | None:
    """What the rest of a small base of the data set asks for, its events being what they are."""
    base = int(tallies.base[row, column])
    least = max(int(tallies.events[row, column]), 1) if tallies.are_parts else 1
    found = need(base)
    return None if found is None else Need(min(base - least, found.down), found.up)


def _hide_upper(
    tallies: Tallies, areas: Areas, upper: Sequence[int], hidden: Bits, *, base_is_people: bool
) -> None:
    """Sectors, zones and territory: one table, protected whole."""
    last = tallies.events.shape[1] - 1
    names = {row: areas.rows[row].key for row in upper}
    parents = {
        names[row]: areas.rows[row].parent for row in upper if areas.rows[row].level is Level.SECTOR
    }

    def cell(row: int, column: int) -> Cell:
        is_top = areas.rows[row].level is Level.TERRITORY
        return ALL if is_top else names[row], ALL if column == last else str(column)

    slots = {cell(row, column): (row, column) for row in upper for column in range(last + 1)}
    leaves = [row for row in upper if areas.rows[row].level is Level.SECTOR]

    def table(values: Ints) -> Counts:
        return Counts(
            [str(column) for column in range(last)],
            {cell(row, c): int(values[row, c]) for row in leaves for c in range(last)},
            parents,
        )

    needs = {key: _event_need(tallies, *slot) for key, slot in slots.items()}
    wholes = {
        key: whole for key, slot in slots.items() if (whole := tallies.whole(*slot)) is not None
    }
    done = loosen(table(tallies.events), {k: one for k, one in needs.items() if one}, wholes=wholes)
    if base_is_people:
        rests = {key: _rest_need(tallies, *slot) for key, slot in slots.items()}
        done = loosen(
            table(tallies.rest()),
            {key: one for key, one in rests.items() if one},
            hidden=done.hidden,
        )
    for key in done.hidden:
        hidden[slots[key]] = True


@dataclass
class _Room:
    """The communes of a sector whose sum is known: by how much each may, and must be able to,
    move."""

    value: Ints
    whole: Ints
    down: Ints
    up: Ints
    is_wanted: Bits

    def holds(self, chosen: Bits) -> bool:
        """True when every wanted commune can move as it must against the other chosen ones."""
        fall = self.value[chosen].sum() - self.value
        rise = (self.whole - self.value)[chosen].sum() - (self.whole - self.value)
        return not (self.is_wanted & ((self.up > fall) | (self.down > rise))).any()


def _hide_communes(
    tallies: Tallies, members: Sequence[int], hidden: Bits, *, base_is_people: bool
) -> None:
    """The communes of a sector whose total is shown. What one gains others lose: the sums of what
    hidden communes may lose and gain say how far each may move."""
    events = tallies.events[members, -1]
    wholes = [tallies.whole(row, -1) for row in members]
    base = np.array([LIMITLESS if one is None else one for one in wholes], np.int64)
    rooms = [_room(events, base, [_event_need(tallies, row, -1) for row in members])]
    if base_is_people:
        rests = tallies.rest()[members, -1]
        free = np.full(len(members), LIMITLESS, np.int64)
        rooms.append(_room(rests, free, [_rest_need(tallies, row, -1) for row in members]))
    chosen = np.logical_or.reduce([room.is_wanted for room in rooms])
    if not chosen.any():
        return
    # Least is lost by the smallest commune that is enough; if none is, by the largest and more.
    while not all(room.holds(chosen) for room in rooms):
        others = np.flatnonzero(~chosen)
        if not others.size:
            break
        others = others[np.argsort(events[others], kind="stable")]
        for other in others:
            chosen[other] = True
            if all(room.holds(chosen) for room in rooms):
                break
            chosen[other] = other == others[-1]
    for row, is_chosen in zip(members, chosen, strict=True):
        hidden[row, -1] = is_chosen


def _room(value: Ints, whole: Ints, needs: Sequence[Need | None]) -> _Room:
    return _Room(
        value,
        whole,
        np.array([one.down if one else 0 for one in needs], np.int64),
        np.array([one.up if one else 0 for one in needs], np.int64),
        np.array([one is not None for one in needs]),
    )
