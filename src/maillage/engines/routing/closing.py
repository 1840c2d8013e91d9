"""Who could close a whole hole: single changes, ranked by the residents whom each brings an answer.

``closers`` judges a change by one patient. Here each is judged by everybody whom one step leaves
without anybody at one instant, wherever they live: laid over the network, and the snapshot of that
instant taken again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from maillage.engines.routing.changes import AddClause
from maillage.engines.routing.changes_applied import apply_changes
from maillage.engines.routing.closers import Closing, closers
from maillage.engines.routing.compiled import CompiledNetwork, compile_network
from maillage.engines.routing.enums import Reason, Verdict
from maillage.engines.routing.network import Demand, Network
from maillage.engines.routing.repair import repairs
from maillage.engines.routing.snapshots import SnapshotRow, snapshot

ASKED = 8
"""Parts of the hole for which slots and openings are looked for, the most inhabited first: they
are much the same from one part to the next."""

ASKED_OF_CLAUSES = 200
"""Parts of the hole for which clauses are looked for: they depend on the hospital that sends."""

TRIED = 10
"""Changes of one kind that are weighed: each costs a snapshot."""

IN_TIME = (Verdict.ON_TARGET, Verdict.AT_LIMIT)


@dataclass(frozen=True, slots=True)
class HoleCloser:
    """One change, and what becomes of the residents of a hole with it: those answered in time (on
    target or at the limit), those answered too late, those whom it leaves without anybody."""

    change: Closing
    in_time: float
    late: float
    left: float


def hole_closers(
    network: Network | CompiledNetwork, pathway: str, step: int, at: datetime
) -> tuple[HoleCloser, ...]:
    """The single changes that would give an answer to residents whom a step leaves without
    anybody at an instant: those who bring the most residents an answer in time first, then those
    that leave the fewest without anybody; equals in the order of their kind and names.

    Changes are those that ``closers`` and ``repairs`` find for one resident of each part of the
    hole (the communes nearest to one site, for one reason), the most inhabited first; at most
    :data:`TRIED` of a kind are weighed. Raises as ``snapshot`` does.
    """
    compiled = compile_network(network)
    rows = _rows(compiled, pathway, step, at)
    hole = {_key(row): row.residents for row in rows if _is_hole(row)}
    if not hole:
        return ()
    found = []
    for change in _candidates(compiled, pathway, step, at, rows):
        changed = compiled.derive(apply_changes(compiled.network, [change]))
        after = _rows(changed, pathway, step, at)
        in_time = sum(hole.get(_key(row), 0.0) for row in after if row.verdict in IN_TIME)
        late = sum(hole.get(_key(row), 0.0) for row in after if row.verdict is Verdict.LATE)
        left = round(sum(hole.values()) - in_time - late, 4)
        if in_time + late > 0:
            found.append(HoleCloser(change, in_time, late, left))
    return tuple(
        sorted(found, key=lambda one: (-one.in_time, one.left, one.change.kind, str(one.change)))
    )


def _rows(compiled: CompiledNetwork, pathway: str, step: int, at: datetime) -> list[SnapshotRow]:
    return [row for row in snapshot(compiled, pathway, at).rows if row.step == step]


def _key(row: SnapshotRow) -> tuple[str, int, int]:
    return row.commune, row.age_min, row.age_max


def _is_hole(row: SnapshotRow) -> bool:
    return row.verdict is Verdict.HOLE and row.residents > 0


def _candidates(
    compiled: CompiledNetwork, pathway: str, step: int, at: datetime, rows: Iterable[SnapshotRow]
) -> list[Closing]:
    """Changes that mend the step for those asked, turn by turn: the best of each, then the second
    of each."""
    demands = [Demand(row.commune, pathway, row.age_min, at) for row in _asked(compiled, rows)]
    lists: list[list[Closing]] = [
        [
            AddClause(one.from_organization, one.to_organization, (one.care_type,))
            for one in repairs(compiled, demand)
            if one.step == step
        ]
        for demand in demands[:ASKED_OF_CLAUSES]
    ]
    lists += [
        [one.change for one in closers(compiled, demand) if one.step == step]
        for demand in demands[:ASKED]
    ]
    kept: dict[str, dict[Closing, None]] = {}
    for change in (one for turn in zip_longest(*lists) for one in turn if one is not None):
        of_kind = kept.setdefault(change.kind, {})
        if len(of_kind) < TRIED:
            of_kind[change] = None
    return [change for of_kind in kept.values() for change in of_kind]


def _asked(compiled: CompiledNetwork, rows: Iterable[SnapshotRow]) -> list[SnapshotRow]:
    """The most inhabited row of each part of the hole, the part with most residents first."""
    parts: dict[tuple[str, Reason | None], list[SnapshotRow]] = defaultdict(list)
    for row in filter(_is_hole, rows):
        journeys = compiled.travel.from_commune(row.commune)
        nearest = min(journeys, key=lambda site: (journeys[site], site), default="")
        parts[nearest, row.reason].append(row)
    ordered = sorted(
        parts.items(), key=lambda part: (-sum(row.residents for row in part[1]), str(part[0]))
    )
    return [max(found, key=lambda row: (row.residents, row.commune)) for _, found in ordered]
