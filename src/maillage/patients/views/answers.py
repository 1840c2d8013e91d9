"""How the pages of this room open a record, refuse it, and answer a form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from math import ceil
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from maillage.accounts.forms import add_problems
from maillage.accounts.http import Request
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.directory.queries import list_organization_names
from maillage.patients import actions, queries
from maillage.patients.actions.watching import read_accesses
from maillage.patients.models import Patient
from maillage.patients.permissions import ADMIT, BREAK_GLASS
from maillage.patients.rules.access import Ground, check_found
from maillage.patients.rules.constants import BREAK_GLASS_LASTS
from maillage.patients.rules.identity import short_label
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, MaillageError, NotAllowed, NotFound, Refusal

P = ParamSpec("P")
View = Callable[Concatenate[Request, str, P], HttpResponse]

NO_BASIS = "patients.no-basis"
ROWS = 50
"""Rows of one page of a list."""

BREAK_GLASS_MINUTES = int(BREAK_GLASS_LASTS.total_seconds() // 60)


def or_denied(view: View[P]) -> View[P]:
    """A record without a basis becomes the page that says why, and the ways forward."""

    def guarded(request: Request, key: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, key, *args, **kwargs)
        except NotAllowed as error:
            if error.code != NO_BASIS:
                raise
            context = {
                "error": error,
                "key": key,
                "minutes": BREAK_GLASS_MINUTES,
                "may_admit": ADMIT.allows(request.actor, request.actor.organizations()),
                "may_break": BREAK_GLASS.allows(request.actor),
            }
            return render(request, "patients/denied.html", context, status=error.status)

    guarded.__name__ = view.__name__
    guarded.__doc__ = view.__doc__
    guarded.__module__ = view.__module__
    return guarded


def open_record(request: Request, key: str, what: str) -> tuple[Patient, Ground]:
    """The record and the basis that opens it to this person, with the audit line of a reading. A
    form that comes back shows nothing more than what was typed: it checks the basis alone."""
    patient = queries.get_patient(key)
    if request.method == "POST":
        ground = queries.find_ground(patient, by=request.actor, at=request.now)
        return patient, check_found(ground)
    ground = actions.read_record(patient=patient, what=what, by=request.actor, at=request.now)
    return patient, ground


def open_accesses(request: Request, key: str) -> tuple[Patient, QuerySet[AuditEvent]]:
    """The record and the history of its accesses, with the audit line of that reading."""
    patient = queries.get_patient(key)
    return patient, read_accesses(patient=patient, by=request.actor, at=request.now)


def places_where(request: Request, may: Callable[[Actor, str], bool]) -> list[tuple[str, str]]:
    """(slug, name) of the organizations for which a rule lets this person act."""
    return [pair for pair in list_organization_names() if may(request.actor, pair[0])]


def page_of(request: Request, rows: Any) -> Page[Any]:
    """The page of a list that the address asks for."""
    return Paginator(rows, ROWS).get_page(request.GET.get("page"))


def left_minutes(until: datetime | None, now: datetime) -> int:
    """Whole minutes left until an instant, the one begun included; 0 without one."""
    return ceil((until - now).total_seconds() / 60) if until else 0


def refuse_in(form: forms.Form, error: MaillageError) -> int:
    """Say a refusal in the form, beside its field or on top, and give the status of the answer."""
    add_problems(form, error)
    return 422 if isinstance(error, NotFound) else error.status


def answer(
    request: Request,
    form: forms.Form,
    act: Callable[[], object],
    *,
    patient: Patient,
    title: str,
    button: str,
    done: str,
    lead: str = "",
    asks_place: bool = False,
) -> HttpResponse:
    """A form on a record; once valid, one call, then the record. A refusal becomes a sentence
    above the fields, and nothing typed is lost."""
    back_url = reverse("patients:record", args=[patient.key])
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except (Invalid, Refusal, NotFound, NotAllowed) as error:
            if error.code == NO_BASIS:
                raise
            status = refuse_in(form, error)
        else:
            messages.success(request, done)
            return redirect(back_url)
    elif form.errors:
        status = 422
    context = {
        "form": form,
        "title": title,
        "button": button,
        "lead": lead,
        "patient": patient,
        "label": short_label(patient, on=local_day(request.now)),
        "back_url": back_url,
        "asks_place": asks_place,
        "places": True,
    }
    return render(request, "patients/form.html", context, status=status)


def do(
    request: Request,
    act: Callable[[], object],
    *,
    done: str,
    to: str,
    args: Iterable[Any] = (),
) -> HttpResponse:
    """An act without a form: one call, then a page with its word or its refusal."""
    try:
        act()
    except (Refusal, NotAllowed) as refusal:
        if refusal.code == NO_BASIS:
            raise
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect(reverse(to, args=list(args)))
