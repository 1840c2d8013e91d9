"""Pages of the territory room."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.exchange.rules import write_rows
from maillage.territory import queries
from maillage.territory.forms import CommuneFilterForm
from maillage.territory.imports import COMMUNES, write_communes
from maillage.territory.permissions import READ
from maillage.territory.rules.ages import describe
from maillage.territory.rules.thresholds import PAGE_ROWS
from maillage.vocabulary.calendar import local_day


@require_safe
@requires(READ)
def territory_map(request: Request) -> HttpResponse:
    """Communes, inter-communal authorities and population on a map, and as a table."""
    shown = queries.get_territory_map(
        zone=request.GET.get("zone", ""), measure=request.GET.get("montrer", "")
    )
    return render(request, "territory/map.html", {"shown": shown})


@require_safe
@requires(READ)
def communes(request: Request) -> HttpResponse:
    """The list of communes."""
    form = CommuneFilterForm(request.GET)
    found = queries.list_communes(**form.wanted(), order=request.GET.get("tri", "nom"))
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    return render(request, "territory/communes.html", {"form": form, "page": page})


@require_safe
@requires(READ)
def communes_csv(request: Request) -> HttpResponse:
    """The same communes as a file, in the form of their import."""
    form = CommuneFilterForm(request.GET)
    found = queries.list_communes(**form.wanted(), order=request.GET.get("tri", "nom"))
    content = write_rows(COMMUNES.columns, write_communes(found), with_mark=True)
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="communes.csv"'
    return response


@require_safe
@requires(READ)
def suggestions(request: Request) -> HttpResponse:
    """Options of a type-ahead, as a fragment."""
    found = queries.search_communes(request.GET.get("q", "")[:80])
    return render(request, "territory/suggestions.html", {"communes": found})


@require_safe
@requires(READ)
def commune(request: Request, code: str) -> HttpResponse:
    """One commune."""
    shown = queries.get_commune_page(code)
    context = {"shown": shown, "note": describe(shown.ages), "today": local_day(request.now)}
    return render(request, "territory/commune.html", context)


@require_safe
@requires(READ)
def epci(request: Request, code: str) -> HttpResponse:
    """One inter-communal authority."""
    shown = queries.get_epci_page(code)
    context = {
        "shown": shown,
        "note": describe(shown.ages) if shown.ages else "",
        "today": local_day(request.now),
    }
    return render(request, "territory/epci.html", context)


@require_safe
@requires(READ)
def sources(request: Request) -> HttpResponse:
    """Where the facts of the territory come from."""
    context = {"sources": queries.list_sources(), "today": local_day(request.now)}
    return render(request, "territory/sources.html", context)
