"""Residents by age and sex: shares that add up, and the estimate of a commune from its department.

Ages: ``age_min <= age < age_max`` in years, ``age_max`` None is open. Sex is F or M; "" in a source
that does not tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from maillage.territory.rules.thresholds import (
    ALL_AGES_WOMEN_PER_THOUSAND,
    WOMEN_PER_THOUSAND,
    WOMEN_PER_THOUSAND_SOURCE,
)

OLDEST_AGE = 100
"""Where a band that is open above ends when its middle is needed."""


@dataclass(frozen=True, slots=True)
class Band:
    """``count`` residents of one sex in one age band."""

    age_min: int
    age_max: int | None
    sex: str
    count: int

    @property
    def label(self) -> str:
        return band_label(self.age_min, self.age_max)


@dataclass(frozen=True, slots=True)
class AgeTable:
    """Residents of a place by age and sex, and how far they are known.

    ``estimated`` is true when the ages come from the department, ``sex_estimated`` when the sexes
    come from national shares. ``year`` is that of the ages, ``source`` where they come from.
    """

    bands: tuple[Band, ...]
    estimated: bool
    sex_estimated: bool
    source: str
    source_on: date | None
    year: int | None
    illustrative: bool = False

    @property
    def total(self) -> int:
        return sum(band.count for band in self.bands)

    @property
    def women(self) -> int:
        return sum(band.count for band in self.bands if band.sex == "F")

    @property
    def men(self) -> int:
        return self.total - self.women

    @property
    def ages_known(self) -> bool:
        """False when nothing tells the ages: all residents then stand in one band."""
        return len({band.age_min for band in self.bands}) > 1

    def rows(self) -> list[AgeRow]:
        """One row by age band, in order of age."""
        edges = sorted({(band.age_min, band.age_max) for band in self.bands}, key=lambda e: e[0])
        counts = {(band.age_min, band.sex): band.count for band in self.bands}
        return [
            AgeRow(band_label(low, high), counts.get((low, "F"), 0), counts.get((low, "M"), 0))
            for low, high in edges
        ]

    def share_from(self, age: int) -> float:
        """Share (0 to 1) of residents of at least this age; a band that spans the age is cut
        evenly."""
        if not self.total:
            return 0.0
        older = 0.0
        for band in self.bands:
            end = band.age_max if band.age_max is not None else max(OLDEST_AGE, band.age_min + 1)
            part = (end - max(age, band.age_min)) / (end - band.age_min)
            older += band.count * max(0.0, min(1.0, part))
        return older / self.total


@dataclass(frozen=True, slots=True)
class AgeRow:
    """One line of a table of ages."""

    label: str
    women: int
    men: int

    @property
    def total(self) -> int:
        return self.women + self.men


def band_label(age_min: int, age_max: int | None) -> str:
    """« 5 à 9 ans », « 95 ans et plus », « moins de 5 ans »; ages written as they are lived."""
    if age_max is None:
        return f"{age_min} ans et plus" if age_min else "tous âges"
    if age_min == 0:
        return f"moins de {age_max} ans" if age_max > 1 else "moins d'un an"
    return f"{age_min} ans" if age_max == age_min + 1 else f"{age_min} à {age_max - 1} ans"


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """``total`` in whole parts, proportional to whole ``weights`` and adding up exactly (largest
    remainder; between equal remainders the first wins). All zeros when the weights are."""
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts, remainders = [], []
    for position, weight in enumerate(weights):
        part, remainder = divmod(total * weight, whole)
        parts.append(part)
        remainders.append((-remainder, position))
    for _, position in sorted(remainders)[: total - sum(parts)]:
        parts[position] += 1
    return parts


def women_per_thousand(age_min: int, age_max: int | None) -> int:
    """Women among 1,000 residents of an age band, from the national shares at its middle age."""
    end = age_max if age_max is not None else max(OLDEST_AGE, age_min + 1)
    middle = (age_min + end) / 2
    return next(women for before, women in WOMEN_PER_THOUSAND if middle < before)


def with_sexes(bands: Iterable[Band]) -> tuple[list[Band], bool]:
    """The bands by sex, in order of age, and whether the sexes had to be estimated. Bands without
    sex are used only for ages of which no band has one."""
    known = list(bands)
    sexed = {band.age_min for band in known if band.sex}
    result, estimated = [], False
    for band in known:
        if band.sex:
            result.append(band)
        elif band.age_min not in sexed:
            estimated = True
            share = women_per_thousand(band.age_min, band.age_max)
            women, men = share_out(band.count, (share, 1000 - share))
            result.append(Band(band.age_min, band.age_max, "F", women))
            result.append(Band(band.age_min, band.age_max, "M", men))
    return sorted(result, key=lambda band: (band.age_min, band.sex)), estimated


def estimate_bands(residents: int, department: Sequence[Band]) -> tuple[Band, ...]:
    """Residents of a commune by age and sex, as if they had the ages of their department. The
    counts add up to ``residents`` exactly. ``department`` must be by sex (:func:`with_sexes`)."""
    counts = share_out(residents, [band.count for band in department])
    return tuple(
        Band(band.age_min, band.age_max, band.sex, count)
        for band, count in zip(department, counts, strict=True)
    )


def all_ages(residents: int) -> tuple[Band, ...]:
    """Residents whose ages nothing tells: one open band by sex."""
    women, men = share_out(
        residents, (ALL_AGES_WOMEN_PER_THOUSAND, 1000 - ALL_AGES_WOMEN_PER_THOUSAND)
    )
    return Band(0, None, "F", women), Band(0, None, "M", men)


def describe(table: AgeTable) -> str:
    """One French sentence: what is measured and what is estimated."""
    if not table.ages_known:
        return (
            "Les âges ne sont pas connus : importez les tranches d'âge du département. "
            "La part des femmes est la moyenne nationale."
        )
    sentences = []
    if table.estimated:
        sentences.append(
            "Estimation : la répartition par âge du département est appliquée "
            "aux habitants de la commune."
        )
    if table.sex_estimated:
        sentences.append(f"Les sexes sont estimés : {WOMEN_PER_THOUSAND_SOURCE}.")
    return " ".join(sentences)
