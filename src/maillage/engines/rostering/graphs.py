"""Every lawful roster of one person, as paths of a small graph.

A state says all that the past forbids to the future: duties that recent ones exclude, the run of
days worked or off, weekends, and the total of each window that binds. States by day are unfolded,
then those with the same futures are made one. The graph depends on rules only, not on costs: it
is made once by group of people with the same rules, and the best roster for any prices of duties
is one pass over its arcs, without approximation.

Rolling limits over many days, and counters with many values, can make the states too many. Some
windows are then left out of the graph (:attr:`Graph.relaxed`): its best path is a bound, and who
uses it must look after these windows otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from maillage.engines.rostering import graph_kernels as kernels
from maillage.engines.rostering.compiled import (
    FREE,
    Bools,
    Compiled,
    CompiledPerson,
    Ints,
    Window,
)
from maillage.engines.rostering.problem import Rhythm

Floats = NDArray[np.float64]

ARC_CAP = 2_000_000
STATES_CAP = 1_700_000
"""Arcs of a graph, and states of all days at their widest, beyond which windows are left out."""
SHORT_RUN = 8
"""Rolling limits over at most so many days are kept whole."""
VERY_SHORT_RUN = 4
"""The same where longer ones do not fit."""
STAGGERS = (FREE, 4, 2, 1, 0)
"""How many windows of a longer rolling limit are followed at a time (FREE: all of them)."""
NO_LIMIT = -2
"""In tracks: a total that is kept whole, for its cost at the end."""


@dataclass(frozen=True, slots=True)
class Graph:
    """The rosters of one group of people. Node numbers fall along arcs; the last node is first.

    ``option_slots``: the slots held by each option (a set of duties of one day, or none).
    ``relaxed``: indices of the person's windows that paths may break, or whose cost they leave out.
    """

    ends: int
    end_costs: Ints
    start: Ints
    options: NDArray[np.int32]
    to: NDArray[np.int32]
    option_slots: tuple[tuple[int, ...], ...]
    relaxed: tuple[int, ...]

    @property
    def nodes(self) -> int:
        return len(self.start) - 1

    @property
    def is_exact(self) -> bool:
        """True when its paths are the person's lawful rosters, all of them and no other."""
        return not self.relaxed


@dataclass(slots=True)
class _Options:
    """Sets of duties that can be held together on a day, days one after the other."""

    start: Ints
    slots: tuple[tuple[int, ...], ...]


def graph_of(compiled: Compiled, person: CompiledPerson) -> Graph:
    """The graph of a person, pinned duties held.

    Where no roster is lawful (pins that rules forbid, a minimum out of reach), the rules that
    cannot hold give way, minima first: what is left is the best that can be offered, and the
    checker says what it breaks.
    """
    for softened in (person, _without_minima(person)):
        found = _lawful(compiled, softened)
        if found is not None:
            return found
    return _frozen(compiled, person)


def _lawful(compiled: Compiled, person: CompiledPerson) -> Graph | None:
    options = _options(compiled, person)
    pending = _pending(compiled, options, person.may)
    for kept in _attempts(person.windows):
        made = _unfolded(compiled, person, options, pending, kept)
        if made is None:
            continue
        ends, costs, start, arcs, to = kernels.fold(compiled.problem.days, *made)
        if len(start) <= 1:
            return None
        left_out = tuple(at for at in range(len(person.windows)) if at not in kept)
        return Graph(ends, costs, start, arcs, to, options.slots, left_out)
    raise MemoryError("the rhythm of one person alone has too many states")


def _without_minima(person: CompiledPerson) -> CompiledPerson:
    windows = tuple(replace(window, minimum=FREE) for window in person.windows)
    rhythm = replace(person.rhythm, min_worked=None, min_off=None)
    return replace(person, windows=windows, rhythm=rhythm)


def _frozen(compiled: Compiled, person: CompiledPerson) -> Graph:
    """The one path that holds pinned duties and no other."""
    days = compiled.problem.days
    slots = tuple(
        tuple(int(slot) for slot in np.flatnonzero(person.pinned & (compiled.day == day)))
        for day in range(days)
    )
    start = np.maximum(np.arange(days + 2, dtype=np.int64) - 1, 0)
    options = np.arange(days - 1, -1, -1, dtype=np.int32)
    to = np.arange(days, dtype=np.int32)
    costs = np.zeros(1, dtype=np.int64)
    return Graph(1, costs, start, options, to, slots, tuple(range(len(person.windows))))


def _options(compiled: Compiled, person: CompiledPerson) -> _Options:
    start: list[int] = [0]
    every: list[tuple[int, ...]] = []
    by_day: dict[int, list[int]] = {day: [] for day in range(compiled.problem.days)}
    for slot in np.flatnonzero(person.may):
        by_day[int(compiled.day[slot])].append(int(slot))
    for slots in by_day.values():
        pinned = {slot for slot in slots if person.pinned[slot]}
        together = ((), *_together(compiled, slots, ()))
        every += [option for option in together if pinned <= set(option)]
        start.append(len(every))
    return _Options(np.array(start, dtype=np.int64), tuple(every))


