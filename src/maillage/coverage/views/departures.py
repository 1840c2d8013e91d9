"""What would be lost if a practitioner left."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.coverage.forms.departures import DepartureForm
from maillage.coverage.permissions import PLAN
from maillage.coverage.queries.departures import find_leaver, get_departure
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid

UNPROCESSABLE = 422


@require_safe
@requires(PLAN)
def departure(request: Request, slug: str) -> HttpResponse:
    """The hours of coverage, the lines and the communes that hang on somebody from a day on."""
    form = DepartureForm.of(request.GET, today=local_day(request.now))
    found = None
    if form.is_valid():
        try:
            found = get_departure(
                slug, on=form.cleaned_data["le"], by=request.actor, at=request.now
            )
        except Invalid as error:
            form.add_error("le", error.message)
    context = {
        "form": form,
        "page": found,
        "practitioner": found.practitioner if found else find_leaver(slug),
        "today": local_day(request.now),
    }
    name = "effect" if request.htmx and found else "page"
    status = UNPROCESSABLE if form.errors else 200
    return render(request, f"coverage/departure/{name}.html", context, status=status)
