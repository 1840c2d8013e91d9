"""The clauses that the coverage engine may use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from maillage.agreements.models import Clause
from maillage.agreements.queries.facts import load_terms
from maillage.agreements.rules.terms import carrying_periods, intersections
from maillage.vocabulary.periods import Period

PIECE_MARK = "~"
"""Parts the slug of a clause from the number of a later piece of it (after a suspension)."""


@dataclass(frozen=True, slots=True)
class NetworkClause:
    """A clause over days when its agreement carries patients.

    Organizations are named by their ``network_id``, the group by its slug; exactly one origin is
    set. A clause that was interrupted comes as several pieces: the first is named by its slug, the
    next ``slug~2``... (:func:`clause_slug` gives the slug back).
    """

    id: str
    agreement: str
    to_organization: str
    care_types: tuple[str, ...]
    priority: int
    starts_on: date | None
    ends_on: date | None
    from_organization: str | None = None
    from_group: str | None = None


def clause_slug(network_id: str) -> str:
    """The slug of the clause that a piece belongs to."""
    return network_id.partition(PIECE_MARK)[0]


def list_clauses_for_network() -> list[NetworkClause]:
    """Every clause on the days when it may be used: its own dates, within those of its agreement
    and of the parent of its agreement (``rules.terms.carrying_periods``). Past days included, so
    that a question about the past is answered as it was. Ordered by identifier. Three queries.
    """
    periods = {key: carrying_periods(term) for key, term in load_terms().items()}
    rows = Clause.objects.select_related(
        "agreement", "from_organization", "from_group", "to_organization"
    ).order_by("slug")
    return [
        piece for clause in rows for piece in _pieces(clause, periods.get(clause.agreement_id, ()))
    ]


def is_usable(clause: Clause, *, on: date) -> bool:
    """True when a clause carries patients on a day: what the engine would find then. Three
    queries."""
    term = load_terms().get(clause.agreement_id)
    carrying = carrying_periods(term) if term is not None else ()
    own = [Period(clause.starts_on, clause.ends_on)]
    return any(period.contains(on) for period in intersections(own, carrying))


def _pieces(clause: Clause, carrying: tuple[Period[date], ...]) -> list[NetworkClause]:
    own = [Period(clause.starts_on, clause.ends_on)]
    origin = clause.from_organization
    return [
        NetworkClause(
            id=clause.slug if number == 1 else f"{clause.slug}{PIECE_MARK}{number}",
            agreement=clause.agreement.slug,
            to_organization=clause.to_organization.network_id,
            care_types=tuple(clause.care_types),
            priority=clause.priority,
            starts_on=period.starts,
            ends_on=period.ends,
            from_organization=origin.network_id if origin else None,
            from_group=clause.from_group.slug if clause.from_group else None,
        )
        for number, period in enumerate(intersections(own, carrying), start=1)
    ]
