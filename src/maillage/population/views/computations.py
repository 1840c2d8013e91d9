"""Pages of computations: the list, one of them, ask, stop, show, delete."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.population import actions, queries
from maillage.population.permissions import COMPUTE, LOAD
from maillage.population.views.answers import do
from maillage.vocabulary.errors import Invalid, Refusal


@require_safe
@requires(COMPUTE)
def computations(request: Request) -> HttpResponse:
    """Every computation, and what may be computed."""
    context = {
        "rows": queries.list_computations(),
        "versions": queries.list_ready_versions(),
        "may_load": LOAD.allows(request.actor, request.actor.organizations()),
    }
    return render(request, "population/data/computations.html", context)


@require_safe
@requires(COMPUTE)
def computation(request: Request, pk: int) -> HttpResponse:
    """One computation."""
    context = {"row": queries.get_computation_row(pk)}
    return render(request, "population/data/computation.html", context)


@require_POST
@requires(COMPUTE)
def compute(request: Request, slug: str, number: int) -> HttpResponse:
    """Have the indicators of a version computed."""
    version = queries.get_version(slug, number)
    try:
        made = actions.ask_for_computation(version=version, by=request.actor, at=request.now)
    except (Refusal, Invalid) as refusal:
        messages.error(request, refusal.message)
        return redirect("population:computations")
    return redirect("population:computation", made.pk)


@require_POST
@requires(COMPUTE)
def stop(request: Request, pk: int) -> HttpResponse:
    """Stop a computation."""
    found = queries.get_computation(pk)
    return do(
        request,
        lambda: actions.cancel_computation(computation=found, by=request.actor, at=request.now),
        done="L'arrêt du calcul est demandé.",
        to="population:computation",
        args=(pk,),
    )


@require_POST
@requires(COMPUTE)
def show(request: Request, pk: int) -> HttpResponse:
    """Make this computation the one that pages show."""
    found = queries.get_computation(pk)
    return do(
        request,
        lambda: actions.show_computation(computation=found, by=request.actor, at=request.now),
        done="Les pages montrent maintenant ce calcul.",
        to="population:computations",
        args=(),
    )


@require_POST
@requires(COMPUTE)
def delete(request: Request, pk: int) -> HttpResponse:
    """Delete a computation that pages do not show."""
    found = queries.get_computation(pk)
    return do(
        request,
        lambda: actions.delete_computation(computation=found, by=request.actor, at=request.now),
        done=f"Le calcul n° {pk} est supprimé.",
        to="population:computations",
        args=(),
    )
