"""Which steps have a chain, why the others have none, and what the chains hang on.

Compiled loops over sets of states (bits): one operation on a word speaks for 64 states at once.
What they decide is what ``resolution.py`` and ``fragility.py`` decide for one instant.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from maillage.engines.routing.codes import (
    CLAUSE,
    FIRST_CLAUSE,
    HOLDER,
    NO_AGREEMENT,
    NO_SERVICE,
    NOT_AUTHORISED,
    PREVIOUS_STEP,
    SERVICE,
    TOO_FAR,
    UNSTAFFED,
)


@njit(cache=True, nogil=True)
def _put(bits, u):
    bits[u >> 6] |= np.uint64(1) << np.uint64(u & 63)


@njit(cache=True, nogil=True)
def _any(bits):
    for w in range(bits.size):  # noqa: SIM110 - compiled
        if bits[w]:
            return True
    return False


@njit(cache=True, nogil=True)
def _sets_of_states(node_service, in_class, edge_journey, moves, epoch, reason, words):
    """Everything that states say, turned into sets of states: where a node is reachable, where an
    edge may be taken (``allowed`` if its journey is known too), and the states of each epoch."""
    states = reason.shape[0]
    epochs = np.zeros((moves.shape[0], words), np.uint64)
    for u in range(states):
        _put(epochs[epoch[u]], u)
    on = np.zeros((node_service.size, words), np.uint64)
    for node in range(node_service.size):
        if in_class[node]:
            for u in range(states):
                if reason[u, node_service[node]] == 0:
                    _put(on[node], u)
    agreed = np.zeros((edge_journey.size, words), np.uint64)
    allowed = np.zeros((edge_journey.size, words), np.uint64)
    for edge in range(edge_journey.size):
        for e in range(moves.shape[0]):
            if moves[e, edge] != 0:
                for w in range(words):
                    agreed[edge, w] |= epochs[e, w]
        if edge_journey[edge] >= 0:
            allowed[edge] = agreed[edge]
    return epochs, on, agreed, allowed


@njit(cache=True, nogil=True)
def _ways(edge_start, wanted):
    """The edges into each node that are ever in ``wanted``: where they start, and which."""
    starts = np.zeros(edge_start.size, np.int64)
    ways = np.empty(len(wanted), np.int64)
    count = 0
    for node in range(edge_start.size - 1):
        for edge in range(edge_start[node], edge_start[node + 1]):
            if _any(wanted[edge]):
                ways[count] = edge
                count += 1
        starts[node + 1] = count
    return starts, ways[:count].copy()


@njit(cache=True, nogil=True)
def _hanging(moves, epochs):
    """The clauses on which each edge hangs alone, each with the states in which it does."""
    starts = np.zeros(moves.shape[1] + 1, np.int64)
    clauses = np.empty(moves.size, np.int64)
    bits = np.zeros((64, epochs.shape[1]), np.uint64)
    count = 0
    for edge in range(moves.shape[1]):
        for e in range(moves.shape[0]):
            if moves[e, edge] < FIRST_CLAUSE:
                continue
            clause = moves[e, edge] - FIRST_CLAUSE
            row = starts[edge]
            while row < count and clauses[row] != clause:
                row += 1
            if row == count:
                if count == len(bits):
                    more = np.zeros((2 * count, epochs.shape[1]), np.uint64)
                    more[:count] = bits
                    bits = more
                clauses[count] = clause
                count += 1
            bits[row] |= epochs[e]
        starts[edge + 1] = count
    return starts, clauses[:count].copy(), bits[:count].copy()


@njit(cache=True, nogil=True)
def _walk(kind, element, low, high, group, alive, live, chain, step_start, node_service,
          takes_direct, takes_referral, way_start, ways, edge_from, moves, epochs, on, allowed,
          pairs, pair_bits, access):  # fmt: skip
    """States in which each node has a chain, and each step, without an element (``kind`` -1:
    none), in the words ``low`` to ``high`` of the sets; the others are not touched."""
    for step in range(step_start.size - 1):
        reached = chain[step, low:high]
        reached[:] = 0
        for node in range(step_start[step], step_start[step + 1]):
            live[node] = False
            service = node_service[node]
            if kind == SERVICE and service == element:
                continue
            here = alive[node, low:high]
            if takes_direct[step] and access[group, node]:
                here[:] = on[node, low:high]
            elif takes_referral[step]:
                here[:] = 0
                for index in range(way_start[node], way_start[node + 1]):
                    edge = ways[index]
                    before = edge_from[edge]
                    if not live[before]:
                        continue
                    if kind == CLAUSE:
                        _join_without(here, element, allowed[edge, low:high],
                                      alive[before, low:high], moves[:, edge],
                                      epochs[:, low:high])  # fmt: skip
                    else:
                        _join(here, allowed[edge, low:high], alive[before, low:high])
                _keep(here, on[node, low:high])
            else:
                continue
            if kind == HOLDER:
                for pair in range(len(pairs)):
                    if pairs[pair, 0] == element and pairs[pair, 1] == service:
                        for w in range(here.size):
                            here[w] &= ~pair_bits[pair, low + w]
            live[node] = _any(here)
            if live[node]:
                for w in range(here.size):
                    reached[w] |= here[w]


@njit(cache=True, nogil=True)
def _join(here, way, there):
    for w in range(here.size):
        here[w] |= way[w] & there[w]


@njit(cache=True, nogil=True)
def _join_without(here, clause, way, there, codes, epochs):
    for w in range(here.size):
        some = way[w] & there[w]
        for e in range(codes.size):
            if codes[e] == clause + FIRST_CLAUSE:
                some &= ~epochs[e, w]
        here[w] |= some


@njit(cache=True, nogil=True)
def _keep(here, mask):
    for w in range(here.size):
        here[w] &= mask[w]


@njit(cache=True, nogil=True)
def _note(found, stamps, stamp, element, bits, mask, low):
    """Add states, from the word ``low`` on, to the set of an element, emptied first when it is that
    of an earlier question."""
    if stamps[element] != stamp:
        stamps[element] = stamp
        found[element] = 0
    for w in range(bits.size):
        found[element, low + w] |= bits[w] & mask[w]


@njit(cache=True, nogil=True)
def _elements_of_chains(last, backwards, group, found, stamps, stamp, taken, used, alive, live,
                        chain, step_start, node_service, takes_direct, way_start, ways, edge_from,
                        allowed, hang_start, hang_clause, hang_bits, pairs, pair_bits, pair_start,
                        access, services):  # fmt: skip
    """Choose one chain to step ``last`` in each state that has one, the first or (``backwards``)
    the last in the order of nodes; ``found[element]`` tells in which states it lies on it.

    Elements: services, then labels of persons, then clauses; only those whose stamp is ``stamp``.
    """
    words = alive.shape[1]
    rest = chain[last].copy()
    here = np.empty(words, np.uint64)
    for node in range(step_start[0], step_start[last + 1]):
        used[node] = False
    first, end = step_start[last], step_start[last + 1]
    for index in range(end - first):
        node = end - 1 - index if backwards else first + index
        if not live[node]:
            continue
        left = False
        for w in range(words):
            taken[node, w] = rest[w] & alive[node, w]
            rest[w] &= ~taken[node, w]
            used[node] |= taken[node, w] != 0
            left |= rest[w] != 0
        if not left:
            break
    step = last
    while True:
        pending = False
        for node in range(step_start[step], step_start[step + 1]):
            if not used[node]:
                continue
            service = node_service[node]
            _note(found, stamps, stamp, service, taken[node], taken[node], 0)
            for pair in range(pair_start[service], pair_start[service + 1]):
                _note(found, stamps, stamp, services + pairs[pair, 0], taken[node],
                      pair_bits[pair], 0)  # fmt: skip
            if takes_direct[step] and access[group, node]:
                continue
            pending = True
            rest[:] = taken[node]
            low, high = 0, words
            first, end = way_start[node], way_start[node + 1]
            for index in range(end - first):
                edge = ways[end - 1 - index if backwards else first + index]
                before = edge_from[edge]
                if not live[before]:
                    continue
                some = False
                following, end_of_rest = high, low
                for w in range(low, high):
                    here[w] = rest[w] & alive[before, w] & allowed[edge, w]
                    rest[w] &= ~here[w]
                    some |= here[w] != 0
                    if rest[w]:
                        following = min(following, w)
                        end_of_rest = w + 1
                if some:
                    if not used[before]:
                        used[before] = True
                        taken[before] = 0
                    for w in range(low, high):
                        taken[before, w] |= here[w]
                    for hang in range(hang_start[edge], hang_start[edge + 1]):
                        _note(found, stamps, stamp, 2 * services + hang_clause[hang],
                              here[low:high], hang_bits[hang, low:high], low)  # fmt: skip
                low, high = following, end_of_rest
                if low >= high:
                    break
        if not pending:
            return
        step -= 1


@njit(cache=True, nogil=True)
def _judge_services(in_class, step_start, node_service, on, reason, everywhere):  # fmt: skip
    """By step, whatever the commune: the states in which some service is reachable, and why none
    is in the others (``closed[step, code]``)."""
    steps, words = step_start.size - 1, on.shape[1]
    reached = np.zeros((steps, words), np.uint64)
    closed = np.zeros((steps, UNSTAFFED + 1, words), np.uint64)
    for step in range(steps):
        first, end = step_start[step], step_start[step + 1]
        for node in range(first, end):
            for w in range(words):
                reached[step, w] |= on[node, w]
        if not in_class[first:end].any():
            closed[step, NO_SERVICE] = everywhere
            continue
        for u in range(reason.shape[0]):
            if not (reached[step, u >> 6] >> np.uint64(u & 63)) & np.uint64(1):
                code = NOT_AUTHORISED
                for node in range(first, end):
                    if in_class[node]:
                        # Codes are in order: unstaffed wins over closed, closed over the rest.
                        code = max(code, reason[u, node_service[node]])
                _put(closed[step, code], u)
    return reached, closed


@njit(cache=True, nogil=True)
def _judge_holes(why, alive, live, chain, step_start, takes_direct, takes_referral, edge_from,
                 on, agreed, agreed_start, agreed_ways, reached, closed):  # fmt: skip
    """The first true reason of each step in each state without a chain: ``why[step, code]``."""
    words = on.shape[1]
    left = np.empty(words, np.uint64)
    sent = np.empty(words, np.uint64)
    for step in range(step_start.size - 1):
        why[step, : UNSTAFFED + 1] = closed[step]
        previous = chain[step - 1] if step > 0 else chain[0]
        doubtful = False
        for w in range(words):
            left[w] = reached[step, w] & ~chain[step, w]
            if not takes_direct[step]:
                why[step, PREVIOUS_STEP, w] = left[w] & ~previous[w]
                left[w] &= previous[w]
            doubtful |= left[w] != 0
        if not doubtful:
            continue
        if takes_referral[step]:
            sent[:] = 0
            for node in range(step_start[step], step_start[step + 1]):
                for index in range(agreed_start[node], agreed_start[node + 1]):
                    edge = agreed_ways[index]
                    if live[edge_from[edge]]:
                        for w in range(words):
                            sent[w] |= on[node, w] & agreed[edge, w] & alive[edge_from[edge], w]
            for w in range(words):
                why[step, NO_AGREEMENT, w] = left[w] & previous[w] & ~sent[w]
                left[w] &= ~why[step, NO_AGREEMENT, w]
        why[step, TOO_FAR] = left


@njit(cache=True, nogil=True)
def judge_states(step_start, node_service, in_class, takes_direct, takes_referral, edge_start,
                 edge_from, edge_journey, moves, clauses, epoch, reason, pairs, pair_bits,
                 access):  # fmt: skip
    """For each group of communes (those that can travel to the same entry sites), by step, sets
    of states: ``chain[group, step]`` where it has a chain, ``why[group, step, code]`` where it is
    a hole for a reason, and rows ``(group, step, kind, element)`` with the states in which the
    step has a chain but would be a hole without the element.

    ``pairs`` are (label, service) with the states ``pair_bits`` in which the service hangs on the
    person that the label stands for; they are in the order of services.
    """
    groups, states, steps = access.shape[0], reason.shape[0], step_start.size - 1
    services = reason.shape[1]
    words = (states + 63) // 64
    everywhere = np.zeros(words, np.uint64)
    for u in range(states):
        _put(everywhere, u)
    epochs, on, agreed, allowed = _sets_of_states(
        node_service, in_class, edge_journey, moves, epoch, reason, words)  # fmt: skip
    way_start, ways = _ways(edge_start, allowed)
    agreed_start, agreed_ways = _ways(edge_start, agreed)
    hang_start, hang_clause, hang_bits = _hanging(moves, epochs)
    reached, closed = _judge_services(
        in_class, step_start, node_service, on, reason, everywhere)  # fmt: skip
    chains = np.zeros((groups, steps, words), np.uint64)
    whys = np.zeros((groups, steps, TOO_FAR + 1, words), np.uint64)
    rows = np.empty((64, 4), np.int64)
    row_bits = np.empty((64, words), np.uint64)
    filled = 0
    nodes = node_service.size
    alive, other = np.empty((nodes, words), np.uint64), np.empty((nodes, words), np.uint64)
    live, used = np.zeros(nodes, np.bool_), np.zeros(nodes, np.bool_)
    still = np.empty((steps, words), np.uint64)
    elements = 2 * services + clauses
    found = np.empty((2, elements, words), np.uint64)
    stamps = np.zeros((2, elements), np.int64)
    stamp = 0
    # Elements suspected for a group, and the first and last words of the states concerned.
    suspects, suspected = np.empty(elements, np.int64), np.full(elements, -1, np.int64)
    span = np.empty((elements, 2), np.int64)
    pair_start = np.searchsorted(pairs[:, 1], np.arange(services + 1))
    for group in range(groups):
        chain = chains[group]
        _walk(-1, 0, 0, words, group, alive, live, chain, step_start, node_service, takes_direct,
              takes_referral, way_start, ways, edge_from, moves, epochs, on, allowed, pairs,
              pair_bits, access)  # fmt: skip
        _judge_holes(whys[group], alive, live, chain, step_start, takes_direct, takes_referral,
                     edge_from, on, agreed, agreed_start, agreed_ways, reached,
                     closed)  # fmt: skip
        count = 0
        for step in range(steps):
            if not _any(chain[step]):
                continue
            stamp += 1
            for way in range(2):
                _elements_of_chains(
                    step, way == 1, group, found[way], stamps[way], stamp, other, used, alive,
                    live, chain, step_start, node_service, takes_direct, way_start, ways,
                    edge_from, allowed, hang_start, hang_clause, hang_bits, pairs, pair_bits,
                    pair_start, access, services)  # fmt: skip
            # What opens a hole lies on every chain, so on both of these.
            for element in range(elements):
                if stamps[0, element] != stamp or stamps[1, element] != stamp:
                    continue
                for w in range(words):
                    if not found[0, element, w] & found[1, element, w]:
                        continue
                    if suspected[element] != group:
                        suspected[element] = group
                        span[element, 0], span[element, 1] = w, w + 1
                        suspects[count] = element
                        count += 1
                    span[element, 0] = min(span[element, 0], w)
                    span[element, 1] = max(span[element, 1], w + 1)
        for index in range(count):
            element = suspects[index]
            low, high = span[element, 0], span[element, 1]
            kind, name = SERVICE, element
            if element >= 2 * services:
                kind, name = CLAUSE, element - 2 * services
            elif element >= services:
                kind, name = HOLDER, element - services
            _walk(kind, name, low, high, group, other, used, still, step_start, node_service,
                  takes_direct, takes_referral, way_start, ways, edge_from, moves, epochs, on,
                  allowed, pairs, pair_bits, access)  # fmt: skip
            for step in range(steps):
                is_lost = False
                for w in range(low, high):
                    is_lost |= (chain[step, w] & ~still[step, w]) != 0
                if not is_lost:
                    continue
                if filled == len(rows):
                    more, more_bits = np.empty((2 * filled, 4), np.int64), np.empty(
                        (2 * filled, words), np.uint64)  # fmt: skip
                    more[:filled] = rows
                    more_bits[:filled] = row_bits
                    rows, row_bits = more, more_bits
                rows[filled, 0] = group
                rows[filled, 1] = step
                rows[filled, 2] = kind
                rows[filled, 3] = name
                row_bits[filled] = 0
                for w in range(low, high):
                    row_bits[filled, w] = chain[step, w] & ~still[step, w]
                filled += 1
    return chains, whys, rows[:filled].copy(), row_bits[:filled].copy()
