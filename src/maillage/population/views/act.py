"""Where to act, and the file of its ranking."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from maillage.accounts.http import Request, requires
from maillage.population.permissions import EXPORT, READ
from maillage.population.queries.act_page import get_act_file, get_act_page
from maillage.population.queries.frame import get_frame, need_results
from maillage.population.views.files import answer_file


@require_safe
@requires(READ)
def act(request: Request) -> HttpResponse:
    """Places and causes ranked by what is above the expected, and what answers them."""
    frame = get_frame(by=request.actor, at=request.now)
    page = None
    if frame.results is not None:
        page = get_act_page(frame.results, request.GET.dict(), at=request.now)
    return render(request, "population/act.html", {"frame": frame, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(EXPORT)
def act_export(request: Request) -> HttpResponse:
    """The whole ranking as a file, written down in the register of exports."""
    results = need_results(at=request.now)
    found = get_act_file(results, request.GET.dict(), at=request.now)
    return answer_file(request, results, found, back_url=found.page_url, back="Où agir")
