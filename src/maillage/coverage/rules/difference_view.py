"""Two proofs on one map: communes by the change of the share that is not covered."""

from __future__ import annotations

from collections.abc import Mapping

from maillage.coverage.rules.map_view import Coloured
from maillage.coverage.rules.measures import percent
from maillage.territory.rules.maps import BaseMap, LegendEntry

POINT_LIMITS = (0.0005, 0.01, 0.10)
"""A change smaller than 0.05 point is none, on the map and in the table beside it; classes then
start at 1 and at 10 points."""

LABELS: dict[str, str] = {
    "gain3": "10 points de moins ou davantage",
    "gain2": "1 à 10 points de moins",
    "gain1": "moins d'un point de moins",
    "same": "stable, moins de 0,05 point d'écart",
    "loss1": "moins d'un point de plus",
    "loss2": "1 à 10 points de plus",
    "loss3": "10 points de plus ou davantage",
}
"""Diverging classes, from better to worse, in points of the share that is not covered."""


def change_class(change: float | None) -> str:
    """The class of a change of share (-1 to 1): less uncovered is a gain."""
    if change is None:
        return "none"
    size = sum(abs(change) >= limit for limit in POINT_LIMITS)
    if not size:
        return "same"
    return f"{'loss' if change > 0 else 'gain'}{size}"


def colour_changes(base: BaseMap, changes: Mapping[str, tuple[float, float] | None]) -> Coloured:
    """``changes``: share not covered before and after, by commune; None when nothing is due."""
    classes, tips = {}, {}
    counts: dict[str, int] = {}
    for shape in base.shapes:
        pair = changes.get(shape.code)
        css = change_class(pair[1] - pair[0] if pair else None)
        classes[shape.code] = css
        counts[css] = counts.get(css, 0) + 1
        tips[shape.code] = (
            f"{shape.name} : {percent(pair[0])} non couvert avant, {percent(pair[1])} après"
            if pair
            else f"{shape.name} : aucune heure due"
        )
    legend = tuple(
        LegendEntry(css, label, counts[css]) for css, label in LABELS.items() if css in counts
    )
    if "none" in counts:
        legend += (LegendEntry("none", "aucune heure due", counts["none"]),)
    return Coloured(classes, tips, legend)
