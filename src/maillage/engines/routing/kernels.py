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

from maillage.engines.routing.codes import (
    CLAUSE,
    CLOSED,
    FIRST_CLAUSE,
    HOLDER,
    INFINITE,
    NO_AGREEMENT,
    NO_SERVICE,
    NOT_AUTHORISED,
    PREVIOUS_STEP,
    SERVICE,
    TOO_FAR,
    UNSTAFFED,
)


@intrinsic
def _lowest_bit(typing_context: Any, word: Any) -> Any:
    """Index of the lowest bit set in a word that is not 0."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), codegen


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
    for u in range(states):
        step = last
        while True:
            for node in range(step_start[step], step_start[step + 1]):
                service = node_service[node]
                cost[node] = INFINITE
                if not in_class[node] or reason[u, service] != 0:
                    continue
                if step == last:
                    cost[node] = response[u, service]
            if step < last:
                for after in range(step_start[step + 1], step_start[step + 2]):
                    if cost[after] >= INFINITE:
                        continue
                    for edge in range(edge_start[after], edge_start[after + 1]):
                        before = edge_from[edge]
                        service = node_service[before]
                        if (
                            edge_journey[edge] < 0
                            or moves[epoch[u], edge] == 0
                            or not in_class[before]
                            or reason[u, service] != 0
                        ):
                            continue
                        total = response[u, service] + edge_journey[edge] + cost[after]
                        cost[before] = min(cost[before], total)
            if takes_direct[step]:
                for node in range(step_start[step], step_start[step + 1]):
                    entry = node_entry[node]
                    if cost[node] < found[entry, u]:
                        found[entry, u] = cost[node]
            if step == 0 or not takes_referral[step]:
                break
            step -= 1
    return found


@njit(cache=True, nogil=True)
def _walk(kind, element, u, group, alive, step_start, node_service, in_class, takes_direct,
          takes_referral, edge_start, edge_from, edge_journey, moves, epoch, reason, label,
          access, has_chain):  # fmt: skip
    """The nodes that some chain reaches, and the steps that have one, without an element.

    ``kind`` -1 removes nothing.
    """
    for step in range(step_start.size - 1):
        has_chain[step] = False
        for node in range(step_start[step], step_start[step + 1]):
            service = node_service[node]
            alive[node] = False
            if not in_class[node] or reason[u, service] != 0:
                continue
            if kind == SERVICE and service == element:
                continue
            if kind == HOLDER and label[u, service] == element:
                continue
            if takes_direct[step] and access[group, node]:
                alive[node] = True
            elif takes_referral[step]:
                for edge in range(edge_start[node], edge_start[node + 1]):
                    move = moves[epoch[u], edge]
                    if (
                        alive[edge_from[edge]]
                        and edge_journey[edge] >= 0
                        and move != 0
                        and not (kind == CLAUSE and move == element + FIRST_CLAUSE)
                    ):
                        alive[node] = True
                        break
            if alive[node]:
                has_chain[step] = True


@njit(cache=True, nogil=True)
def _reason_of(step, u, step_start, node_service, in_class, takes_direct, takes_referral,
               edge_start, edge_from, moves, epoch, reason, alive, has_chain):  # fmt: skip
    """The first true reason of a step that no chain reaches."""
    any_candidate = any_reachable = any_closed = any_unstaffed = any_allowed = False
    for node in range(step_start[step], step_start[step + 1]):
        if not in_class[node]:
            continue
        any_candidate = True
        why = reason[u, node_service[node]]
        any_closed |= why == CLOSED
        any_unstaffed |= why == UNSTAFFED
        if why == 0:
            any_reachable = True
            if takes_referral[step]:
                for edge in range(edge_start[node], edge_start[node + 1]):
                    if alive[edge_from[edge]] and moves[epoch[u], edge] != 0:
                        any_allowed = True
    if not any_candidate:
        return NO_SERVICE
    if not any_reachable:
        if any_unstaffed:
            return UNSTAFFED
        return CLOSED if any_closed else NOT_AUTHORISED
    previous = step > 0 and has_chain[step - 1]
    if not takes_direct[step] and not previous:
        return PREVIOUS_STEP
    if takes_referral[step] and previous and not any_allowed:
        return NO_AGREEMENT
    return TOO_FAR


@njit(cache=True, nogil=True)
def _elements_of_a_chain(node, step, u, group, alive, step_start, node_service, takes_direct,
                         takes_referral, edge_start, edge_from, edge_journey, moves, epoch, label,
                         access, kinds, elements, count):  # fmt: skip
    """Add the elements of one chain that ends at a node; any chain will do, since an element
    without which there is none lies on all of them."""
    while True:
        service = node_service[node]
        for kind in (SERVICE, HOLDER):
            element = service if kind == SERVICE else label[u, service]
            if element >= 0:
                count = _add(kinds, elements, count, kind, element)
        if takes_direct[step] and access[group, node]:
            return count
        for edge in range(edge_start[node], edge_start[node + 1]):
            move = moves[epoch[u], edge]
            if alive[edge_from[edge]] and edge_journey[edge] >= 0 and move != 0:
                if move >= FIRST_CLAUSE:
                    count = _add(kinds, elements, count, CLAUSE, move - FIRST_CLAUSE)
                node = edge_from[edge]
                break
        step -= 1


@njit(cache=True, nogil=True)
def _add(kinds, elements, count, kind, element):
    for index in range(count):
        if kinds[index] == kind and elements[index] == element:
            return count
    kinds[count] = kind
    elements[count] = element
    return count + 1


@njit(cache=True, nogil=True)
def judge_states(step_start, node_service, in_class, takes_direct, takes_referral,
                 edge_start, edge_from, edge_journey, moves, epoch, reason, label,
                 access):  # fmt: skip
    """For each group of communes and each state: why a step is a hole (0 when it has a chain),
    and the elements without which a step that has a chain would be one.

    Communes of one group can travel to the same entry sites. Returns ``why[group, state, step]``
    and rows ``(group, state, step, kind, element)``.
    """
    groups, states, steps = access.shape[0], reason.shape[0], step_start.size - 1
    why = np.zeros((groups, states, steps), np.int8)
    rows = np.empty((256, 5), np.int32)
    filled = 0
    alive = np.empty(node_service.size, np.bool_)
    has_chain = np.empty(steps, np.bool_)
    without = np.empty(node_service.size, np.bool_)
    still = np.empty(steps, np.bool_)
    kinds = np.empty(4 * steps * steps + 4, np.int64)
    elements = np.empty(4 * steps * steps + 4, np.int64)
    for group in range(groups):
        for u in range(states):
            _walk(-1, 0, u, group, alive, step_start, node_service, in_class, takes_direct,
                  takes_referral, edge_start, edge_from, edge_journey, moves, epoch, reason,
                  label, access, has_chain)  # fmt: skip
            count = 0
            for step in range(steps):
                if not has_chain[step]:
                    why[group, u, step] = _reason_of(
                        step, u, step_start, node_service, in_class, takes_direct, takes_referral,
                        edge_start, edge_from, moves, epoch, reason, alive, has_chain)  # fmt: skip
                    continue
                for node in range(step_start[step], step_start[step + 1]):
                    if alive[node]:
                        count = _elements_of_a_chain(
                            node, step, u, group, alive, step_start, node_service, takes_direct,
                            takes_referral, edge_start, edge_from, edge_journey, moves, epoch,
                            label, access, kinds, elements, count)  # fmt: skip
                        break
            for index in range(count):
                _walk(kinds[index], elements[index], u, group, without, step_start, node_service,
                      in_class, takes_direct, takes_referral, edge_start, edge_from,
                      edge_journey, moves, epoch, reason, label, access, still)  # fmt: skip
                for step in range(steps):
                    if has_chain[step] and not still[step]:
                        if filled == rows.shape[0]:
                            larger = np.empty((2 * filled, 5), np.int32)
                            larger[:filled] = rows
                            rows = larger
                        rows[filled, 0] = group
                        rows[filled, 1] = u
                        rows[filled, 2] = step
                        rows[filled, 3] = kinds[index]
                        rows[filled, 4] = elements[index]
                        filled += 1
    return why, rows[:filled].copy()


@njit(cache=True, nogil=True)
def candidates(found):
    """Candidate chains by entry site: for each distinct total of ``tails``, in order, the set of
    states (as bits) in which it is the best one from that door.

    Returns ``first[site]`` (where its candidates start), ``minutes``, and ``bits``.
    """
    entries, states = found.shape
    words = (states + 63) // 64
    first = np.zeros(entries + 1, np.int64)
    sorted_rows = np.empty((entries, states), np.int64)
    for entry in range(entries):
        row = np.sort(found[entry])
        count = 0
        for u in range(states):
            if row[u] < INFINITE and (u == 0 or row[u] != row[u - 1]):
                sorted_rows[entry, count] = row[u]
                count += 1
        first[entry + 1] = first[entry] + count
    minutes = np.empty(first[entries], np.int64)
    bits = np.zeros((first[entries], words), np.uint64)
    for entry in range(entries):
        low, high = first[entry], first[entry + 1]
        for index in range(low, high):
            minutes[index] = sorted_rows[entry, index - low]
        for u in range(states):
            if found[entry, u] < INFINITE:
                index = low + np.searchsorted(minutes[low:high], found[entry, u])
                bits[index, u >> 6] |= np.uint64(1) << np.uint64(u & 63)
    return first, minutes, bits


@njit(cache=True, nogil=True)
def cover(travel, residents, group_of, first, minutes, bits, wanted, fragile, duration,
          on_target_up_to, at_limit_up_to, times, sums, worst, limit_profile,
          late_profile):  # fmt: skip
    """Walk the candidates of every commune in order of total time; each takes the states that
    are not covered yet; stop when nothing is left.

    Writes, per commune: ``times`` (on target, at the limit, late, fragile), ``sums`` (minutes
    weighted by duration) and ``worst`` (micros, -1 when there is none). Adds the residents at the
    limit (per state) and late (per group and state) to the profiles.
    """
    communes, entries = travel.shape
    words = bits.shape[1]
    left = np.empty(words, np.uint64)
    position = np.empty(entries, np.int64)
    total = np.empty(entries, np.int64)
    for c in range(communes):
        group = group_of[c]
        people = residents[c]
        missing = 0
        for w in range(words):
            left[w] = wanted[group, w]
            if left[w] != 0:
                missing += 1
        for k in range(entries):
            position[k] = first[k]
            total[k] = INFINITE
            if first[k] < first[k + 1] and travel[c, k] < INFINITE:
                total[k] = travel[c, k] + minutes[first[k]]
        weighted = 0.0
        while missing:
            best = 0
            for k in range(1, entries):
                if total[k] < total[best]:
                    best = k
            now = total[best]
            if now >= INFINITE:
                break
            verdict = 0 if now <= on_target_up_to else 1 if now <= at_limit_up_to else 2
            candidate = position[best]
            taken = 0
            for w in range(words):
                new = left[w] & bits[candidate, w]
                if new == 0:
                    continue
                left[w] ^= new
                if left[w] == 0:
                    missing -= 1
                hanging = fragile[group, w]
                while new:
                    bit = _lowest_bit(new)
                    u = np.int64(w * 64) + np.int64(bit)
                    taken += duration[u]
                    if verdict == 2:
                        late_profile[group, u] += people
                    else:
                        if verdict == 1:
                            limit_profile[u] += people
                        if (hanging >> bit) & np.uint64(1):
                            times[c, 3] += duration[u]
                    new &= new - np.uint64(1)
            if taken:
                times[c, verdict] += taken
                weighted += np.float64(now) * np.float64(taken)
                worst[c] = now
            position[best] += 1
            total[best] = INFINITE
            if position[best] < first[best + 1]:
                total[best] = travel[c, best] + minutes[position[best]]
        sums[c] = weighted
