"""One practitioner's own duties: the next one, a month, who comes before and after, counters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from maillage.directory.models import Practitioner, PractitionerAccount
from maillage.oncall.models import CalendarLink, DutySlot
from maillage.oncall.queries.calendars import live_links
from maillage.oncall.rules.counting import Counted, Span, count_spans, next_month, spans_of
from maillage.vocabulary.calendar import MONTHS, day_bounds, local_day, public_holidays

AROUND = timedelta(days=4)
"""How far from a duty its neighbours are looked for."""


@dataclass(frozen=True)
class Neighbour:
    """Who holds the line just before or after (None: nobody), and the instant of the handover."""

    holder: Practitioner | None
    at: datetime


@dataclass(frozen=True)
class MyDuty:
    """One duty of mine."""

    slot: DutySlot
    before: Neighbour | None
    after: Neighbour | None

    @property
    def day(self) -> date:
        return local_day(self.slot.starts_at)

    @property
    def is_holiday(self) -> bool:
        return self.day in public_holidays(self.day.year)

    @property
    def ends_next_day(self) -> bool:
        return local_day(self.slot.ends_at) != self.day

    @property
    def minutes(self) -> float:
        """Real length: 11 or 13 hours for a night of 12 when clocks change."""
        return (self.slot.ends_at - self.slot.starts_at).total_seconds() / 60

    @property
    def response_minutes(self) -> int:
        own = self.slot.response_minutes
        return self.slot.line.response_minutes if own is None else own


@dataclass(frozen=True)
class MyDuties:
    """The page of one's own duties. ``next`` is under way, or the next one."""

    practitioner: Practitioner
    next: MyDuty | None
    month: date
    duties: Sequence[MyDuty]
    counters: Sequence[tuple[Span, Counted]]
    links: Sequence[CalendarLink]
    first_known: date | None = None
    """Day of the first duty counted: before it, the counters hold nothing."""

    @property
    def month_name(self) -> str:
        return f"{MONTHS[self.month.month - 1]} {self.month.year}"

    @property
    def month_before(self) -> date:
        return (self.month - timedelta(days=1)).replace(day=1)

    @property
    def month_after(self) -> date:
        return next_month(self.month)


def _mine(practitioner: Practitioner) -> QuerySet[DutySlot]:
    return DutySlot.objects.filter(assignment__practitioner=practitioner)


def _full(slots: QuerySet[DutySlot]) -> QuerySet[DutySlot]:
    return slots.select_related(
        "line__organization", "service__site__commune", "assignment__practitioner"
    ).order_by("starts_at", "ends_at", "pk")


def find_next_duty(practitioner: Practitioner, *, at: datetime) -> DutySlot | None:
    """The duty of somebody that is under way, else the next one. One query."""
    return _full(_mine(practitioner).filter(ends_at__gt=at)).first()


def list_next_duties(username: str, *, at: datetime, most: int) -> list[DutySlot]:
    """The duties of the practitioner of an account that are under way or next. One query."""
    mine = PractitionerAccount.objects.filter(user__username=username).values("practitioner")
    slots = DutySlot.objects.filter(assignment__practitioner__in=mine, ends_at__gt=at)
    return list(_full(slots)[:most])


def get_my_duties(practitioner: Practitioner, *, at: datetime, month: date) -> MyDuties:
    """The page of one's own duties for a month (any day of it). Four queries whatever there is."""
    first, last = month.replace(day=1), next_month(month)
    coming = find_next_duty(practitioner, at=at)
    windows = [(day_bounds(first)[0], day_bounds(last)[0])]
    if coming is not None:
        windows.append((coming.starts_at, coming.starts_at + timedelta(minutes=1)))
    around = Q()
    for starts_at, ends_at in windows:
        around |= Q(starts_at__gte=starts_at - AROUND, starts_at__lt=ends_at + AROUND)
    near = list(
        _full(
            DutySlot.objects.filter(
                around, line__in=_mine(practitioner).filter(around).order_by().values("line")
            )
        )
    )
    duties = [
        _with_neighbours(slot, near)
        for slot in near
        if _holder(slot) == practitioner and windows[0][0] <= slot.starts_at < windows[0][1]
    ]
    spans = spans_of(first)
    year = spans[-1]
    rows = list(
        _mine(practitioner)
        .filter(
            starts_at__gte=day_bounds(year.first_day)[0], starts_at__lt=day_bounds(year.last_day)[0]
        )
        .order_by()
        .values_list("line__kind", "starts_at", "ends_at")
    )
    return MyDuties(
        practitioner=practitioner,
        next=_with_neighbours(coming, near) if coming is not None else None,
        month=first,
        duties=duties,
        counters=count_spans(rows, spans),
        links=list(live_links(practitioner=practitioner)),
        first_known=min((local_day(starts_at) for _, starts_at, _ in rows), default=None),
    )


def _holder(slot: DutySlot) -> Practitioner | None:
    assignment = getattr(slot, "assignment", None)
    return assignment.practitioner if assignment else None


def _with_neighbours(slot: DutySlot, near: Sequence[DutySlot]) -> MyDuty:
    """The last duty of the line that ends by the start of this one, and the first that starts from
    its end on; on one line, whichever site receives."""
    same = [one for one in near if one.line_id == slot.line_id and one.pk != slot.pk]
    before = max(
        (one for one in same if one.ends_at <= slot.starts_at),
        key=lambda one: one.ends_at,
        default=None,
    )
    after = min(
        (one for one in same if one.starts_at >= slot.ends_at),
        key=lambda one: one.starts_at,
        default=None,
    )
    return MyDuty(
        slot=slot,
        before=Neighbour(_holder(before), before.ends_at) if before else None,
        after=Neighbour(_holder(after), after.starts_at) if after else None,
    )
