"""Pages of lines, their slots, and requests to staff a line."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.exchange.permissions import READ as READ_LISTS
from maillage.oncall import actions, queries
from maillage.oncall.enums import RequestState
from maillage.oncall.forms import AnswerForm, AssignForm, LineFilterForm, RequestForm, RosterForm
from maillage.oncall.permissions import ANSWER, ASK, ASSIGN, LINE_CALENDAR, READ, READ_PEOPLE
from maillage.oncall.queries.now import list_hospitals_of_lines
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, Refusal
from maillage.workforce.permissions import READ as READ_POSTS

UNPROCESSABLE = 422


@require_safe
@requires(READ)
def lines(request: Request) -> HttpResponse:
    """Every line: who keeps it now, until when, and its next hole."""
    form = LineFilterForm(request.GET, organizations=list_hospitals_of_lines())
    found = queries.list_lines_now(
        request.now, care_type=form.wanted("type"), organization=form.wanted("etablissement")
    )
    context = {"form": form, "lines": found, "may_export": READ_LISTS.allows(request.actor)}
    return render(request, "oncall/lines.html", context)


@require_safe
@requires(READ)
def line(request: Request, slug: str) -> HttpResponse:
    """A line and its coming days."""
    form = RosterForm.of(request.GET, today=local_day(request.now))
    roster = queries.get_roster(slug, at=request.now, first_day=form.day())
    owners = {roster.line.organization.slug} | {
        service.site.organization.slug for service in roster.now.services
    }
    context = {
        "form": form,
        "roster": roster,
        "today": local_day(request.now),
        "may_assign": ASSIGN.allows(request.actor, owners),
        "may_ask": ASK.allows(request.actor),
        "may_follow": LINE_CALENDAR.allows(request.actor),
        "may_see_outlook": READ_POSTS.allows(request.actor),
        "sees_people": READ_PEOPLE.allows(request.actor),
    }
    return render(request, "oncall/line.html", context)


@require_safe
@requires(READ)
def service_lines(request: Request, slug: str) -> HttpResponse:
    """The lines that keep a service: a fragment of its page, or a page of its own."""
    found = queries.list_lines_of_service(slug, request.now)
    name = "fragment" if request.htmx else "page"
    return render(request, f"oncall/service_lines_{name}.html", {"lines": found})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(ASSIGN)
def assign(request: Request, pk: int) -> HttpResponse:
    """Give a free slot to a practitioner of the receiving service."""
    slot = queries.get_slot(pk)
    form = AssignForm(request.POST or None, candidates=queries.list_candidates(slot))
    if form.is_valid():
        try:
            actions.assign_slot(
                slot=slot, practitioner=form.chosen(), by=request.actor, at=request.now
            )
            messages.success(request, f"{form.chosen()} tient ce créneau.")
            return redirect("oncall:line", slot.line.slug)
        except Refusal as error:
            form.add_error(None, error.message)
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "oncall/assign.html", {"form": form, "slot": slot}, status=status)


@require_POST
@requires(ASSIGN)
def release(request: Request, pk: int) -> HttpResponse:
    """Free a slot of its holder."""
    slot = queries.get_slot(pk)
    actions.release_slot(slot=slot, by=request.actor, at=request.now)
    messages.success(request, "Le créneau est libéré : il manque un titulaire.")
    return redirect("oncall:line", slot.line.slug)


@require_safe
@requires(READ)
def roster_requests(request: Request) -> HttpResponse:
    """Requests to staff a line, those that wait first."""
    state = request.GET.get("etat", "")
    rows = [
        (row, ANSWER.allows(request.actor, row.owners))
        for row in queries.list_requests(state=state)
    ]
    context = {"rows": rows, "state": state, "states": RequestState.choices}
    return render(request, "oncall/requests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(ASK)
def ask(request: Request, slug: str) -> HttpResponse:
    """Ask to staff a line over a period; the address may give the period and the reason."""
    line = queries.find_line(slug)
    given = {name: request.GET.get(name, "") for name in ("du", "au", "motif", "origine")}
    form = RequestForm(request.POST or None, initial=given)
    if form.is_valid():
        try:
            actions.ask_for_roster(line=line, by=request.actor, at=request.now, **form.values())  # type: ignore[arg-type]
            messages.success(request, "La demande est transmise à ceux qui tiennent la ligne.")
            return redirect("oncall:requests")
        except Invalid as error:
            form.say(error)
        except Refusal as error:
            form.add_error(None, error.message)
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "oncall/ask.html", {"form": form, "line": line}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(ANSWER)
def answer(request: Request, pk: int) -> HttpResponse:
    """Say that a request is filled or declined."""
    asked = queries.get_request(pk)
    form = AnswerForm(request.POST or None)
    if form.is_valid():
        try:
            actions.answer_request(
                request=asked,
                to=form.cleaned_data["issue"],
                answer=form.cleaned_data["reponse"],
                by=request.actor,
                at=request.now,
            )
            messages.success(request, "La réponse est enregistrée.")
            return redirect("oncall:requests")
        except Invalid as error:
            form.say(error)
        except Refusal as error:
            form.add_error(None, error.message)
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "oncall/answer.html", {"form": form, "asked": asked}, status=status)
