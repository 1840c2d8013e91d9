"""Pages of scenarios: what would happen if ..."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.agreements.queries.records import get_agreement
from maillage.coverage.actions import scenario_acts
from maillage.coverage.actions import scenarios as actions
from maillage.coverage.forms.first_changes import read_first_changes
from maillage.coverage.forms.scenarios import (
    CHANGE_FORMS,
    ChangeForm,
    DraftAgreementForm,
    RosterReasonForm,
    ScenarioForm,
    change_menu,
)
from maillage.coverage.models import Scenario
from maillage.coverage.permissions import PLAN, READ
from maillage.coverage.queries import scenarios as queries
from maillage.coverage.queries.scenario_choices import suggest_choices
from maillage.coverage.queries.what_if import peek_ground
from maillage.coverage.rules.scenarios import name_of_changes
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, NotFound, Refusal

UNPROCESSABLE = 422
CONFLICT = 409
STALE = "coverage.scenario-stale"

FORM_METHODS = ["GET", "HEAD", "POST"]


@require_safe
@requires(READ)
def scenarios(request: Request) -> HttpResponse:
    """One's own scenarios, and those that others touched last."""
    may_plan = PLAN.allows(request.actor)
    if may_plan:
        peek_ground(*queries.default_horizon(local_day(request.now)))
    context = {"lists": queries.list_scenarios(request.actor), "may_plan": may_plan}
    return render(request, "coverage/scenario/list.html", context)


def _seen_version(request: Request) -> int:
    """The version that the page showed; 0, which none has, when it does not say."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


@require_http_methods(FORM_METHODS)
@requires(PLAN)
def new(request: Request) -> HttpResponse:
    """Begin a scenario; the address may give its first changes."""
    given = request.POST if request.method == "POST" else request.GET
    changes, problem = read_first_changes(given, at=request.now)
    sentences: list[str] = []
    unnamed: list[str] = []
    try:
        sentences = queries.describe_changes(changes)
        unnamed = queries.describe_changes(changes, with_people=False)
    except Invalid as error:
        problem = " ".join(queries.problems_in_words(error, changes))
        changes = []
    posted = request.POST if request.method == "POST" else None
    first_day, last_day = queries.default_horizon(local_day(request.now))
    peek_ground(first_day, last_day)
    draft = actions.ScenarioDraft(name_of_changes(unnamed), first_day, last_day)
    form = ScenarioForm(posted, initial=ScenarioForm.values_of(draft))
    if form.is_valid():
        try:
            scenario = actions.create_scenario(
                draft=form.draft(), changes=changes, by=request.actor, at=request.now
            )
            return redirect("coverage:scenario", scenario.token)
        except Invalid as error:
            form.say(error)
    context = {
        "form": form,
        "sentences": sentences,
        "problem": problem,
        "changes_text": json.dumps(changes) if changes else "",
    }
    return _page(request, "new", context, form)


def _page(request: Request, name: str, context: dict[str, Any], form: Any) -> HttpResponse:
    status = UNPROCESSABLE if form.errors else 200
    return render(request, f"coverage/scenario/{name}.html", context, status=status)


def _shown(request: Request) -> queries.Shown:
    """What the address asks the map to show; what is no choice counts as not given."""
    view = request.GET.get("carte", "")
    step = request.GET.get("etape", "")
    return queries.Shown(
        view=view if view in queries.VIEWS else next(iter(queries.VIEWS)),
        pathway=request.GET["filiere"][:80] if "filiere" in request.GET else None,
        measure=request.GET.get("mesure", ""),
        step=int(step) if step.isdecimal() and len(step) < 4 else None,
    )


@require_safe
@requires(READ)
def scenario(request: Request, token: str) -> HttpResponse:
    """A scenario: its changes, and what they would do."""
    card = queries.get_scenario_card(token, request.actor)
    wait = request.GET.get("attendre") == "oui"
    result = queries.get_result(card.scenario, _shown(request), request.actor, wait=wait)
    notes = result.what_if.notes if result.what_if else {}
    context = {
        "card": card,
        "scenario": card.scenario,
        "rows": [(row, notes.get(row.index, ())) for row in card.rows],
        "menu": change_menu(),
        "result": result,
        "views": queries.VIEWS,
        "today": local_day(request.now),
    }
    return render(request, "coverage/scenario/detail.html", context)


@require_safe
@requires(READ)
def result(request: Request, token: str) -> HttpResponse:
    """What a scenario would do, as a fragment: its page asks for it until it is ready."""
    found = queries.get_scenario(token)
    context = {
        "scenario": found,
        "result": queries.get_result(found, _shown(request), request.actor),
        "views": queries.VIEWS,
        "today": local_day(request.now),
    }
    return render(request, "coverage/scenario/result.html", context)


@require_safe
@requires(PLAN)
def choices(request: Request, kind: str) -> HttpResponse:
    """Options of a type-ahead, as a fragment."""
    found = suggest_choices(kind, request.GET.get("q", "")[:80])
    return render(request, "coverage/scenario/choices.html", {"choices": found})


@require_http_methods(FORM_METHODS)
@requires(PLAN)
def add(request: Request, token: str, nature: str) -> HttpResponse:
    """Add one change by its short form."""
    found = queries.get_scenario(token)
    kind = CHANGE_FORMS.get(nature)
    if kind is None:
        raise NotFound("coverage.unknown-kind", "Cette nature de changement n'existe pas.")
    form: ChangeForm = kind(request.POST or None, now=request.now)
    version = _seen_version(request) if request.method == "POST" else found.version
    if form.is_valid():
        try:
            change = form.as_json()
            queries.check_applies(found, change)
            replaced = queries.list_replaced(found, change)
            actions.add_change(
                scenario=found, version=version, change=change, by=request.actor, at=request.now
            )
            messages.success(request, _added(replaced))
            return redirect("coverage:scenario", token)
        except Invalid as error:
            form.say(error)
        except Refusal as error:
            if error.code == STALE:
                return _stale(request, error, found, "change", form)
            form.add_error(None, error.message)
    context = {"form": form, "scenario": found, "version": version}
    return _page(request, "change", context, form)


def _added(replaced: list[str]) -> str:
    """What is said of a change that was added; it may have taken the place of others."""
    if not replaced:
        return "Le changement est dans le scénario."
    return f"Le changement est dans le scénario. Il y remplace : {' '.join(replaced)}"


def _stale(
    request: Request, error: Refusal, found: Scenario, name: str = "stale", form: Any = None
) -> HttpResponse:
    """The scenario moved on under the page: what was typed is kept, and a link leads back."""
    context = {"form": form, "scenario": found, "version": found.version, "stale": error.message}
    return render(request, f"coverage/scenario/{name}.html", context, status=CONFLICT)


@require_POST
@requires(PLAN)
def remove(request: Request, token: str, index: int) -> HttpResponse:
    """Take one change out."""
    found = queries.get_scenario(token)
    try:
        actions.remove_change(
            scenario=found,
            version=_seen_version(request),
            index=index,
            by=request.actor,
            at=request.now,
        )
    except Refusal as error:
        return _stale(request, error, found)
    messages.success(request, "Le changement est retiré.")
    return redirect("coverage:scenario", token)


@require_http_methods(FORM_METHODS)
@requires(PLAN)
def edit(request: Request, token: str) -> HttpResponse:
    """Change the name, the intention or the horizon."""
    found = queries.get_scenario(token)
    draft = actions.ScenarioDraft(found.name, found.first_day, found.last_day, found.note)
    form = ScenarioForm(request.POST or None, initial=ScenarioForm.values_of(draft))
    version = _seen_version(request) if request.method == "POST" else found.version
    if form.is_valid():
        try:
            actions.edit_scenario(
                scenario=found,
                version=version,
                draft=form.draft(),
                by=request.actor,
                at=request.now,
            )
            return redirect("coverage:scenario", token)
        except Invalid as error:
            form.say(error)
        except Refusal as error:
            return _stale(request, error, found, "edit", form)
    return _page(request, "edit", {"form": form, "scenario": found, "version": version}, form)


@require_POST
@requires(PLAN)
def copy(request: Request, token: str) -> HttpResponse:
    """A copy of anybody's scenario, of one's own."""
    copied = actions.copy_scenario(
        scenario=queries.get_scenario(token), by=request.actor, at=request.now
    )
    messages.success(request, "Voici votre copie : l'original reste tel qu'il est.")
    return redirect("coverage:scenario", copied.token)


@require_POST
@requires(PLAN)
def delete(request: Request, token: str) -> HttpResponse:
    """Delete one's scenario."""
    found = queries.get_scenario(token)
    try:
        actions.delete_scenario(
            scenario=found, version=_seen_version(request), by=request.actor, at=request.now
        )
    except Refusal as error:
        return _stale(request, error, found)
    messages.success(request, f"Le scénario « {found.name} » est supprimé.")
    return redirect("coverage:scenarios")


