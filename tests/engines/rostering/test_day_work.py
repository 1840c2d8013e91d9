"""What a duty does to day work, against the rules said minute by minute."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.rostering.day_work import DayWork, is_derogatory, rest_after
from maillage.engines.rostering.duty_values import (
    DaysOff,
    Doctor,
    DutyKind,
    DutyLineSpec,
    DutyToHold,
    Half,
    Session,
    measure_duty,
    parity_of,
)
from maillage.engines.rostering.regulations import regulations_on
from maillage.vocabulary.calendar import paris_instant, public_holidays

RULES = regulations_on(date(2027, 1, 4))
STARTS, ENDS = date(2027, 3, 22), date(2027, 4, 5)  # clocks change, Easter Monday is near
CLOCKS = {Half.MORNING: (time(8, 30), time(13)), Half.AFTERNOON: (time(13), time(18, 30))}
TRAVEL = {("a", "b"): 40, ("b", "a"): 50}

Worked = tuple[datetime, datetime, str, bool]


def worked(doctor: Doctor) -> list[Worked]:
    """Half-days of day work, day by day."""
    found = []
    for index in range((ENDS - STARTS).days):
        day = STARTS + timedelta(days=index)
        away = any(off.starts <= day < off.ends for off in doctor.off)
        for session in doctor.sessions:
            mine = session.weekday == day.weekday() and session.week in (None, parity_of(day))
            if mine and not away and day not in public_holidays(day.year):
                first, last = (paris_instant(day, clock) for clock in CLOCKS[session.half])
                found.append((first, last, session.site, session.fixed))
    return sorted(found)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def expected(doctor: Doctor, duty: DutyToHold, line: DutyLineSpec) -> tuple[set[str], int]:
    """Conflicts and half-days given back, from the sentences of the rules."""
    found: set[str] = set()
    released = 0
    halves = worked(doctor)
    for first, last, site, fixed in halves:
        to, back = TRAVEL.get((site, duty.site), 0), TRAVEL.get((duty.site, site), 0)
        if line.kind is DutyKind.ASTREINTE:
            if to > line.response_minutes:
                if first < duty.ends and last + minutes(to) > duty.starts:
                    found.add("travel_from_day_work")
                elif first >= duty.ends and first < duty.ends + minutes(back):
                    found.add("travel_to_day_work")
            continue
        rests_until = duty.ends + minutes(rest_after(duty, RULES) + back)
        if last <= duty.starts:
            if last + minutes(to) > duty.starts:
                found.add("travel_from_day_work")
        elif first < rests_until:
            if not fixed:
                released += 1
            else:
                found.add("day_work" if first < duty.ends else "rest_before_day_work")
    if line.kind is not DutyKind.ASTREINTE and continuous(halves, duty) > 24 * 60:
        found.add("continuous_work")
    return found, released


def continuous(halves: list[Worked], duty: DutyToHold) -> int:
    """Minutes from the first minute of a run of work without an hour's pause to the duty's end."""
    since, idle, at = duty.starts, 0, duty.starts
    while idle <= 60:
        at -= minutes(1)
        if any(first <= at < last for first, last, _, _ in halves):
            since, idle = at, 0
        else:
            idle += 1
    return (duty.ends - since) // minutes(1)


sessions = st.builds(
    Session,
    weekday=st.integers(0, 6),
    half=st.sampled_from(Half),
    site=st.sampled_from("ab"),
    fixed=st.booleans(),
    week=st.sampled_from([None, 0, 1]),
)


@settings(max_examples=60)
@given(
    st.lists(sessions, max_size=10, unique_by=lambda one: (one.weekday, one.half)),
    st.sampled_from(DutyKind),
    st.integers(3, 9),
    st.integers(0, 95),
    st.integers(2, 100),
    st.booleans(),
)
def test_day_work_agrees_with_its_rules(
    grid: list[Session], kind: DutyKind, day: int, quarter: int, quarters: int, away: bool
) -> None:
    line = DutyLineSpec("x", kind, ("a",), response_minutes=30)
    starts = paris_instant(STARTS + timedelta(days=day), time(quarter // 4, quarter % 4 * 15))
    duty = measure_duty(line, starts, starts + minutes(15 * quarters), RULES)
    off = (DaysOff(STARTS + timedelta(days=4), STARTS + timedelta(days=7)),) if away else ()
    doctor = Doctor("p", lines=frozenset("x"), sessions=tuple(grid), off=off)
    effect = DayWork(doctor, STARTS, ENDS, RULES).effect(duty, line, TRAVEL)
    conflicts, released = expected(doctor, duty, line)
    assert {rule for rule, _ in effect.conflicts} == conflicts
    assert effect.released == released


def test_rest_is_as_long_as_work_that_leaves_no_room_for_it() -> None:
    assert not is_derogatory(13 * 60, RULES)
    assert is_derogatory(13 * 60 + 1, RULES)
    line = DutyLineSpec("x", DutyKind.GARDE)
    starts = paris_instant(STARTS, time(18, 30))
    for hours, rest in ((7, 11), (13, 11), (14, 14), (24, 24)):
        duty = measure_duty(line, starts, starts + timedelta(hours=hours), RULES)
        assert rest_after(duty, RULES) == rest * 60
