"""Invented requests that were under way when the example last loaded, and that nobody has touched:
put away by the acts that anybody would use, before new ones are told."""

from __future__ import annotations

from datetime import datetime

from maillage.accounts.enums import Role
from maillage.accounts.permissions import Actor, Grant
from maillage.referrals.actions.acts import act_on
from maillage.referrals.enums import Act, Reason, State
from maillage.referrals.models import Case, Event, Referral
from maillage.referrals.rules.transitions import ENDED

MARK = "exemple"
"""First letters of the token of every invented request."""

LEAVES = frozenset({State.ANSWERED, State.REFUSED, State.REDIRECTED, State.EXPIRED})
WORDS = "Demande d'un chargement précédent de l'exemple."


def put_away(*, since: datetime, at: datetime) -> int:
    """End the invented requests that are late and that no person acted on since an instant. How
    many. Withdrawn ones count as mistakes, which figures leave out; appointments to come stay."""
    rows = (
        Referral.objects.filter(token__startswith=f"{MARK}-", due_at__lt=at)
        .exclude(state__in=ENDED)
        .select_related("from_organization", "to_organization")
        .order_by("pk")
    )
    touched = set(
        Event.objects.filter(referral__in=rows, at__gt=since)
        .exclude(act=Act.EXPIRE)
        .values_list("referral", flat=True)
    )
    untouched = [one for one in rows if one.pk not in touched]
    for one in untouched:
        _end(one, at=at)
    cases = Case.objects.filter(
        referrals__token__startswith=f"{MARK}-", return_due_at__lt=since, opened_at__lt=since
    )
    Case.objects.filter(pk__in=list(cases.values_list("pk", flat=True))).update(return_due_at=None)
    return len(untouched)


def _end(referral: Referral, *, at: datetime) -> None:
    """One request, as its requester would leave it, or as the team would note a patient come."""
    state = State(referral.state)
    values: dict[str, str] = {}
    if state is State.ARRIVED:
        by = Actor("exemple", "Exemple", (Grant(Role.ON_CALL, referral.to_organization.slug),))
        act = Act.TAKE_OVER
    else:
        by = Actor("exemple", "Exemple", (Grant(Role.DOCTOR, referral.from_organization.slug),))
        act = Act.CLOSE if state in LEAVES else Act.CANCEL
        if act is Act.CANCEL:
            values = {"reason": Reason.MISTAKE.value, "text": WORDS}
    act_on(
        referral_key=referral.key,
        act=act,
        version=referral.version,
        by=by,
        at=at,
        values=values,
    )
