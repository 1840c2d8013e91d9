"""The map of the population, and the file of its table."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from maillage.accounts.http import Request, requires
from maillage.population.permissions import EXPORT, READ
from maillage.population.queries.frame import get_frame, need_results
from maillage.population.queries.map import get_map_page
from maillage.population.queries.map_files import get_map_file
from maillage.population.views.files import answer_file


@require_safe
@requires(READ)
def population_map(request: Request) -> HttpResponse:
    """An indicator by commune, sector or inter-communal authority; the part that changes alone when
    a chooser asks for it."""
    frame = get_frame(by=request.actor, at=request.now)
    if frame.results is None:
        return render(request, "population/map.html", {"frame": frame})
    page = get_map_page(frame.results, request.GET.dict())
    frame = frame.about(f"indicator/{page.choice.indicator}")
    context = {"frame": frame, "page": page}
    if request.htmx and not request.htmx.boosted:
        answer = render(request, "population/map_shown.html", context)
        answer["HX-Push-Url"] = page.address
        return answer
    return render(request, "population/map.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(EXPORT)
def map_export(request: Request) -> HttpResponse:
    """The table behind the map as a file, written down in the register of exports."""
    results = need_results(at=request.now)
    found = get_map_file(results, request.GET.dict())
    back_url = f"{reverse('population:map')}{found.choice.query()}"
    return answer_file(request, results, found, back_url=back_url, back="Carte de la population")
