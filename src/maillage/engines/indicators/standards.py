"""Standard populations: whose ages areas are given so that their rates compare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maillage.engines.indicators.events import AGE_BANDS
from maillage.engines.indicators.special import Floats


@dataclass(frozen=True)
class Standard:
    """People by five-year band, from 0-4 to 95 and more, men then women. Only shares count."""

    key: str
    label: str
    source: str
    men: tuple[int, ...]
    women: tuple[int, ...]

    @property
    def weights(self) -> Floats:
        """Shares by sex and band; they add up to 1."""
        found = np.array([self.men, self.women], np.float64)
        if found.shape != (2, AGE_BANDS):
            raise ValueError(f"{self.key}: a standard has {AGE_BANDS} bands for each sex")
        return found / found.sum()


_EUROPE = (
    5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000,
    7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 800, 200,
)  # fmt: skip

EUROPE_2013 = Standard(
    "europe-2013",
    "Population européenne standard 2013",
    "Eurostat, Revision of the European Standard Population, 2013 (moyenne projetée 2011-2030 de "
    "l'UE-27 et de l'AELE), la même pour les deux sexes",
    _EUROPE,
    _EUROPE,
)

FRANCE_2018 = Standard(
    "france-2018",
    "Population de la France en 2018",
    "Insee, RP2018, exploitation principale, tableau POP1B, France entière, "
    "géographie au 01/01/2021, paru le 30/06/2021",
    (
        1912032, 2103205, 2118169, 2121599, 1891915, 1894988, 1977553, 2047307, 2078773, 2230818,
        2193469, 2090242, 1947372, 1861206, 1406107, 962304, 758101, 464287, 180987, 36409 + 3736,
    ),
    (
        1834890, 2012989, 2023976, 2007360, 1841407, 1939465, 2080811, 2132161, 2131118, 2280135,
        2277705, 2218884, 2136018, 2079172, 1625770, 1216917, 1125544, 871288, 463804,
        135150 + 17392,
    ),
)  # fmt: skip

STANDARDS: dict[str, Standard] = {one.key: one for one in (EUROPE_2013, FRANCE_2018)}
"""By the key that definitions name."""
