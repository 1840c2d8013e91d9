"""Whom to tell: the people and addresses behind a side of a request, at a level of the chain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from maillage.accounts.enums import Role
from maillage.accounts.queries import list_addresses
from maillage.directory.models import HealthcareService, PractitionerRole
from maillage.oncall.models import DutySlot
from maillage.referrals.enums import Level, Side, State
from maillage.referrals.models import Following, Referral
from maillage.vocabulary.calendar import local_day

HEADS = ("chef de service", "cheffe de service", "responsable")
"""First words of the functions that lead a service, as the directory writes them."""


@dataclass(frozen=True)
class Recipient:
    """Somebody to tell: ``address`` is empty for a person who can only be rung."""

    name: str
    address: str = ""
    phone: str = ""


def list_recipients(referral: Referral, side: Side, *, at: datetime) -> list[Recipient]:
    """Who hears of what happens to a request, on one side: the mailbox of the team and those who
    follow it, the doctor who asked, the regulators."""
    if side is Side.REGULATOR:
        return _accounts_of(Role.REGULATOR, at)
    if side is Side.REQUESTER:
        people = _accounts([referral.requester])
        return _distinct([*people, *_team(referral.from_service, at)])
    if side is Side.TARGET:
        taken = _accounts([referral.taken_by]) if referral.taken_by else []
        return _distinct([*taken, *_team(referral.to_service, at)])
    return []


def list_called(referral: Referral, side: Side, level: Level, *, at: datetime) -> list[Recipient]:
    """Who is called at a level of the chain, for the side that holds the ball. The mailbox of the
    team is told at every level but that of the SAMU; of a draft, the one who writes it alone."""
    if level is Level.REGULATOR or side is Side.REGULATOR:
        return _accounts_of(Role.REGULATOR, at)
    if referral.state == State.DRAFT:
        return _accounts([referral.requester])
    service = referral.to_service if side is Side.TARGET else referral.from_service
    if level is Level.ON_CALL:
        called = _on_call(service, at)
    elif level is Level.HEAD:
        called = _heads(service, at)
    else:
        called = []
    people = _accounts([referral.requester]) if side is Side.REQUESTER else []
    return _distinct([*called, *people, *_team(service, at)])


def _team(service: HealthcareService | None, at: datetime) -> list[Recipient]:
    """The mailbox of a team, and those who follow it and still hold a role in its hospital."""
    if service is None:
        return []
    followers = Following.objects.filter(service=service, by_mail=True, since__lte=at)
    place, day = service.site.organization.slug, local_day(at)
    people = _accounts(followers.values_list("username", flat=True), place=place, on=day)
    box = [Recipient(service.name, service.secure_mail)] if service.secure_mail else []
    return [*box, *people]


def _accounts(
    usernames: Iterable[str], *, place: str | None = None, on: date | None = None
) -> list[Recipient]:
    found = list_addresses(usernames=usernames, place=place, on=on)
    return [Recipient(name, address) for name, address in found]


def _accounts_of(role: Role, at: datetime) -> list[Recipient]:
    found = list_addresses(role=role, on=local_day(at))
    return [Recipient(name, address) for name, address in found]


def _on_call(service: HealthcareService | None, at: datetime) -> list[Recipient]:
    """Who holds a line of the service now, with the phone of the line."""
    if service is None:
        return []
    slots = (
        DutySlot.objects.filter(service=service, starts_at__lte=at, ends_at__gt=at)
        .select_related("line", "assignment__practitioner")
        .order_by("line__slug", "starts_at")
    )
    return [
        Recipient(str(slot.assignment.practitioner), "", slot.line.phone)
        for slot in slots
        if hasattr(slot, "assignment")
    ]


def _heads(service: HealthcareService | None, at: datetime) -> list[Recipient]:
    if service is None:
        return []
    day = local_day(at)
    named = Q()
    for words in HEADS:
        named |= Q(function__istartswith=words)
    roles = (
        PractitionerRole.objects.filter(named, service=service, starts_on__lte=day)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gt=day))
        .select_related("practitioner")
        .order_by("practitioner__search_name")
    )
    return [Recipient(str(role.practitioner), "", role.phone) for role in roles]


def _distinct(found: list[Recipient]) -> list[Recipient]:
    return list(dict.fromkeys(found))
