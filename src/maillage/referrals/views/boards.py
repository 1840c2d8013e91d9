"""Boards: transfers under way, returns expected and offered. Each card offers its next act."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.referrals.enums import Act, Priority
from maillage.referrals.forms.acts import FORMS, QUESTIONS, BareForm, Button
from maillage.referrals.permissions import READ
from maillage.referrals.queries import boards as queries
from maillage.referrals.queries.inbox import stamp_of
from maillage.referrals.views import live


@dataclass(frozen=True)
class CardForm:
    """A card, and the act that it offers."""

    card: queries.Card
    button: Button | None
    asks: Act | None = None


@dataclass(frozen=True)
class ColumnForms:
    """A column of a board, ready to be drawn."""

    key: str
    title: str
    cards: list[CardForm]


@require_safe
@requires(READ)
def transfers(request: Request) -> HttpResponse:
    """Who goes where, when, by what."""
    priority = request.GET.get("priorite", "")
    rows = queries.transfers(request.actor, priority=priority)

    def drawn() -> dict[str, Any]:
        board = queries.get_transfers(rows, by=request.actor, at=request.now)
        return {
            "board": board,
            "columns": _columns(request, board),
            "priority": priority,
            "priorities": Priority.choices,
            "sees_all": queries.sees_all(request.actor),
        }

    return live.answer(
        request,
        facts=stamp_of(rows),
        whole="referrals/transfers.html",
        part="referrals/_transfers.html",
        context=drawn,
    )


@require_safe
@requires(READ)
def returns(request: Request) -> HttpResponse:
    """Patients to send back, and those that come back."""
    rows = queries.returns(request.actor)
    expected = queries.expected_returns(request.actor, at=request.now)

    def drawn() -> dict[str, Any]:
        board = queries.get_returns(rows, by=request.actor, at=request.now)
        return {"board": board, "columns": _columns(request, board)}

    return live.answer(
        request,
        facts=f"{stamp_of(rows)}-{stamp_of(expected)}",
        whole="referrals/returns.html",
        part="referrals/_returns.html",
        context=drawn,
    )


def _columns(request: Request, board: queries.Board) -> list[ColumnForms]:
    return [
        ColumnForms(column.key, column.title, [_card_form(request, card) for card in column.cards])
        for column in board.columns
    ]


def _card_form(request: Request, card: queries.Card) -> CardForm:
    """The act of a card: its button when one press is enough; otherwise its form is asked for when
    it is wanted, for two hundred forms would be most of the page."""
    if card.act is None or card.act is Act.REROUTE:
        return CardForm(card, None)
    if FORMS[card.act] is not BareForm:
        return CardForm(card, None, card.act)
    form = BareForm(
        now=request.now, initial={"version": card.version}, auto_id=f"{card.row.key}-%s"
    )
    question = QUESTIONS.get(card.act, "")
    return CardForm(card, Button(card.act, card.act.label, form, question=question))
