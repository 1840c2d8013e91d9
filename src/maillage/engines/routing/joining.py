"""Groups of communes judged from the doors that they can travel to.

A chain begins at one door (a node that takes direct entries), so what a group of communes can do in
a state is what its doors can, together: it has a chain where one of its doors has, and hangs on an
element where all of its doors that have a chain do. Doors are hundreds where groups are thousands:
each door is judged by itself (``judging.py``), then each group is put together from sets of states.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from maillage.engines.routing.codes import CLAUSE, HOLDER
from maillage.engines.routing.judging import Plan, judge, judge_holes, kind_of, longer
from maillage.engines.routing.kernels import INNER

Bits = NDArray[np.uint64]


class Hanging(NamedTuple):
    """What each door hangs on, by step: rows ``start[step, door]`` to ``start[step, door + 1]``,
    each an ``element`` (services, then labels of persons, then clauses) with its ``bits``."""

    start: Any
    element: Any
    bits: Any


@njit(**INNER)
def _by_step_and_door(rows, row_bits, steps, doors, services):
    """Rows of ``judge`` put together by step and door."""
    start = np.zeros((steps, doors + 1), np.int64)
    element = np.empty(len(rows), np.int64)
    bits = np.empty_like(row_bits)
    filled = 0
    # Rows come by door; a row of each step at a time keeps them so.
    for step in range(steps):
        door = 0
        start[step, 0] = filled
        for row in range(len(rows)):
            if np.int64(rows[row, 1]) != step:
                continue
            while door < np.int64(rows[row, 0]):
                door += 1
                start[step, door] = filled
            element[filled] = np.int64(rows[row, 3])
            if rows[row, 2] == HOLDER:
                element[filled] += services
            elif rows[row, 2] == CLAUSE:
                element[filled] += 2 * services
            for w in range(bits.shape[1]):
                bits[filled, w] = row_bits[row, w]
            filled += 1
        while door < doors:
            door += 1
            start[step, door] = filled
    return Hanging(start, element, bits)


class Room(NamedTuple):
    """Arrays that serve again and again: ``found[element]`` states where ``stamps`` says so."""

    mine: Any
    rest: Any
    found: Any
    stamps: Any
    suspects: Any


@njit(**INNER)
def _unite(mine, sets, step, whole, rest, united):
    """What some doors have together, in ``united``; ``whole`` is what all doors have."""
    for w in range(rest.size):
        rest[w] = whole[w]
    for door in mine:
        left = np.uint64(0)
        for w in range(rest.size):
            rest[w] &= ~sets[door, step, w]
            left |= rest[w]
        if not left:
            break
    for w in range(rest.size):
        united[w] = whole[w] & ~rest[w]


@njit(**INNER)
def _covers(bits, others):
    for w in range(bits.size):  # noqa: SIM110 - compiled
        if others[w] & ~bits[w]:
            return False
    return True


@njit(**INNER)
def _share(mine, chains, step, whole, hanging, room, stamp, chain):
    """Give each state to the first door that has a chain there: ``chain`` has them all. What that
    door hangs on may be what all hang on: lists these elements, and their states; how many."""
    count = 0
    rest, found = room.rest, room.found
    for w in range(rest.size):
        rest[w] = whole[w]
    for door in mine:
        for row in range(hanging.start[step, door], hanging.start[step, door + 1]):
            some = np.uint64(0)
            for w in range(rest.size):
                some |= rest[w] & hanging.bits[row, w]
            if not some:
                continue
            element = hanging.element[row]
            if room.stamps[element] != stamp:
                room.stamps[element] = stamp
                room.suspects[count] = element
                count += 1
                for w in range(rest.size):
                    found[element, w] = 0
            for w in range(rest.size):
                found[element, w] |= rest[w] & hanging.bits[row, w]
        left = np.uint64(0)
        for w in range(rest.size):
            rest[w] &= ~chains[door, step, w]
            left |= rest[w]
        if not left:
            break
    for w in range(rest.size):
        chain[w] = whole[w] & ~rest[w]
    return count


@njit(**INNER)
def _keep_shared(mine, chains, step, hanging, element, states):
    """Keep the states in which every door that has a chain hangs on an element; whether any."""
    for door in mine:
        row = hanging.start[step, door]
        end = hanging.start[step, door + 1]
        while row < end and hanging.element[row] != element:
            row += 1
        left = np.uint64(0)
        for w in range(states.size):
            without = chains[door, step, w]
            if row < end:
                without &= ~hanging.bits[row, w]
            states[w] &= ~without
            left |= states[w]
        if not left:
            return False
    return True


@njit(**INNER)
def _whole(sets):
    """What all doors have together, by step."""
    found = np.zeros((sets.shape[1], sets.shape[2]), np.uint64)
    for door in range(len(sets)):
        for step in range(sets.shape[1]):
            for w in range(sets.shape[2]):
                found[step, w] |= sets[door, step, w]
    return found


@njit(cache=True, nogil=True)
def _join(access, door_chains, door_sents, door_rows, door_bits, reached, services, elements):
    """What ``judge`` says of each row of ``access[row, door]``, from what it says of each door
    alone. Where some chain may go on to a step is left empty when the step has a chain wherever it
    is ``reached``: nobody asks."""
    doors = access.shape[1]
    steps, words = door_chains.shape[1], door_chains.shape[2]
    hanging = _by_step_and_door(door_rows, door_bits, steps, doors, services)
    whole, whole_sent = _whole(door_chains), _whole(door_sents)
    chains = np.empty((len(access), steps, words), np.uint64)
    sents = np.zeros((len(access), steps, words), np.uint64)
    rows, row_bits = np.zeros((64, 4), np.uint64), np.zeros((64, words), np.uint64)
    room = Room(
        mine=np.empty(doors, np.int64),
        rest=np.empty(words, np.uint64),
        found=np.empty((elements, words), np.uint64),
        stamps=np.zeros(elements, np.int64),
        suspects=np.empty(elements, np.int64),
    )
    filled = stamp = np.int64(0)
    for group in range(len(access)):
        size = 0
        for door in range(doors):
            if access[group, door]:
                room.mine[size] = door
                size += 1
        mine = room.mine[:size]
        for step in range(steps):
            stamp += 1
            count = _share(mine, door_chains, step, whole[step], hanging, room, stamp,
                           chains[group, step])  # fmt: skip
            if not _covers(chains[group, step], reached[step]):
                _unite(mine, door_sents, step, whole_sent[step], room.rest, sents[group, step])
            for element in room.suspects[:count]:
                found = room.found[element]
                if not _keep_shared(mine, door_chains, step, hanging, element, found):
                    continue
                if filled == len(rows):
                    rows, row_bits = longer(rows), longer(row_bits)
                rows[filled, 0], rows[filled, 1] = group, step
                rows[filled, 2], rows[filled, 3] = kind_of(element, services)
                for w in range(words):
                    row_bits[filled, w] = found[w]
                filled += 1
    return chains, sents, rows[:filled], row_bits[:filled]


def judge_states(
    plan: Plan,
    clauses: int,
    epoch: NDArray[np.int32],
    reason: NDArray[np.int8],
    labelled: tuple[NDArray[np.int64], Bits, NDArray[np.int64]],
    access: NDArray[np.bool_],
) -> tuple[Bits, Bits, Bits, Bits, Bits]:
    """For each group of communes (those that can travel to the same entry sites), by step, sets
    of states: ``chain[group, step]`` where it has a chain, ``closed[step, code]`` where it is a
    hole for everybody, ``why[group, step, code - PREVIOUS_STEP]`` where it is one for the group,
    and rows ``(group, step, kind, element)`` with the states in which the step has a chain but
    would be a hole without the element.

    ``labelled`` is that of ``states.States``, ``access[group, node]`` whether the communes of a
    group can travel there.
    """
    doors = np.flatnonzero(np.repeat(plan.takes_direct, np.diff(plan.step_start)) & plan.in_class)
    is_joined = len(access) > doors.size
    asked = access
    if is_joined:
        asked = np.zeros((doors.size, access.shape[1]), np.bool_)
        asked[np.arange(doors.size), doors] = True
    reached, closed, *judged = judge(plan, clauses, epoch, reason, *labelled, asked)
    if is_joined:
        services = reason.shape[1]
        mine = np.ascontiguousarray(access[:, doors])
        judged = _join(mine, *judged, reached, services, 2 * services + clauses)
    chains, sents, rows, row_bits = judged
    whys = judge_holes(plan.takes_direct, plan.takes_referral, reached, chains, sents)
    return chains, closed, whys, rows, row_bits
