"""The acts on a request by name, for readers of code. Each is ``acts.act_on`` with its act; values
are those of ``rules.acts.VALUES``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from django.db import transaction

from maillage.accounts.permissions import Actor
from maillage.referrals.actions.acts import act_on
from maillage.referrals.enums import Act, Kind
from maillage.referrals.models import Referral
from maillage.referrals.queries.requests import hold_referral


class Verb(Protocol):
    """An act, done on a request."""

    def __call__(
        self, *, referral_key: str, version: int, by: Actor, at: datetime, **values: Any
    ) -> Referral: ...


def _verb(act: Act) -> Verb:
    def do(*, referral_key: str, version: int, by: Actor, at: datetime, **values: Any) -> Referral:
        return act_on(
            referral_key=referral_key, act=act, version=version, by=by, at=at, values=values
        )

    do.__name__, do.__doc__ = act.value.lower(), f"« {act.label} »."
    return do


see = _verb(Act.SEE)
ask_info = _verb(Act.ASK_INFO)
give_info = _verb(Act.GIVE_INFO)
answer = _verb(Act.ANSWER)
schedule = _verb(Act.SCHEDULE)
accept_medically = _verb(Act.ACCEPT_MEDICALLY)
accept_bed = _verb(Act.ACCEPT_BED)
refuse = _verb(Act.REFUSE)
redirect = _verb(Act.REDIRECT)
order_transport = _verb(Act.ORDER_TRANSPORT)
decline_transport = _verb(Act.DECLINE_TRANSPORT)
engage = _verb(Act.ENGAGE)
depart = _verb(Act.DEPART)
arrive = _verb(Act.ARRIVE)
take_over = _verb(Act.TAKE_OVER)
reroute = _verb(Act.REROUTE)
reprioritise = _verb(Act.REPRIORITISE)
close = _verb(Act.CLOSE)
cancel = _verb(Act.CANCEL)


@transaction.atomic
def accept(
    *, referral_key: str, version: int, bed: str, by: Actor, at: datetime, text: str = ""
) -> Referral:
    """Accept whole: a return, or both acceptances of a transfer by one doctor who has the bed.
    Raises as ``act_on``; nothing is written unless both are."""
    referral = hold_referral(referral_key, whole_person=True)
    if referral.kind != Kind.TRANSFER:
        values = {"bed": bed, "text": text}
        return act_on(
            referral_key=referral_key, act=Act.ACCEPT, version=version, by=by, at=at, values=values
        )
    accepted = accept_medically(referral_key=referral_key, version=version, by=by, at=at, text=text)
    if accepted.bed_at is not None:
        return accepted
    return accept_bed(referral_key=referral_key, version=accepted.version, by=by, at=at, bed=bed)
