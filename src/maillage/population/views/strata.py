"""The risk pyramid, and the file of its table."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from maillage.accounts.http import Request, requires
from maillage.population.permissions import EXPORT, READ
from maillage.population.queries.frame import get_frame, need_results
from maillage.population.queries.pyramid_page import get_pyramid_file, get_pyramid_page
from maillage.population.views.files import answer_file


@require_safe
@requires(READ)
def pyramid(request: Request) -> HttpResponse:
    """How many people in each stratum of a condition, where, and who moved."""
    frame = get_frame(by=request.actor, at=request.now)
    page = None
    if frame.results is not None:
        page = get_pyramid_page(frame.results, request.GET.dict(), by=request.actor)
        frame = frame.about(f"pyramid/{page.condition}")
    return render(request, "population/pyramid.html", {"frame": frame, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(EXPORT)
def pyramid_export(request: Request) -> HttpResponse:
    """Strata of every place as a file, written down in the register of exports."""
    results = need_results(at=request.now)
    found = get_pyramid_file(results, request.GET.dict(), by=request.actor)
    return answer_file(
        request, results, found, back_url=found.page_url, back="Pyramide des risques"
    )
