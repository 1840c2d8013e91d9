"""Causes of care that may be avoided, what answers each, and how far a place is above its due."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from maillage.population.rules.places_view import Bounds, PlaceFigures, Side
from maillage.vocabulary.care import CareType


@dataclass(frozen=True, slots=True)
class Answer:
    """What answers a cause: a care type; the diagnoses (ICD-10, their first signs) by which the
    pathways that treat it are known; the care types that make a pathway one of another need."""

    care: CareType
    icd: tuple[str, ...] = ()
    unless: tuple[CareType, ...] = ()

    def is_met_by(self, codes: Iterable[str], cares: Iterable[str]) -> bool:
        """Whether a pathway that names these diagnoses, and goes through these care types (their
        stored names), is one for this cause. A code of less than a category (« J ») names none."""
        if {one.name for one in self.unless} & set(cares):
            return False
        named = [code for code in codes if len(code) >= CATEGORY]
        pairs = product(self.icd, named)
        return any(one.startswith(code) or code.startswith(one) for one, code in pairs)


CATEGORY = 3
"""Signs of a category of ICD-10."""


@dataclass(frozen=True, slots=True)
class Nature:
    """Causes that are counted in one unit, and may be ranked together."""

    key: str
    label: str
    meaning: str
    causes: Mapping[str, Answer]
    """What answers each, by key of the indicator."""


def read_natures(text: str) -> Mapping[str, Nature]:
    """The natures of a text of ``answers.toml``, by key. Raises ``KeyError`` for a care type that
    does not exist or a field that is missing."""
    return {
        one["key"]: Nature(
            one["key"],
            one["label"],
            one["meaning"],
            {
                key: Answer(
                    CareType[cause["care"]],
                    tuple(cause.get("icd", ())),
                    tuple(CareType[name] for name in cause.get("unless", ())),
                )
                for key, cause in one["causes"].items()
            },
        )
        for one in tomllib.loads(text)["nature"]
    }


NATURES = read_natures(Path(__file__).with_name("answers.toml").read_text(encoding="utf-8"))
"""What answers a cause is a judgement of this software: pages say so."""


@dataclass(frozen=True, slots=True)
class Excess:
    """How many events a place has above what is expected of it: (smoothed ratio - 1) x expected,
    with the interval of the ratio. ``cost`` is the mean amount of an event times the excess."""

    events: Bounds
    side: Side
    cost: float | None


def excess_of(place: PlaceFigures) -> Excess | None:
    """The excess of a place; None when its figures are not told, or nothing is compared there."""
    smoothed, expected = place.smoothed, place.expected
    if place.is_empty:
        return None
    if smoothed is None or expected is None or smoothed.low is None or smoothed.high is None:
        return None
    low, high = (one - 1 for one in (smoothed.low, smoothed.high))
    found = Bounds((smoothed.value - 1) * expected, low * expected, high * expected)
    cost = None
    if place.amount is not None and place.events:
        cost = place.amount / place.events * found.value
    return Excess(found, smoothed.side(1.0), cost)
