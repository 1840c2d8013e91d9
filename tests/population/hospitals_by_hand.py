"""Hospitals of the small territory of ``territory_by_hand``, and stays of its residents there."""

from __future__ import annotations

from datetime import date
from typing import Any

from maillage.directory.models import (
    GroupMembership,
    HealthcareService,
    Organization,
    OrganizationGroup,
    Site,
)
from maillage.engines.indicators.flows import ALL, MEDICINE, OBSTETRICS, SURGERY
from maillage.territory.models import AgeBand, Commune, Epci
from tests.population.territory_by_hand import COMMUNES, YEARS

SOURCE = {"source": "Essai"}
FOURMIES, VALENCIENNES, CAMBRAI, LILLE = "590000469", "590000618", "590000428", "590796975"
DENAIN, STRANGER = "590000592", "620000001"
NEEDS = (ALL, MEDICINE, SURGERY, OBSTETRICS, "heart-failure")

_HOSPITALS = (
    # number, name, commune, kind, in the group, (care type, level) of its services
    (FOURMIES, "CH de Fourmies", "59249", "HOSPITAL", True, (("CARDIOLOGY", "PROXIMITY"),)),
    (
        VALENCIENNES, "CH de Valenciennes", "59606", "HOSPITAL", True,
        (("CARDIOLOGY", "RECOURSE"), ("DIABETOLOGY", "PROXIMITY"), ("PNEUMOLOGY", "RECOURSE")),
    ),
    (DENAIN, "Clinique d'Anzin", "59014", "HOSPITAL", False, (("GERIATRICS", "PROXIMITY"),)),
    (CAMBRAI, "CH de Cambrai", "59122", "HOSPITAL", False, (("CARDIOLOGY", "PROXIMITY"),)),
    (LILLE, "CHU de Lille", "59350", "UNIVERSITY_HOSPITAL", False, (("CARDIOLOGY", "REFERENCE"),)),
)  # fmt: skip


def put_places() -> None:
    """The communes of the territory with their authorities and ages, and Lille outside of it."""
    for row in COMMUNES:
        epci, _ = Epci.objects.get_or_create(
            code=row.zone, defaults={"name": row.zone_name, **SOURCE}
        )
        _commune(row.code, row.name, epci, row.lat, row.lon, row.residents)
    _commune("59350", "Lille", None, 50.63, 3.06, 230_000)
    for sex in ("F", "M"):
        for low, high, count in ((0, 15, 180), (15, 65, 640), (65, 80, 130), (80, None, 50)):
            AgeBand.objects.create(
                department="59",
                year=2023,
                age_min=low,
                age_max=high,
                sex=sex,
                count=count,
                **SOURCE,
            )


def _commune(
    code: str, name: str, epci: Epci | None, lat: float, lon: float, residents: int
) -> None:
    Commune.objects.create(
        code=code, name=name, search_name=name.lower(), department="59", epci=epci,
        residents=residents, residents_year=2023, latitude=lat, longitude=lon, **SOURCE,
    )  # fmt: skip


def put_hospitals() -> None:
    """Five hospitals, two of them in the group of the territory."""
    group = OrganizationGroup.objects.create(
        slug="ght", name="Groupement d'essai", short_name="GHT d'essai", kind="GHT", **SOURCE
    )
    for finess, name, commune, kind, in_group, services in _HOSPITALS:
        place = Commune.objects.get(code=commune)
        organization = Organization.objects.create(
            slug=f"e{finess}", finess=f"9{finess[1:]}", name=name, short_name=name, kind=kind,
            commune=place, **SOURCE,
        )  # fmt: skip
        site = Site.objects.create(
            finess=finess, organization=organization, name=name, commune=place,
            latitude=place.latitude, longitude=place.longitude, **SOURCE,
        )  # fmt: skip
        for care_type, level in services:
            HealthcareService.objects.create(
                slug=f"{care_type.lower()}-{finess}", site=site, name=name, care_type=care_type,
                level=level, **SOURCE,
            )  # fmt: skip
        if in_group:
            GroupMembership.objects.create(
                group=group, organization=organization, starts_on=date(2016, 7, 1), **SOURCE
            )


def flow(
    need: str, year: int, commune: str, site: str, stays: int, persons: int | None = None
) -> dict[str, Any]:
    """One row of FLOWS; each stay is of another person unless ``persons`` says otherwise."""
    return {
        "year": year, "need": need, "commune": commune, "site": site, "stays": stays,
        "persons": stays if persons is None else persons,
    }  # fmt: skip


_NEAREST = {"Z1": FOURMIES, "Z2": VALENCIENNES, "Z3": CAMBRAI}
_PARTS = {ALL: 20, MEDICINE: 11, SURGERY: 6, OBSTETRICS: 2, "heart-failure": 1}


def make_flows() -> list[dict[str, Any]]:
    """Stays of every size: many near home, some in the hospitals of recourse, a few far away; some
    of few people, some of people who live elsewhere, some in a place that nobody knows."""
    rows = []
    for year in YEARS:
        for rank, place in enumerate(COMMUNES):
            for turn, site in enumerate((*[one[0] for one in _HOSPITALS], STRANGER, "")):
                share = {_NEAREST[place.zone]: 60, VALENCIENNES: 14, LILLE: 4}.get(site, 1)
                whole = place.residents * share * (9 + (rank + turn + year) % 4) // 12_000
                for need, part in _PARTS.items():
                    stays = whole * part // 20
                    if stays:
                        persons = max(stays * (2 + (rank + turn) % 4) // 5, 1)
                        rows.append(flow(need, year, place.code, site, stays, persons))
        for site in (VALENCIENNES, LILLE):
            rows += [flow(ALL, year, "75056", site, 7), flow(ALL, year, "", site, 31)]
    return rows
