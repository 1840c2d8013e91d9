"""Figures of the population for programs, in JSON: published ones only, as on the pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from ninja import Path, Query, Router, Schema
from pydantic import Field

from maillage.accounts.http import Request
from maillage.population.permissions import COMPUTE, LOAD, READ
from maillage.population.queries import records

router = Router(tags=["population"])

Level = Literal["territory", "zone", "sector", "commune"]


class DataOut(Schema):
    """What figures are made of. Say « données synthétiques » wherever ``is_synthetic``."""

    dataset: str
    version: int
    first_on: date
    last_on: date
    computation: int
    computed_at: datetime
    definitions: str
    is_synthetic: bool


class IndicatorOut(Schema):
    """An indicator of the current computation. ``status`` is « confirmed » or « to confirm »;
    ``published`` « year », or « years-together »: ask for year 0, single years being published for
    the territory and its zones alone."""

    key: str
    version: str
    label: str
    meaning: str
    source: str
    status: str
    unit: str
    per: int
    direction: str
    cohort: str | None
    years: list[int]
    published: Literal["year", "years-together"]


class IndicatorsOut(Schema):
    """The indicators of the current computation."""

    data: DataOut
    indicators: list[IndicatorOut]


class AreaFigureOut(Schema):
    """The figure of an area. Where ``is_hidden`` (a small count, or one that would give a small
    count back) everything is null, but a base of residents, whom everyone may count."""

    area: str
    label: str
    level: Level
    parent: str | None
    events: int | None
    base: float | None
    amount: float | None = Field(
        description="what the events add up to: euros of stays, or nights; null for the others"
    )
    rate: float | None = Field(description="events by ``per`` of the base")
    is_hidden: bool


class AreaFiguresOut(Schema):
    """An indicator by area."""

    data: DataOut
    indicator: str
    year: int
    per: int
    unit: str
    figures: list[AreaFigureOut]


class DefinitionOut(Schema):
    """A definition: its French sentences, its file, and the query that counted it."""

    sort: Literal["indicateurs", "cohortes", "codes"]
    key: str
    version: str
    label: str
    meaning: str
    source: str
    status: str
    sentences: list[str]
    text: str
    query: str


class ComputationOut(Schema):
    """A computation. ``stale`` says in French why it should be done again; empty: it need not."""

    id: int
    dataset: str
    version: int
    state: str
    years: list[int]
    asked_at: datetime
    done_at: datetime | None
    is_current: bool
    is_synthetic: bool
    definitions: str
    stale: str


class DataVersionOut(Schema):
    """A version of a data set."""

    dataset: str
    name: str
    organization: str | None
    kind: str
    legal_basis: str
    is_synthetic: bool
    version: int
    state: str
    first_on: date | None
    last_on: date | None
    loaded_at: datetime | None
    is_current: bool
    fingerprint: str


class AskedIn(Schema):
    """What is asked of an indicator. ``annee``: 0 for all years together; ``sexe``: F, M or empty
    for both; ``age``: a published group (0-14, 15-64, 65-79, 80+) or all."""

    annee: int = Field(ge=0, le=2200)
    niveau: Level = "sector"
    sexe: Literal["", "F", "M"] = ""
    age: Literal["all", "0-14", "15-64", "65-79", "80+"] = "all"


@router.get("/indicateurs", response=IndicatorsOut, summary="Les indicateurs calculés")
def indicators(request: Request) -> Any:
    """The indicators of the current computation, with the years that each has figures for."""
    READ.check(request.actor)
    return records.list_indicator_records(at=request.now)


@router.get(
    "/indicateurs/{key}",
    response=AreaFiguresOut,
    summary="Un indicateur par zone",
)
def figures(request: Request, key: Path[str], asked: Query[AskedIn]) -> Any:
    """Published figures of an indicator and a year, by territory, zone (EPCI), sector or commune.
    Nothing under 11 is told, nor what would give it back; communes are told in total only."""
    READ.check(request.actor)
    return records.list_figure_records(
        key,
        year=asked.annee,
        level=asked.niveau,
        sex=asked.sexe,
        ages=asked.age,
        at=request.now,
    )


@router.get(
    "/definitions/{sort}/{key}", response=DefinitionOut, summary="Une définition et sa requête"
)
def definition(request: Request, sort: Path[str], key: Path[str]) -> Any:
    """A definition as the current computation used it, or as the next one will."""
    READ.check(request.actor)
    return records.get_definition_record(sort, key, at=request.now)


@router.get("/calculs", response=list[ComputationOut], summary="Les calculs")
def computations(request: Request) -> Any:
    """Computations, the newest first."""
    COMPUTE.check(request.actor)
    return records.list_computation_records()


@router.get("/donnees", response=list[DataVersionOut], summary="Les jeux de données, par version")
def versions(request: Request) -> Any:
    """Versions of data sets: where each comes from, by what right, in which state."""
    LOAD.check(request.actor, request.actor.organizations())
    return records.list_version_records()
