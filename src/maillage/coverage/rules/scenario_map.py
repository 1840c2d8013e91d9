"""The map of a scenario: communes by what it changes, in points of a share."""

from __future__ import annotations

from collections.abc import Mapping

from maillage.coverage.enums import HOLES
from maillage.coverage.rules.communes_view import CommuneFigures
from maillage.coverage.rules.difference_view import LABELS, change_class
from maillage.coverage.rules.map_view import Coloured
from maillage.coverage.rules.measures import Measure, percent
from maillage.territory.rules.maps import BaseMap, LegendEntry

MEASURES: tuple[Measure, ...] = (
    Measure("sans-personne", "Sans personne", "sans personne", HOLES),
    Measure("hors-delai", "Sans personne, ou hors délai", "sans réponse à temps", ("late", *HOLES)),
)
"""What the map looks at: less of it is a gain. The second one says who gains an answer in time."""


def find_scenario_measure(slug: str) -> Measure:
    """The measure of an address; the first one for a word that names none."""
    return next((one for one in MEASURES if one.slug == slug), MEASURES[0])


def colour_difference(
    base: BaseMap,
    before: Mapping[str, CommuneFigures],
    after: Mapping[str, CommuneFigures],
    measure: Measure,
) -> Coloured:
    """Communes by the change of the share of a measure; a tip says both shares."""
    classes, tips, counts = {}, {}, dict.fromkeys([*LABELS, "none"], 0)
    for shape in base.shapes:
        old, new = before.get(shape.code), after.get(shape.code)
        first = old.share(measure) if old else None
        last = new.share(measure) if new else None
        known = first is not None and last is not None
        css = change_class(last - first if first is not None and last is not None else None)
        classes[shape.code] = css
        counts[css] += 1
        tips[shape.code] = (
            f"{shape.name} : {percent(first or 0.0)} {measure.words} avant, "
            f"{percent(last or 0.0)} après"
            if known
            else f"{shape.name} : aucune heure due"
        )
    legend = [LegendEntry(css, label, counts[css]) for css, label in LABELS.items() if counts[css]]
    if counts["none"]:
        legend.append(LegendEntry("none", "aucune heure due", counts["none"]))
    return Coloured(classes, tips, tuple(legend))
