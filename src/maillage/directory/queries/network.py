"""The directory as plain rows, for the network that the routing engine reads.

Identifiers are those of a network file: an organization is its FINESS number (else its slug), a
site its FINESS number, a service and a group their slug. Seven statements whatever the size.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import CharField, Q
from django.db.models.functions import Coalesce

from maillage.directory.enums import GroupKind
from maillage.directory.models import (
    Authorisation,
    GroupMembership,
    HealthcareService,
    OpeningHours,
    Organization,
    ServiceException,
    Site,
)
from maillage.directory.rules.periods import GHT_EXCLUSIVE_ROLES


@dataclass(frozen=True, slots=True)
class NetworkService:
    """A service with everything that decides when it is reachable by its hours.

    ``authorisations`` are (start, end excluded) days; ``opening`` are (weekday, minute, minute,
    holiday rule); ``exceptions`` are (start, end excluded, state).
    """

    slug: str
    site: str
    care_type: str
    level: str
    age_min: int
    age_max: int | None
    authorisations: tuple[tuple[date, date | None], ...]
    opening: tuple[tuple[int, int, int, str], ...]
    exceptions: tuple[tuple[datetime, datetime, str], ...]


def list_organizations_for_network() -> list[tuple[str, str]]:
    """(network identifier, short name) of every organization, by identifier."""
    rows = Organization.objects.values_list("finess", "slug", "short_name")
    return sorted((finess or slug, name) for finess, slug, name in rows)


NetworkMembership = tuple[str, str, date, date | None]
"""Organization, group, start, end excluded."""


def list_memberships_for_network() -> list[NetworkMembership]:
    """(organization, group, start, end excluded) of the memberships that let patients move: those
    of the support and party establishments of a GHT. An associate of a GHT (an association
    agreement of a university hospital, say) needs a clause; other groups carry no move either."""
    return _memberships(Q(group__kind=GroupKind.GHT, role__in=GHT_EXCLUSIVE_ROLES))


def list_members_for_clauses() -> list[NetworkMembership]:
    """The memberships for which a clause of the group speaks: the support and party establishments
    of a GHT, every member of another group (GCS, CPTS, FMIH)."""
    return _memberships(~Q(group__kind=GroupKind.GHT) | Q(role__in=GHT_EXCLUSIVE_ROLES))


def _memberships(which: Q) -> list[NetworkMembership]:
    rows = (
        GroupMembership.objects.filter(which)
        .order_by()
        .values_list(
            "organization__finess", "organization__slug", "group__slug", "starts_on", "ends_on"
        )
    )
    found = [(finess or slug, group, start, end) for finess, slug, group, start, end in rows]
    return sorted(found, key=lambda row: row[:3])


def list_sites_for_network() -> list[tuple[str, str, str, float, float]]:
    """(FINESS, organization, name, latitude, longitude) of every site, by FINESS."""
    owner = Coalesce("organization__finess", "organization__slug", output_field=CharField())
    return list(
        Site.objects.order_by("finess").values_list(
            "finess", owner, "name", "latitude", "longitude"
        )
    )


def list_services_for_network() -> list[NetworkService]:
    """Every service with its authorisations, hours and exceptions, by slug: four statements."""
    authorisations: dict[int, list[tuple[date, date | None]]] = defaultdict(list)
    opening: dict[int, list[tuple[int, int, int, str]]] = defaultdict(list)
    exceptions: dict[int, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for service, starts_on, ends_on in Authorisation.objects.order_by("starts_on").values_list(
        "service_id", "starts_on", "ends_on"
    ):
        authorisations[service].append((starts_on, ends_on))
    for service, weekday, opens, closes, holidays in OpeningHours.objects.order_by(
        "weekday", "opens_minute", "holidays"
    ).values_list("service_id", "weekday", "opens_minute", "closes_minute", "holidays"):
        opening[service].append((weekday, opens, closes, holidays))
    for service, starts_at, ends_at, state in ServiceException.objects.order_by(
        "starts_at", "state"
    ).values_list("service_id", "starts_at", "ends_at", "state"):
        exceptions[service].append((starts_at, ends_at, state))
    rows = HealthcareService.objects.order_by("slug").values_list(
        "pk", "slug", "site__finess", "care_type", "level", "age_min", "age_max"
    )
    return [
        NetworkService(
            slug,
            site,
            care_type,
            level,
            age_min,
            age_max,
            tuple(authorisations.get(pk, ())),
            tuple(opening.get(pk, ())),
            tuple(exceptions.get(pk, ())),
        )
        for pk, slug, site, care_type, level, age_min, age_max in rows
    ]
