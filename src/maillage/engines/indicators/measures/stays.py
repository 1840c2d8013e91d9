"""Stays: avoidable ones, those of a cohort, their nights and their cost.

A stay counts when it meets one of the ``[[stay]]`` tables of the indicator (any full stay when it
has none) and belongs to the year of its exit. Measures of ``stays``:

- ``stays``: how many; ``days``: how many, with the sum of their nights as amount;
- ``people``: people with one such stay at least.

``cost`` counts the stays whose tariff is known, with the sum of tariffs as amount: stays without
tariff are in ``stays``, not here, so that a mean is that of what is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maillage.engines.indicators.cohorts import matching_stays
from maillage.engines.indicators.definition_model import Indicator
from maillage.engines.indicators.events import Exit
from maillage.engines.indicators.joins import having
from maillage.engines.indicators.measures.ground import Ground
from maillage.engines.indicators.measures.tally import (
    limited,
    of_members,
    over_members,
    tallied,
)

if TYPE_CHECKING:
    import ibis.expr.types as ir

LETTER = 2
"""Where the letter of a GHM stands, from 0: C surgery, K interventional, M medical, Z either."""


def wanted_stays(indicator: Indicator, ground: Ground) -> ir.Table:
    """The full stays of the years that the indicator names."""
    if not indicator.stays:
        return ground.stays
    return matching_stays(indicator.stays, {**ground.engine.events, "stay": ground.stays})


def avoidable(indicator: Indicator, ground: Ground) -> ir.Table:
    """Stays that care in time could have avoided, or episodes when ``episodes`` is set."""
    rows = _first_of_episodes(indicator, ground) if indicator.parameters["episodes"] else None
    if rows is None:
        rows = wanted_stays(indicator, ground)
        if indicator.parameters["alive"]:
            rows = rows.filter(rows.exit != Exit.DEATH.value)
    if letters := indicator.parameters["without_letters"]:
        rows = rows.filter(rows.group.substr(LETTER, 1).notin(letters))
    return _with_base(tallied(limited(rows, indicator)), indicator, ground)


def _first_of_episodes(indicator: Indicator, ground: Ground) -> ir.Table:
    """Episodes whose first stay is one that the indicator names: nights and death are those of the
    whole episode, diagnoses and entry those of the first stay."""
    from dataclasses import replace

    arms = [replace(arm, min_nights=0) for arm in indicator.stays]
    nights = min(arm.min_nights for arm in indicator.stays)
    if any(arm.min_nights != nights for arm in indicator.stays):
        raise ValueError(f"{indicator.key}: episodes take one length for all their stays")
    episodes = ground.episodes
    if indicator.parameters["alive"]:
        episodes = episodes.filter(~episodes.died)
    first = matching_stays(arms, ground.engine.events)
    length = episodes.left_on.delta(episodes.entered_on, unit="day")
    kept = having(episodes.filter(length >= nights), first.select(episode="stay"), "episode")
    kept = kept.select("person", group="first_group", year=kept.left_on.year().cast("int16"))
    return ground.place(kept.filter(kept.year.isin(ground.years)))


def of_cohort(indicator: Indicator, ground: Ground) -> ir.Table:
    """Stays (``stays``, ``days``) of a cohort or of residents, or people who had one."""
    rows = limited(wanted_stays(indicator, ground), indicator)
    measure = indicator.parameters["measure"]
    found = tallied(rows, amount=rows.nights if measure == "days" else None)
    if measure == "people":
        found = found.mutate(events=(found.events > 0).ifelse(1, 0).cast("int64"))
    return _with_base(found, indicator, ground)


def cost(indicator: Indicator, ground: Ground) -> ir.Table:
    """Stays whose tariff is known, and the sum of their tariffs."""
    rows = limited(wanted_stays(indicator, ground), indicator)
    rows = rows.filter(rows.cost.notnull())
    return _with_base(tallied(rows, amount=rows.cost), indicator, ground)


def death(indicator: Indicator, ground: Ground) -> ir.Table:
    """People whose first such stay of the year ended: those who died within ``days`` of its entry.

    Only years and stays after which the whole delay was seen."""
    from datetime import timedelta

    import ibis

    days = int(indicator.parameters["days"])
    rows = of_members(limited(wanted_stays(indicator, ground), indicator), indicator, ground)
    rows = rows.join(ground.people.select("person", "died_on"), "person")
    order = ibis.window(
        group_by=[rows.person, rows.year], order_by=[rows.entered_on, rows.left_on, rows.stay]
    )
    rows = rows.mutate(rank=ibis.row_number().over(order))
    seen = ibis.literal(ground.last_on - timedelta(days=days))
    first = rows.filter(rows["rank"] == 0, rows.entered_on <= seen)
    delay = first.died_on.delta(first.entered_on, unit="day")
    return tallied(
        first,
        events=ibis.coalesce(delay <= days, False).ifelse(1, 0),
        base=ibis.literal(1),
    )


def _with_base(found: ir.Table, indicator: Indicator, ground: Ground) -> ir.Table:
    """Over every member of the cohort, or over residents: those of the cohort when it has one."""
    if indicator.base == "cohort":
        return over_members(found, indicator, ground)
    return of_members(found, indicator, ground)
