"""A small territory with figures of all sizes: what the pages of figures are tried on.

Twelve communes in three zones, five sectors; four indicators (of residents, of people, a rare
one, one that is published years together), three years. Counts follow a rule, so that each is
known, and none is drawn at random.
"""

from __future__ import annotations

from typing import Any

from maillage.engines.indicators.areas import AreaCommune
from maillage.engines.indicators.events import AGE_BANDS
from maillage.population.models import Computation
from tests.population.results_by_hand import cell, put_results

YEARS = (2023, 2024, 2025)
COMMON, SHARE, RARE = "prevalence-diabetes", "readmission-30", "avoidable-asthma"
TOGETHER = "death-1-year-heart-failure"
INDICATORS = (COMMON, SHARE, RARE, TOGETHER)

_PLACES = (
    ("59249", "Fourmies", "Z1", 50.017, 4.048, 11_700),
    ("59659", "Wignehies", "Z1", 50.013, 4.008, 2_900),
    ("59012", "Anor", "Z1", 49.990, 4.116, 3_200),
    ("59633", "Wallers-en-Fagne", "Z1", 50.066, 4.170, 300),
    ("59606", "Valenciennes", "Z2", 50.357, 3.523, 43_000),
    ("59014", "Anzin", "Z2", 50.372, 3.505, 13_200),
    ("59544", "Saint-Saulve", "Z2", 50.371, 3.556, 11_100),
    ("59383", "Marly", "Z2", 50.349, 3.545, 11_600),
    ("59479", "Quarouble", "Z2", 50.388, 3.624, 3_000),
    ("59122", "Cambrai", "Z3", 50.176, 3.235, 32_000),
    ("59422", "Naves", "Z3", 50.196, 3.313, 650),
    ("59377", "Marcoing", "Z3", 50.121, 3.174, 1_900),
)
_ZONES = {
    "Z1": "Communauté de communes du Sud Avesnois",
    "Z2": "Communauté d'agglomération Valenciennes Métropole",
    "Z3": "Communauté d'agglomération de Cambrai",
}
COMMUNES = tuple(
    AreaCommune(code, name, zone, _ZONES[zone], lat, lon, residents)
    for code, name, zone, lat, lon, residents in _PLACES
)


def _cells() -> list[dict[str, Any]]:
    """Counts of every size: some of nobody, some of a few, most of many."""
    found = []
    for year in YEARS:
        for rank, place in enumerate(COMMUNES):
            for sex in (1, 2):
                for age in range(4, AGE_BANDS):
                    residents = place.residents // 40
                    turn = (rank * 7 + sex * 3 + age * 5 + year) % 11
                    higher = 1.6 if place.name == "Anzin" else 1.0
                    ill = int(residents * age / 60 * (0.8 + turn / 20) * higher / 5)
                    found.append(
                        cell(COMMON, year, place.code, sex, age, events=ill, base=residents)
                    )
                    stays = ill // 2
                    if stays:
                        back = min(stays * (2 + turn % 3) // 12, stays)
                        found.append(
                            cell(SHARE, year, place.code, sex, age, events=back, base=stays)
                        )
                    few = 1 if turn == 4 and residents > 100 else 0
                    found.append(cell(RARE, year, place.code, sex, age, events=few, base=residents))
                    if age > 12 and ill // 3:
                        deaths = (1 + turn % 2) * (ill // 3) // 4
                        found.append(
                            cell(TOGETHER, year, place.code, sex, age, events=deaths, base=ill // 3)
                        )
    return [*found, *_together(found)]


def _together(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of year 0: each death is of another person, and half of a base is seen again."""
    found: dict[tuple[str, int, int], dict[str, Any]] = {}
    for one in cells:
        if one["indicator"] == TOGETHER:
            key = (one["commune"], one["sex"], one["age"])
            whole = found.setdefault(key, cell(TOGETHER, 0, *key, events=0, base=0))
            for name in ("events", "persons", "base"):
                whole[name] += one[name]
            whole["base_persons"] = max(whole["base"] // 2, whole["persons"])
    return [*found.values()]


def put_territory(**more: Any) -> Computation:
    """The results of this territory, shown on the pages."""
    return put_results(cells=_cells(), communes=COMMUNES, years=YEARS, **more)
