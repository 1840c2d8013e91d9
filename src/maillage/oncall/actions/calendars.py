"""Secret addresses from which telephones read duties: made, read, revoked."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.accounts.turns import changing_territory
from maillage.directory.models import Practitioner
from maillage.directory.queries import practitioner_of
from maillage.oncall.imports.following import follow_link
from maillage.oncall.models import CalendarLink, DutyLine
from maillage.oncall.permissions import KEEP_MEMBERS, LINE_CALENDAR, OWN_DUTIES
from maillage.oncall.queries.calendars import (
    find_live_link,
    hash_secret,
    list_entries,
    live_links,
)
from maillage.oncall.queries.requests import line_owners
from maillage.oncall.rules.calendars import write_calendar
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import NotAllowed, NotFound, Refusal

MOST_LINKS = 5
"""Live addresses of one person, or of one line by one person."""

MOST_READINGS = 60
"""Readings of one address in an hour, by each process of the server: telephones ask once."""

MOST_WRONG = 60
"""Addresses that open nothing, tried in an hour from one machine, before it is told to wait."""

HOUR = 3600
NOTE_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Reading:
    """A calendar file and when a duty of it last changed (None: it holds none), or (``content``
    empty) the word that it is asked for too often."""

    content: bytes = b""
    changed_at: datetime | None = None

    @property
    def is_too_often(self) -> bool:
        return not self.content


def make_own_link(
    *, practitioner: Practitioner, by: Actor, at: datetime
) -> tuple[CalendarLink, str]:
    """A secret address of one's own duties. The secret is given back once and not kept.

    Raises :class:`NotAllowed` for anybody else's; :class:`Refusal` when there are enough."""
    OWN_DUTIES.check(by, by.organizations())
    me = practitioner_of(by.username)
    if me is None or me.pk != practitioner.pk:
        raise NotAllowed("oncall.own-calendar", "Chacun crée l'agenda de ses propres gardes.")
    return _make(CalendarLink(practitioner=practitioner), by=by, at=at)


def make_line_link(*, line: DutyLine, by: Actor, at: datetime) -> tuple[CalendarLink, str]:
    """A secret address of the duties of a line, given back once. Raises :class:`NotAllowed`;
    :class:`Refusal` when this person made enough of them."""
    LINE_CALENDAR.check(by, by.organizations())
    return _make(CalendarLink(line=line), by=by, at=at)


def _make(link: CalendarLink, *, by: Actor, at: datetime) -> tuple[CalendarLink, str]:
    secret = secrets.token_urlsafe(32)
    with changing_territory():
        mine = live_links(practitioner=link.practitioner, line=link.line)
        if mine.filter(account=by.username).count() >= MOST_LINKS:
            raise Refusal(
                "oncall.calendars-enough",
                f"Vous avez déjà {MOST_LINKS} adresses : révoquez celles qui ne servent plus.",
            )
        link.secret_hash = hash_secret(secret)
        link.account, link.made_by, link.made_at = by.username, by.name, at
        link.save()
        follow_link(link, at=at)
        _record("oncall.make-calendar", link, by=by, at=at)
    return link, secret


def revoke_link(*, link: CalendarLink, by: Actor, at: datetime) -> None:
    """Stop an address at once: by whoever made it, the practitioner whose it is, or those who keep
    the line. Once stopped, it stays as it is. Raises :class:`NotAllowed`."""
    if not may_revoke(link, by):
        raise NotAllowed("oncall.revoke-calendar", "Cet agenda n'est pas le vôtre.")
    with transaction.atomic():
        kept = CalendarLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
        if kept.revoked_at is not None:
            return
        kept.revoked_at, kept.revoked_by = at, by.name
        kept.save(update_fields=["revoked_at", "revoked_by"])
        _record("oncall.revoke-calendar", link, by=by, at=at)


def may_revoke(link: CalendarLink, by: Actor) -> bool:
    """True when this actor may stop an address."""
    if link.account == by.username:
        return True
    if link.line is not None:
        return KEEP_MEMBERS.allows(by, line_owners(link.line))
    me = practitioner_of(by.username)
    return me is not None and me.pk == link.practitioner_id


def read_calendar(*, secret: str, machine: str, address: str, at: datetime) -> Reading:
    """The file behind a secret. ``machine`` is the network address that asks, ``address`` that of
    the product. Raises :class:`NotFound`."""
    try:
        link = find_live_link(secret, day=local_day(at))
    except NotFound:
        if _is_too_often(f"wrong:{machine}", MOST_WRONG, at):
            return Reading()
        raise
    if _is_too_often(f"link:{link.pk}", MOST_READINGS, at):
        return Reading()
    if link.read_at is None or at - link.read_at >= NOTE_EVERY:
        CalendarLink.objects.filter(pk=link.pk).update(read_at=at)
    name = f"Gardes de {link.practitioner}" if link.practitioner else str(link.line)
    entries = list_entries(link, at=at, address=address)
    changed_at = max((one.changed_at for one in entries), default=None)
    return Reading(write_calendar(name, entries), changed_at)


def _is_too_often(name: str, most: int, at: datetime) -> bool:
    key = f"oncall.calendar:{name}:{int(at.timestamp()) // HOUR}"
    cache.add(key, 0, HOUR)
    try:
        return cache.incr(key) > most
    except ValueError:  # forgotten in between: a cache may
        return False


def _record(action: str, link: CalendarLink, *, by: Actor, at: datetime) -> None:
    """The audit line, without the secret."""
    person, line = link.practitioner, link.line
    record(
        action,
        by=by,
        at=at,
        subject_kind="duty-line" if line else "practitioner",
        subject_key=line.slug if line else person.slug if person else "",
        subject_name=str(line or person),
        organization=line.organization.slug if line else "",
    )
