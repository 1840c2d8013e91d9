"""The figures of the requests, and the list of the day."""

from __future__ import annotations

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.agreements.permissions import READ as READ_AGREEMENTS
from maillage.agreements.queries.records import get_agreement
from maillage.referrals.forms.figures import FiguresForm
from maillage.referrals.permissions import FIGURES, FOLLOW_DAY
from maillage.referrals.queries import day as day_queries
from maillage.referrals.queries import figures as figure_queries
from maillage.referrals.queries.figures_file import write_figures
from maillage.referrals.queries.months import load_months
from maillage.referrals.queries.scopes import Scope, figures_scope
from maillage.referrals.rules import measures


def _open(request: Request) -> tuple[Scope, FiguresForm]:
    """What the reader's figures cover, and what is asked of them."""
    scope = figures_scope(request.actor, at=request.now)
    quarters = figure_queries.list_quarters(scope, at=request.now)
    return scope, FiguresForm(request.GET, quarters=quarters)


@require_safe
@requires(FIGURES)
def figures(request: Request) -> HttpResponse:
    """Volumes, delays and refusals of a quarter, for the hospitals and agreements of the reader."""
    scope, form = _open(request)
    context = {
        "form": form,
        "figures": figure_queries.load_figures(scope, view=form.view, quarter=form.quarter),
        "months": load_months(scope, form.measure, at=request.now),
        "measures": measures,
        "csv_url": f"{reverse('referrals:figures-csv')}?{urlencode(form.asked)}",
        "may_follow": FOLLOW_DAY.allows(request.actor),
    }
    return render(request, "referrals/figures.html", context)


@require_safe
@requires(FIGURES)
def figures_csv(request: Request) -> StreamingHttpResponse:
    """The same rows as a file."""
    scope, form = _open(request)
    found = figure_queries.load_figures(scope, view=form.view, quarter=form.quarter)
    name = f"delais-{found.view.code}-{found.quarter.code}.csv"
    return StreamingHttpResponse(
        (piece.encode() for piece in write_figures(found)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_safe
@requires(READ_AGREEMENTS)
def agreement(request: Request, slug: str) -> HttpResponse:
    """The figures of one agreement, as a fragment of its page that every reader of agreements asks
    for, or as a page of its own: what the role of the reader shows of them."""
    get_agreement(slug)
    found = None
    if FIGURES.allows(request.actor):
        scope, form = _open(request)
        found = figure_queries.load_agreement_figures(scope, slug, quarter=form.quarter)
    name = "fragment" if request.htmx else "page"
    context = {"found": found, "measures": measures, "slug": slug}
    return render(request, f"referrals/agreement_figures_{name}.html", context)


@require_safe
@requires(FOLLOW_DAY)
def day(request: Request) -> HttpResponse:
    """The requests of the day or of the week, without anything of the patient."""
    page = day_queries.get_day(
        request.actor,
        span=day_queries.Span.of(request.GET.get("periode", "")),
        number=request.GET.get("page", "1"),
        at=request.now,
    )
    return render(request, "referrals/day.html", {"page": page, "spans": list(day_queries.Span)})
