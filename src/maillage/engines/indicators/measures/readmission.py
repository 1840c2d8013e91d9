"""Returns to hospital: index episodes followed by another within days (rule READM30-EP).

The base is index episodes: ended in the year, the person alive, and the whole delay seen. An
indicator with ``[[stay]]`` tables speaks of the episodes that hold one of these stays;
``first_of_year`` keeps the first index episode of each person and year (RH7); ``without_groups``
leaves out episodes whose first stay is of these groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maillage.engines.indicators.cohorts import matches, matching_stays
from maillage.engines.indicators.definition_model import Indicator
from maillage.engines.indicators.joins import having
from maillage.engines.indicators.measures.ground import Ground
from maillage.engines.indicators.measures.tally import limited, of_members, tallied

if TYPE_CHECKING:
    import ibis.expr.types as ir


def tallies(indicator: Indicator, ground: Ground) -> ir.Table:
    """Index episodes as base, those that were followed as events."""
    import ibis

    index = index_episodes(indicator, ground, int(indicator.parameters["days"]))
    if groups := indicator.parameters["without_groups"]:
        index = index.filter(~matches(index.first_group, groups))
    index = of_members(limited(index, indicator), indicator, ground)
    if indicator.parameters["first_of_year"]:
        order = ibis.window(group_by=[index.person, index.year], order_by=[index.left_on])
        index = index.mutate(rank=ibis.row_number().over(order))
        index = index.filter(index["rank"] == 0)
    followed = index.is_unplanned if indicator.parameters["unplanned"] else index.is_readmitted
    return tallied(index, events=followed.ifelse(1, 0), base=ibis.literal(1))


def index_episodes(indicator: Indicator, ground: Ground, days: int) -> ir.Table:
    """The index episodes of the years, seen for these days; those that hold one of the stays of the
    indicator when it names some."""
    index = ground.returns(days)
    if not indicator.stays:
        return index
    stays = matching_stays(indicator.stays, ground.engine.events)
    stays = stays.select("entered_on", patient="person")
    return having(
        index,
        stays,
        [
            index.person == stays.patient,
            index.entered_on <= stays.entered_on,
            index.left_on >= stays.entered_on,
        ],
    )
