"""Gaps of follow-up: what was expected and did not happen.

``after = "year"``: members of the cohort who live on 31 December, without the expected in the year.
``after = "discharge"``: index episodes ended in the year, the person alive and not transferred,
without the expected from the day of exit to ``within_days`` days later; a person who dies or enters
a hospital again within that delay, before having been seen, does not count.

What is expected: ``times`` different days, over all ``[[expects]]`` together; with ``every``, each
of them on its own ``min_dates`` different days.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from maillage.engines.indicators.cohorts import arm_events
from maillage.engines.indicators.definition_model import (
    DispensingArm,
    Indicator,
    ProcedureArm,
    VisitArm,
)
from maillage.engines.indicators.events import Exit
from maillage.engines.indicators.joins import having
from maillage.engines.indicators.measures.ground import KEY, Ground
from maillage.engines.indicators.measures.readmission import index_episodes
from maillage.engines.indicators.measures.tally import limited, of_members, tallied

if TYPE_CHECKING:
    import ibis.expr.types as ir

Expected = ProcedureArm | VisitArm | DispensingArm


def tallies(indicator: Indicator, ground: Ground) -> ir.Table:
    """People or episodes as base, those with a gap as events."""
    if indicator.parameters["after"] == "discharge":
        return _after_discharge(indicator, ground)
    return _in_the_year(indicator, ground)


def _in_the_year(indicator: Indicator, ground: Ground) -> ir.Table:
    import ibis

    if indicator.cohort is None:
        raise ValueError(f"{indicator.key}: a gap in the year is that of a cohort")
    members = limited(ground.members(indicator.cohort), indicator)
    last_day = ibis.date(members.year.cast("int32"), 12, 31)
    members = members.filter(members.died_on.isnull() | (members.died_on > last_day))
    seen = members.select(*KEY, "person")
    if indicator.parameters["every"]:
        wanted = [([arm], arm.min_dates) for arm in indicator.expects]
    else:
        wanted = [(list(indicator.expects), int(indicator.parameters["times"]))]
    for arms, least in wanted:
        seen = having(seen, _enough(arms, least, members, ground), ["person", "year"])
    had = seen.select(who="person", when="year")
    rows = members.left_join(had, [members.person == had.who, members.year == had.when])
    rows = rows.select(*KEY, "person", missed=rows.who.isnull())
    return tallied(rows, events=rows.missed.ifelse(1, 0), base=ibis.literal(1))


def _enough(arms: Sequence[Expected], least: int, members: ir.Table, ground: Ground) -> ir.Table:
    """Person and year of the members who had one of these on as many different days."""
    days = having(_days(arms, ground), members, "person")
    days = days.select("person", "day", year=days.day.year().cast("int16"))
    yearly = days.group_by("person", "year").agg(dates=days.day.nunique())
    return yearly.filter(yearly.dates >= least)


def _days(arms: Sequence[Expected], ground: Ground) -> ir.Table:
    parts = [arm_events(arm, ground.engine.events) for arm in arms]
    return parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]


def _after_discharge(indicator: Indicator, ground: Ground) -> ir.Table:
    import ibis

    delay = int(indicator.parameters["within_days"])
    index = index_episodes(indicator, ground, delay)
    index = index.filter(index.exit.notin([Exit.TRANSFER.value, Exit.MOVE.value]))
    index = of_members(limited(index, indicator), indicator, ground)
    exits = index.select("person", "episode", "left_on")
    since = _days(indicator.expects, ground).join(exits, "person")
    waited = since.day.delta(since.left_on, unit="day")
    since = since.filter(waited.between(0, delay))
    first = since.group_by("episode").agg(seen_on=since.day.min(), dates=since.day.nunique())
    first = first.filter(first.dates >= int(indicator.parameters["times"]))
    first = first.select("seen_on", seen="episode")
    rows = index.left_join(first, [index.episode == first.seen])
    ended = ibis.least(
        ibis.coalesce(rows.died_on, rows.next_entered_on),
        ibis.coalesce(rows.next_entered_on, rows.died_on),
    )
    is_cut = ibis.coalesce(ended.delta(rows.left_on, unit="day") <= delay, False)
    rows = rows.filter(~(is_cut & (rows.seen_on.isnull() | (rows.seen_on > ended))))
    return tallied(rows, events=rows.seen_on.isnull().ifelse(1, 0), base=ibis.literal(1))
