"""The inner loops of the sweep, compiled to machine code.

They work on plain arrays only and decide nothing that ``chains.py``, ``resolution.py`` and
``fragility.py`` do not decide for one instant: the tests hold both against one slow reference.
Codes are those of ``codes.py``. Importing this module takes half a second: do it in functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from maillage.engines.routing.codes import AT_LIMIT, FRAGILE, INFINITE, LATE, ON_TARGET


@intrinsic
def _lowest_bit(typing_context: Any, word: Any) -> Any:
    """Index of the lowest bit set in a word that is not 0."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), codegen


@intrinsic
def _count_bits(typing_context: Any, word: Any) -> Any:
    """How many bits are set in a word."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), codegen


INNER = {"cache": True, "nogil": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""How loops that only other loops call are compiled: without a door for Python to come in by, which
would take a third of the time of compiling them."""

FEW_STATES, FEW_TURNS = 32, 8
"""Once so few states are left after so many candidates, each state is looked up by itself: the way
that serves it may be a far one, behind hundreds of candidates that do not."""


@njit(cache=True, nogil=True)
def slot_states(starts, ends, responses, holders, at, covered, response, holder):
    """What the duty slots of one service say at each of the instants ``at`` (sorted).

    ``starts`` is sorted. Writes ``covered`` (0 no slot, 1 slots without holder, 2 staffed), the
    smallest ``response`` of the staffed slots, and their only ``holder`` (-1 when they are
    several).
    """
    active = np.empty(starts.size, np.int64)
    count = 0
    following = 0
    for index in range(at.size):
        tick = at[index]
        while following < starts.size and starts[following] <= tick:
            active[count] = following
            count += 1
            following += 1
        kept = 0
        for position in range(count):
            if ends[active[position]] > tick:
                active[kept] = active[position]
                kept += 1
        count = kept
        covered[index] = 1 if count else 0
        holder[index] = -1
        for position in range(count):
            slot = active[position]
            if holders[slot] < 0:
                continue
            if covered[index] != 2:
                covered[index] = 2
                response[index] = responses[slot]
                holder[index] = holders[slot]
            else:
                response[index] = min(response[index], responses[slot])
                if holder[index] != holders[slot]:
                    holder[index] = -1


@njit(cache=True, nogil=True)
def gather(first, run_starts, reasons, responses, holders, at, reason, response, holder):
    """What each service is at each of the instants ``at`` (sorted). Its runs are ``first[service]``
    to ``first[service + 1]``. Writes ``reason``, ``response`` and ``holder`` by instant, then
    service."""
    run = first[:-1].copy()
    for t in range(at.size):
        for s in range(run.size):
            while run[s] + 1 < first[s + 1] and run_starts[run[s] + 1] <= at[t]:
                run[s] += 1
            reason[t, s] = reasons[run[s]]
            response[t, s] = responses[run[s]]
            holder[t, s] = holders[run[s]]


@njit(cache=True, nogil=True)
def partners(holders, labels):
    """Which services hang on one and the same person, interval by interval.

    ``holders[t, s]`` names the person whom service ``s`` hangs on at ``t``, -1 for nobody. Writes
    in ``labels`` the smallest service with the same person, -1 for nobody.
    """
    intervals, services = holders.shape
    for t in range(intervals):
        for s in range(services):
            labels[t, s] = -1
            if holders[t, s] >= 0:
                for other in range(s + 1):
                    if holders[t, other] == holders[t, s]:
                        labels[t, s] = other
                        break


@njit(cache=True, nogil=True)
def number_rows(rows):
    """Equal rows under one number, in the order of their first rows: the number of each row, and
    the first row of each number."""
    room = 64
    while room < 2 * len(rows):
        room *= 2
    numbers = np.full(room, -1, np.int32)
    of, first = np.empty(len(rows), np.int32), np.empty(len(rows), np.int64)
    count = 0
    for row in range(len(rows)):
        mixed = np.uint64(0)
        for word in rows[row]:
            mixed = (mixed ^ word) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        place = np.int64(mixed & np.uint64(room - 1))
        while numbers[place] >= 0 and not _are_equal(rows[first[numbers[place]]], rows[row]):
            place = (place + 1) & (room - 1)
        if numbers[place] < 0:
            numbers[place] = count
            first[count] = row
            count += 1
        of[row] = numbers[place]
    return of, first[:count].copy()


@njit(**INNER)
def _are_equal(one, other):
    for w in range(one.size):  # noqa: SIM110 - compiled
        if one[w] != other[w]:
            return False
    return True


