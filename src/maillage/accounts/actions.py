"""Acts of the accounts room."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from maillage.accounts import rules
from maillage.accounts.enums import Role
from maillage.accounts.models import ApiKey, AuditEvent, RoleGrant, User
from maillage.accounts.organizations import check_exists
from maillage.accounts.permissions import (
    EVERYWHERE,
    MANAGE_USERS,
    OWN_ACCOUNT,
    Actor,
    check_manages,
)
from maillage.accounts.queries import get_actor
from maillage.accounts.turns import take_turn
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, NotAllowed, Problem, Refusal


def record(
    action: str,
    *,
    by: Actor,
    at: datetime,
    subject_kind: str = "",
    subject_key: str = "",
    subject_name: str = "",
    organization: str = "",
    changes_territory: bool = False,
    **details: Any,
) -> AuditEvent:
    """Write one audit line, in the transaction of the act that calls.

    ``action`` is ``room.verb``; ``details`` must be JSON values without patient data.
    ``changes_territory`` marks acts that may change an answer of the coverage engine.
    Raises ``RuntimeError`` outside a transaction: a line without its act, or an act without its
    line, must not exist.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"the audit line {action} is written outside a transaction")
    if changes_territory:
        # Numbers of such lines are committed in their order: the newest is the revision.
        take_turn()
    return AuditEvent.objects.create(
        at=at,
        actor=by.username,
        actor_name=by.name,
        action=action,
        subject_kind=subject_kind,
        subject_key=subject_key,
        subject_name=subject_name[:200],
        organization=organization,
        details=details,
        changes_territory=changes_territory,
    )


def _record_on(user: User, action: str, *, by: Actor, at: datetime, **details: Any) -> None:
    record(
        action,
        by=by,
        at=at,
        subject_kind="user",
        subject_key=user.username,
        subject_name=user.full_name,
        **details,
    )


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(
            "accounts.password",
            "Ce mot de passe ne convient pas.",
            [Problem(message, field="password") for message in error.messages],
        ) from error


@transaction.atomic
def create_user(
    *,
    username: str,
    full_name: str,
    password: str,
    by: Actor,
    at: datetime,
    email: str = "",
    must_change_password: bool = False,
) -> User:
    """Open an account, without any role yet. Raises :class:`NotAllowed`, :class:`Invalid`."""
    MANAGE_USERS.check(by, by.organizations())
    rules.check_username(username)
    if not full_name.strip():
        problem = Problem("nom attendu", field="full_name")
        raise Invalid("accounts.name", "Le nom manque.", [problem])
    if User.objects.filter(username=username).exists():
        raise Invalid(
            "accounts.taken",
            "Cet identifiant est déjà pris.",
            [Problem("identifiant déjà pris", field="username")],
        )
    user = User(
        username=username,
        full_name=full_name.strip(),
        email=email,
        must_change_password=must_change_password,
    )
    _check_password(password, user)
    user.set_password(password)
    user.save()
    _record_on(user, "accounts.create-user", by=by, at=at)
    return user


@transaction.atomic
def create_administrator(
    *, username: str, full_name: str, password: str, by: Actor, at: datetime, email: str = ""
) -> User:
    """Open an account that administers the whole platform. Raises as :func:`create_user`."""
    user = create_user(
        username=username, full_name=full_name, email=email, password=password, by=by, at=at
    )
    grant_role(user=user, role=Role.ADMINISTRATOR, by=by, at=at)
    return user


def invite_user(
    *, username: str, full_name: str, by: Actor, at: datetime, email: str = ""
) -> tuple[User, str]:
    """Open an account with a first password to hand over, changed at the first log-in. The
    password is given back, once, and not kept. Raises as :func:`create_user`."""
    password = rules.make_first_password()
    user = create_user(
        username=username,
        full_name=full_name,
        email=email,
        password=password,
        must_change_password=True,
        by=by,
        at=at,
    )
    return user, password


def _check_manages_user(user: User, by: Actor) -> None:
    organizations = set(user.grants.values_list("organization", flat=True))
    check_manages(by, organizations)


@transaction.atomic
def reset_password(*, user: User, by: Actor, at: datetime) -> str:
    """Replace a lost password by a first one, given back once. Open sessions of the account end.
    Raises :class:`NotAllowed`, :class:`Refusal` for a demonstration account."""
    _check_manages_user(user, by)
    if user.is_demo:
        raise Refusal("accounts.demo", "Le mot de passe de démonstration ne change pas.")
    password = rules.make_first_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    _record_on(user, "accounts.reset-password", by=by, at=at)
    return password


