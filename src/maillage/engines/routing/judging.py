"""Which steps have a chain, why the others have none, and what the chains hang on.

Compiled loops over sets of states (bits): one operation on a word speaks for 64 states at once.
What they decide is what ``resolution.py`` and ``fragility.py`` decide for one instant; the tests
hold both against one slow reference.

An element (a service, a person, a clause) opens a hole only where it lies on every chain. Two
chains are chosen per state, as different as two orders of search make them; only the elements on
both are taken away in turn, and only over the states concerned.
"""

from __future__ import annotations

from typing import Any, NamedTuple

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
from maillage.engines.routing.kernels import INNER


class Plan(NamedTuple):
    """The nodes and edges of a pathway, as in ``states.Shape``; ``in_class`` for one age class."""

    step_start: Any
    node_service: Any
    in_class: Any
    takes_direct: Any
    takes_referral: Any
    edge_start: Any
    edge_from: Any
    edge_journey: Any
    moves: Any


class Ground(NamedTuple):
    """Everything that does not depend on the commune, as sets of states.

    ``on[node]`` reachable; ``agreed[edge]`` the move is allowed, ``allowed[edge]`` and the journey
    known; ``ways`` are the edges into node ``n`` that ever are, from ``way_start[n]`` on, and so
    for ``agreed_ways``. Edge ``e`` hangs on ``hang_clause[h]`` in ``hang_bits[h]``, from
    ``hang_start[e]`` on. Service ``s`` hangs on the label ``pairs[p, 0]`` in ``pair_bits[p]``, from
    ``pair_start[s]`` on. ``reached[step]``: some service is reachable; ``closed[step, code]``: none
    is, and why.
    """

    on: Any
    agreed: Any
    allowed: Any
    way_start: Any
    ways: Any
    agreed_start: Any
    agreed_ways: Any
    hang_start: Any
    hang_clause: Any
    hang_bits: Any
    pairs: Any
    pair_bits: Any
    pair_start: Any
    reached: Any
    closed: Any


class Scratch(NamedTuple):
    """Arrays that serve again and again. ``alive[node]`` and ``live``: states in which a node has a
    chain, and whether there are any; ``other``, ``used``, ``still``: the same without an element.
    ``found[way, element]`` counts where ``stamps`` says so. ``suspects`` are listed with the first
    and last words of their states in ``span``."""

    alive: Any
    live: Any
    other: Any
    used: Any
    still: Any
    found: Any
    stamps: Any
    suspects: Any
    suspected: Any
    span: Any


@njit(**INNER)
def _put(bits, u):
    bits[u >> 6] |= np.uint64(1) << np.uint64(u & 63)


@njit(**INNER)
def _any(bits):
    for w in range(bits.size):  # noqa: SIM110 - compiled
        if bits[w]:
            return True
    return False


@njit(**INNER)
def _or(bits, others):
    for w in range(bits.size):
        bits[w] |= others[w]


@njit(**INNER)
def longer(rows):
    """The same sets, with room for as many again."""
    more = np.zeros((2 * len(rows), rows.shape[1]), np.uint64)
    for row in range(len(rows)):
        _or(more[row], rows[row])
    return more


# The ground, once for all communes


@njit(**INNER)
def _states_of_nodes(plan, reason, words):
    on = np.zeros((plan.node_service.size, words), np.uint64)
    for node in range(plan.node_service.size):
        if plan.in_class[node]:
            for u in range(reason.shape[0]):
                if reason[u, plan.node_service[node]] == 0:
                    _put(on[node], u)
    return on


@njit(**INNER)
def _states_of_edges(plan, epochs):
    agreed = np.zeros((plan.edge_journey.size, epochs.shape[1]), np.uint64)
    allowed = np.zeros((plan.edge_journey.size, epochs.shape[1]), np.uint64)
    for edge in range(plan.edge_journey.size):
        for e in range(len(epochs)):
            if plan.moves[e, edge] != 0:
                _or(agreed[edge], epochs[e])
        if plan.edge_journey[edge] >= 0:
            _or(allowed[edge], agreed[edge])
    return agreed, allowed


@njit(**INNER)
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
    return starts, ways


@njit(**INNER)
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
                    bits = longer(bits)
                clauses[count] = clause
                count += 1
            _or(bits[row], epochs[e])
        starts[edge + 1] = count
    return starts, clauses, bits


