"""One request, read: an audited reading of the patient's record, with its basis."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from maillage.accounts.http import Request
from maillage.accounts.interface import Key, KnownTag, holds, tag_of, told
from maillage.patients.rules.access import Ground
from maillage.patients.shapes import GroundOut
from maillage.referrals.actions.reading import read_request
from maillage.referrals.api.acts import MessageOut, show_message
from maillage.referrals.api.letters import LetterOut, show_letter
from maillage.referrals.api.pieces import DocumentOut, show_document
from maillage.referrals.api.shapes import StandingOut, show_standing
from maillage.referrals.enums import (
    Act,
    Deviation,
    HubCareLevel,
    HubDelay,
    Kind,
    PatientAgreement,
    Reason,
    Side,
    Transport,
)
from maillage.referrals.models import Referral
from maillage.referrals.permissions import READ
from maillage.referrals.queries import page as queries
from maillage.referrals.queries.requests import sides_of

router = Router(tags=["Adressages"])


class PersonOut(Schema):
    key: str
    name: str
    birth: str
    age: str
    sex: str
    ins: Annotated[str, Field(description="À écrire sur tout document.")]
    commune: str
    phone: str
    attending_doctor: str
    is_deceased: bool

    model_config = told("Le patient, tel que la page l'affiche une fois la lecture tracée.")


class CaseOut(Schema):
    key: str
    version: int
    question: str
    summary: str
    treatments: str
    allergies: str
    return_due_at: datetime | None

    model_config = told("Ce qui est su du problème, écrit une fois pour toutes les demandes.")


class AnsweredOut(Schema):
    label: str
    text: str

    model_config = told("Une réponse aux questions de l'étape.")


class HistoryLineOut(Schema):
    at: datetime
    words: str
    who: str
    reason: str
    text: str
    details: list[AnsweredOut]
    is_call: Annotated[bool, Field(description="Vrai : un rappel de la chaîne d'alerte.")]

    model_config = told("Un acte, ou un rappel.")


class OtherOut(Schema):
    key: str
    kind: str
    state: str
    team: str
    sent_at: datetime | None

    model_config = told("Une autre demande du même dossier.")


class ChoiceOut(Schema):
    act: Act
    label: str
    refused: Annotated[str, Field(description="Pourquoi il ne vous revient pas ; vide : il l'est.")]

    model_config = told("Un acte de votre côté.")


class FollowingOut(Schema):
    kind: Kind
    label: str

    model_config = told("Ce que l'on peut demander ensuite, sans rien retaper (`previous`).")


class RouteOut(Schema):
    basis: str
    clause: str | None
    agreement: str | None
    is_outside_agreement: bool
    price_text: str
    expected_minutes: int | None
    origin: str
    is_first: Annotated[bool, Field(description="Vrai : l'équipe proposée la première.")]
    deviation: Deviation | None
    deviation_text: str

    model_config = told("Pourquoi cette équipe.")


class GivenAnswerOut(Schema):
    conclusion: str
    report: str
    answered_by: str
    reason: Reason | None
    reason_text: str
    proposed_service: str | None
    scheduled_at: datetime | None
    scheduled_place: str
    session: int | None

    model_config = told("Ce que l'équipe sollicitée a répondu.")


class TransferOut(Schema):
    medical_by: str
    medical_at: datetime | None
    bed_by: str
    bed_at: datetime | None
    bed: str
    hub_care_level: HubCareLevel | None
    hub_delay: HubDelay | None
    transport: Transport | None
    transport_risk: str
    samu_reference: str
    vehicle: str
    leaves_at: datetime | None
    arrives_at: datetime | None
    departed_at: datetime | None
    arrived_at: datetime | None
    return_within_hours: int | None

    model_config = told("Les deux accords, le transport, les heures.")


class RequestOut(Schema):
    standing: StandingOut
    basis: GroundOut
    patient: PersonOut
    case: CaseOut
    previous: str | None
    pathway: str
    pathway_name: str
    step: int
    care_type: str
    question: str
    answers: list[AnsweredOut]
    from_organization: str
    from_service: str | None
    requester: str
    callback_phone: str
    to_organization: str
    team: str
    team_name: str
    patient_agreement: PatientAgreement | None
    patient_informed_by: str
    is_vital: bool
    route: RouteOut
    answer: GivenAnswerOut
    transfer: TransferOut
    history: list[HistoryLineOut]
    messages: list[MessageOut]
    documents: list[DocumentOut]
    letters: list[LetterOut]
    others: list[OtherOut]
    sides: list[Side]
    acts: list[ChoiceOut]
    followings: list[FollowingOut]
    may_write: bool

    model_config = told("Une demande : tout ce que les deux côtés en voient.")


ANSWER = ("conclusion", "report", "answered_by", "reason_text", "scheduled_at", "scheduled_place")
TRANSFER = (
    "medical_by", "medical_at", "bed_by", "bed_at", "bed", "transport_risk", "samu_reference",
    "vehicle", "leaves_at", "arrives_at", "departed_at", "arrived_at", "return_within_hours",
)  # fmt: skip
CASE = (
    "key", "version", "question", "summary", "treatments", "allergies", "return_due_at",
)  # fmt: skip
TOLD = ("summary", "treatments", "allergies")
PERSON = (
    "key", "name", "birth", "age", "sex", "ins", "commune", "phone", "attending_doctor",
    "is_deceased",
)  # fmt: skip


@router.get(
    "/{key}",
    response={200: RequestOut, 304: None},
    summary="Lire une demande",
    description="Lecture tracée du dossier du patient, avec sa base légale ; sans base : 403. Elle "
    "ne vaut pas « vue » : l'acte SEE le dit, quand un médecin l'a ouverte.",
)
def read(request: Request, response: HttpResponse, key: Key, known: KnownTag = "") -> Any:
    """One request as its page shows it. Nothing is read again for who holds what there is."""
    READ.check(request.actor, request.actor.organizations())
    referral = queries.find_request(key)
    sides = sides_of(referral, request.actor)
    tag = tag_of(queries.stamp_of(referral), now=request.now)
    if holds(known, tag):
        queries.check_follows(referral, sides, by=request.actor, at=request.now)
        response["ETag"] = tag
        return Status(304, None)
    ground = read_request(referral=referral, what="referral", by=request.actor, at=request.now)
    shown = queries.get_page(referral, sides=sides, ground=ground, by=request.actor, at=request.now)
    response["ETag"] = tag
    return _show(shown, ground)


def _show(page: queries.RequestPage, ground: Ground) -> dict[str, Any]:
    one = page.referral
    return {
        "standing": show_standing(one),
        "basis": GroundOut.of(ground),
        "patient": _columns(page.band, PERSON),
        "case": {**_columns(one.case, CASE), **_columns(page.told, TOLD)},
        "previous": one.previous.key if one.previous else None,
        "pathway": one.pathway.slug,
        "pathway_name": one.pathway.name,
        "step": one.step_order,
        "care_type": one.care_type,
        "question": one.question,
        "answers": [{"label": said.label, "text": said.text} for said in page.told.answers],
        "from_organization": one.from_organization.slug,
        "from_service": one.from_service.slug if one.from_service else None,
        "requester": one.requester_name,
        "callback_phone": one.callback_phone,
        "to_organization": one.to_organization.slug,
        "team": one.to_service.slug,
        "team_name": one.to_service.name,
        "patient_agreement": one.patient_agreement or None,
        "patient_informed_by": one.patient_informed_by,
        "is_vital": one.is_vital,
        "route": _route(page),
        "answer": _answer(one),
        "transfer": _transfer(one),
        "history": [_line(line) for line in page.history],
        "messages": [show_message(message) for message in page.messages],
        "documents": [show_document(document) for document in page.documents],
        "letters": [show_letter(letter) for letter in page.letters],
        "others": [
            _columns(other.row, ("key", "kind", "state", "team", "sent_at"))
            for other in page.others
        ],
        "sides": sorted(page.sides),
        "acts": [_columns(choice, ("act", "label", "refused")) for choice in page.choices],
        "followings": [_columns(next_one, ("kind", "label")) for next_one in page.followings],
        "may_write": page.may_write,
    }


def _columns(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _route(page: queries.RequestPage) -> dict[str, Any]:
    one = page.referral
    return {
        "basis": one.basis,
        "clause": one.clause.slug if one.clause else None,
        "agreement": one.agreement.slug if one.agreement else None,
        "is_outside_agreement": one.is_outside_agreement,
        "price_text": one.price_text,
        "expected_minutes": one.expected_minutes,
        "origin": page.route.origin,
        "is_first": page.route.is_first,
        "deviation": one.deviation or None,
        "deviation_text": one.deviation_text,
    }


def _answer(one: Referral) -> dict[str, Any]:
    return {
        **_columns(one, ANSWER),
        "reason": one.reason or None,
        "proposed_service": one.proposed_service.slug if one.proposed_service else None,
        "session": one.session_id,
    }


def _transfer(one: Referral) -> dict[str, Any]:
    return {
        **_columns(one, TRANSFER),
        "hub_care_level": one.hub_care_level or None,
        "hub_delay": one.hub_delay or None,
        "transport": one.transport or None,
    }


def _line(line: queries.HistoryLine) -> dict[str, Any]:
    return {
        "at": line.at,
        "words": line.words,
        "who": line.who,
        "reason": line.reason,
        "text": line.text,
        "details": [{"label": label, "text": str(text)} for label, text in line.details],
        "is_call": line.is_call,
    }
