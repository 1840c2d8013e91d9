"""Who calls ``/api/``: a browser with its session, or a program with its key.

Both leave ``request.user`` and ``request.actor`` as pages have them. A session must also carry the
CSRF token to write; a key needs none. Deny by default: the root of the interface takes ``auth``.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.security import HttpBearer
from ninja.security import SessionAuth as CookieSession

from maillage.accounts import actions, queries
from maillage.accounts.backends import is_welcome
from maillage.accounts.http import Request
from maillage.accounts.models import User
from maillage.vocabulary.calendar import local_day


class KeyAuth(HttpBearer):
    """``Authorization: Bearer mlg_…``: the key of an account, made on the page « Mon compte ». The
    actor of the request holds the roles that the key carries, no other."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        at = request.now  # type: ignore[attr-defined]
        key = queries.find_key(token, at=at)
        if key is None or not is_welcome(key.user) or key.user.must_change_password:
            return None
        actions.note_use(key=key, at=at)
        request.user = key.user
        request.actor = queries.get_key_actor(key, on=local_day(at))  # type: ignore[attr-defined]
        request.api_key = key  # type: ignore[attr-defined]
        return key.user


class SessionAuth(CookieSession):
    """The session of a logged-in browser, with the CSRF token for anything that writes."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user = super().authenticate(request, key)
        return None if user is None or user.must_change_password else user


def key_place(request: HttpRequest) -> str | None:
    """The organization that the key of a request is limited to (empty: the whole territory), or
    None for a session."""
    key = getattr(request, "api_key", None)
    return None if key is None else str(key.organization)


auth = [KeyAuth(), SessionAuth()]
"""The two ways in, in this order: ``NinjaAPI(auth=auth)``."""

router = Router(tags=["Comptes"])


class Held(Schema):
    """One role of the caller; ``organization`` is empty for the whole territory."""

    role: str
    label: str
    organization: str


class Me(Schema):
    """The caller. ``organization`` is that of the key (empty: the whole territory); null in a
    session, which holds all the roles of the person."""

    username: str
    name: str
    organization: str | None
    roles: list[Held]


@router.get("/moi", response=Me, summary="Qui appelle, et avec quels rôles")
def me(request: Request) -> Me:
    """The account behind the key or the session, with the roles that it carries today."""
    actor = request.actor
    return Me(
        username=actor.username,
        name=actor.name,
        organization=key_place(request),
        roles=[
            Held(role=g.role.value, label=str(g.role.label), organization=g.organization)
            for g in actor.grants
        ],
    )
