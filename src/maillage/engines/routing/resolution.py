"""``resolve``: who takes this patient, through which sites, or why nobody does.

Steps without a chain carry the first reason that is true, in the order of :class:`Reason`. Two
cases that the rule's table leaves open are settled here: a step that has reachable services and
allowed ways, but no known journey along any of them, is a hole for ``TOO_FAR``; and
``NO_AGREEMENT`` is only said of a step that takes referrals: no agreement could open the others.
"""

from __future__ import annotations

from datetime import datetime

from maillage.engines.routing.answers import (
    Alternative,
    Answer,
    Excluded,
    ServiceState,
    StepAnswer,
)
from maillage.engines.routing.chains import Arrival, Layer, Node, find_chains, links_of
from maillage.engines.routing.checks import FIRST_YEAR, LAST_YEAR, OLDEST_AGE
from maillage.engines.routing.clock import Moment
from maillage.engines.routing.compiled import CompiledNetwork, CompiledStep, compile_network
from maillage.engines.routing.enums import Reason, Verdict
from maillage.engines.routing.fragility import Fragility
from maillage.engines.routing.network import Demand, Network
from maillage.engines.routing.reachability import MICROS
from maillage.vocabulary.errors import Invalid, NotFound


def resolve(network: Network | CompiledNetwork, demand: Demand) -> Answer:
    """The answer to one demand, every step with its evidence.

    Raises :class:`NotFound` for an unknown commune or pathway, :class:`Invalid` for an instant
    without its offset or an impossible age.
    """
    compiled = compile_network(network)
    steps = check_demand(compiled, demand)
    moment = compiled.moment(demand.at)
    layers = find_chains(compiled, steps, demand.commune, demand.age, moment)
    fragility = Fragility(layers)
    return Answer(
        commune=demand.commune,
        pathway=demand.pathway,
        age=demand.age,
        at=moment.local,
        steps=tuple(
            _answer_step(compiled, moment, layers, index, fragility) for index in range(len(layers))
        ),
    )


def check_demand(compiled: CompiledNetwork, demand: Demand) -> tuple[CompiledStep, ...]:
    """The steps that a demand asks for. Raises :class:`NotFound` or :class:`Invalid`."""
    if demand.commune not in compiled.communes:
        shown = str(demand.commune)[:60]
        raise NotFound("routing.commune", f"La commune « {shown} » n'existe pas dans ce réseau.")
    steps = compiled.steps_of(demand.pathway)
    if isinstance(demand.age, bool) or not isinstance(demand.age, int):
        raise Invalid("routing.age", "L'âge est un nombre entier d'années.")
    if not 0 <= demand.age <= OLDEST_AGE:
        raise Invalid("routing.age", f"L'âge doit être entre 0 et {OLDEST_AGE} ans.")
    check_instant(demand.at)
    return steps


def check_instant(at: datetime) -> None:
    """Refuse, with :class:`Invalid`, an instant without its offset or out of the calendar."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise Invalid(
            "routing.naive-instant",
            "L'instant doit porter son décalage horaire (exemple : 2026-11-22T03:00+01:00).",
        )
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise Invalid("routing.instant", f"L'année doit être entre {FIRST_YEAR} et {LAST_YEAR}.")


def service_state(network: Network | CompiledNetwork, service: str, at: datetime) -> ServiceState:
    """One service at one instant: reachable or not, why, by what, and until when.

    Raises :class:`NotFound` for an unknown service, :class:`Invalid` for a naive instant.
    """
    compiled = compile_network(network)
    found = compiled.service_of(service)
    check_instant(at)
    moment = compiled.moment(at)
    state = found.state(moment)
    reach = found.reach
    return ServiceState(
        service=service,
        at=moment.local,
        reason=state.reason,
        kept_by=state.kept_by,
        slot=state.slot.id if state.slot else None,
        line=state.slot.line if state.slot else None,
        holder=state.slot.holder if state.slot else None,
        response_minutes=state.response / MICROS,
        next_change=compiled.local(reach.next_change(moment)),
        next_reachable=(
            None if state.reason is None else compiled.local(reach.next_reachable(moment.tick))
        ),
    )


def verdict_of(step: CompiledStep, minutes: int, margin: int) -> Verdict:
    """The verdict of a chain of ``minutes`` micros against the step's target (rule 5)."""
    if step.target is None or minutes + margin <= step.target:
        return Verdict.ON_TARGET
    return Verdict.LATE if minutes - margin > step.target else Verdict.AT_LIMIT


