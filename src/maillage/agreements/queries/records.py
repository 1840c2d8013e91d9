"""The page of one agreement: reads by key, and who may act on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import Prefetch, Q, QuerySet

from maillage.accounts.names import ByName
from maillage.accounts.permissions import EVERYWHERE, Actor, Permission
from maillage.agreements.enums import PartyRole
from maillage.agreements.models import Agreement, Amendment, Clause, Document, Party
from maillage.directory.enums import MemberRole
from maillage.directory.models import (
    GroupMembership,
    HealthcareService,
    Organization,
    OrganizationGroup,
)
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
                    "from_organization", "from_group", "to_organization", "terms"
                )
                .prefetch_related("delays")
                .order_by("starts_on", "slug"),
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
        agreement.clauses.select_related(
            "agreement", "from_organization", "from_group", "to_organization", "terms"
        )
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


def _parties(agreement: Agreement) -> Iterable[Party]:
    return agreement.parties.select_related("organization", "group")


def party_organizations(agreement: Agreement, *, on: date) -> frozenset[str]:
    """Slugs of the organizations that may act for a party: the parties themselves, and for a group
    the organization that supports it on this day."""
    return organizations_of(_parties(agreement), on=on, support_only=True)


def reader_organizations(agreement: Agreement, *, on: date) -> frozenset[str]:
    """Slugs of the organizations that are bound on this day: parties and members of groups."""
    return organizations_of(_parties(agreement), on=on, support_only=False)


def organizations_of(parties: Iterable[Party], *, on: date, support_only: bool) -> frozenset[str]:
    """Slugs of the organizations behind these parties on this day."""
    return frozenset().union(
        *organizations_by_party(parties, on=on, support_only=support_only).values()
    )


def organizations_by_party(
    parties: Iterable[Party], *, on: date, support_only: bool
) -> dict[int, frozenset[str]]:
    """For each party (primary key), slugs of the organizations behind it on this day: itself, or
    the members of the group (only those that support it). One query when a group is a party."""
    parties = list(parties)
    members: dict[int, set[str]] = defaultdict(set)
    groups = {party.group_id for party in parties if party.group_id}
    if groups:
        rows = GroupMembership.objects.filter(group__in=groups, starts_on__lte=on).filter(
            Q(ends_on__isnull=True) | Q(ends_on__gt=on)
        )
        if support_only:
            rows = rows.filter(role=MemberRole.SUPPORT)
        for group, slug in rows.values_list("group", "organization__slug"):
            members[group].add(slug)
    return {
        party.pk: frozenset(
            {party.organization.slug} if party.organization else members[party.group_id or 0]
        )
        for party in parties
    }


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


def get_agreement_for(slug: str, permission: Permission, *, actor: Actor, on: date) -> Agreement:
    """The agreement of this slug, for an actor who holds the permission for one of its parties.
    Raises :class:`NotFound`, :class:`NotAllowed`."""
    agreement = get_agreement(slug)
    permission.check(actor, party_organizations(agreement, on=on))
    return agreement


def organizations_where(permission: Permission, *, actor: Actor) -> QuerySet[Organization]:
    """The organizations for which the actor may do this act, by short name."""
    places = permission.places(actor)
    found = Organization.objects.order_by(ByName("short_name"))
    return found if EVERYWHERE in places else found.filter(slug__in=places)


def agreements_of(
    organizations: Collection[str], *, on: date, support_only: bool
) -> QuerySet[Agreement]:
    """The agreements that bind one of these organizations (slugs) on this day: as a party, or as a
    member of a group that is one. ``support_only``: only those that it may act for, as a party or
    as the support of the group. An annex without parties follows its parent."""
    members = GroupMembership.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=on),
        organization__slug__in=organizations,
        starts_on__lte=on,
    )
    if support_only:
        members = members.filter(role=MemberRole.SUPPORT)
    supports = GroupMembership.objects.filter(
        group__in=members.values("group"), role=MemberRole.SUPPORT
    ).values("organization")
    bound = Party.objects.exclude(role=PartyRole.ENDORSING).filter(
        Q(organization__slug__in=organizations)
        | Q(group__in=members.values("group"))
        | Q(role=PartyRole.GROUP, organization__in=supports)
    )
    return Agreement.objects.filter(
        Q(id__in=bound.values("agreement"))
        | Q(parties__isnull=True, parent__in=bound.values("agreement"))
    )


def bound_groups(agreement: Agreement) -> QuerySet[OrganizationGroup]:
    """The groups that an agreement binds: parties themselves or through their support."""
    parties = _binding_parties(agreement)
    supported = GroupMembership.objects.filter(
        organization__in=parties.filter(role=PartyRole.GROUP).values("organization"),
        role=MemberRole.SUPPORT,
    )
    return OrganizationGroup.objects.filter(
        Q(id__in=parties.exclude(group=None).values("group")) | Q(id__in=supported.values("group"))
    )


def bound_organizations(agreement: Agreement) -> QuerySet[Organization]:
    """The organizations that an agreement binds: parties, and members of its groups, past ones
    included (the rules judge the days)."""
    members = GroupMembership.objects.filter(group__in=bound_groups(agreement))
    parties = _binding_parties(agreement).exclude(organization=None)
    return Organization.objects.filter(
        Q(id__in=parties.values("organization")) | Q(id__in=members.values("organization"))
    )


def _binding_parties(agreement: Agreement) -> QuerySet[Party]:
    """Its parties; those of its parent when an annex names none."""
    own = Party.objects.filter(agreement=agreement)
    if agreement.parent_id and not own.exists():
        return Party.objects.filter(agreement=agreement.parent_id)
    return own
