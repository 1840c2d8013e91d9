"""Patients of the small directory: three hospitals of two groups and a university hospital."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.permissions import Actor, Grant
from maillage.directory.models import Organization
from maillage.patients import sections
from maillage.patients.actions import create_patient
from maillage.patients.models import Patient
from tests.directory.territory_in_small import load_directory
from tests.patients.people import jeanne


@pytest.fixture
def directory(db: None) -> None:
    """The small directory of the tests of the directory."""
    load_directory()


@pytest.fixture
def place(directory: None) -> Callable[[str], Organization]:
    """An organization by its key."""
    return lambda key: Organization.objects.get(slug=key)


@pytest.fixture(autouse=True)
def _no_upper_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """What upper rooms keep of a patient is for their tests: here, nothing is registered."""
    monkeypatch.setattr(sections, "_sections", {})


def person(name: str, *roles: Role, at: str = "") -> Actor:
    """An actor with these roles at a place."""
    return Actor(name, f"Dr {name.title()}", tuple(Grant(role, at) for role in roles))


@pytest.fixture
def doctor() -> Actor:
    """A doctor of Maubeuge, where patients of the tests are received."""
    return person("local", Role.DOCTOR, at="ch-maubeuge")


@pytest.fixture
def neighbour() -> Actor:
    """The on-call doctor of Valenciennes, in the same group (GHT) as Maubeuge."""
    return person("voisin", Role.ON_CALL, at="ch-valenciennes")


@pytest.fixture
def specialist() -> Actor:
    """A doctor of the university hospital, outside the group."""
    return person("lille", Role.DOCTOR, at="chu-lille")


@pytest.fixture
def patient(place: Callable[[str], Organization], doctor: Actor, now: datetime) -> Patient:
    """Jeanne, received in Maubeuge."""
    return make(place, doctor, now)


def make(place: Callable[[str], Organization], by: Actor, at: datetime, **changed: Any) -> Patient:
    """A record opened in Maubeuge, traits changed as wanted."""
    return create_patient(
        identity=jeanne(**changed), organization=place("ch-maubeuge"), by=by, at=at
    )


@pytest.fixture
def earlier() -> datetime:
    """An hour before now: pages read the clock."""
    return timezone.now() - timedelta(hours=1)


@pytest.fixture
def record(place: Callable[[str], Organization], doctor: Actor, earlier: datetime) -> Patient:
    """Jeanne, received in Maubeuge an hour ago."""
    return create_patient(
        identity=jeanne(phone="03 27 00 00 01"),
        organization=place("ch-maubeuge"),
        number="IPP-77",
        by=doctor,
        at=earlier,
    )


@pytest.fixture
def local(directory: None, client_for: Callable[..., Client]) -> Client:
    """The browser of a doctor of Maubeuge."""
    return client_for(Role.DOCTOR, at="ch-maubeuge")


@pytest.fixture
def outsider(directory: None, client_for: Callable[..., Client]) -> Client:
    """The browser of a doctor of the university hospital, whom nothing links to Jeanne."""
    return client_for(Role.DOCTOR, at="chu-lille")
