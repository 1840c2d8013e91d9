"""Patients by JSON: the same acts and reads as the pages. Questions that hold a trait of somebody
are posted: no address holds one, and no refusal repeats one."""

from __future__ import annotations

from typing import Any, Literal

from django.core.paginator import Paginator
from ninja import Router, Status

from maillage.accounts.http import Request
from maillage.accounts.interface import Key, Number, PageNumber, made
from maillage.directory.models import Organization
from maillage.directory.queries.records import find_organization
from maillage.patients import actions, queries
from maillage.patients.enums import ReviewState
from maillage.patients.forms.search import read_box
from maillage.patients.models import Patient
from maillage.patients.permissions import ACCESSES, ADMIT, BREAK_GLASS, CARE, REVIEW
from maillage.patients.queries.accesses import list_readings
from maillage.patients.queries.openings import find_opening
from maillage.patients.queries.search import SearchValues
from maillage.patients.rules.access import check_found
from maillage.patients.rules.identity import Identity
from maillage.patients.shapes import (
    AccessesOut,
    AdmissionIn,
    ConsentIn,
    ConsentOut,
    EmergencyFindIn,
    EmergencyIn,
    FoundOut,
    IdentityChangeIn,
    IdentityStateIn,
    JoinIn,
    KeyOut,
    LinkOut,
    MemberIn,
    MemberOut,
    NoticeIn,
    OpeningOut,
    OpeningReadOut,
    OpeningsOut,
    RecordOut,
    SearchIn,
    SearchOut,
    StayIn,
    VerdictIn,
    show_access,
    show_opening,
    show_record,
)
from maillage.vocabulary.errors import NotFound

router = Router(tags=["Patients"])

ROWS = 50


def _open(request: Request, key: str) -> Patient:
    """A record that the caller may act on: it has a basis now. Acts leave lines of their own."""
    CARE.check(request.actor, request.actor.organizations())
    patient = queries.get_patient(key)
    check_found(queries.find_ground(patient, by=request.actor, at=request.now))
    return patient


def _place(slug: str) -> Organization | None:
    return find_organization(slug) if slug else None


@router.post(
    "/recherches",
    response=SearchOut,
    summary="Chercher un patient",
    description="Par date de naissance et premières lettres du nom (trois au plus, RNIV), par "
    "matricule INS entier, ou par numéro local de vos établissements. La question est postée : "
    "aucun trait n'entre dans une adresse. Seuls les dossiers qu'une base légale vous ouvre sont "
    "rendus, en abrégé ; les autres sont comptés. La recherche est tracée.",
)
def search(request: Request, data: SearchIn) -> Any:
    """Look for records, with the audit line of a search."""
    values = SearchValues(ins_number=data.ins_number, number=data.number)
    if values.way == "birth" and data.birth_date is not None:
        values = read_box(f"{data.birth_date:%d/%m/%Y} {data.letters}")
    result = actions.search_patients(values=values, by=request.actor, at=request.now)
    return {
        "found": [FoundOut.of(one, at=request.now) for one in result.found],
        "others": result.others,
        "others_sentence": result.others_sentence,
    }


@router.post(
    "",
    response={201: KeyOut},
    summary="Ouvrir un dossier",
    description="Identité provisoire, et venue dans l'établissement. Un matricule INS déjà connu "
    "est refusé (409) : ce dossier se rejoint, il ne se double pas.",
)
def create(request: Request, data: AdmissionIn) -> Any:
    """A record that does not exist yet."""
    ADMIT.check(request.actor, [data.organization])
    patient = actions.create_patient(
        identity=Identity(**data.identity.dict()),
        organization=find_organization(data.organization),
        number=data.number,
        by=request.actor,
        at=request.now,
    )
    return Status(201, patient)


@router.post(
    "/arrivees",
    response=KeyOut,
    summary="Rejoindre un dossier existant",
    description="Le patient est là : le matricule INS, ou les cinq traits stricts exactement, "
    "ouvrent sa venue dans l'établissement.",
)
def join(request: Request, data: JoinIn) -> Any:
    """The stay of a patient whose record exists."""
    ADMIT.check(request.actor, [data.organization])
    return actions.join_patient(
        identity=Identity(**data.identity.dict()),
        organization=find_organization(data.organization),
        number=data.number,
        by=request.actor,
        at=request.now,
    )


@router.post(
    "/urgences",
    response={200: OpeningOut, 201: OpeningOut},
    summary="Bris de glace d'après le nom et la date de naissance",
    description="Quand la carte du patient est tout ce que l'on connaît. Motif obligatoire, durée "
    "courte, information du patient, examen par une autre personne.",
)
def find_and_break_glass(request: Request, data: EmergencyFindIn) -> Any:
    """Open the record of somebody known by name and birth date only."""
    BREAK_GLASS.check(request.actor)
    place = find_organization(data.organization)
    patient = actions.find_in_emergency(
        birth_name=data.birth_name,
        first_given_name=data.first_given_name,
        birth_date=data.birth_date,
        by=request.actor,
        at=request.now,
    )
    return _break(request, patient, place, data.reason)


