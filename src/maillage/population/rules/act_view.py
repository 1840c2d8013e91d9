"""What the page of where to act says and draws."""

from __future__ import annotations

from collections.abc import Sequence

from maillage.population.rules.causes import Excess
from maillage.population.rules.numbers import french
from maillage.vocabulary.charts import NO_CHART, Chart, draw_twice
from maillage.vocabulary.charts.dots import Average, Dot, draw_dots

OVER, CHANCE, UNDER = "au-dessus", "hasard possible", "au-dessous"


def signed(value: float) -> str:
    """« +12 », « −3 », « 0 »: whole numbers."""
    words = french(value)
    return f"+{words}" if value >= 0.5 else words


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
            f"({signed(excess.events.low or 0.0)} à {signed(excess.events.high or 0.0)})",
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
        note=(
            "Triangle : le hasard n'explique pas l'écart. Rond : l'intervalle contient l'attendu, "
            "le rang ne prouve rien."
        ),
    )
