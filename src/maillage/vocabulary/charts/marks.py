"""Marks of a chart: SVG elements with classes, every text escaped, every number short."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from math import ceil

from maillage.vocabulary.charts.scales import Scale, ticks_of
from maillage.vocabulary.numbers import french

GLYPH = 7.0
"""Mean width of a letter at the size of the labels (13), in pixels."""

RADIUS = 4.5

UP, DOWN, ROUND = "above", "below", "same"


def number(value: float) -> str:
    """A coordinate with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")


def picture(title: str, width: float, height: float, parts: Iterable[str]) -> str:
    """The whole drawing. It is a group and not an image, so that the links in it are reached."""
    return (
        f'<svg class="chart" viewBox="0 0 {number(width)} {number(height)}" '
        f'width="{number(width)}" height="{number(height)}" role="group" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def text(x: float, y: float, words: str, css: str = "", anchor: str = "start") -> str:
    """A label. Hidden from screen readers: what it says is in the name of its mark or the table."""
    css = f" {css}" if css else ""
    place = f'x="{number(x)}" y="{number(y)}"'
    end = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="chart-text{css}" {place}{end} aria-hidden="true">{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    return f'<path class="{css}" d="M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}"/>'


def path(points: Sequence[tuple[float, float]], css: str, *, closed: bool = False) -> str:
    """A broken line through points, or the shape that they close."""
    if not points:
        return ""
    steps = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f'<path class="{css}" d="M{steps}{"Z" if closed else ""}"/>'


def rectangle(x: float, y: float, width: float, height: float, css: str) -> str:
    return (
        f'<rect class="{css}" x="{number(x)}" y="{number(y)}" '
        f'width="{number(max(width, 0))}" height="{number(max(height, 0))}"/>'
    )


def symbol(x: float, y: float, side: str, css: str = "", radius: float = RADIUS) -> str:
    """The sign of a value: a triangle up or down when it truly differs, else a ring. Form and not
    colour alone says which."""
    css = f"mark mark--{side}{' ' + css if css else ''}"
    if side == UP:
        wide, tall = radius * 1.15, radius * 1.1
        return path([(x - wide, y + tall), (x + wide, y + tall), (x, y - tall)], css, closed=True)
    if side == DOWN:
        wide, tall = radius * 1.15, radius * 1.1
        return path([(x - wide, y - tall), (x + wide, y - tall), (x, y + tall)], css, closed=True)
    return f'<circle class="{css}" cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"/>'


def reached(content: str, words: str, *, url: str = "", css: str = "", focus: bool = True) -> str:
    """A mark that says ``words`` on hover and on focus, and opens ``url`` when there is one.
    Without ``focus`` only the pointer meets it: the table is then the keyboard's way."""
    said = escape(words)
    kind = f' class="{css}"' if css else ""
    if url:
        away = "" if focus else ' tabindex="-1" aria-hidden="true"'
        name = f' aria-label="{said}"' if focus else ""
        return f'<a{kind} href="{escape(url)}"{name}{away} data-tip="{said}">{content}</a>'
    if focus:
        return (
            f'<g{kind} tabindex="0" role="img" aria-label="{said}" data-tip="{said}">{content}</g>'
        )
    return f'<g{kind} aria-hidden="true" data-tip="{said}">{content}</g>'


def shorten(words: str, room: float) -> str:
    """Words that fit into some pixels, their end replaced by an ellipsis."""
    letters = int(room / GLYPH)
    return words if len(words) <= letters else f"{words[: max(letters - 1, 1)].rstrip()}…"


def width_of(words: str) -> float:
    """Pixels that a label takes, about."""
    return len(words) * GLYPH


def tick_words(values: Sequence[float]) -> list[str]:
    """The values of an axis, with the fewest decimals that tell them apart (two at most)."""
    for decimals in (0, 1, 2):
        said = [french(value, decimals) for value in values]
        exact = all(abs(round(value, decimals) - value) < 1e-9 for value in values)
        if exact or decimals == 2:
            break
    return [_shorter(words) for words in said]


def _shorter(words: str) -> str:
    return words.rstrip("0").rstrip(",") if "," in words else words


def axis_across(scale: Scale, top: float, bottom: float, *, unit: str, count: int = 5) -> str:
    """An axis from left to right: fine lines from ``top`` to ``bottom``, values under them, then
    the unit. It takes :data:`AXIS_ROOM` under ``bottom``."""
    values = ticks_of(scale, count)
    parts = [line(scale.at(value), top, scale.at(value), bottom, "grid") for value in values]
    last = float("-inf")
    for value, words in zip(values, tick_words(values), strict=True):
        half = width_of(words) / 2
        place = min(max(scale.at(value), scale.start + half / 2), scale.end - half / 2)
        if place - half < last + 4:
            continue
        parts.append(text(place, bottom + 16, words, "tick", "middle"))
        last = place + half
    if unit:
        middle = (scale.start + scale.end) / 2
        parts.append(text(middle, bottom + 33, unit, "unit", "middle"))
    return "".join(parts)


AXIS_ROOM = 40.0


def axis_up(scale: Scale, left: float, right: float, *, count: int = 5) -> str:
    """An axis from bottom to top: fine lines from ``left`` to ``right``, values before them."""
    values = ticks_of(scale, count)
    parts = []
    for value, words in zip(values, tick_words(values), strict=True):
        y = scale.at(value)
        parts.append(line(left, y, right, y, "grid"))
        parts.append(text(left - 6, y + 4, words, "tick", "end"))
    return "".join(parts)


def room_for(values: Iterable[str]) -> float:
    """Pixels to leave for the longest of some labels."""
    return ceil(max((width_of(words) for words in values), default=0.0))
