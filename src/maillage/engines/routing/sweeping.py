"""The sweep: every commune, age and instant of one pathway, exactly (``coverage.md``, the proof).

For each step, the candidate chains of a door (an entry site) are ordered by the minutes that they
take from there; a commune walks the candidates of all doors in order of total time and gives each
the states that nothing nearer covers. What is left is a hole, with the reason of its state. Every
figure is a whole number: durations in units of ticks, residents in ten-thousandths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maillage.engines.routing.codes import CLAUSE, HOLDER, INFINITE, KINDS, REASONS
from maillage.engines.routing.compiled import CompiledNetwork
from maillage.engines.routing.enums import ElementKind
from maillage.engines.routing.states import Flags, Ints, Shape, Shorts, States, age_classes

ON_TARGET, AT_LIMIT, LATE, FIRST_HOLE = 0, 1, 2, 3
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


@dataclass(frozen=True, slots=True, eq=False)
class _Doors:
    """Journeys from every commune to every site of a pathway, and the communes that can reach the
    same sites."""

    travel: Ints
    group_of: Shorts
    access: Flags


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
    doors = _doors(compiled, shape)
    steps = [
        StepSweep(
            np.zeros((states.count, len(CATEGORIES)), np.int64),
            np.zeros(states.count, np.int64),
        )
        for _ in shape.steps
    ]
    for age_min, age_max in age_classes(row, shape.steps):
        for index, part in enumerate(
            _sweep_class(compiled, shape, states, doors, steps, age_min, age_max)
        ):
            steps[index].classes.append(part)
            tick()
    return PathwaySweep(pathway, shape, states, steps)


def _doors(compiled: CompiledNetwork, shape: Shape) -> _Doors:
    columns = [compiled.travel.column(site) for site in shape.sites]
    communes = len(compiled.communes)
    travel = np.empty((communes, len(columns)), np.int64)
    for index, column in enumerate(columns):
        travel[:, index] = column
    direct = np.zeros(len(shape.sites), np.bool_)
    for index in range(len(shape.steps)):
        if shape.takes_direct[index]:
            nodes = slice(shape.step_start[index], shape.step_start[index + 1])
            direct[shape.node_site[nodes]] = True
    known = (travel < INFINITE) & direct
    if communes == 0 or (known == known[0]).all():
        rows, group_of = known[:1], np.zeros(communes, np.int32)
    else:
        rows, inverse = np.unique(known, axis=0, return_inverse=True)
        group_of = inverse.reshape(-1).astype(np.int32)
    return _Doors(travel, group_of, np.ascontiguousarray(rows[:, shape.node_site]))


def _sweep_class(
    compiled: CompiledNetwork,
    shape: Shape,
    states: States,
    doors: _Doors,
    steps: list[StepSweep],
    age_min: int,
    age_max: int,
) -> Iterator[ClassSweep]:
    from maillage.engines.routing import kernels

    in_class = np.array(
        [service.takes(age_min) for step in shape.steps for service in step.services], np.bool_
    )
    why, rows = kernels.judge_states(
        shape.step_start, shape.node_service, in_class, shape.takes_direct, shape.takes_referral,
        shape.edge_start, shape.edge_from, shape.edge_journey, shape.moves, states.epoch,
        states.reason, states.label, doors.access,
    )  # fmt: skip
    residents = compiled.people.between(age_min, age_max)
    groups = len(doors.access)
    people = np.zeros(groups, np.int64)
    np.add.at(people, doors.group_of, residents)
    for index in range(len(shape.steps)):
        hanging = rows[rows[:, 2] == index]
        fragile = np.zeros((groups, states.count), np.bool_)
        fragile[hanging[:, 0], hanging[:, 1]] = True
        part, reached = _sweep_step(
            compiled, shape, states, doors, steps[index], index, in_class, why[:, :, index],
            fragile, people, residents, (age_min, age_max),
        )  # fmt: skip
        steps[index].fragile += np.where(fragile, reached, 0).sum(axis=0)
        _add_exposed(steps[index], hanging, reached)
        yield part


def _sweep_step(
    compiled: CompiledNetwork,
    shape: Shape,
    states: States,
    doors: _Doors,
    step: StepSweep,
    index: int,
    in_class: Flags,
    why: NDArray[np.int8],
    fragile: Flags,
    people: Ints,
    residents: Ints,
    ages: tuple[int, int],
) -> tuple[ClassSweep, Ints]:
    """One step for one age class, and the residents reached on target or at the limit by group and
    state (none where the step is not required)."""
    communes, groups = residents.size, len(people)
    required = states.required[:, index]
    wanted = required & (why == 0)
    times = np.zeros((communes, 4), np.int64)
    sums = np.zeros(communes, np.float64)
    worst = np.full(communes, -1, np.int64)
    limit = np.zeros(states.count, np.int64)
    late = np.zeros((groups, states.count), np.int64)
    _cover(
        compiled, shape, states, doors, index, in_class, wanted, fragile, residents,
        times, sums, worst, limit, late,
    )  # fmt: skip
    found = np.zeros((communes, len(CATEGORIES)), np.int64)
    found[:, :FIRST_HOLE] = times[:, :FIRST_HOLE]
    for code in range(1, len(REASONS) + 1):
        hole = required & (why == code)
        if hole.any():
            found[:, FIRST_HOLE + code - 1] = (hole @ states.duration)[doors.group_of]
            step.profile[:, FIRST_HOLE + code - 1] += people @ hole
    due = int(states.duration[required].sum())
    if (found.sum(axis=1) != due).any():
        raise RuntimeError("a sweep does not balance: some hours are counted twice or lost")
    late_in_all = late.sum(axis=0)
    reached = np.where(wanted, people[:, None], 0) - late
    step.profile[:, LATE] += late_in_all
    step.profile[:, AT_LIMIT] += limit
    step.profile[:, ON_TARGET] += reached.sum(axis=0) - limit
    part = ClassSweep(index, *ages, residents, due, found, times[:, 3], sums, worst)
    return part, reached


def _cover(
    compiled: CompiledNetwork,
    shape: Shape,
    states: States,
    doors: _Doors,
    index: int,
    in_class: Flags,
    wanted: Flags,
    fragile: Flags,
    residents: Ints,
    times: Ints,
    sums: NDArray[np.float64],
    worst: Ints,
    limit: Ints,
    late: Ints,
) -> None:
    """Walk the candidates of a step for every commune; fills the six last arrays."""
    from maillage.engines.routing import kernels

    if not wanted.any():
        return
    sites, node_entry = _entries(shape, index, in_class)
    tails = kernels.tails(
        index, shape.step_start, shape.node_service, in_class, shape.takes_direct,
        shape.takes_referral, shape.edge_start, shape.edge_from, shape.edge_journey, shape.moves,
        states.epoch, states.reason, states.response, node_entry, len(sites),
    )  # fmt: skip
    first, minutes, bits = kernels.candidates(tails)
    step = shape.steps[index]
    margin = compiled.travel.margin
    target = INFINITE if step.target is None else step.target
    kernels.cover(
        np.ascontiguousarray(doors.travel[:, sites]), residents, doors.group_of, first, minutes,
        bits, _as_bits(wanted, states.words), _as_bits(fragile, states.words), states.duration,
        target - margin if step.target is not None else target, target + margin,
        times, sums, worst, limit, late,
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


def _as_bits(flags: Flags, words: int) -> NDArray[np.uint64]:
    """Flags by row as bits, state ``u`` being bit ``u % 64`` of word ``u // 64``."""
    packed = np.zeros((len(flags), words * 8), np.uint8)
    bits = np.packbits(flags, axis=1, bitorder="little")
    packed[:, : bits.shape[1]] = bits
    return packed.view("<u8")


