"""Whom to ask, what they need to know, and asking: one post, one request, whatever is replayed."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from ninja import Query, Router, Schema, Status
from pydantic import Field

from maillage.accounts.http import Request
from maillage.accounts.interface import Given, Instant, Slug, Token, made, told
from maillage.directory.queries.records import find_organization, find_service
from maillage.pathways.queries.pages import get_record
from maillage.pathways.queries.records import get_pathway
from maillage.patients.queries import find_ground, get_patient
from maillage.patients.rules.access import check_found
from maillage.referrals.actions.asking import Asking, ask
from maillage.referrals.actions.cases import follow_up
from maillage.referrals.actions.requests import RequestDraft
from maillage.referrals.api.shapes import StandingOut, show_standing
from maillage.referrals.enums import (
    Deviation,
    HubCareLevel,
    HubDelay,
    Kind,
    PatientAgreement,
    Priority,
    State,
    Transport,
)
from maillage.referrals.forms.request import PREFIX, RequestForm, first_values, with_start
from maillage.referrals.permissions import ASK
from maillage.referrals.queries.programs import find_posted
from maillage.referrals.queries.request_page import Asked, Setting, load_setting
from maillage.referrals.queries.routing import propose
from maillage.referrals.rules.questions import Answer, Template
from maillage.referrals.rules.routes import Proposal
from maillage.referrals.rules.templates import find_template
from maillage.territory.queries import get_commune
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, NotFound, Problem

router = Router(tags=["Adressages"])

FIELDS = {
    "organization": "organisation",
    "service": "service",
    "pathway": "filiere",
    "step": "etape",
    "kind": "nature",
    "priority": "priorite",
    "age": "age",
    "question": "motif",
    "summary": "resume",
    "treatments": "traitements",
    "allergies": "allergies",
    "team": "equipe",
    "also": "aussi",
    "deviation": "ecart",
    "deviation_text": "ecart_precision",
    "session": "seance",
    "patient_agreement": "accord",
    "is_vital": "vital",
    "hub_care_level": "soins",
    "hub_delay": "delai",
    "transport": "accompagnement",
    "transport_risk": "risque",
    "return_within_hours": "retour_heures",
    "callback_phone": "rappel",
}
"""The fields of the form of the page that a body fills."""

NAMES = {field: name for name, field in FIELDS.items()}
FROM_THE_CASE = ("motif", "resume", "traitements", "allergies", "vital", "rappel")
"""What a request that follows another one takes from it, unless the body says otherwise."""

PersonKey = Annotated[
    str, Field(pattern=r"^([0-9A-Z]{10})?$", description="Clé du dossier du patient.")
]
PreviousKey = Annotated[
    str,
    Field(
        pattern=r"^([0-9A-Z]{10})?$",
        description="Demande que celle-ci suit : son dossier est repris sans être retapé.",
    ),
]
Age = Annotated[int, Field(ge=0, le=120)]
Step = Annotated[int, Field(ge=1, le=99, description="Rang de l'étape dans la filière.")]
OwnService = Annotated[
    str, Field(max_length=80, pattern=r"^[a-z0-9-]*$", description="Votre service.")
]
Said = str | int | float | list[Annotated[str, Field(max_length=80)]]


class ProposalIn(Given):
    organization: Slug
    service: OwnService = ""
    pathway: Slug
    step: Step
    kind: Kind = Kind.OPINION
    priority: Priority = Priority.P1
    at: Instant | None = None
    age: Age | None = None
    commune: Annotated[
        str, Field(max_length=5, description="Code COG, pour une demande de ville.")
    ] = ""
    patient: PersonKey = ""
    previous: PreviousKey = ""

    model_config = told(
        "À qui s'adresser. Avec `patient` ou `previous`, l'âge et la commune sont ceux du dossier.",
        organization="ch-fourmies",
        pathway="avc",
        step=2,
        age=72,
    )


class ProposedLineOut(Schema):
    rank: int
    service: str
    name: str
    site: str
    site_finess: str
    organization: str
    organization_name: str
    minutes: Annotated[float | None, Field(description="Du patient à l'équipe au travail.")]
    response_minutes: float
    verdict: str
    level: str
    words: str
    basis: Annotated[
        str, Field(description="`direct`, `organization`, `group:…`, `clause:…` ou `none`.")
    ]
    basis_words: str
    clause: str
    article: str
    agreement: str
    agreement_title: str
    is_outside_agreement: bool
    is_illustrative: bool
    duty_person: str
    duty_line: str
    duty_phone: str
    duty_until: datetime | None
    is_on_call: bool
    phone: str
    reason: Annotated[
        str, Field(description="Pourquoi elle n'est pas joignable ; vide : elle l'est.")
    ]
    reason_words: str
    reachable_at: datetime | None

    model_config = told("Une équipe, avec sa preuve.")


class ProposedOut(Schema):
    origin: str
    pathway: str
    pathway_name: str
    step_order: int
    step_name: str
    age: int
    at: datetime
    first: Annotated[
        str | None, Field(description="L'équipe proposée avant les autres ; null : à vous.")
    ]
    lines: Annotated[
        list[ProposedLineOut], Field(description="Joignables et conventionnées, en ordre.")
    ]
    waiting: Annotated[list[ProposedLineOut], Field(description="Fermées pour l'instant.")]
    outside: Annotated[list[ProposedLineOut], Field(description="Joignables, hors convention.")]
    left_out: Annotated[list[ProposedLineOut], Field(description="Écartées, et pourquoi.")]
    has_roster: bool
    revision: int
    travel_source: str
    margin_minutes: float
    way: list[str]

    model_config = told("Ce que le moteur propose. Le médecin décide ; un écart se motive.")


class QuestionOut(Schema):
    key: str
    label: str
    kind: Answer
    unit: str
    choices: list[str]
    choice_labels: list[str]
    required: Annotated[bool, Field(description="Attendue à l'envoi ; pas dans un brouillon.")]
    help: str
    low: float | None
    high: float | None

    model_config = told("Une question de l'équipe de recours.")


class QuestionsOut(Schema):
    name: str
    hint: str
    questions: list[QuestionOut]

    model_config = told("Ce que l'équipe de recours a besoin de savoir à cette étape.")


class RequestIn(Given):
    patient: PersonKey = ""
    previous: PreviousKey = ""
    organization: Slug
    service: OwnService = ""
    pathway: Slug
    step: Step
    kind: Kind
    priority: Priority
    team: Annotated[
        str, Field(max_length=80, pattern=r"^[a-z0-9-]+$", description="L'équipe choisie.")
    ]
    also: Annotated[
        list[Slug], Field(max_length=5, description="Transfert : autres équipes, en même temps.")
    ] = []
    at: Instant | None = None
    age: Annotated[
        Age | None, Field(description="Seulement si la date de naissance n'est pas connue.")
    ] = None
    question: Annotated[str, Field(max_length=240)] = ""
    summary: Annotated[str, Field(max_length=8000)] = ""
    treatments: Annotated[str, Field(max_length=4000)] = ""
    allergies: Annotated[str, Field(max_length=240)] = ""
    answers: Annotated[
        dict[str, Said], Field(max_length=60, description="Par question de l'étape.")
    ] = {}
    callback_phone: Annotated[str, Field(max_length=20)] = ""
    patient_agreement: PatientAgreement | None = None
    is_vital: bool = False
    deviation: Deviation | None = None
    deviation_text: Annotated[str, Field(max_length=240)] = ""
    hub_care_level: HubCareLevel | None = None
    hub_delay: HubDelay | None = None
    transport: Transport | None = None
    transport_risk: Annotated[str, Field(max_length=240)] = ""
    return_within_hours: Annotated[int, Field(ge=1, le=9999)] | None = None
    session: Annotated[int, Field(ge=1, le=2**31 - 1, description="Séance de RCP.")] | None = None
    send: Annotated[bool, Field(description="Faux : gardée en brouillon, rien ne part.")] = True

    model_config = told(
        "Une demande : de qui, à qui, pourquoi, et ce que le patient sait.",
        patient="K7QW2M9XRB",
        organization="ch-fourmies",
        pathway="avc",
        step=2,
        kind="OPINION",
        priority="P0",
        team="unv-maubeuge",
        question="Hémiplégie gauche, thrombolyse ?",
        answers={"debut_connu": "observe", "debut": "22/11/2026 1h30", "nihss": 14},
        callback_phone="03 27 00 00 00",
        patient_agreement="REPRESENTED",
    )


# Whom to ask


@router.post(
    "/propositions",
    response=ProposedOut,
    summary="À qui s'adresser",
    description="Les équipes d'une étape, ordonnées par le moteur depuis le lieu du patient, avec "
    "leur preuve : convention, garde, minutes, et pourquoi les autres sont écartées. Rien n'est "
    "écrit ; `at` permet de demander pour un autre instant.",
)
def proposals(request: Request, data: ProposalIn) -> Any:
    """The teams of a step, as the page of a request proposes them."""
    ASK.check(request.actor, [data.organization])
    if data.patient or data.previous:
        setting = _setting(request, data)
        if setting.proposal is None:
            raise Invalid("referrals.no-proposal", setting.problem or UNKNOWN_STEP)
        first = setting.first
        return _proposed(setting.proposal, first.service if first else None)
    if data.age is None:
        problem = Problem("âge attendu, sans dossier de patient", field="age")
        raise Invalid("referrals.no-proposal", "Les équipes dépendent de l'âge.", [problem])
    proposal = propose(
        organization=find_organization(data.organization),
        pathway=get_pathway(data.pathway),
        step_order=data.step,
        age=data.age,
        at=data.at or request.now,
        commune=get_commune(data.commune) if data.commune else None,
        from_service=find_service(data.service) if data.service else None,
    )
    line = proposal.first(data.kind, data.priority)
    return _proposed(proposal, line.service if line else None)


LISTS = ("lines", "waiting", "outside", "left_out")
UNKNOWN_STEP = "Cette filière n'a pas cette étape ce jour-là, ou n'a pas de version en vigueur."


def _proposed(proposal: Proposal, first: str | None) -> dict[str, Any]:
    own = {field.name: getattr(proposal, field.name) for field in fields(proposal)}
    listed = {name: [asdict(line) for line in own[name]] for name in LISTS}
    return {**own, **listed, "first": first}


@router.get(
    "/questions",
    response=QuestionsOut,
    summary="Ce que l'équipe de recours a besoin de savoir",
    description="Les questions d'une étape : leurs clés sont celles de `answers`.",
)
def questions(
    request: Request,
    filiere: Annotated[str, Query(max_length=80, examples=["avc"])],
    etape: Annotated[int, Query(ge=1, le=99)],
    nature: Kind = Kind.OPINION,
) -> Any:
    """The template of a step."""
    ASK.check(request.actor, request.actor.organizations())
    record = get_record(slug=filiere, number=None, day=local_day(request.now))
    step = next((one for one in record["steps"] if one["order"] == etape), None)
    if step is None:
        raise NotFound("referrals.unknown-step", "Cette filière n'a pas cette étape.")
    return _questions(find_template(filiere, str(step["care_type"]), nature))


def _questions(template: Template) -> dict[str, Any]:
    return {
        "name": template.name,
        "hint": template.hint,
        "questions": [
            {
                "key": one.key,
                "label": one.label,
                "kind": one.kind,
                "unit": one.unit,
                "choices": [value for value, _ in one.choices],
                "choice_labels": [label for _, label in one.choices],
                "required": one.required,
                "help": one.help,
                "low": one.low,
                "high": one.high,
            }
            for one in template.questions
        ],
    }


# Asking


@router.post(
    "",
    response={200: StandingOut, 201: StandingOut},
    summary="Adresser une demande",
    description="Écrite et envoyée en une fois, ou gardée en brouillon (`send` faux). L'en-tête "
    "`Idempotency-Key` est obligatoire : le même envoi répété rend la même demande (200) ; "
    "un brouillon se complète et part avec un second envoi de la même clé. Hors "
    "convention, la demande part, est marquée et comptée ; une autre équipe que la première "
    "proposée se motive (`deviation`).",
)
def create(request: Request, data: RequestIn, token: Token) -> Any:
    """A request, as the page of the doctor writes it."""
    ASK.check(request.actor, [data.organization])
    known = find_posted(
        token=token,
        patient=data.patient,
        kind=data.kind,
        pathway=data.pathway,
        team=data.team,
        by=request.actor,
    )
    if known is not None and not (data.send and known.state == State.DRAFT):
        return Status(200, show_standing(known))
    referral = ask(
        asking=_read(request, data, token),
        token=token,
        is_sent=data.send,
        draft=known,
        version=known.version if known else None,
        by=request.actor,
        at=request.now,
    )
    return Status(made(referral.created_at, now=request.now), show_standing(referral))


def _start(request: Request, data: ProposalIn | RequestIn) -> RequestDraft | None:
    if not data.previous:
        return None
    return follow_up(referral_key=data.previous, kind=data.kind, by=request.actor)


def _setting(
    request: Request, data: ProposalIn | RequestIn, start: RequestDraft | None = None
) -> Setting:
    """What the page would show for this body, the basis of the patient's record checked. Raises
    :class:`Invalid` when the request that this one follows stands against the body."""
    start = start or _start(request, data)
    patient = start.patient if start else get_patient(data.patient)
    ground = check_found(find_ground(patient, by=request.actor, at=request.now))
    asked = Asked(
        organization=data.organization,
        service=data.service,
        pathway=data.pathway,
        step=data.step,
        kind=data.kind,
        priority=data.priority,
        at=data.at,
        age=data.age,
    )
    setting = load_setting(
        with_start(asked, start),
        patient=patient,
        by=request.actor,
        at=request.now,
        previous=start.previous if start else None,
        preferred=ground.organization,
    )
    problems = []
    if setting.organization.slug != data.organization:
        sentence = "ce n'est pas votre établissement, ou pas celui qui peut demander la suite"
        problems.append(Problem(sentence, field="organization"))
    if data.patient and get_patient(data.patient).pk != patient.pk:
        problems.append(Problem("la demande suivie est celle d'un autre patient", field="patient"))
    if problems:
        raise Invalid("referrals.request", NOT_SO, problems)
    return setting


NOT_SO = "Cette demande ne peut pas être faite ainsi."


def _read(request: Request, data: RequestIn, token: str) -> Asking:
    """What a body asks, by the form of the page. Raises :class:`Invalid` naming each field of the
    body."""
    if not data.patient and not data.previous:
        problem = Problem("patient, ou demande suivie, attendu", field="patient")
        raise Invalid("referrals.request", NOT_SO, [problem])
    start = _start(request, data)
    setting = _setting(request, data, start)
    _check_answers(setting, data)
    if setting.proposal is None and setting.problem:
        problem = Problem(setting.problem, field="team")
        raise Invalid("referrals.request", NOT_SO, [problem])
    values = _values(setting, data, token, start)
    form = RequestForm(values, setting=setting, sending=data.send, now=request.now)
    if not form.is_valid():
        raise Invalid("referrals.request", NOT_SO, _problems(form))
    return Asking.read(setting, form.cleaned_data)


def _check_answers(setting: Setting, data: RequestIn) -> None:
    if setting.template is None:  # no such step: the form says so
        return
    unknown = set(data.answers) - {question.key for question in setting.template.questions}
    if unknown:
        problems = [Problem("question inconnue de cette étape", field="answers")]
        raise Invalid("referrals.request", NOT_SO, problems)


def _values(
    setting: Setting, data: RequestIn, token: str, start: RequestDraft | None
) -> dict[str, Any]:
    """The fields of the form: what the body says, over what the case followed holds."""
    values: dict[str, Any] = {}
    if start is not None:
        held = first_values(setting, token=token, start=start)
        values = {
            name: value
            for name, value in held.items()
            if name in FROM_THE_CASE or name.startswith(PREFIX)
        }
    given = data.dict(exclude_unset=True)
    for name, field in FIELDS.items():
        value = given.get(name)
        if value is not None:
            values[field] = value.value if isinstance(value, TextChoices) else value
    for key, said in data.answers.items():
        values[PREFIX + key] = said if isinstance(said, str | list) else f"{said:g}"
    return {**values, "jeton": token}


def _problems(form: RequestForm) -> list[Problem]:
    """The defects of a form by the fields of the body; a wrong choice is not repeated."""
    found = []
    for field, errors in form.errors.as_data().items():
        name = NAMES.get(field, "")
        if field.startswith(PREFIX):
            name = f"answers.{field.removeprefix(PREFIX)}"
        found += [Problem(sentence, field=name) for one in errors for sentence in _said(one)]
    return found


def _said(error: ValidationError) -> list[str]:
    if error.code == "invalid_choice":
        return ["cette valeur n'est pas dans la liste"]
    return [str(sentence) for sentence in error.messages]
