"""Writing, signing and sending the pieces of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.patients.enums import IdentityState
from maillage.referrals.enums import LetterKind
from maillage.referrals.models import Letter, Referral
from maillage.referrals.permissions import ANSWER
from maillage.referrals.queries.documents import check_takes_part
from maillage.referrals.queries.letters import find_open_letter, get_known, get_letter
from maillage.referrals.queries.reading import writes_for
from maillage.referrals.rules import letters as rules
from maillage.vocabulary.errors import NotAllowed, Refusal


@transaction.atomic
def begin_letter(*, referral: Referral, kind: LetterKind, by: Actor, at: datetime) -> Letter:
    """The piece of this kind that is being written for a request; a new one begins with what the
    case already says. Raises :class:`NotAllowed` to who takes no part in the case."""
    organization = check_takes_part(referral.case, by)
    Referral.objects.select_for_update(of=("self",)).get(pk=referral.pk)
    letter = find_open_letter(referral, kind)
    if letter is not None:
        return letter
    letter = Letter.objects.create(
        case=referral.case,
        referral=referral,
        kind=kind,
        organization=organization,
        content=rules.first_content(kind, get_known(referral)),
        changed_at=at,
        written_by=by.name,
    )
    _record("referrals.begin-letter", letter, by=by, at=at)
    return letter


def write_letter(
    *,
    key: str,
    version: int,
    content: Mapping[str, str],
    left_on: date | None,
    by: Actor,
    at: datetime,
    is_signed: bool = False,
) -> Letter:
    """Keep what is written so far, complete or not; then sign it, if asked. What is written stays
    when it may not be signed yet. Raises :class:`NotAllowed`, :class:`Invalid`, :class:`Refusal`
    for a signed piece or one that somebody else changed meanwhile."""
    letter = _keep(key, version, content, left_on, by=by, at=at)
    if is_signed:
        return sign_letter(key=key, version=letter.version, by=by, at=at)
    return letter


@transaction.atomic
def _keep(
    key: str,
    version: int,
    content: Mapping[str, str],
    left_on: date | None,
    *,
    by: Actor,
    at: datetime,
) -> Letter:
    letter = _hold(key, version, by)
    letter.content = rules.clean_content(LetterKind(letter.kind), content)
    letter.left_on = left_on
    letter.written_by = by.name
    letter.changed_at = at
    letter.version += 1
    letter.save()
    return letter


@transaction.atomic
def sign_letter(*, key: str, version: int, by: Actor, at: datetime) -> Letter:
    """Sign a piece: it no longer changes. For doctors of the establishment that wrote it. Raises
    :class:`NotAllowed`, :class:`Invalid` naming what is missing, :class:`Refusal`."""
    letter = _hold(key, version, by)
    ANSWER.check(by, [letter.organization.slug])
    rules.check_can_sign(LetterKind(letter.kind), letter.content, letter.left_on)
    letter.signed_at, letter.signed_by = at, by.name
    letter.version += 1
    letter.save()
    _record("referrals.sign-letter", letter, by=by, at=at)
    return letter


@transaction.atomic
def send_letter(
    *, key: str, addresses: Sequence[str], handed_over: bool, by: Actor, at: datetime
) -> Letter:
    """Note that a signed piece was handed to the patient and to which secure mailboxes it was sent.
    The first sending counts for the delay. Raises :class:`Refusal` when it is not signed, goes
    nowhere, or would go to a mailbox under an identity that is not qualified."""
    letter = get_letter(key, lock=True)
    _check_writer(letter, by)
    if letter.signed_at is None:
        raise Refusal("referrals.letter-unsigned", "La lettre n'est pas signée.")
    if not handed_over and not addresses:
        raise Refusal("referrals.letter-nowhere", "Dites à qui la lettre est remise ou envoyée.")
    patient = letter.case.patient.kept
    rules.check_can_send(IdentityState(patient.identity_state), addresses)
    told = [*(["Remise au patient"] if handed_over else []), *addresses]
    letter.recipients = list(dict.fromkeys([*letter.recipients, *told]))
    letter.sent_at = letter.sent_at or at
    letter.version += 1
    letter.save()
    if letter.kind == LetterKind.DISCHARGE and letter.referral is not None:
        Referral.objects.filter(pk=letter.referral.pk, letter_at__isnull=True).update(letter_at=at)
    _record("referrals.send-letter", letter, by=by, at=at, mailboxes=len(addresses))
    return letter


def _hold(key: str, version: int, by: Actor) -> Letter:
    """A piece under its lock, ready to be changed."""
    letter = get_letter(key, lock=True)
    _check_writer(letter, by)
    if letter.signed_at is not None:
        raise Refusal(
            "referrals.letter-signed", f"{letter.signed_by} a signé : elle ne change plus."
        )
    if letter.version != version:
        raise Refusal(
            "referrals.letter-stale",
            f"{letter.written_by} a modifié cette lettre entre-temps : relisez-la.",
        )
    return letter


def _check_writer(letter: Letter, by: Actor) -> None:
    if not writes_for(letter.organization.slug, by):
        raise NotAllowed(
            "referrals.letter-owner", "Une lettre est tenue par l'établissement qui l'a commencée."
        )


def _record(action: str, letter: Letter, *, by: Actor, at: datetime, **details: Any) -> None:
    record(
        action,
        by=by,
        at=at,
        subject_kind="case",
        subject_key=letter.case.key,
        organization=letter.organization.slug,
        letter=letter.key,
        kind=letter.kind,
        **details,
    )
