"""Which horizons may be asked for, what is out of date, which proofs stay."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from maillage.coverage.rules.proofs import (
    KEPT_PROOFS,
    check_horizon,
    current_horizon,
    freshness,
    superseded,
)
from maillage.vocabulary.errors import Invalid

SINCE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 1, 1), date(2026, 1, 1)),
        (date(2026, 1, 2), date(2026, 1, 1)),
        (date(2026, 1, 1), date(2029, 1, 2)),
        (date(2026, 1, 31), date(2029, 2, 1)),
    ],
)
def test_a_horizon_is_not_empty_and_not_beyond_three_years(first: date, last: date) -> None:
    with pytest.raises(Invalid) as refused:
        check_horizon(first, last)
    assert refused.value.code == "coverage.horizon"


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 1, 1), date(2026, 1, 2)),
        (date(2026, 1, 1), date(2029, 1, 1)),
        (date(2026, 1, 31), date(2029, 1, 31)),
    ],
)
def test_a_day_or_three_years_may_be_asked_for(first: date, last: date) -> None:
    check_horizon(first, last)


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (date(2026, 11, 22), date(2027, 11, 22)),
        (date(2027, 2, 28), date(2028, 2, 28)),
        (date(2028, 2, 29), date(2029, 3, 1)),
    ],
)
def test_the_coming_year_ends_on_the_same_day(today: date, last: date) -> None:
    assert current_horizon(today) == (today, last)


def test_words_of_freshness() -> None:
    day = date(2026, 11, 22)
    same = {"first_day": day, "today": day, "kept_current": True}
    assert freshness(**same, acts=0, since=None).words == "À jour"  # type: ignore[arg-type]
    one = freshness(**same, acts=1, since=SINCE)  # type: ignore[arg-type]
    many = freshness(**same, acts=3, since=SINCE)  # type: ignore[arg-type]
    assert not one.is_current
    assert one.words == "Périmée depuis le 20 novembre 2026 à 10 h (1 acte sur le territoire)"
    assert many.words == "Périmée depuis le 20 novembre 2026 à 10 h (3 actes sur le territoire)"


def test_only_the_proof_of_the_coming_year_slides_with_the_day() -> None:
    day, later = date(2026, 11, 22), date(2026, 11, 23)
    slid = freshness(first_day=day, today=later, kept_current=True, acts=0, since=None)
    chosen = freshness(first_day=day, today=later, kept_current=False, acts=0, since=None)
    assert (slid.is_current, slid.slid) == (False, True)
    assert chosen.is_current


def test_the_newest_proofs_and_the_first_of_each_month_stay() -> None:
    first = date(2026, 9, 10)
    rows = [(number, first + timedelta(days=number)) for number in range(80)]
    gone = set(superseded(rows))
    kept = [day for number, day in rows if number not in gone]
    assert kept[-KEPT_PROOFS:] == [day for _, day in rows[-KEPT_PROOFS:]]
    assert kept[:-KEPT_PROOFS] == [date(2026, 9, 10), date(2026, 10, 1)]
    assert superseded(rows[:KEPT_PROOFS]) == []
