"""Pages of holes: the next 28 days, one duty with its replacements, proofs, repairs."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.oncall.actions import repairs as actions
from maillage.oncall.forms.repairs import AwayForm, MovesForm, NotedAwayForm
from maillage.oncall.permissions import ASSIGN, PLAN, READ_DRAFTS
from maillage.oncall.queries import holes as queries
from maillage.oncall.queries import proofs, repairs
from maillage.oncall.rules.moves import read_moves
from maillage.vocabulary.errors import Invalid, Refusal

UNPROCESSABLE = 422


@require_safe
@requires(READ_DRAFTS)
def holes(request: Request) -> HttpResponse:
    """Duties of the next 28 days that nobody holds."""
    rows = queries.list_holes(request.actor, at=request.now)
    context = {
        "rows": rows,
        "days": queries.HOLES_DAYS,
        "may_assign": ASSIGN.allows(request.actor, request.actor.organizations()),
    }
    return render(request, "oncall/holes/list.html", context)


@require_safe
@requires(READ_DRAFTS)
def slot(request: Request, pk: int) -> HttpResponse:
    """A duty in force: who holds it, who could instead, and why the others cannot."""
    page = queries.get_slot_page(pk, request.actor, at=request.now)
    return render(request, "oncall/holes/slot.html", {"page": page, "now": request.now})


@require_POST
@requires(ASSIGN)
def change(request: Request, pk: int) -> HttpResponse:
    """Give the duty to somebody, with what they give in return."""
    form = MovesForm(request.POST)
    try:
        if not form.is_valid():
            raise Invalid("oncall.moves", "Ces changements de titulaire ne se lisent pas.")
        moved = actions.change_hands(
            moves=read_moves(form.cleaned_data["mouvements"]),
            reason=form.cleaned_data["motif"],
            by=request.actor,
            at=request.now,
        )
        many = len(moved) > 1
        messages.success(
            request, f"{len(moved)} gardes changées." if many else "La garde est attribuée."
        )
    except (Invalid, Refusal) as error:
        messages.error(request, error.message)
    return redirect("oncall:slot", pk)


@require_safe
@requires(READ_DRAFTS)
def proof(request: Request, pk: int) -> HttpResponse:
    """Why nobody holds a duty, proven: a fragment of its page, or a page of its own."""
    parts = proofs.prove_hole_in_force(pk, at=request.now)
    name = "proof_fragment" if request.htmx else "proof"
    return render(request, f"oncall/holes/{name}.html", {"parts": parts, "slot": pk})


@require_safe
@requires(PLAN)
def roster_proof(request: Request, slug: str) -> HttpResponse:
    """Why duties of a draft have no holder, proven."""
    parts = proofs.prove_holes_of_roster(slug, request.actor, at=request.now)
    name = "proof_fragment" if request.htmx else "proof"
    return render(request, f"oncall/holes/{name}.html", {"parts": parts, "roster": slug})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(ASSIGN)
def repair(request: Request) -> HttpResponse:
    """Somebody is away: what changes hands, before anything does. Asked by POST: who is away, and
    when, stays out of addresses."""
    people = repairs.list_holders(request.actor, at=request.now)
    if request.method == "POST":
        return _show_repair(request, AwayForm(request.POST, people=people))
    form = AwayForm(people=people, initial={"praticien": request.GET.get("praticien", "")})
    return render(request, "oncall/holes/repair.html", {"form": form, "people": people})


def _show_repair(
    request: Request, form: AwayForm, noted: NotedAwayForm | None = None
) -> HttpResponse:
    """The page with what the absence changes; ``noted`` carries what was wrong in writing it."""
    plan = None
    if form.is_valid():
        found = form.cleaned_data
        try:
            plan = repairs.plan_repair(
                repairs.find_practitioner(found["praticien"]),
                found["du"],
                found["au"],
                request.actor,
                at=request.now,
            )
        except Invalid as error:
            form.say(error)
    context = {
        "form": form,
        "plan": plan,
        "people": form.people,
        "noted": noted or NotedAwayForm(people=form.people),
    }
    status = UNPROCESSABLE if form.errors or noted else 200
    return render(request, "oncall/holes/repair.html", context, status=status)


@require_POST
@requires(ASSIGN)
def do_repair(request: Request) -> HttpResponse:
    """Write the absence and hand the duties over, as was shown."""
    people = repairs.list_holders(request.actor, at=request.now)
    form = NotedAwayForm(request.POST, people=people)
    if not form.is_valid():
        return _show_repair(request, AwayForm(request.POST, people=people), form)
    found = form.cleaned_data
    moves = found["mouvements"]
    try:
        moved = actions.repair_absence(
            practitioner=repairs.find_practitioner(found["praticien"]),
            kind=found["nature"],
            starts_at=found["du"],
            ends_at=found["au"],
            moves=read_moves(moves) if moves else (),
            by=request.actor,
            at=request.now,
        )
    except (Invalid, Refusal) as error:
        form.add_error(None, error.message)
        return _show_repair(request, AwayForm(request.POST, people=people), form)
    words = "L'absence est notée."
    if moved:
        count = len(moved)
        words += f" {count} gardes changées." if count > 1 else " Une garde changée."
    messages.success(request, words)
    return redirect("oncall:holes")
