"""Pages of data sets: the list, a new one, its versions, the report of a version."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.accounts.organizations import list_names
from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.population import actions, queries
from maillage.population.actions.rejects import open_rejects
from maillage.population.enums import LegalBasis, SourceKind
from maillage.population.forms.datasets import DataSetForm, LoadForm, RefusalForm
from maillage.population.imports import read_deposit
from maillage.population.permissions import COMPUTE, LOAD, allows_on, check_on
from maillage.population.rules.files import files_wanted
from maillage.population.views.answers import do, put_back
from maillage.vocabulary.errors import Invalid, Refusal

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@requires(LOAD)
def data_sets(request: Request) -> HttpResponse:
    """Every data set, with its version in use."""
    context = {
        "rows": queries.list_data_sets(by=request.actor),
        "pending": queries.get_pending(),
        "may_create": bool(_places(request.actor)),
    }
    return render(request, "population/data/list.html", context)


@form_methods
@requires(LOAD)
def new_data_set(request: Request) -> HttpResponse:
    """A new data set: what it is, whose, by what right."""
    form = DataSetForm(
        request.POST if request.method == "POST" else None, places=_places(request.actor)
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            made = actions.create_data_set(
                **{
                    **values,
                    "kind": SourceKind(values["kind"]),
                    "legal_basis": LegalBasis(values["legal_basis"]),
                },
                by=request.actor,
                at=request.now,
            )
        except Invalid as error:
            put_back(form, error)
        else:
            return redirect("population:load", slug=made.slug)
    status = 422 if form.is_bound else 200
    return render(request, "population/data/new.html", {"form": form}, status=status)


@require_safe
@requires(LOAD)
def data_set(request: Request, slug: str) -> HttpResponse:
    """One data set and its versions."""
    found = queries.get_data_set(slug)
    context = {
        "dataset": found,
        "versions": queries.list_versions(found),
        "may_load": allows_on(LOAD, found, request.actor),
    }
    return render(request, "population/data/data_set.html", context)


@require_POST
@requires(LOAD)
def delete_data_set(request: Request, slug: str) -> HttpResponse:
    """Delete a data set without versions."""
    found = queries.get_data_set(slug)
    try:
        actions.delete_data_set(dataset=found, by=request.actor, at=request.now)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("population:dataset", slug=slug)
    messages.success(request, f"« {found.name} » est supprimé.")
    return redirect("population:datasets")


@form_methods
@requires(LOAD)
def load(request: Request, slug: str) -> HttpResponse:
    """Load a new version: from the deposit, or by sending files."""
    found = queries.get_data_set(slug)
    check_on(LOAD, found, request.actor)
    deposit = read_deposit()
    form = LoadForm(
        *((request.POST, request.FILES) if request.method == "POST" else ()),
        folders=deposit.folders,
    )
    if request.method == "POST" and form.is_valid():
        try:
            version = actions.ask_to_load(
                dataset=found,
                folder=form.cleaned_data["folder"],
                files=form.cleaned_data["sent"],
                by=request.actor,
                at=request.now,
            )
        except (Invalid, Refusal) as error:
            put_back(form, error)
        else:
            return redirect("population:version", found.slug, version.number)
    context = {
        "form": form,
        "dataset": found,
        "deposit": deposit,
        "wanted": files_wanted(found.kind),
    }
    status = 422 if form.is_bound else 200
    return render(request, "population/data/load.html", context, status=status)


@require_safe
@requires(LOAD)
def version(request: Request, slug: str, number: int) -> HttpResponse:
    """One version: its loading, then its report."""
    found = queries.get_version(slug, number)
    context = {
        "page": queries.get_version_page(found, by=request.actor),
        "may_compute": COMPUTE.allows(request.actor),
        "form": RefusalForm(),
    }
    return render(request, "population/data/version.html", context)


@require_POST
@requires(LOAD)
def accept(request: Request, slug: str, number: int) -> HttpResponse:
    """Accept a version after its report was read."""
    found = queries.get_version(slug, number)
    return do(
        request,
        lambda: actions.accept_version(version=found, by=request.actor, at=request.now),
        done="Cette version est en usage. Calculez maintenant ses indicateurs.",
        to="population:version",
        args=(slug, number),
    )


@require_POST
@requires(LOAD)
def refuse(request: Request, slug: str, number: int) -> HttpResponse:
    """Refuse a version, with a reason."""
    found = queries.get_version(slug, number)
    form = RefusalForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    return do(
        request,
        lambda: actions.refuse_version(
            version=found, reason=reason, by=request.actor, at=request.now
        ),
        done="Cette version est refusée.",
        to="population:version",
        args=(slug, number),
    )


@require_POST
@requires(LOAD)
def use(request: Request, slug: str, number: int) -> HttpResponse:
    """Take a kept version into use again."""
    found = queries.get_version(slug, number)
    return do(
        request,
        lambda: actions.use_version(version=found, by=request.actor, at=request.now),
        done="Cette version est de nouveau en usage.",
        to="population:version",
        args=(slug, number),
    )


@require_POST
@requires(LOAD)
def retire(request: Request, slug: str, number: int) -> HttpResponse:
    """Take a version out of use."""
    found = queries.get_version(slug, number)
    return do(
        request,
        lambda: actions.retire_version(version=found, by=request.actor, at=request.now),
        done="Cette version est retirée : plus rien n'en est montré.",
        to="population:version",
        args=(slug, number),
    )


@require_POST
@requires(LOAD)
def stop(request: Request, slug: str, number: int) -> HttpResponse:
    """Stop a loading."""
    found = queries.get_version(slug, number)
    return do(
        request,
        lambda: actions.cancel_loading(version=found, by=request.actor, at=request.now),
        done="L'arrêt du chargement est demandé.",
        to="population:version",
        args=(slug, number),
    )


@require_POST
@requires(LOAD)
def delete(request: Request, slug: str, number: int) -> HttpResponse:
    """Delete a version with its files."""
    found = queries.get_version(slug, number)
    try:
        actions.delete_version(version=found, by=request.actor, at=request.now)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("population:version", slug, number)
    messages.success(request, f"La version {number} est supprimée, avec ses fichiers.")
    return redirect("population:dataset", slug=slug)


@require_POST
@requires(LOAD)
def rejects(request: Request, slug: str, number: int, name: str) -> HttpResponseBase:
    """A file of rejected rows. It may say what patients' rows said: a trace is kept."""
    found = queries.get_version(slug, number)
    stream = open_rejects(version=found, name=name, by=request.actor, at=request.now)
    return FileResponse(stream, as_attachment=True, filename=f"{slug}-{number}-{name}")


def _places(actor: Actor) -> list[tuple[str, str]]:
    """Organizations for which the actor may load, by name."""
    held = LOAD.places(actor)
    names = list_names()
    kept = [(key, name) for key, name in names.items() if EVERYWHERE in held or key in held]
    return sorted(kept, key=lambda one: one[1])
