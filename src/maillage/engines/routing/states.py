"""One pathway over a horizon, reduced to its distinct states.

Between two change points nothing changes, and most of what comes back week after week is the same
situation again. The grid of a pathway is cut at every change point of what it depends on; intervals
in which everything that matters is equal are one *state* with a total duration. Sets of instants
are then sets of states (bits), never larger than the grid and mostly a tenth of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from maillage.engines.routing.codes import FIRST_CLAUSE, FREE_MOVE, INFINITE, NO_MOVE
from maillage.engines.routing.compiled import CompiledNetwork, CompiledStep
from maillage.engines.routing.moves import Move
from maillage.engines.routing.network import Pathway
from maillage.engines.routing.people import LAST_AGE
from maillage.engines.routing.reachability import CompiledService
from maillage.engines.routing.timelines import Horizon, Timeline, Timelines, durations, ordered

Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """The nodes of a pathway (one service in one step) and the edges between them.

    Nodes of step ``j`` are ``step_start[j]`` to ``step_start[j + 1]``; edges into a node are
    ``edge_start[node]`` to ``edge_start[node + 1]``. ``edge_journey`` is -1 for no journey.
    ``moves[epoch, edge]`` are codes; ``clauses`` names their indexes.
    """

    steps: tuple[CompiledStep, ...]
    services: tuple[CompiledService, ...]
    step_start: Shorts
    node_service: Shorts
    takes_direct: Flags
    takes_referral: Flags
    edge_start: Shorts
    edge_from: Shorts
    edge_journey: Ints
    moves: Shorts
    epoch_starts: tuple[int, ...]
    clauses: tuple[str, ...]
    sites: tuple[str, ...]
    node_site: Shorts


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """The grid of a pathway and its distinct states.

    ``starts`` and ``of`` go over the intervals of the grid; ``holder[t, service]`` is an index in
    ``holders``. The rest goes over the states: ``reason``, ``response`` and ``label`` by service
    (``label`` joins the services that hang on one person), ``epoch``, ``required`` by step, and
    ``duration`` in units of ``unit`` ticks (``table``: the same by sets of eight).
    """

    starts: Ints
    length: Ints
    of: Shorts
    holder: Shorts
    holders: tuple[str, ...]
    reason: NDArray[np.int8]
    response: Ints
    label: Shorts
    epoch: Shorts
    required: Flags
    duration: Ints
    table: Ints
    unit: int

    @property
    def count(self) -> int:
        return int(self.duration.size)

    @property
    def words(self) -> int:
        return (self.count + 63) // 64

    def labelled(self) -> tuple[Ints, NDArray[np.uint64], Ints]:
        """Pairs (label, service), sorted by service, and, as bits, the states in which the service
        hangs on the person that the label stands for; then where the pairs of each service
        begin."""
        ranks = np.arange(self.label.shape[1])
        own = self.label == ranks
        alone = np.flatnonzero(own.any(axis=0))
        states, services = np.nonzero((self.label >= 0) & ~own)
        keys = services << 32 | self.label[states, services]
        shared, rank = np.unique(keys, return_inverse=True)
        flags = np.zeros((alone.size + shared.size, self.count), np.bool_)
        flags[: alone.size] = own[:, alone].T
        flags[alone.size + rank, states] = True
        labels = np.append(alone, shared & 0xFFFFFFFF)
        of_services = np.append(alone, shared >> 32)
        order = np.argsort(of_services, kind="stable")
        pairs = np.stack([labels[order], of_services[order]], axis=1)
        starts = np.searchsorted(pairs[:, 1], np.arange(ranks.size + 1))
        return np.ascontiguousarray(pairs, np.int64), as_bits(flags[order]), starts


def as_bits(flags: Flags) -> NDArray[np.uint64]:
    """Flags by row as bits, state ``u`` being bit ``u % 64`` of word ``u // 64``."""
    rows, states = flags.shape
    packed = np.zeros((rows, (states + 63) // 64 * 8), np.uint8)
    bits = np.packbits(flags, axis=1, bitorder="little")
    packed[:, : bits.shape[1]] = bits
    return packed.view("<u8")


def age_classes(pathway: Pathway, steps: Sequence[CompiledStep]) -> list[tuple[int, int]]:
    """The ages of a pathway, cut where the list of services that take the age changes."""
    first = pathway.age_min
    last = pathway.age_max if pathway.age_max is not None else max(LAST_AGE, first + 1)
    ends = {first, last}
    for step in steps:
        for service in step.services:
            ends |= {age for age in (service.age_min, service.age_max) if age is not None}
    cuts = sorted(age for age in ends if first <= age <= last)
    return list(pairwise(cuts))


def shape_of(compiled: CompiledNetwork, pathway: str, horizon: Horizon) -> Shape:
    """The nodes and edges of a pathway, with the moves of every epoch of the horizon."""
    steps = compiled.pathways[pathway]
    by_id = {service.id: service for step in steps for service in step.services}
    services = tuple(by_id[key] for key in sorted(by_id))
    rank = {service.id: index for index, service in enumerate(services)}
    sites = tuple(sorted({service.site for service in services}))
    site_rank = {site: index for index, site in enumerate(sites)}
    nodes = [service for step in steps for service in step.services]
    sizes = [0, *(len(step.services) for step in steps)]
    edges = _edges(compiled, steps)
    epoch_starts, moves, clauses = _moves(compiled, steps, horizon)
    return Shape(
        steps=steps,
        services=services,
        step_start=np.cumsum(np.array(sizes, np.int32), dtype=np.int32),
        node_service=np.array([rank[node.id] for node in nodes], np.int32),
        takes_direct=np.array([step.takes_direct for step in steps], np.bool_),
        takes_referral=np.array([step.takes_referral for step in steps], np.bool_),
        edge_start=edges[0],
        edge_from=edges[1],
        edge_journey=edges[2],
        moves=moves,
        epoch_starts=epoch_starts,
        clauses=clauses,
        sites=sites,
        node_site=np.array([site_rank[node.site] for node in nodes], np.int32),
    )


def _edges(compiled: CompiledNetwork, steps: Sequence[CompiledStep]) -> tuple[Shorts, Shorts, Ints]:
    starts: list[int] = [0]
    origins: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    journeys: list[Ints] = [np.zeros(0, np.int64)]
    before: Sequence[CompiledService] = ()
    first = 0
    for step in steps:
        senders = compiled.travel.ranks([sender.site for sender in before])
        ranks = first + np.arange(len(before))
        for service in step.services:
            if step.takes_referral:
                minutes = compiled.travel.between(service.site)[senders]
                origins.append(ranks)
                journeys.append(np.where(minutes >= INFINITE, -1, minutes))
            starts.append(starts[-1] + (len(before) if step.takes_referral else 0))
        first += len(before)
        before = step.services
    return (
        np.array(starts, np.int32),
        np.concatenate(origins).astype(np.int32),
        np.concatenate(journeys),
    )


def _moves(
    compiled: CompiledNetwork, steps: Sequence[CompiledStep], horizon: Horizon
) -> tuple[tuple[int, ...], Shorts, tuple[str, ...]]:
    """First days of the epochs that differ, the codes of their moves, and the clauses named."""
    pairs = [
        (
            _ranked([sender.organization for sender in before.services]),
            _ranked([service.organization for service in step.services]),
            str(step.step.care_type),
        )
        for before, step in pairwise(steps)
        if step.takes_referral
    ]
    organizations = {name for (senders, _), (targets, _), _ in pairs for name in senders + targets}
    care_types = {care_type for _, _, care_type in pairs}
    clauses: dict[str, int] = {}
    first = horizon.first_day
    ranks = [
        ({a: rank for rank, a in enumerate(senders)}, {b: rank for rank, b in enumerate(targets)})
        for (senders, _), (targets, _), _ in pairs
    ]
    tables = []
    for (sender_rank, target_rank), (_, _, care_type) in zip(ranks, pairs, strict=True):
        table = np.full((len(target_rank), len(sender_rank)), NO_MOVE, np.int32)
        for a, b, found in compiled.moves.on(first).between(sender_rank, target_rank, care_type):
            table[target_rank[b], sender_rank[a]] = _code(found, clauses)
        tables.append(table)
    starts, rows = [horizon.first_day], [_row(pairs, tables)]
    for day, moved, members in compiled.moves.changes(horizon, organizations, care_types):
        move = compiled.moves.on(day).move
        for (sender_rank, target_rank), (_, _, care_type), table in zip(
            ranks, pairs, tables, strict=True
        ):
            touched = {(a, b) for a, b, care in moved if care == care_type}
            touched |= {(a, b) for a in members for b in target_rank}
            touched |= {(a, b) for b in members for a in sender_rank}
            for a, b in touched:
                if a in sender_rank and b in target_rank:
                    code = _code(move(a, b, care_type), clauses)
                    table[target_rank[b], sender_rank[a]] = code
        row = _row(pairs, tables)
        if not np.array_equal(row, rows[-1]):
            starts.append(day)
            rows.append(row)
    return tuple(starts), np.array(rows, np.int32).reshape(len(rows), -1), tuple(clauses)


Pairs = list[tuple[tuple[list[str], Ints], tuple[list[str], Ints], str]]


def _row(pairs: Pairs, tables: list[Shorts]) -> Shorts:
    """The codes of all edges, from those between organizations."""
    codes = [np.zeros(0, np.int32)]
    for ((_, sender_of), (_, target_of), _), table in zip(pairs, tables, strict=True):
        codes.append(table[np.ix_(target_of, sender_of)].ravel())
    return np.concatenate(codes)


def _ranked(names: list[str]) -> tuple[list[str], Ints]:
    """Distinct names, and the rank of each of the names given among them."""
    ranks: dict[str, int] = {}
    of = [ranks.setdefault(name, len(ranks)) for name in names]
    return list(ranks), np.array(of, np.int64)


def _code(move: Move | None, clauses: dict[str, int]) -> int:
    if move is None:
        return NO_MOVE
    if move.sole_clause is None:
        return FREE_MOVE
    return FIRST_CLAUSE + clauses.setdefault(move.sole_clause, len(clauses))


def states_of(
    compiled: CompiledNetwork, shape: Shape, horizon: Horizon, *, keep: bool = True
) -> States:
    """The grid of a pathway over a horizon, reduced to distinct states. ``keep`` lets the services
    remember their timelines, for a horizon that comes back."""
    from maillage.engines.routing import kernels

    timelines = compiled.timelines(horizon) if keep else Timelines(compiled.clock, horizon)
    lines = [timelines.of_service(service.reach, keep=keep) for service in shape.services]
    epochs = np.array([horizon.start, *timelines.day_starts(shape.epoch_starts[1:])], np.int64)
    weeks = [
        None if step.hours is None else timelines.of_week(step.step.hours or ())
        for step in shape.steps
    ]
    points = [line.starts for line in lines] + [epochs]
    for week in weeks:
        if week is not None:
            points.append(week.table.ravel())
    starts = ordered(np.concatenate(points))
    starts = starts[(starts >= horizon.start) & (starts < horizon.end)]
    reason, response, holder, holders = _gather(lines, starts)
    label = np.empty(holder.shape, np.int32)
    kernels.partners(holder, label)
    epoch = (np.searchsorted(epochs, starts, "right") - 1).astype(np.int32)
    required = np.ones((starts.size, len(weeks)), np.bool_)
    for index, week in enumerate(weeks):
        if week is not None:
            required[:, index] = Timelines.covers(week, starts)
    of, first = distinct(reason, response, label, epoch, required)
    length = durations(starts, horizon.end)
    unit = int(np.gcd.reduce(length))
    length //= unit
    duration = np.zeros(first.size, np.int64)
    np.add.at(duration, of, length)
    return States(
        starts=starts, length=length, of=of, holder=holder, holders=holders,
        reason=reason[first], response=response[first], label=label[first],
        epoch=epoch[first], required=required[first], duration=duration,
        table=kernels.time_of_bytes(duration), unit=unit,
    )  # fmt: skip


def _gather(
    lines: Sequence[Timeline], starts: Ints
) -> tuple[NDArray[np.int8], Ints, Shorts, tuple[str, ...]]:
    """What each service is in each interval of the grid, with people under common indexes."""
    from maillage.engines.routing import kernels

    size = (starts.size, len(lines))
    reason, response = np.zeros(size, np.int8), np.zeros(size, np.int64)
    holder = np.full(size, -1, np.int32)
    people: dict[str, int] = {}
    if not lines:
        return reason, response, holder, ()
    held = []
    for line in lines:
        ranks = [people.setdefault(name, len(people)) for name in line.holders]
        # Nobody is -1: the last of the ranks.
        held.append(np.array([*ranks, -1], np.int32)[line.holder])
    kernels.gather(
        np.cumsum([0, *(line.starts.size for line in lines)]),
        np.concatenate([line.starts for line in lines]),
        np.concatenate([line.reason for line in lines]),
        np.concatenate([line.response for line in lines]),
        np.concatenate(held),
        starts, reason, response, holder,
    )  # fmt: skip
    return reason, response, holder, tuple(people)


def distinct(*columns: NDArray) -> tuple[Shorts, Ints]:
    """Equal rows under one number: the number of each row, and the first row of each number."""
    from maillage.engines.routing import kernels

    size = len(columns[0])
    widths = [column[:1].nbytes for column in columns]
    packed = np.zeros((size, -(-sum(widths) // 8) * 8), np.uint8)
    at = 0
    for column, width in zip(columns, widths, strict=True):
        packed[:, at : at + width] = (
            np.ascontiguousarray(column).view(np.uint8).reshape(size, width)
        )
        at += width
    return kernels.number_rows(packed.view(np.uint64))
