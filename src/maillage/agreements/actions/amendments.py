"""Amendments: how a signed text changes, with the version before kept as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max

from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.agreements.actions.writing import check_party, hold, note
from maillage.agreements.models import Agreement, Amendment
from maillage.agreements.permissions import WRITE
from maillage.agreements.queries.facts import get_facts
from maillage.agreements.queries.records import get_open_amendment
from maillage.agreements.queries.snapshots import snapshot
from maillage.agreements.rules.checks import check_amendment
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Refusal


@dataclass(frozen=True)
class AmendmentDraft:
    """An amendment that all parties have signed; the agency's dates for a GHT or a GCS."""

    title: str
    signed_on: date
    effective_on: date
    summary: str = ""
    submitted_on: date | None = None
    approved_on: date | None = None


@changing_territory()
def amend(*, agreement: Agreement, amendment: AmendmentDraft, by: Actor, at: datetime) -> Amendment:
    """Record a signed amendment: keep the text as it stands, open the next version for its changes.
    Raises :class:`NotAllowed` and the refusals of ``rules.checks.check_amendment``."""
    held = hold(agreement)
    check_party(WRITE, held, by=by, at=at)
    check_amendment(
        get_facts(held),
        signed_on=amendment.signed_on,
        effective_on=amendment.effective_on,
        submitted_on=amendment.submitted_on,
        approved_on=amendment.approved_on,
        one_is_open=get_open_amendment(held) is not None,
        today=local_day(at),
    )
    last = held.amendments.aggregate(last=Max("number"))["last"] or 0
    added = Amendment.objects.create(
        agreement=held,
        number=last + 1,
        title=amendment.title,
        signed_on=amendment.signed_on,
        effective_on=amendment.effective_on,
        summary=amendment.summary,
        submitted_on=amendment.submitted_on,
        approved_on=amendment.approved_on,
        is_open=True,
        version_before=snapshot(held),
    )
    held.version += 1
    held.save(update_fields=["version"])
    note("amend", held, by=by, at=at, number=added.number, version=held.version)
    return added


@changing_territory()
def close_amendment(*, agreement: Agreement, by: Actor, at: datetime) -> Amendment:
    """End the entry of the open amendment: the text is frozen again.
    Code ``agreement.no-open-amendment``."""
    held = hold(agreement)
    check_party(WRITE, held, by=by, at=at)
    amendment = get_open_amendment(held)
    if amendment is None:
        raise Refusal("agreement.no-open-amendment", "Aucun avenant n'est en cours de saisie.")
    amendment.is_open = False
    amendment.save(update_fields=["is_open"])
    note("close-amendment", held, by=by, at=at, number=amendment.number)
    return amendment
