"""Half-open periods."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.vocabulary.errors import Invalid
from maillage.vocabulary.periods import Period, gaps

DAY = date(2022, 11, 14)
days = st.dates(min_value=date(2020, 1, 1), max_value=date(2020, 3, 1))


@st.composite
def periods(draw: st.DrawFn) -> Period[date]:
    starts = draw(st.none() | days)
    ends = draw(st.none() | days)
    if starts and ends and ends <= starts:
        ends = starts + timedelta(days=draw(st.integers(1, 20)))
    return Period(starts, ends)


def test_the_start_is_in_and_the_end_is_out() -> None:
    period = Period(date(2016, 7, 1), DAY)
    assert period.contains(date(2016, 7, 1))
    assert period.contains(DAY - timedelta(days=1))
    assert not period.contains(DAY)
    assert not period.contains(date(2016, 6, 30))


@pytest.mark.parametrize("ends", [DAY, DAY - timedelta(days=1)])
def test_an_empty_period_does_not_exist(ends: date) -> None:
    with pytest.raises(Invalid):
        Period(DAY, ends)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(Invalid):
        Period(datetime(2026, 1, 1), None)  # noqa: DTZ001


@given(periods(), periods(), days)
def test_intersection_holds_what_both_hold(a: Period[date], b: Period[date], day: date) -> None:
    common = a.intersection(b)
    both = a.contains(day) and b.contains(day)
    assert both == (common is not None and common.contains(day))
    assert a.overlaps(b) == b.overlaps(a) == (common is not None)


@given(st.lists(periods(), max_size=6))
def test_gaps_are_exactly_the_days_that_nothing_covers(found: list[Period[date]]) -> None:
    horizon = Period(date(2020, 1, 1), date(2020, 3, 2))
    empty = gaps(found, horizon)
    for offset in range(61):
        day = date(2020, 1, 1) + timedelta(days=offset)
        covered = any(period.contains(day) for period in found)
        assert any(gap.contains(day) for gap in empty) == (not covered)


def test_gaps_need_a_closed_horizon() -> None:
    with pytest.raises(Invalid):
        gaps([], Period(DAY, None))
