"""The register of exports."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.population import queries
from maillage.population.permissions import REGISTER

PAGE_SIZE = 50


@require_safe
@requires(REGISTER)
def exports(request: Request) -> HttpResponse:
    """Every file of figures that left."""
    text, year = request.GET.get("q", ""), request.GET.get("annee", "")
    found = Paginator(queries.list_exports(text=text, year=year), PAGE_SIZE)
    context = {
        "page": found.get_page(request.GET.get("page")),
        "text": text,
        "year": year,
        "total": found.count,
    }
    return render(request, "population/data/exports.html", context)
