"""Duty slots as plain rows, for the network that the routing engine reads."""

from __future__ import annotations

from datetime import datetime

from django.db.models.functions import Coalesce

from maillage.oncall.models import DutySlot

NetworkSlot = tuple[int, str, str, datetime, datetime, str | None, int]
"""Primary key, line, service, start, end (excluded), holder, response minutes. The line and the
service by slug, the holder by slug or None."""


def find_newest_slot_start(at: datetime) -> datetime | None:
    """When the newest duty slot that had begun at an instant began; None when none had. One
    query."""
    begun = DutySlot.objects.filter(starts_at__lte=at).order_by("-starts_at")
    return begun.values_list("starts_at", flat=True).first()


def list_slots_for_network(starts_at: datetime, ends_at: datetime) -> list[NetworkSlot]:
    """The slots that share an instant with ``starts_at <= t < ends_at``, in order of start: one
    statement, plain tuples."""
    return list(
        DutySlot.objects.filter(ends_at__gt=starts_at, starts_at__lt=ends_at)
        .order_by("starts_at", "line__slug", "service__slug")
        .values_list(
            "pk",
            "line__slug",
            "service__slug",
            "starts_at",
            "ends_at",
            "assignment__practitioner__slug",
            Coalesce("response_minutes", "line__response_minutes"),
        )
    )
