"""Access to care: the definition, what is conserved, and the holes that are named."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.indicators.access import (
    APL_BANDS,
    Band,
    Reason,
    e2sfca,
    edges_of,
    edges_within,
    neighbours_within,
)
from maillage.vocabulary.geo import crow_fly_km

BANDS = (Band(5.0, 1.0), Band(10.0, 0.3), Band(15.0, 0.1))


def slowly(
    people: list[float],
    capacity: list[float],
    journeys: list[tuple[int, int, float]],
    bands: tuple[Band, ...],
) -> list[float]:
    """The two steps as they are written in the article, one journey at a time."""

    def weight(cost: float) -> float:
        return next((band.weight for band in bands if cost <= band.limit), 0.0)

    ratio = []
    for place, offered in enumerate(capacity):
        around = sum(people[i] * weight(cost) for i, j, cost in journeys if j == place)
        ratio.append(offered / around if around > 0 else 0.0)
    return [
        sum(ratio[j] * weight(cost) for i, j, cost in journeys if i == place)
        for place in range(len(people))
    ]


@st.composite
def countries(
    draw: st.DrawFn,
) -> tuple[list[float], list[float], list[tuple[int, int, float]]]:
    people = draw(st.lists(st.sampled_from([0.0, 3.0, 120.5, 4000.0]), min_size=1, max_size=8))
    capacity = draw(st.lists(st.sampled_from([0.0, 1.0, 7.5, 30.0]), min_size=1, max_size=5))
    journey = st.tuples(
        st.integers(0, len(people) - 1),
        st.integers(0, len(capacity) - 1),
        st.one_of(st.sampled_from([0.0, 5.0, 10.0, 15.0, 15.1]), st.floats(0, 30)),
    )
    drawn = draw(st.lists(journey, max_size=20, unique_by=lambda one: one[:2]))
    return people, capacity, drawn


@given(country=countries())
def test_it_equals_the_definition_taken_slowly(
    country: tuple[list[float], list[float], list[tuple[int, int, float]]],
) -> None:
    people, capacity, journeys = country
    first, second, cost = (list(part) for part in zip(*journeys, strict=True)) if journeys else (
        [], [], [],
    )  # fmt: skip
    edges = edges_of(first, second, cost, len(people))
    found = e2sfca(people, capacity, edges, bands=BANDS)
    expected = slowly(people, capacity, journeys, BANDS)
    assert found.score == pytest.approx(expected, rel=1e-12, abs=1e-12)
    # What goes out comes in.
    reached = sum(offered for offered, ratio in zip(capacity, found.ratio, strict=True) if ratio)
    assert float(found.score @ np.array(people)) == pytest.approx(reached, rel=1e-12, abs=1e-12)
    for place, why in found.holes():
        own = [(j, c) for i, j, c in journeys if i == place]
        near = [j for j, c in own if c <= BANDS[-1].limit]
        if why is Reason.NO_EDGE:
            assert not own
        elif why is Reason.TOO_FAR:
            assert own
            assert not near
        else:
            assert why is Reason.NO_CAPACITY
            assert near
            assert not any(capacity[j] for j in near)
    assert all(found.score[place] == 0 for place, _ in found.holes())


def test_a_hand_made_example() -> None:
    """Ten consultations for a hundred people near and fifty at a distance that counts for 0.3."""
    edges = edges_of([0, 1, 1, 2], [0, 0, 1, 0], [3.0, 8.0, 20.0, 40.0], 4)
    found = e2sfca([100, 50, 10, 5], [10, 4], edges, bands=BANDS)
    share = 10 / (100 + 50 * 0.3)
    assert found.score == pytest.approx([share, share * 0.3, 0, 0])
    assert list(found.holes()) == [(2, Reason.TOO_FAR), (3, Reason.NO_EDGE)]
    assert found.ratio[1] == 0, "nobody comes within the bands"


def test_capacity_for_nobody_is_not_divided() -> None:
    found = e2sfca([0.0], [5.0], edges_of([0], [0], [1.0], 1), bands=BANDS)
    assert found.score.tolist() == [0.0]
    assert list(found.holes()) == [], "there is care; there is nobody"


def test_a_journey_that_does_not_exist_is_none() -> None:
    found = e2sfca([10.0], [5.0], edges_of([0], [0], [math.nan], 1), bands=BANDS)
    assert list(found.holes()) == [(0, Reason.NO_EDGE)]


@pytest.mark.parametrize(
    "bands",
    [
        (),
        (Band(10, 1.0), Band(5, 0.5)),
        (Band(5, 0.3), Band(10, 0.5)),
        (Band(5, 1.5),),
        (Band(5, 1.0), Band(10, 0.0)),
    ],
)
def test_bands_that_make_no_sense_are_refused(bands: tuple[Band, ...]) -> None:
    with pytest.raises(ValueError, match="bands"):
        e2sfca([1.0], [1.0], edges_of([0], [0], [1.0], 1), bands=bands)


def test_numbers_that_make_no_sense_are_refused() -> None:
    edges = edges_of([0], [0], [1.0], 1)
    with pytest.raises(ValueError, match="zero up"):
        e2sfca([math.nan], [1.0], edges)
    with pytest.raises(ValueError, match="zero up"):
        e2sfca([1.0], [-1.0], edges)
    with pytest.raises(ValueError, match="as many places"):
        e2sfca([1.0, 2.0], [1.0], edges)
    with pytest.raises(ValueError, match="negative length"):
        edges_of([0], [0], [-1.0], 1)
    with pytest.raises(ValueError, match="does not exist"):
        edges_of([1], [0], [1.0], 1)
    with pytest.raises(ValueError, match="does not exist"):
        e2sfca([1.0], [1.0], edges_of([0], [3], [1.0], 1))


@given(
    here=st.lists(st.tuples(st.floats(42, 51), st.floats(-5, 9)), min_size=1, max_size=12),
    there=st.lists(st.tuples(st.floats(42, 51), st.floats(-5, 9)), max_size=12),
    km=st.sampled_from([1.0, 30.0, 250.0]),
)
def test_points_within_a_distance_are_all_found(
    here: list[tuple[float, float]], there: list[tuple[float, float]], km: float
) -> None:
    edges = edges_within(
        ([a for a, _ in here], [b for _, b in here]),
        ([a for a, _ in there], [b for _, b in there]),
        km,
    )
    found = dict(zip(zip(edges.demand.tolist(), edges.supply.tolist(), strict=True),
                     edges.cost.tolist(), strict=True))  # fmt: skip
    for i, one in enumerate(here):
        for j, other in enumerate(there):
            distance = crow_fly_km(*one, *other)
            if distance < km * (1 - 1e-9):
                assert found[i, j] == pytest.approx(distance, abs=1e-5)
            elif distance > km * (1 + 1e-9):
                assert (i, j) not in found


def test_the_date_line_and_the_poles_are_no_border() -> None:
    edges = edges_within(([10.0, 89.9], [179.9, 0.0]), ([10.0, 89.9], [-179.9, 180.0]), 60.0)
    assert list(zip(edges.demand.tolist(), edges.supply.tolist(), strict=True)) == [(0, 0), (1, 1)]


def test_nobody_is_their_own_neighbour() -> None:
    starts, others = neighbours_within([50.0, 50.0, 50.01], [3.0, 3.0, 3.0], 2.0)
    assert starts.tolist() == [0, 2, 4, 6]
    assert others.tolist() == [1, 2, 0, 2, 0, 1]


def test_the_national_bands_are_usable() -> None:
    found = e2sfca([100.0], [10.0], edges_of([0], [0], [12.0], 1), bands=APL_BANDS)
    assert found.score == pytest.approx([0.1])
