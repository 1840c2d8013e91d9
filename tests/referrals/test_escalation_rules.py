"""Who is called when a clock runs out, how far apart, and what comes after the chain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from maillage.referrals.enums import Clock, Kind, Level, Priority, State
from maillage.referrals.rules.deadlines import Delay
from maillage.referrals.rules.escalation import AGAIN, next_call

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def calls(kind: Kind, state: State, priority: Priority, length: Delay, number: int) -> list[object]:
    """The first calls, each made when it is due."""
    found: list[object] = []
    at = NOW
    for done in range(number):
        call = next_call(
            kind=kind,
            state=state,
            priority=priority,
            clock=Clock.TO_SEE,
            due_at=NOW,
            length=length,
            calls=done,
            at=at,
        )
        found.append(
            ("rendue" if call.expires else call.level, int((at - NOW).total_seconds() / 60))
        )
        at = call.next_at
    return found


@pytest.mark.parametrize(
    ("kind", "state", "priority", "length", "expected"),
    [
        # An urgent opinion: half of fifteen minutes between two calls, then back to who asked.
        (
            Kind.OPINION, State.SENT, Priority.P1, Delay(15),
            [(Level.DEPUTY, 0), (Level.ON_CALL, 7), (Level.HEAD, 14), (Level.REGULATOR, 21),
             ("rendue", 28)],
        ),
        # Five minutes at the least.
        (
            Kind.OPINION, State.SENT, Priority.P0, Delay(5),
            [(Level.DEPUTY, 0), (Level.ON_CALL, 5), (Level.HEAD, 10), (Level.REGULATOR, 15),
             ("rendue", 20)],
        ),
        # What can wait does not wake the SAMU.
        (
            Kind.OPINION, State.SEEN, Priority.P2, Delay(1440),
            [(Level.DEPUTY, 0), (Level.ON_CALL, 720), (Level.HEAD, 1440), ("rendue", 2160)],
        ),
        # A patient waits for a transfer: it is called again every day, and never given up.
        (
            Kind.TRANSFER, State.SENT, Priority.P1, Delay(60),
            [(Level.DEPUTY, 0), (Level.ON_CALL, 30), (Level.HEAD, 60), (Level.REGULATOR, 90),
             (Level.HEAD, 120), (Level.HEAD, 120 + 1440)],
        ),
        # Once answered, an opinion waits to be read: called again, never given up.
        (
            Kind.OPINION, State.ANSWERED, Priority.P2, Delay(600),
            [(Level.DEPUTY, 0), (Level.ON_CALL, 300), (Level.HEAD, 600), (Level.HEAD, 900)],
        ),
    ],
)  # fmt: skip
def test_the_chain(
    kind: Kind, state: State, priority: Priority, length: Delay, expected: list[object]
) -> None:
    assert calls(kind, state, priority, length, len(expected)) == expected


def test_only_the_writer_hears_of_a_draft() -> None:
    call = next_call(
        kind=Kind.TRANSFER,
        state=State.DRAFT,
        priority=Priority.P0,
        clock=Clock.TO_SEND,
        due_at=NOW,
        length=Delay(720),
        calls=1,
        at=NOW,
    )
    assert (call.level, call.is_in_chain, call.expires) == (Level.DEPUTY, False, False)
    assert call.next_at - NOW == AGAIN == timedelta(days=1)
