"""Years by blocks: what one block hands to the next, and invented examples."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from maillage.engines.rostering.checking import check
from maillage.engines.rostering.day_work import DayWork
from maillage.engines.rostering.duties import RULES, make_problem
from maillage.engines.rostering.duty_limits import four_months, periods_of_reference
from maillage.engines.rostering.duty_values import ONE_DAY
from maillage.engines.rostering.making import (
    EXAMPLES,
    Example,
    on_call_component,
    on_call_territory,
    small_component,
)
from maillage.engines.rostering.problem import Problem, Roster
from maillage.engines.rostering.regulations import regulations_on
from maillage.engines.rostering.year_plans import carried_shares, hand_on, make_year


def filled(problem: Problem) -> Roster:
    """A lawful roster: each duty goes to one of those who hold least and may hold it."""
    held: set[tuple[str, str]] = set()
    counts: Counter[str] = Counter()
    own = {person.id: replace(problem, people=(person,)) for person in problem.people}
    for slot in sorted(problem.slots, key=lambda one: one.starts):
        for person in sorted(problem.people, key=lambda one: (counts[one.id], one.id)):
            if slot.line in person.lines:
                mine = {(who, what) for who, what in held if who == person.id}
                tried = Roster(frozenset({*mine, (person.id, slot.id)}))
                if check(own[person.id], tried).is_lawful:
                    held.add((person.id, slot.id))
                    counts[person.id] += 1
                    break
    return Roster(frozenset(held))


def test_periods_of_reference_follow_the_calendar() -> None:
    rules = regulations_on(date(2027, 1, 1))
    assert four_months(date(2027, 12, 31), rules) == (date(2027, 9, 1), date(2028, 1, 1))
    assert four_months(date(2027, 5, 1), rules) == (date(2027, 5, 1), date(2027, 9, 1))
    found = list(periods_of_reference(date(2027, 3, 1), date(2027, 10, 1), rules))
    assert [first.month for first, _ in found] == [1, 5, 9]


@pytest.fixture(scope="module")
def example() -> Example:
    """Sixty days over the end of a period of reference."""
    return on_call_component(4, lines=2, people=8, days=60, starts=date(2027, 4, 8), away=0.6)


def blocks_of(example: Example, *rosters: Roster) -> list[Problem]:
    return [
        block.problem
        for block in make_year(
            example.duties,
            example.doctors,
            example.lines,
            example.regulations,
            starts=example.starts,
            ends=example.ends,
            travel=example.travel,
            rosters=rosters,
        )
    ]


def test_a_block_starts_from_what_the_one_before_held(example: Example) -> None:
    (first,) = blocks_of(example)
    assert first.days == 23
    roster = filled(first)
    assert check(first, roster).is_lawful
    again, second = blocks_of(example, roster)
    assert again == first
    assert second.days == 37
    carried = carried_shares(first, roster)
    for person in second.people:
        for share in person.shares:
            assert share.carried == carried[person.id].get(share.counter, 0)
        kept = {slot for who, slot in roster.held if who == person.id}
        assert {slot.id for slot in person.before} == kept
        assert all(slot.day < 0 for slot in person.before)
        # Additional time and the mean start again with the period.
        assert all(
            limit.carried == 0 for limit in person.limits if limit.rule == "mean_weekly_hours"
        )
    with pytest.raises(ValueError, match="more rosters"):
        blocks_of(example, roster, filled(second), roster)


def test_shares_carried_add_up_to_what_nobody_held(example: Example) -> None:
    (first,) = blocks_of(example)
    roster = filled(first)
    carried = carried_shares(first, roster)
    for counter in ("gardes", "astreintes", "weekends"):
        asked = sum(slot.counts.get(counter, 0) for slot in first.slots)
        counts = {slot.id: slot.counts.get(counter, 0) for slot in first.slots}
        held = sum(counts[slot] for _, slot in roster.held)
        sums = sum(one.get(counter, 0) for one in carried.values())
        # Targets are rounded to hundredths, person by person.
        assert sums == pytest.approx(100 * (held - asked), abs=len(carried))


def test_two_blocks_break_no_rule_of_the_whole(example: Example) -> None:
    """Rests and rolling limits hold over the seam as if there were none."""
    (first,) = blocks_of(example)
    one = filled(first)
    _, second = blocks_of(example, one)
    two = filled(second)
    together = Roster(one.held | two.held)
    whole = check(example.problem, together)
    assert whole.is_lawful, whole.violations[:3]
    assert len(two.held) > 20


def test_worked_time_goes_on_inside_a_period(example: Example) -> None:
    (first,) = blocks_of(example)
    roster = filled(first)
    middle = example.starts + timedelta(days=10)
    duties = [duty for duty in example.duties if duty.day < middle]
    problem = make_problem(
        duties,
        example.doctors,
        example.lines,
        example.regulations,
        starts=example.starts,
        ends=middle,
        travel=example.travel,
    )
    part = Roster(
        frozenset((who, what) for who, what in roster.held if what in {d.id for d in duties})
    )
    doctors = hand_on(
        example.doctors,
        duties,
        example.lines,
        problem,
        part,
        example.regulations,
        starts=example.starts,
        ends=middle,
    )
    lines = {line.id: line for line in example.lines}
    by_id = {duty.id: duty for duty in duties}
    for doctor in doctors:
        work = DayWork(doctor, example.starts, middle + 3 * ONE_DAY, example.regulations)
        expected = 0
        for who, what in part.held:
            if who == doctor.id:
                duty = by_id[what]
                effect = work.effect(duty, lines[duty.line], example.travel)
                expected += max(0, duty.minutes - 240 * effect.released)
        assert doctor.worked_minutes == expected
    assert any(doctor.worked_minutes for doctor in doctors)


# --- Invented examples ----------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_example() -> None:
    assert small_component(3) == small_component(3)
    assert small_component(3).problem != small_component(4).problem


def test_examples_have_the_sizes_that_benchmarks_announce() -> None:
    year = on_call_component(1)
    assert (len(year.lines), len(year.doctors), year.problem.days) == (3, 18, 364)
    assert 1400 < len(year.problem.slots) < 1450
    territory = on_call_territory(1)
    assert (len(territory.lines), len(territory.doctors)) == (15, 120)
    sites = {site for pair in territory.travel for site in pair}
    assert len(sites) == 12
    assert {slot.site for slot in territory.problem.slots} <= sites
    assert set(EXAMPLES) >= {"small", "month", "four-months", "year", "territory-month"}


@pytest.mark.parametrize("seed", range(1, 6))
def test_examples_are_lawful_to_hold_and_explained(seed: int) -> None:
    problem = small_component(seed).problem
    codes = {one.rule for person in problem.people for one in person.absences}
    codes |= {one.rule for person in problem.people for one in person.limits}
    assert codes <= set(RULES)
    roster = filled(problem)
    verdict = check(problem, roster)
    assert verdict.is_lawful
    assert len(roster.held) > len(problem.slots) // 2


def test_a_year_is_deliberately_short_of_people() -> None:
    """More gardes than five by 28 days of everybody who may hold them."""
    year = on_call_component(1)
    gardes = [slot for slot in year.problem.slots if "gardes" in slot.counts]
    able = [person for person in year.problem.people if "line-1" in person.lines]
    assert len(gardes) > 5 * 13 * sum(
        not any(one.rule == "exemption_age" for one in person.absences) for person in able
    )
