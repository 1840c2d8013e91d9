"""Care outside of stays: visits, laboratory tests and acts in town, passages in emergencies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maillage.engines.indicators.events import Outcome, VisitKind
from maillage.engines.indicators.synth.causes import CAUSES, NAMES, NUMBER
from maillage.engines.indicators.synth.chance import Days, happenings, season
from maillage.engines.indicators.synth.people import People
from maillage.engines.indicators.synth.reasons import by_age
from maillage.engines.indicators.synth.space import Need, Structure
from maillage.engines.indicators.synth.stays import NEEDS, Stays, choose

CARDIOLOGY, DIABETOLOGY, GENERAL, GYNAECOLOGY, NEUROLOGY, ONCOLOGY, EYES = (
    "SM04", "SM62", "SM54", "SM20", "SM32", "SM36", "SM38",
)  # fmt: skip


@dataclass(slots=True)
class Visits:
    """Visits of one kind and specialty. ``site`` is a position among the sites, -1 in town;
    ``main`` positions in ``mains`` (emergency visits)."""

    kind: VisitKind
    specialty: str
    who: np.ndarray
    when: Days
    outcome: Outcome = Outcome.UNKNOWN
    site: np.ndarray | None = None
    main: np.ndarray | None = None
    mains: tuple[str, ...] = ("",)


@dataclass(slots=True)
class Tests:
    """Acts or tests of one code, outside of stays."""

    system: str
    code: str
    who: np.ndarray
    when: Days


GP_BY_AGE = ((0, 2.6), (3, 1.3), (15, 1.1), (40, 1.5), (60, 1.9), (75, 2.6))
"""Visits by year of people without a chronic condition."""

GP_MORE = {
    "hypertension": 0.9, "diabetes": 1.1, "heart-failure": 1.6, "copd": 1.1, "frail": 1.4,
    "depression": 1.0, "other-cancer": 0.8, "opioids": 6.0, "coronary": 0.4,
}  # fmt: skip

SPECIALISTS: tuple[tuple[str, str, float], ...] = (
    (CARDIOLOGY, "coronary", 0.75),
    (CARDIOLOGY, "heart-failure", 0.95),
    (CARDIOLOGY, "hypertension", 0.12),
    (DIABETOLOGY, "diabetes", 0.22),
    (DIABETOLOGY, "type-1", 1.6),
    (EYES, "diabetes", 0.30),
    (NEUROLOGY, "stroke", 0.25),
    (NEUROLOGY, "dementia", 0.45),
    (ONCOLOGY, "breast-cancer", 0.7),
    (ONCOLOGY, "other-cancer", 1.2),
)

NURSES: tuple[tuple[str, float], ...] = (
    ("frail", 9.0),
    ("diabetes", 1.2),
    ("heart-failure", 5.0),
    ("dementia", 6.0),
    ("other-cancer", 4.0),
)
"""Home visits of nurses by year: the first of each week only, to keep the table short."""

TESTS: tuple[tuple[str, str, str, float], ...] = (
    ("NABM", "1577", "diabetes", 2.5),
    ("NABM", "1577", "type-1", 3.0),
    ("NABM", "1133", "diabetes", 0.55),
    ("CCAM", "BGQP002", "diabetes", 0.42),
    ("NABM", "0592", "diabetes", 1.3),
    ("NABM", "0592", "hypertension", 0.75),
    ("NABM", "0592", "kidney", 2.5),
    ("NABM", "0592", "heart-failure", 2.4),
    ("NABM", "0996", "lipids", 0.9),
    ("NABM", "1821", "heart-failure", 0.9),
    ("CCAM", "DEQP003", "coronary", 0.8),
    ("CCAM", "DEQP003", "heart-failure", 1.0),
    ("CCAM", "DZQM006", "heart-failure", 0.65),
    ("CCAM", "GLQP012", "copd", 0.40),
)
"""System, code, condition, tests by year. HbA1c 1577, albuminuria 1133, creatinine 0592, lipids
0996, BNP 1821, fundus BGQP002, electrocardiogram DEQP003, echocardiography DZQM006, spirometry
GLQP012."""

MAMMOGRAPHY = "QEQK001"
GP_WITHIN_WEEK = 0.42
CARDIOLOGIST_WITHIN_TWO_MONTHS = 0.52


def follow_up(people: People, share_lost: float = 0.16) -> np.ndarray:
    """How much each person comes to what is planned: a share hardly ever, the same people who take
    little of their treatment."""
    lost = people.keeping < np.quantile(people.keeping, share_lost) if len(people) else False
    return np.where(lost, 0.12, 0.75 + 0.5 * people.keeping)


def visits(
    rng: np.random.Generator, people: People, known: Stays, space: Structure
) -> list[Visits]:
    """All visits, a kind at a time."""
    middle = people.age((people.starts.astype(np.int64) + people.stops) // 2)
    coming = follow_up(people)
    result = []
    who, when = happenings(
        rng, by_age(middle, GP_BY_AGE), people.starts, people.stops, season(0.04, 0.2)
    )
    result.append(Visits(VisitKind.GP, GENERAL, who, when))
    for condition, more in GP_MORE.items():
        who, when = happenings(rng, more * coming, people.since(condition), people.stops)
        result.append(Visits(VisitKind.GP, GENERAL, who, when))
    for specialty, condition, rate in SPECIALISTS:
        who, when = happenings(rng, rate * coming, people.since(condition), people.stops)
        result.extend(_in_town_or_hospital(rng, people, space, specialty, who, when))
    women = np.where((people.sex == 2) & (middle > 18) & (middle < 75), 0.45, 0.0)
    who, when = happenings(rng, women, people.starts, people.stops)
    result.append(Visits(VisitKind.SPECIALIST, GYNAECOLOGY, who, when))
    for condition, rate in NURSES:
        who, when = happenings(rng, rate, people.since(condition), people.stops)
        result.append(Visits(VisitKind.NURSE, "", who, when))
    result.extend(_after_discharge(rng, people, known, space))
    result.extend(_emergencies(rng, people, known, space))
    return result


AT_HOSPITAL = 0.22
"""Share of visits to a specialist that are consultations of a hospital."""


def _in_town_or_hospital(
    rng: np.random.Generator,
    people: People,
    space: Structure,
    specialty: str,
    who: np.ndarray,
    when: Days,
) -> list[Visits]:
    """Visits to a specialist: most in town, some in the consultations of a hospital."""
    inside = rng.random(len(who)) < AT_HOSPITAL
    need = np.full(int(inside.sum()), NEEDS.index(Need.GENERAL))
    site = choose(rng, need, people.commune(who[inside], when[inside]), space)
    return [
        Visits(VisitKind.SPECIALIST, specialty, who[~inside], when[~inside]),
        Visits(VisitKind.OUTPATIENT, specialty, who[inside], when[inside], site=site),
    ]


def _after_discharge(
    rng: np.random.Generator, people: People, known: Stays, space: Structure
) -> list[Visits]:
    """Visits after a stay for heart failure: in time for some, later or never for the others."""
    heart = np.isin(known.cause, [NUMBER["heart-failure"], NUMBER["heart-failure-related"]])
    rows = np.flatnonzero(heart & (known.leaves < people.stops[known.who]))
    commune = people.commune(known.who[rows], known.leaves[rows])
    near = np.clip(1.0 - 0.18 * space.need[commune], 0.4, 1.5) * follow_up(people)[known.who[rows]]
    result = []
    for kind, specialty, share, days in (
        (VisitKind.GP, GENERAL, GP_WITHIN_WEEK, 7),
        (VisitKind.SPECIALIST, CARDIOLOGY, CARDIOLOGIST_WITHIN_TWO_MONTHS, 60),
    ):
        seen = rng.random(len(rows)) < share * near
        who = known.who[rows][seen]
        when = known.leaves[rows][seen] + rng.integers(1, days + 1, int(seen.sum()))
        alive = when < people.stops[who]
        result.append(Visits(kind, specialty, who[alive], when[alive].astype(np.int32)))
    return result


RPU_BY_AGE = ((0, 0.42), (5, 0.26), (15, 0.27), (30, 0.22), (60, 0.14), (75, 0.22))
RPU_MAINS = (
    "S610", "S934", "S0100", "S602", "J069", "R104", "R074", "M545", "A090", "R509", "F100",
    "N390", "R51", "T784", "I10", "J459", "J449", "I509", "R55",
)  # fmt: skip
RPU_SHARES = (10, 10, 7, 9, 9, 11, 8, 8, 7, 6, 3, 4, 4, 3, 3, 2, 2, 1, 3)


def _emergencies(
    rng: np.random.Generator, people: People, known: Stays, space: Structure
) -> list[Visits]:
    """The passage before each urgent stay, and passages that end at home."""
    rows = np.flatnonzero(known.urgent)
    first = np.array([CAUSES[name].mains[0][0] for name in NAMES])
    mains = tuple(sorted(set(first)))
    main = np.searchsorted(mains, first[known.cause[rows]])
    result = [
        Visits(
            VisitKind.EMERGENCY, "", known.who[rows], known.enters[rows], Outcome.ADMITTED,
            known.site[rows], main, mains,
        )
    ]  # fmt: skip
    middle = people.age((people.starts.astype(np.int64) + people.stops) // 2)
    rate = by_age(middle, RPU_BY_AGE) * (0.5 + 0.5 * people.care)
    rate = rate * np.exp(0.15 * space.need[people.home])
    who, when = happenings(rng, rate, people.starts, people.stops)
    need = np.full(len(who), NEEDS.index(Need.EMERGENCY))
    site = choose(rng, need, people.commune(who, when), space)
    cut = np.cumsum(RPU_SHARES) / np.sum(RPU_SHARES)
    main = np.searchsorted(cut, rng.random(len(who)), side="right")
    fate = rng.random(len(who))
    for outcome, low, high in (
        (Outcome.HOME, 0.0, 0.97),
        (Outcome.TRANSFERRED, 0.97, 0.985),
        (Outcome.UNKNOWN, 0.985, 1.0),
    ):
        part = (fate >= low) & (fate < high)
        result.append(
            Visits(VisitKind.EMERGENCY, "", who[part], when[part], outcome, site[part],
                   main[part], RPU_MAINS)
        )  # fmt: skip
    return result


def tests(rng: np.random.Generator, people: People) -> list[Tests]:
    """All acts and tests in town, a code at a time."""
    coming = follow_up(people)
    result = []
    for system, code, condition, rate in TESTS:
        who, when = happenings(rng, rate * coming, people.since(condition), people.stops)
        result.append(Tests(system, code, who, when))
    middle = people.age((people.starts.astype(np.int64) + people.stops) // 2)
    screened = np.where((people.sex == 2) & (middle > 49) & (middle < 75), 0.27, 0.0)
    who, when = happenings(rng, screened, people.starts, people.stops)
    result.append(Tests("CCAM", MAMMOGRAPHY, who, when))
    return result
