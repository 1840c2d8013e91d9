"""The numbers that the invented population is tuned to.

Who has a condition at age *a* is ``top / (1 + exp((middle - a) / width))``: it only rises with age,
so that drawing one number by person gives the day on which the condition begins. Published values
and what comes out of them stand beside each other in the documentation; the values below are
choices of ours that lead there, not observations.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Curve:
    """Share of people with a condition by age: its top, the age of its half and its width."""

    top: float
    middle: float
    width: float


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition: a curve for men and one for women, how far it goes with the two hidden traits
    (metabolic, tobacco) that make conditions meet in the same people, how far with the need of the
    place, and the long-term right (ALD) that it opens: code, share of people, and the years after
    which it ends (0: it stays open)."""

    men: Curve
    women: Curve
    metabolic: float = 0.0
    tobacco: float = 0.0
    need: float = 0.0
    right: str = ""
    right_share: float = 0.0
    right_years: int = 0


# fmt: off
CONDITIONS: dict[str, Condition] = {
    "obesity": Condition(Curve(.22, 38, 12), Curve(.25, 36, 12), .6, .1, .25),
    "hypertension": Condition(Curve(.58, 65, 9), Curve(.60, 68, 9), .5, .1, .10),
    "lipids": Condition(Curve(.38, 63, 8), Curve(.30, 67, 8), .5, .1, .05),
    "diabetes": Condition(Curve(.265, 59, 8.5), Curve(.205, 62, 9), .6, .1, .28, "E11", .82),
    "type-1": Condition(Curve(.0035, 14, 6), Curve(.0033, 14, 6), 0, 0, 0, "E10", .95),
    "coronary": Condition(Curve(.27, 70, 8.5), Curve(.135, 76, 8), .4, .4, .15, "I25", .75),
    "heart-failure": Condition(Curve(.36, 79, 8.0), Curve(.33, 81, 7.6), .4, .3, .18, "I50", .55),
    "stroke": Condition(Curve(.16, 76, 9), Curve(.145, 79, 9), .3, .3, .15, "I63", .60),
    "copd": Condition(Curve(.16, 68, 8.5), Curve(.095, 67, 9), 0, .7, .30, "J44", .35),
    "asthma": Condition(Curve(.055, 8, 5), Curve(.060, 14, 8), 0, .1, .15, "J45", .08),
    "kidney": Condition(Curve(.085, 80, 8), Curve(.065, 82, 8), .5, .1, .12, "N18", .30),
    "dialysis": Condition(Curve(0.0038, 64, 11), Curve(0.0024, 66, 11), .4, .1, .15, "N185", .95),
    "breast-cancer": Condition(Curve(.0006, 68, 9), Curve(.165, 68, 11), 0, 0, -.03, "C50", .92, 6),
    "other-cancer": Condition(Curve(.26, 74, 9), Curve(.16, 74, 11), 0, .4, .12, "C80", .85, 6),
    "alcohol": Condition(Curve(.036, 40, 7), Curve(.013, 42, 7), 0, .3, .45, "F10", .10),
    "opioids": Condition(Curve(.0075, 28, 4), Curve(.0025, 28, 4), 0, .3, .45, "F11", .10),
    "depression": Condition(Curve(.085, 52, 16), Curve(.150, 50, 16), 0, .1, .15, "F33", .10),
    "thyroid": Condition(Curve(.030, 58, 14), Curve(.095, 52, 14), 0, 0, 0),
    "dementia": Condition(Curve(.30, 90, 5.2), Curve(.36, 90, 5.0), 0, .1, .05, "G30", .45),
    "frail": Condition(Curve(.50, 86, 5.0), Curve(.56, 86, 5.0), .2, .2, .20),
    "reflux": Condition(Curve(.22, 62, 16), Curve(.26, 60, 16), .1, .1, .05),
}
# fmt: on

DEATH_BASE = {1: 1.7e-5, 2: 0.76e-5}
"""Yearly risk of death at age 0 on the curve of Gompertz, without any condition, by sex."""

DEATH_GROWTH = {1: 0.0975, 2: 0.1015}
DEATH_INFANT = 0.0035
"""Share of births who die within a year (illustrative, France: 3.7 per 1,000 in 2021)."""

DEATH_FACTORS = {
    "heart-failure": 1.6,
    "copd": 1.3,
    "coronary": 1.15,
    "stroke": 1.2,
    "diabetes": 1.15,
    "dialysis": 2.2,
    "kidney": 1.2,
    "breast-cancer": 1.2,
    "other-cancer": 1.7,
    "alcohol": 2.0,
    "dementia": 1.5,
    "frail": 1.3,
}

MOVES_WITHIN = 0.030
"""Share of people who move to another commune of the territory in a year (illustrative)."""

MOVES_OUT = 0.012
"""Share of people who leave the territory in a year; as many come (illustrative)."""
