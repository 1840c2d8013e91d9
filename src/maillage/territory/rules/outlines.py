"""Outlines of communes: well-known binary in, map units and SVG paths out.

A ring is a tuple of points whose last point is not repeated; an outline is a list of rings. In
degrees a point is ``(longitude, latitude)``. Map units are whole numbers, x to the east and y to
the south, one for ``METRES_PER_MAP_UNIT`` metres of the Web Mercator projection: neighbours keep
exactly the same points on their common border.
"""

from __future__ import annotations

import re
import struct
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from math import asinh, cos, hypot, radians, sin, tan

from maillage.territory.rules.thresholds import (
    INTERIOR_POINT_LINES,
    MAP_ORIGIN,
    METRES_PER_MAP_UNIT,
)
from maillage.vocabulary.geo import EARTH_RADIUS_KM

Point = tuple[float, float]
Ring = tuple[Point, ...]
MapPoint = tuple[int, int]
MapRing = tuple[MapPoint, ...]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in map units."""

MERCATOR_RADIUS = 6_378_137.0
"""Radius of the sphere of the Web Mercator projection, metres (EPSG:3857)."""

POLYGON, MULTI_POLYGON = 3, 6
SRID_FLAG = 0x2000_0000


def read_wkb_point(text: str) -> Point:
    """Longitude and latitude of a point in hexadecimal well-known binary (with or without SRID).
    Raises ``ValueError`` when it is not one."""
    data = bytes.fromhex(text)
    order, kind, at = _wkb_head(data, 0)
    if kind != 1:
        raise ValueError(f"well-known binary of type {kind}, a point was expected")
    longitude, latitude = struct.unpack_from(order + "2d", data, at)
    return longitude, latitude


def read_wkb_polygons(text: str) -> list[list[Ring]]:
    """The polygons of a polygon or multipolygon in hexadecimal well-known binary, each as its
    rings, outer ring first. Raises ``ValueError`` when it is neither."""
    data = bytes.fromhex(text)
    order, kind, at = _wkb_head(data, 0)
    try:
        if kind == POLYGON:
            polygon, _ = _wkb_rings(data, at, order)
            return [polygon]
        if kind != MULTI_POLYGON:
            raise ValueError(f"well-known binary of type {kind}, polygons were expected")
        (count,) = struct.unpack_from(order + "I", data, at)
        at += 4
        polygons = []
        for _ in range(count):
            part_order, part_kind, at = _wkb_head(data, at)
            if part_kind != POLYGON:
                raise ValueError(f"well-known binary of type {part_kind} inside polygons")
            polygon, at = _wkb_rings(data, at, part_order)
            polygons.append(polygon)
    except struct.error as error:
        raise ValueError("well-known binary is cut short") from error
    return polygons


def _wkb_head(data: bytes, at: int) -> tuple[str, int, int]:
    if len(data) < at + 5:
        raise ValueError("well-known binary is cut short")
    order = "<" if data[at] == 1 else ">"
    (kind,) = struct.unpack_from(order + "I", data, at + 1)
    at += 5
    if kind & SRID_FLAG:
        kind, at = kind & ~SRID_FLAG, at + 4
    return order, kind, at


def _wkb_rings(data: bytes, at: int, order: str) -> tuple[list[Ring], int]:
    (ring_count,) = struct.unpack_from(order + "I", data, at)
    at += 4
    rings = []
    for _ in range(ring_count):
        (count,) = struct.unpack_from(order + "I", data, at)
        at += 4
        if at + count * 16 > len(data):
            raise ValueError("well-known binary is cut short")
        numbers = struct.unpack_from(f"{order}{count * 2}d", data, at)
        at += count * 16
        points = list(zip(numbers[0::2], numbers[1::2], strict=True))
        if len(points) > 1 and points[0] == points[-1]:
            points.pop()
        rings.append(tuple(points))
    return rings, at


# Map units


def to_map_units(latitude: float, longitude: float) -> tuple[float, float]:
    """A place in map units, not rounded."""
    metre = MERCATOR_RADIUS / METRES_PER_MAP_UNIT
    x = radians(longitude - MAP_ORIGIN[0]) * metre
    y = (asinh(tan(radians(MAP_ORIGIN[1]))) - asinh(tan(radians(latitude)))) * metre
    return x, y


def to_map_rings(polygons: Iterable[Iterable[Ring]]) -> list[MapRing]:
    """The rings of polygons in whole map units: points that fall on the one before are dropped, and
    so are rings that shrink to fewer than three points."""
    return tidy(
        (_nearest(*to_map_units(latitude, longitude)) for longitude, latitude in ring)
        for polygon in polygons
        for ring in polygon
    )


def to_grid(rings: Iterable[MapRing], step: int) -> list[MapRing]:
    """The rings with every point on a grid of ``step`` map units, tidied: neighbours still share
    exactly the same points."""
    return tidy((_nearest(x, y, step) for x, y in ring) for ring in rings)


def _nearest(x: float, y: float, step: int = 1) -> MapPoint:
    return round(x / step) * step, round(y / step) * step


def tidy(rings: Iterable[Iterable[MapPoint]]) -> list[MapRing]:
    """Rings without the points that repeat the one before, and without the rings that have fewer
    than three points left."""
    found = []
    for ring in rings:
        points = [point for point, _ in groupby(ring)]
        while len(points) > 1 and points[0] == points[-1]:
            points.pop()
        if len(points) > 2:
            found.append(tuple(points))
    return found


def write_path(rings: Iterable[MapRing]) -> str:
    """Rings as a compact SVG path: ``M x y l dx dy ... z``, whole numbers, no needless blank."""
    parts = []
    for ring in rings:
        x, y = ring[0]
        steps = []
        for next_x, next_y in ring[1:]:
            steps.append(f"{next_x - x} {next_y - y}")
            x, y = next_x, next_y
        parts.append(f"M{ring[0][0]} {ring[0][1]}l{' '.join(steps)}z")
    return "".join(parts).replace(" -", "-")


def read_path(path: str) -> list[MapRing]:
    """The rings of a path that :func:`write_path` wrote."""
    rings = []
    for part in path.split("z"):
        if not part:
            continue
        numbers = [int(number) for number in re.findall(r"-?\d+", part)]
        x, y = numbers[0], numbers[1]
        points = [(x, y)]
        for at in range(2, len(numbers), 2):
            x, y = x + numbers[at], y + numbers[at + 1]
            points.append((x, y))
        rings.append(tuple(points))
    return rings


def bounding_box(rings: Iterable[MapRing]) -> Box:
    """The smallest box around rings. Raises ``ValueError`` without any point."""
    points = [point for ring in rings for point in ring]
    columns, rows = [x for x, _ in points], [y for _, y in points]
    return min(columns), min(rows), max(columns), max(rows)


def join_boxes(boxes: Iterable[Sequence[float]]) -> Box:
    """The smallest box around boxes. Raises ``ValueError`` without any box."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def dissolve(paths: Iterable[str]) -> str:
    """The outer border of neighbouring outlines, as one path: sides that two of them share are
    left out. Neighbours must share exactly the same points."""
    sides: dict[tuple[MapPoint, MapPoint], bool] = defaultdict(bool)
    for path in paths:
        for ring in read_path(path):
            for start, end in zip(ring, ring[1:] + ring[:1], strict=True):
                sides[(start, end) if start < end else (end, start)] ^= True
    ways: dict[MapPoint, list[MapPoint]] = defaultdict(list)
    for (start, end), alone in sides.items():
        if alone:
            ways[start].append(end)
            ways[end].append(start)
    return write_path(ring for ring in _walk(ways) if len(ring) > 2)


