"""With which account a practitioner logs in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from maillage.accounts.forms import add_problems
from maillage.accounts.http import Request, requires
from maillage.directory import actions, queries
from maillage.directory.forms import AccountForm
from maillage.directory.permissions import LINK_ACCOUNT
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal


@require_http_methods(["GET", "HEAD", "POST"])
@requires(LINK_ACCOUNT)
def account(request: Request, slug: str) -> HttpResponse:
    """Say which account is a practitioner's."""
    person = queries.find_practitioner(slug)
    LINK_ACCOUNT.check(request.actor, queries.workplaces(person, local_day(request.now)))
    link = queries.find_account(person)
    form = AccountForm(request.POST or None)
    if form.is_valid():
        try:
            actions.link_account(
                practitioner=person,
                username=form.cleaned_data["username"],
                by=request.actor,
                at=request.now,
            )
            messages.success(request, f"Ce compte est celui de {person}.")
            return redirect("directory:practitioner", person.slug)
        except (Invalid, NotAllowed, Refusal) as error:
            add_problems(form, error)
    day = local_day(request.now)
    context = {
        "form": form,
        "practitioner": person,
        "link": link,
        "may_take": link is not None and queries.keeps_account(request.actor, link.user, day),
    }
    status = 422 if form.errors else 200
    return render(request, "directory/account.html", context, status=status)


@require_POST
@requires(LINK_ACCOUNT)
def unlink_account(request: Request, slug: str) -> HttpResponse:
    """Take the account of a practitioner away."""
    person = queries.find_practitioner(slug)
    actions.unlink_account(practitioner=person, by=request.actor, at=request.now)
    messages.success(request, f"{person} n'a plus de compte.")
    return redirect("directory:practitioner", person.slug)
