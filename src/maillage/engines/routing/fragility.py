"""What an answer hangs on: the one service, clause or person without which a step is a hole.

Exact without trying every element of the network: if an element is not on the best chain of a step,
removing it leaves that chain in place, so only the elements of the chain can open a hole. For each
of them the steps are walked again as bits: which services can still be entered or sent to. Times do
not matter here, since a late chain is no hole.
"""

from __future__ import annotations

from maillage.engines.routing.chains import Arrival, Layer, Node
from maillage.engines.routing.enums import ElementKind

Element = tuple[ElementKind, str]
_ORDER = list(ElementKind)


class Fragility:
    """Answers, for the layers of one demand, which elements a step hangs on."""

    def __init__(self, layers: list[Layer]) -> None:
        self._layers = layers
        self._holes: dict[Element, frozenset[int]] = {}

    def exposed(self, index: int) -> tuple[Element, ...]:
        """The elements whose removal alone turns step ``index`` (0 = first), which has a chain,
        into a hole: services, then clauses, then holders, by identifier."""
        best = self._layers[index].best
        if best is None:
            return ()
        found = [element for element in _elements(best) if index in self._holes_without(element)]
        return tuple(sorted(found, key=lambda e: (_ORDER.index(e[0]), e[1])))

    def _holes_without(self, element: Element) -> frozenset[int]:
        """The steps that have no chain once an element is removed."""
        known = self._holes.get(element)
        if known is None:
            known = self._holes[element] = frozenset(self._walk(element))
        return known

    def _walk(self, element: Element) -> list[int]:
        kind, identifier = element
        clause = identifier if kind is ElementKind.CLAUSE else None
        holes = []
        alive = 0
        for index, layer in enumerate(self._layers):
            before, alive = alive, 0
            for position, arrival in enumerate(layer.arrivals):
                if _is_killed(arrival, kind, identifier):
                    continue
                if arrival.direct or before & _ways_without(arrival, clause):
                    alive |= 1 << position
            if not alive:
                holes.append(index)
        return holes


def _elements(best: Node) -> set[Element]:
    """The elements of a chain that could be the only ones of their kind."""
    found: set[Element] = set()
    for node in best.nodes():
        found.add((ElementKind.SERVICE, node.service.id))
        if node.state.sole_holder is not None:
            found.add((ElementKind.HOLDER, node.state.sole_holder))
        if node.move.sole_clause is not None:
            found.add((ElementKind.CLAUSE, node.move.sole_clause))
    return found


def _is_killed(arrival: Arrival, kind: ElementKind, identifier: str) -> bool:
    if kind is ElementKind.SERVICE:
        return arrival.service.id == identifier
    return kind is ElementKind.HOLDER and arrival.state.sole_holder == identifier


def _ways_without(arrival: Arrival, clause: str | None) -> int:
    ways = arrival.ways
    if clause is not None:
        for hanging, lost in arrival.hanging:
            if hanging == clause:
                ways &= ~lost
    return ways
