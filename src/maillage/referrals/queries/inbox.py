"""Lists of requests: those that a team receives, those that a hospital sent.

What waits for the reader comes first: vital emergencies, what is late, what is next; then what
waits for others. A list shows an abbreviated patient (``short_label``), never a name: opening the
request is the audited reading.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, IntegerField, Max, Q, QuerySet, Value, When

from maillage.accounts.permissions import EVERYWHERE, Actor, Permission
from maillage.directory.models import HealthcareService
from maillage.patients.rules.identity import LABEL_TRAITS, short_label
from maillage.referrals.enums import Kind, Priority, Side, State
from maillage.referrals.models import Referral
from maillage.referrals.permissions import ANSWER, ASK, GIVE_BED
from maillage.referrals.rules.transitions import ENDED
from maillage.referrals.rules.waiting import STATE_LEVELS, TimeLeft, time_left, waited_for
from maillage.vocabulary.calendar import local_day

PAGE_SIZE = 100

OPEN = "ouvertes"
CLOSED = "closes"
EVERY = "toutes"

VITAL_GROUP = "Urgences vitales, à vous d'agir"
LATE_GROUP = "En retard, à vous d'agir"
MINE_GROUP = "À vous d'agir"
OTHERS_GROUP = "Chez les autres"
ENDED_GROUP = "Closes"

AROUND = (
    "patient__merged_into",
    "pathway",
    "from_organization",
    "from_service__site",
    "to_organization",
    "to_service__site",
)
"""What a row names besides the request."""

SHOWN = (
    "key", "kind", "state", "priority", "owner", "clock", "due_at", "clock_started_at", "version",
    "sent_at", "seen_at", "decided_at", "answered_at", "closed_at", "arrived_at", "created_at",
    "requester", "requester_name", "taken_by_name", "is_outside_agreement", "was_late",
    "medical_at", "bed_at",
    *(f"{of}__{trait}" for of in ("patient", "patient__merged_into") for trait in LABEL_TRAITS),
    "pathway__name",
    "from_organization__slug", "from_organization__short_name",
    "from_service__name", "from_service__site__name",
    "to_organization__slug", "to_organization__short_name",
    "to_service__name", "to_service__site__name",
)  # fmt: skip
"""The columns that lists read: a request has three times as many, and long texts. One that lacks
here would be read row by row: the tests count the queries."""


def for_list(rows: QuerySet[Referral], *more: str) -> QuerySet[Referral]:
    """These requests with what their rows name and nothing else; ``more``: further columns."""
    return rows.select_related(*AROUND).only(*SHOWN, *more)


@dataclass(frozen=True)
class ListFilters:
    """What a list is narrowed to; empty means everything. ``state`` is a state, or one of
    « ouvertes » (open, the default), « closes », « toutes »."""

    service: str = ""
    kind: str = ""
    priority: str = ""
    state: str = OPEN
    mine: bool = False
    username: str = ""


@dataclass(frozen=True)
class RequestRow:
    """One request of a list, in words."""

    key: str
    kind: str
    state: str
    level: str
    priority: str
    is_urgent: bool
    patient: str
    pathway: str
    sender: str
    sender_service: str
    team: str
    place: str
    holder: str
    is_mine: bool
    waits_for: str
    left: TimeLeft | None
    group: str
    taken_by: str
    requester: str
    sent_at: datetime | None
    seen_at: datetime | None
    decided_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    is_outside_agreement: bool
    was_late: bool


@dataclass(frozen=True)
class RequestList:
    """A page of a list, its counts and its stamp."""

    page: Page
    rows: list[RequestRow] = field(default_factory=list)
    late: int = 0
    mine: int = 0
    is_grouped: bool = True


def places_of(actor: Actor, *permissions: Permission) -> frozenset[str]:
    """Keys of the organizations where the actor holds one of these permissions. A role held
    everywhere opens no list of patients: care is given somewhere."""
    held: set[str] = set()
    for permission in permissions:
        held |= permission.places(actor)
    return frozenset(held - {EVERYWHERE})


def receiving_places(actor: Actor) -> frozenset[str]:
    """Where the actor answers requests or gives beds."""
    return places_of(actor, ANSWER, GIVE_BED)


def asking_places(actor: Actor) -> frozenset[str]:
    """Where the actor asks."""
    return places_of(actor, ASK)


def received(places: Iterable[str], filters: ListFilters) -> QuerySet[Referral]:
    """Requests sent to these organizations; drafts are nobody's but their writer's."""
    rows = Referral.objects.filter(to_organization__slug__in=list(places), sent_at__isnull=False)
    if filters.service:
        rows = rows.filter(to_service__slug=filters.service)
    if filters.mine:
        rows = rows.filter(taken_by=filters.username)
    return _narrowed(rows, filters)


def asked(places: Iterable[str], filters: ListFilters) -> QuerySet[Referral]:
    """Requests written in these organizations."""
    rows = Referral.objects.filter(from_organization__slug__in=list(places))
    if filters.service:
        rows = rows.filter(to_service__slug=filters.service)
    if filters.mine:
        rows = rows.filter(requester=filters.username)
    return _narrowed(rows, filters)


def _narrowed(rows: QuerySet[Referral], filters: ListFilters) -> QuerySet[Referral]:
    if filters.kind in Kind.values:
        rows = rows.filter(kind=filters.kind)
    if filters.priority in Priority.values:
        rows = rows.filter(priority=filters.priority)
    if filters.state in State.values:
        return rows.filter(state=filters.state)
    if filters.state == CLOSED:
        return rows.filter(state__in=ENDED)
    return rows if filters.state == EVERY else rows.exclude(state__in=ENDED)


def stamp_of(rows: QuerySet[Referral]) -> str:
    """What changes when one of these requests does: their number and the last change. One query."""
    found = rows.aggregate(count=Count("pk"), last=Max("changed_at"))
    last = found["last"].timestamp() if found["last"] else 0
    return f"{found['count']}-{last:.6f}"


def get_list(
    rows: QuerySet[Referral], filters: ListFilters, *, side: Side, number: str | None, now: datetime
) -> RequestList:
    """A page of 100 rows, as the ``side`` reads it: what it must do first, by hour; among requests
    that ended too, drafts and the last sent first. Two queries, whatever the number of rows."""
    shown = for_list(rows)
    by_date = filters.state in (CLOSED, EVERY, *ENDED)
    last = F("sent_at").desc(nulls_first=True if side is Side.REQUESTER else None)
    ordered = shown.order_by(last, "-id") if by_date else _by_urgency(shown, side)
    counts = rows.aggregate(
        every=Count("pk"),
        late=Count("pk", filter=Q(due_at__lt=now, owner=side.value)),
        mine=Count("pk", filter=Q(owner=side.value)),
    )
    paginator = Paginator(ordered, PAGE_SIZE)
    paginator.count = counts["every"]
    page = paginator.get_page(number)
    found = [row_of(one, sides=frozenset({side}), now=now) for one in page]
    return RequestList(page, found, counts["late"], counts["mine"], is_grouped=not by_date)


def _by_urgency(rows: QuerySet[Referral], side: Side) -> QuerySet[Referral]:
    """Those of which the side holds the ball, vital emergencies before all, then the others; by
    the hour that is due: a request late for days never hides a stroke that just came."""
    rank = Case(
        When(owner=side.value, priority=Priority.P0, then=Value(0)),
        When(owner=side.value, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return rows.annotate(rank=rank).order_by("rank", "due_at", "id")


def row_of(referral: Referral, *, sides: frozenset[Side], now: datetime) -> RequestRow:
    """One request in words, as these sides read it. No query when the row came from a list."""
    state = State(referral.state)
    mine = bool(referral.owner) and Side(referral.owner) in sides
    left = left_of(referral, now)
    return RequestRow(
        key=referral.key,
        kind=Kind(referral.kind).label,
        state=state.label,
        level=STATE_LEVELS[state],
        priority=referral.priority,
        is_urgent=referral.priority in (Priority.P0, Priority.P1),
        patient=short_label(referral.patient.kept, on=local_day(now)),
        pathway=referral.pathway.name,
        sender=referral.from_organization.short_name,
        sender_service=referral.from_service.name if referral.from_service else "",
        team=referral.to_service.name,
        place=referral.to_service.site.name,
        holder=holder_of(referral),
        is_mine=mine,
        waits_for=waited_for(referral.clock),
        left=left,
        group=_group(left, mine=mine, is_vital=referral.priority == Priority.P0),
        taken_by=referral.taken_by_name,
        requester=referral.requester_name,
        sent_at=referral.sent_at,
        seen_at=referral.seen_at,
        decided_at=referral.decided_at,
        answered_at=referral.answered_at,
        closed_at=referral.closed_at,
        is_outside_agreement=referral.is_outside_agreement,
        was_late=referral.was_late,
    )


def _group(left: TimeLeft | None, *, mine: bool, is_vital: bool) -> str:
    if left is None:
        return ENDED_GROUP
    if not mine:
        return OTHERS_GROUP
    if is_vital:
        return VITAL_GROUP
    return LATE_GROUP if left.is_late else MINE_GROUP


def left_of(referral: Referral, now: datetime) -> TimeLeft | None:
    """What is left of the running clock; None once ended."""
    if referral.due_at is None:
        return None
    return time_left(referral.due_at, now, started_at=referral.clock_started_at)


def holder_of(referral: Referral) -> str:
    """Who holds the ball, by name: the team asked, the hospital that asks, the SAMU."""
    if referral.owner == Side.TARGET:
        return referral.to_service.name
    if referral.owner == Side.REQUESTER:
        return referral.from_organization.short_name
    return str(Side(referral.owner).label) if referral.owner else ""


def list_receiving_teams(places: Iterable[str]) -> list[tuple[str, str]]:
    """Key and name of the services of these organizations, for the filter of a list. One query."""
    found = HealthcareService.objects.filter(site__organization__slug__in=list(places))
    return list(found.order_by("search_name").values_list("slug", "name"))


def list_asked_teams(places: Iterable[str]) -> list[tuple[str, str]]:
    """Key and name of the services that these organizations have asked. One query."""
    asked_of = Referral.objects.filter(from_organization__slug__in=list(places))
    found = HealthcareService.objects.filter(pk__in=asked_of.order_by().values("to_service"))
    return list(found.order_by("search_name").values_list("slug", "name"))
