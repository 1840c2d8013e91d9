"""What the engine needs of the territory: its areas, and the level of each hospital site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maillage.directory.enums import OrganizationKind
from maillage.directory.models import HealthcareService, Site
from maillage.territory.models import Commune
from maillage.vocabulary.care import CareLevel
from maillage.vocabulary.errors import Refusal

if TYPE_CHECKING:
    from maillage.engines.indicators.areas import Areas

UNIVERSITY = "UNIVERSITY"


def build_present_areas() -> Areas:
    """The areas of the territory as its communes and inter-communal authorities are now. One query.
    Raises :class:`Refusal` without communes."""
    from maillage.engines.indicators.areas import AreaCommune, build_areas

    rows = Commune.objects.order_by("code").values_list(
        "code", "name", "epci__code", "epci__name", "latitude", "longitude", "residents"
    )
    communes = [
        AreaCommune(code, name, zone or "", zone_name or "", lat, lon, residents)
        for code, name, zone, zone_name, lat, lon, residents in rows
    ]
    if not communes:
        raise Refusal(
            "population.no-commune", "Aucune commune n'est chargée : chargez d'abord un territoire."
        )
    return build_areas(communes)


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
