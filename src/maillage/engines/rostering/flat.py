"""All graphs and rules of a problem laid end to end, for compiled loops.

The objective is one number here: each level is multiplied so that one point of it weighs more than
all that the levels below could change (:func:`level_weights`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maillage.engines.rostering.compiled import FREE, Compiled, Ints
from maillage.engines.rostering.graphs import Graph

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

LARGEST_TOTAL = float(1 << 52)
"""Beyond it, doubles no longer hold every whole number."""


class Flat(NamedTuple):
    """Arrays of all people. ``x_of[p] : x_of[p + 1]`` are the entries of person ``p``.

    Nodes, arcs and options of a person are numbered from 0. ``window_*``: the windows that the
    graphs leave out; those with a table cost, the others bind.
    """

    node_of: Ints
    start: Ints
    arc_of: Ints
    options: NDArray[np.int32]
    to: NDArray[np.int32]
    ends: Ints
    end_of: Ints
    end_costs: Floats
    option_of: Ints
    slot_start: Ints
    option_slots: Ints
    hold: Floats
    fixed: Floats
    day: Ints
    required: Ints
    under: Floats
    over: Floats
    can_exceed: NDArray[np.bool_]
    pinned: NDArray[np.bool_]
    window_of: Ints
    window_slot_of: Ints
    window_slots: Ints
    window_adds: Ints
    window_maximum: Ints
    window_minimum: Ints
    window_table_of: Ints
    window_tables: Floats


def level_weights(compiled: Compiled) -> Floats:
    """What a point of each level weighs, the last being 1.

    Where the product would pass what a double holds exactly, weights are brought down: the search
    then compares levels itself before it keeps a roster (see :mod:`search`).
    """
    reach = _reach_of_levels(compiled)
    weights = np.ones(compiled.levels, dtype=np.float64)
    for level in range(compiled.levels - 2, -1, -1):
        weights[level] = weights[level + 1] * (reach[level + 1] + 1)
    total = float((weights * reach).sum())
    while total > LARGEST_TOTAL:
        ratio = (total / LARGEST_TOTAL) ** (1 / max(1, compiled.levels - 1))
        for level in range(compiled.levels - 1):
            weights[level] = max(1.0, np.floor(weights[level] / (ratio * 1.01)))
        total = float((weights * reach).sum())
        if weights.max() <= 1:
            break
    return weights


def _reach_of_levels(compiled: Compiled) -> Floats:
    """How far apart two rosters may be at each level."""
    reach = (compiled.under * compiled.required).sum(axis=1).astype(np.float64)
    able = np.sum([person.may for person in compiled.people], axis=0)
    reach += (compiled.over * np.maximum(able - compiled.required, 0)).sum(axis=1)
    for person in compiled.people:
        reach += np.abs(person.hold[:, person.may]).sum(axis=1)
        for window in person.windows:
            if window.table is not None and compiled.shares_level != FREE:
                reach[compiled.shares_level] += window.table.max() - window.table.min()
    return reach


def lay_out(compiled: Compiled, graphs: list[Graph], weights: Floats) -> Flat:
    """The arrays of a problem whose levels weigh ``weights``."""
    shares = weights[compiled.shares_level] if compiled.shares_level != FREE else 0.0
    hold = np.array([weights @ person.hold for person in compiled.people])
    windows = _windows(compiled, graphs, shares)
    option_lengths = [len(option) for graph in graphs for option in graph.option_slots]
    return Flat(
        node_of=_offsets([graph.nodes + 1 for graph in graphs]),
        start=np.concatenate([graph.start for graph in graphs]),
        arc_of=_offsets([len(graph.to) for graph in graphs]),
        options=np.concatenate([graph.options for graph in graphs]),
        to=np.concatenate([graph.to for graph in graphs]),
        ends=np.array([graph.ends for graph in graphs], dtype=np.int64),
        end_of=_offsets([graph.ends for graph in graphs]),
        end_costs=np.concatenate([graph.end_costs for graph in graphs]) * shares,
        option_of=_offsets([len(graph.option_slots) for graph in graphs]),
        slot_start=_offsets(option_lengths),
        option_slots=np.array(
            [slot for graph in graphs for option in graph.option_slots for slot in option],
            dtype=np.int64,
        ),
        hold=hold.reshape(len(graphs), len(compiled.slots)),
        fixed=np.array([weights @ person.fixed for person in compiled.people]),
        day=compiled.day,
        required=compiled.required,
        under=weights @ compiled.under,
        over=weights @ compiled.over,
        can_exceed=compiled.can_exceed,
        pinned=np.array([person.pinned for person in compiled.people]),
        **windows,  # type: ignore[arg-type]
    )


def _offsets(lengths: list[int]) -> Ints:
    result: Ints = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    return result


def _windows(compiled: Compiled, graphs: list[Graph], shares: float) -> dict[str, Ints | Floats]:
    """The windows that graphs leave out, as sparse sums."""
    rows = [
        [person.windows[at] for at in graph.relaxed]
        for person, graph in zip(compiled.people, graphs, strict=True)
    ]
    every = [window for row in rows for window in row]
    slots = [np.flatnonzero(window.adds) for window in every]
    tables = [window.table for window in every if window.table is not None]
    padded = np.zeros((max(1, len(tables)), max((len(t) for t in tables), default=1)))
    for at, table in enumerate(tables):
        padded[at, : len(table)] = table * shares
    numbers = np.cumsum([window.table is not None for window in every]) - 1
    table_of = [
        int(number) if window.table is not None else FREE
        for number, window in zip(numbers, every, strict=True)
    ]
    empty = np.zeros(0, dtype=np.int64)
    return {
        "window_of": _offsets([len(row) for row in rows]),
        "window_slot_of": _offsets([len(found) for found in slots]),
        "window_slots": np.concatenate([*slots, empty]).astype(np.int64),
        "window_adds": np.concatenate(
            [*(window.adds[found] for window, found in zip(every, slots, strict=True)), empty]
        ),
        "window_maximum": np.array([window.maximum for window in every], dtype=np.int64),
        "window_minimum": np.array([window.minimum for window in every], dtype=np.int64),
        "window_table_of": np.array(table_of, dtype=np.int64),
        "window_tables": padded,
    }
