"""Where residents are cared for, and the file of it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from maillage.accounts.http import Request, requires
from maillage.population.permissions import EXPORT, READ
from maillage.population.queries.flows_page import get_flows_file, get_flows_page
from maillage.population.queries.frame import get_frame, need_results
from maillage.population.views.files import answer_file


@require_safe
@requires(READ)
def flows(request: Request) -> HttpResponse:
    """Where the residents of a place are cared for, who leaves, and whom a hospital serves."""
    frame = get_frame(by=request.actor, at=request.now)
    page = None
    if frame.results is not None:
        page = get_flows_page(frame.results, request.GET.dict(), at=request.now)
        frame = frame.about(f"cohort/{page.need}")
    return render(request, "population/flows.html", {"frame": frame, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(EXPORT)
def flows_export(request: Request) -> HttpResponse:
    """Stays by home and hospital as a file, written down in the register of exports."""
    results = need_results(at=request.now)
    found = get_flows_file(results, request.GET.dict(), at=request.now)
    return answer_file(request, results, found, back_url=found.page_url, back="Flux de patients")
