"""Agreements of the database as the values that rules read, in few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from django.db.models import Q

from maillage.agreements.enums import (
    AgreementKind,
    AgreementState,
    OpinionBody,
    PartyRole,
    Renewal,
)
from maillage.agreements.models import Agreement, Clause, Opinion, Party, StateChange
from maillage.agreements.rules.facts import (
    AgreementFacts,
    ClauseFacts,
    GroupFacts,
    Member,
    OpinionFacts,
    PartyFacts,
    Term,
)
from maillage.agreements.rules.terms import suspensions_of
from maillage.directory.enums import GroupKind, MemberRole, OrganizationKind
from maillage.directory.models import GroupMembership
from maillage.vocabulary.periods import Period


def load_suspensions() -> dict[int, tuple[Period[date], ...]]:
    """The lifted suspensions of every agreement that was ever suspended (one query)."""
    suspended = StateChange.objects.filter(to_state=AgreementState.SUSPENDED)
    rows = (
        StateChange.objects.filter(agreement_id__in=suspended.values("agreement_id"))
        .order_by("agreement_id", "on", "id")
        .values_list("agreement_id", "on", "to_state")
    )
    changes: dict[int, list[tuple[date, str]]] = defaultdict(list)
    for agreement_id, on, to_state in rows:
        changes[agreement_id].append((on, to_state))
    return {key: suspensions_of(value) for key, value in changes.items()}


def load_terms() -> dict[int, Term]:
    """The term of every agreement, with that of its parent (two queries)."""
    rows = {
        row["id"]: row
        for row in Agreement.objects.order_by().values(
            "id", "state", "state_on", "starts_on", "ends_on", "renewal", "parent_id"
        )
    }
    suspensions = load_suspensions()
    terms: dict[int, Term] = {}

    def term_of(key: int, path: frozenset[int]) -> Term:
        if key not in terms:
            row = rows[key]
            parent = row["parent_id"]
            terms[key] = Term(
                state=AgreementState(row["state"]),
                state_on=row["state_on"],
                starts_on=row["starts_on"],
                ends_on=row["ends_on"],
                renewal=Renewal(row["renewal"]),
                suspensions=suspensions.get(key, ()),
                parent=term_of(parent, path | {key}) if parent and parent not in path else None,
            )
        return terms[key]

    for key in rows:
        term_of(key, frozenset({key}))
    return terms


def load_groups(parties: Iterable[Party]) -> tuple[dict[int, GroupFacts], dict[int, GroupFacts]]:
    """Groups that bind their members in these parties (one query): the groups that are parties
    themselves, by group; and the groups that an organization stands for, by organization."""
    parties = list(parties)
    direct = {party.group_id for party in parties if party.group_id}
    supports = {
        party.organization_id
        for party in parties
        if party.organization_id and party.role == PartyRole.GROUP
    }
    supported = GroupMembership.objects.filter(
        organization__in=supports, role=MemberRole.SUPPORT
    ).values("group")
    memberships = GroupMembership.objects.filter(
        Q(group__in=direct) | Q(group__in=supported)
    ).select_related("group", "organization")
    members: dict[int, list[Member]] = defaultdict(list)
    groups = {}
    stands_for: dict[int, int] = {}
    for row in memberships.order_by("group_id", "organization_id", "starts_on"):
        groups[row.group_id] = row.group
        members[row.group_id].append(Member(row.organization.slug, row.starts_on, row.ends_on))
        is_support = row.role == MemberRole.SUPPORT and row.organization_id in supports
        if is_support and row.group.kind in (GroupKind.GHT, GroupKind.CPTS):
            stands_for[row.organization_id] = row.group_id
    facts = {
        key: GroupFacts(group.slug, GroupKind(group.kind), tuple(members[key]))
        for key, group in groups.items()
    }
    for party in parties:
        if party.group_id and party.group_id not in facts and party.group is not None:
            facts[party.group_id] = GroupFacts(party.group.slug, GroupKind(party.group.kind))
    return facts, {org: facts[group] for org, group in stands_for.items()}


def party_facts(
    party: Party,
    groups: Mapping[int, GroupFacts],
    stands_for: Mapping[int, GroupFacts],
) -> PartyFacts:
    """One party as rules see it."""
    organization = party.organization
    group = groups.get(party.group_id) if party.group_id else None
    if organization is not None and party.role == PartyRole.GROUP:
        group = stands_for.get(organization.id)
    return PartyFacts(
        name=str(party),
        organization=organization.slug if organization else "",
        organization_kind=OrganizationKind(organization.kind) if organization else None,
        group=group,
        role=PartyRole(party.role),
        signatory=party.signatory_name or party.signatory_title,
        must_sign=party.must_sign,
        signed_on=party.signed_on,
    )


def load_facts(agreements: Iterable[Agreement]) -> dict[int, AgreementFacts]:
    """The facts of these agreements, by primary key. Six queries, however many agreements."""
    agreements = list(agreements)
    terms = load_terms()
    keys = {agreement.id for agreement in agreements}
    parents = {agreement.parent_id for agreement in agreements if agreement.parent_id}
    parties: dict[int, list[Party]] = defaultdict(list)
    rows = Party.objects.filter(agreement__in=keys | parents).select_related(
        "organization", "group"
    )
    for party in rows.order_by("id"):
        parties[party.agreement_id].append(party)
    groups, stands_for = load_groups(party for group in parties.values() for party in group)
    opinions: dict[int, list[OpinionFacts]] = defaultdict(list)
    given = Opinion.objects.filter(agreement__in=keys).values_list(
        "agreement_id", "body", "organization__slug", "given_on"
    )
    for key, body, organization, given_on in given:
        opinions[key].append(OpinionFacts(OpinionBody(body), organization or "", given_on))
    kinds = dict(Agreement.objects.filter(id__in=parents).values_list("id", "kind"))

    def facts_of(key: int) -> tuple[PartyFacts, ...]:
        return tuple(party_facts(party, groups, stands_for) for party in parties[key])

    return {
        agreement.id: AgreementFacts(
            kind=AgreementKind(agreement.kind),
            term=terms[agreement.id],
            name=agreement.short_title,
            parent_kind=(
                AgreementKind(kinds[agreement.parent_id]) if agreement.parent_id else None
            ),
            signed_on=agreement.signed_on,
            submitted_on=agreement.submitted_on,
            notice_months=agreement.notice_months,
            has_practitioner=agreement.practitioner_id is not None,
            holds_authorisation=agreement.holds_authorisation,
            medical_project_on=agreement.medical_project_on,
            date_is_exact=agreement.date_precision == "day",
            parties=facts_of(agreement.id),
            inherited_parties=facts_of(agreement.parent_id) if agreement.parent_id else (),
            opinions=tuple(opinions[agreement.id]),
        )
        for agreement in agreements
    }


def get_facts(agreement: Agreement) -> AgreementFacts:
    """The facts of one agreement."""
    return load_facts([agreement])[agreement.id]


def clause_facts(clause: Clause) -> ClauseFacts:
    """One clause as rules see it; its organizations and group must be loaded."""
    return ClauseFacts(
        slug=clause.slug,
        to_organization=clause.to_organization.slug,
        care_types=frozenset(clause.care_types),
        starts_on=clause.starts_on,
        ends_on=clause.ends_on,
        from_organization=clause.from_organization.slug if clause.from_organization else "",
        from_group=clause.from_group.slug if clause.from_group else "",
        population=clause.population,
    )


def list_clause_facts(agreements: Iterable[int]) -> dict[int, list[ClauseFacts]]:
    """The clauses of these agreements (primary keys) as rules see them (one query)."""
    found: dict[int, list[ClauseFacts]] = defaultdict(list)
    rows = Clause.objects.filter(agreement__in=list(agreements)).select_related(
        "from_organization", "from_group", "to_organization"
    )
    for clause in rows.order_by("slug"):
        found[clause.agreement_id].append(clause_facts(clause))
    return found
