"""What the regional plan wants out of hours, and what is held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Prefetch, Q

from maillage.accounts.names import name_key
from maillage.directory.models import HealthcareService, Organization
from maillage.oncall.enums import LineKind, Modality, PdsesClass
from maillage.oncall.models import DutyLine, DutySlot, PlanTarget
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.care import CareType

AHEAD = timedelta(days=28)
"""Days over which the hours of a line are looked at."""

COUNTED = (PdsesClass.REGULATED, PdsesClass.ATTRIBUTED)
"""Lines that keep an implantation of the plan."""

WHOLE_LINES = {
    Modality.ON_SITE: LineKind.ON_SITE,
    Modality.ON_CALL: LineKind.ON_CALL,
    Modality.WEEKEND: LineKind.ON_CALL,
}
"""How the lines of a modality are kept; those of half periods have one of their own."""


@dataclass(frozen=True)
class HeldLine:
    """A line that keeps an implantation: hours of its slots over the coming days, and how many of
    them have a holder."""

    line: DutyLine
    hours: float
    staffed: float

    @property
    def share(self) -> float | None:
        """Hours with a holder, in percent; None when no slot is made."""
        return 100 * self.staffed / self.hours if self.hours else None

    @property
    def has_holes(self) -> bool:
        return self.staffed < self.hours


@dataclass(frozen=True)
class TargetRow:
    """One wish of the plan and the lines that answer it."""

    target: PlanTarget
    organizations: Sequence[Organization]
    lines: Sequence[HeldLine]

    @property
    def care(self) -> str:
        return CareType[self.target.care_type].label

    @property
    def modality(self) -> str:
        return str(Modality(self.target.modality).label)

    @property
    def missing(self) -> int:
        return max(0, self.target.sites - len(self.lines))

    @property
    def level(self) -> str:
        if self.missing:
            return "hole"
        if any(one.has_holes or one.share is None for one in self.lines):
            return "limit"
        return "ok"

    @property
    def word(self) -> str:
        """The state in words."""
        if self.missing:
            return f"{self.missing} manquante" + ("s" if self.missing > 1 else "")
        if any(one.share is None for one in self.lines):
            return "sans tableau"
        return "tenue avec des trous" if self.level == "limit" else "tenue"


@dataclass(frozen=True)
class ZonePlan:
    """A zone of the plan: what lacks a line, what has holes, what is kept, each by care."""

    name: str
    rows: Sequence[TargetRow]

    @property
    def missing(self) -> int:
        """Implantations without a line."""
        return sum(row.missing for row in self.rows)

    @property
    def short(self) -> list[TargetRow]:
        """What asks for something: without a line first, then with holes."""
        return [
            *(row for row in self.rows if row.level == "hole"),
            *(row for row in self.rows if row.level == "limit"),
        ]

    @property
    def kept(self) -> list[TargetRow]:
        return [row for row in self.rows if row.level == "ok"]


def by_zone(rows: Sequence[TargetRow]) -> list[ZonePlan]:
    """The same by zone: those that lack the most lines first, then those with the most holes. No
    query."""
    names = dict.fromkeys(row.target.zone for row in rows)
    zones = [ZonePlan(name, [row for row in rows if row.target.zone == name]) for name in names]
    return sorted(zones, key=lambda zone: (-zone.missing, -len(zone.short)))


def list_targets(at: datetime, *, zone: str = "") -> list[TargetRow]:
    """The plan in force on a day beside the lines that keep it, by zone then care. A line shared by
    several sites is one implantation: they take turns. Six queries whatever their number."""
    day = local_day(at)
    in_force = Q(starts_on__lte=day) & (Q(ends_on__isnull=True) | Q(ends_on__gt=day))
    targets = PlanTarget.objects.filter(in_force).prefetch_related("organizations")
    if zone:
        targets = targets.filter(zone=zone)
    found = list(targets)
    services = HealthcareService.objects.select_related("site")
    lines = list(
        DutyLine.objects.filter(
            care_type__in={one.care_type for one in found}, pdses_class__in=COUNTED
        )
        .select_related("organization")
        .prefetch_related(Prefetch("services", queryset=services))
        .order_by("name", "slug")
    )
    held = _hours(lines, at)
    rows = [
        TargetRow(
            target,
            tuple(target.organizations.all()),
            tuple(held[line.pk] for line in lines if _answers(line, target)),
        )
        for target in found
    ]
    return sorted(rows, key=lambda row: (name_key(row.target.zone), name_key(row.care)))


def _answers(line: DutyLine, target: PlanTarget) -> bool:
    wanted = {one.pk for one in target.organizations.all()}
    places = {line.organization_id, *(one.site.organization_id for one in line.services.all())}
    return (
        line.care_type == target.care_type
        and _is_kept_as(line, Modality(target.modality))
        and (not wanted or bool(wanted & places))
    )


def _is_kept_as(line: DutyLine, modality: Modality) -> bool:
    if line.is_half or modality is Modality.HALF_NIGHT:
        return line.is_half and modality is Modality.HALF_NIGHT
    return line.kind == WHOLE_LINES[modality]


def _hours(lines: Sequence[DutyLine], at: datetime) -> dict[int, HeldLine]:
    """Hours made and hours with a holder, by line. One query."""
    made: dict[int, float] = defaultdict(float)
    staffed: dict[int, float] = defaultdict(float)
    slots = DutySlot.objects.filter(line__in=lines, ends_at__gt=at, starts_at__lt=at + AHEAD)
    for line, starts_at, ends_at, holder in slots.order_by().values_list(
        "line", "starts_at", "ends_at", "assignment__practitioner"
    ):
        hours = (ends_at - starts_at).total_seconds() / 3600
        made[line] += hours
        if holder is not None:
            staffed[line] += hours
    return {line.pk: HeldLine(line, made[line.pk], staffed[line.pk]) for line in lines}


def list_zones(day: date) -> list[str]:
    """The zones of the plan in force, by name. One query."""
    in_force = Q(starts_on__lte=day) & (Q(ends_on__isnull=True) | Q(ends_on__gt=day))
    zones = PlanTarget.objects.filter(in_force).order_by().values_list("zone", flat=True)
    return sorted(zones.distinct(), key=name_key)
