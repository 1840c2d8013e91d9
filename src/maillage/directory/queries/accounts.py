"""Practitioners and the accounts with which they log in."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from maillage.accounts.models import User
from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.directory.models import Practitioner, PractitionerAccount
from maillage.directory.permissions import LINK_ACCOUNT
from maillage.vocabulary.errors import NotFound


def practitioner_of(username: str) -> Practitioner | None:
    """The practitioner who logs in with this account; None when it is nobody's. One query."""
    if not username:
        return None
    return Practitioner.objects.filter(
        pk__in=PractitionerAccount.objects.filter(
            user__username=username, user__is_active=True
        ).values("practitioner")
    ).first()


def find_practitioner(slug: str) -> Practitioner:
    """The practitioner of this identifier. Raises :class:`NotFound`."""
    found = Practitioner.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound("directory.unknown-practitioner", "Ce praticien n'existe pas.")
    return found


def find_account(practitioner: Practitioner) -> PractitionerAccount | None:
    """The account of a practitioner, when they have one."""
    return (
        PractitionerAccount.objects.filter(practitioner=practitioner).select_related("user").first()
    )


def keeps_account(actor: Actor, user: User, day: date) -> bool:
    """True when this actor may say whose an account is: it has a role, on a day or later, in an
    establishment that they keep, or no role at all. A role on the whole territory is no
    establishment's: who keeps them all says it."""
    grants = user.grants.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day))
    places = set(grants.values_list("organization", flat=True))
    return not places or LINK_ACCOUNT.allows(actor, places - {EVERYWHERE})


def workplaces(practitioner: Practitioner, day: date) -> set[str]:
    """Slugs of the organizations where a practitioner works on a day, or will work."""
    roles = practitioner.roles.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day))
    return set(roles.values_list("organization__slug", flat=True))
