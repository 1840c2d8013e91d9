"""Versions, and what surrounds them, as the values that rules read, in few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import QuerySet

from maillage.agreements.models import Clause
from maillage.agreements.queries.facts import load_terms
from maillage.agreements.rules.terms import carrying_periods, intersections
from maillage.directory.enums import GroupKind
from maillage.directory.models import GroupMembership, HealthcareService
from maillage.directory.rules.periods import GHT_EXCLUSIVE_ROLES
from maillage.pathways.enums import Entry
from maillage.pathways.models import PathwayStep, PathwayVersion
from maillage.pathways.queries.records import state_of
from maillage.pathways.rules.defects import Defect, defects
from maillage.pathways.rules.facts import (
    ClauseFacts,
    MembershipFacts,
    ServiceFacts,
    StepFacts,
    Surroundings,
    VersionFacts,
)
from maillage.pathways.rules.states import Neighbour
from maillage.vocabulary.care import CareLevel, CareType
from maillage.vocabulary.periods import Period


def get_step_facts(step: PathwayStep) -> StepFacts:
    """A step as rules see it."""
    return StepFacts(
        order=step.order,
        name=step.name,
        care_type=CareType[step.care_type],
        level=CareLevel[step.level],
        entry=Entry(step.entry),
        target_minutes=step.target_minutes,
        target_source=step.target_source,
        hours=step.hours,
        entry_criteria=step.entry_criteria,
        return_to=step.return_to,
        return_criteria=step.return_criteria,
        return_within_hours=step.return_within_hours,
    )


def get_version_facts(version: PathwayVersion) -> VersionFacts:
    """A version with its steps as rules see it."""
    return VersionFacts(
        number=version.number,
        state=state_of(version),
        steps=tuple(get_step_facts(step) for step in version.steps.all()),
        age_min=version.age_min,
        age_max=version.age_max,
        starts_on=version.starts_on,
        ends_on=version.ends_on,
        population=version.population,
        entry_criteria=version.entry_criteria,
        cim10=tuple(version.cim10),
        review_on=version.review_on,
        change_note=version.change_note,
    )


def list_neighbours(version: PathwayVersion) -> list[Neighbour]:
    """The other versions of the same pathway, as passages must see them."""
    others = PathwayVersion.objects.filter(pathway_id=version.pathway_id).exclude(pk=version.pk)
    return [Neighbour(v.number, state_of(v), v.starts_on, v.ends_on) for v in others]


def load_surroundings(care_types: Iterable[CareType]) -> Surroundings:
    """The offer and the agreements against which versions with these care types are judged, on any
    day. Five queries, whatever the number of versions."""
    names = sorted({care_type.name for care_type in care_types})
    known: dict[str, str] = {}
    services = tuple(_service_facts(_services(names), known))
    memberships = tuple(_membership_facts(m, known) for m in _memberships())
    carrying = {key: carrying_periods(term) for key, term in load_terms().items()}
    clauses = tuple(
        _clause_facts(clause, carrying[clause.agreement_id], known)
        for clause in _clauses()
        if set(names) & set(clause.care_types)
    )
    return Surroundings(services, clauses, memberships, known)


def load_defects(versions: Iterable[PathwayVersion], day: date) -> dict[int, list[Defect]]:
    """The defects of these versions on a day, by primary key; their steps should be prefetched."""
    facts = {version.pk: get_version_facts(version) for version in versions}
    around = load_surroundings(step.care_type for one in facts.values() for step in one.steps)
    return {key: defects(one, around, day) for key, one in facts.items()}


def _services(care_types: list[str]) -> Iterable[Mapping[str, Any]]:
    """Services with one authorisation a row, or none: one statement for both tables."""
    rows = HealthcareService.objects.filter(care_type__in=care_types).order_by("slug")
    return rows.values(
        "slug",
        "name",
        "care_type",
        "level",
        "age_min",
        "age_max",
        "site__organization__slug",
        "site__organization__short_name",
        "authorisations__starts_on",
        "authorisations__ends_on",
    )


def _service_facts(rows: Iterable[Mapping[str, Any]], names: dict[str, str]) -> list[ServiceFacts]:
    found: dict[str, Mapping[str, Any]] = {}
    periods: dict[str, list[Period[date]]] = defaultdict(list)
    for row in rows:
        found[row["slug"]] = row
        names[row["site__organization__slug"]] = row["site__organization__short_name"]
        if row["authorisations__starts_on"] is not None:
            ends = row["authorisations__ends_on"]
            periods[row["slug"]].append(Period(row["authorisations__starts_on"], ends))
    return [
        ServiceFacts(
            slug=slug,
            name=row["name"],
            organization=row["site__organization__slug"],
            care_type=CareType[row["care_type"]],
            level=CareLevel[row["level"]],
            age_min=row["age_min"],
            age_max=row["age_max"],
            authorisations=tuple(periods[slug]),
        )
        for slug, row in found.items()
    ]


def _memberships() -> QuerySet[GroupMembership]:
    return GroupMembership.objects.select_related("group", "organization")


def _membership_facts(membership: GroupMembership, names: dict[str, str]) -> MembershipFacts:
    names[membership.group.slug] = membership.group.short_name
    names[membership.organization.slug] = membership.organization.short_name
    return MembershipFacts(
        organization=membership.organization.slug,
        group=membership.group.slug,
        starts_on=membership.starts_on,
        ends_on=membership.ends_on,
        moves_freely=(
            membership.group.kind == GroupKind.GHT and membership.role in GHT_EXCLUSIVE_ROLES
        ),
    )


def _clauses() -> QuerySet[Clause]:
    return Clause.objects.select_related(
        "agreement", "from_organization", "from_group", "to_organization"
    ).order_by("slug")


def _clause_facts(
    clause: Clause, carrying: tuple[Period[date], ...], names: dict[str, str]
) -> ClauseFacts:
    names[clause.to_organization.slug] = clause.to_organization.short_name
    return ClauseFacts(
        slug=clause.slug,
        agreement=clause.agreement.slug,
        agreement_title=clause.agreement.short_title,
        to_organization=clause.to_organization.slug,
        care_types=frozenset(clause.care_types),
        periods=tuple(intersections([Period(clause.starts_on, clause.ends_on)], carrying)),
        from_organization=clause.from_organization.slug if clause.from_organization else "",
        from_group=clause.from_group.slug if clause.from_group else "",
        article=clause.article,
    )
