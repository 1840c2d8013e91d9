"""Requests are written, changed while they are drafts, and sent. Posted twice, they exist once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from maillage.accounts.actions import record
from maillage.accounts.permissions import Actor
from maillage.agreements.models import Clause
from maillage.agreements.queries.terms import get_terms
from maillage.directory.models import HealthcareService, Organization
from maillage.pathways.models import Pathway, PathwayStep
from maillage.pathways.queries.records import choose_version
from maillage.patients.models import Patient
from maillage.patients.queries import family_ids, find_ground
from maillage.patients.rules.access import check_found
from maillage.referrals.actions.acts import act_on
from maillage.referrals.actions.clocks import settle_clock
from maillage.referrals.enums import (
    Act,
    Deviation,
    HubCareLevel,
    HubDelay,
    Kind,
    PatientAgreement,
    Priority,
    Side,
    State,
    Transport,
)
from maillage.referrals.models import Case, MeetingSession, Referral
from maillage.referrals.permissions import ASK
from maillage.referrals.queries.documents import check_takes_part
from maillage.referrals.queries.requests import hold_person, hold_referral, sides_of
from maillage.referrals.rules import acts as rules
from maillage.referrals.rules.drafts import LONGEST_QUESTION, is_outside
from maillage.vocabulary.calendar import local_day
from maillage.vocabulary.errors import Invalid, NotFound, Problem, Refusal

LONGEST_TOKEN = 64
LONGEST_TEXT = 20_000


@dataclass(frozen=True)
class RequestDraft:
    """All that a doctor says when writing a request. ``case`` is None for a new problem;
    ``previous`` is the request that this one follows. ``route`` is the proposal as it was shown
    (``Proposal.as_dict``), ``basis`` and ``clause`` those of the line chosen in it."""

    patient: Patient
    pathway: Pathway
    kind: Kind
    priority: Priority
    from_organization: Organization
    to_service: HealthcareService | None = None
    step_order: int = 1
    from_service: HealthcareService | None = None
    question: str = ""
    summary: str = ""
    treatments: str = ""
    allergies: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    callback_phone: str = ""
    patient_agreement: PatientAgreement | None = None
    is_vital: bool = False
    case: Case | None = None
    previous: Referral | None = None
    route: Mapping[str, Any] = field(default_factory=dict)
    basis: str = ""
    clause: Clause | None = None
    is_outside_agreement: bool = False
    deviation: Deviation | None = None
    deviation_text: str = ""
    expected_minutes: int | None = None
    hub_care_level: HubCareLevel | None = None
    hub_delay: HubDelay | None = None
    transport: Transport | None = None
    transport_risk: str = ""
    return_within_hours: int | None = None
    session: MeetingSession | None = None


CASE_TEXTS = ("summary", "treatments", "allergies")
LENGTHS = {
    "question": LONGEST_QUESTION,
    "summary": LONGEST_TEXT,
    "treatments": LONGEST_TEXT,
    "allergies": 240,
    "callback_phone": 20,
    "deviation_text": 240,
    "transport_risk": 240,
    "basis": 120,
}


@transaction.atomic
def create_request(*, draft: RequestDraft, token: str, by: Actor, at: datetime) -> Referral:
    """Write a request, not sent yet. The same token by the same person gives the request that is
    there, whoever is first. Raises :class:`NotAllowed` to who does not ask for this hospital or
    has no basis for the patient's record, :class:`Invalid`, and :class:`Refusal` when the token
    was used for another request."""
    ASK.check(by, [draft.from_organization.slug])
    if not token or len(token) > LONGEST_TOKEN:
        raise Invalid("referrals.token", "Cette demande n'a pas de clé d'envoi valable.")
    known = _find_by_token(by, token)
    if known is not None:
        return _check_same(known, draft)
    patient = _check_patient(draft.patient, by=by, at=at)
    service = _check_draft(draft, patient)
    _check_goes_on(draft, by)
    try:
        with transaction.atomic():
            referral = _write(draft, patient, service, token, by=by, at=at)
    except IntegrityError:
        winner = _find_by_token(by, token)
        if winner is None:
            raise
        return _check_same(winner, draft)
    _record("referrals.write", referral, by=by, at=at)
    return referral


@transaction.atomic
def change_draft(
    *, referral_key: str, draft: RequestDraft, version: int, by: Actor, at: datetime
) -> Referral:
    """Write a draft anew. Its patient and case stay. Raises as :func:`create_request`, and
    :class:`Refusal` once it is sent or when the page was behind."""
    referral = hold_referral(referral_key)
    if Side.REQUESTER not in sides_of(referral, by):
        raise rules.outside(State(referral.state))
    if referral.state != State.DRAFT:
        raise Refusal("referrals.sent", "Cette demande est partie : écrivez à l'équipe.")
    rules.check_fresh(Act.SEND, [], version=version, now_at=referral.version, at=at)
    ASK.check(by, [draft.from_organization.slug])
    if draft.patient.pk not in family_ids(referral.patient):
        raise Invalid("referrals.draft", "Une demande ne change pas de patient.")
    service = _check_draft(draft, referral.patient)
    _fill(referral, draft, service, by=by, at=at)
    _complete_case(referral.case, draft, at=at)
    if referral.case.referrals.count() == 1:
        Case.objects.filter(pk=referral.case_id).update(question=referral.question)
    referral.version += 1
    referral.save()
    _record("referrals.change-draft", referral, by=by, at=at)
    return referral


def send(*, referral_key: str, version: int, by: Actor, at: datetime) -> Referral:
    """Send a draft: the team asked holds the ball, and may read the record. Raises as
    :func:`~maillage.referrals.actions.acts.act_on`."""
    return act_on(referral_key=referral_key, act=Act.SEND, version=version, by=by, at=at)


@transaction.atomic
def create_and_send(*, draft: RequestDraft, token: str, by: Actor, at: datetime) -> Referral:
    """Write a request and send it at once. Posted twice, it is written and sent once."""
    referral = create_request(draft=draft, token=token, by=by, at=at)
    if referral.state != State.DRAFT:
        return referral
    return send(referral_key=referral.key, version=referral.version, by=by, at=at)


def _find_by_token(by: Actor, token: str) -> Referral | None:
    known = Referral.objects.filter(requester=by.username, token=token)
    return known.select_related("patient", "to_service").first()


def _check_same(known: Referral, draft: RequestDraft) -> Referral:
    """A token names one request: two different ones under it are a mistake to be seen."""
    same = (
        draft.patient.pk in family_ids(known.patient)
        and known.kind == draft.kind
        and known.pathway_id == draft.pathway.pk
        and known.to_service_id == (draft.to_service.pk if draft.to_service else None)
    )
    if not same:
        raise Refusal(
            "referrals.token-used",
            f"Cette page a déjà servi à écrire la demande {known.key} : ouvrez une nouvelle "
            "demande pour l'autre.",
            referral=known.key,
        )
    return known


def _check_patient(patient: Patient, *, by: Actor, at: datetime) -> Patient:
    """The record that is read for this person, for somebody who may read it, as it now is and
    held until the end: nobody is erased, or merged, while a request is written."""
    held = Patient.objects.select_related("merged_into").get(pk=hold_person(patient)[0])
    kept = held.kept
    if kept.erased_at is not None:
        raise NotFound("patients.erased", "Ce dossier a été effacé.")
    check_found(find_ground(kept, by=by, at=at))
    return kept


def _check_draft(draft: RequestDraft, patient: Patient) -> HealthcareService:
    """The team asked. Raises :class:`Invalid` naming all that contradicts itself in a draft."""
    problems = [
        Problem(f"{most} signes au plus", field=name)
        for name, most in LENGTHS.items()
        if len(getattr(draft, name)) > most
    ]
    service = draft.to_service
    if service is None:
        problems.append(Problem("choisissez une équipe", field="to_service"))
    elif draft.from_service is not None and draft.from_service.pk == service.pk:
        problems.append(Problem("c'est votre propre équipe", field="to_service"))
    if draft.from_service and draft.from_service.site.organization_id != draft.from_organization.pk:
        problems.append(Problem("ce service est d'un autre hôpital", field="from_service"))
    if draft.clause is not None and service is not None and not _carries(draft, service):
        problems.append(Problem("cette clause n'y mène pas", field="clause"))
    family = family_ids(patient)
    if draft.case is not None and draft.case.patient_id not in family:
        problems.append(Problem("ce dossier est celui d'un autre patient", field="case"))
    if draft.previous is not None and draft.previous.patient_id not in family:
        problems.append(Problem("cette demande est celle d'un autre patient", field="previous"))
    if draft.session is not None and draft.kind is not Kind.MEETING:
        problems.append(Problem("une séance est pour une RCP", field="session"))
    elif draft.session is not None and service and draft.session.service_id != service.pk:
        problems.append(Problem("cette séance est celle d'une autre équipe", field="session"))
    if problems or service is None:
        raise Invalid("referrals.draft", "Cette demande ne peut pas être écrite ainsi.", problems)
    return service


def _check_goes_on(draft: RequestDraft, by: Actor) -> None:
    """Raise :class:`NotAllowed` to whoever goes on with a case, or with a request, in which their
    hospital takes no part: a case is not written into by those who know its number."""
    previous, case = draft.previous, draft.case
    if previous is not None and not sides_of(previous, by) & {Side.REQUESTER, Side.TARGET}:
        raise rules.outside(State(previous.state))
    if case is not None and (previous is None or previous.case_id != case.pk):
        check_takes_part(case, by)


def _carries(draft: RequestDraft, service: HealthcareService) -> bool:
    """True when the clause leads to the hospital asked; that of a return is the one that brought
    the patient."""
    if draft.clause is None:
        return False
    end = draft.from_organization.pk if draft.kind is Kind.RETURN else service.site.organization_id
    return draft.clause.to_organization_id == end


def _write(
    draft: RequestDraft,
    patient: Patient,
    service: HealthcareService,
    token: str,
    *,
    by: Actor,
    at: datetime,
) -> Referral:
    case = draft.case or _open_case(draft, patient, by=by, at=at)
    if draft.case is not None:
        _complete_case(case, draft, at=at)
    referral = Referral(
        case=case,
        patient=patient,
        previous=draft.previous,
        requester=by.username,
        requester_name=by.name,
        created_at=at,
        token=token,
        state=State.DRAFT,
    )
    _fill(referral, draft, service, by=by, at=at)
    settle_clock(referral, None, at=at)
    referral.save(force_insert=True)
    return referral


def _open_case(draft: RequestDraft, patient: Patient, *, by: Actor, at: datetime) -> Case:
    return Case.objects.create(
        patient=patient,
        pathway=draft.pathway,
        organization=draft.from_organization,
        question=draft.question.strip(),
        summary=draft.summary.strip(),
        treatments=draft.treatments.strip(),
        allergies=draft.allergies.strip(),
        answers=dict(draft.answers),
        opened_at=at,
        opened_by=by.name,
        changed_at=at,
    )


def _complete_case(case: Case, draft: RequestDraft, *, at: datetime) -> None:
    """What is known more of the problem is written on its case; nothing that is there is blanked by
    a request that does not speak of it."""
    held = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    changed = []
    for name in CASE_TEXTS:
        text = getattr(draft, name).strip()
        if text and text != getattr(held, name):
            setattr(held, name, text)
            changed.append(name)
    answers = {**held.answers, **draft.answers}
    if answers != held.answers:
        held.answers = answers
        changed.append("answers")
    if changed:
        held.version += 1
        held.changed_at = at
        held.save(update_fields=[*changed, "version", "changed_at"])
    for name in (*changed, "version", "changed_at"):
        setattr(case, name, getattr(held, name))


def _fill(
    referral: Referral,
    draft: RequestDraft,
    service: HealthcareService,
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Put what a draft says on a request, not saved."""
    terms = get_terms(draft.clause) if draft.clause else None
    step = _find_step(draft, at)
    referral.pathway = draft.pathway
    referral.kind = draft.kind
    referral.priority = draft.priority
    referral.step, referral.step_order = step, draft.step_order
    referral.care_type = step.care_type if step else service.care_type
    referral.question = draft.question.strip()
    referral.from_organization = draft.from_organization
    referral.from_service = draft.from_service
    referral.callback_phone = draft.callback_phone.strip()
    referral.to_service = service
    referral.to_organization = service.site.organization
    referral.route = dict(draft.route)
    referral.basis = draft.basis
    referral.clause = draft.clause
    referral.agreement = draft.clause.agreement if draft.clause else None
    referral.is_outside_agreement = is_outside(draft.basis, has_clause=draft.clause is not None)
    referral.price_text = terms.price_text[:240] if terms else ""
    referral.expected_minutes = draft.expected_minutes
    referral.deviation = draft.deviation or ""
    referral.deviation_text = draft.deviation_text.strip()
    agreement = draft.patient_agreement or ""
    if agreement != referral.patient_agreement:
        referral.patient_informed_by = by.name if agreement else ""
    referral.patient_agreement = agreement
    referral.is_vital = draft.is_vital
    referral.hub_care_level = draft.hub_care_level or ""
    referral.hub_delay = draft.hub_delay or ""
    referral.transport = draft.transport or ""
    referral.transport_risk = draft.transport_risk.strip()
    referral.return_within_hours = _return_within(draft, terms, step)
    referral.session = draft.session
    referral.changed_at = at


def _find_step(draft: RequestDraft, at: datetime) -> PathwayStep | None:
    """The step of the version that holds that day."""
    version = choose_version(draft.pathway.versions.all(), local_day(at))
    return version.steps.filter(order=draft.step_order).first() if version else None


def _return_within(draft: RequestDraft, terms: Any, step: PathwayStep | None) -> int | None:
    """Hours within which a transferred patient comes back: said by the doctor, else by the clause,
    else by the step of the pathway."""
    if draft.kind is not Kind.TRANSFER:
        return None
    agreed = terms.return_within_hours if terms else None
    return draft.return_within_hours or agreed or (step.return_within_hours if step else None)


def _record(action: str, referral: Referral, *, by: Actor, at: datetime) -> None:
    record(
        action,
        by=by,
        at=at,
        subject_kind="referral",
        subject_key=referral.key,
        organization=referral.from_organization.slug,
        kind=referral.kind,
    )
