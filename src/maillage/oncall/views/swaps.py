"""Exchanges of duties: choose a colleague, propose, answer, approve."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.directory.queries import find_practitioner
from maillage.oncall.actions import swaps as acts
from maillage.oncall.forms.people import SwapForm
from maillage.oncall.permissions import READ
from maillage.oncall.queries import get_slot
from maillage.oncall.queries.swaps import (
    get_swap,
    judge_open_swap,
    list_colleagues,
    list_returns,
    list_swaps,
    swap_row,
)
from maillage.vocabulary.errors import Refusal

UNPROCESSABLE = 422


@require_safe
@requires(READ)
def swaps(request: Request) -> HttpResponse:
    """One's own exchanges, and those of the lines that one keeps."""
    return render(request, "oncall/swaps.html", {"rows": list_swaps(request.actor)})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(READ)
def propose(request: Request, pk: int) -> HttpResponse:
    """Offer a duty: first to whom (``avec``), then against what."""
    slot = get_slot(pk)
    giver = acts.giver_of(slot, request.actor)
    context: dict[str, Any] = {"slot": slot, "giver": giver}
    wanted = request.POST.get("avec") or request.GET.get("avec") or ""
    if not wanted:
        context["colleagues"] = list_colleagues(slot, giver, at=request.now)
        return render(request, "oncall/swap_with.html", context)
    taker = find_practitioner(wanted)
    returns = list_returns(slot, giver, taker, at=request.now)
    form = SwapForm(request.POST or None, returns=returns)
    if form.is_valid():
        try:
            swap = acts.propose_swap(
                slot=slot,
                taken_by=taker,
                in_return=form.in_return(),
                message=form.cleaned_data["message"],
                by=request.actor,
                at=request.now,
            )
            messages.success(request, f"L'échange est proposé à {taker}.")
            return redirect("oncall:swap", swap.pk)
        except Refusal as error:
            form.add_error(None, error.message)
    context |= {
        "taker": taker,
        "form": form,
        "barred": [one for one in returns if one.is_barred],
        "weighed": [one for one in returns if one.faults and not one.is_barred],
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "oncall/swap_new.html", context, status=status)


@require_safe
@requires(READ)
def swap(request: Request, pk: int) -> HttpResponse:
    """One exchange: who gives what, what the rules say, what may be done."""
    row = swap_row(get_swap(pk), request.actor)
    faults = judge_open_swap(row.swap, at=request.now)
    return render(request, "oncall/swap.html", {"row": row, "swap": row.swap, "faults": faults})


@require_POST
@requires(READ)
def act_on_swap(request: Request, pk: int, act: str) -> HttpResponse:
    """Accept, decline, withdraw, approve or refuse an exchange."""
    words = acts.do_to_swap(swap=get_swap(pk), act=act, by=request.actor, at=request.now)
    messages.success(request, words)
    return redirect("oncall:swap", pk)
