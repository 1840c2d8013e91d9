"""Pages that read: the list, one pathway, its diagram, two versions side by side."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from maillage.accounts.http import Request, requires
from maillage.exchange.permissions import READ as READ_LISTS
from maillage.pathways.forms import FilterForm
from maillage.pathways.permissions import EDIT, READ
from maillage.pathways.queries import search_pathways
from maillage.pathways.queries.lists import get_list_page
from maillage.pathways.queries.pages import get_comparison, get_drawing, get_page
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import NotFound


def asked_number(request: Request, name: str) -> int | None:
    """A version number of the address, None when there is none. Raises :class:`NotFound` for a
    text that is no number."""
    text = request.GET.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 4:
        raise NotFound("pathway.unknown-version", f"« {text[:20]} » n'est pas une version.")
    return int(text)


@require_safe
@requires(READ)
def pathways(request: Request) -> HttpResponse:
    """The list, filtered by text and kind, with what is wrong with each today."""
    form = FilterForm(request.GET)
    form.is_valid()
    day = local_day(request.now)
    page, lines = get_list_page(
        text=form.cleaned_data.get("q", ""),
        kind=form.cleaned_data.get("nature", ""),
        number=request.GET.get("page", "1"),
        day=day,
    )
    may_create = EDIT.allows(request.actor, request.actor.organizations())
    context = {"form": form, "page": page, "lines": lines, "day": day, "may_create": may_create}
    context["may_export"] = READ_LISTS.allows(request.actor)
    return render(request, "pathways/list.html", context)


@require_safe
@requires(READ)
def suggestions(request: Request) -> HttpResponse:
    """The type-ahead of the question: at most ten pathways that a need can name."""
    text = request.GET.get("q", "")[:120]
    found = search_pathways(text) if text.strip() else []
    return render(request, "pathways/suggestions.html", {"found": found})


@require_safe
@requires(READ)
def pathway(request: Request, slug: str) -> HttpResponse:
    """One pathway: the version of the day, or the one of ``?version=``."""
    day = local_day(request.now)
    number = asked_number(request, "version")
    page = get_page(slug=slug, number=number, actor=request.actor, day=day)
    return render(request, "pathways/detail.html", {"page": page, "day": day})


@require_safe
@requires(READ)
def drawing(request: Request, slug: str) -> HttpResponse:
    """The diagram as a file."""
    day = local_day(request.now)
    svg = get_drawing(slug=slug, number=asked_number(request, "version"), day=day)
    response = HttpResponse(svg, content_type="image/svg+xml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="filiere-{slug}.svg"'
    return response


@require_safe
@requires(READ)
def comparison(request: Request, slug: str) -> HttpResponse:
    """What changed from the version ``?de=`` to the version ``?a=``."""
    found = get_comparison(
        slug=slug, before=asked_number(request, "de"), after=asked_number(request, "a")
    )
    return render(request, "pathways/comparison.html", {"found": found})
