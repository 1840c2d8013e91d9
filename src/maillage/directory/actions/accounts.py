"""With which account a practitioner logs in: their duties and requests follow from it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.models import User
from maillage.accounts.permissions import Actor
from maillage.directory.models import Practitioner, PractitionerAccount
from maillage.directory.permissions import LINK_ACCOUNT
from maillage.directory.queries.accounts import find_account, keeps_account, workplaces
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, NotAllowed, Problem, Refusal


@transaction.atomic
def link_account(
    *, practitioner: Practitioner, username: str, by: Actor, at: datetime
) -> PractitionerAccount:
    """Say that this account is this practitioner's. Done already, nothing changes.

    Raises :class:`NotAllowed` unless the actor keeps a place where the practitioner works, and one
    where the account has a role, if it has any; :class:`Invalid` for an account that does not exist
    or is closed; :class:`Refusal` when it is another practitioner's, or when this one has another
    account: that one is taken away first, by an act of its own.
    """
    places = workplaces(practitioner, local_day(at))
    LINK_ACCOUNT.check(by, places)
    user = User.objects.filter(username=username.strip().lower(), is_active=True).first()
    if user is None:
        sentence = "Aucun compte ouvert ne porte cet identifiant."
        raise Invalid("directory.no-account", sentence, [Problem(sentence, field="username")])
    other = (
        PractitionerAccount.objects.filter(user=user)
        .exclude(practitioner=practitioner)
        .select_related("practitioner")
        .first()
    )
    if other is not None:
        raise Refusal(
            "directory.account-taken", f"Ce compte est déjà celui de {other.practitioner}."
        )
    _check_keeps(by, user, local_day(at))
    present = find_account(practitioner)
    if present is not None and present.user_id == user.pk:
        return present
    if present is not None:
        raise Refusal(
            "directory.has-account",
            f"{practitioner} se connecte avec le compte « {present.user.username} » : "
            "retirez-le d'abord.",
        )
    link = PractitionerAccount.objects.create(practitioner=practitioner, user=user)
    _record("directory.link-account", practitioner, user, places, by=by, at=at)
    return link


@transaction.atomic
def unlink_account(*, practitioner: Practitioner, by: Actor, at: datetime) -> None:
    """Take the account of a practitioner away: it acts for nobody. Raises :class:`NotAllowed`;
    :class:`Refusal` when there is none."""
    places = workplaces(practitioner, local_day(at))
    LINK_ACCOUNT.check(by, places)
    link = find_account(practitioner)
    if link is None:
        raise Refusal("directory.no-link", f"{practitioner} n'a pas de compte.")
    _check_keeps(by, link.user, local_day(at))
    link.delete()
    _record("directory.unlink-account", practitioner, link.user, places, by=by, at=at)


def _check_keeps(by: Actor, user: User, day: date) -> None:
    """Raise :class:`NotAllowed` for an account of establishments that this actor does not keep."""
    if not keeps_account(by, user, day):
        raise NotAllowed(
            "permission.directory.link-account",
            "Ce compte est celui d'un autre établissement : sa direction le relie ou le retire.",
        )


def _record(
    action: str,
    practitioner: Practitioner,
    user: User,
    places: set[str],
    *,
    by: Actor,
    at: datetime,
) -> None:
    record(
        action,
        by=by,
        at=at,
        subject_kind="practitioner",
        subject_key=practitioner.slug,
        subject_name=str(practitioner),
        organization=min(places, default=""),
        account=user.username,
    )
