"""Sessions of multidisciplinary meetings, and the requests that wait for one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet

from maillage.accounts.permissions import Actor
from maillage.directory.models import HealthcareService
from maillage.referrals.enums import Kind, Side, State
from maillage.referrals.models import MeetingSession, Referral
from maillage.referrals.permissions import ANSWER
from maillage.referrals.queries.inbox import (
    RequestRow,
    asking_places,
    for_list,
    receiving_places,
    row_of,
)
from maillage.referrals.rules.meetings import KINDS, missing_specialties, worth_of
from maillage.referrals.rules.transitions import ENDED
from maillage.vocabulary.errors import NotFound

NOT_LISTED = (State.DRAFT, State.SENT, State.SEEN, State.INFO_ASKED)
"""States in which a request names, at the most, the session that its writer wishes."""

LISTED = ~Q(referrals__state__in=NOT_LISTED) & Q(referrals__isnull=False)
PAST_SHOWN = timedelta(days=60)
MOST_SESSIONS = 100


@dataclass(frozen=True)
class SessionRow:
    """A session of the list."""

    pk: int
    name: str
    kind: str
    service: str
    starts_at: datetime
    requests: int
    open_requests: int
    held_at: datetime | None
    has_quorum: bool


@dataclass(frozen=True)
class Registered:
    """A request of a session: its question is read on its page, its answer may be given here."""

    row: RequestRow
    version: int
    may_conclude: bool


@dataclass(frozen=True)
class SessionPage:
    """One session: who must sit, who sat, what is discussed, what waits to be put on the list."""

    session: MeetingSession
    kind: str
    registered: list[Registered]
    waiting: list[Registered]
    missing: list[str]
    worth: str
    runs: bool


def sessions_of(actor: Actor) -> QuerySet[MeetingSession]:
    """Sessions that this person may see: those of their hospitals, and those that discuss one of
    their requests."""
    places = list(receiving_places(actor) | asking_places(actor))
    own = Q(service__site__organization__slug__in=places)
    asked = Q(referrals__from_organization__slug__in=places)
    return MeetingSession.objects.filter(own | asked).distinct()


def list_sessions(actor: Actor, *, at: datetime) -> list[SessionRow]:
    """Sessions from two months ago on, those to come first. One query."""
    rows = (
        sessions_of(actor)
        .filter(starts_at__gt=at - PAST_SHOWN)
        .select_related("service__site__organization")
        .annotate(
            requests=Count("referrals", filter=LISTED, distinct=True),
            open_requests=Count(
                "referrals",
                filter=LISTED & ~Q(referrals__state__in=[*ENDED, State.ANSWERED]),
                distinct=True,
            ),
        )
        .order_by("starts_at", "id")[:MOST_SESSIONS]
    )
    kinds = dict(KINDS)
    return [
        SessionRow(
            pk=one.pk,
            name=one.name,
            kind=kinds.get(one.kind, one.kind),
            service=one.service.name,
            starts_at=one.starts_at,
            requests=one.requests,
            open_requests=one.open_requests,
            held_at=one.held_at,
            has_quorum=not missing_specialties(one.quorum, one.attendees),
        )
        for one in rows
    ]


def list_running_teams(actor: Actor) -> list[tuple[str, str]]:
    """Services for which this person may run a session: key and name. One query."""
    places = list(ANSWER.places(actor))
    rows = HealthcareService.objects.filter(site__organization__slug__in=places)
    return list(rows.order_by("search_name").values_list("slug", "name"))


def get_session(pk: int, actor: Actor) -> MeetingSession:
    """A session that this person may see. Raises :class:`NotFound`."""
    found = sessions_of(actor).select_related("service__site__organization").filter(pk=pk).first()
    if found is None:
        raise NotFound("referrals.session", "Cette séance n'existe pas.")
    return found


def get_session_page(session: MeetingSession, *, by: Actor, at: datetime) -> SessionPage:
    """What the page of a session shows. Two queries."""
    runs = runs_session(session, by)
    sides = frozenset({Side.TARGET}) if runs else frozenset({Side.REQUESTER})
    places = asking_places(by)
    registered = [
        _registered(one, sides, at, runs=runs)
        for one in _shown(session.referrals.exclude(state__in=NOT_LISTED))
        if runs or one.from_organization.slug in places
    ]
    waiting = [_registered(one, sides, at, runs=runs) for one in _shown(_waiting(session))]
    return SessionPage(
        session=session,
        kind=dict(KINDS).get(session.kind, session.kind),
        registered=registered,
        waiting=waiting if runs and session.held_at is None else [],
        missing=missing_specialties(session.quorum, session.attendees),
        worth=worth_of(session.quorum, session.attendees),
        runs=runs,
    )


def runs_session(session: MeetingSession, actor: Actor) -> bool:
    """True when this person may put requests on the list, hold the session and conclude."""
    return ANSWER.allows(actor, [session.service.site.organization.slug])


def stamp_of(session: MeetingSession) -> str:
    """What changes when the page of a session does. One query."""
    found = Referral.objects.filter(
        Q(session=session) | Q(to_service=session.service_id, kind=Kind.MEETING)
    ).aggregate(count=Count("pk"), last=Max("changed_at"))
    last = found["last"].timestamp() if found["last"] else 0
    held = int(session.held_at.timestamp()) if session.held_at else 0
    return f"{found['count']}-{last:.6f}-{held}"


def _waiting(session: MeetingSession) -> QuerySet[Referral]:
    """Those that nobody put on a list yet, and ask for this session or for none."""
    return Referral.objects.filter(
        kind=Kind.MEETING,
        to_service=session.service_id,
        state__in=[State.SENT, State.SEEN, State.INFO_ASKED],
    ).filter(Q(session__isnull=True) | Q(session=session))


def _shown(rows: QuerySet[Referral]) -> QuerySet[Referral]:
    return for_list(rows).order_by("priority", "sent_at", "id")


def _registered(
    referral: Referral, sides: frozenset[Side], at: datetime, *, runs: bool
) -> Registered:
    row = row_of(referral, sides=sides, now=at)
    open_states = (State.SENT, State.SEEN, State.INFO_ASKED, State.SCHEDULED)
    return Registered(row, referral.version, runs and referral.state in open_states)
