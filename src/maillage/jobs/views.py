"""Pages of the jobs room."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.jobs import actions, queries
from maillage.jobs.permissions import CANCEL, READ, can_cancel, manages
from maillage.vocabulary.errors import Refusal

PAGE_SIZE = 30


@require_safe
@requires(READ)
def jobs(request: Request) -> HttpResponse:
    """One's own jobs, everybody's for administrators; the part that changes, for a poll."""
    over = Paginator(queries.list_over(request.actor), PAGE_SIZE)
    live = queries.list_live(request.actor)
    context = {
        "live": [(job, can_cancel(job, request.actor)) for job in live],
        "page": over.get_page(request.GET.get("page")),
        "workers": queries.count_workers(request.now),
        "regular": queries.list_regular() if manages(request.actor) else [],
        "manages": manages(request.actor),
    }
    template = "jobs/board.html" if request.htmx else "jobs/jobs.html"
    return render(request, template, context)


@require_safe
@requires(READ)
def job(request: Request, pk: int) -> HttpResponse:
    """One job."""
    found = queries.get_job(pk, request.actor)
    context = {"job": found, "may_stop": found.is_alive and can_cancel(found, request.actor)}
    return render(request, "jobs/job.html", context)


@require_safe
@requires(READ)
def progress(request: Request, pk: int) -> HttpResponse:
    """How far a job is, for the component that polls. With ``?recharger=1`` the page that shows
    it is loaded again once the job is over."""
    found = queries.get_job(pk, request.actor)
    reload = request.GET.get("recharger") == "1"
    response = render(request, "jobs/components/progress.html", {"job": found, "reload": reload})
    if reload and not found.is_alive:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@requires(CANCEL)
def stop(request: Request, pk: int) -> HttpResponse:
    """Ask a job to stop."""
    found = queries.get_job(pk, request.actor)
    try:
        stopped = actions.ask_to_stop(job=found, by=request.actor, at=request.now)
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        words = "va s'arrêter" if stopped.is_alive else "est arrêté"
        messages.success(request, f"« {stopped.label} » {words}.")
    return redirect("jobs:job", pk=pk)
