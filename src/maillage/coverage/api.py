"""« Who takes this patient? » and the proofs for programs, in JSON."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Path, Query, Router, Schema

from maillage.accounts.http import Request
from maillage.coverage import queries
from maillage.coverage.permissions import ASK, READ
from maillage.coverage.queries.proof_records import (
    get_proof_record,
    get_snapshot_record,
    list_commune_records,
    list_proof_records,
)
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
    """One step: verdict, reason, team, way, evidence. Minutes are decimal.

    ``is_known`` is false for a hole that a roster could have filled where none is recorded
    (``has_roster`` of the answer): ``verdict`` and ``reason`` then come from opening hours alone,
    and pages write « non connu » instead."""

    order: int
    name: str
    team: TeamOut | None
    verdict: str
    is_known: bool
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
    """The answer to one demand. ``revision`` is the state of the territory it was computed from;
    ``has_roster``: a duty slot is recorded within a day of the instant. ``repairs`` are those of
    the holes that are known."""

    commune: str
    pathway: str
    age: int
    at: datetime
    has_roster: bool
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


ProofNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]


class PersonHours(Schema):
    """Person-hours by category; the ten add up to what is due."""

    on_target: float
    at_limit: float
    late: float
    hole_no_service: float
    hole_not_authorised: float
    hole_closed: float
    hole_unstaffed: float
    hole_previous_step: float
    hole_no_agreement: float
    hole_too_far: float


class ProofOut(Schema):
    """A proof of the horizon ``first_day <= day < last_day``, totals over all its steps.

    ``person_hours`` is empty until the proof is done."""

    id: int
    first_day: date
    last_day: date
    kept_current: bool
    label: str
    state: str
    computed_at: datetime | None
    revision: int | None
    network_hash: str
    engine_version: str
    person_hours_due: float
    person_hours: dict[str, float]


class ProofStepOut(Schema):
    """Totals of one step of one pathway."""

    pathway: str
    pathway_name: str
    step: int
    step_name: str
    care_type: str
    level: str
    target_minutes: float | None
    residents: float
    hours_due: float
    person_hours_due: float
    person_hours: PersonHours
    fragile: float
    mean_minutes: float | None
    worst_minutes: float | None


class ProofDetailOut(ProofOut):
    """A proof and the totals of each step."""

    steps: list[ProofStepOut]


class CommuneRowOut(PersonHours):
    """One commune and age class (``age_min <= age < age_max``): hours by category."""

    commune: str
    age_min: int
    age_max: int
    residents: float
    hours_due: float
    fragile: float
    mean_minutes: float | None
    worst_minutes: float | None


class SnapshotRowOut(Schema):
    """One step for the residents of one age class of one commune at one instant."""

    step: int
    commune: str
    age_min: int
    age_max: int
    residents: float
    verdict: str
    reason: str | None
    minutes: float | None


class SnapshotOut(Schema):
    """A pathway at one instant, for every commune, from the network of a proof."""

    pathway: str
    at: datetime
    network_hash: str
    rows: list[SnapshotRowOut]


@router.get("/preuves", response=list[ProofOut], summary="Preuves de couverture")
def proofs(request: Request, nombre: Annotated[int, Query(ge=1, le=200)] = 50) -> Any:
    """The newest proofs, in every state."""
    READ.check(request.actor)
    return list_proof_records(nombre)


@router.get("/preuves/{number}", response=ProofDetailOut, summary="Une preuve et ses totaux")
def proof(request: Request, number: ProofNumber) -> Any:
    """One proof with the totals of each step."""
    READ.check(request.actor)
    return get_proof_record(number)


@router.get(
    "/preuves/{number}/communes",
    response=list[CommuneRowOut],
    summary="Une étape, commune par commune",
)
def proof_communes(
    request: Request, number: ProofNumber, filiere: str, etape: Annotated[int, Query(ge=1, le=99)]
) -> Any:
    """Hours of one step by commune and age class, over the horizon of a proof."""
    READ.check(request.actor)
    return list_commune_records(number, pathway=filiere, step=etape)


@router.get(
    "/preuves/{number}/instant",
    response=SnapshotOut,
    summary="Toutes les communes à un instant",
)
def proof_snapshot(request: Request, number: ProofNumber, filiere: str, le: str) -> Any:
    """Every commune at the instant ``le`` (ISO, Paris time unless it has an offset), which must be
    inside the horizon of the proof."""
    READ.check(request.actor)
    return get_snapshot_record(number, pathway=filiere, at=parse_instant(le, now=request.now))
