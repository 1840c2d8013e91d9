"""How every form of this room answers: one call, a refusal goes back into the form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from maillage.accounts.http import Request
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal
from maillage.workforce.forms import SayForm

Crumb = tuple[str, str]
"""Words and address of a step of the way to the page."""


def answer(
    request: Request,
    form: forms.Form,
    act: Callable[[], object],
    *,
    title: str,
    button: str,
    done: str,
    back: str,
    crumbs: Sequence[Crumb],
    lead: str = "",
    free_at: str = "",
) -> HttpResponse:
    """The form; once valid, one call, and the page where it came from (``back``). A refusal of a
    rule or of a right becomes a sentence above the fields, and nothing typed is lost.
    ``free_at``: the address that frees what the form speaks of."""
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            act()
        except Invalid as error:
            status = 422
            if isinstance(form, SayForm):
                form.say(error)
            else:
                form.add_error(None, error.message)
        except (Refusal, NotAllowed) as error:
            form.add_error(None, error.message)
            status = error.status if isinstance(error, NotAllowed) else 422
        else:
            messages.success(request, done)
            return redirect(back)
    elif form.errors:
        status = 422
    context = {
        "form": form,
        "title": title,
        "button": button,
        "back": back,
        "crumbs": crumbs,
        "lead": lead,
        "free_at": free_at,
    }
    return render(request, "workforce/form.html", context, status=status)