@njit(**INNER)
def _judge_services(plan, on, reason, everywhere):
    """By step, whatever the commune: the states in which some service is reachable, and why none
    is in the others (``closed[step, code]``)."""
    steps, words = plan.step_start.size - 1, on.shape[1]
    reached = np.zeros((steps, words), np.uint64)
    closed = np.zeros((steps, UNSTAFFED + 1, words), np.uint64)
    for step in range(steps):
        first, end = plan.step_start[step], plan.step_start[step + 1]
        any_candidate = False
        for node in range(first, end):
            any_candidate |= plan.in_class[node]
            _or(reached[step], on[node])
        if not any_candidate:
            _or(closed[step, NO_SERVICE], everywhere)
            continue
        for u in range(reason.shape[0]):
            if not (reached[step, u >> 6] >> np.uint64(u & 63)) & np.uint64(1):
                code = NOT_AUTHORISED
                for node in range(first, end):
                    if plan.in_class[node]:
                        # Codes are in order: unstaffed wins over closed, closed over the rest.
                        code = max(code, reason[u, plan.node_service[node]])
                _put(closed[step, code], u)
    return reached, closed


@njit(**INNER)
def ground_of(plan, epoch, reason, pairs, pair_bits, pair_start):
    states = len(reason)
    words = (states + 63) // 64
    everywhere = np.zeros(words, np.uint64)
    epochs = np.zeros((len(plan.moves), words), np.uint64)
    for u in range(states):
        _put(everywhere, u)
        _put(epochs[epoch[u]], u)
    on = _states_of_nodes(plan, reason, words)
    agreed, allowed = _states_of_edges(plan, epochs)
    way_start, ways = _ways(plan.edge_start, allowed)
    agreed_start, agreed_ways = _ways(plan.edge_start, agreed)
    hang_start, hang_clause, hang_bits = _hanging(plan.moves, epochs)
    reached, closed = _judge_services(plan, on, reason, everywhere)
    return Ground(
        on, agreed, allowed, way_start, ways, agreed_start, agreed_ways,
        hang_start, hang_clause, hang_bits, pairs, pair_bits, pair_start, reached, closed,
    )  # fmt: skip


# One group of communes: chains and holes


@njit(**INNER)
def _walk(plan, ground, access, kind, element, low, high, alive, live, chain):
    """States in which each node has a chain (``alive``), and each step (``chain``), without an
    element (``kind`` -1: none), in the words ``low`` to ``high``; the others are not touched."""
    for step in range(plan.step_start.size - 1):
        reached = chain[step, low:high]
        for w in range(reached.size):
            reached[w] = 0
        for node in range(plan.step_start[step], plan.step_start[step + 1]):
            live[node] = False
            service = plan.node_service[node]
            if kind == SERVICE and service == element:
                continue
            here = alive[node, low:high]
            if plan.takes_direct[step] and access[node]:
                for w in range(here.size):
                    here[w] = ground.on[node, low + w]
            elif plan.takes_referral[step]:
                clause = element if kind == CLAUSE else -1
                _receive(plan, ground, node, clause, low, high, alive, live)
            else:
                continue
            if kind == HOLDER:
                for pair in range(ground.pair_start[service], ground.pair_start[service + 1]):
                    if ground.pairs[pair, 0] == element:
                        for w in range(here.size):
                            here[w] &= ~ground.pair_bits[pair, low + w]
            live[node] = _any(here)
            if live[node]:
                _or(reached, here)


@njit(**INNER)
def _receive(plan, ground, node, clause, low, high, alive, live):
    """The states in which some chain goes on to a node, whatever one clause (-1: none) allows."""
    here = alive[node, low:high]
    for w in range(here.size):
        here[w] = 0
    for index in range(ground.way_start[node], ground.way_start[node + 1]):
        edge = ground.ways[index]
        before = plan.edge_from[edge]
        if not live[before]:
            continue
        lost = -1
        if clause >= 0:
            for hang in range(ground.hang_start[edge], ground.hang_start[edge + 1]):
                if ground.hang_clause[hang] == clause:
                    lost = hang
        way, there = ground.allowed[edge, low:high], alive[before, low:high]
        if lost < 0:
            for w in range(here.size):
                here[w] |= way[w] & there[w]
        else:
            for w in range(here.size):
                here[w] |= way[w] & there[w] & ~ground.hang_bits[lost, low + w]
    mask = ground.on[node, low:high]
    for w in range(here.size):
        here[w] &= mask[w]


@njit(**INNER)
def _agreed_from(plan, ground, step, alive, live, sent):
    """The states in which some chain may go on to a reachable service of a step, whether the
    journey is known or not: ``sent``, which comes empty."""
    for node in range(plan.step_start[step], plan.step_start[step + 1]):
        for index in range(ground.agreed_start[node], ground.agreed_start[node + 1]):
            edge = ground.agreed_ways[index]
            before = plan.edge_from[edge]
            if live[before]:
                for w in range(sent.size):
                    some = ground.agreed[edge, w] & alive[before, w]
                    sent[w] |= ground.on[node, w] & some


# One group of communes: what its chains hang on


