"""Boards: the transfers under way for those who regulate them, the returns expected and offered.

Late first in every column. A card shows an abbreviated patient, and none at all to a regulator
whom nobody has asked for a transport yet: regulation has no basis for the record before that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from maillage.accounts.permissions import Actor
from maillage.patients.rules.identity import short_label
from maillage.referrals.enums import Act, Kind, Outcome, Priority, Side, State, Transport
from maillage.referrals.models import Case, Referral
from maillage.referrals.permissions import REGULATE
from maillage.referrals.queries.inbox import (
    AROUND,
    RequestRow,
    asking_places,
    for_list,
    receiving_places,
    row_of,
)
from maillage.referrals.queries.requests import sides_of
from maillage.referrals.rules.transitions import ENDED, possible_acts
from maillage.referrals.rules.waiting import TimeLeft, time_left
from maillage.vocabulary.calendar import local_day

MOST_CARDS = 200
RETURNS_SINCE = timedelta(days=90)
"""How long a return that nobody asked for stays on the board."""

WITHDRAWN = (State.CANCELLED,)
NOT_TAKEN = (Outcome.UNMET, Outcome.REROUTED)
REGULATED = (State.ORDERED, State.ENGAGED, State.DEPARTED, State.ARRIVED)
"""States in which the regulators have a basis for the record."""

ASIDE = frozenset(
    {
        Act.SEE,
        Act.ASK_INFO,
        Act.GIVE_INFO,
        Act.ACCEPT_MEDICALLY,
        Act.REDIRECT,
        Act.REFUSE,
        Act.REPRIORITISE,
        Act.CANCEL,
        Act.DECLINE_TRANSPORT,
    }
)
"""Acts that are done on the page of the request, where everything is read."""

CARRIED = (
    "transport",
    "vehicle",
    "samu_reference",
    "leaves_at",
    "arrives_at",
    "bed",
)
"""What cards read besides the rows of lists."""

TRANSFER_COLUMNS: tuple[tuple[str, str, tuple[State, ...]], ...] = (
    (
        "accord",
        "Accord attendu",
        (State.SENT, State.SEEN, State.INFO_ASKED, State.PARTLY_ACCEPTED),
    ),
    ("demande", "Transport à demander", (State.ACCEPTED,)),
    ("engagement", "Transport à engager", (State.ORDERED,)),
    ("depart", "Départ attendu", (State.ENGAGED,)),
    ("route", "En route", (State.DEPARTED,)),
    ("arrivee", "Arrivés, à prendre en charge", (State.ARRIVED,)),
    ("autre", "À réorienter", (State.REFUSED, State.REDIRECTED)),
)
RETURN_COLUMNS: tuple[tuple[str, str, tuple[State, ...]], ...] = (
    ("propose", "Proposés", (State.SENT, State.SEEN, State.INFO_ASKED)),
    ("accepte", "Acceptés", (State.ACCEPTED, State.ORDERED, State.ENGAGED)),
    ("route", "En route", (State.DEPARTED, State.ARRIVED)),
    ("autre", "Refusés, à réorienter", (State.REFUSED, State.REDIRECTED)),
)


@dataclass(frozen=True)
class Card:
    """One patient on his way: ``row`` in words, by what, and the next act of the reader."""

    row: RequestRow
    version: int
    start: str
    goal: str
    transport: str
    vehicle: str
    samu_reference: str
    leaves_at: datetime | None
    arrives_at: datetime | None
    bed: str
    act: Act | None
    opens: bool


@dataclass(frozen=True)
class Column:
    """A column of a board."""

    key: str
    title: str
    cards: list[Card]


@dataclass(frozen=True)
class Expected:
    """A patient taken over by a recourse team, whose return is due and not asked for yet.
    ``is_ours``: the reader's hospital sends him back; otherwise it waits for him."""

    key: str
    case_key: str
    case_version: int
    patient: str
    pathway: str
    there: str
    home: str
    arrived_at: datetime | None
    left: TimeLeft
    is_ours: bool


@dataclass(frozen=True)
class Board:
    """A board: its columns, and whether all cards are shown."""

    columns: list[Column]
    total: int
    expected: list[Expected] = field(default_factory=list)

    @property
    def is_cut(self) -> bool:
        return self.total >= MOST_CARDS


def sees_all(actor: Actor) -> bool:
    """Regulators see the transfers of the whole territory."""
    return REGULATE.allows(actor)


def _places(actor: Actor) -> frozenset[str]:
    return receiving_places(actor) | asking_places(actor)


def transfers(actor: Actor, *, priority: str = "") -> QuerySet[Referral]:
    """Transfers under way that this person follows: all of them for a regulator, those of their
    hospitals for the others."""
    rows = Referral.objects.filter(kind=Kind.TRANSFER, sent_at__isnull=False)
    rows = rows.exclude(state__in=ENDED)
    if priority in Priority.values:
        rows = rows.filter(priority=priority)
    return rows if sees_all(actor) else _between(rows, _places(actor))


