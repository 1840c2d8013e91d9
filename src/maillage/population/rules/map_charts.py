"""The charts beside a map: places with their interval, and the funnel."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from maillage.engines.indicators.definition_model import Indicator
from maillage.population.rules.choices import Measure
from maillage.population.rules.funnel_chart import Limit, Point, draw_funnel
from maillage.population.rules.numbers import french, short_label
from maillage.population.rules.places_view import (
    EMPTY_SIDE,
    PlaceFigures,
    Reading,
    Side,
    empty_words,
    place_words,
)
from maillage.vocabulary.charts import HALF, NO_CHART, Chart, draw_twice
from maillage.vocabulary.charts.dots import Average, Dot, draw_dots

MOST_ROWS = 40
"""Places of a dot plot; of more, the first and the last ones are drawn."""

FIRST, LAST = 20, 8

FEWEST_EXPECTED = 1.0
"""Places of less than one expected case are not in the funnel: nothing can be said of them."""

SCATTERED = 2.0
"""From so many times the scatter of chance on, the page says that places truly differ."""

CHANCE_WORDS = (
    "dans ce que le hasard explique",
    "au-delà de 95 % de ce que fait le hasard",
    "au-delà de 99,8 % de ce que fait le hasard",
)


def draw_place_dots(
    places: Sequence[PlaceFigures], reading: Reading, *, address: Callable[[str], str]
) -> Chart:
    """Places in the order given, those that are not told last. Of many, the highest and the lowest:
    the table has them all."""
    told = [one for one in places if one.shown(reading.measure) is not None]
    empty = sum(one.is_empty for one in places if one.shown(reading.measure) is None)
    hidden = len(places) - len(told) - empty
    if not told:
        return NO_CHART
    left_out = 0
    rows = told
    if len(told) > MOST_ROWS:
        left_out = len(told) - FIRST - LAST
        rows = told[:FIRST] + told[-LAST:]
    dots = [_dot(place, reading, address) for place in rows]
    average = None
    if reading.average is not None:
        average = Average(reading.average, reading.average_words)
    notes = []
    if left_out:
        notes.append(
            f"Les {FIRST} plus élevés et les {LAST} plus bas ; {french(left_out)} entre eux, "
            "dans le tableau."
        )
    if hidden:
        notes.append(f"Non communiqués : {french(hidden)}.")
    if empty:
        words = empty_words(reading.indicator)
        notes.append(f"{words[:1].upper()}{words[1:]}, {EMPTY_SIDE} : {french(empty)}.")
    if reading.average is not None:
        notes.append(
            "Triangle : l'intervalle à 95 % ne contient pas la moyenne. Rond : pas différent."
        )
    return draw_twice(
        reading.indicator.label,
        lambda width: draw_dots(
            dots,
            title=f"{reading.indicator.label} : lieux et intervalles à 95 %",
            unit=reading.unit,
            average=average,
            is_ratio=reading.is_ratio,
            width=width,
        ),
        note=" ".join(notes),
        width=HALF,
    )


def _dot(place: PlaceFigures, reading: Reading, address: Callable[[str], str]) -> Dot:
    shown = place.shown(reading.measure)
    return Dot(
        label=short_label(place.label),
        value=None if shown is None else shown.value,
        low=None if shown is None else shown.low,
        high=None if shown is None else shown.high,
        side=(reading.side(shown) or Side.SAME).value,
        figures=reading.figures(shown),
        words=place_words(place, reading),
        url=address(place.key),
    )


def draw_place_funnel(
    places: Sequence[PlaceFigures],
    limits: Sequence[Limit],
    *,
    indicator: Indicator,
    scatter: float,
    address: Callable[[str], str],
) -> Chart:
    """Observed over expected against expected, with the limits of chance. ``scatter``: how much
    more the places differ than by chance (1: chance)."""
    told = [
        one for one in places if one.ratio is not None and (one.expected or 0.0) >= FEWEST_EXPECTED
    ]
    if len(told) < 3:
        return NO_CHART
    reading = Reading(indicator, Measure.RATIO, 1.0, 2)
    points = [
        Point(
            label=short_label(place.label),
            expected=place.expected or 0.0,
            ratio=place.ratio.value if place.ratio is not None else 0.0,
            level=place.chance,
            words=f"{place_words(place, reading)}, {french(place.expected or 0.0, 1)} attendus ; "
            f"{CHANCE_WORDS[place.chance]}",
            url=address(place.key),
        )
        for place in told
    ]
    notes = [
        "Chaque point est un lieu : à droite ceux qui ont beaucoup de cas attendus, en haut ceux "
        "qui en ont plus qu'attendu. Entre les courbes, le hasard suffit à l'expliquer "
        "(95 % : trait plein ; 99,8 % : tirets)."
    ]
    if scatter > SCATTERED:
        notes.append(
            f"Les lieux diffèrent entre eux {french(scatter, 1)} fois plus que par hasard : le "
            "territoire n'est pas homogène, et beaucoup de lieux sortent des courbes."
        )
    return draw_twice(
        indicator.label,
        lambda width: draw_funnel(
            points,
            limits,
            title=f"{indicator.label} : rapport selon le nombre de cas attendus",
            unit=f"nombre attendu ({indicator.unit})",
            width=width,
        ),
        note=" ".join(notes),
        width=HALF,
    )
