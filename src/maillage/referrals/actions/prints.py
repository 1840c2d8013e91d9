"""Printing the pieces of a case: each is an audited reading of the patient's record."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from maillage.accounts.permissions import Actor
from maillage.exchange.typesetting import typeset
from maillage.patients.models import Patient
from maillage.referrals.actions.reading import read_letter, read_request
from maillage.referrals.enums import Kind, LetterKind, Priority, Transport
from maillage.referrals.models import Letter, Referral
from maillage.referrals.queries.as_sent import load_told
from maillage.referrals.queries.letters import get_letter
from maillage.referrals.queries.requests import get_referral
from maillage.referrals.rules.letters import say_content
from maillage.referrals.rules.prints import (
    Head,
    Part,
    left_words,
    print_patient,
    print_piece,
    sign_words,
)
from maillage.vocabulary.calendar import french_instant, local_day
from maillage.vocabulary.errors import Refusal

PRINT = Path(__file__).resolve().parent.parent / "print"
COMPLETED = "Complété depuis l'envoi, pour une autre demande."


def print_request(*, key: str, by: Actor, at: datetime) -> bytes:
    """A request as PDF: what is asked, why, what the team needs to know, the route, what the
    patient was told. Raises :class:`NotFound`, :class:`NotAllowed` without a legal basis."""
    referral = get_referral(key)
    read_request(referral=referral, what="request-print", by=by, at=at)
    patient = _read_as(referral.patient)
    told = load_told(referral)
    piece = print_piece(
        _head(referral, referral.get_kind_display(), at=referral.sent_at or referral.created_at),
        print_patient(patient, invented=patient.is_synthetic, on=local_day(at)),
        facts=[
            ("À", f"{referral.to_service.name}, {referral.to_organization}"),
            ("Filière", str(referral.pathway)),
            ("Priorité", Priority(referral.priority).label),
            ("Demandé par", f"{referral.requester_name} {referral.callback_phone}".strip()),
            ("Fondement", _basis(referral)),
            ("Prix convenu", referral.price_text),
            ("Patient", referral.get_patient_agreement_display()),
            *_transfer_facts(referral),
        ],
        parts=[
            Part("Motif", told.question),
            Part("Résumé clinique", told.summary),
            Part("Renseignements", "\n".join(f"{one.label} : {one.text}" for one in told.answers)),
            Part("Traitements en cours", told.treatments),
            Part("Allergies", told.allergies),
            Part("Dossier", COMPLETED if told.completed_by else ""),
        ],
    )
    return _typeset(piece, referral.changed_at)


def print_answer(*, key: str, by: Actor, at: datetime) -> bytes:
    """The answer to a request as PDF. Raises as :func:`print_request`, and :class:`Refusal` while
    there is none."""
    referral = get_referral(key)
    read_request(referral=referral, what="answer-print", by=by, at=at)
    if referral.answered_at is None:
        raise Refusal("referrals.no-answer", "Cette demande n'a pas encore de réponse.")
    patient = _read_as(referral.patient)
    piece = print_piece(
        Head(
            title="Avis" if referral.kind == Kind.OPINION else "Réponse",
            subtitle=f"en réponse à la demande de {referral.requester_name}, "
            f"{referral.from_organization}",
            organization=str(referral.to_organization),
            team=referral.to_service.name,
            phone=referral.to_service.phone,
            number=referral.key,
            at=referral.answered_at,
        ),
        print_patient(patient, invented=patient.is_synthetic, on=local_day(at)),
        facts=[
            ("Demande envoyée", french_instant(referral.sent_at) if referral.sent_at else ""),
            ("Fondement", _basis(referral)),
        ],
        parts=[
            Part("Motif de la demande", referral.question),
            Part("Conclusion", referral.conclusion),
            Part("Compte rendu", referral.report),
        ],
        signature=sign_words(referral.answered_by, referral.answered_at),
    )
    return _typeset(piece, referral.answered_at)


def print_letter(*, key: str, by: Actor, at: datetime) -> bytes:
    """A written piece as PDF; one that is not signed says so. Raises as :func:`print_request`."""
    letter = get_letter(key)
    read_letter(letter=letter, what="letter-print", by=by, at=at)
    patient = _read_as(letter.case.patient)
    kind = LetterKind(letter.kind)
    piece = print_piece(
        _letter_head(letter),
        print_patient(patient, invented=patient.is_synthetic, on=local_day(at)),
        facts=[
            ("Sortie", left_words(letter.left_on)),
            ("Médecin traitant", patient.attending_doctor),
            ("Destinataires", ", ".join(letter.recipients)),
        ],
        parts=[Part(label, text) for label, text in say_content(kind, letter.content)],
        signature=sign_words(letter.signed_by, letter.signed_at) or "Projet, non signé",
    )
    return _typeset(piece, letter.changed_at)


def _read_as(patient: Patient) -> Patient:
    """The record whose identity is written on paper: the one that is kept."""
    return patient.kept


def _head(referral: Referral, title: str, *, at: datetime) -> Head:
    service = referral.from_service
    return Head(
        title=f"Demande : {title.lower()}",
        subtitle="" if not referral.is_vital else "Urgence vitale",
        organization=str(referral.from_organization),
        team=service.name if service else "",
        phone=referral.callback_phone or (service.phone if service else ""),
        number=referral.key,
        at=at,
    )


def _letter_head(letter: Letter) -> Head:
    referral = letter.referral
    ours = referral.to_service if referral else None
    if referral and referral.from_organization.pk == letter.organization.pk:
        ours = referral.from_service
    return Head(
        title=letter.get_kind_display(),
        subtitle="",
        organization=str(letter.organization),
        team=ours.name if ours else "",
        phone=ours.phone if ours else "",
        number=letter.key,
        at=letter.signed_at or letter.changed_at,
    )


def _basis(referral: Referral) -> str:
    if referral.is_outside_agreement:
        return "Hors convention"
    if referral.clause is None or referral.agreement is None:
        return ""
    return f"{referral.agreement}, {referral.clause.article}".strip(", ")


def _transfer_facts(referral: Referral) -> list[tuple[str, str]]:
    if referral.kind not in (Kind.TRANSFER, Kind.RETURN):
        return []
    transport = Transport(referral.transport).label if referral.transport else ""
    return [
        ("Accord médical", _who_and_when(referral.medical_by, referral.medical_at)),
        ("Lit", f"{referral.bed} {_who_and_when(referral.bed_by, referral.bed_at)}".strip()),
        ("Accompagnement", transport),
        ("Risque du trajet", referral.transport_risk),
        ("Dossier SAMU", referral.samu_reference),
        ("Arrivée prévue", french_instant(referral.arrives_at) if referral.arrives_at else ""),
    ]


def _who_and_when(name: str, at: datetime | None) -> str:
    return f"{name}, {french_instant(at)}" if at is not None else ""


def _typeset(piece: dict[str, Any], at: datetime) -> bytes:
    return typeset(PRINT, "piece.typ", {"piece": piece}, timestamp=int(at.timestamp()))
