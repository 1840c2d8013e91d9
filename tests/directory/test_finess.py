"""The public FINESS extract: coordinates, reading, what it changes."""

from __future__ import annotations

import io
import tracemalloc
from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from maillage.accounts.enums import Role
from maillage.accounts.permissions import SYSTEM, Actor, Grant
from maillage.directory.actions import FinessReport, import_finess
from maillage.directory.imports.finess import read_extract
from maillage.directory.models import Organization, Site
from maillage.directory.rules.finess import (
    LAMBERT_93,
    _cone,
    commune_code,
    degrees_to_lambert,
    lambert_to_degrees,
    readable_name,
)
from maillage.vocabulary.errors import Invalid, NotAllowed
from maillage.vocabulary.geo import crow_fly_km

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def structure(
    finess: str,
    entity: str,
    name: str,
    commune: str = "606",
    department: str = "59",
    category: str = "355",
    phone: str = "0327143333",
) -> str:
    return (
        f"structureet;{finess};{entity};{name[:38]};{name};;;12;R;DE L'HOPITAL;;;{commune};"
        f"{department};NORD;{department}300 VILLE;{phone};;{category};Centre Hospitalier (C.H.);"
        "1102;Centres Hospitaliers;;8610Z;03;ARS;1;Etablissement public de santé;"
        "1970-01-01;1970-01-01;2020-02-04;"
    )


EXTRACT = "\n".join(
    [
        "finess;etalab;111;2026-05-12",
        structure("590000618", "590782215", "CENTRE HOSPITALIER DE VALENCIENNES"),
        structure("590000592", "590782165", "CENTRE HOSPITALIER DE L'OSTREVENT", commune="350"),
        structure("590000527", "590781795", "CH D'AVESNES", commune="036"),
        structure("620000026", "620100685", "CH D'ARRAS", department="62"),
        structure("590000600", "590782207", "CLINIQUE", category="128"),
        "geolocalisation;590000618;735326.9;7029422.3;1,ATLASANTE,96,BAN,L93_METROPOLE;2025-09-04",
        "geolocalisation;620000026;682000.0;7021000.0;1,ATLASANTE,96,BAN,L93_METROPOLE;2025-09-04",
    ]
)


def run(text: str | bytes, *, dry_run: bool = False, by: Actor = SYSTEM) -> FinessReport:
    content = text if isinstance(text, bytes) else text.encode()
    return import_finess(
        stream=io.BytesIO(content),
        filename="etalab.csv",
        departments=["59"],
        categories=["101", "355", "106"],
        dry_run=dry_run,
        by=by,
        at=AT,
    )


def test_constants_are_those_that_the_ign_publishes() -> None:
    """IGN, NTG 71: n, C and the northing of the pole of Lambert 93."""
    n, c, pole = _cone(LAMBERT_93)
    assert n == pytest.approx(0.7256077650, abs=1e-10)
    assert c == pytest.approx(11_754_255.426, abs=1e-3)
    assert pole == pytest.approx(12_655_612.050, abs=1e-3)


def test_the_origin_of_the_projection() -> None:
    assert lambert_to_degrees(700_000, 6_600_000) == pytest.approx((46.5, 3.0), abs=1e-11)


@given(st.floats(41.3, 51.1), st.floats(-5.2, 9.6))
def test_there_and_back_is_exact_to_the_millimetre(latitude: float, longitude: float) -> None:
    easting, northing = degrees_to_lambert(latitude, longitude)
    back = lambert_to_degrees(easting, northing)
    assert crow_fly_km(latitude, longitude, *back) < 1e-6


@pytest.mark.parametrize(
    ("department", "commune", "code"),
    [("59", "606", "59606"), ("2A", "4", "2A004"), ("9A", "101", "97101"), ("1", "53", "01053")],
)
def test_commune_codes(department: str, commune: str, code: str) -> None:
    assert commune_code(department, commune) == code


@pytest.mark.parametrize(
    ("shouted", "written"),
    [
        ("CENTRE HOSPITALIER DE L'AVESNOIS", "Centre Hospitalier de l'Avesnois"),
        ("CH D'AVESNES", "CH d'Avesnes"),
        ("HOPITAL  SAINT-AMAND-LES-EAUX", "Hopital Saint-Amand-les-Eaux"),
        ("L'ARCHE", "L'Arche"),
    ],
)
def test_names_are_not_shouted(shouted: str, written: str) -> None:
    assert readable_name(shouted) == written


@pytest.mark.django_db
def test_a_dry_run_writes_nothing_and_says_all(directory: None) -> None:
    report = run(EXTRACT, dry_run=True)
    assert not report.written
    assert (report.lines, report.kept) == (8, 2)
    assert len(report.organizations.created) == 1
    assert (len(report.sites.created), len(report.sites.updated)) == (1, 1)
    assert [one.finess for one in report.left_out] == ["590000527"]
    assert Organization.objects.count() == 5
    assert Site.objects.count() == 4


