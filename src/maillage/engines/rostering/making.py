"""Invented on-call teams and territories, by seed: what benchmarks and tests make rosters for.

Nobody here exists, and no figure is that of a hospital: six to eight people a line, some part-time,
one in six exempt from nights, leave that gathers in school holidays, people shared between sites.
Two calls with the same arguments give the same example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from maillage.engines.rostering.duties import make_problem
from maillage.engines.rostering.duty_values import (
    ONE_DAY,
    DaysOff,
    Doctor,
    DutyKind,
    DutyLineSpec,
    DutyToHold,
    Exemption,
    ExemptionReason,
    Half,
    OffKind,
    Session,
    Wish,
    WishKind,
    list_duties,
    usual_hours,
)
from maillage.engines.rostering.half_day_values import (
    CYCLE,
    HalfDayDemand,
    SharedPractitioner,
    SiteNeed,
)
from maillage.engines.rostering.half_days import make_demand
from maillage.engines.rostering.problem import Problem
from maillage.engines.rostering.regulations import Regulations, regulations_on

Floats = npt.NDArray[np.float64]

YEAR_STARTS = date(2027, 1, 1)
"""First day of the invented years: a Friday, and the first day of a period of reference."""

HOLIDAYS = ((1, 1, 3), (2, 13, 28), (4, 10, 25), (7, 6, 31), (8, 1, 31), (10, 17, 31), (12, 19, 31))
"""School holidays, about: month, first and last day. Leave gathers there."""


@dataclass(frozen=True, slots=True)
class Example:
    """An invented team or territory, and the problem made of it."""

    starts: date
    ends: date
    lines: tuple[DutyLineSpec, ...]
    duties: tuple[DutyToHold, ...]
    doctors: tuple[Doctor, ...]
    travel: Mapping[tuple[str, str], int]
    regulations: Regulations
    problem: Problem


def on_call_component(
    seed: int,
    *,
    lines: int = 3,
    people: int = 18,
    days: int = 364,
    starts: date = YEAR_STARTS,
    away: float = 1.0,
) -> Example:
    """Lines that share people: one garde, then astreintes and gardes in turn, on two sites.

    ``away``: how much people are away and exempt, 1.0 being an ordinary hospital.
    """
    rng = np.random.default_rng([seed, lines, people, days])
    sites = ("site-1", "site-2")
    regulations = regulations_on(starts)
    team = _Team("", lines, people, sites, starts, days, away)
    travel = {("site-1", "site-2"): 35}
    return _example(rng, [team], starts, days, travel, regulations)


def on_call_territory(
    seed: int, *, days: int = 31, starts: date = date(2027, 3, 1), people_per_line: int = 8
) -> Example:
    """A territory: fifteen lines of six specialties over twelve sites, eight people a line."""
    rng = np.random.default_rng([seed, days, people_per_line])
    places = rng.uniform(0, 60, size=(12, 2))
    names = [f"site-{index + 1}" for index in range(len(places))]
    travel = {
        (names[a], names[b]): int(8 + np.hypot(*(places[a] - places[b])))
        for a in range(len(names))
        for b in range(a + 1, len(names))
    }
    teams = []
    for index, lines in enumerate((4, 3, 3, 2, 2, 1)):
        chosen = sorted(rng.choice(len(names), size=min(6, 2 * lines), replace=False).tolist())
        sites = tuple(names[site] for site in chosen)
        prefix = f"{'abcdef'[index]}-"
        teams.append(_Team(prefix, lines, lines * people_per_line, sites, starts, days, 1.0))
    return _example(rng, teams, starts, days, travel, regulations_on(starts))


def small_component(seed: int) -> Example:
    """Two lines, seven people, two weeks: small enough for a slow reference."""
    return on_call_component(seed, lines=2, people=7, days=14, starts=date(2027, 5, 3))


EXAMPLES: Mapping[str, Callable[[int], Example]] = {
    "small": small_component,
    "month": lambda seed: on_call_component(seed, days=28, starts=date(2027, 2, 1)),
    "four-months": lambda seed: on_call_component(seed, days=120),
    "year": lambda seed: on_call_component(seed),
    "year-24": lambda seed: on_call_component(seed, people=24),
    "territory-month": lambda seed: on_call_territory(seed),
}
"""The examples that benchmarks name."""


@dataclass(frozen=True, slots=True)
class _Team:
    """One group of lines that share people."""

    prefix: str
    lines: int
    people: int
    sites: tuple[str, ...]
    starts: date
    days: int
    away: float

    @property
    def ends(self) -> date:
        return self.starts + timedelta(days=self.days)


def _example(
    rng: np.random.Generator,
    teams: Sequence[_Team],
    starts: date,
    days: int,
    travel: Mapping[tuple[str, str], int],
    regulations: Regulations,
) -> Example:
    ends = starts + timedelta(days=days)
    lines: list[DutyLineSpec] = []
    doctors: list[Doctor] = []
    for team in teams:
        own = list(_lines(team, regulations))
        lines += own
        doctors += _people(rng, team, own)
    duties = tuple(duty for line in lines for duty in list_duties(line, starts, ends, regulations))
    problem = make_problem(
        duties, doctors, lines, regulations, starts=starts, ends=ends, travel=travel
    )
    return Example(
        starts, ends, tuple(lines), duties, tuple(doctors), problem.travel, regulations, problem
    )


def _lines(team: _Team, regulations: Regulations) -> Iterator[DutyLineSpec]:
    """A garde first, then astreintes and gardes in turn; astreintes may turn between two sites."""
    for index in range(team.lines):
        kind = DutyKind.GARDE if index % 3 == 0 else DutyKind.ASTREINTE
        turns = index % 3 == 2
        first = index % len(team.sites)
        sites = tuple(team.sites[(first + step) % len(team.sites)] for step in range(1 + turns))
        yield DutyLineSpec(
            id=f"{team.prefix}line-{index + 1}",
            kind=kind,
            sites=sites,
            hours=usual_hours(regulations),
            response_minutes=30,
            callout_minutes=0 if kind is DutyKind.GARDE else 90,
        )


def _people(
    rng: np.random.Generator, team: _Team, lines: Sequence[DutyLineSpec]
) -> Iterator[Doctor]:
    peaks = _peak_days(team)
    for index in range(team.people):
        main = lines[index % len(lines)]
        held = {main.id}
        if len(lines) > 1 and rng.random() < 0.3:
            held.add(lines[(index + 1) % len(lines)].id)
        half_days = int(rng.choice([10, 10, 10, 8, 8, 6, 5]))
        yield Doctor(
            id=f"{team.prefix}person-{index + 1:02d}",
            half_days=half_days,
            lines=frozenset(held),
            sessions=_sessions(rng, team, half_days),
            off=tuple(_off(rng, team, peaks, half_days)),
            exemptions=tuple(_exemptions(rng, team)),
            wishes=tuple(_wishes(rng, team)),
            arrives=_late_arrival(rng, team),
        )


def _peak_days(team: _Team) -> list[date]:
    """Days of the roster that are in school holidays."""
    every = (team.starts + timedelta(days=index) for index in range(team.days))
    return [
        day
        for day in every
        if any(day.month == month and low <= day.day <= high for month, low, high in HOLIDAYS)
    ]


def _sessions(rng: np.random.Generator, team: _Team, half_days: int) -> tuple[Session, ...]:
    """Day work: one or two half-days less than the service, which duties are part of. One person
    in four spends a fixed day at another site."""
    home = str(rng.choice(team.sites))
    every = [(weekday, half) for weekday in range(5) for half in Half]
    count = max(2, half_days - int(rng.integers(1, 3)))
    chosen = sorted(rng.choice(len(every), size=min(count, len(every)), replace=False).tolist())
    shared = int(rng.integers(0, 5)) if rng.random() < 0.25 and len(team.sites) > 1 else None
    other = str(rng.choice([site for site in team.sites if site != home] or [home]))
    return tuple(
        Session(
            weekday=every[index][0],
            half=every[index][1],
            site=other if every[index][0] == shared else home,
            fixed=every[index][0] == shared,
        )
        for index in chosen
    )


def _off(
    rng: np.random.Generator, team: _Team, peaks: Sequence[date], half_days: int
) -> Iterator[DaysOff]:
    """Leave by weeks, two in three in school holidays; training; now and then a long absence."""
    share = team.away * team.days / 364
    for _ in range(int(rng.poisson(8.5 * share))):
        if peaks and rng.random() < 0.67:
            first = peaks[int(rng.integers(len(peaks)))]
        else:
            first = team.starts + timedelta(days=int(rng.integers(team.days)))
        monday = first - timedelta(days=first.weekday())
        # A week of leave takes the weekend before it or after it, never both.
        before = int(rng.integers(2))
        yield DaysOff(monday - before * 2 * ONE_DAY, monday + (7 - 2 * before) * ONE_DAY)
    for _ in range(int(rng.poisson(2.5 * share))):
        first = team.starts + timedelta(days=int(rng.integers(team.days)))
        monday = first - timedelta(days=first.weekday())
        days = int(rng.integers(1, 4))
        start = monday + int(rng.integers(0, 5 - days + 1)) * ONE_DAY
        yield DaysOff(start, start + days * ONE_DAY, OffKind.TRAINING)
    if rng.random() < 0.15 * share:
        first = team.starts + timedelta(days=int(rng.integers(team.days)))
        length = int(rng.integers(20, 100))
        yield DaysOff(first, first + length * ONE_DAY, OffKind.SICK)


def _exemptions(rng: np.random.Generator, team: _Team) -> Iterator[Exemption]:
    drawn = rng.random() / max(team.away, 1e-9)
    if drawn < 0.16:
        yield Exemption(ExemptionReason.AGE, astreintes=bool(rng.random() < 0.5))
    elif drawn < 0.2:
        first = team.starts + timedelta(days=int(rng.integers(team.days)))
        last = first + timedelta(days=180)
        yield Exemption(ExemptionReason.PREGNANCY, first, last)


def _wishes(rng: np.random.Generator, team: _Team) -> Iterator[Wish]:
    """Refused, avoided and wanted days: about one of each a month."""
    months = team.days / 28
    for kind, mean in ((WishKind.REFUSED, 0.6), (WishKind.AVOIDED, 1.2), (WishKind.WANTED, 0.8)):
        for _ in range(int(rng.poisson(mean * months))):
            first = team.starts + timedelta(days=int(rng.integers(team.days)))
            yield Wish(first, first + int(rng.integers(1, 3)) * ONE_DAY, kind)


def _late_arrival(rng: np.random.Generator, team: _Team) -> date | None:
    if rng.random() > 0.05:
        return None
    return team.starts + timedelta(days=int(rng.integers(team.days // 2 + 1)))


def half_day_demand(
    seed: int, *, practitioners: int = 40, sites: int = 12, pressure: float = 1.35
) -> HalfDayDemand:
    """One specialty over the sites of a territory: needs are ``pressure`` times what its people
    can give, and each more practitioner on a site brings less."""
    rng = np.random.default_rng([seed, practitioners, sites])
    names = [f"site-{index + 1}" for index in range(sites)]
    places = rng.uniform(0, 60, size=(sites, 2))
    road = 1.25 * np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    pairs = [(a, b) for a in range(sites) for b in range(a + 1, sites)]
    people = [_shared(rng, index, names, road) for index in range(practitioners)]
    total = pressure * sum(one.capacity for one in people)
    weights = rng.dirichlet(np.full(sites, 2.0))
    needs = []
    for site, name in enumerate(names):
        mean = total * weights[site] / CYCLE
        for half in range(CYCLE):
            wanted = max(1, int(rng.poisson(mean)))
            first = int(rng.integers(350, 700))
            values = tuple(int(first * 0.8**rank) for rank in range(wanted))
            needs.append(SiteNeed(name, half, values, rooms=max(1, int(1.2 * mean) + 1)))
    return make_demand(
        people,
        needs,
        regulations_on(YEAR_STARTS),
        travel={(names[a], names[b]): int(8 + road[a, b]) for a, b in pairs},
        km={(names[a], names[b]): int(road[a, b]) for a, b in pairs},
    )


def _shared(
    rng: np.random.Generator, index: int, names: Sequence[str], road: Floats
) -> SharedPractitioner:
    """Somebody who accepts the four sites nearest to their own, and has teaching or duties on some
    half-days."""
    home = int(rng.integers(len(names)))
    near = np.argsort(road[home])[:5]
    capacity = int(rng.choice([20, 20, 16, 12, 10]))
    refused = frozenset(rng.choice(CYCLE, size=int(rng.integers(0, 5)), replace=False).tolist())
    fixed = {}
    if rng.random() < 0.3:
        half = int(rng.integers(CYCLE))
        if half not in refused:
            fixed[half] = names[home]
    return SharedPractitioner(
        id=f"person-{index + 1:02d}",
        home=names[home],
        capacity=capacity,
        sites=frozenset(names[site] for site in near),
        fixed=fixed,
        refused=refused,
    )
