"""What the views of every room share about the person who asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from maillage.accounts.permissions import OWN_ACCOUNT, Actor, Permission

P = ParamSpec("P")


class Request(HttpRequest):
    """A request as the middleware hands it to views: with its actor and its instant."""

    actor: Actor
    now: datetime
    htmx: Any


View = Callable[Concatenate[Request, P], HttpResponseBase]


def requires(permission: Permission) -> Callable[[View[P]], View[P]]:
    """Refuse the view to actors who do not hold the permission anywhere. Acts on one record check
    the organization again, in the action. House rule: every view has this mark or is public."""

    def decorate(view: View[P]) -> View[P]:
        def guarded(request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            permission.check(request.actor, request.actor.organizations())
            return view(request, *args, **kwargs)

        guarded.__name__ = view.__name__
        guarded.__doc__ = view.__doc__
        guarded.__module__ = view.__module__
        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def for_any_account(view: View[P]) -> View[P]:
    """Mark a view that every logged-in account may see, even without a role yet, and even before
    it changed its first password."""
    view.permission = OWN_ACCOUNT  # type: ignore[attr-defined]
    view.with_first_password = True  # type: ignore[attr-defined]
    return view
