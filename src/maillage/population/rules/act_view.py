"""What the page of where to act says and draws."""

from __future__ import annotations

from collections.abc import Sequence

from maillage.population.rules.causes import Excess
from maillage.population.rules.numbers import french
from maillage.vocabulary.charts import NO_CHART, Chart, draw_twice
from maillage.vocabulary.charts.dots import Average, Dot, draw_dots

BROAD = 960
"""Width of a chart whose rows are named by a place and a cause."""

LEAST = 0.5
"""Less than that reads as zero."""

OVER, CHANCE, UNDER = "au-dessus", "hasard possible", "au-dessous"
OUT = "hors des limites, ampleur incertaine"
"""Beyond the limits of 99.8 %, and a smoothed ratio whose interval holds 1."""


def signed(value: float) -> str:
    """« +12 », « −3 », « 0 »: whole numbers."""
    words = french(value)
    return f"+{words}" if value >= LEAST else words


def range_words(low: float, high: float) -> str:
    """The interval of an excess: « −3 à +27 »; « moins de 1 à 10 de plus » when it leaves the
    expected out by less than one case, so that a surplus never reads as zero."""
    near, far = sorted((abs(low), abs(high)))
    if low * high > 0 and near < LEAST:
        side = "de plus" if low > 0 else "de moins"
        return f"moins de 1 {side}" if far < LEAST else f"moins de 1 à {french(far)} {side}"
    return f"{signed(low)} à {signed(high)}"


def minutes_words(minutes: float | None) -> str:
    """« 18 min », « plus d'une heure »."""
    return "plus d'une heure" if minutes is None else f"{french(minutes)}\u00a0min"


def score_words(score: float) -> str:
    """Services in reach for 100,000 residents, one decimal."""
    return french(score, 1)


def draw_excess(rows: Sequence[tuple[str, Excess, str, str]], *, title: str, unit: str) -> Chart:
    """Excesses with their intervals, in the order given: label, excess, words, address."""
    dots = [
        Dot(
            label=label,
            value=excess.events.value,
            low=excess.events.low,
            high=excess.events.high,
            side=excess.side.value,
            figures=f"{signed(excess.events.value)} "
            f"({range_words(excess.events.low or 0.0, excess.events.high or 0.0)})",
            words=f"{words} ; {signed(excess.events.value)} face à l'attendu",
            url=url,
        )
        for label, excess, words, url in rows
    ]
    if not dots:
        return NO_CHART
    return draw_twice(
        title,
        lambda width: draw_dots(
            dots,
            title=title,
            unit=f"{unit} de plus que l'attendu",
            average=Average(0.0, "attendu"),
            width=width,
        ),
        width=BROAD,
        note=(
            "Triangle : le hasard n'explique pas l'écart. Rond : l'intervalle contient l'attendu, "
            "le rang ne prouve rien."
        ),
    )
