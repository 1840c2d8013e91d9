"""Causes of care that may be avoided, what answers each, and how far a place is above its due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maillage.population.rules.places_view import Bounds, PlaceFigures, Side
from maillage.vocabulary.care import CareType


@dataclass(frozen=True, slots=True)
class Answer:
    """What answers a cause: a care type, and the diagnoses (ICD-10, their first signs) by which the
    pathways that treat it are known."""

    care: CareType
    icd: tuple[str, ...] = ()


HEART, LUNG = Answer(CareType.CARDIOLOGY, ("I50",)), Answer(CareType.PNEUMOLOGY, ("J44",))
DIABETES = Answer(CareType.DIABETOLOGY, ("E10", "E11"))
TOWN = CareType.GENERAL_MEDICINE


@dataclass(frozen=True, slots=True)
class Nature:
    """Causes that are counted in one unit, and may be ranked together."""

    key: str
    label: str
    meaning: str
    causes: Mapping[str, Answer]
    """What answers each, by key of the indicator."""


NATURES: Mapping[str, Nature] = {
    one.key: one
    for one in (
        Nature(
            "hospitalisations",
            "Hospitalisations évitables",
            "Séjours qu'un suivi en ville, accessible et à temps, aurait pu éviter.",
            {
                "avoidable-heart-failure": HEART,
                "avoidable-copd": LUNG,
                "avoidable-dehydration": Answer(CareType.GERIATRICS, ("E86",)),
                "avoidable-angina": Answer(CareType.CARDIOLOGY, ("I20",)),
                "avoidable-asthma": Answer(CareType.PNEUMOLOGY, ("J45",)),
                "avoidable-diabetes-short-term": DIABETES,
            },
        ),
        Nature(
            "retours",
            "Réadmissions à 30 jours",
            "Retours à l'hôpital dans les 30 jours : une part tient à la sortie et à son suivi.",
            {
                "readmission-30-heart-failure": HEART,
                "readmission-30-copd": LUNG,
                "readmission-30-stroke": Answer(CareType.STROKE_UNIT, ("I63", "I64")),
            },
        ),
        Nature(
            "urgences",
            "Passages aux urgences sans hospitalisation",
            "Une partie aurait pu trouver réponse en ville.",
            {"emergency-not-admitted": Answer(TOWN)},
        ),
        Nature(
            "sortie",
            "Suivi manqué après l'hôpital",
            "Sorties d'insuffisance cardiaque sans le suivi attendu.",
            {
                "gap-gp-7-days-heart-failure": Answer(TOWN, ("I50",)),
                "gap-cardiologist-60-days-heart-failure": HEART,
            },
        ),
        Nature(
            "suivi",
            "Suivi manqué dans l'année",
            "Personnes malades sans l'examen ou la consultation attendus dans l'année.",
            {
                "gap-hba1c-two": DIABETES,
                "gap-kidney": DIABETES,
                "gap-eye": DIABETES,
                "gap-gp-year-copd": Answer(TOWN, ("J44",)),
                "gap-gp-year-heart-failure": Answer(TOWN, ("I50",)),
                "gap-gp-year-frail-older": Answer(TOWN, ("R54",)),
            },
        ),
    )
}
"""What answers a cause is a judgement of this software: pages say so."""


@dataclass(frozen=True, slots=True)
class Excess:
    """How many events a place has above what is expected of it: (smoothed ratio - 1) x expected,
    with the interval of the ratio. ``cost`` is the mean amount of an event times the excess."""

    events: Bounds
    side: Side
    cost: float | None


def excess_of(place: PlaceFigures) -> Excess | None:
    """The excess of a place; None when its figures are not told."""
    smoothed, expected = place.smoothed, place.expected
    if smoothed is None or expected is None or smoothed.low is None or smoothed.high is None:
        return None
    low, high = (one - 1 for one in (smoothed.low, smoothed.high))
    found = Bounds((smoothed.value - 1) * expected, low * expected, high * expected)
    cost = None
    if place.amount is not None and place.events:
        cost = place.amount / place.events * found.value
    return Excess(found, smoothed.side(1.0), cost)
