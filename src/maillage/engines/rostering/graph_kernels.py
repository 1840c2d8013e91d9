"""Compiled loops over graphs of one person's lawful rosters: made, made small, and walked."""

from __future__ import annotations

import numpy as np
from numba import njit

EMPTY = -1
INFINITE = 1e300


@njit(cache=True, nogil=True, inline="always")
def _place(table_keys, table_stamps, stamp, key):
    """Where ``key`` is, or would be, in an open table whose entries of other stamps are free."""
    mask = table_keys.shape[0] - 1
    at = ((key * np.int64(-7046029254386353131)) >> 20) & mask
    while table_stamps[at] == stamp and table_keys[at] != key:
        at = (at + 1) & mask
    return at


@njit(cache=True, nogil=True, inline="always")
def _after_adding(value, add, day, track, most, least, left):
    """The total of a track after a day, or the total that binds as much; -1: unlawful."""
    value += add
    high = most[track, day]
    low = least[track, day]
    rest = left[track, day]
    if high >= 0 and value > high:
        return -1
    if value + rest < low:
        return -1
    if high == -2:
        return value
    if value >= low:
        if high < 0:
            return low
        return max(value, high - rest, 0)
    return value


@njit(cache=True, nogil=True)
def unfold(
    days, option_start, option_work, option_adds, pending_start, pending_next,
    run_on, run_off, first_run, weekend, weekend_end, weekends_left, most_weekends,
    most, least, left, closes, radix, tables, table_of, layer_cap, arc_cap,
):  # fmt: skip
    """All states by day and the options between them.

    A state is (what recent duties forbid, the run of days, weekends worked, whether this one is,
    the total of each track), packed in one whole number. Returns (status, layer_start, arc_start,
    arc_option, arc_to, cost of last states); status 1 when a cap was passed.
    """
    tracks = most.shape[0]
    layer_start = np.zeros(days + 2, dtype=np.int64)
    arc_start = np.zeros(layer_cap * 2, dtype=np.int64)
    arc_option = np.empty(arc_cap, dtype=np.int32)
    arc_to = np.empty(arc_cap, dtype=np.int32)
    size = _power_of_two(4 * layer_cap)
    keys = np.empty(size, dtype=np.int64)
    stamps = np.full(size, EMPTY, dtype=np.int64)
    places = np.empty(size, dtype=np.int64)
    states = np.empty(layer_cap, dtype=np.int64)
    coming = np.empty(layer_cap, dtype=np.int64)
    now = np.zeros(4 + tracks, dtype=np.int64)
    then = np.zeros(4 + tracks, dtype=np.int64)
    now[1] = first_run
    states[0] = _packed(now, radix)
    count, nodes, arcs = 1, 0, 0
    layer_start[1] = 1
    for day in range(days):
        found = 0
        if nodes + count + 1 >= arc_start.shape[0]:
            arc_start = _grown(arc_start)
        for at in range(count):
            _unpack(states[at], radix, now)
            arc_start[nodes] = arcs
            if arcs + option_start[day + 1] - option_start[day] >= arc_cap:
                return 1, layer_start, arc_start, arc_option, arc_to, states
            for option in range(option_start[day], option_start[day + 1]):
                place = pending_start[day] + now[0] * (option_start[day + 1] - option_start[day])
                place += option - option_start[day]
                if not _step(
                    day, option, pending_next[place], now, then, option_work, option_adds,
                    run_on, run_off, weekend, weekend_end, weekends_left, most_weekends,
                    most, least, left, closes,
                ):  # fmt: skip
                    continue
                key = _packed(then, radix)
                place = _numbered(keys, stamps, places, coming, day, key, found)
                if place < 0:
                    return 1, layer_start, arc_start, arc_option, arc_to, states
                found = max(found, place + 1)
                arc_option[arcs] = option
                arc_to[arcs] = layer_start[day + 1] + place
                arcs += 1
            nodes += 1
        layer_start[day + 2] = layer_start[day + 1] + found
        states, coming, count = coming, states, found
    arc_start[nodes] = arcs
    last = _costs_of_last(states[:count], radix, now, tables, table_of)
    return 0, layer_start, arc_start[: nodes + 1], arc_option[:arcs], arc_to[:arcs], last


@njit(cache=True, nogil=True)
def _power_of_two(least):
    size = 1
    while size < least:
        size *= 2
    return size


@njit(cache=True, nogil=True, inline="always")
def _numbered(keys, stamps, places, coming, day, key, found):
    """The number of a state among those of the next day, ``found`` so far; -1: too many."""
    spot = _place(keys, stamps, day, key)
    if stamps[spot] != day:
        if found >= coming.shape[0]:
            return -1
        stamps[spot] = day
        keys[spot] = key
        places[spot] = found
        coming[found] = key
    return places[spot]


@njit(cache=True, nogil=True)
def _grown(array):
    larger = np.zeros(array.shape[0] * 2, dtype=array.dtype)
    larger[: array.shape[0]] = array
    return larger


@njit(cache=True, nogil=True, inline="always")
def _packed(parts, radix):
    key = np.int64(0)
    for i in range(parts.shape[0]):
        key = key * radix[i] + parts[i]
    return key


@njit(cache=True, nogil=True, inline="always")
def _unpack(key, radix, parts):
    for i in range(parts.shape[0] - 1, -1, -1):
        parts[i] = key % radix[i]
        key //= radix[i]


