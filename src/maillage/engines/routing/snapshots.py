"""Every commune at one instant: the sweep over a horizon of one microsecond."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from maillage.engines.routing.clock import to_tick
from maillage.engines.routing.codes import AT_LIMIT, LATE, ON_TARGET, REASONS
from maillage.engines.routing.compiled import CompiledNetwork, compile_network
from maillage.engines.routing.enums import Reason, Verdict
from maillage.engines.routing.network import Network
from maillage.engines.routing.people import SCALE
from maillage.engines.routing.reachability import MICROS
from maillage.engines.routing.resolution import check_instant
from maillage.engines.routing.states import shape_of, states_of
from maillage.engines.routing.sweeping import (
    FIRST_HOLE,
    ClassSweep,
    sweep_pathway,
)
from maillage.engines.routing.timelines import Horizon

_REACHED = {ON_TARGET: Verdict.ON_TARGET, AT_LIMIT: Verdict.AT_LIMIT, LATE: Verdict.LATE}


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """One step for the residents of one age class of one commune (``age_min <= age < age_max``).

    ``minutes`` are those of the best chain, ``None`` where there is none.
    """

    step: int
    commune: str
    age_min: int
    age_max: int
    residents: float
    verdict: Verdict
    reason: Reason | None
    minutes: float | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A pathway at one instant, for every commune; rows by step, then age class, then commune."""

    pathway: str
    at: datetime
    rows: tuple[SnapshotRow, ...]


def snapshot(network: Network | CompiledNetwork, pathway: str, at: datetime) -> Snapshot:
    """Every commune and age class of a pathway at one instant: what ``resolve`` answers to each.

    Raises :class:`NotFound` for an unknown pathway, :class:`Invalid` for an instant without its
    offset.
    """
    compiled = compile_network(network)
    check_instant(at)
    compiled.steps_of(pathway)
    tick = to_tick(at)
    horizon = Horizon.between(tick, tick + 1, compiled.clock)
    shape = shape_of(compiled, pathway, horizon)
    states = states_of(compiled, shape, horizon, keep=False)
    required = states.required[0].tolist()
    # Swept as if every step were required: one that is not still has its minutes.
    asked = replace(states, required=np.ones_like(states.required))
    found = sweep_pathway(compiled, pathway, shape, asked, lambda: None)
    rows: list[SnapshotRow] = []
    for index, step in enumerate(found.steps):
        order = shape.steps[index].step.order
        for part in step.classes:
            rows += _rows(compiled, order, part, is_required=required[index])
    return Snapshot(pathway, compiled.clock.local(tick), tuple(rows))


def _rows(
    compiled: CompiledNetwork, order: int, part: ClassSweep, *, is_required: bool
) -> list[SnapshotRow]:
    ranks = part.times.argmax(axis=1).tolist()
    return [
        SnapshotRow(
            step=order,
            commune=code,
            age_min=part.age_min,
            age_max=part.age_max,
            residents=residents / SCALE,
            verdict=_verdict(rank) if is_required else Verdict.NOT_REQUIRED,
            reason=_reason(rank) if is_required else None,
            minutes=worst / MICROS if worst >= 0 else None,
        )
        for code, residents, rank, worst in zip(
            compiled.communes, part.residents.tolist(), ranks, part.worst.tolist(), strict=True
        )
    ]


def _verdict(rank: int) -> Verdict:
    return _REACHED.get(rank, Verdict.HOLE)


def _reason(rank: int) -> Reason | None:
    if rank >= FIRST_HOLE:
        return REASONS[rank - FIRST_HOLE]
    return Reason.TOO_FAR if rank == LATE else None
