"""The page of what is about to end, and what it would cost."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.coverage import queries
from maillage.coverage.forms.alerts import AlertFilterForm
from maillage.coverage.permissions import PLAN, READ


@require_safe
@requires(READ)
def alerts(request: Request) -> HttpResponse:
    """What is about to end within 180, 90 or 30 days, the nearest or the most costly first."""
    form = AlertFilterForm(request.GET.dict(), actor=request.actor)
    page = queries.get_alerts_page(
        at=request.now,
        within=form.within,
        places=form.places,
        kind=form.wanted("nature"),
        only_felt=form.wanted("effet") == "oui",
        sort=request.GET.get("tri", ""),
        number=request.GET.get("page", ""),
    )
    trials = PLAN.allows(request.actor)
    return render(request, "coverage/alerts.html", {"form": form, "page": page, "trials": trials})


@require_safe
@requires(READ)
def agreement(request: Request, slug: str) -> HttpResponse:
    """What the end of an agreement would cost: a fragment of its page, or a page of its own."""
    found = queries.list_agreement_alerts(slug, at=request.now)
    name = "fragment" if request.htmx else "page"
    context = {"rows": found, "slug": slug}
    return render(request, f"coverage/agreement_alerts_{name}.html", context)
