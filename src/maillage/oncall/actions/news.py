"""Telling people that their duties changed: what they read, and a message that says only that.

The page « Mes gardes » shows what is new; a message is sent by a job, to those whose account has an
address. It names no duty and nobody: the page, which asks to log in, does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse

from maillage.accounts.actions import record
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.directory.queries import practitioner_of
from maillage.jobs.actions import start
from maillage.oncall.permissions import OWN_DUTIES
from maillage.oncall.queries.news import READ_NEWS, addresses_of
from maillage.vocabulary.errors import NotAllowed

TELL_JOB = "oncall.tell"
SUBJECT = "Maillage : votre tableau de gardes a changé"


def read_news(*, until: datetime, by: Actor, at: datetime) -> None:
    """Take note of what was new up to an instant (that of the page that showed it, never later than
    now). Raises :class:`NotAllowed` for who is no practitioner."""
    OWN_DUTIES.check(by, by.organizations())
    me = practitioner_of(by.username)
    if me is None:
        raise NotAllowed("oncall.own-news", "Votre compte n'est pas celui d'un praticien.")
    record(
        READ_NEWS,
        by=by,
        at=at,
        subject_kind="practitioner",
        subject_key=me.slug,
        subject_name=str(me),
        until=min(until, at).isoformat(),
    )


def tell(people: Iterable[str | None], *, by: Actor, at: datetime) -> None:
    """Ask for a message to these practitioners (slugs; None is nobody), in the transaction of the
    act that concerns them. Whoever acts is not told of what they did."""
    told = sorted({one for one in people if one})
    if told and addresses_of(told, but=by.username):
        start(
            TELL_JOB,
            key=uuid4().hex,
            arguments={"people": told, "but": by.username},
            by=SYSTEM,
            at=at,
        )


def send_messages(*, people: Collection[str], but: str, token: str) -> int:
    """Send the message to those of these practitioners who have an address; how many went.

    ``token`` names the sending: a mail server may drop what is sent twice. One that cannot be sent
    is left: the page says what changed. Raises ``OSError`` when the mail server does not answer at
    all.
    """
    address = settings.PUBLIC_ADDRESS + reverse("oncall:mine")
    body = f"Votre tableau de gardes a changé.\n\n{address}\n\nNe pas répondre à ce message."
    sent = 0
    with get_connection() as connection:
        for number, mailbox in enumerate(addresses_of(people, but=but)):
            message = EmailMessage(
                SUBJECT,
                body,
                settings.MAIL_FROM,
                [mailbox],
                headers={"Message-ID": f"<gardes-{token}-{number}@{settings.MAIL_DOMAIN}>"},
                connection=connection,
            )
            try:
                sent += message.send()
            except OSError:
                continue
    return sent
