"""Acts on a request, what may be done now, and the conversation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from ninja import Router, Schema, Status
from pydantic import Field

from maillage.accounts.http import Request
from maillage.accounts.interface import Given, Instant, Key, Token, Version, made, told
from maillage.referrals.actions.acts import act_on
from maillage.referrals.actions.messages import post_message
from maillage.referrals.actions.reading import read_request
from maillage.referrals.api.shapes import StandingOut, show_standing
from maillage.referrals.enums import (
    Act,
    HubCareLevel,
    HubDelay,
    Priority,
    Reason,
    Side,
    Transport,
)
from maillage.referrals.models import Message
from maillage.referrals.permissions import READ
from maillage.referrals.queries import page as queries
from maillage.referrals.queries.requests import acts_of, get_referral, sides_of
from maillage.referrals.rules.acts import LONGEST, VALUES

router = Router(tags=["Adressages"])


def _written(name: str, description: str = "") -> Any:
    return Field(max_length=LONGEST[name], description=description)


class ActValuesIn(Given):
    text: Annotated[str | None, _written("text", "Quelques mots, avec tout acte.")] = None
    conclusion: Annotated[str | None, _written("conclusion")] = None
    report: Annotated[str | None, _written("report", "Compte rendu.")] = None
    reason: Reason | None = None
    proposed_service: Annotated[
        str | None, Field(max_length=80, description="Équipe proposée (identifiant).")
    ] = None
    scheduled_at: Instant | None = None
    scheduled_place: Annotated[str | None, _written("scheduled_place")] = None
    session: Annotated[int | None, Field(ge=1, le=2**31 - 1, description="Séance de RCP.")] = None
    bed: Annotated[str | None, _written("bed", "Unité et lit.")] = None
    transport: Transport | None = None
    transport_risk: Annotated[str | None, _written("transport_risk")] = None
    hub_care_level: HubCareLevel | None = None
    hub_delay: HubDelay | None = None
    samu_reference: Annotated[str | None, _written("samu_reference")] = None
    leaves_at: Instant | None = None
    arrives_at: Instant | None = None
    vehicle: Annotated[str | None, _written("vehicle")] = None
    happened_at: Instant | None = None
    priority: Priority | None = None

    model_config = told("Ce qui va avec un acte : `needs` de l'acte dit ce qu'il faut.")


class ActIn(Given):
    act: Act
    version: Version
    values: ActValuesIn = ActValuesIn()

    model_config = told(
        "Un acte, et la version de la demande qu'il suit.",
        act="ACCEPT_BED",
        version=4,
        values={"bed": "UNV, lit 4"},
    )


class PossibleActOut(Schema):
    act: Act
    label: str
    needs: Annotated[list[str], Field(description="Valeurs obligatoires.")]
    values: Annotated[list[str], Field(description="Valeurs possibles, `text` comprise.")]

    model_config = told("Un acte que vous pouvez faire maintenant.")


class PossibleOut(Schema):
    version: int
    sides: Annotated[list[Side], Field(description="Les côtés où vous vous tenez.")]
    acts: list[PossibleActOut]

    model_config = told("Ce que vous pouvez faire maintenant d'une demande.")


class MessageIn(Given):
    text: Annotated[str, Field(min_length=1, max_length=4000)]

    model_config = told("Un message à l'autre équipe.", text="Scanner fait, images jointes.")


class MessageOut(Schema):
    at: datetime
    name: str
    side: Side
    text: str

    model_config = told("Un message.")


def show_message(message: Message) -> dict[str, Any]:
    """A message in the interface."""
    return {
        "at": message.at,
        "name": message.name,
        "side": message.side,
        "text": message.text,
    }


@router.get(
    "/{key}/actes",
    response=PossibleOut,
    summary="Ce que vous pouvez faire maintenant",
    description="D'après la table des états, vos rôles et votre côté. Rien du patient n'est rendu.",
)
def possible(request: Request, key: Key) -> Any:
    """The acts of the caller on a request, in the order of the table."""
    READ.check(request.actor, request.actor.organizations())
    referral = get_referral(key)
    sides = sides_of(referral, request.actor)
    queries.check_follows(referral, sides, by=request.actor, at=request.now)
    return {
        "version": referral.version,
        "sides": sorted(sides),
        "acts": [
            {
                "act": line.act,
                "label": line.act.label,
                "needs": list(line.needs),
                "values": sorted({"text"} | VALUES.get(line.act, frozenset())),
            }
            for line in acts_of(referral, request.actor)
        ],
    }


@router.post(
    "/{key}/actes",
    response=StandingOut,
    summary="Agir",
    description="Accepter, répondre, refuser, demander le transport… Le même acte répété par la "
    "même personne n'est fait qu'une fois. Si quelqu'un a agi depuis `version`, ou si l'accord est "
    "déjà donné : 409, et `details` dit qui et quand.",
)
def act(request: Request, key: Key, data: ActIn) -> Any:
    """Do one act."""
    READ.check(request.actor, request.actor.organizations())
    done = act_on(
        referral_key=key,
        act=data.act,
        version=data.version,
        by=request.actor,
        at=request.now,
        values=data.values.dict(exclude_none=True),
    )
    return show_standing(done)


@router.get(
    "/{key}/messages",
    response=list[MessageOut],
    summary="Lire la conversation",
    description="Lecture tracée, avec sa base légale.",
)
def messages(request: Request, key: Key) -> Any:
    """What both sides wrote, oldest first."""
    READ.check(request.actor, request.actor.organizations())
    referral = get_referral(key)
    read_request(referral=referral, what="referral", by=request.actor, at=request.now)
    return [show_message(one) for one in referral.messages.all()]


@router.post(
    "/{key}/messages",
    response={200: MessageOut, 201: MessageOut},
    summary="Écrire à l'autre équipe",
    description="Jusqu'à une semaine après la fin. L'en-tête `Idempotency-Key` fait que le même "
    "message répété n'existe qu'une fois (200).",
)
def write(request: Request, key: Key, data: MessageIn, token: Token) -> Any:
    """Post a message."""
    READ.check(request.actor, request.actor.organizations())
    message = post_message(
        referral_key=key, text=data.text, token=token, by=request.actor, at=request.now
    )
    return Status(made(message.at, now=request.now), show_message(message))
