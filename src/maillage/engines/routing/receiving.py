"""Who may receive a patient who is already somewhere: the teams of one step, seen from a site.

``resolve`` answers for a resident of a commune, whatever the hospital where the journey starts. A
doctor who asks for a colleague's help stands in a hospital: the same states of services, the same
moves between organizations and the same journeys answer, from there. Nothing is decided twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from maillage.engines.routing.chains import DIRECT, Layer
from maillage.engines.routing.compiled import CompiledNetwork, CompiledStep, compile_network
from maillage.engines.routing.enums import Reason, Verdict
from maillage.engines.routing.moves import Move
from maillage.engines.routing.network import Demand, Network
from maillage.engines.routing.reachability import MICROS, CompiledService, State
from maillage.engines.routing.resolution import check_demand, verdict_of
from maillage.vocabulary.errors import NotFound


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the patient is: an organization (its identifier in the network) and its site, or a
    commune when the organization has none. From a commune, as for any resident, a step that takes
    direct entries needs no agreement."""

    organization: str
    site: str | None = None
    commune: str | None = None


@dataclass(frozen=True, slots=True)
class Receiver:
    """A service of the step that takes the age.

    ``basis`` says by what right the patient may be sent there (``direct``, ``organization``,
    ``group:ID``, ``clause:ID``), ``None`` when nothing allows it; ``clause`` is the identifier of
    the clause. ``reason`` is ``None`` when the service is reachable, else its own first reason;
    ``reachable_at`` is then the next instant at which it becomes so (local time, ``None`` when
    the network knows of none). ``travel_minutes`` is the journey from the origin, ``None`` when
    none is known, and ``minutes`` adds the wait for the one on call; ``verdict`` judges
    them against the step's target.
    """

    service: str
    site: str
    organization: str
    basis: str | None
    reason: Reason | None
    kept_by: str | None
    slot: str | None
    line: str | None
    holder: str | None
    response_minutes: float
    travel_minutes: float | None
    minutes: float | None
    verdict: Verdict | None
    reachable_at: datetime | None

    @property
    def clause(self) -> str | None:
        kind, _, identifier = (self.basis or "").partition(":")
        return identifier if kind == "clause" else None

    @property
    def is_reachable(self) -> bool:
        return self.reason is None


def receivers(
    network: Network | CompiledNetwork,
    *,
    origin: Origin,
    pathway: str,
    step: int,
    age: int,
    at: datetime,
    back_from: int | None = None,
) -> tuple[Receiver, ...]:
    """The services of one step that take the age, best first.

    Reachable ones with a right come first, by minutes from the origin, then by priority of the
    clause, then by identifier (rule 4 for a single move); then those with a right that are not
    reachable, by the instant at which they become so; then the others, in the same two orders.
    A known journey comes before an unknown one. ``back_from`` turns the question round, for a
    patient who goes back down: the right is the one that let the patient come up to that step.

    Raises :class:`NotFound` for an unknown pathway, step, site or commune, :class:`Invalid` for a
    naive instant or an impossible age.
    """
    compiled = compile_network(network)
    steps = _steps(compiled, origin, pathway, age, at)
    if step not in steps:
        raise NotFound("routing.step", f"Ce parcours n'a pas d'étape {step}.")
    asked, came_to = steps[step], steps.get(back_from) if back_from else None
    moment = compiled.moment(at)
    epoch = compiled.moves.on(moment.day)
    nearby = None if origin.site else compiled.travel.from_commune(origin.commune or "")

    def right(service: CompiledService) -> Move | None:
        if came_to is not None:
            care_type = came_to.step.care_type
            return epoch.move(service.organization, origin.organization, care_type)
        if origin.site is None and asked.takes_direct:
            return DIRECT
        return epoch.move(origin.organization, service.organization, service.care_type)

    rows = []
    for service, state in Layer(asked, age, moment).candidates:
        journeys = compiled.travel.to_site(service.site) if nearby is None else nearby
        travel = journeys.get(origin.site or service.site)
        move = right(service)
        again = None
        if state.reason in (Reason.CLOSED, Reason.UNSTAFFED):
            again = service.reach.next_reachable(moment.tick)
        receiver = _receiver(compiled, asked, service, state, move, travel, again)
        rows.append((_order(receiver, state, move, travel, again), receiver))
    return tuple(receiver for _, receiver in sorted(rows, key=lambda row: row[0]))


def journeys_home(
    network: Network | CompiledNetwork, *, commune: str = "", site: str = ""
) -> Mapping[str, float]:
    """Minutes from where a patient lives to each site that can be reached: from their commune,
    else, when the network does not know it, from a site near them. Empty when it knows neither."""
    compiled = compile_network(network)
    if commune in compiled.communes:
        micros = compiled.travel.from_commune(commune)
        return {key: value / MICROS for key, value in micros.items()}
    sites = [one.id for one in compiled.network.sites]
    if site not in sites:
        return {}
    columns = ((key, compiled.travel.to_site(key).get(site)) for key in sites)
    return {key: value / MICROS for key, value in columns if value is not None}


def _steps(
    compiled: CompiledNetwork, origin: Origin, pathway: str, age: int, at: datetime
) -> Mapping[int, CompiledStep]:
    """The steps of the pathway by order, once the question is known to make sense."""
    commune = origin.commune if origin.site is None else next(iter(compiled.communes), "")
    if origin.site is not None:
        try:
            compiled.travel.point_of(origin.site)
        except KeyError:
            shown = origin.site[:60]
            raise NotFound(
                "routing.site", f"Le site « {shown} » n'existe pas dans ce réseau."
            ) from None
    steps = check_demand(compiled, Demand(commune or "", pathway, age, at))
    return {row.step.order: row for row in steps}


def _receiver(
    compiled: CompiledNetwork,
    step: CompiledStep,
    service: CompiledService,
    state: State,
    move: Move | None,
    travel: int | None,
    again: int | None,
) -> Receiver:
    total = None if travel is None else travel + state.response
    reached = state.reason is None and total is not None
    slot = state.slot
    return Receiver(
        service=service.id,
        site=service.site,
        organization=service.organization,
        basis=move.basis if move else None,
        reason=state.reason,
        kept_by=state.kept_by,
        slot=slot.id if slot else None,
        line=slot.line if slot else None,
        holder=slot.holder if slot else None,
        response_minutes=state.response / MICROS,
        travel_minutes=None if travel is None else travel / MICROS,
        minutes=None if total is None else total / MICROS,
        verdict=verdict_of(step, total or 0, compiled.travel.margin) if reached else None,
        reachable_at=compiled.local(again),
    )


_FAR = 10**18
"""After every journey and every instant."""


def _order(
    receiver: Receiver, state: State, move: Move | None, travel: int | None, again: int | None
) -> tuple[bool, bool, int, int, int, str]:
    waits = state.reason is not None
    reopens = (_FAR if again is None else again) if waits else 0
    total = _FAR if travel is None else travel + state.response
    return (move is None, waits, reopens, total, move.priority if move else 0, receiver.service)
