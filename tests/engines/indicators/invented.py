"""A small made-up territory for the generator: communes on a grid, five hospital sites."""

from __future__ import annotations

from maillage.engines.indicators.synth import CommunePlace, Places, SiteLevel, SitePlace

SHARES_BY_BAND = (
    0.055, 0.063, 0.067, 0.069, 0.068, 0.061, 0.062, 0.064, 0.064, 0.062,
    0.063, 0.060, 0.057, 0.053, 0.049, 0.035, 0.021, 0.016, 0.008, 0.003,
)  # fmt: skip
"""Residents by five-year band, about those of the Nord."""

WOMEN = tuple(0.489 if band < 10 else 0.49 + 0.015 * (band - 10) for band in range(20))
RICH = frozenset(
    {"EMERGENCY", "OBSTETRICS", "STROKE_UNIT", "ONCOLOGY", "INTERVENTIONAL_CARDIOLOGY"}
)
SITES = (
    SitePlace("590000001", "590000901", 50.30, 3.50, SiteLevel.RECOURSE, 40, RICH),
    SitePlace(
        "590000002", "590000902", 50.10, 3.30, SiteLevel.PROXIMITY, 15,
        frozenset({"EMERGENCY", "OBSTETRICS"}),
    ),
    SitePlace("590000003", "590000903", 50.20, 4.00, SiteLevel.PROXIMITY, 12,
              frozenset({"EMERGENCY"})),
    SitePlace("590000004", "590000904", 50.61, 3.03, SiteLevel.UNIVERSITY, 90, RICH),
    SitePlace("590000005", "590000905", 50.20, 3.90, SiteLevel.PROXIMITY, 3,
              frozenset({"REHABILITATION"})),
)  # fmt: skip


def territory(communes: int = 40, residents: int = 3000) -> Places:
    """``communes`` on a grid of some six kilometres, of ``residents`` each."""
    places = []
    for number in range(communes):
        men = tuple(
            round(residents * share * (1 - women))
            for share, women in zip(SHARES_BY_BAND, WOMEN, strict=True)
        )
        women_ = tuple(
            round(residents * share * women)
            for share, women in zip(SHARES_BY_BAND, WOMEN, strict=True)
        )
        places.append(
            CommunePlace(
                f"59{number:03d}", 50.0 + 0.055 * (number // 7), 3.2 + 0.09 * (number % 7),
                men, women_,
            )
        )  # fmt: skip
    return Places(tuple(places), SITES, "Territoire d'essai")
