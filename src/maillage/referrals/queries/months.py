"""The delays of the last twelve months that are over, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Case, IntegerField, Value, When

from maillage.referrals.queries.durations import NO_QUANTILES, Quantiles, load_quantiles
from maillage.referrals.queries.figures import sent_requests
from maillage.referrals.queries.kept import keep, read_stamp
from maillage.referrals.queries.scopes import Scope
from maillage.referrals.rules.delay_chart import Chart, Point, lay_out
from maillage.referrals.rules.measures import DelayMeasure
from maillage.referrals.rules.quarters import month_starts
from maillage.vocabulary.calendar import MONTHS, local_day, paris_instant

MONTHS_SHOWN = 12

SHORT_MONTHS = (
    "janv.", "févr.", "mars", "avril", "mai", "juin",
    "juil.", "août", "sept.", "oct.", "nov.", "déc.",
)  # fmt: skip


@dataclass(frozen=True)
class MonthRow:
    """A month and its quantiles; none when too few requests were over."""

    label: str
    quantiles: Quantiles


@dataclass(frozen=True)
class Months:
    """One delay over twelve months, drawn and as a table. No count is shown: months may then be
    finer than the periods of the tables."""

    measure: DelayMeasure
    rows: tuple[MonthRow, ...]
    chart: Chart | None


def load_months(scope: Scope, measure: DelayMeasure, *, at: datetime) -> Months:
    """One delay over twelve months, for a reader. Two queries, one while no request has
    changed since the last time."""
    starts = month_starts(at, MONTHS_SHOWN)
    bounds = [paris_instant(day, time(0)) for day in (*starts, local_day(at).replace(day=1))]
    requests = sent_requests(scope, bounds[0], bounds[-1]).filter(kind__in=measure.kinds)
    known = keep(
        "months",
        scope,
        (measure.key, starts[0].isoformat()),
        read_stamp(requests),
        lambda: load_quantiles(
            requests.annotate(month=_month_of(bounds)),
            start=measure.start,
            end=measure.end,
            parts={"month": ["month"]},
        )["month"],
    )
    rows = tuple(
        MonthRow(_label(day), known.get((index,), NO_QUANTILES)) for index, day in enumerate(starts)
    )
    return Months(
        measure, rows, lay_out([_point(row, day) for row, day in zip(rows, starts, strict=True)])
    )


def _month_of(bounds: Sequence[datetime]) -> Case:
    """The index of the month that a request was sent in, by comparison with the instants between
    months: SQLite has no time zones, and a function of Python would be called for every row."""
    return Case(
        *(When(sent_at__lt=end, then=Value(index)) for index, end in enumerate(bounds[1:])),
        output_field=IntegerField(),
    )


def _label(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.year}"


def _point(row: MonthRow, day: date) -> Point:
    return Point(SHORT_MONTHS[day.month - 1], row.label, row.quantiles.median, row.quantiles.ninth)
