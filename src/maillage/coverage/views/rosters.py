"""What a roster would do to residents, before it is published."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.coverage.queries.roster_effect import get_roster_effect
from maillage.oncall.permissions import PLAN


@require_safe
@requires(PLAN)
def effect(request: Request, slug: str) -> HttpResponse:
    """Residents' hours won or lost if this roster were published now: a fragment of the page that
    publishes it, or a page of its own."""
    found = get_roster_effect(slug, request.actor, at=request.now)
    name = "effect" if request.htmx else "page"
    return render(request, f"coverage/roster/{name}.html", {"effect": found, "slug": slug})