def _walk(ways: dict[MapPoint, list[MapPoint]]) -> Iterable[MapRing]:
    """Closed rings that use each side once. Every point has an even number of sides."""
    for start in list(ways):
        while ways[start]:
            ring = [start]
            here = start
            while True:
                there = ways[here].pop()
                ways[there].remove(here)
                if there == start:
                    break
                ring.append(there)
                here = there
            yield tuple(ring)


# Geometry in degrees


def contains(polygons: Iterable[Iterable[Ring]], point: Point) -> bool:
    """True when the point is inside (even-odd rule, so that holes are outside)."""
    x, y = point
    inside = False
    for polygon in polygons:
        for ring in polygon:
            x1, y1 = ring[-1]
            for x2, y2 in ring:
                if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                    inside = not inside
                x1, y1 = x2, y2
    return inside


def distance_km(polygons: Sequence[Sequence[Ring]], point: Point) -> float:
    """Kilometres from a point to polygons, 0 inside. On a plane that touches the Earth at the
    point: exact to a few metres within 20 km, and far away still far away."""
    if contains(polygons, point):
        return 0.0
    x0, y0 = point
    kx = EARTH_RADIUS_KM * radians(1) * cos(radians(y0))
    ky = EARTH_RADIUS_KM * radians(1)
    nearest = float("inf")
    for polygon in polygons:
        for ring in polygon:
            ax, ay = (ring[-1][0] - x0) * kx, (ring[-1][1] - y0) * ky
            for longitude, latitude in ring:
                bx, by = (longitude - x0) * kx, (latitude - y0) * ky
                dx, dy = bx - ax, by - ay
                length = dx * dx + dy * dy
                share = 0.0 if length == 0 else max(0.0, min(1.0, -(ax * dx + ay * dy) / length))
                nearest = min(nearest, hypot(ax + share * dx, ay + share * dy))
                ax, ay = bx, by
    return nearest


