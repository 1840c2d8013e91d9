"""What the generator of invented people needs of the territory: communes, residents, sites."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maillage.directory.enums import GroupKind, OrganizationKind
from maillage.directory.models import (
    GroupMembership,
    HealthcareService,
    OrganizationGroup,
    Site,
)
from maillage.territory.models import Commune
from maillage.territory.queries.residents import list_residents_for_network
from maillage.territory.rules.ages import Band
from maillage.vocabulary.care import CareLevel, CareType
from maillage.vocabulary.errors import NotFound, Refusal
from maillage.vocabulary.geo import crow_fly_km

if TYPE_CHECKING:
    from maillage.engines.indicators.synth import CommunePlace, Places, SitePlace

OLDEST = 100
"""Where the open band of a source ends, when it has to be cut in bands of five years."""


def build_places(group: str = "") -> Places:
    """The territory of a hospital group (its slug; without, the GHT that has had most members) as
    the generator wants it. Raises :class:`NotFound` on an unknown group, :class:`Refusal` when the
    territory has no commune, no group, or no hospital."""
    from maillage.engines.indicators.synth import Places

    chosen = _group(group)
    codes = communes_of_group(chosen)
    communes = tuple(
        _commune(one.code, one.latitude, one.longitude, one.bands)
        for one in list_residents_for_network()
        if one.code in codes
    )
    if not communes:
        raise Refusal(
            "population.no-commune", "Aucune commune n'est chargée : chargez d'abord un territoire."
        )
    return Places(communes, _sites(), chosen.short_name)


def _group(slug: str) -> OrganizationGroup:
    groups = OrganizationGroup.objects.filter(kind=GroupKind.GHT)
    if slug:
        found = groups.filter(slug=slug).first()
        if found is None:
            raise NotFound("population.no-group", f"Aucun groupement hospitalier « {slug} ».")
        return found
    members = Counter(
        GroupMembership.objects.filter(group__kind=GroupKind.GHT)
        .order_by()
        .values_list("group", flat=True)
    )
    if not members:
        raise Refusal("population.no-group", "Aucun groupement hospitalier n'est chargé.")
    most = max(members.values())
    return groups.filter(pk__in=[key for key, count in members.items() if count == most]).order_by(
        "slug"
    )[0]


@dataclass(frozen=True, slots=True)
class _Zone:
    """An inter-communal authority: its middle, weighted by residents."""

    code: str
    department: str
    latitude: float
    longitude: float


def communes_of_group(group: OrganizationGroup) -> frozenset[str]:
    """The communes that a group serves: those of the inter-communal authorities where one of its
    members has, or had, a site; and of those of the same departments that have no hospital at all
    and are nearest to an emergency department of its members. Four queries.

    The perimeter of a group is a list of establishments: no text gives its communes.
    """
    members = set(
        GroupMembership.objects.filter(group=group).values_list("organization_id", flat=True)
    )
    sites = list(Site.objects.select_related("commune"))
    zone_of_site = {site.pk: site.commune.epci_id for site in sites}
    served = {zone_of_site[s.pk] for s in sites if s.organization_id in members} - {None}
    departments = {s.commune.department for s in sites if s.organization_id in members}
    emergency = set(
        HealthcareService.objects.filter(care_type=CareType.EMERGENCY.name).values_list(
            "site_id", flat=True
        )
    )
    open_sites = [site for site in sites if site.pk in emergency]
    for zone in _zones():
        alone = zone.code not in zone_of_site.values() and zone.department in departments
        if alone and open_sites and _nearest(zone, open_sites).organization_id in members:
            served.add(zone.code)
    return frozenset(Commune.objects.filter(epci__in=served).values_list("code", flat=True))


def _zones() -> list[_Zone]:
    rows = defaultdict(list)
    wanted = Commune.objects.filter(epci__isnull=False).order_by("code")
    for row in wanted.values_list("epci", "department", "latitude", "longitude", "residents"):
        rows[row[0]].append(row[1:])
    result = []
    for code, communes in rows.items():
        weight = sum(max(one[3], 1) for one in communes)
        latitude = sum(one[1] * max(one[3], 1) for one in communes) / weight
        longitude = sum(one[2] * max(one[3], 1) for one in communes) / weight
        department = Counter(one[0] for one in communes).most_common(1)[0][0]
        result.append(_Zone(code, department, latitude, longitude))
    return result


def _nearest(zone: _Zone, sites: Iterable[Site]) -> Site:
    return min(
        sites,
        key=lambda site: (
            crow_fly_km(zone.latitude, zone.longitude, site.latitude, site.longitude),
            site.finess,
        ),
    )


def _commune(code: str, latitude: float, longitude: float, bands: Iterable[Band]) -> CommunePlace:
    from maillage.engines.indicators.synth import CommunePlace

    counts = five_year_bands(bands)
    return CommunePlace(code, latitude, longitude, counts["M"], counts["F"])


def five_year_bands(bands: Iterable[Band]) -> Mapping[str, tuple[int, ...]]:
    """Residents by sex in the bands of the event model. A band that spans several is cut evenly,
    the remainder going to the youngest."""
    from maillage.engines.indicators.events import AGE_BANDS, BAND_YEARS

    result = {"M": [0] * AGE_BANDS, "F": [0] * AGE_BANDS}
    for band in bands:
        low = band.age_min
        high = band.age_max if band.age_max is not None else max(OLDEST, low + 1)
        ages = [min(age // BAND_YEARS, AGE_BANDS - 1) for age in range(low, high)]
        each, more = divmod(band.count, len(ages))
        for rank, position in enumerate(ages):
            result[band.sex][position] += each + (1 if rank < more else 0)
    return {sex: tuple(counts) for sex, counts in result.items()}


def _sites() -> tuple[SitePlace, ...]:
    """Hospital sites with what they offer. Two queries."""
    from maillage.engines.indicators.synth import SiteLevel, SitePlace

    care: dict[int, set[str]] = defaultdict(set)
    above: set[int] = set()
    for where, care_type, care_level in HealthcareService.objects.order_by().values_list(
        "site", "care_type", "level"
    ):
        care[where].add(care_type)
        if care_level != CareLevel.PROXIMITY.name:
            above.add(where)
    result = []
    for site in Site.objects.select_related("organization").order_by("finess"):
        if not care[site.pk]:
            continue
        level = SiteLevel.RECOURSE if site.pk in above else SiteLevel.PROXIMITY
        if site.organization.kind == OrganizationKind.UNIVERSITY_HOSPITAL:
            level = SiteLevel.UNIVERSITY
        result.append(
            SitePlace(
                finess=site.finess,
                organization=site.organization.finess or "",
                latitude=site.latitude,
                longitude=site.longitude,
                level=level,
                size=float(len(care[site.pk])),
                care=frozenset(care[site.pk]),
            )
        )
    if not any(site.is_acute for site in result):
        raise Refusal(
            "population.no-hospital", "Aucun hôpital n'est chargé : chargez d'abord l'annuaire."
        )
    return tuple(result)
