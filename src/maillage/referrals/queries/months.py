"""The delays of the last twelve months that are over, month by month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models.functions import TruncMonth

from maillage.referrals.queries.durations import NO_QUANTILES, Quantiles, load_quantiles
from maillage.referrals.queries.figures import sent_requests
from maillage.referrals.queries.scopes import Scope
from maillage.referrals.rules.delay_chart import Chart, Point, lay_out
from maillage.referrals.rules.measures import DelayMeasure
from maillage.referrals.rules.quarters import month_starts
from maillage.vocabulary.calendar import MONTHS, PARIS, local_day, paris_instant

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
    """One delay over twelve months, for a reader. One query."""
    starts = month_starts(at, MONTHS_SHOWN)
    this_month = local_day(at).replace(day=1)
    requests = sent_requests(
        scope, paris_instant(starts[0], time(0)), paris_instant(this_month, time(0))
    ).filter(kind__in=measure.kinds)
    known = load_quantiles(
        requests.annotate(month=TruncMonth("sent_at", tzinfo=PARIS)),
        start=measure.start,
        end=measure.end,
        parts={"month": ["month"]},
    )["month"]
    by_day = {
        local_day(month): value for (month,), value in known.items() if isinstance(month, datetime)
    }
    rows = tuple(MonthRow(_label(day), by_day.get(day, NO_QUANTILES)) for day in starts)
    return Months(
        measure, rows, lay_out([_point(row, day) for row, day in zip(rows, starts, strict=True)])
    )


def _label(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.year}"


def _point(row: MonthRow, day: date) -> Point:
    return Point(SHORT_MONTHS[day.month - 1], row.label, row.quantiles.median, row.quantiles.ninth)
