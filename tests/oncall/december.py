"""A month to plan: the pooled line of the small directory, six who hold it, its nights of December
2026, and one who holds another line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from maillage.accounts.permissions import SYSTEM
from maillage.directory.models import HealthcareService, Organization, Practitioner
from maillage.oncall.actions.rosters import make_roster
from maillage.oncall.models import (
    DutyAssignment,
    DutyLine,
    DutySlot,
    LineMember,
    PlannedDuty,
    RosterVersion,
)
from maillage.vocabulary.calendar import parse_instant

FIRST, LAST = date(2026, 12, 1), date(2027, 1, 1)
CREW = ("ada", "ben", "cleo", "dan", "eve", "fay")


def line(slug: str = "avc-hainaut") -> DutyLine:
    return DutyLine.objects.select_related("organization").get(slug=slug)


def add_crew(names: Sequence[str] = CREW, slug: str = "avc-hainaut") -> None:
    """Practitioners who take part in a line, ten half-days a week each."""
    service = line(slug).services.order_by("slug")[0]
    for name in names:
        who, _ = Practitioner.objects.get_or_create(
            slug=name, given_name=name.title(), family_name="Essai", source="essai"
        )
        who.roles.get_or_create(
            organization=service.site.organization,
            site=service.site,
            service=service,
            function="Praticien hospitalier",
            half_days=10,
            starts_on=date(2020, 1, 1),
            source="essai",
        )
        LineMember.objects.get_or_create(
            line=line(slug), practitioner=who, starts_on=date(2026, 1, 1), source="essai"
        )


def add_nights(first: date = FIRST, last: date = LAST, slug: str = "avc-hainaut") -> None:
    """One slot a night, 20:00 to 8:00, nobody on it; sites take turns week by week."""
    services = list(
        HealthcareService.objects.filter(pk__in=line(slug).services.all()).order_by("slug")
    )
    for number in range(first.toordinal(), last.toordinal()):
        day, next_day = date.fromordinal(number), date.fromordinal(number + 1)
        DutySlot.objects.create(
            line=line(slug),
            service=services[day.isocalendar().week % len(services)],
            starts_at=parse_instant(f"{day} 20h"),
            ends_at=parse_instant(f"{next_day} 8h"),
        )


def hold(slug: str, day: str, who: str, at: datetime) -> DutySlot:
    """Put somebody on the slot in force of a line that starts on a day."""
    slot = DutySlot.objects.get(line__slug=slug, starts_at=parse_instant(f"{day} 20h"))
    DutyAssignment.objects.update_or_create(
        slot=slot,
        defaults={
            "practitioner": Practitioner.objects.get(slug=who),
            "assigned_at": at,
            "assigned_by": "essai",
        },
    )
    return slot


def make(at: datetime, **more: object) -> RosterVersion:
    """The roster of December of the pooled line, as a draft."""
    wanted = {
        "name": "AVC du Hainaut, décembre",
        "organization": Organization.objects.get(slug="ch-valenciennes"),
        "lines": [line()],
        "starts_on": FIRST,
        "ends_on": LAST,
        "by": SYSTEM,
        "at": at,
    }
    return make_roster(**{**wanted, **more})  # type: ignore[arg-type]


def night(version: RosterVersion, day: int) -> PlannedDuty:
    """The duty of a version that starts on this day of December."""
    return PlannedDuty.objects.select_related("practitioner").get(
        version=version, starts_at=parse_instant(f"{day}/12/2026 20h")
    )


def who(slug: str) -> Practitioner:
    return Practitioner.objects.get(slug=slug)


def fill(version: RosterVersion, names: Sequence[str] = CREW) -> None:
    """Everybody in turn, night after night."""
    people = [who(name) for name in names]
    for rank, duty in enumerate(PlannedDuty.objects.filter(version=version).order_by("starts_at")):
        duty.practitioner = people[rank % len(people)]
        duty.save()
