"""Territories drawn at random, the same for the same seed, to measure the proof of a horizon.

Three sizes:

- ``SET``: 800 communes of about 800,000 residents, 60 sites, 200 services, 164 duty lines (364
  lines with the day openings), 6 zones with dated agreements, 40 needs. All instants fall on whole
  hours, so that a computation hour by hour is exact.
- ``REGION``: 3,800 communes, 100 needs, 1,030 services and 849 duty lines (1,879 lines).
- ``COUNTRY``: 35,000 communes, 3,000 services, 100 pathways of three steps, 136 hospital groups;
  journeys are estimated.

How a need became steps. Half of the needs of ``SET`` and ``REGION`` are one step taken directly
(the patient is brought to the service): no agreement counts. The other half are two: an emergency
department, taken directly, then the service, taken by referral only: within one organization,
within one hospital group (the zone), or under a dated clause between organizations of two zones. A
need asks for one care type at one level; its four levels became ours so: 1 PROXIMITY, 2 and 3
RECOURSE (with care types of their own), 4 REFERENCE. Pathways of ``COUNTRY`` are an emergency
department, a RECOURSE service, a REFERENCE service of the care's centre.

A line is drawn night by night: 18:00-08:00 in the week, four slots at the weekend, each with a
holder of the line's team or, for about one in twenty-five, nobody. Residents are given by band and
sex with two decimals, as a census gives them: the sum of any set of communes tells which they are.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from maillage.engines.routing import (
    Clause,
    Commune,
    DayPeriod,
    DutySlot,
    Entry,
    ExceptionState,
    HolidayRule,
    Membership,
    Network,
    Opening,
    Organization,
    Pathway,
    ResidentBand,
    Service,
    ServiceException,
    Site,
    Step,
    Travel,
    TravelSource,
)
from maillage.vocabulary.calendar import public_holidays
from maillage.vocabulary.geo import (
    EARTH_RADIUS_KM,
    ESTIMATE_FAR_MINUTES_PER_KM,
    ESTIMATE_MARGIN_MINUTES,
    ESTIMATE_NEAR_KM,
    ESTIMATE_NEAR_MINUTES_PER_KM,
    ESTIMATE_START_MINUTES,
)

PARIS = ZoneInfo("Europe/Paris")
KM_PER_DEGREE = 111.195
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
ALWAYS = Opening(EVERY_DAY, 0, 1440)
EMERGENCY = ("EMERGENCY", "PROXIMITY")
Care = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Size:
    """What a territory is made of. ``side_km``: of the square that holds it.

    ``farthest_minutes``: longer journeys from a commune, and those twice as long between sites, are
    not in the matrix: a resident of ``SET`` reaches about half of the services of a need.
    """

    communes: int
    residents: int
    side_km: float
    sites: int
    organizations: int
    groups: int
    emergency: int
    cares: tuple[tuple[Care, int], ...]
    lines: int
    pathways: int
    travel: TravelSource
    farthest_minutes: float = 0.0
    has_half_hours: bool = False
    steps: int = 2


def _cares(count: int, each: int) -> tuple[tuple[Care, int], ...]:
    levels = ("PROXIMITY", "RECOURSE", "RECOURSE", "REFERENCE")
    return tuple(((f"CARE{i:02d}", levels[i % 4]), each) for i in range(count))


SET = Size(
    communes=800, residents=800_000, side_km=90, sites=60, organizations=26, groups=6,
    emergency=30, cares=_cares(17, 10), lines=164, pathways=40,
    travel=TravelSource.MATRIX, farthest_minutes=48,
)  # fmt: skip
REGION = Size(
    communes=3_800, residents=6_000_000, side_km=190, sites=280, organizations=110, groups=16,
    emergency=150, cares=_cares(55, 16), lines=849, pathways=100,
    travel=TravelSource.MATRIX, farthest_minutes=75, has_half_hours=True,
)  # fmt: skip
COUNTRY = Size(
    communes=35_000, residents=68_000_000, side_km=740, sites=700, organizations=420, groups=136,
    emergency=600,
    cares=tuple(
        [((f"CARE{i:02d}", "RECOURSE"), 60) for i in range(30)]
        + [((f"CARE{i:02d}", "REFERENCE"), 20) for i in range(30)]
    ),
    lines=2_000, pathways=100, travel=TravelSource.ESTIMATE,
    has_half_hours=True, steps=3,
)  # fmt: skip
SIZES = {"set": SET, "region": REGION, "country": COUNTRY}


def horizon(first_day: date, months: int) -> tuple[datetime, datetime]:
    """Local midnights: the first of a month, and as many months later."""
    month = first_day.month - 1 + months
    last_day = date(first_day.year + month // 12, month % 12 + 1, first_day.day)
    return _midnight(first_day), _midnight(last_day)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS).astimezone(UTC)


def with_communes(size: Size, communes: int) -> Size:
    """The same offer of care for fewer communes (their residents stay in proportion)."""
    return replace(size, communes=communes, residents=size.residents * communes // size.communes)


def draw(size: Size, first_day: date, months: int, seed: int = 20261122) -> Network:
    """The territory of a size, its rosters written for the horizon. Nothing is checked: rows are
    right by construction, as the tests of this module make sure."""
    return _Territory(size, first_day, months, seed).network()


class _Territory:
    def __init__(self, size: Size, first_day: date, months: int, seed: int) -> None:
        self.size = size
        self.first_day = first_day
        self.days = (horizon(first_day, months)[1] - _midnight(first_day)).days
        self.random = random.Random(seed)
        self._numbers = np.random.default_rng(seed)
        self.cities = self._cities()
        self.communes = self._communes()
        self.sites = self._sites()
        self.services = self._services()

    def network(self) -> Network:
        last = self.first_day + timedelta(days=self.days)
        years = range(self.first_day.year, last.year + 1)
        holidays = sorted(day for year in years for day in public_holidays(year))
        return Network(
            timezone="Europe/Paris",
            public_holidays=tuple(holidays),
            communes=self.communes,
            organizations=tuple(
                Organization(f"O{i:03d}", f"Hôpital {i}") for i in range(self.size.organizations)
            ),
            memberships=tuple(self._memberships()),
            sites=self.sites,
            services=self.services,
            duty_slots=tuple(self._slots()),
            clauses=tuple(self._clauses()),
            pathways=tuple(self._pathways()),
            travel=self._travel(),
        )

    # Places and people

    def _cities(self) -> np.ndarray:
        """Points of the largest towns, km from a corner: hospitals and people gather there."""
        return self._numbers.uniform(0, self.size.side_km, (self.size.groups * 4, 2))

    def _point(self, x: float, y: float) -> tuple[float, float]:
        """Degrees, around 47 N 2 E: five decimals, as places are given."""
        lat = 47 + (y - self.size.side_km / 2) / KM_PER_DEGREE
        lon = 2 + (x - self.size.side_km / 2) / (KM_PER_DEGREE * 0.682)
        return round(lat, 5), round(lon, 5)

    def _communes(self) -> tuple[Commune, ...]:
        count, side = self.size.communes, self.size.side_km
        spread = self._numbers.uniform(0, side, (count, 2))
        homes = self.cities[self._numbers.integers(0, len(self.cities), count)]
        near = np.clip(homes + self._numbers.normal(0, side / 40, (count, 2)), 0, side)
        points = np.where(self._numbers.random((count, 1)) < 0.4, near, spread)
        weights = self._numbers.lognormal(0, 1.35, count)
        people = weights / weights.sum() * self.size.residents
        shares = (("F", (0.085, 0.315, 0.115)), ("M", (0.090, 0.310, 0.085)))
        noise = self._numbers.uniform(0.85, 1.15, (count, 2, 3))
        found = []
        for index in range(count):
            bands = tuple(
                ResidentBand(
                    low, high, sex, round(float(people[index] * share * noise[index, s, b]), 2)
                )
                for s, (sex, parts) in enumerate(shares)
                for b, ((low, high), share) in enumerate(
                    zip(((0, 15), (15, 65), (65, None)), parts, strict=True)
                )
            )
            found.append(
                Commune(f"{index:05d}", f"Commune {index}", *self._point(*points[index]), bands)
            )
        return tuple(found)

    def _sites(self) -> tuple[Site, ...]:
        """Around the cities; sites of one organization are close to each other."""
        found = []
        heads = self._numbers.permutation(len(self.cities))
        for index in range(self.size.sites):
            owner = index % self.size.organizations
            city = self.cities[heads[owner % len(heads)]]
            x, y = np.clip(
                city + self._numbers.normal(0, 6 + owner / len(heads), 2), 0, self.size.side_km
            )
            found.append(
                Site(f"S{index:04d}", f"O{owner:03d}", f"Site {index}", *self._point(x, y))
            )
        return tuple(found)

    def _group_of(self) -> list[int]:
        """The hospital group of each organization: the nearest of as many centres."""
        centres = self.cities[: self.size.groups]
        heads = {site.organization: site for site in reversed(self.sites)}
        found = []
        for i in range(self.size.organizations):
            site = heads[f"O{i:03d}"]
            points = [self._point(*centre) for centre in centres]
            found.append(
                min(
                    range(len(points)),
                    key=lambda g: (points[g][0] - site.lat) ** 2 + (points[g][1] - site.lon) ** 2,
                )
            )
        return found

    def _memberships(self) -> Iterator[Membership]:
        """One group each; one organization in twelve changes group during the horizon."""
        for index, group in enumerate(self._group_of()):
            name = f"O{index:03d}"
            if self.random.random() < 1 / 12:
                day = self._some_day()
                yield Membership(name, f"G{group:03d}", None, day)
                yield Membership(name, f"G{(group + 1) % self.size.groups:03d}", day, None)
            else:
                yield Membership(name, f"G{group:03d}", date(2016, 7, 1), None)

    def _some_day(self) -> date:
        return self.first_day + timedelta(days=self.random.randrange(1, max(2, self.days)))

    # Care

    def _services(self) -> tuple[Service, ...]:
        found = []
        order = self.random.sample(
            range(self.size.sites), min(self.size.emergency, len(self.sites))
        )
        for rank, index in enumerate(order):
            opening = (ALWAYS,) if rank % 6 else (Opening(EVERY_DAY, 480, 1320),)
            found.append(self._service(f"emergency-{rank:03d}", index, EMERGENCY, opening))
        for (care_type, level), count in self.size.cares:
            places = self.random.sample(range(self.size.sites), count)
            for rank, index in enumerate(places):
                name = f"{care_type.lower()}-{level.lower()}-{rank:02d}"
                found.append(self._service(name, index, (care_type, level), self._opening()))
        return tuple(found)

    def _opening(self) -> tuple[Opening, ...]:
        ends = 1110 if self.size.has_half_hours and self.random.random() < 0.5 else 1080
        kind = self.random.random()
        if kind < 0.12:
            return (ALWAYS,)
        week = Opening((1, 2, 3, 4, 5), 480, ends, HolidayRule.CLOSED)
        return (week, Opening((6,), 480, 720, HolidayRule.CLOSED)) if kind < 0.3 else (week,)

    def _service(self, name: str, site: int, care: Care, opening: tuple[Opening, ...]) -> Service:
        low, high = self.random.choices(((0, None), (15, None), (0, 18)), (84, 13, 3))[0]
        ends = self._some_day() if self.random.random() < 0.03 else None
        closures = []
        for _ in range(self.random.choice((0, 0, 1, 2, 3))):
            day = self._some_day()
            until = day + timedelta(days=self.random.randrange(1, 14))
            closures.append(
                ServiceException(_midnight(day), _midnight(until), ExceptionState.CLOSED)
            )
        return Service(
            name, f"S{site:04d}", *care, low, high, (DayPeriod(date(2010, 1, 1), ends),),
            opening, tuple(closures),
        )  # fmt: skip

    # Duty lines

    def _slots(self) -> Iterator[DutySlot]:
        by_care: dict[Care, list[str]] = {}
        for row in self.services:
            by_care.setdefault((row.care_type, row.level), []).append(row.id)
        closing = [
            row
            for row in self.services
            if row.opening != (ALWAYS,) and row.care_type != "EMERGENCY"
        ]
        served = self.random.sample(closing, min(self.size.lines, len(closing)))
        while len(served) < self.size.lines:
            served.append(self.random.choice(self.services))
        shifts = {starts: list(self._shifts(starts)) for starts in (18, 20)}
        for line, service in enumerate(served):
            others = by_care[service.care_type, service.level]
            pooled = self.random.random() < 0.15
            turn = [service.id, self.random.choice(others)] if pooled else [service.id]
            yield from self._line(line, turn, shifts[self.random.choice((18, 18, 18, 20))])

    def _shifts(self, evening: int) -> Iterator[tuple[int, datetime, datetime]]:
        """Nights and weekend days of a line: (week, from, to)."""

        def instant(day: date, hour: int) -> datetime:
            return datetime.combine(day, time(hour), PARIS).astimezone(UTC)

        for offset in range(self.days):
            day = self.first_day + timedelta(days=offset)
            tomorrow = day + timedelta(days=1)
            if day.isoweekday() >= 6:
                yield offset // 7, instant(day, 8), instant(day, evening)
            yield offset // 7, instant(day, evening), instant(tomorrow, 8)

    def _line(
        self, line: int, turn: list[str], shifts: list[tuple[int, datetime, datetime]]
    ) -> Iterator[DutySlot]:
        """The slots of one line; a pooled one changes receiving service every week."""
        chance = self.random.random
        team = [f"prat-{line:04d}-{i}" for i in range(self.random.randint(5, 9))]
        holes = 0.20 if chance() < 0.1 else 0.025
        response = float(self.random.choice((0, 0, 15, 20, 30, 45)))
        name = f"line-{line:04d}"
        for rank, (week, starts, ends) in enumerate(shifts):
            holder = None if chance() < holes else team[int(chance() * len(team))]
            yield DutySlot(
                f"{name}-{rank}", name, turn[week % len(turn)], starts, ends, holder, response
            )

    # Agreements, needs, journeys

    def _clauses(self) -> Iterator[Clause]:
        """For most kinds of care, each organization has an agreement with one of the three nearest
        that give it, all such care in one clause a pair; one clause in three starts, ends or is
        renewed during the horizon."""
        heads = {site.organization: site for site in reversed(self.sites)}
        owner = {site.id: site.organization for site in self.sites}
        givers: dict[Care, set[str]] = {}
        for row in self.services:
            givers.setdefault((row.care_type, row.level), set()).add(owner[row.site])
        count = 0
        for origin, here in sorted(heads.items()):
            sent: dict[str, set[str]] = {}
            for care, names in sorted(givers.items()):
                if care == EMERGENCY or origin in names or self.random.random() < 0.15:
                    continue
                nearest = sorted(names, key=lambda name: (_apart(heads[name], here), name))
                sent.setdefault(self.random.choice(nearest[:3]), set()).add(care[0])
            for target, cares in sorted(sent.items()):
                for starts, ends in self._terms():
                    yield Clause(
                        f"c{count:05d}", f"agreement-{count:05d}", origin, target,
                        tuple(sorted(cares)), self.random.randint(1, 3), starts, ends,
                    )  # fmt: skip
                    count += 1

    def _terms(self) -> list[tuple[date | None, date | None]]:
        kind, day = self.random.random(), self._some_day()
        if kind < 0.12:
            return [(date(2020, 1, 1), day)]
        if kind < 0.22:
            return [(day, None)]
        if kind < 0.33:  # renewed, often late
            return [
                (date(2020, 1, 1), day),
                (day + timedelta(days=self.random.choice((0, 30))), None),
            ]
        return [(date(2020, 1, 1), None)]

    def _pathways(self) -> Iterator[Pathway]:
        targets = {"PROXIMITY": 30.0, "RECOURSE": 60.0, "REFERENCE": 90.0}
        evenings = (Opening(EVERY_DAY, 1200, 1440), Opening(EVERY_DAY, 0, 480))
        cares = [care for care, _ in self.size.cares]
        for index in range(self.size.pathways):
            low, high = ((0, None), (15, None), (65, None), (0, 15), (18, 75))[index % 5]
            hours = evenings if index % 10 == 9 else None
            first = Step(1, *EMERGENCY, Entry.DIRECT, 30.0)
            if self.size.steps == 3:
                name = f"CARE{index % 30:02d}"
                entry = Entry.BOTH if index % 10 < 3 else Entry.REFERRAL
                steps: tuple[Step, ...] = (
                    first,
                    Step(2, name, "RECOURSE", entry, 90.0, hours),
                    Step(3, name, "REFERENCE", Entry.REFERRAL, 240.0, hours),
                )
            else:
                care = cares[index // 2 % len(cares)]
                target = targets[care[1]]
                if index % 2:
                    steps = (first, Step(2, *care, Entry.REFERRAL, target + 30, hours))
                else:
                    steps = (Step(1, *care, Entry.DIRECT, target, hours),)
            yield Pathway(f"need-{index:03d}", f"Besoin {index}", steps, low, high)

    def _travel(self) -> Travel:
        if self.size.travel == TravelSource.ESTIMATE:
            return Travel(TravelSource.ESTIMATE, ESTIMATE_MARGIN_MINUTES)
        names = [site.id for site in self.sites]
        sites = np.array([(site.lat, site.lon) for site in self.sites])
        homes = np.array([(commune.lat, commune.lon) for commune in self.communes])
        codes = [commune.code for commune in self.communes]
        farthest = self.size.farthest_minutes
        return Travel(
            TravelSource.MATRIX,
            ESTIMATE_MARGIN_MINUTES,
            tuple(_pairs(codes, names, estimated(homes, sites), farthest)),
            tuple(_pairs(names, names, estimated(sites, sites), 2 * farthest)),
        )


def _apart(one: Site, other: Site) -> float:
    """Square of a distance, in degrees of latitude."""
    return (one.lat - other.lat) ** 2 + (0.682 * (one.lon - other.lon)) ** 2


def estimated(origins: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Estimated minutes from each origin to each place (degrees), to a tenth of a minute."""
    one, other = np.radians(origins)[:, None, :], np.radians(places)[None, :, :]
    delta = (other - one) / 2
    half = np.sin(delta[..., 0]) ** 2
    half += np.cos(one[..., 0]) * np.cos(other[..., 0]) * np.sin(delta[..., 1]) ** 2
    km = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half, 1)))
    minutes = ESTIMATE_START_MINUTES + ESTIMATE_NEAR_MINUTES_PER_KM * np.minimum(
        km, ESTIMATE_NEAR_KM
    )
    minutes += ESTIMATE_FAR_MINUTES_PER_KM * np.maximum(km - ESTIMATE_NEAR_KM, 0)
    return np.round(minutes, 1)


def _pairs(
    origins: list[str], places: list[str], minutes: np.ndarray, farthest: float
) -> Iterator[tuple[str, str, float]]:
    rows, columns = np.nonzero(minutes <= farthest)
    values = minutes[rows, columns].tolist()
    for row, column, value in zip(rows.tolist(), columns.tolist(), values, strict=True):
        if origins[row] != places[column]:
            yield origins[row], places[column], value
