"""Weeks of practitioners over all their sites: grids, conflicts, bonus, half-days by date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db.models import Q, QuerySet, Sum

from maillage.directory.models import Practitioner, Site
from maillage.directory.queries.lists import in_force
from maillage.engines.rostering.regulations import regulations_on
from maillage.territory.queries.travel import get_travel_source
from maillage.territory.rules.travel import Place
from maillage.vocabulary.calendar import WEEKDAYS, public_holidays_between
from maillage.vocabulary.geo import crow_fly_km
from maillage.workforce.enums import Half, Weeks
from maillage.workforce.models import StaffAssignment, StaffRecord, WeeklyHalfDay
from maillage.workforce.queries.carriers import Carrier, load_carriers
from maillage.workforce.rules.bonus import Bonus, compute_bonus, road_km
from maillage.workforce.rules.weeks import (
    Conflict,
    HalfDay,
    dates_of,
    find_conflicts,
    french_number,
    next_two_odd_weeks,
    weekly_half_days,
)

SHOWN_DAYS = range(1, 7)
"""Monday to Saturday."""

ADDRESSES: Mapping[str, str] = {Half.MORNING: "matin", Half.AFTERNOON: "apres-midi"}
"""Halves of the day as they stand in addresses."""


@dataclass(frozen=True)
class GridCell:
    """One square of a grid: what recurs there (none, one, or odd and even weeks)."""

    weekday: int
    half: str
    cells: tuple[WeeklyHalfDay, ...]
    has_conflict: bool

    @property
    def address(self) -> str:
        """Its half of the day in addresses."""
        return ADDRESSES[self.half]

    @property
    def label(self) -> str:
        return f"{WEEKDAYS[self.weekday - 1].capitalize()} {Half(self.half).label.lower()}"


@dataclass(frozen=True)
class WeekPage:
    """The shared week of a practitioner on a day. ``owners`` are the hospitals concerned (slugs):
    the employer's first. ``quota`` counts assignments."""

    practitioner: Practitioner
    record: StaffRecord | None
    day: date
    rows: tuple[tuple[str, tuple[GridCell, ...]], ...]
    conflicts: tuple[Conflict, ...]
    bonus: Bonus | None
    quota: int
    total: Fraction
    by_site: tuple[tuple[Site, Fraction], ...]
    owners: tuple[str, ...]
    next_change: date | None

    @property
    def two_odd_weeks(self) -> date | None:
        """Where weeks 53 and 1 follow each other, for a grid that has odd or even weeks."""
        alternates = any(
            cell.weeks != Weeks.EVERY
            for _, row in self.rows
            for square in row
            for cell in square.cells
        )
        return next_two_odd_weeks(self.day) if alternates else None

    @property
    def total_words(self) -> str:
        return french_number(self.total)

    @property
    def site_words(self) -> list[tuple[Site, str]]:
        return [(site, french_number(share)) for site, share in self.by_site]


def half_day_rows() -> QuerySet[WeeklyHalfDay]:
    """Cells with all that rules and pages read, in reading order."""
    return WeeklyHalfDay.objects.select_related(
        "site__organization", "service", "agreement"
    ).order_by("practitioner_id", "weekday", "-half", "weeks", "starts_on")


def as_half_day(row: WeeklyHalfDay, employer: str, carriers: Mapping[str, Carrier]) -> HalfDay:
    """A stored cell as rules read it."""
    organization = row.site.organization.slug
    carrier = carriers.get(row.agreement.slug) if row.agreement else None
    return HalfDay(
        weekday=row.weekday,
        half=row.half,
        weeks=row.weeks,
        site=row.site.finess,
        organization=organization,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        agreement=row.agreement.slug if row.agreement else "",
        carried=carrier.carries(employer, organization) if carrier else None,
        key=row.pk,
        site_name=row.site.name,
    )


def _place(site: Site) -> Place:
    return Place(site.finess, site.latitude, site.longitude)


def travel_between(sites: Iterable[Site]) -> dict[tuple[str, str], float]:
    """Minutes by road between sites (FINESS), both ways. One statement."""
    places = list({site.finess: _place(site) for site in sites}.values())
    pairs = get_travel_source().pairs(places, places)
    return {(origin, destination): minutes for origin, destination, minutes in pairs}


def kilometres_from(main: Site, sites: Iterable[Site]) -> dict[str, float]:
    """Estimated kilometres of road from the main site to each other (FINESS)."""
    return {
        site.finess: round(
            road_km(crow_fly_km(main.latitude, main.longitude, site.latitude, site.longitude)), 1
        )
        for site in sites
        if site.finess != main.finess
    }


def quota_on(practitioner: int, day: date) -> int:
    """Half-days a week of the assignments in force on a day."""
    rows = StaffAssignment.objects.filter(in_force(day), practitioner_id=practitioner)
    return rows.aggregate(total=Sum("half_days"))["total"] or 0