def _together(
    compiled: Compiled, slots: Sequence[int], held: tuple[int, ...]
) -> Iterator[tuple[int, ...]]:
    """Every set of duties of one day that nobody is forbidden to hold together."""
    for at, slot in enumerate(slots):
        if any(slot in compiled.after[other] for other in held):
            continue
        yield (*held, slot)
        yield from _together(compiled, slots[at + 1 :], (*held, slot))


def _pending(compiled: Compiled, options: _Options, may: Bools) -> tuple[Ints, Ints, int]:
    """What duties already held forbid, as an automaton: (start of each day, next, most states).

    A state of a day is the set of slots of that day and later that are forbidden. The table of a
    day has one row by state and one column by option; -1 where the option is forbidden.
    """
    allowed = sum(1 << int(slot) for slot in np.flatnonzero(may))
    forbids = [sum(1 << other for other in later) & allowed for later in compiled.after]
    start: list[int] = []
    table: list[int] = []
    most = 1
    states: dict[int, int] = {0: 0}
    for day, (first, last) in enumerate(pairwise(options.start)):
        ahead = allowed & ~sum(1 << int(s) for s in np.flatnonzero(compiled.day <= day))
        start.append(len(table))
        coming: dict[int, int] = {}
        for state in states:
            for option in range(first, last):
                slots = options.slots[option]
                if any(state >> slot & 1 for slot in slots):
                    table.append(-1)
                    continue
                following = state
                for slot in slots:
                    following |= forbids[slot]
                table.append(coming.setdefault(following & ahead, len(coming)))
        states = coming
        most = max(most, len(states))
    return np.array(start, dtype=np.int64), np.array(table, dtype=np.int64), most


