"""Posts and who holds them: what is vacant, full-time equivalents, tension, ages, retention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp, log, sqrt

FULL_TIME = 10
"""Half-days of one full-time equivalent."""

TENSION_SHARE = 0.2
"""A specialty of which a fifth of the half-days or more is vacant is in tension. About one post in
five was vacant in the region in 2000; a choice of this product."""

PYRAMID_STEP = 5
YOUNGEST, OLDEST = 25, 70

SMALLEST_GROUP = 5
"""Ages of a group of fewer people are shown to their employer only: they would name them."""

RETAINED_YEARS = (1, 2, 5)

Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Held:
    """An assignment on a post: half-days, first day (in), last day (out)."""

    half_days: int
    starts_on: date
    ends_on: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


@dataclass(frozen=True, slots=True)
class Vacancy:
    """Half-days of a post that nobody holds on a day, and since when; ``known_end`` is the next
    day on which somebody who holds it now leaves."""

    half_days: int
    since: date | None
    known_end: date | None


def vacancy_on(half_days: int, opened_on: date, held: Sequence[Held], day: date) -> Vacancy:
    """The vacancy of an open post on a day. It is since the last day on which somebody left, or
    since its opening when it was never full."""
    now = [one for one in held if one.holds_on(day)]
    vacant = max(half_days - sum(one.half_days for one in now), 0)
    left = [one.ends_on for one in held if one.ends_on is not None and one.ends_on <= day]
    ends = [one.ends_on for one in now if one.ends_on is not None]
    return Vacancy(
        half_days=vacant,
        since=max([opened_on, *left]) if vacant else None,
        known_end=min(ends, default=None),
    )


def full_time(half_days: float) -> float:
    """Full-time equivalents of so many weekly half-days."""
    return half_days / FULL_TIME


def is_in_tension(open_half_days: int, vacant_half_days: int, *, is_flagged: bool) -> bool:
    """True for a specialty that a post says so, or of which :data:`TENSION_SHARE` is vacant."""
    return is_flagged or (open_half_days > 0 and vacant_half_days / open_half_days >= TENSION_SHARE)


def density(full_time_equivalents: float, residents: int) -> float | None:
    """Full-time equivalents for 100,000 residents; None without residents."""
    return full_time_equivalents * 100_000 / residents if residents else None


@dataclass(frozen=True, slots=True)
class AgeBand:
    """People of ages ``low <= age < high`` (None: open)."""

    low: int | None
    high: int | None
    women: int
    men: int
    unknown: int

    @property
    def total(self) -> int:
        return self.women + self.men + self.unknown

    @property
    def label(self) -> str:
        if self.low is None:
            return f"moins de {self.high}"
        return f"{self.low} et plus" if self.high is None else f"{self.low}-{self.high - 1}"


def age_in(birth_year: int, year: int) -> int:
    """Age reached in a year: only the year of birth is kept."""
    return year - birth_year


def pyramid(people: Iterable[tuple[int, str]]) -> tuple[AgeBand, ...]:
    """Pairs (age, sex) by five years, the oldest first."""
    counts: Counter[tuple[int, str]] = Counter()
    for age, sex in people:
        low = min(max(age // PYRAMID_STEP * PYRAMID_STEP, YOUNGEST - PYRAMID_STEP), OLDEST)
        counts[(low, sex)] += 1
    bands = []
    for low in range(OLDEST, YOUNGEST - PYRAMID_STEP - 1, -PYRAMID_STEP):
        first, last = low < YOUNGEST, low >= OLDEST
        bands.append(
            AgeBand(
                None if first else low,
                None if last else low + PYRAMID_STEP,
                counts[(low, "F")],
                counts[(low, "M")],
                counts[(low, "")],
            )
        )
    return tuple(bands)


@dataclass(frozen=True, slots=True)
class Spell:
    """How long somebody stayed: years, and whether they left (else they are still there, or what
    ended it is no departure: retirement, a new status on the same post)."""

    years: float
    left: bool


@dataclass(frozen=True, slots=True)
class Retained:
    """Share still there after some years, with its 95 % interval; ``at_risk`` people were
    followed that long. ``share`` is None when nobody was."""

    years: int
    share: float | None
    low: float | None
    high: float | None
    at_risk: int

    @property
    def percent(self) -> float | None:
        return None if self.share is None else 100 * self.share

    @property
    def low_percent(self) -> float | None:
        return None if self.low is None else 100 * self.low

    @property
    def high_percent(self) -> float | None:
        return None if self.high is None else 100 * self.high


def retention(spells: Sequence[Spell], years: Sequence[int] = RETAINED_YEARS) -> list[Retained]:
    """Kaplan-Meier estimate with Greenwood's variance on the log(-log) scale (Kalbfleisch and
    Prentice), so that the interval stays between 0 and 1; when nobody left, the exact binomial
    bound of those followed that long. No share beyond what anybody was followed."""
    found = []
    for horizon in years:
        at_risk = sum(spell.years >= horizon for spell in spells)
        if not at_risk:
            found.append(Retained(horizon, None, None, None, 0))
            continue
        share, variance = _kaplan_meier(spells, horizon)
        low, high = _interval(share, variance, at_risk)
        found.append(Retained(horizon, share, low, high, at_risk))
    return found


def _kaplan_meier(spells: Sequence[Spell], horizon: float) -> tuple[float, float]:
    """Share that stayed beyond ``horizon`` years, and Greenwood's sum."""
    share, total = 1.0, 0.0
    for moment in sorted({one.years for one in spells if one.left and one.years < horizon}):
        exposed = sum(one.years >= moment for one in spells)
        gone = sum(one.left and one.years == moment for one in spells)
        share *= 1 - gone / exposed
        if exposed > gone:
            total += gone / (exposed * (exposed - gone))
    return share, total


def _interval(share: float, greenwood: float, at_risk: int) -> tuple[float, float]:
    if share == 1.0:
        return 0.025 ** (1 / at_risk), 1.0
    middle, spread = log(-log(share)), Z95 * sqrt(greenwood) / abs(log(share))
    return exp(-exp(middle + spread)), exp(-exp(middle - spread))
