"""Small random territories: everything that the rule speaks of, crowded into ten days.

Every boundary falls on a half hour, so that the reference can look at every half hour instead of
every minute; the instants asked do not.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from maillage.engines.routing import (
    Clause,
    Commune,
    DayPeriod,
    Demand,
    DutySlot,
    Entry,
    ExceptionState,
    HolidayRule,
    Membership,
    Network,
    Opening,
    Organization,
    Pathway,
    Service,
    ServiceException,
    Site,
    Step,
    Travel,
    TravelSource,
    build_network,
)

GRID = timedelta(minutes=30)
DAYS = 10
FIRST_DAYS = (
    date(2026, 3, 25),  # clocks go forward on the night of the 29th
    date(2026, 10, 21),  # clocks go back on the night of the 25th
    date(2026, 12, 22),  # two public holidays and a new year
    date(2026, 5, 6),
)
HOLIDAYS = (date(2026, 5, 8), date(2026, 12, 25), date(2027, 1, 1))


class Drawer:
    """Draws values one by one; one method per kind of row.

    Hypothesis draws the seed only: left to itself it prefers small, empty territories, where
    clauses and groups hardly ever decide anything.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.first = self.one(FIRST_DAYS)
        self.organizations = ["O1", "O2", "O3"][: self.one([1, 2, 3, 3, 3, 3])]
        self.sites = [f"S{i}" for i in range(self.whole(3, 4))]
        self.steps = tuple(self.step(i + 1) for i in range(self.one([1, 2, 3, 3])))

    def one(self, values: Any) -> Any:
        return self._random.choice(list(values))

    def whole(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def shuffled(self, rows: list[Any]) -> list[Any]:
        return self._random.sample(rows, len(rows))

    def day(self) -> date:
        return self.first + timedelta(days=self.whole(0, DAYS))

    def open_days(self) -> tuple[date | None, date | None]:
        """Mostly open periods; now and then one that starts or ends within the ten days."""
        kind = self.whole(0, 14)
        day = self.day()
        if kind == 0:
            return day, None
        if kind == 1:
            return None, day
        if kind == 2:
            return day, day + timedelta(days=self.whole(1, 4))
        return None, None

    def instant(self) -> datetime:
        start = datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)
        return start + self.whole(0, DAYS * 48) * GRID

    def span(self) -> tuple[datetime, datetime]:
        start = self.instant()
        return start, start + self.whole(1, 40) * GRID

    def opening(self) -> Opening:
        if self.whole(0, 3) == 0:
            return Opening((1, 2, 3, 4, 5, 6, 7), 0, 1440, self.one(list(HolidayRule)))
        if self.whole(0, 3) == 0:
            starts = self.one([3, 4, 5])  # around the hour that is skipped or repeated
            ends = starts + self.one([1, 2, 3])
        else:
            starts = self.one([0, 0, 16, 27, 40])
            ends = self.one([x for x in (12, 17, 37, 48, 48) if x > starts])
        weekdays = self.one([(1, 2, 3, 4, 5, 6, 7), (1, 2, 3, 4, 5), (6, 7), (7,), (3,)])
        return Opening(weekdays, starts * 30, ends * 30, self.one(list(HolidayRule)))

    def openings(self) -> tuple[Opening, ...]:
        if self.whole(0, 1) == 0:
            return (Opening((1, 2, 3, 4, 5, 6, 7), 0, 1440),)
        return tuple(self.opening() for _ in range(self.one([0, 1, 1, 2])))

    def service(self, name: str, step: Step) -> Service:
        exceptions = tuple(
            ServiceException(*self.span(), self.one(list(ExceptionState)))
            for _ in range(self.one([0, 0, 0, 0, 0, 1, 2]))
        )
        care_type, level = self.one([(step.care_type, step.level)] * 19 + [("A", "REFERENCE")])
        low, high = self.one([(0, None)] * 9 + [(15, None), (0, 15), (15, 75)])
        return Service(
            id=name,
            site=self.one(self.sites),
            care_type=care_type,
            level=level,
            age_min=low,
            age_max=high,
            authorisations=tuple(
                DayPeriod(*self.open_days()) for _ in range(self.one([0] + [1] * 15 + [2]))
            ),
            opening=self.openings(),
            exceptions=exceptions,
        )

    def slot(self, name: str, services: list[Service]) -> DutySlot:
        return DutySlot(
            id=name,
            line="line",
            service=self.one(services).id,
            starts_at=(start := self.instant()),
            ends_at=start + self.whole(1, 240) * GRID,
            holder=self.one([None, "P1", "P1", "P2"]),
            response_minutes=self.one([0, 0, 5, 20, 0.1]),
        )

    def clause(self, name: str) -> Clause:
        starts, ends = self.open_days()
        return Clause(
            id=name,
            agreement="agreement",
            from_organization=self.one(self.organizations),
            to_organization=self.one(self.organizations),
            care_types=self.one([("A",), ("B",), ("A", "B")]),
            priority=self.whole(0, 2),
            starts_on=starts,
            ends_on=ends,
        )

    def step(self, order: int) -> Step:
        entry = (
            Entry.DIRECT if order == 1 else self.one(["referral"] * 4 + ["both", "both", "direct"])
        )
        return Step(
            order=order,
            care_type=self.one("AB"),
            level=self.one(["PROXIMITY", "PROXIMITY", "RECOURSE"]),
            entry=Entry(entry),
            target_minutes=self.one([None, 10, 20.1, 30, 40]),
            hours=None if self.whole(0, 5) else (self.opening(),),
        )

    def travel(self, communes: list[str]) -> Travel:
        margin = self.one([0, 0, 4, 4.9])
        if self.whole(0, 3) == 0:
            return Travel(TravelSource.ESTIMATE, margin)
        minutes = [None, 0, 5, 5, 5, 10, 10, 10, 10.1, 15.5, 20]
        pairs = [
            [
                (a, b, found)
                for a in origins
                for b in self.sites
                if a != b and (found := self.one(minutes)) is not None
            ]
            for origins in (communes, self.sites)
        ]
        return Travel(TravelSource.MATRIX, margin, tuple(pairs[0]), tuple(pairs[1]))

    def point(self) -> tuple[float, float]:
        return self.one([50.0, 50.05, 50.2]), self.one([3.0, 3.1, 3.3])


