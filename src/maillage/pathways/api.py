"""Pathways for programs: their versions, steps and defects, as the routing engine reads them."""

from __future__ import annotations

from datetime import date
from typing import Any

from ninja import Router, Schema

from maillage.accounts.http import Request
from maillage.pathways.permissions import READ
from maillage.pathways.queries import list_pathways_for_network
from maillage.pathways.queries.pages import get_comparison, get_record, list_defects
from maillage.vocabulary.calendar import local_day, parse_day

router = Router(tags=["Filières"])


class NetworkStepOut(Schema):
    """A step as in the network file. ``target_minutes`` counts from the commune."""

    order: int
    care_type: str
    level: str
    entry: str
    target_minutes: int | None
    hours: list[dict[str, Any]] | None


class NetworkPathwayOut(Schema):
    """A pathway as in the network file: the version in force on the day. Ages: the end is out."""

    id: str
    name: str
    age_min: int
    age_max: int | None
    steps: list[NetworkStepOut]


class PathwayStepOut(NetworkStepOut):
    """A step with everything that its text says."""

    name: str
    target_source: str
    entry_criteria: str
    return_to: int | None
    return_criteria: str
    return_within_hours: int | None


class VersionOut(Schema):
    """A version of a pathway. Days: the end is out."""

    pathway: str
    name: str
    need: str
    version: int
    versions: list[int]
    state: str
    state_label: str
    starts_on: date | None
    ends_on: date | None
    age_min: int
    age_max: int | None
    population: str
    entry_criteria: str
    cim10: list[str]
    steps: list[PathwayStepOut]
    source: str
    source_on: date | None
    illustrative: bool


class DefectOut(Schema):
    """One defect of a version on a day; ``step`` is None for the version as a whole."""

    code: str
    severity: str
    step: int | None
    sentence: str
    subjects: list[str]


class FieldChangeOut(Schema):
    """One field that changed."""

    label: str
    before: str
    after: str


class StepChangeOut(Schema):
    """One step that was added, removed or changed."""

    change: str
    name: str
    before: int | None
    after: int | None
    fields: list[FieldChangeOut]


class DifferenceOut(Schema):
    """What changed between two versions."""

    fields: list[FieldChangeOut]
    steps: list[StepChangeOut]


def _day(request: Request, text: str) -> date:
    return parse_day(text) if text.strip() else local_day(request.now)


@router.get("", response=list[NetworkPathwayOut], summary="Filières en vigueur un jour")
def pathways(request: Request, le: str = "") -> Any:
    """The pathways in force on the day ``le`` (today when empty), in the form of the network
    file."""
    READ.check(request.actor)
    return list_pathways_for_network(_day(request, le))


@router.get("/{slug}", response=VersionOut, summary="Une version d'une filière")
def pathway(request: Request, slug: str, version: int | None = None, le: str = "") -> Any:
    """The version of this number, or the one in force on the day ``le``."""
    READ.check(request.actor)
    return get_record(slug=slug, number=version, day=_day(request, le))


@router.get("/{slug}/defauts", response=list[DefectOut], summary="Défauts d'une version")
def pathway_defects(request: Request, slug: str, version: int | None = None, le: str = "") -> Any:
    """All that is wrong with a version on the day ``le``."""
    READ.check(request.actor)
    found = list_defects(slug=slug, number=version, day=_day(request, le))
    return [
        {
            "code": defect.code,
            "severity": defect.severity.value,
            "step": defect.order,
            "sentence": defect.sentence,
            "subjects": list(defect.subjects),
        }
        for defect in found
    ]


@router.get("/{slug}/differences", response=DifferenceOut, summary="Différences de deux versions")
def pathway_differences(request: Request, slug: str, de: int, a: int) -> Any:
    """What changed from version ``de`` to version ``a``."""
    READ.check(request.actor)
    found = get_comparison(slug=slug, before=de, after=a).difference
    return {
        "fields": [vars_of(change) for change in found.fields],
        "steps": [
            {
                "change": step.change.name,
                "name": step.name,
                "before": step.before,
                "after": step.after,
                "fields": [vars_of(change) for change in step.fields],
            }
            for step in found.steps
        ],
    }


def vars_of(change: Any) -> dict[str, str]:
    """A changed field as a JSON object."""
    return {"label": change.label, "before": change.before, "after": change.after}
