"""Lists and boards: short labels of patients, never a name; 304 when nothing changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from maillage.accounts.http import Request
from maillage.accounts.interface import KnownTag, PageNumber, holds, tag_of, told
from maillage.referrals.enums import Act, Clock, Kind, Priority, Side, State
from maillage.referrals.models import Referral
from maillage.referrals.permissions import READ
from maillage.referrals.queries import boards
from maillage.referrals.queries import inbox as queries
from maillage.referrals.queries.programs import list_slugs
from maillage.vocabulary.errors import Invalid, Problem

router = Router(tags=["Adressages"])

STATE_OF = {state.label: state for state in State}
"""Cards hold the words of a state; programs read its code."""

STATES = "|".join([queries.OPEN, queries.CLOSED, queries.EVERY, *State.values])
Wanted = Annotated[
    str,
    Query(
        pattern=rf"^({STATES})$",
        description="Un état, ou `ouvertes` (par défaut), `closes`, `toutes`.",
    ),
]
Team = Annotated[
    str,
    Query(max_length=80, pattern=r"^[a-z0-9-]*$", description="Équipe sollicitée (identifiant)."),
]
Mine = Annotated[
    bool, Query(description="Seulement celles dont vous vous occupez, ou que vous avez écrites.")
]
ShortLabel = Annotated[
    str | None,
    Field(description="Initiales, sexe et âge : jamais le nom. Null : aucune base pour l'ouvrir."),
]


class RowOut(Schema):
    key: str
    version: int
    kind: Kind
    state: State
    priority: Priority
    patient: ShortLabel
    pathway: str
    pathway_name: str
    from_organization: str
    from_name: str
    to_organization: str
    team: str
    team_name: str
    place: str
    owner: Side | None
    holder: Annotated[str, Field(description="Qui a la main, par son nom.")]
    clock: Clock | None
    waits_for: str
    due_at: Annotated[datetime | None, Field(description="Échéance de ce qui est attendu.")]
    taken_by: str
    requester: str
    sent_at: datetime | None
    seen_at: datetime | None
    decided_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    is_outside_agreement: bool
    was_late: bool

    model_config = told("Une demande dans une liste.")


class RowsOut(Schema):
    rows: list[RowOut]
    page: int
    pages: int
    total: int

    model_config = told("Une page de cent demandes : ce qui attend le lecteur d'abord, par heure.")


class CardOut(Schema):
    key: str
    version: int
    stage: Annotated[str, Field(description="Colonne du tableau, par son code.")]
    stage_label: str
    state: State
    priority: Priority
    patient: ShortLabel
    pathway_name: str
    start: str
    goal: str
    place: str
    holder: str
    waits_for: str
    due_at: datetime | None
    transport: str
    vehicle: str
    samu_reference: str
    leaves_at: datetime | None
    arrives_at: datetime | None
    bed: str
    next_act: Annotated[Act | None, Field(description="Le prochain acte du lecteur, s'il en est.")]

    model_config = told("Un patient en chemin.")


class ExpectedOut(Schema):
    key: str
    patient: ShortLabel
    pathway_name: str
    there: str
    home: str
    arrived_at: datetime | None
    due_at: datetime
    is_ours: Annotated[bool, Field(description="Vrai : c'est à vous de le renvoyer.")]

    model_config = told("Un retour dû que personne n'a encore demandé.")


class BoardOut(Schema):
    cards: list[CardOut]
    is_cut: Annotated[bool, Field(description="Vrai : seules les plus urgentes sont rendues.")]

    model_config = told("Un tableau, étape après étape.")


class ReturnsOut(BoardOut):
    expected: list[ExpectedOut]

    model_config = told("Les retours demandés, et ceux qui sont dus.")


def _row(one: Referral, row: queries.RequestRow, pathway: str, team: str) -> dict[str, Any]:
    return {
        "key": one.key,
        "version": one.version,
        "kind": one.kind,
        "state": one.state,
        "priority": one.priority,
        "patient": row.patient,
        "pathway": pathway,
        "pathway_name": row.pathway,
        "from_organization": one.from_organization.slug,
        "from_name": row.sender,
        "to_organization": one.to_organization.slug,
        "team": team,
        "team_name": row.team,
        "place": row.place,
        "owner": one.owner or None,
        "holder": row.holder,
        "clock": one.clock or None,
        "waits_for": row.waits_for,
        "due_at": one.due_at,
        "taken_by": row.taken_by,
        "requester": row.requester,
        "sent_at": row.sent_at,
        "seen_at": row.seen_at,
        "decided_at": row.decided_at,
        "answered_at": row.answered_at,
        "closed_at": row.closed_at,
        "is_outside_agreement": row.is_outside_agreement,
        "was_late": row.was_late,
    }


def _filters(
    request: Request,
    state: str,
    kind: Kind | None,
    priority: Priority | None,
    team: str,
    mine: bool,
) -> queries.ListFilters:
    return queries.ListFilters(
        service=team,
        kind=kind or "",
        priority=priority or "",
        state=state,
        mine=mine,
        username=request.actor.username,
    )


def _list(
    request: Request,
    response: HttpResponse,
    rows: QuerySet[Referral],
    filters: queries.ListFilters,
    side: Side,
    page: int,
    known: str,
) -> Any:
    tag = tag_of(queries.stamp_of(rows), now=request.now)
    response["ETag"] = tag
    if holds(known, tag):
        return Status(304, None)
    found = queries.get_list(rows, filters, side=side, number=str(page), now=request.now)
    if page > found.page.paginator.num_pages:
        problem = Problem("cette page n'existe pas", field="page")
        raise Invalid("referrals.page", "La liste est plus courte.", [problem])
    shown = list(zip(found.page, found.rows, strict=True))
    slugs = list_slugs(one for one, _ in shown)
    return {
        "rows": [_row(one, row, *slugs[one.pk]) for one, row in shown],
        "page": found.page.number,
        "pages": found.page.paginator.num_pages,
        "total": found.page.paginator.count,
    }


LISTED: dict[int, Any] = {200: RowsOut, 304: None}


@router.get(
    "/recues",
    response=LISTED,
    summary="Demandes reçues",
    description="Ce qui est demandé aux équipes de vos établissements. Un nombre constant de "
    "lectures de la base ; `If-None-Match` épargne le reste.",
)
def received(
    request: Request,
    response: HttpResponse,
    etat: Wanted = queries.OPEN,
    nature: Kind | None = None,
    priorite: Priority | None = None,
    equipe: Team = "",
    moi: Mine = False,
    page: PageNumber = 1,
    known: KnownTag = "",
) -> Any:
    """Requests that the hospitals of the caller were sent."""
    READ.check(request.actor, request.actor.organizations())
    filters = _filters(request, etat, nature, priorite, equipe, moi)
    rows = queries.received(queries.receiving_places(request.actor), filters)
    return _list(request, response, rows, filters, Side.TARGET, page, known)


@router.get(
    "/envoyees",
    response=LISTED,
    summary="Demandes envoyées",
    description="Ce que vos établissements ont demandé, avec les heures où c'est vu et répondu.",
)
def sent(
    request: Request,
    response: HttpResponse,
    etat: Wanted = queries.OPEN,
    nature: Kind | None = None,
    priorite: Priority | None = None,
    equipe: Team = "",
    moi: Mine = False,
    page: PageNumber = 1,
    known: KnownTag = "",
) -> Any:
    """Requests that the hospitals of the caller wrote."""
    READ.check(request.actor, request.actor.organizations())
    filters = _filters(request, etat, nature, priorite, equipe, moi)
    rows = queries.asked(queries.asking_places(request.actor), filters)
    return _list(request, response, rows, filters, Side.REQUESTER, page, known)


@router.get(
    "/transferts",
    response={200: BoardOut, 304: None},
    summary="Transferts en cours",
    description="Qui part où, quand, par quel moyen : tout le territoire pour la régulation, vos "
    "établissements sinon.",
)
def transfers(
    request: Request,
    response: HttpResponse,
    priorite: Priority | None = None,
    known: KnownTag = "",
) -> Any:
    """The board of transfers."""
    READ.check(request.actor, request.actor.organizations())
    rows = boards.transfers(request.actor, priority=priorite or "")
    tag = tag_of(queries.stamp_of(rows), now=request.now)
    response["ETag"] = tag
    if holds(known, tag):
        return Status(304, None)
    board = boards.get_transfers(rows, by=request.actor, at=request.now)
    return {"cards": list(_cards(board)), "is_cut": board.is_cut}


@router.get(
    "/retours",
    response={200: ReturnsOut, 304: None},
    summary="Retours",
    description="Les retours demandés depuis ou vers vos établissements, et ceux qui sont dus.",
)
def returns(request: Request, response: HttpResponse, known: KnownTag = "") -> Any:
    """The board of returns."""
    READ.check(request.actor, request.actor.organizations())
    rows = boards.returns(request.actor)
    expected = boards.expected_returns(request.actor, at=request.now)
    stamp = f"{queries.stamp_of(rows)}-{queries.stamp_of(expected)}"
    tag = tag_of(stamp, now=request.now)
    response["ETag"] = tag
    if holds(known, tag):
        return Status(304, None)
    board = boards.get_returns(rows, by=request.actor, at=request.now)
    return {
        "cards": list(_cards(board)),
        "is_cut": board.is_cut,
        "expected": [
            {
                "key": one.key,
                "patient": one.patient,
                "pathway_name": one.pathway,
                "there": one.there,
                "home": one.home,
                "arrived_at": one.arrived_at,
                "due_at": one.left.due_at,
                "is_ours": one.is_ours,
            }
            for one in board.expected
        ],
    }


def _cards(board: boards.Board) -> Iterable[dict[str, Any]]:
    for column in board.columns:
        for card in column.cards:
            row = card.row
            yield {
                "key": row.key,
                "version": card.version,
                "stage": column.key,
                "stage_label": column.title,
                "state": STATE_OF[row.state],
                "priority": row.priority,
                "patient": row.patient if card.opens else None,
                "pathway_name": row.pathway,
                "start": card.start,
                "goal": card.goal,
                "place": row.place,
                "holder": row.holder,
                "waits_for": row.waits_for,
                "due_at": row.left.due_at if row.left else None,
                "transport": card.transport,
                "vehicle": card.vehicle,
                "samu_reference": card.samu_reference,
                "leaves_at": card.leaves_at,
                "arrives_at": card.arrives_at,
                "bed": card.bed,
                "next_act": card.act,
            }
