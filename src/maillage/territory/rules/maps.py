"""Maps as inline SVG: communes in classes, borders, ways and sites, labels that do not collide.

A caller reads a :class:`BaseMap` (``queries.get_base_map``), colours it with :func:`classify` or
with its own mapping of commune code to CSS class, lays :class:`Mark` and :class:`Way` layers over
it, and hands the :class:`MapView` of :func:`draw_map` to ``territory/components/map.html``. CSS
classes are those of ``map.css``: ``q0`` to ``q6``, ``ok``, ``limit``, ``late``, ``hole``, ``none``.

Communes are drawn in map units inside one scaled group, so that their paths never change; marks and
labels are drawn in the units of the picture, so that they keep their size at any zoom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import sqrt

from maillage.territory.rules.labels import Labelled, place_labels
from maillage.territory.rules.outlines import join_boxes, to_map_units

WIDTH = 800
"""Width of the picture in its own units; on a wide screen one unit is about one pixel."""

TALLEST = 0.72
"""Height of a wide picture over its width, at most: it must fit on a screen. A small one may be as
tall as it is wide."""

SMALL_WIDTH = 500
"""Up to this width a picture stands beside a text, and keeps its size on a phone."""

PADDING = 14
NARROW_SHRINK = 2.1
"""How much a phone shrinks a wide picture: labels and marks have a second, larger layout for it."""

SMALLEST_FRAME = 360.0
"""Side of the smallest frame, in map units (about 15 km at 50° north)."""

LABEL_SIZE = 13.0
MARK_RADIUS = 6.0
MAIN_MARK_RADIUS = 8.0


@dataclass(frozen=True, slots=True)
class Shape:
    """A commune to draw. ``path`` is empty when its contour is not installed."""

    code: str
    name: str
    department: str
    epci: str
    residents: int
    area_km2: float | None
    latitude: float
    longitude: float
    path: str
    box: tuple[float, ...]
    partial: bool = False

    @property
    def density(self) -> float | None:
        return self.residents / self.area_km2 if self.area_km2 else None


@dataclass(frozen=True, slots=True)
class Border:
    """The border of an inter-communal authority."""

    code: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class BaseMap:
    """Communes and borders of a part of the territory."""

    shapes: tuple[Shape, ...]
    borders: tuple[Border, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(shape.code for shape in self.shapes)

    @property
    def missing_outlines(self) -> int:
        return sum(not shape.path for shape in self.shapes)


@dataclass(frozen=True, slots=True)
class Mark:
    """A site, or a bare label when ``css`` is empty. ``css``: ``site``, ``site site--main``, ...
    Marks given first have their labels placed first."""

    latitude: float
    longitude: float
    label: str = ""
    css: str = "site"
    url: str = ""
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A line through places (latitude, longitude). Drawn twice, over a casing."""

    places: tuple[tuple[float, float], ...]
    css: str = "way"


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A class of the map: its CSS class, its French label and how many communes it holds."""

    css: str
    label: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class MapView:
    """A drawn map, ready for ``territory/components/map.html``. ``svg`` is safe markup."""

    svg: str
    title: str
    legend: tuple[LegendEntry, ...] = ()
    legend_title: str = ""
    source: str = ""
    missing_outlines: int = 0
    partial_outlines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Frame:
    """From map units to the picture: ``x * scale + dx``."""

    scale: float
    dx: float
    dy: float
    width: float
    height: float
    box: tuple[float, float, float, float]

    def place(self, latitude: float, longitude: float) -> tuple[float, float]:
        x, y = to_map_units(latitude, longitude)
        return x * self.scale + self.dx, y * self.scale + self.dy


def classify(
    base: BaseMap, values: Mapping[str, float | None], limits: Sequence[float], unit: str = ""
) -> tuple[dict[str, str], tuple[LegendEntry, ...]]:
    """Classes ``q0``, ``q1``, ... of communes by value, and the legend with counts. A class starts
    at its limit; communes without a value are ``none``."""
    classes: dict[str, str] = {}
    counts = [0] * len(limits)
    unknown = 0
    for shape in base.shapes:
        value = values.get(shape.code)
        if value is None:
            classes[shape.code] = "none"
            unknown += 1
            continue
        rank = max((i for i, limit in enumerate(limits) if value >= limit), default=0)
        classes[shape.code] = f"q{rank}"
        counts[rank] += 1
    entries = [
        LegendEntry(f"q{rank}", _class_label(limits, rank, unit), count)
        for rank, count in enumerate(counts)
        if count
    ]
    if unknown:
        entries.append(LegendEntry("none", "non connu", unknown))
    return classes, tuple(entries)


def _class_label(limits: Sequence[float], rank: int, unit: str) -> str:
    suffix = f" {unit}" if unit else ""
    if rank + 1 == len(limits):
        return f"{_thousands(limits[rank])}{suffix} et plus"
    if rank == 0:
        return f"moins de {_thousands(limits[1])}{suffix}"
    return f"{_thousands(limits[rank])} à {_thousands(limits[rank + 1])}{suffix}"


def _thousands(number: float) -> str:
    return f"{number:,.0f}".replace(",", "\u202f")


def town_labels(base: BaseMap, limit: int) -> tuple[Mark, ...]:
    """The names of the largest communes, as labels without a mark."""
    largest = sorted(base.shapes, key=lambda shape: (-shape.residents, shape.code))[:limit]
    return tuple(Mark(s.latitude, s.longitude, label=s.name, css="") for s in largest)


def draw_map(
    base: BaseMap,
    *,
    title: str,
    classes: Mapping[str, str] | None = None,
    default_class: str = "q0",
    tips: Mapping[str, str] | None = None,
    link: str = "",
    interactive: bool = False,
    here: str = "",
    with_borders: bool = True,
    outlines: Sequence[str] = (),
    marks: Sequence[Mark] = (),
    ways: Sequence[Way] = (),
    fit: Iterable[tuple[float, float]] = (),
    legend: Sequence[LegendEntry] = (),
    legend_title: str = "",
    source: str = "",
    width: int = WIDTH,
) -> MapView:
    """Draw a map.

    ``classes`` and ``tips`` go by commune code (tips default to the names); ``link`` is an address
    with ``{code}``, which makes communes open a page; ``interactive`` also lets the keyboard reach
    each of them: only for few communes, the table is the keyboard's way otherwise. ``here``
    outlines one commune. ``outlines`` are further borders (paths in map units, see
    ``outlines.dissolve``). ``fit`` are places (latitude, longitude) that the picture must show: it
    then zooms on them and leaves out the communes that are far from them; by default it shows all
    communes, marks and ways. ``width`` is the width that the picture is meant for, in pixels.
    """
    frame = _frame(base, tuple(fit), marks, ways, width)
    shown = [shape for shape in base.shapes if _meets(_box_of(shape), frame.box)]
    borders = [border.path for border in base.borders if border.path] if with_borders else []
    ground = _draw_communes(shown, classes or {}, default_class, tips or {}, link, interactive)
    if here:
        ground += "".join(
            f'<path class="outline here" d="{shape.path}"/>'
            for shape in shown
            if shape.code == here and shape.path
        )
    rims = "".join(f'<path class="group" d="{path}"/>' for path in borders)
    rims += "".join(f'<path class="outline" d="{path}"/>' for path in outlines)
    hidden = "" if interactive else ' aria-hidden="true"'
    parts = [
        f'<svg class="map" viewBox="0 0 {frame.width:g} {frame.height:.0f}" role="group" '
        f'aria-label="{escape(title)}">',
        f'<g transform="translate({frame.dx:.2f} {frame.dy:.2f}) scale({frame.scale:.5f})" '
        f'fill-rule="evenodd"{hidden}>{ground}{rims}</g>',
        *(_draw_way(way, frame) for way in ways),
        *_draw_marks(marks, frame, two_layouts=width > SMALL_WIDTH),
        "</svg>",
    ]
    missing = sum(not shape.path for shape in shown)
    partial = tuple(shape.name for shape in shown if shape.partial)
    return MapView("".join(parts), title, tuple(legend), legend_title, source, missing, partial)


def _frame(
    base: BaseMap,
    fit: Sequence[tuple[float, float]],
    marks: Sequence[Mark],
    ways: Sequence[Way],
    width: int,
) -> _Frame:
    """Where the picture looks. Without anything to show, at the origin."""
    boxes: list[Sequence[float]]
    if fit:
        boxes = [_point_box(*to_map_units(*place)) for place in fit]
    else:
        boxes = [_box_of(shape) for shape in base.shapes]
        places = [(mark.latitude, mark.longitude) for mark in marks if mark.css]
        places += [place for way in ways for place in way.places]
        boxes += [_point_box(*to_map_units(*place)) for place in places]
    left, top, right, bottom = join_boxes(boxes) if boxes else (0.0, 0.0, 1.0, 1.0)
    across, down = max(right - left, 1.0), max(bottom - top, 1.0)
    if fit:
        margin = max(across, down) * 0.18
        across = max(across + 2 * margin, SMALLEST_FRAME)
        down = max(down + 2 * margin, across * 0.55)
        across = max(across, down * 1.2)
    inner = width - 2 * PADDING
    tallest = TALLEST if width > SMALL_WIDTH else 1.0
    scale = min(inner / across, inner * tallest / down)
    height = down * scale + 2 * PADDING
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    dx, dy = width / 2 - middle_x * scale, height / 2 - middle_y * scale
    seen = (-dx / scale, -dy / scale, (width - dx) / scale, (height - dy) / scale)
    return _Frame(scale, dx, dy, width, height, seen)


def _point_box(x: float, y: float) -> tuple[float, float, float, float]:
    return (x, y, x, y)


def _box_of(shape: Shape) -> tuple[float, ...]:
    if shape.box:
        return shape.box
    x, y = to_map_units(shape.latitude, shape.longitude)
    radius = _dot_radius(shape)
    return (x - radius, y - radius, x + radius, y + radius)


def _meets(one: Sequence[float], other: Sequence[float]) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _dot_radius(shape: Shape) -> float:
    """Radius of the dot of a commune without contour, in map units: its area grows with its
    residents."""
    return 8 + sqrt(shape.residents) / 8


def _draw_communes(
    shapes: Iterable[Shape],
    classes: Mapping[str, str],
    default_class: str,
    tips: Mapping[str, str],
    link: str,
    interactive: bool,
) -> str:
    parts = []
    for shape in shapes:
        css = classes.get(shape.code, default_class)
        tip = escape(tips.get(shape.code) or shape.name)
        if shape.path:
            drawing = f'<path class="{css}" d="{shape.path}"'
        else:
            x, y = to_map_units(shape.latitude, shape.longitude)
            radius = _dot_radius(shape)
            drawing = f'<circle class="commune {css}" cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}"'
        if not link:
            reach = f' tabindex="0" role="img" aria-label="{tip}"' if interactive else ""
            parts.append(f'{drawing}{reach} data-tip="{tip}"/>')
            continue
        address = escape(link.replace("{code}", shape.code))
        reach = f' aria-label="{tip}"' if interactive else ' tabindex="-1"'
        parts.append(f'<a href="{address}"{reach} data-tip="{tip}">{drawing}/></a>')
    return "".join(parts)


def _draw_way(way: Way, frame: _Frame) -> str:
    points = " ".join(f"{x:.1f} {y:.1f}" for x, y in (frame.place(*p) for p in way.places))
    css = escape(way.css)
    return f'<path class="{css} way--casing" d="M{points}"/><path class="{css}" d="M{points}"/>'


def _draw_marks(marks: Sequence[Mark], frame: _Frame, *, two_layouts: bool) -> Iterable[str]:
    """Symbols, then the labels of a wide screen, then those of a phone."""
    seen = []
    for mark in marks:
        x, y = frame.place(mark.latitude, mark.longitude)
        if 0 <= x <= frame.width and 0 <= y <= frame.height:
            seen.append((mark, x, y))
    # The first marks are the most important ones: they are drawn last, above the others.
    for mark, x, y in reversed(seen):
        if mark.css:
            yield _draw_symbol(mark, x, y)
    layouts = ((1.0, "label label--wide"), (NARROW_SHRINK, "label label--narrow"))
    for zoom, css in layouts if two_layouts else ((1.0, "label"),):
        items = [
            Labelled(x, y, mark.label, _radius(mark) * zoom if mark.css else 0.0)
            for mark, x, y in seen
        ]
        for place in place_labels(items, frame.width, frame.height, LABEL_SIZE * zoom):
            # Marks have an accessible name of their own; bare labels name communes of the table.
            yield (
                f'<text class="{css}" x="{place.x:.1f}" y="{place.y:.1f}" '
                f'text-anchor="{place.anchor}" aria-hidden="true">{escape(place.text)}</text>'
            )


def _radius(mark: Mark) -> float:
    return MAIN_MARK_RADIUS if "--main" in mark.css or "--here" in mark.css else MARK_RADIUS


def _draw_symbol(mark: Mark, x: float, y: float) -> str:
    name = escape(mark.tip or mark.label)
    circle = f'<circle class="{escape(mark.css)}" cx="{x:.1f}" cy="{y:.1f}" r="{_radius(mark):g}"'
    if mark.url:
        return f'<a href="{escape(mark.url)}" aria-label="{name}" data-tip="{name}">{circle}/></a>'
    return f'{circle} role="img" aria-label="{name}" data-tip="{name}"/>'
