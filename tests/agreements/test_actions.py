"""The acts: who may, what they write, the history and the trail that they leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.agreements.actions.amendments import AmendmentDraft, amend, close_amendment
from maillage.agreements.actions.clauses import ClauseDraft, add_clause, end_clause, remove_clause
from maillage.agreements.actions.drafting import (
    CommitmentDraft,
    Draft,
    PartyDraft,
    add_commitment,
    add_party,
    add_scope,
    create_agreement,
    edit_agreement,
    remove_party,
    set_missions,
)
from maillage.agreements.actions.life import (
    change_state,
    record_opinion,
    record_signature,
    renew,
    terminate,
)
from maillage.agreements.enums import (
    AgreementKind,
    AgreementState,
    OpinionBody,
    OpinionResult,
    PartyRole,
    Renewal,
)
from maillage.agreements.models import Agreement, Clause, Party, StateChange
from maillage.agreements.queries.network import list_clauses_for_network
from maillage.directory.models import Organization, OrganizationGroup
from maillage.vocabulary.errors import NotAllowed, Refusal
from tests.agreements.refusals import code_of

MakeActor = Callable[..., Actor]
MakeAgreement = Callable[..., Agreement]
MakeClause = Callable[..., Clause]
S = AgreementState
TODAY = date(2026, 11, 22)
DRAFT = {"state": S.DRAFT, "state_on": date(2020, 1, 1), "signed_on": None, "starts_on": None}


@pytest.fixture
def director(make_actor: MakeActor) -> Actor:
    return make_actor(Role.DIRECTOR, at="chu")


@pytest.fixture
def terms() -> Draft:
    return Draft("Convention d'essai", "Essai", AgreementKind.FRAMEWORK)


def trail() -> list[tuple[str, bool]]:
    return [(e.action, e.changes_territory) for e in AuditEvent.objects.order_by("id")]


def test_creating_leaves_a_party_a_step_and_a_line(
    territory: dict[str, Organization], terms: Draft, director: Actor, now: datetime
) -> None:
    made = create_agreement(draft=terms, organization=territory["chu"], by=director, at=now)
    again = create_agreement(draft=terms, organization=territory["chu"], by=director, at=now)
    assert (made.slug, again.slug) == ("essai", "essai-2")
    assert [str(party) for party in made.parties.all()] == ["CHU"]
    step = StateChange.objects.get(agreement=made)
    assert (step.to_state, step.on, step.by_name) == ("DRAFT", TODAY, "Personne d'essai")
    assert trail() == [("agreements.create", False)] * 2


@pytest.mark.parametrize(
    ("role", "at", "allowed"),
    [
        (Role.DIRECTOR, "chu", True),
        (Role.DIRECTOR, "", True),
        (Role.ADMINISTRATOR, "chu", True),
        (Role.DIRECTOR, "arras", False),
        (Role.DOCTOR, "chu", False),
        (Role.AUDITOR, "", False),
        (Role.CITY, "chu", False),
    ],
)
def test_who_may_create(
    role: Role,
    at: str,
    allowed: bool,
    territory: dict[str, Organization],
    terms: Draft,
    make_actor: MakeActor,
    now: datetime,
) -> None:
    code = code_of(
        create_agreement,
        draft=terms,
        organization=territory["chu"],
        by=make_actor(role, at=at),
        at=now,
    )
    assert code == ("" if allowed else "permission.agreements.create")
    assert Agreement.objects.count() == AuditEvent.objects.count() == int(allowed)


def test_a_refused_act_writes_nothing(
    territory: dict[str, Organization], terms: Draft, director: Actor, now: datetime
) -> None:
    illegal = replace(terms, kind=AgreementKind.FMIH, holds_authorisation=True)
    with pytest.raises(Refusal):
        create_agreement(draft=illegal, organization=territory["chu"], by=director, at=now)
    assert not Agreement.objects.exists()
    assert not AuditEvent.objects.exists()


def test_every_act_asks_for_a_party(
    make_agreement: MakeAgreement,
    make_clause: MakeClause,
    terms: Draft,
    territory: dict[str, Organization],
    make_actor: MakeActor,
    now: datetime,
) -> None:
    """A director of a hospital that is not bound does nothing at all."""
    made = make_agreement("cadre", **DRAFT)
    clause = make_clause(made)
    party = made.parties.first()
    assert party is not None
    who = {"by": make_actor(Role.DIRECTOR, at="chv"), "at": now}
    day = {"on": TODAY}
    new = ClauseDraft(territory["chu"], ["BURNS"], TODAY, from_organization=territory["arras"])
    acts: list[Callable[[], object]] = [
        lambda: edit_agreement(agreement=made, draft=terms, **who),
        lambda: add_party(agreement=made, party=PartyDraft(PartyRole.PARTY), **who),
        lambda: remove_party(party=party, **who),
        lambda: set_missions(agreement=made, missions={}, **who),
        lambda: add_commitment(agreement=made, commitment=CommitmentDraft("x"), **who),
        lambda: add_clause(agreement=made, clause=new, **who),
        lambda: end_clause(clause=clause, **day, **who),
        lambda: remove_clause(clause=clause, **who),
        lambda: change_state(agreement=made, to=S.OPINIONS, **day, **who),
        lambda: renew(agreement=made, until=TODAY, **who),
        lambda: amend(agreement=made, amendment=AmendmentDraft("x", TODAY, TODAY), **who),
        lambda: close_amendment(agreement=made, **who),
        lambda: terminate(
            agreement=made, notified_on=TODAY, effective_on=TODAY, by_consent=True, **who
        ),
        lambda: record_signature(
            party=party, signatory_name="x", signatory_title="x", **day, **who
        ),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    assert trail() == []


def test_only_the_support_signs_for_its_group(
    make_agreement: MakeAgreement,
    group: OrganizationGroup,
    make_actor: MakeActor,
    now: datetime,
) -> None:
    made = make_agreement("asso", parties=("chu",), **DRAFT)
    party = Party.objects.create(agreement=made, group=group, role=PartyRole.GROUP)
    words = {"on": TODAY, "signatory_name": "B", "signatory_title": "Direction", "at": now}
    for at, code in (
        ("caudry", "permission.agreements.sign"),
        ("chu", "permission.agreements.sign"),
        ("chv", ""),
        ("chv", "agreement.signed-already"),
    ):
        by = make_actor(Role.DIRECTOR, at=at)
        assert code_of(record_signature, party=party, by=by, **words) == code


def test_the_state_is_read_again_under_the_lock(
    make_agreement: MakeAgreement, director: Actor, now: datetime
) -> None:
    """Two people open the same page; the second step finds the first one done."""
    made = make_agreement("cadre", **DRAFT)
    stale = Agreement.objects.get(pk=made.pk)
    change_state(agreement=made, to=S.OPINIONS, on=TODAY, by=director, at=now)
    code = code_of(change_state, agreement=stale, to=S.OPINIONS, on=TODAY, by=director, at=now)
    assert code == "agreement.illegal-step"


def test_going_back_to_the_draft_sets_opinions_and_signatures_aside(
    make_agreement: MakeAgreement, director: Actor, now: datetime
) -> None:
    made = make_agreement("cadre", **DRAFT)
    who = {"by": director, "at": now}
    change_state(agreement=made, to=S.OPINIONS, on=TODAY, **who)
    record_opinion(
        agreement=made,
        body=OpinionBody.CME,
        result=OpinionResult.FAVOURABLE,
        given_on=TODAY,
        **who,
    )
    change_state(agreement=made, to=S.ADOPTED, on=TODAY, **who)
    party = made.parties.get(organization__slug="chu")
    record_signature(party=party, on=TODAY, signatory_name="A", signatory_title="D", **who)
    change_state(agreement=made, to=S.DRAFT, on=TODAY, **who)
    assert not made.opinions.exists()
    assert not made.parties.filter(signed_on__isnull=False).exists()
    last = AuditEvent.objects.order_by("id").last()
    assert last is not None
    assert len(last.details["opinions_set_aside"]) == 1
    assert last.details["signatures_set_aside"] == ["CHU 2026-11-22"]


def test_a_termination_that_is_announced_carries_until_its_day(
    make_agreement: MakeAgreement, make_clause: MakeClause, director: Actor, now: datetime
) -> None:
    made = make_agreement("cadre", notice_months=6)
    make_clause(made)
    how = {"agreement": made, "notified_on": TODAY, "by": director, "at": now}
    early = {"effective_on": date(2026, 12, 1), "by_consent": False}
    assert code_of(terminate, **how, **early) == "agreement.notice-too-short"
    assert (
        code_of(change_state, agreement=made, to=S.TERMINATED, on=TODAY, by=director, at=now)
        == "agreement.use-terminate"
    )
    terminate(**how, effective_on=date(2027, 5, 22), by_consent=False)
    (clause,) = list_clauses_for_network()
    assert clause.ends_on == date(2027, 5, 22)
    assert trail() == [("agreements.change-state", True)]
    step = StateChange.objects.get(to_state=S.TERMINATED)
    assert "Notifiée le 22/11/2026" in step.comment


def test_a_renewal_moves_the_term(
    make_agreement: MakeAgreement, director: Actor, now: datetime
) -> None:
    made = make_agreement("cadre", ends_on=date(2027, 7, 3), renewal=Renewal.EXPRESS)
    renewed = renew(agreement=made, until=date(2032, 7, 3), by=director, at=now)
    assert renewed.ends_on == date(2032, 7, 3)
    assert trail() == [("agreements.renew", True)]


def test_a_signed_text_changes_under_an_amendment_only(
    make_agreement: MakeAgreement,
    make_clause: MakeClause,
    territory: dict[str, Organization],
    director: Actor,
    now: datetime,
) -> None:
    made = make_agreement("cadre")
    clause = make_clause(made)
    who = {"by": director, "at": now}
    new = ClauseDraft(
        territory["chu"], ["BURNS"], date(2019, 2, 1), from_organization=territory["arras"]
    )
    assert code_of(add_clause, agreement=made, clause=new, **who) == "agreement.needs-amendment"
    assert code_of(end_clause, clause=clause, on=TODAY, **who) == "agreement.needs-amendment"
    signed = AmendmentDraft("Brûlés", date(2019, 1, 1), date(2019, 2, 1))
    amendment = amend(agreement=made, amendment=signed, **who)
    assert amendment.version_before["clauses"] == {
        "clause": "CH Arras → CHU : Neurochirurgie, du 03/07/2017, priorité 1"
    }
    past = replace(new, starts_on=date(2019, 1, 31))
    assert (
        code_of(add_clause, agreement=made, clause=past, **who)
        == "agreement.change-before-amendment"
    )
    added = add_clause(agreement=made, clause=new, **who)
    end_clause(clause=clause, on=date(2020, 1, 1), **who)
    assert (
        code_of(end_clause, clause=clause, on=date(2021, 1, 1), **who)
        == "agreement.clause-already-ends"
    )
    assert code_of(remove_clause, clause=added, **who) == "agreement.clause-only-ends"
    close_amendment(agreement=made, **who)
    assert code_of(close_amendment, agreement=made, **who) == "agreement.no-open-amendment"
    made.refresh_from_db()
    assert made.version == 2
    assert [(one.id, one.starts_on, one.ends_on) for one in list_clauses_for_network()] == [
        ("cadre-arras-chu-1", date(2019, 2, 1), None),
        ("clause", date(2017, 7, 3), date(2020, 1, 1)),
    ]


@pytest.mark.parametrize(
    ("fields", "marks"),
    [
        (DRAFT, False),
        ({}, True),
        ({"state": S.SUSPENDED, "state_on": date(2020, 1, 1)}, True),
    ],
)
def test_only_an_agreement_that_carries_patients_changes_the_territory(
    fields: dict[str, object],
    marks: bool,
    make_agreement: MakeAgreement,
    make_clause: MakeClause,
    territory: dict[str, Organization],
    terms: Draft,
    director: Actor,
    now: datetime,
) -> None:
    made = make_agreement("cadre", **fields)
    clause = make_clause(made)
    who = {"by": director, "at": now}
    if marks:
        amend(agreement=made, amendment=AmendmentDraft("A", date(2019, 1, 1), TODAY), **who)
    new = ClauseDraft(
        territory["chu"], ["BURNS"], date(2027, 2, 1), from_organization=territory["arras"]
    )
    before = list_clauses_for_network()
    add_clause(agreement=made, clause=new, **who)
    end_clause(clause=clause, on=date(2027, 1, 1), **who)
    edit_agreement(agreement=made, draft=replace(terms, starts_on=date(2017, 7, 3)), **who)
    acts = [(f"agreements.{name}", marks) for name in ("add-clause", "end-clause", "edit")]
    assert trail()[-3:] == acts
    if not marks:
        remove_clause(clause=clause, **who)
        assert trail()[-1] == ("agreements.remove-clause", False)
        assert list_clauses_for_network() == before == []


def test_a_party_on_which_a_clause_stands_is_kept(
    make_agreement: MakeAgreement, make_clause: MakeClause, director: Actor, now: datetime
) -> None:
    made = make_agreement("cadre", **DRAFT)
    clause = make_clause(made)
    arras = made.parties.get(organization__slug="arras")
    who = {"by": director, "at": now}
    assert code_of(remove_party, party=arras, **who) == "agreement.party-has-clauses"
    remove_clause(clause=clause, **who)
    remove_party(party=arras, **who)
    assert not made.parties.filter(organization__slug="arras").exists()


def test_the_text_of_a_draft(
    make_agreement: MakeAgreement,
    terms: Draft,
    territory: dict[str, Organization],
    director: Actor,
    now: datetime,
) -> None:
    made = make_agreement("cadre", **DRAFT)
    who = {"by": director, "at": now}
    edited = edit_agreement(agreement=made, draft=terms, **who)
    assert edited.title == "Convention d'essai"
    chv = PartyDraft(PartyRole.PARTY, organization=territory["chv"])
    add_party(agreement=made, party=chv, **who)
    assert code_of(add_party, agreement=made, party=chv, **who) == "agreement.party-twice"
    both = PartyDraft(PartyRole.PARTY)
    assert code_of(add_party, agreement=made, party=both, **who) == "agreement.party-is-one"
    set_missions(agreement=made, missions={"RECOURSE": "a", "TEACHING": "b"}, **who)
    set_missions(agreement=made, missions={"RECOURSE": "c"}, **who)
    assert [(m.kind, m.text) for m in made.missions.all()] == [("RECOURSE", "c")]
    line = {"care_type": "BURNS", "level": "", "text": "", "under_study": False}
    add_scope(agreement=made, **line, **who)
    assert code_of(add_scope, agreement=made, **line, **who) == "agreement.scope-twice"
    line["care_type"] = ""
    assert code_of(add_scope, agreement=made, **line, **who) == "agreement.scope-is-empty"
    promise = CommitmentDraft("Ouvrir un poste", owner=territory["chu"])
    assert add_commitment(agreement=made, commitment=promise, **who).slug == "cadre-engagement"
    stranger = replace(promise, owner=territory["msp"])
    assert (
        code_of(add_commitment, agreement=made, commitment=stranger, **who)
        == "agreement.owner-not-bound"
    )


def test_no_circle_of_annexes(
    make_agreement: MakeAgreement, terms: Draft, director: Actor, now: datetime
) -> None:
    mother = make_agreement("mere", **DRAFT)
    child = make_agreement("fille", parent=mother, **DRAFT)
    circle = replace(terms, parent=child)
    assert (
        code_of(edit_agreement, agreement=mother, draft=circle, by=director, at=now)
        == "agreement.own-parent"
    )
