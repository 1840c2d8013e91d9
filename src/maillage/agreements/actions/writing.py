"""What every act of this room shares: the agreement re-read under the transaction, its line in the
trail, and the right to change its text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor, Permission
from maillage.agreements.models import Agreement, Amendment
from maillage.agreements.queries.facts import get_facts
from maillage.agreements.queries.records import get_open_amendment, party_organizations
from maillage.agreements.rules.facts import AgreementFacts
from maillage.agreements.rules.states import check_can_edit
from maillage.vocabulary.calendar import local_day


def hold(agreement: Agreement) -> Agreement:
    """The agreement as it is now, locked until the end of the transaction, so that two acts at
    once cannot both pass the same check."""
    return Agreement.objects.select_for_update().get(pk=agreement.pk)


def check_party(permission: Permission, agreement: Agreement, *, by: Actor, at: datetime) -> None:
    """Raise :class:`NotAllowed` unless the actor holds the permission for a party."""
    permission.check(by, party_organizations(agreement, on=local_day(at)))


def open_text(
    agreement: Agreement, *, permission: Permission, by: Actor, at: datetime
) -> tuple[Agreement, AgreementFacts, Amendment | None]:
    """The agreement held for a change of its text, its facts and the open amendment, if any.
    Raises when the actor or the state forbids it (``rules.states.check_can_edit``)."""
    held = hold(agreement)
    check_party(permission, held, by=by, at=at)
    facts = get_facts(held)
    amendment = get_open_amendment(held)
    check_can_edit(facts, amendment_is_open=amendment is not None)
    return held, facts, amendment


def note(
    action: str,
    agreement: Agreement,
    *,
    by: Actor,
    at: datetime,
    changes_territory: bool = False,
    **details: Any,
) -> None:
    """The audit line of an act on an agreement."""
    record(
        f"agreements.{action}",
        by=by,
        at=at,
        subject_kind="agreement",
        subject_key=agreement.slug,
        subject_name=agreement.short_title,
        changes_territory=changes_territory,
        **details,
    )
