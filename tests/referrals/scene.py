"""A small scene for the pages: Maubeuge asks the stroke unit of Valenciennes, and the SAMU
regulates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.test import Client
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.models import RoleGrant, User
from maillage.accounts.permissions import Actor, Grant
from maillage.directory.models import HealthcareService, Organization
from maillage.pathways.models import Pathway
from maillage.patients.actions import create_patient
from maillage.patients.models import Patient, new_key
from maillage.referrals.actions.acts import act_on
from maillage.referrals.actions.requests import RequestDraft, create_and_send
from maillage.referrals.enums import Act, Kind, PatientAgreement, Priority
from maillage.referrals.models import Referral
from tests.directory.territory_in_small import load_directory
from tests.patients.people import jeanne

PEOPLE = {
    "local": (Role.DOCTOR, "ch-maubeuge"),
    "garde": (Role.ON_CALL, "ch-valenciennes"),
    "autre-garde": (Role.DOCTOR, "ch-valenciennes"),
    "cadre": (Role.COORDINATOR, "ch-valenciennes"),
    "samu": (Role.REGULATOR, "chu-lille"),
    "etranger": (Role.DOCTOR, "ch-cambrai"),
}
"""Account, role and place of everybody in the scene."""


@dataclass
class Scene:
    """People, places and the requests between them. ``now`` is the clock of the pages: theirs is
    the real one, so that what happens before it is told backwards."""

    now: datetime = field(default_factory=timezone.now)
    actors: dict[str, Actor] = field(default_factory=dict)
    numbers: Any = field(default_factory=count)

    def __post_init__(self) -> None:
        load_directory()
        Pathway.objects.get_or_create(
            slug="avc", defaults={"name": "Accident vasculaire cérébral", "need": "AVC"}
        )
        for name, (role, place) in PEOPLE.items():
            user = User.objects.create(username=name, full_name=f"Dr {name.title()}")
            RoleGrant.objects.create(user=user, role=role, organization=place)
            self.actors[name] = Actor(name, user.full_name, (Grant(role, place),))

    def client(self, name: str) -> Client:
        """A browser of this person, logged in."""
        client = Client()
        client.force_login(User.objects.get(username=name))
        return client

    def ago(self, **length: float) -> datetime:
        """The instant that was so long before the scene's now."""
        return self.now - timedelta(**length)

    def patient(self, **traits: Any) -> Patient:
        """Somebody received in Maubeuge a month ago."""
        number = next(self.numbers)
        letters = chr(65 + number // 26 % 26) + chr(65 + number % 26)
        named = {"birth_name": f"Dupontel {letters}", "ins_number": "", **traits}
        return create_patient(
            identity=jeanne(**named),
            organization=Organization.objects.get(slug="ch-maubeuge"),
            by=self.actors["local"],
            at=self.ago(days=30),
        )

    def ask(
        self,
        kind: Kind = Kind.TRANSFER,
        *,
        priority: Priority = Priority.P1,
        at: datetime | None = None,
        patient: Patient | None = None,
        **more: Any,
    ) -> Referral:
        """A request of Maubeuge to the stroke unit of Valenciennes, sent."""
        draft = RequestDraft(
            patient=patient or self.patient(),
            pathway=Pathway.objects.get(slug="avc"),
            kind=kind,
            priority=priority,
            from_organization=Organization.objects.get(slug="ch-maubeuge"),
            from_service=HealthcareService.objects.get(slug="urgences-maubeuge"),
            to_service=HealthcareService.objects.get(slug="unv-valenciennes"),
            **{
                "question": "Thrombolyse possible ?",
                "summary": "Déficit brutal du bras droit.",
                "answers": {"nihss": "14"},
                "patient_agreement": PatientAgreement.AGREES,
                "basis": "group:ght-hainaut",
                **more,
            },
        )
        token = f"jeton-{next(self.numbers)}"
        moment = at or self.ago(minutes=10)
        return create_and_send(draft=draft, token=token, by=self.actors["local"], at=moment)

    def copy(self, referral: Referral, times: int) -> None:
        """As many requests more, each of its own patient."""
        patients = [self.patient() for _ in range(10)]
        fields = [one for one in Referral._meta.concrete_fields if not one.primary_key]
        values = {one.attname: getattr(referral, one.attname) for one in fields}
        Referral.objects.bulk_create(
            Referral(
                **{
                    **values,
                    "key": new_key(),
                    "token": f"copie-{next(self.numbers)}",
                    "patient_id": patients[number % 10].pk,
                }
            )
            for number in range(times)
        )

    def do(
        self,
        referral: Referral,
        act: Act,
        name: str,
        *,
        at: datetime | None = None,
        **values: Any,
    ) -> Referral:
        """An act of somebody on a request, as it is now."""
        referral.refresh_from_db()
        return act_on(
            referral_key=referral.key,
            act=act,
            version=referral.version,
            by=self.actors[name],
            at=at or self.now,
            values=values,
        )

    def accepted(self, **more: Any) -> Referral:
        """A transfer accepted by both, transport to order."""
        referral = self.ask(**more)
        self.do(referral, Act.ACCEPT_MEDICALLY, "garde")
        return self.do(referral, Act.ACCEPT_BED, "cadre", bed="UNV 4")

    def ordered(self, **more: Any) -> Referral:
        """A transfer whose transport is asked for."""
        return self.do(self.accepted(**more), Act.ORDER_TRANSPORT, "local", transport="SMUR")
