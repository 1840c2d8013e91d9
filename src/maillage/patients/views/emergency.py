"""Opening a record without any other basis: the life of the patient is in danger."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.patients import actions, queries
from maillage.patients.actions.finding import find_in_emergency
from maillage.patients.enums import Basis
from maillage.patients.forms.care import EmergencyForm
from maillage.patients.forms.review import NamedForm
from maillage.patients.models import Patient
from maillage.patients.permissions import BREAK_GLASS, can_break_glass_for
from maillage.patients.queries.openings import find_opening
from maillage.patients.rules.constants import BASIS_TEXTS, NOTICE_WITHIN
from maillage.patients.views.answers import (
    BREAK_GLASS_MINUTES,
    left_minutes,
    places_where,
    refuse_in,
)
from maillage.vocabulary.errors import Invalid, NotAllowed, NotFound, Refusal

ALREADY_OPEN = "patients.already-open"

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@form_methods
@requires(BREAK_GLASS)
def emergency(request: Request, key: str) -> HttpResponse:
    """Open this record for a short time."""
    patient = queries.get_patient(key)
    form = EmergencyForm(request.POST or None, places=places_where(request, can_break_glass_for))
    if form.is_valid() and _opens(request, form, patient):
        return redirect("patients:record", patient.key)
    return _page(request, form)


@form_methods
@requires(BREAK_GLASS)
def emergency_find(request: Request) -> HttpResponse:
    """Open the record of somebody who is known by name and birth date only."""
    form = EmergencyForm(request.POST or None, places=places_where(request, can_break_glass_for))
    finder = NamedForm(request.POST or None)
    if form.is_valid() & finder.is_valid():
        try:
            patient = find_in_emergency(by=request.actor, at=request.now, **finder.cleaned_data)
        except (NotFound, Refusal) as error:
            refuse_in(finder, error)
        else:
            if _opens(request, form, patient):
                return redirect("patients:record", patient.key)
    return _page(request, form, finder=finder)


def _opens(request: Request, form: EmergencyForm, patient: Patient) -> bool:
    """Open it, or say in the form why it stays closed."""
    try:
        actions.break_glass(patient=patient, by=request.actor, at=request.now, **form.cleaned_data)
    except (Invalid, Refusal, NotAllowed) as error:
        if error.code == ALREADY_OPEN:
            messages.info(request, error.message)
            return True
        refuse_in(form, error)
        return False
    messages.success(request, "Le dossier est ouvert en urgence vitale.")
    return True


def _page(
    request: Request, form: EmergencyForm, *, finder: NamedForm | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "finder": finder,
        "others": [form],
        "places": places_where(request, can_break_glass_for),
        "minutes": BREAK_GLASS_MINUTES,
        "notice_days": NOTICE_WITHIN.days,
        "text": BASIS_TEXTS[Basis.BREAK_GLASS],
    }
    wrong = form.errors or (finder is not None and finder.errors)
    status = 422 if request.method == "POST" and wrong else 200
    return render(request, "patients/emergency.html", context, status=status)


@require_safe
@requires(BREAK_GLASS)
def emergency_left(request: Request, key: str) -> HttpResponse:
    """The time that an opening has left: a part of the page, which reloads when it is over."""
    patient = queries.get_patient(key)
    opening = find_opening(patient, by=request.actor, at=request.now)
    if opening is None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {
        "key": key,
        "opening": opening,
        "left_minutes": left_minutes(opening.expires_at, request.now),
    }
    return render(request, "patients/components/open_banner.html", context)


@require_POST
@requires(BREAK_GLASS)
def emergency_close(request: Request, key: str) -> HttpResponse:
    """Close one's own opening before its end."""
    patient = queries.get_patient(key)
    opening = find_opening(patient, by=request.actor, at=request.now)
    if opening is not None:
        actions.close_opening(opening=opening, by=request.actor, at=request.now)
    messages.success(request, "Le dossier est refermé.")
    return redirect("patients:search")
