"""Who keeps each line now, what comes next, and where nobody does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Min, Prefetch, Q, QuerySet

from maillage.accounts.names import ByName, name_key
from maillage.directory.models import HealthcareService, Practitioner, PractitionerRole
from maillage.directory.rules.hours import soon_in_words
from maillage.engines.rostering.regulations import regulations_on
from maillage.oncall.models import DutyLine, DutySlot
from maillage.oncall.rules.counting import Worth, worth_of_night
from maillage.oncall.rules.slots import Interval, overlaps_in_line
from maillage.vocabulary.calendar import day_bounds, local_day, public_holidays
from maillage.vocabulary.care import CareType
from maillage.vocabulary.errors import Invalid, NotFound

HOLES_AHEAD = timedelta(days=31)
"""How far a list of lines announces the next hole."""

ROSTER_DAYS = 14
"""Days of the table of a line."""


@dataclass(frozen=True)
class SlotRow:
    """One slot of a line on screen."""

    pk: int
    service: HealthcareService
    starts_at: datetime
    ends_at: datetime
    holder: Practitioner | None
    response_minutes: int
    assigned_by: str = ""
    starts_in_words: str = ""
    ends_in_words: str = ""

    @property
    def is_hole(self) -> bool:
        return self.holder is None

    @property
    def length_minutes(self) -> float:
        """Real length: 11 or 13 hours for a night of 12 when clocks change."""
        return (self.ends_at - self.starts_at).total_seconds() / 60

    @property
    def day(self) -> date:
        return local_day(self.starts_at)


@dataclass(frozen=True)
class LineNow:
    """A line at an instant: its slots under way, the next one when none is, the next hole."""

    line: DutyLine
    services: tuple[HealthcareService, ...]
    current: tuple[SlotRow, ...] = ()
    following: SlotRow | None = None
    next_hole: datetime | None = None
    next_hole_in_words: str = ""

    @property
    def care(self) -> str:
        return CareType[self.line.care_type].label

    @property
    def is_pooled(self) -> bool:
        return len({service.site_id for service in self.services}) > 1

    @property
    def has_hole_now(self) -> bool:
        return any(slot.is_hole for slot in self.current)


@dataclass(frozen=True)
class LineRoster:
    """The coming days of a line. ``days`` holds, in order, each day with its slots."""

    now: LineNow
    first_day: date
    last_day: date
    days: tuple[tuple[date, bool, tuple[SlotRow, ...]], ...]
    holes: int
    doubled: tuple[datetime, ...] = field(default=())

    @property
    def line(self) -> DutyLine:
        return self.now.line

    @property
    def worth(self) -> Worth:
        """What one of its nights gives, by the regulations of the first day."""
        return worth_of_night(self.line.kind, self.line.is_half, regulations_on(self.first_day))


def _slot_rows(slots: Iterable[DutySlot], at: datetime) -> list[SlotRow]:
    rows = []
    for slot in slots:
        assignment = getattr(slot, "assignment", None)
        own = slot.response_minutes
        rows.append(
            SlotRow(
                pk=slot.pk,
                service=slot.service,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                holder=assignment.practitioner if assignment else None,
                response_minutes=slot.line.response_minutes if own is None else own,
                assigned_by=assignment.assigned_by if assignment else "",
                starts_in_words=soon_in_words(slot.starts_at, at),
                ends_in_words=soon_in_words(slot.ends_at, at),
            )
        )
    return rows


def _slots() -> QuerySet[DutySlot]:
    return DutySlot.objects.select_related(
        "line", "service__site__organization", "assignment__practitioner"
    ).order_by("starts_at", "service__slug")


def _lines() -> QuerySet[DutyLine]:
    services = HealthcareService.objects.select_related("site__organization").order_by("slug")
    return DutyLine.objects.select_related("organization").prefetch_related(
        Prefetch("services", queryset=services)
    )


def _at(lines: Sequence[DutyLine], at: datetime) -> list[LineNow]:
    """These lines at an instant: three statements whatever their number."""
    keys = [line.pk for line in lines]
    current: dict[int, list[SlotRow]] = defaultdict(list)
    under_way = list(_slots().filter(line__in=keys, starts_at__lte=at, ends_at__gt=at))
    for slot, row in zip(under_way, _slot_rows(under_way, at), strict=True):
        current[slot.line_id].append(row)
    ahead = DutySlot.objects.filter(line__in=keys, starts_at__gt=at).order_by()
    firsts = dict(
        ahead.filter(starts_at__lt=at + HOLES_AHEAD)
        .values_list("line_id")
        .annotate(first=Min("starts_at"))
    )
    holes = dict(
        ahead.filter(assignment__isnull=True, starts_at__lt=at + HOLES_AHEAD)
        .values_list("line_id")
        .annotate(first=Min("starts_at"))
    )
    following = _first_slots(firsts, at)
    return [
        LineNow(
            line=line,
            services=tuple(line.services.all()),
            current=tuple(current.get(line.pk, ())),
            following=following.get(line.pk),
            next_hole=holes.get(line.pk),
            next_hole_in_words=soon_in_words(holes[line.pk], at) if line.pk in holes else "",
        )
        for line in lines
    ]


def _first_slots(firsts: dict[int, datetime], at: datetime) -> dict[int, SlotRow]:
    """The slot of each line that starts at its instant."""
    wanted = Q(pk__in=[])
    moments: dict[datetime, list[int]] = defaultdict(list)
    for line, starts_at in firsts.items():
        moments[starts_at].append(line)
    for starts_at, lines in moments.items():
        wanted |= Q(starts_at=starts_at, line__in=lines)
    found: dict[int, SlotRow] = {}
    slots = list(_slots().filter(wanted)) if moments else []
    for slot, row in zip(slots, _slot_rows(slots, at), strict=True):
        found.setdefault(slot.line_id, row)
    return found


def list_lines_now(at: datetime, *, care_type: str = "", organization: str = "") -> list[LineNow]:
    """Every line at an instant, by care type then name; filters by care type and by slug of the
    establishment that keeps it or receives. Six statements whatever the number of lines."""
    lines = _lines()
    if care_type:
        lines = lines.filter(care_type=care_type)
    if organization:
        lines = lines.filter(
            Q(organization__slug=organization) | Q(services__site__organization__slug=organization)
        ).distinct()
    found = _at(list(lines), at)
    return sorted(found, key=lambda one: (name_key(one.care), name_key(one.line.name)))


def list_lines_of_service(slug: str, at: datetime) -> list[LineNow]:
    """The lines that keep a service reachable, at an instant. Raises :class:`NotFound`."""
    if not HealthcareService.objects.filter(slug=slug).exists():
        raise NotFound("oncall.unknown-service", "Cette offre de soins n'existe pas.")
    return _at(
        list(_lines().filter(services__slug=slug).distinct().order_by(ByName("name"), "slug")), at
    )


def get_roster(slug: str, *, at: datetime, first_day: date, days: int = ROSTER_DAYS) -> LineRoster:
    """A line and its slots that start on ``days`` days from ``first_day``.

    Raises :class:`NotFound`; :class:`Invalid` when the day is not of this century.
    """
    if not 2000 <= first_day.year < 2100:
        raise Invalid("oncall.day", "Indiquez une date de ce siècle.")
    line = _lines().filter(slug=slug).first()
    if line is None:
        raise NotFound("oncall.unknown-line", "Cette ligne de garde n'existe pas.")
    last_day = first_day + timedelta(days=days)
    window = _slots().filter(
        line=line,
        starts_at__gte=day_bounds(first_day)[0],
        starts_at__lt=day_bounds(last_day)[0],
    )
    rows = _slot_rows(window, at)
    by_day: dict[date, list[SlotRow]] = defaultdict(list)
    for row in rows:
        by_day[row.day].append(row)
    doubled = overlaps_in_line(Interval(slug, row.starts_at, row.ends_at) for row in rows)
    calendar = [first_day + timedelta(days=ahead) for ahead in range(days)]
    return LineRoster(
        now=_at([line], at)[0],
        first_day=first_day,
        last_day=last_day,
        days=tuple(
            (day, day in public_holidays(day.year), tuple(by_day.get(day, ()))) for day in calendar
        ),
        holes=sum(row.is_hole for row in rows),
        doubled=tuple(other.starts_at for _, other in doubled),
    )


def get_slot(pk: int) -> DutySlot:
    """A slot with its line, its service and its holder. Raises NotFound."""
    slot = (
        DutySlot.objects.select_related(
            "line__organization", "service__site__organization", "assignment__practitioner"
        )
        .filter(pk=pk)
        .first()
    )
    if slot is None:
        raise NotFound("oncall.unknown-slot", "Ce créneau n'existe pas.")
    return slot


def list_candidates(slot: DutySlot) -> QuerySet[Practitioner]:
    """The practitioners of the receiving service on the day of a slot, by name."""
    day = local_day(slot.starts_at)
    roles = PractitionerRole.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=day), service=slot.service, starts_on__lte=day
    )
    return Practitioner.objects.filter(pk__in=roles.values("practitioner")).order_by(
        "search_name", "slug"
    )
