"""What was done to a request, said in one line each: the history of its page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from maillage.referrals.enums import (
    Act,
    HubCareLevel,
    HubDelay,
    Kind,
    PatientAgreement,
    Priority,
    Reason,
    State,
    Transport,
)
from maillage.referrals.rules.transitions import TABLE, find_transition
from maillage.vocabulary.calendar import french_instant

LABELS: Mapping[str, str] = {
    "bed": "Lit",
    "scheduled_at": "Rendez-vous",
    "scheduled_place": "Lieu",
    "transport": "Accompagnement",
    "transport_risk": "Risque pendant le trajet",
    "hub_care_level": "Niveau de soins",
    "hub_delay": "Délai demandé",
    "vehicle": "Véhicule",
    "samu_reference": "Dossier SAMU",
    "leaves_at": "Départ prévu",
    "arrives_at": "Arrivée prévue",
    "proposed_service": "Équipe proposée",
    "patient_agreement": "Information du patient",
    "priority": "Priorité",
}
"""Values of an act that its line of history shows; the others are on the page itself."""

CHOICES: Mapping[str, Mapping[str, str]] = {
    "transport": dict(Transport.choices),
    "hub_care_level": dict(HubCareLevel.choices),
    "hub_delay": dict(HubDelay.choices),
    "patient_agreement": dict(PatientAgreement.choices),
    "priority": dict(Priority.choices),
}


def words_of(kind: Kind, act: Act, from_state: str = "") -> str:
    """What the table says of an act once it is done, from the state in which it was done (from any
    one when it is not known)."""
    if from_state and (line := find_transition(kind, State(from_state), act)) is not None:
        return line.words
    for line in TABLE:
        if line.act is act and kind in line.kinds:
            return line.words
    return act.label


def details_of(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The values given with an act, each with its label, in words."""
    return [(label, _value(name, data[name])) for name, label in LABELS.items() if data.get(name)]


def reason_of(value: str) -> str:
    """A reason in words; empty without one."""
    return Reason(value).label if value in Reason.values else ""


def _value(name: str, value: Any) -> str:
    if name in CHOICES:
        return CHOICES[name].get(str(value), str(value))
    if name.endswith("_at"):
        try:
            return french_instant(datetime.fromisoformat(str(value)), weekday=False)
        except ValueError:
            return str(value)
    return str(value)