def area_km2(polygons: Iterable[Sequence[Ring]]) -> float:
    """Area on the sphere, km², holes taken out (the ring after the first of each polygon)."""
    total = 0.0
    for polygon in polygons:
        for number, ring in enumerate(polygon):
            area = abs(_ring_area_km2(ring))
            total += area if number == 0 else -area
    return total


def _ring_area_km2(ring: Ring) -> float:
    """Signed area of the spherical region between a ring and the equator's parallel lines (the
    line integral of sin(latitude) over longitude)."""
    total = 0.0
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        total += radians(x2 - x1) * (2 + sin(radians(y1)) + sin(radians(y2)))
        x1, y1 = x2, y2
    return total * EARTH_RADIUS_KM**2 / 2


def interior_point(polygons: Sequence[Sequence[Ring]]) -> Point:
    """A point well inside the largest polygon: the middle of the longest stretch that lies in it,
    over evenly spaced horizontal lines, the middle lines first."""
    polygon = max(polygons, key=lambda rings: abs(_ring_area_km2(rings[0])))
    latitudes = [latitude for _, latitude in polygon[0]]
    bottom, top = min(latitudes), max(latitudes)
    best: tuple[float, Point] = (-1.0, polygon[0][0])
    middle = (INTERIOR_POINT_LINES + 1) / 2
    for line in sorted(range(1, INTERIOR_POINT_LINES + 1), key=lambda one: abs(one - middle)):
        y = bottom + (top - bottom) * line / (INTERIOR_POINT_LINES + 1)
        crossings = sorted(_crossings(polygon, y))
        for west, east in zip(crossings[0::2], crossings[1::2], strict=False):
            if east - west > best[0]:
                best = (east - west, ((west + east) / 2, y))
    return best[1]


def _crossings(polygon: Iterable[Ring], y: float) -> Iterable[float]:
    for ring in polygon:
        x1, y1 = ring[-1]
        for x2, y2 in ring:
            if (y1 > y) != (y2 > y):
                yield (x2 - x1) * (y - y1) / (y2 - y1) + x1
            x1, y1 = x2, y2
