"""Writing an agreement: terms, parties, missions, perimeter, clauses, commitments."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from maillage.accounts.http import Request, requires
from maillage.agreements.actions import clauses, drafting
from maillage.agreements.forms import text as forms
from maillage.agreements.models import Agreement
from maillage.agreements.permissions import CREATE, WRITE
from maillage.agreements.queries import records
from maillage.agreements.views.answers import answer, do, load

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@form_methods
@requires(CREATE)
def create(request: Request) -> HttpResponse:
    """Begin an agreement."""
    form = forms.CreateForm(request.POST or None, actor=request.actor)

    def act() -> Agreement:
        return drafting.create_agreement(
            draft=form.draft(),
            organization=form.cleaned_data["organization"],
            state=form.cleaned_data["state"],
            by=request.actor,
            at=request.now,
        )

    return answer(
        request,
        form,
        act,
        title="Nouvelle convention",
        button="Créer",
        done="La convention est créée : ajoutez ses parties.",
    )


@form_methods
@requires(WRITE)
def edit(request: Request, slug: str) -> HttpResponse:
    """Change the terms."""
    agreement = load(request, slug, WRITE)
    form = forms.TermsForm(request.POST or None, initial=forms.TermsForm.values_of(agreement))

    def act() -> Agreement:
        return drafting.edit_agreement(
            agreement=agreement, draft=form.draft(), by=request.actor, at=request.now
        )

    return answer(
        request,
        form,
        act,
        title="Modifier le texte",
        button="Enregistrer",
        done="Le texte est enregistré.",
        agreement=agreement,
    )


@form_methods
@requires(WRITE)
def add_party(request: Request, slug: str) -> HttpResponse:
    """Bind one more organization or group."""
    agreement = load(request, slug, WRITE)
    form = forms.PartyForm(request.POST or None)

    def act() -> Agreement:
        return drafting.add_party(
            agreement=agreement, party=form.draft(), by=request.actor, at=request.now
        ).agreement

    return answer(
        request,
        form,
        act,
        title="Ajouter une partie",
        button="Ajouter",
        done="La partie est ajoutée.",
        agreement=agreement,
    )


@require_POST
@requires(WRITE)
def remove_party(request: Request, slug: str, party_id: int) -> HttpResponse:
    """Release a party."""
    agreement = load(request, slug, WRITE)
    party = records.get_party(agreement, party_id)
    return do(
        request,
        agreement,
        lambda: drafting.remove_party(party=party, by=request.actor, at=request.now),
        done="La partie est retirée.",
    )


@form_methods
@requires(WRITE)
def missions(request: Request, slug: str) -> HttpResponse:
    """Say what the agreement serves."""
    agreement = load(request, slug, WRITE)
    form = forms.MissionsForm(request.POST or None, initial=forms.MissionsForm.values_of(agreement))

    def act() -> Agreement:
        drafting.set_missions(
            agreement=agreement, missions=form.missions(), by=request.actor, at=request.now
        )
        return agreement

    return answer(
        request,
        form,
        act,
        title="Missions",
        button="Enregistrer",
        done="Les missions sont enregistrées.",
        agreement=agreement,
    )


@form_methods
@requires(WRITE)
def add_scope(request: Request, slug: str) -> HttpResponse:
    """Add a line to the perimeter."""
    agreement = load(request, slug, WRITE)
    form = forms.ScopeForm(request.POST or None)

    def act() -> Agreement:
        return drafting.add_scope(
            agreement=agreement, by=request.actor, at=request.now, **form.cleaned_data
        ).agreement

    return answer(
        request,
        form,
        act,
        title="Étendre le périmètre",
        button="Ajouter",
        done="La ligne est ajoutée au périmètre.",
        agreement=agreement,
    )


@form_methods
@requires(WRITE)
def add_clause(request: Request, slug: str) -> HttpResponse:
    """Say who sends which patients to whom."""
    agreement = load(request, slug, WRITE)
    form = forms.ClauseForm(request.POST or None, agreement=agreement)

    def act() -> Agreement:
        return clauses.add_clause(
            agreement=agreement, clause=form.draft(), by=request.actor, at=request.now
        ).agreement

    return answer(
        request,
        form,
        act,
        title="Ajouter une clause d'adressage",
        button="Ajouter",
        done="La clause est ajoutée.",
        agreement=agreement,
        lead="Qui adresse ses patients à qui, pour quels soins, entre quelles dates.",
    )


@form_methods
@requires(WRITE)
def end_clause(request: Request, slug: str, clause: str) -> HttpResponse:
    """Stop a clause."""
    agreement = load(request, slug, WRITE)
    found = records.get_clause(agreement, clause)
    form = forms.EndClauseForm(request.POST or None)

    def act() -> Agreement:
        return clauses.end_clause(
            clause=found, on=form.cleaned_data["on"], by=request.actor, at=request.now
        ).agreement

    return answer(
        request,
        form,
        act,
        title="Mettre fin à une clause",
        button="Mettre fin",
        done="La clause prendra fin à cette date.",
        agreement=agreement,
        lead=f"De {found.from_organization or found.from_group} vers {found.to_organization}.",
    )


@require_POST
@requires(WRITE)
def remove_clause(request: Request, slug: str, clause: str) -> HttpResponse:
    """Take a clause out of a draft."""
    agreement = load(request, slug, WRITE)
    found = records.get_clause(agreement, clause)
    return do(
        request,
        agreement,
        lambda: clauses.remove_clause(clause=found, by=request.actor, at=request.now),
        done="La clause est retirée du projet.",
    )


@form_methods
@requires(WRITE)
def add_commitment(request: Request, slug: str) -> HttpResponse:
    """Add a promise that can be measured."""
    agreement = load(request, slug, WRITE)
    form = forms.CommitmentForm(request.POST or None, agreement=agreement)

    def act() -> Agreement:
        return drafting.add_commitment(
            agreement=agreement, commitment=form.draft(), by=request.actor, at=request.now
        ).agreement

    return answer(
        request,
        form,
        act,
        title="Ajouter un engagement",
        button="Ajouter",
        done="L'engagement est ajouté.",
        agreement=agreement,
    )
