"""Programs that call the interface of requests, each with its key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.test import Client

from maillage.accounts.actions import create_key
from maillage.accounts.enums import Role
from maillage.accounts.models import RoleGrant, User
from maillage.accounts.queries import get_actor
from maillage.patients.models import Patient
from maillage.vocabulary.calendar import local_day
from tests.referrals.requests_in_small import NOW

HOME = "/api/adressages"
Held = tuple[Role, str]

LOCAL = ("local", (Role.DOCTOR, "ch-maubeuge"))
NEIGHBOUR = ("voisin", (Role.ON_CALL, "ch-valenciennes"))
SECOND = ("second", (Role.DOCTOR, "ch-valenciennes"))
BEDS = ("lits", (Role.COORDINATOR, "ch-valenciennes"))
SAMU = ("samu", (Role.REGULATOR, "chu-lille"))
STRANGER = ("cambrai", (Role.DOCTOR, "ch-cambrai"))
DIRECTOR = ("direction", (Role.DIRECTOR, "ch-maubeuge"))


class Program(Client):
    """A client that presents a key, and posts JSON."""

    def __init__(self, key: str) -> None:
        self.key_headers = {"Authorization": f"Bearer {key}"}
        super().__init__(headers=self.key_headers)

    def say(self, path: str, body: Any, token: str = "", method: str = "post") -> Any:
        """Post a body as JSON, with its key of sending when there is one."""
        headers = {"Idempotency-Key": token} if token else {}
        return getattr(self, method)(
            path, data=body, content_type="application/json", headers=headers
        )


def program(name: str, *held: Held, for_place: str | None = None, at: datetime = NOW) -> Program:
    """The program of somebody who holds these roles, limited to a place."""
    user, _ = User.objects.get_or_create(
        username=name, defaults={"full_name": f"Dr {name.title()}"}
    )
    for role, place in held:
        RoleGrant.objects.get_or_create(user=user, role=role, organization=place)
    _, key = create_key(
        user=user,
        name="essai",
        days=30,
        organization=for_place,
        by=get_actor(user, on=local_day(at)),
        at=at,
    )
    return Program(key)


def body_of(patient: Patient, /, **changed: Any) -> dict[str, Any]:
    """A whole request of a stroke, from Maubeuge to Valenciennes."""
    return {
        "patient": patient.key,
        "organization": "ch-maubeuge",
        "service": "urgences-maubeuge",
        "pathway": "avc",
        "step": 2,
        "kind": "TRANSFER",
        "priority": "P0",
        "team": "unv-valenciennes",
        "question": "Thrombolyse ?",
        "summary": "Déficit brutal du bras droit.",
        "treatments": "Aspirine",
        "answers": {"debut_connu": "observe", "debut": "22/11/2026 1h30", "nihss": 14},
        "callback_phone": "03 27 00 00 00",
        "patient_agreement": "AGREES",
        **changed,
    }
