"""The generator of slots: clock changes, holidays, alternate weeks, turns."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.directory.enums import HolidayRule
from maillage.oncall.enums import Weeks
from maillage.oncall.rules.turns import (
    LONGEST_HORIZON_DAYS,
    RosterHole,
    Turn,
    plan_slots,
    wall_instant,
)
from maillage.vocabulary.calendar import PARIS, public_holidays
from maillage.vocabulary.errors import Invalid

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


def turn(**changes: object) -> Turn:
    values: dict[str, object] = {
        "line": "l",
        "service": "s",
        "weeks": Weeks.ALL,
        "weekdays": EVERY_DAY,
        "starts": 20 * 60,
        "minutes": 12 * 60,
        "holidays": HolidayRule.OPEN,
        "holders": ("a", "b", "c"),
    }
    return Turn(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("night", "hours"),
    [
        (date(2026, 3, 27), 12),
        (date(2026, 3, 28), 11),
        (date(2026, 10, 24), 13),
        (date(2026, 10, 25), 12),
    ],
)
def test_a_night_follows_the_clock_on_the_wall(night: date, hours: int) -> None:
    (slot,) = plan_slots([turn()], [], night, night + timedelta(days=1))
    assert slot.ends_at - slot.starts_at == timedelta(hours=hours)
    local = slot.starts_at.astimezone(PARIS), slot.ends_at.astimezone(PARIS)
    assert [moment.strftime("%H:%M") for moment in local] == ["20:00", "08:00"]


def test_a_slot_inside_the_hour_that_is_skipped_does_not_exist() -> None:
    day = date(2026, 3, 29)
    slots = plan_slots(
        [turn(starts=150, minutes=30), turn(starts=180, minutes=60)], [], day, day + timedelta(1)
    )
    assert [slot.starts_at.astimezone(PARIS).strftime("%H:%M") for slot in slots] == ["03:00"]


@pytest.mark.parametrize(
    ("holidays", "days"),
    [
        (HolidayRule.OPEN, {13, 14, 15}),
        (HolidayRule.CLOSED, {13, 15}),
        (HolidayRule.ONLY, {14}),
    ],
)
def test_public_holidays_follow_their_rule(holidays: HolidayRule, days: set[int]) -> None:
    """14 July 2026 is a Tuesday."""
    slots = plan_slots([turn(holidays=holidays)], [], date(2026, 7, 13), date(2026, 7, 16))
    assert {slot.starts_at.astimezone(PARIS).day for slot in slots} == days


def test_alternate_weeks_move_the_receiving_site() -> None:
    turns = [turn(service="nord", weeks=Weeks.EVEN), turn(service="sud", weeks=Weeks.ODD)]
    slots = plan_slots(turns, [], date(2026, 11, 16), date(2026, 11, 30))
    assert [slot.service for slot in slots] == ["sud"] * 7 + ["nord"] * 7


def test_a_hole_empties_the_slots_of_its_day_and_shifts_nobody() -> None:
    first, last = date(2026, 11, 1), date(2026, 11, 11)
    whole = plan_slots([turn()], [], first, last)
    holed = plan_slots([turn()], [RosterHole("l", date(2026, 11, 5))], first, last)
    assert [slot.holder for slot in holed] == [
        None if slot.starts_at.astimezone(PARIS).day == 5 else slot.holder for slot in whole
    ]


def test_two_turns_of_a_line_do_not_give_the_same_person_twice_in_a_row() -> None:
    turns = [
        turn(weekdays=(1, 2, 3, 4, 5), holders=("a", "b")),
        turn(weekdays=(6, 7), starts=480, minutes=1440, holders=("a", "b")),
    ]
    slots = plan_slots(turns, [], date(2026, 1, 1), date(2027, 1, 1))
    assert all(one.holder != other.holder for one, other in pairwise(slots))


def test_nobody_keeps_two_lines_at_once() -> None:
    turns = [turn(line="x", holders=("a",)), turn(line="y", holders=("a", "b"))]
    slots = plan_slots(turns, [], date(2026, 1, 1), date(2026, 1, 8))
    assert {(slot.line, slot.holder) for slot in slots} == {("x", "a"), ("y", "b")}
    alone = plan_slots(
        [turn(line="x", holders=("a",)), turn(line="y", holders=("a",))],
        [],
        date(2026, 1, 1),
        date(2026, 1, 2),
    )
    assert [slot.holder for slot in alone] == ["a", None]


def test_a_turn_without_holders_is_a_line_of_holes() -> None:
    slots = plan_slots([turn(holders=())], [], date(2026, 1, 1), date(2026, 1, 4))
    assert [slot.holder for slot in slots] == [None, None, None]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 1, 2), date(2026, 1, 2)),
        (date(2009, 1, 1), date(2009, 2, 1)),
        (date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=LONGEST_HORIZON_DAYS + 1)),
    ],
)
def test_a_wrong_horizon_is_refused(first: date, last: date) -> None:
    with pytest.raises(Invalid):
        plan_slots([turn()], [], first, last)


names = st.lists(st.sampled_from("abcde"), unique=True, max_size=5).map(tuple)
some_turns = st.lists(
    st.builds(
        Turn,
        line=st.sampled_from(["x", "y"]),
        service=st.sampled_from(["nord", "sud"]),
        weeks=st.sampled_from(Weeks),
        weekdays=st.sets(st.integers(1, 7), min_size=1).map(lambda days: tuple(sorted(days))),
        starts=st.integers(0, 95).map(lambda quarter: quarter * 15),
        minutes=st.integers(1, 4 * 26).map(lambda quarter: quarter * 15),
        holidays=st.sampled_from(HolidayRule),
        holders=names,
    ),
    min_size=1,
    max_size=4,
)
horizons = st.tuples(
    st.dates(date(2010, 6, 1), date(2012, 12, 31)), st.integers(min_value=2, max_value=60)
)


@given(some_turns, horizons)
def test_each_turn_gives_one_slot_per_day_that_it_names(
    turns: list[Turn], horizon: tuple[date, int]
) -> None:
    first, length = horizon
    days = [first + timedelta(days=ahead) for ahead in range(length)]
    expected: Counter[tuple[str, str, datetime, datetime]] = Counter()
    for one in turns:
        for day in days:
            holiday = day in public_holidays(day.year)
            week = day.isocalendar().week
            if (
                day.isoweekday() in one.weekdays
                and (one.weeks == Weeks.ALL or (week % 2 == 0) == (one.weeks == Weeks.EVEN))
                and (one.holidays == HolidayRule.OPEN or holiday == (one.holidays == "only"))
            ):
                start = datetime(day.year, day.month, day.day) + timedelta(minutes=one.starts)  # noqa: DTZ001
                end = start + timedelta(minutes=one.minutes)
                bounds = start.replace(tzinfo=PARIS), end.replace(tzinfo=PARIS)
                if bounds[0].timestamp() < bounds[1].timestamp():
                    expected[one.line, one.service, *bounds] += 1
    found = Counter(
        (slot.line, slot.service, slot.starts_at, slot.ends_at)
        for slot in plan_slots(turns, [], first, first + timedelta(days=length))
    )
    assert {(k[0], k[1], k[2].timestamp(), k[3].timestamp()): n for k, n in expected.items()} == {
        (k[0], k[1], k[2].timestamp(), k[3].timestamp()): n for k, n in found.items()
    }


@given(some_turns, horizons, st.integers(1, 30))
def test_two_horizons_agree_on_the_days_that_they_share(
    turns: list[Turn], horizon: tuple[date, int], cut: int
) -> None:
    first, length = horizon
    cut = min(cut, length - 1)
    middle, last = first + timedelta(days=cut), first + timedelta(days=length)
    assert plan_slots(turns, [], first, last) == [
        *plan_slots(turns, [], first, middle),
        *plan_slots(turns, [], middle, last),
    ]


@given(some_turns, horizons)
def test_holders_belong_to_the_turn_and_never_keep_two_lines(
    turns: list[Turn], horizon: tuple[date, int]
) -> None:
    first, length = horizon
    slots = plan_slots(turns, [], first, first + timedelta(days=length))
    allowed = {(one.line, one.service): set() for one in turns}  # type: ignore[var-annotated]
    for one in turns:
        allowed[one.line, one.service] |= set(one.holders)
    for slot in slots:
        assert slot.holder is None or slot.holder in allowed[slot.line, slot.service]
    for place, slot in enumerate(slots):
        for other in slots[:place]:
            if slot.holder is not None and slot.holder == other.holder:
                apart = other.ends_at <= slot.starts_at or slot.ends_at <= other.starts_at
                assert apart or slot.line == other.line


@given(st.integers(2, 6), st.sets(st.integers(1, 7), min_size=1), horizons)
def test_one_turn_is_shared_evenly_and_nobody_comes_twice_in_a_row(
    size: int, weekdays: set[int], horizon: tuple[date, int]
) -> None:
    first, length = horizon
    holders = tuple("abcdef"[:size])
    one = turn(holders=holders, weekdays=tuple(sorted(weekdays)))
    slots = plan_slots([one], [], first, first + timedelta(days=length))
    counts = Counter(slot.holder for slot in slots)
    assert all(a.holder != b.holder for a, b in pairwise(slots))
    if slots:
        assert max(counts.values()) - min(counts.get(name, 0) for name in holders) <= 1


def test_wall_instant_goes_past_midnight() -> None:
    assert wall_instant(date(2026, 12, 31), 32 * 60).astimezone(PARIS).isoformat() == (
        "2027-01-01T08:00:00+01:00"
    )
