"""The contours to draw: one shape by area of a level, from those of its communes."""

from __future__ import annotations

from django.core.cache import cache

from maillage.accounts.queries import get_revision
from maillage.engines.indicators.areas import Areas, Level
from maillage.population.queries.results import Results
from maillage.territory.queries.maps import get_base_map
from maillage.territory.rules.maps import BaseMap, Shape
from maillage.territory.rules.outlines import dissolve, join_boxes

KEPT_SECONDS = 24 * 3600


def get_area_map(results: Results, level: Level, *, zone: str = "") -> BaseMap:
    """The areas of a level (those of a zone only when it is given), their codes being the keys of
    the areas, and the borders of the inter-communal authorities.

    Kept in the cache until the territory or the computation changes: one query then, four
    otherwise. The areas are those of the day of the computation: a commune that is gone from the
    territory since is a disc at the place where it was.
    """
    key = f"population.map.{get_revision()}.{results.computation.pk}.{int(level)}.{zone or '-'}"
    kept = cache.get(key)
    if isinstance(kept, BaseMap):
        return kept
    drawn = _draw(get_base_map(), results.areas, level, zone)
    cache.set(key, drawn, KEPT_SECONDS)
    return drawn


def _draw(base: BaseMap, areas: Areas, level: Level, zone: str) -> BaseMap:
    known = {shape.code: shape for shape in base.shapes}
    inside = set(areas.members(zone)) if zone else None
    shapes = []
    for key in areas.at(level):
        members = areas.members(key)
        if inside is not None and not inside.issuperset(members):
            continue
        shapes.append(_shape(areas, key, [known[code] for code in members if code in known]))
    zones = {key[2:] for key in ([zone] if zone else areas.at(Level.ZONE))}
    return BaseMap(tuple(shapes), tuple(one for one in base.borders if one.code in zones))


def _shape(areas: Areas, key: str, communes: list[Shape]) -> Shape:
    """One shape of several communes: their outer border. Communes whose contour is not installed
    would leave a hole in it: the whole area is then a disc."""
    area = areas[key]
    drawn = bool(communes) and all(shape.path for shape in communes)
    sizes = [shape.area_km2 for shape in communes if shape.area_km2 is not None]
    if len(communes) == 1 and area.level is Level.COMMUNE:
        path, box = communes[0].path, communes[0].box
    elif drawn:
        path = dissolve(shape.path for shape in communes)
        box = tuple(join_boxes([shape.box for shape in communes]))
    else:
        path, box = "", ()
    return Shape(
        code=key,
        name=area.label,
        department=communes[0].department if communes else "",
        epci=areas.above(key, Level.ZONE)[2:],
        residents=area.residents,
        area_km2=sum(sizes) if len(sizes) == len(communes) and sizes else None,
        latitude=area.lat,
        longitude=area.lon,
        path=path,
        box=box,
        partial=any(shape.partial for shape in communes),
    )