@dataclass(frozen=True)
class Territory:
    """A network whose every period starts and ends within ten days."""

    network: Network
    first_day: date

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.first_day, datetime.min.time(), UTC)

    @property
    def settles_at(self) -> datetime:
        """Past every period and two more weeks of weekly windows: nothing new comes later."""
        return self.starts_at + timedelta(days=DAYS + 21)


def draw_territory(seed: int) -> Territory:
    """A small territory with one commune and one pathway, the same for the same seed."""
    d = Drawer(seed)
    wanted = [step for step in d.steps for _ in range(d.whole(1, 3))]
    services = [d.service(f"v{i}", step) for i, step in enumerate(d.shuffled(wanted))]
    last = d.first + timedelta(days=DAYS)
    holidays = {day for day in HOLIDAYS if d.first <= day <= last} | {d.day()}
    network = build_network(
        public_holidays=sorted(holidays),
        communes=[Commune("C", "C", *d.point())],
        organizations=[Organization(name, name) for name in d.organizations],
        memberships=[
            Membership(d.one(d.organizations), d.one(["G1", "G2"]), *d.open_days())
            for _ in range(d.whole(0, 4))
        ],
        sites=[
            Site(s, d.organizations[i % len(d.organizations)], s, *d.point())
            for i, s in enumerate(d.sites)
        ],
        services=services,
        duty_slots=[d.slot(f"d{i}", services) for i in range(d.whole(0, 8))],
        clauses=[d.clause(f"c{i}") for i in range(d.whole(0, 9))],
        pathways=[Pathway("P", "P", d.steps)],
        travel=d.travel(["C"]),
    )
    return Territory(network, d.first)


def change_points(network: Network) -> list[datetime]:
    """Instants at which a period of the territory starts or ends."""
    rows: list[DutySlot | ServiceException] = list(network.duty_slots)
    rows += [e for s in network.services for e in s.exceptions]
    found = {moment for row in rows for moment in (row.starts_at, row.ends_at) if moment}
    return sorted(found)


CLOCK_CHANGES = (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC))


def draw_demand(territory: Territory, seed: int) -> Demand:
    """A demand at any minute, around midnight, a change point, or a clock change."""
    choice = random.Random(seed)
    start = territory.starts_at
    anchors = [
        start + timedelta(minutes=choice.randint(0, DAYS * 1440)),
        start + timedelta(hours=22 + 24 * choice.randint(0, DAYS)),
        *(at for at in CLOCK_CHANGES if start < at < start + timedelta(days=DAYS)),
    ]
    points = change_points(territory.network)
    if points:
        anchors.append(choice.choice(points))
    at = choice.choice(anchors) + timedelta(minutes=choice.randint(-1, 1))
    return Demand("C", "P", choice.choice([70, 14, 15, 75]), at)


SEEDS = st.binary(min_size=8, max_size=8).map(lambda raw: int.from_bytes(raw, "big"))
territories = SEEDS.map(draw_territory)


def questions(territory: Territory) -> st.SearchStrategy[Demand]:
    return SEEDS.map(lambda seed: draw_demand(territory, seed))