def _act(
    request: Request, found: Scenario, index: int, form: Any, template: str,
    act: Callable[[str], str], **context: Any,
) -> HttpResponse:  # fmt: skip
    """A page that turns a change into an act of another room. ``act`` takes the address of the
    scenario and gives that of what came of it."""
    address = reverse("coverage:scenario", args=[found.token])
    if form.is_valid():
        try:
            return redirect(act(address))
        except (Refusal, Invalid) as error:
            form.add_error(None, error.message)
    sentence = queries.describe_changes([found.changes[index]])[0]
    shown = {"form": form, "scenario": found, "sentence": sentence, **context}
    return _page(request, template, shown, form)


@require_http_methods(FORM_METHODS)
@requires(PLAN)
def to_agreement(request: Request, token: str, index: int) -> HttpResponse:
    """Write an added clause into a draft agreement."""
    found = queries.get_scenario(token)
    change = scenario_acts.clause_change_at(found, index)
    sender, receiver = scenario_acts.parties_of(change)
    form = DraftAgreementForm(
        request.POST if request.method == "POST" else None,
        drafts=queries.list_drafts_for(change, request.actor),
        initial={"titre": f"{sender.short_name} – {receiver.short_name}"[:100]},
    )

    def act(address: str) -> str:
        slug = form.cleaned_data.get("convention")
        text = scenario_acts.draft_agreement(
            scenario=found,
            index=index,
            short_title=form.cleaned_data["titre"],
            address=address,
            agreement=get_agreement(slug) if slug else None,
            by=request.actor,
            at=request.now,
        )
        messages.success(request, "La clause est écrite dans une convention en formalisation.")
        return reverse("agreements:detail", args=[text.slug])

    return _act(request, found, index, form, "agreement", act)


@require_http_methods(FORM_METHODS)
@requires(PLAN)
def to_roster(request: Request, token: str, index: int) -> HttpResponse:
    """Ask those who keep a line to staff it."""
    found = queries.get_scenario(token)
    scenario_acts.change_at(found, index)
    form = RosterReasonForm(
        request.POST or None, initial={"motif": f"Scénario « {found.name} »"[:400]}
    )

    def act(address: str) -> str:
        scenario_acts.ask_roster(
            scenario=found,
            index=index,
            reason=form.cleaned_data["motif"],
            address=address,
            by=request.actor,
            at=request.now,
        )
        messages.success(request, "La demande est transmise à ceux qui tiennent la ligne.")
        return reverse("oncall:requests")

    return _act(request, found, index, form, "roster", act)
