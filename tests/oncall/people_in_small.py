"""Practitioners of the small territory who log in, and their nights on the shared line."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.test import Client

from maillage.accounts.enums import Role
from maillage.accounts.models import RoleGrant, User
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.accounts.queries import get_actor
from maillage.directory.actions import link_account
from maillage.directory.models import Practitioner
from maillage.oncall.actions import generate_slots
from maillage.oncall.imports import read_turns
from maillage.oncall.models import DutySlot
from maillage.vocabulary.calendar import local_day
from tests.oncall.conftest import TURNS


def make_nights(now: datetime, *, days: int = 30, before: int = 0) -> None:
    """Every night of the shared line from some days before: two practitioners take turns."""
    first = local_day(now) - timedelta(days=before)
    generate_slots(
        read_turns(TURNS.encode()), [], first, first + timedelta(days=days), by=SYSTEM, at=now
    )


def account_of(
    slug: str, now: datetime, *, role: Role = Role.DOCTOR, at: str = "ch-valenciennes"
) -> User:
    """An account of a practitioner, with one role."""
    user, made = User.objects.get_or_create(
        username=f"compte-{slug}", defaults={"full_name": f"Compte {slug}"}
    )
    if made:
        RoleGrant.objects.create(user=user, role=role, organization=at)
        person = Practitioner.objects.get(slug=slug)
        link_account(practitioner=person, username=user.username, by=SYSTEM, at=now)
    return user


def actor_of(slug: str, now: datetime) -> Actor:
    """The actor that this practitioner is."""
    return get_actor(account_of(slug, now), on=local_day(now))


def client_of(slug: str, now: datetime) -> Client:
    """A browser in which this practitioner is logged in."""
    client = Client()
    client.force_login(account_of(slug, now))
    return client


def slots_of(slug: str) -> list[DutySlot]:
    """The slots of a practitioner, in order of time."""
    return list(
        DutySlot.objects.filter(assignment__practitioner__slug=slug)
        .select_related("line", "service", "assignment__practitioner")
        .order_by("starts_at")
    )


def day_after(now: datetime, days: int) -> date:
    """A local day, so many after the present one."""
    return local_day(now) + timedelta(days=days)
