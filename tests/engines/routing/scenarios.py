"""Random changes for the random territories: every kind, most of them touching something."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from maillage.engines.routing import (
    AddClause,
    AuthoriseService,
    Change,
    CloseService,
    EndAgreement,
    EndAuthorisation,
    EndClause,
    HolderLeaves,
    HolidayRule,
    MoveHalfDay,
    OpenService,
    SetTarget,
    StaffSlots,
    UnstaffSlots,
    apply_changes,
)
from maillage.vocabulary.errors import Invalid
from tests.engines.routing.territories import DAYS, GRID, SEEDS, Territory


class ChangeDrawer:
    """Draws changes that name what is in a territory, one method per kind."""

    def __init__(self, territory: Territory, seed: int) -> None:
        self._random = random.Random(seed)
        self.network = territory.network
        self.first = territory.first_day
        self.services = [row.id for row in self.network.services]

    def one(self, values: Any) -> Any:
        return self._random.choice(list(values))

    def day(self) -> date:
        return self.first + timedelta(days=self._random.randint(0, DAYS))

    def period(self) -> tuple[datetime | None, datetime | None]:
        start = datetime.combine(self.first, time(), UTC) + self._random.randint(0, 400) * GRID
        end = start + self._random.randint(1, 120) * GRID
        return self.one([None, start, start, start]), self.one([None, end, end, end])

    def days(self) -> tuple[date | None, date | None]:
        start = self.day()
        end = start + timedelta(days=self._random.randint(1, 5))
        return self.one([None, start]), self.one([None, end])

    def hours(self) -> tuple[int, int]:
        start = self._random.choice([0, 3, 4, 16, 20, 27])
        return start * 30, self._random.choice([x for x in (5, 17, 37, 48) if x > start]) * 30

    def slots(self) -> dict[str, Any]:
        lines = sorted({slot.line for slot in self.network.duty_slots})
        if not lines or self.one([True, False]):
            return {"service": self.one(self.services), "line": self.one([None, *lines])}
        return {"line": self.one(lines)}

    def staff(self) -> Change:
        chosen = self.slots()
        return StaffSlots(
            *self.period(),
            **chosen,
            holder=self.one(["renfort", "P1", "P3"]),
            response_minutes=self.one([None, 0, 7.5]),
            create="service" in chosen and self.one([True, False]),
        )

    def unstaff(self) -> Change:
        return UnstaffSlots(*self.period(), **self.slots())

    def open(self) -> Change:
        weekdays = self.one([(1, 2, 3, 4, 5, 6, 7), (1, 3, 5), (6,), (7,)])
        return OpenService(
            self.one(self.services), weekdays, *self.hours(), self.one(list(HolidayRule))
        )

    def close(self) -> Change:
        return CloseService(self.one(self.services), *self.period())

    def authorise(self) -> Change:
        return AuthoriseService(self.one(self.services), *self.days())

    def end_authorisation(self) -> Change:
        return EndAuthorisation(self.one(self.services), self.day())

    def add_clause(self) -> Change:
        organizations = [row.id for row in self.network.organizations]
        return AddClause(
            self.one(organizations),
            self.one(organizations),
            self.one([("A",), ("B",), ("B", "A")]),
            self._random.randint(0, 2),
            *self.days(),
        )

    def end_clause(self) -> Change:
        return EndClause(self.one([row.id for row in self.network.clauses]), self.day())

    def end_agreement(self) -> Change:
        return EndAgreement("agreement", self.day())

    def leave(self) -> Change:
        return HolderLeaves(self.one(["P1", "P2"]), self.day())

    def move_half_day(self) -> Change:
        giver, taker = self._random.sample(self.services, 2)
        return MoveHalfDay(giver, taker, self._random.randint(1, 7), *self.hours())

    def target(self) -> Change:
        steps = self.network.pathways[0].steps
        return SetTarget("P", self._random.randint(1, len(steps)), self.one([None, 10, 20.1, 30]))

    def change(self, kind: str) -> Change | None:
        """A change of a kind that this territory accepts; none when it has nothing to change."""
        for _ in range(8):
            try:
                found: Change = getattr(self, kind)()
                apply_changes(self.network, [found])
            except (IndexError, ValueError, Invalid):
                continue
            return found
        return None


KINDS = (
    "staff", "unstaff", "open", "close", "authorise", "end_authorisation", "add_clause",
    "end_clause", "end_agreement", "leave", "move_half_day", "target",
)  # fmt: skip


def draw_scenario(territory: Territory, seed: int) -> list[Change]:
    """One to four changes that can be applied together."""
    drawer = ChangeDrawer(territory, seed)
    found: list[Change] = []
    for _ in range(drawer.one([1, 2, 3, 4])):
        change = drawer.change(drawer.one(KINDS))
        if change is None:
            continue
        try:
            apply_changes(territory.network, [*found, change])
        except Invalid:
            continue  # an earlier change took away what this one names
        found.append(change)
    return found


def scenarios(territory: Territory) -> st.SearchStrategy[list[Change]]:
    return SEEDS.map(lambda seed: draw_scenario(territory, seed))
