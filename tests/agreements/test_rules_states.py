"""The transition table: what follows what, and that no path skips an opinion or a signature."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.agreements.enums import AgreementKind, AgreementState, OpinionBody, PartyRole, Renewal
from maillage.agreements.rules.checks import REQUIRED_OPINIONS, check_notice, missing_opinions
from maillage.agreements.rules.facts import (
    AgreementFacts,
    GroupFacts,
    OpinionFacts,
    PartyFacts,
    Term,
)
from maillage.agreements.rules.state_page import state_page
from maillage.agreements.rules.states import (
    APPROVED_BY_ARS,
    TRANSITIONS,
    act_between,
    can_change_state,
    check_can_change_state,
    check_can_edit,
    check_can_record_opinion,
    check_can_record_signature,
    get_act,
    has_been_signed,
    list_acts,
)
from maillage.directory.enums import GroupKind, OrganizationKind
from maillage.vocabulary.errors import Refusal
from tests.agreements.refusals import code_of

S = AgreementState
K = AgreementKind
DAY = date(2017, 7, 3)
TODAY = date(2026, 11, 22)

CHU = PartyFacts("CHU", "chu", OrganizationKind.UNIVERSITY_HOSPITAL, signatory="A", signed_on=DAY)
CH = PartyFacts("CH", "ch", OrganizationKind.HOSPITAL, signatory="B", signed_on=DAY)
GHT = PartyFacts("GHT", group=GroupFacts("ght", GroupKind.GHT), role=PartyRole.GROUP, signed_on=DAY)
FACULTY = PartyFacts("Faculté", "fac", OrganizationKind.FACULTY, signed_on=DAY)
CITY = PartyFacts("MSP", "msp", OrganizationKind.CITY_PRACTICE, signed_on=DAY)
PARTIES = {
    K.ASSOCIATION: (CHU, GHT, FACULTY),
    K.CITY_HOSPITAL: (CH, CITY),
}


def agreement(kind: AgreementKind, state: AgreementState, **changes: object) -> AgreementFacts:
    """An agreement that lacks nothing, in a state, to take things away from."""
    facts = AgreementFacts(
        kind=kind,
        term=Term(state, starts_on=DAY),
        submitted_on=DAY,
        has_practitioner=True,
        parties=PARTIES.get(kind, (CHU, CH)),
        opinions=tuple(OpinionFacts(body, "", DAY) for body in REQUIRED_OPINIONS.get(kind, ())),
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", K)
def test_every_kind_can_live_its_whole_life(kind: AgreementKind) -> None:
    """From the idea to the end: each state of the table is reached by steps that pass."""
    seen, waiting = {S.IDENTIFIED}, [S.IDENTIFIED]
    while waiting:
        state = waiting.pop()
        for to in TRANSITIONS[kind][state]:
            facts = agreement(kind, state)
            if to is S.EXPIRED:
                facts = replace(facts, term=replace(facts.term, ends_on=date(2020, 1, 1)))
            check_can_change_state(facts, to, on=date(2020, 6, 1), today=TODAY)
            if to not in seen:
                seen.add(to)
                waiting.append(to)
    assert seen == set(TRANSITIONS[kind])


@given(
    kind=st.sampled_from(list(K)),
    choices=st.lists(st.integers(0, 5), max_size=14),
    unsigned=st.sets(st.integers(0, 2)),
    without=st.sets(st.sampled_from(list(OpinionBody))),
)
def test_no_path_skips_a_signature_or_an_opinion(
    kind: AgreementKind, choices: list[int], unsigned: set[int], without: set[OpinionBody]
) -> None:
    """Walk the table at random with some signatures and opinions missing: an agreement that got
    signed, submitted, approved, published or in force has every one of them."""
    complete = agreement(kind, S.IDENTIFIED)
    parties = tuple(
        replace(party, signed_on=None) if n in unsigned else party
        for n, party in enumerate(complete.parties)
    )
    opinions = tuple(o for o in complete.opinions if o.body not in without)
    facts = replace(complete, parties=parties, opinions=opinions)
    path = [S.IDENTIFIED]
    for choice in choices:
        ends = TRANSITIONS[kind][facts.state]
        if not ends:
            break
        to = ends[choice % len(ends)]
        if can_change_state(facts, to, on=TODAY, today=TODAY):
            facts = replace(facts, term=replace(facts.term, state=to))
            path.append(to)
    if has_been_signed(facts.state):
        assert all(party.signed_on for party in facts.parties)
        assert not missing_opinions(facts)
        assert S.SIGNED in path
    if facts.state is S.IN_FORCE and kind in APPROVED_BY_ARS:
        assert {S.SUBMITTED, S.PUBLISHED} <= set(path)
        assert {S.APPROVED, S.TACITLY_APPROVED} & set(path)


@given(st.sampled_from(list(K)), st.sampled_from(list(S)), st.sampled_from(list(S)))
def test_only_steps_of_the_table_pass(
    kind: AgreementKind, start: AgreementState, to: AgreementState
) -> None:
    allowed = can_change_state(agreement(kind, start), to, on=TODAY, today=TODAY)
    assert not allowed or to in TRANSITIONS[kind].get(start, ())


@pytest.mark.parametrize(
    ("facts", "to", "on", "code"),
    [
        (agreement(K.FRAMEWORK, S.DRAFT), S.IN_FORCE, DAY, "agreement.illegal-step"),
        (agreement(K.FRAMEWORK, S.DRAFT), S.APPROVED, DAY, "agreement.illegal-step"),
        (agreement(K.GHT, S.SIGNED), S.IN_FORCE, DAY, "agreement.illegal-step"),
        (agreement(K.SHARED_TIME, S.DRAFT), S.SIGNED, DAY, "agreement.illegal-step"),
        (
            agreement(K.FRAMEWORK, S.DRAFT),
            S.ADOPTED,
            TODAY + timedelta(days=1),
            "agreement.future-step",
        ),
        (
            agreement(K.FRAMEWORK, S.DRAFT, term=Term(S.DRAFT, DAY, DAY)),
            S.ADOPTED,
            date(2017, 7, 2),
            "agreement.step-before-last",
        ),
        (
            agreement(K.FRAMEWORK, S.ADOPTED, parties=(CHU, replace(CH, signed_on=None))),
            S.SIGNED,
            DAY,
            "agreement.missing-signature",
        ),
        # A day of signature typed on a draft does not stand for the signatures.
        (
            agreement(
                K.FRAMEWORK, S.ADOPTED, parties=(CHU, replace(CH, signed_on=None)), signed_on=DAY
            ),
            S.SIGNED,
            DAY,
            "agreement.missing-signature",
        ),
        (
            agreement(K.FRAMEWORK, S.ADOPTED, parties=(CHU, replace(CH, signed_on=TODAY))),
            S.SIGNED,
            DAY,
            "agreement.signature-to-come",
        ),
        (
            agreement(
                K.FRAMEWORK,
                S.ADOPTED,
                parties=(replace(CHU, must_sign=False), replace(CH, must_sign=False)),
            ),
            S.SIGNED,
            DAY,
            "agreement.nobody-signs",
        ),
        (
            agreement(K.SHARED_TIME, S.OPINIONS, opinions=()),
            S.ADOPTED,
            DAY,
            "agreement.missing-opinion",
        ),
        (
            agreement(K.GHT, S.OPINIONS, opinions=(OpinionFacts(OpinionBody.CME, "chu", DAY),)),
            S.ADOPTED,
            DAY,
            "agreement.missing-opinion",
        ),
        # Received on 3 July: two months of silence are over on 3 September, not before.
        (
            agreement(K.GCS, S.SUBMITTED),
            S.TACITLY_APPROVED,
            date(2017, 9, 2),
            "agreement.tacit-too-early",
        ),
        (
            agreement(K.GCS, S.SUBMITTED, submitted_on=None),
            S.APPROVED,
            DAY,
            "agreement.not-submitted",
        ),
        (
            agreement(K.FRAMEWORK, S.SIGNED, term=Term(S.SIGNED)),
            S.IN_FORCE,
            DAY,
            "agreement.no-start",
        ),
        (
            agreement(K.FRAMEWORK, S.SIGNED, term=Term(S.SIGNED, None, date(2018, 1, 1))),
            S.IN_FORCE,
            DAY,
            "agreement.starts-later",
        ),
        (
            agreement(K.FRAMEWORK, S.SIGNED, term=Term(S.SIGNED, None, DAY, date(2018, 1, 1))),
            S.IN_FORCE,
            TODAY,
            "agreement.term-is-over",
        ),
        (agreement(K.FRAMEWORK, S.IN_FORCE), S.EXPIRED, TODAY, "agreement.no-term"),
        (
            agreement(
                K.FRAMEWORK,
                S.IN_FORCE,
                term=Term(S.IN_FORCE, None, DAY, date(2020, 1, 1), Renewal.TACIT),
            ),
            S.EXPIRED,
            TODAY,
            "agreement.tacitly-renewed",
        ),
    ],
)
def test_each_refusal_has_its_code(
    facts: AgreementFacts, to: AgreementState, on: date, code: str
) -> None:
    with pytest.raises(Refusal) as caught:
        check_can_change_state(facts, to, on=on, today=TODAY)
    assert caught.value.code == code
    assert not can_change_state(facts, to, on=on, today=TODAY)


def test_tacit_approval_is_acquired_on_its_day() -> None:
    facts = agreement(K.GCS, S.SUBMITTED)
    check_can_change_state(facts, S.TACITLY_APPROVED, on=date(2017, 9, 3), today=TODAY)


def test_a_termination_may_be_announced() -> None:
    later = TODAY + timedelta(days=90)
    check_can_change_state(agreement(K.FRAMEWORK, S.IN_FORCE), S.TERMINATED, on=later, today=TODAY)


@pytest.mark.parametrize(
    ("notice", "effect", "consent", "code"),
    [
        (6, date(2027, 5, 21), False, "agreement.notice-too-short"),
        (6, date(2027, 5, 22), False, ""),
        (6, date(2026, 12, 1), True, ""),
        (None, date(2026, 12, 1), False, ""),
        (6, date(2026, 11, 21), True, "agreement.effect-before-notice"),
    ],
)
def test_the_notice_holds_unless_all_agree(
    notice: int | None, effect: date, consent: bool, code: str
) -> None:
    facts = agreement(K.FRAMEWORK, S.IN_FORCE, notice_months=notice)
    days = {"notified_on": TODAY, "effective_on": effect}
    assert code_of(check_notice, facts, **days, by_consent=consent) == code


@pytest.mark.parametrize(
    ("state", "is_open", "code"),
    [
        (S.IDENTIFIED, False, ""),
        (S.DRAFT, False, ""),
        (S.OPINIONS, False, "agreement.text-is-frozen"),
        (S.ADOPTED, True, "agreement.text-is-frozen"),
        (S.SIGNED, False, "agreement.needs-amendment"),
        (S.IN_FORCE, False, "agreement.needs-amendment"),
        (S.IN_FORCE, True, ""),
        (S.SUSPENDED, True, ""),
        (S.EXPIRED, True, "agreement.is-over"),
        (S.TERMINATED, True, "agreement.is-over"),
    ],
)
def test_when_a_text_may_change(state: AgreementState, is_open: bool, code: str) -> None:
    facts = agreement(K.FRAMEWORK, state)
    assert code_of(check_can_edit, facts, amendment_is_open=is_open) == code


def test_opinions_and_signatures_have_their_time() -> None:
    check_can_record_opinion(agreement(K.GHT, S.OPINIONS), OpinionBody.CME)
    check_can_record_opinion(agreement(K.GHT, S.SUBMITTED), OpinionBody.ARS)
    for state, body in ((S.SUBMITTED, OpinionBody.CME), (S.DRAFT, OpinionBody.CME)):
        with pytest.raises(Refusal, match="ne sont pas consultées"):
            check_can_record_opinion(agreement(K.GHT, state), body)
    check_can_record_signature(agreement(K.FRAMEWORK, S.DRAFT))
    with pytest.raises(Refusal, match="ne se signe pas"):
        check_can_record_signature(agreement(K.GHT, S.DRAFT))


@pytest.mark.parametrize("kind", K)
def test_acts_have_distinct_addresses(kind: AgreementKind) -> None:
    for state, ends in TRANSITIONS[kind].items():
        keys = [act.key for act in list_acts(kind, state)]
        assert len(set(keys)) == len(keys) == len(ends)
        for to in ends:
            assert get_act(kind, state, act_between(state, to).key).to is to
    with pytest.raises(Refusal):
        get_act(kind, S.TERMINATED, "signer")


def test_the_page_of_the_documentation_is_printed_from_the_table() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "agreement-states.md"
    assert page.read_text(encoding="utf-8") == state_page(), "run: maillage agreement_states"
