"""From what a page shows to the scenario that tries it: « et si… ? » in one link.

A trial is the query of the page of a new scenario: ``changement`` (a change as JSON), ``sans`` and
``appui`` (what would happen without one element), or ``reconduire`` and ``le`` (an agreement goes
on after its term).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from maillage.coverage.enums import AlertKind
from maillage.coverage.rules.alerts import AHEAD
from maillage.engines.routing import (
    AddClause,
    AuthoriseService,
    Change,
    Clause,
    CloseService,
    ElementKind,
    EndAgreement,
    EndClause,
    HolderLeaves,
    StaffSlots,
    write_changes,
)
from maillage.vocabulary.calendar import day_bounds

UNHELD = "#sans-titulaire"
"""End of the key of an alert on slots without holder."""


@dataclass(frozen=True)
class Trial:
    """A link to a new scenario: its words and its query."""

    label: str
    query: str


def query_of(change: Change) -> str:
    """The query of a new scenario that begins with a change."""
    return urlencode({"changement": json.dumps(write_changes([change])[0])})


def try_alert(kind: AlertKind, key: str, due_on: date, *, is_felt: bool) -> Trial | None:
    """What to try of an ending: that it does not happen; of an agreement whose term costs nothing
    because it goes on tacitly, that it does. None when one change says neither."""
    if kind is AlertKind.AUTHORISATION:
        change: Change = AuthoriseService(key, starts_on=due_on)
        return Trial("Et si elle était prolongée ?", query_of(change))
    if kind is AlertKind.AGREEMENT and is_felt:
        query = urlencode({"reconduire": key, "le": due_on.isoformat()})
        return Trial("Et si elle était reconduite ?", query)
    if kind is AlertKind.AGREEMENT:
        return Trial("Et si elle s'éteignait ?", query_of(EndAgreement(key, due_on)))
    if kind is AlertKind.ROSTER and key.endswith(UNHELD):
        change = StaffSlots(
            day_bounds(due_on)[0], day_bounds(due_on + AHEAD)[0], line=key.removesuffix(UNHELD)
        )
        return Trial("Et si elle était pourvue ?", query_of(change))
    return None


def without_element(kind: str, element: str, *, on: date) -> Change | None:
    """The change that takes one support away from a day on; None for a kind that is none."""
    if kind == ElementKind.SERVICE:
        return CloseService(element, day_bounds(on)[0], None)
    if kind == ElementKind.CLAUSE:
        return EndClause(element, on)
    if kind == ElementKind.HOLDER:
        return HolderLeaves(element, on)
    return None


def renewals(clauses: Iterable[Clause], agreements: Collection[str], on: date) -> list[Change]:
    """The clauses of an agreement and of its annexes that end on a day, added again from that
    day."""
    return [
        AddClause(
            row.from_organization,
            row.to_organization,
            row.care_types,
            priority=row.priority,
            starts_on=on,
            agreement=row.agreement,
        )
        for row in clauses
        if row.agreement in agreements and row.ends_on == on
    ]
