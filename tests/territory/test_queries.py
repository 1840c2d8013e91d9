"""Reads: search, lists, totals, residents, maps, sources; and the SQL that they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from maillage.territory import queries
from maillage.territory.actions import LoadReport
from maillage.territory.models import AgeBand, Commune
from maillage.vocabulary.errors import NotFound

pytestmark = pytest.mark.django_db
Counted = Callable[[int], Any]


def band(low: int, high: int | None, count: int, **place: Any) -> AgeBand:
    fields = {"department": "99", "year": 2023, "sex": "", "source": "INSEE", **place}
    return AgeBand.objects.create(age_min=low, age_max=high, count=count, **fields)


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("aub", ["99001"]),
        ("AUBOIS", ["99001"]),
        ("oeuvre", ["99002"]),
        ("Œuvre", ["99002"]),
        ("breuil sur l'", ["99002"]),
        ("cateau", ["99003"]),
        ("le-cateau", ["99003"]),
        ("st eloi", ["99005"]),
        ("99004", ["99004"]),
        ("9900", ["99001", "99002", "99005", "99003", "99004"]),
        ("Dornes (99)", ["99004"]),
        ("Dornes (62)", []),
        ("e", ["99001", "99002", "99005", "99003", "99004"]),
        ("", []),
        ("%", []),
        ("'\" ;", []),
    ],
)
def test_search_forgives_accents_capitals_hyphens_and_ligatures(
    territory: LoadReport, typed: str, codes: list[str]
) -> None:
    found = [commune.code for commune in queries.search_communes(typed)]
    if typed == "e":
        # Names with a word in « e » first, then the others that hold one; the larger first.
        assert found[0] == "99005"
        assert set(found) <= set(codes)
    else:
        assert found == codes


def test_search_is_one_query_and_limited(
    territory: LoadReport, django_assert_num_queries: Counted
) -> None:
    with django_assert_num_queries(1):
        found = queries.search_communes("99", limit=2)
        assert [commune.epci and commune.epci.name for commune in found]
    assert len(found) == 2


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("aubois", "99001"),
        ("99001", "99001"),
        ("Aubois (99)", "99001"),
        ("Aub", None),
        ("Aubois (62)", None),
        ("", None),
    ],
)
def test_a_typed_name_is_found_only_when_it_is_one(
    territory: LoadReport, typed: str, code: str | None
) -> None:
    found = queries.find_commune(typed)
    assert (found.code if found else None) == code


def test_two_communes_of_one_name_are_not_guessed(territory: LoadReport) -> None:
    Commune.objects.filter(code="99002").update(search_name="aubois", department="98")
    assert queries.find_commune("aubois") is None
    assert queries.find_commune("aubois (98)") == Commune.objects.get(code="99002")


def test_lists_filter_and_sort(territory: LoadReport) -> None:
    def codes(**wanted: str) -> list[str]:
        return [commune.code for commune in queries.list_communes(**wanted)]

    assert codes() == ["99001", "99002", "99004", "99003", "99005"]
    assert codes(order="code")[0] == "99001"
    assert codes(order="-habitants")[0] == "99001"
    assert codes(order="habitants")[0] == "99004"
    # Unknown densities come last when the densest come first.
    assert codes(order="-densite")[-1] == "99005"
    assert codes(order="nonsense") == codes()
    assert codes(text="saint") == ["99005"]
    assert codes(epci="200000016") == ["99001", "99002", "99003"]
    assert codes(department="62") == []


def test_what_does_not_exist_is_said(territory: LoadReport) -> None:
    with pytest.raises(NotFound):
        queries.get_commune("59606")
    with pytest.raises(NotFound):
        queries.get_epci("123456789")


def test_nearest_communes_in_order(territory: LoadReport) -> None:
    near = queries.list_nearest_communes(queries.get_commune("99001"), limit=2)
    assert near[0].km < near[1].km
    assert near[0].commune.code == "99002"
    assert near[0].minutes > 2.7


def test_nearest_communes_beyond_the_first_ring(territory: LoadReport) -> None:
    assert len(queries.list_nearest_communes(queries.get_commune("99001"), limit=8)) == 4


def test_totals_count_the_area_only_of_communes_that_have_one(territory: LoadReport) -> None:
    total = queries.get_totals()
    assert (total.communes, total.residents, total.area_residents) == (5, 1367, 1290)
    assert total.density == pytest.approx(1290 / (total.area_km2 or 0))
    (department,) = queries.list_departments()
    assert (department.code, department.residents, department.years_label) == ("99", 1367, "2017")
    by_epci = {one.code: one.residents for one in queries.list_epcis()}
    assert by_epci == {"200000016": 1290, "200000008": 77}
    assert queries.list_epcis("62") == []


def test_ages_of_a_commune_are_estimated_from_its_department(
    territory: LoadReport, django_assert_num_queries: Counted
) -> None:
    band(0, 20, 300)
    band(20, None, 700)
    band(0, None, 5, year=2019)
    commune = queries.get_commune("99001")
    with django_assert_num_queries(1):
        ages = queries.residents_by_age(commune)
    assert ages.estimated
    assert ages.sex_estimated
    assert ages.year == 2023
    assert ages.total == 1000
    assert [row.total for row in ages.rows()] == [300, 700]


def test_measured_ages_of_a_commune_win(territory: LoadReport) -> None:
    band(0, None, 700)
    commune = queries.get_commune("99001")
    for sex, count in (("F", 11), ("M", 9)):
        band(0, None, count, department="", commune=commune, sex=sex, year=2020)
    ages = queries.residents_by_age(commune)
    assert not ages.estimated
    assert not ages.sex_estimated
    assert (ages.women, ages.men, ages.year) == (11, 9, 2020)


def test_without_ages_the_answer_says_so(territory: LoadReport) -> None:
    ages = queries.residents_by_age(queries.get_commune("99001"))
    assert not ages.ages_known
    assert ages.total == 1000


def test_residents_for_the_network_add_up_in_two_queries(
    territory: LoadReport, django_assert_num_queries: Counted
) -> None:
    band(0, 20, 300)
    band(20, None, 700)
    with django_assert_num_queries(2):
        found = queries.list_residents_for_network()
    assert [one.code for one in found] == ["99001", "99002", "99003", "99004", "99005"]
    assert [sum(band.count for band in one.bands) for one in found] == [1000, 250, 40, 0, 77]
    assert all(band.sex in ("F", "M") for one in found for band in one.bands)
    for one in found:
        single = queries.residents_by_age(queries.get_commune(one.code))
        assert single.bands == one.bands


def test_ages_of_several_communes_are_the_sum_of_theirs(
    territory: LoadReport, django_assert_num_queries: Counted
) -> None:
    band(0, 20, 300)
    band(20, None, 700)
    communes = list(queries.list_communes(epci="200000016"))
    with django_assert_num_queries(1):
        together = queries.total_by_age(communes)
    assert together is not None
    assert together.total == 1290
    singles = [queries.residents_by_age(commune) for commune in communes]
    assert together.women == sum(one.women for one in singles)
    assert queries.total_by_age([]) is None


def test_base_maps_are_kept_until_the_territory_changes(
    territory: LoadReport, load: Callable[..., LoadReport], django_assert_num_queries: Counted
) -> None:
    first = queries.get_base_map()
    with django_assert_num_queries(1):
        assert queries.get_base_map() == first
    load("98")
    assert len(queries.get_base_map().shapes) == len(first.shapes) + 1


def test_base_maps_narrow(territory: LoadReport) -> None:
    assert queries.get_base_map(epcis=["200000008"]).codes == ("99005",)
    assert queries.get_base_map(departments=["62"]).codes == ()
    assert queries.get_base_map(communes=["99001", "99004"]).codes == ("99001", "99004")
    assert [one.code for one in queries.get_base_map(communes=["99005"]).borders] == ["200000008"]


def test_sources_are_counted_from_the_rows(territory: LoadReport) -> None:
    band(0, None, 700, illustrative=True)
    found = queries.list_sources()
    stated = {(one.subject, one.rows, one.illustrative) for one in found.stated}
    assert ("Communes : habitants", 5, False) in stated
    assert ("Tranches d'âge", 1, True) in stated
    assert any("IGN" in one.name for one in found.published)
    assert found.travel_margin == 4
