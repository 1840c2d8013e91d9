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
   sector whose total may move, communes are all hidden and move with it. Bases by commune, sex and
   age may stand in the way (a village without a man over eighty), so one last pass lays all levels
   in one network, with every base as a limit, and hides what is still needed: it decides.
4. *Filters* (one sex, one age group) are sums of cells that are all shown, or hidden; whatever is
   computed from them is computed from what is shown.
5. *Denominators* of the data set (people treated, stays) are hidden with their events. A small one
   may itself have every value from the events that it holds, or 1, to 11.

A cell is small when its events are under the threshold, or the people behind them are, or the rest
of its base is (nearly everybody, or everybody). Zero events are shown: they concern nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from maillage.engines.indicators.areas import Areas, Level
from maillage.vocabulary.disclosure import ALL, THRESHOLD, Cell, Counts, Need, loosen, need
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
    threshold: int = THRESHOLD
    most: Ints | None = None
    """What else the events are parts of, where that is less than the base: the events of another
    indicator that is published."""
    base_persons: Ints | None = None
    rest_persons: Ints | None = None
    """Different people of the base and of what is left of it, where one counts several times (years
    together); None: each is another."""

    @cached_property
    def limits(self) -> Ints:
        return self.base if self.most is None else np.minimum(self.base, self.most)

    @cached_property
    def are_parts(self) -> bool:
        """True when events are parts of the base, as far as the numbers tell: stays of a year are
        not parts of its people."""
        return bool((self.events <= self.limits).all())

    @cached_property
    def numbers(self) -> tuple[list[list[int]], list[list[int]], list[list[int]]]:
        """Events, persons and limits as plain numbers, which are read one at a time faster."""
        return self.events.tolist(), self.persons.tolist(), self.limits.tolist()

    def whole(self, row: int, column: int) -> int | None:
        """What a reader knows that the events cannot be more than; None where they are no part."""
        return self.numbers[2][row][column] if self.are_parts else None

    def wholes(self, slots: Mapping[Cell, tuple[int, int]]) -> dict[Cell, int]:
        """These limits by cell, for the cells that have one."""
        return {
            cell: most for cell, slot in slots.items() if (most := self.whole(*slot)) is not None
        }

    def is_few(self, row: int, column: int) -> bool:
        """True when there are few people behind many events, or behind what is left of a base."""
        events, persons = (one[row][column] for one in self.numbers[:2])
        if events > 0 and persons < min(events, self.threshold):
            return True
        if events == 0 or self.rest_persons is None or not self.are_parts:
            return False
        rest = int(self.base[row, column]) - events
        return 0 < int(self.rest_persons[row, column]) < min(rest, self.threshold)

    def is_few_base(self, row: int, column: int) -> bool:
        """True when there are few people behind a large base."""
        if self.base_persons is None:
            return False
        base = int(self.base[row, column])
        return base > 0 and int(self.base_persons[row, column]) < min(base, self.threshold)

    def rest(self) -> Ints:
        """What the base has beside the events; all of it when they are no part of it."""
        return self.base - self.events if self.are_parts else self.base


def hide(
    tallies: Tallies, areas: Areas, *, base_is_people: bool, hidden: Bits | None = None
) -> Bits:
    """Decide what is hidden: True where nothing is shown, in the shape of the tallies. The columns
    of communes but the last are all True. ``hidden``: what is hidden already, for another reason.
    """
    first = np.zeros(tallies.events.shape, bool) if hidden is None else hidden
    rows = {row.key: index for index, row in enumerate(areas.rows)}
    members = {
        rows[sector]: [rows[key] for key in areas.children(sector)]
        for sector in areas.at(Level.SECTOR)
    }
    choices = {
        sector: _choose(tallies, communes, first[communes, -1], base_is_people=base_is_people)
        for sector, communes in members.items()
    }
    # Where communes cannot move with the total of their sector kept, it must move with them.
    widened = {sector: members[sector] for sector, choice in choices.items() if choice is None}
    hidden = first.copy()
    _hide_upper(tallies, areas, hidden, widened, base_is_people=base_is_people)
    for sector, communes in members.items():
        choice = choices[sector]
        hidden[communes, :-1] = True
        if choice is None or hidden[sector, -1]:
            hidden[communes, -1] = True
        else:
            hidden[communes, -1] = choice
    if any(tallies.whole(row, -1) is not None for row in rows.values()):
        _settle(tallies, areas, hidden)
    return hidden


