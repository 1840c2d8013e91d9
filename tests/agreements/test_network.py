"""The clauses that the coverage engine receives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from maillage.agreements.enums import AgreementKind, AgreementState, Renewal
from maillage.agreements.models import Agreement, Clause, StateChange
from maillage.agreements.queries.facts import load_facts
from maillage.agreements.queries.lists import list_lapsing, search_agreements
from maillage.agreements.queries.network import clause_slug, list_clauses_for_network
from maillage.directory.models import Organization, OrganizationGroup

MakeAgreement = Callable[..., Agreement]
MakeClause = Callable[..., Clause]
TODAY = date(2026, 11, 22)


def pieces() -> list[tuple[str, date | None, date | None]]:
    return [(one.id, one.starts_on, one.ends_on) for one in list_clauses_for_network()]


def test_a_clause_names_who_sends_what_to_whom(
    association: Agreement, make_clause: MakeClause, group: OrganizationGroup
) -> None:
    make_clause(
        association,
        "neuro",
        from_organization=None,
        from_group=group,
        care_types=["NEUROSURGERY", "BURNS"],
        priority=2,
    )
    (one,) = list_clauses_for_network()
    assert (one.id, one.agreement, one.from_organization, one.from_group) == (
        "neuro",
        "association",
        None,
        "ght",
    )
    assert (one.to_organization, one.care_types, one.priority) == (
        "590780193",
        ("NEUROSURGERY", "BURNS"),
        2,
    )


@pytest.mark.parametrize(
    ("state", "state_on", "ends_on", "expected"),
    [
        (AgreementState.DRAFT, None, None, []),
        (AgreementState.SIGNED, None, None, []),
        (AgreementState.IN_FORCE, None, None, [(date(2018, 1, 1), date(2025, 1, 1))]),
        (
            AgreementState.IN_FORCE,
            None,
            date(2020, 1, 1),
            [(date(2018, 1, 1), date(2020, 1, 1))],
        ),
        # Ended: what happened before the end is still answered.
        (
            AgreementState.TERMINATED,
            date(2022, 11, 14),
            None,
            [(date(2018, 1, 1), date(2022, 11, 14))],
        ),
        (AgreementState.TERMINATED, date(2017, 8, 1), None, []),
    ],
)
def test_a_clause_lives_within_its_agreement(
    state: AgreementState,
    state_on: date | None,
    ends_on: date | None,
    expected: list[tuple[date, date]],
    make_agreement: MakeAgreement,
    make_clause: MakeClause,
) -> None:
    made = make_agreement("cadre", state=state, state_on=state_on, ends_on=ends_on)
    make_clause(made, "c", starts_on=date(2018, 1, 1), ends_on=date(2025, 1, 1))
    assert [(starts, ends) for _, starts, ends in pieces()] == expected


def test_an_annex_falls_with_its_parent(
    make_agreement: MakeAgreement, make_clause: MakeClause
) -> None:
    parent = make_agreement("cadre", state=AgreementState.TERMINATED, state_on=date(2020, 1, 1))
    annex = make_agreement(
        "annexe", kind=AgreementKind.ACTIVITY_SHARING, parent=parent, renewal=Renewal.TACIT
    )
    make_clause(annex, "c")
    assert pieces() == [("c", date(2017, 7, 3), date(2020, 1, 1))]


def test_a_lifted_suspension_makes_two_pieces(
    make_agreement: MakeAgreement, make_clause: MakeClause
) -> None:
    made = make_agreement("cadre", state_on=date(2020, 6, 1))
    for state, on in (
        (AgreementState.SUSPENDED, date(2020, 3, 1)),
        (AgreementState.IN_FORCE, date(2020, 6, 1)),
    ):
        StateChange.objects.create(
            agreement=made,
            to_state=state,
            on=on,
            by_name="essai",
            recorded_at=datetime(2020, 6, 1, tzinfo=UTC),
        )
    make_clause(made, "c")
    assert pieces() == [
        ("c", date(2017, 7, 3), date(2020, 3, 1)),
        ("c~2", date(2020, 6, 1), None),
    ]
    assert clause_slug("c~2") == "c"


@pytest.mark.parametrize("count", [1, 25])
def test_the_network_takes_three_queries(
    count: int,
    make_agreement: MakeAgreement,
    make_clause: MakeClause,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        make_clause(make_agreement(f"c{number}"), f"clause-{number}")
    with django_assert_num_queries(3):
        assert len(list_clauses_for_network()) == count


@pytest.mark.parametrize("count", [1, 25])
def test_facts_take_the_same_queries_for_one_or_many(
    count: int,
    association: Agreement,
    make_agreement: MakeAgreement,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        make_agreement(f"c{number}")
    agreements = list(Agreement.objects.all())
    with django_assert_max_num_queries(6):
        facts = load_facts(agreements)
    support = next(p for p in facts[association.id].parties if p.organization == "chv")
    assert support.group is not None
    assert {member.organization for member in support.group.members} == {"caudry", "chv"}


def test_what_lapses_and_what_a_search_finds(
    make_agreement: MakeAgreement, territory: dict[str, Organization]
) -> None:
    make_agreement("bientot", ends_on=date(2026, 12, 1))
    make_agreement("plus-tard", ends_on=date(2029, 1, 1))
    make_agreement("oubliee", ends_on=date(2026, 11, 1), title="Convention oubliée")
    lapsing = list_lapsing(today=TODAY)
    assert [(one.slug, clock.days_left) for one, clock in lapsing] == [
        ("oubliee", -21),
        ("bientot", 9),
    ]
    hits = search_agreements("OUBLIEE arras", 5, today=TODAY)
    assert [(hit.slug, hit.detail) for hit in hits] == [("oubliee", "Convention-cadre, échue")]
    assert search_agreements("x", 5, today=TODAY) == []
    assert len(search_agreements("convention", 2, today=TODAY)) == 2
