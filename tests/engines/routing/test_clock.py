"""Local time: weekly windows on ordinary days, public holidays and clock-change nights."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from maillage.engines.routing import HolidayRule, Opening, Verdict
from maillage.engines.routing.clock import LocalClock, Week, to_tick
from maillage.engines.routing.intervals import HIGH, LOW, Intervals
from tests.engines.routing.tables import ONE_STEP, ask, instant, one_service, territory

PARIS = ZoneInfo("Europe/Paris")
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
SPRING = date(2026, 3, 29)
AUTUMN = date(2026, 10, 25)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def window(day: date, starts: str, ends: str) -> list[tuple[str, str]]:
    """The UTC hours of a window on a day of Paris."""
    clock = LocalClock(PARIS, ())
    opening = Opening.between(EVERY_DAY, starts, ends)
    found = clock.window(day.toordinal(), opening.from_minute, opening.to_minute)
    return [
        tuple(clock.local(tick).astimezone(UTC).strftime("%d %H:%M") for tick in pair)  # type: ignore[misc]
        for pair in found
    ]


@pytest.mark.parametrize(
    ("day", "starts", "ends", "expected"),
    [
        (date(2026, 6, 3), "08:00", "18:30", [("03 06:00", "03 16:30")]),
        (date(2026, 6, 3), "00:00", "24:00", [("02 22:00", "03 22:00")]),
        (SPRING, "00:00", "24:00", [("28 23:00", "29 01:00"), ("29 01:00", "29 22:00")]),
        (SPRING, "02:00", "03:00", []),
        (SPRING, "02:30", "03:30", [("29 01:00", "29 01:30")]),
        (SPRING, "01:30", "02:30", [("29 00:30", "29 01:00")]),
        (AUTUMN, "02:00", "02:30", [("25 00:00", "25 00:30"), ("25 01:00", "25 01:30")]),
        (AUTUMN, "02:00", "03:00", [("25 00:00", "25 01:00"), ("25 01:00", "25 02:00")]),
        (AUTUMN, "01:30", "02:30", [("24 23:30", "25 00:30"), ("25 01:00", "25 01:30")]),
    ],
)
def test_a_window_follows_the_wall_clock(
    day: date, starts: str, ends: str, expected: list[tuple[str, str]]
) -> None:
    assert window(day, starts, ends) == expected


def test_days_last_23_24_and_25_hours() -> None:
    clock = LocalClock(PARIS, ())
    hours = [
        (clock.day_start(day.toordinal() + 1) - clock.day_start(day.toordinal())) // 3_600_000_000
        for day in (SPRING, date(2026, 6, 3), AUTUMN)
    ]
    assert hours == [23, 24, 25]


def test_the_day_of_an_instant_is_the_local_one() -> None:
    clock = LocalClock(PARIS, ())
    moment = utc(2026, 10, 24, 20, 0)
    while moment < utc(2026, 10, 27):
        local = moment.astimezone(PARIS)
        assert clock.day_of(to_tick(moment)) == local.toordinal()
        moment += timedelta(minutes=30)


@pytest.mark.parametrize(
    ("rule", "monday", "holiday"),
    [
        (HolidayRule.OPEN, True, True),
        (HolidayRule.CLOSED, True, False),
        (HolidayRule.ONLY, False, True),
    ],
)
def test_the_three_rules_of_public_holidays(rule: HolidayRule, monday: bool, holiday: bool) -> None:
    network = territory(
        one_service(hours=f"1 08:00-12:00 {rule}"), ONE_STEP, "C>V 5", holidays="2026-04-06"
    )
    found = [
        ask(network, f"{day}T09:00+02:00").steps[0].verdict is Verdict.ON_TARGET
        for day in ("2026-03-30", "2026-04-06")
    ]
    assert found == [monday, holiday]
    # A holiday counts on the weekdays of the window only: it does not move to a Tuesday.
    assert ask(network, "2026-04-07T09:00+02:00").steps[0].verdict is Verdict.HOLE


def test_both_passes_of_the_repeated_hour_count_and_the_skipped_one_never_comes() -> None:
    network = territory(one_service(hours="7 02:00-02:30"), ONE_STEP, "C>V 5")
    passes = {
        at: ask(network, at).steps[0].verdict is Verdict.ON_TARGET
        for at in (
            "2026-10-25T02:15+02:00",
            "2026-10-25T02:45+02:00",
            "2026-10-25T02:15+01:00",
            "2026-10-25T02:45+01:00",
        )
    }
    assert list(passes.values()) == [True, False, True, False]
    between = ask(network, "2026-10-25T02:45+02:00").steps[0].excluded[0].reachable_at
    assert between is not None
    assert between.isoformat() == "2026-10-25T02:00:00+01:00"
    # In March the window falls in the hour that does not exist: a week is lost.
    march = ask(network, "2026-03-28T12:00+01:00").steps[0].excluded[0].reachable_at
    assert march is not None
    assert march.isoformat() == "2026-04-05T02:00:00+02:00"


def test_the_same_wall_clock_twice_gives_two_answers() -> None:
    # As datetimes of one zone these two compare equal; they are an hour apart.
    network = territory(
        one_service(hours="never"),
        ONE_STEP,
        "C>V 5",
        slots="""
        slot | service | from/to                                       | holder
        d1   | st-v    | 2026-10-25T02:00+01:00/2026-10-25T03:00+01:00 | dr-a
        """,
    )
    first = datetime(2026, 10, 25, 2, 30, tzinfo=PARIS)
    found = [ask(network, at.isoformat()).steps[0].verdict for at in (first, first.replace(fold=1))]
    assert found == ["HOLE", "ON_TARGET"]


def test_a_slot_within_the_repeated_hour_is_no_contradiction() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=PARIS)
    slot = f"{first.isoformat()}/{first.replace(fold=1).isoformat()}"
    network = territory(
        one_service(hours="never"),
        ONE_STEP,
        "C>V 5",
        slots=f"""
        slot | service | from/to | holder
        d1   | st-v    | {slot}  | dr-a
        """,
    )
    assert ask(network, "2026-10-25T02:45+02:00").steps[0].kept_by == "slot:d1"


def test_an_authorisation_starts_at_local_midnight() -> None:
    network = territory(one_service(authorised="2026-10-25..2026-10-26"), ONE_STEP, "C>V 5")
    found = [
        ask(network, at).steps[0].reason
        for at in (
            "2026-10-24T21:59+00:00",
            "2026-10-24T22:00+00:00",
            "2026-10-25T22:59+00:00",
            "2026-10-25T23:00+00:00",
        )
    ]
    assert found == ["NOT_AUTHORISED", None, None, "NOT_AUTHORISED"]


def test_a_week_without_windows_never_opens() -> None:
    week = Week([], LocalClock(PARIS, [date(2026, 12, 25)]))
    tick = to_tick(utc(2026, 6, 3))
    assert week.at_or_after(tick) is None
    assert week.next_boundary(tick) is None


def test_windows_on_public_holidays_only_jump_from_one_to_the_next() -> None:
    clock = LocalClock(PARIS, [date(2026, 5, 14), date(2029, 12, 25)])
    week = Week([Opening(EVERY_DAY, 480, 720, HolidayRule.ONLY)], clock)
    after = week.at_or_after(to_tick(utc(2026, 6, 3)))
    assert after == to_tick(utc(2029, 12, 25, 7))
    assert week.at_or_after(to_tick(utc(2030, 1, 1))) is None


def test_intervals_merge_and_are_found_by_their_ends() -> None:
    parts = Intervals([(5, 8), (1, 3), (3, 4), (7, 9), (20, HIGH)])
    assert [parts.covers(x) for x in (0, 1, 3, 4, 5, 8, 9, 19, 20, 10**12)] == [
        False, True, True, False, True, True, False, False, True, True,
    ]  # fmt: skip
    assert [parts.at_or_after(x) for x in (LOW, 2, 4, 9)] == [1, 2, 5, 20]
    assert [parts.next_boundary(x) for x in (LOW, 1, 4, 9, 20)] == [1, 4, 5, 20, None]
    assert parts.last_boundary() == 20
    assert not Intervals([])
    assert Intervals([]).at_or_after(0) is None


def test_an_exception_without_end_lasts() -> None:
    network = territory(
        one_service(exception="closed 2026-06-01T00:00Z/2199-01-01T00:00Z"), ONE_STEP, "C>V 5"
    )
    again = ask(network).steps[0].excluded[0].reachable_at
    assert again == instant("2199-01-01T00:00Z")
