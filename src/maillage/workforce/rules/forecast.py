"""Who will still be there: a forecast of the staff of a specialty, exact, and the year in which a
duty line fails.

Each person leaves for retirement at an age drawn from a law, or before it by turnover, year after
year and independently of others; entries of a year are a Poisson number of new people, who may
leave in turn. Under these hypotheses the number of people (and of half-days) still there has a
distribution that is computed, not simulated: a sum of independent choices for those who are there
today, plus a thinned Poisson number for those to come. Quantiles are exact to 1e-9.

What is not modelled: several people leaving together, moves between specialties, part-time
changes. The page says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, exp

import numpy as np
from numpy.typing import NDArray

YEARS = 10
QUANTILES = (0.1, 0.5, 0.9)
TAIL = 1e-12
FULL_TIME = 10
"""Half-days of somebody who enters."""

FAILS = 0.5
AT_RISK = 0.1
SURE = 0.9
"""A line fails in the first year in which it is more likely than not to lack people, is at risk in
the first one in which it is so once in ten, and surely fails when it is so nine times in ten."""

Distribution = NDArray[np.float64]
"""Probabilities of 0, 1, 2 ..."""


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """What a forecast supposes. Ages in years, at which people leave for retirement:
    ``first_leaving`` opens the rights, ``age_limit`` ends the career but for the ``prolonging``
    share who go on, until ``last_age``. ``turnover``: yearly probability of leaving before;
    ``entries``: new people a year, on average."""

    turnover: float
    entries: float
    first_leaving: int = 64
    age_limit: int = 67
    last_age: int = 70
    prolonging: float = 0.2
    leaving_early: float = 0.15


SOURCES: Mapping[str, str] = {
    "first_leaving": "Âge d'ouverture des droits, générations nées à partir de 1968 "
    "(loi 2023-270 du 14 avril 2023)",
    "age_limit": "Limite d'âge des praticiens nés à partir de 1955 "
    "(décret 2016-1426 du 21 octobre 2016 ; CSP, art. R6152-328 et suivants)",
    "last_age": "Prolongation d'activité de 36 mois au plus (CSP, art. R6152-814) ; 72 ans en "
    "cumul emploi-retraite jusqu'au 31 décembre 2035 (loi 2022-1616), non compté ici",
    "prolonging": "Hypothèse de départ de ce logiciel, à fixer par chaque territoire",
    "leaving_early": "Hypothèse de départ de ce logiciel, à fixer par chaque territoire",
    "turnover": "Départs hors retraite observés dans les affectations, rapportés aux "
    "personnes-années suivies",
    "entries": "Arrivées observées dans les affectations, par an",
}
"""Where each hypothesis comes from, in French, for the page."""


@dataclass(frozen=True, slots=True)
class Incumbent:
    """Somebody who is there at the end of year 0, of this age, with so many half-days. ``leaves``:
    the year (1 = next) in which a departure already known takes place."""

    age: int
    half_days: int = FULL_TIME
    leaves: int | None = None


@dataclass(frozen=True, slots=True)
class YearForecast:
    """The end of a year: quantiles 10, 50 and 90 of people and of full-time equivalents, and the
    means of leavers and entries during the year."""

    year: int
    people: tuple[int, int, int]
    full_time: tuple[float, float, float]
    mean_people: float
    mean_full_time: float
    retirements: float
    other_departures: float
    entries: float


def retirement_hazard(age: int, law: Hypotheses) -> float:
    """Probability of retiring within the year in which this age is reached, for somebody still
    there. Between the opening of rights and the age limit, ``leaving_early`` a year; at the limit,
    all but those who go on; these leave at an even pace and all by ``last_age``."""
    if age < law.first_leaving:
        return 0.0
    if age < law.age_limit:
        return law.leaving_early
    if age >= law.last_age:
        return 1.0
    if age == law.age_limit:
        return 1.0 - law.prolonging
    return 1.0 / (law.last_age - age + 1)


def survival(one: Incumbent, law: Hypotheses, years: int = YEARS) -> list[tuple[float, float]]:
    """For each year 1..``years``: probability of being there at its end, and of having retired
    during it. A known departure is certain in its year."""
    there, found = 1.0, []
    for ahead in range(1, years + 1):
        if one.leaves is not None and ahead >= one.leaves:
            found.append((0.0, 0.0))
            there = 0.0
            continue
        retiring = there * retirement_hazard(one.age + ahead, law)
        there = (there - retiring) * (1.0 - law.turnover)
        found.append((there, retiring))
    return found


def _count_of(probabilities: Sequence[float]) -> Distribution:
    """Distribution of how many are there, each independently with its probability."""
    total = np.zeros(len(probabilities) + 1)
    total[0] = 1.0
    for top, probability in enumerate(probabilities, start=1):
        total[1 : top + 1] += probability * (total[:top] - total[1 : top + 1])
        total[0] *= 1.0 - probability
    return total


def _counts(
    staff: Sequence[Incumbent], stays: Sequence[Sequence[tuple[float, float]]], ahead: int
) -> dict[int, Distribution]:
    """By number of half-days, the distribution of how many of those who work so much stay."""
    groups: dict[int, list[float]] = {}
    for one, stay in zip(staff, stays, strict=True):
        groups.setdefault(one.half_days, []).append(stay[ahead][0])
    return {half_days: _count_of(group) for half_days, group in sorted(groups.items())}


def _together(parts: Iterable[Distribution]) -> Distribution:
    """The distribution of the sum of independent numbers."""
    total = np.ones(1)
    for part in parts:
        total = np.convolve(total, part)
    return total


def _poisson(mean: float) -> Distribution:
    """Poisson probabilities until what is left is negligible."""
    terms = [exp(-mean)]
    held = terms[0]
    while held < 1.0 - TAIL and len(terms) < 10_000:
        terms.append(terms[-1] * mean / len(terms))
        held += terms[-1]
    return np.array(terms)


def _spread(distribution: Distribution, step: int) -> Distribution:
    """The distribution of ``step`` times the number."""
    wide = np.zeros((len(distribution) - 1) * step + 1)
    wide[::step] = distribution
    return wide


def quantile(distribution: Distribution, level: float) -> int:
    """The least number that is reached or not exceeded with this probability."""
    return int(np.searchsorted(np.cumsum(distribution), level - 1e-9))


def _quantiles(distribution: Distribution) -> tuple[int, int, int]:
    low, middle, high = (quantile(distribution, level) for level in QUANTILES)
    return low, middle, high


def newcomers_mean(law: Hypotheses, ahead: int) -> float:
    """Mean number of people entered since today and still there at the end of year ``ahead``. An
    entry takes place in mid-year: half a year of turnover in its first."""
    stay = 1.0 - law.turnover
    first = stay**0.5
    return sum(law.entries * first * stay ** (ahead - year) for year in range(1, ahead + 1))


def people_distributions(
    staff: Sequence[Incumbent], law: Hypotheses, years: int = YEARS
) -> list[Distribution]:
    """The distribution of the number of people at the end of each year."""
    stays = [survival(one, law, years) for one in staff]
    return [
        _together(
            [*_counts(staff, stays, ahead).values(), _poisson(newcomers_mean(law, ahead + 1))]
        )
        for ahead in range(years)
    ]


def forecast(
    staff: Sequence[Incumbent], law: Hypotheses, *, first_year: int, years: int = YEARS
) -> list[YearForecast]:
    """The staff at the end of each of ``years`` years from ``first_year`` on. ``staff`` is who is
    there at the end of the year before."""
    stays = [survival(one, law, years) for one in staff]
    found = []
    for ahead in range(years):
        arrived = newcomers_mean(law, ahead + 1)
        counts, entering = _counts(staff, stays, ahead), _poisson(arrived)
        people = _together([*counts.values(), entering])
        half_days = _together(
            [
                *(_spread(count, amount) for amount, count in counts.items()),
                _spread(entering, FULL_TIME),
            ]
        )
        before = sum(stay[ahead - 1][0] for stay in stays) if ahead else float(len(staff))
        after = sum(stay[ahead][0] for stay in stays)
        retired = sum(stay[ahead][1] for stay in stays)
        arrived_before = newcomers_mean(law, ahead)
        left_anew = arrived_before + law.entries - arrived
        few, usual, many = (level / FULL_TIME for level in _quantiles(half_days))
        mean_half_days = sum(
            stay[ahead][0] * one.half_days for stay, one in zip(stays, staff, strict=True)
        )
        found.append(
            YearForecast(
                year=first_year + ahead,
                people=_quantiles(people),
                full_time=(few, usual, many),
                mean_people=after + arrived,
                mean_full_time=mean_half_days / FULL_TIME + arrived,
                retirements=retired,
                other_departures=before - after - retired + left_anew,
                entries=law.entries,
            )
        )
    return found


# Duty lines


@dataclass(frozen=True, slots=True)
class LineYear:
    """A duty line at the end of a year: quantiles 10, 50 and 90 of the people able to hold it, and
    the probability that they are too few."""

    year: int
    people: tuple[int, int, int]
    lacking: float

    @property
    def lacking_percent(self) -> float:
        return 100 * self.lacking


@dataclass(frozen=True, slots=True)
class LineOutlook:
    """A duty line over the years: ``needed`` people, how many are able today, each year to come,
    and the first ones in which it is at risk, fails, surely fails (None: not within the horizon).
    ``fails_now``: it lacks people already."""

    needed: int
    able: int
    years: tuple[LineYear, ...]
    at_risk_on: int | None
    fails_on: int | None
    sure_on: int | None

    @property
    def fails_now(self) -> bool:
        return self.able < self.needed


def people_needed(slots_per_year: float, most_per_person: float) -> int:
    """The least number of people for the slots of a year, when one may hold so many of them."""
    if most_per_person <= 0:
        raise ValueError("one person holds some slots")
    return ceil(slots_per_year / most_per_person - 1e-9)


def line_outlook(
    able: Sequence[Incumbent],
    law: Hypotheses,
    *,
    slots_per_year: float,
    most_per_person: float,
    first_year: int,
    years: int = YEARS,
) -> LineOutlook:
    """When a line fails: the first year in which the number of people able to hold it is more
    likely than not under what its slots need. ``able`` are those who hold it today; entries of
    ``law`` are people who will join this very line."""
    needed = people_needed(slots_per_year, most_per_person)
    found = tuple(
        LineYear(first_year + ahead, _quantiles(distribution), float(distribution[:needed].sum()))
        for ahead, distribution in enumerate(people_distributions(able, law, years))
    )

    def first(level: float) -> int | None:
        return next((one.year for one in found if one.lacking >= level), None)

    return LineOutlook(needed, len(able), found, first(AT_RISK), first(FAILS), first(SURE))
