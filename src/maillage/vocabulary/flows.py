"""Flows of a table of counts: how far a hidden number may move with all that is shown kept.

The loops of :mod:`~maillage.vocabulary.disclosure`, over plain sequences of whole numbers, one item
for each arc (a cell) or each node (a sum). They run as they stand on lists, and compiled on arrays
for large tables (:func:`compiled`); the answer is the same.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import lru_cache
from types import FunctionType
from typing import Any

LIMITLESS = 1 << 50
"""The upper bound of a cell that has none."""


def loosen_all(cells: Any, arcs: Any, sums: Any, work: Any) -> None:
    """For each cell in turn, hide what it takes for its value to be able to fall and to rise by
    what it asks for.

    ``cells``: arcs, by how much down, by how much up, exposed (zeros; 1 is written where what is
    fixed forbids it). ``arcs``: tail, head, value, upper bound, hidden (0 or 1, written), price.
    ``sums``: for each node where its arcs begin in the list that follows, fixed arcs left out.
    ``work``: moved (by arc, zeros), arcs touched (as many), and by node: seen (zeros), last arc,
    when that was (zeros), arc it was reached by, cost, queue. Each is a tuple of sequences (a list
    of lists, uncompiled).
    """
    wanted, down, up, exposed = cells
    turn = 0
    for index in range(len(wanted)):
        turn, risen = _loosen(wanted[index], up[index], 1, turn, arcs, sums, work)
        turn, fallen = _loosen(wanted[index], down[index], -1, turn, arcs, sums, work)
        if not (risen and fallen):
            exposed[index] = 1


def _loosen(own: Any, amount: Any, way: Any, turn: Any, arcs: Any, sums: Any, work: Any) -> Any:
    """One cell, one way. The flow of the cell goes round: from its head back to its tail when it
    rises, the other way when it falls. Returns the number of searches so far, and whether it can.
    """
    tail, head, value, upper, hidden, _ = arcs
    moved, touched, came = work[0], work[1], work[5]
    many = 0
    if amount <= 0:
        return turn, True
    if way > 0:
        first, goal = head[own], tail[own]
    else:
        first, goal = tail[own], head[own]
    while amount > 0:
        turn += 1
        if not _shortest(first, goal, own, turn, arcs, sums, work):
            turn += 1
            if not _cheapest(first, goal, own, turn, arcs, sums, work):
                break
        room = amount
        node = goal
        while node != first:
            arc = came[node]
            if head[arc] == node:
                room = min(room, upper[arc] - value[arc] - moved[arc])
                node = tail[arc]
            else:
                room = min(room, value[arc] + moved[arc])
                node = head[arc]
        node = goal
        while node != first:
            arc = came[node]
            hidden[arc] = 1
            if moved[arc] == 0:
                if many < len(touched):
                    touched[many] = arc
                many += 1
            if head[arc] == node:
                moved[arc] += room
                node = tail[arc]
            else:
                moved[arc] -= room
                node = head[arc]
        amount -= room
    if many <= len(touched):
        for at in range(many):
            moved[touched[at]] = 0
    else:
        for arc in range(len(moved)):
            moved[arc] = 0
    return turn, amount <= 0


def _shortest(first: Any, goal: Any, own: Any, turn: Any, arcs: Any, sums: Any, work: Any) -> Any:
    """The shortest way through cells that are hidden already, the largest tried first, written into
    ``came``. The last step is known beforehand, so that no wide sum is walked for it."""
    tail, head, value, upper, hidden, _ = arcs
    starts, around = sums
    moved, _, seen, last, ending, came, _, queue = work
    for at in range(starts[goal], starts[goal + 1]):
        arc = around[at]
        if arc != own and hidden[arc] == 1:
            if head[arc] == goal:
                before, room = tail[arc], upper[arc] - value[arc] - moved[arc]
            else:
                before, room = head[arc], value[arc] + moved[arc]
            if room > 0 and ending[before] != turn:
                ending[before] = turn
                last[before] = arc
    if ending[first] == turn:
        came[goal] = last[first]
        return True
    seen[first] = turn
    queue[0] = first
    taken, waiting = 0, 1
    while taken < waiting:
        node = queue[taken]
        taken += 1
        for at in range(starts[node], starts[node + 1]):
            arc = around[at]
            if arc == own or hidden[arc] == 0:
                continue
            if tail[arc] == node:
                after, room = head[arc], upper[arc] - value[arc] - moved[arc]
            else:
                after, room = tail[arc], value[arc] + moved[arc]
            if room <= 0 or after == goal or seen[after] == turn:
                continue
            seen[after] = turn
            came[after] = arc
            if ending[after] == turn:
                came[goal] = last[after]
                return True
            queue[waiting] = after
            waiting += 1
    return False


def _cheapest(first: Any, goal: Any, own: Any, turn: Any, arcs: Any, sums: Any, work: Any) -> Any:
    """The way from a sum to another that hides least, written into ``came``."""
    tail, head, value, upper, hidden, price = arcs
    starts, around = sums
    moved, _, done, _, _, came, cost, _ = work
    for node in range(len(cost)):
        cost[node] = -1
    cost[first] = 0
    order = 0
    waiting = [(0, 0, first)]
    while len(waiting) > 0:
        spent, _, node = heapq.heappop(waiting)
        if node == goal:
            return True
        if done[node] == turn:
            continue
        done[node] = turn
        for at in range(starts[node], starts[node + 1]):
            arc = around[at]
            if arc == own:
                continue
            if tail[arc] == node:
                after, room = head[arc], upper[arc] - value[arc] - moved[arc]
            else:
                after, room = tail[arc], value[arc] + moved[arc]
            if room <= 0 or done[after] == turn:
                continue
            further = spent + (1 if hidden[arc] == 1 else price[arc])
            if cost[after] < 0 or further < cost[after]:
                cost[after] = further
                came[after] = arc
                order += 1
                heapq.heappush(waiting, (further, order, after))
    return False


@lru_cache(maxsize=1)
def compiled() -> Callable[..., None]:
    """The same loops as machine code, kept on disk between processes. The first call of a process
    takes half a second, the first on a computer some seconds."""
    from numba import njit

    # Each is made anew over names of its own, where those that it calls are compiled ones.
    space: dict[str, Any] = dict(globals())
    for plain in (_shortest, _cheapest, _loosen, loosen_all):
        space[plain.__name__] = njit(cache=True, nogil=True)(FunctionType(plain.__code__, space))
    found: Callable[..., None] = space["loosen_all"]
    return found
