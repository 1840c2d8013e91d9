"""The people of a few communes: birth, sex, death, where they live, what they have and since when.

One array by trait, one entry by person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maillage.engines.indicators.events import AGE_BANDS, BAND_YEARS
from maillage.engines.indicators.synth import calibration
from maillage.engines.indicators.synth.chance import (
    NEVER,
    YEAR,
    Days,
    day,
    normal_share,
    one_of_row,
    season,
    whole,
)
from maillage.engines.indicators.synth.places import CommunePlace
from maillage.engines.indicators.synth.space import Structure

OLDEST = 103.0


@dataclass(frozen=True, slots=True)
class Period:
    """First day and first day after."""

    starts: int
    stops: int
    years: tuple[int, ...]

    @classmethod
    def of(cls, years: tuple[int, ...]) -> Period:
        return cls(day(years[0]), day(years[-1] + 1), years)


@dataclass(slots=True)
class People:
    """``first`` is the number of the first of them. ``starts`` and ``stops`` bound the days on
    which something of them may be seen (dead, away or not yet born: nothing). ``moved_on`` is the
    day of a move within the territory, ``NEVER`` without; ``home`` and ``next_home`` are positions
    of communes. ``onset`` has a row by condition."""

    first: int
    period: Period
    born: Days
    sex: np.ndarray
    died: Days
    came: Days
    left: Days
    home: np.ndarray
    next_home: np.ndarray
    moved_on: Days
    onset: dict[str, Days]
    care: np.ndarray
    keeping: np.ndarray
    starts: Days
    stops: Days

    def __len__(self) -> int:
        return len(self.born)

    @property
    def numbers(self) -> np.ndarray:
        return np.arange(self.first, self.first + len(self), dtype=np.int64)

    def age(self, days: Days | int, row: np.ndarray | None = None) -> np.ndarray:
        """Years since birth, with decimals."""
        born = self.born if row is None else self.born[row]
        return (days - born) / YEAR

    def has(self, condition: str, days: Days | int, row: np.ndarray | None = None) -> np.ndarray:
        """Who has it on a day."""
        onset = self.onset[condition]
        return (onset if row is None else onset[row]) <= days

    def commune(self, row: np.ndarray, days: Days) -> np.ndarray:
        """Where they live on a day: position of the commune."""
        return np.where(days >= self.moved_on[row], self.next_home[row], self.home[row])

    def since(self, condition: str) -> Days:
        """The first day on which the condition may show: its onset, or the first day seen."""
        return np.maximum(self.onset[condition], self.starts)


def people(
    rng: np.random.Generator,
    communes: tuple[tuple[int, CommunePlace], ...],
    space: Structure,
    period: Period,
    share: float,
    first: int,
) -> People:
    """Those who live in these communes (position and place) at any time of the period."""
    born, sex, home, came = _arrivals(rng, communes, period, share)
    size = len(born)
    onset = _onsets(rng, born, sex, space.need[home])
    died = _deaths(rng, born, sex, came, onset, period)
    move, out = _moves(rng, born, came, period)
    left = np.where(out < died, out, NEVER).astype(np.int32)
    moved = np.where(move < np.minimum(died, left), move, NEVER).astype(np.int32)
    next_home = np.where(moved < NEVER, one_of_row(rng, space.neighbours, home), home)
    moved = np.where(next_home == home, NEVER, moved).astype(np.int32)
    starts = np.maximum(np.maximum(born, came), period.starts).astype(np.int32)
    stops = np.minimum(np.minimum(died, left), period.stops).astype(np.int32)
    return People(
        first=first,
        period=period,
        born=born,
        sex=sex,
        died=died,
        came=came,
        left=left,
        home=home,
        next_home=next_home,
        moved_on=moved,
        onset=onset,
        care=rng.gamma(2.0, 0.5, size),
        keeping=_keeping(rng, size),
        starts=starts,
        stops=np.maximum(stops, starts),
    )


def _arrivals(
    rng: np.random.Generator,
    communes: tuple[tuple[int, CommunePlace], ...],
    period: Period,
    share: float,
) -> tuple[Days, np.ndarray, np.ndarray, Days]:
    """Residents of the first day, then births and newcomers: birth, sex, commune, first day."""
    born, sex, home, came = [], [], [], []
    length = (period.stops - period.starts) / YEAR
    for position, place in communes:
        for code, bands in ((1, place.men), (2, place.women)):
            expected = np.array(bands, float) * share
            now = whole(rng, expected)
            born.append(_birthdays(rng, np.repeat(np.arange(AGE_BANDS), now), period.starts))
            came.append(np.full(now.sum(), -NEVER, np.int32))
            later = whole(rng, expected * calibration.MOVES_OUT * length)
            joined = (period.starts + rng.random(later.sum()) * length * YEAR).astype(np.int32)
            born.append(_birthdays(rng, np.repeat(np.arange(AGE_BANDS), later), period.starts))
            came.append(joined)
            births = int(whole(rng, np.array([expected[0] / BAND_YEARS * length]))[0])
            new = (period.starts + rng.random(births) * length * YEAR).astype(np.int32)
            born.append(new)
            came.append(new)
            total = int(now.sum() + later.sum() + births)
            sex.append(np.full(total, code, np.int8))
            home.append(np.full(total, position, np.int32))
    arrived = np.concatenate(came)
    birth = np.concatenate(born)
    return birth, np.concatenate(sex), np.concatenate(home), np.maximum(arrived, birth)


def _birthdays(rng: np.random.Generator, bands: np.ndarray, today: int) -> Days:
    low = bands * float(BAND_YEARS)
    # The open band thins out quickly: few of the oldest are over a hundred.
    wide = np.where(bands == AGE_BANDS - 1, OLDEST - low, float(BAND_YEARS))
    u = rng.random(len(bands))
    u = np.where(bands == AGE_BANDS - 1, u**2.5, u)
    return (today - 1 - (low + u * wide) * YEAR).astype(np.int32)


def _onsets(
    rng: np.random.Generator, born: Days, sex: np.ndarray, need: np.ndarray
) -> dict[str, Days]:
    """The day on which each condition begins: where a drawn number meets its curve."""
    metabolic, tobacco = rng.standard_normal((2, len(born)))
    result = {}
    for name, one in calibration.CONDITIONS.items():
        own = 1.0 - one.metabolic**2 - one.tobacco**2
        mixed = one.metabolic * metabolic + one.tobacco * tobacco
        u = 1.0 - normal_share(mixed + np.sqrt(own) * rng.standard_normal(len(born)))
        u = u / np.exp(one.need * need - 0.5 * one.need**2)
        age = np.where(sex == 1, _age_at(one.men, u), _age_at(one.women, u))
        result[name] = np.where(age < 150, born + age * YEAR, NEVER).astype(np.int32)
    return result


def _age_at(curve: calibration.Curve, u: np.ndarray) -> np.ndarray:
    """The age at which the curve reaches ``u``; 1000 when it never does."""
    part = np.clip(u / curve.top, 1e-9, None)
    inside = part < 1.0
    safe = np.where(inside, part, 0.5)
    age = curve.middle + curve.width * np.log(safe / (1.0 - safe))
    return np.where(inside, np.maximum(age, 0.2), 1000.0)


def _deaths(
    rng: np.random.Generator,
    born: Days,
    sex: np.ndarray,
    came: Days,
    onset: dict[str, Days],
    period: Period,
) -> Days:
    """Day of death, ``NEVER`` for those who outlive the period. More in winter."""
    died = np.full(len(born), NEVER, np.int32)
    winter = np.cumsum(season(0.04, 0.15))
    base = np.where(sex == 1, calibration.DEATH_BASE[1], calibration.DEATH_BASE[2])
    growth = np.where(sex == 1, calibration.DEATH_GROWTH[1], calibration.DEATH_GROWTH[2])
    for year in period.years:
        starts = day(year)
        age = (starts + 182 - born) / YEAR
        risk = base * np.exp(growth * np.clip(age, 0, 105))
        risk = np.where(age < 1, calibration.DEATH_INFANT, risk)
        for name, factor in calibration.DEATH_FACTORS.items():
            risk = np.where(onset[name] <= starts, risk * factor, risk)
        at = np.searchsorted(winter / winter[-1], rng.random(len(born)))
        when = starts + np.minimum(at, day(year + 1) - starts - 1)
        here = (died == NEVER) & (when > came) & (when > born)
        died[here & (rng.random(len(born)) < risk)] = NEVER - 1
        died = np.where(died == NEVER - 1, when, died).astype(np.int32)
    return died


def _moves(rng: np.random.Generator, born: Days, came: Days, period: Period) -> tuple[Days, Days]:
    """Day of a move within the territory and of leaving it. The young move most."""
    begins = np.maximum(came, period.starts)
    age = (begins - born) / YEAR
    lively = np.where((age > 17) & (age < 35), 2.2, np.where(age > 60, 0.4, 0.9))
    result = []
    for rate in (calibration.MOVES_WITHIN, calibration.MOVES_OUT):
        wait = rng.exponential(1.0, len(born)) / (rate * lively) * YEAR
        when = begins + 1 + np.minimum(wait, 2.0**28)
        result.append(np.where(when < period.stops, when, NEVER).astype(np.int32))
    return result[0], result[1]


def _keeping(rng: np.random.Generator, size: int) -> np.ndarray:
    """How much of a treatment each person takes: most nearly all, a quarter far less."""
    good = rng.random(size) < 0.74
    return np.where(good, rng.beta(40, 2, size), rng.beta(6, 4, size))
