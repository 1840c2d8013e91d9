"""Telling people that something waits for them: written with the act, sent by a job.

A notice is a row of the transaction of its act: it exists if and only if the act does. It is sent
at least once; the same message identifier each time lets a mail server drop a second copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse

from maillage.accounts.permissions import SYSTEM
from maillage.jobs.actions import start
from maillage.referrals.enums import Act, Clock, Kind, Level, Priority, Side, State
from maillage.referrals.models import Event, Message, Notice, Referral
from maillage.referrals.queries.recipients import Recipient, list_recipients
from maillage.referrals.rules import notices as rules
from maillage.referrals.rules.transitions import find_transition

DELIVER_JOB = "referrals.deliver"
AT_ONCE = 200
"""Most messages sent by one turn of the job."""
MOST_TRIES = 12
"""Sending is tried again after 1, 2, 4 ... minutes, for nearly three days; then it is left, and
the page of the request says so."""


def announce(*, referral: Referral, event: Event, at: datetime) -> int:
    """Write the notices of an act, in its transaction; how many. The side that acted is not told
    of what it did."""
    act = Act(event.act)
    line = find_transition(Kind(referral.kind), event.from_state or referral.state, act)  # type: ignore[arg-type]
    said = line.words if line else act.label
    sides = rules.told(act, kind=Kind(referral.kind), before=State(event.from_state))
    title, text = rules.words_of_act(subject_of(referral), said, address=page_address(referral))
    return _write(referral, sides - {Side(event.side)}, title, text, f"event:{event.pk}", at)


def announce_message(*, message: Message, at: datetime) -> int:
    """Write the notices of a new message, for the other side; how many."""
    referral = message.referral
    sides = {Side.REQUESTER, Side.TARGET} - {Side(message.side)}
    title, text = rules.words_of_message(subject_of(referral), address=page_address(referral))
    return _write(referral, sides, title, text, f"message:{message.pk}", at)


def call(
    *, referral: Referral, level: Level, token: str, called: Iterable[Recipient], at: datetime
) -> int:
    """Write the notices of a call of the chain; how many have an address."""
    title, text = rules.words_of_call(subject_of(referral), level, address=page_address(referral))
    return _add(referral, called, title, text, token, at)


def subject_of(referral: Referral) -> rules.Subject:
    """What a message may say of a request."""
    return rules.Subject(
        key=referral.key,
        kind=Kind(referral.kind),
        priority=Priority(referral.priority),
        sender=str(referral.from_organization),
        team=referral.to_service.name,
        owner=Side(referral.owner) if referral.owner else None,
        clock=Clock(referral.clock) if referral.clock else None,
        due_at=referral.due_at,
    )


def page_address(referral: Referral) -> str:
    """The whole address of the page of a request, as it stands in a message."""
    page: str = settings.PUBLIC_ADDRESS
    return f"{page}{reverse('referrals:page', args=[referral.key])}"


def _write(
    referral: Referral, sides: Iterable[Side], title: str, text: str, token: str, at: datetime
) -> int:
    found = [one for side in sorted(sides) for one in list_recipients(referral, side, at=at)]
    return _add(referral, found, title, text, token, at)


def _add(
    referral: Referral,
    recipients: Iterable[Recipient],
    title: str,
    text: str,
    token: str,
    at: datetime,
) -> int:
    addresses = dict.fromkeys(one.address for one in recipients if one.address)
    rows = [
        Notice(
            referral=referral, address=address, subject=title, body=text, token=token, made_at=at
        )
        for address in addresses
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        start(DELIVER_JOB, key="tous", by=SYSTEM, at=at)
    return len(rows)


def deliver(*, at: datetime) -> int:
    """Send the notices that wait, those never tried first, oldest first; how many went. One that
    fails is tried again later and keeps what the mail server said, without the address."""
    due = Notice.objects.filter(_is_due(at), sent_at__isnull=True)
    waiting = list(due.order_by("tries", "made_at", "pk")[:AT_ONCE])
    sent = 0
    if not waiting:
        return sent
    with get_connection() as connection:
        for notice in waiting:
            message = EmailMessage(
                notice.subject,
                notice.body,
                settings.MAIL_FROM,
                [notice.address],
                headers={"Message-ID": f"<notice-{notice.pk}@{settings.MAIL_DOMAIN}>"},
                connection=connection,
            )
            try:
                message.send()
            except OSError as error:
                failure = f"{type(error).__name__}"
                Notice.objects.filter(pk=notice.pk).update(tries=F("tries") + 1, failure=failure)
            else:
                sent += Notice.objects.filter(pk=notice.pk, sent_at__isnull=True).update(
                    sent_at=at, tries=F("tries") + 1, failure=""
                )
    return sent


def _is_due(at: datetime) -> Q:
    """At once for the first try, then 1, 3, 7 ... minutes after it was made."""
    due = Q()
    for tries in range(MOST_TRIES):
        due |= Q(tries=tries, made_at__lte=at - timedelta(minutes=2**tries - 1))
    return due


@transaction.atomic
def forget_old(*, at: datetime, after: timedelta = timedelta(days=90)) -> int:
    """Delete the notices that were sent long ago; how many. They are no record: the history of
    the request is."""
    old = Notice.objects.filter(Q(sent_at__lt=at - after) | Q(tries__gte=MOST_TRIES))
    return old.filter(made_at__lt=at - after).delete()[0]
