"""What forms offer: sites, services, agreements, people."""

from __future__ import annotations

from django.db.models import Q

from maillage.accounts.names import ByName
from maillage.accounts.permissions import EVERYWHERE, Actor, Permission
from maillage.agreements.models import Agreement, Commitment
from maillage.directory.models import HealthcareService, Organization, Practitioner, Site
from maillage.workforce.models import Position, StaffRecord
from maillage.workforce.queries.carriers import CARRYING_KINDS, load_carriers

MOST_PEOPLE = 400


def list_sites(actor: Actor | None = None, permission: Permission | None = None) -> list[Site]:
    """Every site by hospital; with a permission, those of hospitals where the actor holds it."""
    rows = Site.objects.select_related("organization")
    if actor is not None and permission is not None:
        places = permission.places(actor)
        if EVERYWHERE not in places:
            rows = rows.filter(organization__slug__in=places)
    return list(rows.order_by(ByName("organization__short_name"), "search_name"))


def list_services(site: Site) -> list[HealthcareService]:
    """Services of a site, by name."""
    return list(HealthcareService.objects.filter(site=site).order_by(ByName("name")))


def list_services_of(sites: list[Site]) -> list[HealthcareService]:
    """Services of these sites, with their site, by site then name."""
    rows = HealthcareService.objects.filter(site__in=sites).select_related("site")
    return list(rows.order_by("site__search_name", ByName("name")))


def list_carrying(employer: str) -> list[Agreement]:
    """Agreements that may carry a half-day of this employer's staff, by title."""
    slugs = [
        slug for slug, one in load_carriers().items() if employer in one.organizations and one.days
    ]
    return list(Agreement.objects.filter(slug__in=slugs).order_by(ByName("short_title")))


def list_agreements() -> list[Agreement]:
    """Agreements of the kinds that may carry support, by title."""
    rows = Agreement.objects.filter(kind__in=CARRYING_KINDS)
    return list(rows.order_by(ByName("short_title")))


def list_commitments() -> list[Commitment]:
    """Commitments of these agreements, with their agreement."""
    rows = Commitment.objects.filter(agreement__kind__in=CARRYING_KINDS)
    return list(rows.select_related("agreement").order_by(ByName("agreement__short_title"), "slug"))


def list_hospitals() -> list[Organization]:
    """Organizations that have a site, by short name."""
    rows = Organization.objects.filter(pk__in=Site.objects.values("organization"))
    return list(rows.order_by(ByName("short_name")))


def list_assignable(position: Position) -> list[Practitioner]:
    """Practitioners of the specialty of a post, or of its hospital, by name."""
    here = StaffRecord.objects.filter(employer=position.organization).values("practitioner")
    rows = Practitioner.objects.filter(Q(specialty=position.specialty) | Q(pk__in=here))
    return list(rows.order_by("search_name", "slug")[:MOST_PEOPLE])
