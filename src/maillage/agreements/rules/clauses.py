"""What makes a clause legal: it binds parties, inside the dates of its agreement, and says a thing
once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from maillage.agreements.enums import PartyRole, Renewal
from maillage.agreements.rules.checks import period_words
from maillage.agreements.rules.facts import AgreementFacts, ClauseFacts, PartyFacts, Term
from maillage.vocabulary.errors import Refusal
from maillage.vocabulary.periods import Period


def check_clause(
    clause: ClauseFacts, facts: AgreementFacts, others: Iterable[ClauseFacts] = ()
) -> None:
    """A clause binds parties only, within the dates of its agreement, and says a thing once.

    ``others`` are the other clauses of the agreement. Codes ``agreement.clause-*``.
    """
    if not clause.care_types:
        raise Refusal("agreement.clause-without-care", "Une clause dit au moins un type de soin.")
    if bool(clause.from_organization) == bool(clause.from_group):
        raise Refusal(
            "agreement.clause-origin",
            "Une clause part d'un établissement ou d'un groupement, et d'un seul des deux.",
        )
    if clause.from_organization == clause.to_organization:
        raise Refusal("agreement.clause-to-itself", "L'origine et la destination sont les mêmes.")
    if clause.ends_on is not None and clause.ends_on <= clause.starts_on:
        raise Refusal("agreement.clause-empty", "La fin de la clause doit venir après son début.")
    _check_clause_parties(clause, facts)
    _check_clause_dates(clause, facts.term)
    _check_clause_is_alone(clause, others)


def _check_clause_parties(clause: ClauseFacts, facts: AgreementFacts) -> None:
    period = Period(clause.starts_on, clause.ends_on)
    if not _binds(facts.binding, clause.to_organization, period):
        raise Refusal(
            "agreement.clause-receiver-not-bound",
            "Celui qui reçoit n'est ni partie à la convention, ni membre d'un groupement partie.",
            organization=clause.to_organization,
        )
    if clause.from_group:
        bound = any(p.group and p.group.slug == clause.from_group for p in facts.binding)
    else:
        bound = _binds(facts.binding, clause.from_organization, period)
    if not bound:
        raise Refusal(
            "agreement.clause-origin-not-bound",
            "Celui qui adresse n'est ni partie à la convention, ni membre d'un groupement partie.",
            origin=clause.origin,
        )


def _binds(parties: Iterable[PartyFacts], organization: str, period: Period[date]) -> bool:
    for party in parties:
        if party.organization == organization and party.role is not PartyRole.ENDORSING:
            return True
        for member in party.group.members if party.group else ():
            if member.organization == organization and period.overlaps(
                Period(member.starts_on, member.ends_on)
            ):
                return True
    return False


def _check_clause_dates(clause: ClauseFacts, term: Term) -> None:
    early = term.starts_on is not None and clause.starts_on < term.starts_on
    end = None if term.renewal is Renewal.TACIT else term.ends_on
    late = end is not None and (
        clause.starts_on >= end or (clause.ends_on is not None and clause.ends_on > end)
    )
    if early or late:
        raise Refusal(
            "agreement.clause-outside-term",
            "Les dates de la clause doivent tenir dans celles de la convention "
            f"({period_words(term.starts_on, end)}).",
        )


def _check_clause_is_alone(clause: ClauseFacts, others: Iterable[ClauseFacts]) -> None:
    period = Period(clause.starts_on, clause.ends_on)
    for other in others:
        same_way = (other.origin, other.to_organization, other.population) == (
            clause.origin,
            clause.to_organization,
            clause.population,
        )
        if (
            other.slug != clause.slug
            and same_way
            and clause.care_types & other.care_types
            and period.overlaps(Period(other.starts_on, other.ends_on))
        ):
            raise Refusal(
                "agreement.clause-twice",
                f"La clause « {other.slug} » dit déjà la même chose aux mêmes dates.",
                other=other.slug,
            )
