"""Where the hospitals near a commune may send their patients on, whatever the best chain is.

An answer shows the best chain only: when one hospital loses the right to send patients on, the best
chain may simply start elsewhere. This reads the rights themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from maillage.engines.routing.compiled import CompiledNetwork, CompiledStep, compile_network
from maillage.engines.routing.enums import Reason
from maillage.engines.routing.network import Demand, Network
from maillage.engines.routing.reachability import CompiledService, to_micros
from maillage.engines.routing.resolution import check_demand


@dataclass(frozen=True, slots=True)
class OnwardMove:
    """A site of the step before ``step``, and where it may send on.

    ``targets`` are (organization, basis) pairs, by organization; empty when no organization with
    an authorised service of the step may receive its patients.
    """

    step: int
    site: str
    organization: str
    care_type: str
    targets: tuple[tuple[str, str], ...]


def onward_moves(
    network: Network | CompiledNetwork, demand: Demand, *, within_minutes: float
) -> tuple[OnwardMove, ...]:
    """The rights to send on of the sites near the commune, for each step that takes referrals.

    The sites are those with a service of the step before that is authorised on the local day and
    takes the age, at most ``within_minutes`` from the commune. Opening hours do not matter: a right
    holds all day. Ordered by step, minutes, site. Raises as ``resolve`` does.
    """
    compiled = compile_network(network)
    steps = check_demand(compiled, demand)
    moment = compiled.moment(demand.at)
    near = compiled.travel.from_commune(demand.commune)
    limit = to_micros(within_minutes)
    moves = compiled.moves.on(moment.day)

    def authorised(step: CompiledStep) -> list[CompiledService]:
        return [
            service
            for service in step.services
            if service.takes(demand.age)
            and service.state(moment).reason is not Reason.NOT_AUTHORISED
        ]

    found = []
    for before, step in pairwise(steps):
        if not step.takes_referral:
            continue
        care_type = step.step.care_type
        receiving = sorted({service.organization for service in authorised(step)})
        origins = {service.site: service.organization for service in authorised(before)}
        for site in sorted(origins, key=lambda site: (near.get(site, limit + 1), site)):
            if near.get(site, limit + 1) > limit:
                continue
            allowed = ((to, moves.move(origins[site], to, care_type)) for to in receiving)
            targets = tuple((to, move.basis) for to, move in allowed if move is not None)
            found.append(OnwardMove(step.step.order, site, origins[site], care_type, targets))
    return tuple(found)