@njit(**INNER)
def _open_edges(codes, step_start, in_class, edge_start, edge_from, edge_journey, starts, edges):
    """The edges that can be taken under the moves of one epoch: those into each node, one node
    after the other, from ``starts[node]`` on."""
    count = 0
    for node in range(step_start[-1]):
        starts[node] = count
        if in_class[node]:
            for edge in range(edge_start[node], edge_start[node + 1]):
                if codes[edge] != 0 and edge_journey[edge] >= 0 and in_class[edge_from[edge]]:
                    edges[count] = edge
                    count += 1
    starts[step_start[-1]] = count


@njit(cache=True, nogil=True)
def tails(last, step_start, node_service, in_class, takes_direct, takes_referral,
          edge_start, edge_from, edge_journey, moves, epoch, reason, response,
          node_entry, entries):  # fmt: skip
    """Micros from the door of each entry site to the end of the best chain to step ``last``.

    By entry site and state; ``INFINITE`` where no chain starts there. The journey from home to
    the site is not in it.
    """
    states = reason.shape[0]
    found = np.full((entries, states), INFINITE, np.int64)
    cost = np.empty(node_service.size, np.int64)
    starts, edges = np.empty(edge_start.size, np.int64), np.empty(edge_from.size, np.int64)
    for u in range(states):
        # States come in order of time, so that epochs do.
        if u == 0 or epoch[u] != epoch[u - 1]:
            _open_edges(moves[epoch[u]], step_start, in_class, edge_start, edge_from, edge_journey,
                        starts, edges)  # fmt: skip
        for node in range(step_start[last], step_start[last + 1]):
            service = node_service[node]
            is_on = in_class[node] and reason[u, service] == 0
            cost[node] = response[u, service] if is_on else INFINITE
        step = last
        while True:
            if takes_direct[step]:
                for node in range(step_start[step], step_start[step + 1]):
                    entry = node_entry[node]
                    if cost[node] < found[entry, u]:
                        found[entry, u] = cost[node]
            if step == 0 or not takes_referral[step]:
                break
            step -= 1
            for node in range(step_start[step], step_start[step + 1]):
                cost[node] = INFINITE
            for after in range(step_start[step + 1], step_start[step + 2]):
                if cost[after] >= INFINITE:
                    continue
                for index in range(starts[after], starts[after + 1]):
                    before = edge_from[edges[index]]
                    if reason[u, node_service[before]] == 0:
                        total = edge_journey[edges[index]] + cost[after]
                        cost[before] = min(cost[before], total)
            for node in range(step_start[step], step_start[step + 1]):
                if cost[node] < INFINITE:
                    cost[node] += response[u, node_service[node]]
    return found


