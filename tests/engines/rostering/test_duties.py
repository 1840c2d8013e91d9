"""From duties and people to problems: clocks, rests, day work, shares, and limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from maillage.engines.rostering.checking import check
from maillage.engines.rostering.day_work import rest_after_callout
from maillage.engines.rostering.duties import LEVELS, RULES, make_problem, reason_of
from maillage.engines.rostering.duty_values import (
    DaysOff,
    Doctor,
    DutyHours,
    DutyKind,
    DutyLineSpec,
    DutyToHold,
    Exemption,
    ExemptionReason,
    Half,
    OffKind,
    Session,
    Wish,
    WishKind,
    list_duties,
    long_periods,
    measure_duty,
    parity_of,
    usual_hours,
)
from maillage.engines.rostering.problem import Person, Problem, Roster, Slot, Term, Violation
from maillage.engines.rostering.regulations import load_regulations, regulations_on
from maillage.vocabulary.calendar import PARIS, paris_instant

MONDAY = date(2027, 2, 1)
RULES_OF_DAY = regulations_on(MONDAY)
GARDE = DutyLineSpec("garde", DutyKind.GARDE, ("a",), usual_hours(RULES_OF_DAY))
HOME = DutyLineSpec(
    "home", DutyKind.ASTREINTE, ("a",), usual_hours(RULES_OF_DAY), callout_minutes=90
)
LINES = (GARDE, HOME)
WEEK = tuple(Session(day, half, "a") for day in range(5) for half in Half)


def days(count: int) -> timedelta:
    return timedelta(days=count)


def doctor(name: str = "p", **more: Any) -> Doctor:
    return Doctor(name, **({"lines": frozenset(("garde", "home"))} | more))


def made(doctors: Iterable[Doctor], lines: Iterable[DutyLineSpec] = LINES, **more: Any) -> Problem:
    starts, ends = more.pop("starts", MONDAY), more.pop("ends", MONDAY + days(14))
    lines = tuple(lines)
    duties = [duty for line in lines for duty in list_duties(line, starts, ends, RULES_OF_DAY)]
    return make_problem(
        duties, tuple(doctors), lines, RULES_OF_DAY, starts=starts, ends=ends, **more
    )


def slot(problem: Problem, line: str, day: date, clock: str = "18:30") -> Slot:
    return next(one for one in problem.slots if one.id == f"{line}:{day}T{clock}")


def broken(problem: Problem, *slots: Slot, person: str = "p") -> set[str]:
    roster = Roster(frozenset((person, one.id) for one in slots))
    return {violation.rule for violation in check(problem, roster).violations}


def limit_of(person: Person, rule: str) -> list[tuple[int, int, int | None, int | None, int]]:
    return [
        (one.first_day, one.last_day, one.rolling, one.maximum, one.carried)
        for one in person.limits
        if one.rule == rule
    ]


# --- Clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "minutes"),
    [(date(2027, 3, 27), 13 * 60), (date(2027, 10, 30), 15 * 60), (date(2027, 10, 29), 14 * 60)],
)
def test_nights_last_what_they_last_when_clocks_change(day: date, minutes: int) -> None:
    problem = made([doctor()], starts=day - days(1), ends=day + days(3))
    night = slot(problem, "garde", day)
    assert night.ends - night.starts == minutes
    assert night.counts["minutes"] == minutes
    assert night.counts["half_days"] == 2
    assert slot(problem, "home", day).counts["minutes"] == 90
    # What follows starts when the night ends, by the clock and in minutes.
    if day.weekday() == 5:
        assert slot(problem, "garde", day + days(1), "08:30").starts == night.ends


def test_a_day_and_a_night_are_too_long_when_clocks_go_back() -> None:
    saturdays = (Session(5, Half.MORNING, "a"), Session(5, Half.AFTERNOON, "a"))
    person = doctor(sessions=saturdays)
    back, ordinary = date(2027, 10, 30), date(2027, 10, 23)
    problem = made([person], starts=ordinary - days(1), ends=back + days(3))
    assert "continuous_work" in broken(problem, slot(problem, "garde", back))
    assert "continuous_work" not in broken(problem, slot(problem, "garde", ordinary))


def test_minutes_count_from_midnight_of_the_first_day() -> None:
    problem = made([doctor()], starts=date(2027, 3, 27), ends=date(2027, 3, 30))
    # Sunday 28 March has 23 hours: its evening is an hour nearer.
    assert slot(problem, "garde", date(2027, 3, 27)).starts == 18 * 60 + 30
    assert slot(problem, "garde", date(2027, 3, 28)).starts == (24 + 17) * 60 + 30
    assert slot(problem, "garde", date(2027, 3, 28)).day == 1


# --- What duties are ------------------------------------------------------------------------------


def test_duties_of_a_week_with_a_public_holiday() -> None:
    monday = date(2026, 12, 21)  # Christmas is a Friday
    duties = list_duties(GARDE, monday, monday + days(7), RULES_OF_DAY)
    per_day = [sum(duty.day == monday + days(index) for duty in duties) for index in range(7)]
    assert per_day == [1, 1, 1, 1, 2, 2, 2]
    christmas = [duty for duty in duties if duty.day == date(2026, 12, 25)]
    assert [duty.half_days for duty in christmas] == [2, 2]
    assert all(duty.holiday and not duty.weekend for duty in christmas)
    saturday = [duty for duty in duties if duty.day == date(2026, 12, 26)]
    assert [(duty.half_days, duty.night) for duty in saturday] == [(1, False), (2, True)]


def test_whole_days_count_for_their_periods() -> None:
    line = replace(GARDE, hours=usual_hours(RULES_OF_DAY, whole_days=True))
    duties = list_duties(line, MONDAY, MONDAY + days(7), RULES_OF_DAY)
    assert [duty.half_days for duty in duties] == [2, 2, 2, 2, 2, 3, 4]
    assert [duty.minutes for duty in duties[-2:]] == [19 * 60 + 30, 24 * 60]
    assert not list(long_periods([line], RULES_OF_DAY))


def test_half_of_a_night_counts_one_half_day() -> None:
    starts = paris_instant(MONDAY, time(18, 30))
    line = DutyLineSpec("demi", DutyKind.HALF_NIGHT)
    half = measure_duty(line, starts, starts + timedelta(hours=7), RULES_OF_DAY)
    assert (half.half_days, half.night, half.minutes) == (1, True, 420)
    short = measure_duty(line, starts, starts + timedelta(hours=3), RULES_OF_DAY)
    assert (short.half_days, short.night) == (0, False)


def test_periods_longer_than_the_order_allows_are_found() -> None:
    every = frozenset(range(8))
    too_long = replace(GARDE, hours=(DutyHours(every, time(17), time(8)),))
    assert not list(long_periods([too_long], RULES_OF_DAY))  # evening of the day, then the night
    night = replace(GARDE, hours=(DutyHours(every, time(18, 30), time(8, 30)),))
    assert not list(long_periods([night], RULES_OF_DAY))
    assert not list(long_periods([GARDE, HOME], RULES_OF_DAY))
    strict = regulations_on(MONDAY, {"period.night_starts": time(17), "period.day_starts": time(8)})
    assert list(long_periods([too_long], strict))


def test_receiving_sites_take_turns() -> None:
    line = replace(GARDE, sites=("a", "b", "c"), turns_from=MONDAY)
    assert [line.site_on(MONDAY + days(7 * week)) for week in range(4)] == ["a", "b", "c", "a"]
    assert line.site_on(MONDAY + days(6)) == "a"
    assert line.site_on(MONDAY - days(1)) == "c"


def test_weeks_are_even_or_odd_by_their_number() -> None:
    sunday = date(2026, 12, 27)  # the last day of week 52; 2026 has 53 weeks
    weeks = [parity_of(sunday + days(7 * week)) for week in range(5)]
    assert weeks == [0, 1, 1, 0, 1]
    assert parity_of(MONDAY) == parity_of(MONDAY + days(6)) != parity_of(MONDAY + days(7))


def test_a_duty_outside_the_days_or_given_twice_is_refused() -> None:
    duty = list_duties(GARDE, MONDAY, MONDAY + days(1), RULES_OF_DAY)[0]
    for duties, lines in (([duty, duty], LINES), ([duty], (HOME,))):
        with pytest.raises(ValueError, match=r"twice|unknown"):
            make_problem(duties, [], lines, RULES_OF_DAY, starts=MONDAY, ends=MONDAY + days(2))
    with pytest.raises(ValueError, match="does not start"):
        make_problem(
            [duty], [], LINES, RULES_OF_DAY, starts=MONDAY + days(1), ends=MONDAY + days(2)
        )


# --- Rests and day work ---------------------------------------------------------------------------


def test_rests_by_kind_of_duty() -> None:
    problem = made([doctor()])
    sunday = MONDAY + days(6)
    day_garde = slot(problem, "garde", sunday, "08:30")
    night_garde = slot(problem, "garde", sunday)
    day_home, night_home = slot(problem, "home", sunday, "08:30"), slot(problem, "home", sunday)
    assert {"rest_after_garde", "equal_rest"} & broken(problem, day_garde, night_home)
    # A night of fourteen hours asks for fourteen hours: the next evening is too early by four.
    monday_home = slot(problem, "home", sunday + days(1))
    assert "equal_rest" in broken(problem, night_garde, monday_home)
    assert "rest_after_garde" in broken(problem, night_garde, monday_home)
    tuesday_home = slot(problem, "home", sunday + days(2))
    assert not broken(problem, night_garde, tuesday_home)
    # Astreintes follow each other; a garde after one waits for the rest that a call-out would give.
    assert not broken(problem, night_home, monday_home)
    assert "rest_before_garde" in broken(problem, day_home, night_garde)


def test_a_garde_gives_back_the_morning_after_and_not_what_is_fixed() -> None:
    tuesday = MONDAY + days(1)
    free = made([doctor(sessions=WEEK)])
    assert not broken(free, slot(free, "garde", MONDAY))
    fixed = (*WEEK[:2], replace(WEEK[2], fixed=True), *WEEK[3:])
    held = made([doctor(sessions=fixed)])
    assert broken(held, slot(held, "garde", MONDAY)) == {"rest_before_day_work"}
    assert not broken(held, slot(held, "home", MONDAY))
    away = made([doctor(sessions=fixed, off=(DaysOff(tuesday, tuesday + days(1)),))])
    # On leave that Tuesday: no day work is left, but the night ends on a day of leave.
    assert broken(away, slot(away, "garde", MONDAY)) == {"leave"}


def test_a_list_at_another_site_needs_the_time_to_get_there() -> None:
    morning = Session(1, Half.MORNING, "b", fixed=True)
    near, far = {("a", "b"): 25}, {("a", "b"): 40}
    for travel, expected in ((near, set()), (far, {"travel_to_day_work"})):
        problem = made([doctor(sessions=(morning,))], travel=travel)
        assert broken(problem, slot(problem, "home", MONDAY)) == expected
    afternoon = Session(0, Half.AFTERNOON, "b", fixed=True)
    problem = made([doctor(sessions=(afternoon,))], travel=far)
    assert broken(problem, slot(problem, "home", MONDAY)) == {"travel_from_day_work"}
    assert broken(problem, slot(problem, "garde", MONDAY)) == {"travel_from_day_work"}
    assert problem.travel == {("a", "b"): 40, ("b", "a"): 40}


def test_hours_are_net_of_the_day_work_given_back() -> None:
    problem = made([doctor(sessions=WEEK)])
    assert slot(problem, "garde", MONDAY).counts["work:p"] == 14 * 60 - 2 * 240
    # Friday night: nobody works on Saturday.
    assert slot(problem, "garde", MONDAY + days(4)).counts["work:p"] == 14 * 60
    assert slot(problem, "home", MONDAY).counts["work:p"] == 90
    half = made([doctor(sessions=WEEK[:3])])
    assert slot(half, "garde", MONDAY).counts.get("work:p", 600) == 600


def test_rest_starts_again_from_the_last_callout() -> None:
    back = datetime(2027, 2, 2, 5, 40, tzinfo=PARIS)
    assert rest_after_callout(back, RULES_OF_DAY) == back + timedelta(hours=11)


# --- Who may not ----------------------------------------------------------------------------------


def test_absences_carry_their_reason() -> None:
    wednesday = MONDAY + days(2)
    span = (wednesday, wednesday + days(1))
    cases: list[tuple[str, dict[str, Any], bool]] = [
        ("leave", {"off": (DaysOff(*span),)}, True),
        ("sick", {"off": (DaysOff(*span, OffKind.SICK),)}, False),
        ("refusal", {"wishes": (Wish(*span, WishKind.REFUSED),)}, True),
        ("not_here", {"arrives": wednesday + days(2)}, False),
        ("not_here", {"leaves": wednesday}, False),
        ("not_of_site", {"sites": frozenset("b")}, False),
        ("exemption_age", {"exemptions": (Exemption(ExemptionReason.AGE),)}, False),
        ("exemption_therapeutic", {"exemptions": (Exemption(ExemptionReason.THERAPEUTIC),)}, False),
        (
            "agreement_ended",
            {"off": (DaysOff(wednesday, date.max, OffKind.AGREEMENT, frozenset({"home"})),)},
            False,
        ),
    ]
    for rule, facts, negotiable in cases:
        problem = made([doctor(**facts)])
        violations = check(
            problem, Roster(frozenset({("p", slot(problem, "home", wednesday).id)}))
        ).violations
        assert [(one.rule, one.negotiable) for one in violations] == [(rule, negotiable)]
    assert not broken(problem, slot(problem, "garde", wednesday))


def test_somebody_exempt_from_nights_holds_days() -> None:
    sunday = MONDAY + days(6)
    person = doctor(exemptions=(Exemption(ExemptionReason.AGE, astreintes=False),))
    problem = made([person])
    assert broken(problem, slot(problem, "garde", sunday)) == {"exemption_age"}
    assert not broken(problem, slot(problem, "garde", sunday, "08:30"))
    assert not broken(problem, slot(problem, "home", sunday))


def test_lines_ask_for_their_skills() -> None:
    line = replace(GARDE, skills=frozenset({"thorax"}))
    problem = made([doctor(), doctor("q", skills=frozenset({"thorax"}))], (line, HOME))
    assert [person.lines for person in problem.people] == [{"home"}, {"garde", "home"}]


def test_wishes_are_points_and_refusals_are_not() -> None:
    wishes = (
        Wish(MONDAY, MONDAY + days(1), WishKind.WANTED),
        Wish(MONDAY, MONDAY + days(2), WishKind.AVOIDED, frozenset({"home"})),
        Wish(MONDAY + days(3), MONDAY + days(4), WishKind.REFUSED),
    )
    (person,) = made([doctor(wishes=wishes)]).people
    assert person.costs == {
        f"garde:{MONDAY}T18:30": -20,
        f"home:{MONDAY}T18:30": 10,
        f"home:{MONDAY + days(1)}T18:30": 30,
    }


# --- Shares ---------------------------------------------------------------------------------------


def targets(problem: Problem, counter: str) -> dict[str, int]:
    return {
        person.id: share.target
        for person in problem.people
        for share in person.shares
        if share.counter == counter
    }


def test_shares_are_prorated_by_service_and_add_up() -> None:
    problem = made([doctor("p"), doctor("q", half_days=5), doctor("r", lines=frozenset({"home"}))])
    gardes = sum(one.counts.get("gardes", 0) for one in problem.slots)
    found = targets(problem, "gardes")
    assert set(found) == {"p", "q"}
    assert found["p"] == pytest.approx(2 * found["q"], abs=1)
    assert sum(found.values()) == pytest.approx(100 * gardes, abs=2)
    assert problem.levels == LEVELS


def test_shares_follow_presence_and_exemptions_and_not_leave() -> None:
    week = (MONDAY, MONDAY + days(7))
    present = targets(made([doctor("p"), doctor("q")]), "gardes")
    leave = targets(made([doctor("p", off=(DaysOff(*week),)), doctor("q")]), "gardes")
    assert leave == present
    sick = targets(made([doctor("p", off=(DaysOff(*week, OffKind.SICK),)), doctor("q")]), "gardes")
    assert sick["p"] < present["p"] < sick["q"]
    late = targets(made([doctor("p", arrives=week[1]), doctor("q")]), "gardes")
    assert late == sick
    exempt = made([doctor("p", exemptions=(Exemption(ExemptionReason.AGE),)), doctor("q")])
    # Two days of each weekend are shared, nights are all of the other one.
    days_only = targets(exempt, "gardes")
    assert days_only["p"] == 100 * 4 // 2
    assert sum(days_only.values()) == sum(present.values())


def test_what_was_held_above_is_carried() -> None:
    (person,) = made([doctor(carried={"gardes": 150})]).people
    assert next(one.carried for one in person.shares if one.counter == "gardes") == 150


# --- Limits ---------------------------------------------------------------------------------------


def test_rolling_limits_count_what_was_held_before() -> None:
    before = list_duties(GARDE, MONDAY - days(14), MONDAY, RULES_OF_DAY)
    held = tuple(duty for duty in before if duty.day in (MONDAY - days(10), MONDAY - days(3)))
    (person,) = made([doctor(held=held)]).people
    assert limit_of(person, "gardes_per_28_days") == [(0, 14, 14, 5, 0), (0, 14, None, 5, 2)]
    assert [one.starts for one in person.before] == sorted(one.starts for one in person.before)
    assert all(one.ends <= 0 or one.day < 0 for one in person.before)
    (person,) = made([doctor(held=tuple(before[-1:]))]).people
    assert limit_of(person, "garde_spacing") == [(0, 14, 3, 1, 0), (0, 2, None, 1, 1)]


def test_norms_of_participation_bind_those_who_did_not_volunteer() -> None:
    plain, volunteer, academic = made(
        [doctor("p"), doctor("q", volunteer=True), doctor("r", academic=True)]
    ).people
    assert limit_of(plain, "astreinte_nights_per_week") == [(0, 14, 7, 3, 0)]
    assert not limit_of(volunteer, "astreinte_nights_per_week")
    assert not limit_of(plain, "academic_nights_per_week")
    assert limit_of(academic, "academic_nights_per_week") == [(0, 14, 7, 1, 0)]


def test_48_hours_a_week_over_four_months() -> None:
    starts, ends = date(2027, 1, 1), date(2027, 6, 1)
    worked = doctor(sessions=WEEK, worked_minutes=1000)
    (person,) = made([worked], starts=starts, ends=ends).people
    first, second = limit_of(person, "mean_weekly_hours")
    # 1 January and Easter Monday are no days of work.
    weekdays = sum((starts + days(i)).weekday() < 5 for i in range(120)) - 2
    assert first == (0, 120, None, 120 * 48 * 60 // 7 - weekdays * 2 * 240, 1000)
    assert second[:2] == (120, 151)
    assert second[4] == 0
    leave = replace(worked, off=(DaysOff(date(2027, 2, 1), date(2027, 2, 8)),))
    (person,) = made([leave], starts=starts, ends=ends).people
    maximum = limit_of(person, "mean_weekly_hours")[0][3]
    # A week away takes its 48 hours and its ten half-days with it.
    assert maximum is not None
    assert first[3] is not None
    assert first[3] - maximum == pytest.approx(48 * 60 - 10 * 240, abs=1)


def test_a_limit_that_nobody_can_reach_is_left_out() -> None:
    (person,) = made([doctor()]).people
    assert not limit_of(person, "mean_weekly_hours")
    assert not limit_of(person, "extra_time")


def test_additional_time_is_bound_by_its_contract() -> None:
    day = date(2027, 1, 1)
    (none,) = made([doctor(sessions=WEEK)], starts=day, ends=date(2027, 5, 1)).people
    (some,) = made(
        [doctor(sessions=WEEK, extra_half_days=8)], starts=day, ends=date(2027, 5, 1)
    ).people
    assert not limit_of(none, "extra_time")
    ((_, _, _, maximum, _),) = limit_of(some, "extra_time")
    weekdays = sum((day + days(i)).weekday() < 5 for i in range(120)) - 2
    assert maximum == -(-120 * 10 // 7) - 2 * weekdays + 8


# --- The way back ---------------------------------------------------------------------------------


def test_every_code_leads_to_its_regulation() -> None:
    keys = {rule.key for rule in load_regulations()}
    assert all(key in keys for key in RULES.values() if key)
    busy = doctor(
        sessions=WEEK,
        extra_half_days=0,
        academic=True,
        off=(DaysOff(MONDAY, MONDAY + days(2)),),
        exemptions=(Exemption(ExemptionReason.PREGNANCY),),
        wishes=(Wish(MONDAY, MONDAY + days(9), WishKind.REFUSED),),
        arrives=MONDAY + days(1),
    )
    problem = made([busy], ends=MONDAY + days(28))
    (person,) = problem.people
    codes = {one.rule for one in person.absences} | {one.rule for one in person.limits}
    codes |= {rest.rule for rest in problem.rests}
    assert codes <= set(RULES)
    reason = reason_of(Violation("equal_rest", "p", ("x",), 30), RULES_OF_DAY)
    assert reason.regulation is RULES_OF_DAY["rest.equal_after_long_work"]
    assert (reason.code, reason.person, reason.slots, reason.excess) == (
        "equal_rest",
        "p",
        ("x",),
        30,
    )
    assert reason_of(Violation("overlap", "p"), RULES_OF_DAY).regulation is None


def test_the_roster_that_is_changed_is_known() -> None:
    duty = f"garde:{MONDAY}T18:30"
    previous = Roster(frozenset({("p", duty), ("gone", "x")}))
    problem = made([doctor(pinned=frozenset({duty, "elsewhere"}))], previous=previous)
    assert problem.people[0].held_before == {duty}
    assert problem.people[0].pinned == {duty}
    verdict = check(problem, Roster(frozenset({("p", duty)})))
    assert verdict.is_lawful
    assert verdict.terms[Term.CHANGES] == 0
    assert problem.change == RULES_OF_DAY.whole("changes.one")


def test_a_duty_given_by_hand_keeps_what_it_counts() -> None:
    starts = paris_instant(MONDAY, time(12))
    duty = DutyToHold("x", "garde", starts, starts + timedelta(hours=3), half_days=1, minutes=150)
    problem = make_problem(
        [duty], [doctor()], LINES, RULES_OF_DAY, starts=MONDAY, ends=MONDAY + days(1)
    )
    assert problem.slots[0].counts["minutes"] == 150
    assert problem.slots[0].counts["half_days"] == 1
