"""What the identifiers of a network are called on screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from maillage.agreements.models import Clause
from maillage.agreements.queries.network import clause_slug
from maillage.coverage.rules import ClauseCard, LineCard, Names, PersonCard, ServiceCard
from maillage.directory.models import (
    HealthcareService,
    Organization,
    OrganizationGroup,
    Practitioner,
)
from maillage.engines.routing import ElementKind, Network
from maillage.oncall.enums import LineKind
from maillage.oncall.models import DutyLine
from maillage.pathways.models import Pathway as PathwayRecord
from maillage.pathways.models import PathwayStep
from maillage.territory.models import Commune
from maillage.vocabulary.care import CareLevel, CareType


def load_names(network: Network) -> Names:
    """Names of everything that an answer from this network may speak of. Seven queries."""
    clauses = {
        clause.slug: clause_card(clause) for clause in Clause.objects.select_related("agreement")
    }
    holders = {slot.holder for slot in network.duty_slots if slot.holder}
    people = Practitioner.objects.only("slug", "title", "given_name", "family_name")
    return Names(
        services={
            service.slug: service_card(service)
            for service in HealthcareService.objects.select_related("site__organization")
        },
        clauses={
            clause.id: clauses[slug]
            for clause in network.clauses
            # The network of an old proof may hold a clause that is no longer recorded.
            if (slug := clause_slug(clause.id.partition("@")[0])) in clauses
        },
        people={p.slug: person_card(p) for p in people if p.slug in holders},
        lines={line.slug: line_card(line) for line in DutyLine.objects.all()},
        slots={slot.id: slot for slot in network.duty_slots},
        sites={site.id: site.name for site in network.sites},
        organizations={o.network_id: (o.slug, o.short_name) for o in Organization.objects.all()},
        groups=dict(OrganizationGroup.objects.values_list("slug", "short_name")),
        steps=load_step_names(network),
        care_types={care.name: care.label for care in CareType},
        levels={level.name: level.label for level in CareLevel},
    )


def service_card(service: HealthcareService) -> ServiceCard:
    """The card of a service. Reads its site and its organization: select them with it."""
    return ServiceCard(
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


def clause_card(clause: Clause) -> ClauseCard:
    """The card of a clause. Reads its agreement: select it with it."""
    return ClauseCard(
        slug=clause.slug,
        article=clause.article,
        text=clause.text,
        agreement=clause.agreement.short_title,
        agreement_slug=clause.agreement.slug,
        illustrative=clause.illustrative,
    )


def person_card(person: Practitioner) -> PersonCard:
    """The card of a practitioner."""
    return PersonCard(person.slug, str(person))


def line_card(line: DutyLine) -> LineCard:
    """The card of a duty line."""
    return LineCard(line.slug, line.name, line.phone, line.kind == LineKind.ON_CALL)


def load_step_names(network: Network) -> dict[tuple[str, int], str]:
    """Names of the steps of the versions that are in the network (newest version wins)."""
    wanted = {pathway.id for pathway in network.pathways}
    rows = (
        PathwayStep.objects.filter(version__pathway__slug__in=wanted)
        .order_by("version__number")
        .values_list("version__pathway__slug", "order", "name")
    )
    return {(pathway, order): name for pathway, order, name in rows}


@dataclass(frozen=True)
class Named:
    """What something is called, and its page; without page when it is no longer recorded."""

    name: str
    url: str = ""
    detail: str = ""


@dataclass(frozen=True)
class ProofNames:
    """What the identifiers of a proof are called. What was deleted since goes by its identifier."""

    pathways: dict[str, Named]
    steps: dict[tuple[str, int], str]
    services: dict[str, Named]
    clauses: dict[str, Named]
    people: dict[str, Named]
    communes: dict[str, Named]

    def pathway(self, key: str) -> Named:
        return self.pathways.get(key, Named(key))

    def step(self, pathway: str, order: int) -> str:
        return self.steps.get((pathway, order), f"étape {order}")

    def service(self, key: str) -> Named:
        """``detail`` is the site."""
        return self.services.get(key, Named(key))

    def clause(self, key: str) -> Named:
        """``detail`` is the agreement. ``key`` as the network writes it: the clause of a group may
        carry its member, an interrupted one the number of its piece."""
        return self.clauses.get(clause_slug(key.partition("@")[0]), Named(key))

    def person(self, key: str) -> Named:
        return self.people.get(key, Named(key))

    def commune(self, code: str) -> Named:
        """``detail`` is the department."""
        return self.communes.get(code, Named(code))

    def element(self, kind: str, key: str) -> Named:
        """A fragile point: ``kind`` is ``service``, ``clause`` or ``holder``."""
        if kind == ElementKind.SERVICE:
            return self.service(key)
        return self.clause(key) if kind == ElementKind.CLAUSE else self.person(key)


def load_proof_names() -> ProofNames:
    """Names and pages of all that proofs speak of, past ones included. Six queries."""
    clauses = Clause.objects.values_list(
        "slug", "article", "agreement__short_title", "agreement__slug"
    )
    people = Practitioner.objects.only("slug", "title", "given_name", "family_name")
    steps = PathwayStep.objects.order_by("version__number").values_list(
        "version__pathway__slug", "order", "name"
    )
    pathway_page, service_page = _pages("pathways:detail"), _pages("directory:service")
    agreement_page, person_page = _pages("agreements:detail"), _pages("directory:practitioner")
    commune_page = _pages("territory:commune")
    return ProofNames(
        pathways={
            slug: Named(name, pathway_page(slug))
            for slug, name in PathwayRecord.objects.values_list("slug", "name")
        },
        steps={(pathway, order): name for pathway, order, name in steps},
        services={
            slug: Named(name, service_page(slug), site)
            for slug, name, site in HealthcareService.objects.values_list(
                "slug", "name", "site__name"
            )
        },
        clauses={
            slug: Named(
                f"{title}, {article}" if article else title,
                f"{agreement_page(agreement)}#clause-{slug}",
                title,
            )
            for slug, article, title, agreement in clauses
        },
        people={p.slug: Named(str(p), person_page(p.slug)) for p in people},
        communes={
            code: Named(name, commune_page(code), department)
            for code, name, department in Commune.objects.values_list("code", "name", "department")
        },
    )


def _pages(name: str) -> Callable[[str], str]:
    """From slugs or codes to the addresses of their pages: looked up once, since proofs speak of
    thousands of things."""
    start, _, end = reverse(name, args=[_SAMPLE]).partition(_SAMPLE)
    return lambda key: f"{start}{key}{end}"


_SAMPLE = "00000"
