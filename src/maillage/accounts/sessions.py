"""The life of a browser session: opened, kept while its person is there, closed; each with its
audit line."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import HttpRequest

from maillage.accounts import actions
from maillage.accounts.models import User
from maillage.accounts.permissions import Actor
from maillage.accounts.rules import session_is_over

START_KEY = "logged_in_at"
SEEN_KEY = "seen_at"
SEEN_EVERY = timedelta(minutes=1)
"""How often a session notes that its person is there: a request in between writes nothing."""


def open_session(request: HttpRequest, user: User, *, at: datetime) -> None:
    """Log the person in, under a new session key."""
    login(request, user)
    _note(request, at, first=True)
    actions.open_session_line(user=user, at=at)


def close_session(request: HttpRequest, *, by: Actor, at: datetime, reason: str = "asked") -> None:
    """Log the person out and forget the session."""
    actions.close_session_line(by=by, at=at, reason=reason)
    logout(request)


def keep_session(request: HttpRequest, *, by: Actor, at: datetime) -> bool:
    """False when the session lasted too long, or nobody used it for too long: it is then closed.
    Otherwise it is noted, about once a minute, as still in use."""
    started, seen = request.session.get(START_KEY), request.session.get(SEEN_KEY)
    if started is None or seen is None:
        _note(request, at, first=True)
        return True
    reason = session_is_over(
        started=datetime.fromisoformat(started),
        seen=datetime.fromisoformat(seen),
        now=at,
        longest=timedelta(hours=settings.SESSION_LONGEST_HOURS),
        idle=timedelta(minutes=settings.SESSION_IDLE_MINUTES),
    )
    if reason is not None:
        close_session(request, by=by, at=at, reason=reason)
        return False
    # A page that asks again by itself is no sign that somebody is there.
    if at - datetime.fromisoformat(seen) >= SEEN_EVERY and "X-Polling" not in request.headers:
        _note(request, at)
    return True


def change_own_password(
    request: HttpRequest, *, user: User, password: str, by: Actor, at: datetime
) -> None:
    """Change the password; this session goes on, the other ones of the account end."""
    actions.change_password(user=user, password=password, by=by, at=at)
    update_session_auth_hash(request, user)


def _note(request: HttpRequest, at: datetime, *, first: bool = False) -> None:
    if first:
        request.session[START_KEY] = at.isoformat()
    request.session[SEEN_KEY] = at.isoformat()
