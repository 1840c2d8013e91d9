"""What the views of this room share: acts without a form, defects put back on a form."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from maillage.accounts.http import Request
from maillage.population.actions import ExportedFile
from maillage.vocabulary.errors import Invalid, Refusal


def do(
    request: Request, act: Callable[[], object], *, done: str, to: str, args: tuple[object, ...]
) -> HttpResponse:
    """One act, then a page with its word or its refusal. Who may not gets the page of that."""
    try:
        act()
    except (Refusal, Invalid) as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect(to, *args)


def put_back(form: forms.Form, error: Invalid | Refusal) -> None:
    """The defects of an act on the fields that they name; the others at the head of the form."""
    problems = error.problems if isinstance(error, Invalid) else ()
    placed = [one for one in problems if one.field in form.fields]
    for one in placed:
        form.add_error(one.field, f"{one.message[:1].upper()}{one.message[1:]}.")
    if not problems:
        form.add_error(None, error.message)
    for one in problems:
        if one not in placed:
            form.add_error(None, str(one))


def download(made: ExportedFile) -> HttpResponse:
    """A file that was written down in the register."""
    answer = HttpResponse(made.content, content_type=made.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return answer
