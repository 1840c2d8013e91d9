"""The dense computation: every commune at every hour, with NumPy, straight from the rule.

It shares nothing with the engine but the rows of a network: its own wall clock, its own reach of
services, its own best chains. It serves as the baseline of speed, and to check a proof on every
hour (:func:`check_hours`) and at random minutes (:func:`check_minutes`).

For one pathway and age class, over some instants, arrays are (communes x instants). The best time
to each service of a step is the least of the direct journey and of every allowed move from every
service of the step before; nothing is pruned. Minutes are whole millionths in 32 bits. Fragility is
left out: it would take as many computations again as there are services, clauses and people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from maillage.engines.routing import (
    Clause,
    Commune,
    DutySlot,
    Membership,
    Network,
    Opening,
    Pathway,
    PathwayProof,
    Service,
    Step,
)
from maillage.vocabulary.geo import crow_fly_km, estimated_minutes

CATEGORIES = (
    "on_target", "at_limit", "late", "hole_no_service", "hole_not_authorised", "hole_closed",
    "hole_unstaffed", "hole_previous_step", "hole_no_agreement", "hole_too_far",
)  # fmt: skip
ON_TARGET, AT_LIMIT, LATE, NO_SERVICE, NOT_AUTHORISED, CLOSED, UNSTAFFED = range(7)
PREVIOUS_STEP, NO_AGREEMENT, TOO_FAR = range(7, 10)
NOT_REQUIRED = 10
REACHABLE = 0
NEVER = np.int32((1 << 30) - 1)
"""No chain: more than any sum of minutes (1,073 of them); twice that still fits 32 bits."""
MICROS = 1_000_000
HOUR = 3600 * MICROS
SCALE = 10_000
OLDEST = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CHUNK = 512
"""Instants at a time: what fits in the cache beside its neighbours."""

Ints = npt.NDArray[np.int64]
Short = npt.NDArray[np.int32]
Bits = npt.NDArray[np.bool_]


def tick(moment: datetime) -> int:
    return (moment.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)


def micros(minutes: float) -> int:
    return int(Decimal(repr(minutes)) * MICROS)


class WallClock:
    """What the clock of the territory shows at sorted instants."""

    def __init__(self, network: Network, instants: Ints) -> None:
        zone = ZoneInfo(network.timezone)
        hours = np.arange(instants[0] // HOUR, instants[-1] // HOUR + 1)
        offsets = [
            (EPOCH + timedelta(hours=int(hour))).astimezone(zone).utcoffset() for hour in hours
        ]
        seconds = np.array([int((offset or timedelta()).total_seconds()) for offset in offsets])
        local = instants + seconds[instants // HOUR - hours[0]] * MICROS
        days = local // (24 * HOUR)
        self.day = days + EPOCH.toordinal()
        self.weekday = (self.day - 1) % 7 + 1
        self.minute = local // (60 * MICROS) - days * 1440
        holidays = np.array([day.toordinal() for day in network.public_holidays], np.int64)
        self.is_holiday = np.isin(self.day, holidays)

    def covers(self, window: Opening) -> Bits:
        found: Bits = np.isin(self.weekday, window.weekdays)
        if window.holidays == "closed":
            found &= ~self.is_holiday
        elif window.holidays == "only":
            found &= self.is_holiday
        return found & (self.minute >= window.from_minute) & (self.minute < window.to_minute)

    def holds(self, row: Clause | Membership | Any) -> Bits:
        found = np.ones(self.day.size, bool)
        if row.starts_on is not None:
            found &= self.day >= row.starts_on.toordinal()
        if row.ends_on is not None:
            found &= self.day < row.ends_on.toordinal()
        return found


@dataclass(frozen=True)
class Reach:
    """A service at each instant: ``state`` is a reason or REACHABLE; micros to respond."""

    state: npt.NDArray[np.int8]
    response: Short

    @property
    def bits(self) -> Bits:
        return self.state == REACHABLE


class Dense:
    """A network over sorted instants (ticks)."""

    def __init__(self, network: Network, instants: Ints) -> None:
        self.network = network
        self.instants = instants
        self.clock = WallClock(network, instants)
        self._slots: dict[str, list[DutySlot]] = defaultdict(list)
        for slot in network.duty_slots:
            self._slots[slot.service].append(slot)
        self.owner = {site.id: site.organization for site in network.sites}
        self._reach: dict[str, Reach] = {}
        self._moves: dict[tuple[str, str, str], Bits] = {}
        self._groups = self._memberships()
        self._clauses: dict[tuple[str, str, str], list[Clause]] = defaultdict(list)
        for clause in network.clauses:
            for care_type in clause.care_types:
                key = (clause.from_organization, clause.to_organization, care_type)
                self._clauses[key].append(clause)
        self.journeys = Journeys(network)

    def _memberships(self) -> dict[str, dict[str, Bits]]:
        found: dict[str, dict[str, Bits]] = defaultdict(dict)
        for row in self.network.memberships:
            before = found[row.organization].get(row.group)
            holds = self.clock.holds(row)
            found[row.organization][row.group] = holds if before is None else before | holds
        return found

    def _span(self, starts_at: datetime | None, ends_at: datetime | None) -> slice:
        low = 0 if starts_at is None else int(np.searchsorted(self.instants, tick(starts_at)))
        high = None if ends_at is None else int(np.searchsorted(self.instants, tick(ends_at)))
        return slice(low, high)

    def reach(self, service: Service) -> Reach:
        known = self._reach.get(service.id)
        if known is not None:
            return known
        count = self.instants.size
        authorised, is_open = np.zeros(count, bool), np.zeros(count, bool)
        for period in service.authorisations:
            authorised |= self.clock.holds(period)
        for window in service.opening:
            is_open |= self.clock.covers(window)
        shut = np.zeros(count, bool)
        for exception in service.exceptions:
            kind = shut if exception.state == "closed" else is_open
            kind[self._span(exception.starts_at, exception.ends_at)] = True
        named, response = np.zeros(count, bool), np.full(count, NEVER)
        for slot in self._slots.get(service.id, ()):
            span = self._span(slot.starts_at, slot.ends_at)
            named[span] = True
            if slot.holder is not None:
                part = response[span]
                np.minimum(part, micros(slot.response_minutes), out=part)
        response[is_open] = 0
        state = np.where(response < NEVER, REACHABLE, np.where(named, UNSTAFFED, CLOSED))
        state = np.where(shut, CLOSED, state)
        state = np.where(authorised, state, NOT_AUTHORISED).astype(np.int8)
        response[state != REACHABLE] = NEVER
        found = self._reach[service.id] = Reach(state, response)
        return found

    def may_move(self, origin: str, target: str, care_type: str) -> Bits:
        """Whether one organization may send this care to another, at each instant."""
        key = (origin, target, care_type)
        known = self._moves.get(key)
        if known is None:
            known = np.full(self.instants.size, origin == target)
            for group, holds in self._groups.get(origin, {}).items():
                if group in self._groups.get(target, {}):
                    known |= holds & self._groups[target][group]
            for clause in self._clauses.get(key, ()):
                known |= self.clock.holds(clause)
            self._moves[key] = known
        return known


class Journeys:
    """Micros between places; NEVER where there is no journey."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._rank = {commune.code: i for i, commune in enumerate(network.communes)}
        self._sites = {site.id: site for site in network.sites}
        self._columns: dict[str, Short] = {}
        self._between: dict[tuple[str, str], int] = {}
        self._is_estimate = network.travel.source == "estimate"
        if not self._is_estimate:
            for site in self._sites:
                self._columns[site] = np.full(len(self._rank), NEVER)
            for code, site, minutes in network.travel.commune_site:
                self._columns[site][self._rank[code]] = micros(minutes)
            for origin, site, minutes in network.travel.site_site:
                self._between[origin, site] = micros(minutes)

    def to_site(self, site: str) -> Short:
        known = self._columns.get(site)
        if known is None:
            place = self._sites[site]
            known = np.array([_estimate(row, place) for row in self._network.communes], np.int32)
            self._columns[site] = known
        return known

    def between(self, origin: str, site: str) -> int | None:
        if origin == site:
            return 0
        if not self._is_estimate:
            return self._between.get((origin, site))
        key = (origin, site)
        if key not in self._between:
            self._between[key] = _estimate(self._sites[origin], self._sites[site])
        return self._between[key]


