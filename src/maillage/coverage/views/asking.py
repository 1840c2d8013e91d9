"""Pages of the coverage room: each translates an address into one question to the engine."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from maillage.accounts.http import Request, requires
from maillage.coverage import queries
from maillage.coverage.forms import CompareForm, DemandForm
from maillage.coverage.permissions import ASK, PLAN


@requires(ASK)
def who(request: Request) -> HttpResponse:
    """« Qui prend en charge ? » : the question, and its answer when the address holds one."""
    asked = "age" in request.GET
    form = DemandForm(request.GET if asked else None, now=request.now)
    question = queries.get_question(
        form.cleaned_data if asked and form.is_valid() else {}, now=request.now
    )
    may_plan = PLAN.allows(request.actor)
    context = {"form": form, "question": question, "may_plan": may_plan}
    return render(request, "coverage/who.html", context)


@requires(ASK)
def compare(request: Request) -> HttpResponse:
    """What changed for the residents of a commune between two instants, need by need."""
    asked = "age" in request.GET
    form = CompareForm(request.GET if asked else None, now=request.now)
    comparison = queries.get_comparison(form.cleaned_data if asked and form.is_valid() else {})
    context = {"form": form, "comparison": comparison}
    return render(request, "coverage/compare.html", context)
