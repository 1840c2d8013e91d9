"""Everything that the page of one agreement shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from maillage.accounts.permissions import Actor
from maillage.agreements.enums import AgreementState, OpinionBody
from maillage.agreements.models import Agreement, Amendment, Clause, ClauseTerms, Party
from maillage.agreements.permissions import ADVANCE, READ_DOCUMENTS, RECORD_OPINION, SIGN, WRITE
from maillage.agreements.queries.facts import get_facts
from maillage.agreements.queries.lists import AgreementRow, row_of
from maillage.agreements.queries.records import (
    clauses_without_service,
    get_full_agreement,
    organizations_by_party,
    organizations_of,
)
from maillage.agreements.queries.snapshots import care_words, snapshot
from maillage.agreements.queries.terms import DelayRow, delay_rows, terms_of
from maillage.agreements.rules.changes import Difference, differences
from maillage.agreements.rules.checks import (
    AMENDABLE,
    UNSIGNED,
    check_can_renew,
    check_composition,
    check_signatures,
    check_term,
    missing_opinions,
)
from maillage.agreements.rules.clocks import Clock, clocks, expiry_level
from maillage.agreements.rules.facts import AgreementFacts
from maillage.agreements.rules.states import (
    Act,
    check_can_change_state,
    check_can_edit,
    check_can_record_opinion,
    check_can_record_signature,
    list_acts,
    why_not,
)
from maillage.agreements.rules.terms import carrying_periods, intersections, state_shown
from maillage.agreements.rules.words import vague_day
from maillage.vocabulary.periods import Period


@dataclass(frozen=True)
class Choice:
    """An act as a button: ``refused`` says why it is not possible now, empty when it is."""

    act: Act
    refused: str


@dataclass(frozen=True)
class PartyLine:
    """A party, and whether the reader may sign for it now."""

    party: Party
    may_sign: bool


@dataclass(frozen=True)
class ClauseLine:
    """A clause in words. ``note`` says why it does not carry patients today, or what it lacks."""

    clause: Clause
    origin: str
    care: str
    in_force: bool
    note: str
    unserved: str
    delays: list[DelayRow]
    terms: ClauseTerms | None


@dataclass(frozen=True)
class AmendmentLine:
    """An amendment and what it changed."""

    amendment: Amendment
    changes: list[Difference]
    is_known: bool


@dataclass(frozen=True)
class Ending:
    """A clause that ends or a commitment that falls due soon."""

    name: str
    due_on: date
    days_left: int
    level: str

    @property
    def days(self) -> str:
        """« dans 12 jours »."""
        return "aujourd'hui" if self.days_left == 0 else f"dans {self.days_left} j"


@dataclass(frozen=True)
class AgreementPage:
    """One agreement as its page shows it."""

    agreement: Agreement
    row: AgreementRow
    carries: bool
    defects: list[str]
    choices: list[Choice]
    edit_refused: str
    is_amendable: bool
    is_renewable: bool
    is_consulted: bool
    may_write: bool
    may_advance: bool
    may_record_opinion: bool
    may_read_documents: bool
    parties: list[PartyLine]
    missing_opinions: list[str]
    clauses: list[ClauseLine]
    amendments: list[AmendmentLine]
    open_amendment: Amendment | None
    clocks: list[Clock]
    ending: list[Ending]
    signed: str

    @property
    def agreed(self) -> list[ClauseLine]:
        """Clauses that agree a delay, a return or a price, or that the reader may complete."""
        writable = self.may_write and not self.edit_refused
        return [line for line in self.clauses if writable or line.delays or line.terms]


def get_page(slug: str, *, actor: Actor, today: date) -> AgreementPage:
    """The page of an agreement for this reader today. Raises :class:`NotFound`. Its number of
    queries does not depend on the number of clauses, parties or amendments."""
    agreement = get_full_agreement(slug)
    facts = get_facts(agreement)
    parties = list(agreement.parties.all())
    signing = organizations_by_party(parties, on=today, support_only=True)
    acting: frozenset[str] = frozenset().union(*signing.values())
    readers = organizations_of(parties, on=today, support_only=False)
    amendments = list(agreement.amendments.all())
    open_amendment = next((one for one in amendments if one.is_open), None)
    carrying = carrying_periods(facts.term)
    return AgreementPage(
        agreement=agreement,
        row=row_of(agreement, facts.term, today=today),
        carries=any(period.contains(today) for period in carrying),
        defects=_defects(facts),
        choices=_choices(facts, today),
        edit_refused=why_not(
            lambda: check_can_edit(facts, amendment_is_open=open_amendment is not None)
        ),
        is_amendable=facts.state in AMENDABLE,
        is_renewable=not why_not(lambda: check_can_renew(facts, until=date.max)),
        is_consulted=_may_record_opinion(facts),
        may_write=WRITE.allows(actor, acting),
        may_advance=ADVANCE.allows(actor, acting),
        may_record_opinion=RECORD_OPINION.allows(actor, acting),
        may_read_documents=READ_DOCUMENTS.allows(actor, readers),
        parties=_party_lines(parties, facts, actor, signing),
        missing_opinions=missing_opinions(facts) if facts.state in UNSIGNED else [],
        clauses=_clause_lines(agreement, carrying, today),
        amendments=_amendment_lines(agreement, amendments),
        open_amendment=open_amendment,
        clocks=clocks(facts, today=today),
        ending=_ending(agreement, today),
        signed=vague_day(agreement.signed_on, agreement.date_precision),
    )


def _defects(facts: AgreementFacts) -> list[str]:
    """What the rules would refuse today in a signed text: loaded history may be incomplete."""
    if facts.state in UNSIGNED:
        return []
    found = [
        why_not(lambda: check_composition(facts, date.max)),
        why_not(lambda: check_signatures(facts, date.max)),
        why_not(lambda: check_term(facts.term)),
    ]
    return [sentence for sentence in found if sentence]


def _choices(facts: AgreementFacts, today: date) -> list[Choice]:
    """The acts of the table, each with the reason that stops it today."""
    return [
        Choice(act, why_not(partial(check_can_change_state, facts, act.to, on=today, today=today)))
        for act in list_acts(facts.kind, facts.state)
        if act.to is not AgreementState.EXPIRED or _has_lapsed(facts, today)
    ]


def _has_lapsed(facts: AgreementFacts, today: date) -> bool:
    return state_shown(facts.term, today) is AgreementState.EXPIRED


def _may_record_opinion(facts: AgreementFacts) -> bool:
    return any(
        not why_not(partial(check_can_record_opinion, facts, body))
        for body in (OpinionBody.CME, OpinionBody.ARS)
    )


def _party_lines(
    parties: list[Party],
    facts: AgreementFacts,
    actor: Actor,
    signing: dict[int, frozenset[str]],
) -> list[PartyLine]:
    is_signable = not why_not(lambda: check_can_record_signature(facts))
    return [
        PartyLine(
            party,
            may_sign=(
                is_signable
                and party.must_sign
                and party.signed_on is None
                and SIGN.allows(actor, signing[party.pk])
            ),
        )
        for party in parties
    ]


def _clause_lines(
    agreement: Agreement, carrying: Sequence[Period[date]], today: date
) -> list[ClauseLine]:
    clauses = list(agreement.clauses.all())
    unserved = clauses_without_service(clauses, on=today) if clauses else {}
    lines = []
    for clause in clauses:
        own = Period(clause.starts_on, clause.ends_on)
        used = intersections([own], carrying)
        in_force = any(period.contains(today) for period in used)
        lines.append(
            ClauseLine(
                clause=clause,
                origin=str(clause.from_organization or clause.from_group),
                care=care_words(clause.care_types),
                in_force=in_force,
                note="" if in_force else _why_not_in_force(own, used, today),
                unserved=care_words(unserved.get(clause.slug, [])) if in_force else "",
                delays=delay_rows(clause),
                terms=terms_of(clause),
            )
        )
    return lines


def _why_not_in_force(own: Period[date], used: Sequence[Period[date]], today: date) -> str:
    if own.ends is not None and own.ends <= today:
        return f"a pris fin le {own.ends:%d/%m/%Y}"
    if own.starts is not None and own.starts > today:
        return f"commence le {own.starts:%d/%m/%Y}"
    past = [period.ends for period in used if period.ends is not None and period.ends <= today]
    if past:
        return f"la convention n'adresse plus depuis le {max(past):%d/%m/%Y}"
    return "la convention n'est pas en vigueur"


def _amendment_lines(agreement: Agreement, amendments: list[Amendment]) -> list[AmendmentLine]:
    """Each amendment with what it changed: from the text that it kept to the text that the next
    one kept, or to the present one. The newest first."""
    if not amendments:
        return []
    texts = [one.version_before for one in amendments[1:]] + [snapshot(agreement)]
    lines = [
        AmendmentLine(one, differences(one.version_before, after), bool(one.version_before))
        for one, after in zip(amendments, texts, strict=True)
    ]
    return lines[::-1]


def _ending(agreement: Agreement, today: date) -> list[Ending]:
    """Clauses and commitments whose day comes within 180 days."""
    dated = [
        *((f"Clause {c.article or c.slug}", c.ends_on) for c in agreement.clauses.all()),
        *((f"Engagement : {c.text[:80]}", c.due_on) for c in agreement.commitments.all()),
    ]
    found = [
        Ending(name, day, (day - today).days, expiry_level((day - today).days))
        for name, day in dated
        if day is not None and day >= today
    ]
    return sorted((one for one in found if one.level != "neutral"), key=lambda one: one.due_on)
