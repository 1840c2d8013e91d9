"""What the JSON interface of this room takes and gives, and how records are shown in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field

from maillage.accounts.acts import act_name
from maillage.accounts.interface import Day, Given, Slug, Version, told
from maillage.accounts.models import AuditEvent
from maillage.patients.enums import (
    Basis,
    ConsentKind,
    ConsentMeans,
    IdentityState,
    LinkKind,
    MemberKind,
    ReviewState,
    Sex,
)
from maillage.patients.models import BreakGlass, CareLink, CareTeamMember, Consent
from maillage.patients.queries import FoundPatient, PatientRecord
from maillage.patients.queries.accesses import basis_of, details_of
from maillage.patients.rules.access import Ground
from maillage.patients.rules.constants import BASIS_TEXTS
from maillage.patients.rules.identity import (
    IDENTITY_FIELDS,
    full_name,
    ins_label,
    short_label,
)
from maillage.vocabulary.calendar import local_day

Name = Annotated[str, Field(max_length=100)]
Text = Annotated[str, Field(max_length=160)]
LocalNumber = Annotated[
    str, Field(max_length=40, description="Numéro de venue ou IPP de l'établissement.")
]
OptionalSlug = Annotated[
    str, Field(max_length=80, pattern=r"^[a-z0-9-]*$", description="Établissement ; vide : tous.")
]
Reason = Annotated[
    str,
    Field(
        max_length=400,
        description="Le patient et l'examen le liront. Quinze lettres au moins.",
        examples=["Coma à l'arrivée aux urgences, traitement en cours inconnu"],
    ),
]


class JoinIdentityIn(Given):
    birth_name: Name = ""
    first_given_name: Name = ""
    birth_date: Day | None = None
    sex: Sex = Sex.UNKNOWN
    birthplace: Annotated[str, Field(max_length=5, description="Code COG du lieu.")] = ""
    ins_number: Annotated[str, Field(max_length=21, description="Matricule INS entier.")] = ""

    model_config = told("Le matricule INS, ou les cinq traits stricts exactement.")


class IdentityIn(Given):
    birth_name: Name
    first_given_name: Name
    birth_date: Day
    sex: Sex
    birthplace: Annotated[str, Field(max_length=5, description="Code COG du lieu.")] = ""
    birth_given_names: Text = ""
    used_name: Name = ""
    used_given_name: Name = ""
    ins_number: Annotated[str, Field(max_length=21, description="Matricule INS entier.")] = ""
    ins_oid: Annotated[str, Field(max_length=40, description="Vide : celui d'un NIR.")] = ""
    phone: Annotated[str, Field(max_length=20)] = ""
    commune: Annotated[str, Field(max_length=5, description="Code COG de la résidence.")] = ""
    attending_doctor: Text = ""
    attending_mail: Text = ""
    deceased_on: Day | None = None

    model_config = told(
        "L'identité d'une personne (référentiel national d'identitovigilance).",
        birth_name="DUPONTEL",
        first_given_name="JEANNE",
        birth_date="1954-05-12",
        sex="F",
        birthplace="59392",
    )


class AdmissionIn(Given):
    identity: IdentityIn
    organization: Slug
    number: LocalNumber = ""

    model_config = told("Un nouveau dossier, et la venue qui l'ouvre.")


class JoinIn(Given):
    identity: JoinIdentityIn
    organization: Slug
    number: LocalNumber = ""

    model_config = told("La venue d'un patient dont le dossier existe.")


class IdentityChangeIn(Given):
    identity: IdentityIn
    version: Version

    model_config = told("L'identité corrigée, toute entière.")


class IdentityStateIn(Given):
    to: IdentityState
    document: Annotated[
        str, Field(max_length=60, description="Nature de la pièce vue, jamais son numéro.")
    ] = ""
    version: Version

    model_config = told("Jusqu'où l'identité est sûre désormais.")


class SearchIn(Given):
    birth_date: Day | None = None
    letters: Annotated[
        str,
        Field(
            max_length=3,
            pattern=r"^[A-Za-zÀ-ÖØ-öø-ÿŒœ]*$",
            description="Premières lettres du nom de naissance ou utilisé, avec la date.",
        ),
    ] = ""
    ins_number: Annotated[str, Field(max_length=21)] = ""
    number: LocalNumber = ""

    model_config = told(
        "Une seule manière de chercher : la date de naissance avec des lettres, le matricule, ou "
        "le numéro local.",
        birth_date="1954-05-12",
        letters="DUP",
    )


class StayIn(Given):
    organization: Slug
    number: LocalNumber = ""

    model_config = told("Une venue dans un établissement.")


class MemberIn(Given):
    kind: MemberKind
    name: Annotated[str, Field(min_length=1, max_length=120)]
    username: Annotated[
        str, Field(max_length=60, description="Compte du professionnel, qui pourra lire.")
    ] = ""
    tie: Annotated[str, Field(max_length=80, description="Fonction ou lien.")] = ""
    phone: Annotated[str, Field(max_length=20)] = ""
    organization: OptionalSlug = ""

    model_config = told("Un membre du cercle de soins.")


class ConsentIn(Given):
    kind: ConsentKind
    means: ConsentMeans
    organization: OptionalSlug = ""
    comment: Annotated[str, Field(max_length=240)] = ""

    model_config = told("Ce que le patient accepte ou refuse.", kind="SHARE", means="ORAL")


class EmergencyIn(Given):
    organization: Slug
    reason: Reason

    model_config = told("Pourquoi le dossier doit s'ouvrir sans autre base.")


class EmergencyFindIn(EmergencyIn):
    birth_name: Name
    first_given_name: Name
    birth_date: Day

    model_config = told("Les traits lus sur la carte du patient, et le motif.")


class NoticeIn(Given):
    how: Annotated[str, Field(min_length=1, max_length=120, examples=["De vive voix au chevet"])]

    model_config = told("Comment le patient a été informé.")


class VerdictIn(Given):
    verdict: ReviewState
    comment: Annotated[str, Field(max_length=400)] = ""

    model_config = told("L'avis de l'examen ; défavorable, il s'explique.", verdict="JUSTIFIED")


# What is given back


class KeyOut(Schema):
    key: str
    version: int
    identity_state: IdentityState

    model_config = told("Un dossier, par sa clé.")


class GroundOut(Schema):
    code: Basis
    label: str
    text: Annotated[str, Field(description="Le texte qui la fonde.")]
    organization: str
    reference: str
    until: datetime | None

    model_config = told("La base légale de la lecture.")

    @staticmethod
    def of(ground: Ground) -> dict[str, Any]:
        return {
            "code": ground.basis,
            "label": ground.basis.label,
            "text": BASIS_TEXTS[ground.basis],
            "organization": ground.organization,
            "reference": ground.reference,
            "until": ground.until,
        }


class FoundOut(Schema):
    key: str
    label: Annotated[str, Field(description="Initiales, sexe et âge : jamais le nom.")]
    identity_state: IdentityState
    basis: GroundOut

    model_config = told("Un dossier que vous pouvez ouvrir.")

    @staticmethod
    def of(found: FoundPatient, *, at: datetime) -> dict[str, Any]:
        return {
            "key": found.patient.key,
            "label": short_label(found.patient, on=local_day(at)),
            "identity_state": found.patient.identity_state,
            "basis": GroundOut.of(found.ground),
        }


class SearchOut(Schema):
    found: list[FoundOut]
    others: Annotated[int, Field(description="Dossiers qui correspondent et restent fermés.")]
    others_sentence: str

    model_config = told("Les dossiers trouvés.")


class IdentityOut(Schema):
    birth_name: str
    first_given_name: str
    birth_date: date | None
    sex: Sex
    birthplace: str
    birth_given_names: str
    used_name: str
    used_given_name: str
    ins_number: str
    ins_oid: str
    phone: str
    commune: Annotated[str, Field(description="Code COG de la résidence.")]
    attending_doctor: str
    attending_mail: str
    deceased_on: date | None

    model_config = told("L'identité telle qu'elle est tenue.")


def _slug(organization: Any) -> str | None:
    return organization.slug if organization else None


class LinkOut(Schema):
    id: int
    kind: LinkKind
    organization: str | None
    service: str | None
    asked_by: str | None
    number: str
    has_consent: bool
    is_vital: bool
    reference: str
    starts_at: datetime
    ends_at: datetime | None

    model_config = told("Pourquoi un établissement prend part aux soins, et depuis quand.")

    @staticmethod
    def of(link: CareLink) -> dict[str, Any]:
        return {
            **_columns(link, LinkOut),
            "organization": _slug(link.organization),
            "service": _slug(link.service),
            "asked_by": _slug(link.asked_by_organization),
        }


class MemberOut(Schema):
    id: int
    kind: MemberKind
    name: str
    username: str
    tie: str
    phone: str
    organization: str | None
    starts_at: datetime
    ends_at: datetime | None

    model_config = told("Un membre du cercle de soins.")

    @staticmethod
    def of(member: CareTeamMember) -> dict[str, Any]:
        return {**_columns(member, MemberOut), "organization": _slug(member.organization)}


class ConsentOut(Schema):
    id: int
    kind: ConsentKind
    means: ConsentMeans
    organization: str | None
    comment: str
    given_at: datetime
    recorded_by: str
    withdrawn_at: datetime | None
    withdrawn_by: str

    model_config = told("Ce que le patient a dit, et qui l'a noté.")

    @staticmethod
    def of(consent: Consent) -> dict[str, Any]:
        return {**_columns(consent, ConsentOut), "organization": _slug(consent.organization)}


def _columns(row: Any, shape: type[Schema]) -> Mapping[str, Any]:
    """The columns of a row that a shape names, those of other tables left to the caller."""
    kept = {"organization", "service", "asked_by", "patient"}
    return {name: getattr(row, name) for name in shape.model_fields if name not in kept}


class OpeningOut(Schema):
    id: int
    patient: Annotated[str, Field(description="Clé du dossier.")]
    username: str
    name: str
    organization: str
    reason: str
    opened_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    notified_at: datetime | None
    notified_by: str
    notified_how: str
    review: ReviewState
    reviewed_at: datetime | None
    reviewed_by: str
    review_comment: str

    model_config = told("Un bris de glace, du motif à l'avis.")


def show_opening(one: BreakGlass) -> dict[str, Any]:
    """An emergency opening in the interface: the key of the record, no trait."""
    return {
        **_columns(one, OpeningOut),
        "patient": one.patient.key,
        "organization": one.organization.slug,
    }


class AccessOut(Schema):
    at: datetime
    username: str
    name: str
    organization: str
    act: str
    act_label: str
    basis: Annotated[str, Field(description="À quel titre, en français ; vide : sans objet.")]
    details: str

    model_config = told("Une ligne de l'historique des accès.")


def show_access(event: AuditEvent) -> dict[str, Any]:
    """A line of the trail in the interface."""
    return {
        "at": event.at,
        "username": event.actor,
        "name": event.actor_name,
        "organization": event.organization,
        "act": event.action,
        "act_label": act_name(event.action),
        "basis": basis_of(event),
        "details": details_of(event),
    }


class OpeningReadOut(OpeningOut):
    readings: list[AccessOut]

    model_config = told("Un bris de glace et ce qui a été fait pendant.")


class OpeningsOut(Schema):
    rows: list[OpeningOut]
    page: int
    pages: int
    total: int

    model_config = told("Une page de bris de glace.")


class AccessesOut(Schema):
    rows: list[AccessOut]
    page: int
    pages: int
    total: int

    model_config = told("Une page de l'historique des accès.")


class RecordOut(Schema):
    key: str
    version: int
    name: str
    identity: IdentityOut
    identity_state: IdentityState
    identity_words: Annotated[str, Field(description="À écrire sur tout document.")]
    organization: str
    is_synthetic: Annotated[bool, Field(description="Personne inventée.")]
    basis: GroundOut
    links: list[LinkOut]
    past_links: list[LinkOut]
    team: list[MemberOut]
    past_team: list[MemberOut]
    consents: list[ConsentOut]
    past_consents: list[ConsentOut]
    possible_duplicates: int

    model_config = told("Un dossier : qui, à quel titre, qui soigne, ce que le patient a dit.")


def show_record(record: PatientRecord, ground: Ground) -> dict[str, Any]:
    """A record in the interface, once its reading has been recorded (``ground``)."""
    patient = record.patient
    identity = {name: getattr(patient, name) for name in IDENTITY_FIELDS}
    return {
        "key": patient.key,
        "version": patient.version,
        "name": full_name(patient),
        "identity": {**identity, "commune": patient.commune_id or ""},
        "identity_state": patient.identity_state,
        "identity_words": ins_label(patient),
        "organization": patient.organization.slug,
        "is_synthetic": patient.is_synthetic,
        "basis": GroundOut.of(ground),
        "links": [LinkOut.of(one) for one in record.links],
        "past_links": [LinkOut.of(one) for one in record.past_links],
        "team": [MemberOut.of(one) for one in record.team],
        "past_team": [MemberOut.of(one) for one in record.past_team],
        "consents": [ConsentOut.of(one) for one in record.consents],
        "past_consents": [ConsentOut.of(one) for one in record.past_consents],
        "possible_duplicates": record.pairs,
    }
