"""The lists of the directory, filtered, sorted, page by page in few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, F, Prefetch, Q, QuerySet

from maillage.accounts.names import ByName
from maillage.directory.models import (
    Authorisation,
    GroupMembership,
    HealthcareService,
    OpeningHours,
    Organization,
    Practitioner,
    PractitionerRole,
    ServiceException,
    Site,
)
from maillage.directory.queries.search import (
    matching,
    practitioners_matching,
    services_matching,
)
from maillage.directory.rules.hours import (
    Exceptional,
    Window,
    hours_in_short,
    hours_in_words,
    is_open,
    next_change,
    soon_in_words,
)
from maillage.directory.rules.periods import (
    AuthorisationFact,
    ages_in_words,
    authorisation_on,
)
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.care import SPECIALTIES, CareLevel, CareType
from maillage.vocabulary.search import search_words


def in_force(day: date) -> Q:
    """Dated records that hold on a day."""
    return Q(starts_on__lte=day) & (Q(ends_on__isnull=True) | Q(ends_on__gt=day))


ORGANIZATION_ORDERS = {
    "nom": ("search_name",),
    "nature": ("kind", "search_name"),
    "commune": ("commune__search_name", "search_name"),
    "sites": ("site_count", "search_name"),
    "offres": ("service_count", "search_name"),
}
SERVICE_ORDERS = {
    "nom": ("search_name", "slug"),
    "type": ("care_type", "level", "slug"),
    "site": ("site__search_name", "slug"),
    "etablissement": ("site__organization__search_name", "slug"),
}
PRACTITIONER_ORDERS = {
    "nom": ("search_name", "slug"),
    "specialite": ("specialty", "search_name", "slug"),
}


def _ordered(rows: QuerySet, orders: dict[str, tuple[str, ...]], sort: str) -> QuerySet:
    """Rows by a key of ``orders`` (its first by default), the first column reversed after « - ».
    Rows without a value come last."""
    key, backwards = sort.removeprefix("-"), sort.startswith("-")
    columns = orders.get(key) or next(iter(orders.values()))
    first = F(columns[0]).desc(nulls_last=True) if backwards else F(columns[0]).asc(nulls_last=True)
    return rows.order_by(first, *columns[1:])


def list_organizations(
    *, on: date, text: str = "", kind: str = "", sort: str = ""
) -> QuerySet[Organization]:
    """Organizations with ``site_count``, ``service_count`` and ``groups_now``: their memberships
    on a day. Two statements for a page, whatever its size."""
    memberships = GroupMembership.objects.filter(in_force(on)).select_related("group")
    rows = (
        Organization.objects.filter(
            matching(search_words(text), "search_name", "commune__search_name")
        )
        .select_related("commune")
        .prefetch_related(Prefetch("memberships", queryset=memberships, to_attr="groups_now"))
        .annotate(
            site_count=Count("sites", distinct=True),
            service_count=Count("sites__services", distinct=True),
        )
    )
    if kind:
        rows = rows.filter(kind=kind)
    return _ordered(rows, ORGANIZATION_ORDERS, sort)


def list_sites(*, text: str = "") -> QuerySet[Site]:
    """Sites by name, with their organization."""
    words = search_words(text)
    return (
        Site.objects.filter(matching(words, "search_name", "commune__search_name"))
        .select_related("organization", "commune")
        .order_by("search_name", "finess")
    )


@dataclass(frozen=True)
class ServiceFilters:
    """What a list of services may be narrowed by; ``open_at`` keeps those open at an instant."""

    text: str = ""
    care_type: str = ""
    level: str = ""
    organization: str = ""
    open_at: datetime | None = None


@dataclass(frozen=True)
class ServiceRow:
    """A service with what a list shows of it at an instant."""

    service: HealthcareService
    hours: tuple[str, ...]
    authorisation: AuthorisationFact
    is_open: bool
    changes_at: datetime | None
    windows: tuple[Window, ...] = ()
    changes_in_words: str = ""

    @property
    def short_hours(self) -> list[str]:
        return hours_in_short(self.windows)

    @property
    def care(self) -> str:
        return CareType[self.service.care_type].label

    @property
    def level(self) -> str:
        return CareLevel[self.service.level].label

    @property
    def ages(self) -> str:
        return ages_in_words(self.service.age_min, self.service.age_max)


def list_services(filters: ServiceFilters, *, sort: str = "") -> QuerySet[HealthcareService]:
    """Services that pass the filters, with their site, commune and organization."""
    rows = HealthcareService.objects.filter(
        services_matching(search_words(filters.text))
    ).select_related("site__organization", "site__commune")
    for column, value in (
        ("care_type", filters.care_type),
        ("level", filters.level),
        ("site__organization__slug", filters.organization),
    ):
        if value:
            rows = rows.filter(**{column: value})
    if filters.open_at is not None:
        rows = rows.filter(pk__in=_open_services(rows, filters.open_at))
    return _ordered(rows, SERVICE_ORDERS, sort)


def _open_services(rows: QuerySet[HealthcareService], at: datetime) -> list[int]:
    """Services authorised and open by their hours at an instant (duty lines are not looked at)."""
    keys = list(rows.values_list("pk", flat=True))
    windows, exceptions, authorisations = _hours_of(keys)
    day = local_day(at)
    return [
        key
        for key in keys
        if is_open(windows[key], exceptions[key], at)
        and any(start <= day and (end is None or day < end) for start, end in authorisations[key])
    ]


Hours = tuple[
    dict[int, list[Window]],
    dict[int, list[Exceptional]],
    dict[int, list[tuple[date, date | None]]],
]


def _hours_of(services: Sequence[int]) -> Hours:
    """Windows, exceptions and authorisations by service: three statements."""
    windows: dict[int, list[Window]] = defaultdict(list)
    exceptions: dict[int, list[Exceptional]] = defaultdict(list)
    authorisations: dict[int, list[tuple[date, date | None]]] = defaultdict(list)
    for service, weekday, opens, closes, holidays in OpeningHours.objects.filter(
        service__in=services
    ).values_list("service_id", "weekday", "opens_minute", "closes_minute", "holidays"):
        windows[service].append(Window(weekday, opens, closes, holidays))
    for service, state, starts_at, ends_at in ServiceException.objects.filter(
        service__in=services
    ).values_list("service_id", "state", "starts_at", "ends_at"):
        exceptions[service].append(Exceptional(state, starts_at, ends_at))
    for service, start, end in Authorisation.objects.filter(service__in=services).values_list(
        "service_id", "starts_on", "ends_on"
    ):
        authorisations[service].append((start, end))
    return windows, exceptions, authorisations


def service_rows(services: Iterable[HealthcareService], at: datetime) -> list[ServiceRow]:
    """These services as rows at an instant: three statements whatever their number."""
    services = list(services)
    windows, exceptions, authorisations = _hours_of([service.pk for service in services])
    day = local_day(at)
    rows = []
    for service in services:
        open_windows = tuple(sorted(windows[service.pk]))
        changes_at = next_change(open_windows, exceptions[service.pk], at)
        rows.append(
            ServiceRow(
                service=service,
                hours=tuple(hours_in_words(open_windows)),
                authorisation=authorisation_on(authorisations[service.pk], day),
                is_open=is_open(open_windows, exceptions[service.pk], at),
                changes_at=changes_at,
                windows=open_windows,
                changes_in_words=soon_in_words(changes_at, at) if changes_at else "",
            )
        )
    return rows


@dataclass(frozen=True)
class PractitionerRow:
    """A practitioner with the roles of a day."""

    practitioner: Practitioner
    roles: tuple[PractitionerRole, ...]

    @property
    def specialty(self) -> str:
        return SPECIALTIES.get(self.practitioner.specialty, "")

    @property
    def half_days(self) -> int | None:
        """Half-days of a week over all roles; None when no role says."""
        said = [role.half_days for role in self.roles if role.half_days is not None]
        return sum(said) if said else None

    @property
    def is_shared(self) -> bool:
        """True when the week is shared between several sites."""
        return len({role.site_id for role in self.roles if role.site_id}) > 1


def roles_on(day: date) -> QuerySet[PractitionerRole]:
    """Roles in force on a day, with their places, the fullest first."""
    return (
        PractitionerRole.objects.filter(in_force(day))
        .select_related("organization", "site__commune", "service")
        .order_by(F("half_days").desc(nulls_last=True), ByName("organization__short_name"))
    )


def list_practitioners(
    *, on: date, text: str = "", specialty: str = "", place: str = "", sort: str = ""
) -> QuerySet[Practitioner]:
    """Practitioners with ``roles_now``: two statements for a page. ``place`` is the words of a
    commune, a site or an establishment where they work on that day."""
    rows = Practitioner.objects.filter(practitioners_matching(search_words(text))).prefetch_related(
        Prefetch("roles", queryset=roles_on(on), to_attr="roles_now")
    )
    if specialty:
        rows = rows.filter(specialty=specialty)
    words = search_words(place)
    if words:
        there = PractitionerRole.objects.filter(
            in_force(on),
            matching(
                words,
                "site__search_name",
                "site__commune__search_name",
                "organization__search_name",
                "organization__commune__search_name",
            ),
        )
        rows = rows.filter(pk__in=there.values("practitioner"))
    return _ordered(rows, PRACTITIONER_ORDERS, sort)


def practitioner_rows(practitioners: Iterable[Practitioner]) -> list[PractitionerRow]:
    """Practitioners of :func:`list_practitioners` as rows."""
    return [PractitionerRow(one, tuple(one.roles_now)) for one in practitioners]  # type: ignore[attr-defined]
