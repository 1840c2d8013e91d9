"""Funnel plots: is a high ratio a fact, or what chance does to a small place?

Each place stands at the cases expected there (across) and its ratio (up). Between the curves is
what chance alone explains: 95 and 99.8 places in a hundred that have nothing of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maillage.territory.rules.labels import Labelled, place_labels
from maillage.vocabulary.charts import marks
from maillage.vocabulary.charts.scales import Scale, log_scale, ratio_scale

LEFT = 40.0
TOP = 30.0
RIGHT = 12.0
SHAPE = 0.72
"""Height of the plot over its width."""

LABELLED = 9
LABEL_SIZE = 12.0


@dataclass(frozen=True, slots=True)
class Point:
    """A place: expected cases, ratio, how sure it is out (0 inside, 1 beyond 95, 2 beyond
    99.8 %), and what it says."""

    label: str
    expected: float
    ratio: float
    level: int
    words: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """Limits of chance for some expected cases, as ratios."""

    expected: float
    low_95: float
    high_95: float
    low_998: float
    high_998: float


def draw_funnel(
    points: Sequence[Point], limits: Sequence[Limit], *, title: str, unit: str, width: float
) -> str:
    """The funnel. Places that chance does not explain are named and reached by the keyboard; the
    others answer to the pointer, and are in the table. Empty when there is no place."""
    if not points:
        return ""
    height = max((width - LEFT - RIGHT) * SHAPE, 240.0)
    across = log_scale([point.expected for point in points], LEFT, width - RIGHT)
    held = [point.ratio for point in points if point.ratio > 0]
    within = [limit for limit in limits if across.shows(limit.expected)]
    held += [limit.high_95 for limit in within if limit.high_95 < 5]
    up = ratio_scale(held, TOP + height, TOP)
    parts = [
        marks.axis_across(across, TOP, TOP + height, unit=unit, count=5),
        marks.text(0, 13, "observés / attendus", "unit"),
        marks.axis_up(up, LEFT, width - RIGHT),
        _curves(within, across, up),
        marks.line(LEFT, up.at(1.0), width - RIGHT, up.at(1.0), "average"),
    ]
    ordered = sorted(points, key=lambda point: (point.level, -point.expected))
    parts += [_point(point, across, up) for point in ordered]
    parts.append(_labels(ordered, across, up, width, TOP + height))
    return marks.picture(title, width, TOP + height + marks.AXIS_ROOM, parts)


def _curves(limits: Sequence[Limit], across: Scale, up: Scale) -> str:
    if not limits:
        return ""
    parts = []
    for css, low, high in (
        ("998", lambda one: one.low_998, lambda one: one.high_998),
        ("95", lambda one: one.low_95, lambda one: one.high_95),
    ):
        uppers = [(across.at(one.expected), up.at(high(one))) for one in limits]
        lowers = [(across.at(one.expected), up.at(low(one))) for one in limits]
        parts.append(marks.path(uppers + lowers[::-1], f"chance chance--{css}", closed=True))
        parts.append(marks.path(uppers, f"limit limit--{css}"))
        parts.append(marks.path(lowers, f"limit limit--{css}"))
    return "".join(parts)


def _point(point: Point, across: Scale, up: Scale) -> str:
    x, y = across.at(point.expected), up.at(point.ratio)
    if not point.level:
        mark = marks.symbol(x, y, marks.ROUND, radius=3.2)
        return marks.reached(mark, point.words, url=point.url, focus=False)
    side = marks.UP if point.ratio > 1 else marks.DOWN
    mark = marks.symbol(x, y, side, radius=4.0 + point.level)
    return marks.reached(mark, point.words, url=point.url, css=f"out out--{point.level}")


def _labels(points: Sequence[Point], across: Scale, up: Scale, width: float, bottom: float) -> str:
    """Names of the places that differ most surely, those of most cases first."""
    out = sorted(
        (point for point in points if point.level), key=lambda one: (-one.level, -one.expected)
    )
    named = {id(point) for point in out[:LABELLED]}
    items = [
        Labelled(
            across.at(point.expected),
            up.at(point.ratio),
            point.label if id(point) in named else "",
            6.0,
        )
        for point in out
    ]
    return "".join(
        marks.text(one.x, one.y, one.text, "name name--small", one.anchor)
        for one in place_labels(items, width, bottom, LABEL_SIZE)
    )
