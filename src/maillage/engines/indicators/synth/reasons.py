"""How often each person is admitted for each cause, from what they have and from their age.

Rates are stays by person and year while the condition lasts, tuned to published totals (see the
documentation), not observed.
"""

from __future__ import annotations

import numpy as np

from maillage.engines.indicators.synth.chance import NEVER, Days
from maillage.engines.indicators.synth.people import People

FROM_CONDITION: tuple[tuple[str, str, float], ...] = (
    ("heart-failure", "heart-failure", 0.066),
    ("heart-failure-related", "heart-failure", 0.007),
    ("rhythm", "heart-failure", 0.020),
    ("copd", "copd", 0.030),
    ("pneumonia", "copd", 0.014),
    ("asthma", "asthma", 0.0042),
    ("angina", "coronary", 0.0065),
    ("infarct", "coronary", 0.014),
    ("coronary-planned", "coronary", 0.045),
    ("stroke", "stroke", 0.038),
    ("tia", "stroke", 0.010),
    ("diabetes-acute", "diabetes", 0.0004),
    ("diabetes-acute", "type-1", 0.014),
    ("diabetes-check", "diabetes", 0.020),
    ("diabetes-foot", "diabetes", 0.0035),
    ("kidney", "kidney", 0.042),
    ("dialysis", "dialysis", 50.0),
    ("cancer", "other-cancer", 0.16),
    ("alcohol", "alcohol", 0.20),
    ("opioids", "opioids", 0.07),
    ("intoxication", "depression", 0.006),
    ("mood", "depression", 0.020),
    ("hip", "frail", 0.056),
    ("fall", "frail", 0.06),
    ("dehydration", "frail", 0.0055),
    ("malnutrition", "frail", 0.016),
    ("confusion", "dementia", 0.11),
    ("pneumonia", "frail", 0.035),
    ("urinary", "frail", 0.02),
)
"""Cause, condition, rate."""

BY_AGE: tuple[tuple[str, tuple[tuple[int, float], ...]], ...] = (
    ("bronchiolitis", ((0, 0.030), (2, 0.0))),
    ("child", ((0, 0.088), (5, 0.0384), (15, 0.0064), (20, 0))),
    ("digestive", ((0, 0.0038), (15, 0.0171), (45, 0.0285), (65, 0.0418), (80, 0.0532))),
    ("endoscopy", ((0, 0.002), (25, 0.014), (45, 0.052), (70, 0.064), (82, 0.02))),
    ("cataract", ((0, 0), (55, 0.01), (65, 0.0525), (75, 0.0775), (88, 0.03125))),
    ("orthopaedics", ((0, 0.009), (15, 0.0216), (45, 0.0324), (65, 0.0468), (82, 0.0288))),
    ("skin-ear", ((0, 0.012), (15, 0.018), (60, 0.028))),
    ("urology", ((0, 0.0036), (40, 0.0144), (60, 0.0324), (85, 0.0252))),
    ("chest-pain", ((0, 0), (20, 0.0064), (45, 0.0144), (65, 0.0224), (85, 0.032))),
    ("pneumonia", ((0, 0.0022), (5, 0.00055), (50, 0.00132), (65, 0.0033), (80, 0.011))),
    ("urinary", ((0, 0.0014), (20, 0.00252), (65, 0.0056), (80, 0.0168))),
    ("dehydration", ((0, 0.0002), (65, 0.0004), (80, 0.0014))),
    ("fall", ((0, 0.00195), (15, 0.0013), (65, 0.0039), (80, 0.013))),
    ("tia", ((0, 0), (50, 0.00096), (70, 0.0036))),
    ("intoxication", ((0, 0), (14, 0.0036), (50, 0.00144), (70, 0.0006))),
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
        ("infarct", "coronary", 0.42),
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
