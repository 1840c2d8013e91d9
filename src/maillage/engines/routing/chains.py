"""The best chain to every service of every step, by dynamic programming over the steps.

Which chain is best (``coverage.md``, rule 4): the smallest total time; then the fewest moves; then
the clause priorities of its moves, compared from the last move back to the first, a move that
needs no clause coming before every clause; then the service identifiers, compared from the last
service back to the first. Extending two chains that end at one service by the same move keeps their
order, so the best chain to a service always extends a best chain to the service before: one
pass over the steps is enough, and no two different chains are ever equal.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from maillage.engines.routing.answers import Link
from maillage.engines.routing.clock import Moment
from maillage.engines.routing.compiled import CompiledNetwork, CompiledStep
from maillage.engines.routing.moves import NO_CLAUSE, Move
from maillage.engines.routing.reachability import MICROS, CompiledService, State

DIRECT = Move("direct", NO_CLAUSE, None)
NEW_CLAUSE = "new-clause"
"""Basis of a move that only a clause that does not exist yet would allow (``repairs``)."""


class Node:
    """The best chain that ends at one service of one step.

    ``priorities`` and ``services`` run from the last move and service back to the first.
    """

    __slots__ = (
        "minutes", "move", "previous", "priorities", "service", "services", "state", "travel",
    )  # fmt: skip

    def __init__(
        self,
        service: CompiledService,
        state: State,
        move: Move,
        travel: int,
        previous: Node | None,
    ) -> None:
        self.service = service
        self.state = state
        self.move = move
        self.travel = travel
        self.previous = previous
        self.minutes = travel + state.response
        self.services: tuple[str, ...] = (service.id,)
        self.priorities: tuple[int, ...] = ()
        if previous is not None:
            self.minutes += previous.minutes
            self.services += previous.services
            self.priorities = (move.priority, *previous.priorities)

    def key(self) -> tuple[int, int, tuple[int, ...], tuple[str, ...]]:
        """Smaller is better; different for different chains of one step."""
        return (self.minutes, len(self.priorities), self.priorities, self.services)

    def nodes(self) -> list[Node]:
        """From the entry to this service."""
        found = [self]
        while found[-1].previous is not None:
            found.append(found[-1].previous)
        found.reverse()
        return found


class Arrival:
    """One reachable service of a step, and every way that leads to it.

    ``ways`` tells, as bits over the arrivals of the step before, which of them can send here;
    ``hanging`` are those of these ways that hang on one clause. ``is_allowed`` is true when some
    service of the step before that has a chain may send here, even if the journey is unknown.
    """

    __slots__ = ("direct", "hanging", "is_allowed", "node", "service", "state", "ways")

    def __init__(self, service: CompiledService, state: State) -> None:
        self.service = service
        self.state = state
        self.node: Node | None = None
        self.direct = False
        self.is_allowed = False
        self.ways = 0
        self.hanging: list[tuple[str, int]] = []


class Layer:
    """One step at one instant for one age: the services that take the age, their states, and the
    arrivals of those that are reachable."""

    __slots__ = ("arrivals", "best", "candidates", "step")

    def __init__(self, step: CompiledStep, age: int, moment: Moment) -> None:
        self.step = step
        self.candidates = [
            (service, service.state(moment)) for service in step.services if service.takes(age)
        ]
        self.arrivals = [
            Arrival(service, state) for service, state in self.candidates if state.reason is None
        ]
        self.best: Node | None = None

    @property
    def has_chain(self) -> bool:
        return self.best is not None


class NewClause(NamedTuple):
    """A clause that is not in the network, laid over it."""

    origin: str
    target: str
    care_type: str


def find_chains(
    compiled: CompiledNetwork,
    steps: tuple[CompiledStep, ...],
    commune: str,
    age: int,
    moment: Moment,
    extra: NewClause | None = None,
) -> list[Layer]:
    """The layers of a pathway with every best chain from a commune, optionally as if a clause
    ``extra`` were in force."""
    from_commune = compiled.travel.from_commune(commune)
    epoch = compiled.moves.on(moment.day)
    layers: list[Layer] = []
    for step in steps:
        layer = Layer(step, age, moment)
        if step.takes_direct:
            for arrival in layer.arrivals:
                travel = from_commune.get(arrival.service.site)
                if travel is not None:
                    arrival.direct = True
                    arrival.node = Node(arrival.service, arrival.state, DIRECT, travel, None)
        if step.takes_referral and layers and layers[-1].has_chain:
            senders = _senders(layers[-1])
            for arrival in layer.arrivals:
                for organization, rows in senders.items():
                    care_type = arrival.service.care_type
                    target = arrival.service.organization
                    move = epoch.move(organization, target, care_type)
                    if move is None and (organization, target, care_type) == extra:
                        move = Move(NEW_CLAUSE, NO_CLAUSE, None)
                    if move is not None:
                        _extend(arrival, move, rows, compiled.travel.to_site(arrival.service.site))
        nodes = [arrival.node for arrival in layer.arrivals if arrival.node is not None]
        layer.best = min(nodes, key=Node.key, default=None)
        layers.append(layer)
    return layers


def _senders(layer: Layer) -> dict[str, list[tuple[int, Node]]]:
    """The chains of a step by the organization where they end, each with its bit."""
    senders: dict[str, list[tuple[int, Node]]] = defaultdict(list)
    for index, arrival in enumerate(layer.arrivals):
        if arrival.node is not None:
            senders[arrival.service.organization].append((1 << index, arrival.node))
    return senders


def _extend(
    arrival: Arrival, move: Move, rows: list[tuple[int, Node]], journeys: dict[str, int]
) -> None:
    """Let the chains of one organization come to a service by one move; keep the best."""
    arrival.is_allowed = True
    ways = 0
    best = arrival.node
    response = arrival.state.response
    for bit, sender in rows:
        travel = journeys.get(sender.service.site)
        if travel is None:
            continue
        ways |= bit
        if best is None or sender.minutes + travel + response <= best.minutes:
            node = Node(arrival.service, arrival.state, move, travel, sender)
            if best is None or node.key() < best.key():
                best = node
    arrival.node = best
    arrival.ways |= ways
    if move.sole_clause is not None:
        arrival.hanging.append((move.sole_clause, ways))


def links_of(node: Node | None, entry_to: int) -> tuple[Link, ...]:
    """The chain of a node as evidence. ``entry_to`` is the order of the node's own step."""
    if node is None:
        return ()
    chain = node.nodes()
    first = entry_to - len(chain) + 1
    return tuple(_link(first + index, part) for index, part in enumerate(chain))


def _link(order: int, node: Node) -> Link:
    slot = node.state.slot
    return Link(
        step=order,
        service=node.service.id,
        site=node.service.site,
        organization=node.service.organization,
        basis=node.move.basis,
        kept_by=node.state.kept_by or "",
        slot=slot.id if slot else None,
        line=slot.line if slot else None,
        holder=slot.holder if slot else None,
        response_minutes=node.state.response / MICROS,
        travel_minutes=node.travel / MICROS,
        minutes_from_commune=node.minutes / MICROS,
    )
