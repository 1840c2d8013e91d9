"""The no-network estimate of a journey: its formula, and journeys known beforehand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.vocabulary.geo import (
    ESTIMATE_FAR_WARNING_KM,
    ESTIMATE_MARGIN_MINUTES,
    crow_fly_km,
    estimated_minutes,
)

LILLE = (50.6115, 3.0376)
"""The campus of the university hospital."""

degrees = st.tuples(
    st.floats(min_value=49, max_value=51.5, allow_nan=False),
    st.floats(min_value=1.5, max_value=4.5, allow_nan=False),
)


@pytest.mark.parametrize(
    ("km", "minutes"),
    [
        (0, 2.7),
        (1, 4.05),
        (2, 5.4),
        (10, 16.2),
        (15, 22.95),
        (20, 26.95),
        (40, 42.95),
        (100, 90.95),
    ],
)
def test_the_formula(km: float, minutes: float) -> None:
    """2.7 + 1.35 min(d, 15) + 0.80 max(d - 15, 0), to a tenth of a minute."""
    assert estimated_minutes(km) == pytest.approx(minutes, abs=0.051)


@pytest.mark.parametrize(
    ("place", "point", "minutes"),
    [
        ("Valenciennes", (50.3615, 3.4958), 45),
        ("Cambrai", (50.1658, 3.2288), 52),
        ("Maubeuge", (50.2786, 3.9595), 71),
        ("Fourmies", (50.0108, 4.0594), 90),
        ("Lens", (50.4401, 2.8206), 30),
        ("Arras", (50.2956, 2.7601), 43),
        ("Armentières", (50.6836, 2.8689), 22),
    ],
)
def test_hospitals_to_the_university_hospital(
    place: str, point: tuple[float, float], minutes: float
) -> None:
    """Journeys worked out apart from this code, in whole minutes."""
    assert estimated_minutes(crow_fly_km(*point, *LILLE)) == pytest.approx(minutes, abs=1.5), place


def test_margin_and_distance_of_the_warning() -> None:
    assert ESTIMATE_MARGIN_MINUTES == 4
    assert ESTIMATE_FAR_WARNING_KM == 20


def test_one_degree_of_latitude() -> None:
    """A quarter of a meridian is about 10 000 km."""
    assert crow_fly_km(50, 3, 51, 3) == pytest.approx(111.2, abs=0.1)
    assert crow_fly_km(0, 0, 90, 0) == pytest.approx(10_007.5, abs=1)


def test_antipodes_do_not_break_the_square_root() -> None:
    assert crow_fly_km(0, 0, 0, 180) == pytest.approx(20_015, abs=1)


@given(degrees, degrees)
def test_a_distance_is_symmetric_and_never_negative(
    a: tuple[float, float], b: tuple[float, float]
) -> None:
    assert crow_fly_km(*a, *b) >= 0
    assert crow_fly_km(*a, *b) == pytest.approx(crow_fly_km(*b, *a), abs=1e-9)
    assert crow_fly_km(*a, *a) == 0


@given(degrees, degrees, degrees)
def test_a_detour_is_never_shorter(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]
) -> None:
    assert crow_fly_km(*a, *c) <= crow_fly_km(*a, *b) + crow_fly_km(*b, *c) + 1e-6


@given(st.floats(min_value=0, max_value=300), st.floats(min_value=0, max_value=300))
def test_farther_is_never_sooner(a: float, b: float) -> None:
    near, far = sorted((a, b))
    assert estimated_minutes(near) <= estimated_minutes(far)
