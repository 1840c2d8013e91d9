"""Bars, and pyramids of two sides: what is counted, by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maillage.vocabulary.charts import marks
from maillage.vocabulary.charts.scales import Scale, linear_scale
from maillage.vocabulary.numbers import NOT_TOLD

ROW = 28.0
NAMES = 176.0
NARROW = 480.0
NARROW_NAMES = 104.0
FIGURES = 92.0
TOP = 20.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A class: its name, its value (None: not communicated), its interval if any. ``css`` is the
    fill (``q0`` to ``q6``, ``ok`` ...)."""

    label: str
    value: float | None
    figures: str = ""
    words: str = ""
    css: str = "q4"
    url: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class PyramidRow:
    """A class of a pyramid: one value on each side, None when it is not communicated."""

    label: str
    left: float | None
    right: float | None
    left_words: str = ""
    right_words: str = ""


def draw_bars(bars: Sequence[Bar], *, title: str, unit: str, width: float) -> str:
    """Bars from zero, one under the other, their figures after them. Empty without a bar."""
    if not bars:
        return ""
    left = NARROW_NAMES if width < NARROW else NAMES
    bottom = TOP + ROW * len(bars)
    values = [v for one in bars for v in (one.value, one.high) if v is not None]
    scale = linear_scale(values, left, width - FIGURES)
    parts = [marks.axis_across(scale, TOP, bottom, unit=unit, count=3 if width < NARROW else 5)]
    for rank, one in enumerate(bars):
        parts.append(_bar(one, scale, TOP + rank * ROW, width))
    return marks.picture(title, width, bottom + marks.AXIS_ROOM, parts)


def _bar(one: Bar, scale: Scale, top: float, width: float) -> str:
    middle = top + ROW / 2
    figures = one.figures if one.value is not None else NOT_TOLD
    drawn = marks.rectangle(0, top, width, ROW, "row-ground")
    drawn += marks.text(2, middle + 4.5, marks.shorten(one.label, scale.start - 10), "name")
    drawn += marks.text(width - 2, middle + 4.5, figures, "figure", "end")
    if one.value is None:
        drawn += marks.line(scale.start, middle, scale.end, middle, "untold")
    else:
        zero = scale.at(0.0)
        drawn += marks.rectangle(
            zero, top + 5, scale.at(one.value) - zero, ROW - 10, f"bar {one.css}"
        )
    if one.value is not None and one.low is not None and one.high is not None:
        drawn += marks.line(scale.at(one.low), middle, scale.at(one.high), middle, "whisker")
    return marks.reached(drawn, one.words or f"{one.label} : {figures}", url=one.url, css="row")


def draw_pyramid(
    rows: Sequence[PyramidRow], *, title: str, sides: tuple[str, str], unit: str, width: float
) -> str:
    """Rows from the first (top) to the last, the names between the two sides. Empty without a
    row."""
    if not rows:
        return ""
    names = max(marks.room_for(row.label for row in rows) + 12, 60.0)
    half = (width - names) / 2
    bottom = TOP + (ROW - 6) * len(rows)
    values = [v for row in rows for v in (row.left, row.right) if v is not None]
    rightward = linear_scale(values, half + names, width - 8)
    leftward = Scale(rightward.low, rightward.high, half, 8)
    ticks = 2 if width < NARROW else 4
    parts = [
        marks.axis_across(rightward, TOP, bottom, unit=unit, count=ticks),
        _left_axis(leftward, bottom, unit, ticks),
        marks.text(half, TOP - 6, sides[0], "name", "end"),
        marks.text(half + names, TOP - 6, sides[1], "name"),
    ]
    for rank, row in enumerate(rows):
        top = TOP + rank * (ROW - 6)
        middle = top + (ROW - 6) / 2
        parts.append(marks.text(half + names / 2, middle + 4.5, row.label, "tick", "middle"))
        parts.append(_side(row.left, row.left_words or row.label, leftward, top, "left"))
        parts.append(_side(row.right, row.right_words or row.label, rightward, top, "right"))
    return marks.picture(title, width, bottom + marks.AXIS_ROOM, parts)


def _left_axis(scale: Scale, bottom: float, unit: str, count: int) -> str:
    mirrored = Scale(-scale.high, -scale.low, scale.end, scale.start)
    drawn = []
    for value in marks.ticks_of(scale, count):
        x = mirrored.at(-value)
        drawn.append(marks.line(x, TOP, x, bottom, "grid"))
        drawn.append(marks.text(x, bottom + 16, marks.tick_words([value])[0], "tick", "middle"))
    middle = (scale.start + scale.end) / 2
    return "".join(drawn) + marks.text(middle, bottom + 33, unit, "unit", "middle")


def _side(value: float | None, words: str, scale: Scale, top: float, side: str) -> str:
    middle = top + (ROW - 6) / 2
    if value is None:
        return marks.reached(
            marks.line(scale.start, middle, scale.end, middle, "untold"), words, focus=False
        )
    x1, x2 = sorted((scale.at(0.0), scale.at(value)))
    drawn = marks.rectangle(x1, top + 2, x2 - x1, ROW - 10, f"bar bar--{side}")
    return marks.reached(drawn, words, focus=False)
