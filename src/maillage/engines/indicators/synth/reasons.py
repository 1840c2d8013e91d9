"""How often each person is admitted for each cause, from what they have and from their age.

Rates are stays by person and year while the condition lasts, tuned to published totals (see the
documentation), not observed.
"""

from __future__ import annotations

import numpy as np

from maillage.engines.indicators.synth.chance import NEVER, Days
from maillage.engines.indicators.synth.people import People

FROM_CONDITION: tuple[tuple[str, str, float], ...] = (
    ("heart-failure", "heart-failure", 0.098),
    ("heart-failure-related", "heart-failure", 0.010),
    ("rhythm", "heart-failure", 0.020),
    ("copd", "copd", 0.030),
    ("pneumonia", "copd", 0.014),
    ("asthma", "asthma", 0.0065),
    ("angina", "coronary", 0.0095),
    ("infarct", "coronary", 0.012),
    ("coronary-planned", "coronary", 0.045),
    ("stroke", "stroke", 0.035),
    ("tia", "stroke", 0.010),
    ("diabetes-acute", "diabetes", 0.0012),
    ("diabetes-acute", "type-1", 0.040),
    ("diabetes-check", "diabetes", 0.020),
    ("diabetes-foot", "diabetes", 0.0035),
    ("kidney", "kidney", 0.042),
    ("dialysis", "dialysis", 11.5),
    ("cancer", "other-cancer", 0.16),
    ("alcohol", "alcohol", 0.13),
    ("opioids", "opioids", 0.07),
    ("intoxication", "depression", 0.006),
    ("mood", "depression", 0.020),
    ("hip", "frail", 0.024),
    ("fall", "frail", 0.045),
    ("dehydration", "frail", 0.009),
    ("malnutrition", "frail", 0.016),
    ("confusion", "dementia", 0.11),
    ("pneumonia", "frail", 0.035),
    ("urinary", "frail", 0.02),
)
"""Cause, condition, rate."""

BY_AGE: tuple[tuple[str, tuple[tuple[int, float], ...]], ...] = (
    ("bronchiolitis", ((0, 0.030), (2, 0.0))),
    ("child", ((0, 0.055), (5, 0.024), (15, 0.004), (20, 0.0))),
    ("digestive", ((0, 0.002), (15, 0.009), (45, 0.015), (65, 0.022), (80, 0.028))),
    ("endoscopy", ((0, 0.001), (25, 0.007), (45, 0.026), (70, 0.032), (82, 0.010))),
    ("cataract", ((0, 0.0), (55, 0.008), (65, 0.042), (75, 0.062), (88, 0.025))),
    ("orthopaedics", ((0, 0.005), (15, 0.012), (45, 0.018), (65, 0.026), (82, 0.016))),
    ("skin-ear", ((0, 0.006), (15, 0.009), (60, 0.014))),
    ("urology", ((0, 0.002), (40, 0.008), (60, 0.018), (85, 0.014))),
    ("chest-pain", ((0, 0.0), (20, 0.004), (45, 0.009), (65, 0.014), (85, 0.02))),
    ("pneumonia", ((0, 0.002), (5, 0.0005), (50, 0.0012), (65, 0.003), (80, 0.010))),
    ("urinary", ((0, 0.001), (20, 0.0018), (65, 0.004), (80, 0.012))),
    ("dehydration", ((0, 0.0003), (65, 0.0006), (80, 0.0025))),
    ("fall", ((0, 0.0015), (15, 0.001), (65, 0.003), (80, 0.010))),
    ("tia", ((0, 0.0), (50, 0.0008), (70, 0.003))),
    ("intoxication", ((0, 0.0), (14, 0.003), (50, 0.0012), (70, 0.0005))),
)
"""Cause, then rate from each age on, for everybody."""


def planned_stays(people: People) -> list[tuple[str, np.ndarray, Days]]:
    """Cause, yearly rate of each person, and the day from which it runs."""
    # Needs differ: few people have most of the stays of a condition.
    uneven = 0.35 + 0.65 * people.care
    result = []
    for cause, condition, rate in FROM_CONDITION:
        since = people.since(condition)
        regular = cause == "dialysis"
        result.append((cause, np.full(len(people), rate) * (1 if regular else uneven), since))
    middle = people.age((people.starts.astype(np.int64) + people.stops) // 2)
    for cause, steps in BY_AGE:
        result.append((cause, by_age(middle, steps), people.starts))
    women = (people.sex == 2) & (middle > 18)
    result.append(("women", np.where(women, by_age(middle, _WOMEN), 0.0), people.starts))
    result.append(("delivery", np.where(women, by_age(middle, _FERTILITY), 0.0), people.starts))
    return result


_FERTILITY = ((0, 0.0), (18, 0.02), (21, 0.055), (25, 0.105), (35, 0.058), (40, 0.012), (45, 0.0))
_WOMEN = ((0, 0.0), (18, 0.018), (50, 0.014), (70, 0.006))


def by_age(age: np.ndarray, steps: tuple[tuple[int, float], ...]) -> np.ndarray:
    """The value of the last step that each age has reached."""
    floors = np.array([floor for floor, _ in steps])
    values = np.array([value for _, value in steps])
    return values[np.maximum(np.searchsorted(floors, age, side="right") - 1, 0)]


def single_stays(rng: np.random.Generator, people: People) -> list[tuple[np.ndarray, Days, str]]:
    """Stays that a day of the person's life brings: birth, first stroke or infarct, breast
    surgery and its chemotherapy."""
    born = np.flatnonzero((people.born == people.came) & (people.born >= people.period.starts))
    result = [(born, people.born[born], "newborn")]
    for cause, condition, share in (
        ("stroke", "stroke", 0.88),
        ("infarct", "coronary", 0.34),
        ("heart-failure", "heart-failure", 0.30),
        ("diabetes-check", "diabetes", 0.07),
    ):
        who = _beginning(rng, people, condition, share)
        result.append((who, people.onset[condition][who], cause))
    who = _beginning(rng, people, "breast-cancer", 0.86)
    when = people.onset["breast-cancer"][who] + 18 + rng.gamma(2.5, 8.0, len(who)).astype(np.int32)
    result.append((who, when.astype(np.int32), "breast-surgery"))
    result.append((*_courses(rng, who, when, 0.42), "chemotherapy"))
    ill = _beginning(rng, people, "other-cancer", 0.85)
    begins = people.onset["other-cancer"][ill]
    result.append((ill, (begins + 25).astype(np.int32), "cancer"))
    result.append((*_courses(rng, ill, begins, 0.40), "chemotherapy"))
    return result


def _beginning(
    rng: np.random.Generator, people: People, condition: str, share: float
) -> np.ndarray:
    """The people whose condition begins while they are seen, or a share of them."""
    onset = people.onset[condition]
    seen = (onset < NEVER) & (onset >= people.starts) & (onset < people.stops)
    return np.flatnonzero(seen & (rng.random(len(people)) < share))


def _courses(
    rng: np.random.Generator, who: np.ndarray, when: Days, share: float
) -> tuple[np.ndarray, Days]:
    """Sessions of chemotherapy: four to sixteen, every two or three weeks, for a share of them."""
    rows = np.flatnonzero(rng.random(len(who)) < share)
    count = rng.integers(4, 17, len(rows))
    every = np.where(rng.random(len(rows)) < 0.5, 14, 21)
    row = np.repeat(np.arange(len(rows)), count)
    rank = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    day = when[rows][row] + 35 + rank * every[row]
    return who[rows][row], day.astype(np.int32)