@njit(cache=True, nogil=True)
def _step(
    day, option, pending, now, then, option_work, option_adds, run_on, run_off,
    weekend, weekend_end, weekends_left, most_weekends, most, least, left, closes,
):  # fmt: skip
    """The state after an option of a day, in ``then``; False when some rule forbids it."""
    if pending < 0:
        return False
    then[0] = pending
    work = option_work[option] > 0
    run = run_on[now[1]] if work else run_off[now[1]]
    if run < 0:
        return False
    then[1] = run
    then[2] = now[2]
    then[3] = now[3]
    if most_weekends >= 0 and weekend[day] >= 0:
        if work and now[3] == 0:
            if now[2] + 1 > most_weekends:
                return False
            then[2] = now[2] + 1
            then[3] = 1
        if weekend_end[day]:
            then[3] = 0
            # Totals that the weekends left can no longer bring above the bound are the same.
            then[2] = max(then[2], most_weekends - weekends_left[day], 0)
    for track in range(most.shape[0]):
        value = _after_adding(
            now[4 + track], option_adds[track, option], day, track, most, least, left
        )
        if value < 0:
            return False
        then[4 + track] = 0 if closes[track, day] else value
    return True


@njit(cache=True, nogil=True)
def _costs_of_last(states, radix, parts, tables, table_of):
    costs = np.zeros(states.shape[0], dtype=np.int64)
    for at in range(states.shape[0]):
        _unpack(states[at], radix, parts)
        for track in range(table_of.shape[0]):
            if table_of[track] >= 0:
                costs[at] += tables[table_of[track], parts[4 + track]]
    return costs


@njit(cache=True, nogil=True)
def fold(days, layer_start, arc_start, arc_option, arc_to, last_costs):
    """The smallest graph of the same rosters: states that lead to the same futures are one.

    Nodes are numbered from the last day back: every arc goes to a smaller number, and the first
    state is the last node. Returns (number of last nodes, their costs, arc_start, arc_option,
    arc_to); no node when no roster is lawful.
    """
    nodes = layer_start[days + 1]
    renamed = np.full(nodes, EMPTY, dtype=np.int64)
    ends = np.unique(last_costs)
    for at in range(last_costs.shape[0]):
        renamed[layer_start[days] + at] = np.searchsorted(ends, last_costs[at])
    widest = 1
    for day in range(days):
        widest = max(widest, layer_start[day + 1] - layer_start[day])
    size = _power_of_two(2 * widest)
    heads = np.empty(size, dtype=np.int64)
    stamps = np.full(size, EMPTY, dtype=np.int64)
    start = np.zeros(nodes + 2, dtype=np.int64)
    options = np.empty(arc_option.shape[0], dtype=np.int32)
    to = np.empty(arc_to.shape[0], dtype=np.int32)
    made, arcs = ends.shape[0], 0
    for day in range(days - 1, -1, -1):
        for node in range(layer_start[day], layer_start[day + 1]):
            first = arcs
            mix = np.uint64(1469598103934665603)
            for arc in range(arc_start[node], arc_start[node + 1]):
                target = renamed[arc_to[arc]]
                if target < 0:
                    continue
                options[arcs] = arc_option[arc]
                to[arcs] = target
                mix = (mix ^ np.uint64(arc_option[arc])) * np.uint64(1099511628211)
                mix = (mix ^ np.uint64(target)) * np.uint64(1099511628211)
                arcs += 1
            if arcs == first:
                continue
            spot = np.int64((mix >> np.uint64(17)) & np.uint64(size - 1))
            while stamps[spot] == day:
                if _same_arcs(start, options, to, heads[spot], first, arcs):
                    break
                spot = (spot + 1) & (size - 1)
            if stamps[spot] == day:
                renamed[node] = heads[spot]
                arcs = first
                continue
            stamps[spot] = day
            heads[spot] = made
            renamed[node] = made
            start[made] = first
            made += 1
            start[made] = arcs
    if renamed[0] < 0:
        made = 0
    return ends.shape[0], ends, start[: made + 1], options[:arcs], to[:arcs]


@njit(cache=True, nogil=True)
def _same_arcs(start, options, to, head, first, last):
    if start[head + 1] - start[head] != last - first:
        return False
    at = start[head]
    for arc in range(first, last):
        if options[at] != options[arc] or to[at] != to[arc]:
            return False
        at += 1
    return True


@njit(cache=True, nogil=True)
def best_ends(ends, end_costs, start, options, to, prices, values):
    """The least cost from each node to the end of the horizon, in ``values``; that of the first."""
    nodes = start.shape[0] - 1
    for node in range(ends):
        values[node] = end_costs[node]
    for node in range(ends, nodes):
        best = INFINITE
        for arc in range(start[node], start[node + 1]):
            cost = prices[options[arc]] + values[to[arc]]
            if cost < best:
                best = cost
        values[node] = best
    return values[nodes - 1] if nodes else INFINITE


@njit(cache=True, nogil=True)
def best_path(ends, start, options, to, prices, values, path):
    """Options of a least-cost roster, in ``path``, after :func:`best_ends`; how many."""
    node = start.shape[0] - 2
    count = 0
    while node >= ends:
        for arc in range(start[node], start[node + 1]):
            if prices[options[arc]] + values[to[arc]] <= values[node]:
                path[count] = options[arc]
                count += 1
                node = to[arc]
                break
    return count
