"""What the tests of the pages of a request share: a patient, a whole request, a reader of pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from html.parser import HTMLParser
from typing import Any

from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from maillage.accounts.enums import Role
from maillage.accounts.permissions import Actor, Grant
from maillage.directory.models import HealthcareService, Organization
from maillage.patients.actions import create_patient
from maillage.patients.models import Patient
from maillage.patients.rules.identity import Identity
from maillage.referrals.actions.acts import act_on
from maillage.referrals.enums import Act
from maillage.referrals.models import Referral

NEW = "/adressages/nouveau"
NIGHT = "22/11/2026 3h"
"""When the requests of these tests are for: a Sunday, at three in the morning."""

HTMX: dict[str, Any] = {"HTTP_HX_REQUEST": "true"}
ClientFor = Callable[..., Client]


def admit(place: str, **changed: Any) -> Patient:
    traits: dict[str, Any] = {
        "birth_name": "LEROUX",
        "first_given_name": "ODETTE",
        "birth_date": date(1954, 3, 14),
        "sex": "F",
        "commune": "59249",
        **changed,
    }
    return create_patient(
        identity=Identity(**traits),
        organization=Organization.objects.get(slug=place),
        by=Actor("accueil", "Accueil", (Grant(Role.DOCTOR, place),)),
        at=timezone.now(),
    )


def typed(patient: Patient, **changed: Any) -> dict[str, Any]:
    """A whole request of a stroke, as the page posts it."""
    values = {
        "patient": patient.key,
        "organisation": "ch-fourmies",
        "filiere": "avc",
        "etape": "2",
        "nature": "OPINION",
        "priorite": "P0",
        "le": NIGHT,
        "motif": "Hémiplégie gauche, thrombolyse ?",
        "resume": "Trouvée au sol à 1 h 30.",
        "traitements": "Apixaban",
        "q_debut_connu": "observe",
        "q_debut": "22/11/2026 1h30",
        "q_nihss": "14",
        "equipe": team("ch-sambre-avesnois"),
        "accord": "REPRESENTED",
        "rappel": "03 27 11 22 33",
        "jeton": "jeton-d-essai",
        "acte": "envoyer",
    }
    return {name: value for name, value in {**values, **changed}.items() if value is not None}


def team(organization: str, care_type: str = "STROKE_UNIT") -> str:
    return str(
        HealthcareService.objects.get(
            site__organization__slug=organization, care_type=care_type
        ).slug
    )


class Fields(HTMLParser):
    """The controls of a page, and what names them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.controls: list[dict[str, str]] = []
        self.labelled: set[str] = set()
        self.ids: list[str] = []
        self._inside = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids += [found["id"]] if "id" in found else []
        if tag == "label":
            self._inside += 1
            self.labelled.add(found.get("for", ""))
        if tag in ("input", "select", "textarea") and found.get("type") != "hidden":
            self.controls.append({**found, "tag": tag, "in-label": str(self._inside)})

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._inside -= 1

    def value(self, name: str) -> str:
        """The value of the checked or typed control of this name."""
        for one in self.controls:
            if one.get("name") == name and (one.get("type") != "radio" or "checked" in one):
                return one.get("value", "")
        raise AssertionError(name)


def page_of(response: Any) -> str:
    return str(response.content.decode())


def do(referral: Referral, act: Act, *, at: str, now: datetime, **values: Any) -> Referral:
    """An act by a doctor of a hospital, in their own words."""
    return act_on(
        referral_key=referral.key,
        act=act,
        version=referral.version,
        values=values,
        by=Actor(f"medecin-{at}", "Dr Essai", (Grant(Role.DOCTOR, at),)),
        at=now,
    )


def written() -> QuerySet[Referral]:
    """The requests of this test: the example tells a year of others."""
    return Referral.objects.filter(requester__startswith="essai-").order_by("pk")
