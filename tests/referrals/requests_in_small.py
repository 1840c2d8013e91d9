"""A small territory in which requests are sent: Maubeuge asks, Valenciennes (same group) and the
university hospital in Lille (outside it) are asked. Everything is invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from maillage.accounts.enums import Role
from maillage.accounts.permissions import Actor, Grant
from maillage.agreements.enums import AgreementKind, AgreementState
from maillage.agreements.models import Agreement, Clause
from maillage.directory.models import HealthcareService, Organization, Site
from maillage.pathways.models import Pathway, PathwayStep, PathwayVersion
from maillage.patients.actions import create_patient
from maillage.patients.enums import Sex
from maillage.patients.models import Patient
from maillage.patients.rules.identity import Identity
from maillage.referrals.actions.acts import act_on
from maillage.referrals.actions.requests import RequestDraft, create_and_send, create_request
from maillage.referrals.enums import Act, Kind, PatientAgreement, Priority
from maillage.referrals.models import Referral
from tests.directory.territory_in_small import load_directory

SOURCE = {"source": "essai", "illustrative": True}
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
"""Sunday 22 November 2026, 3:00 in Paris."""

_number = count(1)


def person(name: str, *roles: Role, at: str = "") -> Actor:
    """Somebody with these roles in one hospital."""
    return Actor(name, f"Dr {name.title()}", tuple(Grant(role, at) for role in roles))


LOCAL = person("local", Role.DOCTOR, at="ch-maubeuge")
COLLEAGUE = person("collegue", Role.DOCTOR, at="ch-maubeuge")
NEIGHBOUR = person("voisin", Role.ON_CALL, at="ch-valenciennes")
SECOND = person("second", Role.DOCTOR, at="ch-valenciennes")
BEDS = person("lits", Role.COORDINATOR, at="ch-valenciennes")
SPECIALIST = person("lille", Role.DOCTOR, at="chu-lille")
SAMU = person("samu", Role.REGULATOR)
STRANGER = person("cambrai", Role.DOCTOR, at="ch-cambrai")
EVERYWHERE = person("partout", Role.DOCTOR, Role.ON_CALL)
PEOPLE = (LOCAL, COLLEAGUE, NEIGHBOUR, SECOND, BEDS, SPECIALIST, SAMU, STRANGER, EVERYWHERE)


def build() -> None:
    """Hospitals, a pathway of three steps, and an agreement with the university hospital."""
    load_directory()
    HealthcareService.objects.create(
        slug="thrombectomie-lille",
        site=Site.objects.get(finess="590796975"),
        name="Neuroradiologie interventionnelle de Lille",
        care_type="THROMBECTOMY",
        level="REFERENCE",
        **SOURCE,
    )
    pathway = Pathway.objects.create(
        slug="avc", name="AVC", need="Accident vasculaire cérébral", kind="PRIORITY", **SOURCE
    )
    version = PathwayVersion.objects.create(
        pathway=pathway, number=1, state="IN_FORCE", starts_on=date(2020, 1, 1), **SOURCE
    )
    for order, name, care_type, level, back, hours in [
        (1, "Urgences", "EMERGENCY", "PROXIMITY", None, None),
        (2, "Unité neurovasculaire", "STROKE_UNIT", "RECOURSE", 1, 48),
        (3, "Thrombectomie", "THROMBECTOMY", "REFERENCE", 2, 24),
    ]:
        PathwayStep.objects.create(
            version=version, order=order, name=name, care_type=care_type, level=level,
            entry="both", return_to=back, return_within_hours=hours,
        )  # fmt: skip
    Pathway.objects.create(slug="cancer", name="Cancer", need="Tumeur", kind="PRIORITY", **SOURCE)
    agreement = Agreement.objects.create(
        slug="association", title="Convention d'association", short_title="Association",
        kind=AgreementKind.ASSOCIATION, state=AgreementState.IN_FORCE, starts_on=date(2017, 7, 3),
        **SOURCE,
    )  # fmt: skip
    Clause.objects.create(
        slug="thrombectomie", agreement=agreement, from_organization=hospital("ch-maubeuge"),
        to_organization=hospital("chu-lille"), care_types=["THROMBECTOMY"],
        starts_on=date(2017, 7, 3), **SOURCE,
    )  # fmt: skip


def hospital(slug: str) -> Organization:
    """A hospital by its key."""
    return Organization.objects.get(slug=slug)


def service(slug: str) -> HealthcareService:
    """A service by its key."""
    return HealthcareService.objects.select_related("site__organization").get(slug=slug)


def admit() -> Patient:
    """A new patient of Maubeuge."""
    number = next(_number)
    letters = "".join(chr(ord("A") + int(digit)) for digit in str(number))
    identity = Identity(
        birth_name=f"Inventee{letters}",
        first_given_name="Ida",
        birth_given_names="Ida",
        birth_date=date(1954, 5, 12) + timedelta(days=number),
        sex=Sex.FEMALE,
        birthplace="59392",
    )
    return create_patient(identity=identity, organization=hospital("ch-maubeuge"), by=LOCAL, at=NOW)


def draft(patient: Patient, kind: Kind = Kind.OPINION, **changed: Any) -> RequestDraft:
    """A request from Maubeuge to the stroke unit of Valenciennes that may be sent as it is."""
    team = changed.pop("to", "unv-valenciennes")
    pathway = changed.pop("pathway", "avc")
    values: dict[str, Any] = {
        "patient": patient,
        "pathway": Pathway.objects.get(slug=pathway),
        "step_order": 2,
        "kind": kind,
        "priority": Priority.P1,
        "from_organization": hospital("ch-maubeuge"),
        "from_service": service("urgences-maubeuge"),
        "to_service": service(team),
        "question": "Thrombolyse ?",
        "summary": "Déficit brutal du membre supérieur droit.",
        "treatments": "Aspirine",
        "answers": {"nihss": 8},
        "patient_agreement": PatientAgreement.AGREES,
        "basis": "group:ght-hainaut",
    }
    return RequestDraft(**{**values, **changed})


def written(
    patient: Patient, kind: Kind = Kind.OPINION, *, at: datetime = NOW, **changed: Any
) -> Referral:
    """A draft by the doctor of Maubeuge."""
    return create_request(draft=draft(patient, kind, **changed), token=token(), by=LOCAL, at=at)


def sent(
    patient: Patient, kind: Kind = Kind.OPINION, *, at: datetime = NOW, **changed: Any
) -> Referral:
    """A request just sent by the doctor of Maubeuge."""
    return create_and_send(draft=draft(patient, kind, **changed), token=token(), by=LOCAL, at=at)


def token() -> str:
    """A key of a form, never the same."""
    return f"essai-{next(_number)}"


@dataclass
class Hand:
    """A request moved act after act, each by somebody who looks at its newest state."""

    referral: Referral
    at: datetime = NOW

    def do(self, act: Act, by: Actor, *, after: int = 1, **values: Any) -> Referral:
        """Do an act some minutes later."""
        self.at += timedelta(minutes=after)
        self.referral = act_on(
            referral_key=self.referral.key,
            act=act,
            version=self.referral.version,
            by=by,
            at=self.at,
            values=values,
        )
        return self.referral

    def again(self) -> Referral:
        """Read it again, as another page would."""
        self.referral = Referral.objects.get(pk=self.referral.pk)
        return self.referral


def accepted(patient: Patient) -> Hand:
    """A transfer with both acceptances."""
    hand = Hand(sent(patient, Kind.TRANSFER))
    hand.do(Act.ACCEPT_MEDICALLY, NEIGHBOUR)
    hand.do(Act.ACCEPT_BED, BEDS, bed="UNV 4")
    return hand


def departed(patient: Patient) -> Hand:
    """A transfer on its way."""
    hand = accepted(patient)
    hand.do(Act.ORDER_TRANSPORT, LOCAL, transport="SMUR")
    hand.do(Act.DEPART, SAMU, arrives_at=hand.at + timedelta(minutes=40))
    return hand


def taken_over(patient: Patient) -> Hand:
    """A transfer that ended well."""
    hand = departed(patient)
    hand.do(Act.ARRIVE, NEIGHBOUR, after=35)
    hand.do(Act.TAKE_OVER, NEIGHBOUR)
    return hand
