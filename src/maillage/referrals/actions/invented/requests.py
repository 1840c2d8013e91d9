"""Invented patients, cases and requests as they are first written, in memory."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import Actor
from maillage.directory.models import Organization
from maillage.pathways.models import PathwayStep
from maillage.patients.enums import LinkKind
from maillage.patients.models import KEY_LETTERS, CareLink, Patient
from maillage.referrals.actions.invented.ground import Choice, Ground, Lane
from maillage.referrals.actions.invented.walking import Told, start_clock
from maillage.referrals.enums import (
    Deviation,
    Kind,
    PatientAgreement,
    Priority,
    State,
)
from maillage.referrals.models import Case, Referral
from maillage.referrals.rules.invented.answers import answer_template
from maillage.referrals.rules.invented.people import InventedPerson, invent_person, misspell
from maillage.referrals.rules.invented.scenes import ALLERGIES, Scene
from maillage.referrals.rules.templates import find_template
from maillage.vocabulary.calendar import local_day

DEVIATIONS = (
    (Deviation.KNOWN_TEAM, 40),
    (Deviation.NO_CAPACITY, 28),
    (Deviation.PATIENT_CHOICE, 18),
    (Deviation.CLINICAL, 14),
)


class Writer:
    """Makes the rows that a case begins with. ``mark`` opens the token of every request, so that
    invented ones are known and two loadings never meet."""

    def __init__(self, ground: Ground, rng: Random, told: Told, mark: str) -> None:
        self.ground, self.rng, self.told, self.mark = ground, rng, told, mark
        self._people: dict[str, InventedPerson] = {}

    def key(self) -> str:
        """A key of the form that addresses hold."""
        return "".join(self.rng.choices(KEY_LETTERS, k=10))

    def token(self) -> str:
        """The token of the next request or message."""
        count = len(self.told.referrals) + len(self.told.messages)
        return f"{self.mark}-{count}"

    def patient(self, scene: Scene, organization: Organization, *, at: datetime) -> Patient:
        """Somebody of the age of a scene, admitted at an instant: identity, stay and audit line."""
        low, usual, high = scene.ages
        person = invent_person(
            self.rng,
            age=round(self.rng.triangular(low, high, usual)),
            on=local_day(at),
            communes=self.ground.communes,
            order=len(self.told.patients),
            mostly=scene.mostly,
        )
        return self.admit(person, organization, at=at)

    def double(self, patient: Patient, organization: Organization, *, at: datetime) -> Patient:
        """The same person, typed anew elsewhere."""
        return self.admit(misspell(self.rng, self._people[patient.key]), organization, at=at)

    def admit(self, person: InventedPerson, organization: Organization, *, at: datetime) -> Patient:
        """The record of a person and the stay that it opens with."""
        identity = person.identity
        by = self.ground.somebody(self.rng, organization.slug, None)
        patient = Patient(
            key=self.key(),
            **{name: getattr(identity, name) for name in COPIED},
            commune_id=identity.commune or None,
            identity_state=person.state,
            identity_document=person.document,
            identity_checked_on=local_day(at) if person.document else None,
            organization=organization,
            is_synthetic=True,
            created_at=at,
            created_by=by.name,
            changed_at=at,
        )
        patient.refresh_search_name()
        self._people[patient.key] = person
        self.told.patients.append(patient)
        self.told.trail.append(
            AuditEvent(
                at=at,
                actor=by.username,
                actor_name=by.name,
                action="patients.create",
                subject_kind="patient",
                subject_key=patient.key,
                organization=organization.slug,
            )
        )
        return patient

    def stay(
        self, patient: Patient, organization: Organization, *, at: datetime, reference: str = ""
    ) -> CareLink:
        """A stay that begins."""
        number = "" if reference else f"EX{self.rng.randint(10_000_000, 99_999_999)}"
        link = CareLink(
            patient=patient,
            kind=LinkKind.STAY,
            organization=organization,
            reference=reference,
            number=number,
            starts_at=at,
            opened_by=self.ground.somebody(self.rng, organization.slug, None).name,
        )
        self.told.links.append(link)
        return link

    def case(
        self, scene: Scene, lane: Lane, patient: Patient, kind: Kind, by: Actor, *, at: datetime
    ) -> Case:
        """What is known of a problem, with the answers to what the step asks."""
        question, summary = self.rng.choice(scene.stories)
        template = find_template(scene.pathway, lane.step.care_type, kind)
        case = Case(
            key=self.key(),
            patient=patient,
            pathway=lane.pathway,
            organization=lane.organization,
            question=question,
            summary=summary,
            treatments=self.rng.choice(scene.treatments),
            allergies=self.rng.choice(ALLERGIES),
            answers=answer_template(self.rng, template, at=at),
            opened_at=at,
            opened_by=by.name,
            changed_at=at,
        )
        self.told.cases.append(case)
        return case

    def request(
        self,
        case: Case,
        lane: Lane,
        choice: Choice,
        kind: Kind,
        priority: Priority,
        by: Actor,
        *,
        at: datetime,
        previous: Referral | None = None,
    ) -> Referral:
        """A request being written to a team of a lane."""
        referral = self._blank(case, kind, priority, by, at=at, previous=previous)
        referral.step, referral.step_order = lane.step, lane.step.order
        referral.care_type = lane.step.care_type
        referral.from_organization, referral.from_service = lane.organization, lane.from_service
        referral.to_service = choice.service
        referral.to_organization = choice.service.site.organization
        referral.basis = choice.line.basis
        referral.expected_minutes = round(choice.line.minutes or 0) or None
        referral.is_outside_agreement = choice.is_outside
        referral.route = {**lane.route, "at": at.isoformat(), "chosen": choice.service.slug}
        self._carry(referral, choice)
        if previous is None and choice is not lane.choices[0]:
            referral.deviation = self.rng.choices(
                [one for one, _ in DEVIATIONS], [share for _, share in DEVIATIONS]
            )[0]
        self._inform(referral, by)
        start_clock(referral, at=at)
        return referral

    def request_back(
        self, transfer: Referral, step: PathwayStep, priority: Priority, by: Actor, *, at: datetime
    ) -> Referral:
        """The return of a transferred patient, asked by the team that took over."""
        referral = self._blank(transfer.case, Kind.RETURN, priority, by, at=at, previous=transfer)
        referral.question = "Patient stable, retour en proximité"
        referral.step, referral.step_order = step, step.order
        referral.care_type = step.care_type
        referral.from_organization = transfer.to_organization
        referral.from_service = transfer.to_service
        home = self.ground.ward(transfer, on=at)
        referral.to_service, referral.to_organization = home, transfer.from_organization
        for name in ("basis", "clause", "agreement", "is_outside_agreement", "price_text"):
            setattr(referral, name, getattr(transfer, name))
        referral.expected_minutes = transfer.expected_minutes
        self._inform(referral, by)
        start_clock(referral, at=at)
        return referral

    def _blank(
        self,
        case: Case,
        kind: Kind,
        priority: Priority,
        by: Actor,
        *,
        at: datetime,
        previous: Referral | None,
    ) -> Referral:
        referral = Referral(
            key=self.key(),
            case=case,
            patient=case.patient,
            kind=kind,
            state=State.DRAFT,
            priority=priority,
            previous=previous,
            pathway=case.pathway,
            question=case.question,
            requester=by.username,
            requester_name=by.name,
            callback_phone=f"03 53 01 {self.rng.randrange(10, 99)} {self.rng.randrange(10, 99)}",
            created_at=at,
            changed_at=at,
            token=self.token(),
        )
        self.told.referrals.append(referral)
        return referral

    def _carry(self, referral: Referral, choice: Choice) -> None:
        """What the clause of a choice says: its agreement, the price, the return."""
        clause = choice.clause
        terms = self.ground.terms.get(clause.pk) if clause is not None else None
        referral.clause = clause
        referral.agreement = clause.agreement if clause is not None else None
        referral.price_text = terms.price_text[:240] if terms is not None else ""
        if referral.kind == Kind.TRANSFER:
            agreed = terms.return_within_hours if terms is not None else None
            step = referral.step
            referral.return_within_hours = agreed or (step.return_within_hours if step else None)

    def _inform(self, referral: Referral, by: Actor) -> None:
        """What the patient was told; in a vital emergency half of them cannot be."""
        referral.is_vital = referral.priority == Priority.P0
        unable = referral.is_vital and self.rng.random() < 0.5
        relative = self.rng.random() < 0.17
        referral.patient_agreement = (
            PatientAgreement.UNABLE
            if unable
            else PatientAgreement.REPRESENTED
            if relative
            else PatientAgreement.AGREES
        )
        referral.patient_informed_by = by.name


COPIED = (
    "birth_name", "first_given_name", "birth_given_names", "birth_date", "sex", "birthplace",
    "used_name", "used_given_name", "ins_number", "ins_oid", "phone", "attending_doctor",
    "attending_mail",
)  # fmt: skip
"""Columns of a record that an identity fills."""


def admitted_before(rng: Random, at: datetime, *, urgent: bool) -> datetime:
    """When the patient of a request came in."""
    minutes = rng.randint(35, 260) if urgent else rng.randint(120, 4000)
    return at - timedelta(minutes=minutes)
