"""Residents by age and sex as a profile shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maillage.engines.indicators.pyramid_rules import AT_RISK, COMPLEX, STABLE, UNSTABLE
from maillage.population.rules.numbers import french
from maillage.territory.rules.ages import Band
from maillage.vocabulary.charts import HALF, NO_CHART, Chart, draw_twice
from maillage.vocabulary.charts.bars import PyramidRow, draw_pyramid

BOUNDS = ((0, 15), (15, 65), (65, 80), (80, None))
"""The ages that indicators are published by."""

SHORT_STRATA = {
    COMPLEX: "Complexe",
    UNSTABLE: "Malade, à reprendre",
    STABLE: "Malade, stable",
    AT_RISK: "À risque",
}
"""Strata of a profile, the gravest first: everybody else is in none."""


@dataclass(frozen=True, slots=True)
class AgeRow:
    """Residents of an age, in words; ``share`` of all residents."""

    label: str
    women: str
    men: str
    share: str


def group_ages(bands: Sequence[Band]) -> tuple[AgeRow, ...]:
    """Bands summed into the ages of indicators. Empty when a band crosses one of their bounds."""
    total = sum(band.count for band in bands)
    rows = []
    placed = 0
    for low, high in BOUNDS:
        inside = [band for band in bands if _is_inside(band, low, high)]
        placed += len(inside)
        women = sum(band.count for band in inside if band.sex == "F")
        men = sum(band.count for band in inside if band.sex == "M")
        label = f"{low} ans et plus" if high is None else f"{low}-{high - 1} ans"
        share = 100 * (women + men) / total if total else 0.0
        rows.append(AgeRow(label, french(women), french(men), f"{french(share, 1)}\u00a0%"))
    return tuple(rows) if placed == len(bands) else ()


def _is_inside(band: Band, low: int, high: int | None) -> bool:
    if band.age_min < low:
        return False
    return high is None or (band.age_max is not None and band.age_max <= high)


def draw_residents(bands: Sequence[Band], label: str) -> Chart:
    """The pyramid of ages: women on the left, men on the right, the oldest above."""
    ages = sorted({(band.age_min, band.age_max) for band in bands}, key=lambda one: -one[0])
    if len(ages) < 2:
        return NO_CHART
    counts = {(band.age_min, band.sex): band.count for band in bands}
    names = {(band.age_min, band.age_max): band.label for band in bands}
    rows = []
    for low, high in ages:
        women, men = counts.get((low, "F"), 0), counts.get((low, "M"), 0)
        name = names[low, high]
        rows.append(
            PyramidRow(
                name,
                float(women),
                float(men),
                f"{name} : {french(women)} femmes",
                f"{name} : {french(men)} hommes",
            )
        )
    title = f"Habitants par âge et par sexe, {label}"
    return draw_twice(
        title,
        lambda width: draw_pyramid(
            rows, title=title, sides=("Femmes", "Hommes"), unit="habitants", width=width
        ),
        width=HALF,
    )