def returns(actor: Actor) -> QuerySet[Referral]:
    """Returns under way from or to the hospitals of this person."""
    rows = Referral.objects.filter(kind=Kind.RETURN, sent_at__isnull=False)
    rows = rows.exclude(state__in=ENDED)
    return _between(rows, _places(actor))


def _between(rows: QuerySet[Referral], places: Iterable[str]) -> QuerySet[Referral]:
    keys = list(places)
    return rows.filter(Q(from_organization__slug__in=keys) | Q(to_organization__slug__in=keys))


def get_transfers(rows: QuerySet[Referral], *, by: Actor, at: datetime) -> Board:
    """The transfer board. One query."""
    cards = _cards(rows, by=by, at=at)
    return Board(_columns(TRANSFER_COLUMNS, cards), len(cards))


def get_returns(rows: QuerySet[Referral], *, by: Actor, at: datetime) -> Board:
    """The return board, with the patients whose return nobody has asked for. Two queries."""
    cards = _cards(rows, by=by, at=at)
    return Board(_columns(RETURN_COLUMNS, cards), len(cards), list_expected(by, at=at))


def _cards(rows: QuerySet[Referral], *, by: Actor, at: datetime) -> list[tuple[State, Card]]:
    found = for_list(rows, *CARRIED).order_by("due_at", "id")[:MOST_CARDS]
    return [(State(one.state), _card(one, by=by, at=at)) for one in found]


def _card(referral: Referral, *, by: Actor, at: datetime) -> Card:
    sides = sides_of(referral, by)
    opens = _opens(referral, sides)
    site = referral.from_service.site.name if referral.from_service else ""
    return Card(
        row=row_of(referral, sides=sides, now=at),
        version=referral.version,
        start=site or referral.from_organization.short_name,
        goal=referral.to_service.name,
        transport=Transport(referral.transport).label if referral.transport else "",
        vehicle=referral.vehicle,
        samu_reference=referral.samu_reference,
        leaves_at=referral.leaves_at,
        arrives_at=referral.arrives_at,
        bed=referral.bed,
        act=_next_act(referral, sides) if opens else None,
        opens=opens,
    )


def _opens(referral: Referral, sides: frozenset[Side]) -> bool:
    """True when the reader takes part in the care, or regulates a transport that was asked for."""
    return bool(sides - {Side.REGULATOR}) or (
        Side.REGULATOR in sides and State(referral.state) in REGULATED
    )


def _next_act(referral: Referral, sides: frozenset[Side]) -> Act | None:
    """The first act of the reader's sides that can be done from a card, or None."""
    for line in possible_acts(Kind(referral.kind), State(referral.state), sides):
        given = line.act is Act.ACCEPT_BED and referral.bed_at is not None
        if line.act not in ASIDE and not given:
            return line.act
    return None


def _columns(
    wanted: Sequence[tuple[str, str, tuple[State, ...]]], cards: list[tuple[State, Card]]
) -> list[Column]:
    return [
        Column(key, title, [card for state, card in cards if state in states])
        for key, title, states in wanted
    ]


def expected_returns(actor: Actor, *, at: datetime) -> QuerySet[Referral]:
    """Transfers whose patient was taken over, with a return due and no request for it, or none
    that anybody took."""
    asked_for = (
        Referral.objects.filter(case=OuterRef("case"), kind=Kind.RETURN)
        .exclude(state__in=WITHDRAWN)
        .exclude(outcome__in=NOT_TAKEN)
    )
    rows = Referral.objects.filter(
        kind=Kind.TRANSFER,
        state=State.CLOSED,
        arrived_at__gt=at - RETURNS_SINCE,
        case__return_due_at__isnull=False,
    ).filter(~Exists(asked_for))
    return _between(rows, _places(actor))


def list_expected(actor: Actor, *, at: datetime) -> list[Expected]:
    """Returns that nobody has asked for yet, the most urgent first. One query."""
    ours = receiving_places(actor)
    rows = (
        for_list(
            expected_returns(actor, at=at), "case__key", "case__version", "case__return_due_at"
        )
        .select_related("case", *AROUND)
        .order_by(F("case__return_due_at").asc(), "id")[:MOST_CARDS]
    )
    return [_expected(one, ours, at) for one in rows if one.case.return_due_at is not None]


def _expected(referral: Referral, ours: frozenset[str], at: datetime) -> Expected:
    case: Case = referral.case
    due = case.return_due_at or at
    return Expected(
        key=referral.key,
        case_key=case.key,
        case_version=case.version,
        patient=short_label(referral.patient.kept, on=local_day(at)),
        pathway=referral.pathway.name,
        there=referral.to_service.name,
        home=referral.from_organization.short_name,
        arrived_at=referral.arrived_at,
        left=time_left(due, at, started_at=referral.arrived_at),
        is_ours=referral.to_organization.slug in ours,
    )
