"""Which requests, documents and letters of a case somebody reads."""

from __future__ import annotations

from collections.abc import Iterable

from maillage.accounts.permissions import EVERYWHERE, Actor
from maillage.patients.rules.access import Ground
from maillage.referrals.enums import State
from maillage.referrals.models import Letter, Referral
from maillage.referrals.permissions import ANSWER, ASK
from maillage.referrals.queries.requests import sides_of
from maillage.referrals.rules.reading import WHOLE, Part, elsewhere, find_readable, takes_part

COLUMNS = (
    "kind", "state", "case", "previous", "from_organization__slug", "to_organization__slug",
)  # fmt: skip


def list_parts(case_id: int, by: Actor) -> list[Part]:
    """The requests of a case as their reader stands in them. One query."""
    rows = Referral.objects.filter(case=case_id).select_related(
        "from_organization", "to_organization"
    )
    return as_parts(rows.only(*COLUMNS), by)


def as_parts(rows: Iterable[Referral], by: Actor) -> list[Part]:
    """The same from requests in hand, their organizations loaded. No query."""
    return [
        Part(one.pk, one.previous_id, one.state == State.DRAFT, sides_of(one, by)) for one in rows
    ]


def may_read(referral: Referral, ground: Ground, by: Actor) -> bool:
    """True when somebody with this basis for the patient reads this request (``rules.reading``).
    No query for those who stand on a side of it; one for the others."""
    if sides_of(referral, by):
        return True
    if referral.state == State.DRAFT:
        return False
    if ground.basis in WHOLE:
        return True
    return referral.pk in find_readable(list_parts(referral.case_id, by), ground.basis)


def check_reads(referral: Referral, ground: Ground, by: Actor) -> None:
    """Raise :class:`NotAllowed` unless :func:`may_read`."""
    if not may_read(referral, ground, by):
        raise elsewhere()


def check_reads_case(case_id: int, ground: Ground, by: Actor) -> None:
    """Raise :class:`NotAllowed` to whoever takes no part in a case: its documents and letters are
    not theirs. One query, or none."""
    if ground.basis not in WHOLE and not takes_part(list_parts(case_id, by), ground.basis):
        raise elsewhere()


def reads_letter(letter: Letter, by: Actor) -> bool:
    """True when a written piece of a case that the actor reads is shown: once signed, to all of
    them; before, to those who write it."""
    return letter.signed_at is not None or writes_for(letter.organization.slug, by)


def writes_for(organization: str, by: Actor) -> bool:
    """True for those who ask or answer in the name of this hospital. A role held everywhere writes
    for none."""
    return organization in (ASK.places(by) | ANSWER.places(by)) - {EVERYWHERE}
