"""The drawing of delays by month: two lines in SVG units, their axis and their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720.0, 260.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 600.0, 16.0, 224.0

STEPS = (5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 14400, 43200)
"""Minutes between two lines of the axis: round lengths of time."""

LEAST_GAP = 18.0
"""Between the two labels at the end of the lines."""


@dataclass(frozen=True)
class Point:
    """A month: its short name, its full one, and the two values, minutes (None: unknown)."""

    short: str
    label: str
    median: float | None
    ninth: float | None


@dataclass(frozen=True)
class Mark:
    """A value as drawn."""

    x: float
    y: float
    label: str
    minutes: float


@dataclass(frozen=True)
class Curve:
    """A line: its path (broken where a month is unknown), its marks, and where its name stands."""

    name: str
    path: str
    marks: tuple[Mark, ...]
    label_x: float
    label_y: float


@dataclass(frozen=True)
class Tick:
    """A line of an axis and its words."""

    at: float
    label: str


@dataclass(frozen=True)
class Chart:
    """The whole drawing."""

    median: Curve
    ninth: Curve
    lines: tuple[Tick, ...]
    months: tuple[Tick, ...]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = RIGHT
    foot: float = BOTTOM + 22


def axis_words(minutes: int) -> str:
    """« 45 min », « 6 h », « 3 j », « 2 j 12 h »."""
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} j" + (f" {hours % 24} h" if hours % 24 else "")
    return f"{hours} h" + (f" {rest:02d}" if rest else "")


def lay_out(points: Sequence[Point]) -> Chart | None:
    """Place the months from left to right and the values from 0 up; None without any value."""
    known = [p.ninth for p in points if p.ninth is not None]
    if not known:
        return None
    highest = max(known)
    step = next((one for one in STEPS if highest / one <= 5), STEPS[-1])
    top = step * max(1, -(-int(highest + 0.999) // step))
    places = [round(LEFT + (RIGHT - LEFT) * (i + 0.5) / len(points), 1) for i in range(len(points))]

    def height(minutes: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * minutes / top, 1)

    def marks(values: Sequence[float | None]) -> list[Mark | None]:
        return [
            None if value is None else Mark(x, height(value), point.label, value)
            for x, value, point in zip(places, values, points, strict=True)
        ]

    medians, ninths = marks([p.median for p in points]), marks([p.ninth for p in points])
    low = next(m.y for m in reversed(medians) if m is not None)
    high = next(m.y for m in reversed(ninths) if m is not None)
    if low - high < LEAST_GAP:
        middle = (low + high) / 2
        low, high = middle + LEAST_GAP / 2, middle - LEAST_GAP / 2
    return Chart(
        median=_curve("médiane", medians, low),
        ninth=_curve("9 sur 10", ninths, high),
        lines=tuple(Tick(height(v), axis_words(v)) for v in range(0, top + 1, step)),
        months=tuple(Tick(x, p.short) for x, p in zip(places, points, strict=True)),
    )


def _curve(name: str, marks: Sequence[Mark | None], label_y: float) -> Curve:
    path, pen_is_up = [], True
    for mark in marks:
        if mark is not None:
            path.append(f"{'M' if pen_is_up else 'L'}{mark.x} {mark.y}")
        pen_is_up = mark is None
    drawn = tuple(mark for mark in marks if mark is not None)
    return Curve(name, "".join(path), drawn, round(drawn[-1].x + 10, 1), round(label_y + 4, 1))
