"""Agreements that may carry a half-day at another hospital: on which days, between whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from maillage.agreements.enums import AgreementKind
from maillage.agreements.models import Agreement, Commitment
from maillage.agreements.queries.facts import load_facts
from maillage.agreements.rules.facts import AgreementFacts
from maillage.agreements.rules.terms import carrying_periods
from maillage.vocabulary.periods import Period
from maillage.workforce.rules.owed import PER_WEEK, Promise

CARRYING_KINDS = (
    AgreementKind.ACTIVITY_SHARING,
    AgreementKind.SHARED_TIME,
    AgreementKind.FRAMEWORK,
    AgreementKind.GCS,
    AgreementKind.ASSOCIATION,
    AgreementKind.GHT,
)
"""Instruments by which a practitioner may work in another hospital."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """An agreement, the days on which it holds and the hospitals that it binds (slugs)."""

    pk: int
    slug: str
    title: str
    days: tuple[Period[date], ...]
    organizations: frozenset[str]

    def carries(self, one: str, other: str) -> tuple[Period[date], ...] | None:
        """Its days between two hospitals; None when it does not bind both."""
        return self.days if {one, other} <= self.organizations else None


def _bound(facts: AgreementFacts) -> frozenset[str]:
    """Hospitals that an agreement binds: parties and members of their groups."""
    found = set()
    for party in facts.binding:
        if party.organization:
            found.add(party.organization)
        if party.group is not None:
            found.update(member.organization for member in party.group.members)
    return frozenset(found)


def load_carriers(slugs: Iterable[str] | None = None) -> dict[str, Carrier]:
    """Agreements of the kinds that may carry a half-day, or those of these slugs, by slug. Seven
    statements whatever their number."""
    found = Agreement.objects.filter(kind__in=CARRYING_KINDS).order_by("slug")
    if slugs is not None:
        found = found.filter(slug__in=list(slugs))
    agreements = list(found)
    facts = load_facts(agreements)
    return {
        one.slug: Carrier(
            one.pk,
            one.slug,
            one.short_title,
            carrying_periods(facts[one.pk].term),
            _bound(facts[one.pk]),
        )
        for one in agreements
    }


def list_promises(carriers: dict[str, Carrier]) -> list[Promise]:
    """Half-days a week that commitments of these agreements promise: their owner gives them to the
    one other hospital bound. A commitment between more than two names no receiver and is left out.
    """
    rows = Commitment.objects.filter(
        unit=PER_WEEK, quantity__gt=0, agreement__slug__in=carriers, owner__isnull=False
    ).order_by("slug")
    found = []
    for slug, owner, quantity in rows.values_list("agreement__slug", "owner__slug", "quantity"):
        others = carriers[slug].organizations - {owner}
        if len(others) == 1:
            found.append(
                Promise(
                    slug, owner, next(iter(others)), Fraction(quantity or 0), carriers[slug].days
                )
            )
    return found
