"""Areas: sectors of neighbouring communes, the same for the same communes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.indicators.areas import (
    AreaCommune,
    Areas,
    Level,
    areas_of_document,
    build_areas,
)


def commune(code: str, residents: int, lat: float, lon: float, zone: str = "1") -> AreaCommune:
    return AreaCommune(code, f"Ville {code}", zone, f"Communauté {zone}" if zone else "", lat, lon,
                       residents)  # fmt: skip


@st.composite
def territories(draw: st.DrawFn) -> list[AreaCommune]:
    count = draw(st.integers(1, 25))
    return [
        commune(
            f"59{index:03d}",
            draw(st.sampled_from([0, 60, 400, 2500, 7999, 8000, 43000])),
            50 + draw(st.integers(0, 20)) / 20,
            3 + draw(st.integers(0, 20)) / 20,
            draw(st.sampled_from(["", "200000001", "200000002"])),
        )
        for index in range(count)
    ]


@given(communes=territories())
def test_every_commune_is_in_one_sector_of_its_zone_and_all_residents_count_once(
    communes: list[AreaCommune],
) -> None:
    areas = build_areas(communes)
    assert sorted(areas.members("T")) == sorted(one.code for one in communes)
    for one in communes:
        key = areas.of_commune(one.code)
        assert key is not None
        assert areas.above(key, Level.ZONE) == f"Z:{one.zone or 'aucune'}"
        assert areas.level(areas.above(key, Level.SECTOR)) is Level.SECTOR
    for level in Level:
        residents = sum(areas[key].residents for key in areas.at(level))
        assert residents == sum(one.residents for one in communes)


@given(communes=territories(), data=st.data())
def test_the_same_communes_give_the_same_sectors_in_any_order(
    communes: list[AreaCommune], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(communes))
    assert build_areas(shuffled).rows == build_areas(communes).rows


@given(communes=territories())
def test_a_sector_is_small_only_when_its_zone_is(communes: list[AreaCommune]) -> None:
    areas = build_areas(communes)
    for zone in areas.at(Level.ZONE):
        sectors = areas.children(zone)
        if len(sectors) > 1:
            assert all(areas[key].residents >= 8000 for key in sectors)


@given(communes=territories())
def test_areas_are_kept_as_a_document(communes: list[AreaCommune]) -> None:
    areas = build_areas(communes)
    assert areas_of_document(json.loads(json.dumps(areas.as_document()))) == areas


def test_villages_join_each_other_before_the_town_beside_them() -> None:
    areas = build_areas(
        [
            commune("59001", 30_000, 50.0, 3.0),
            commune("59002", 5_000, 50.0, 3.10),
            commune("59003", 4_000, 50.0, 3.22),
        ]
    )
    assert [areas.members(key) for key in areas.at(Level.SECTOR)] == [
        ("59001",),
        ("59002", "59003"),
    ]
    assert areas.label("S:59002") == "Secteur de Ville 59002"


def test_a_village_beside_a_town_and_far_from_others_joins_the_town() -> None:
    areas = build_areas(
        [
            commune("59001", 30_000, 50.0, 3.0),
            commune("59002", 5_000, 50.0, 3.02),
            commune("59003", 4_000, 50.0, 3.9),
            commune("59004", 4_500, 50.0, 3.95),
        ]
    )
    assert areas.at(Level.SECTOR) == ("S:59001", "S:59004")


def test_communes_of_no_authority_stand_together_and_are_told_so() -> None:
    areas = build_areas([commune("59001", 900, 50.0, 3.0, ""), commune("59002", 9000, 50.0, 3.0)])
    assert areas.label("Z:aucune") == "Hors intercommunalité"
    assert areas.members("Z:aucune") == ("59001",)
    assert areas.of_commune("75056") is None
    assert "C:59001" in areas
    assert "C:75056" not in areas


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Fourmies", "Secteur de Fourmies"),
        ("Le Quesnoy", "Secteur du Quesnoy"),
        ("Les Rues-des-Vignes", "Secteur des Rues-des-Vignes"),
        ("La Longueville", "Secteur de la Longueville"),
        ("Avesnes-sur-Helpe", "Secteur d'Avesnes-sur-Helpe"),
        ("Étrœungt", "Secteur d'Étrœungt"),
        ("Hautmont", "Secteur de Hautmont"),
    ],
)
def test_sectors_are_named_as_people_say(name: str, label: str) -> None:
    areas = build_areas([AreaCommune("59001", name, "1", "CC", 50.0, 3.0, 10)])
    assert areas.label("S:59001") == label


def test_no_commune_or_one_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="has communes"):
        build_areas([])
    with pytest.raises(ValueError, match="twice"):
        build_areas([commune("59001", 1, 50.0, 3.0), commune("59001", 1, 50.0, 3.0)])


def test_children_are_in_the_order_of_their_names() -> None:
    areas: Areas = build_areas(
        [AreaCommune(f"5900{i}", name, "1", "CC", 50.0, 3.0, 10) for i, name in enumerate("CAB")]
    )
    assert [areas.label(key) for key in areas.children("S:59000")] == ["A", "B", "C"]