@pytest.mark.django_db
def test_the_import_does_what_the_dry_run_said(directory: None) -> None:
    said, done = run(EXTRACT, dry_run=True), run(EXTRACT)
    assert said.sites.counts == done.sites.counts
    site = Site.objects.get(finess="590000618")
    assert site.name == "Hôpital de Valenciennes"  # ours stays
    assert (site.latitude, site.longitude) == pytest.approx((50.3615, 3.4958), abs=1e-5)
    assert site.source_on == date(2026, 5, 12)
    assert site.organization.slug == "ch-valenciennes"
    new = Site.objects.get(finess="590000592")
    assert new.organization.name == "Centre Hospitalier de l'Ostrevent"
    assert new.organization.finess == "590782165"
    assert "position de la commune" in new.point_note
    assert not run(EXTRACT).sites.changes


@pytest.mark.django_db
def test_a_file_in_windows_1252_is_read(directory: None) -> None:
    text = EXTRACT.replace("CENTRE HOSPITALIER DE L'OSTREVENT", "HÔPITAL D'ŒUVRE")
    run(text.encode("cp1252"))
    assert Organization.objects.get(finess="590782165").name == "Hôpital d'Œuvre"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"identifiant;nom\nx;y\n",
        b"finess;etalab;1;hier\n",
        b"finess;etalab;1;2026-05-12\nautre;chose\n",
        b"finess;etalab;1;2026-05-12\nstructureet;590000618;590782215;X\n",
        b"finess;etalab;1;2026-05-12\n" + b"x" * 5000,
        b"finess;etalab;1;2026-05-12\nstructureet;\x00\n",
        EXTRACT.replace("590000618", "590000619").encode(),
        EXTRACT.replace("735326.9", "beaucoup").encode(),
        EXTRACT.replace("735326.9", "9999999").encode(),
        EXTRACT.replace(";59;", ";75;").encode(),
    ],
)
def test_what_is_not_an_extract_is_refused(directory: None, content: bytes) -> None:
    with pytest.raises(Invalid):
        run(content)
    assert Site.objects.count() == 4


@pytest.mark.django_db
def test_a_formula_in_a_name_does_not_reach_a_spreadsheet(directory: None) -> None:
    run(EXTRACT.replace("CENTRE HOSPITALIER DE L'OSTREVENT", "=CMD()"))
    assert Organization.objects.get(finess="590782165").name.lower() == "=cmd()"


@pytest.mark.django_db
def test_only_the_administration_imports(directory: None) -> None:
    with pytest.raises(NotAllowed):
        run(EXTRACT, by=Actor("x", "X", (Grant(Role.DIRECTOR),)))


def test_a_file_over_the_limit_is_refused(settings: object) -> None:
    settings.FINESS_MAX_BYTES = 500  # type: ignore[attr-defined]
    with pytest.raises(Invalid, match="dépasse"):
        read_extract(io.BytesIO(EXTRACT.encode()), departments={"59"}, categories={"355"})


class LongExtract(io.RawIOBase):
    """A national extract of 200,000 lines that is never in memory as a whole."""

    def __init__(self, lines: int) -> None:
        self.left = lines
        self.rest = b"finess;etalab;1;2026-05-12\n"
        line = structure("750100125", "750712184", "GRAND HOPITAL", department="75")
        self.line = line.encode() + b"\n"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        if not self.rest and self.left:
            count = min(self.left, 100)
            self.left -= count
            self.rest = self.line * count
        size = min(len(buffer), len(self.rest))
        buffer[:size] = self.rest[:size]
        self.rest = self.rest[size:]
        return size


def test_a_national_file_stays_small_in_memory() -> None:
    stream = io.BufferedReader(LongExtract(200_000))
    tracemalloc.start()
    extract = read_extract(stream, departments={"59"}, categories={"355"})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert extract.lines == 200_001
    assert extract.establishments == {}
    assert peak < 2 * 1024 * 1024


@pytest.mark.django_db
def test_the_command_says_what_it_did(
    directory: None, tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "extrait.csv"  # type: ignore[operator]
    path.write_text(EXTRACT)
    call_command("import_finess", str(path), "--departements", "59", "--dry-run")
    said = capsys.readouterr().out
    assert "1 à créer, 1 à changer" in said
    assert "rien n'est écrit" in said
    path.write_text("autre chose")
    with pytest.raises(CommandError) as caught:
        call_command("import_finess", str(path))
    assert caught.value.returncode == 2
