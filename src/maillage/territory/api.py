"""Communes by JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from ninja import Query, Router, Schema

from maillage.accounts.http import Request
from maillage.territory import queries
from maillage.territory.models import Commune
from maillage.territory.permissions import READ
from maillage.territory.rules.ages import AgeTable

router = Router(tags=["Territoire"])

MOST = 50


class CommuneOut(Schema):
    """A commune: its code, its point (degrees), and its residents with their year and source."""

    code: str
    name: str
    department: str
    epci: str | None
    epci_name: str | None
    residents: int
    residents_year: int
    residents_source: str
    latitude: float
    longitude: float
    point_repaired: bool
    area_km2: float | None


class BandOut(Schema):
    """Residents of one sex and age band: ``age_min <= age < age_max``, null is open."""

    age_min: int
    age_max: int | None
    sex: str
    count: int


class AgesOut(Schema):
    """Residents by age and sex. ``estimated``: from the ages of the department;
    ``sex_estimated``: from national shares."""

    estimated: bool
    sex_estimated: bool
    year: int | None
    source: str
    source_on: date | None
    bands: list[BandOut]


class CommuneDetailOut(CommuneOut):
    """A commune and its residents by age and sex."""

    ages: AgesOut


class ProblemOut(Schema):
    """Why there is no answer (RFC 9457)."""

    type: str
    title: str
    status: int


def _commune(commune: Commune) -> dict[str, Any]:
    return {
        "code": commune.code,
        "name": commune.name,
        "department": commune.department,
        "epci": commune.epci_id,
        "epci_name": commune.epci.name if commune.epci else None,
        "residents": commune.residents,
        "residents_year": commune.residents_year,
        "residents_source": commune.residents_source,
        "latitude": commune.latitude,
        "longitude": commune.longitude,
        "point_repaired": commune.point_repaired,
        "area_km2": commune.area_km2,
    }


def _ages(table: AgeTable) -> AgesOut:
    return AgesOut(
        estimated=table.estimated,
        sex_estimated=table.sex_estimated,
        year=table.year,
        source=table.source,
        source_on=table.source_on,
        bands=[
            BandOut(age_min=b.age_min, age_max=b.age_max, sex=b.sex, count=b.count)
            for b in table.bands
        ],
    )


@router.get("/communes", response=list[CommuneOut], summary="Chercher une commune")
def search_communes(
    request: Request,
    q: Annotated[str, Query(max_length=80, description="Nom, début de nom ou code COG")],
    limit: Annotated[int, Query(ge=1, le=MOST)] = 10,
) -> list[CommuneOut]:
    """Communes whose name or code fits, best first. Accents and hyphens do not count."""
    READ.check(request.actor, request.actor.organizations())
    return [CommuneOut(**_commune(commune)) for commune in queries.search_communes(q, limit)]


@router.get(
    "/communes/{code}",
    response={200: CommuneDetailOut, 404: ProblemOut},
    summary="Une commune et ses habitants par âge et sexe",
)
def get_commune(request: Request, code: str) -> CommuneDetailOut:
    """One commune, by COG code."""
    READ.check(request.actor, request.actor.organizations())
    commune = queries.get_commune(code)
    return CommuneDetailOut(**_commune(commune), ages=_ages(queries.residents_by_age(commune)))
