"""Requests made and moved through the actions of the product, one act at a time, timed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.permissions import Actor, Grant
from maillage.directory.models import HealthcareService, Organization
from maillage.pathways.models import Pathway
from maillage.patients.actions import create_patient
from maillage.patients.models import Patient
from maillage.referrals.actions.acts import act_on
from maillage.referrals.actions.requests import RequestDraft, create_and_send
from maillage.referrals.enums import Act, Kind, PatientAgreement, Priority, Transport
from maillage.referrals.models import Referral
from maillage.referrals.rules.invented.people import invent_person
from maillage.vocabulary.calendar import local_day

PEOPLE = 120
ASKING, ASKED = "ch-fourmies", "ch-sambre-avesnois"


class Moving:
    """A doctor of Fourmies asks, the stroke unit of Maubeuge answers, the SAMU carries."""

    def __init__(self) -> None:
        self.doctor = Actor("demo-medecin", "Dr Exemple", (Grant(Role.DOCTOR, ASKING),))
        self.team = Actor("demo-garde-maubeuge", "Dr Exemple", (Grant(Role.ON_CALL, ASKED),))
        self.samu = Actor("demo-regulateur", "Dr Exemple", (Grant(Role.REGULATOR, "chu-lille"),))
        self.organization = Organization.objects.get(slug=ASKING)
        self.pathway = Pathway.objects.get(slug="avc")
        self.service = HealthcareService.objects.get(slug="unv-maubeuge")
        self.own = HealthcareService.objects.get(slug="urgences-fourmies")
        self.patients = self._admit()
        self._number, self._mark = count(), f"{timezone.now():%H%M%S%f}"

    def _admit(self) -> list[Patient]:
        """Invented people who have just come in: nobody has asked anything for them."""
        draw = Random()
        people = []
        for order in range(PEOPLE):
            made = invent_person(
                draw, age=70, on=local_day(timezone.now()), communes=["59249"], order=order
            )
            people.append(
                create_patient(
                    identity=replace(made.identity, ins_number="", ins_oid=""),
                    organization=self.organization,
                    is_synthetic=True,
                    by=self.doctor,
                    at=timezone.now(),
                )
            )
        return people

    def _draft(self, kind: Kind) -> tuple[RequestDraft, int]:
        number = next(self._number)
        return (
            RequestDraft(
                patient=self.patients[number % len(self.patients)],
                pathway=self.pathway,
                kind=kind,
                priority=Priority.P1,
                from_organization=self.organization,
                from_service=self.own,
                to_service=self.service,
                step_order=2,
                question="Déficit brutal : indication de thrombolyse ?",
                summary="Mesure de vitesse.",
                patient_agreement=PatientAgreement.AGREES,
                basis="group:ght-hainaut-cambresis",
            ),
            number,
        )

    def create_and_send(self, kind: Kind = Kind.OPINION) -> float:
        """Milliseconds to write and send a request."""
        return self._send(kind)[1]

    def _send(self, kind: Kind) -> tuple[Referral, float]:
        draft, number = self._draft(kind)
        started = time.perf_counter()
        referral = create_and_send(
            draft=draft, token=f"mesure-{self._mark}-{number}", by=self.doctor, at=timezone.now()
        )
        return referral, (time.perf_counter() - started) * 1000

    def transfer(self) -> Iterator[tuple[str, float]]:
        """Each act of one transfer, and its milliseconds."""
        referral, _ = self._send(Kind.TRANSFER)
        soon = timezone.now() + timedelta(minutes=50)
        for act, by, values in (
            (Act.SEE, self.team, {}),
            (Act.ASK_INFO, self.team, {"text": "Heure de début ?"}),
            (Act.GIVE_INFO, self.doctor, {"text": "Vu bien à 14 h."}),
            (Act.ACCEPT_MEDICALLY, self.team, {}),
            (Act.ACCEPT_BED, self.team, {"bed": "Lit 3"}),
            (Act.ORDER_TRANSPORT, self.doctor, {"transport": Transport.SMUR}),
            (Act.ENGAGE, self.samu, {"arrives_at": soon, "vehicle": "SMUR 1"}),
            (Act.DEPART, self.samu, {"arrives_at": soon}),
            (Act.ARRIVE, self.team, {}),
            (Act.TAKE_OVER, self.team, {}),
        ):
            values_of: dict[str, Any] = dict(values)
            started = time.perf_counter()
            referral = act_on(
                referral_key=referral.key,
                act=act,
                version=referral.version,
                by=by,
                at=timezone.now(),
                values=values_of,
            )
            yield act.value.lower(), (time.perf_counter() - started) * 1000
