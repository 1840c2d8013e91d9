"""The map of an indicator: classes of colour, tips, legend.

Ratios and rates are compared with the territory: orange above, blue below, and **pale where the
interval holds the average**, so that a vivid place is one that truly differs. Counts go from light
to dark. What is not told is hatched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maillage.population.rules.numbers import NBSP, french
from maillage.population.rules.places_view import (
    EMPTY_SIDE,
    OUT_WORDS,
    PlaceFigures,
    Reading,
    Side,
    empty_words,
    place_words,
)
from maillage.territory.rules.maps import BaseMap, LegendEntry

RATIO_LIMITS = (2 / 3, 0.8, 0.95, 1.05, 1.25, 1.5)
"""Classes of « times the average »: even steps down and up (2/3 is 1.5 times less)."""

UNSURE = "unsure"
NOT_TOLD_CLASS = "nc"
NO_DATA_CLASS = "none"
EMPTY_CLASS = "nothing"
OUT_CLASS = "out"
COUNT_CLASSES = 6


@dataclass(frozen=True)
class ColouredMap:
    """What ``draw_map`` needs: class and tip by area of the base map, and the legend."""

    classes: dict[str, str]
    tips: dict[str, str]
    legend: tuple[LegendEntry, ...]
    outlines: tuple[str, ...] = ()
    """Contours of the places beyond the limits of the funnel."""


@dataclass(frozen=True)
class Shown:
    """What the areas of a map show: for each area of the base map, the place whose figures it
    takes (a sector's for a commune under a filter), and what is said of those not told."""

    places: Mapping[str, PlaceFigures]
    uppers: Mapping[str, str]


def colour_map(base: BaseMap, shown: Shown, reading: Reading) -> ColouredMap:
    """Colour every area of the base map."""
    values = [
        found.value
        for place in {one.key: one for one in shown.places.values()}.values()
        if (found := place.shown(reading.measure)) is not None
    ]
    limits = limits_of(reading, values)
    classes: dict[str, str] = {}
    tips: dict[str, str] = {}
    outlines: list[str] = []
    for shape in base.shapes:
        place = shown.places.get(shape.code)
        if place is None:
            classes[shape.code] = NO_DATA_CLASS
            tips[shape.code] = f"{shape.name} : aucune donnée"
            continue
        classes[shape.code] = class_of(place, reading, limits)
        if reading.average is not None and place.out_side is not None:
            outlines.append(shape.path)
        name = shape.name if place.key == shape.code else f"{shape.name} ({place.label})"
        tips[shape.code] = place_words(
            place, reading, name=name, upper=shown.uppers.get(shape.code, "")
        )
    legend = _legend(classes, reading, limits)
    if outlines:
        legend += (LegendEntry(OUT_CLASS, f"contour épais : {OUT_WORDS}", len(outlines)),)
    return ColouredMap(classes, tips, legend, tuple(path for path in outlines if path))


def limits_of(reading: Reading, values: Sequence[float]) -> tuple[float, ...]:
    """Values at which classes begin, the first class being below the first limit."""
    if reading.average is not None:
        return tuple(limit * reading.average for limit in RATIO_LIMITS)
    return count_limits(values)


def count_limits(values: Sequence[float]) -> tuple[float, ...]:
    """Round limits that part the values into classes of about as many places each."""
    ordered = sorted(values)
    if not ordered:
        return ()
    found: list[float] = []
    for rank in range(1, COUNT_CLASSES):
        limit = _rounded(ordered[min(rank * len(ordered) // COUNT_CLASSES, len(ordered) - 1)])
        if limit > (found[-1] if found else 0) and limit > ordered[0]:
            found.append(limit)
    return tuple(found)


def _rounded(value: float) -> float:
    """Two digits at most."""
    if value < 10:
        return float(round(value))
    power = 10 ** (len(str(int(value))) - 2)
    return float(round(value / power) * power)


def class_of(place: PlaceFigures, reading: Reading, limits: Sequence[float]) -> str:
    """``d0`` (far below) to ``d6`` (far above), pale when the interval holds the average; ``q1``
    to ``q6`` for counts; hatched when it is not told, blank when there is nothing to compare."""
    shown = place.shown(reading.measure)
    if shown is None:
        return EMPTY_CLASS if place.is_empty else NOT_TOLD_CLASS
    rank = sum(shown.value >= limit for limit in limits)
    if reading.average is None:
        return f"q{min(rank + 1, COUNT_CLASSES)}"
    side = reading.side(shown)
    return f"d{rank} {UNSURE}" if side is Side.SAME else f"d{rank}"


def _legend(
    classes: Mapping[str, str], reading: Reading, limits: Sequence[float]
) -> tuple[LegendEntry, ...]:
    counts = Counter(css.removesuffix(f" {UNSURE}") for css in classes.values())
    prefix, first = ("q", 1) if reading.average is None else ("d", 0)
    entries = [
        LegendEntry(f"{prefix}{rank + first}", _label(limits, rank, reading), found)
        for rank in range(len(limits) + 1)
        if (found := counts.get(f"{prefix}{rank + first}", 0))
    ]
    unsure = sum(css.endswith(UNSURE) for css in classes.values())
    if unsure:
        entries.append(LegendEntry("pale", "en pâle : l'intervalle contient la moyenne", unsure))
    if counts.get(NOT_TOLD_CLASS):
        entries.append(LegendEntry(NOT_TOLD_CLASS, "n.c. : non communiqué", counts[NOT_TOLD_CLASS]))
    if counts.get(EMPTY_CLASS):
        words = f"{empty_words(reading.indicator)} : {EMPTY_SIDE}"
        entries.append(LegendEntry(EMPTY_CLASS, words, counts[EMPTY_CLASS]))
    if counts.get(NO_DATA_CLASS):
        entries.append(LegendEntry(NO_DATA_CLASS, "aucune donnée", counts[NO_DATA_CLASS]))
    return tuple(entries)


def _label(limits: Sequence[float], rank: int, reading: Reading) -> str:
    def said(value: float) -> str:
        return french(value, reading.decimals)

    if not limits:
        return "tous les lieux"
    if rank == 0:
        return f"moins de {said(limits[0])}"
    if rank == len(limits):
        return f"{said(limits[-1])} et plus"
    return f"{said(limits[rank - 1])}{NBSP}à{NBSP}{said(limits[rank])}"
