"""What follows duties, whoever changes them: the calendars of telephones, and swaps under way.

It stands below the acts and beside the imports, because both change who holds what.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db.models import F, Q

from maillage.oncall.enums import SwapState
from maillage.oncall.models import CalendarEntry, CalendarLink, DutyAssignment, Swap
from maillage.oncall.rules.calendars import HeldDuty, Telling, ToldDuty, tell

BATCH = 500
OPEN_SWAPS = (SwapState.PROPOSED, SwapState.ACCEPTED)
PLATFORM = "Maillage"


def follow_duties(
    *, lines: Collection[int], starts_at: datetime, ends_at: datetime, at: datetime
) -> int:
    """Make calendars and swaps agree with the duties in force of these lines (primary keys) that
    start, or started before they moved, in ``starts_at <= t <= ends_at``. How many swaps lapsed.

    Every act that gives, frees, makes, moves or removes duties calls it once, in its transaction,
    after it has written. Called twice, it does nothing more. Four statements when no calendar
    shows these lines and no swap is under way.
    """
    window = {"line__in": lines, "starts_at__gte": starts_at, "starts_at__lte": ends_at}
    _follow_calendars(window, at=at)
    return _lapse_swaps(lines, starts_at, ends_at, at=at)


def follow_link(link: CalendarLink, *, at: datetime) -> None:
    """Fill the calendar of a new link: every duty that it shows."""
    if link.practitioner_id is not None:
        _follow_calendars({"practitioner": link.practitioner_id}, at=at)
    else:
        _follow_calendars({"line": link.line_id}, at=at)


def _follow_calendars(window: Mapping[str, Any], *, at: datetime) -> None:
    """``window`` chooses entries; the same words choose assignments, through their slot."""
    links = list(
        CalendarLink.objects.filter(revoked_at__isnull=True)
        .order_by()
        .values_list("practitioner", "line")
        .distinct()
    )
    if not links:
        return
    shown = Q(practitioner__in=[person for person, _ in links if person is not None])
    shown_lines = [line for _, line in links if line is not None]
    of_slots = {
        name if name == "practitioner" else f"slot__{name}": value for name, value in window.items()
    }
    held = [
        HeldDuty(*row)
        for row in DutyAssignment.objects.filter(shown | Q(slot__line__in=shown_lines), **of_slots)
        .order_by()
        .values_list(
            "practitioner", "slot__line", "slot__service", "slot__starts_at", "slot__ends_at"
        )
    ]
    told = [
        ToldDuty(row[0], HeldDuty(*row[2:]), row[1])
        for row in CalendarEntry.objects.filter(shown | Q(line__in=shown_lines), **window)
        .order_by()
        .values_list(
            "pk", "is_cancelled", "practitioner", "line", "service", "starts_at", "ends_at"
        )
    ]
    _write(tell(held, told), at=at)


def _write(telling: Telling, *, at: datetime) -> None:
    CalendarEntry.objects.bulk_create(
        (
            CalendarEntry(
                uid=str(uuid4()),
                practitioner_id=duty.practitioner,
                line_id=duty.line,
                service_id=duty.service,
                starts_at=duty.starts_at,
                ends_at=duty.ends_at,
                changed_at=at,
            )
            for duty in telling.new
        ),
        batch_size=BATCH,
    )
    entries = CalendarEntry.objects.in_bulk([pk for pk, _ in telling.changed])
    for pk, duty in telling.changed:
        entry = entries[pk]
        entry.service_id, entry.starts_at, entry.ends_at = (
            duty.service, duty.starts_at, duty.ends_at,
        )  # fmt: skip
        entry.sequence += 1
        entry.is_cancelled, entry.changed_at = False, at
    CalendarEntry.objects.bulk_update(
        entries.values(),
        ["service", "starts_at", "ends_at", "sequence", "is_cancelled", "changed_at"],
        batch_size=BATCH,
    )
    for start in range(0, len(telling.cancel), BATCH):
        CalendarEntry.objects.filter(pk__in=telling.cancel[start : start + BATCH]).update(
            is_cancelled=True, sequence=F("sequence") + 1, changed_at=at
        )


def _lapse_swaps(
    lines: Collection[int], starts_at: datetime, ends_at: datetime, *, at: datetime
) -> int:
    """End the swaps under way whose duties are no longer what was proposed: other hands, other
    hours, or gone."""
    under_way = Swap.objects.filter(state__in=OPEN_SWAPS)
    met = under_way.filter(
        Q(line__in=lines, starts_at__gte=starts_at, starts_at__lte=ends_at)
        | Q(return_starts_at__gte=starts_at, return_starts_at__lte=ends_at)
    )
    as_proposed = Q(
        slot__starts_at=F("starts_at"),
        slot__ends_at=F("ends_at"),
        slot__assignment__practitioner=F("given_by"),
    ) & (
        Q(return_starts_at__isnull=True)
        | Q(
            in_return__starts_at=F("return_starts_at"),
            in_return__ends_at=F("return_ends_at"),
            in_return__assignment__practitioner=F("taken_by"),
        )
    )
    standing = set(met.filter(as_proposed).values_list("pk", flat=True))
    lapsed = [pk for pk in met.values_list("pk", flat=True) if pk not in standing]
    if lapsed:
        Swap.objects.filter(pk__in=lapsed).update(
            state=SwapState.LAPSED, closed_at=at, closed_by=PLATFORM
        )
    return len(lapsed)
