"""« Who takes this patient? » for programs: the same answer as the page, in JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Query, Router, Schema

from maillage.accounts.http import Request
from maillage.coverage import queries
from maillage.coverage.permissions import ASK
from maillage.vocabulary.calendar import parse_instant

router = Router(tags=["couverture"])


class ExcludedOut(Schema):
    """A service that does not take the patient, and its first reason."""

    service: str
    reason: str
    reachable_at: datetime | None


class TeamOut(Schema):
    """Who takes the patient at a step, and how to ring them."""

    name: str
    site: str
    site_finess: str
    organization: str
    phone: str
    duty_line: str | None
    duty_phone: str | None
    duty_holder: str | None
    duty_until: datetime | None
    basis_text: str
    agreement: str | None


class StepOut(Schema):
    """One step: verdict, reason, team, way, evidence. Minutes are decimal."""

    order: int
    name: str
    team: TeamOut | None
    verdict: str
    reason: str | None
    service: str | None
    kept_by: str | None
    basis: str | None
    minutes_from_previous: float | None
    minutes_from_commune: float | None
    chain: list[str]
    fragile: bool
    excluded: list[ExcludedOut]


class RepairOut(Schema):
    """A clause that does not exist and that would mend a step."""

    step: int
    from_organization: str
    to_organization: str
    care_type: str
    verdict: str
    minutes_from_commune: float


class AnswerOut(Schema):
    """The answer to one demand. ``revision`` is the state of the territory it was computed from."""

    commune: str
    pathway: str
    age: int
    at: datetime
    revision: int
    travel_source: str
    margin_minutes: float
    steps: list[StepOut]
    repairs: list[RepairOut]


class DemandIn(Schema):
    """A demand: a COG commune code, a pathway, an age in years, an instant (now by default)."""

    commune: str
    besoin: str
    age: int
    le: str = ""


@router.get("/qui", response=AnswerOut, summary="Qui prend en charge ?")
def who(request: Request, demand: Query[DemandIn]) -> Any:
    """Which team takes a resident of ``commune``, aged ``age``, with the need ``besoin``, at ``le``
    (ISO instant or French text, Paris time; empty: now). A hole is an answer, not an error."""
    ASK.check(request.actor)
    at = parse_instant(demand.le, now=request.now) if demand.le.strip() else request.now
    return queries.get_answer_record(
        commune=demand.commune, pathway=demand.besoin, age=demand.age, at=at
    )
