"""Pages of proofs: map, calendar of holes, fragile points, communes, differences."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from maillage.accounts.http import Request, requires
from maillage.coverage import actions
from maillage.coverage.forms.proofs import ProofForm
from maillage.coverage.permissions import PLAN, PROVE, READ
from maillage.coverage.queries import calendar, communes, comparing, fragile, sheets
from maillage.coverage.queries import map as maps
from maillage.coverage.rules.proofs import current_horizon
from maillage.coverage.rules.sheets import Sheet
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, Refusal


@require_safe
@requires(READ)
def coverage_map(request: Request) -> HttpResponse:
    """The map of a proof, over its horizon or at one instant (``le``)."""
    asked = request.GET.dict()
    page = maps.get_map_page(asked, at=request.now)
    address = maps.canonical_address(page, asked)
    if request.htmx and not request.htmx.boosted:
        answer = render(request, "coverage/proof/map_shown.html", {"page": page})
        answer["HX-Push-Url"] = address
        return answer
    if asked.get("jour") and page.instant:
        return redirect(address)
    return _page(request, "map", page)


@require_safe
@requires(READ)
def coverage_map_csv(request: Request) -> HttpResponse:
    """The table behind the map, as a file."""
    return _csv(sheets.get_map_sheet(request.GET.dict(), at=request.now))


@require_safe
@requires(READ)
def hole_calendar(request: Request) -> HttpResponse:
    """The calendar of holes of a step."""
    page = calendar.get_calendar_page(request.GET.dict(), at=request.now)
    return _page(request, "calendar", page)


@require_safe
@requires(READ)
def week(request: Request, day: str) -> HttpResponse:
    """One week of the calendar as a table of hours."""
    page = calendar.get_week_page(day, request.GET.dict(), at=request.now)
    return render(request, "coverage/proof/week.html", {"page": page})


@require_safe
@requires(READ)
def hour(request: Request) -> HttpResponse:
    """One hour of one step: who has no cover, why, and who could close the hole."""
    page = calendar.get_hour_page(request.GET.dict(), at=request.now)
    trials = PLAN.allows(request.actor)
    return render(request, "coverage/proof/hour.html", {"page": page, "trials": trials})


@require_safe
@requires(READ)
def fragile_points(request: Request) -> HttpResponse:
    """What cover hangs on. People are named to those who plan care."""
    page = fragile.get_fragile_page(request.GET.dict(), by=request.actor, at=request.now)
    return _page(request, "fragile", page)


@require_safe
@requires(READ)
def fragile_points_csv(request: Request) -> HttpResponse:
    """Fragile points as a file; names of people as on the page."""
    asked = request.GET.dict()
    return _csv(sheets.get_fragile_sheet(asked, by=request.actor, at=request.now))


@require_safe
@requires(READ)
def worst_communes(request: Request) -> HttpResponse:
    """Communes worst served."""
    page = communes.get_communes_page(request.GET.dict(), at=request.now)
    return _page(request, "communes", page)


@require_safe
@requires(READ)
def worst_communes_csv(request: Request) -> HttpResponse:
    """The ranking as a file."""
    return _csv(sheets.get_ranking_sheet(request.GET.dict(), at=request.now))


@require_safe
@requires(READ)
def commune(request: Request, code: str) -> HttpResponse:
    """One commune in a proof."""
    page = communes.get_commune_sheet(code, request.GET.dict(), at=request.now)
    return render(request, "coverage/proof/commune.html", {"page": page})


@require_safe
@requires(READ)
def proofs(request: Request) -> HttpResponse:
    """Every proof."""
    return render(
        request, "coverage/proof/proofs.html", {"page": comparing.get_proofs_page(by=request.actor)}
    )


@require_safe
@requires(READ)
def proof(request: Request, pk: int) -> HttpResponse:
    """One proof: totals, balance, what it was computed from, files."""
    page = comparing.get_proof_page(pk, by=request.actor, at=request.now)
    return render(request, "coverage/proof/proof.html", {"page": page})


@require_safe
@requires(READ)
def compare_proofs(request: Request) -> HttpResponse:
    """Two proofs: what changed."""
    page = comparing.get_compare_page(request.GET.dict())
    return render(request, "coverage/proof/compare.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(PROVE)
def new_proof(request: Request) -> HttpResponse:
    """Ask for a proof over a horizon of one's own."""
    first, after = current_horizon(local_day(request.now))
    last = after - timedelta(days=1)
    form = ProofForm(
        request.POST if request.method == "POST" else None,
        initial={"du": f"{first:%d/%m/%Y}", "au": f"{last:%d/%m/%Y}"},
    )
    if request.method == "POST" and form.is_valid():
        try:
            return _ask(request, form)
        except Invalid as error:
            form.add_error("au", error.message)
        except Refusal as error:
            form.add_error("du", error.message)
    status = 422 if form.is_bound else 200
    return render(request, "coverage/proof/new.html", {"form": form}, status=status)


def _ask(request: Request, form: ProofForm) -> HttpResponseRedirect:
    asked = actions.ask_for_proof(
        first_day=form.cleaned_data["du"],
        last_day=form.cleaned_data["au"] + timedelta(days=1),
        label=form.cleaned_data["intitule"],
        by=request.actor,
        at=request.now,
    )
    return redirect("coverage:proof", pk=asked.pk)


@require_http_methods(["POST"])
@requires(PROVE)
def prove_again(request: Request, pk: int) -> HttpResponse:
    """Ask anew for a proof that was stopped or that failed."""
    asked = actions.ask_again(pk=pk, by=request.actor, at=request.now)
    return redirect("coverage:proof", pk=asked.pk)


@require_http_methods(["POST"])
@requires(PROVE)
def prove_now(request: Request) -> HttpResponse:
    """Ask for the proof of the coming year, the one that pages show."""
    first, last = current_horizon(local_day(request.now))
    actions.ask_for_proof(
        first_day=first, last_day=last, kept_current=True, by=request.actor, at=request.now
    )
    return redirect("coverage:map")


def _page(request: Request, name: str, page: object) -> HttpResponse:
    """A page of the current proof: when there is none yet, it offers to have it computed."""
    context = {"page": page, "may_prove": PROVE.allows(request.actor)}
    return render(request, f"coverage/proof/{name}.html", context)


def _csv(sheet: Sheet) -> HttpResponse:
    answer = HttpResponse("".join(sheet.pieces()), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{sheet.name}.csv"'
    return answer
