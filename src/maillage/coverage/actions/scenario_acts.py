"""From a change of a scenario to an act of those who can make it true: a draft agreement, a request
to staff a line. The permissions of their rooms apply."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from maillage.accounts.permissions import Actor
from maillage.agreements.actions.clauses import ClauseDraft, add_clause
from maillage.agreements.actions.drafting import Draft, PartyDraft, add_party, create_agreement
from maillage.agreements.enums import AgreementKind, PartyRole
from maillage.agreements.models import Agreement
from maillage.agreements.permissions import CREATE
from maillage.coverage.models import Scenario
from maillage.coverage.rules.organization_words import of_it
from maillage.directory.models import Organization
from maillage.engines.routing import AddClause, Change, StaffSlots, read_changes
from maillage.oncall.actions import ask_for_roster
from maillage.oncall.models import DutyLine, RosterRequest
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import NotAllowed, NotFound, Refusal

LONGEST_SHORT_TITLE = 100


def change_at(scenario: Scenario, index: int) -> Change:
    """One change of a scenario, by rank. Raises :class:`NotFound`."""
    if not 0 <= index < len(scenario.changes):
        raise NotFound("coverage.unknown-change", "Ce changement n'est plus dans le scénario.")
    return read_changes([scenario.changes[index]])[0]


def clause_change_at(scenario: Scenario, index: int) -> AddClause:
    """An added clause, by rank. Raises :class:`NotFound`, :class:`Refusal` for another change."""
    change = change_at(scenario, index)
    if not isinstance(change, AddClause):
        raise Refusal("coverage.not-a-clause", "Ce changement n'ajoute pas de clause.")
    return change


def parties_of(change: AddClause) -> tuple[Organization, Organization]:
    """Who sends and who receives. Raises :class:`NotFound` when one is not there any more."""
    found = []
    for key in (change.from_organization, change.to_organization):
        rows = Organization.objects.filter(finess=key) | Organization.objects.filter(slug=key)
        row = rows.first()
        if row is None:
            raise NotFound("coverage.unknown-party", f"L'établissement {key[:40]} n'existe plus.")
        found.append(row)
    return found[0], found[1]


@transaction.atomic
def draft_agreement(
    *,
    scenario: Scenario,
    index: int,
    short_title: str,
    address: str,
    by: Actor,
    at: datetime,
    agreement: Agreement | None = None,
) -> Agreement:
    """Write the added clause of a scenario into a draft: a new partnership agreement between both
    establishments, or ``agreement``, one that is being written already.

    ``address`` is the page of the scenario, kept in the subject of a new agreement. Raises
    :class:`NotAllowed` and the refusals of the agreements room.
    """
    change = clause_change_at(scenario, index)
    sender, receiver = parties_of(change)
    text = agreement
    if text is None:
        text = _new_draft(
            sender, receiver, short_title=short_title,
            summary=f"Préparée d'après le scénario « {scenario.name} » ({address}).",
            by=by, at=at,
        )  # fmt: skip
    add_clause(
        agreement=text,
        clause=ClauseDraft(
            from_organization=sender,
            to_organization=receiver,
            care_types=list(change.care_types),
            starts_on=change.starts_on or local_day(at),
            ends_on=change.ends_on,
            priority=change.priority,
        ),
        by=by,
        at=at,
    )
    _remember(scenario, index, kind="agreement", key=text.slug, name=text.short_title)
    return text


def _new_draft(
    sender: Organization,
    receiver: Organization,
    *,
    short_title: str,
    summary: str,
    by: Actor,
    at: datetime,
) -> Agreement:
    """A partnership agreement of two parties, begun by the one for which the actor may."""
    first, second = sender, receiver
    if not CREATE.allows(by, [sender.slug]):
        first, second = receiver, sender
    if not CREATE.allows(by, [first.slug]):
        raise NotAllowed(
            "permission.agreements.create",
            f"Seule la direction {of_it(sender.short_name)} ou {of_it(receiver.short_name)} "
            "prépare cette convention.",
        )
    title = short_title.strip() or f"{sender.short_name} et {receiver.short_name}"
    text = create_agreement(
        draft=Draft(
            title=f"Convention entre {sender.name} et {receiver.name}"[:240],
            short_title=title[:LONGEST_SHORT_TITLE],
            kind=AgreementKind.PARTNERSHIP,
            summary=summary,
        ),
        organization=first,
        by=by,
        at=at,
    )
    add_party(
        agreement=text, party=PartyDraft(role=PartyRole.PARTY, organization=second), by=by, at=at
    )
    return text


@transaction.atomic
def ask_roster(
    *, scenario: Scenario, index: int, reason: str, address: str, by: Actor, at: datetime
) -> RosterRequest:
    """Ask those who keep the line of a staffed slot to find who holds it. Raises
    :class:`Refusal` when the change names no line or no period, and as ``ask_for_roster``."""
    change = change_at(scenario, index)
    if not isinstance(change, StaffSlots) or not (
        change.line and change.starts_at and change.ends_at
    ):
        raise Refusal(
            "coverage.not-a-roster", "Une demande de garde dit une ligne, un début et une fin."
        )
    line = DutyLine.objects.select_related("organization").filter(slug=change.line).first()
    if line is None:
        raise NotFound("oncall.unknown-line", "Cette ligne de garde n'existe pas.")
    asked = ask_for_roster(
        line=line,
        starts_at=change.starts_at,
        ends_at=change.ends_at,
        reason=reason,
        origin=address,
        by=by,
        at=at,
    )
    _remember(
        scenario, index, kind="roster-request", key=str(asked.pk), name=f"Demande à « {line.name} »"
    )
    return asked


def _remember(scenario: Scenario, index: int, **act: Any) -> None:
    """Keep on the scenario what came of a change. Anybody who may act may add to that list: it
    is no part of what the scenario says, and leaves its version alone."""
    kept = Scenario.objects.select_for_update().get(pk=scenario.pk)
    kept.acts = [*kept.acts, {"change": scenario.changes[index], **act}]
    kept.save(update_fields=["acts"])
