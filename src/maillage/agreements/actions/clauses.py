"""Clauses: who sends which patients to whom, between which days."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime

from django.utils.text import slugify

from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.agreements.actions.writing import note, open_text
from maillage.agreements.models import Agreement, Amendment, Clause
from maillage.agreements.permissions import WRITE
from maillage.agreements.queries.facts import clause_facts, list_clause_facts
from maillage.agreements.rules.clauses import check_clause
from maillage.agreements.rules.states import EDITABLE
from maillage.agreements.rules.terms import touches_coverage
from maillage.directory.models import Organization, OrganizationGroup
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Refusal


@dataclass(frozen=True)
class ClauseDraft:
    """A clause as a form gives it; exactly one origin. ``care_types`` are names of CareType."""

    to_organization: Organization
    care_types: list[str]
    starts_on: date
    ends_on: date | None = None
    from_organization: Organization | None = None
    from_group: OrganizationGroup | None = None
    article: str = ""
    population: str = ""
    priority: int = 1
    text: str = ""


def _check_after_amendment(day: date, amendment: Amendment | None) -> None:
    """What an amendment changes, it changes from its effect on: the past stays as it was."""
    if amendment is not None and day < amendment.effective_on:
        raise Refusal(
            "agreement.change-before-amendment",
            f"L'avenant prend effet le {amendment.effective_on:%d/%m/%Y} : "
            "rien ne change avant cette date.",
        )


@changing_territory()
def add_clause(*, agreement: Agreement, clause: ClauseDraft, by: Actor, at: datetime) -> Clause:
    """Add a clause to a text that may change. Raises :class:`NotAllowed`, the refusals of
    ``rules.clauses`` and ``agreement.change-before-amendment``."""
    held, facts, amendment = open_text(agreement, permission=WRITE, by=by, at=at)
    added = Clause(
        agreement=held,
        slug=_free_slug(held, clause),
        source=f"Saisie de {by.name}"[:200],
        source_on=local_day(at),
        **{field.name: getattr(clause, field.name) for field in fields(clause)},
    )
    if (clause.from_organization is None) == (clause.from_group is None):
        raise Refusal(
            "agreement.clause-origin",
            "Une clause part d'un établissement ou d'un groupement, et d'un seul des deux.",
        )
    check_clause(clause_facts(added), facts, list_clause_facts([held.pk])[held.pk])
    _check_after_amendment(clause.starts_on, amendment)
    added.save()
    note(
        "add-clause",
        held,
        by=by,
        at=at,
        changes_territory=touches_coverage(facts.state),
        clause=added.slug,
        care_types=added.care_types,
        starts_on=added.starts_on.isoformat(),
    )
    return added


def _free_slug(agreement: Agreement, clause: ClauseDraft) -> str:
    origin = clause.from_organization or clause.from_group
    name = origin.slug if origin else ""
    start = slugify(f"{agreement.slug[:40]}-{name[:25]}-{clause.to_organization.slug[:25]}")[:94]
    taken = set(Clause.objects.filter(slug__startswith=start).values_list("slug", flat=True))
    return next(f"{start}-{n}" for n in range(1, len(taken) + 2) if f"{start}-{n}" not in taken)


@changing_territory()
def end_clause(*, clause: Clause, on: date, by: Actor, at: datetime) -> Clause:
    """Stop a clause from a day on (that day is out). Codes ``agreement.clause-not-begun``,
    ``agreement.clause-already-ends``, ``agreement.change-before-amendment``."""
    held, facts, amendment = open_text(clause.agreement, permission=WRITE, by=by, at=at)
    current = Clause.objects.get(pk=clause.pk)
    if on <= current.starts_on:
        raise Refusal(
            "agreement.clause-not-begun",
            f"La clause commence le {current.starts_on:%d/%m/%Y} : elle ne peut pas finir avant.",
        )
    if current.ends_on is not None and current.ends_on <= on:
        raise Refusal(
            "agreement.clause-already-ends",
            f"La clause prend déjà fin le {current.ends_on:%d/%m/%Y}.",
        )
    _check_after_amendment(on, amendment)
    current.ends_on = on
    current.save(update_fields=["ends_on"])
    note(
        "end-clause",
        held,
        by=by,
        at=at,
        changes_territory=touches_coverage(facts.state),
        clause=current.slug,
        ends_on=on.isoformat(),
    )
    return current


@changing_territory()
def remove_clause(*, clause: Clause, by: Actor, at: datetime) -> None:
    """Take a clause out of a text that nobody has adopted yet. Later it can only end.
    Code ``agreement.clause-only-ends``."""
    held, facts, _ = open_text(clause.agreement, permission=WRITE, by=by, at=at)
    if facts.state not in EDITABLE:
        raise Refusal(
            "agreement.clause-only-ends", "La clause d'un texte signé prend fin, sans s'effacer."
        )
    slug = clause.slug
    clause.delete()
    touches = touches_coverage(facts.state)
    note("remove-clause", held, by=by, at=at, changes_territory=touches, clause=slug)
