"""What the regional plan wants, and what is held."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.oncall.permissions import READ
from maillage.oncall.queries.plan import by_zone, list_targets, list_zones
from maillage.vocabulary.calendar import local_day


@require_safe
@requires(READ)
def plan(request: Request) -> HttpResponse:
    """The plan in force beside the lines that keep it, with what is missing."""
    zones = list_zones(local_day(request.now))
    zone = request.GET.get("zone", "")
    zone = zone if zone in zones else ""
    rows = list_targets(request.now, zone=zone)
    context = {
        "rows": rows,
        "plans": by_zone(rows),
        "zones": zones,
        "zone": zone,
        "missing": sum(row.missing for row in rows),
        "today": local_day(request.now),
    }
    return render(request, "oncall/plan.html", context)
