"""Which requests a reader may see figures of: those of their hospitals and of their agreements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from maillage.accounts.enums import Role
from maillage.accounts.permissions import EVERYWHERE, Actor, Permission
from maillage.agreements.queries.records import agreements_of
from maillage.directory.queries.records import supported_groups
from maillage.referrals.permissions import FIGURES, FOLLOW_DAY
from maillage.vocabulary.calendar import local_day

RUN_BY = (Role.DIRECTOR, Role.DIM)
"""Roles whose holders also read the figures of the agreements that bind their hospital."""


@dataclass(frozen=True)
class Scope:
    """The requests of a reader: asked by or addressed to one of ``organizations`` (slugs), sent
    under one of ``agreements`` (primary keys), or within one of ``groups`` (slugs), where no
    agreement is needed; all of them when ``is_everywhere``."""

    is_everywhere: bool = False
    organizations: frozenset[str] = frozenset()
    agreements: frozenset[int] = field(default_factory=frozenset)
    groups: frozenset[str] = frozenset()

    def requests(self, prefix: str = "") -> Q:
        """The condition on ``Referral``, or on a table that reaches it through ``prefix``."""
        if self.is_everywhere:
            return Q()
        return (
            Q(**{f"{prefix}from_organization__slug__in": self.organizations})
            | Q(**{f"{prefix}to_organization__slug__in": self.organizations})
            | Q(**{f"{prefix}agreement__in": self.agreements})
            | Q(**{f"{prefix}basis__in": sorted(f"group:{slug}" for slug in self.groups)})
        )


def figures_scope(actor: Actor, *, at: datetime) -> Scope:
    """What a reader's figures cover. A regulator reads all; a director and a DIM physician also
    read the agreements that bind their hospital, and the groups that it supports. Two queries at
    most."""
    return _scope(actor, FIGURES, RUN_BY, at=at, support_only=False)


def day_scope(actor: Actor, *, at: datetime) -> Scope:
    """What the list of the day of a reader covers: their hospitals, and the agreements that these
    may act for (as a party, or as the support of a group), and what is sent within the groups that
    they support. Two queries at most."""
    return _scope(actor, FOLLOW_DAY, (Role.DIRECTOR,), at=at, support_only=True)


def _scope(
    actor: Actor,
    permission: Permission,
    by_agreement: Iterable[Role],
    *,
    at: datetime,
    support_only: bool,
) -> Scope:
    places = permission.places(actor)
    if EVERYWHERE in places or Role.REGULATOR in actor.roles:
        return Scope(is_everywhere=True)
    running = frozenset[str]().union(*(actor.organizations(role) for role in by_agreement))
    found = agreements_of(running, on=local_day(at), support_only=support_only) if running else None
    return Scope(
        organizations=places,
        agreements=frozenset(found.values_list("id", flat=True))
        if found is not None
        else frozenset(),
        groups=supported_groups(running, on=local_day(at)) if running else frozenset(),
    )
