"""What a clause agrees: its delays, the return, the price."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from maillage.accounts.http import Request, requires
from maillage.agreements.actions import delays
from maillage.agreements.enums import DelayClock, DelayPriority
from maillage.agreements.forms.delays import ConditionsForm, DelayForm
from maillage.agreements.models import Agreement, Clause
from maillage.agreements.permissions import WRITE
from maillage.agreements.queries import records, terms
from maillage.agreements.views.answers import answer, do, load

form_methods = require_http_methods(["GET", "HEAD", "POST"])


def _lead(clause: Clause) -> str:
    origin = clause.from_organization or clause.from_group
    return f"Clause de {origin} vers {clause.to_organization}."


@form_methods
@requires(WRITE)
def set_delay(request: Request, slug: str, clause: str) -> HttpResponse:
    """Agree a delay, or change the one that the address names."""
    agreement = load(request, slug, WRITE)
    found = records.get_clause(agreement, clause)
    known = terms.get_delay(
        found, request.GET.get("attente", "")[:12], request.GET.get("priorite", "")[:2]
    )
    form = DelayForm(request.POST or None, initial=DelayForm.values_of(known))

    def act() -> Agreement:
        return delays.set_delay(
            clause=found, by=request.actor, at=request.now, **form.values()
        ).clause.agreement

    return answer(
        request,
        form,
        act,
        title="Changer un délai" if known else "Ajouter un délai",
        button="Enregistrer",
        done="Le délai est enregistré. Les demandes en cours gardent le leur.",
        agreement=agreement,
        lead=_lead(found),
    )


@require_POST
@requires(WRITE)
def remove_delay(
    request: Request, slug: str, clause: str, clock: DelayClock, priority: DelayPriority
) -> HttpResponse:
    """Agree no delay any more."""
    agreement = load(request, slug, WRITE)
    found = records.get_clause(agreement, clause)
    return do(
        request,
        agreement,
        lambda: delays.remove_delay(
            clause=found, clock=clock, priority=priority, by=request.actor, at=request.now
        ),
        done="Le délai est retiré : le délai par défaut s'applique.",
    )


@form_methods
@requires(WRITE)
def set_conditions(request: Request, slug: str, clause: str) -> HttpResponse:
    """Say within how many hours patients return, and the price."""
    agreement = load(request, slug, WRITE)
    found = records.get_clause(agreement, clause)
    form = ConditionsForm(
        request.POST or None, initial=ConditionsForm.values_of(terms.terms_of(found))
    )

    def act() -> Agreement:
        delays.set_terms(clause=found, by=request.actor, at=request.now, **form.cleaned_data)
        return agreement

    return answer(
        request,
        form,
        act,
        title="Retour et prix",
        button="Enregistrer",
        done="Les conditions sont enregistrées.",
        agreement=agreement,
        lead=_lead(found),
    )