@njit(**INNER)
def _note(found, stamps, stamp, element, bits, mask, low):
    """Add states, from the word ``low`` on, to the set of an element, emptied first when it is that
    of an earlier question."""
    if stamps[element] != stamp:
        stamps[element] = stamp
        for w in range(found.shape[1]):
            found[element, w] = 0
    for w in range(bits.size):
        found[element, low + w] |= bits[w] & mask[w]


@njit(**INNER)
def _end_chains(plan, last, backwards, chain, scratch):
    """Share the states of the last step between its nodes: each state to the first, or the last,
    node that has a chain there."""
    rest = chain[last].copy()
    for node in range(plan.step_start[0], plan.step_start[last + 1]):
        scratch.used[node] = False
    first, end = plan.step_start[last], plan.step_start[last + 1]
    for index in range(end - first):
        node = end - 1 - index if backwards else first + index
        if not scratch.live[node]:
            continue
        left = False
        for w in range(rest.size):
            scratch.other[node, w] = rest[w] & scratch.alive[node, w]
            rest[w] &= ~scratch.other[node, w]
            scratch.used[node] |= scratch.other[node, w] != 0
            left |= rest[w] != 0
        if not left:
            return


@njit(**INNER)
def _trace(plan, ground, access, last, way, chain, scratch, stamp, services):
    """Choose one chain to step ``last`` in each state that has one, going by the order of nodes
    (``way`` 0) or backwards (1), and note in which states each element lies on it.

    Elements: services, then labels of persons, then clauses.
    """
    backwards = way == 1
    low = way - way
    found, stamps = scratch.found[way], scratch.stamps[way]
    _end_chains(plan, last, backwards, chain, scratch)
    for step in range(last, -1, -1):
        for node in range(plan.step_start[step], plan.step_start[step + 1]):
            if not scratch.used[node]:
                continue
            taken = scratch.other[node]
            service = plan.node_service[node]
            _note(found, stamps, stamp, service, taken, taken, low)
            for pair in range(ground.pair_start[service], ground.pair_start[service + 1]):
                label = services + ground.pairs[pair, 0]
                _note(found, stamps, stamp, label, taken, ground.pair_bits[pair], low)
            if not (plan.takes_direct[step] and access[node]):
                _trace_back(plan, ground, node, backwards, scratch, found, stamps, stamp,
                            2 * services)  # fmt: skip


@njit(**INNER)
def _trace_back(plan, ground, node, backwards, scratch, found, stamps, stamp, clauses):
    """Share the states taken at a node between the nodes that send to it."""
    rest = scratch.other[node].copy()
    here = np.empty_like(rest)
    low, high = 0, rest.size
    first, end = ground.way_start[node], ground.way_start[node + 1]
    for index in range(end - first):
        edge = ground.ways[end - 1 - index if backwards else first + index]
        before = plan.edge_from[edge]
        if not scratch.live[before]:
            continue
        some = False
        following, end_of_rest = high, low
        for w in range(low, high):
            here[w] = rest[w] & scratch.alive[before, w] & ground.allowed[edge, w]
            rest[w] &= ~here[w]
            some |= here[w] != 0
            if rest[w]:
                following = min(following, w)
                end_of_rest = w + 1
        if some:
            if not scratch.used[before]:
                scratch.used[before] = True
                for w in range(rest.size):
                    scratch.other[before, w] = 0
            for w in range(low, high):
                scratch.other[before, w] |= here[w]
            for hang in range(ground.hang_start[edge], ground.hang_start[edge + 1]):
                _note(found, stamps, stamp, clauses + ground.hang_clause[hang], here[low:high],
                      ground.hang_bits[hang, low:high], low)  # fmt: skip
        low, high = following, end_of_rest
        if low >= high:
            return


@njit(**INNER)
def _suspect(plan, ground, access, group, chain, scratch, stamp, services):
    """List the elements that lie on both chains chosen for some state; their number, and the
    stamp reached."""
    count = 0
    for step in range(plan.step_start.size - 1):
        if not _any(chain[step]):
            continue
        stamp += 1
        for way in range(2):
            _trace(plan, ground, access, step, way, chain, scratch, stamp, services)
        for element in range(scratch.stamps.shape[1]):
            if scratch.stamps[0, element] != stamp or scratch.stamps[1, element] != stamp:
                continue
            for w in range(chain.shape[1]):
                if not scratch.found[0, element, w] & scratch.found[1, element, w]:
                    continue
                if scratch.suspected[element] != group:
                    scratch.suspected[element] = group
                    scratch.span[element, 0], scratch.span[element, 1] = w, w + 1
                    scratch.suspects[count] = element
                    count += 1
                scratch.span[element, 0] = min(scratch.span[element, 0], w)
                scratch.span[element, 1] = max(scratch.span[element, 1], w + 1)
    return count, stamp


