"""Pages of rosters: the list, the grid of a month, its duties, its versions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget

from maillage.accounts.http import Request, requires
from maillage.oncall.actions import drafts, publishing
from maillage.oncall.actions import rosters as actions
from maillage.oncall.enums import VersionState
from maillage.oncall.forms.rosters import (
    AddDutyForm,
    HolderForm,
    OpinionForm,
    PublishForm,
    ReasonForm,
    RosterOfLinesForm,
)
from maillage.oncall.permissions import GIVE_OPINION, PLAN, READ, READ_DRAFTS, READ_PEOPLE
from maillage.oncall.queries import rosters as queries
from maillage.oncall.queries.month import Candidate, Month, get_candidates, get_month
from maillage.oncall.queries.roster_choices import (
    list_carriers,
    list_plannable_lines,
    usual_carrier,
)
from maillage.oncall.queries.roster_pages import get_publication, get_roster_card
from maillage.vocabulary.calendar import french_instant
from maillage.vocabulary.errors import Invalid, Refusal

UNPROCESSABLE = 422
FORM_METHODS = ["GET", "HEAD", "POST"]


def _number(request: Request) -> int | None:
    text = request.GET.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 5 else None


def _form_page(request: Request, name: str, context: dict[str, Any]) -> HttpResponse:
    status = UNPROCESSABLE if context["form"].errors else 200
    return render(request, f"oncall/rosters/{name}.html", context, status=status)


@require_safe
@requires(READ)
def rosters(request: Request) -> HttpResponse:
    """Rosters under way and to come."""
    past = request.GET.get("tous") == "oui"
    context = {
        "rows": queries.list_rosters(
            request.actor, at=request.now, past=past, drafts=READ_DRAFTS.allows(request.actor)
        ),
        "past": past,
        "may_plan": PLAN.allows(request.actor, request.actor.organizations()),
    }
    return render(request, "oncall/rosters/list.html", context)


@require_http_methods(FORM_METHODS)
@requires(PLAN)
def new(request: Request) -> HttpResponse:
    """Begin a roster."""
    lines, other = list_plannable_lines(request.actor), None
    chosen = request.GET.getlist("ligne")
    form = RosterOfLinesForm(
        request.POST or None, lines=lines, organizations=list_carriers(lines),
        initial={
            "lignes": chosen,
            "etablissement": usual_carrier(lines, chosen, request.actor),
            "du": request.GET.get("du", ""),
            "au": request.GET.get("au", ""),
        },
    )  # fmt: skip
    if form.is_valid():
        try:
            version = actions.make_roster(by=request.actor, at=request.now, **form.values())
            messages.success(request, "Le brouillon est prêt : personne n'y est encore prévu.")
            return redirect("oncall:rosters:month", version.roster.slug)
        except Invalid as error:
            form.say(error)
        except Refusal as error:
            form.add_error(None, error.message)
            other = error.details.get("roster")
    return _form_page(request, "new", {"form": form, "lines": lines, "other": other})


@require_safe
@requires(READ)
def month(request: Request, slug: str) -> HttpResponse:
    """The grid of a version: that which is being made, else the published one."""
    found = get_month(
        slug,
        request.actor,
        at=request.now,
        number=_number(request),
        drafts=READ_DRAFTS.allows(request.actor),
    )
    return _month_page(request, found, OpinionForm())


def _month_page(request: Request, found: Month, form: OpinionForm) -> HttpResponse:
    context = {
        "month": found,
        "card": get_roster_card(found, request.actor, at=request.now),
        "form": form,
        "now": request.now,
        "sees_people": READ_PEOPLE.allows(request.actor),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "oncall/rosters/month.html", context, status=status)


def _grid(request: Request, slug: str) -> HttpResponse:
    """The grid alone, after a change."""
    found = get_month(slug, request.actor, at=request.now)
    return render(request, "oncall/rosters/grid.html", {"month": found, "now": request.now})


@require_http_methods(FORM_METHODS)
@requires(PLAN)
def duty(request: Request, slug: str, pk: int) -> HttpResponse:
    """Who may hold a duty of the draft, and giving it: a page, or an editor inside the grid."""
    roster = queries.get_roster_of(slug)
    planned = queries.get_planned_duty(roster, pk)
    queries.check_may_plan(roster, request.actor)
    board, candidates = get_candidates(planned, roster, at=request.now)
    people = {one.person.slug: one.person for one in candidates}
    form = HolderForm(request.POST or None, slugs=list(people))
    if form.is_valid():
        try:
            drafts.plan_duty(
                duty=planned,
                practitioner=people.get(form.cleaned_data["praticien"]),
                shown=form.cleaned_data["montre"],
                by=request.actor,
                at=request.now,
            )
            if request.htmx:
                return _grid(request, slug)
            return redirect("oncall:rosters:month", slug)
        except Refusal as error:
            form.add_error(None, error.message)
    context = {
        "roster": roster,
        "planned": planned,
        "duty": board.by_id[f"p{planned.pk}"],
        "candidates": candidates,
        "free": sum(one.is_free for one in candidates),
        "form": form,
        "chosen": _chosen(request, candidates),
    }
    if not request.htmx:
        return _form_page(request, "duty", context)
    answer = _form_page(request, "editor", context)
    if form.errors:
        answer = reswap(retarget(answer, f"#case-{planned.pk}"), "innerHTML")
    return answer


def _chosen(request: Request, candidates: list[Candidate]) -> str:
    if request.method == "POST":
        return request.POST.get("praticien", "")
    return next((one.person.slug for one in candidates if one.is_holder), "")


@require_POST
@requires(PLAN)
def pin(request: Request, slug: str, pk: int) -> HttpResponse:
    """Pin a duty, or let computations change it again."""
    planned = queries.get_planned_duty(queries.get_roster_of(slug), pk)
    pinned = request.POST.get("figer") == "oui"
    drafts.pin_duty(duty=planned, pinned=pinned, by=request.actor, at=request.now)
    return _grid(request, slug) if request.htmx else redirect("oncall:rosters:month", slug)


@require_POST
@requires(PLAN)
def remove(request: Request, slug: str, pk: int) -> HttpResponse:
    """Take a duty out of the draft."""
    planned = queries.get_planned_duty(queries.get_roster_of(slug), pk)
    drafts.remove_duty(
        duty=planned, shown=request.POST.get("montre", ""), by=request.actor, at=request.now
    )
    messages.success(request, "La garde est retirée du brouillon.")
    return redirect("oncall:rosters:month", slug)


@require_http_methods(FORM_METHODS)
@requires(PLAN)
def add(request: Request, slug: str) -> HttpResponse:
    """Add a duty to the draft."""
    roster = queries.get_roster_of(slug)
    queries.check_may_plan(roster, request.actor)
    form = AddDutyForm(request.POST or None, lines=list(roster.lines.all()))
    if form.is_valid():
        try:
            made = drafts.add_duty(
                version=queries.get_version(roster),
                by=request.actor,
                at=request.now,
                **form.values(),
            )
            messages.success(request, f"Garde ajoutée le {french_instant(made.starts_at)}.")
            return redirect("oncall:rosters:month", slug)
        except Invalid as error:
            form.say(error)
        except Refusal as error:
            form.add_error(None, error.message)
    return _form_page(request, "add", {"form": form, "roster": roster})


@require_http_methods(FORM_METHODS)
@requires(PLAN)
def publish(request: Request, slug: str) -> HttpResponse:
    """What the publication of the open version would change; then do it."""
    page = get_publication(slug, request.actor, at=request.now)
    form = PublishForm(request.POST or None, initial={"empreinte": page.fingerprint})
    if form.is_valid():
        try:
            done = publishing.publish_version(
                version=page.version,
                shown=form.cleaned_data["empreinte"],
                reason=form.cleaned_data["motif"],
                by=request.actor,
                at=request.now,
            )
            messages.success(request, _published(done))
            return redirect("oncall:rosters:month", slug)
        except Invalid as error:
            form.say(error)
        except Refusal as error:
            form = PublishForm(initial={"empreinte": page.fingerprint})
            messages.error(request, error.message)
            return redirect("oncall:rosters:publish", slug)
    return _form_page(request, "publish", {"page": page, "form": form, "roster": page.roster})


def _published(done: publishing.Publication) -> str:
    gardes = (
        f"{done.changed} gardes modifiées"
        if done.changed > 1
        else ("1 garde modifiée" if done.changed else "aucune garde n'a changé")
    )
    holes = f" {done.holes} sans titulaire." if done.holes else " Toutes ont un titulaire."
    return f"Le tableau est publié : {gardes}.{holes}"


@require_http_methods(FORM_METHODS)
@requires(PLAN)
def amend(request: Request, slug: str) -> HttpResponse:
    """Open a modification of a published roster."""
    roster = queries.get_roster_of(slug)
    queries.check_may_plan(roster, request.actor)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        try:
            actions.amend_roster(
                roster=roster, reason=form.cleaned_data["motif"], by=request.actor, at=request.now
            )
            messages.success(
                request, "La modification est ouverte : elle part de ce qui est en vigueur."
            )
            return redirect("oncall:rosters:month", slug)
        except Invalid as error:
            form.say(error)
        except Refusal as error:
            form.add_error(None, error.message)
    return _form_page(request, "amend", {"form": form, "roster": roster})


MOVES: dict[str, tuple[Any, str]] = {
    VersionState.FOR_OPINION.value: (
        actions.submit_for_opinion, "Le tableau est soumis à avis.",
    ),
    VersionState.DRAFT.value: (actions.take_back, "Le tableau est de nouveau un brouillon."),
    VersionState.ABANDONED.value: (actions.abandon_version, "Cette version est abandonnée."),
}  # fmt: skip


@require_POST
@requires(PLAN)
def move(request: Request, slug: str, state: str) -> HttpResponse:
    """Submit the open version, take it back, give it up."""
    roster = queries.get_roster_of(slug)
    act, words = MOVES[state]
    act(version=queries.get_version(roster), by=request.actor, at=request.now)
    messages.success(request, words)
    return redirect("oncall:rosters:month", slug)


@require_POST
@requires(PLAN)
def clear(request: Request, slug: str) -> HttpResponse:
    """Free every duty of the draft that is not pinned."""
    roster = queries.get_roster_of(slug)
    version = queries.get_version(roster)
    count = drafts.clear_draft(version=version, by=request.actor, at=request.now)
    messages.success(request, f"{count} gardes libérées." if count > 1 else "Brouillon vidé.")
    return redirect("oncall:rosters:month", slug)


@require_POST
@requires(GIVE_OPINION)
def opinion(request: Request, slug: str) -> HttpResponse:
    """Say what one thinks of a submitted version."""
    roster = queries.get_roster_of(slug)
    form = OpinionForm(request.POST)
    if form.is_valid():
        try:
            actions.give_opinion(
                version=queries.get_version(roster),
                opinion=form.cleaned_data["avis"],
                comment=form.cleaned_data["remarque"],
                by=request.actor,
                at=request.now,
            )
            messages.success(request, "Votre avis est enregistré.")
            return redirect("oncall:rosters:month", slug)
        except Invalid as error:
            form.say(error)
    found = get_month(slug, request.actor, at=request.now)
    return _month_page(request, found, form)
