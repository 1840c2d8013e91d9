"""« Mes équipes » : the teams whose requests a person is told of."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from maillage.accounts.http import Request, requires
from maillage.referrals.actions import following as actions
from maillage.referrals.permissions import READ
from maillage.referrals.queries import following as queries


@requires(READ)
def teams(request: Request) -> HttpResponse:
    """The teams of the person's establishments, followed or not."""
    context = {"rows": queries.list_teams(request.actor)}
    return render(request, "referrals/teams.html", context)


@require_POST
@requires(READ)
def follow(request: Request, slug: str) -> HttpResponse:
    """Follow a team, stop following it, or change whether e-mails come."""
    team = queries.get_team(slug)
    if request.POST.get("suivre") == "non":
        actions.unfollow(service=team, by=request.actor, at=request.now)
        messages.success(request, f"Vous ne suivez plus « {team.name} ».")
    else:
        by_mail = request.POST.get("courriel") == "oui"
        actions.follow(service=team, by=request.actor, at=request.now, by_mail=by_mail)
        messages.success(request, f"Vous suivez « {team.name} ».")
    return redirect("referrals:teams")
