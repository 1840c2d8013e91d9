"""What a request must hold before it is sent. Values in hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from maillage.referrals.enums import Deviation, Kind, PatientAgreement
from maillage.vocabulary.errors import Invalid, Problem

LONGEST_QUESTION = 240
OUTSIDE = frozenset({"", "none"})
"""Foundations of a line that no agreement, group or common establishment carries."""


@dataclass(frozen=True)
class Sending:
    """What is looked at before a request goes. ``passed``: keys of the teams that this case was
    sent to already, or that a team proposed: they are no deviation, nor what stands behind them.
    """

    kind: Kind
    question: str
    service: str
    patient_agreement: str
    is_vital: bool
    route: Mapping[str, Any] = field(default_factory=dict)
    deviation: str = ""
    deviation_text: str = ""
    passed: Collection[str] = ()
    proposed: str = ""


def check_sending(sending: Sending) -> None:
    """Raise :class:`Invalid` naming all that keeps a request from being sent: no question, nothing
    said of what the patient knows (L.1110-4, L.1111-4), a patient who refuses, one out of state to
    be told without a vital emergency, a route left without a reason."""
    problems = [
        *_problems_of_question(sending.question),
        *_problems_of_agreement(sending.patient_agreement, is_vital=sending.is_vital),
        *_problems_of_deviation(sending),
    ]
    if problems:
        raise Invalid("referrals.sending", "Cette demande ne peut pas partir ainsi.", problems)


def _problems_of_question(question: str) -> list[Problem]:
    if not question.strip():
        return [Problem("dites ce que vous attendez de l'équipe", field="question")]
    if len(question) > LONGEST_QUESTION:
        return [Problem(f"{LONGEST_QUESTION} signes au plus", field="question")]
    return []


def _problems_of_agreement(agreement: str, *, is_vital: bool) -> list[Problem]:
    name = "patient_agreement"
    if not agreement:
        return [Problem("dites ce que le patient sait et accepte", field=name)]
    if agreement == PatientAgreement.REFUSES:
        return [Problem("le patient refuse : la demande ne part pas", field=name)]
    if agreement == PatientAgreement.UNABLE and not is_vital:
        return [Problem("« hors d'état » suppose l'urgence vitale : cochez-la", field=name)]
    return []


def _problems_of_deviation(sending: Sending) -> list[Problem]:
    if needs_deviation(sending) and not sending.deviation:
        return [Problem("dites pourquoi une autre équipe que la première", field="deviation")]
    if sending.deviation == Deviation.OTHER and not sending.deviation_text.strip():
        return [Problem("précisez le motif", field="deviation_text")]
    return []


def needs_deviation(sending: Sending) -> bool:
    """True when the route says that another line came first, teams already asked aside."""
    if sending.service == sending.proposed:
        return False
    order = [service_of(line) for line in route_lines(sending.route)]
    first = next((slug for slug in order if slug and slug not in sending.passed), "")
    return bool(first) and first != sending.service


def route_lines(route: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The ordered lines of a proposal as it was kept."""
    lines = route.get("lines") or []
    return [line for line in lines if isinstance(line, Mapping)]


def asked_for(route: Mapping[str, Any]) -> datetime | None:
    """The instant that the proposal answers for, as it was kept: now, or the day wished."""
    try:
        found = datetime.fromisoformat(str(route.get("at", "")))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def service_of(line: Mapping[str, Any]) -> str:
    """The key of the service of a line."""
    service = line.get("service", "")
    return str(service.get("slug", "") if isinstance(service, Mapping) else service)


def is_outside(basis: str, *, has_clause: bool) -> bool:
    """True when nothing signed carries the request: it goes, is marked and counted."""
    return not has_clause and basis in OUTSIDE
