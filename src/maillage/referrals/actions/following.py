"""Following a team: being told of what comes to it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.directory.models import HealthcareService
from maillage.referrals.models import Following
from maillage.referrals.permissions import READ
from maillage.vocabulary.errors import NotAllowed


@transaction.atomic
def follow(*, service: HealthcareService, by: Actor, at: datetime, by_mail: bool = True) -> None:
    """Follow a service of one's own establishment. Raises :class:`NotAllowed`."""
    READ.check(by)
    organization = service.site.organization.slug
    if not by.organizations() & {organization, EVERYWHERE}:
        raise NotAllowed(
            "referrals.follow", "On suit les équipes de son établissement, et elles seules."
        )
    Following.objects.update_or_create(
        username=by.username,
        service=service,
        defaults={"by_mail": by_mail},
        create_defaults={"by_mail": by_mail, "since": at},
    )
    _record("referrals.follow", service, by=by, at=at, by_mail=by_mail)


@transaction.atomic
def unfollow(*, service: HealthcareService, by: Actor, at: datetime) -> None:
    """Stop following a service."""
    if Following.objects.filter(username=by.username, service=service).delete()[0]:
        _record("referrals.unfollow", service, by=by, at=at)


def _record(
    action: str, service: HealthcareService, *, by: Actor, at: datetime, **details: bool
) -> None:
    record(
        action,
        by=by,
        at=at,
        subject_kind="service",
        subject_key=service.slug,
        subject_name=service.name,
        organization=service.site.organization.slug,
        **details,
    )
