"""Pages of the portal."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from maillage.accounts.http import Request, requires
from maillage.portal import queries
from maillage.portal.permissions import HOME, SEARCH
from maillage.vocabulary.calendar import local_day


@requires(HOME)
def home(request: Request) -> HttpResponse:
    """What this person must do or know now, by role."""
    blocks = queries.get_home(actor=request.actor, now=request.now)
    return render(request, "portal/home.html", {"home": blocks})


@requires(SEARCH)
def search(request: Request) -> HttpResponse:
    """People, places, services, agreements and pathways that a text names."""
    text = request.GET.get("q", "").strip()[:100]
    found = queries.search(text, actor=request.actor, today=local_day(request.now))
    return render(request, "portal/search.html", {"search_text": text, "found": found})
