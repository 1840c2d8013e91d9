"""Loading communes from the data package."""

from __future__ import annotations

import lzma
from collections.abc import Callable
from datetime import date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from maillage.accounts.enums import Role
from maillage.accounts.models import AuditEvent
from maillage.accounts.permissions import SYSTEM, Actor
from maillage.territory import actions
from maillage.territory.actions import LoadReport, load_communes
from maillage.territory.models import Commune, Epci
from maillage.territory.rules import outlines, package
from maillage.vocabulary.errors import Invalid, NotAllowed, Refusal
from tests.territory.conftest import ROWS, write_package

Load = Callable[..., LoadReport]
pytestmark = pytest.mark.django_db


def test_communes_come_with_name_residents_contour_and_source(load: Load) -> None:
    report = load()
    assert (report.created, report.updated, report.unchanged) == (5, 0, 0)
    assert report.residents == {"99": 1367}
    breuil = Commune.objects.get(code="99002")
    assert breuil.name == "Breuil-sur-l'Œuvre"
    assert breuil.search_name == "breuil sur l oeuvre"
    assert breuil.epci == Epci.objects.get(code="200000016")
    assert (breuil.residents, breuil.residents_year) == (250, 2017)
    assert "INSEE" in breuil.residents_source
    assert breuil.residents_source_on == date(2017, 1, 1)
    assert "IGN" in breuil.source
    assert (breuil.latitude, breuil.longitude) == (50.05, 3.15)
    assert breuil.area_km2 == pytest.approx(79.3, rel=0.01)
    (ring,) = outlines.read_path(breuil.outline)
    assert tuple(breuil.outline_box) == outlines.bounding_box([ring])


def test_an_article_is_part_of_the_name(territory: LoadReport) -> None:
    assert Commune.objects.get(code="99003").name == "Le Cateau-Égaré"


def test_former_communes_and_other_departments_are_left_out(territory: LoadReport) -> None:
    assert not Commune.objects.filter(code__in=["99006", "98001"]).exists()


def test_wrong_town_halls_are_replaced_by_an_interior_point(territory: LoadReport) -> None:
    lost = Commune.objects.get(code="99003")
    assert lost.point_repaired
    assert outlines.contains(
        [[((3.0, 50.1), (3.1, 50.1), (3.1, 50.2), (3.0, 50.2))]], (lost.longitude, lost.latitude)
    )
    kilometres = {repair.code: repair.km for repair in territory.repaired}
    assert kilometres["99003"] == pytest.approx(100, abs=2)
    assert kilometres["99004"] is None
    assert set(kilometres) == {"99003", "99004"}


def test_a_partial_contour_is_said_and_has_no_area(territory: LoadReport) -> None:
    assert territory.partial == ("Saint-Éloi",)
    merged = Commune.objects.get(code="99005")
    assert merged.outline_partial
    assert merged.outline
    assert merged.area_km2 is None


def test_authorities_are_those_of_the_communes_and_have_a_border(territory: LoadReport) -> None:
    assert set(Epci.objects.values_list("code", flat=True)) == {"200000016", "200000008"}
    aubois = Epci.objects.get(code="200000016")
    paths = Commune.objects.filter(epci=aubois).values_list("outline", flat=True)
    assert aubois.outline == outlines.dissolve(paths)
    (ring,) = outlines.read_path(aubois.outline)
    assert len(ring) >= 6


def test_loading_again_changes_nothing_and_does_not_touch_the_revision(load: Load) -> None:
    load()
    before = list(Commune.objects.order_by("code").values())
    again = load()
    assert (again.created, again.updated, again.unchanged) == (0, 0, 5)
    assert list(Commune.objects.order_by("code").values()) == before
    lines = AuditEvent.objects.filter(action="territory.load_communes").order_by("id")
    assert [line.changes_territory for line in lines] == [True, False]
    assert lines[0].details["created"] == 5


def test_a_changed_row_is_put_right_and_a_newer_population_stays(load: Load) -> None:
    load()
    Commune.objects.filter(code="99001").update(name="Faux", residents=9)
    Commune.objects.filter(code="99002").update(
        residents=300, residents_year=2023, residents_source="INSEE 2023"
    )
    report = load()
    assert (report.created, report.updated, report.unchanged) == (0, 1, 4)
    assert Commune.objects.get(code="99001").name == "Aubois"
    assert Commune.objects.get(code="99001").residents == 1000
    newer = Commune.objects.get(code="99002")
    assert (newer.residents, newer.residents_source) == (300, "INSEE 2023")


def test_a_second_department_redraws_the_border_that_it_completes(load: Load) -> None:
    load("98")
    alone = Epci.objects.get(code="200000008").outline
    load("99")
    both = Epci.objects.get(code="200000008").outline
    assert alone in both
    assert both != alone


def test_an_unknown_department_is_refused_and_nothing_is_written(load: Load) -> None:
    with pytest.raises(Refusal, match="département 97"):
        load("99", "97")
    assert not Commune.objects.exists()
    assert not AuditEvent.objects.exists()


def test_no_department_is_refused(package_folder: Path, now: datetime) -> None:
    with pytest.raises(Refusal, match="au moins un"):
        load_communes([], by=SYSTEM, at=now, folder=package_folder)


def test_a_wrong_department_code_is_refused(tmp_path: Path, now: datetime) -> None:
    with pytest.raises(Invalid):
        load_communes(["Nord"], by=SYSTEM, at=now, folder=tmp_path)


def test_a_missing_package_says_what_to_do(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(package, "PACKAGE", "a-package-that-does-not-exist")
    with pytest.raises(Refusal, match=r"Contours non installés.*CSV"):
        load_communes(["59"], by=SYSTEM, at=now)


@pytest.mark.parametrize(
    "content", [b"not compressed", lzma.compress(b"a,b\n1,2\n"), lzma.compress(b"\xff\xfe")]
)
def test_a_package_of_another_form_is_refused(
    package_folder: Path, now: datetime, content: bytes
) -> None:
    (package_folder / "communes.csv.lzma").write_bytes(content)
    with pytest.raises(Refusal, match="forme attendue"):
        load_communes(["99"], by=SYSTEM, at=now, folder=package_folder)


def test_all_or_nothing(
    package_folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(actions, "redraw_epcis", fail)
    with pytest.raises(RuntimeError):
        load_communes(["99"], by=SYSTEM, at=now, folder=package_folder)
    assert not Commune.objects.exists()
    assert not Epci.objects.exists()


def test_a_commune_without_any_place_is_named(package_folder: Path, now: datetime) -> None:
    write_package(package_folder, [(*ROWS[0][:8], [], None)])
    with pytest.raises(Refusal, match="commune 99001"):
        load_communes(["99"], by=SYSTEM, at=now, folder=package_folder)


def test_only_some_roles_load(make_actor: Callable[..., Actor], now: datetime) -> None:
    with pytest.raises(NotAllowed):
        load_communes(["99"], by=make_actor(Role.DOCTOR), at=now)


def test_the_command_reports_and_fails_with_the_exit_code_of_a_refusal(
    package_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "locate_package", lambda: package_folder)
    out = StringIO()
    call_command("load_communes", "99", stdout=out)
    assert "5 communes (5 nouvelles" in out.getvalue()
    assert "Le Cateau-Égaré (100 km)" in out.getvalue()
    assert "Saint-Éloi" in out.getvalue()
    with pytest.raises(CommandError) as caught:
        call_command("load_communes", "97", stdout=out)
    assert caught.value.returncode == Refusal.exit_code
