"""How every form of this room answers: one call, a refusal goes back into the form."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from maillage.accounts.http import Request
from maillage.accounts.permissions import Permission
from maillage.agreements.models import Agreement
from maillage.agreements.queries.records import get_agreement_for
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal


def load(request: Request, slug: str, permission: Permission) -> Agreement:
    """The agreement, for an actor who may act for one of its parties."""
    return get_agreement_for(slug, permission, actor=request.actor, on=local_day(request.now))


def answer(
    request: Request,
    form: forms.Form,
    act: Callable[[], Agreement],
    *,
    title: str,
    button: str,
    done: str,
    agreement: Agreement | None = None,
    lead: str = "",
) -> HttpResponse:
    """The form; once valid, one call, and the page of the agreement. A refusal of a rule or of a
    right becomes a sentence above the fields, and nothing typed is lost."""
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            changed = act()
        except (Refusal, Invalid, NotAllowed) as error:
            form.add_error(None, error.message)
            status = 403 if isinstance(error, NotAllowed) else 422
        else:
            messages.success(request, done)
            return redirect("agreements:detail", changed.slug)
    elif form.errors:
        status = 422
    context = {
        "form": form,
        "title": title,
        "button": button,
        "agreement": agreement,
        "lead": lead,
        "multipart": form.is_multipart(),
    }
    return render(request, "agreements/form.html", context, status=status)


def do(
    request: Request, agreement: Agreement, act: Callable[[], object], *, done: str
) -> HttpResponse:
    """An act without a form: one call, and the page of the agreement with its word or refusal."""
    try:
        act()
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect("agreements:detail", agreement.slug)
