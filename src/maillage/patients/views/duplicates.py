"""Identity vigilance: records that may be one person, mergers, and undoing them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from maillage.accounts.http import Request, requires
from maillage.patients import actions, queries
from maillage.patients.actions.watching import read_pair
from maillage.patients.forms.care import ReasonForm
from maillage.patients.models import DuplicatePair
from maillage.patients.permissions import IDENTIFY
from maillage.patients.views.answers import do, page_of, refuse_in
from maillage.vocabulary.errors import Invalid, Refusal


@require_safe
@requires(IDENTIFY)
def duplicates(request: Request) -> HttpResponse:
    """Pairs to look at."""
    context = {"page": page_of(request, queries.list_pairs())}
    return render(request, "patients/duplicates.html", context)


@require_safe
@requires(IDENTIFY)
def pair(request: Request, pk: int) -> HttpResponse:
    """Two records side by side."""
    return _pair_page(request, queries.get_pair(pk), ReasonForm())


def _pair_page(
    request: Request, shown: DuplicatePair, form: ReasonForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "pair": shown,
        "form": form,
        "traits": read_pair(pair=shown, by=request.actor, at=request.now),
    }
    return render(request, "patients/pair.html", context, status=status)


@require_POST
@requires(IDENTIFY)
def merge(request: Request, pk: int) -> HttpResponse:
    """Read one record of a pair through the other one."""
    found = queries.get_pair(pk)
    form = ReasonForm(request.POST)
    records = {one.key: one for one in (found.first, found.second)}
    kept = records.pop(request.POST.get("garder", ""), None)
    if kept is None:
        form.add_error(None, "Dites lequel des deux dossiers est gardé.")
    if not form.is_valid() or kept is None:
        return _pair_page(request, found, form, status=422)
    [absorbed] = records.values()
    try:
        actions.merge_patients(
            kept=kept,
            absorbed=absorbed,
            reason=form.cleaned_data["reason"],
            by=request.actor,
            at=request.now,
        )
    except (Refusal, Invalid) as error:
        return _pair_page(request, found, form, status=refuse_in(form, error))
    messages.success(request, f"Le dossier {absorbed.key} se lit maintenant dans {kept.key}.")
    return redirect("patients:duplicates")


@require_POST
@requires(IDENTIFY)
def dismiss(request: Request, pk: int) -> HttpResponse:
    """Say that a pair is two persons."""
    found = queries.get_pair(pk)
    return do(
        request,
        lambda: actions.dismiss_pair(pair=found, by=request.actor, at=request.now),
        done="Les deux dossiers restent distincts.",
        to="patients:duplicates",
    )


@require_safe
@requires(IDENTIFY)
def mergers(request: Request) -> HttpResponse:
    """Mergers, and undoing them."""
    context = {"page": page_of(request, queries.list_mergers())}
    return render(request, "patients/mergers.html", context)


@require_POST
@requires(IDENTIFY)
def undo_merger(request: Request, pk: int) -> HttpResponse:
    """Make two records distinct again."""
    found = queries.get_merger(pk)
    return do(
        request,
        lambda: actions.undo_merger(merger=found, by=request.actor, at=request.now),
        done="Les deux dossiers sont de nouveau distincts.",
        to="patients:mergers",
    )
