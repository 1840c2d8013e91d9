"""Episodes of hospital care: stays that follow each other without a night outside, and returns.

The rule is READM30-EP. A person's stays are taken in the order of their entry; a stay that begins
on or before the latest day of exit seen so far (not only that of the stay just before) goes on with
the same episode: a transfer, a same-day return, two stays that overlap, a stay inside another. So
two episodes of a person never share a day, and a return is at least one day after the exit. Stays
of sessions (dialysis, chemotherapy, radiotherapy) and GHM of the categories 28 (sessions) and 90
(errors) are left out before.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from maillage.engines.indicators.events import Exit

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from maillage.engines.indicators.backends import Events

LEFT_OUT_GROUPS = ("28", "90")
"""First characters of the GHM that make no episode."""


def full_stays(events: Events) -> ir.Table:
    """The stays that make episodes: without sessions and without groups in error."""
    stay = events["stay"]
    category = stay["group"].substr(0, 2)
    return stay.filter(stay.sessions == 0, category.notin(LEFT_OUT_GROUPS))


def episodes(events: Events) -> ir.Table:
    """One row for each episode.

    Columns: ``person``; ``episode``, the number of its first stay; ``entered_on`` and ``left_on``,
    its first and last days; ``stays``, how many; ``first_site``, ``first_main``, ``first_related``,
    ``first_group`` and ``from_emergency`` of the first stay; ``last_site`` and ``exit`` of the stay
    that ends last; ``died``, whether any of its stays ended with death.

    The first stay is the one entered first; on the same day the one left first (somebody seen in
    one hospital and sent on to another on the day), then the smallest number. The last is the one
    left last, then entered last, then of the greatest number."""
    import ibis

    stay = full_stays(events)
    in_order = [stay.entered_on, stay.left_on, stay.stay]
    before = ibis.window(group_by=stay.person, order_by=in_order, preceding=(None, 1))
    stay = stay.mutate(latest=stay.left_on.max().over(before))
    stay = stay.mutate(is_first=stay.latest.isnull() | (stay.entered_on > stay.latest))
    in_order = [stay.entered_on, stay.left_on, stay.stay]
    so_far = ibis.window(group_by=stay.person, order_by=in_order, preceding=None, following=0)
    stay = stay.mutate(rank=stay.is_first.ifelse(1, 0).sum().over(so_far).cast("int64"))
    backwards = ibis.window(
        group_by=[stay.person, stay["rank"]],
        order_by=[ibis.desc(stay.left_on), ibis.desc(stay.entered_on), ibis.desc(stay.stay)],
    )
    stay = stay.mutate(is_last=ibis.row_number().over(backwards) == 0)
    first, last = stay.is_first, stay.is_last
    return (
        stay.group_by("person", "rank")
        .aggregate(
            episode=stay.stay.max(where=first),
            entered_on=stay.entered_on.min(),
            left_on=stay.left_on.max(),
            stays=stay.count().cast("int32"),
            first_site=stay.site.max(where=first),
            last_site=stay.site.max(where=last),
            first_main=stay.main.max(where=first),
            first_related=stay.related.max(where=first),
            first_group=stay["group"].max(where=first),
            from_emergency=stay.from_emergency.ifelse(1, 0).max(where=first) == 1,
            exit=stay.exit.max(where=last),
            died=(stay.exit == Exit.DEATH.value).ifelse(1, 0).max() == 1,
        )
        .drop("rank")
    )


def readmissions(episodes: ir.Table, *, days: tuple[int, int] = (1, 30), last_on: date) -> ir.Table:
    """What followed each index episode: one that did not end with death, and after which the whole
    delay was seen before ``last_on``, the last day of the data.

    ``days``: the first and the last day after the exit that count, both included. Columns:
    ``episode``, ``person``, ``left_on``, ``next_entered_on`` and ``next_main`` of the person's next
    episode whatever its delay (null and empty without one), ``days_to_next``, ``is_readmitted``
    (that next episode began within the delay) and ``is_unplanned`` (and came through an emergency
    department)."""
    import ibis

    first_day, last_day = days
    if not 1 <= first_day <= last_day:
        raise ValueError(f"a return is counted from day 1 on: {days}")
    in_order = ibis.window(group_by=episodes.person, order_by=[episodes.entered_on])
    following = episodes.mutate(
        next_entered_on=episodes.entered_on.lead().over(in_order),
        next_main=episodes.first_main.lead().over(in_order),
        next_from_emergency=episodes.from_emergency.lead().over(in_order),
    )
    end = ibis.literal(last_on - timedelta(days=last_day))
    index = following.filter(~following.died, following.left_on <= end)
    delay = index.next_entered_on.delta(index.left_on, unit="day")
    is_readmitted = ibis.coalesce(delay.between(first_day, last_day), False)
    return index.select(
        "episode",
        "person",
        "left_on",
        "next_entered_on",
        next_main=ibis.coalesce(index.next_main, ""),
        days_to_next=delay.cast("int64"),
        is_readmitted=is_readmitted,
        is_unplanned=is_readmitted & ibis.coalesce(index.next_from_emergency, False),
    )
