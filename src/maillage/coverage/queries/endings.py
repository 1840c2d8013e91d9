"""What alerts need beside the network: names, terms of agreements, and what rosters hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db.models import Max

from maillage.agreements.enums import Renewal
from maillage.agreements.models import Agreement
from maillage.agreements.queries.lists import list_lapsing
from maillage.coverage.rules.endings import LineFacts, Surroundings, TermFacts, last_week_of
from maillage.directory.models import HealthcareService, Organization, OrganizationGroup
from maillage.oncall.models import DutyLine, DutySlot

LOOKED_BACK = timedelta(days=8)
"""How far before the newest end of a line its slots are read: a week, and a long slot."""


def load_surroundings(*, today: date) -> Surroundings:
    """Names, terms and rosters on a day. Twelve queries at most, whatever the territory."""
    return Surroundings(
        agreements=dict(Agreement.objects.values_list("slug", "short_title")),
        groups=dict(OrganizationGroup.objects.values_list("slug", "short_name")),
        organizations={
            row.network_id: (row.slug, row.short_name) for row in Organization.objects.all()
        },
        services={
            slug: f"{name}, {site}"
            for slug, name, site in HealthcareService.objects.values_list(
                "slug", "name", "site__name"
            )
        },
        terms=_terms(today),
        lines=_lines(),
    )


def _terms(today: date) -> tuple[TermFacts, ...]:
    """Agreements whose term comes, each with its annexes."""
    annexes = _annexes()
    return tuple(
        TermFacts(
            slug=agreement.slug,
            title=agreement.short_title,
            due_on=clock.due_on,
            bound=_bound(annexes, agreement.slug),
            is_tacit=agreement.renewal == Renewal.TACIT,
            is_presumed=clock.presumed,
        )
        for agreement, clock in list_lapsing(today=today)
    )


def list_bound(slug: str) -> tuple[str, ...]:
    """An agreement and its annexes, at any depth: an annex never carries on a day when its parent
    does not. One query."""
    return _bound(_annexes(), slug)


def _annexes() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for slug, parent in Agreement.objects.exclude(parent=None).values_list("slug", "parent__slug"):
        found[parent].append(slug)
    return found


def _bound(
    annexes: Mapping[str, list[str]], slug: str, seen: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    below = [one for one in annexes.get(slug, ()) if one not in seen]
    return (slug, *(each for one in below for each in _bound(annexes, one, seen | {slug})))


def _lines() -> tuple[LineFacts, ...]:
    """Every duty line with its last entered week: four queries."""
    lines = list(
        DutyLine.objects.annotate(last_end=Max("slots__ends_at")).prefetch_related("services")
    )
    weeks = _last_weeks({line.pk: line.last_end for line in lines if line.last_end})
    return tuple(
        LineFacts(
            slug=line.slug,
            name=line.name,
            services=tuple(sorted(service.slug for service in line.services.all())),
            response_minutes=line.response_minutes,
            last_week=last_week_of(
                [
                    (service, starts, ends, line.response_minutes if own is None else own)
                    for service, starts, ends, own in weeks.get(line.pk, ())
                ]
            ),
        )
        for line in lines
    )


_Row = tuple[str, datetime, datetime, int | None]


def _last_weeks(last_ends: dict[int, datetime]) -> dict[int, list[_Row]]:
    """The slots near the newest end of each line, in one query from the earliest of those ends on:
    lines mostly stop together, and a line that stopped long ago is read with the others."""
    if not last_ends:
        return {}
    found: dict[int, list[_Row]] = defaultdict(list)
    earliest = min(last_ends.values()) - LOOKED_BACK
    rows = (
        DutySlot.objects.filter(ends_at__gt=earliest)
        .order_by("starts_at", "service__slug")
        .values_list("line_id", "service__slug", "starts_at", "ends_at", "response_minutes")
    )
    for line, service, starts, ends, response in rows.iterator():
        if ends > last_ends[line] - LOOKED_BACK:
            found[line].append((service, starts, ends, response))
    return found
