"""Who may hold the duties of a line: its members, else whoever works in one of its services."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from maillage.directory.models import Practitioner, PractitionerRole
from maillage.oncall.models import DutyLine, LineMember
from maillage.vocabulary.calendar import local_day


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody takes part in a line on the days ``starts_on <= day < ends_on`` (None: open)."""

    person: str
    starts_on: date
    ends_on: date | None
    most_in_28_days: int | None = None

    def holds_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


@dataclass(frozen=True)
class Crew:
    """Who takes part in some lines over some days, by line; the people themselves by slug."""

    stays: Mapping[str, tuple[Stay, ...]]
    people: Mapping[str, Practitioner]

    def may_hold(self, person: str, line: str, day: date) -> bool:
        """True when this person takes part in the line on that day."""
        return any(s.person == person and s.holds_on(day) for s in self.stays.get(line, ()))

    def of_line(self, line: str, day: date) -> list[str]:
        """Those who take part in a line on a day, by name."""
        found = {stay.person for stay in self.stays.get(line, ()) if stay.holds_on(day)}
        return sorted(found, key=lambda slug: (self.people[slug].search_name, slug))


def load_crew(lines: Iterable[DutyLine], first_day: date, last_day: date) -> Crew:
    """Those who take part in these lines on one of the days ``first_day <= day < last_day``. Two
    queries: members of the lines, and roles in the services of the lines without members.
    """
    wanted = {line.pk: line.slug for line in lines}
    stays: dict[str, list[Stay]] = defaultdict(list)
    people: dict[str, Practitioner] = {}
    overlaps = Q(starts_on__lt=last_day) & (Q(ends_on__isnull=True) | Q(ends_on__gt=first_day))
    with_members: set[int] = set()
    for member in LineMember.objects.filter(line__in=wanted).select_related("practitioner"):
        with_members.add(member.line_id)
        if member.starts_on < last_day and (member.ends_on is None or member.ends_on > first_day):
            people[member.practitioner.slug] = member.practitioner
            stays[wanted[member.line_id]].append(
                Stay(
                    member.practitioner.slug,
                    member.starts_on,
                    member.ends_on,
                    member.most_in_28_days,
                )
            )
    open_lines = wanted.keys() - with_members
    roles = (
        DutyLine.services.through.objects.filter(dutyline__in=open_lines).values_list(
            "dutyline_id", "healthcareservice_id"
        )
        if open_lines
        else ()
    )
    lines_of: dict[int, list[str]] = defaultdict(list)
    for line_pk, service_pk in roles:
        lines_of[service_pk].append(wanted[line_pk])
    if lines_of:
        found = PractitionerRole.objects.filter(overlaps, service__in=lines_of)
        for role in found.select_related("practitioner"):
            people[role.practitioner.slug] = role.practitioner
            for line in lines_of[role.service_id or 0]:
                stays[line].append(Stay(role.practitioner.slug, role.starts_on, role.ends_on))
    return Crew({line: tuple(of) for line, of in stays.items()}, people)


def may_hold_line(practitioner: Practitioner, line: DutyLine, starts_at: datetime) -> bool:
    """True when this practitioner takes part in a line on the day when a duty starts."""
    day = local_day(starts_at)
    crew = load_crew([line], day, date.fromordinal(day.toordinal() + 1))
    return crew.may_hold(practitioner.slug, line.slug, day)
