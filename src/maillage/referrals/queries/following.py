"""The teams that a person may follow, and those that they do."""

from __future__ import annotations

from dataclasses import dataclass

from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.directory.models import HealthcareService
from maillage.referrals.models import Following
from maillage.vocabulary.errors import NotFound


@dataclass(frozen=True)
class TeamRow:
    """One team of the person's establishments."""

    service: HealthcareService
    is_followed: bool
    by_mail: bool


def list_teams(actor: Actor) -> list[TeamRow]:
    """The teams of the establishments where the actor holds a role, by name. Two queries."""
    services = HealthcareService.objects.select_related("site__organization")
    if EVERYWHERE not in actor.organizations():
        services = services.filter(site__organization__slug__in=actor.organizations())
    followed = dict(
        Following.objects.filter(username=actor.username).values_list("service_id", "by_mail")
    )
    return [
        TeamRow(service, service.pk in followed, followed.get(service.pk, False))
        for service in services.order_by("site__organization__search_name", "search_name")
    ]


def get_team(slug: str) -> HealthcareService:
    """A team by its key. Raises :class:`NotFound`."""
    found = HealthcareService.objects.select_related("site__organization").filter(slug=slug).first()
    if found is None:
        raise NotFound("referrals.team", "Cette équipe n'existe pas.")
    return found