# Those who watch over emergency openings


@router.get(
    "/ouvertures",
    response=OpeningsOut,
    summary="Bris de glace à examiner",
    description="Ceux qui attendent un avis, les plus anciens d'abord ; tous avec `etat=toutes`.",
)
def openings(
    request: Request,
    etat: Literal["a-examiner", "toutes"] = "a-examiner",
    page: PageNumber = 1,
) -> Any:
    """Emergency openings."""
    REVIEW.check(request.actor)
    review = ReviewState.PENDING if etat == "a-examiner" else None
    found = Paginator(queries.list_openings(review=review), ROWS).get_page(page)
    return {
        "rows": [show_opening(one) for one in found],
        "page": found.number,
        "pages": found.paginator.num_pages,
        "total": found.paginator.count,
    }


@router.get(
    "/ouvertures/{number}",
    response=OpeningReadOut,
    summary="Un bris de glace, et ce qui a été lu",
    description="Le motif, l'information du patient, l'avis, et chaque acte fait pendant.",
)
def opening(request: Request, number: Number) -> Any:
    """One opening and its readings."""
    REVIEW.check(request.actor)
    one = queries.get_opening(number)
    return {**show_opening(one), "readings": [show_access(event) for event in list_readings(one)]}


@router.post(
    "/ouvertures/{number}/avis",
    response=OpeningOut,
    summary="Rendre l'avis sur un bris de glace",
    description="Une fois, et jamais par la personne qui a ouvert.",
)
def review(request: Request, number: Number, data: VerdictIn) -> Any:
    """Say whether an opening was justified."""
    REVIEW.check(request.actor)
    one = actions.review_opening(
        opening=queries.get_opening(number),
        verdict=data.verdict,
        comment=data.comment,
        by=request.actor,
        at=request.now,
    )
    return show_opening(one)


@router.post(
    "/ouvertures/{number}/information",
    response=OpeningOut,
    summary="Noter que le patient a été informé",
    description="Par la personne qui a ouvert, ou par l'examen.",
)
def notice(request: Request, number: Number, data: NoticeIn) -> Any:
    """Note that the patient was told."""
    one = actions.note_notice(
        opening=queries.get_opening(number), how=data.how, by=request.actor, at=request.now
    )
    return show_opening(one)


# One record


@router.get(
    "/{key}",
    response=RecordOut,
    summary="Lire un dossier",
    description="Identité, venues, cercle de soins, consentements. La base légale est calculée, "
    "rendue, et la lecture tracée ; sans base, le dossier reste fermé (403).",
)
def read(request: Request, key: Key) -> Any:
    """One record, with the audit line of a reading."""
    patient = queries.get_patient(key)
    ground = actions.read_record(patient=patient, what="record", by=request.actor, at=request.now)
    return show_record(queries.get_record(patient, at=request.now), ground)


@router.put(
    "/{key}/identite",
    response=KeyOut,
    summary="Corriger l'identité",
    description="Toute l'identité, telle qu'elle doit être. Un trait strict qui change la rend "
    "provisoire.",
)
def change_identity(request: Request, key: Key, data: IdentityChangeIn) -> Any:
    """Correct the identity of a record."""
    return actions.change_identity(
        patient=_open(request, key),
        identity=Identity(**data.identity.dict()),
        version=data.version,
        by=request.actor,
        at=request.now,
    )


@router.put(
    "/{key}/identite/etat",
    response=KeyOut,
    summary="Dire jusqu'où l'identité est sûre",
    description="Provisoire, récupérée, validée, qualifiée (RNIV).",
)
def change_identity_state(request: Request, key: Key, data: IdentityStateIn) -> Any:
    """Say how far an identity is trusted."""
    return actions.change_identity_state(
        patient=_open(request, key),
        to=data.to,
        document=data.document,
        version=data.version,
        by=request.actor,
        at=request.now,
    )


@router.post(
    "/{key}/venues",
    response={201: LinkOut},
    summary="Déclarer une venue",
    description="Sur un dossier qu'une base durable vous ouvre ; sinon, rejoignez-le.",
)
def open_stay(request: Request, key: Key, data: StayIn) -> Any:
    """Declare a stay."""
    link = actions.open_stay(
        patient=_open(request, key),
        organization=find_organization(data.organization),
        number=data.number,
        by=request.actor,
        at=request.now,
    )
    return Status(201, LinkOut.of(link))


@router.post(
    "/{key}/venues/{number}/fin",
    response=LinkOut,
    summary="Terminer une venue",
    description="Maintenant. Le dossier vous reste lisible un mois.",
)
def end_stay(request: Request, key: Key, number: Number) -> Any:
    """End a stay now."""
    link = queries.get_link(_open(request, key), number)
    return LinkOut.of(actions.end_stay(link=link, by=request.actor, at=request.now))


