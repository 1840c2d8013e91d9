"""Where invented people live and are treated: what the generator needs of a territory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from maillage.engines.indicators.events import AGE_BANDS
from maillage.vocabulary.errors import Invalid, Problem


class SiteLevel(StrEnum):
    """What a hospital site is in the graded offer."""

    PROXIMITY = "PROXIMITY"
    RECOURSE = "RECOURSE"
    UNIVERSITY = "UNIVERSITY"


@dataclass(frozen=True, slots=True)
class CommunePlace:
    """A commune: COG code, point in degrees, and residents by five-year band, men then women."""

    code: str
    latitude: float
    longitude: float
    men: tuple[int, ...]
    women: tuple[int, ...]

    @property
    def residents(self) -> int:
        return sum(self.men) + sum(self.women)


@dataclass(frozen=True, slots=True)
class SitePlace:
    """A hospital site. ``size`` is relative (for instance, the services that it offers);
    ``care`` holds names of care types, of which the generator reads EMERGENCY, OBSTETRICS,
    STROKE_UNIT, ONCOLOGY, BREAST_SURGERY, INTERVENTIONAL_CARDIOLOGY and REHABILITATION."""

    finess: str
    organization: str
    latitude: float
    longitude: float
    level: SiteLevel
    size: float
    care: frozenset[str]

    @property
    def has_emergency(self) -> bool:
        return "EMERGENCY" in self.care

    @property
    def is_acute(self) -> bool:
        """False for a site that offers nothing but rehabilitation."""
        return bool(self.care - {"REHABILITATION"})


@dataclass(frozen=True, slots=True)
class Places:
    """The communes that the people live in, and the sites where they may be treated, which may
    lie outside. Facts of the territory: nothing of them is invented."""

    communes: tuple[CommunePlace, ...]
    sites: tuple[SitePlace, ...]
    name: str

    def check(self) -> None:
        """Raise :class:`Invalid` when people could not live or be treated there."""
        problems = []
        if not self.communes or not sum(one.residents for one in self.communes):
            problems.append(Problem("aucune commune habitée"))
        if not any(site.is_acute for site in self.sites):
            problems.append(Problem("aucun site de court séjour"))
        for one in self.communes:
            if len(one.men) != AGE_BANDS or len(one.women) != AGE_BANDS:
                problems.append(Problem(f"commune {one.code} : il faut {AGE_BANDS} tranches"))
        if problems:
            raise Invalid(
                "places_unusable",
                "La population de synthèse ne peut pas être produite sur ce territoire.",
                problems,
            )

    @property
    def points(self) -> np.ndarray:
        """Kilometres east and north of the middle of the communes, one row a commune."""
        return _kilometres(self.communes, self._middle)

    @property
    def site_points(self) -> np.ndarray:
        """Kilometres as :attr:`points`, one row a site."""
        return _kilometres(self.sites, self._middle)

    @property
    def _middle(self) -> tuple[float, float]:
        return (
            float(np.mean([one.latitude for one in self.communes])),
            float(np.mean([one.longitude for one in self.communes])),
        )


KM_PER_DEGREE = 111.2


def _kilometres(
    places: Sequence[CommunePlace] | Sequence[SitePlace], middle: tuple[float, float]
) -> np.ndarray:
    """Flat map around the middle: enough for distances within a region."""
    latitude = np.array([one.latitude for one in places])
    longitude = np.array([one.longitude for one in places])
    east = (longitude - middle[1]) * KM_PER_DEGREE * np.cos(np.radians(middle[0]))
    return np.stack([east, (latitude - middle[0]) * KM_PER_DEGREE], axis=1)
