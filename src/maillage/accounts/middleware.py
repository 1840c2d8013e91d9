"""Who is asking: puts ``request.actor`` on every request, and ends sessions that lasted too long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from maillage.accounts.permissions import NOBODY
from maillage.accounts.queries import get_actor

SESSION_START_KEY = "logged_in_at"


class ActorMiddleware:
    """Sets ``request.actor`` (:class:`Actor`) and ``request.now`` (aware datetime, read once)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        request.now = now  # type: ignore[attr-defined]
        if request.user.is_authenticated and _lasted_too_long(request, now):
            logout(request)
        request.actor = (  # type: ignore[attr-defined]
            get_actor(request.user, on=timezone.localdate(now))
            if request.user.is_authenticated
            else NOBODY
        )
        return self.get_response(request)


def _lasted_too_long(request: HttpRequest, now: datetime) -> bool:
    started = request.session.get(SESSION_START_KEY)
    if started is None:
        request.session[SESSION_START_KEY] = now.isoformat()
        return False
    longest = timedelta(hours=settings.SESSION_LONGEST_HOURS)
    return now - datetime.fromisoformat(started) > longest
