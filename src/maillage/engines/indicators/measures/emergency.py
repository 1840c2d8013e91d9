"""Emergency visits: how many, and how many of these ``outcomes``.

Over residents, visits are counted; over ``visits``, those of the outcomes among all. With
``min_visits`` above one, people with at least as many visits in the year are counted, over
residents or members.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maillage.engines.indicators.cohorts import matches
from maillage.engines.indicators.definition_model import Indicator
from maillage.engines.indicators.events import VisitKind
from maillage.engines.indicators.measures.ground import Ground
from maillage.engines.indicators.measures.tally import (
    limited,
    of_members,
    over_members,
    tallied,
)

if TYPE_CHECKING:
    import ibis.expr.types as ir

UNKNOWN = "UNKNOWN"
"""How a definition writes the outcome that is not known."""


def tallies(indicator: Indicator, ground: Ground) -> ir.Table:
    """Visits, or people with many, over residents, members or all visits."""
    import ibis

    visits = limited(ground.keep("emergency-visits", lambda: _visits(ground)), indicator)
    if codes := indicator.parameters["icd"]:
        visits = visits.filter(matches(visits.main, codes))
    outcomes = ["" if one == UNKNOWN else one for one in indicator.parameters["outcomes"]]
    counts = visits.outcome.isin(outcomes) if outcomes else ibis.literal(True)
    if indicator.base == "visits":
        found = tallied(visits, events=counts.ifelse(1, 0), base=ibis.literal(1))
        return of_members(found, indicator, ground)
    found = tallied(visits.filter(counts))
    if (least := int(indicator.parameters["min_visits"])) > 1:
        found = found.filter(found.events >= least).mutate(events=ibis.literal(1, "int64"))
    if indicator.base == "cohort":
        return over_members(found, indicator, ground)
    return of_members(found, indicator, ground)


def _visits(ground: Ground) -> ir.Table:
    table = ground.engine.events["visit"]
    visits = table.filter(table.kind == VisitKind.EMERGENCY.value)
    visits = visits.select("person", "outcome", "main", year=visits.visited_on.year().cast("int16"))
    return ground.place(visits.filter(visits.year.isin(ground.years)))
