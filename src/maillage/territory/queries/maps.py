"""Communes and borders to draw, kept ready between two changes of the territory."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from django.core.cache import cache

from maillage.accounts.queries import get_revision
from maillage.territory.models import Commune, Epci
from maillage.territory.rules.maps import BaseMap, Border, Shape

KEPT_SECONDS = 24 * 3600


def get_base_map(
    *,
    departments: Iterable[str] = (),
    epcis: Iterable[str] = (),
    communes: Iterable[str] = (),
) -> BaseMap:
    """The communes of some departments, authorities (SIREN) or codes, and the borders of their
    authorities: all without a choice; several choices narrow each other.

    Kept in the cache until the territory changes: one query then, three otherwise.
    """
    chosen = tuple(tuple(sorted(set(part))) for part in (departments, epcis, communes))
    digest = sha256(repr(chosen).encode()).hexdigest()
    key = f"territory.base-map.{get_revision()}.{digest}"
    kept = cache.get(key)
    if isinstance(kept, BaseMap):
        return kept
    base = _read_base_map(*chosen)
    cache.set(key, base, KEPT_SECONDS)
    return base


def _read_base_map(
    departments: tuple[str, ...], epcis: tuple[str, ...], communes: tuple[str, ...]
) -> BaseMap:
    found = Commune.objects.order_by("code")
    if departments:
        found = found.filter(department__in=departments)
    if epcis:
        found = found.filter(epci__in=epcis)
    if communes:
        found = found.filter(code__in=communes)
    rows = found.values_list(
        "code", "name", "department", "epci_id", "residents", "area_km2", "latitude", "longitude",
        "outline", "outline_box",
        "outline_partial",
    )  # fmt: skip
    shapes = tuple(
        Shape(code, name, department, epci or "", people, area, lat, lon, path, tuple(box), part)
        for code, name, department, epci, people, area, lat, lon, path, box, part in rows
    )
    used = {shape.epci for shape in shapes}
    borders = tuple(
        Border(*row)
        for row in Epci.objects.order_by("code").values_list("code", "name", "outline")
        if row[0] in used
    )
    return BaseMap(shapes, borders)
