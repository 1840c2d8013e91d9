"""Random territories with residents, for proofs: more than one commune, pathway and age class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from maillage.engines.routing import (
    Commune,
    DutySlot,
    Entry,
    HolidayRule,
    Membership,
    Network,
    Opening,
    Organization,
    Pathway,
    ResidentBand,
    Service,
    Site,
    Step,
    build_network,
)
from tests.engines.routing.territories import (
    CLOCK_CHANGES,
    DAYS,
    GRID,
    HOLIDAYS,
    SEEDS,
    Drawer,
)

SPLITS: tuple[tuple[tuple[int, int | None], ...], ...] = (
    ((0, 15), (15, 65), (65, None)),
    ((0, None),),
    ((0, 20), (20, 40), (40, 60), (60, 75), (75, None)),
    ((20, 47),),
    ((0, 7), (14, 16), (75, 100)),
)
COUNTS = (0, 1, 7, 0.4, 12.5, 333.25, 1234.7, 8, 5021.0001, 40_000)


class InhabitedDrawer(Drawer):
    """Draws what a single demand does not need.

    In one territory of three nothing but clauses moves patients: left to chance, two hospitals are
    mostly of one group, or the patient comes directly.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.has_clauses_only = self.whole(0, 2) == 0
        if self.has_clauses_only:
            self.organizations = ["O1", "O2", "O3"]
            self.steps = tuple(self.step_by_referral(i + 1) for i in range(self.whole(2, 3)))

    def step_by_referral(self, order: int) -> Step:
        """Steps of different care, so that no patient stays where the step before was."""
        step = self.step(order)
        if order == 1:
            return replace(step, care_type="B", level="PROXIMITY")
        level = "RECOURSE" if order == 2 else "PROXIMITY"
        target = self.one([None, 40, 90])
        return replace(
            step, care_type="A", level=level, entry=Entry.REFERRAL, target_minutes=target
        )

    def bands(self) -> tuple[ResidentBand, ...]:
        """Bands of one or both sexes, not always the same; now and then nobody lives there."""
        if self.whole(0, 11) == 0:
            return ()
        sexes = self.one(["F", "M", "FM", "FM", "FM"])
        return tuple(
            ResidentBand(low, high, sex, self.one(COUNTS))
            for sex in sexes
            for low, high in self.one(SPLITS)
        )

    def openings(self) -> tuple[Opening, ...]:
        """Mostly a few hours of every day: proofs are made of changes."""
        if self.whole(0, 2) == 0:
            return super().openings()
        found = []
        for _ in range(self.one([0, 1, 1, 2])):
            starts = self.whole(0, 40)
            ends = min(48, starts + self.whole(2, 24))
            days = self.one([(1, 2, 3, 4, 5, 6, 7)] * 3 + [(1, 2, 3, 4, 5)])
            found.append(Opening(days, starts * 30, ends * 30, self.one(list(HolidayRule))))
        return tuple(found)

    def long_slot(self, name: str, services: list[Service]) -> DutySlot:
        """A slot, now and then without a start or an end."""
        slot = replace(self.slot(name, services), holder=self.one([None, None, "P1", "P2", "P3"]))
        if self.whole(0, 1) and slot.starts_at is not None:
            slot = replace(slot, ends_at=slot.starts_at + self.whole(1, 30) * GRID)
        kind = self.whole(0, 19)
        if kind == 0:
            return replace(slot, starts_at=None)
        return replace(slot, ends_at=None) if kind == 1 else slot

    def slots(self, services: list[Service]) -> list[DutySlot]:
        """Slots that overlap, and some holders on two services at once."""
        found = [self.long_slot(f"d{i}", services) for i in range(self.whole(2, 16))]
        for slot in list(found):
            if self.whole(0, 3) == 0:
                other = self.one(services).id
                found.append(replace(slot, id=f"{slot.id}-bis", service=other))
        return found

    def pathway(self, name: str, steps: tuple[Any, ...]) -> Pathway:
        low, high = self.one([(0, None), (0, None), (15, None), (0, 15), (18, 75), (14, 16)])
        return Pathway(name, name, steps, low, high)

    def horizon(self) -> tuple[datetime, datetime]:
        """Up to three days and a half on the half hour, often around a clock change."""
        first = datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)
        nights = [at for at in CLOCK_CHANGES if first <= at < first + timedelta(days=DAYS)]
        if nights and self.whole(0, 2):
            start = nights[0] - self.whole(1, 70) * GRID
            return start, start + self.whole(72, 110) * GRID
        start = first + self.whole(0, 48 * (DAYS - 1)) * GRID
        return start, start + self.one([1, self.whole(24, 168), self.whole(48, 168)]) * GRID


@dataclass(frozen=True)
class Inhabited:
    """A network with residents and a horizon to prove."""

    network: Network
    start: datetime
    end: datetime


def draw_inhabited(seed: int) -> Inhabited:
    """A small territory with two to four communes and one or two pathways."""
    d = InhabitedDrawer(seed)
    most = 2 if d.has_clauses_only else 4
    wanted = [step for step in d.steps for _ in range(d.whole(1, most))]
    services = [d.service(f"v{i}", step) for i, step in enumerate(d.shuffled(wanted))]
    communes = [Commune(f"C{i}", f"C{i}", *d.point(), d.bands()) for i in range(d.whole(2, 4))]
    pathways = [d.pathway("P", d.steps)]
    if d.whole(0, 2) == 0:
        steps = tuple(d.step(i + 1) for i in range(d.whole(1, 2)))
        pathways.append(d.pathway("Q", steps))
    last = d.first + timedelta(days=DAYS)
    network = build_network(
        public_holidays=sorted({day for day in HOLIDAYS if d.first <= day <= last} | {d.day()}),
        communes=communes,
        organizations=[Organization(name, name) for name in d.organizations],
        memberships=[
            Membership(d.one(d.organizations), d.one(["G1", "G2"]), *d.open_days())
            for _ in range(0 if d.has_clauses_only else d.one([0, 0, 0, 1, 2, 4]))
        ],
        sites=[
            Site(s, d.organizations[i % len(d.organizations)], s, *d.point())
            for i, s in enumerate(d.sites)
        ],
        services=services,
        duty_slots=d.slots(services),
        clauses=[d.clause(f"c{i}") for i in range(d.whole(4, 10))],
        pathways=pathways,
        travel=d.travel([commune.code for commune in communes]),
    )
    return Inhabited(network, *d.horizon())


inhabited = SEEDS.map(draw_inhabited)
