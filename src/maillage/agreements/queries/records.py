"""The page of one agreement: reads by key, and who may act on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Prefetch, Q

from maillage.agreements.models import Agreement, Amendment, Clause, Document, Party
from maillage.directory.enums import MemberRole
from maillage.directory.models import GroupMembership, HealthcareService
from maillage.vocabulary.errors import NotFound


def get_agreement(slug: str) -> Agreement:
    """The agreement of this slug, with its parent, children and practitioner. Raises
    :class:`NotFound`."""
    found = (
        Agreement.objects.select_related("parent", "practitioner")
        .prefetch_related("children")
        .filter(slug=slug)
        .first()
    )
    if found is None:
        raise NotFound("agreement.unknown", f"Aucune convention ne s'appelle « {slug[:60]} ».")
    return found


def get_full_agreement(slug: str) -> Agreement:
    """The same, with everything that its page shows. Raises :class:`NotFound`."""
    found = (
        Agreement.objects.select_related("parent", "practitioner")
        .prefetch_related(
            "children",
            "missions",
            "scopes",
            "documents",
            "history",
            "amendments",
            Prefetch("parties", Party.objects.select_related("organization", "group")),
            Prefetch(
                "clauses",
                Clause.objects.select_related(
                    "from_organization", "from_group", "to_organization"
                ).order_by("starts_on", "slug"),
            ),
            "commitments__owner",
            "opinions__organization",
        )
        .filter(slug=slug)
        .first()
    )
    if found is None:
        raise NotFound("agreement.unknown", f"Aucune convention ne s'appelle « {slug[:60]} ».")
    return found


def get_party(agreement: Agreement, party_id: int) -> Party:
    """A party of this agreement. Raises :class:`NotFound`."""
    found = agreement.parties.select_related("organization", "group").filter(id=party_id).first()
    if found is None:
        raise NotFound("agreement.unknown-party", "Cette partie n'est pas à la convention.")
    return found


def get_clause(agreement: Agreement, slug: str) -> Clause:
    """A clause of this agreement. Raises :class:`NotFound`."""
    found = (
        agreement.clauses.select_related("from_organization", "from_group", "to_organization")
        .filter(slug=slug)
        .first()
    )
    if found is None:
        raise NotFound("agreement.unknown-clause", "Cette clause n'est pas dans la convention.")
    return found


def get_document(agreement: Agreement, document_id: int) -> Document:
    """A document of this agreement. Raises :class:`NotFound`."""
    found = agreement.documents.filter(id=document_id).first()
    if found is None:
        raise NotFound("agreement.unknown-document", "Ce document n'est pas à la convention.")
    return found


def get_open_amendment(agreement: Agreement) -> Amendment | None:
    """The amendment whose changes are being entered, if any."""
    return agreement.amendments.filter(is_open=True).first()


def party_organizations(agreement: Agreement, *, on: date) -> frozenset[str]:
    """Slugs of the organizations that may act for a party: the parties themselves, and for a group
    the organization that supports it on this day."""
    return organizations_of(agreement.parties.all(), on=on, support_only=True)


def reader_organizations(agreement: Agreement, *, on: date) -> frozenset[str]:
    """Slugs of the organizations that are bound on this day: parties and members of groups."""
    return organizations_of(agreement.parties.all(), on=on, support_only=False)


def organizations_of(parties: Iterable[Party], *, on: date, support_only: bool) -> frozenset[str]:
    """Slugs of the organizations behind these parties on this day."""
    parties = list(parties)
    direct = {party.organization.slug for party in parties if party.organization}
    groups = {party.group_id for party in parties if party.group_id}
    if not groups:
        return frozenset(direct)
    members = GroupMembership.objects.filter(group__in=groups, starts_on__lte=on).filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=on)
    )
    if support_only:
        members = members.filter(role=MemberRole.SUPPORT)
    return frozenset(direct | set(members.values_list("organization__slug", flat=True)))


def clauses_without_service(clauses: Iterable[Clause], *, on: date) -> dict[str, list[str]]:
    """For each clause, the care types that its receiver has no authorised service for on this day:
    a line of care must sit on an authorised site. Two queries."""
    clauses = list(clauses)
    receivers = {clause.to_organization_id for clause in clauses}
    authorised = set(
        HealthcareService.objects.filter(
            Q(authorisations__ends_on__isnull=True) | Q(authorisations__ends_on__gt=on),
            site__organization__in=receivers,
            authorisations__starts_on__lte=on,
        ).values_list("site__organization", "care_type")
    )
    missing = {
        clause.slug: [
            care
            for care in clause.care_types
            if (clause.to_organization_id, care) not in authorised
        ]
        for clause in clauses
    }
    return {slug: care_types for slug, care_types in missing.items() if care_types}
