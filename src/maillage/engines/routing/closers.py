"""Who could close a hole: the single changes that would mend the steps of one answer.

Three kinds: a clause that is missing (``repairs``), a duty slot that nobody holds, a service that
is closed. Each is tried: laid over the network, and the demand answered again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from maillage.engines.routing.answers import Link
from maillage.engines.routing.chains import Layer, find_chains, links_of
from maillage.engines.routing.changes import AddClause, OpenService, StaffSlots
from maillage.engines.routing.changes_applied import apply_changes
from maillage.engines.routing.clock import Moment, to_tick
from maillage.engines.routing.compiled import CompiledNetwork, compile_network
from maillage.engines.routing.cutting import closed_around, open_around
from maillage.engines.routing.enums import Reason, Verdict
from maillage.engines.routing.network import DAY_MINUTES, Demand, DutySlot, Network, Opening
from maillage.engines.routing.reachability import MICROS, OPEN
from maillage.engines.routing.repair import is_better, is_worth_mending, repairs
from maillage.engines.routing.resolution import check_demand, verdict_of

Closing = AddClause | StaffSlots | OpenService


@dataclass(frozen=True, slots=True)
class Closer:
    """One change, and what step ``step`` becomes with it.

    ``minutes_before`` is ``None`` where there was no chain; ``links`` is the chain obtained;
    ``steps`` lists every step that the same change improves.
    """

    step: int
    change: Closing
    verdict: Verdict
    minutes_from_commune: float
    minutes_before: float | None
    links: tuple[Link, ...]
    steps: tuple[int, ...]


def closers(network: Network | CompiledNetwork, demand: Demand) -> tuple[Closer, ...]:
    """The single changes that would mend a step that is required and is a hole or late: for each
    step in order, the best first (the verdict, then the minutes, then the change).

    The changes tried, all those of their kinds that could serve:

    - :class:`AddClause`, always in force, for one care type, where no move is allowed;
    - :class:`StaffSlots` over the whole of a slot without holder that covers the instant;
    - :class:`OpenService` over the hours around the instant during which the service is closed and
      a broken step that it can serve is due, on that weekday, and on public holidays only when
      the day is one.

    A late step that becomes less late is mended too, and its verdict says so. No single change may
    be enough: the answer is then empty. Raises as ``resolve`` does.
    """
    compiled = compile_network(network)
    steps = check_demand(compiled, demand)
    moment = compiled.moment(demand.at)
    before = find_chains(compiled, steps, demand.commune, demand.age, moment)
    broken = [
        index for index, layer in enumerate(before) if is_worth_mending(compiled, layer, moment)
    ]
    if not broken:
        return ()
    tried: dict[Closing, None] = {}
    for repair in repairs(compiled, demand):
        clause = AddClause(repair.from_organization, repair.to_organization, (repair.care_type,))
        tried[clause] = None
    for change in _reopenings(compiled.network, before, broken, moment):
        tried[change] = None
    found = [row for change in tried for row in _try(compiled, demand, change, before, broken)]
    return tuple(sorted(found, key=_rank))


def _reopenings(
    network: Network, layers: list[Layer], broken: list[int], moment: Moment
) -> Iterator[Closing]:
    """The changes that could make a service of some steps reachable, or sooner at work."""
    due: dict[str, tuple[int, int]] = {}
    for index, layer in enumerate(layers[: broken[-1] + 1]):
        for service, state in layer.candidates:
            if state.reason is not Reason.NOT_AUTHORISED and state is not OPEN:
                # The first step that it serves leads to all the broken ones that follow.
                due.setdefault(service.id, _due_around(layers, broken, index, moment))
    for slot in network.duty_slots:
        if slot.holder is None and slot.service in due and _covers(slot, moment.tick):
            yield StaffSlots(slot.starts_at, slot.ends_at, line=slot.line, service=slot.service)
    for row in network.services:
        if row.id not in due:
            continue
        window = closed_around(
            row.opening, moment.weekday, moment.minute, on_holiday=moment.is_holiday
        )
        if window is not None:
            starts, ends = due[row.id]
            yield OpenService(
                row.id,
                window.weekdays,
                max(window.from_minute, starts),
                min(window.to_minute, ends),
                window.holidays,
            )


def _due_around(
    layers: list[Layer], broken: list[int], first: int, moment: Moment
) -> tuple[int, int]:
    """The minutes of that day, around the instant, when a broken step from ``first`` on is due."""
    every = (Opening((moment.weekday,), 0, DAY_MINUTES),)
    hours = [layers[index].step.step.hours for index in broken if index >= first]
    rows = [row for one in hours for row in (every if one is None else one)]
    return open_around(rows, moment.weekday, moment.minute, on_holiday=moment.is_holiday)


def _covers(slot: DutySlot, tick: int) -> bool:
    if slot.starts_at is not None and tick < to_tick(slot.starts_at):
        return False
    return slot.ends_at is None or tick < to_tick(slot.ends_at)


def _try(
    compiled: CompiledNetwork,
    demand: Demand,
    change: Closing,
    before: list[Layer],
    broken: list[int],
) -> list[Closer]:
    """What becomes of the broken steps under a change, when it mends some."""
    changed = compiled.derive(apply_changes(compiled.network, [change]))
    moment = changed.moment(demand.at)
    steps = changed.steps_of(demand.pathway)
    after = find_chains(changed, steps, demand.commune, demand.age, moment)
    mended = [index for index in broken if is_better(before[index], after[index])]
    orders = tuple(before[index].step.step.order for index in mended)
    found = []
    for index in mended:
        best, earlier = after[index].best, before[index].best
        if best is not None:
            found.append(
                Closer(
                    step=after[index].step.step.order,
                    change=change,
                    verdict=verdict_of(after[index].step, best.minutes, changed.travel.margin),
                    minutes_from_commune=best.minutes / MICROS,
                    minutes_before=None if earlier is None else earlier.minutes / MICROS,
                    links=links_of(best, after[index].step.step.order),
                    steps=orders,
                )
            )
    return found


def _rank(closer: Closer) -> tuple[Any, ...]:
    change = closer.change
    match change:
        case AddClause():
            names = (change.from_organization, change.to_organization, *change.care_types)
        case StaffSlots():
            names = (change.service or "", change.line or "", str(change.starts_at))
        case OpenService():
            names = (change.service,)
    return (
        closer.step,
        closer.verdict.rank,
        closer.minutes_from_commune,
        change.kind,
        names,
    )
