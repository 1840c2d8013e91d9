"""Trends: a value by year with its interval, beside those it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from maillage.vocabulary.charts import marks
from maillage.vocabulary.charts.scales import Scale, linear_scale, ratio_scale

LEFT = 46.0
TOP = 14.0
NAMES = 150.0
NARROW_NAMES = 104.0
NARROW = 480.0
SHAPE = 0.5
LABEL_STEP = 16.0
"""Least distance between two names at the right."""

INSET = 14.0


@dataclass(frozen=True, slots=True)
class YearValue:
    """A value of a year; None when it is not communicated (the line is then broken)."""

    year: int
    value: float | None
    low: float | None = None
    high: float | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name at its right end. The ``main`` one has its interval as a band, and points
    that the keyboard reaches; the others are context, thinner."""

    label: str
    values: tuple[YearValue, ...]
    is_main: bool = False
    is_average: bool = False


def draw_trends(
    series: Sequence[Series], *, title: str, unit: str, is_ratio: bool = False, width: float
) -> str:
    """The lines, the main ones above. Empty when no value is known."""
    years = sorted({one.year for line in series for one in line.values})
    known = [line for line in series if any(one.value is not None for one in line.values)]
    if not known:
        return ""
    right = width - (NARROW_NAMES if width < NARROW else NAMES)
    height = max((right - LEFT) * SHAPE, 190.0)
    values = [v for line in known for one in line.values for v in _held(one, line.is_main)]
    start, end = TOP + 18 + height, TOP + 18
    up = (
        ratio_scale(values, start, end)
        if is_ratio
        else linear_scale(values, start, end, from_zero=False)
    )
    across = Scale(years[0], max(years[-1], years[0] + 1), LEFT + INSET, right - INSET)
    parts = [
        marks.text(0, TOP, unit, "unit"),
        marks.axis_up(up, LEFT, right),
        *(
            marks.text(across.at(year), start + 18, str(year), "tick", "middle")
            for year in _spaced(years, across)
        ),
    ]
    ordered = sorted(known, key=lambda line: line.is_main)
    parts += [_line(line, across, up) for line in ordered]
    parts.append(_names(known, up, right + 4, width - right - 4))
    return marks.picture(title, width, start + 28, parts)


def _held(one: YearValue, with_interval: bool) -> list[float]:
    values = (one.value, one.low, one.high) if with_interval else (one.value,)
    return [value for value in values if value is not None]


def _spaced(years: Sequence[int], across: Scale) -> list[int]:
    """Years whose labels do not touch: all, or every second one ..."""
    step = 1
    while len(years) > 1 and (across.end - across.start) / (len(years) - 1) * step < 40:
        step += 1
    return list(years[::-1][::step])


def _line(line: Series, across: Scale, up: Scale) -> str:
    css = "main" if line.is_main else "average" if line.is_average else "other"
    parts = []
    ordered = sorted(line.values, key=lambda one: one.year)
    for is_known, group in groupby(ordered, key=lambda one: one.value is not None):
        if not is_known:
            continue
        run = list(group)
        if line.is_main:
            parts.append(_band(run, across, up))
        points = [(across.at(one.year), up.at(one.value or 0.0)) for one in run]
        parts.append(marks.path(points, f"trend trend--{css}"))
    for one in ordered:
        if one.value is None:
            continue
        size = 3.6 if line.is_main else 2.4
        dot = marks.symbol(
            across.at(one.year), up.at(one.value), marks.ROUND, f"trend-point--{css}", size
        )
        parts.append(marks.reached(dot, one.words or line.label, focus=line.is_main))
    return "".join(parts)


def _band(run: Sequence[YearValue], across: Scale, up: Scale) -> str:
    """The interval of each year, joined into a band; a lone year has a bar."""
    held = [one for one in run if one.low is not None and one.high is not None]
    highs = [(across.at(one.year), up.at(one.high or 0.0)) for one in held]
    lows = [(across.at(one.year), up.at(one.low or 0.0)) for one in held]
    if len(held) == 1:
        return marks.path([highs[0], lows[0]], "interval interval--same")
    return marks.path(highs + lows[::-1], "band", closed=True)


def _names(series: Sequence[Series], up: Scale, x: float, room: float) -> str:
    """Names at the right ends, moved apart when they would touch."""
    wanted = []
    for line in series:
        last = [one for one in line.values if one.value is not None][-1]
        wanted.append((up.at(last.value or 0.0), line))
    wanted.sort(key=lambda pair: pair[0])
    parts, before = [], float("-inf")
    floor = up.start
    places = []
    for y, line in wanted:
        before = max(y, before + LABEL_STEP)
        places.append((before, line))
    over = places[-1][0] - floor
    for y, line in places:
        css = "name name--here" if line.is_main else "name"
        moved = y - max(over, 0.0)
        parts.append(marks.text(x, moved + 4, marks.shorten(line.label, room), css))
    return "".join(parts)


def draw_spark(values: Sequence[YearValue], *, title: str, width: float = 132.0) -> str:
    """A small trend for a row of a table: the line, its band, the last point. Its row says the
    figures. Empty under two known years."""
    known = [one for one in values if one.value is not None]
    if len(known) < 2:
        return ""
    height, margin = 32.0, 5.0
    held = [v for one in known for v in _held(one, True)]
    low, high = min(held), max(held)
    up = Scale(low, high if high > low else low + 1.0, height - margin, margin)
    across = Scale(known[0].year, known[-1].year, margin, width - margin)
    line = Series(title, tuple(values), is_main=True)
    last = known[-1]
    body = _band_runs(line, across, up) + marks.symbol(
        across.at(last.year), up.at(last.value or 0.0), marks.ROUND, "trend-point--main", 3.0
    )
    return (
        f'<svg class="chart spark" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" aria-hidden="true">{body}</svg>'
    )


def _band_runs(line: Series, across: Scale, up: Scale) -> str:
    parts = []
    for is_known, group in groupby(line.values, key=lambda one: one.value is not None):
        if is_known:
            run = list(group)
            parts.append(_band(run, across, up))
            points = [(across.at(one.year), up.at(one.value or 0.0)) for one in run]
            parts.append(marks.path(points, "trend trend--main"))
    return "".join(parts)