def _estimate(origin: Any, place: Any) -> int:
    return micros(estimated_minutes(crow_fly_km(origin.lat, origin.lon, place.lat, place.lon)))


# People


def takes(service: Service, step: Step, age: int) -> bool:
    return (
        (service.care_type, service.level) == (step.care_type, step.level)
        and service.age_min <= age
        and (service.age_max is None or age < service.age_max)
    )


def classes_of(network: Network, pathway: Pathway) -> list[tuple[int, int]]:
    """Runs of ages that the same services take."""
    last = OLDEST if pathway.age_max is None else pathway.age_max
    kinds = {(step.care_type, step.level) for step in pathway.steps}
    rows = [row for row in network.services if (row.care_type, row.level) in kinds]
    bounds = {row.age_min for row in rows} | {row.age_max for row in rows if row.age_max}
    inside = sorted(age for age in bounds if pathway.age_min < age < last)
    return list(zip([pathway.age_min, *inside], [*inside, last], strict=True))


def people_of(commune: Commune, low: int, high: int) -> int:
    """Ten-thousandths of residents of ``low <= age < high``, half to even."""
    total = Fraction(0)
    for band in commune.residents:
        last = OLDEST if band.age_max is None else band.age_max
        years = min(high, last) - max(low, band.age_min)
        if years > 0:
            total += Fraction(repr(band.count)) * years / (last - band.age_min)
    return round(total * SCALE)


