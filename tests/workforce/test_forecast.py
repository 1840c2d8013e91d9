"""The exact forecast against a plain simulation, and against cases worked by hand."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.workforce.rules.forecast import (
    Hypotheses,
    Incumbent,
    forecast,
    line_outlook,
    newcomers_mean,
    people_needed,
    quantile,
    retirement_hazard,
    survival,
)

NOBODY_MOVES = Hypotheses(turnover=0.0, entries=0.0)


def simulate(
    staff: list[Incumbent], law: Hypotheses, years: int, runs: int, seed: int
) -> list[list[tuple[int, int]]]:
    """By year, the (people, half-days) of each run: people drawn one by one."""
    draw = random.Random(seed)
    found: list[list[tuple[int, int]]] = [[] for _ in range(years)]
    for _ in range(runs):
        there, new = list(staff), 0
        for ahead in range(1, years + 1):
            kept = []
            for one in there:
                if one.leaves is not None and ahead >= one.leaves:
                    continue
                if draw.random() < retirement_hazard(one.age + ahead, law):
                    continue
                if draw.random() >= law.turnover:
                    kept.append(one)
            there = kept
            new = sum(draw.random() >= law.turnover for _ in range(new))
            arrivals, clock = 0, draw.expovariate(1.0)
            while clock < law.entries:
                arrivals, clock = arrivals + 1, clock + draw.expovariate(1.0)
            new += sum(draw.random() < (1 - law.turnover) ** 0.5 for _ in range(arrivals))
            half_days = sum(one.half_days for one in there) + 10 * new
            found[ahead - 1].append((len(there) + new, half_days))
    return found


def share_at_most(values: list[int], bound: int) -> float:
    return sum(value <= bound for value in values) / len(values)


def test_the_exact_quantiles_are_those_of_a_simulation() -> None:
    staff = [Incumbent(age, 10 - age % 4) for age in (33, 41, 48, 52, 57, 60, 62, 63, 65, 66)]
    staff.append(Incumbent(45, 6, leaves=2))
    law = Hypotheses(turnover=0.05, entries=0.7)
    exact = forecast(staff, law, first_year=2027, years=6)
    drawn = simulate(staff, law, 6, runs=6_000, seed=7)
    for year, runs in zip(exact, drawn, strict=True):
        people = [one for one, _ in runs]
        half_days = [two for _, two in runs]
        assert sum(people) / len(people) == pytest.approx(year.mean_people, abs=0.08)
        assert sum(half_days) / len(half_days) / 10 == pytest.approx(year.mean_full_time, abs=0.08)
        for level, bound, time in zip((0.1, 0.5, 0.9), year.people, year.full_time, strict=True):
            assert share_at_most(people, bound) >= level - 0.03
            assert share_at_most(people, bound - 1) <= level + 0.03
            assert share_at_most(half_days, round(time * 10)) >= level - 0.03
            assert share_at_most(half_days, round(time * 10) - 1) <= level + 0.03


def test_what_leaves_and_enters_explains_what_stays() -> None:
    staff = [Incumbent(age) for age in (38, 50, 61, 64, 66)]
    law = Hypotheses(turnover=0.08, entries=0.4)
    before = float(len(staff))
    for year in forecast(staff, law, first_year=2027):
        moves = year.entries - year.retirements - year.other_departures
        assert year.mean_people == pytest.approx(before + moves)
        before = year.mean_people


def test_without_any_move_everybody_stays_until_the_first_leaving_age() -> None:
    staff = [Incumbent(40, 10), Incumbent(50, 6)]
    for year in forecast(staff, NOBODY_MOVES, first_year=2027):
        assert year.people == (2, 2, 2)
        assert year.full_time == (1.6, 1.6, 1.6)


def test_everybody_has_left_after_the_last_age_and_nobody_before_the_first() -> None:
    law = Hypotheses(turnover=0.0, entries=0.0)
    stays = survival(Incumbent(60), law)
    assert [there for there, _ in stays[:3]] == [1.0, 1.0, 1.0]  # 61, 62, 63
    assert stays[3][0] == pytest.approx(1 - law.leaving_early)  # 64
    assert stays[-1][0] == 0.0  # 70
    assert sum(retired for _, retired in stays) == pytest.approx(1.0)


def test_those_who_go_on_leave_at_an_even_pace() -> None:
    law = Hypotheses(turnover=0.0, entries=0.0, prolonging=0.3)
    stays = survival(Incumbent(66), law, 4)
    assert [there for there, _ in stays] == pytest.approx([0.3, 0.2, 0.1, 0.0])


def test_a_known_departure_is_certain() -> None:
    stays = survival(Incumbent(40, leaves=2), NOBODY_MOVES, 3)
    assert [there for there, _ in stays] == [1.0, 0.0, 0.0]


def test_newcomers_leave_in_turn() -> None:
    law = Hypotheses(turnover=0.19, entries=2.0)
    assert newcomers_mean(law, 1) == pytest.approx(2 * 0.9)
    assert newcomers_mean(law, 2) == pytest.approx(2 * 0.9 + 2 * 0.9 * 0.81)


@given(
    st.lists(st.tuples(st.integers(28, 72), st.integers(1, 10)), max_size=12),
    st.floats(0, 0.4),
    st.floats(0, 3),
)
@settings(max_examples=60)
def test_quantiles_are_ordered_and_distributions_whole(
    people: list[tuple[int, int]], turnover: float, entries: float
) -> None:
    staff = [Incumbent(*one) for one in people]
    law = Hypotheses(turnover=turnover, entries=entries)
    for year in forecast(staff, law, first_year=2027, years=4):
        assert year.people[0] <= year.people[1] <= year.people[2]
        assert year.full_time[0] <= year.full_time[1] <= year.full_time[2]
        assert year.retirements >= 0
        assert year.other_departures >= -1e-9


def test_the_people_that_slots_need() -> None:
    # 365 nights, five a month at most: seven people hold 420, six only 360.
    assert people_needed(365, 60) == 7
    assert people_needed(360, 60) == 6
    with pytest.raises(ValueError, match="some slots"):
        people_needed(365, 0)


def test_the_line_that_fails_and_when() -> None:
    staff = [Incumbent(age) for age in (40, 45, 66, 66)]
    outlook = line_outlook(
        staff,
        Hypotheses(turnover=0.0, entries=0.0, prolonging=0.0),
        slots_per_year=180,
        most_per_person=60,
        first_year=2027,
    )
    assert outlook.needed == 3
    assert not outlook.fails_now
    assert outlook.fails_on == 2027
    assert outlook.years[0].lacking == pytest.approx(1.0)


def test_a_line_is_at_risk_before_it_fails() -> None:
    staff = [Incumbent(age) for age in (40, 45, 63)]
    law = Hypotheses(turnover=0.0, entries=0.0, prolonging=0.4)
    outlook = line_outlook(staff, law, slots_per_year=180, most_per_person=60, first_year=2027)
    assert outlook.at_risk_on == 2027  # 64: 15 % leave
    assert outlook.fails_on == 2030  # 67: 40 % of those left go on
    assert not outlook.fails_now


def test_a_line_that_lacks_people_already() -> None:
    outlook = line_outlook(
        [Incumbent(40)], NOBODY_MOVES, slots_per_year=365, most_per_person=60, first_year=2027
    )
    assert outlook.fails_now
    assert outlook.fails_on == 2027


def test_a_quantile_is_the_least_number_reached() -> None:
    import numpy as np

    assert quantile(np.array([0.5, 0.5]), 0.5) == 0
    assert quantile(np.array([0.2, 0.3, 0.5]), 0.6) == 2
