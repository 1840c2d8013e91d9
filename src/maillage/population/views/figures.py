"""Pages of an indicator and of a place."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.population.permissions import READ
from maillage.population.queries import area_page, indicator_page
from maillage.population.queries.frame import get_frame, need_results


@require_safe
@requires(READ)
def indicator(request: Request, key: str) -> HttpResponse:
    """What an indicator means and how it goes: definition, codes, query, trend by zone."""
    frame = get_frame(by=request.actor, at=request.now)
    page = None
    if frame.results is not None:
        page = indicator_page.get_indicator_page(frame.results, key, at=request.now)
    return render(request, "population/indicator.html", {"frame": frame, "page": page})


@require_safe
@requires(READ)
def area(request: Request, key: str) -> HttpResponse:
    """Every indicator of a place, beside the territory and its neighbours."""
    frame = get_frame(by=request.actor, at=request.now)
    page = None
    if frame.results is not None:
        page = area_page.get_area_page(frame.results, key, request.GET.dict())
    return render(request, "population/area.html", {"frame": frame, "page": page})


@require_safe
@requires(READ)
def areas(request: Request) -> HttpResponse:
    """Find a place: communes, sectors, inter-communal authorities; the one that was chosen among
    those proposed opens."""
    frame = get_frame(by=request.actor, at=request.now)
    found = None
    chosen = request.GET.get("q_code", "")
    if frame.results is not None and chosen in frame.results.areas:
        return redirect("population:area", key=chosen)
    if frame.results is not None:
        found = area_page.find_areas(frame.results, request.GET.get("q", ""))
    return render(request, "population/areas.html", {"frame": frame, "found": found})


@require_safe
@requires(READ)
def suggested_areas(request: Request) -> HttpResponse:
    """Ten places at most whose name begins with, or holds, what is typed."""
    results = need_results(at=request.now)
    found = area_page.suggest_areas(results, request.GET.get("q", ""))
    return render(request, "population/areas_suggested.html", {"areas": found})
