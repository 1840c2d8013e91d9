"""Vacancies, ages, retention, careers and states. No database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from maillage.vocabulary.errors import Refusal
from maillage.workforce.enums import CandidateState, SupportState
from maillage.workforce.rules.careers import Served, observe, spells, stays
from maillage.workforce.rules.staffing import (
    Held,
    Spell,
    density,
    is_in_tension,
    pyramid,
    retention,
    vacancy_on,
)
from maillage.workforce.rules.states import (
    CANDIDATE_CHANGES,
    SUPPORT_CHANGES,
    check_candidate_change,
    check_support_change,
    erased_on,
)

DAY = date(2026, 11, 22)
OPENED = date(2015, 1, 1)


def test_a_post_never_held_is_vacant_since_it_opened() -> None:
    found = vacancy_on(10, OPENED, [], DAY)
    assert (found.half_days, found.since) == (10, OPENED)


def test_a_post_left_is_vacant_since_then_and_a_part_since_the_last_to_leave() -> None:
    gone = Held(4, OPENED, date(2026, 3, 1))
    here = Held(6, OPENED, date(2027, 1, 1))
    found = vacancy_on(10, OPENED, [gone, here], DAY)
    assert (found.half_days, found.since, found.known_end) == (
        4,
        date(2026, 3, 1),
        date(2027, 1, 1),
    )


def test_a_full_post_has_no_date() -> None:
    found = vacancy_on(10, OPENED, [Held(10, OPENED)], DAY)
    assert (found.half_days, found.since, found.known_end) == (0, None, None)


def test_the_day_of_the_end_is_out() -> None:
    assert vacancy_on(10, OPENED, [Held(10, OPENED, DAY)], DAY).half_days == 10


def test_tension_and_density() -> None:
    assert is_in_tension(100, 20, is_flagged=False)
    assert not is_in_tension(100, 19, is_flagged=False)
    assert is_in_tension(100, 0, is_flagged=True)
    assert not is_in_tension(0, 0, is_flagged=False)
    assert density(40.0, 800_000) == 5.0
    assert density(40.0, 0) is None


def test_the_pyramid_counts_everybody_once_the_oldest_first() -> None:
    bands = pyramid([(24, "F"), (25, "M"), (49, "F"), (50, ""), (70, "M"), (83, "F")])
    assert sum(band.total for band in bands) == 6
    assert bands[0].label == "70 et plus"
    assert (bands[0].women, bands[0].men) == (1, 1)
    assert bands[-1].label == "moins de 25"
    assert next(band for band in bands if band.label == "50-54").unknown == 1


def test_kaplan_meier_by_hand() -> None:
    """Ten people: one leaves at 0.5, one is lost at 0.8 (still there), one leaves at 1.5."""
    followed = [Spell(0.5, True), Spell(0.8, False), Spell(1.5, True)] + [Spell(6.0, False)] * 7
    one, two, five = retention(followed)
    assert one.share == pytest.approx(0.9)
    assert two.share == pytest.approx(0.9 * 7 / 8)
    assert five.share == two.share
    assert (one.at_risk, two.at_risk) == (8, 7)
    for row in (one, two, five):
        assert row.share is not None
        assert row.low is not None
        assert row.high is not None
        assert 0 < row.low < row.share < row.high < 1
    # Log(-log) interval of the first step: variance by Greenwood 1 / (10 x 9).
    assert one.low == pytest.approx(0.473, abs=0.001)
    assert one.high == pytest.approx(0.985, abs=0.001)


def test_nobody_followed_that_long_gives_no_share() -> None:
    rows = retention([Spell(1.2, False)])
    assert [row.share for row in rows] == [1.0, None, None]
    assert rows[0].low == pytest.approx(0.025)
    assert [row.share for row in retention([])] == [None, None, None]


def test_assignments_near_each_other_are_one_stay() -> None:
    found = stays(
        [
            Served("a", date(2018, 1, 1), date(2020, 1, 1), "CHANGE"),
            Served("a", date(2020, 1, 1), date(2022, 1, 1), "RESIGNATION"),
            Served("b", date(2018, 1, 1), date(2019, 1, 1), "RESIGNATION"),
            Served("b", date(2021, 1, 1), None, ""),
            Served("c", date(2019, 1, 1), None, ""),
            Served("c", date(2020, 1, 1), date(2021, 1, 1), "CHANGE"),
        ]
    )
    told = {(one.person, one.starts_on.year, one.ends_on and one.ends_on.year) for one in found}
    assert told == {("a", 2018, 2022), ("b", 2018, 2019), ("b", 2021, None), ("c", 2019, None)}


def test_retirement_is_no_departure() -> None:
    every = stays(
        [
            Served("a", date(2015, 1, 1), date(2024, 1, 1), "RETIREMENT"),
            Served("b", date(2015, 1, 1), date(2024, 1, 1), "RESIGNATION"),
            Served("c", date(2023, 11, 22), None, ""),
            Served("d", date(2015, 1, 1), date(2027, 1, 1), "TRANSFER"),
        ]
    )
    seen = observe(every, DAY)
    assert (seen.departures, seen.retirements, seen.entries) == (1, 1, 1)
    years = (
        (date(2024, 1, 1) - date(2021, 11, 22)) * 2 + timedelta(days=1096 + 1826)
    ).days / 365.25
    assert seen.person_years == pytest.approx(years)
    assert seen.turnover == pytest.approx(1 / years)
    assert sorted(spell.left for spell in spells(every, DAY)) == [False, False, False, True]


def test_every_state_has_its_changes_and_no_other_is_allowed() -> None:
    assert set(SUPPORT_CHANGES) == set(SupportState)
    assert set(CANDIDATE_CHANGES) == set(CandidateState)
    for before in SupportState:
        for after in SupportState:
            if after == before or after in SUPPORT_CHANGES[before]:
                check_support_change(before, after)
            else:
                with pytest.raises(Refusal):
                    check_support_change(before, after)
    for one in CandidateState:
        for other in CandidateState:
            if other in CANDIDATE_CHANGES[one]:
                check_candidate_change(one, other)
            else:
                with pytest.raises(Refusal):
                    check_candidate_change(one, other)


def test_an_answered_application_is_erased_sooner() -> None:
    assert erased_on(CandidateState.RECEIVED, DAY) == DAY + timedelta(days=365)
    assert erased_on(CandidateState.DECLINED, DAY) == DAY + timedelta(days=90)
    assert erased_on(CandidateState.HIRED, DAY) == DAY + timedelta(days=90)