def _answer_step(
    compiled: CompiledNetwork,
    moment: Moment,
    layers: list[Layer],
    index: int,
    fragility: Fragility,
) -> StepAnswer:
    layer = layers[index]
    previous = layers[index - 1] if index else None
    step = layer.step
    margin = compiled.travel.margin
    reason: Reason | None = None
    if layer.best is None:
        verdict, reason = Verdict.HOLE, _reason_without_chain(layer, previous)
    else:
        verdict = verdict_of(step, layer.best.minutes, margin)
        if verdict is Verdict.LATE:
            reason = Reason.TOO_FAR
    if not step.is_required(moment):
        verdict, reason = Verdict.NOT_REQUIRED, None
    order = step.step.order
    return StepAnswer(
        order=order,
        care_type=step.step.care_type,
        level=step.step.level,
        target_minutes=step.step.target_minutes,
        verdict=verdict,
        reason=reason,
        links=links_of(layer.best, order),
        exposes=fragility.exposed(index) if verdict.is_reached else (),
        excluded=_excluded(compiled, moment, layer, previous),
        alternatives=_alternatives(layer, margin),
    )


def _reason_without_chain(layer: Layer, previous: Layer | None) -> Reason:
    """The first true reason of a step to which no chain leads."""
    if not layer.candidates:
        return Reason.NO_SERVICE
    if not layer.arrivals:
        reasons = {state.reason for _, state in layer.candidates}
        for reason in (Reason.UNSTAFFED, Reason.CLOSED):
            if reason in reasons:
                return reason
        return Reason.NOT_AUTHORISED
    allowed = any(arrival.is_allowed for arrival in layer.arrivals)
    return _reason_of_way(layer.step, previous, is_allowed=allowed)


def _reason_of_way(step: CompiledStep, previous: Layer | None, *, is_allowed: bool) -> Reason:
    """Why no chain leads to something reachable."""
    previous_has_chain = previous is not None and previous.has_chain
    if not step.takes_direct and not previous_has_chain:
        return Reason.PREVIOUS_STEP
    if step.takes_referral and previous_has_chain and not is_allowed:
        return Reason.NO_AGREEMENT
    return Reason.TOO_FAR


def _excluded(
    compiled: CompiledNetwork, moment: Moment, layer: Layer, previous: Layer | None
) -> tuple[Excluded, ...]:
    """The services of the step that do not take the patient, by identifier."""
    arrivals = {arrival.service.id: arrival for arrival in layer.arrivals}
    found = []
    for service, state in layer.candidates:
        if state.reason in (Reason.CLOSED, Reason.UNSTAFFED):
            again = compiled.local(service.reach.next_reachable(moment.tick))
            found.append(Excluded(service.id, state.reason, reachable_at=again))
        elif state.reason is not None:
            found.append(Excluded(service.id, state.reason))
        else:
            row = _excluded_arrival(compiled, layer, previous, arrivals[service.id])
            if row is not None:
                found.append(row)
    return tuple(found)


def _excluded_arrival(
    compiled: CompiledNetwork, layer: Layer, previous: Layer | None, arrival: Arrival
) -> Excluded | None:
    """A reachable service that no chain, or only a late one, leads to."""
    node = arrival.node
    if node is None:
        reason = _reason_of_way(layer.step, previous, is_allowed=arrival.is_allowed)
        return Excluded(arrival.service.id, reason)
    if node is layer.best:
        return None
    if verdict_of(layer.step, node.minutes, compiled.travel.margin) is not Verdict.LATE:
        return None
    return Excluded(arrival.service.id, Reason.TOO_FAR, minutes_from_commune=node.minutes / MICROS)


def _alternatives(layer: Layer, margin: int) -> tuple[Alternative, ...]:
    """The other services that would take the patient in time, best first."""
    nodes = [
        arrival.node
        for arrival in layer.arrivals
        if arrival.node is not None and arrival.node is not layer.best
    ]
    found = []
    for node in sorted(nodes, key=Node.key):
        verdict = verdict_of(layer.step, node.minutes, margin)
        if verdict is not Verdict.LATE:
            found.append(
                Alternative(
                    service=node.service.id,
                    verdict=verdict,
                    minutes_from_commune=node.minutes / MICROS,
                    links=links_of(node, layer.step.step.order),
                )
            )
    return tuple(found)
