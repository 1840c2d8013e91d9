"""Pages of computations of a draft, and of the counters of fairness."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.oncall.actions import attempts as actions
from maillage.oncall.permissions import PLAN, READ_DRAFTS, READ_PEOPLE
from maillage.oncall.queries import attempts as queries
from maillage.oncall.queries.fairness import get_fairness
from maillage.oncall.queries.rosters import get_roster_of, get_version


@require_POST
@requires(PLAN)
def start(request: Request, slug: str) -> HttpResponse:
    """Have the draft filled in the background."""
    text = request.POST.get("duree", "")
    attempt = actions.ask_for_attempt(
        version=get_version(get_roster_of(slug)),
        seconds=int(text) if text.isdecimal() and len(text) < 6 else 0,
        by=request.actor,
        at=request.now,
    )
    return redirect("oncall:rosters:attempt", slug, attempt.pk)


@require_safe
@requires(PLAN)
def attempt(request: Request, slug: str, pk: int) -> HttpResponse:
    """How far a computation is; then what it proposes, beside the draft."""
    page = queries.get_attempt_page(slug, pk, request.actor, at=request.now)
    name = "best" if request.htmx else "attempt"
    return render(request, f"oncall/rosters/{name}.html", {"page": page, "roster": page.roster})


@require_POST
@requires(PLAN)
def stop(request: Request, slug: str, pk: int) -> HttpResponse:
    """End a computation and keep the best roster found so far as its proposal."""
    found = queries.get_attempt(get_roster_of(slug), pk)
    actions.stop_attempt(attempt=found, by=request.actor, at=request.now)
    messages.success(request, "Le calcul s'arrête : le meilleur tableau trouvé reste proposé.")
    return redirect("oncall:rosters:attempt", slug, pk)


@require_POST
@requires(PLAN)
def keep(request: Request, slug: str, pk: int) -> HttpResponse:
    """Write the proposal into the draft."""
    found = queries.get_attempt(get_roster_of(slug), pk)
    actions.keep_proposal(attempt=found, by=request.actor, at=request.now)
    messages.success(request, "La proposition est dans le brouillon. Rien n'est encore publié.")
    return redirect("oncall:rosters:month", slug)


@require_POST
@requires(PLAN)
def drop(request: Request, slug: str, pk: int) -> HttpResponse:
    """Put the proposal aside."""
    found = queries.get_attempt(get_roster_of(slug), pk)
    actions.drop_proposal(attempt=found, by=request.actor, at=request.now)
    messages.success(request, "La proposition est écartée.")
    return redirect("oncall:rosters:month", slug)


@require_safe
@requires(READ_PEOPLE)
def fairness(request: Request, slug: str) -> HttpResponse:
    """Who holds how much, beside each one's fair share."""
    drafts = READ_DRAFTS.allows(request.actor)
    page = get_fairness(slug, at=request.now, drafts=drafts)
    return render(
        request, "oncall/rosters/fairness.html", {"page": page, "roster": page.version.roster}
    )
