"""Those who watch over accesses: the history of a record, emergency openings, rights of persons.
They see traces, never care."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.directory.queries import list_organization_names
from maillage.patients import actions, queries
from maillage.patients.actions.watching import read_addressee
from maillage.patients.enums import Basis, ReviewState
from maillage.patients.forms.care import EraseForm
from maillage.patients.forms.review import NoticeForm, VerdictForm
from maillage.patients.models import BreakGlass
from maillage.patients.permissions import ACCESSES, HAND_OVER, READ_ACCESSES, REVIEW
from maillage.patients.queries.accesses import list_readings, write_accesses
from maillage.patients.rules.constants import (
    BASIS_TEXTS,
    KEPT_AFTER_DEATH_YEARS,
    KEPT_AFTER_LAST_VISIT_YEARS,
    KEPT_UNTIL_AGE,
)
from maillage.patients.views.answers import open_accesses, or_denied, page_of, refuse_in
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal


@require_safe
@requires(ACCESSES)
@or_denied
def accesses(request: Request, key: str) -> HttpResponse:
    """Who read a record, when, on what basis, and what."""
    patient, events = open_accesses(request, key)
    watches = READ_ACCESSES.allows(request.actor)
    context = {
        "patient": patient,
        "page": page_of(request, events),
        "organizations": dict(list_organization_names()),
        "watches": watches,
        "may_hand_over": HAND_OVER.allows(request.actor),
    }
    return render(request, "patients/accesses.html", context)


@require_safe
@requires(ACCESSES)
@or_denied
def accesses_csv(request: Request, key: str) -> HttpResponse:
    """The same lines as a file."""
    patient, events = open_accesses(request, key)
    return HttpResponse(
        write_accesses(events),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="acces-{patient.key}.csv"',
            "Cache-Control": "private, no-store",
        },
    )


@require_safe
@requires(REVIEW)
def openings(request: Request) -> HttpResponse:
    """Emergency openings: those to review, or all of them."""
    every = request.GET.get("etat") == "toutes"
    found = queries.list_openings(review=None if every else ReviewState.PENDING)
    context = {
        "page": page_of(request, found),
        "every": every,
        "may_hand_over": HAND_OVER.allows(request.actor),
    }
    return render(request, "patients/openings.html", context)


@require_safe
@requires(REVIEW)
def opening(request: Request, pk: int) -> HttpResponse:
    """One opening: its reason, what was read, the notice and the review."""
    return _opening_page(request, queries.get_opening(pk), NoticeForm(), VerdictForm())


def _opening_page(
    request: Request,
    one: BreakGlass,
    notice: NoticeForm,
    verdict: VerdictForm,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "one": one,
        "traces": list_readings(one),
        "notice": notice,
        "verdict": verdict,
        "is_own": one.username == request.actor.username,
    }
    return render(request, "patients/opening.html", context, status=status)


@require_POST
@requires(REVIEW)
def notice(request: Request, pk: int) -> HttpResponse:
    """Note that the patient was told."""
    one = queries.get_opening(pk)
    form, status = NoticeForm(request.POST), 422
    if form.is_valid():
        try:
            actions.note_notice(
                opening=one, how=form.cleaned_data["how"], by=request.actor, at=request.now
            )
        except (Invalid, Refusal) as error:
            status = refuse_in(form, error)
        else:
            messages.success(request, "L'information du patient est notée.")
            return redirect("patients:opening", pk)
    return _opening_page(request, one, form, VerdictForm(), status=status)


@require_POST
@requires(REVIEW)
def review(request: Request, pk: int) -> HttpResponse:
    """Say whether an opening was justified."""
    one = queries.get_opening(pk)
    form, status = VerdictForm(request.POST), 422
    if form.is_valid():
        try:
            actions.review_opening(
                opening=one, by=request.actor, at=request.now, **form.cleaned_data
            )
        except (Invalid, Refusal, NotAllowed) as error:
            status = refuse_in(form, error)
        else:
            messages.success(request, "L'avis est rendu.")
            return redirect("patients:opening", pk)
    return _opening_page(request, one, NoticeForm(), form, status=status)


@require_safe
@requires(REVIEW)
def letter(request: Request, pk: int) -> HttpResponse:
    """The letter that tells the patient, to print."""
    one = queries.get_opening(pk)
    context = {
        "one": one,
        "addressee": read_addressee(opening=one, by=request.actor, at=request.now),
        "today": local_day(request.now),
        "text": BASIS_TEXTS[Basis.BREAK_GLASS],
    }
    return render(request, "patients/letter.html", context)


@require_POST
@requires(HAND_OVER)
def export(request: Request, key: str) -> HttpResponse:
    """All that is kept of a person, as a file (RGPD, article 15). Posted: it leaves a line."""
    patient = queries.get_patient(key)
    kept = actions.export_person(patient=patient, by=request.actor, at=request.now)
    return HttpResponse(
        json.dumps(kept, ensure_ascii=False, indent=2),
        content_type="application/json; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="donnees-{patient.key}.json"',
            "Cache-Control": "private, no-store",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(HAND_OVER)
def erase(request: Request, key: str) -> HttpResponse:
    """Erase what names a person and tells their care, once the time to keep it is over."""
    patient = queries.get_patient(key)
    form = EraseForm(request.POST or None, key=patient.key)
    status = 200
    if form.is_valid():
        try:
            actions.erase_person(
                patient=patient,
                reason=form.cleaned_data["reason"],
                by=request.actor,
                at=request.now,
            )
        except (Invalid, Refusal) as error:
            status = refuse_in(form, error)
        else:
            messages.success(request, "Les données de la personne sont effacées.")
            return redirect("patients:accesses", patient.key)
    elif form.is_bound:
        status = 422
    context = {
        "form": form,
        "patient": patient,
        "years": KEPT_AFTER_LAST_VISIT_YEARS,
        "years_after_death": KEPT_AFTER_DEATH_YEARS,
        "age": KEPT_UNTIL_AGE,
    }
    return render(request, "patients/erase.html", context, status=status)
