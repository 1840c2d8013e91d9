"""Watching the clocks: what ran out is called, level after level, and nothing ends silently.

A job looks every minute. Each request is handled in a transaction of its own, under a lock: a
worker killed between two calls leaves each call made or not made, and the database refuses a
second call of the same clock at the same rank.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import SYSTEM
from maillage.referrals.actions import notices
from maillage.referrals.actions.acts import act_on
from maillage.referrals.enums import Act, Clock, Kind, Priority, Side, State
from maillage.referrals.models import Escalation, Referral
from maillage.referrals.queries.recipients import list_called
from maillage.referrals.rules.deadlines import Delay
from maillage.referrals.rules.escalation import Call, next_call

AT_ONCE = 500
"""Most requests handled by one turn of the job; the others a minute later."""


def call_overdue(*, at: datetime) -> int:
    """Make the calls that are due on every open request; how many were made. One request that
    fails does not hold the others up: they are called, then ``ExceptionGroup`` is raised."""
    due = Referral.objects.filter(alarm_at__lte=at).order_by("alarm_at", "pk")
    made, failures = 0, []
    for pk in list(due.values_list("pk", flat=True)[:AT_ONCE]):
        try:
            made += _call_one(pk, at=at)
        except Exception as failure:  # a defect, told below
            failures.append(failure)
    if failures:
        raise ExceptionGroup("requests that could not be called", failures)
    return made


@transaction.atomic
def _call_one(pk: int, *, at: datetime) -> int:
    """Make the calls that are due on one request. A level at which nobody is known does not hold
    the chain up: the next one is called at once."""
    referral = (
        Referral.objects.select_for_update(of=("self",))
        .select_related("from_organization", "from_service", "to_service")
        .get(pk=pk)
    )
    made = 0
    # What was due may have been done by the time the row is held: its alarm is then another one.
    while referral.alarm_at is not None and referral.alarm_at <= at:
        call = _next(referral, at)
        if call.expires:
            act_on(
                referral_key=referral.key,
                act=Act.EXPIRE,
                version=referral.version,
                by=SYSTEM,
                at=at,
            )
            return made + 1
        found = _make(referral, call, at)
        made += 1
        if not found and call.is_in_chain:
            # Nobody to wait for.
            referral.alarm_at = at
            referral.save(update_fields=["alarm_at"])
    return made


def _next(referral: Referral, at: datetime) -> Call:
    if referral.due_at is None or referral.clock_minutes is None:
        raise RuntimeError(f"request {referral.key} has an alarm and no clock")
    return next_call(
        kind=Kind(referral.kind),
        state=State(referral.state),
        priority=Priority(referral.priority),
        clock=Clock(referral.clock),
        due_at=referral.due_at,
        length=Delay(referral.clock_minutes, referral.clock_working),
        calls=referral.calls,
        at=at,
    )


def _make(referral: Referral, call: Call, at: datetime) -> bool:
    """Make one call and set the next one; True when somebody was found."""
    called = list_called(referral, Side(referral.owner), call.level, at=at)
    rank = referral.calls + 1
    Escalation.objects.create(
        referral=referral,
        clock_number=referral.clock_number,
        rank=rank,
        level=call.level,
        clock=referral.clock,
        at=at,
        called=[{"name": one.name, "phone": one.phone} for one in called],
    )
    notices.call(
        referral=referral,
        level=call.level,
        token=f"call:{referral.clock_number}:{rank}",
        called=called,
        at=at,
    )
    referral.calls = rank
    referral.was_late = True
    referral.alarm_at = call.next_at
    referral.changed_at = at
    referral.save(update_fields=["calls", "was_late", "alarm_at", "changed_at"])
    record(
        "referrals.call",
        by=SYSTEM,
        at=at,
        subject_kind="referral",
        subject_key=referral.key,
        organization=_owner_key(referral),
        level=call.level.value,
        clock=referral.clock,
        rank=rank,
    )
    return bool(called)


def _owner_key(referral: Referral) -> str:
    if referral.owner == Side.TARGET:
        return referral.to_service.site.organization.slug
    return referral.from_organization.slug if referral.owner == Side.REQUESTER else ""
