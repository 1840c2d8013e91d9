"""Opening and closing posts; assigning staff."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.directory.models import HealthcareService, Practitioner, Site
from maillage.vocabulary.calendar import french_day
from maillage.vocabulary.care import SPECIALTIES
from maillage.vocabulary.errors import Invalid, Problem, Refusal
from maillage.vocabulary.search import fold
from maillage.workforce.enums import EndReason
from maillage.workforce.models import MOST_HALF_DAYS, Position, StaffAssignment
from maillage.workforce.permissions import WRITE

ENTERED = "Saisie dans Maillage"


def _slug(specialty: str, site: Site) -> str:
    """A free identifier: specialty, site, number."""
    words = fold(SPECIALTIES.get(specialty, specialty).split(",")[0]).replace(" ", "-")
    stem = f"{words}-{site.finess}"[:70]
    taken = set(Position.objects.filter(slug__startswith=f"{stem}-").values_list("slug", flat=True))
    number = 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


@transaction.atomic
def open_position(
    *,
    title: str,
    site: Site,
    service: HealthcareService | None,
    specialty: str,
    half_days: int,
    wanted_status: str,
    opened_on: date,
    in_tension: bool,
    by: Actor,
    at: datetime,
) -> Position:
    """Open a post. Raises :class:`NotAllowed`; :class:`Invalid` when the service is elsewhere."""
    WRITE.check(by, [site.organization.slug])
    if service is not None and service.site_id != site.pk:
        raise Invalid(
            "workforce.position",
            "Ce poste ne convient pas.",
            [Problem("Cette offre est sur un autre site.", field="service")],
        )
    position = Position.objects.create(
        slug=_slug(specialty, site),
        title=title,
        organization=site.organization,
        site=site,
        service=service,
        specialty=specialty,
        half_days=half_days,
        wanted_status=wanted_status,
        opened_on=opened_on,
        in_tension=in_tension,
        source=ENTERED,
        source_on=opened_on,
    )
    _record("workforce.open-position", position, by, at, half_days=half_days)
    return position


@transaction.atomic
def close_position(*, position: Position, on: date, by: Actor, at: datetime) -> Position:
    """Close a post from a day on. Raises :class:`Refusal` while somebody holds it after that day,
    or when it is closed already."""
    WRITE.check(by, [position.organization.slug])
    position = Position.objects.select_for_update(of=("self",)).get(pk=position.pk)
    if position.closed_on is not None:
        raise Refusal("workforce.closed", "Ce poste est déjà fermé.")
    if on <= position.opened_on:
        raise Refusal(
            "workforce.closed-early",
            f"Ce poste s'est ouvert le {french_day(position.opened_on)} : il ne ferme qu'après.",
        )
    later = position.assignments.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on))
    if later.exists():
        raise Refusal(
            "workforce.held",
            "Quelqu'un tient encore ce poste à cette date : finissez d'abord son affectation.",
        )
    position.closed_on = on
    position.save(update_fields=["closed_on"])
    _record("workforce.close-position", position, by, at, ends_on=on.isoformat())
    return position


@transaction.atomic
def assign_staff(
    *,
    practitioner: Practitioner,
    position: Position,
    status: str,
    half_days: int,
    starts_on: date,
    by: Actor,
    at: datetime,
) -> StaffAssignment:
    """Put a practitioner on a post from a day on. Raises :class:`Refusal` when the post would be
    held beyond its half-days, the person beyond a full week, or the post is not open."""
    WRITE.check(by, [position.organization.slug])
    position = Position.objects.select_for_update(of=("self",)).get(pk=position.pk)
    if starts_on < position.opened_on or (
        position.closed_on is not None and starts_on >= position.closed_on
    ):
        raise Refusal("workforce.not-open", "Ce poste n'est pas ouvert à cette date.")
    held = _half_days(position.assignments.filter(_from(starts_on)))
    if held + half_days > position.half_days:
        raise Refusal(
            "workforce.full",
            f"Ce poste est de {position.half_days} demi-journées : {held} sont déjà tenues.",
        )
    own = _half_days(StaffAssignment.objects.filter(_from(starts_on), practitioner=practitioner))
    if own + half_days > MOST_HALF_DAYS:
        raise Refusal(
            "workforce.overfull",
            f"{practitioner} tient déjà {own} demi-journées : un temps plein en compte "
            f"{MOST_HALF_DAYS}.",
        )
    made = StaffAssignment.objects.create(
        practitioner=practitioner,
        position=position,
        status=status,
        half_days=half_days,
        starts_on=starts_on,
        source=ENTERED,
        source_on=starts_on,
    )
    _record(
        "workforce.assign",
        position,
        by,
        at,
        practitioner=practitioner.slug,
        practitioner_name=str(practitioner),
        starts_on=starts_on.isoformat(),
    )
    return made


def _from(day: date) -> Q:
    """Assignments that hold at some time from a day on. One to come counts: half-days are promised
    until they end."""
    return Q(ends_on__isnull=True) | Q(ends_on__gt=day)


def _half_days(rows: QuerySet[StaffAssignment]) -> int:
    return rows.aggregate(total=Sum("half_days"))["total"] or 0


@transaction.atomic
def end_assignment(
    *, assignment: StaffAssignment, on: date, reason: EndReason, by: Actor, at: datetime
) -> StaffAssignment:
    """Say when and why an assignment ends (or correct it). Raises :class:`Refusal` when the day is
    not after its start."""
    position = assignment.position
    WRITE.check(by, [position.organization.slug])
    assignment = StaffAssignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)
    if on <= assignment.starts_on:
        raise Refusal(
            "workforce.end-early",
            f"Cette affectation a commencé le {french_day(assignment.starts_on)} : elle ne finit "
            "qu'après.",
        )
    assignment.ends_on = on
    assignment.end_reason = reason
    assignment.save(update_fields=["ends_on", "end_reason"])
    _record("workforce.end-assignment", position, by, at, ends_on=on.isoformat())
    return assignment


def _record(action: str, position: Position, by: Actor, at: datetime, **details: Any) -> None:
    record(
        action,
        by=by,
        at=at,
        subject_kind="position",
        subject_key=position.slug,
        subject_name=position.title,
        organization=position.organization.slug,
        **details,
    )
