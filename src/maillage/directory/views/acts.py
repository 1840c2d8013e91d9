"""Acts of the directory: one form, one action, the refusal back in the form."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from maillage.accounts.http import Request, requires
from maillage.directory import actions, queries
from maillage.directory.forms import ClosureForm, FinessForm, JoinForm, LeaveForm
from maillage.directory.permissions import EDIT, EDIT_GROUPS, IMPORT
from maillage.vocabulary.errors import Invalid, Problem, Refusal

UNPROCESSABLE = 422


@require_http_methods(["GET", "HEAD", "POST"])
@requires(EDIT_GROUPS)
def join(request: Request, slug: str) -> HttpResponse:
    """An organization enters a group."""
    group = queries.find_group(slug)
    names = queries.list_organization_names()
    form = JoinForm(request.POST or None, organizations=names)
    if form.is_valid():
        said = form.cleaned_data
        try:
            actions.join_group(
                group=group,
                organization=queries.find_organization(said["etablissement"]),
                role=said["qualite"],
                starts_on=said["le"],
                source=said["source"],
                by=request.actor,
                at=request.now,
            )
            messages.success(request, "L'entrée est enregistrée.")
            return redirect("directory:group", group.slug)
        except Refusal as error:
            form.add_error(None, error.message)
    context = {"form": form, "group": group}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "directory/join.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(EDIT_GROUPS)
def leave(request: Request, slug: str, pk: int) -> HttpResponse:
    """An organization leaves a group."""
    membership = queries.find_membership(slug, pk)
    form = LeaveForm(request.POST or None)
    if form.is_valid():
        try:
            actions.leave_group(
                membership=membership,
                ends_on=form.cleaned_data["le"],
                source=form.cleaned_data["source"],
                by=request.actor,
                at=request.now,
            )
            messages.success(request, "La sortie est enregistrée.")
            return redirect("directory:group", slug)
        except Refusal as error:
            form.add_error(None, error.message)
    context = {"form": form, "membership": membership}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "directory/leave.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(EDIT)
def close(request: Request, slug: str) -> HttpResponse:
    """A service closes for a while."""
    service = queries.find_service(slug)
    form = ClosureForm(request.POST or None)
    if form.is_valid():
        try:
            actions.close_service(
                service=service,
                starts_at=form.cleaned_data["du"],
                ends_at=form.cleaned_data["au"],
                reason=form.cleaned_data["motif"],
                by=request.actor,
                at=request.now,
            )
            messages.success(request, "La fermeture est enregistrée.")
            return redirect("directory:service", service.slug)
        except Refusal as error:
            form.add_error(None, error.message)
    context = {"form": form, "service": service}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "directory/close.html", context, status=status)


@require_POST
@requires(EDIT)
def reopen(request: Request, slug: str, pk: int) -> HttpResponse:
    """End a closure now, or call it off."""
    closure = queries.find_closure(slug, pk)
    actions.reopen_service(closure=closure, by=request.actor, at=request.now)
    messages.success(request, "La fermeture est levée.")
    return redirect("directory:service", slug)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(IMPORT)
def finess(request: Request) -> HttpResponse:
    """Import a FINESS extract, or only say what it would change."""
    form = FinessForm(request.POST or None, request.FILES or None)
    report = None
    problems: tuple[Problem, ...] = ()
    if form.is_valid():
        said = form.cleaned_data
        try:
            report = actions.import_finess(
                stream=said["fichier"],
                filename=said["fichier"].name,
                departments=said["departements"],
                categories=said["categories"],
                dry_run="ecrire" not in request.POST,
                by=request.actor,
                at=request.now,
            )
        except Invalid as error:
            form.add_error(None, error.message)
            problems = error.problems
    context = {"form": form, "report": report, "problems": problems}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "directory/finess.html", context, status=status)
