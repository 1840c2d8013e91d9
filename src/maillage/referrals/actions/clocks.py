"""The one clock of an open request: started with each new state, stopped at the end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from maillage.agreements.queries.terms import get_terms
from maillage.referrals.enums import Act, Clock, Kind, Priority, Side, State
from maillage.referrals.models import Referral
from maillage.referrals.rules import deadlines
from maillage.referrals.rules.deadlines import Delay, Running
from maillage.referrals.rules.transitions import standing


def settle_clock(
    referral: Referral,
    act: Act | None,
    *,
    at: datetime,
    terms: Mapping[Clock, Delay] | None = None,
) -> None:
    """Give a request the owner and the clock of the state that an act has just led to (no act: it
    is being written), or none once it has ended. ``terms`` are the delays of its clause, read here
    unless they are given. The request is not saved here."""
    _note_lateness(referral, at)
    current = standing(Kind(referral.kind), State(referral.state))
    if current is None:
        _stop(referral, at)
        return
    if act is Act.ASK_INFO:
        referral.left_minutes = _left(referral, at)
    running = deadlines.start(
        current.clock,
        Priority(referral.priority),
        at=at,
        terms=_terms(referral) if terms is None else terms,
        announced=announced_for(referral, current.clock, at=at),
        left=referral.left_minutes if act is Act.GIVE_INFO else None,
    )
    if act is not Act.ASK_INFO:
        referral.left_minutes = None
    _run(referral, current.owner, current.clock, running, at=at)
    referral.clock_started_at = at


def change_clock(referral: Referral, before: Priority, *, at: datetime) -> None:
    """Give the running clock the length of a new priority; an hour that was announced stays."""
    _note_lateness(referral, at)
    clock, priority = Clock(referral.clock), Priority(referral.priority)
    if referral.due_at is None or referral.clock_started_at is None:
        raise RuntimeError(f"open request {referral.key} has no clock")
    if announced_for(referral, clock, at=at) is not None:
        return
    running = deadlines.reprioritise(
        Running(referral.due_at, Delay(referral.clock_minutes or 0, referral.clock_working)),
        started_at=referral.clock_started_at,
        at=at,
        whole=deadlines.delay(clock, priority, _terms(referral)),
        is_raised=priority.value < before.value,
    )
    _run(referral, Side(referral.owner), clock, running, at=at)


def _run(referral: Referral, owner: Side, clock: Clock, running: Running, *, at: datetime) -> None:
    referral.owner = owner
    referral.clock = clock
    referral.clock_number += 1
    referral.clock_minutes = running.length.minutes
    referral.clock_working = running.length.working
    referral.due_at = running.due_at
    referral.calls = 0
    referral.alarm_at = deadlines.alarm_at(running.due_at, running.length, 0)


def _stop(referral: Referral, at: datetime) -> None:
    referral.owner = referral.clock = ""
    referral.clock_minutes = referral.clock_started_at = None
    referral.clock_working = False
    referral.due_at = referral.alarm_at = referral.left_minutes = None
    referral.closed_at = at


def _note_lateness(referral: Referral, at: datetime) -> None:
    if referral.due_at is not None and at > referral.due_at and referral.state != State.DRAFT:
        referral.was_late = True


def _left(referral: Referral, at: datetime) -> int | None:
    """What is left of the team's time to answer; None when it had not begun, the request being
    still unopened: it then begins whole."""
    if referral.clock != Clock.TO_ANSWER or referral.due_at is None:
        return None
    return deadlines.minutes_left(referral.due_at, at=at, working=referral.clock_working)


def announced_for(referral: Referral, clock: Clock, *, at: datetime) -> datetime | None:
    """The hour that somebody announced for what this clock waits for, if it is still to come."""
    hour = {
        Clock.TO_DEPART: referral.leaves_at,
        Clock.TO_ARRIVE: referral.arrives_at,
        Clock.TO_HOLD: referral.scheduled_at,
    }.get(clock)
    return hour if hour is not None and hour >= at else None


def _terms(referral: Referral) -> dict[Clock, Delay]:
    """The delays that the clause of a request agrees for its priority. Two queries with a clause,
    none without."""
    if referral.clause is None:
        return {}
    agreed = get_terms(referral.clause).delays
    return {
        Clock(clock): Delay(minutes, working)
        for (clock, priority), (minutes, working) in agreed.items()
        if priority == referral.priority
    }
