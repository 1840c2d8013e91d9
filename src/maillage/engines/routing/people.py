"""Residents of every commune by age, counted exactly to the ten-thousandth of a person."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from maillage.engines.routing.network import Commune, ResidentBand

Ints = NDArray[np.int64]

SCALE = 10_000
"""Units in one resident. An age class keeps its residents as a whole number of these units."""

LAST_AGE = 100
"""Where a band that is open above ends (``coverage.md``, the network file)."""

NEAR_A_TIE = 1e-3
"""Sums this near to a half unit are added up again as fractions."""


class People:
    """The residents of all communes, band by band."""

    def __init__(self, communes: Iterable[Commune]) -> None:
        self._communes = list(communes)
        rows = [
            (index, band.age_min, _last(band), band.count)
            for index, commune in enumerate(self._communes)
            for band in commune.residents
        ]
        table = np.array(rows, np.float64).reshape(-1, 4)
        self._commune = table[:, 0].astype(np.int64)
        self._low, self._high, self._count = table[:, 1], table[:, 2], table[:, 3]
        self.fingerprint = ""
        self._known: dict[tuple[int, int], Ints] = {}

    def between(self, age_min: int, age_max: int) -> Ints:
        """Residents with ``age_min <= age < age_max``, in units of 1 / ``SCALE``, by commune.

        Each band is spread evenly over its years; each commune is rounded once, half to even.
        """
        known = self._known.get((age_min, age_max))
        if known is None:
            known = self._known[age_min, age_max] = self._count_between(age_min, age_max)
        return known

    def _count_between(self, age_min: int, age_max: int) -> Ints:
        years = np.minimum(self._high, age_max) - np.maximum(self._low, age_min)
        share = np.maximum(years, 0) / (self._high - self._low)
        found = np.bincount(
            self._commune, weights=self._count * share * SCALE, minlength=len(self._communes)
        )
        units = np.rint(found).astype(np.int64)
        doubtful = np.flatnonzero(np.abs(found - np.floor(found) - 0.5) < NEAR_A_TIE)
        for index in doubtful.tolist():
            total = sum(
                (
                    _share(band, age_min, age_max) * Fraction(repr(float(band.count)))
                    for band in self._communes[index].residents
                ),
                Fraction(0),
            )
            units[index] = round(total * SCALE)
        return units


def _last(band: ResidentBand) -> int:
    """Where a band ends. One that opens at or beyond the last age holds that one year."""
    if band.age_max is not None:
        return band.age_max
    return max(LAST_AGE, band.age_min + 1)


def _share(band: ResidentBand, age_min: int, age_max: int) -> Fraction:
    years = min(_last(band), age_max) - max(band.age_min, age_min)
    return Fraction(max(years, 0), _last(band) - band.age_min)