@njit(**INNER)
def kind_of(element, services):
    if element >= 2 * services:
        return CLAUSE, element - 2 * services
    return (HOLDER, element - services) if element >= services else (SERVICE, element)


@njit(**INNER)
def _scratch(nodes, steps, words, elements):
    return Scratch(
        alive=np.empty((nodes, words), np.uint64),
        live=np.zeros(nodes, np.bool_),
        other=np.empty((nodes, words), np.uint64),
        used=np.zeros(nodes, np.bool_),
        still=np.empty((steps, words), np.uint64),
        found=np.empty((2, elements, words), np.uint64),
        stamps=np.zeros((2, elements), np.int64),
        suspects=np.empty(elements, np.int64),
        suspected=np.full(elements, -1, np.int64),
        span=np.empty((elements, 2), np.int64),
    )


@njit(cache=True, nogil=True)
def judge(plan, clauses, epoch, reason, pairs, pair_bits, pair_start, access):
    """For each row of ``access[row, node]`` (where residents can travel to), by step, sets of
    states: ``chain[row, step]`` where it has a chain, ``sent[row, step]`` where some chain may go
    on to it, known journey or not, and rows ``(row, step, kind, element)`` with the states in which
    the step has a chain but would be a hole without the element. Before these, ``reached`` and
    ``closed`` of :class:`Ground`.

    ``plan`` is a :class:`Plan`. ``pairs`` are (label, service), sorted by service, with the states
    ``pair_bits`` in which the service hangs on the person that the label stands for;
    ``pair_start`` where each begins.
    """
    ground = ground_of(plan, epoch, reason, pairs, pair_bits, pair_start)
    steps, services = plan.step_start.size - 1, reason.shape[1]
    words = ground.on.shape[1]
    chains = np.zeros((len(access), steps, words), np.uint64)
    sents = np.zeros((len(access), steps, words), np.uint64)
    rows, row_bits = np.zeros((64, 4), np.uint64), np.zeros((64, words), np.uint64)
    filled = stamp = nothing = np.int64(0)
    scratch = _scratch(plan.node_service.size, steps, words, 2 * services + clauses)
    for group in range(len(access)):
        chain = chains[group]
        _walk(plan, ground, access[group], nothing - 1, nothing, nothing, words, scratch.alive,
              scratch.live, chain)  # fmt: skip
        for step in range(steps):
            if plan.takes_referral[step]:
                _agreed_from(plan, ground, step, scratch.alive, scratch.live, sents[group, step])
        count, stamp = _suspect(
            plan, ground, access[group], group, chain, scratch, stamp, services)  # fmt: skip
        for index in range(count):
            element = scratch.suspects[index]
            kind, name = kind_of(element, services)
            low, high = scratch.span[element, 0], scratch.span[element, 1]
            _walk(plan, ground, access[group], kind, name, low, high, scratch.other, scratch.used,
                  scratch.still)  # fmt: skip
            for step in range(steps):
                if filled == len(rows):
                    rows, row_bits = longer(rows), longer(row_bits)
                is_lost = False
                for w in range(low, high):
                    row_bits[filled, w] = chain[step, w] & ~scratch.still[step, w]
                    is_lost |= row_bits[filled, w] != 0
                if is_lost:
                    rows[filled, 0] = group
                    rows[filled, 1] = step
                    rows[filled, 2] = kind
                    rows[filled, 3] = name
                    filled += 1
    return ground.reached, ground.closed, chains, sents, rows[:filled], row_bits[:filled]


@njit(cache=True, nogil=True)
def judge_holes(takes_direct, takes_referral, reached, chains, sents):
    """Why a step has no chain though some of its services is reachable: the first true reason in
    each state, ``why[group, step, code - PREVIOUS_STEP]``. ``sents`` is where some chain may go on
    to the step, known journey or not."""
    groups, steps, words = chains.shape
    whys = np.zeros((groups, steps, TOO_FAR - PREVIOUS_STEP + 1, words), np.uint64)
    for group in range(groups):
        for step in range(steps):
            chain, why = chains[group, step], whys[group, step]
            for w in range(words):
                left = reached[step, w] & ~chain[w]
                if left and not takes_direct[step]:
                    before = chains[group, step - 1, w]
                    why[0, w] = left & ~before
                    left &= before
                if left and takes_referral[step]:
                    sent = sents[group, step, w]
                    why[NO_AGREEMENT - PREVIOUS_STEP, w] = left & chains[group, step - 1, w] & ~sent
                    left &= ~why[NO_AGREEMENT - PREVIOUS_STEP, w]
                why[TOO_FAR - PREVIOUS_STEP, w] = left
    return whys
