"""French dates, holidays and the two clock-change nights."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.vocabulary.calendar import (
    day_bounds,
    french_day,
    french_instant,
    is_repeated,
    paris_instant,
    parse_clock,
    parse_day,
    parse_end,
    parse_instant,
    public_holidays,
    public_holidays_between,
)
from maillage.vocabulary.errors import Invalid


def test_public_holidays_of_2026() -> None:
    assert public_holidays(2026) == {
        date(2026, 1, 1), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 8),
        date(2026, 5, 14), date(2026, 5, 25), date(2026, 7, 14), date(2026, 8, 15),
        date(2026, 11, 1), date(2026, 11, 11), date(2026, 12, 25),
    }  # fmt: skip


def test_holidays_between_two_days_include_both() -> None:
    assert public_holidays_between(date(2026, 12, 25), date(2027, 1, 1)) == (
        date(2026, 12, 25),
        date(2027, 1, 1),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24/12/2026 3h", datetime(2026, 12, 24, 2, 0, tzinfo=UTC)),
        ("24/12/2026 3h15", datetime(2026, 12, 24, 2, 15, tzinfo=UTC)),
        ("24-12-26 à 3 h 15", datetime(2026, 12, 24, 2, 15, tzinfo=UTC)),
        ("24/12/2026", datetime(2026, 12, 23, 23, 0, tzinfo=UTC)),
        ("2026-12-24T03:00", datetime(2026, 12, 24, 2, 0, tzinfo=UTC)),
        ("2026-07-24T03:00", datetime(2026, 7, 24, 1, 0, tzinfo=UTC)),
        ("2026-11-22T03:00+01:00", datetime(2026, 11, 22, 2, 0, tzinfo=UTC)),
        ("2026-11-22T03:00Z", datetime(2026, 11, 22, 3, 0, tzinfo=UTC)),
    ],
)
def test_instants_as_people_type_them(text: str, expected: datetime) -> None:
    assert parse_instant(text) == expected


@pytest.mark.parametrize(
    "text", ["", "demain", "31/02/2026", "24/12/2026 25h", "12h", "2026-13-01"]
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_instant(text)


@pytest.mark.parametrize("text", ["3h", "3 h", "03:00", "3:00"])
def test_clocks(text: str) -> None:
    assert parse_clock(text) == time(3)


def test_the_night_of_march_has_23_hours_and_that_of_october_25() -> None:
    def hours(day: date) -> float:
        start, end = day_bounds(day)
        return (end - start) / timedelta(hours=1)

    assert hours(date(2026, 3, 29)) == 23
    assert hours(date(2026, 10, 25)) == 25
    assert hours(date(2026, 11, 22)) == 24


def test_both_passes_of_the_repeated_hour() -> None:
    first = paris_instant(date(2026, 10, 25), time(2, 30))
    second = paris_instant(date(2026, 10, 25), time(2, 30), fold=1)
    assert second - first == timedelta(hours=1)


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31)))
def test_days_read_back_as_written(day: date) -> None:
    assert parse_day(f"{day.day}/{day.month}/{day.year}") == day
    assert parse_day(day.isoformat()) == day
    assert str(day.year) in french_day(day)


def test_words() -> None:
    assert french_day(date(2026, 12, 1)) == "1er décembre 2026"
    assert (
        french_instant(datetime(2026, 11, 22, 2, 0, tzinfo=UTC))
        == "dimanche 22 novembre 2026 à 3 h"
    )


NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # Sunday 22 November 2026, 03:00 in Paris


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3h", datetime(2026, 11, 22, 2, 0, tzinfo=UTC)),
        ("2h", datetime(2026, 11, 23, 1, 0, tzinfo=UTC)),
        ("demain 3h", datetime(2026, 11, 23, 2, 0, tzinfo=UTC)),
        ("hier à 22h", datetime(2026, 11, 21, 21, 0, tzinfo=UTC)),
        ("Aujourd'hui 15h30", datetime(2026, 11, 22, 14, 30, tzinfo=UTC)),
    ],
)
def test_instants_counted_from_now(text: str, expected: datetime) -> None:
    assert parse_instant(text, now=NOW) == expected


@pytest.mark.parametrize("text", ["3h", "demain 3h"])
def test_without_a_now_they_name_nothing(text: str) -> None:
    with pytest.raises(Invalid):
        parse_instant(text)


def test_the_hour_that_march_skips_is_refused() -> None:
    with pytest.raises(Invalid, match="n'existe pas"):
        parse_instant("29/03/2026 2h30")
    assert parse_instant("29/03/2026 3h30") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_only_the_hours_of_october_are_repeated() -> None:
    assert is_repeated(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert is_repeated(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    assert not is_repeated(datetime(2026, 10, 25, 2, 0, tzinfo=UTC))
    assert not is_repeated(datetime(2026, 3, 29, 1, 0, tzinfo=UTC))
    assert not is_repeated(NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("18/12/2026", datetime(2026, 12, 18, 23, tzinfo=UTC)),
        ("2026-12-18", datetime(2026, 12, 18, 23, tzinfo=UTC)),
        ("18/12/2026 8h", datetime(2026, 12, 18, 7, tzinfo=UTC)),
        # The day on which clocks go back has 25 hours.
        ("25/10/2026", datetime(2026, 10, 25, 23, tzinfo=UTC)),
    ],
)
def test_a_day_that_ends_a_period_is_included(text: str, expected: datetime) -> None:
    assert parse_end(text) == expected


def test_an_end_that_is_no_instant_is_refused() -> None:
    with pytest.raises(Invalid):
        parse_end("fin décembre")
