"""The table of transitions itself: no state that nobody can leave, none that nobody comes to."""

from __future__ import annotations

from itertools import product

import pytest

from maillage.referrals.enums import Act, Clock, Kind, Priority, Side, State
from maillage.referrals.rules.acts import NEEDED, VALUES
from maillage.referrals.rules.deadlines import DELAYS
from maillage.referrals.rules.transitions import (
    BY_DOCTORS,
    ENDED,
    STANDINGS,
    TABLE,
    check_transition,
    find_transition,
    possible_acts,
    standing,
    state_after_acceptance,
)
from maillage.vocabulary.errors import NotAllowed, Refusal


def ends_of(act: Act, to: State) -> set[State]:
    """Where a line leads: both acceptances of a transfer lead to one state or the other."""
    if act in (Act.ACCEPT_MEDICALLY, Act.ACCEPT_BED):
        return {State.PARTLY_ACCEPTED, State.ACCEPTED}
    return {to}


def reachable(kind: Kind) -> set[State]:
    """The states that a request of a kind may come to, from a draft."""
    met, new = set(), {State.DRAFT}
    while new:
        met |= new
        new = {
            end
            for line in TABLE
            if kind in line.kinds and met & set(line.sources)
            for end in ends_of(line.act, line.to)
        } - met
    return met


def test_every_state_is_met_by_some_kind() -> None:
    assert set().union(*(reachable(kind) for kind in Kind)) == set(State)


@pytest.mark.parametrize("kind", Kind)
def test_every_line_may_be_used(kind: Kind) -> None:
    met = reachable(kind)
    for line in TABLE:
        if kind in line.kinds:
            assert met & set(line.sources), line


@pytest.mark.parametrize("kind", Kind)
def test_every_open_state_has_one_owner_one_clock_and_a_way_out_for_its_owner(kind: Kind) -> None:
    for state in reachable(kind) - set(ENDED):
        current = standing(kind, state)
        assert current is not None
        ways = [
            line for line in possible_acts(kind, state, [current.owner]) if line.to is not state
        ]
        assert ways, f"{kind} {state}: {current.owner} can do nothing"
        assert set(Priority) == set(DELAYS[current.clock])


@pytest.mark.parametrize("kind", Kind)
def test_an_end_is_in_reach_of_people_from_everywhere(kind: Kind) -> None:
    """Without the product's own acts: nothing waits for a machine."""
    lines = [line for line in TABLE if kind in line.kinds and line.by != {Side.SYSTEM}]
    ending = set(ENDED)
    for _ in State:
        ending |= {
            source
            for line in lines
            if ends_of(line.act, line.to) & ending
            for source in line.sources
        }
    assert reachable(kind) <= ending


def test_an_end_is_an_end() -> None:
    for kind, state in product(Kind, ENDED):
        assert standing(kind, state) is None
        assert not possible_acts(kind, state, Side)


def test_an_act_says_one_thing_in_one_state() -> None:
    for kind, state, act in product(Kind, State, Act):
        found = [
            line
            for line in TABLE
            if line.act is act and kind in line.kinds and state in line.sources
        ]
        assert len(found) <= 1, (kind, state, act)


def test_every_act_clock_and_need_is_used() -> None:
    assert {line.act for line in TABLE} == set(Act)
    assert {current.clock for current in STANDINGS.values()} == set(Clock)
    for line in TABLE:
        assert set(line.needs) <= VALUES.get(line.act, frozenset()) | {"text"}, line
        assert set(line.needs) <= set(NEEDED), line
    assert set(Act) >= BY_DOCTORS


def test_who_regulates_never_changes_the_destination() -> None:
    for line in TABLE:
        if Side.REGULATOR in line.by:
            assert line.act not in (Act.REDIRECT, Act.REROUTE, Act.REFUSE)
    assert all(
        current is None or current.owner is not Side.REGULATOR
        for current in (standing(Kind.RETURN, state) for state in State)
    )


def test_a_transfer_never_expires() -> None:
    """A patient waits: it is called again, never given up."""
    for state in State:
        assert find_transition(Kind.TRANSFER, state, Act.EXPIRE) is None
        assert find_transition(Kind.RETURN, state, Act.EXPIRE) is None


def test_both_acceptances_make_one() -> None:
    assert state_after_acceptance(medical=True, bed=True) is State.ACCEPTED
    assert state_after_acceptance(medical=True, bed=False) is State.PARTLY_ACCEPTED
    assert state_after_acceptance(medical=False, bed=True) is State.PARTLY_ACCEPTED


def test_refusals_say_why() -> None:
    with pytest.raises(Refusal, match="la demande est « close »"):
        check_transition(Kind.OPINION, State.CLOSED, Act.SEE, [Side.TARGET])
    with pytest.raises(NotAllowed, match="revient à : équipe sollicitée"):
        check_transition(Kind.OPINION, State.SENT, Act.SEE, [Side.REQUESTER])
