"""Adherence and persistence: people who have their medicines, and people who keep taking them.

*Adherence* (``adherence``): the share of days covered by a class
(:mod:`~maillage.engines.indicators.adherence`) among members of the cohort who are treated.

*Persistence* (``persistence``): among members who begin a class in the year, those who still have
it ``horizon`` days later. A treatment begins on a delivery without any other of the class in the
``horizon`` days before; it is interrupted by more than ``gap`` days without medicine in hand, early
deliveries of a substance being carried over, and the medicines in hand being those of all
substances of the class. People who do not live, or are not seen, until the horizon do not count,
nor do beginnings of which the ``horizon`` days before were not seen.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from maillage.engines.indicators.adherence import PdcRule, carry_over, pdc
from maillage.engines.indicators.cohorts import Events, matches
from maillage.engines.indicators.definition_model import Codes, Indicator
from maillage.engines.indicators.joins import having, lacking
from maillage.engines.indicators.measures.ground import KEY, Ground
from maillage.engines.indicators.measures.tally import limited, tallied

if TYPE_CHECKING:
    import ibis.expr.types as ir

LARGE_PACK_MONTHS = 3
EPOCH = date(1970, 1, 1)


def tallies(indicator: Indicator, ground: Ground) -> ir.Table:
    """People who count as base, those who are adherent as events."""
    import ibis

    parameters = indicator.parameters
    members = _members(indicator, ground)
    rule = PdcRule(
        minimum_age=indicator.min_age or 0,
        minimum_dates=int(parameters["min_dates"]),
        minimum_days=int(parameters["min_days"]),
        days_of_pack=int(parameters["default_days"]),
        days_of_large_pack=int(parameters["default_days"]) * LARGE_PACK_MONTHS,
        threshold_percent=round(float(parameters["threshold"]) * 100),
        is_hospital_left_out=bool(parameters["hospital_days"]),
    )
    codes: Codes = parameters["atc"]
    found = pdc(
        _events_of(members, ground),
        atc=codes.prefixes,
        without=codes.excluded,
        years=ground.years,
        rule=rule,
    )
    found = found.select("person", "is_adherent", year=found.year.cast("int16"))
    rows = members.join(found, ["person", "year"])
    rows = lacking(rows, _treated(parameters["without"], ground), ["person", "year"])
    return tallied(rows, events=rows.is_adherent.ifelse(1, 0), base=ibis.literal(1))


def persistence(indicator: Indicator, ground: Ground) -> ir.Table:
    """People who begin as base, those who keep on as events."""
    import ibis

    parameters = indicator.parameters
    gap, horizon = int(parameters["gap"]), int(parameters["horizon"])
    members = _members(indicator, ground)
    fills = _spans(parameters["atc"], int(parameters["default_days"]), members, ground)
    begun = _beginnings(fills, horizon, ground)
    followed = members.join(begun, ["person", "year"])
    ends_on = followed.died_on.epoch_days()
    followed = followed.filter(
        followed.died_on.isnull() | (ends_on.cast("int64") >= followed.began + horizon)
    )
    followed = lacking(followed, _treated(parameters["without"], ground), ["person", "year"])
    later = fills.select("day", "reach", "next_day", who="person")
    starters = followed.select("began", patient="person")
    breaks = starters.join(
        later,
        [
            starters.patient == later.who,
            starters.began <= later.day,
            starters.began + horizon > later.day,
        ],
    )
    until = ibis.least(
        ibis.coalesce(breaks.next_day, breaks.began + horizon), breaks.began + horizon
    )
    breaks = breaks.filter(until - breaks.reach > gap)
    stopped = breaks.select("patient", broken="began").distinct()
    rows = followed.left_join(
        stopped, [followed.person == stopped.patient, followed.began == stopped.broken]
    )
    rows = rows.select(*KEY, "person", kept=rows.broken.isnull())
    return tallied(rows, events=rows.kept.ifelse(1, 0), base=ibis.literal(1))


def _members(indicator: Indicator, ground: Ground) -> ir.Table:
    if indicator.cohort is None:
        raise ValueError(f"{indicator.key}: a treatment is measured over a cohort")
    return limited(ground.members(indicator.cohort), indicator)


def _events_of(members: ir.Table, ground: Ground) -> Events:
    """The events of members only: what is said of the others would be thrown away."""
    events = dict(ground.engine.events)
    for name in ("dispensing", "stay"):
        events[name] = having(events[name], members, "person")
    return events


def _treated(codes: Codes, ground: Ground) -> ir.Table:
    """Person and year of those who had one of these medicines in the year."""
    import ibis

    table = ground.engine.events["dispensing"]
    kept = table.filter(matches(table.atc, codes) if codes else ibis.literal(False))
    return kept.select("person", year=kept.dispensed_on.year().cast("int16")).distinct()


def _spans(codes: Codes, days_of_pack: int, members: ir.Table, ground: Ground) -> ir.Table:
    """The days of delivery of a class, of members: ``day``, ``reach`` (the day after the last day
    that is covered by what was delivered until then), ``day_before`` and ``next_day`` of the
    deliveries around, as days from 1970-01-01."""
    import ibis

    table = ground.engine.events["dispensing"]
    fills = having(table.filter(matches(table.atc, codes)), members, "person")
    packs = fills.packs.cast("int32") * fills.large.ifelse(LARGE_PACK_MONTHS, 1) * days_of_pack
    fills = fills.select(
        "person",
        substance="atc",
        year=ibis.literal(0, "int32"),
        day=fills.dispensed_on.epoch_days().cast("int32"),
        days=(fills.days > 0).ifelse(fills.days.cast("int32"), packs),
    )
    spans = carry_over(fills)
    daily = spans.group_by("person", day=spans.day.cast("int64")).agg(
        reach=(spans.starts + spans.days).max().cast("int64")
    )
    so_far = ibis.window(group_by=daily.person, order_by=daily.day, preceding=None, following=0)
    in_order = ibis.window(group_by=daily.person, order_by=daily.day)
    return daily.select(
        "person",
        "day",
        reach=daily.reach.max().over(so_far),
        day_before=daily.day.lag().over(in_order),
        next_day=daily.day.lead().over(in_order),
    )


def _beginnings(fills: ir.Table, horizon: int, ground: Ground) -> ir.Table:
    """Person, year and day of the treatments that begin, seen long enough before and after."""
    import ibis

    first = (ground.first_on + timedelta(days=horizon) - EPOCH).days
    last = (ground.last_on - timedelta(days=horizon) - EPOCH).days
    begun = fills.filter(
        fills.day.between(first, last),
        fills.day_before.isnull() | (fills.day - fills.day_before > horizon),
    )
    on = ibis.date("1970-01-01") + begun.day.as_interval("D")
    begun = begun.select("person", began="day", year=on.year().cast("int16"))
    # A horizon of less than a year may begin twice in a year: the first counts.
    return begun.group_by("person", "year").agg(began=begun.began.min())
