"""What a new roster may be made of."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Prefetch

from maillage.accounts.permissions import Actor
from maillage.directory.models import HealthcareService, Organization
from maillage.oncall.models import DutyLine
from maillage.oncall.permissions import PLAN
from maillage.oncall.queries.rosters import owners_of_line


def list_plannable_lines(by: Actor) -> list[DutyLine]:
    """The lines for which an actor may make a roster, by name. Two queries."""
    services = HealthcareService.objects.select_related("site__organization").order_by("slug")
    lines = (
        DutyLine.objects.select_related("organization")
        .prefetch_related(Prefetch("services", queryset=services))
        .order_by("name", "slug")
    )
    return [line for line in lines if PLAN.allows(by, owners_of_line(line))]


def list_carriers(lines: list[DutyLine]) -> list[Organization]:
    """Establishments that may carry a roster of these lines: those that keep one, or receive. No
    query."""
    found: dict[str, Organization] = {}
    for line in lines:
        for one in (line.organization, *(s.site.organization for s in line.services.all())):
            found[one.slug] = one
    return sorted(found.values(), key=lambda one: (one.short_name, one.slug))


def usual_carrier(lines: list[DutyLine], chosen: Collection[str], by: Actor) -> str:
    """The establishment (slug) that a form proposes as carrier: that of the first line chosen
    (slugs), else one for which the actor plans; "" without either. No query."""
    first = next((line.organization.slug for line in lines if line.slug in chosen), "")
    own = (one.slug for one in list_carriers(lines) if PLAN.allows(by, [one.slug]))
    return first or next(own, "")
