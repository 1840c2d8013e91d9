"""What the identifiers of a network are called on screen."""

from __future__ import annotations

from maillage.agreements.models import Clause
from maillage.agreements.queries.network import clause_slug
from maillage.coverage.rules import ClauseCard, LineCard, Names, PersonCard, ServiceCard
from maillage.directory.models import (
    HealthcareService,
    Organization,
    OrganizationGroup,
    Practitioner,
)
from maillage.engines.routing import Network
from maillage.oncall.enums import LineKind
from maillage.oncall.models import DutyLine
from maillage.pathways.models import PathwayStep
from maillage.vocabulary.care import CareLevel, CareType


def load_names(network: Network) -> Names:
    """Names of everything that an answer from this network may speak of. Seven queries."""
    clauses = {
        clause.slug: ClauseCard(
            slug=clause.slug,
            article=clause.article,
            text=clause.text,
            agreement=clause.agreement.short_title,
            agreement_slug=clause.agreement.slug,
            illustrative=clause.illustrative,
        )
        for clause in Clause.objects.select_related("agreement")
    }
    holders = {slot.holder for slot in network.duty_slots if slot.holder}
    people = Practitioner.objects.only("slug", "title", "given_name", "family_name")
    return Names(
        services=_services(),
        clauses={
            clause.id: clauses[clause_slug(clause.id.partition("@")[0])]
            for clause in network.clauses
        },
        people={p.slug: PersonCard(p.slug, str(p)) for p in people if p.slug in holders},
        lines={
            line.slug: LineCard(line.slug, line.name, line.phone, line.kind == LineKind.ON_CALL)
            for line in DutyLine.objects.all()
        },
        slots={slot.id: slot for slot in network.duty_slots},
        sites={site.id: site.name for site in network.sites},
        organizations={o.network_id: (o.slug, o.short_name) for o in Organization.objects.all()},
        groups=dict(OrganizationGroup.objects.values_list("slug", "short_name")),
        steps=_steps(network),
        care_types={care.name: care.label for care in CareType},
        levels={level.name: level.label for level in CareLevel},
    )


def _services() -> dict[str, ServiceCard]:
    rows = HealthcareService.objects.select_related("site__organization")
    return {
        service.slug: ServiceCard(
            slug=service.slug,
            name=service.name,
            phone=service.phone,
            site=service.site.name,
            site_finess=service.site.finess,
            site_phone=service.site.phone,
            organization=service.site.organization.short_name,
            organization_slug=service.site.organization.slug,
            latitude=service.site.latitude,
            longitude=service.site.longitude,
        )
        for service in rows
    }


def _steps(network: Network) -> dict[tuple[str, int], str]:
    """Names of the steps of the versions that are in the network (newest version wins)."""
    wanted = {pathway.id for pathway in network.pathways}
    rows = (
        PathwayStep.objects.filter(version__pathway__slug__in=wanted)
        .order_by("version__number")
        .values_list("version__pathway__slug", "order", "name")
    )
    return {(pathway, order): name for pathway, order, name in rows}
