"""The command that invents a population, and what it asks of the territory and the directory."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from maillage.directory.enums import GroupKind, OrganizationKind
from maillage.directory.models import (
    GroupMembership,
    HealthcareService,
    Organization,
    OrganizationGroup,
    Site,
)
from maillage.engines.indicators.store import read_manifest
from maillage.engines.indicators.synth import SiteLevel
from maillage.population.queries.synthetic_places import build_places, five_year_bands
from maillage.territory.models import AgeBand, Commune, Epci
from maillage.territory.rules.ages import Band
from maillage.vocabulary.errors import NotFound, Refusal

pytestmark = pytest.mark.django_db
SOURCE = {"source": "Essai"}
OURS, THEIRS, EMPTY, FAR = "200000001", "200000002", "200000003", "200000004"


def commune(code: str, epci: Epci, latitude: float, residents: int, department: str) -> Commune:
    return Commune.objects.create(
        code=code, name=code, search_name=code, department=department, epci=epci,
        residents=residents, residents_year=2023, latitude=latitude, longitude=3.5, **SOURCE,
    )  # fmt: skip


def hospital(slug: str, finess: str, place: Commune, kind: OrganizationKind) -> Organization:
    organization = Organization.objects.create(
        slug=slug, finess=finess, name=slug, short_name=slug, kind=kind, **SOURCE
    )
    site = Site.objects.create(
        finess=finess[:-1] + "9", organization=organization, name=slug, commune=place,
        latitude=place.latitude, longitude=place.longitude, **SOURCE,
    )  # fmt: skip
    for care_type, level in (("EMERGENCY", "PROXIMITY"), ("OBSTETRICS", "RECOURSE")):
        HealthcareService.objects.create(
            slug=f"{slug}-{care_type.lower()}", site=site, name=slug, care_type=care_type,
            level=level, **SOURCE,
        )  # fmt: skip
    return organization


@pytest.fixture
def territory() -> OrganizationGroup:
    """Four authorities from south to north: ours, one without hospital, another group's, one of
    another department."""
    zones = {code: Epci.objects.create(code=code, name=code, **SOURCE) for code in
             (OURS, THEIRS, EMPTY, FAR)}  # fmt: skip
    ours = commune("59001", zones[OURS], 50.00, 1200, "59")
    commune("59002", zones[OURS], 50.03, 300, "59")
    commune("59003", zones[EMPTY], 50.10, 400, "59")
    theirs = commune("59004", zones[THEIRS], 50.60, 900, "59")
    commune("62005", zones[FAR], 49.90, 500, "62")
    for low, count in ((0, 500), (20, 900), (60, 600), (85, 60)):
        high = {0: 20, 20: 60, 60: 85, 85: None}[low]
        AgeBand.objects.create(
            department="59", year=2023, sex="", age_min=low, age_max=high, count=count, **SOURCE
        )
    group = OrganizationGroup.objects.create(
        slug="ght-essai", name="GHT d'essai", short_name="GHT essai", kind=GroupKind.GHT, **SOURCE
    )
    other = OrganizationGroup.objects.create(
        slug="ght-autre", name="GHT autre", short_name="GHT autre", kind=GroupKind.GHT, **SOURCE
    )
    first = hospital("ch-essai", "590000110", ours, OrganizationKind.HOSPITAL)
    second = hospital("ch-essai-bis", "590000120", ours, OrganizationKind.LOCAL_HOSPITAL)
    third = hospital("chu-autre", "590000130", theirs, OrganizationKind.UNIVERSITY_HOSPITAL)
    for which, member in ((group, first), (group, second), (other, third)):
        GroupMembership.objects.create(
            group=which, organization=member, starts_on=date(2016, 7, 1), **SOURCE
        )
    return group


def synth(*words: str) -> str:
    out = io.StringIO()
    call_command("synth", *words, stdout=out)
    return out.getvalue()


def test_the_territory_of_a_group_is_where_it_has_sites_and_what_is_nearest(
    territory: OrganizationGroup,
) -> None:
    places = build_places()
    assert [one.code for one in places.communes] == ["59001", "59002", "59003"]
    assert sum(one.residents for one in places.communes) == 1900
    assert [site.level for site in places.sites] == [
        SiteLevel.RECOURSE, SiteLevel.RECOURSE, SiteLevel.UNIVERSITY,
    ]  # fmt: skip
    assert all(site.has_emergency for site in places.sites)
    assert [one.code for one in build_places("ght-autre").communes] == ["59004"]


def test_what_is_missing_is_said(territory: OrganizationGroup) -> None:
    with pytest.raises(NotFound):
        build_places("ght-inconnu")
    GroupMembership.objects.all().delete()
    with pytest.raises(Refusal):
        build_places()


def test_bands_of_any_width_become_bands_of_five_years() -> None:
    found = five_year_bands(
        [Band(0, 5, "F", 7), Band(60, 75, "M", 31), Band(90, None, "F", 25), Band(95, None, "M", 4)]
    )
    assert found["F"][0] == 7
    assert found["M"][12:15] == (11, 10, 10)
    assert sum(found["F"]) == 32
    assert sum(found["M"]) == 35
    assert found["M"][19] == 4


def test_the_command_writes_a_store(territory: OrganizationGroup, tmp_path: Path) -> None:
    said = synth("--sortie", str(tmp_path / "store"), "--annees", "2022-2023", "--graine", "3")
    manifest = read_manifest(tmp_path / "store")
    assert manifest.is_synthetic
    assert manifest.first_on == date(2022, 1, 1)
    assert manifest.last_on == date(2023, 12, 31)
    assert "3 communes, 1\u202f900 habitants" in said
    assert manifest.fingerprint[:16] in said


@pytest.mark.parametrize(
    ("form", "file"),
    [
        ("csv", "stay.csv"),
        ("pmsi", "rss.txt"),
        ("snds", "IR_BEN_R.csv"),
        ("omop", "person.csv"),
        ("fhir", "Patient.ndjson"),
    ],
)
def test_the_command_writes_the_files_of_others(
    territory: OrganizationGroup, tmp_path: Path, form: str, file: str
) -> None:
    out = tmp_path / "files"
    synth("--sortie", str(out), "--annees", "2023", "--forme", form, "--etablissement", "590000119")
    assert (out / file).stat().st_size > 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".files")] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--part", "0"], "options"),
        (["--annees", "hier"], "Années"),
        (["--groupe", "ght-inconnu"], "Aucun groupement"),
        (["--forme", "pmsi"], "--etablissement"),
    ],
)
def test_the_command_refuses(
    territory: OrganizationGroup, tmp_path: Path, words: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message) as refusal:
        synth("--sortie", str(tmp_path / "store"), *words)
    error: Any = refusal.value
    assert error.returncode != 0
    assert not (tmp_path / "store" / "manifest.json").exists()


def test_the_command_does_not_write_over(territory: OrganizationGroup, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("x")
    with pytest.raises(CommandError, match="vide"):
        synth("--sortie", str(tmp_path))
    assert (tmp_path / "kept.txt").read_text() == "x"
