"""Who takes part in a line."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.directory.models import Practitioner
from maillage.oncall.models import DutyLine, LineMember
from maillage.oncall.permissions import KEEP_MEMBERS
from maillage.oncall.queries.requests import line_owners
from maillage.oncall.rules.away import check_days
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Refusal


@transaction.atomic
def add_member(
    *,
    line: DutyLine,
    practitioner: Practitioner,
    starts_on: date,
    ends_on: date | None = None,
    most_in_28_days: int | None = None,
    by: Actor,
    at: datetime,
) -> LineMember:
    """Enter somebody in a line from a day on. From its first member on, a line is held by its
    members only.

    Raises :class:`NotAllowed`; :class:`Invalid` on wrong days; :class:`Refusal` when they take part
    already.
    """
    KEEP_MEMBERS.check(by, line_owners(line))
    check_days(starts_on, ends_on)
    overlap = Q(ends_on__isnull=True) | Q(ends_on__gt=starts_on)
    if ends_on is not None:
        overlap &= Q(starts_on__lt=ends_on)
    if LineMember.objects.filter(overlap, line=line, practitioner=practitioner).exists():
        raise Refusal("oncall.member-twice", f"{practitioner} participe déjà à cette ligne.")
    member = LineMember.objects.create(
        line=line,
        practitioner=practitioner,
        starts_on=starts_on,
        ends_on=ends_on,
        most_in_28_days=most_in_28_days,
        source=f"Saisi par {by.name}",
        source_on=local_day(at),
    )
    _record("oncall.add-member", member, by=by, at=at)
    return member


@transaction.atomic
def end_member(*, member: LineMember, ends_on: date, by: Actor, at: datetime) -> LineMember:
    """Take somebody out of a line: ``ends_on`` is their first day out. The duties that they hold
    stay theirs. Raises as :func:`add_member`."""
    kept = (
        LineMember.objects.select_for_update(of=("self",))
        .select_related("line__organization", "practitioner")
        .get(pk=member.pk)
    )
    KEEP_MEMBERS.check(by, line_owners(kept.line))
    check_days(kept.starts_on, ends_on)
    if kept.ends_on is not None and kept.ends_on <= ends_on:
        raise Refusal("oncall.member-left", "Cette participation finit déjà avant.")
    kept.ends_on = ends_on
    kept.save(update_fields=["ends_on"])
    _record("oncall.end-member", kept, by=by, at=at)
    return kept


def _record(action: str, member: LineMember, *, by: Actor, at: datetime) -> None:
    record(
        action,
        by=by,
        at=at,
        subject_kind="duty-line",
        subject_key=member.line.slug,
        subject_name=member.line.name,
        organization=member.line.organization.slug,
        practitioner=member.practitioner.slug,
        practitioner_name=str(member.practitioner),
        starts_on=member.starts_on.isoformat(),
        ends_on=member.ends_on.isoformat() if member.ends_on else None,
    )
