"""Reads of the accounts room."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent, User
from maillage.accounts.permissions import Actor, Grant


def get_actor(user: User, *, on: date) -> Actor:
    """The actor that a logged-in user is on a day, with the roles in force."""
    in_force = (Q(starts_on__isnull=True) | Q(starts_on__lte=on)) & (
        Q(ends_on__isnull=True) | Q(ends_on__gt=on)
    )
    grants = user.grants.filter(in_force).values_list("role", "organization")
    return Actor(
        username=user.username,
        name=user.full_name,
        grants=tuple(Grant(Role(role), organization) for role, organization in grants),
    )


def get_revision() -> int:
    """Number of the newest act that may have changed an answer: the revision of the territory."""
    newest = AuditEvent.objects.filter(changes_territory=True).order_by("-id")
    return newest.values_list("id", flat=True).first() or 0
