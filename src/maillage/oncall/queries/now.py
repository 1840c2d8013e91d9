"""Who is on duty at an instant, everywhere, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from maillage.accounts.names import name_key
from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.directory.models import HealthcareService, Practitioner
from maillage.directory.queries import list_organization_names
from maillage.directory.rules.hours import soon_in_words
from maillage.oncall.models import DutyLine, DutySlot
from maillage.vocabulary.care import CareType


@dataclass(frozen=True)
class OnDuty:
    """One slot under way: who holds it (None: nobody), which service receives, until when."""

    slot: DutySlot
    holder: Practitioner | None
    ends_in_words: str

    @property
    def line(self) -> DutyLine:
        return self.slot.line

    @property
    def service(self) -> HealthcareService:
        return self.slot.service

    @property
    def care(self) -> str:
        return CareType[self.line.care_type].label

    @property
    def places(self) -> frozenset[str]:
        """Slugs of the establishment that keeps the line, and of the one that receives."""
        return frozenset({self.line.organization.slug, self.service.site.organization.slug})

    @property
    def response_minutes(self) -> int:
        own = self.slot.response_minutes
        return self.line.response_minutes if own is None else own

    @property
    def phone(self) -> str:
        """The number to call: that of the line, else of the service that receives."""
        return self.line.phone or self.service.phone


def list_hospitals_of_lines() -> list[tuple[str, str]]:
    """(slug, short name) of the hospitals that keep a line or receive through one, by name: what a
    filter of lines offers. One query."""
    return list_organization_names(
        Q(pk__in=DutyLine.objects.values("organization"))
        | Q(pk__in=DutyLine.objects.values("services__site__organization"))
    )


def list_on_duty(at: datetime, *, care_type: str = "", organization: str = "") -> list[OnDuty]:
    """The slots under way at an instant, by care then name; narrowed by care type and by slug of
    the establishment that keeps the line or receives. One query."""
    slots = DutySlot.objects.filter(starts_at__lte=at, ends_at__gt=at)
    if care_type:
        slots = slots.filter(line__care_type=care_type)
    if organization:
        slots = slots.filter(
            Q(line__organization__slug=organization)
            | Q(service__site__organization__slug=organization)
        )
    found = []
    for slot in slots.select_related(
        "line__organization",
        "service__site__organization",
        "service__site__commune",
        "assignment__practitioner",
    ):
        assignment = getattr(slot, "assignment", None)
        holder = assignment.practitioner if assignment else None
        found.append(OnDuty(slot, holder, soon_in_words(slot.ends_at, at)))
    return sorted(
        found,
        key=lambda one: (name_key(one.care), name_key(one.line.name), one.service.slug),
    )


def near_first(rows: Sequence[OnDuty], actor: Actor) -> list[tuple[str, list[OnDuty]]]:
    """The same in two groups: what the establishments of an actor keep or receive, then the rest;
    one group for who works for the whole territory. No query."""
    places = actor.organizations()
    if EVERYWHERE in places or not places:
        return [("Toutes les lignes", list(rows))]
    near = [one for one in rows if one.places & places]
    return [
        ("Vos établissements", near),
        ("Ailleurs", [one for one in rows if not one.places & places]),
    ]