def event_need(tallies: Tallies, row: int, column: int) -> Need | None:
    """What the events of a cell ask for."""
    events = tallies.numbers[0][row][column]
    whole = tallies.whole(row, column)
    is_few = tallies.is_few(row, column)
    return need(events, whole, threshold=tallies.threshold, is_forced=is_few)


def rest_need(tallies: Tallies, row: int, column: int) -> Need | None:
    """What the rest of a small base of the data set asks for, its events being what they are."""
    base = int(tallies.base[row, column])
    least = max(int(tallies.events[row, column]), 1) if tallies.are_parts else 1
    is_few = tallies.is_few_base(row, column)
    found = need(base, threshold=tallies.threshold, is_forced=is_few)
    return None if found is None else Need(min(base - least, found.down), found.up)


COMMUNE_PRICE = 600
"""What hiding one more commune costs beside the cells of sectors (``disclosure.loosen``)."""


def _settle(tallies: Tallies, areas: Areas, hidden: Bits) -> None:
    """Everything in one table, down to communes by sex and age, which nobody publishes but whose
    bases are known: hide what is still needed. A village without a man over eighty says where those
    of its sector live."""
    last = tallies.events.shape[1] - 1
    columns = [*(str(column) for column in range(last)), ALL]
    rows = [ALL if one.level is Level.TERRITORY else one.key for one in areas.rows]
    slots = {
        (rows[row], columns[column]): (row, column)
        for row in range(len(rows))
        for column in range(last + 1)
    }
    communes = [index for index, one in enumerate(areas.rows) if one.level is Level.COMMUNE]
    bottom = set(communes)
    table = Counts(
        columns[:-1],
        {
            (rows[row], columns[column]): int(tallies.events[row, column])
            for row in communes
            for column in range(last)
        },
        {one.key: one.parent for one in areas.rows if one.level > Level.ZONE},
    )
    needs = {
        cell: found
        for cell, slot in slots.items()
        if (slot[1] == last or slot[0] not in bottom) and (found := event_need(tallies, *slot))
    }
    done = loosen(
        table,
        needs,
        wholes={
            cell: whole
            for cell, slot in slots.items()
            if (whole := tallies.whole(*slot)) is not None
        },
        hidden=[cell for cell, slot in slots.items() if hidden[slot]],
        prices={(rows[row], ALL): COMMUNE_PRICE for row in communes},
    )
    for cell in done.hidden:
        hidden[slots[cell]] = True
    for sector in areas.at(Level.SECTOR):
        if hidden[slots[sector, ALL]]:
            for commune in areas.children(sector):
                hidden[slots[commune, ALL]] = True


def _widest(needs: Iterable[Need | None]) -> Need | None:
    """A need that is enough for all of some."""
    found = [one for one in needs if one is not None]
    if not found:
        return None
    return Need(max(one.down for one in found), max(one.up for one in found))


def _hide_upper(
    tallies: Tallies,
    areas: Areas,
    hidden: Bits,
    widened: Mapping[int, Sequence[int]],
    *,
    base_is_people: bool,
) -> None:
    """Sectors, zones and territory: one table, protected whole. ``widened``: sectors whose totals
    must be able to move as each of their communes must."""
    upper = [index for index, row in enumerate(areas.rows) if row.level is not Level.COMMUNE]
    last = tallies.events.shape[1] - 1
    names = {row: areas.rows[row].key for row in upper}
    leaves = [row for row in upper if areas.rows[row].level is Level.SECTOR]
    parents = {names[row]: areas.rows[row].parent for row in leaves}

    def cell(row: int, column: int) -> Cell:
        is_top = areas.rows[row].level is Level.TERRITORY
        return ALL if is_top else names[row], ALL if column == last else str(column)

    slots = {cell(row, column): (row, column) for row in upper for column in range(last + 1)}

    def table(values: Ints) -> Counts:
        return Counts(
            [str(column) for column in range(last)],
            {cell(row, c): int(values[row, c]) for row in leaves for c in range(last)},
            parents,
        )

    def needs(ask: Callable[[Tallies, int, int], Need | None]) -> dict[Cell, Need]:
        found = {}
        for key, (row, column) in slots.items():
            asked = [ask(tallies, row, column)]
            if column == last:
                asked += [ask(tallies, commune, last) for commune in widened.get(row, ())]
            if widest := _widest(asked):
                found[key] = widest
        return found

    done = loosen(
        table(tallies.events),
        needs(event_need),
        wholes=tallies.wholes(slots),
        hidden=[key for key, slot in slots.items() if hidden[slot]],
    )
    if base_is_people:
        done = loosen(table(tallies.rest()), needs(rest_need), hidden=done.hidden)
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


