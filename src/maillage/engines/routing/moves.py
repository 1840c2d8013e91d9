"""Who may send whom to whom: the moves between organizations, day by day.

A question looks only at the rows of the two organizations that it names; what a run of days without
change answers is remembered.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterator
from datetime import date
from typing import NamedTuple

from maillage.engines.routing.network import Clause, Membership, Network
from maillage.engines.routing.timelines import Horizon


class Move(NamedTuple):
    """Why a patient may be sent from one organization to another.

    ``priority`` is that of the clause, -1 when no clause is needed: such a move comes before every
    clause. ``sole_clause`` is the clause whose end would forbid the move, if there is one.
    """

    basis: str
    priority: int
    sole_clause: str | None


NO_CLAUSE = -1
WITHIN_ORGANIZATION = Move("organization", NO_CLAUSE, None)

MoveKey = tuple[str, str, str]
"""Origin and target organizations, and care type."""


class Moves:
    """Which organization may send which care type to which other, day by day."""

    def __init__(self, network: Network) -> None:
        dated: list[Membership | Clause] = [*network.memberships, *network.clauses]
        ends = {day for row in dated for day in (row.starts_on, row.ends_on) if day is not None}
        self._change_days = sorted(day.toordinal() for day in ends)
        self._epochs: dict[int, DayMoves] = {}
        self._groups: dict[str, list[Membership]] = defaultdict(list)
        for membership in network.memberships:
            self._groups[membership.organization].append(membership)
        self._clauses: dict[MoveKey, list[Clause]] = defaultdict(list)
        self._targets: dict[tuple[str, str], set[str]] = defaultdict(set)
        for clause in network.clauses:
            for care_type in set(clause.care_types):
                key = (clause.from_organization, clause.to_organization, care_type)
                self._clauses[key].append(clause)
                self._targets[clause.from_organization, care_type].add(clause.to_organization)

    def on(self, day: int) -> DayMoves:
        """The moves of a local day (an ordinal), those of all days of its run."""
        index = bisect_right(self._change_days, day)
        known = self._epochs.get(index)
        if known is None:
            known = self._epochs[index] = DayMoves(self, day)
        return known

    def changes(
        self, horizon: Horizon, organizations: Collection[str], care_types: Container[str]
    ) -> list[tuple[int, set[MoveKey], set[str]]]:
        """The days of a horizon, after its first, on which a membership or a clause among these
        organizations and for these care types starts or ends, in order, each with the moves whose
        clauses change and the organizations whose memberships do."""
        moves: dict[int, set[MoveKey]] = defaultdict(set)
        members: dict[int, set[str]] = defaultdict(set)
        for organization in organizations:
            for row in self._groups.get(organization, ()):
                for day in _ends(row, horizon):
                    members[day].add(organization)
        for key, clauses in self._clauses.items():
            origin, target, care_type = key
            if care_type in care_types and origin in organizations and target in organizations:
                for clause in clauses:
                    for day in _ends(clause, horizon):
                        moves[day].add(key)
        return [
            (day, moves.get(day, set()), members.get(day, set()))
            for day in sorted({*moves, *members})
        ]

    def find(self, day: int, key: MoveKey, groups: Callable[[str], frozenset[str]]) -> Move | None:
        """What allows a move on a day: the same organization, else the same group (the first by
        identifier), else a clause (the smallest priority, then identifier), else nothing.
        ``groups`` are those of an organization on that day."""
        origin, target, _ = key
        if origin == target:
            return WITHIN_ORGANIZATION
        shared = groups(origin) & groups(target)
        if shared:
            return Move(f"group:{min(shared)}", NO_CLAUSE, None)
        if key not in self._clauses:
            return None
        clauses = [row for row in self._clauses[key] if _in_force(row, day)]
        if not clauses:
            return None
        first = min(clauses, key=lambda clause: (clause.priority, clause.id))
        return Move(f"clause:{first.id}", first.priority, first.id if len(clauses) == 1 else None)

    def clause_targets(self, origin: str, care_type: str) -> Collection[str]:
        """The organizations that some clause, on some day, lets an organization send to."""
        return self._targets.get((origin, care_type), ())

    def groups_of(self, organization: str, day: int) -> frozenset[str]:
        """The hospital groups to which an organization belongs on a day."""
        rows = self._groups.get(organization, ())
        return frozenset(row.group for row in rows if _in_force(row, day))


class DayMoves:
    """The moves of one run of days; answers are remembered."""

    def __init__(self, moves: Moves, day: int) -> None:
        self._moves, self._day = moves, day
        self._known: dict[MoveKey, Move | None] = {}
        self._groups: dict[str, frozenset[str]] = {}

    def move(self, origin: str, target: str, care_type: str) -> Move | None:
        """What allows a patient of ``care_type`` to go from one organization to another: see
        :meth:`Moves.find`."""
        key = (origin, target, care_type)
        try:
            return self._known[key]
        except KeyError:
            found = self._known[key] = self._moves.find(self._day, key, self._groups_of)
            return found

    def between(
        self, senders: Collection[str], targets: Collection[str], care_type: str
    ) -> Iterator[tuple[str, str, Move]]:
        """Every move that is allowed from one of some organizations to one of some others: most
        pairs share neither group nor clause, and are not looked at."""
        members: dict[str, list[str]] = defaultdict(list)
        for target in targets:
            for group in self._groups_of(target):
                members[group].append(target)
        for origin in senders:
            near = {origin, *self._moves.clause_targets(origin, care_type)}
            near = {target for target in near if target in targets}
            for group in self._groups_of(origin):
                near.update(members.get(group, ()))
            for target in sorted(near):
                found = self.move(origin, target, care_type)
                if found is not None:
                    yield origin, target, found

    def _groups_of(self, organization: str) -> frozenset[str]:
        known = self._groups.get(organization)
        if known is None:
            known = self._groups[organization] = self._moves.groups_of(organization, self._day)
        return known


def _ends(row: Membership | Clause, horizon: Horizon) -> list[int]:
    """The days of a horizon, after its first, on which a row starts or ends."""
    days = [day.toordinal() for day in (row.starts_on, row.ends_on) if day is not None]
    return [day for day in days if horizon.first_day < day <= horizon.last_day]


def _in_force(row: Membership | Clause, day: int) -> bool:
    return _is_past(row.starts_on, day) and not (row.ends_on and _is_past(row.ends_on, day))


def _is_past(start: date | None, day: int) -> bool:
    """Whether a day has come; an open start always has."""
    return start is None or start.toordinal() <= day
