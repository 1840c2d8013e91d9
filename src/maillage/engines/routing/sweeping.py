"""The sweep: every commune, age and instant of one pathway, exactly (``coverage.md``, the proof).

For each step, the candidate chains of a door (an entry site) are ordered by the minutes that they
take from there; a commune walks the candidates of all doors in order of total time and gives each
the states that nothing nearer covers. What is left is a hole, with the reason of its state. Every
figure is a whole number: durations in units of ticks, residents in ten-thousandths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maillage.engines.routing.codes import (
    AT_LIMIT,
    CLAUSE,
    FRAGILE,
    HOLDER,
    INFINITE,
    KINDS,
    LATE,
    ON_TARGET,
    PREVIOUS_STEP,
    REASONS,
)
from maillage.engines.routing.compiled import CompiledNetwork
from maillage.engines.routing.doors import Doors, doors_of
from maillage.engines.routing.enums import ElementKind
from maillage.engines.routing.states import (
    Flags,
    Ints,
    Shape,
    Shorts,
    States,
    age_classes,
    as_bits,
)

if TYPE_CHECKING:
    from maillage.engines.routing.judging import Plan

Bits = NDArray[np.uint64]


FIRST_HOLE = 3
CATEGORIES: tuple[str, ...] = (
    "on_target",
    "at_limit",
    "late",
    *(f"hole_{reason.value.lower()}" for reason in REASONS),
)
"""What an hour of a resident may be: three verdicts, then a hole by reason. They balance: their
sum is residents times hours due."""

WHOLE = 2**62
"""Sums of products stay under this in machine integers; beyond, Python's are used."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassSweep:
    """One step for one age class: by commune, in their order, in units of time.

    ``times[commune, category]``; ``fragile`` is the part of the first two that hangs on something;
    ``sums`` are micros weighted by duration over the chains; ``worst`` micros, -1 for no chain.
    """

    step: int
    age_min: int
    age_max: int
    residents: Ints
    due: int
    times: Ints
    fragile: Ints
    sums: NDArray[np.float64]
    worst: Ints


@dataclass(slots=True, eq=False)
class StepSweep:
    """One step, age classes together: ``profile[state, category]`` residents, and what their
    answers hang on: residents by state for each service and clause, and for each label."""

    profile: Ints
    fragile: Ints
    exposed: dict[tuple[int, int], Ints] = field(default_factory=dict)
    classes: list[ClassSweep] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class PathwaySweep:
    """A pathway over a horizon, before it becomes tables."""

    pathway: str
    shape: Shape
    states: States
    steps: list[StepSweep]


def sweep_pathway(
    compiled: CompiledNetwork,
    pathway: str,
    shape: Shape,
    states: States,
    tick: Callable[[], None],
) -> PathwaySweep:
    """Every commune, age class, step and state of a pathway. ``tick`` is called after each step of
    each age class; what it raises stops the sweep."""
    row = next(row for row in compiled.network.pathways if row.id == pathway)
    doors = doors_of(compiled, shape, states)
    steps = [
        StepSweep(
            np.zeros((states.count, len(CATEGORIES)), np.int64),
            np.zeros(states.count, np.int64),
        )
        for _ in shape.steps
    ]
    labelled = states.labelled()
    for ages in age_classes(row, shape.steps):
        for index, part in enumerate(
            _sweep_class(compiled, shape, states, doors, labelled, steps, ages)
        ):
            steps[index].classes.append(part)
            tick()
    return PathwaySweep(pathway, shape, states, steps)


def plan_of(shape: Shape, ages: tuple[int, int]) -> Plan:
    """The nodes and edges of a pathway for one age class."""
    from maillage.engines.routing.judging import Plan

    age_min, _ = ages
    in_class = np.array(
        [service.takes(age_min) for step in shape.steps for service in step.services], np.bool_
    )
    return Plan(
        shape.step_start, shape.node_service, in_class, shape.takes_direct, shape.takes_referral,
        shape.edge_start, shape.edge_from, shape.edge_journey, shape.moves,
    )  # fmt: skip


def _sweep_class(
    compiled: CompiledNetwork,
    shape: Shape,
    states: States,
    doors: Doors,
    labelled: tuple[Ints, Bits, Ints],
    steps: list[StepSweep],
    ages: tuple[int, int],
) -> Iterator[ClassSweep]:
    from maillage.engines.routing import joining

    plan = plan_of(shape, ages)
    chains, closed, whys, rows, row_bits = joining.judge_states(
        plan, len(shape.clauses), states.epoch, states.reason, labelled, doors.access
    )
    residents = compiled.people.between(*ages)
    people = np.zeros(len(doors.access), np.int64)
    np.add.at(people, doors.group_of, residents)
    for index in range(len(shape.steps)):
        mine = rows[:, 1] == index
        judged = _Judged(
            in_class=plan.in_class,
            people=people,
            residents=residents,
            chain=np.ascontiguousarray(chains[:, index]),
            closed=closed[index],
            why=whys[:, index],
            hanging=rows[mine].astype(np.int64),
            hanging_bits=row_bits[mine],
        )
        yield _sweep_step(compiled, shape, states, doors, steps[index], index, judged, ages)


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """One step for one age class: residents by group and by commune, and sets of states as bits,
    by group: with a chain, holes for a reason of its own (``why[group, code - PREVIOUS_STEP]``),
    and where what exists hangs on one element. ``closed[code]``: holes for everybody."""

    in_class: Flags
    people: Ints
    residents: Ints
    chain: Bits
    closed: Bits
    why: Bits
    hanging: Ints
    hanging_bits: Bits


