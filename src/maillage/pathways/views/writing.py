"""Pages that write: a pathway, the text of a draft, its steps, and the passages of its life."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from maillage.accounts.forms import add_problems
from maillage.accounts.http import Request, requires
from maillage.pathways import actions
from maillage.pathways.enums import PathwayKind
from maillage.pathways.forms import (
    NewPathwayForm,
    NewVersionForm,
    PathwayForm,
    StateForm,
    StepForm,
    VersionForm,
)
from maillage.pathways.models import Pathway, PathwayVersion
from maillage.pathways.permissions import EDIT, permission_of
from maillage.pathways.queries import get_pathway, get_version
from maillage.pathways.queries.facts import get_version_facts
from maillage.pathways.queries.pages import get_organization, list_owner_choices
from maillage.pathways.queries.records import check_can_write, owners_of, state_of
from maillage.pathways.rules.states import get_act_by_key
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, NotFound, Refusal

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def _form_page(
    request: Request,
    form: forms.Form,
    *,
    title: str,
    submit: str,
    back: str,
    pathway: Pathway | None = None,
    explanation: str = "",
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "title": title,
        "submit": submit,
        "back": back,
        "pathway": pathway,
        "explanation": explanation,
    }
    status = 422 if form.errors else 200
    return render(request, "pathways/form.html", context, status=status)


def _address(version: PathwayVersion, part: str = "") -> str:
    address = reverse("pathways:detail", args=[version.pathway.slug])
    return f"{address}?version={version.number}{part}"


@get_or_post
@requires(EDIT)
def create(request: Request) -> HttpResponse:
    """A new pathway with its first draft."""
    owners = list_owner_choices(request.actor)
    form = NewPathwayForm(request.POST or None, owners=owners)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            made = actions.create_pathway(
                slug=typed["slug"], **_identity(typed), by=request.actor, at=request.now
            )
            messages.success(request, "La filière est créée. Écrivez maintenant sa version 1.")
            return redirect("pathways:detail", made.slug)
        except (Refusal, Invalid, NotFound) as error:
            add_problems(form, error)
    back = reverse("pathways:list")
    return _form_page(request, form, title="Nouvelle filière", submit="Créer", back=back)


def _identity(typed: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": typed["name"],
        "need": typed["need"],
        "kind": PathwayKind(typed["kind"]),
        "owner_local": get_organization(typed["owner_local"]),
        "owner_reference": get_organization(typed["owner_reference"]),
    }


@get_or_post
@requires(EDIT)
def edit(request: Request, slug: str) -> HttpResponse:
    """How a pathway is called and who leads it."""
    pathway = get_pathway(slug)
    EDIT.check(request.actor, owners_of(pathway))
    local, reference = pathway.owner_local, pathway.owner_reference
    initial = {
        "name": pathway.name,
        "need": pathway.need,
        "kind": pathway.kind,
        "owner_local": local.slug if local else "",
        "owner_reference": reference.slug if reference else "",
    }
    owners = list_owner_choices(request.actor)
    form = PathwayForm(request.POST or None, owners=owners, initial=initial)
    back = reverse("pathways:detail", args=[slug])
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_pathway(
                pathway=pathway, **_identity(form.cleaned_data), by=request.actor, at=request.now
            )
            messages.success(request, "La filière est modifiée.")
            return redirect(back)
        except (Refusal, Invalid, NotFound) as error:
            add_problems(form, error)
    return _form_page(
        request, form, title="Nom et pilotes", submit="Enregistrer", back=back, pathway=pathway
    )


@get_or_post
@requires(EDIT)
def new_version(request: Request, slug: str) -> HttpResponse:
    """A draft that copies the newest version."""
    pathway = get_pathway(slug)
    EDIT.check(request.actor, owners_of(pathway))
    form = NewVersionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_version(
                pathway=pathway, note=form.cleaned_data["note"], by=request.actor, at=request.now
            )
            messages.success(request, f"La version {made.number} est ouverte, en brouillon.")
            return redirect(_address(made))
        except Refusal as error:
            add_problems(form, error)
    return _form_page(
        request,
        form,
        title="Nouvelle version",
        submit="Ouvrir le brouillon",
        back=reverse("pathways:detail", args=[slug]),
        pathway=pathway,
        explanation="Elle reprend le texte et les étapes de la dernière version.",
    )


@get_or_post
@requires(EDIT)
def edit_version(request: Request, slug: str, number: int) -> HttpResponse:
    """The text of a draft as a whole."""
    version = get_version(get_pathway(slug), number)
    check_can_write(version, request.actor)
    form = VersionForm(
        request.POST or None, initial=VersionForm.initial_of(get_version_facts(version))
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_version(
                version=version,
                text=actions.VersionText(**form.cleaned_data),
                by=request.actor,
                at=request.now,
            )
            messages.success(request, "Le texte est enregistré.")
            return redirect(_address(version))
        except (Refusal, Invalid) as error:
            add_problems(form, error)
    return _form_page(
        request,
        form,
        title=f"Texte de la version {number}",
        submit="Enregistrer",
        back=_address(version),
        pathway=version.pathway,
    )


@get_or_post
@requires(EDIT)
def add_step(request: Request, slug: str, number: int) -> HttpResponse:
    """A new step of a draft."""
    version = get_version(get_pathway(slug), number)
    check_can_write(version, request.actor)
    form = StepForm(request.POST or None, steps=get_version_facts(version).steps)
    if request.method == "POST" and form.is_valid():
        try:
            rank = actions.add_step(
                version=version, step=form.to_facts(), by=request.actor, at=request.now
            )
            messages.success(request, f"L'étape {rank} est ajoutée.")
            return redirect(_address(version, f"#etape-{rank}"))
        except Refusal as error:
            add_problems(form, error)
    return _form_page(
        request,
        form,
        title="Nouvelle étape",
        submit="Ajouter",
        back=_address(version, "#etapes"),
        pathway=version.pathway,
    )


@get_or_post
@requires(EDIT)
def edit_step(request: Request, slug: str, number: int, order: int) -> HttpResponse:
    """One step of a draft."""
    version = get_version(get_pathway(slug), number)
    check_can_write(version, request.actor)
    steps = get_version_facts(version).steps
    step = next((one for one in steps if one.order == order), None)
    if step is None:
        raise NotFound("pathway.unknown-step", f"Il n'y a pas d'étape {order}.")
    form = StepForm(
        request.POST or None, steps=steps, order=order, initial=StepForm.initial_of(step)
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_step(
                version=version, order=order, step=form.to_facts(), by=request.actor, at=request.now
            )
            messages.success(request, f"L'étape {order} est enregistrée.")
            return redirect(_address(version, f"#etape-{order}"))
        except Refusal as error:
            add_problems(form, error)
    return _form_page(
        request,
        form,
        title=step.title,
        submit="Enregistrer",
        back=_address(version, f"#etape-{order}"),
        pathway=version.pathway,
    )


@require_POST
@requires(EDIT)
def remove_step(request: Request, slug: str, number: int, order: int) -> HttpResponse:
    """Take a step out of a draft."""
    version = get_version(get_pathway(slug), number)
    actions.remove_step(version=version, order=order, by=request.actor, at=request.now)
    messages.success(request, f"L'étape {order} est retirée.")
    return redirect(_address(version, "#etapes"))


@require_POST
@requires(EDIT)
def move_step(request: Request, slug: str, number: int, order: int, to: int) -> HttpResponse:
    """Put a step of a draft at another rank."""
    version = get_version(get_pathway(slug), number)
    actions.move_step(version=version, order=order, to=to, by=request.actor, at=request.now)
    messages.success(request, "L'ordre des étapes est changé.")
    return redirect(_address(version, "#etapes"))


@get_or_post
@requires(EDIT)
def change_state(request: Request, slug: str, number: int, key: str) -> HttpResponse:
    """A passage of a version: what it asks, and what it does."""
    version = get_version(get_pathway(slug), number)
    act = get_act_by_key(state_of(version), key)
    permission_of(act).check(request.actor, owners_of(version.pathway))
    initial = {"on": local_day(request.now)}
    # Data is given even when empty: a passage may ask nothing at all.
    data = request.POST if request.method == "POST" else None
    form = StateForm(data, act=act, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_state(
                version=version,
                to=act.to,
                on=form.cleaned_data.get("on"),
                comment=form.cleaned_data.get("comment", ""),
                by=request.actor,
                at=request.now,
            )
            messages.success(request, f"« {act.label} » : c'est fait.")
            return redirect(_address(version))
        except Refusal as error:
            add_problems(form, error)
    return _form_page(
        request,
        form,
        title=f"{act.label} : version {number}",
        submit=act.label,
        back=_address(version),
        pathway=version.pathway,
        explanation=act.explanation,
    )
