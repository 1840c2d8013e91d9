"""Events of a data set month by month, as small bars: a month that lacks is seen at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from maillage.population.rules.numbers import french
from maillage.population.rules.quality import QualityView
from maillage.vocabulary.charts import marks

WIDTH = 640.0
HEIGHT = 70.0
LABELS = 18.0
GAP = 1.5


@dataclass(frozen=True)
class MonthChart:
    """The bars of one kind of events."""

    title: str
    svg: SafeString


def draw_month_charts(quality: QualityView) -> tuple[MonthChart, ...]:
    """One chart for each kind of events of a report that has some."""
    months = [month.label for month in quality.months]
    charts = []
    for rank, kind in enumerate(quality.kinds):
        counts = [month.counts[rank] for month in quality.months]
        if any(counts):
            charts.append(MonthChart(kind, draw_months(kind, months, counts)))
    return tuple(charts)


def draw_months(title: str, months: Sequence[str], counts: Sequence[int]) -> SafeString:
    """A bar a month, up to the largest. Months are ``MM/YYYY``."""
    most = max(counts, default=0) or 1
    step = WIDTH / max(len(months), 1)
    parts = [marks.line(0, HEIGHT, WIDTH, HEIGHT, "chart-axis")]
    for rank, (month, count) in enumerate(zip(months, counts, strict=True)):
        tall = HEIGHT * count / most
        bar = marks.rectangle(
            rank * step + GAP / 2, HEIGHT - tall, max(step - GAP, 1.0), tall, "chart-month"
        )
        parts.append(marks.reached(bar, f"{month} : {french(count)}", focus=False))
        if month.startswith("01/"):
            parts.append(marks.text(rank * step, HEIGHT + 14, month[3:]))
    # Titles and words are escaped by the marks; the rest is numbers.
    return mark_safe(marks.picture(title, WIDTH, HEIGHT + LABELS, parts))  # noqa: S308
