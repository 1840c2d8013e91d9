"""Which communes can enter a pathway by the same doors.

Whether a step has a chain, and what it hangs on, is the same for two communes that can travel to
the same entry sites. Doors that are alike (reachable in the same states, held by nobody alone, with
the same moves onward) need not be told apart: with two of them open to a commune, neither is ever
missed, whichever they are. So communes fall into few groups, and each group is judged once.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maillage.engines.routing.codes import INFINITE
from maillage.engines.routing.compiled import CompiledNetwork
from maillage.engines.routing.states import Flags, Ints, Shape, Shorts, States, distinct


@dataclass(frozen=True, slots=True, eq=False)
class Doors:
    """``travel[commune, site]`` in micros, the group of each commune, and ``access[group, node]``:
    whether its communes can travel to the site of a node, or to one that stands for it."""

    travel: Ints
    group_of: Shorts
    access: Flags


def doors_of(compiled: CompiledNetwork, shape: Shape, states: States) -> Doors:
    """Journeys from every commune to every site of a pathway, and the groups of communes."""
    travel = np.empty((len(compiled.communes), len(shape.sites)), np.int64)
    for index, site in enumerate(shape.sites):
        travel[:, index] = compiled.travel.column(site)
    direct = np.zeros(len(shape.node_service), np.bool_)
    for step in np.flatnonzero(shape.takes_direct).tolist():
        direct[shape.step_start[step] : shape.step_start[step + 1]] = True
    known: Flags = travel < INFINITE
    access = known[:, shape.node_site] & direct
    for alike in _alike(shape, states):
        both = access[:, alike].sum(axis=1) >= 2
        if both.any():
            access[np.ix_(both, alike)] = False
            access[np.ix_(both, alike[:2])] = True
    group_of, first = distinct(access)
    return Doors(travel, group_of, np.ascontiguousarray(access[first]))


def _alike(shape: Shape, states: States) -> list[NDArray[np.int64]]:
    """Sets of two nodes or more that stand for each other."""
    free = set(np.flatnonzero((states.label < 0).all(axis=0)).tolist())
    times = np.bincount(shape.node_service, minlength=len(shape.services))
    outward = np.argsort(shape.edge_from, kind="stable")
    ends = np.searchsorted(shape.edge_from[outward], np.arange(len(shape.node_service) + 1))
    sets: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for step in range(len(shape.steps)):
        if not shape.takes_direct[step] or shape.takes_referral[step]:
            continue
        for node in range(shape.step_start[step], shape.step_start[step + 1]):
            service = shape.node_service[node]
            if service not in free or times[service] > 1:
                continue
            edges = outward[ends[node] : ends[node + 1]]
            row = shape.services[service]
            key = (
                step,
                row.age_min,
                row.age_max,
                (states.reason[:, service] == 0).tobytes(),
                shape.moves[:, edges].tobytes(),
                (shape.edge_journey[edges] >= 0).tobytes(),
            )
            sets[key].append(node)
    return [np.array(nodes) for nodes in sets.values() if len(nodes) > 1]
