"""Finding a patient: the one box, a new record, joining an existing one, requests of persons."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from maillage.accounts.http import Request, requires
from maillage.patients import actions
from maillage.patients.actions.finding import find_person
from maillage.patients.forms.identity import JoinForm, PatientForm
from maillage.patients.forms.review import PersonForm
from maillage.patients.forms.search import SearchForm
from maillage.patients.permissions import ADMIT, BREAK_GLASS, CARE, HAND_OVER, can_admit_to
from maillage.patients.views.answers import places_where, refuse_in
from maillage.vocabulary.errors import Invalid, NotAllowed, NotFound, Refusal

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@form_methods
@requires(CARE)
def search(request: Request) -> HttpResponse:
    """The one box. The question is posted: no trait reaches an address, a history or a log."""
    form = SearchForm(request.POST or None)
    result, status = None, 200
    if form.is_valid():
        try:
            result = actions.search_patients(values=form.typed, by=request.actor, at=request.now)
        except (Invalid, Refusal) as error:
            form.add_error("q", error.message)
            status = error.status
    elif form.is_bound:
        status = 422
    context = {
        "form": form,
        "result": result,
        "carried": _carried(form) if result else {},
        "may_admit": ADMIT.allows(request.actor, request.actor.organizations()),
        "may_break": BREAK_GLASS.allows(request.actor),
    }
    return render(request, "patients/search.html", context, status=status)


@form_methods
@requires(ADMIT)
def new(request: Request) -> HttpResponse:
    """A record that does not exist yet. Coming from a search, its birth date is already there."""
    places = places_where(request, can_admit_to)
    status = 200
    if request.POST.get("depuis") == "recherche":
        given = {name: request.POST.get(name, "")[:40] for name in ("birth_date", "ins_number")}
        form = PatientForm(initial=given, places=places)
    else:
        form = PatientForm(request.POST or None, places=places)
        if form.is_valid():
            try:
                patient = actions.create_patient(
                    identity=form.identity(),
                    organization=form.cleaned_data["organization"],
                    number=form.cleaned_data["number"],
                    by=request.actor,
                    at=request.now,
                )
            except (Invalid, Refusal, NotAllowed) as error:
                status = refuse_in(form, error)
            else:
                messages.success(request, "Le dossier est ouvert.")
                return redirect("patients:record", patient.key)
        elif form.is_bound:
            status = 422
    context = {"form": form, "places": places}
    return render(request, "patients/new.html", context, status=status)


@form_methods
@requires(ADMIT)
def join(request: Request) -> HttpResponse:
    """Declare the stay of a patient whose record exists elsewhere: exact traits, or the INS."""
    places = places_where(request, can_admit_to)
    form = JoinForm(request.POST or None, places=places)
    status = 200
    if form.is_valid():
        try:
            patient = actions.join_patient(
                identity=form.identity(),
                organization=form.cleaned_data["organization"],
                number=form.cleaned_data["number"],
                by=request.actor,
                at=request.now,
            )
        except (Invalid, Refusal, NotFound, NotAllowed) as error:
            status = refuse_in(form, error)
        else:
            messages.success(request, "La venue est déclarée : le dossier vous est ouvert.")
            return redirect("patients:record", patient.key)
    elif form.is_bound:
        status = 422
    context = {"form": form, "places": places}
    return render(request, "patients/join.html", context, status=status)


@form_methods
@requires(HAND_OVER)
def persons(request: Request) -> HttpResponse:
    """The record of somebody who asks for the accesses, a copy or an erasure."""
    form = PersonForm(request.POST or None)
    found, status = None, 200
    if form.is_valid():
        try:
            found = find_person(by=request.actor, at=request.now, **form.cleaned_data)
        except (Invalid, NotFound) as error:
            status = refuse_in(form, error)
    elif form.is_bound:
        status = 422
    return render(request, "patients/persons.html", {"form": form, "found": found}, status=status)


def _carried(form: SearchForm) -> dict[str, str]:
    """What was typed in the box and goes on to the form of a new record."""
    born = form.typed.birth_date
    return {
        "birth_date": f"{born:%d/%m/%Y}" if born else "",
        "ins_number": form.typed.ins_number,
    }
