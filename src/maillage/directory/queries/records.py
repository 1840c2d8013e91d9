"""One record of the directory with everything that its page shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from maillage.directory.enums import MemberRole
from maillage.directory.models import (
    Authorisation,
    GroupMembership,
    HealthcareService,
    Organization,
    OrganizationGroup,
    Practitioner,
    PractitionerRole,
    ServiceException,
    Site,
    Team,
)
from maillage.directory.queries.lists import (
    PractitionerRow,
    ServiceRow,
    in_force,
    roles_on,
    service_rows,
)
from maillage.directory.rules.hours import week_table
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.care import CareLevel, CareType, NationalCode, level_code
from maillage.vocabulary.errors import NotFound
from maillage.vocabulary.search import fold


def _one(rows: QuerySet, kind: str, sentence: str, **key: str) -> object:
    found = rows.filter(**key).first()
    if found is None:
        raise NotFound(f"directory.unknown-{kind}", sentence)
    return found


@dataclass(frozen=True)
class Stay:
    """A membership, and whether it holds on the day of the page."""

    membership: GroupMembership
    holds: bool
    is_past: bool


@dataclass(frozen=True)
class OrganizationCard:
    """An establishment: its groups over time, sites, services, people."""

    organization: Organization
    stays: tuple[Stay, ...]
    sites: tuple[Site, ...]
    services: tuple[ServiceRow, ...]
    people: tuple[PractitionerRole, ...]
    teams: tuple[Team, ...]

    @property
    def has_several_sites(self) -> bool:
        return len(self.sites) > 1


def _stays(memberships: Iterable[GroupMembership], day: date) -> tuple[Stay, ...]:
    return tuple(
        Stay(
            one,
            holds=one.starts_on <= day and (one.ends_on is None or day < one.ends_on),
            is_past=one.ends_on is not None and one.ends_on <= day,
        )
        for one in memberships
    )


def _people(roles: QuerySet[PractitionerRole]) -> tuple[PractitionerRole, ...]:
    return tuple(
        roles.select_related(
            "practitioner", "organization", "site__commune", "service__site"
        ).order_by("practitioner__search_name", "starts_on")
    )


def _services() -> QuerySet[HealthcareService]:
    return HealthcareService.objects.select_related("site__organization", "site__commune")


def find_organization(slug: str) -> Organization:
    """The organization of this slug. Raises :class:`NotFound`."""
    found = _one(
        Organization.objects.select_related("commune"),
        "organization",
        "Cet établissement n'existe pas.",
        slug=slug,
    )
    assert isinstance(found, Organization)  # noqa: S101
    return found


def get_organization(slug: str, at: datetime) -> OrganizationCard:
    """An establishment at an instant. Raises :class:`NotFound`."""
    organization = find_organization(slug)
    day = local_day(at)
    memberships = organization.memberships.select_related("group").order_by("-starts_on")
    services = _services().filter(site__organization=organization)
    return OrganizationCard(
        organization=organization,
        stays=_stays(memberships, day),
        sites=tuple(organization.sites.select_related("commune").order_by("search_name")),
        services=tuple(service_rows(services.order_by("care_type", "level", "slug"), at)),
        people=_people(PractitionerRole.objects.filter(in_force(day), organization=organization)),
        teams=tuple(Team.objects.filter(services__site__organization=organization).distinct()),
    )


@dataclass(frozen=True)
class GroupEvent:
    """The organizations that enter, or leave, a group on one day, and the sources that say so."""

    day: date
    is_entry: bool
    organizations: tuple[Organization, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class GroupCard:
    """A group on a day: its members, and every entry and exit since its creation."""

    group: OrganizationGroup
    day: date
    members: tuple[GroupMembership, ...]
    events: tuple[GroupEvent, ...]

    @property
    def left(self) -> int:
        """How many organizations have left over time."""
        return sum(len(event.organizations) for event in self.events if not event.is_entry)


def find_group(slug: str) -> OrganizationGroup:
    """The group of this slug. Raises :class:`NotFound`."""
    found = _one(OrganizationGroup.objects.all(), "group", "Ce groupement n'existe pas.", slug=slug)
    assert isinstance(found, OrganizationGroup)  # noqa: S101
    return found


def get_group(slug: str, day: date) -> GroupCard:
    """A group on a day. Raises :class:`NotFound`."""
    group = find_group(slug)
    memberships = list(
        group.memberships.select_related("organization__commune").order_by(
            "organization__search_name", "starts_on"
        )
    )
    # The support establishment first, then parties, then associates.
    order = {"SUPPORT": 0, "PARTY": 1, "ASSOCIATE": 2}
    present = [stay.membership for stay in _stays(memberships, day) if stay.holds]
    present.sort(key=lambda one: order.get(one.role, 3))
    return GroupCard(group, day, tuple(present), _events(memberships))


def _events(memberships: Iterable[GroupMembership]) -> tuple[GroupEvent, ...]:
    """Entries and exits, those of one day together, in order; exits before entries."""
    moves: dict[tuple[date, bool], list[GroupMembership]] = {}
    for one in memberships:
        moves.setdefault((one.starts_on, True), []).append(one)
        if one.ends_on is not None:
            moves.setdefault((one.ends_on, False), []).append(one)
    return tuple(
        GroupEvent(
            day,
            is_entry,
            tuple(one.organization for one in several),
            tuple(dict.fromkeys(one.source for one in several)),
        )
        for (day, is_entry), several in sorted(moves.items(), key=lambda item: item[0])
    )


def list_groups(day: date) -> list[tuple[OrganizationGroup, int]]:
    """Every group that exists on a day, with its number of members then."""
    counts: dict[int, int] = {}
    for group in GroupMembership.objects.filter(in_force(day)).values_list("group_id", flat=True):
        counts[group] = counts.get(group, 0) + 1
    return [
        (group, counts.get(group.pk, 0))
        for group in OrganizationGroup.objects.order_by("kind", "search_name")
        if (group.starts_on is None or group.starts_on <= day)
        and (group.ends_on is None or day < group.ends_on)
    ]


@dataclass(frozen=True)
class SiteCard:
    """A place of care: its services at an instant, its people."""

    site: Site
    services: tuple[ServiceRow, ...]
    people: tuple[PractitionerRole, ...]


def get_site(finess: str, at: datetime) -> SiteCard:
    """A site at an instant. Raises :class:`NotFound`."""
    site = _one(
        Site.objects.select_related("commune__epci", "organization"),
        "site",
        "Ce site n'existe pas.",
        finess=finess,
    )
    assert isinstance(site, Site)  # noqa: S101
    services = _services().filter(site=site).order_by("care_type", "level", "slug")
    return SiteCard(
        site=site,
        services=tuple(service_rows(services, at)),
        people=_people(PractitionerRole.objects.filter(in_force(local_day(at)), site=site)),
    )


@dataclass(frozen=True)
class ServiceCard:
    """A service: hours, closures, authorisations, codes, people."""

    row: ServiceRow
    week: tuple[tuple[str, str, str], ...]
    authorisations: tuple[Authorisation, ...]
    exceptions: tuple[ServiceException, ...]
    people: tuple[PractitionerRow, ...]
    teams: tuple[Team, ...]

    @property
    def service(self) -> HealthcareService:
        return self.row.service

    @property
    def codes(self) -> tuple[NationalCode, ...]:
        """National codes of the care type and of the level."""
        care, level = CareType[self.service.care_type], CareLevel[self.service.level]
        return care.code, level_code(care, level)


def find_service(slug: str) -> HealthcareService:
    """The service of this slug. Raises :class:`NotFound`."""
    found = _one(_services(), "service", "Cette offre de soins n'existe pas.", slug=slug)
    assert isinstance(found, HealthcareService)  # noqa: S101
    return found


def get_service(slug: str, at: datetime) -> ServiceCard:
    """A service at an instant; exceptions that ended more than the day before are left out.
    Raises :class:`NotFound`."""
    service = find_service(slug)
    row = service_rows([service], at)[0]
    roles = _people(PractitionerRole.objects.filter(in_force(local_day(at)), service=service))
    by_person: dict[Practitioner, list[PractitionerRole]] = {}
    for role in roles:
        by_person.setdefault(role.practitioner, []).append(role)
    return ServiceCard(
        row=row,
        week=tuple(week_table(row.windows)),
        authorisations=tuple(service.authorisations.order_by("-starts_on")),
        exceptions=tuple(service.exceptions.filter(ends_at__gt=at).order_by("starts_at")),
        people=tuple(PractitionerRow(one, tuple(said)) for one, said in by_person.items()),
        teams=tuple(service.teams.order_by("search_name")),
    )


@dataclass(frozen=True)
class PractitionerCard:
    """A practitioner: roles in force, past and future."""

    row: PractitionerRow
    others: tuple[PractitionerRole, ...]

    @property
    def practitioner(self) -> Practitioner:
        return self.row.practitioner

    def workplaces(self, day: date) -> set[str]:
        """As :func:`~maillage.directory.queries.accounts.workplaces`, of what is read already."""
        return {
            role.organization.slug
            for role in (*self.row.roles, *self.others)
            if role.ends_on is None or role.ends_on > day
        }


def get_practitioner(slug: str, day: date) -> PractitionerCard:
    """A practitioner on a day. Raises :class:`NotFound`."""
    found = _one(
        Practitioner.objects.all(), "practitioner", "Ce praticien n'existe pas.", slug=slug
    )
    assert isinstance(found, Practitioner)  # noqa: S101
    now = tuple(roles_on(day).filter(practitioner=found))
    related = found.roles.select_related("organization", "site__commune", "service")
    others = related.exclude(pk__in=[role.pk for role in now]).order_by("-starts_on")
    return PractitionerCard(PractitionerRow(found, now), tuple(others))


@dataclass(frozen=True)
class TeamCard:
    """A team: its services and the people who work in them."""

    team: Team
    services: tuple[ServiceRow, ...]
    people: tuple[PractitionerRole, ...]


def get_team(slug: str, at: datetime) -> TeamCard:
    """A team at an instant. Raises :class:`NotFound`."""
    team = _one(
        Team.objects.select_related("lead"), "team", "Cette équipe n'existe pas.", slug=slug
    )
    assert isinstance(team, Team)  # noqa: S101
    services = _services().filter(teams=team).order_by("site__search_name", "slug")
    roles = PractitionerRole.objects.filter(in_force(local_day(at)), service__teams=team)
    return TeamCard(team, tuple(service_rows(services, at)), _people(roles.distinct()))


def list_organization_names(among: Q | None = None) -> list[tuple[str, str]]:
    """(slug, short name) of every organization, or of those ``among``, in the order in which the
    short names are read. One query."""
    names = Organization.objects.filter(among or Q()).values_list("slug", "short_name")
    return sorted(names, key=lambda pair: fold(pair[1]))


def find_membership(group: str, pk: int) -> GroupMembership:
    """A membership of a group. Raises :class:`NotFound`."""
    found = (
        GroupMembership.objects.select_related("group", "organization")
        .filter(group__slug=group, pk=pk)
        .first()
    )
    if found is None:
        raise NotFound("directory.unknown-membership", "Cette adhésion n'existe pas.")
    return found


def find_closure(service: str, pk: int) -> ServiceException:
    """A closure of a service. Raises :class:`NotFound`."""
    found = (
        ServiceException.objects.select_related("service__site__organization")
        .filter(service__slug=service, pk=pk)
        .first()
    )
    if found is None:
        raise NotFound("directory.unknown-closure", "Cette fermeture n'existe pas.")
    return found


def supported_groups(organizations: Collection[str], *, on: date) -> frozenset[str]:
    """Keys of the groups that these organizations (keys) are the support of on a day."""
    rows = GroupMembership.objects.filter(
        role=MemberRole.SUPPORT, organization__slug__in=organizations, starts_on__lte=on
    ).filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on))
    return frozenset(rows.values_list("group__slug", flat=True))
