"""Figures of communes from the table of a proof: sums over ages and steps, ranking; fragility."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from maillage.coverage.enums import CATEGORIES
from maillage.coverage.rules.communes_view import (
    most_uncovered_age,
    rank,
    select_rows,
    sum_by_commune,
    sum_by_step,
)
from maillage.coverage.rules.fragility_view import ElementName, Exposure, rank_exposures
from maillage.coverage.rules.measures import find_measure


def row(commune: str, residents: float, *, step: int = 1, ages: tuple[int, int] = (0, 100),
        mean: float | None = None, worst: float | None = None, fragile: float = 0.0,
        **hours: float) -> dict[str, Any]:  # fmt: skip
    categories = {**dict.fromkeys(CATEGORIES, 0.0), **hours}
    return {
        "pathway": "avc", "step": step, "age_min": ages[0], "age_max": ages[1],
        "commune": commune, "residents": residents, "hours_due": sum(categories.values()),
        **categories, "fragile": fragile, "mean_minutes": mean, "worst_minutes": worst,
    }  # fmt: skip


TABLE = pa.Table.from_pylist(
    [
        row("59001", 100, ages=(0, 75), on_target=10, mean=12, worst=15, fragile=4),
        row("59001", 50, ages=(75, 100), on_target=4, hole_closed=6, mean=30, worst=31),
        row("59002", 10, ages=(0, 75), late=10, mean=50, worst=60),
        row("59002", 0, ages=(75, 100), hole_closed=10),
        row("59001", 150, step=2, hole_no_agreement=10),
        row("59002", 10, step=2, on_target=10, mean=5, worst=5),
    ],
    schema=pa.schema(
        [
            ("pathway", pa.string()),
            ("step", pa.int16()),
            ("age_min", pa.int16()),
            ("age_max", pa.int16()),
            ("commune", pa.string()),
            ("residents", pa.float64()),
            ("hours_due", pa.float64()),
            *((name, pa.float64()) for name in CATEGORIES),
            ("fragile", pa.float64()),
            ("mean_minutes", pa.float64()),
            ("worst_minutes", pa.float64()),
        ]
    ),
)


def test_person_hours_are_residents_times_hours_and_ages_add_up() -> None:
    found = sum_by_commune(select_rows(TABLE, pathway="avc", step=1))
    one = found["59001"]
    assert one.residents == 150
    assert one.due == 1500
    assert one.person_hours["on_target"] == 1200
    assert one.uncovered == 300
    assert one.unserved_per_resident == 2
    assert one.fragile_share == pytest.approx(400 / 1500)
    # Minutes weigh by the person-hours that have a chain: 1,000 at 12, 200 at 30.
    assert one.mean_minutes == pytest.approx(15)
    assert one.worst_minutes == 31
    assert one.share(find_measure("ferme")) == pytest.approx(0.2)
    assert found["59002"].person_hours["late"] == 100


def test_ages_without_residents_weigh_nothing() -> None:
    found = sum_by_commune(select_rows(TABLE, step=1))["59002"]
    assert found.uncovered == 0
    assert found.worst_minutes == 60


def test_several_steps_add_hours_but_not_residents() -> None:
    one = sum_by_commune(TABLE)["59001"]
    assert one.residents == 150
    assert one.due == 3000
    assert one.uncovered == 1800


def test_the_sheet_of_a_commune_goes_by_step() -> None:
    found = sum_by_step(select_rows(TABLE, code="59001"))
    assert set(found) == {("avc", 1), ("avc", 2)}
    assert found["avc", 2].mean_minutes is None
    assert found["avc", 2].uncovered == found["avc", 2].due == 1500
    assert sum_by_step(select_rows(TABLE, code="99999")) == {}


def test_the_age_that_goes_without_most() -> None:
    rows = select_rows(TABLE, code="59001")
    assert most_uncovered_age(rows, "avc", 1) == 87
    assert most_uncovered_age(rows, "autre", 1) == 0


def test_ranking() -> None:
    found = sum_by_commune(select_rows(TABLE, step=1)).values()
    assert [one.code for one in rank(found, "heures")] == ["59002", "59001"]
    assert [one.code for one in rank(found, "-heures")] == ["59001", "59002"]
    assert [one.code for one in rank(found, "fragile")] == ["59001", "59002"]
    assert [one.code for one in rank(found, "delai")] == ["59002", "59001"]
    assert [one.code for one in rank(found, "n'importe quoi")] == ["59002", "59001"]


def test_fragile_points_add_person_hours_but_never_hours() -> None:
    points = rank_exposures(
        [
            Exposure("avc", 2, "service", "unv", 100, 1_000),
            Exposure("avc", 3, "service", "unv", 300, 500),
            Exposure("avc", 3, "holder", "dr-a", 50, 1_200),
        ],
        names={("service", "unv"): ElementName("UNV", "Lens", "/offres/unv")},
        steps={("avc", 2): "AVC, unité", ("avc", 3): "AVC, thrombectomie"},
        due=10_000,
    )
    assert [(one.rank, one.element, one.person_hours, one.hours) for one in points] == [
        (1, "unv", 1_500, 300),
        (2, "dr-a", 1_200, 50),
    ]
    assert points[0].share == 0.15
    assert [step.label for step in points[0].steps] == ["AVC, unité", "AVC, thrombectomie"]
    assert points[1].name.label == "dr-a"
