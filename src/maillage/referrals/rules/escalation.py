"""The chain of calls once a clock has run out: who, in which order, how far apart, and then what.

Each call belongs to one clock of one request and has a rank, so that it is made once, whatever
restarts. The chain over, the head of the team is called again every day: a request never stops
being late by being forgotten. What nobody opened goes back to who asked (``EXPIRE``), but for a
transfer: a patient waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from maillage.referrals.enums import Act, Clock, Kind, Level, Priority, State
from maillage.referrals.rules.deadlines import Delay, alarm_at, chain
from maillage.referrals.rules.transitions import find_transition

AGAIN = timedelta(days=1)
"""How far apart the calls after the end of the chain are."""

OWN_CLOCKS = frozenset({Clock.TO_SEND})
"""Clocks of which only the one who writes is told: nobody else knows of a draft."""


@dataclass(frozen=True)
class Call:
    """The call to make now, and when the next one is due. ``is_in_chain`` is False for the daily
    calls after its end; ``expires``: the request goes back to who asked instead."""

    level: Level
    next_at: datetime
    is_in_chain: bool = True
    expires: bool = False


def levels(kind: Kind, priority: Priority, clock: Clock) -> tuple[Level, ...]:
    """Who is called for this clock, in order."""
    return (Level.DEPUTY,) if clock in OWN_CLOCKS else chain(kind, priority)


def next_call(
    *,
    kind: Kind,
    state: State,
    priority: Priority,
    clock: Clock,
    due_at: datetime,
    length: Delay,
    calls: int,
    at: datetime,
) -> Call:
    """The call to make at ``at``, after ``calls`` calls of this clock."""
    called = levels(kind, priority, clock)
    if calls < len(called):
        following = alarm_at(due_at, length, calls + 1)
        return Call(called[calls], max(following, at))
    expires = find_transition(kind, state, Act.EXPIRE) is not None
    level = Level.HEAD if Level.HEAD in called else called[-1]
    return Call(level, at + AGAIN, is_in_chain=False, expires=expires)
