"""How long clocks are: working time, announced hours, time taken up again, priorities changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.referrals.enums import Clock, Kind, Level, Priority
from maillage.referrals.rules.deadlines import (
    DELAYS,
    Delay,
    Running,
    alarm_at,
    chain,
    delay,
    due_at,
    is_working_day,
    minutes_left,
    reprioritise,
    start,
)
from maillage.vocabulary.calendar import paris_instant, to_paris

NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
"""A Sunday."""

MOMENTS = st.integers(0, 700 * 24 * 60).map(lambda minutes: NIGHT + timedelta(minutes=minutes))


def paris(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return paris_instant(moment.date(), moment.time())


@pytest.mark.parametrize(
    ("started", "minutes", "ends"),
    [
        ("2026-11-22T03:00", 240, "2026-11-23T12:30"),  # a Sunday night: from Monday 8:30
        ("2026-11-23T17:30", 240, "2026-11-24T11:30"),
        ("2026-11-20T18:30", 60, "2026-11-23T09:30"),
        ("2026-12-24T18:00", 60, "2026-12-28T09:00"),  # Christmas is a Friday
        ("2027-05-07T18:00", 600, "2027-05-10T18:00"),
    ],
)
def test_working_time(started: str, minutes: int, ends: str) -> None:
    assert due_at(paris(started), Delay(minutes, working=True)) == paris(ends)


def test_an_exact_delay_crosses_the_change_of_clocks() -> None:
    assert due_at(paris("2026-10-25T01:30"), Delay(120)) - paris("2026-10-25T01:30") == timedelta(
        hours=2
    )


def slow_due_at(started: datetime, minutes: int) -> datetime:
    """Minute after minute."""
    moment, left = started, minutes
    while left:
        local = to_paris(moment)
        clock = (local.hour, local.minute)
        if is_working_day(local.date()) and (8, 30) <= clock < (18, 30):
            left -= 1
        moment += timedelta(minutes=1)
    return moment


@given(started=MOMENTS, minutes=st.integers(1, 3000))
def test_working_time_agrees_with_counting_minutes(started: datetime, minutes: int) -> None:
    assert due_at(started, Delay(minutes, working=True)) == slow_due_at(started, minutes)


@given(started=MOMENTS, minutes=st.integers(1, 3000), working=st.booleans())
def test_what_is_left_of_a_clock_is_what_it_was_given(
    started: datetime, minutes: int, working: bool
) -> None:
    due = due_at(started, Delay(minutes, working))
    assert minutes_left(due, at=started, working=working) == minutes
    assert minutes_left(due, at=due, working=working) == 0
    assert minutes_left(due, at=due + timedelta(days=3), working=working) == 0


def test_an_announced_hour_replaces_the_delay() -> None:
    hour = NIGHT + timedelta(hours=5)
    running = start(Clock.TO_ARRIVE, Priority.P0, at=NIGHT, announced=hour)
    assert running == Running(hour + timedelta(minutes=15), Delay(15))
    # Only where something is announced.
    assert start(Clock.TO_SEE, Priority.P0, at=NIGHT, announced=hour).due_at < hour


def test_the_terms_of_a_clause_come_first() -> None:
    terms = {Clock.TO_SEE: Delay(3)}
    assert start(Clock.TO_SEE, Priority.P1, at=NIGHT, terms=terms).length == Delay(3)
    assert delay(Clock.TO_ANSWER, Priority.P1, terms) == DELAYS[Clock.TO_ANSWER][Priority.P1]


@given(left=st.integers(0, 10_000), priority=st.sampled_from(Priority))
def test_time_taken_up_again_is_at_least_a_quarter_and_never_more_than_the_whole(
    left: int, priority: Priority
) -> None:
    whole = delay(Clock.TO_ANSWER, priority)
    length = start(Clock.TO_ANSWER, priority, at=NIGHT, left=left).length
    assert length.minutes * 4 >= whole.minutes
    assert length.minutes <= whole.minutes
    assert length.working == whole.working
    if whole.minutes / 4 <= left <= whole.minutes:
        assert length.minutes == left


@given(passed=st.integers(0, 3000), old=st.integers(1, 3000), new=st.integers(1, 3000))
def test_a_raised_priority_never_gives_more_time(passed: int, old: int, new: int) -> None:
    at = NIGHT + timedelta(minutes=passed)
    before = Running(due_at(NIGHT, Delay(old)), Delay(old))
    raised = reprioritise(before, started_at=NIGHT, at=at, whole=Delay(new), is_raised=True)
    assert raised.due_at == min(before.due_at, at + timedelta(minutes=new))
    lowered = reprioritise(before, started_at=NIGHT, at=at, whole=Delay(new), is_raised=False)
    assert lowered.due_at == NIGHT + timedelta(minutes=new)


def test_calls_are_half_a_clock_apart_and_five_minutes_at_the_least() -> None:
    due = NIGHT
    assert alarm_at(due, Delay(60), 0) == due
    assert alarm_at(due, Delay(60), 2) == due + timedelta(hours=1)
    assert alarm_at(due, Delay(5), 1) == due + timedelta(minutes=5)


def test_the_samu_is_called_for_what_is_urgent() -> None:
    assert chain(Kind.TRANSFER, Priority.P1)[-1] is Level.REGULATOR
    assert Level.REGULATOR not in chain(Kind.TRANSFER, Priority.P2)


def test_urgent_clocks_run_day_and_night_and_grow_with_patience() -> None:
    for clock, lengths in DELAYS.items():
        assert not lengths[Priority.P0].working, clock
        assert not lengths[Priority.P1].working, clock
        ends = [due_at(NIGHT, lengths[priority]) for priority in Priority]
        assert ends == sorted(ends), clock


def test_an_hour_told_in_paris_counts_real_minutes_on_the_night_clocks_go_back() -> None:
    """2:50 in summer time on 25 October 2026; the next hour is 2:00 again."""
    told = datetime(2026, 10, 25, 2, 50, tzinfo=to_paris(NIGHT).tzinfo)
    assert due_at(told, Delay(15)) - told.astimezone(UTC) == timedelta(minutes=15)
