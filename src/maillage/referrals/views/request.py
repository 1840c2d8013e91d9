"""The page of a new request, and of a draft: from the patient to « Envoyer » on one page.

Without script, « Actualiser » posts the form and shows it again with the questions and the teams
of what is chosen; with htmx the same post refreshes these parts alone, without the patient's name.
What refreshes, and a form that comes back, check the basis of the reading; the audited opening is
that of the page.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from maillage.accounts.forms import add_problems
from maillage.accounts.http import Request, requires
from maillage.accounts.permissions import Actor
from maillage.patients.actions import read_record
from maillage.patients.models import Patient
from maillage.patients.queries import find_ground, get_patient
from maillage.patients.rules.access import Ground, check_found
from maillage.patients.rules.identity import full_name, ins_label, short_label
from maillage.referrals.actions.asking import Asking, ask
from maillage.referrals.actions.cases import follow_up
from maillage.referrals.actions.requests import RequestDraft
from maillage.referrals.enums import Kind, Side, State
from maillage.referrals.forms.request import (
    RequestForm,
    SettingForm,
    again_values,
    asked_of,
    draft_values,
    first_values,
    with_start,
)
from maillage.referrals.models import Referral
from maillage.referrals.permissions import ASK
from maillage.referrals.queries.request_page import (
    Setting,
    list_recent_patients,
    load_setting,
)
from maillage.referrals.queries.requests import get_referral, sides_of
from maillage.referrals.rules.acts import outside
from maillage.vocabulary.calendar import french_clock, local_day
from maillage.vocabulary.errors import Invalid, NotFound, Refusal

PROPOSE, KEEP, SEND = "proposer", "brouillon", "envoyer"
CHOICES_IN_ADDRESS = ("organisation", "filiere", "etape", "nature", "priorite")
"""What an address may hold of a request: nothing that says anything of somebody."""


@requires(ASK)
def new(request: Request) -> HttpResponse:
    """A new request: for a patient (``?patient=`` key), or after another one (``?depuis=`` key)."""
    typed = request.POST if request.method == "POST" else request.GET
    action = reverse("referrals:new")
    if after := typed.get("depuis"):
        kind = SettingForm(typed, now=request.now).asked().kind
        start = follow_up(
            referral_key=after, kind=kind or Kind(get_referral(after).kind), by=request.actor
        )
        return _answer(request, start.patient, start=start, action=action)
    if not typed.get("patient"):
        return _choose_patient(request)
    return _answer(request, get_patient(typed["patient"]), action=action)


@requires(ASK)
def edit(request: Request, key: str) -> HttpResponse:
    """A draft, completed, kept again or sent. Once sent, its page is another one."""
    draft = get_referral(key)
    if Side.REQUESTER not in sides_of(draft, request.actor):
        raise outside(State(draft.state))
    if draft.sent_at is not None:
        return redirect("referrals:page", key=key)
    patient = get_patient(draft.patient.key)
    return _answer(request, patient, draft=draft, action=reverse("referrals:edit", args=[key]))


def _choose_patient(request: Request) -> HttpResponse:
    kept = {name: request.GET[name] for name in CHOICES_IN_ADDRESS if request.GET.get(name)}
    context = {
        "recent": list_recent_patients(request.actor, at=request.now),
        "extra": urlencode(kept),
    }
    return render(request, "referrals/request_choose.html", context)


def _answer(
    request: Request,
    patient: Patient,
    *,
    action: str,
    start: RequestDraft | None = None,
    draft: Referral | None = None,
) -> HttpResponse:
    """Open the record, then show the form, refresh it, keep it or send it."""
    act = request.POST.get("acte", "")
    if request.method == "POST" and (request.htmx or act in (KEEP, SEND)):
        ground = check_found(find_ground(patient, by=request.actor, at=request.now))
    else:
        reference = draft.key if draft else ""
        ground = read_record(
            patient=patient, what="request-form", by=request.actor, at=request.now,
            reference=reference,
        )  # fmt: skip
    setting = _setting(request, patient, ground, start, draft)
    if request.method == "POST" and act in (KEEP, SEND):
        form = RequestForm(request.POST, setting=setting, sending=act == SEND, now=request.now)
        done, status = _act(request, form, draft, is_sent=act == SEND)
        if done is not None:
            return done
    else:
        values = _values(request, setting, start, draft)
        form, status = RequestForm(initial=values, setting=setting, now=request.now), 200
    context = {
        "form": form,
        "setting": setting,
        "draft": draft,
        "action": action,
        "now": request.now,
        **_identity(patient, request.now, shown=not request.htmx),
    }
    return render(request, "referrals/request.html", context, status=status)


def _setting(
    request: Request,
    patient: Patient,
    ground: Ground,
    start: RequestDraft | None,
    draft: Referral | None,
) -> Setting:
    asked = SettingForm(
        request.POST if request.method == "POST" else request.GET, now=request.now
    ).asked()
    if request.method != "POST":
        asked = asked_of(draft) if draft else with_start(asked, start)
    previous = draft.previous if draft else start.previous if start else None
    return load_setting(
        asked,
        patient=patient,
        by=request.actor,
        at=request.now,
        previous=previous,
        preferred=ground.organization,
    )


def _values(
    request: Request, setting: Setting, start: RequestDraft | None, draft: Referral | None
) -> dict[str, Any]:
    if request.method == "POST":
        return again_values(setting, request.POST)
    if draft is not None:
        return draft_values(setting, draft)
    return first_values(setting, token=secrets.token_urlsafe(24), start=start)


def _act(
    request: Request, form: RequestForm, draft: Referral | None, *, is_sent: bool
) -> tuple[HttpResponse | None, int]:
    """Keep or send what the form says: where to go next, or the status of a form come back."""
    if not form.is_valid():
        return None, 422
    try:
        referral = ask(
            asking=Asking.read(form.setting, form.cleaned_data),
            token=form.cleaned_data["jeton"],
            is_sent=is_sent,
            draft=draft,
            version=form.cleaned_data.get("version"),
            by=request.actor,
            at=request.now,
        )
    except (Invalid, Refusal, NotFound) as error:
        add_problems(form, error)
        return None, error.status
    messages.success(request, _done(request.actor, request.now, is_sent=is_sent))
    return redirect("referrals:page" if is_sent else "referrals:edit", key=referral.key), 302


def _done(by: Actor, at: datetime, *, is_sent: bool) -> str:
    if is_sent:
        return "Demande envoyée. Cette page dit qui l'a ouverte, et quand une réponse est attendue."
    return f"Brouillon enregistré à {french_clock(at)} : rien n'est encore envoyé."


def _identity(patient: Patient, at: datetime, *, shown: bool) -> dict[str, str]:
    """Who the patient is, in the opened page only: what refreshes it carries no name."""
    if not shown:
        return {"name": "", "label": "", "identity": ""}
    label = short_label(patient, on=local_day(at)).partition(", ")[2]
    return {"name": full_name(patient), "label": label, "identity": ins_label(patient)}