def _choose(
    tallies: Tallies, members: Sequence[int], first: Bits, *, base_is_people: bool
) -> Bits | None:
    """Which communes of a sector to hide when its total is shown: what one gains others lose, so
    that the sums of what hidden communes may lose and gain say how far each may move. ``first``
    are hidden already. None: hiding all of them is not enough."""
    events = tallies.events[members, -1]
    wholes = [tallies.whole(row, -1) for row in members]
    base = np.array([LIMITLESS if one is None else one for one in wholes], np.int64)
    rooms = [_room(events, base, [event_need(tallies, row, -1) for row in members])]
    if base_is_people:
        rests = tallies.rest()[members, -1]
        free = np.full(len(members), LIMITLESS, np.int64)
        rooms.append(_room(rests, free, [rest_need(tallies, row, -1) for row in members]))
    chosen: Bits = np.logical_or.reduce([first, *(room.is_wanted for room in rooms)])
    # Least is lost by the smallest commune that is enough; if none is, by the largest and more.
    while chosen.any() and not all(room.holds(chosen) for room in rooms):
        others = np.flatnonzero(~chosen)
        if not others.size:
            return None
        others = others[np.argsort(events[others], kind="stable")]
        for other in others:
            chosen[other] = True
            if all(room.holds(chosen) for room in rooms):
                break
            chosen[other] = other == others[-1]
    return chosen


def _room(value: Ints, whole: Ints, needs: Sequence[Need | None]) -> _Room:
    return _Room(
        value,
        whole,
        np.array([one.down if one else 0 for one in needs], np.int64),
        np.array([one.up if one else 0 for one in needs], np.int64),
        np.array([one is not None for one in needs]),
    )


def hide_parts(
    events: Mapping[str, Ints],
    persons: Mapping[str, Ints],
    whole: Bits,
    areas: Areas,
    *,
    threshold: int = THRESHOLD,
) -> dict[str, Bits]:
    """Decide what is hidden of the parts of a whole, one number for each area and part, down to
    communes: one table whose columns are the parts, and whose totals are known where the whole is
    shown (``whole`` is True where it is hidden)."""
    rows = [ALL if one.level is Level.TERRITORY else one.key for one in areas.rows]
    bottom = [index for index, one in enumerate(areas.rows) if one.level is Level.COMMUNE]
    table = Counts(
        list(events),
        {(rows[row], key): int(values[row]) for key, values in events.items() for row in bottom},
        {one.key: one.parent for one in areas.rows if one.level > Level.ZONE},
    )
    needs = {}
    for key, values in events.items():
        people = persons[key].tolist()
        for row, value in enumerate(values.tolist()):
            is_few = value > 0 and people[row] < min(value, threshold)
            if found := need(value, threshold=threshold, is_forced=is_few):
                needs[rows[row], key] = found
    totals = {(rows[row], ALL) for row in range(len(rows))}
    secret = {(rows[row], ALL) for row in np.flatnonzero(whole).tolist()}
    done = loosen(table, needs, known=totals - secret, hidden=secret)
    if done.exposed:
        raise ValueError(f"parts that their whole gives back: {sorted(done.exposed)[:5]}")
    return {key: np.array([(row, key) in done.hidden for row in rows]) for key in events}
