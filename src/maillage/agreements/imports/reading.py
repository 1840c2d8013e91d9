"""What the lists of this room share: keys of the database, and rows as unsaved records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from maillage.agreements.models import Agreement
from maillage.directory.models import Organization, OrganizationGroup
from maillage.exchange.checks import unknown_references
from maillage.exchange.tables import Row
from maillage.vocabulary.errors import Problem, Refusal


def agreements_by_slug() -> dict[str, Agreement]:
    """Every agreement, by slug."""
    return {one.slug: one for one in Agreement.objects.all()}


def organizations_by_slug() -> dict[str, Organization]:
    """Every organization, by slug."""
    return {one.slug: one for one in Organization.objects.all()}


def groups_by_slug() -> dict[str, OrganizationGroup]:
    """Every group, by slug."""
    return {one.slug: one for one in OrganizationGroup.objects.all()}


def unknown_agreements(rows: Iterable[Row]) -> Iterator[Problem]:
    """Rows of an agreement that does not exist."""
    slugs = set(Agreement.objects.values_list("slug", flat=True))
    return unknown_references(rows, "convention", slugs, "convention")


def unknown_organizations(rows: Iterable[Row], *columns: str) -> Iterator[Problem]:
    """Rows that name an organization that does not exist."""
    slugs = set(Organization.objects.values_list("slug", flat=True))
    for column in columns:
        yield from unknown_references(rows, column, slugs, "établissement")


def unknown_groups(rows: Iterable[Row], column: str) -> Iterator[Problem]:
    """Rows that name a group that does not exist."""
    slugs = set(OrganizationGroup.objects.values_list("slug", flat=True))
    return unknown_references(rows, column, slugs, "groupement")


def refused(refusal: Refusal, row: Row, column: str) -> Problem:
    """The refusal of a rule as the problem of a row."""
    return Problem(refusal.message, row=row.number, column=column)


def or_none(value: Any) -> Any:
    """An empty text as an empty cell."""
    return value or None
