"""What both sides write to each other under a request."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.patients.rules.constants import AFTER_REQUEST
from maillage.referrals.actions.notices import announce_message
from maillage.referrals.enums import Kind, Side, State
from maillage.referrals.models import Message, Referral
from maillage.referrals.queries.requests import hold_referral, sides_of
from maillage.referrals.rules import acts as rules
from maillage.referrals.rules.transitions import ENDED, standing
from maillage.vocabulary.errors import Invalid, Problem, Refusal

LONGEST = 4000


@transaction.atomic
def post_message(*, referral_key: str, text: str, token: str, by: Actor, at: datetime) -> Message:
    """Post a message under a request that was sent, until a week after its end. The same token by
    the same person gives the message that is there. Raises :class:`NotFound`,
    :class:`NotAllowed` to who stands on no side, :class:`Invalid`, :class:`Refusal`."""
    referral = hold_referral(referral_key)
    sides = sides_of(referral, by) - {Side.SYSTEM}
    if not sides:
        raise rules.outside(State(referral.state))
    cleaned = text.strip()
    if not cleaned or len(cleaned) > LONGEST or not token or len(token) > 64:
        problem = Problem(f"de 1 à {LONGEST} signes", field="text")
        raise Invalid("referrals.message", "Ce message ne peut pas partir ainsi.", [problem])
    known = Message.objects.filter(username=by.username, token=token).first()
    if known is not None:
        return _check_same(known, referral, cleaned)
    _check_open(referral, at)
    try:
        with transaction.atomic():
            message = Message.objects.create(
                referral=referral,
                at=at,
                username=by.username,
                name=by.name,
                side=_side(referral, sides),
                text=cleaned,
                token=token,
            )
    except IntegrityError:
        winner = Message.objects.filter(username=by.username, token=token).first()
        if winner is None:
            raise
        return _check_same(winner, referral, cleaned)
    record(
        "referrals.message",
        by=by,
        at=at,
        subject_kind="referral",
        subject_key=referral.key,
        organization=_place(referral, Side(message.side)),
    )
    announce_message(message=message, at=at)
    return message


def _check_same(known: Message, referral: Referral, text: str) -> Message:
    if known.referral_id != referral.pk or known.text != text:
        raise Refusal(
            "referrals.token-used",
            "Cette page a déjà envoyé un autre message : rechargez-la avant d'écrire.",
        )
    return known


def _check_open(referral: Referral, at: datetime) -> None:
    if referral.state == State.DRAFT:
        raise Refusal("referrals.not-sent", "La demande n'est pas partie : personne ne lirait.")
    over = referral.closed_at is not None and at > referral.closed_at + AFTER_REQUEST
    if referral.state in ENDED and over:
        raise Refusal(
            "referrals.message-late",
            "Cette demande est close depuis plus d'une semaine : l'autre équipe ne la lit plus. "
            "Adressez-lui une nouvelle demande.",
        )


def _side(referral: Referral, sides: frozenset[Side]) -> Side:
    """The side of somebody on several: the one that holds the ball, else the first."""
    current = standing(Kind(referral.kind), State(referral.state))
    if current is not None and current.owner in sides:
        return current.owner
    return next(side for side in Side if side in sides)


def _place(referral: Referral, side: Side) -> str:
    if side is Side.REQUESTER:
        return referral.from_organization.slug
    return referral.to_organization.slug if side is Side.TARGET else ""
