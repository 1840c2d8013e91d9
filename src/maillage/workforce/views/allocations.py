"""Half-days over sites: the question, its computation, its answer, and what is kept of it."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.vocabulary.calendar import local_day, parse_day
from maillage.vocabulary.care import SPECIALTIES
from maillage.vocabulary.errors import Invalid, NotFound, Refusal
from maillage.vocabulary.spreadsheets import write_csv
from maillage.workforce.actions import allocations as actions
from maillage.workforce.enums import Activity
from maillage.workforce.forms import specialty_choices
from maillage.workforce.forms.allocations import (
    AskedPersonForm,
    AskedSitesForm,
    KeepAllocationForm,
    NewAllocationForm,
)
from maillage.workforce.permissions import ALLOCATE, WRITE
from maillage.workforce.queries import allocations as queries
from maillage.workforce.rules.allocation_tables import CSV_HEADS, csv_rows, make_grid, site_keys
from maillage.workforce.rules.allocations import SECONDS, check_is_draft, check_is_found


@require_safe
@requires(ALLOCATE)
def allocations(request: Request) -> HttpResponse:
    """Questions worth asking, and those that were asked."""
    day = queries.first_monday(local_day(request.now))
    context = {
        "suggestions": queries.list_suggestions(request.actor, on=day),
        "rows": queries.list_allocations(request.actor),
        "specialties": specialty_choices(),
        "day": day,
    }
    return render(request, "workforce/allocations/list.html", context)


def _wanted_day(text: str, otherwise: date) -> date:
    try:
        return parse_day(text[:20]) if text else otherwise
    except Invalid:
        return otherwise


@require_http_methods(["GET", "HEAD", "POST"])
@requires(ALLOCATE)
def new(request: Request) -> HttpResponse:
    """Choose the sites of a specialty, and have the question prepared."""
    specialty = request.GET.get("specialite", "")
    if specialty not in SPECIALTIES:
        raise NotFound("workforce.unknown-specialty", "Cette spécialité n'existe pas.")
    day = queries.first_monday(local_day(request.now))
    sites = queries.list_site_choices(specialty, on=day)
    form = NewAllocationForm(
        request.POST or None,
        sites=sites,
        initial={"du": day, "sites": request.GET.getlist("site")},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made, left_out = actions.prepare_allocation(
                specialty=specialty,
                sites=form.chosen(),
                starts_on=form.cleaned_data["du"],
                by=request.actor,
                at=request.now,
            )
        except Invalid as error:
            form.say(error)
        else:
            if left_out:
                words = (
                    f"{left_out} praticien{'s' if left_out > 1 else ''} de ces sites "
                    f"{'manquent' if left_out > 1 else 'manque'} à la demande : vous ne lisez pas "
                    f"{'leur' if left_out > 1 else 'sa'} semaine."
                )
                messages.warning(request, words)
            return redirect("workforce:allocation", made.pk)
    context = {"form": form, "specialty": SPECIALTIES[specialty], "has_sites": bool(sites)}
    status = 422 if form.errors else 200
    return render(request, "workforce/allocations/new.html", context, status=status)


@require_safe
@requires(ALLOCATE)
def allocation(request: Request, pk: int) -> HttpResponse:
    """A question; how far its computation is; its answer."""
    page = queries.get_allocation_page(pk, request.actor)
    name = "best" if request.htmx else "allocation"
    context = {
        "page": page,
        "keys": site_keys(page.question),
        "grid": make_grid(page.question, page.people),
        "durations": SECONDS,
        "today": local_day(request.now),
    }
    return render(request, f"workforce/allocations/{name}.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(ALLOCATE)
def sites(request: Request, pk: int) -> HttpResponse:
    """Correct what each site asks for."""
    page = queries.get_allocation_page(pk, request.actor)
    check_is_draft(page.allocation.state)
    form = AskedSitesForm(request.POST or None, sites=page.question.sites)
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_sites(
                allocation=page.allocation, sites=form.values(), by=request.actor, at=request.now
            )
        except Invalid as error:
            form.say(error)
        else:
            messages.success(request, "La demande des sites est corrigée.")
            return redirect("workforce:allocation", pk)
    status = 422 if form.errors else 200
    context = {"form": form, "page": page}
    return render(request, "workforce/allocations/sites.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(ALLOCATE)
def person(request: Request, pk: int, slug: str) -> HttpResponse:
    """Correct what somebody owes, accepts, refuses, and what stays."""
    page = queries.get_allocation_page(pk, request.actor)
    check_is_draft(page.allocation.state)
    one = page.question.person(slug)
    if one is None:
        raise NotFound("workforce.unknown-practitioner", "Ce praticien n'est pas de la demande.")
    form = AskedPersonForm(request.POST or None, person=one, sites=page.question.sites)
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_person(
                allocation=page.allocation, person=form.values(), by=request.actor, at=request.now
            )
        except Invalid as error:
            form.say(error)
        else:
            messages.success(request, f"{one.name} : c'est corrigé.")
            return redirect("workforce:allocation", pk)
    status = 422 if form.errors else 200
    context = {"form": form, "page": page, "person": one}
    return render(request, "workforce/allocations/person.html", context, status=status)


@require_POST
@requires(ALLOCATE)
def leave_out(request: Request, pk: int, slug: str) -> HttpResponse:
    """Take somebody out of the question."""
    found = queries.get_allocation(pk, request.actor)
    actions.leave_person_out(allocation=found, slug=slug, by=request.actor, at=request.now)
    messages.success(request, "Ce praticien n'est plus de la demande.")
    return redirect("workforce:allocation", pk)


@require_POST
@requires(ALLOCATE)
def start(request: Request, pk: int) -> HttpResponse:
    """Have it computed in the background."""
    text = request.POST.get("duree", "")
    found = queries.get_allocation(pk, request.actor)
    try:
        actions.start_computing(
            allocation=found,
            seconds=int(text) if text.isdecimal() and len(text) < 6 else 0,
            by=request.actor,
            at=request.now,
        )
    except Invalid as error:
        names = {one["slug"]: one["name"] for one in found.question["people"]}
        names |= {one["finess"]: one["name"] for one in found.question["sites"]}
        for problem in error.problems or ():
            where = names.get(problem.field, "")
            words = f"{where} : {problem.message}" if where else problem.message
            messages.error(request, words)
        if not error.problems:
            messages.error(request, error.message)
    return redirect("workforce:allocation", pk)


@require_POST
@requires(ALLOCATE)
def stop(request: Request, pk: int) -> HttpResponse:
    """End the computation and keep the best answer so far as its proposal."""
    found = queries.get_allocation(pk, request.actor)
    actions.stop_computing(allocation=found, by=request.actor, at=request.now)
    messages.success(request, "Le calcul s'arrête : la meilleure répartition trouvée reste.")
    return redirect("workforce:allocation", pk)


@require_POST
@requires(ALLOCATE)
def again(request: Request, pk: int) -> HttpResponse:
    """The same question, to be corrected."""
    found = queries.get_allocation(pk, request.actor)
    made = actions.copy_allocation(allocation=found, by=request.actor, at=request.now)
    messages.success(request, "Une nouvelle demande est prête ; la première garde sa réponse.")
    return redirect("workforce:allocation", made.pk)


@require_POST
@requires(ALLOCATE)
def drop(request: Request, pk: int) -> HttpResponse:
    """Put an answer aside, or delete a question that was never computed."""
    found = queries.get_allocation(pk, request.actor)
    left = actions.drop_allocation(allocation=found, by=request.actor, at=request.now)
    words = "La demande est supprimée." if left is None else "La répartition est écartée."
    messages.success(request, words)
    return redirect("workforce:allocations")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(ALLOCATE)
def keep(request: Request, pk: int) -> HttpResponse:
    """Write the weeks of the answer, person by person."""
    page = queries.get_allocation_page(pk, request.actor)
    check_is_found(page.allocation.state)
    waiting = page.to_write
    # Another employer frees its half-days itself: those weeks are not ticked beforehand.
    own = {
        one.person.slug for one, _ in waiting if WRITE.allows(request.actor, [one.person.employer])
    }
    form = KeepAllocationForm(
        request.POST or None,
        people=[(one.person.slug, one.person.name) for one, _ in waiting],
        initial={"du": page.allocation.starts_on, "activite": Activity.CONSULTATION},
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.keep_allocation(
                allocation=page.allocation, by=request.actor, at=request.now, **form.values()
            )
        except Invalid as error:
            form.say(error)
        else:
            return redirect(f"{reverse('workforce:allocation', args=[pk])}#suites")
    context = {
        "form": form,
        "page": page,
        "waiting": [(*one, one[0].person.slug in own) for one in waiting],
        "chosen": set(form["praticiens"].value() or ()) if form.is_bound else own,
        "agreed": set(form["accords"].value() or ()),
    }
    status = 422 if form.errors else 200
    return render(request, "workforce/allocations/keep.html", context, status=status)


@require_safe
@requires(ALLOCATE)
def allocation_csv(request: Request, pk: int) -> HttpResponse:
    """The answer as a file: one line by practitioner and half-day of the cycle."""
    page = queries.get_allocation_page(pk, request.actor)
    if page.found is None:
        raise Refusal("workforce.allocation-not-found", "Il n'y a pas encore de répartition.")
    content = write_csv(CSV_HEADS, csv_rows(page.question, page.people), with_mark=True)
    response = HttpResponse("".join(content), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="repartition-{pk}.csv"'
    return response
