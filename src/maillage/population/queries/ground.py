"""What the engine needs of the territory: its areas, and the level of each hospital site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from maillage.directory.enums import OrganizationKind
from maillage.directory.models import HealthcareService, Site
from maillage.territory.models import Commune
from maillage.vocabulary.care import CareLevel
from maillage.vocabulary.errors import Refusal

if TYPE_CHECKING:
    from maillage.engines.indicators.areas import Areas

CATCHMENT_SHARE = 0.01
"""Part of the patients of a hospital that an inter-communal authority sends it, at least, to be on
its maps: elsewhere a rate would tell the distance, not the need. Ours, to be tried."""

UNIVERSITY = "UNIVERSITY"


def build_present_areas(store: Path) -> Areas:
    """The areas of the communes of a store, as the territory's inter-communal authorities are now:
    those whose residents it counts, or every commune when it counts none; of a store that does not
    hold all care of its residents, the authorities that its patients come from
    (:data:`CATCHMENT_SHARE`). One query. Raises :class:`Refusal` without communes."""
    from maillage.engines.indicators.areas import AreaCommune, build_areas

    counted = _communes_of(store)
    found = Commune.objects.order_by("code")
    rows = [
        row
        for row in found.values_list(
            "code", "name", "epci__code", "epci__name", "latitude", "longitude", "residents"
        )
        if not counted or row[0] in counted
    ]
    zones = catchment({row[0]: row[2] or "" for row in rows}, _patients_by_commune(store))
    if zones:
        rows = [row for row in rows if (row[2] or "") in zones]
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


def catchment(zone_of: Mapping[str, str], patients: Mapping[str, int]) -> frozenset[str]:
    """The zones that at least :data:`CATCHMENT_SHARE` of the patients come from, of those whose
    zone is known. Empty: all of them, nobody's commune is known."""
    counts: Counter[str] = Counter()
    for commune, number in patients.items():
        if commune in zone_of:
            counts[zone_of[commune]] += number
    least = CATCHMENT_SHARE * sum(counts.values())
    return frozenset(zone for zone, number in counts.items() if number and number >= least)


def _patients_by_commune(store: Path) -> dict[str, int]:
    """People of a store by the commune where they live, or lived last; empty for a store that holds
    everybody."""
    import pyarrow.parquet as pq

    from maillage.engines.indicators.store import list_files, read_manifest

    if read_manifest(store).is_exhaustive:
        return {}
    last: dict[int, str] = {}
    for path in list_files(store, "residence"):
        # Rows are in order of person, then of day: the last one wins.
        rows = pq.read_table(path, columns=["person", "commune"])
        last.update(zip(rows["person"].to_pylist(), rows["commune"].to_pylist(), strict=True))
    return dict(Counter(commune for commune in last.values() if commune))


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
