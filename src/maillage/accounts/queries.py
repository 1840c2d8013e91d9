"""Reads of the accounts room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Count, Min, Prefetch, Q, QuerySet

from maillage.accounts import rules
from maillage.accounts.enums import Role
from maillage.accounts.models import ApiKey, AuditEvent, RoleGrant, User
from maillage.accounts.names import ByName, name_key
from maillage.accounts.permissions import EVERYWHERE, Actor, Grant
from maillage.vocabulary.calendar import day_bounds, to_paris
from maillage.vocabulary.errors import NotFound
from maillage.vocabulary.spreadsheets import write_csv

CSV_COLUMNS = (
    "numero", "quand", "identifiant", "qui", "acte", "nature", "cle", "objet", "etablissement",
    "details",
)  # fmt: skip

CSV_ROWS = 100_000
"""How many lines of the trail one file holds."""


def get_actor(user: User, *, on: date) -> Actor:
    """The actor that a logged-in user is on a day, with the roles in force."""
    in_force = (Q(starts_on__isnull=True) | Q(starts_on__lte=on)) & (
        Q(ends_on__isnull=True) | Q(ends_on__gt=on)
    )
    grants = user.grants.filter(in_force).values_list("role", "organization")
    return Actor(
        username=user.username,
        name=user.full_name,
        grants=tuple(Grant(Role(role), organization) for role, organization in grants),
    )


def get_key_actor(key: ApiKey, *, on: date) -> Actor:
    """The actor that a key is on a day: its owner, with the roles that it carries
    (``rules.narrow``)."""
    actor = get_actor(key.user, on=on)
    held = [(grant.role, grant.organization) for grant in actor.grants]
    carried = rules.narrow(held, key.organization)
    grants = tuple(Grant(role, place) for role, place in carried)
    return replace(actor, grants=grants, limited_to=key.organization)


def get_revision() -> int:
    """Number of the newest act that may have changed an answer: the revision of the territory."""
    newest = AuditEvent.objects.filter(changes_territory=True).order_by("-id")
    return newest.values_list("id", flat=True).first() or 0


def count_changes_since(revision: int) -> tuple[int, datetime | None]:
    """How many acts changed the territory after this revision, and when the first of them was done
    (none: nothing changed). One query."""
    later = AuditEvent.objects.filter(changes_territory=True, id__gt=revision)
    found = later.order_by().aggregate(acts=Count("id"), since=Min("at"))
    return found["acts"], found["since"]


def get_user(username: str) -> User:
    """The account of this name. Raises :class:`NotFound`."""
    user = User.objects.filter(username=username).first()
    if user is None:
        raise NotFound("accounts.unknown-user", "Ce compte n'existe pas.")
    return user


def list_users(*, text: str = "", role: str = "", state: str = "") -> QuerySet[User]:
    """Accounts with their grants, by name. ``state`` is ``actifs``, ``fermes`` or empty (all)."""
    users = User.objects.prefetch_related(
        Prefetch("grants", queryset=RoleGrant.objects.order_by("role", "organization"))
    )
    if text:
        key = name_key(text)
        called = users.alias(called=ByName("full_name"))
        users = called.filter(Q(called__contains=key) | Q(username__contains=key))
    if role:
        users = users.filter(grants__role=role).distinct()
    if state in ("actifs", "fermes"):
        users = users.filter(is_active=state == "actifs")
    return users.order_by(ByName("full_name"), "username")


def list_addresses(
    *,
    usernames: Iterable[str] | None = None,
    role: Role | None = None,
    place: str | None = None,
    on: date | None = None,
) -> list[tuple[str, str]]:
    """Name and e-mail address (empty when none is known) of active accounts, by name: of these
    user names, or of those who hold a role, in a place (organization, or everywhere), on a day."""
    users = User.objects.filter(is_active=True)
    if usernames is not None:
        users = users.filter(username__in=list(usernames))
    if role is not None or place is not None:
        held = RoleGrant.objects.all() if role is None else RoleGrant.objects.filter(role=role)
        if place is not None:
            held = held.filter(organization__in=[place, EVERYWHERE])
        if on is not None:
            held = held.filter(Q(starts_on__isnull=True) | Q(starts_on__lte=on))
            held = held.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on))
        users = users.filter(pk__in=held.values("user"))
    return list(users.values_list("full_name", "email"))


def list_demo_supplements() -> list[tuple[str, Role]]:
    """Demonstration accounts that exist beside the one of each role, with their role."""
    made = User.objects.filter(username__in=rules.DEMO_SUPPLEMENTS, is_demo=True)
    names = sorted(made.values_list("username", flat=True))
    return [(name, rules.DEMO_SUPPLEMENTS[name][0]) for name in names]


def demo_places() -> dict[str, str]:
    """Key of the organization of each demonstration account; those held everywhere, or nowhere,
    are left out. One query."""
    grants = RoleGrant.objects.filter(user__is_demo=True).exclude(organization=EVERYWHERE)
    return dict(grants.order_by("pk").values_list("user__username", "organization"))


def list_grants(user: User) -> QuerySet[RoleGrant]:
    """The roles of an account, past and to come included."""
    return user.grants.order_by("role", "organization")


def get_grant(user: User, pk: int) -> RoleGrant:
    """One role of an account. Raises :class:`NotFound`."""
    grant = user.grants.filter(pk=pk).first()
    if grant is None:
        raise NotFound("accounts.unknown-grant", "Ce rôle n'est plus attribué.")
    return grant


def list_keys(user: User) -> QuerySet[ApiKey]:
    """The access keys of an account, newest first."""
    return user.api_keys.all()


def get_key(user: User, pk: int) -> ApiKey:
    """One access key of an account. Raises :class:`NotFound`."""
    key = user.api_keys.filter(pk=pk).first()
    if key is None:
        raise NotFound("accounts.unknown-key", "Cette clé n'existe pas.")
    return key


def find_key(text: str, *, at: datetime) -> ApiKey | None:
    """The key in force whose secret this is, with its user; None for anything else."""
    parts = rules.split_key(text)
    if parts is None:
        return None
    prefix, secret = parts
    key = ApiKey.objects.select_related("user").filter(prefix=prefix).first()
    if key is None or not rules.secret_matches(secret, key.secret_sha256):
        return None
    return key if key.revoked_at is None and key.expires_at > at else None


@dataclass(frozen=True)
class TrailFilter:
    """What of the trail is asked for. Days are days in Paris, both included; empty: no limit."""

    who: str = ""
    act: str = ""
    subject: str = ""
    first: date | None = None
    last: date | None = None


def list_events(wanted: TrailFilter) -> QuerySet[AuditEvent]:
    """Lines of the trail, newest first."""
    events = AuditEvent.objects.all()
    if wanted.who:
        events = events.alias(who=ByName("actor_name")).filter(
            Q(actor=wanted.who) | Q(who__contains=name_key(wanted.who))
        )
    if wanted.act:
        events = events.filter(action=wanted.act)
    if wanted.subject:
        events = events.alias(what=ByName("subject_name")).filter(
            Q(what__contains=name_key(wanted.subject)) | Q(subject_key=wanted.subject)
        )
    if wanted.first:
        events = events.filter(at__gte=day_bounds(wanted.first)[0])
    if wanted.last:
        events = events.filter(at__lt=day_bounds(wanted.last)[1])
    return events


def list_actions() -> list[str]:
    """Names of the acts that the trail holds, in order."""
    names = AuditEvent.objects.order_by("action").values_list("action", flat=True).distinct()
    return list(names)


def write_events(events: Iterable[AuditEvent]) -> Iterator[str]:
    """The lines as the pieces of a CSV file (``;``, UTF-8 mark first, times in Paris)."""
    return write_csv(CSV_COLUMNS, map(_event_cells, events), with_mark=True)


def _event_cells(event: AuditEvent) -> list[str]:
    details = ", ".join(f"{name}={value}" for name, value in event.details.items())
    return [
        str(event.pk),
        to_paris(event.at).isoformat(timespec="seconds"),
        event.actor,
        event.actor_name,
        event.action,
        event.subject_kind,
        event.subject_key,
        event.subject_name,
        event.organization,
        details,
    ]
