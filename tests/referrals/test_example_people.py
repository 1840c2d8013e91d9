"""Invented people, and how invented requests go on: the same for the same seed, and plausible."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from maillage.patients.rules.duplicates import nearly
from maillage.patients.rules.identity import check_identity, letters_of
from maillage.referrals.enums import Act, Clock, Kind, Priority, Side, State
from maillage.referrals.rules.deadlines import Delay
from maillage.referrals.rules.invented.course import (
    Situation,
    choose_act,
    draw_instant,
    draw_opening,
    draw_share,
    side_of,
)
from maillage.referrals.rules.invented.now import NOW
from maillage.referrals.rules.invented.people import invent_person, misspell
from maillage.referrals.rules.invented.scenes import SCENES
from maillage.referrals.rules.transitions import ENDED, check_transition, standing
from maillage.vocabulary.calendar import to_paris
from maillage.vocabulary.codes import Ins


@pytest.mark.parametrize("seed", range(40))
def test_an_invented_identity_is_one_that_may_be_typed(seed: int) -> None:
    day = date(2026, 11, 22)
    made = invent_person(Random(seed), age=20 + seed, on=day, communes=["59249"], order=seed)
    identity = made.identity
    kept = check_identity(identity, today=day, is_synthetic=True)
    assert kept.birth_name == identity.birth_name
    assert (
        invent_person(Random(seed), age=20 + seed, on=day, communes=["59249"], order=seed) == made
    )


@pytest.mark.parametrize("seed", range(20))
def test_a_number_has_the_right_key_and_a_slip_is_near(seed: int) -> None:
    rng = Random(seed)
    day = date(2026, 11, 22)
    made = invent_person(rng, age=40 + seed, on=day, communes=["59249", "62041"], order=seed)
    number = made.identity.ins_number
    assert not number or Ins.is_valid(number)
    slip = misspell(rng, made).identity
    assert not slip.ins_number
    same_name = letters_of(slip.birth_name) == letters_of(made.identity.birth_name)
    assert same_name or nearly(letters_of(slip.birth_name), letters_of(made.identity.birth_name))
    assert (slip.birth_name, slip.birth_date) != (
        made.identity.birth_name,
        made.identity.birth_date,
    )


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("seed", range(30))
def test_acts_that_are_drawn_follow_the_table(kind: Kind, seed: int) -> None:
    rng, state = Random(seed), State.DRAFT
    medical = bed = asked = declined = False
    for _ in range(40):
        if state in ENDED:
            return
        situation = Situation(kind, state, medical, bed, asked, declined)
        act = choose_act(rng, situation)
        current = standing(kind, state)
        assert current is not None
        line = check_transition(kind, state, act, {side_of(kind, act, Side(current.owner))})
        medical |= act in (Act.ACCEPT_MEDICALLY, Act.ACCEPT)
        bed |= act in (Act.ACCEPT_BED, Act.ACCEPT)
        asked |= act is Act.ASK_INFO
        declined |= act is Act.DECLINE_TRANSPORT
        state = State.ACCEPTED if medical and bed and line.to is State.PARTLY_ACCEPTED else line.to
    raise AssertionError(f"{kind} does not end")


def test_few_clocks_run_out() -> None:
    rng = Random(5)
    late = sum(draw_share(rng) > 1 for _ in range(20_000)) / 20_000
    assert 0.03 < late < 0.06


def test_what_can_wait_is_done_by_day_and_never_before_its_clock() -> None:
    rng = Random(3)
    started = datetime(2026, 11, 21, 20, 30, tzinfo=UTC)
    for _ in range(200):
        moment = draw_instant(
            rng,
            clock=Clock.TO_ANSWER,
            priority=Priority.P2,
            started_at=started,
            due=started + timedelta(hours=24),
            length=Delay(24 * 60),
            announced=None,
            share=0.3,
        )
        assert moment > started
        assert 8 <= to_paris(moment).hour < 20


def test_planned_cases_open_in_working_hours() -> None:
    rng = Random(8)
    first, last = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
    drawn = [to_paris(draw_opening(rng, first, last, urgent=False)) for _ in range(1500)]
    outside = [one for one in drawn if one.isoweekday() > 5 or not 8 <= one.hour < 19]
    assert len(outside) < 0.1 * len(drawn)
    nights = [
        to_paris(draw_opening(rng, first, last, urgent=True)).hour not in range(9, 23)
        for _ in range(1500)
    ]
    assert 0.15 < sum(nights) / len(nights) < 0.4


def test_scenes_are_whole() -> None:
    steps = {(one.pathway, one.step) for one in SCENES}
    assert len(steps) == len(SCENES)
    for scene in SCENES:
        assert set(scene.kinds) <= set(scene.priorities)
        assert scene.stories
        assert scene.conclusions
        assert all(len(question) <= 240 for question, _ in scene.stories)
    assert {(one.pathway, one.step) for one in NOW} <= steps