def _attempts(windows: Sequence[Window]) -> Iterator[frozenset[int]]:
    """Sets of windows to keep in the graph, largest first; the last is empty."""
    costs = [at for at, window in enumerate(windows) if window.table is not None]
    plain = [at for at, w in enumerate(windows) if w.table is None and w.rolling == FREE]
    rolling = [at for at, w in enumerate(windows) if w.table is None and w.rolling != FREE]
    short = [at for at in rolling if windows[at].last - windows[at].first <= SHORT_RUN]
    costs.sort(key=lambda at: windows[at].reach)
    yielded: set[frozenset[int]] = set()
    for with_costs in range(len(costs), -1, -1):
        if 0 < with_costs < len(costs):
            continue
        for stagger in STAGGERS[:1] if with_costs else STAGGERS:
            kept = {*plain, *short, *costs[:with_costs]}
            for at in rolling:
                length = windows[at].last - windows[at].first
                apart = max(1, length // max(stagger, 1))
                if stagger == FREE or (stagger and windows[at].first % apart == 0):
                    kept.add(at)
            if frozenset(kept) not in yielded:
                yielded.add(frozenset(kept))
                yield frozenset(kept)
    shortest = [at for at in short if windows[at].last - windows[at].first <= VERY_SHORT_RUN]
    yield frozenset((*plain, *shortest))
    plain.sort(key=lambda at: max(windows[at].maximum, windows[at].minimum))
    for count in range(len(plain), -1, -1):
        yield frozenset(plain[:count])


@dataclass(slots=True)
class _Tracks:
    """Windows that follow each other, sharing one place of the state; arrays are track by day."""

    most: Ints
    least: Ints
    left: Ints
    closes: Bools
    adds: Ints
    tables: Ints
    table_of: Ints
    radix: list[int]


def _tracks(compiled: Compiled, options: _Options, windows: Sequence[Window]) -> _Tracks:
    groups: list[list[Window]] = []
    for window in sorted(windows, key=lambda w: (w.first, w.last)):
        for group in groups:
            if window.table is None and group[-1].table is None and group[-1].last <= window.first:
                group.append(window)
                break
        else:
            groups.append([window])
    days, count = compiled.problem.days, len(groups)
    tracks = _Tracks(
        most=np.full((count, days), FREE, dtype=np.int64),
        least=np.zeros((count, days), dtype=np.int64),
        left=np.zeros((count, days), dtype=np.int64),
        closes=np.zeros((count, days), dtype=np.bool_),
        adds=np.zeros((count, len(options.slots)), dtype=np.int64),
        tables=_padded([w.table for w in windows if w.table is not None]),
        table_of=np.full(count, FREE, dtype=np.int64),
        radix=[],
    )
    made = 0
    for row, group in enumerate(groups):
        largest = 0
        for window in group:
            _lay(tracks, row, window, options, days)
            bound = window.maximum if window.maximum >= 0 else max(window.minimum, 0)
            largest = max(largest, window.reach if window.table is not None else bound)
        if group[0].table is not None:
            tracks.table_of[row] = made
            made += 1
        tracks.radix.append(largest + 1)
    return tracks


def _padded(tables: Sequence[Ints]) -> Ints:
    widest = max((len(table) for table in tables), default=1)
    result = np.zeros((max(1, len(tables)), widest), dtype=np.int64)
    for row, table in enumerate(tables):
        result[row, : len(table)] = table
    return result


def _lay(tracks: _Tracks, row: int, window: Window, options: _Options, days: int) -> None:
    """Write one window on its row."""
    first, last = max(0, window.first), min(days, window.last)
    if window.table is not None:
        # Its total is read at the end of the horizon, whatever days are without duties.
        last = days
    best = np.zeros(days + 1, dtype=np.int64)
    for day in range(first, last):
        for option in range(options.start[day], options.start[day + 1]):
            added = int(window.adds[list(options.slots[option])].sum())
            tracks.adds[row, option] = added
            best[day] = max(best[day], added)
    for day in range(first, last):
        tracks.left[row, day] = best[day + 1 : last].sum()
        tracks.least[row, day] = max(window.minimum, 0)
        tracks.most[row, day] = window.maximum if window.table is None else NO_LIMIT
    if window.table is None and last > first:
        tracks.closes[row, last - 1] = True


def _unfolded(
    compiled: Compiled,
    person: CompiledPerson,
    options: _Options,
    pending: tuple[Ints, Ints, int],
    kept: frozenset[int],
) -> tuple[Ints, ...] | None:
    """All states and arcs; None when they are too many."""
    windows = [person.windows[at] for at in sorted(kept)]
    # A total with both a cost and a bound is followed twice: once for each.
    split = [w for w in windows if w.table is None]
    split += [_without_bounds(w) for w in windows if w.table is not None]
    split += [_without_table(w) for w in windows if w.table is not None and _is_bounded(w)]
    tracks = _tracks(compiled, options, split)
    on, off, first_run = _runs(person.rhythm)
    most_weekends = FREE if person.rhythm.max_weekends is None else person.rhythm.max_weekends
    radix = [pending[2], len(on), max(most_weekends, 0) + 1, 2, *tracks.radix]
    size = 1
    for part in radix:
        size *= part
    if size >= 1 << 62:
        return None
    ends, left = _weekend_ends(compiled.weekend)
    status, layers, starts, arcs, to, last = kernels.unfold(
        compiled.problem.days, options.start,
        np.array([len(slots) for slots in options.slots], dtype=np.int64), tracks.adds,
        pending[0], pending[1], on, off, first_run, compiled.weekend, ends, left, most_weekends,
        tracks.most, tracks.least, tracks.left, tracks.closes,
        np.array(radix, dtype=np.int64), tracks.tables, tracks.table_of,
        STATES_CAP // compiled.problem.days, ARC_CAP,
    )  # fmt: skip
    return None if status else (layers, starts, arcs, to, last)


def _is_bounded(window: Window) -> bool:
    return window.maximum >= 0 or window.minimum > 0


def _without_bounds(window: Window) -> Window:
    return Window(window.adds, window.first, window.last, FREE, FREE, window.rule, window.table)


def _without_table(window: Window) -> Window:
    return Window(
        window.adds, window.first, window.last, window.maximum, window.minimum, window.rule
    )


def _weekend_ends(weekend: Ints) -> tuple[Bools, Ints]:
    """On which days a weekend ends, and how many weekends begin after each day."""
    days = len(weekend)
    following = np.append(weekend[1:], FREE)
    ends = (weekend != FREE) & (following != weekend)
    left = np.array([ends[day + 1 :].sum() for day in range(days)], dtype=np.int64)
    return ends, left


def _runs(rhythm: Rhythm) -> tuple[Ints, Ints, int]:
    """Runs of days as an automaton: (state after a day worked, after a day off, first state).

    States: off for 1 .. ``min_off`` days (the last: or more), then worked for 1 .. days of a run
    that began inside the horizon, then the same of the run that touches its beginning.
    """
    least_off = max(rhythm.min_off or 1, 1)
    least_on = max(rhythm.min_worked or 1, 1)
    most_on = rhythm.max_worked
    lengths = least_on if most_on is None else most_on
    inside, edge = least_off, least_off + lengths
    count = least_off + 2 * lengths
    on = np.full(count, FREE, dtype=np.int64)
    off = np.full(count, FREE, dtype=np.int64)
    for state in range(least_off):
        off[state] = min(state + 1, least_off - 1)
    if lengths:
        on[least_off - 1] = inside
    for began, free in ((inside, False), (edge, True)):
        for length in range(1, lengths + 1):
            at = began + length - 1
            if length < lengths:
                on[at] = at + 1
            elif most_on is None:
                on[at] = at
            if free or length >= least_on:
                off[at] = 0
    # Before the horizon any rhythm may be: a state of its own, from which both go on freely.
    on = np.append(on, edge if lengths else FREE)
    off = np.append(off, least_off - 1)
    return on, off, count
