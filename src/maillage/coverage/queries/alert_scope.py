"""Which alerts concern some establishments."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date

from django.db.models import Q

from maillage.agreements.models import Agreement, Clause, Party
from maillage.coverage.enums import AlertKind
from maillage.coverage.rules.alerts import AlertRow
from maillage.directory.models import GroupMembership, HealthcareService
from maillage.oncall.models import DutyLine

Test = Callable[[AlertRow], bool]


def alerts_of_places(places: Collection[str], *, on: date) -> Test:
    """Whether an alert concerns these establishments (slugs): agreements that bind them or that
    their patients follow, groups where they are on this day, their services, the lines that they
    keep or that keep their services. A step that nobody in the territory would take any more
    concerns everybody. Six queries."""
    groups = set(
        GroupMembership.objects.filter(organization__slug__in=places, starts_on__lte=on)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on))
        .values_list("group__slug", flat=True)
    )
    agreements = _agreements(places, groups)
    services = set(
        HealthcareService.objects.filter(site__organization__slug__in=places).values_list(
            "slug", flat=True
        )
    )
    lines = set(
        DutyLine.objects.filter(
            Q(organization__slug__in=places) | Q(services__site__organization__slug__in=places)
        ).values_list("slug", flat=True)
    )
    return lambda row: _concerns(row, places, groups, agreements, services, lines)


def _agreements(places: Collection[str], groups: Collection[str]) -> set[str]:
    """Slugs of those that bind these parties, of their annexes, and of those whose clauses send
    patients from or to them."""
    parties = Party.objects.filter(Q(organization__slug__in=places) | Q(group__slug__in=groups))
    bound = set(parties.values_list("agreement__slug", flat=True))
    annexes = Agreement.objects.filter(parent__slug__in=bound).values_list("slug", flat=True)
    clauses = Clause.objects.filter(
        Q(from_organization__slug__in=places)
        | Q(to_organization__slug__in=places)
        | Q(from_group__slug__in=groups)
    )
    return bound | set(annexes) | set(clauses.values_list("agreement__slug", flat=True))


def _concerns(
    row: AlertRow,
    places: Collection[str],
    groups: Collection[str],
    agreements: Collection[str],
    services: Collection[str],
    lines: Collection[str],
) -> bool:
    first, _, second = row.subject_key.partition("#")
    match row.kind:
        case AlertKind.AGREEMENT:
            return first in agreements
        case AlertKind.MEMBERSHIP:
            return first in groups or second in places
        case AlertKind.AUTHORISATION:
            return first in services
        case AlertKind.ROSTER:
            return first in lines
        case _:
            return True
