"""The map of a way: from the commune to the last site of an answer."""

from __future__ import annotations

from django.urls import reverse

from maillage.coverage.rules import AnswerView
from maillage.territory.models import Commune
from maillage.territory.queries.maps import get_base_map
from maillage.territory.rules.maps import MapView, Mark, Way, draw_map
from maillage.vocabulary.geo import crow_fly_km

MAP_WIDTH = 720
SAME_PLACE_KM = 4.0
"""A site this near names the place of the patient well enough."""


def draw_way(commune: Commune, view: AnswerView) -> MapView | None:
    """The way of the step that goes furthest, over the communes around; None when no step is
    reached. One query when the communes are kept already."""
    longest = view.longest
    if longest is None:
        return None
    home = (commune.latitude, commune.longitude)
    stops = [(stop.service.latitude, stop.service.longitude) for stop in longest.stops]
    marks: list[Mark] = []
    seen = set()
    # Labels are placed in this order: the destination first, then the way back to the commune.
    ways = [longest, *(step for step in view.steps if step is not longest)]
    for card in (stop.service for step in ways for stop in reversed(step.stops)):
        if card.site_finess in seen:
            continue
        seen.add(card.site_finess)
        on_way = (card.latitude, card.longitude) in stops
        marks.append(
            Mark(
                card.latitude,
                card.longitude,
                label=card.site,
                css="site site--main" if on_way else "site",
                url=reverse("directory:site", args=[card.site_finess]),
            )
        )
    near = any(crow_fly_km(*home, m.latitude, m.longitude) < SAME_PLACE_KM for m in marks)
    label = "" if near else commune.name
    marks.append(Mark(*home, label=label, css="site site--here", tip=f"{commune.name}, patient"))
    places = [home, *stops]
    return draw_map(
        get_base_map(),
        title=f"De {commune.name} à {longest.stops[-1].service.site}",
        here=commune.code,
        with_borders=False,
        marks=marks,
        ways=[Way(tuple(places))],
        fit=[home, *((mark.latitude, mark.longitude) for mark in marks)],
        width=MAP_WIDTH,
    )