# Verdicts


@dataclass(frozen=True)
class Block:
    """Verdicts (categories, or NOT_REQUIRED) of one step and class: communes x some instants."""

    step: int
    ages: tuple[int, int]
    span: slice
    verdicts: npt.NDArray[np.int8]


def verdicts(dense: Dense, pathway: Pathway, chunk: int = CHUNK) -> Iterator[Block]:
    """Every commune, age class and step of a pathway, some instants at a time."""
    steps = sorted(pathway.steps, key=lambda step: step.order)
    for ages in classes_of(dense.network, pathway):
        services = [
            [row for row in dense.network.services if takes(row, step, ages[0])] for step in steps
        ]
        for low in range(0, dense.instants.size, chunk):
            span = slice(low, min(low + chunk, dense.instants.size))
            before: list[tuple[Service, Short]] = []
            for step, rows in zip(steps, services, strict=True):
                times = [(row, _times(dense, step, row, before, span)) for row in rows]
                found = _judge(dense, step, times, before, span)
                yield Block(step.order, ages, span, found)
                before = times


def _times(
    dense: Dense, step: Step, service: Service, before: list[tuple[Service, Short]], span: slice
) -> Short:
    """The least micros from each commune to a service, NEVER where no chain leads to it."""
    count = len(dense.network.communes)
    reach = dense.reach(service)
    response = reach.response[span]
    best = np.full((count, response.size), NEVER)
    if not reach.bits[span].any():
        return best
    if step.order == 1 or step.entry != "referral":
        best[:] = dense.journeys.to_site(service.site)[:, None]
    if step.order > 1 and step.entry != "direct":
        for sender, times in before:
            minutes = dense.journeys.between(sender.site, service.site)
            if minutes is None:
                continue
            allowed = dense.may_move(
                dense.owner[sender.site], dense.owner[service.site], step.care_type
            )[span]
            if allowed.any():
                move = np.where(allowed, np.int32(minutes), NEVER)
                np.minimum(best, np.minimum(times + move[None, :], NEVER), out=best)
    return np.minimum(best + response[None, :], NEVER)


def _judge(
    dense: Dense,
    step: Step,
    times: list[tuple[Service, Short]],
    before: list[tuple[Service, Short]],
    span: slice,
) -> npt.NDArray[np.int8]:
    count, size = len(dense.network.communes), span.stop - span.start
    best = np.full((count, size), NEVER)
    for _, own in times:
        np.minimum(best, own, out=best)
    found = np.full((count, size), TOO_FAR, np.int8)
    target = step.target_minutes
    if target is not None:
        goal, margin = micros(target), micros(dense.network.travel.margin_minutes)
        found[best < NEVER] = AT_LIMIT
        found[best <= goal - margin] = ON_TARGET
        found[(best > goal + margin) & (best < NEVER)] = LATE
    else:
        found[best < NEVER] = ON_TARGET
    hole = best >= NEVER
    if hole.any():
        _reasons(dense, step, [row for row, _ in times], before, span, hole, found)
    if step.hours is not None:
        required = np.zeros(dense.instants.size, bool)
        for window in step.hours:
            required |= dense.clock.covers(window)
        found[:, ~required[span]] = NOT_REQUIRED
    return found


def _reasons(
    dense: Dense,
    step: Step,
    services: list[Service],
    before: list[tuple[Service, Short]],
    span: slice,
    hole: Bits,
    found: npt.NDArray[np.int8],
) -> None:
    """The first true reason of every cell without a chain, the last ones first."""
    if not services:
        found[hole] = NO_SERVICE
        return
    states = np.array([dense.reach(row).state[span] for row in services])
    reachable = (states == REACHABLE).any(axis=0)
    if step.order > 1:
        entered = np.zeros(hole.shape, bool)
        for _, times in before:
            entered |= times < NEVER
        if step.entry != "direct":
            allowed = _allowed(dense, step, services, before, span, hole)
            found[hole & entered & ~allowed] = NO_AGREEMENT
        if step.entry == "referral":
            found[hole & ~entered] = PREVIOUS_STEP
    closed = np.where((states == UNSTAFFED).any(axis=0), UNSTAFFED, CLOSED)
    closed[(states == NOT_AUTHORISED).all(axis=0)] = NOT_AUTHORISED
    np.copyto(found, closed.astype(np.int8)[None, :], where=hole & ~reachable[None, :])


