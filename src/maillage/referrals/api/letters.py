"""Letters of a case: begun, written, signed, sent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Router, Schema
from pydantic import Field

from maillage.accounts.http import Request
from maillage.accounts.interface import Day, Given, Key, Version, told
from maillage.referrals.actions import letters as actions
from maillage.referrals.actions import prints
from maillage.referrals.actions.reading import read_letter
from maillage.referrals.api.pieces import binary, open_case, pdf
from maillage.referrals.enums import LetterKind
from maillage.referrals.models import Letter
from maillage.referrals.permissions import READ
from maillage.referrals.queries.letters import get_letter, list_letters
from maillage.referrals.queries.reading import reads_letter
from maillage.referrals.rules.letters import SECTION_LENGTH

router = Router(tags=["Adressages"])

Section = Annotated[str, Field(max_length=SECTION_LENGTH)]
Mailbox = Annotated[str, Field(max_length=120, pattern=r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$")]


class LetterOut(Schema):
    key: str
    kind: LetterKind
    referral: str | None
    organization: str
    content: Annotated[dict[str, str], Field(description="Parties de la lettre, par leur clé.")]
    left_on: date | None
    version: int
    written_by: str
    changed_at: datetime
    signed_at: datetime | None
    signed_by: str
    sent_at: datetime | None
    recipients: list[str]

    model_config = told("Une lettre : entrée, transfert ou liaison à la sortie.")


class LetterBeginIn(Given):
    kind: LetterKind

    model_config = told("La lettre à commencer.", kind="DISCHARGE")


class LetterIn(Given):
    version: Version
    content: Annotated[dict[str, Section], Field(max_length=20)]
    left_on: Annotated[Day | None, Field(description="Jour de sortie.")] = None

    model_config = told("Ce qui est écrit pour l'instant, complet ou non.")


class SignatureIn(Given):
    version: Version

    model_config = told("La version que l'on signe.")


class SendingIn(Given):
    handed_over: Annotated[bool, Field(description="Remise au patient en main propre.")] = False
    mailboxes: Annotated[
        list[Mailbox], Field(max_length=10, description="Boîtes MSSanté ; identité qualifiée.")
    ] = []

    model_config = told("À qui la lettre signée est remise ou envoyée.", handed_over=True)


def show_letter(one: Letter) -> dict[str, Any]:
    """A letter in the interface."""
    return {
        "key": one.key,
        "kind": one.kind,
        "referral": one.referral.key if one.referral else None,
        "organization": one.organization.slug,
        "content": one.content,
        "left_on": one.left_on,
        "version": one.version,
        "written_by": one.written_by,
        "changed_at": one.changed_at,
        "signed_at": one.signed_at,
        "signed_by": one.signed_by,
        "sent_at": one.sent_at,
        "recipients": one.recipients,
    }


def _open(request: Request, key: str) -> Letter:
    """A letter that is read: the audit line of a reading of the patient's record."""
    READ.check(request.actor, request.actor.organizations())
    found = get_letter(key)
    read_letter(letter=found, by=request.actor, at=request.now)
    return found


@router.get(
    "/lettres/{key}",
    response=LetterOut,
    summary="Lire une lettre",
    description="Lecture tracée, avec sa base légale.",
)
def read(request: Request, key: Key) -> Any:
    """One letter."""
    return show_letter(_open(request, key))


@router.get(
    "/lettres/{key}/pdf",
    summary="Une lettre en PDF",
    description="Lecture tracée ; non signée, elle le dit.",
    openapi_extra=binary("La lettre.", "application/pdf"),
)
def letter_pdf(request: Request, key: Key) -> HttpResponse:
    """A letter as PDF."""
    READ.check(request.actor, request.actor.organizations())
    return pdf(prints.print_letter(key=key, by=request.actor, at=request.now), f"lettre-{key}")


@router.put(
    "/lettres/{key}",
    response=LetterOut,
    summary="Écrire une lettre",
    description="Garde ce qui est écrit. Signée, elle ne change plus.",
)
def write(request: Request, key: Key, data: LetterIn) -> Any:
    """Keep what is written so far."""
    _open(request, key)
    kept = actions.write_letter(
        key=key,
        version=data.version,
        content=data.content,
        left_on=data.left_on,
        by=request.actor,
        at=request.now,
    )
    return show_letter(kept)


@router.post(
    "/lettres/{key}/signature",
    response=LetterOut,
    summary="Signer une lettre",
    description="Par un médecin de l'établissement qui l'a écrite ; complète seulement.",
)
def sign(request: Request, key: Key, data: SignatureIn) -> Any:
    """Sign a letter."""
    _open(request, key)
    return show_letter(
        actions.sign_letter(key=key, version=data.version, by=request.actor, at=request.now)
    )


@router.post(
    "/lettres/{key}/envois",
    response=LetterOut,
    summary="Noter un envoi",
    description="Remise au patient, ou boîtes MSSanté où elle est envoyée.",
)
def send(request: Request, key: Key, data: SendingIn) -> Any:
    """Note to whom a signed letter went."""
    _open(request, key)
    noted = actions.send_letter(
        key=key,
        addresses=list(data.mailboxes),
        handed_over=data.handed_over,
        by=request.actor,
        at=request.now,
    )
    return show_letter(noted)


@router.get(
    "/{key}/lettres",
    response=list[LetterOut],
    summary="Lettres d'une demande",
    description="Celles de tout son dossier. Lecture tracée.",
)
def list_them(request: Request, key: Key) -> Any:
    """The letters of the case of a request."""
    referral = open_case(request, key, "documents")
    shown = (one for one in list_letters(referral.case) if reads_letter(one, request.actor))
    return [show_letter(one) for one in shown]


@router.post(
    "/{key}/lettres",
    response=LetterOut,
    summary="Commencer une lettre",
    description="Avec ce que le dossier dit déjà. Celle qui est en cours est rendue.",
)
def begin(request: Request, key: Key, data: LetterBeginIn) -> Any:
    """Begin a letter, or go on with the one that was begun."""
    referral = open_case(request, key, "documents")
    letter = actions.begin_letter(
        referral=referral, kind=data.kind, by=request.actor, at=request.now
    )
    return show_letter(letter)
