"""Requests received, and requests sent: lists that stay true by themselves."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.referrals.enums import Side
from maillage.referrals.forms.lists import ListFilterForm
from maillage.referrals.models import Referral
from maillage.referrals.permissions import ASK, READ
from maillage.referrals.queries import inbox as queries
from maillage.referrals.views import live


@require_safe
@requires(READ)
def received(request: Request) -> HttpResponse:
    """What the teams of this person's hospitals were asked: late first, then what is next."""
    places = queries.receiving_places(request.actor)
    teams = queries.list_receiving_teams(places)
    form = ListFilterForm(live.without_stamp(request), teams=teams)
    filters = form.filters(request.actor.username)
    context = {"form": form, "places": places, "side": "received"}
    return _answer(request, queries.received(places, filters), filters, Side.TARGET, context)


@require_safe
@requires(READ)
def sent(request: Request) -> HttpResponse:
    """What this person's hospitals asked, with the hours at which it was seen and answered."""
    places = queries.asking_places(request.actor)
    teams = queries.list_asked_teams(places)
    form = ListFilterForm(live.without_stamp(request), teams=teams)
    filters = form.filters(request.actor.username)
    context = {
        "form": form,
        "places": places,
        "side": "sent",
        "may_ask": ASK.allows(request.actor, places),
    }
    return _answer(request, queries.asked(places, filters), filters, Side.REQUESTER, context)


def _answer(
    request: Request,
    rows: QuerySet[Referral],
    filters: queries.ListFilters,
    side: Side,
    context: dict[str, Any],
) -> HttpResponse:
    number = request.GET.get("page")

    def drawn() -> dict[str, Any]:
        return {
            **context,
            "list": queries.get_list(rows, filters, side=side, number=number, now=request.now),
        }

    return live.answer(
        request,
        facts=queries.stamp_of(rows),
        whole="referrals/list.html",
        part="referrals/_list.html",
        context=drawn,
    )
