"""Rosters, their versions, and the duties of each beside those in force."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Prefetch, Q, QuerySet

from maillage.accounts.permissions import Actor
from maillage.directory.models import HealthcareService, Practitioner
from maillage.oncall.enums import VersionState
from maillage.oncall.models import DutyLine, DutySlot, PlannedDuty, Roster, RosterVersion
from maillage.oncall.permissions import PLAN
from maillage.oncall.rules.duties import Duty, DutyChange, compare_duties
from maillage.oncall.rules.versions import OPEN
from maillage.vocabulary.calendar import day_bounds, local_day
from maillage.vocabulary.errors import NotFound


@dataclass(frozen=True)
class RosterRow:
    """A roster in the list. ``open`` is the version that is being made, ``published`` the one in
    force; ``holes`` are duties without holder of the one that is shown first."""

    roster: Roster
    lines: tuple[DutyLine, ...]
    open: RosterVersion | None
    published: RosterVersion | None
    holes: int
    duties: int
    may_plan: bool

    @property
    def last_day(self) -> date:
        return self.roster.ends_on - timedelta(days=1)

    @property
    def holes_in_words(self) -> str:
        return "1 garde" if self.holes == 1 else f"{self.holes} gardes"


def _lines() -> QuerySet[DutyLine]:
    services = HealthcareService.objects.select_related("site__organization").order_by("slug")
    return (
        DutyLine.objects.select_related("organization")
        .prefetch_related(Prefetch("services", queryset=services))
        .order_by("care_type", "slug")
    )


def _rosters() -> QuerySet[Roster]:
    return Roster.objects.select_related("organization").prefetch_related(
        Prefetch("lines", queryset=_lines()),
        Prefetch("versions", queryset=RosterVersion.objects.order_by("-number")),
    )


def load_lines(slugs: Collection[str]) -> list[DutyLine]:
    """These lines with their services, sites and establishments. Two queries."""
    return list(_lines().filter(slug__in=slugs))


def lines_around(line: DutyLine, day: date) -> list[DutyLine]:
    """A line, and those that are planned with it in a published roster of that day. Three
    queries."""
    together = Roster.objects.filter(
        lines=line,
        starts_on__lte=day,
        ends_on__gt=day,
        versions__state=VersionState.PUBLISHED,
    )
    found = DutyLine.objects.filter(rosters__in=together.values("pk"))
    return load_lines({line.slug, *found.values_list("slug", flat=True)})


def owners_of_line(line: DutyLine) -> frozenset[str]:
    """Establishments that keep a line or receive through it; no query when its services are at
    hand."""
    sites = {service.site.organization.slug for service in line.services.all()}
    return frozenset(sites | {line.organization.slug})


def keepers_on(lines: Collection[DutyLine], first: date, last: date) -> dict[str, frozenset[str]]:
    """Establishments whose teams change who holds each of these lines over the days ``first`` to
    ``last``, both included: its owners, and those that carry a published roster of it then. One
    query when the services of the lines are at hand."""
    found = {line.slug: set(owners_of_line(line)) for line in lines}
    carried = Roster.objects.filter(
        lines__slug__in=found,
        starts_on__lte=last,
        ends_on__gt=first,
        versions__state=VersionState.PUBLISHED,
    ).values_list("lines__slug", "organization__slug")
    for slug, organization in carried:
        if slug in found:
            found[slug].add(organization)
    return {slug: frozenset(keys) for slug, keys in found.items()}


def may_plan(roster: Roster, by: Actor) -> bool:
    """True when the actor plans for the establishment that carries the roster, or for every one of
    its lines."""
    if PLAN.allows(by, {roster.organization.slug}):
        return True
    lines = roster.lines.all()
    return bool(lines) and all(PLAN.allows(by, owners_of_line(line)) for line in lines)


def check_may_plan(roster: Roster, by: Actor) -> None:
    """Raise :class:`NotAllowed` unless :func:`may_plan`."""
    if not may_plan(roster, by):
        PLAN.check(by)
        PLAN.check(by, {roster.organization.slug})


def list_rosters(
    by: Actor, *, at: datetime, past: bool = False, drafts: bool = True
) -> list[RosterRow]:
    """Rosters that are not over (or, with ``past``, all), the soonest first; without ``drafts``
    those that were published. Six statements whatever their number."""
    found = _rosters().order_by("starts_on", "name", "slug")
    if not past:
        found = found.filter(ends_on__gt=local_day(at))
    rosters = list(found)
    shown = {}
    current = {}
    for roster in rosters:
        opened, published = _current(roster)
        current[roster.pk] = opened if drafts else None, published
        if first := current[roster.pk][0] or published:
            shown[roster.pk] = first.pk
    counts = {
        row["version"]: (row["holes"], row["duties"])
        for row in PlannedDuty.objects.filter(version__in=shown.values())
        .order_by()
        .values("version")
        .annotate(duties=Count("pk"), holes=Count("pk", filter=Q(practitioner__isnull=True)))
    }
    rows = []
    for roster in rosters:
        if not drafts and roster.pk not in shown:
            continue
        opened, published = current[roster.pk]
        holes, duties = counts.get(shown.get(roster.pk, 0), (0, 0))
        rows.append(
            RosterRow(
                roster, tuple(roster.lines.all()), opened, published, holes, duties,
                may_plan(roster, by),
            )
        )  # fmt: skip
    return rows


def _current(roster: Roster) -> tuple[RosterVersion | None, RosterVersion | None]:
    versions = list(roster.versions.all())
    opened = next((one for one in versions if VersionState(one.state) in OPEN), None)
    published = next((one for one in versions if one.state == VersionState.PUBLISHED), None)
    return opened, published


def get_roster_of(slug: str) -> Roster:
    """A roster with its lines and versions, newest first. Raises :class:`NotFound`."""
    roster = _rosters().filter(slug=slug).first()
    if roster is None:
        raise NotFound("oncall.unknown-roster", "Ce tableau de service n'existe pas.")
    return roster


def get_version(roster: Roster, number: int | None = None, *, drafts: bool = True) -> RosterVersion:
    """A version by its number; without one, that which is being made, else the published one, else
    the newest. Without ``drafts``, only what is or was published exists. Raises
    :class:`NotFound`."""
    versions = [one for one in roster.versions.all() if drafts or one.published_at is not None]
    if number is None:
        opened, published = _current(roster)
        found = (opened if drafts else None) or published or (versions[0] if versions else None)
    else:
        found = next((one for one in versions if one.number == number), None)
    if found is None:
        raise NotFound("oncall.unknown-version", "Cette version du tableau n'existe pas.")
    return found


def get_planned_duty(roster: Roster, pk: int) -> PlannedDuty:
    """A duty of any version of a roster. Raises :class:`NotFound`."""
    duty = (
        PlannedDuty.objects.select_related(
            "version", "line__organization", "service__site__organization", "practitioner"
        )
        .filter(version__roster=roster, pk=pk)
        .first()
    )
    if duty is None:
        raise NotFound("oncall.unknown-duty", "Cette garde n'est pas dans ce tableau.")
    return duty


def bounds_of(roster: Roster) -> tuple[datetime, datetime]:
    """The instants between which duties of a roster start: its days, in Paris."""
    return day_bounds(roster.starts_on)[0], day_bounds(roster.ends_on)[0]


def duties_of_version(version: RosterVersion) -> list[Duty]:
    """The planned duties of a version as values, in order of time. One query."""
    rows = (
        PlannedDuty.objects.filter(version=version)
        .order_by("starts_at", "line__slug", "service__slug")
        .values_list(
            "pk", "line__slug", "service__slug", "service__site__finess", "starts_at", "ends_at",
            "practitioner__slug", "pinned",
        )
    )  # fmt: skip
    return [Duty(f"p{row[0]}", *row[1:]) for row in rows]


def duties_in_force(lines: Collection[str], starts_at: datetime, ends_at: datetime) -> list[Duty]:
    """The slots in force of these lines (slugs) that start in ``starts_at <= t < ends_at``, as
    values, in order of time. One query."""
    rows = (
        DutySlot.objects.filter(
            line__slug__in=lines, starts_at__gte=starts_at, starts_at__lt=ends_at
        )
        .order_by("starts_at", "line__slug", "service__slug")
        .values_list(
            "pk", "line__slug", "service__slug", "service__site__finess", "starts_at", "ends_at",
            "assignment__practitioner__slug",
        )
    )  # fmt: skip
    return [Duty(f"s{row[0]}", *row[1:]) for row in rows]


@dataclass(frozen=True)
class Pending:
    """What the publication of a version would do. ``begun`` are differences in duties that have
    started: they stay as they are."""

    changes: tuple[DutyChange, ...]
    begun: tuple[DutyChange, ...]
    planned: tuple[Duty, ...]
    """The duties of the version, as they would then be in force."""


def pending_changes(version: RosterVersion, *, at: datetime) -> Pending:
    """Compare a version with what is in force over its days. Three queries."""
    roster = version.roster
    lines = [line.slug for line in roster.lines.all()]
    planned = duties_of_version(version)
    found = compare_duties(duties_in_force(lines, *bounds_of(roster)), planned)
    begun = tuple(one for one in found if one.duty.starts_at <= at)
    return Pending(tuple(one for one in found if one.duty.starts_at > at), begun, tuple(planned))


def names_of(slugs: Iterable[str]) -> dict[str, str]:
    """Names of practitioners by slug. One query."""
    found = Practitioner.objects.filter(slug__in=set(slugs))
    return {one.slug: str(one) for one in found}


def roster_days(roster: Roster) -> list[date]:
    """Every day of a roster, in order."""
    first = roster.starts_on.toordinal()
    return [date.fromordinal(day) for day in range(first, roster.ends_on.toordinal())]
