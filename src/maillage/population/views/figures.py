"""Pages of an indicator and of a place."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from maillage.accounts.http import Request, requires
from maillage.population import actions
from maillage.population.forms.figures import PurposeForm
from maillage.population.permissions import EXPORT, READ
from maillage.population.queries import area_page, indicator_page
from maillage.population.queries.frame import get_frame, need_results
from maillage.population.queries.profile import get_profile, get_profile_file
from maillage.population.views.answers import download, put_back
from maillage.vocabulary.errors import Invalid


@require_safe
@requires(READ)
def indicator(request: Request, key: str) -> HttpResponse:
    """What an indicator means and how it goes: definition, codes, query, trend by zone."""
    frame = get_frame(by=request.actor, at=request.now)
    page = None
    if frame.results is not None:
        page = indicator_page.get_indicator_page(frame.results, key, at=request.now)
        frame = frame.about(f"indicator/{key}")
    return render(request, "population/indicator.html", {"frame": frame, "page": page})


@require_safe
@requires(READ)
def area(request: Request, key: str) -> HttpResponse:
    """Every indicator of a place, beside the territory and its neighbours. The bare code of a
    commune leads to its lasting address."""
    frame = get_frame(by=request.actor, at=request.now)
    page = profile = None
    if frame.results is not None:
        if (known := area_page.find_key(frame.results, key)) != key:
            return _moved(request, "population:area", known)
        page = area_page.get_area_page(frame.results, key, request.GET.dict())
        profile = get_profile(frame.results, page, request.GET.dict(), at=request.now)
    context = {"frame": frame, "page": page, "profile": profile}
    return render(request, "population/area.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(EXPORT)
def profile(request: Request, key: str) -> HttpResponse:
    """The profile of a place as a printed document, written down in the register of exports."""
    results = need_results(at=request.now)
    if request.method != "POST" and (known := area_page.find_key(results, key)) != key:
        return _moved(request, "population:profile", known)
    found = get_profile_file(results, key, request.GET.dict(), at=request.now)
    form = PurposeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.export_profile(
                results=results,
                profile=found,
                purpose=form.cleaned_data["purpose"],
                by=request.actor,
                at=request.now,
            )
        except Invalid as error:
            put_back(form, error)
        else:
            return download(made)
    context = {
        "frame": get_frame(by=request.actor, at=request.now),
        "file": found,
        "form": form,
        "back_url": found.page_url,
        "back": "Profil",
    }
    return render(request, "population/export.html", context, status=422 if form.is_bound else 200)


def _moved(request: Request, name: str, key: str) -> HttpResponse:
    """To the lasting address of a place, with the choices of this one."""
    query = request.META.get("QUERY_STRING", "")
    return redirect(f"{reverse(name, args=[key])}{'?' if query else ''}{query}")


@require_safe
@requires(READ)
def areas(request: Request) -> HttpResponse:
    """Find a place: communes, sectors, inter-communal authorities; the one that was chosen among
    those proposed opens."""
    frame = get_frame(by=request.actor, at=request.now)
    found = None
    chosen = request.GET.get("q_code", "")
    typed = request.GET.get("q", "")
    if frame.results is not None:
        chosen = chosen or area_page.find_key(frame.results, typed)
        if chosen in frame.results.areas:
            return redirect("population:area", key=chosen)
        found = area_page.find_areas(frame.results, typed)
    return render(request, "population/areas.html", {"frame": frame, "found": found})


@require_safe
@requires(READ)
def suggested_areas(request: Request) -> HttpResponse:
    """Ten places at most whose name begins with, or holds, what is typed."""
    results = need_results(at=request.now)
    found = area_page.suggest_areas(results, request.GET.get("q", ""))
    return render(request, "population/areas_suggested.html", {"areas": found})