@njit(cache=True, nogil=True)
def candidates(found, ordered):
    """Candidate chains by entry site: for each distinct total of ``tails``, in order, the set of
    states (as bits) in which it is the best one from that door. ``ordered`` are the same totals,
    sorted by site.

    Returns ``first[site]`` (where its candidates start), ``minutes``, and ``bits``.
    """
    entries, states = found.shape
    first = np.zeros(entries + 1, np.int64)
    minutes = np.empty(entries * states, np.int64)
    count = 0
    for entry in range(entries):
        for u in range(states):
            total = ordered[entry, u]
            if total < INFINITE and (u == 0 or total != ordered[entry, u - 1]):
                minutes[count] = total
                count += 1
        first[entry + 1] = count
    bits = np.zeros((count, (states + 63) // 64), np.uint64)
    for entry in range(entries):
        for u in range(states):
            if found[entry, u] < INFINITE:
                low, high = first[entry], first[entry + 1]
                while high - low > 1:
                    middle = (low + high) // 2
                    if minutes[middle] <= found[entry, u]:
                        low = middle
                    else:
                        high = middle
                bits[low, u >> 6] |= np.uint64(1) << np.uint64(u & 63)
    return first, minutes[:count].copy(), bits


@njit(cache=True, nogil=True)
def time_of_bytes(duration):
    """The time that any set of eight neighbouring states lasts: ``found[eight, set]``."""
    eights = (duration.size + 7) // 8
    found = np.zeros((eights + 8, 256), np.int64)
    for eight in range(eights):
        for bit in range(8):
            u = eight * 8 + bit
            if u < duration.size:
                for some in range(1 << bit):
                    found[eight, some | (1 << bit)] = found[eight, some] + duration[u]
    return found


@njit(**INNER)
def _time_of(word, w, table):
    """How long a word of states lasts. No branch: what is set in it cannot be foreseen."""
    total = 0
    for eight in range(8):
        some = (word >> np.uint64(8 * eight)) & np.uint64(255)
        total += table[8 * w + eight, np.int64(some)]
    return total


@njit(**INNER)
def _sure_minutes(first, minutes, bits, wanted):
    """For each door, the minutes within which it has a chain in every state that any group wants;
    ``INFINITE`` when it has not."""
    everywhere = np.zeros(wanted.shape[1], np.uint64)
    for group in range(len(wanted)):
        for w in range(everywhere.size):
            everywhere[w] |= wanted[group, w]
    found = np.full(first.size - 1, INFINITE, np.int64)
    rest = np.empty_like(everywhere)
    for k in range(found.size):
        left = np.uint64(0)
        for w in range(rest.size):
            rest[w] = everywhere[w]
            for row in range(first[k], first[k + 1]):
                rest[w] &= ~bits[row, w]
            left |= rest[w]
        if not left and first[k] < first[k + 1]:
            found[k] = minutes[first[k + 1] - 1]
    return found


@njit(**INNER)
def _open_doors(travel, sites, first, minutes, sure, door, total):
    """List the doors that may serve a commune, each with the total of its first candidate, the
    smallest total first. Their number. A door beyond one that always serves sooner is left out."""
    bound = INFINITE - 1
    for k in range(sites.size):
        bound = min(bound, travel[sites[k]] + sure[k])
    doors = best = 0
    for k in range(sites.size):
        if first[k] < first[k + 1] and travel[sites[k]] + minutes[first[k]] <= bound:
            door[doors] = k
            total[doors] = travel[sites[k]] + minutes[first[k]]
            if total[doors] < total[best]:
                best = doors
            doors += 1
    if doors:
        door[0], door[best] = door[best], door[0]
        total[0], total[best] = total[best], total[0]
    return doors


@njit(**INNER)
def _advance(travel, sites, first, minutes, position, door, total, doors):
    """Go on to the next candidate of the door just served, or close it; the doors left."""
    k = door[0]
    position[k] += 1
    if position[k] < first[k + 1]:
        total[0] = travel[sites[k]] + minutes[position[k]]
        return doors
    door[0], total[0] = door[doors - 1], total[doors - 1]
    return doors - 1


@njit(**INNER)
def _order(door, total, is_ordered, doors):
    """Put the smallest total first again, once the first entry has changed. The list becomes a
    heap (each entry before the two that follow it) only when more than one door is needed."""
    if not is_ordered:
        for index in range(doors // 2 - 1, 0, -1):
            _sink(door, total, index, doors)
    _sink(door, total, 0, doors)


@njit(**INNER)
def _sink(door, total, index, doors):
    """Move an entry of the heap down to its place."""
    k, now = door[index], total[index]
    while True:
        below = 2 * index + 1
        if below >= doors:
            break
        if below + 1 < doors and total[below + 1] < total[below]:
            below += 1
        if total[below] >= now:
            break
        door[index], total[index] = door[below], total[below]
        index = below
    door[index], total[index] = k, now


@njit(**INNER)
def _take(left, bits, fragile, people, verdict, table, times, limit):
    """Give a candidate the states that are left of its own: the time taken, and how many states.
    Late states are counted elsewhere, all at once."""
    taken = states = 0
    for w in range(left.size):
        new = left[w] & bits[w]
        if new == 0:
            continue
        left[w] ^= new
        states += np.int64(_count_bits(new))
        taken += _time_of(new, w, table)
        if verdict < LATE:
            if new & fragile[w]:
                times[FRAGILE] += _time_of(new & fragile[w], w, table)
            if verdict == AT_LIMIT:
                _add_people(new, w, people, limit)
    times[verdict] += taken
    return taken, states


@njit(**INNER)
def _take_one_by_one(left, travel, sites, door, total, by_state, fragile, people, on_target_up_to,
                     at_limit_up_to, table, times, sums, worst, limit, late, late_of_group,
                     is_late):  # fmt: skip
    """The best chain of each state that is left, among the doors that are, which ``total`` has
    room for; ``by_state[state, door]`` are the minutes from the door. Does for each what
    :func:`cover` does for many."""
    for index in range(door.size):
        total[index] = travel[sites[door[index]]]
    for w in range(left.size):
        while left[w]:
            bit = left[w] & (~left[w] + np.uint64(1))
            left[w] ^= bit
            u = w * 64 + np.int64(_lowest_bit(bit))
            now = INFINITE
            minutes = by_state[u]
            for index in range(door.size):
                now = min(now, total[index] + minutes[door[index]])
            time = _time_of(bit, w, table)
            sums[0] += np.float64(now) * np.float64(time)
            worst[0] = max(worst[0], now)
            if now > at_limit_up_to:
                times[LATE] += time
                if not is_late:
                    late[u] += people
                    if fragile[w] & bit:
                        late_of_group[u] += people
                continue
            if fragile[w] & bit:
                times[FRAGILE] += time
            if now > on_target_up_to:
                times[AT_LIMIT] += time
                limit[u] += people
            else:
                times[ON_TARGET] += time


@njit(cache=True, nogil=True)
def cover(travel, sites, residents, group_of, first, minutes, bits, by_state, wanted, fragile,
          table, on_target_up_to, at_limit_up_to, times, sums, worst, limit, late,
          late_of_group, late_row):  # fmt: skip
    """Walk the candidates of every commune in order of total time; each takes the states that
    are not covered yet; stop when nothing is left.

    ``table`` is of :func:`time_of_bytes`, ``by_state`` the tails turned about. Writes, per
    commune: ``times`` (on target, at the limit, late, fragile), ``sums`` (minutes weighted by
    time), ``worst`` (micros, -1 for none). Adds residents at the limit and late to the profiles,
    by state; by group too, ``late_of_group[late_row[group]]``, where it is fragile.
    """
    always_late = np.zeros(len(wanted), np.int64)
    sure = _sure_minutes(first, minutes, bits, wanted)
    left = np.empty(bits.shape[1], np.uint64)
    rooms = np.empty((3, sites.size), np.int64)
    position, total, door = rooms[0], rooms[1], rooms[2]
    for c in range(len(travel)):
        group = group_of[c]
        missing = doors = turns = 0
        for w in range(left.size):
            left[w] = wanted[group, w]
            missing += np.int64(_count_bits(left[w]))
        if missing:
            for k in range(sites.size):
                position[k] = first[k]
            doors = _open_doors(travel[c], sites, first, minutes, sure, door, total)
        is_late = is_ordered = False
        while missing and doors:
            k, now = door[0], total[0]
            verdict = LATE
            if now <= at_limit_up_to:
                verdict = ON_TARGET if now <= on_target_up_to else AT_LIMIT
            elif not is_late:
                # Every state that is left has a chain, and all of them are late.
                is_late = True
                always_late[group] += _add_late(left, wanted[group], fragile[group], residents[c],
                                                late, late_of_group[late_row[group]])  # fmt: skip
            taken, states = _take(left, bits[position[k]], fragile[group], residents[c], verdict,
                                   table, times[c], limit)  # fmt: skip
            missing -= states
            if taken:
                sums[c] += np.float64(now) * np.float64(taken)
                worst[c] = now
            doors = _advance(travel[c], sites, first, minutes, position, door, total, doors)
            turns += 1
            if missing and missing <= FEW_STATES and turns >= FEW_TURNS:
                _take_one_by_one(left, travel[c], sites, door[:doors], total, by_state,
                                 fragile[group], residents[c], on_target_up_to, at_limit_up_to,
                                 table, times[c], sums[c:], worst[c:], limit, late,
                                 late_of_group[late_row[group]], is_late)  # fmt: skip
                missing = 0
            elif missing:
                _order(door, total, is_ordered, doors)
                is_ordered = True
    _add_always_late(always_late, wanted, fragile, late, late_of_group, late_row)


@njit(**INNER)
def _add_always_late(people, wanted, fragile, late, late_of_group, late_row):
    for group in range(people.size):
        if people[group]:
            for w in range(wanted.shape[1]):
                _add_people(wanted[group, w], w, people[group], late)
                hanging = wanted[group, w] & fragile[group, w]
                _add_people(hanging, w, people[group], late_of_group[late_row[group]])


@njit(**INNER)
def _add_late(left, wanted, fragile, people, late, late_of_group):
    """Add residents to the states in which they are late; or give them back when they always are,
    to be added all at once."""
    for w in range(left.size):
        if left[w] != wanted[w]:
            for v in range(left.size):
                _add_people(left[v], v, people, late)
                _add_people(left[v] & fragile[v], v, people, late_of_group)
            return 0
    return people


@njit(**INNER)
def _add_people(word, w, people, profile):
    while word:
        profile[w * 64 + np.int64(_lowest_bit(word))] += people
        word &= word - np.uint64(1)


@njit(cache=True, nogil=True)
def weigh(bits, table):
    """The time that each set of states lasts; ``table`` is that of :func:`time_of_bytes`."""
    found = np.zeros(len(bits), np.int64)
    for row in range(len(bits)):
        for w in range(bits.shape[1]):
            found[row] += _time_of(bits[row, w], w, table)
    return found


@njit(cache=True, nogil=True)
def spread(bits, people, profile):
    """Add the people of each row to the states of its set."""
    for row in range(len(bits)):
        for w in range(bits.shape[1]):
            _add_people(bits[row, w], w, people[row], profile)


@njit(cache=True, nogil=True)
def add_reached(groups, late_row, bits, people, late, profiles, profile_of):
    """Add, over the states of each set, the residents of its group who are not late there
    (``late[late_row[group]]`` of them are) to ``profiles[profile_of[row]]``."""
    for row in range(len(bits)):
        for w in range(bits.shape[1]):
            word = bits[row, w]
            while word:
                u = w * 64 + np.int64(_lowest_bit(word))
                reached = people[groups[row]] - late[late_row[groups[row]], u]
                profiles[profile_of[row], u] += reached
                word &= word - np.uint64(1)
