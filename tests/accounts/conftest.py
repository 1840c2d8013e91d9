"""Accounts, clients and a clock for the tests of the room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from maillage.accounts.enums import Role
from maillage.accounts.models import RoleGrant, User
from maillage.accounts.permissions import Actor, Grant

PASSWORD = "phrase de passe d'essai"

ADMIN = Actor("admin", "Admin d'essai", (Grant(Role.ADMINISTRATOR),))


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """An account with a known password: ``make_user("dr", Role.DOCTOR, at="ch-lens")``."""

    def make(username: str, *roles: Role, at: str = "", **fields: object) -> User:
        user = User(username=username, full_name=f"Personne {username}", **fields)
        user.set_password(PASSWORD)
        user.save()
        for role in roles:
            RoleGrant.objects.create(user=user, role=role, organization=at)
        return user

    return make


class Clock:
    """The time that the product sees."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def pass_by(self, **length: float) -> None:
        self.now += timedelta(**length)


@pytest.fixture
def clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that only the test moves."""
    made = Clock(now)
    for place in ("django.utils.timezone.now", "axes.attempts.now", "axes.handlers.proxy.now"):
        monkeypatch.setattr(place, lambda: made.now)
    return made


def log_in(client: Client, username: str, password: str = PASSWORD, **more: str) -> object:
    return client.post("/connexion", {"username": username, "password": password, **more})
