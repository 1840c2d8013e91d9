"""Which clause is missing: the single clauses that would mend the steps of an answer.

A step is worth mending when it is required and is a hole or late. A clause mends it when, laid over
the network, the step gets a chain (a late one included, and said so), or a shorter one.
"""

from __future__ import annotations

from itertools import pairwise

from maillage.engines.routing.answers import Repair
from maillage.engines.routing.chains import Layer, NewClause, Node, find_chains, links_of
from maillage.engines.routing.clock import Moment
from maillage.engines.routing.compiled import CompiledNetwork, compile_network
from maillage.engines.routing.enums import Verdict
from maillage.engines.routing.network import Demand, Network
from maillage.engines.routing.reachability import MICROS
from maillage.engines.routing.resolution import check_demand, verdict_of


def repairs(network: Network | CompiledNetwork, demand: Demand) -> tuple[Repair, ...]:
    """The single clauses (from one organization to another, for one care type) that would mend a
    step that is required and is a hole or late: for each step in order, the best first.

    Best is the verdict, then the minutes, then the identifiers. Raises as :func:`resolve` does.
    """
    compiled = compile_network(network)
    steps = check_demand(compiled, demand)
    moment = compiled.moment(demand.at)
    layers = find_chains(compiled, steps, demand.commune, demand.age, moment)
    broken = [
        index for index, layer in enumerate(layers) if is_worth_mending(compiled, layer, moment)
    ]
    if not broken:
        return ()
    found: list[Repair] = []
    for clause in _candidates(compiled, layers[: broken[-1] + 1], moment):
        changed = find_chains(compiled, steps, demand.commune, demand.age, moment, extra=clause)
        mended = [index for index in broken if is_better(layers[index], changed[index])]
        orders = tuple(layers[index].step.step.order for index in mended)
        found += [
            _repair(compiled, clause, layers[index], changed[index], best, orders)
            for index in mended
            if (best := changed[index].best) is not None
        ]
    found.sort(
        key=lambda repair: (
            repair.step,
            repair.verdict.rank,
            repair.minutes_from_commune,
            repair.from_organization,
            repair.to_organization,
            repair.care_type,
        )
    )
    return tuple(found)


def is_worth_mending(compiled: CompiledNetwork, layer: Layer, moment: Moment) -> bool:
    """True for a step that is required and is a hole or late."""
    if not layer.step.is_required(moment):
        return False
    return layer.best is None or _verdict(compiled, layer) is Verdict.LATE


def _verdict(compiled: CompiledNetwork, layer: Layer) -> Verdict:
    if layer.best is None:
        return Verdict.HOLE
    return verdict_of(layer.step, layer.best.minutes, compiled.travel.margin)


def is_better(before: Layer, after: Layer) -> bool:
    """True when a step gets a chain that it lacked, or a shorter one."""
    if after.best is None:
        return False
    return before.best is None or after.best.minutes < before.best.minutes


def _candidates(compiled: CompiledNetwork, layers: list[Layer], moment: Moment) -> list[NewClause]:
    """The clauses that do not exist and by which some chain would reach a service sooner.

    No other clause can mend anything: where a chain uses the new clause for the first time, it
    comes from a service that has a chain already; if that brings nobody sooner to the next
    service, the chain that was already there serves as well, and so on at each later use.
    """
    epoch = compiled.moves.on(moment.day)
    found: set[NewClause] = set()
    for before, after in pairwise(layers):
        if not after.step.takes_referral:
            continue
        for sender in before.arrivals:
            if sender.node is None:
                continue
            for arrival in after.arrivals:
                service = arrival.service
                clause = NewClause(
                    sender.service.organization, service.organization, service.care_type
                )
                if clause in found or epoch.move(*clause) is not None:
                    continue
                journey = compiled.travel.to_site(service.site).get(sender.service.site)
                if journey is None:
                    continue
                minutes = sender.node.minutes + journey + arrival.state.response
                if arrival.node is None or minutes < arrival.node.minutes:
                    found.add(clause)
    return sorted(found)


def _repair(
    compiled: CompiledNetwork,
    clause: NewClause,
    before: Layer,
    after: Layer,
    best: Node,
    orders: tuple[int, ...],
) -> Repair:
    step = after.step
    return Repair(
        step=step.step.order,
        from_organization=clause.origin,
        to_organization=clause.target,
        care_type=clause.care_type,
        verdict=verdict_of(step, best.minutes, compiled.travel.margin),
        minutes_from_commune=best.minutes / MICROS,
        minutes_before=None if before.best is None else before.best.minutes / MICROS,
        links=links_of(best, step.step.order),
        steps=orders,
    )
