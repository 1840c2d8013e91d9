"""Pictures of the printed documents, as SVG that stands alone: its own styles, no web page around.

Classes go from light to dark as things get worse, with a pattern in the last ones, so that a copy
in black and white says the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from html import escape
from typing import TYPE_CHECKING

from maillage.territory.rules.maps import BaseMap, Mark, Shape, draw_map
from maillage.territory.rules.outlines import read_path, to_grid, write_path

if TYPE_CHECKING:
    import numpy as np

LIMITS = (0.995, 0.95, 0.75, 0.5, 0.0)
"""Lower bounds of the classes of communes: share of the hours with an answer in time."""

LABELS = ("99,5 % et plus", "95 à 99,5 %", "75 à 95 %", "50 à 75 %", "moins de 50 %")
NOBODY = "aucun habitant concerné"

GROUNDS = ("#f3eee6", "#efdcc3", "#e3b184", "#b9512f", "#6d1020")
NO_GROUND = "#ffffff"
INK = "#17202b"

HOLE_LIMITS = (0.0, 0.05, 0.25, 0.5, 0.75)
"""Classes of the calendar: share of the residents concerned without answer, bounds excluded."""

GRID = 5
"""Points of outlines are set on a grid of so many map units (0.2 km): a page shows no finer."""

MAP_WIDTH = 620
DAY_WIDTH, HOUR_HEIGHT = 2, 5
"""A cell of the calendar, in its own units."""

MONTHS = ("janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.",
          "nov.", "déc.")  # fmt: skip

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_COMMUNE = re.compile(r'<path class="(\w+)" d="([^"]*)" data-tip="[^"]*"/>')
_SCALE = re.compile(r"scale\(([\d.]+)\)")


def class_of(share: float | None) -> str:
    """The class of a commune: ``q0`` (well served) to ``q4``; ``none`` without anybody."""
    if share is None:
        return "none"
    return f"q{next(rank for rank, limit in enumerate(LIMITS) if share >= limit)}"


def simplify(base: BaseMap) -> BaseMap:
    """The same communes with fewer points. Every point moves to the same grid, so that neighbours
    still share their border exactly."""
    shapes = tuple(replace(shape, path=_simplify_path(shape)) for shape in base.shapes)
    return BaseMap(shapes, ())


def _simplify_path(shape: Shape) -> str:
    if not shape.path:
        return ""
    rings = to_grid(read_path(shape.path), GRID)
    return write_path(rings) if rings else shape.path


def print_map(base: BaseMap, classes: Mapping[str, str], marks: Sequence[Mark], font: str) -> str:
    """A map of communes for paper. ``font`` names the face of the labels."""
    drawn = draw_map(
        base, title="", classes=classes, default_class="none", with_borders=False, marks=marks,
        width=MAP_WIDTH,
    ).svg  # fmt: skip
    found = _SCALE.search(drawn)
    scale = float(found[1]) if found else 1.0
    style = (
        f"path,.commune{{stroke:#fff;stroke-width:{0.35 / scale:.2f};stroke-linejoin:round}}"
        f".none{{fill:{NO_GROUND};stroke:#c9ced6}}{_fills()}"
        f".site{{fill:#fff;stroke:{INK};stroke-width:1.6}}"
        f"text{{font-family:'{font}';font-size:13px;fill:{INK};stroke:#fff;stroke-width:3.4;"
        "stroke-linejoin:round;paint-order:stroke}.label--narrow{display:none}"
    )
    return _alone(_join_communes(drawn), style, 1 / scale)


def _join_communes(svg: str) -> str:
    """Communes of one class as one path: they do not overlap, and the file is much smaller."""
    paths: dict[str, list[str]] = {}
    for css, path in _COMMUNE.findall(svg):
        paths.setdefault(css, []).append(path)
    joined = "".join(f'<path class="{css}" d="{"".join(d)}"/>' for css, d in sorted(paths.items()))
    head = svg.index("<g ")
    head = svg.index(">", head) + 1
    return svg[:head] + joined + _COMMUNE.sub("", svg[head:])


def swatch(css: str) -> str:
    """The class of a map as a small rectangle for its legend."""
    svg = (
        '<svg viewBox="0 0 24 14"><rect class="'
        f'{escape(css)}" x=".5" y=".5" width="23" height="13"/></svg>'
    )
    style = f"rect{{stroke:#50596a;stroke-width:.6}}.none{{fill:{NO_GROUND}}}{_fills()}"
    return _alone(svg, style, 1.0)


def _fills() -> str:
    plain = "".join(f".q{rank}{{fill:{GROUNDS[rank]}}}" for rank in (0, 1, 4))
    return plain + "".join(f".q{rank}{{fill:url(#p{rank})}}" for rank in (2, 3))


def _alone(svg: str, style: str, unit: float) -> str:
    """An SVG of a page as a document: name space, styles, patterns drawn with that unit."""
    defs = (
        f'<defs><pattern id="p2" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="scale({unit:.3f}) rotate(45)"><rect width="6" height="6" '
        f'fill="{GROUNDS[2]}"/><circle cx="3" cy="3" r=".7" fill="#8a4a18"/></pattern>'
        f'<pattern id="p3" width="5" height="5" patternUnits="userSpaceOnUse" '
        f'patternTransform="scale({unit:.3f}) rotate(45)"><rect width="5" height="5" '
        f'fill="{GROUNDS[3]}"/><rect width="1.2" height="5" fill="#f0d9c4"/></pattern></defs>'
    )
    start = svg.index(">") + 1
    head = svg[:start].replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    # Names that people typed are escaped already; what XML cannot carry at all goes.
    return f"{head}<style>{style}</style>{defs}{_CONTROL.sub('', svg[start:])}"


def calendar_picture(shares: np.ndarray, first_day: date, font: str) -> str:
    """The calendar of holes: ``shares[day, hour]`` (0 to 1, NaN for an hour that clocks skip), a
    day by column. Cells of one class that follow each other in a day are one rectangle."""
    import numpy as np

    days = shares.shape[0]
    classes = np.zeros(shares.shape, dtype=np.int8)
    for limit in HOLE_LIMITS:
        classes += np.nan_to_num(shares) > limit
    paths: dict[int, list[str]] = {}
    for day in range(days):
        column = classes[day].tolist()
        start = 0
        for hour in range(1, 25):
            if hour < 24 and column[hour] == column[start]:
                continue
            if column[start]:
                paths.setdefault(column[start], []).append(
                    f"M{day * DAY_WIDTH} {start * HOUR_HEIGHT}h{DAY_WIDTH}"
                    f"v{(hour - start) * HOUR_HEIGHT}h-{DAY_WIDTH}z"
                )
            start = hour
    width, height = days * DAY_WIDTH, 24 * HOUR_HEIGHT
    body = f'<rect class="ground" width="{width}" height="{height}"/>'
    body += "".join(
        f'<path fill="{GROUNDS[level - 1] if level > 1 else "#e3c79f"}" d="{"".join(parts)}"/>'
        for level, parts in sorted(paths.items())
    )
    body += _rules(first_day, days, width, height)
    svg = f'<svg viewBox="-34 -4 {width + 36} {height + 22}">{body}</svg>'
    style = (
        ".ground{fill:#f6f5f2}"
        f"text{{font-family:'{font}';font-size:12px;fill:{INK}}}"
        ".rule{stroke:#50596a;stroke-width:.6;fill:none}"
    )
    return _alone(svg, style, 1.0)


def _rules(first_day: date, days: int, width: int, height: int) -> str:
    """Lines and names of months and hours."""
    parts = []
    for hour in (0, 6, 12, 18, 24):
        y = hour * HOUR_HEIGHT
        parts.append(f'<path class="rule" d="M-4 {y}H0"/>')
        parts.append(f'<text x="-7" y="{y + 4}" text-anchor="end">{hour} h</text>')
    for day in range(days):
        here = first_day + timedelta(days=day)
        if here.day != 1:
            continue
        x = day * DAY_WIDTH
        parts.append(f'<path class="rule" d="M{x} 0V{height + 4}"/>')
        if width - x > 40:
            name = MONTHS[here.month - 1]
            year = f" {here.year}" if here.month == 1 else ""
            parts.append(f'<text x="{x + 3}" y="{height + 15}">{name}{year}</text>')
    parts.append(f'<rect class="rule" width="{width}" height="{height}"/>')
    return "".join(parts)