def _sweep_step(
    compiled: CompiledNetwork,
    shape: Shape,
    states: States,
    doors: Doors,
    step: StepSweep,
    index: int,
    judged: _Judged,
    ages: tuple[int, int],
) -> ClassSweep:
    from maillage.engines.routing import kernels

    residents, people = judged.residents, judged.people
    communes, groups = residents.size, people.size
    required = as_bits(states.required[None, :, index])
    wanted = judged.chain & required
    fragile = np.zeros_like(wanted)
    np.bitwise_or.at(fragile, judged.hanging[:, 0], judged.hanging_bits)
    times = np.zeros((communes, 4), np.int64)
    sums = np.zeros(communes, np.float64)
    worst = np.full(communes, -1, np.int64)
    limit, late = np.zeros(states.count, np.int64), np.zeros(states.count, np.int64)
    held = np.unique(judged.hanging[:, 0])
    late_row = np.zeros(groups, np.int64)
    late_row[held] = np.arange(held.size)
    late_of_group = np.zeros((max(1, held.size), states.count), np.int64)
    _cover(
        compiled, shape, states, doors, index, judged, wanted, fragile,
        times, sums, worst, limit, late, late_of_group, late_row,
    )  # fmt: skip
    found = np.zeros((communes, len(CATEGORIES)), np.int64)
    found[:, :FIRST_HOLE] = times[:, :FIRST_HOLE]
    profile = np.zeros((len(CATEGORIES), states.count), np.int64)
    profile[AT_LIMIT], profile[LATE] = limit, late
    for code in range(1, len(REASONS) + 1):
        category = FIRST_HOLE + code - 1
        if code < PREVIOUS_STEP:
            hole = judged.closed[code] & required
            found[:, category] = kernels.weigh(hole, states.table)
            kernels.spread(hole, people.sum(keepdims=True), profile[category])
            continue
        hole = judged.why[:, code - PREVIOUS_STEP] & required
        if hole.any():
            found[:, category] = kernels.weigh(hole, states.table)[doors.group_of]
            kernels.spread(hole, people, profile[category])
    concerned = np.where(states.required[:, index], people.sum(), 0)
    profile[ON_TARGET] = concerned - profile.sum(axis=0)
    due = int(states.duration[states.required[:, index]].sum())
    _check_balance(states, residents, found, profile, due)
    step.profile += profile.T
    kernels.add_reached(
        held, late_row, fragile[held] & required, people, late_of_group, step.fragile[None],
        np.zeros(held.size, np.int64),
    )  # fmt: skip
    _add_exposed(step, judged, required, late_of_group, late_row)
    return ClassSweep(index, *ages, residents, due, found, times[:, FRAGILE], sums, worst)


def _check_balance(states: States, residents: Ints, found: Ints, profile: Ints, due: int) -> None:
    """Every commune accounts for every hour, and both ways of adding up agree: commune by commune,
    and state by state. A difference is a defect of the engine."""
    if (found.sum(axis=1) != due).any():
        raise RuntimeError("a sweep does not balance: some hours are counted twice or lost")
    if products(residents, found) != products(states.duration, profile.T):
        raise RuntimeError("a sweep does not balance: communes and states disagree")


def _cover(
    compiled: CompiledNetwork,
    shape: Shape,
    states: States,
    doors: Doors,
    index: int,
    judged: _Judged,
    wanted: Bits,
    fragile: Bits,
    times: Ints,
    sums: NDArray[np.float64],
    worst: Ints,
    limit: Ints,
    late: Ints,
    late_of_group: Ints,
    late_row: Ints,
) -> None:
    """Walk the candidates of a step for every commune; fills the last arrays."""
    from maillage.engines.routing import kernels

    if not wanted.any():
        return
    sites, node_entry = _entries(shape, index, judged.in_class)
    tails = kernels.tails(
        index, shape.step_start, shape.node_service, judged.in_class, shape.takes_direct,
        shape.takes_referral, shape.edge_start, shape.edge_from, shape.edge_journey, shape.moves,
        states.epoch, states.reason, states.response, node_entry, len(sites),
    )  # fmt: skip
    first, minutes, bits = kernels.candidates(tails, np.sort(tails, axis=1))
    step = shape.steps[index]
    margin = compiled.travel.margin
    target = INFINITE if step.target is None else step.target
    kernels.cover(
        doors.travel, np.array(sites, np.int64), judged.residents, doors.group_of, first,
        minutes, bits, np.ascontiguousarray(tails.T), wanted, fragile, states.table,
        target - margin if step.target is not None else target, target + margin,
        times, sums, worst, limit, late, late_of_group, late_row,
    )  # fmt: skip