@transaction.atomic
def change_password(*, user: User, password: str, by: Actor, at: datetime) -> None:
    """Change one's own password; the caller has verified the old one. Other sessions end.
    Raises :class:`NotAllowed`, :class:`Invalid`, :class:`Refusal` for a demonstration account."""
    if by.username != user.username:
        raise NotAllowed("accounts.own-password", "Chacun change son propre mot de passe.")
    if user.is_demo:
        raise Refusal("accounts.demo", "Le mot de passe de démonstration ne change pas.")
    if user.check_password(password):
        raise Invalid(
            "accounts.password",
            "Ce mot de passe ne convient pas.",
            [Problem("Le nouveau mot de passe est l'ancien.", field="password")],
        )
    _check_password(password, user)
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    _record_on(user, "accounts.change-password", by=by, at=at)


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: Role,
    by: Actor,
    at: datetime,
    organization: str = EVERYWHERE,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> RoleGrant:
    """Give a role, in one organization or everywhere, from a day to another (excluded). A role
    already given there takes the new days. Raises :class:`NotAllowed` to who does not administer
    that organization, :class:`Invalid`."""
    check_manages(by, [organization])
    rules.check_organization_key(organization)
    check_exists(organization)
    if starts_on and ends_on and ends_on <= starts_on:
        raise Invalid(
            "accounts.period",
            "La fin doit venir après le début.",
            [Problem("la fin doit venir après le début", field="ends_on")],
        )
    if role == Role.ADMINISTRATOR and ends_on is not None:
        _check_not_last_administrator(user, organization)
    grant, _ = RoleGrant.objects.update_or_create(
        user=user,
        role=role,
        organization=organization,
        defaults={"starts_on": starts_on, "ends_on": ends_on},
    )
    _record_on(
        user,
        "accounts.grant-role",
        by=by,
        at=at,
        organization=organization,
        role=role.value,
        starts_on=starts_on.isoformat() if starts_on else None,
        ends_on=ends_on.isoformat() if ends_on else None,
    )
    return grant


@transaction.atomic
def revoke_role(*, grant: RoleGrant, by: Actor, at: datetime) -> None:
    """Take a role back at once. Raises :class:`NotAllowed`, and :class:`Refusal` for the last
    administrator of the whole territory."""
    check_manages(by, [grant.organization])
    if grant.role == Role.ADMINISTRATOR:
        _check_not_last_administrator(grant.user, grant.organization)
    _record_on(
        grant.user,
        "accounts.revoke-role",
        by=by,
        at=at,
        organization=grant.organization,
        role=grant.role,
    )
    grant.delete()


def _check_not_last_administrator(user: User, organization: str) -> None:
    """Somebody must always be able to give roles."""
    if organization != EVERYWHERE:
        return
    lasting = RoleGrant.objects.filter(
        role=Role.ADMINISTRATOR, organization=EVERYWHERE, ends_on__isnull=True, user__is_active=True
    )
    if lasting.filter(user=user).exists() and not lasting.exclude(user=user).exists():
        raise Refusal(
            "accounts.last-administrator",
            "C'est le dernier compte d'administration de la plateforme : "
            "donnez d'abord ce rôle à quelqu'un d'autre.",
        )


@transaction.atomic
def close_account(*, user: User, by: Actor, at: datetime) -> None:
    """Close an account: its sessions and its keys stop at once, its trail stays. Raises
    :class:`NotAllowed`, :class:`Refusal` for one's own account or the last administrator."""
    _check_manages_user(user, by)
    if user.username == by.username:
        raise Refusal("accounts.own-closing", "Vous ne pouvez pas fermer votre propre compte.")
    _check_not_last_administrator(user, EVERYWHERE)
    user.is_active = False
    user.save(update_fields=["is_active"])
    user.api_keys.filter(revoked_at__isnull=True).update(revoked_at=at)
    _record_on(user, "accounts.close-account", by=by, at=at)


@transaction.atomic
def reopen_account(*, user: User, by: Actor, at: datetime) -> None:
    """Open a closed account again, with the roles that it kept. Its keys stay revoked."""
    _check_manages_user(user, by)
    user.is_active = True
    user.save(update_fields=["is_active"])
    _record_on(user, "accounts.reopen-account", by=by, at=at)


