"""« Rejouer » : any past instant, answered from the network as it was."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.coverage.actions.taking import take_network
from maillage.coverage.forms.replay import ReplayForm
from maillage.coverage.permissions import ASK, PLAN
from maillage.coverage.queries.replay import get_replay
from maillage.vocabulary.calendar import parse_instant


@require_safe
@requires(ASK)
def replay(request: Request) -> HttpResponse:
    """Who should have answered at a past instant, under which article, and how to check it. Nobody
    is named in the question, so that asking it leaves no trace, like « qui prend en charge ? »."""
    asked = "age" in request.GET
    form = ReplayForm(request.GET if asked else None, now=request.now)
    values = form.cleaned_data if asked and form.is_valid() else {}
    context = {
        "form": form,
        "replay": get_replay(values, now=request.now),
        "may_take": PLAN.allows(request.actor),
    }
    return render(request, "coverage/replay.html", context)


@require_safe
@requires(ASK)
def network(request: Request) -> HttpResponse:
    """The network that answers at an instant: the document whose hash the page gives. It names
    holders: it goes to those who plan, and the trail says to whom."""
    at = parse_instant(request.GET.get("le", "")[:40], now=request.now)
    content, name = take_network(
        instant=at,
        expected=request.GET.get("empreinte", "")[:64],
        by=request.actor,
        at=request.now,
    )
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
