"""The layout of the timeline: agreements as bars on a common axis of years, in SVG units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from maillage.agreements.rules.constants import add_months, add_years

FIRST_YEAR = 2000
YEARS_AHEAD = 3
WIDTH = 1040.0
LEFT = 24.0
RIGHT = 1024.0
TOP = 34.0
ROW = 46.0
BAR = 14.0
CHARACTER = 7.4
"""Mean width of a character of a label, to know when it would leave the drawing."""


@dataclass(frozen=True)
class Span:
    """An agreement on the axis: from ``starts_on`` to ``ends_on`` (None: still open)."""

    slug: str
    label: str
    state_words: str
    level: str
    starts_on: date
    ends_on: date | None
    precision: str = "day"
    is_point: bool = False


@dataclass(frozen=True)
class Bar:
    """A drawn span. ``vague_width`` is the part at its start that stands for the unknown day."""

    span: Span
    x: float
    y: float
    width: float
    vague_width: float
    label_x: float
    label_y: float
    anchor: str
    is_open: bool
    began_before: bool
    future_x: float
    future_width: float

    @property
    def middle(self) -> float:
        return self.y + BAR / 2


@dataclass(frozen=True)
class Tick:
    """A year of the axis."""

    x: float
    label: str


@dataclass(frozen=True)
class Chart:
    """The whole drawing."""

    width: float
    height: float
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    today_x: float
    axis_y: float
    bar_height: float = BAR

    @property
    def tick_y(self) -> float:
        return self.axis_y - 6

    @property
    def foot_y(self) -> float:
        return self.height - 6


def lay_out(spans: Sequence[Span], *, today: date) -> Chart:
    """Place the spans in their order, one per row, from 2000 to three years ahead of today."""
    first = date(FIRST_YEAR, 1, 1)
    last = date(today.year + YEARS_AHEAD, 1, 1)
    days = (last - first).days

    def at(day: date) -> float:
        inside = min(max(day, first), last)
        return round(LEFT + (RIGHT - LEFT) * (inside - first).days / days, 1)

    bars = tuple(_bar(span, row, at, today) for row, span in enumerate(spans))
    height = TOP + ROW * len(spans) + 24
    step = 2 if last.year - FIRST_YEAR > 16 else 1
    ticks = tuple(
        Tick(at(date(year, 1, 1)), str(year)) for year in range(FIRST_YEAR, last.year + 1, step)
    )
    return Chart(WIDTH, height, bars, ticks, at(today), TOP - 12)


def _bar(span: Span, row: int, place: Callable[[date], float], today: date) -> Bar:
    x = place(span.starts_on)
    first, last = date(FIRST_YEAR, 1, 1), date(today.year + YEARS_AHEAD, 1, 1)
    end = span.ends_on or last
    x2 = place(max(end, span.starts_on + timedelta(days=1)))
    vague_end = _vague_end(span)
    top = TOP + ROW * row
    fits = x + CHARACTER * len(span.label) < RIGHT
    return Bar(
        span=span,
        x=x,
        y=top + 20,
        width=round(max(x2 - x, 3), 1),
        vague_width=round(min(place(vague_end) - x, max(x2 - x, 3)), 1) if vague_end else 0,
        label_x=x if fits else RIGHT,
        label_y=top + 14,
        anchor="start" if fits else "end",
        is_open=span.ends_on is None or span.ends_on > last,
        began_before=span.starts_on < first,
        future_x=max(x, place(today)),
        future_width=round(max(x2 - max(x, place(today)), 0), 1),
    )


def _vague_end(span: Span) -> date | None:
    if span.precision == "year":
        return add_years(date(span.starts_on.year, 1, 1), 1)
    if span.precision == "month":
        return add_months(span.starts_on.replace(day=1), 1)
    return None
