"""On which days an agreement carries patients, and the clocks that run on it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.agreements.enums import AgreementKind, AgreementState, Renewal
from maillage.agreements.rules.chart import RIGHT, Span, lay_out
from maillage.agreements.rules.clocks import clocks, lapses_soon
from maillage.agreements.rules.constants import LEGAL_CONSTANTS, add_months
from maillage.agreements.rules.facts import AgreementFacts, Term
from maillage.agreements.rules.terms import (
    carries_patients,
    carrying_periods,
    state_shown,
    suspensions_of,
)
from maillage.agreements.rules.words import STATE_LEVELS, entry_words, state_words, vague_day
from maillage.vocabulary.periods import Period

S = AgreementState
K = AgreementKind
TODAY = date(2026, 11, 22)
START, END, MIDDLE = date(2017, 7, 3), date(2027, 7, 3), date(2022, 11, 14)

# state, since, renewal | days: before the start, first day, middle, last day, the end, much later
TABLE = [
    (S.DRAFT, None, "NONE", "no  no  no  no  no  no "),
    (S.SIGNED, None, "NONE", "no  no  no  no  no  no "),
    (S.PUBLISHED, None, "NONE", "no  no  no  no  no  no "),
    (S.IN_FORCE, None, "NONE", "no  yes yes yes no  no "),
    (S.IN_FORCE, None, "EXPRESS", "no  yes yes yes no  no "),
    (S.IN_FORCE, None, "TACIT", "no  yes yes yes yes yes"),
    (S.SUSPENDED, MIDDLE, "NONE", "no  yes no  no  no  no "),
    (S.SUSPENDED, None, "NONE", "no  no  no  no  no  no "),
    (S.EXPIRED, END, "NONE", "no  yes yes yes no  no "),
    (S.TERMINATED, MIDDLE, "NONE", "no  yes no  no  no  no "),
    (S.TERMINATED, MIDDLE, "TACIT", "no  yes no  no  no  no "),
    # Terminated after its term while tacitly renewed: it carried until then.
    (S.TERMINATED, date(2030, 1, 1), "TACIT", "no  yes yes yes yes no "),
]
DAYS = [START - timedelta(1), START, MIDDLE, END - timedelta(1), END, date(2035, 1, 1)]


@pytest.mark.parametrize(("state", "since", "renewal", "expected"), TABLE)
def test_which_days_carry_patients(
    state: AgreementState, since: date | None, renewal: str, expected: str
) -> None:
    term = Term(state, since, START, END, Renewal(renewal))
    assert [carries_patients(term, day) for day in DAYS] == [w == "yes" for w in expected.split()]


def test_a_lifted_suspension_leaves_a_hole_and_an_end_while_suspended_keeps_it() -> None:
    lifted = suspensions_of(
        [(START, S.IN_FORCE), (date(2018, 1, 1), S.SUSPENDED), (date(2018, 6, 1), S.IN_FORCE)]
    )
    assert lifted == (Period(date(2018, 1, 1), date(2018, 6, 1)),)
    term = Term(S.IN_FORCE, date(2018, 6, 1), START, None, suspensions=lifted)
    assert carrying_periods(term) == (
        Period(START, date(2018, 1, 1)),
        Period(date(2018, 6, 1), None),
    )
    ended = suspensions_of([(date(2018, 1, 1), S.SUSPENDED), (date(2019, 1, 1), S.TERMINATED)])
    term = Term(S.TERMINATED, date(2019, 1, 1), START, None, suspensions=ended)
    assert carrying_periods(term) == (Period(START, date(2018, 1, 1)),)


days = st.dates(date(2000, 1, 1), date(2040, 1, 1))
terms = st.builds(
    Term,
    state=st.sampled_from(list(S)),
    state_on=st.none() | days,
    starts_on=st.none() | days,
    ends_on=st.none() | days,
    renewal=st.sampled_from(list(Renewal)),
)


@given(parent=terms, child=terms, day=days)
def test_an_annex_never_carries_without_its_parent(parent: Term, child: Term, day: date) -> None:
    annex = Term(
        child.state, child.state_on, child.starts_on, child.ends_on, child.renewal, (), parent
    )
    if carries_patients(annex, day):
        assert carries_patients(parent, day)
        assert carries_patients(child, day)


@given(term=terms, day=days)
def test_nothing_is_carried_outside_the_dates(term: Term, day: date) -> None:
    if carries_patients(term, day):
        assert term.starts_on is not None
        assert term.starts_on <= day
        assert term.ends_on is None or day < term.ends_on or term.renewal is Renewal.TACIT


@pytest.mark.parametrize(
    ("renewal", "today", "shown"),
    [
        ("NONE", END - timedelta(1), S.IN_FORCE),
        ("NONE", END, S.EXPIRED),
        ("EXPRESS", END, S.EXPIRED),
        ("TACIT", END, S.IN_FORCE),
    ],
)
def test_a_term_that_has_passed_reads_as_expired(
    renewal: str, today: date, shown: AgreementState
) -> None:
    assert state_shown(Term(S.IN_FORCE, None, START, END, Renewal(renewal)), today) is shown


def running(facts: AgreementFacts) -> list[tuple[str, date, int, str]]:
    return [(c.key, c.due_on, c.days_left, c.level) for c in clocks(facts, today=TODAY)]


def days_ahead(count: int) -> date:
    return TODAY + timedelta(days=count)


@pytest.mark.parametrize(
    ("left", "level"),
    [(181, "neutral"), (180, "info"), (91, "info"), (90, "limit"), (31, "limit"), (30, "late")],
)
def test_the_term_is_announced_at_180_90_and_30_days(left: int, level: str) -> None:
    facts = AgreementFacts(K.FRAMEWORK, Term(S.IN_FORCE, None, START, days_ahead(left)))
    assert running(facts) == [("term", days_ahead(left), left, level)]
    assert (lapses_soon(facts, today=TODAY) is None) == (level == "neutral")


def test_statutory_clocks() -> None:
    submitted = AgreementFacts(K.GCS, Term(S.SUBMITTED), submitted_on=date(2026, 9, 30))
    assert running(submitted) == [("ars-tacit-approval", date(2026, 11, 30), 8, "limit")]
    approved = AgreementFacts(K.GCS, Term(S.APPROVED, date(2026, 11, 1)))
    assert running(approved) == [("gcs-publication", date(2026, 11, 16), -6, "late")]
    group = AgreementFacts(K.GHT, Term(S.IN_FORCE, None, date(2022, 12, 1)))
    assert running(group) == [
        ("pmp-term", date(2027, 12, 1), 374, "neutral"),
        ("term", date(2032, 12, 1), 2201, "neutral"),
    ]


def test_the_notice_comes_before_the_term_and_tacit_renewal_says_so() -> None:
    facts = AgreementFacts(
        K.ASSOCIATION,
        Term(S.IN_FORCE, None, START, END, Renewal.TACIT),
        notice_months=6,
        date_is_exact=False,
    )
    notice, term = clocks(facts, today=TODAY)
    assert (notice.key, notice.due_on, notice.level) == ("notice", date(2027, 1, 3), "limit")
    assert "dénoncer" in notice.name
    assert (term.key, term.approximate) == ("term", True)


def test_a_presumed_term_asks_to_be_checked() -> None:
    facts = AgreementFacts(K.GHT, Term(S.IN_FORCE, None, date(2016, 8, 30)))
    (term,) = (clock for clock in clocks(facts, today=TODAY) if clock.key == "term")
    assert (term.words, term.level) == ("reconduction à vérifier", "limit")
    assert "à vérifier" in term.basis


def test_no_clock_runs_on_what_is_over() -> None:
    for state in (S.DRAFT, S.EXPIRED, S.TERMINATED):
        assert running(AgreementFacts(K.GHT, Term(state, None, START, END))) == []


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2023, 12, 31), 2, date(2024, 2, 29)),
        (date(2026, 1, 15), -2, date(2025, 11, 15)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
    ],
)
def test_months_are_counted_by_the_calendar(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_every_legal_value_names_its_source() -> None:
    assert all(one.source and one.value > 0 for one in LEGAL_CONSTANTS)
    assert {one.key for one in LEGAL_CONSTANTS if one.to_check} == {"ght-term", "pmp-term"}


def test_words_are_no_finer_than_what_is_known() -> None:
    assert vague_day(date(2001, 1, 1), "year") == "2001"
    assert vague_day(date(2000, 3, 1), "month") == "mars 2000"
    assert vague_day(date(2017, 7, 3), "day") == "3 juillet 2017"
    assert state_words(S.TERMINATED, date(2027, 3, 14), today=TODAY) == (
        "Résiliée, effet le 14 mars 2027"
    )
    assert set(STATE_LEVELS) == set(S)


def test_the_timeline_keeps_bars_and_labels_inside() -> None:
    spans = [
        Span("a", "Une convention au nom fort long", "En vigueur", "ok", date(1998, 1, 1), None),
        Span("b", "B", "En vigueur", "ok", date(2028, 6, 1), date(2040, 1, 1), "month"),
        Span("c", "C", "Signée", "info", date(2001, 1, 1), date(2001, 1, 1), "year", True),
    ]
    chart = lay_out(spans, today=TODAY)
    assert [bar.x + bar.width <= RIGHT + 3 for bar in chart.bars] == [True] * 3
    assert chart.bars[0].began_before
    assert chart.bars[1].is_open
    assert chart.bars[2].vague_width > 0
    assert [bar.y for bar in chart.bars] == sorted(bar.y for bar in chart.bars)
    assert all(bar.future_width >= 0 for bar in chart.bars)


@pytest.mark.parametrize(
    ("state", "signed_on", "starts_on", "words"),
    [
        (S.SIGNED, date(2000, 7, 1), None, "date d'entrée en vigueur inconnue"),
        (S.SIGNED, date(2000, 7, 1), date(2000, 7, 1), "date d'entrée en vigueur inconnue"),
        (S.SIGNED, TODAY - timedelta(days=30), None, "pas encore en vigueur"),
        (S.SIGNED, date(2000, 7, 1), TODAY + timedelta(days=30), "pas encore en vigueur"),
        (S.DRAFT, None, None, "pas encore en vigueur"),
        (S.IN_FORCE, None, None, "date d'entrée en vigueur inconnue"),
        (S.IN_FORCE, date(2017, 7, 3), date(2017, 7, 3), ""),
    ],
)
def test_what_is_said_of_an_unknown_first_day(
    state: S, signed_on: date | None, starts_on: date | None, words: str
) -> None:
    assert entry_words(state, signed_on, starts_on, today=TODAY) == words