def _add_exposed(step: StepSweep, rows: Shorts, reached: Ints) -> None:
    """Add the residents reached in the states in which a step hangs on an element."""
    elements = rows[:, 3].astype(np.int64) << 32 | rows[:, 4]
    for element in np.unique(elements).tolist():
        mine = rows[elements == element]
        key = (element >> 32, element & 0xFFFFFFFF)
        known = step.exposed.get(key)
        if known is None:
            known = step.exposed[key] = np.zeros(reached.shape[1], np.int64)
        np.add.at(known, mine[:, 1], reached[mine[:, 0], mine[:, 1]])


@dataclass(frozen=True, slots=True)
class Exposure:
    """Residents x time, and time, that hang on one element in one step."""

    step: int
    kind: ElementKind
    element: str
    time: int
    person_time: int


def exposures(swept: PathwaySweep) -> list[Exposure]:
    """What the answers of a pathway hang on, person by person for the holders of slots."""
    shape, states = swept.shape, swept.states
    found: list[Exposure] = []
    for index, step in enumerate(swept.steps):
        everybody = sum(int(part.residents.sum()) for part in step.classes)
        fits = everybody * int(states.length.sum()) < WHOLE
        people = np.zeros(len(states.holders), np.int64 if fits else object)
        hours = np.zeros(len(states.holders), np.int64)
        for (kind, element), residents in sorted(step.exposed.items()):
            if kind == HOLDER:
                _add_holders(states, element, residents, people, hours)
                continue
            if residents.any():
                name = shape.clauses[element] if kind == CLAUSE else shape.services[element].id
                found.append(
                    Exposure(
                        index,
                        KINDS[kind],
                        name,
                        int(states.duration[residents > 0].sum()),
                        product(residents, states.duration),
                    )
                )
        found += [
            Exposure(index, ElementKind.HOLDER, name, int(hours[rank]), int(people[rank]))
            for rank, name in enumerate(states.holders)
            if people[rank]
        ]
    return found


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


def product(values: Ints, lengths: Ints) -> int:
    """The exact sum of products of two rows of whole numbers that are not negative."""
    if not values.size:
        return 0
    if int(values.max()) * int(lengths.sum()) < WHOLE:
        return int(values @ lengths)
    return sum(a * b for a, b in zip(values.tolist(), lengths.tolist(), strict=True))