@transaction.atomic
def create_key(
    *,
    user: User,
    name: str,
    days: int,
    by: Actor,
    at: datetime,
    organization: str | None = None,
) -> tuple[ApiKey, str]:
    """Make an access key of one's own account for a program, valid ``days`` days, that acts for one
    ``organization`` (its key; None: the only one where the person holds a role). The key itself is
    given back once. Raises :class:`NotAllowed`, :class:`Invalid`, among others when the
    organization must be chosen."""
    OWN_ACCOUNT.check(by, by.organizations())
    if by.username != user.username:
        raise NotAllowed("accounts.own-key", "Chacun crée ses propres clés.")
    if not name.strip() or len(name) > 80:
        raise Invalid("accounts.key-name", "Dites en peu de mots à quoi sert la clé.")
    if not 1 <= days <= rules.LONGEST_KEY_LIFE.days:
        raise Invalid("accounts.key-life", "Une clé vaut de 1 à 366 jours.")
    place = rules.choose_key_place([(g.role, g.organization) for g in by.grants], organization)
    text, prefix, digest = rules.make_key()
    key = ApiKey.objects.create(
        user=user,
        name=name.strip(),
        organization=place,
        prefix=prefix,
        secret_sha256=digest,
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    _record_on(
        user,
        "accounts.create-key",
        by=by,
        at=at,
        organization=place,
        key=prefix,
        name=key.name,
        days=days,
    )
    return key, text


@transaction.atomic
def revoke_key(*, key: ApiKey, by: Actor, at: datetime) -> None:
    """Stop a key at once: its owner, or who administers the owner's account. Once stopped, it stays
    as it is. Raises :class:`NotAllowed`."""
    if by.username != key.user.username:
        _check_manages_user(key.user, by)
    if key.revoked_at is not None:
        return
    key.revoked_at = at
    key.save(update_fields=["revoked_at"])
    _record_on(
        key.user,
        "accounts.revoke-key",
        by=by,
        at=at,
        organization=key.organization,
        key=key.prefix,
    )


def note_use(*, key: ApiKey, at: datetime) -> None:
    """Keep the day of the last use: one write per key and day."""
    today = local_day(at)
    if key.last_used_on != today:
        ApiKey.objects.filter(pk=key.pk).update(last_used_on=today)


@transaction.atomic
def create_demo_accounts(
    *,
    organizations: Mapping[Role, str],
    by: Actor,
    at: datetime,
    supplements: Mapping[str, str] | None = None,
) -> list[User]:
    """One demonstration account per role, held in the given organization (none given: everywhere),
    then those of ``rules.DEMO_SUPPLEMENTS`` that ``supplements`` places (organization by name).
    Idempotent. Called by the example loader only; raises :class:`Refusal` unless
    ``DEMO_ACCOUNTS_ALLOWED`` is on, :class:`Invalid` for an unknown supplement. The password is
    ``rules.DEMO_PASSWORD``."""
    if not settings.DEMO_ACCOUNTS_ALLOWED:
        raise Refusal(
            "accounts.demo-off",
            "Les comptes de démonstration ne sont pas permis sur cette installation.",
        )
    users = [
        _demo_account(username, full_name, role, organizations.get(role, EVERYWHERE), by=by, at=at)
        for role, (username, full_name) in rules.DEMO_PEOPLE.items()
    ]
    for username, organization in (supplements or {}).items():
        rules.check_supplement(username, organization)
        role, full_name = rules.DEMO_SUPPLEMENTS[username]
        users.append(_demo_account(username, full_name, role, organization, by=by, at=at))
    return users


def _demo_account(
    username: str, full_name: str, role: Role, organization: str, *, by: Actor, at: datetime
) -> User:
    """This demonstration account with this one role, made or put right."""
    user = User.objects.filter(username=username).first()
    if user is None:
        rules.check_username(username, is_demo=True)
        user = User(username=username, full_name=full_name, is_demo=True)
        user.set_password(rules.DEMO_PASSWORD)
        user.save()
        _record_on(user, "accounts.create-user", by=by, at=at, demo=True)
    if not user.grants.filter(role=role, organization=organization).exists():
        user.grants.all().delete()
        grant_role(user=user, role=role, organization=organization, by=by, at=at)
    return user


def open_session_line(*, user: User, at: datetime) -> None:
    """The audit line of a log-in."""
    actor = get_actor(user, on=local_day(at))
    with transaction.atomic():
        _record_on(user, "accounts.log-in", by=actor, at=at)


def close_session_line(*, by: Actor, at: datetime, reason: str) -> None:
    """The audit line of a log-out: ``asked``, ``idle`` or ``longest``."""
    with transaction.atomic():
        record(
            "accounts.log-out",
            by=by,
            at=at,
            subject_kind="user",
            subject_key=by.username,
            subject_name=by.name,
            reason=reason,
        )


def failed_log_in_line(*, username: str, at: datetime) -> None:
    """The audit line of a wrong password on an account that exists. Names that are no account are
    not kept: people type passwords there, and anybody could fill the trail."""
    user = User.objects.filter(username=username).first()
    if user is None:
        return
    actor = Actor(user.username, user.full_name)
    with transaction.atomic():
        _record_on(user, "accounts.log-in-failed", by=actor, at=at)


def export_events_line(*, by: Actor, at: datetime, rows: int, filters: Mapping[str, str]) -> None:
    """The audit line of a file made from the trail."""
    with transaction.atomic():
        record("accounts.export-trail", by=by, at=at, rows=rows, filters=dict(filters))
