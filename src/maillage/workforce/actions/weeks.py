"""Changing a week, cell by cell; reading what an employer knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.agreements.models import Agreement
from maillage.directory.models import HealthcareService, Practitioner, Site
from maillage.vocabulary.calendar import WEEKDAYS
from maillage.vocabulary.errors import Invalid, NotAllowed, Problem, Refusal
from maillage.workforce.enums import Half, Weeks
from maillage.workforce.models import StaffRecord, WeeklyHalfDay
from maillage.workforce.permissions import READ_RECORDS, WRITE
from maillage.workforce.queries.people import may_read_record
from maillage.workforce.queries.weeks import (
    conflicts_of,
    half_day_rows,
    quota_on,
    record_of,
)
from maillage.workforce.rules.weeks import Conflict

ENTERED = "Saisie dans Maillage"


@dataclass(frozen=True)
class Cell:
    """A half-day to write. ``ends_on`` (out) empty: until somebody changes it."""

    weekday: int
    half: str
    weeks: str
    site: Site
    service: HealthcareService | None
    activity: str
    agreement: Agreement | None
    starts_on: date
    ends_on: date | None = None


def read_record(*, practitioner: Practitioner, by: Actor, at: datetime) -> StaffRecord | None:
    """What the employer knows of a practitioner, with a line in the trail. None when there is no
    record. Raises :class:`NotAllowed` for others than medical affairs of the employer,
    administrators, and the practitioner."""
    found = record_of(practitioner.pk)
    employer = found.employer.slug if found else ""
    if not may_read_record(by, practitioner.pk, employer):
        READ_RECORDS.check(by, [employer])
    if found is not None:
        with transaction.atomic():
            record(
                "workforce.read-record",
                by=by,
                at=at,
                subject_kind="practitioner",
                subject_key=practitioner.slug,
                subject_name=str(practitioner),
                organization=employer,
                what="dossier de l'employeur",
            )
    return found


def _check_may_write(
    practitioner: Practitioner, site: Site | None, record_: StaffRecord | None, by: Actor
) -> None:
    """Medical affairs of the employer, or of the hospital of the site. A practitioner without
    record has no employer here: only those of the site."""
    owners = {record_.employer.slug} if record_ else set()
    if site is not None:
        owners.add(site.organization.slug)
    WRITE.check(by, owners)


def _words(weekday: int, half: str) -> str:
    return f"{WEEKDAYS[weekday - 1]} {Half(half).label.lower()}"


@transaction.atomic
def set_half_day(
    *, practitioner: Practitioner, cell: Cell, by: Actor, at: datetime
) -> tuple[Conflict, ...]:
    """Write one cell from its first day on: what recurred there on the same weeks ends that day.
    Gives back what should be known though it is not forbidden.

    Raises :class:`NotAllowed`; :class:`Refusal` with the first conflict that forbids, nothing
    written; :class:`Invalid` when the period is empty.
    """
    Practitioner.objects.select_for_update().get(pk=practitioner.pk)  # one change at a time
    known = record_of(practitioner.pk)
    _check_may_write(practitioner, cell.site, known, by)
    if known is None:
        raise Refusal(
            "workforce.no-record", "Ce praticien n'a pas d'employeur connu : chargez son dossier."
        )
    _check_cell(cell)
    _free(practitioner, cell.weekday, cell.half, cell.weeks, cell.starts_on, cell.ends_on)
    row = WeeklyHalfDay.objects.create(
        practitioner=practitioner,
        weekday=cell.weekday,
        half=cell.half,
        weeks=cell.weeks,
        site=cell.site,
        service=cell.service,
        activity=cell.activity,
        agreement=cell.agreement,
        starts_on=cell.starts_on,
        ends_on=cell.ends_on,
        source=ENTERED,
        source_on=cell.starts_on,
    )
    found = _conflicts(practitioner, known, row.pk, cell.starts_on)
    forbidden = [conflict for conflict in found if conflict.is_refusal]
    if forbidden:
        raise Refusal(f"workforce.{forbidden[0].code}", " ".join(one.message for one in forbidden))
    record(
        "workforce.set-half-day",
        by=by,
        at=at,
        subject_kind="practitioner",
        subject_key=practitioner.slug,
        subject_name=str(practitioner),
        organization=known.employer.slug,
        slot=_words(cell.weekday, cell.half),
        place=cell.site.name,
        starts_on=cell.starts_on.isoformat(),
        ends_on=cell.ends_on.isoformat() if cell.ends_on else "",
        agreement=cell.agreement.short_title if cell.agreement else "",
    )
    return found


@transaction.atomic
def free_half_day(
    *, practitioner: Practitioner, weekday: int, half: str, on: date, by: Actor, at: datetime
) -> int:
    """End what recurs in a square of the grid from a day on: gives back how many cells ended.
    Raises :class:`NotAllowed` unless for the employer, or for every hospital concerned."""
    Practitioner.objects.select_for_update().get(pk=practitioner.pk)
    known = record_of(practitioner.pk)
    rows = list(_live(practitioner, weekday, half, on, None))
    hosts = {row.site.organization.slug for row in rows}
    owners = {known.employer.slug} if known else hosts
    if not WRITE.allows(by, owners) and not all(WRITE.allows(by, [host]) for host in hosts):
        raise NotAllowed(
            "workforce.not-yours",
            "Seul l'établissement employeur libère une demi-journée faite chez un autre.",
        )
    WRITE.check(by, owners | hosts)
    _free(practitioner, weekday, half, Weeks.EVERY, on, None)
    if rows:
        record(
            "workforce.remove-half-day",
            by=by,
            at=at,
            subject_kind="practitioner",
            subject_key=practitioner.slug,
            subject_name=str(practitioner),
            organization=known.employer.slug if known else "",
            slot=_words(weekday, half),
            starts_on=on.isoformat(),
        )
    return len(rows)


def _check_cell(cell: Cell) -> None:
    problems = []
    if cell.ends_on is not None and cell.ends_on <= cell.starts_on:
        problems.append(Problem("La fin doit venir après le début.", field="ends_on"))
    if cell.service is not None and cell.service.site_id != cell.site.pk:
        problems.append(Problem("Cette offre est sur un autre site.", field="service"))
    if problems:
        raise Invalid("workforce.half-day", "Cette demi-journée ne convient pas.", problems)


def _live(
    practitioner: Practitioner, weekday: int, half: str, first: date, last: date | None
) -> list[WeeklyHalfDay]:
    """Cells of a square that recur at some time of ``first <= day < last``."""
    rows = half_day_rows().filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=first),
        practitioner=practitioner,
        weekday=weekday,
        half=half,
    )
    if last is not None:
        rows = rows.filter(starts_on__lt=last)
    return list(rows)


def _free(
    practitioner: Practitioner, weekday: int, half: str, weeks: str, first: date, last: date | None
) -> None:
    """Take these weeks of a square away from ``first`` to ``last``. A cell of every week of which
    one week in two is taken keeps the other; one that goes on after ``last`` starts again then."""
    for row in _live(practitioner, weekday, half, first, last):
        if Weeks.EVERY not in (weeks, row.weeks) and weeks != row.weeks:
            continue
        end = row.ends_on
        if row.starts_on < first:
            row.ends_on = first
            row.save(update_fields=["ends_on"])
        else:
            row.delete()
        start = max(row.starts_on, first)
        if row.weeks == Weeks.EVERY and weeks != Weeks.EVERY:
            other = Weeks.EVEN if weeks == Weeks.ODD else Weeks.ODD
            _again(row, other, start, min_end(end, last))
        if last is not None and (end is None or end > last):
            _again(row, row.weeks, last, end)


def min_end(one: date | None, other: date | None) -> date | None:
    """The earlier of two ends; None is open."""
    return min((day for day in (one, other) if day is not None), default=None)


def _again(row: WeeklyHalfDay, weeks: str, starts_on: date, ends_on: date | None) -> None:
    """The same half-day on other weeks or days."""
    WeeklyHalfDay.objects.create(
        practitioner_id=row.practitioner_id,
        weekday=row.weekday,
        half=row.half,
        weeks=weeks,
        site_id=row.site_id,
        service_id=row.service_id,
        activity=row.activity,
        agreement_id=row.agreement_id,
        starts_on=starts_on,
        ends_on=ends_on,
        source=row.source,
        source_on=row.source_on,
        illustrative=row.illustrative,
    )


def _conflicts(
    practitioner: Practitioner, known: StaffRecord, pk: int, on: date
) -> tuple[Conflict, ...]:
    """Conflicts in which the new cell takes part."""
    rows = list(
        half_day_rows().filter(
            Q(ends_on__isnull=True) | Q(ends_on__gt=on), practitioner=practitioner
        )
    )
    _, found = conflicts_of(rows, known, quota=quota_on(practitioner.pk, on), day=on)
    return tuple(conflict for conflict in found if pk in conflict.keys)
