"""The requests of the day for those who run a hospital or an agreement: lines, hours, delays, and
nothing of the patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q

from maillage.accounts.permissions import Actor
from maillage.referrals.enums import Clock, Kind, Priority, Side, State
from maillage.referrals.models import Referral
from maillage.referrals.queries.scopes import day_scope
from maillage.referrals.rules.transitions import ENDED
from maillage.referrals.rules.waiting import (
    STATE_LEVELS,
    TimeLeft,
    hour_in_words,
    length_in_words,
    time_left,
)
from maillage.vocabulary.calendar import french_clock, local_day, paris_instant

PAGE_SIZE = 100

COLUMNS = (
    "key", "kind", "priority", "state", "owner", "clock", "clock_started_at", "due_at", "was_late",
    "is_outside_agreement", "from_organization__short_name", "to_organization__short_name",
    "to_service__name", "agreement__slug", "agreement__short_title", "clause__article", "sent_at",
    "seen_at", "accepted_at", "answered_at", "refused_at", "arrived_at", "closed_at",
)  # fmt: skip
"""What is read: nothing else of a request leaves the database for this page."""

MILESTONES = (
    ("seen_at", "Vue"),
    ("accepted_at", "Acceptée"),
    ("answered_at", "Réponse rendue"),
    ("refused_at", "Refusée"),
    ("arrived_at", "Patient arrivé"),
)


class Span(Enum):
    """How far back the list goes."""

    DAY = "jour", "Aujourd'hui"
    WEEK = "semaine", "Sept derniers jours"

    def __init__(self, code: str, label: str) -> None:
        self.code = code
        self.label = label

    @classmethod
    def of(cls, code: str) -> Span:
        """The span of this code; the day for an unknown code."""
        return next((span for span in cls if span.code == code), cls.DAY)


@dataclass(frozen=True)
class Milestone:
    """Something that happened: its hour, and how long after the request was sent."""

    label: str
    hour: str
    after: str


@dataclass(frozen=True)
class DayRow:
    """One request, without its patient. ``left`` is None once ended."""

    key: str
    sent: str
    sent_at: datetime
    kind: str
    priority: str
    state: str
    level: str
    sender: str
    team: str
    place: str
    agreement_slug: str
    agreement: str
    article: str
    is_outside: bool
    was_late: bool
    holder: str
    waits_for: str
    left: TimeLeft | None
    milestones: tuple[Milestone, ...]


@dataclass(frozen=True)
class DayPage:
    """The list of the day: what is late now before the rest, the latest sent first."""

    span: Span
    rows: Page[DayRow]
    late: int

    @property
    def late_words(self) -> str:
        """« 3 en retard »."""
        return f"{self.late} en retard"


def get_day(actor: Actor, *, span: Span, number: str, at: datetime) -> DayPage:
    """The requests sent in a span, and those still open that are late whenever they were sent, for
    a reader. Four queries at most."""
    day = local_day(at) - timedelta(days=6 if span is Span.WEEK else 0)
    is_late = ~Q(state__in=ENDED) & Q(due_at__lt=at)
    found = (
        Referral.objects.filter(day_scope(actor, at=at).requests(), sent_at__isnull=False)
        .filter(Q(sent_at__gte=paris_instant(day, time(0))) | is_late)
        .order_by("-sent_at", "-id")
    )
    page = Paginator(found.values(*COLUMNS), PAGE_SIZE).get_page(number)
    rows = [_row(values, at) for values in page.object_list]
    page.object_list = rows
    return DayPage(span, page, found.filter(is_late).count())


def _row(values: Mapping[str, Any], at: datetime) -> DayRow:
    state, sent_at, due_at = State(values["state"]), values["sent_at"], values["due_at"]
    is_open = state not in ENDED
    return DayRow(
        key=str(values["key"]),
        sent=hour_in_words(sent_at, at),
        sent_at=sent_at,
        kind=Kind(values["kind"]).label,
        priority=Priority(values["priority"]).label,
        state=state.label,
        level=STATE_LEVELS[state],
        sender=str(values["from_organization__short_name"]),
        team=str(values["to_service__name"]),
        place=str(values["to_organization__short_name"]),
        agreement_slug=str(values["agreement__slug"] or ""),
        agreement=str(values["agreement__short_title"] or ""),
        article=str(values["clause__article"] or ""),
        is_outside=bool(values["is_outside_agreement"]),
        was_late=bool(values["was_late"]),
        holder=Side(values["owner"]).label if is_open else "",
        waits_for=Clock(values["clock"]).label if is_open else "",
        left=time_left(due_at, at, started_at=values["clock_started_at"]) if is_open else None,
        milestones=tuple(
            Milestone(label, _hour(moment, sent_at, at), length_in_words(moment - sent_at))
            for name, label in MILESTONES
            if (moment := values[name]) is not None
        ),
    )


def _hour(moment: datetime, sent_at: datetime, at: datetime) -> str:
    """The hour of a milestone: the clock alone on the day when the request was sent."""
    if local_day(moment) == local_day(sent_at):
        return french_clock(moment)
    return hour_in_words(moment, at)
