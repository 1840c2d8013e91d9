"""Leave and wishes of the people of an example territory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.oncall.enums import AnswerState
from maillage.oncall.imports.absences import Absence
from maillage.oncall.models import Unavailability
from maillage.oncall.permissions import IMPORT


@transaction.atomic
def invent_absences(absences: Iterable[Absence], *, by: Actor, at: datetime) -> int:
    """Enter the leave and wishes of an example, once: nothing when any is known already. How many.
    Raises :class:`NotAllowed`."""
    IMPORT.check(by, by.organizations())
    if Unavailability.objects.exists():
        return 0
    made = 0
    for one in absences:
        answered = one.state is not AnswerState.ASKED
        stored = Unavailability.objects.create(
            practitioner_id=one.practitioner,
            kind=one.kind,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            negotiable=one.negotiable,
            state=one.state,
            asked_at=at,
            asked_by=by.name,
            answered_at=at if answered else None,
            answered_by=by.name if answered else "",
        )
        stored.lines.set(one.lines)
        made += 1
    if made:
        record(
            "oncall.invent-absences",
            by=by,
            at=at,
            subject_kind="practitioner",
            subject_name="Congés et souhaits de l'exemple",
            created=made,
        )
    return made
