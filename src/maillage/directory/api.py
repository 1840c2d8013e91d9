"""The directory by JSON."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from ninja import Query, Router, Schema

from maillage.accounts.http import Request
from maillage.directory import queries
from maillage.directory.models import GroupMembership, Organization, PractitionerRole, Site
from maillage.directory.permissions import READ
from maillage.vocabulary.calendar import local_day

router = Router(tags=["Annuaire"])

MOST = 100
Text = Annotated[str, Query(max_length=80)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


class SourceOut(Schema):
    """Where a fact comes from; ``illustrative`` when it is invented for the example."""

    source: str
    source_on: date | None
    illustrative: bool


class OrganizationOut(SourceOut):
    """An establishment (entité juridique)."""

    slug: str
    finess: str | None
    name: str
    short_name: str
    kind: str
    commune: str | None
    phone: str


class MembershipOut(Schema):
    """A membership of a group: from ``starts_on`` (in) to ``ends_on`` (out)."""

    group: str
    organization: str
    role: str
    starts_on: date
    ends_on: date | None


class SiteOut(SourceOut):
    """A place of care (entité géographique), WGS84 degrees."""

    finess: str
    organization: str
    name: str
    commune: str
    latitude: float
    longitude: float
    point_note: str
    phone: str


class ServiceOut(SourceOut):
    """A healthcare service at an instant. ``age_max`` is excluded. ``open_now`` speaks of its
    hours alone, not of its duty lines."""

    slug: str
    site: str
    organization: str
    name: str
    care_type: str
    level: str
    age_min: int
    age_max: int | None
    phone: str
    secure_mail: str
    hours: list[str]
    open_now: bool
    changes_at: datetime | None
    authorisation: str
    authorised_until: date | None


class RoleOut(Schema):
    """Where and as what a practitioner works."""

    practitioner: str
    organization: str
    site: str | None
    service: str | None
    function: str
    half_days: int | None
    starts_on: date
    ends_on: date | None


class PractitionerOut(SourceOut):
    """A practitioner and the roles of today."""

    slug: str
    rpps: str | None
    name: str
    specialty: str
    roles: list[RoleOut]


class OrganizationDetailOut(OrganizationOut):
    """An establishment, its memberships over time and its sites."""

    memberships: list[MembershipOut]
    sites: list[SiteOut]


class GroupOut(SourceOut):
    """A group on a day."""

    slug: str
    name: str
    kind: str
    day: date
    members: list[MembershipOut]


class ProblemOut(Schema):
    """Why there is no answer (RFC 9457)."""

    type: str
    title: str
    status: int


NOT_FOUND = {404: ProblemOut}


def _allow(request: Request) -> None:
    READ.check(request.actor, request.actor.organizations())


def _origin(fact: object) -> dict[str, object]:
    return {name: getattr(fact, name) for name in ("source", "source_on", "illustrative")}


def _organization(one: Organization) -> dict[str, object]:
    return {
        "slug": one.slug,
        "finess": one.finess,
        "name": one.name,
        "short_name": one.short_name,
        "kind": one.kind,
        "commune": one.commune_id,
        "phone": one.phone,
        **_origin(one),
    }


def _membership(one: GroupMembership, group: str, organization: str) -> dict[str, object]:
    return {
        "group": group,
        "organization": organization,
        "role": one.role,
        "starts_on": one.starts_on,
        "ends_on": one.ends_on,
    }


def _site(one: Site, organization: str) -> dict[str, object]:
    return {
        "finess": one.finess,
        "organization": organization,
        "name": one.name,
        "commune": one.commune_id,
        "latitude": one.latitude,
        "longitude": one.longitude,
        "point_note": one.point_note,
        "phone": one.phone,
        **_origin(one),
    }


def _service(row: queries.ServiceRow) -> dict[str, object]:
    one = row.service
    return {
        "slug": one.slug,
        "site": one.site.finess,
        "organization": one.site.organization.slug,
        "name": one.name,
        "care_type": one.care_type,
        "level": one.level,
        "age_min": one.age_min,
        "age_max": one.age_max,
        "phone": one.phone,
        "secure_mail": one.secure_mail,
        "hours": list(row.hours),
        "open_now": row.is_open,
        "changes_at": row.changes_at,
        "authorisation": row.authorisation.state.value,
        "authorised_until": row.authorisation.until,
        **_origin(one),
    }


def _role(one: PractitionerRole, practitioner: str) -> dict[str, object]:
    return {
        "practitioner": practitioner,
        "organization": one.organization.slug,
        "site": one.site.finess if one.site else None,
        "service": one.service.slug if one.service else None,
        "function": one.function,
        "half_days": one.half_days,
        "starts_on": one.starts_on,
        "ends_on": one.ends_on,
    }


def _practitioner(row: queries.PractitionerRow) -> dict[str, object]:
    one = row.practitioner
    return {
        "slug": one.slug,
        "rpps": one.rpps,
        "name": str(one),
        "specialty": one.specialty,
        "roles": [_role(role, one.slug) for role in row.roles],
        **_origin(one),
    }


@router.get("/etablissements", response=list[OrganizationOut], summary="Chercher un établissement")
def list_organizations(
    request: Request, q: Text = "", offset: Offset = 0
) -> list[dict[str, object]]:
    """At most a hundred establishments, by name, from ``offset``."""
    _allow(request)
    found = queries.list_organizations(on=local_day(request.now), text=q)
    return [_organization(one) for one in found[offset : offset + MOST]]


@router.get(
    "/etablissements/{slug}",
    response={200: OrganizationDetailOut, **NOT_FOUND},
    summary="Un établissement",
)
def get_organization(request: Request, slug: str) -> dict[str, object]:
    """One establishment, by slug."""
    _allow(request)
    card = queries.get_organization(slug, request.now)
    return {
        **_organization(card.organization),
        "memberships": [
            _membership(stay.membership, stay.membership.group.slug, slug) for stay in card.stays
        ],
        "sites": [_site(one, slug) for one in card.sites],
    }


@router.get(
    "/groupes/{slug}", response={200: GroupOut, **NOT_FOUND}, summary="Un groupement à une date"
)
def get_group(request: Request, slug: str, le: date | None = None) -> dict[str, object]:
    """The members of a group on a day (today by default)."""
    _allow(request)
    card = queries.get_group(slug, le or local_day(request.now))
    return {
        "slug": card.group.slug,
        "name": card.group.name,
        "kind": card.group.kind,
        "day": card.day,
        "members": [_membership(one, slug, one.organization.slug) for one in card.members],
        **_origin(card.group),
    }


@router.get("/sites", response=list[SiteOut], summary="Chercher un site")
def list_sites(request: Request, q: Text = "", offset: Offset = 0) -> list[dict[str, object]]:
    """At most a hundred sites, by name, from ``offset``."""
    _allow(request)
    found = queries.list_sites(text=q)
    return [_site(one, one.organization.slug) for one in found[offset : offset + MOST]]


@router.get("/sites/{finess}", response={200: SiteOut, **NOT_FOUND}, summary="Un site")
def get_site(request: Request, finess: str) -> dict[str, object]:
    """One site, by FINESS ET."""
    _allow(request)
    site = queries.get_site(finess, request.now).site
    return _site(site, site.organization.slug)


@router.get("/offres", response=list[ServiceOut], summary="Chercher une offre de soins")
def list_services(
    request: Request,
    q: Text = "",
    care_type: Text = "",
    level: Text = "",
    organization: Text = "",
    offset: Offset = 0,
) -> list[dict[str, object]]:
    """At most a hundred services, by name, from ``offset``."""
    _allow(request)
    filters = queries.ServiceFilters(q, care_type, level, organization)
    found = queries.list_services(filters)[offset : offset + MOST]
    return [_service(row) for row in queries.service_rows(found, request.now)]


@router.get("/offres/{slug}", response={200: ServiceOut, **NOT_FOUND}, summary="Une offre de soins")
def get_service(request: Request, slug: str) -> dict[str, object]:
    """One service, by slug."""
    _allow(request)
    return _service(queries.get_service(slug, request.now).row)


@router.get("/praticiens", response=list[PractitionerOut], summary="Chercher un praticien")
def list_practitioners(
    request: Request, q: Text = "", lieu: Text = "", specialty: Text = "", offset: Offset = 0
) -> list[dict[str, object]]:
    """At most a hundred practitioners, by name, from ``offset``."""
    _allow(request)
    found = queries.list_practitioners(
        on=local_day(request.now), text=q, place=lieu, specialty=specialty
    )
    return [_practitioner(row) for row in queries.practitioner_rows(found[offset : offset + MOST])]


@router.get(
    "/praticiens/{slug}", response={200: PractitionerOut, **NOT_FOUND}, summary="Un praticien"
)
def get_practitioner(request: Request, slug: str) -> dict[str, object]:
    """One practitioner, by slug."""
    _allow(request)
    return _practitioner(queries.get_practitioner(slug, local_day(request.now)).row)
