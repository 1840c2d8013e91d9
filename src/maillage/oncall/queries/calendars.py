"""Secret addresses of calendars, and what they show."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from maillage.accounts.models import RoleGrant
from maillage.directory.models import Practitioner, PractitionerAccount
from maillage.oncall.enums import LineKind
from maillage.oncall.models import CalendarEntry, CalendarLink, DutyLine
from maillage.oncall.permissions import LINE_CALENDAR, OWN_DUTIES
from maillage.oncall.rules.calendars import Entry
from maillage.vocabulary.errors import NotFound

KEPT = timedelta(days=62)
"""How long a calendar keeps duties that are over, or were cancelled."""


def hash_secret(secret: str) -> str:
    """What is kept of a secret of 256 random bits: a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find_live_link(secret: str, *, day: date) -> CalendarLink:
    """The link that a secret opens. One query. Raises :class:`NotFound` when there is none, it was
    revoked, the account that made it is closed, holds no role on ``day`` that makes such addresses,
    or is no longer that of its practitioner."""
    held = RoleGrant.objects.filter(
        Q(starts_on__isnull=True) | Q(starts_on__lte=day),
        Q(ends_on__isnull=True) | Q(ends_on__gt=day),
        user__username=OuterRef("account"),
        user__is_active=True,
    )
    may_own, may_follow = (
        held.filter(role__in=OWN_DUTIES.roles),
        held.filter(role__in=LINE_CALENDAR.roles),
    )
    owners = PractitionerAccount.objects.filter(
        practitioner=OuterRef("practitioner"), user__username=OuterRef("account")
    )
    link = (
        CalendarLink.objects.select_related("practitioner", "line")
        .filter(secret_hash=hash_secret(secret), revoked_at__isnull=True)
        .filter(
            (Q(practitioner__isnull=True) & Exists(may_follow))
            | (Q(line__isnull=True) & Exists(may_own) & Exists(owners))
        )
        .first()
    )
    if link is None:
        raise NotFound("oncall.unknown-calendar", "Cet agenda n'existe pas ou n'existe plus.")
    return link


def get_link(pk: int) -> CalendarLink:
    """A link with whose it is. Raises :class:`NotFound`."""
    link = (
        CalendarLink.objects.select_related("practitioner", "line__organization")
        .filter(pk=pk)
        .first()
    )
    if link is None:
        raise NotFound("oncall.unknown-calendar", "Cet agenda n'existe pas ou n'existe plus.")
    return link


def live_links(
    *, practitioner: Practitioner | None = None, line: DutyLine | None = None
) -> QuerySet[CalendarLink]:
    """The links of one person, or of one line, that were not revoked; newest first."""
    return CalendarLink.objects.filter(
        practitioner=practitioner, line=line, revoked_at__isnull=True
    ).order_by("-made_at", "-pk")


def list_entries(link: CalendarLink, *, at: datetime, address: str) -> list[Entry]:
    """What a link shows, in order of time: one query. ``address`` is that of the product."""
    rows = (
        CalendarEntry.objects.filter(ends_at__gt=at - KEPT)
        .select_related("practitioner", "line", "service__site__commune")
        .order_by("starts_at", "uid")
    )
    if link.practitioner_id is not None:
        rows = rows.filter(practitioner=link.practitioner_id)
    else:
        rows = rows.filter(line=link.line_id)
    return [_entry(row, address, names=link.line_id is not None) for row in rows]


def _entry(row: CalendarEntry, address: str, *, names: bool) -> Entry:
    line, site = row.line, row.service.site
    words = [
        line.get_kind_display() + ".",
        f"Reçoit : {row.service.name}, {site.name}.",
    ]
    if line.kind == LineKind.ON_CALL and line.response_minutes:
        words.append(f"Sur place en {line.response_minutes} min.")
    if line.phone:
        words.append(f"Téléphone de la ligne : {line.phone}.")
    words.append("Les horaires font foi dans Maillage.")
    return Entry(
        uid=row.uid,
        title=f"{row.practitioner}, {line.name}" if names else line.name,
        place=f"{site.name}, {site.commune.name}",
        details="\n".join(words),
        url=f"{address}/astreintes/{line.slug}",
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        sequence=row.sequence,
        is_cancelled=row.is_cancelled,
        changed_at=row.changed_at,
    )
