"""With which account a practitioner logs in: their duties and requests follow from it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.models import User
from maillage.accounts.permissions import Actor
from maillage.directory.models import Practitioner, PractitionerAccount
from maillage.directory.permissions import LINK_ACCOUNT
from maillage.directory.queries.accounts import workplaces
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, Problem, Refusal


@transaction.atomic
def link_account(
    *, practitioner: Practitioner, username: str, by: Actor, at: datetime
) -> PractitionerAccount:
    """Say that this account is this practitioner's, in place of the one they had.

    Raises :class:`NotAllowed` unless the actor keeps a place where the practitioner works;
    :class:`Invalid` for an account that does not exist or is closed; :class:`Refusal` when it is
    another practitioner's already.
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
    link, _ = PractitionerAccount.objects.update_or_create(
        practitioner=practitioner, defaults={"user": user}
    )
    _record("directory.link-account", practitioner, user, places, by=by, at=at)
    return link


@transaction.atomic
def unlink_account(*, practitioner: Practitioner, by: Actor, at: datetime) -> None:
    """Take the account of a practitioner away: it acts for nobody. Raises :class:`NotAllowed`;
    :class:`Refusal` when there is none."""
    places = workplaces(practitioner, local_day(at))
    LINK_ACCOUNT.check(by, places)
    link = (
        PractitionerAccount.objects.filter(practitioner=practitioner).select_related("user").first()
    )
    if link is None:
        raise Refusal("directory.no-link", f"{practitioner} n'a pas de compte.")
    link.delete()
    _record("directory.unlink-account", practitioner, link.user, places, by=by, at=at)


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
