"""Who is asking: puts ``request.actor`` on every request and ends sessions that last too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from maillage.accounts.permissions import NOBODY
from maillage.accounts.queries import get_actor
from maillage.accounts.sessions import keep_session

API_PREFIX = "/api/"


class ActorMiddleware:
    """Sets ``request.actor`` (:class:`Actor`) and ``request.now`` (aware datetime, read once)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        request.now = now  # type: ignore[attr-defined]
        actor = NOBODY
        if request.user.is_authenticated:
            actor = get_actor(request.user, on=timezone.localdate(now))
            if not keep_session(request, by=actor, at=now):
                actor = NOBODY
        request.actor = actor  # type: ignore[attr-defined]
        response = self.get_response(request)
        if request.actor.username and "Cache-Control" not in response:  # type: ignore[attr-defined]
            # Screens are shared: nothing of a page may come back after the log-out. What a key
            # reads is as private as what a session does.
            response["Cache-Control"] = "private, no-store"
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """An account with a first password goes no further than the page that changes it."""
        user = request.user
        if (
            user.is_authenticated
            and user.must_change_password
            and getattr(view, "login_required", True)
            and not getattr(view, "with_first_password", False)
            and not request.path.startswith(API_PREFIX)  # the interface refuses on its own
        ):
            return HttpResponseRedirect(reverse("accounts:account"))
        return None


class LogInMiddleware(LoginRequiredMiddleware):
    """Every page asks for a log-in, unless it is marked public. The JSON interface answers 401 by
    itself, also takes keys, and never sends a program to a log-in page."""

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if request.path.startswith(API_PREFIX):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        """A part of a page is never replaced by the log-in page: the whole page is loaded again
        when it was polling, and so leads there; otherwise what was typed stays, with a word."""
        if "X-Polling" in request.headers:
            return HttpResponse(headers={"HX-Refresh": "true"})
        if "HX-Request" in request.headers:
            return HttpResponse(status=401)
        return super().handle_no_permission(request, view_func)
