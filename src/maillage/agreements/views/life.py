"""Taking an agreement from state to state: opinions, signatures, steps, amendments, documents."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from maillage.accounts.http import Request, requires
from maillage.agreements.actions import amendments, documents
from maillage.agreements.actions import life as acts
from maillage.agreements.enums import AgreementKind, AgreementState
from maillage.agreements.forms import life as forms
from maillage.agreements.models import Agreement
from maillage.agreements.permissions import ADVANCE, RECORD_OPINION, SIGN, WRITE
from maillage.agreements.queries import records
from maillage.agreements.rules.states import get_act
from maillage.agreements.views.answers import answer, do, load
from maillage.vocabulary.calendar import local_day

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@form_methods
@requires(RECORD_OPINION)
def add_opinion(request: Request, slug: str) -> HttpResponse:
    """Record what a body said."""
    agreement = load(request, slug, RECORD_OPINION)
    form = forms.OpinionForm(request.POST or None, agreement=agreement)

    def act() -> Agreement:
        return acts.record_opinion(
            agreement=agreement, by=request.actor, at=request.now, **form.cleaned_data
        ).agreement

    return answer(
        request,
        form,
        act,
        title="Enregistrer un avis",
        button="Enregistrer",
        done="L'avis est enregistré.",
        agreement=agreement,
    )


@form_methods
@requires(SIGN)
def sign(request: Request, slug: str, party_id: int) -> HttpResponse:
    """Record the signature of a party."""
    agreement = load(request, slug, SIGN)
    party = records.get_party(agreement, party_id)
    form = forms.SignatureForm(
        request.POST or None,
        initial={
            "on": local_day(request.now),
            "signatory_name": party.signatory_name or request.actor.name,
            "signatory_title": party.signatory_title,
        },
    )

    def act() -> Agreement:
        return acts.record_signature(
            party=party, by=request.actor, at=request.now, **form.cleaned_data
        ).agreement

    return answer(
        request,
        form,
        act,
        title=f"Signature de {party}",
        button="Enregistrer la signature",
        done=f"La signature de {party} est enregistrée.",
        agreement=agreement,
    )


@form_methods
@requires(ADVANCE)
def step(request: Request, slug: str, act: str) -> HttpResponse:
    """One step of the transition table."""
    agreement = load(request, slug, ADVANCE)
    choice = get_act(AgreementKind(agreement.kind), AgreementState(agreement.state), act)
    form = forms.StepForm(request.POST or None, initial={"on": local_day(request.now)})

    def call() -> Agreement:
        return acts.change_state(
            agreement=agreement, to=choice.to, by=request.actor, at=request.now, **form.cleaned_data
        )

    return answer(
        request,
        form,
        call,
        title=choice.label,
        button=choice.label,
        done=f"La convention est maintenant « {choice.to.label} ».",
        agreement=agreement,
        lead=choice.question,
    )


@form_methods
@requires(ADVANCE)
def terminate(request: Request, slug: str) -> HttpResponse:
    """End an agreement before its term."""
    agreement = load(request, slug, ADVANCE)
    form = forms.TerminateForm(
        request.POST or None, initial={"notified_on": local_day(request.now)}
    )

    def act() -> Agreement:
        return acts.terminate(
            agreement=agreement, by=request.actor, at=request.now, **form.cleaned_data
        )

    return answer(
        request,
        form,
        act,
        title="Résilier",
        button="Résilier",
        done="La résiliation est enregistrée.",
        agreement=agreement,
        lead="Les adressages de cette convention cesseront à la date d'effet.",
    )


@form_methods
@requires(ADVANCE)
def renew(request: Request, slug: str) -> HttpResponse:
    """Carry an agreement over its term."""
    agreement = load(request, slug, ADVANCE)
    form = forms.RenewForm(request.POST or None)

    def act() -> Agreement:
        return acts.renew(
            agreement=agreement, by=request.actor, at=request.now, **form.cleaned_data
        )

    return answer(
        request,
        form,
        act,
        title="Reconduire",
        button="Reconduire",
        done="La convention est reconduite.",
        agreement=agreement,
    )


@form_methods
@requires(WRITE)
def amend(request: Request, slug: str) -> HttpResponse:
    """Record a signed amendment, then enter its changes."""
    agreement = load(request, slug, WRITE)
    form = forms.AmendmentForm(request.POST or None)

    def act() -> Agreement:
        return amendments.amend(
            agreement=agreement, amendment=form.draft(), by=request.actor, at=request.now
        ).agreement

    return answer(
        request,
        form,
        act,
        title="Enregistrer un avenant",
        button="Enregistrer l'avenant",
        done="L'avenant est ouvert : saisissez ce qu'il change, puis closez-le.",
        agreement=agreement,
        lead="La version actuelle est gardée telle quelle ; la suivante s'ouvre à la saisie.",
    )


@require_POST
@requires(WRITE)
def close_amendment(request: Request, slug: str) -> HttpResponse:
    """End the entry of the open amendment."""
    agreement = load(request, slug, WRITE)
    return do(
        request,
        agreement,
        lambda: amendments.close_amendment(agreement=agreement, by=request.actor, at=request.now),
        done="L'avenant est clos.",
    )


@form_methods
@requires(WRITE)
def attach(request: Request, slug: str) -> HttpResponse:
    """Attach a scan."""
    agreement = load(request, slug, WRITE)
    form = forms.DocumentForm(request.POST or None, request.FILES or None)

    def act() -> Agreement:
        return documents.attach_document(
            agreement=agreement, by=request.actor, at=request.now, **form.cleaned_data
        ).agreement

    return answer(
        request,
        form,
        act,
        title="Joindre un document",
        button="Joindre",
        done="Le document est joint.",
        agreement=agreement,
    )
