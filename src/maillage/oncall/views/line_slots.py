"""The page that creates the slots of coming days: a preview, then the act."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from maillage.accounts.http import Request, requires
from maillage.oncall.actions.line_slots import make_line_slots
from maillage.oncall.forms.line_slots import LineSlotsForm
from maillage.oncall.permissions import PLAN
from maillage.oncall.queries.line_slots import plan_line_slots
from maillage.oncall.queries.roster_choices import list_plannable_lines
from maillage.oncall.rules.counting import next_month
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, Refusal

UNPROCESSABLE = 422


@require_http_methods(["GET", "HEAD", "POST"])
@requires(PLAN)
def line_slots(request: Request) -> HttpResponse:
    """What the coming days would get, by an address that shows it again; then create it."""
    typed = request.POST or (request.GET if "source" in request.GET else None)
    first = next_month(local_day(request.now))
    initial = {
        "lignes": request.GET.getlist("ligne"),
        "du": first,
        "au": next_month(first),
    }
    form = LineSlotsForm(typed, lines=list_plannable_lines(request.actor), initial=initial)
    plan = None
    if form.is_valid():
        try:
            wish = form.wish()
            if request.method == "POST":
                made = make_line_slots(
                    wish=wish,
                    shown=request.POST.get("empreinte", ""),
                    by=request.actor,
                    at=request.now,
                )
                messages.success(request, f"Créneaux créés : {made.count}. Personne ne les tient.")
                days = {"du": wish.first_day, "au": wish.last_day - timedelta(days=1)}
                lines = [("ligne", line.slug) for line in wish.lines]
                address = reverse("oncall:rosters:new")
                return redirect(f"{address}?{urlencode([*lines, *days.items()])}")
            plan = plan_line_slots(wish, at=request.now)
        except Invalid as error:
            form.say(error)
        except Refusal as error:
            form.add_error(None, error.message)
            plan = plan_line_slots(wish, at=request.now)
    status = UNPROCESSABLE if form.errors else 200
    context = {"form": form, "plan": plan, "typed": typed}
    return render(request, "oncall/rosters/slots.html", context, status=status)
