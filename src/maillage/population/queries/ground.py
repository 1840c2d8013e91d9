"""What the engine needs of the territory: its areas, and the level of each hospital site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from maillage.directory.enums import OrganizationKind
from maillage.directory.models import HealthcareService, Site
from maillage.territory.models import Commune
from maillage.vocabulary.care import CareLevel
from maillage.vocabulary.errors import Refusal

if TYPE_CHECKING:
    from maillage.engines.indicators.areas import Areas

UNIVERSITY = "UNIVERSITY"


def build_present_areas(store: Path) -> Areas:
    """The areas of the communes of a store, as the territory's inter-communal authorities are now:
    those whose residents it counts, or every commune when it counts none. One query. Raises
    :class:`Refusal` without communes."""
    from maillage.engines.indicators.areas import AreaCommune, build_areas

    counted = _communes_of(store)
    found = Commune.objects.order_by("code")
    rows = (
        row
        for row in found.values_list(
            "code", "name", "epci__code", "epci__name", "latitude", "longitude", "residents"
        )
        if not counted or row[0] in counted
    )
    communes = [
        AreaCommune(code, name, zone or "", zone_name or "", lat, lon, residents)
        for code, name, zone, zone_name, lat, lon, residents in rows
    ]
    if not communes:
        raise Refusal(
            "population.no-commune",
            "Aucune commune de ces données n'est chargée : chargez d'abord leur territoire.",
        )
    return build_areas(communes)


def _communes_of(store: Path) -> frozenset[str]:
    """COG codes of the communes whose residents a store counts."""
    import pyarrow.parquet as pq

    from maillage.engines.indicators.store import list_files

    codes: set[str] = set()
    for path in list_files(store, "population"):
        codes.update(pq.read_table(path, columns=["commune"])["commune"].unique().to_pylist())
    return frozenset(codes)


def list_site_levels() -> dict[str, str]:
    """By FINESS number of the site, the highest level of its services; ``UNIVERSITY`` for the sites
    of a university hospital. Two queries."""
    found: dict[str, str] = {}
    services = HealthcareService.objects.order_by().values_list("site__finess", "level")
    for finess, level in services:
        if finess not in found or CareLevel[level].rank > CareLevel[found[finess]].rank:
            found[finess] = level
    university = Site.objects.filter(organization__kind=OrganizationKind.UNIVERSITY_HOSPITAL)
    return found | dict.fromkeys(university.values_list("finess", flat=True), UNIVERSITY)