def _allowed(
    dense: Dense,
    step: Step,
    services: list[Service],
    before: list[tuple[Service, Short]],
    span: slice,
    hole: Bits,
) -> Bits:
    """Whether some service of the step before that has a chain may send to a reachable one."""
    found = np.zeros(hole.shape, bool)
    for sender, times in before:
        origin = dense.owner[sender.site]
        moves = np.zeros(span.stop - span.start, bool)
        for service in services:
            may = dense.may_move(origin, dense.owner[service.site], step.care_type)[span]
            moves |= may & dense.reach(service).bits[span]
        if moves.any():
            found |= (times < NEVER) & moves[None, :]
    return found


# A whole pathway


@dataclass
class Counts:
    """Residents (ten-thousandths) by step and category at each instant; instants by step, age
    class, commune and category."""

    residents: dict[int, Ints]
    instants: dict[tuple[int, int, int], Ints]


def count(dense: Dense, pathway: Pathway) -> Counts:
    """Add up every cell of a pathway over the instants."""
    network = dense.network
    people = {
        ages: np.array([people_of(row, *ages) for row in network.communes], np.int64)
        for ages in classes_of(network, pathway)
    }
    size = dense.instants.size
    found = Counts({}, {})
    for step in pathway.steps:
        found.residents[step.order] = np.zeros((len(CATEGORIES), size), np.int64)
        for ages in people:
            shape = (len(network.communes), len(CATEGORIES))
            found.instants[step.order, *ages] = np.zeros(shape, np.int64)
    for block in verdicts(dense, pathway):
        weights = people[block.ages].astype(np.float64)
        for category in np.unique(block.verdicts):
            if category == NOT_REQUIRED:
                continue
            cells = block.verdicts == category
            # Below 2^53 floats are whole numbers: the product is exact.
            now = (weights @ cells).astype(np.int64)
            found.residents[block.step][category, block.span] += now
            found.instants[block.step, *block.ages][:, category] += cells.sum(axis=1)
    return found


def hours_of(start: datetime, end: datetime) -> Ints:
    """The first instant of every hour of a horizon that starts on one."""
    return np.arange(tick(start), tick(end), HOUR, dtype=np.int64)


def random_minutes(start: datetime, end: datetime, count: int, seed: int) -> Ints:
    """Sorted minutes of a horizon, drawn with repetition."""
    low, high = -(-tick(start) // (60 * MICROS)), -(-tick(end) // (60 * MICROS))
    drawn = np.random.default_rng(seed).integers(low, high, count)
    return np.sort(drawn) * 60 * MICROS


# Against a proof


def differences(dense: Dense, found: Counts, proof: PathwayProof, *, every_hour: bool) -> int:
    """How many figures of a proof differ from the dense ones.

    Residents of each category at each instant, from the table ``moments``; with ``every_hour``, the
    hours of each commune too, from the table ``communes`` (then every change of the network must
    fall on a whole hour). Both being equal, every cell is: residents are given to the hundredth,
    so that two different sets of communes hardly ever have the same sum.
    """
    wrong = 0
    moments = proof.tables["moments"]
    for step, expected in found.residents.items():
        own = moments.filter(pc.equal(moments["step"], step))
        starts = own["starts_at"].cast(pa.int64()).to_numpy()
        ends = own["ends_at"].cast(pa.int64()).to_numpy()
        rank = np.searchsorted(starts, dense.instants, side="right") - 1
        is_due = (rank >= 0) & (dense.instants < ends[rank]) if starts.size else rank >= 0
        for index, name in enumerate(CATEGORIES):
            values = np.rint(own[name].to_numpy() * SCALE).astype(np.int64)
            now = np.where(is_due, values[rank], 0) if starts.size else 0
            wrong += int((now != expected[index]).sum())
    return wrong + (_hour_differences(dense, found, proof) if every_hour else 0)


def _hour_differences(dense: Dense, found: Counts, proof: PathwayProof) -> int:
    rank = {commune.code: index for index, commune in enumerate(dense.network.communes)}
    wrong, rows = 0, 0
    columns = ("step", "age_min", "age_max", "commune", *CATEGORIES)
    table = proof.tables["communes"].select(columns).to_pydict()
    for row in zip(*(table[name] for name in columns), strict=True):
        expected = found.instants[row[0], row[1], row[2]][rank[row[3]]]
        wrong += int((np.array(row[4:]) != expected).sum())
        rows += 1
    return wrong + abs(rows - len(found.instants) * len(rank))