def record_of(practitioner: int) -> StaffRecord | None:
    return (
        StaffRecord.objects.select_related("employer", "main_site__organization")
        .filter(practitioner_id=practitioner)
        .first()
    )


def conflicts_of(
    rows: Sequence[WeeklyHalfDay], record: StaffRecord | None, *, quota: int, day: date
) -> tuple[tuple[HalfDay, ...], tuple[Conflict, ...]]:
    """The cells as values, and what is wrong among those of today and later."""
    employer = record.employer.slug if record else ""
    carriers = load_carriers({row.agreement.slug for row in rows if row.agreement})
    cells = tuple(as_half_day(row, employer, carriers) for row in rows)
    found = find_conflicts(
        cells,
        employer=employer,
        quota=quota,
        travel=travel_between(row.site for row in rows),
        most_sites=regulations_on(day).whole("shared.most_sites"),
    )
    return cells, found


def get_week(practitioner: Practitioner, *, on: date) -> WeekPage:
    """The week in force on a day, with its conflicts (those to come included)."""
    record = record_of(practitioner.pk)
    rows = list(
        half_day_rows().filter(
            Q(ends_on__isnull=True) | Q(ends_on__gt=on), practitioner=practitioner
        )
    )
    quota = quota_on(practitioner.pk, on)
    cells, conflicts = conflicts_of(rows, record, quota=quota, day=on)
    now = [row for row in rows if row.starts_on <= on]
    current = [cell for cell in cells if cell.starts_on <= on]
    wrong = {key for conflict in conflicts for key in conflict.keys}
    by_site: dict[int, Fraction] = defaultdict(Fraction)
    sites: dict[int, Site] = {}
    for row, cell in zip(rows, cells, strict=True):
        if cell in current:
            by_site[row.site_id] += weekly_half_days([cell])
            sites[row.site_id] = row.site
    return WeekPage(
        practitioner=practitioner,
        record=record,
        day=on,
        rows=tuple(
            (
                WEEKDAYS[day - 1].capitalize(),
                tuple(_grid_cell(day, half, now, wrong) for half in (Half.MORNING, Half.AFTERNOON)),
            )
            for day in SHOWN_DAYS
        ),
        conflicts=conflicts,
        bonus=_bonus(current, record, rows, on) if record else None,
        quota=quota,
        total=weekly_half_days(current),
        by_site=tuple(
            (sites[pk], share)
            for pk, share in sorted(by_site.items(), key=lambda pair: (-pair[1], pair[0]))
        ),
        owners=_owners(record, rows),
        next_change=min(
            [
                *(row.starts_on for row in rows if row.starts_on > on),
                *(row.ends_on for row in now if row.ends_on),
            ],
            default=None,
        ),
    )


def _owners(record: StaffRecord | None, rows: Iterable[WeeklyHalfDay]) -> tuple[str, ...]:
    hosts = sorted({row.site.organization.slug for row in rows})
    employer = [record.employer.slug] if record else []
    return tuple(dict.fromkeys([*employer, *hosts]))


def _grid_cell(
    weekday: int, half: str, rows: Iterable[WeeklyHalfDay], wrong: set[int | None]
) -> GridCell:
    here = tuple(row for row in rows if row.weekday == weekday and row.half == half)
    return GridCell(weekday, half, here, any(row.pk in wrong for row in here))


def _bonus(
    cells: Iterable[HalfDay], record: StaffRecord, rows: Iterable[WeeklyHalfDay], on: date
) -> Bonus:
    return compute_bonus(
        cells,
        main_site=record.main_site.finess,
        km=kilometres_from(record.main_site, (row.site for row in rows)),
        regulations=regulations_on(on),
    )


@dataclass(frozen=True)
class DatedHalfDay:
    """A half-day on its date, for rosters: where the person is at work."""

    practitioner: str
    day: date
    half: str
    site: str
    activity: str


def list_dated_half_days(
    practitioners: Iterable[str], first: date, last: date, *, holidays: bool = False
) -> list[DatedHalfDay]:
    """Where these practitioners (slugs) work on ``first <= day < last``, by practitioner and day.
    Public holidays are left out unless asked for. One statement: what rosters must respect."""
    closed = set() if holidays else set(public_holidays_between(first, last))
    rows = WeeklyHalfDay.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=first),
        practitioner__slug__in=list(practitioners),
        starts_on__lt=last,
    ).select_related("site__organization", "practitioner")
    found = [
        DatedHalfDay(row.practitioner.slug, day, row.half, row.site.finess, row.activity)
        for row in rows
        for day in dates_of(_bare(row), first, last)
        if day not in closed
    ]
    return sorted(found, key=lambda one: (one.practitioner, one.day, one.half != Half.MORNING))


def _bare(row: WeeklyHalfDay) -> HalfDay:
    return HalfDay(
        weekday=row.weekday,
        half=row.half,
        weeks=row.weeks,
        site=row.site.finess,
        organization=row.site.organization.slug,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
    )
