"""Rosters of an example territory: some published as its slots are, one left to make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.directory.models import HealthcareService, Organization, Practitioner
from maillage.oncall.actions.away import ask_away
from maillage.oncall.actions.publishing import publish_version
from maillage.oncall.actions.rosters import make_roster
from maillage.oncall.enums import UnavailabilityKind
from maillage.oncall.models import DutyLine, DutySlot, LineMember, Roster
from maillage.oncall.queries.rosters import pending_changes
from maillage.oncall.rules.duties import fingerprint
from maillage.vocabulary.calendar import MONTHS, day_bounds, paris_instant, parse_clock
from maillage.vocabulary.errors import Invalid

AS_THE_TURNS = "Tours de garde repris tels quels."
"""Reason of a publication that takes the turns over, with whatever rules they break."""

MEMBERS_SINCE = date(2020, 1, 1)


def invent_rosters(
    plans: Sequence[Mapping[str, Any]], today: date, *, by: Actor, at: datetime
) -> int:
    """Make the rosters of an example; how many were new.

    Each plan has a ``slug``, a ``name``, the ``organization`` that carries it, its ``lines``, the
    ``month`` (0: that of today, from yesterday on; 1: the next) and whether it is ``published``;
    it may name the ``members`` of its lines, and who is ``away`` on which days of its month.
    Doing it again in the same month writes nothing. Raises :class:`Invalid` for what is unknown.
    """
    made = 0
    for plan in plans:
        starts_on, ends_on = _days(today, int(plan["month"]))
        slug = f"{plan['slug']}-{ends_on - timedelta(days=1):%Y-%m}"
        if not Roster.objects.filter(slug=slug).exists() and _has_slots(plan, starts_on, ends_on):
            _make(plan, slug, starts_on, ends_on, by=by, at=at)
            made += 1
    return made


def _days(today: date, month: int) -> tuple[date, date]:
    """The days of a month counted from that of today; the present one begins yesterday, like the
    slots of an example that was just loaded."""
    months = today.year * 12 + today.month - 1 + month
    first, after = (date(n // 12, n % 12 + 1, 1) for n in (months, months + 1))
    return (max(first, today - timedelta(days=1)) if month == 0 else first), after


def _has_slots(plan: Mapping[str, Any], starts_on: date, ends_on: date) -> bool:
    return DutySlot.objects.filter(
        line__slug__in=plan["lines"],
        starts_at__gte=day_bounds(starts_on)[0],
        starts_at__lt=day_bounds(ends_on)[0],
    ).exists()


def _make(
    plan: Mapping[str, Any],
    slug: str,
    starts_on: date,
    ends_on: date,
    *,
    by: Actor,
    at: datetime,
) -> None:
    lines = list(DutyLine.objects.filter(slug__in=plan["lines"]).select_related("organization"))
    carrier = Organization.objects.filter(slug=plan["organization"]).first()
    if len(lines) != len(plan["lines"]) or carrier is None:
        raise Invalid("oncall.example", f"Tableau « {slug} » : ligne ou établissement inconnu.")
    _with_services(lines)
    _invent_people(plan, lines, ends_on, by=by, at=at)
    month = ends_on - timedelta(days=1)
    word = MONTHS[month.month - 1]
    with changing_territory():
        version = make_roster(
            name=f"{plan['name']}, {word} {month.year}",
            organization=carrier,
            lines=lines,
            starts_on=starts_on,
            ends_on=ends_on,
            by=by,
            at=at,
            with_holders=bool(plan.get("published")),
            slug=slug,
        )
        if plan.get("published"):
            changes = pending_changes(version, at=at).changes
            publish_version(
                version=version, shown=fingerprint(changes), reason=AS_THE_TURNS, by=by, at=at
            )


def _with_services(lines: Sequence[DutyLine]) -> None:
    services = HealthcareService.objects.select_related("site__organization")
    prefetch_related_objects(list(lines), Prefetch("services", queryset=services))


def _invent_people(
    plan: Mapping[str, Any],
    lines: Sequence[DutyLine],
    ends_on: date,
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Those who take part in the lines of a plan, and their granted leave. ``away`` gives, for each
    person, a start and an end: day of the month and clock (``24 12h``)."""
    by_slug = {line.slug: line for line in lines}
    wanted = {who for names in plan.get("members", {}).values() for who in names}
    wanted |= {row["person"] for row in plan.get("away", ())}
    people = {one.slug: one for one in Practitioner.objects.filter(slug__in=wanted)}
    if people.keys() != wanted:
        unknown = sorted(wanted - people.keys())[0]
        raise Invalid("oncall.example", f"Tableau « {plan['slug']} » : {unknown} inconnu.")
    for slug, names in plan.get("members", {}).items():
        for name in names:
            LineMember.objects.get_or_create(
                line=by_slug[slug],
                practitioner=people[name],
                defaults={
                    "starts_on": MEMBERS_SINCE,
                    "source": "Exemple illustratif",
                    "illustrative": True,
                },
            )
    month = ends_on - timedelta(days=1)
    for row in plan.get("away", ()):
        ask_away(
            practitioner=people[row["person"]],
            kind=UnavailabilityKind(row["kind"]),
            starts_at=_instant(month, row["from"]),
            ends_at=_instant(month, row["to"]),
            negotiable=bool(row.get("negotiable")),
            by=by,
            at=at,
        )


def _instant(month: date, text: str) -> datetime:
    day, _, clock = text.partition(" ")
    return paris_instant(month.replace(day=int(day)), parse_clock(clock))
