"""Who hears of an act: the sides that it concerns, and the SAMU only of what it moves."""

from __future__ import annotations

import pytest

from maillage.referrals.enums import Act, Kind, Side, State
from maillage.referrals.rules.notices import TOLD, told
from maillage.referrals.rules.transitions import TABLE

R = Side.REGULATOR


@pytest.mark.parametrize("act", [Act.CANCEL, Act.REFUSE, Act.REPRIORITISE])
def test_the_samu_hears_of_a_change_once_it_was_asked(act: Act) -> None:
    assert R in told(act, kind=Kind.TRANSFER, before=State.ORDERED)
    assert R not in told(act, kind=Kind.TRANSFER, before=State.SENT)
    assert R not in told(act, kind=Kind.RETURN, before=State.ORDERED)


def test_the_samu_hears_of_the_transports_that_it_is_asked_for() -> None:
    assert R in told(Act.ORDER_TRANSPORT, kind=Kind.TRANSFER, before=State.ACCEPTED)
    assert R not in told(Act.ORDER_TRANSPORT, kind=Kind.RETURN, before=State.ACCEPTED)


@pytest.mark.parametrize("act", [Act.CANCEL, Act.CLOSE_SISTER])
def test_nobody_hears_of_a_draft_that_was_never_sent(act: Act) -> None:
    assert told(act, kind=Kind.TRANSFER, before=State.DRAFT) == frozenset()
    assert Side.TARGET in told(act, kind=Kind.TRANSFER, before=State.SENT)
    assert Side.TARGET in told(Act.SEND, kind=Kind.TRANSFER, before=State.DRAFT)


def test_whoever_is_given_the_ball_by_others_hears_of_it() -> None:
    """Every act after which another side must act tells that side, but for what the two sides of a
    transport settle between them."""
    from maillage.referrals.rules.transitions import standing

    silent = {Act.SEE, Act.ACCEPT_MEDICALLY, Act.ACCEPT_BED}
    for line in TABLE:
        for kind in line.kinds:
            after = standing(kind, line.to)
            if after is None or line.act in silent or line.by == {after.owner}:
                continue
            moved = standing(kind, line.sources[0])
            if moved is not None and moved.owner is after.owner:
                continue
            heard = told(line.act, kind=kind, before=line.sources[0])
            assert after.owner in heard, (line.act, kind)
    assert set(TOLD) <= set(Act)
