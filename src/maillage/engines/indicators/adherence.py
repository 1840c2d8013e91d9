"""Adherence to a treatment: days with the medicine in hand over the days of the treatment (PDC).

Of each person and calendar year, from the deliveries of that year:

- the period runs from the first delivery to 31 December, or to the day of death, both included;
- a delivery covers as many days as it holds, from its own day on; a delivery of the same substance
  (same ATC code) made before the earlier ones are used up begins when they are (carry-over);
- different substances of a class do not wait for each other: a day is covered once, whatever the
  number of substances in hand;
- days beyond the end of the period do not count, so that the share is never above 1;
- counted are the people of at least ``minimum_age`` years on 1 January, with deliveries on at least
  ``minimum_dates`` days of the year, and a period of at least ``minimum_days`` days.

The rule is that of the Pharmacy Quality Alliance (proportion of days covered). The French files say
packs, not days: a delivery of which the days are unknown holds ``days_of_pack`` days for each pack,
and ``days_of_large_pack`` for one that is known to be large.

Carry-over needs no loop. With ``t`` the days of the deliveries of a substance and ``S`` the days
that they hold, summed in order, the delivery ``i`` begins on ``S[i-1] + max(t[j] - S[j-1])`` over
``j <= i``: a running sum and a running maximum, which every engine knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maillage.engines.indicators.codes import starts_with

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from maillage.engines.indicators.backends import Events


@dataclass(frozen=True)
class PdcRule:
    """The choices of a measure of adherence.

    ``threshold_percent``: adherent from this share on. ``is_hospital_left_out``: nights in
    hospital, where the hospital gives the medicine, are taken out of the clock: they are not asked
    of the deliveries, and what was in hand on the day of entry still is on the day of exit."""

    minimum_age: int = 18
    minimum_dates: int = 2
    minimum_days: int = 91
    days_of_pack: int = 30
    days_of_large_pack: int = 90
    threshold_percent: int = 80
    is_hospital_left_out: bool = False


USUAL = PdcRule()


def pdc(
    events: Events,
    *,
    atc: Sequence[str],
    years: Sequence[int],
    without: Sequence[str] = (),
    rule: PdcRule = USUAL,
) -> ir.Table:
    """The share of days covered by a class of medicines, for each person and year.

    ``atc``: the prefixes of the class; ``without``: prefixes left out of it. Columns: ``person``,
    ``year``, ``first_on`` (the first delivery of the year), ``days_in_period``, ``days_covered``
    and ``is_adherent``. People who are not counted have no row."""
    fills = yearly_fills(events, atc=atc, years=years, without=without, rule=rule)
    if rule.is_hospital_left_out:
        fills = _without_hospital(fills, events)
    spans = carry_over(fills)
    covered = covered_days(spans)
    counted = covered.filter(
        covered.dates >= rule.minimum_dates,
        covered.ends - covered.begins >= rule.minimum_days,
    )
    length = counted.ends - counted.begins
    return counted.select(
        "person",
        "year",
        first_on=_day(counted.first_day),
        days_in_period=length.cast("int64"),
        days_covered=counted.days_covered.cast("int64"),
        is_adherent=counted.days_covered * 100 >= length * rule.threshold_percent,
    )


def yearly_fills(
    events: Events,
    *,
    atc: Sequence[str],
    years: Sequence[int],
    without: Sequence[str] = (),
    rule: PdcRule = USUAL,
) -> ir.Table:
    """The deliveries of a class by people of the age, during their life.

    Columns: ``person``, ``year``, ``substance``, ``day`` (of delivery) and ``ends`` (the day after
    the last of the person's year), counted from 1970-01-01, and ``days`` that it holds."""
    import ibis

    fills = fills_of_class(events, atc=atc, years=years, without=without)
    supposed = fills.packs.cast("int32") * rule.days_of_pack + fills.large.ifelse(
        rule.days_of_large_pack - rule.days_of_pack, 0
    )
    fills = fills.select(
        "person",
        "dispensed_on",
        substance=fills.atc,
        year=fills.dispensed_on.year().cast("int32"),
        day=fills.dispensed_on.epoch_days().cast("int32"),
        days=(fills.days > 0).ifelse(fills.days.cast("int32"), supposed),
    )
    fills = fills.join(events["person"], "person")
    end_of_year = ibis.date(fills.year + 1, 1, 1).epoch_days().cast("int32")
    end_of_life = fills.died_on.epoch_days().cast("int32") + 1
    young = ibis.date(fills.year - rule.minimum_age, 1, 1)
    fills = fills.mutate(ends=ibis.least(end_of_year, ibis.coalesce(end_of_life, end_of_year)))
    return fills.filter(fills.born_on <= young, fills.day < fills.ends).select(
        "person", "year", "substance", "day", "ends", "days"
    )


def fills_of_class(
    events: Events, *, atc: Sequence[str], years: Sequence[int], without: Sequence[str] = ()
) -> ir.Table:
    """The rows of deliveries of a class in these years."""
    import ibis

    fills = events["dispensing"]
    first, last = min(years), max(years)
    fills = fills.filter(
        starts_with(fills.atc, atc),
        fills.dispensed_on.between(ibis.date(f"{first}-01-01"), ibis.date(f"{last}-12-31")),
    )
    if without:
        fills = fills.filter(~starts_with(fills.atc, without))
    if len(set(years)) < last - first + 1:
        fills = fills.filter(fills.dispensed_on.year().isin(list(years)))
    return fills


def carry_over(fills: ir.Table) -> ir.Table:
    """The same deliveries with ``starts``: the day on which each begins to be used, once the
    earlier ones of its person, year and substance are used up. It ends ``days`` later."""
    import ibis

    groups = [fills.person, fills.year, fills.substance]
    # Deliveries of one day and of as many days are alike: any order of them is the same.
    so_far = ibis.window(
        group_by=groups, order_by=[fills.day, fills.days], preceding=None, following=0
    )
    fills = fills.mutate(before=(fills.days.sum().over(so_far) - fills.days).cast("int64"))
    groups = [fills.person, fills.year, fills.substance]
    so_far = ibis.window(
        group_by=groups, order_by=[fills.day, fills.days], preceding=None, following=0
    )
    return fills.mutate(starts=fills.before + (fills.day - fills.before).max().over(so_far)).drop(
        "before"
    )


def covered_days(spans: ir.Table) -> ir.Table:
    """For each person and year: ``begins`` and ``ends`` of the period on the clock, ``first_day``
    on the calendar, the ``dates`` of delivery, and ``days_covered`` by at least one span within the
    period."""
    import ibis

    spans = spans.mutate(
        stops=ibis.least(spans.starts + spans.days, spans.ends.cast("int64")),
        first_day=spans.calendar_day if "calendar_day" in spans.columns else spans.day,
    )
    before = ibis.window(
        group_by=[spans.person, spans.year],
        order_by=[spans.starts, spans.stops],
        preceding=(None, 1),
    )
    reached = ibis.coalesce(spans.stops.max().over(before), spans.starts)
    spans = spans.mutate(new=ibis.greatest(0, spans.stops - ibis.greatest(spans.starts, reached)))
    return spans.group_by("person", "year").aggregate(
        begins=spans.day.min().cast("int64"),
        ends=spans.ends.min().cast("int64"),
        first_day=spans.first_day.min(),
        dates=spans.first_day.nunique(),
        days_covered=spans.new.sum(),
    )


def _without_hospital(fills: ir.Table, events: Events) -> ir.Table:
    """The deliveries on a clock that stands still during the nights in hospital. A night belongs
    to the day on which it begins: those of a stay run from its entry to the eve of its exit."""
    import ibis

    from maillage.engines.indicators.episodes import episodes

    nights = episodes(events).select("person", "entered_on", "left_on")
    nights = nights.select(
        "person",
        enters=nights.entered_on.epoch_days().cast("int64"),
        leaves=nights.left_on.epoch_days().cast("int64"),
    )
    by_day = _nights_before(fills.select("person", point=fills.day).distinct(), nights)
    by_end = _nights_before(fills.select("person", point=fills.ends).distinct(), nights)
    for nights_until, column in ((by_day, "before_day"), (by_end, "before_end")):
        of = fills.day if column == "before_day" else fills.ends
        found = fills.left_join(
            nights_until, [fills.person == nights_until.who, of == nights_until.point]
        )
        fills = found.mutate(**{column: ibis.coalesce(found.nights, 0)})
        fills = fills.drop("who", "point", "nights")
    return fills.mutate(
        calendar_day=fills.day,
        day=fills.day - fills.before_day,
        ends=fills.ends - fills.before_end,
    ).drop("before_day", "before_end")


def _nights_before(points: ir.Table, nights: ir.Table) -> ir.Table:
    """How many nights in hospital a person had spent before each day; no row for none."""
    import ibis

    both = points.join(nights, [points.person == nights.person, points.point > nights.enters])
    both = both.select(who=points.person, point=points.point, enters="enters", leaves="leaves")
    spent = ibis.least(both.leaves, both.point.cast("int64")) - both.enters
    return both.group_by("who", "point").aggregate(nights=spent.sum().cast("int64"))


def _day(number: ir.IntegerValue) -> ir.DateValue:
    """A day counted from 1970-01-01, as a date."""
    import ibis

    return ibis.date("1970-01-01") + number.cast("int64").as_interval("D")
