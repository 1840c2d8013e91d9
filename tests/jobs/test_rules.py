"""Turns of regular work, shares, and who is held for dead."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from maillage.jobs.rules import (
    SILENT_ELSEWHERE_S,
    SILENT_HERE_S,
    EveryDay,
    EveryMinutes,
    is_dead,
    is_given_up,
    share,
)


@pytest.mark.parametrize(
    ("at", "period"),
    [
        (datetime(2026, 11, 22, 3, 59, tzinfo=UTC), "2026-11-21"),
        (datetime(2026, 11, 22, 4, 0, tzinfo=UTC), "2026-11-22"),
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), "2026-11-22"),  # 00:30 of the 23rd in Paris
        (datetime(2026, 7, 1, 2, 59, tzinfo=UTC), "2026-06-30"),
        (datetime(2026, 7, 1, 3, 0, tzinfo=UTC), "2026-07-01"),  # 05:00 in summer
    ],
)
def test_the_turn_of_a_day_begins_at_its_hour_in_paris(at: datetime, period: str) -> None:
    assert EveryDay(time(5)).period(at) == period


@pytest.mark.parametrize(("month", "day"), [(3, 29), (10, 25)])
def test_nights_that_change_the_hour_leave_no_turn_out(month: int, day: int) -> None:
    """02:30 does not exist on 29 March 2026 and comes twice on 25 October: one turn each day, not
    before its day, and the day that is done twice by name is done once by the table."""
    schedule = EveryDay(time(2, 30))
    start = datetime(2026, month, day - 1, 12, tzinfo=UTC)
    begins: dict[str, datetime] = {}
    for minutes in range(0, 48 * 60, 10):
        at = start + timedelta(minutes=minutes)
        begins.setdefault(schedule.period(at), at)
    days = [f"2026-{month:02d}-{d:02d}" for d in (day - 1, day, day + 1)]
    assert list(begins) == days
    summer_time = {3: "01:00", 10: "00:30"}
    assert f"{begins[days[1]]:%H:%M}" == summer_time[month]


def test_the_turns_of_some_minutes() -> None:
    at = datetime(2026, 11, 22, 2, 19, 59, tzinfo=UTC)
    assert EveryMinutes(10).period(at) == "2026-11-22T02:10Z"
    assert EveryMinutes(60).period(at) == "2026-11-22T02:00Z"
    assert EveryMinutes(1).period(at) == "2026-11-22T02:19Z"


def test_schedules_in_words() -> None:
    assert EveryDay(time(5)).label == "chaque jour à 5 h"
    assert EveryDay(time(3, 40)).label == "chaque jour à 3 h 40"
    words = [EveryMinutes(n).label for n in (1, 10, 60, 120)]
    assert words == [
        "chaque minute",
        "toutes les 10 minutes",
        "chaque heure",
        "toutes les 2 heures",
    ]


@pytest.mark.parametrize(
    ("done", "total", "percent"),
    [(0, 0, None), (3, 0, None), (0, 8, 0), (3, 8, 37), (8, 8, 100), (9, 8, 100)],
)
def test_shares(done: int, total: int, percent: int | None) -> None:
    assert share(done, total) == percent


def test_who_is_held_for_dead() -> None:
    assert is_dead(alive=False, silent_s=0)
    assert not is_dead(alive=True, silent_s=SILENT_ELSEWHERE_S)
    assert is_dead(alive=True, silent_s=SILENT_HERE_S)
    assert not is_dead(alive=None, silent_s=SILENT_ELSEWHERE_S - 0.1)
    assert is_dead(alive=None, silent_s=SILENT_ELSEWHERE_S)


def test_five_cuts_are_enough() -> None:
    assert [is_given_up(n) for n in (1, 4, 5)] == [False, False, True]
