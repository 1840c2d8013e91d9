"""Pathways as lived, and the file of how they fit."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from maillage.accounts.http import Request, requires
from maillage.population.permissions import EXPORT, READ
from maillage.population.queries.frame import get_frame, need_results
from maillage.population.queries.lived_page import get_lived_file, get_lived_page
from maillage.population.views.files import answer_file


@require_safe
@requires(READ)
def pathways(request: Request) -> HttpResponse:
    """What follows a first event, and how it fits the graded pathway."""
    frame = get_frame(by=request.actor, at=request.now)
    page = None
    if frame.results is not None:
        page = get_lived_page(frame.results, request.GET.dict())
        frame = frame.about(f"pathway/{page.condition}")
    return render(request, "population/pathways.html", {"frame": frame, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(EXPORT)
def pathways_export(request: Request) -> HttpResponse:
    """What became of each expected step as a file, written down in the register of exports."""
    results = need_results(at=request.now)
    found = get_lived_file(results, request.GET.dict())
    return answer_file(request, results, found, back_url=found.page_url, back="Parcours vécus")
