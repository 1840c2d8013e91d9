"""Target lists: asked for, read, printed, closed. People are named to whoever cares for them."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.population import actions, queries
from maillage.population.forms.others import TargetForm
from maillage.population.permissions import TARGET
from maillage.population.queries import target_pages as pages
from maillage.population.views.answers import do, put_back
from maillage.vocabulary.errors import Invalid, Refusal

PAGE_SIZE = 300


@require_safe
@requires(TARGET)
def targets(request: Request) -> HttpResponse:
    """Lists that the actor may read."""
    context = {"page": pages.get_targets_page(by=request.actor, at=request.now)}
    return render(request, "population/data/targets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(TARGET)
def new_target(request: Request) -> HttpResponse:
    """Ask for the people of a stratum in an area."""
    choices = pages.get_choices(by=request.actor)
    form = TargetForm(
        request.POST if request.method == "POST" else None,
        initial={key: request.GET.get(key, "") for key in ("condition", "stratum", "area")}
        | {"days": TargetForm.base_fields["days"].initial},
        conditions=choices.conditions,
        areas=choices.areas,
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.ask_for_list(
                computation=choices.computation,
                **form.cleaned_data,
                by=request.actor,
                at=request.now,
            )
        except (Invalid, Refusal) as error:
            put_back(form, error)
        else:
            return redirect("population:target", made.pk)
    status = 422 if form.is_bound else 200
    context = {"form": form, "choices": choices}
    return render(request, "population/data/target_new.html", context, status=status)


@require_safe
@requires(TARGET)
def target(request: Request, pk: int) -> HttpResponse:
    """The people of a list. Each reading leaves a line; one that is over says so."""
    found = queries.get_target(pk, by=request.actor)
    people, refused = [], ""
    try:
        people = actions.read_list(target=found, by=request.actor, at=request.now)
    except Refusal as refusal:
        refused = refusal.message
    page = pages.get_target_page(found, people)
    shown = Paginator(page.people, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "shown": shown, "refused": refused}
    return render(request, "population/data/target.html", context)


@require_POST
@requires(TARGET)
def target_file(request: Request, pk: int) -> HttpResponse:
    """The people of a list as a file."""
    found = queries.get_target(pk, by=request.actor)
    try:
        people = actions.read_list(target=found, by=request.actor, at=request.now)
        content = pages.write_people(pages.get_target_page(found, people))
        actions.take_list(target=found, content=content, by=request.actor, at=request.now)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("population:target", pk)
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="liste-{pk}.csv"'
    return answer


@require_POST
@requires(TARGET)
def close(request: Request, pk: int) -> HttpResponse:
    """Close a list before its day."""
    found = queries.get_target(pk, by=request.actor)
    return do(
        request,
        lambda: actions.close_list(target=found, by=request.actor, at=request.now),
        done="Cette liste est refermée : personne ne la lira plus.",
        to="population:targets",
        args=(),
    )
