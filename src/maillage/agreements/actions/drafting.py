"""Writing the text of an agreement: its terms, parties, missions, perimeter and commitments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.agreements.actions.writing import note, open_text
from maillage.agreements.enums import AgreementKind, AgreementState, PartyRole, Renewal
from maillage.agreements.models import Agreement, Commitment, Mission, Party, Scope, StateChange
from maillage.agreements.permissions import CREATE, WRITE
from maillage.agreements.queries.facts import (
    list_clause_facts,
    load_groups,
    load_terms,
    party_facts,
)
from maillage.agreements.rules.checks import (
    check_may_hold_authorisation,
    check_parent,
    check_term,
)
from maillage.agreements.rules.clauses import check_clause
from maillage.agreements.rules.facts import AgreementFacts, PartyFacts, Term
from maillage.agreements.rules.states import EDITABLE, exists_for
from maillage.agreements.rules.terms import touches_coverage
from maillage.directory.models import Organization, OrganizationGroup, Practitioner
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Refusal


@dataclass(frozen=True)
class Draft:
    """The terms of an agreement, as a form gives them."""

    title: str
    short_title: str
    kind: AgreementKind
    parent: Agreement | None = None
    summary: str = ""
    legal_basis: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    date_precision: str = "day"
    renewal: Renewal = Renewal.NONE
    notice_months: int | None = None
    practitioner: Practitioner | None = None
    holds_authorisation: bool = False
    medical_project_on: date | None = None


RESERVED_SLUGS = frozenset({"frise", "nouvelle"})
"""Words that addresses of this room already use."""


def free_slug(model: type[Agreement] | type[Commitment], text: str) -> str:
    """An identifier made of these words that no other row has."""
    start = slugify(text)[:80].strip("-") or "sans-titre"
    taken = set(model.objects.filter(slug__startswith=start).values_list("slug", flat=True))
    if start not in taken and start not in RESERVED_SLUGS:
        return start
    return next(f"{start}-{n}" for n in range(2, len(taken) + 3) if f"{start}-{n}" not in taken)


def _check_terms(draft: Draft, state: AgreementState, itself: int | None) -> None:
    """The rules on the terms of a text. Raises the refusals of ``rules.checks``."""
    parent_term: Term | None = None
    if draft.parent is not None:
        parent_term = load_terms()[draft.parent.pk]
    check_parent(
        AgreementKind(draft.parent.kind) if draft.parent else None,
        is_itself=itself is not None and _descends_from(draft.parent, itself),
    )
    term = Term(state, None, draft.starts_on, draft.ends_on, draft.renewal, (), parent_term)
    check_term(term)
    check_may_hold_authorisation(
        AgreementFacts(draft.kind, term, holds_authorisation=draft.holds_authorisation)
    )


def _descends_from(agreement: Agreement | None, ancestor: int) -> bool:
    while agreement is not None:
        if agreement.pk == ancestor:
            return True
        agreement = agreement.parent
    return False


@changing_territory()
def create_agreement(
    *,
    draft: Draft,
    organization: Organization,
    by: Actor,
    at: datetime,
    state: AgreementState = AgreementState.DRAFT,
) -> Agreement:
    """Begin an agreement for an organization, its first party. ``state`` is IDENTIFIED (an idea)
    or DRAFT. Raises :class:`NotAllowed`, and the refusals of its terms."""
    CREATE.check(by, [organization.slug])
    if state not in EDITABLE:
        raise Refusal("agreement.illegal-step", "Une convention naît identifiée ou en rédaction.")
    _check_terms(draft, state, None)
    agreement = Agreement(
        slug=free_slug(Agreement, draft.short_title),
        state=state,
        state_on=local_day(at),
        source=f"Saisie de {by.name}"[:200],
        source_on=local_day(at),
    )
    _write(agreement, draft)
    agreement.save()
    Party.objects.create(agreement=agreement, organization=organization, role=PartyRole.PARTY)
    StateChange.objects.create(
        agreement=agreement,
        to_state=state,
        on=local_day(at),
        by_name=by.name,
        recorded_at=at,
        comment="Création",
    )
    note("create", agreement, by=by, at=at, organization=organization.slug, kind=draft.kind.value)
    return agreement


def _write(agreement: Agreement, draft: Draft) -> None:
    for field in fields(draft):
        setattr(agreement, field.name, getattr(draft, field.name))


@changing_territory()
def edit_agreement(*, agreement: Agreement, draft: Draft, by: Actor, at: datetime) -> Agreement:
    """Change the terms of a text that may change. The kind is fixed once bodies are consulted.
    Raises :class:`NotAllowed` and the refusals of the rules."""
    held, facts, _ = open_text(agreement, permission=WRITE, by=by, at=at)
    if draft.kind != facts.kind and facts.state not in EDITABLE:
        raise Refusal("agreement.kind-is-fixed", "La nature d'un texte signé ne change pas.")
    if not exists_for(draft.kind, facts.state):
        raise Refusal(
            "agreement.illegal-step",
            f"« {draft.kind.label} » ne connaît pas l'état « {facts.state.label} ».",
        )
    _check_terms(draft, facts.state, held.pk)
    changed = {
        field.name: [str(getattr(held, field.name) or ""), str(getattr(draft, field.name) or "")]
        for field in fields(draft)
        if getattr(held, field.name) != getattr(draft, field.name)
    }
    _write(held, draft)
    held.save()
    if changed:
        touches = touches_coverage(facts.state)
        note("edit", held, by=by, at=at, changes_territory=touches, changed=changed)
    return held


@dataclass(frozen=True)
class PartyDraft:
    """Who becomes a party: an organization or a group, and who signs for it."""

    role: PartyRole
    organization: Organization | None = None
    group: OrganizationGroup | None = None
    must_sign: bool = True
    signatory_name: str = ""
    signatory_title: str = ""


@changing_territory()
def add_party(*, agreement: Agreement, party: PartyDraft, by: Actor, at: datetime) -> Party:
    """Bind one more organization or group. Under an amendment, its signature of the amendment
    stands as its signature. Codes ``agreement.party-is-one``, ``agreement.party-twice``."""
    held, _, amendment = open_text(agreement, permission=WRITE, by=by, at=at)
    if (party.organization is None) == (party.group is None):
        raise Refusal("agreement.party-is-one", "Une partie est un établissement ou un groupement.")
    added = Party(
        agreement=held,
        signed_on=amendment.signed_on if amendment and party.must_sign else None,
        **{field.name: getattr(party, field.name) for field in fields(party)},
    )
    try:
        with transaction.atomic():
            added.save()
    except IntegrityError as error:
        raise Refusal("agreement.party-twice", f"{added} est déjà partie.") from error
    note("add-party", held, by=by, at=at, party=str(added), role=party.role.value)
    return added


@changing_territory()
def remove_party(*, party: Party, by: Actor, at: datetime) -> None:
    """Release a party on which no clause stands. Code ``agreement.party-has-clauses``."""
    held, facts, _ = open_text(party.agreement, permission=WRITE, by=by, at=at)
    others = list(held.parties.exclude(pk=party.pk).select_related("organization", "group"))
    left = replace(facts, parties=_facts_of(others), inherited_parties=())
    for clause in list_clause_facts([held.pk])[held.pk]:
        try:
            check_clause(clause, left)
        except Refusal as refusal:
            raise Refusal(
                "agreement.party-has-clauses",
                f"La clause « {clause.slug} » repose sur {party} : supprimez-la d'abord.",
            ) from refusal
    name = str(party)
    party.delete()
    note("remove-party", held, by=by, at=at, party=name)


def _facts_of(parties: list[Party]) -> tuple[PartyFacts, ...]:
    groups, stands_for = load_groups(parties)
    return tuple(party_facts(party, groups, stands_for) for party in parties)


@changing_territory()
def set_missions(
    *, agreement: Agreement, missions: Mapping[str, str], by: Actor, at: datetime
) -> None:
    """The missions that an agreement serves, each with its content; others are taken away."""
    held, _, _ = open_text(agreement, permission=WRITE, by=by, at=at)
    held.missions.exclude(kind__in=missions).delete()
    for kind, text in missions.items():
        Mission.objects.update_or_create(agreement=held, kind=kind, defaults={"text": text})
    note("set-missions", held, by=by, at=at, missions=sorted(missions))


@changing_territory()
def add_scope(
    *,
    agreement: Agreement,
    care_type: str,
    level: str,
    text: str,
    under_study: bool,
    by: Actor,
    at: datetime,
) -> Scope:
    """Add a line to the perimeter. Codes ``agreement.scope-is-empty``,
    ``agreement.scope-twice``."""
    held, _, _ = open_text(agreement, permission=WRITE, by=by, at=at)
    if not care_type and not text:
        raise Refusal("agreement.scope-is-empty", "Dites un type de soin, ou un axe en clair.")
    scope, is_new = Scope.objects.get_or_create(
        agreement=held,
        care_type=care_type,
        level=level,
        text=text,
        defaults={"under_study": under_study},
    )
    if not is_new:
        raise Refusal("agreement.scope-twice", "Cette ligne est déjà dans le périmètre.")
    note("add-scope", held, by=by, at=at, scope=str(scope))
    return scope


@dataclass(frozen=True)
class CommitmentDraft:
    """A promise: who, what, how much, by when, seen by which indicator."""

    text: str
    owner: Organization | None = None
    mission: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    due_on: date | None = None
    indicator: str = ""


@changing_territory()
def add_commitment(
    *, agreement: Agreement, commitment: CommitmentDraft, by: Actor, at: datetime
) -> Commitment:
    """Add a commitment of a party, or of all. Code ``agreement.owner-not-bound``."""
    held, facts, _ = open_text(agreement, permission=WRITE, by=by, at=at)
    owner = commitment.owner
    if owner is not None and owner.slug not in _bound_organizations(facts):
        raise Refusal(
            "agreement.owner-not-bound",
            f"{owner} n'est ni partie à la convention, ni membre d'un groupement partie.",
        )
    added = Commitment.objects.create(
        agreement=held,
        slug=free_slug(Commitment, f"{held.slug}-engagement"),
        source=f"Saisie de {by.name}"[:200],
        source_on=local_day(at),
        **{field.name: getattr(commitment, field.name) for field in fields(commitment)},
    )
    note("add-commitment", held, by=by, at=at, commitment=added.slug)
    return added


def _bound_organizations(facts: AgreementFacts) -> set[str]:
    members = (m.organization for p in facts.binding if p.group for m in p.group.members)
    return {party.organization for party in facts.binding if party.organization} | set(members)
