"""The installed data package: published totals, known errors, the territory of the example."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from maillage.accounts.permissions import SYSTEM
from maillage.territory import queries
from maillage.territory.actions import LoadReport, load_communes
from maillage.territory.models import Commune, Epci
from maillage.territory.queries.national_codes import get_national_codes
from maillage.territory.rules import outlines, package
from maillage.territory.rules.maps import draw_map
from maillage.vocabulary.codes import Siren

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not package.package_version(), reason="the data package is not installed"),
]

GHT_EPCIS = (
    "200042190", "245901160", "200068500", "200030633", "245901038", "200043396", "200043321",
    "200043263", "200043404",
)  # fmt: skip


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: object) -> Iterator[LoadReport]:
    """Both departments, loaded once for the module and taken away after it."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield load_communes(["59", "62"], by=SYSTEM, at=datetime(2026, 11, 22, tzinfo=UTC))
        Commune.objects.all().delete()
        Epci.objects.all().delete()


def test_published_numbers_of_communes_and_residents(loaded: LoadReport) -> None:
    """INSEE, RP 2017: 647 communes and 2,604,361 residents in the Nord, 887 and 1,468,018 in the
    Pas-de-Calais."""
    assert loaded.residents == {"59": 2_604_361, "62": 1_468_018}
    totals = {one.code: one.communes for one in queries.list_departments()}
    assert totals == {"59": 647, "62": 887}


def test_the_territory_of_the_hospital_group(loaded: LoadReport) -> None:
    """Nine authorities, 348 communes, 742,454 residents (RP 2017)."""
    total = queries.get_totals(Commune.objects.filter(epci__in=GHT_EPCIS))
    assert (total.communes, total.residents) == (348, 742_454)


def test_every_commune_has_a_contour_and_a_point_in_or_near_it(loaded: LoadReport) -> None:
    folder = package.locate_package()
    published = list(package.read_communes(folder, ["59", "62"], package.read_epcis(folder)))
    assert all(commune.outline for commune in published)
    repaired = {commune.name for commune in published if commune.repaired_km is not None}
    assert {"Pronville-en-Artois", "Rebergues"} <= repaired
    assert len(repaired) == len(loaded.repaired) == 52
    boxes = queries.get_base_map().shapes
    for shape in boxes:
        x, y = outlines.to_map_units(shape.latitude, shape.longitude)
        left, top, right, bottom = shape.box
        # 2 km outside at most, that is 49 map units.
        assert left - 50 < x < right + 50, shape.name
        assert top - 50 < y < bottom + 50, shape.name


def test_names_have_their_articles(loaded: LoadReport) -> None:
    found = [commune.name for commune in queries.search_communes("le cateau")]
    assert found == ["Le Cateau-Cambrésis"]
    assert queries.find_commune("La Herlière") is not None


def test_merged_communes_are_said_to_be_partial(loaded: LoadReport) -> None:
    assert set(loaded.partial) == {"Hesdin-la-Forêt", "L'Orée de Mormal"}


def test_authorities_have_a_siren_and_a_border(loaded: LoadReport) -> None:
    epcis = list(Epci.objects.all())
    assert len(epcis) == 36
    assert all(Siren.is_valid(epci.code) for epci in epcis)
    assert all(outlines.read_path(epci.outline) for epci in epcis)


def test_the_areas_add_up_to_those_of_the_departments(loaded: LoadReport) -> None:
    """INSEE: 5,743 km² and 6,671 km². The partial contours (about 40 km²) are left out."""
    areas = {one.code: one.area_km2 for one in queries.list_departments()}
    assert areas["59"] == pytest.approx(5743, rel=0.01)
    assert areas["62"] == pytest.approx(6671, rel=0.01)


def test_the_whole_map_weighs_little(loaded: LoadReport) -> None:
    import gzip

    view = draw_map(queries.get_base_map(), title="Tout", link="/communes/{code}")
    assert view.missing_outlines == 0
    assert len(gzip.compress(view.svg.encode())) < 200_000


def test_communes_of_the_story_are_there(loaded: LoadReport) -> None:
    for name, code in (("Fourmies", "59249"), ("Caudry", "59139"), ("Valenciennes", "59606")):
        commune = queries.find_commune(name)
        assert commune is not None
        assert commune.code == code


def test_a_postal_code_stands_for_its_largest_commune() -> None:
    codes = get_national_codes()
    assert codes is not None
    assert len(codes.communes) > 34_000
    assert codes.by_postal_code["59300"] == "59606"
    # Wignehies shares that of Fourmies, which is larger.
    assert codes.by_postal_code["59610"] == "59249"
    assert set(codes.by_postal_code.values()) <= codes.communes
