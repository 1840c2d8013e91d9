"""Recording what was really done of a duty."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.directory.models import Practitioner
from maillage.directory.queries import practitioner_of
from maillage.oncall.models import DutyAssignment, DutyRecord, DutySlot
from maillage.oncall.permissions import OWN_DUTIES, RECORD_DUTY
from maillage.oncall.queries.requests import line_owners
from maillage.oncall.rules.records import work_of
from maillage.vocabulary.errors import NotAllowed


def check_records(slot: DutySlot, practitioner: Practitioner | None, by: Actor) -> None:
    """Raise :class:`NotAllowed` unless this actor keeps the line, or holds the duty and records
    that they did it themself."""
    if RECORD_DUTY.allows(by, line_owners(slot.line)):
        return
    OWN_DUTIES.check(by, by.organizations())
    me = practitioner_of(by.username)
    holds = me is not None and DutyAssignment.objects.filter(slot=slot, practitioner=me.pk).exists()
    if not holds or me != practitioner:
        raise NotAllowed("oncall.record-own", "Chacun enregistre les gardes qu'il a tenues.")


@transaction.atomic
def record_duty(
    *,
    slot: DutySlot,
    practitioner: Practitioner | None,
    calls: int = 0,
    minutes: int = 0,
    last_call_ended_at: datetime | None = None,
    by: Actor,
    at: datetime,
) -> DutyRecord:
    """Record who came (None: nobody), how often they were called and how long they worked; in place
    of what was recorded before. Raises :class:`NotAllowed`; :class:`Invalid`, see ``work_of``."""
    check_records(slot, practitioner, by)
    done = work_of(
        slot.line.kind,
        slot.starts_at,
        slot.ends_at,
        calls=calls,
        minutes=minutes,
        last_call_ended_at=last_call_ended_at,
        at=at,
    )
    came = practitioner is not None
    kept, _ = DutyRecord.objects.update_or_create(
        slot=slot,
        defaults={
            "practitioner": practitioner,
            "calls": done.calls if came else 0,
            "worked_minutes": done.worked_minutes if came else 0,
            "last_call_ended_at": done.last_call_ended_at if came else None,
            "recorded_at": at,
            "recorded_by": by.name,
        },
    )
    record(
        "oncall.record-duty",
        by=by,
        at=at,
        subject_kind="duty-line",
        subject_key=slot.line.slug,
        subject_name=slot.line.name,
        organization=slot.line.organization.slug,
        starts_at=slot.starts_at.isoformat(),
        practitioner_name=str(practitioner) if practitioner else "personne",
        calls=kept.calls,
        worked_minutes=kept.worked_minutes,
    )
    return kept
