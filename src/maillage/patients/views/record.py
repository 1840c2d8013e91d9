"""The page of a record, and what is noted on it: identity, stays, care circle, consents."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.accounts.permissions import EVERYWHERE
from maillage.patients import actions
from maillage.patients.actions.stays import end_stay as finish_stay
from maillage.patients.actions.stays import open_stay as declare_stay
from maillage.patients.enums import Basis, IdentityState, LinkKind
from maillage.patients.forms.care import ConsentForm, MemberForm
from maillage.patients.forms.identity import IdentityForm, IdentityStateForm, StayForm
from maillage.patients.permissions import ADMIT, CARE, can_admit_to
from maillage.patients.queries import pages
from maillage.patients.queries.openings import find_opening
from maillage.patients.rules.constants import LASTING
from maillage.patients.views.answers import (
    answer,
    do,
    left_minutes,
    open_record,
    or_denied,
    places_where,
)

ELSEWHERE = (
    "L'identité se corrige dans l'établissement qui prend le patient en charge, ou par "
    "l'identitovigilance."
)

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@requires(CARE)
@or_denied
def record(request: Request, key: str) -> HttpResponse:
    """One person: who, how sure, why one may read, who cares, what they agreed to."""
    patient, ground = open_record(request, key, "record")
    page = pages.get_record(patient, at=request.now)
    places = ADMIT.places(request.actor) - {EVERYWHERE}
    stays = {
        one.organization.slug
        for one in page.links
        if one.organization and one.kind == LinkKind.STAY
    }
    lasts = ground.basis in LASTING
    context = {
        "page": page,
        "patient": patient,
        "ground": ground,
        "admit_places": places,
        "may_open_stay": lasts and bool(places - stays),
        "may_join": not lasts and bool(places),
        "may_note": lasts,
        "identity_refused": "" if ground.basis is Basis.SAME_ESTABLISHMENT else ELSEWHERE,
    }
    if ground.basis is Basis.BREAK_GLASS:
        context["opening"] = find_opening(patient, by=request.actor, at=request.now)
        context["left_minutes"] = left_minutes(ground.until, request.now)
    return render(request, "patients/record.html", context)


@form_methods
@requires(CARE)
@or_denied
def edit(request: Request, key: str) -> HttpResponse:
    """Correct the identity."""
    patient, _ = open_record(request, key, "identity")
    form = IdentityForm(request.POST or None, initial=IdentityForm.values_of(patient))
    return answer(
        request,
        form,
        lambda: actions.change_identity(
            patient=patient,
            identity=form.identity(),
            version=form.cleaned_data["version"],
            by=request.actor,
            at=request.now,
        ),
        patient=patient,
        title="Corriger l'identité",
        button="Enregistrer",
        done="L'identité est corrigée.",
        lead="Un trait strict qui change rend l'identité provisoire : elle devra être revérifiée.",
    )


@form_methods
@requires(CARE)
@or_denied
def identity_state(request: Request, key: str) -> HttpResponse:
    """Say how far the identity is trusted."""
    patient, _ = open_record(request, key, "identity")
    form = IdentityStateForm(
        request.POST or None,
        initial={"version": patient.version, "document": patient.identity_document},
        state=IdentityState(patient.identity_state),
    )
    return answer(
        request,
        form,
        lambda: actions.change_identity_state(
            patient=patient, by=request.actor, at=request.now, **form.cleaned_data
        ),
        patient=patient,
        title="État de l'identité",
        button="Enregistrer",
        done="L'état de l'identité est enregistré.",
        lead=f"L'identité est {patient.get_identity_state_display().lower()}.",
    )


@form_methods
@requires(ADMIT)
@or_denied
def open_stay(request: Request, key: str) -> HttpResponse:
    """Declare a stay."""
    patient, _ = open_record(request, key, "record")
    form = StayForm(request.POST or None, places=places_where(request, can_admit_to))
    return answer(
        request,
        form,
        lambda: declare_stay(
            patient=patient, by=request.actor, at=request.now, **form.cleaned_data
        ),
        patient=patient,
        title="Déclarer une venue",
        button="Déclarer la venue",
        done="La venue est déclarée.",
        asks_place=True,
    )


@require_POST
@requires(ADMIT)
@or_denied
def end_stay(request: Request, key: str, pk: int) -> HttpResponse:
    """End a stay now."""
    patient, _ = open_record(request, key, "record")
    link = pages.get_link(patient, pk)
    return do(
        request,
        lambda: finish_stay(link=link, by=request.actor, at=request.now),
        done="La fin de la venue est notée.",
        to="patients:record",
        args=[patient.key],
    )


@form_methods
@requires(CARE)
@or_denied
def add_member(request: Request, key: str) -> HttpResponse:
    """Add somebody to the care circle."""
    patient, _ = open_record(request, key, "record")
    form = MemberForm(request.POST or None)
    return answer(
        request,
        form,
        lambda: actions.add_member(
            patient=patient, by=request.actor, at=request.now, **form.cleaned_data
        ),
        patient=patient,
        title="Ajouter au cercle de soins",
        button="Ajouter",
        done="Le cercle de soins est complété.",
        lead="Avec l'accord du patient : il reconnaît cette personne ou cette structure comme "
        "faisant partie de ceux qui le soignent.",
    )


@require_POST
@requires(CARE)
@or_denied
def end_member(request: Request, key: str, pk: int) -> HttpResponse:
    """Take somebody out of the care circle."""
    patient, _ = open_record(request, key, "record")
    member = pages.get_member(patient, pk)
    return do(
        request,
        lambda: actions.end_member(member=member, by=request.actor, at=request.now),
        done="Cette personne ne fait plus partie du cercle de soins.",
        to="patients:record",
        args=[patient.key],
    )


@form_methods
@requires(CARE)
@or_denied
def add_consent(request: Request, key: str) -> HttpResponse:
    """Note what the patient agreed to, or opposed."""
    patient, _ = open_record(request, key, "record")
    form = ConsentForm(request.POST or None)
    return answer(
        request,
        form,
        lambda: actions.record_consent(
            patient=patient, by=request.actor, at=request.now, **form.cleaned_data
        ),
        patient=patient,
        title="Consentement ou opposition",
        button="Noter",
        done="Ce que le patient a dit est noté.",
        lead="Après l'avoir informé. Il peut revenir sur ce qu'il a dit à tout moment.",
    )


@require_POST
@requires(CARE)
@or_denied
def withdraw_consent(request: Request, key: str, pk: int) -> HttpResponse:
    """Note that the patient took back what they had said."""
    patient, _ = open_record(request, key, "record")
    consent = pages.get_consent(patient, pk)
    return do(
        request,
        lambda: actions.withdraw_consent(consent=consent, by=request.actor, at=request.now),
        done="Le retrait est noté.",
        to="patients:record",
        args=[patient.key],
    )
