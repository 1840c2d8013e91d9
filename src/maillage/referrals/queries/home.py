"""What waits for a person: lines of their home page. One query for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.patients.models import Patient
from maillage.patients.queries import family_ids
from maillage.patients.rules.access import Ground
from maillage.referrals.enums import Kind, Priority, Side, State
from maillage.referrals.models import Referral
from maillage.referrals.queries.inbox import (
    RequestRow,
    asking_places,
    for_list,
    receiving_places,
    row_of,
)
from maillage.referrals.queries.reading import as_parts
from maillage.referrals.queries.requests import sides_of
from maillage.referrals.rules.reading import find_readable
from maillage.referrals.rules.transitions import ENDED

MOST_OF_A_PATIENT = 50


@dataclass(frozen=True)
class LateTeam:
    """A team with requests that wait beyond their hour; nothing of the patients."""

    service: str
    late: int
    waiting: int


def list_mine(actor: Actor, *, at: datetime, most: int) -> list[RequestRow]:
    """The requests of which this person's hospitals hold the ball: vital emergencies, urgent ones,
    then the first to run out.
    Drafts are shown to the one who writes them."""
    asked = Q(to_organization__slug__in=list(receiving_places(actor)), owner=Side.TARGET)
    asking = Q(from_organization__slug__in=list(asking_places(actor)), owner=Side.REQUESTER)
    drafts = Q(state=State.DRAFT) & ~Q(requester=actor.username)
    rows = Referral.objects.filter(asked | asking).exclude(drafts)
    return _rows(rows, actor, at=at, most=most)


def list_regulated(actor: Actor, *, at: datetime, most: int) -> list[RequestRow]:
    """The transfers that wait for the regulation: the most urgent, then the first to run out."""
    rows = Referral.objects.filter(kind=Kind.TRANSFER, owner=Side.REGULATOR)
    return _rows(rows, actor, at=at, most=most)


def list_late_teams(actor: Actor, *, at: datetime, most: int) -> list[LateTeam]:
    """Teams of this person's hospitals with requests beyond their hour, the most late first."""
    rows = Referral.objects.filter(owner=Side.TARGET)
    places = actor.organizations()
    if EVERYWHERE not in places:
        rows = rows.filter(to_organization__slug__in=list(places))
    found = (
        rows.values("to_service__name")
        .annotate(late=Count("pk", filter=Q(due_at__lt=at)), waiting=Count("pk"))
        .filter(late__gt=0)
        .order_by("-late", "to_service__name")[:most]
    )
    return [LateTeam(one["to_service__name"], one["late"], one["waiting"]) for one in found]


def list_of_patient(
    patient: Patient, actor: Actor, *, ground: Ground, at: datetime
) -> list[RequestRow]:
    """The requests for one person that the actor may open on this basis (``rules.reading``),
    merged records included, open ones first; of drafts, their own. Two queries."""
    rows = Referral.objects.filter(patient__in=family_ids(patient))
    drafts = Q(state=State.DRAFT) & ~Q(requester=actor.username)
    listed = for_list(rows.exclude(drafts), "case", "previous")
    found = list(listed.order_by("-created_at", "-id")[:MOST_OF_A_PATIENT])
    # What led to a request is of its case: the requests of all cases may be looked at as one.
    readable = find_readable(as_parts(found, actor), ground.basis)
    shown = [
        (one.state in ENDED, row_of(one, sides=sides_of(one, actor), now=at))
        for one in found
        if one.pk in readable
    ]
    return [row for _, row in sorted(shown, key=lambda pair: pair[0])]


def _rows(rows: QuerySet[Referral], actor: Actor, *, at: datetime, most: int) -> list[RequestRow]:
    urgent = Case(
        When(priority=Priority.P0, then=Value(0)),
        When(priority=Priority.P1, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    found = _around(rows).order_by(urgent, "due_at", "id")[:most]
    return [row_of(one, sides=sides_of(one, actor), now=at) for one in found]


def _around(rows: QuerySet[Referral]) -> QuerySet[Referral]:
    return for_list(rows)
