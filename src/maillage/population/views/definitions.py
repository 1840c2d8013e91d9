"""Pages of definitions: those of the product, those of one's own."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.population import actions, queries
from maillage.population.forms.others import CohortForm, PreviewForm
from maillage.population.models import CohortDefinition
from maillage.population.permissions import DEFINE, READ
from maillage.population.queries import definitions as pages
from maillage.population.views.answers import do
from maillage.vocabulary.errors import Invalid, Refusal

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@requires(READ)
def definitions(request: Request) -> HttpResponse:
    """Every cohort, indicator and code list, and the cohorts of one's own."""
    may_define = DEFINE.allows(request.actor)
    context = {
        "page": pages.get_definitions_page(
            text=request.GET.get("q", ""), with_drafts=may_define, at=request.now
        ),
        "may_define": may_define,
    }
    return render(request, "population/data/definitions.html", context)


@require_safe
@requires(READ)
def definition(request: Request, sort: str, key: str) -> HttpResponse:
    """One definition: what it says, its codes, its source, its query."""
    context = {"page": pages.get_definition_page(sort, key, at=request.now)}
    return render(request, "population/data/definition.html", context)


@form_methods
@requires(DEFINE)
def new_own(request: Request) -> HttpResponse:
    """A new cohort, from an example or from one of the product (``modele``)."""
    initial = {"text": pages.get_model_text(request.GET.get("modele", ""))}
    return _edit(request, None, initial)


@form_methods
@requires(DEFINE)
def edit_own(request: Request, pk: int) -> HttpResponse:
    """Change a draft, or begin the next version of a published cohort."""
    found = queries.get_definition(pk)
    return _edit(request, found, {"text": found.text})


def _edit(
    request: Request, found: CohortDefinition | None, initial: dict[str, str]
) -> HttpResponse:
    form = CohortForm(request.POST if request.method == "POST" else None, initial=initial)
    problems: tuple[object, ...] = ()
    if request.method == "POST" and form.is_valid():
        try:
            saved = actions.save_definition(
                text=form.cleaned_data["text"], definition=found, by=request.actor, at=request.now
            )
        except Invalid as error:
            problems = error.problems
            form.add_error("text", error.message)
        except Refusal as refusal:
            form.add_error("text", refusal.message)
        else:
            return redirect("population:definition-own", saved.pk)
    status = 422 if form.is_bound else 200
    context = {"form": form, "found": found, "problems": problems}
    return render(request, "population/data/definition_edit.html", context, status=status)


@require_safe
@requires(DEFINE)
def own(request: Request, pk: int) -> HttpResponse:
    """A cohort of one's own: what it says, its count, what may be done."""
    found = queries.get_definition(pk)
    context = {"page": pages.get_own_page(found), "form": _preview_form()}
    return render(request, "population/data/definition_own.html", context)


@require_POST
@requires(DEFINE)
def preview(request: Request, pk: int) -> HttpResponse:
    """Count the people of a draft in the background."""
    found = queries.get_definition(pk)
    form = _preview_form(request)
    if not form.is_valid():
        messages.error(request, "Choisissez les données dans la liste.")
        return redirect("population:definition-own", pk)
    version = queries.get_version_by_number(form.cleaned_data["version"])
    return do(
        request,
        lambda: actions.ask_for_preview(
            definition=found, version=version, by=request.actor, at=request.now
        ),
        done="Le décompte est demandé.",
        to="population:definition-own",
        args=(pk,),
    )


@require_POST
@requires(DEFINE)
def publish(request: Request, pk: int) -> HttpResponse:
    """Publish a draft."""
    found = queries.get_definition(pk)
    return do(
        request,
        lambda: actions.publish_definition(definition=found, by=request.actor, at=request.now),
        done="Cette cohorte est publiée : le prochain calcul la comprend.",
        to="population:definition-own",
        args=(pk,),
    )


@require_POST
@requires(DEFINE)
def retire(request: Request, pk: int) -> HttpResponse:
    """Take a published cohort out of the next computations, or give a draft up."""
    found = queries.get_definition(pk)
    return do(
        request,
        lambda: actions.retire_definition(definition=found, by=request.actor, at=request.now),
        done="Cette définition est retirée : les prochains calculs s'en passent.",
        to="population:definition-own",
        args=(pk,),
    )


def _preview_form(request: Request | None = None) -> PreviewForm:
    versions = [(one.pk, str(one)) for one in queries.list_ready_versions()]
    return PreviewForm(request.POST if request else None, versions=versions)
