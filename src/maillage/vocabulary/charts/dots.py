"""Dot plots: areas one under the other, each with its value and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maillage.vocabulary.charts import marks
from maillage.vocabulary.charts.scales import Scale, linear_scale, ratio_scale
from maillage.vocabulary.numbers import NOT_TOLD

ROW = 24.0
TALL_ROW = 40.0
"""Height of a row on a phone: the name stands above the interval."""

TWO_LINES = 480.0
"""Under this width a row has two lines."""

MOST_NAMES = 0.38
FIGURES = 150.0
"""Part of the width that names take at most, and the width of the column of figures."""

TOP = 22.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A row. ``value`` is None when it is not communicated; ``side`` is above, below or same as
    the average; ``words`` say all of it, ``figures`` the value and its interval in short."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    side: str = marks.ROUND
    figures: str = ""
    words: str = ""
    url: str = ""
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class Average:
    """The line that rows are compared with."""

    value: float
    label: str


def draw_dots(
    rows: Sequence[Dot],
    *,
    title: str,
    unit: str,
    average: Average | None = None,
    is_ratio: bool = False,
    width: float,
) -> str:
    """The rows in the order given. Empty when there is none. An interval that the axis leaves out
    ends on an arrow."""
    if not rows:
        return ""
    narrow = width < TWO_LINES
    names = min(marks.room_for(row.label for row in rows) + 16.0, width * MOST_NAMES)
    left, right = (6.0, width - 6.0) if narrow else (names, width - FIGURES)
    scale = _scale(rows, average, is_ratio, left, right)
    tall = TALL_ROW if narrow else ROW
    bottom = TOP + tall * len(rows)
    parts = [marks.axis_across(scale, TOP, bottom, unit=unit, count=4 if narrow else 6)]
    if average is not None:
        parts.append(_average(scale, average, bottom))
    for rank, row in enumerate(rows):
        parts.append(_row(row, scale, TOP + rank * tall, width, narrow=narrow))
    return marks.picture(title, width, bottom + marks.AXIS_ROOM, parts)


def _scale(
    rows: Sequence[Dot], average: Average | None, is_ratio: bool, left: float, right: float
) -> Scale:
    values = [row.value for row in rows if row.value is not None]
    values += [row.low for row in rows if row.low is not None]
    highs = [row.high for row in rows if row.high is not None]
    if average is not None:
        values.append(average.value)
    if is_ratio:
        return ratio_scale(values + highs, left, right)
    # One place of few people must not flatten all the others: its interval ends on an arrow.
    most = max(values, default=0.0)
    return linear_scale(values + [min(high, 2 * most) for high in highs], left, right)


def _average(scale: Scale, average: Average, bottom: float) -> str:
    x = scale.at(average.value)
    room = marks.width_of(average.label)
    if x + room / 2 > scale.end:
        anchor, place = "end", scale.end
    elif x - room / 2 < scale.start:
        anchor, place = "start", scale.start
    else:
        anchor, place = "middle", x
    words = marks.text(place, TOP - 8, average.label, "average-label", anchor)
    return marks.line(x, TOP - 3, x, bottom, "average") + words


def _row(row: Dot, scale: Scale, top: float, width: float, *, narrow: bool) -> str:
    tall = TALL_ROW if narrow else ROW
    css = "name name--here" if row.is_here else "name"
    figures = row.figures if row.value is not None else row.figures or NOT_TOLD
    if narrow:
        y = top + 29
        room = width - marks.width_of(figures) - 20
        named = marks.text(6, top + 15, marks.shorten(row.label, room), css)
        told = marks.text(width - 6, top + 15, figures, "figure", "end")
    else:
        y = top + tall / 2
        named = marks.text(2, y + 4.5, marks.shorten(row.label, scale.start - 10), css)
        told = marks.text(width - 2, y + 4.5, figures, "figure", "end")
    ground = marks.rectangle(0, top, width, tall, "row-ground")
    drawn = ground + named + told + _interval(row, scale, y)
    words = row.words or f"{row.label} : {figures}"
    return marks.reached(drawn, words, url=row.url, css="row")


def _interval(row: Dot, scale: Scale, y: float) -> str:
    if row.value is None:
        return marks.line(scale.start, y, scale.end, y, "untold")
    parts = []
    if row.low is not None and row.high is not None:
        x1, x2 = scale.at(row.low), scale.at(row.high)
        parts.append(marks.line(x1, y, x2, y, f"interval interval--{row.side}"))
        if row.low < scale.low:
            parts.append(_arrow(x1, y, 1, row.side))
        if row.high > scale.high:
            parts.append(_arrow(x2, y, -1, row.side))
    parts.append(marks.symbol(scale.at(row.value), y, row.side))
    return "".join(parts)


def _arrow(x: float, y: float, inward: int, side: str) -> str:
    points = [(x + 5 * inward, y - 4), (x, y), (x + 5 * inward, y + 4)]
    return marks.path(points, f"interval interval--{side}")
