"""What all tests share: actors, logged-in clients, a fixed instant, hypothesis profiles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings

from maillage.accounts.enums import Role
from maillage.accounts.permissions import Actor, Grant

settings.register_profile(
    "maillage",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("maillage")


@pytest.fixture
def now() -> datetime:
    """A fixed instant: Sunday 22 November 2026, 03:00 in Paris."""
    return datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@pytest.fixture
def make_actor() -> Callable[..., Actor]:
    """Build an actor: ``make_actor(Role.DOCTOR)``, ``make_actor(Role.DIRECTOR, at="chu-lille")``."""

    def make(*roles: Role, at: str = "") -> Actor:
        return Actor("essai", "Personne d'essai", tuple(Grant(role, at) for role in roles))

    return make


@pytest.fixture
def client_for(db: None) -> Callable[..., object]:
    """A Django test client logged in with these roles: ``client_for(Role.DOCTOR)``."""
    from django.test import Client

    from maillage.accounts.models import RoleGrant, User

    def make(*roles: Role, at: str = "") -> Client:
        name = "-".join(role.value.lower() for role in roles) or "sans-role"
        user = User(username=f"essai-{name}-{at}", full_name="Personne d'essai")
        user.set_password("phrase de passe d'essai")
        user.save()
        for role in roles:
            RoleGrant.objects.create(user=user, role=role, organization=at)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make
