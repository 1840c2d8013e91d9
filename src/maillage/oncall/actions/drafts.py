"""The duties of a draft: given, freed, pinned, added and taken away, one by one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from maillage.accounts.permissions import Actor
from maillage.directory.models import HealthcareService, Practitioner
from maillage.oncall.actions.rosters import lock_version, record_on_roster, touch
from maillage.oncall.models import DutyLine, PlannedDuty, RosterVersion
from maillage.oncall.queries.candidates import may_hold_line
from maillage.oncall.queries.rosters import bounds_of, check_may_plan
from maillage.oncall.rules.duties import check_duty_period, check_still_held
from maillage.oncall.rules.versions import check_is_draft
from maillage.vocabulary.calendar import french_instant
from maillage.vocabulary.errors import Refusal


def _lock_duty(duty: PlannedDuty, by: Actor) -> PlannedDuty:
    """The duty of a draft, held with its version. Raises NotAllowed, Refusal."""
    version = lock_version(duty.version_id)
    check_may_plan(version.roster, by)
    check_is_draft(version.state)
    kept = (
        PlannedDuty.objects.select_related("line", "service", "practitioner")
        .filter(pk=duty.pk, version=version)
        .first()
    )
    if kept is None:
        raise Refusal("oncall.duty-gone", "Cette garde vient d'être retirée du tableau.")
    kept.version = version
    return kept


def _record(action: str, duty: PlannedDuty, *, by: Actor, at: datetime, **details: Any) -> None:
    record_on_roster(
        action,
        duty.version,
        by=by,
        at=at,
        line=duty.line.slug,
        service=duty.service.slug,
        starts_at=duty.starts_at.isoformat(),
        **details,
    )


@transaction.atomic
def plan_duty(
    *,
    duty: PlannedDuty,
    practitioner: Practitioner | None,
    shown: str,
    by: Actor,
    at: datetime,
) -> PlannedDuty:
    """Give a duty of a draft to somebody, or to nobody.

    ``shown`` is who held it on the page (a slug, empty for nobody). Rules that weigh, or that the
    law sets, do not stop a draft: the page says them and publication counts them. Raises
    :class:`NotAllowed`; :class:`Refusal` when the version is no draft, the duty changed meanwhile,
    the practitioner does not take part in the line, or would be on another line of this roster at
    that hour.
    """
    kept = _lock_duty(duty, by)
    check_still_held(shown, kept.practitioner.slug if kept.practitioner else None)
    if practitioner is not None:
        if not may_hold_line(practitioner, kept.line, kept.starts_at):
            raise Refusal(
                "oncall.not-of-the-line",
                f"{practitioner} ne participe pas ce jour-là à la ligne « {kept.line} ».",
            )
        _check_free(practitioner, kept)
    if kept.practitioner_id == (practitioner.pk if practitioner else None):
        return kept
    before, kept.practitioner = kept.practitioner, practitioner
    kept.pinned = kept.pinned and practitioner is not None
    kept.save(update_fields=["practitioner", "pinned"])
    touch(kept.version)
    _record(
        "oncall.plan-duty", kept, by=by, at=at,
        practitioner=practitioner.slug if practitioner else "",
        practitioner_name=str(practitioner or "personne"),
        previous_name=str(before or "personne"),
    )  # fmt: skip
    return kept


def _check_free(practitioner: Practitioner, duty: PlannedDuty) -> None:
    """Nobody is at two places at once: the same rule as for slots in force, within the draft."""
    other = (
        PlannedDuty.objects.filter(
            ~Q(line=duty.line),
            version=duty.version,
            practitioner=practitioner,
            starts_at__lt=duty.ends_at,
            ends_at__gt=duty.starts_at,
        )
        .select_related("line")
        .first()
    )
    if other is not None:
        raise Refusal(
            "oncall.held-elsewhere",
            f"{practitioner} tient déjà la ligne « {other.line.name} » jusqu'au "
            f"{french_instant(other.ends_at)}.",
        )


@transaction.atomic
def pin_duty(*, duty: PlannedDuty, pinned: bool, by: Actor, at: datetime) -> PlannedDuty:
    """Have computations leave a duty as it is, or not any more. Raises :class:`NotAllowed`;
    :class:`Refusal` when nobody holds it, or the version is no draft."""
    kept = _lock_duty(duty, by)
    if pinned and kept.practitioner_id is None:
        raise Refusal("oncall.pin-nobody", "Une garde sans titulaire ne peut pas être figée.")
    if kept.pinned != pinned:
        kept.pinned = pinned
        kept.save(update_fields=["pinned"])
        touch(kept.version)
        _record("oncall.pin-duty", kept, by=by, at=at, pinned=pinned)
    return kept


@transaction.atomic
def clear_draft(*, version: RosterVersion, by: Actor, at: datetime) -> int:
    """Free every duty that is neither pinned nor begun; how many were held."""
    kept = lock_version(version.pk)
    check_may_plan(kept.roster, by)
    check_is_draft(kept.state)
    count = PlannedDuty.objects.filter(
        version=kept, pinned=False, practitioner__isnull=False, starts_at__gt=at
    ).update(practitioner=None)
    if count:
        touch(kept)
        record_on_roster("oncall.clear-roster", kept, by=by, at=at, duties=count)
    return count


@transaction.atomic
def add_duty(
    *,
    version: RosterVersion,
    line: DutyLine,
    service: HealthcareService,
    starts_at: datetime,
    ends_at: datetime,
    by: Actor,
    at: datetime,
) -> PlannedDuty:
    """Add a duty to a draft: a line doubled one night, another site that receives.

    Raises :class:`NotAllowed`; :class:`Invalid` on a wrong period; :class:`Refusal` when the
    version is no draft, the line is not of the roster, the service is not of the line, or the duty
    is there already.
    """
    kept = lock_version(version.pk)
    check_may_plan(kept.roster, by)
    check_is_draft(kept.state)
    if not kept.roster.lines.filter(pk=line.pk).exists():
        raise Refusal("oncall.line-not-of-roster", "Cette ligne n'est pas dans le tableau.")
    if not line.services.filter(pk=service.pk).exists():
        raise Refusal("oncall.service-not-of-line", "La ligne ne garde pas cette offre de soins.")
    check_duty_period(starts_at, ends_at, within=bounds_of(kept.roster))
    try:
        with transaction.atomic():
            duty = PlannedDuty.objects.create(
                version=kept, line=line, service=service, starts_at=starts_at, ends_at=ends_at
            )
    except IntegrityError as error:
        raise Refusal("oncall.duty-twice", "Cette garde est déjà dans le tableau.") from error
    touch(kept)
    _record("oncall.add-duty", duty, by=by, at=at, ends_at=ends_at.isoformat())
    return duty


@transaction.atomic
def remove_duty(*, duty: PlannedDuty, shown: str, by: Actor, at: datetime) -> None:
    """Take a duty out of a draft. In force, it goes only when the version is published, which says
    so before. Raises :class:`NotAllowed`, :class:`Refusal`."""
    kept = _lock_duty(duty, by)
    check_still_held(shown, kept.practitioner.slug if kept.practitioner else None)
    touch(kept.version)
    _record(
        "oncall.remove-duty", kept, by=by, at=at, ends_at=kept.ends_at.isoformat(),
        practitioner_name=str(kept.practitioner or "personne"),
    )  # fmt: skip
    kept.delete()
