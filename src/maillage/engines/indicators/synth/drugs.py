"""Deliveries of medicines: which, from when to when, how often, and how well they are taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maillage.engines.indicators.synth.chance import Days, happenings, runs, season, sums_within
from maillage.engines.indicators.synth.people import People


@dataclass(frozen=True, slots=True)
class Line:
    """A treatment: code, condition, share of its people who have it, share of the lines delivered
    by large packs, how much its takers keep to it (1: as everybody), and the share of people who
    give it up in a year."""

    atc: str
    condition: str
    share: float
    large: float = 0.5
    keeping: float = 1.0
    stops: float = 0.03


# fmt: off
LINES: tuple[Line, ...] = (
    Line("A10BA02", "diabetes", .70, .45), Line("A10BB09", "diabetes", .24, .40),
    Line("A10BH01", "diabetes", .14, .0), Line("A10BD07", "diabetes", .10, .0),
    Line("A10BJ05", "diabetes", .11, .0), Line("A10BJ02", "diabetes", .06, .0),
    Line("A10BK03", "diabetes", .10, .3), Line("A10BK01", "diabetes", .06, .3),
    Line("A10AE04", "diabetes", .20, .0), Line("A10AB05", "diabetes", .07, .0),
    Line("A10AE04", "type-1", .95, .0), Line("A10AB05", "type-1", .95, .0),
    Line("C09AA05", "hypertension", .27, .6), Line("C09CA06", "hypertension", .22, .6),
    Line("C08CA01", "hypertension", .30, .6), Line("C03AA03", "hypertension", .12, .6),
    Line("C07AB07", "hypertension", .18, .6),
    Line("C10AA05", "lipids", .58, .6, .97, .05), Line("C10AA07", "lipids", .32, .6, .97, .05),
    Line("B01AC06", "coronary", .80, .3), Line("C07AB07", "coronary", .45, .5),
    Line("C10AA05", "coronary", .35, .6), Line("B01AC04", "stroke", .45, .0),
    Line("C03CA01", "heart-failure", .66, .2), Line("C07AB07", "heart-failure", .50, .3),
    Line("C09AA05", "heart-failure", .44, .3), Line("C03DA01", "heart-failure", .20, .0),
    Line("C09DX04", "heart-failure", .13, .0), Line("A10BK01", "heart-failure", .14, .0),
    Line("B01AF02", "heart-failure", .36, .0),
    Line("R03AK07", "copd", .34, .0, .75, .08), Line("R03BB04", "copd", .48, .0, .78, .08),
    Line("R03AC02", "copd", .40, .0, .6, .05), Line("R03AK07", "asthma", .34, .0, .6, .12),
    Line("R03AC02", "asthma", .42, .0, .35, .1),
    Line("L02BG03", "breast-cancer", .30, .3, 1, .12),
    Line("L02BA01", "breast-cancer", .15, .3, 1, .1),
    Line("N07BC01", "opioids", .36, .0, .95, .1), Line("N07BC02", "opioids", .34, .0, .95, .1),
    Line("N07BB03", "alcohol", .10, .0, .7, .4), Line("N06AB06", "depression", .50, .0, .9, .25),
    Line("N05BA12", "depression", .25, .0, .7, .25), Line("H03AA01", "thyroid", .92, .6),
    Line("N06DA02", "dementia", .08, .0), Line("V03AE01", "dialysis", .5, .0),
    Line("C10AA05", "diabetes", .22, .6), Line("A02BC01", "reflux", .50, .0, .55, .2),
)
# fmt: on

ACUTE: tuple[tuple[str, float, float, int], ...] = (
    ("J01CA04", 0.26, 0.5, 6),
    ("N02BE01", 0.32, 0.1, 8),
    ("M01AE01", 0.16, 0.1, 5),
)
"""Frequent short treatments: code, deliveries by year, strength of the season, days."""

UNKNOWN_DAYS = 0.03
"""Share of deliveries whose days are not told."""


@dataclass(slots=True)
class Deliveries:
    """Deliveries of one code, by person and day."""

    atc: str
    who: np.ndarray
    when: Days
    packs: np.ndarray
    days: np.ndarray
    large: np.ndarray


def deliveries(rng: np.random.Generator, people: People) -> list[Deliveries]:
    """All deliveries, a treatment at a time."""
    result = [_treatment(rng, people, line) for line in LINES]
    for atc, rate, strength, days in ACUTE:
        who, when = happenings(rng, rate, people.starts, people.stops, season(0.04, strength))
        size = len(who)
        packs = 1 + (rng.random(size) < 0.3).astype(np.int16)
        result.append(
            Deliveries(atc, who, when, packs, np.full(size, days, np.int16), np.zeros(size, bool))
        )
    return result


def _treatment(rng: np.random.Generator, people: People, line: Line) -> Deliveries:
    """Deliveries from the beginning of the treatment, each when the last is nearly used up, later
    for those who take less of it; some leave holes of months, some stop."""
    since = people.since(line.condition)
    begins = since + rng.integers(0, 45, len(people))
    takes = (rng.random(len(people)) < line.share) & (begins < people.stops)
    who = np.flatnonzero(takes)
    begins = begins[who].astype(np.int64)
    given_up = begins + (rng.exponential(1.0, len(who)) / line.stops * 365).astype(np.int64)
    ends = np.minimum(people.stops[who], given_up)
    large = rng.random(len(who)) < line.large
    holds = np.where(large, 90, 30)
    keeping = np.clip(people.keeping[who] * line.keeping, 0.12, 1.0)
    gap = holds / keeping
    count = np.ceil((ends - begins) / gap * 1.15 + 1).astype(np.int64)
    row, rank = runs(count)
    wait = gap[row] * (0.88 + 0.24 * rng.random(len(row), dtype=np.float32))
    wait[rank == 0] = 0.0
    when = begins[row] + sums_within(wait, count).astype(np.int64)
    kept = (when < ends[row]) & ~_in_hole(rng, when, row, begins, ends, keeping)
    row, when = row[kept], when[kept].astype(np.int32)
    days = holds[row].astype(np.int16)
    days[rng.random(len(row)) < UNKNOWN_DAYS] = 0
    return Deliveries(line.atc, who[row], when, np.ones(len(row), np.int16), days, large[row])


def _in_hole(
    rng: np.random.Generator,
    when: np.ndarray,
    row: np.ndarray,
    begins: np.ndarray,
    ends: np.ndarray,
    keeping: np.ndarray,
) -> np.ndarray:
    """Deliveries that a hole of two to eight months swallows, in a part of the treatments."""
    size = len(begins)
    has = rng.random(size) < np.where(keeping < 0.75, 0.45, 0.06)
    opens = begins + rng.random(size) * np.maximum(ends - begins, 1)
    closes = np.where(has, opens + 60 + 180 * rng.random(size), opens)
    return (when > opens[row]) & (when < closes[row])