def _entries(shape: Shape, index: int, in_class: Flags) -> tuple[list[int], Shorts]:
    """The sites where chains to a step may begin, and the rank of each node's site among them."""
    first = index
    while first > 0 and shape.takes_referral[first]:
        first -= 1
    ranks: dict[int, int] = {}
    node_entry = np.full(shape.node_service.size, -1, np.int32)
    for step in range(first, index + 1):
        if not shape.takes_direct[step]:
            continue
        for node in range(shape.step_start[step], shape.step_start[step + 1]):
            if in_class[node]:
                site = int(shape.node_site[node])
                node_entry[node] = ranks.setdefault(site, len(ranks))
    return list(ranks), node_entry


def _add_exposed(
    step: StepSweep, judged: _Judged, required: Bits, late: Ints, late_row: Ints
) -> None:
    """Add the residents reached in the states in which a step hangs on an element."""
    from maillage.engines.routing import kernels

    packed = judged.hanging[:, 2] << 32 | judged.hanging[:, 3]
    elements, row_of = np.unique(packed, return_inverse=True)
    reached = np.zeros((elements.size, late.shape[1]), np.int64)
    kernels.add_reached(
        judged.hanging[:, 0].copy(), late_row, judged.hanging_bits & required, judged.people, late,
        reached, row_of,
    )  # fmt: skip
    for element, residents in zip(elements.tolist(), reached, strict=True):
        key = (element >> 32, element & 0xFFFFFFFF)
        known = step.exposed.get(key)
        step.exposed[key] = residents if known is None else known + residents


@dataclass(frozen=True, slots=True)
class Exposure:
    """Residents x time, and time, that hang on one element in one step."""

    step: int
    kind: ElementKind
    element: str
    time: int
    person_time: int


def exposures(swept: PathwaySweep) -> list[Exposure]:
    """What the answers of a pathway hang on, person by person for the holders of slots: by
    step, kind and identifier."""
    states = swept.states
    found: list[Exposure] = []
    for index, step in enumerate(swept.steps):
        everybody = sum(int(part.residents.sum()) for part in step.classes)
        fits = everybody * int(states.length.sum()) < WHOLE
        people = np.zeros(len(states.holders), np.int64 if fits else object)
        hours = np.zeros(len(states.holders), np.int64)
        for (kind, element), residents in step.exposed.items():
            if kind == HOLDER:
                _add_holders(states, element, residents, people, hours)
        found += _on_elements(swept, index)
        found += [
            Exposure(index, ElementKind.HOLDER, name, int(hours[rank]), int(people[rank]))
            for rank, name in enumerate(states.holders)
            if people[rank]
        ]
    ranks = {kind: rank for rank, kind in enumerate(KINDS)}
    return sorted(found, key=lambda row: (row.step, ranks[row.kind], row.element))


def _on_elements(swept: PathwaySweep, index: int) -> list[Exposure]:
    """What hangs on services and on clauses in a step."""
    shape, states, exposed = swept.shape, swept.states, swept.steps[index].exposed
    keys = [key for key in exposed if key[0] != HOLDER]
    if not keys:
        return []
    table = np.stack([exposed[key] for key in keys], axis=1)
    times = (states.duration @ (table > 0)).tolist()
    return [
        Exposure(
            index,
            KINDS[kind],
            shape.clauses[element] if kind == CLAUSE else shape.services[element].id,
            time,
            person_time,
        )
        for (kind, element), time, person_time in zip(
            keys, times, products(states.duration, table), strict=True
        )
        if person_time
    ]


def _add_holders(
    states: States, label: int, residents: Ints, people: NDArray[Any], hours: Ints
) -> None:
    """Share what hangs on a label between the persons whom it stood for, interval by interval."""
    by_interval = residents[states.of]
    holder = states.holder[:, label]
    held = np.flatnonzero((by_interval > 0) & (holder >= 0))
    weights = by_interval[held].astype(people.dtype) * states.length[held]
    np.add.at(people, holder[held], weights)
    np.add.at(hours, holder[held], states.length[held])


def products(values: Ints, table: Ints) -> list[int]:
    """The exact sums of products of a row of whole numbers and each column of a table, none of
    them negative."""
    most = float(values.max(initial=0)) * table.sum(axis=0, dtype=np.float64).max(initial=0)
    if most < WHOLE / 2:
        return [int(found) for found in values @ table]
    return [product(values, column) for column in table.T]


def product(values: Ints, lengths: Ints) -> int:
    """The exact sum of products of two rows of whole numbers that are not negative."""
    if not values.size:
        return 0
    if min(int(values.max()) * int(lengths.sum()), int(lengths.max()) * int(values.sum())) < WHOLE:
        return int(values @ lengths)
    return sum(a * b for a, b in zip(values.tolist(), lengths.tolist(), strict=True))