@router.post(
    "/{key}/cercle",
    response={201: MemberOut},
    summary="Ajouter au cercle de soins",
    description="Comme le patient l'a dit. Un professionnel qui a un compte, ou une structure, "
    "pourra lire le dossier ; un proche, non.",
)
def add_member(request: Request, key: Key, data: MemberIn) -> Any:
    """Add somebody to the care circle."""
    member = actions.add_member(
        patient=_open(request, key),
        kind=data.kind,
        name=data.name,
        username=data.username,
        tie=data.tie,
        phone=data.phone,
        organization=_place(data.organization),
        by=request.actor,
        at=request.now,
    )
    return Status(201, MemberOut.of(member))


@router.post(
    "/{key}/cercle/{number}/fin",
    response=MemberOut,
    summary="Sortir du cercle de soins",
    description="Maintenant ; la personne peut y revenir.",
)
def end_member(request: Request, key: Key, number: Number) -> Any:
    """Take somebody out of the care circle."""
    member = queries.get_member(_open(request, key), number)
    return MemberOut.of(actions.end_member(member=member, by=request.actor, at=request.now))


@router.post(
    "/{key}/consentements",
    response={200: ConsentOut, 201: ConsentOut},
    summary="Noter un consentement ou une opposition",
    description="Le dernier mot du patient l'emporte. Dit deux fois, il est noté une fois (200).",
)
def record_consent(request: Request, key: Key, data: ConsentIn) -> Any:
    """Note what the patient agreed to, or opposed."""
    consent = actions.record_consent(
        patient=_open(request, key),
        kind=data.kind,
        means=data.means,
        organization=_place(data.organization),
        comment=data.comment,
        by=request.actor,
        at=request.now,
    )
    return Status(made(consent.given_at, now=request.now), ConsentOut.of(consent))


@router.post(
    "/{key}/consentements/{number}/retrait",
    response=ConsentOut,
    summary="Noter que le patient revient sur ce qu'il a dit",
    description="Le consentement ou l'opposition reste lisible, et n'a plus d'effet.",
)
def withdraw_consent(request: Request, key: Key, number: Number) -> Any:
    """Note that the patient took back what they said."""
    consent = queries.get_consent(_open(request, key), number)
    return ConsentOut.of(
        actions.withdraw_consent(consent=consent, by=request.actor, at=request.now)
    )


@router.get(
    "/{key}/acces",
    response=AccessesOut,
    summary="Qui a lu ce dossier",
    description="Qui, quand, pour quel établissement, à quel titre ; le plus récent d'abord. "
    "Pour qui a une base légale, et pour la protection des données. Cette lecture est tracée.",
)
def accesses(request: Request, key: Key, page: PageNumber = 1) -> Any:
    """The history of the accesses to a record."""
    ACCESSES.check(request.actor, request.actor.organizations())
    patient = queries.get_patient(key)
    events = actions.read_accesses(patient=patient, by=request.actor, at=request.now)
    found = Paginator(events, ROWS).get_page(page)
    return {
        "rows": [show_access(event) for event in found],
        "page": found.number,
        "pages": found.paginator.num_pages,
        "total": found.paginator.count,
    }


@router.post(
    "/{key}/urgence",
    response={200: OpeningOut, 201: OpeningOut},
    summary="Bris de glace",
    description="Ouvre le dossier pour une durée courte en urgence vitale, quand aucune autre base "
    "ne l'ouvre. Demandé deux fois, il n'existe qu'une fois (200).",
)
def break_glass(request: Request, key: Key, data: EmergencyIn) -> Any:
    """Open a record for a short time."""
    BREAK_GLASS.check(request.actor)
    patient = queries.get_patient(key)
    return _break(request, patient, find_organization(data.organization), data.reason)


def _break(request: Request, patient: Patient, place: Organization, reason: str) -> Any:
    one = actions.break_glass(
        patient=patient, organization=place, reason=reason, by=request.actor, at=request.now
    )
    return Status(made(one.opened_at, now=request.now), show_opening(one))


@router.api_operation(
    ["DELETE"],
    "/{key}/urgence",
    response={204: None},
    summary="Refermer son bris de glace",
    description="Avant sa fin. Rien à refermer : 404.",
)
def close_opening(request: Request, key: Key) -> Any:
    """Close one's own opening before its end."""
    BREAK_GLASS.check(request.actor)
    patient = queries.get_patient(key)
    one = find_opening(patient, by=request.actor, at=request.now)
    if one is None:
        raise NotFound("patients.no-opening", "Vous n'avez pas ouvert ce dossier en urgence.")
    actions.close_opening(opening=one, by=request.actor, at=request.now)
    return Status(204, None)
