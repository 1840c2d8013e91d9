"""One record of the directory."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.directory import queries
from maillage.directory.forms import DayForm
from maillage.directory.permissions import EDIT, EDIT_GROUPS, LINK_ACCOUNT, READ
from maillage.vocabulary.calendar import local_day


@require_safe
@requires(READ)
def organization(request: Request, slug: str) -> HttpResponse:
    """An establishment."""
    card = queries.get_organization(slug, request.now)
    drawn = queries.draw_places(card.sites, title=f"Sites de {card.organization.short_name}")
    context = {"card": card, "map": drawn, "today": local_day(request.now)}
    return render(request, "directory/organization.html", context)


@require_safe
@requires(READ)
def group(request: Request, slug: str) -> HttpResponse:
    """A group on a day (``le``, today by default), and its entries and exits."""
    today = local_day(request.now)
    form = DayForm.of(request.GET, today=today)
    card = queries.get_group(slug, form.day())
    stewards = {one.organization.slug for one in card.members if one.role == "SUPPORT"}
    context = {
        "card": card,
        "form": form,
        "today": today,
        "may_edit": EDIT_GROUPS.allows(request.actor, stewards),
    }
    return render(request, "directory/group.html", context)


@require_safe
@requires(READ)
def site(request: Request, finess: str) -> HttpResponse:
    """A site."""
    card = queries.get_site(finess, request.now)
    drawn = queries.draw_places(
        [card.site], title=f"{card.site.name} et ses alentours", with_links=False
    )
    context = {"card": card, "map": drawn, "today": local_day(request.now)}
    return render(request, "directory/site.html", context)


@require_safe
@requires(READ)
def service(request: Request, slug: str) -> HttpResponse:
    """A service."""
    card = queries.get_service(slug, request.now)
    context = {
        "card": card,
        "today": local_day(request.now),
        "may_edit": EDIT.allows(request.actor, {card.service.site.organization.slug}),
    }
    return render(request, "directory/service.html", context)


@require_safe
@requires(READ)
def practitioner(request: Request, slug: str) -> HttpResponse:
    """A practitioner."""
    today = local_day(request.now)
    card = queries.get_practitioner(slug, today)
    context = {
        "card": card,
        "today": today,
        "may_link": LINK_ACCOUNT.allows(request.actor, card.workplaces(today)),
    }
    return render(request, "directory/practitioner.html", context)


@require_safe
@requires(READ)
def team(request: Request, slug: str) -> HttpResponse:
    """A team."""
    context = {"card": queries.get_team(slug, request.now), "today": local_day(request.now)}
    return render(request, "directory/team.html", context)
