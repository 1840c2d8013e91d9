"""Funnel plots: exact limits, and curves that agree with them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.indicators.funnel import (
    NARROW,
    WIDE,
    Place,
    binomial_limits,
    binomial_places,
    dispersion,
    poisson_limits,
    poisson_places,
)
from tests.hypothesis_profile import DEPTH


def poisson_chances(count: int, mean: float) -> tuple[float, float]:
    """Of a count as high, and as low."""
    terms = [math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1)]
    return 1 - math.fsum(terms[:-1]), math.fsum(terms)


def place_of(at_least: float, at_most: float) -> Place:
    for level, above, below in (
        (WIDE, Place.FAR_ABOVE, Place.FAR_BELOW), (NARROW, Place.ABOVE, Place.BELOW),
    ):  # fmt: skip
        if at_least <= (1 - level) / 2:
            return above
        if at_most <= (1 - level) / 2:
            return below
    return Place.INSIDE


@given(count=st.integers(0, 150), mean=st.floats(0.2, 120))
@settings(max_examples=50 * DEPTH)
def test_a_count_lies_where_its_chance_says(count: int, mean: float) -> None:
    found = poisson_places([count], [mean])[0]
    assert found == place_of(*poisson_chances(count, mean))


@given(count=st.integers(0, 150), mean=st.floats(0.2, 120))
@settings(max_examples=50 * DEPTH)
def test_a_point_is_outside_of_the_drawn_curve_if_its_test_says_so(count: int, mean: float) -> None:
    place = poisson_places([count], [mean])[0]
    for level, size in ((NARROW, 1), (WIDE, 2)):
        low, high = poisson_limits([mean], level=level)
        if abs(count / mean - high[0]) > 1e-9:
            assert (count / mean > high[0]) == (place >= size)
        if low[0] > 0 and abs(count / mean - low[0]) > 1e-9:
            assert (count / mean < low[0]) == (place <= -size)
        if low[0] == 0:
            assert place > -size


@given(trials=st.integers(1, 60), data=st.data(), share=st.floats(0.02, 0.98))
@settings(max_examples=50 * DEPTH)
def test_shares_lie_where_their_chance_says(trials: int, data: st.DataObject, share: float) -> None:
    part = data.draw(st.integers(0, trials))
    terms = [
        math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(trials + 1)
    ]
    at_least, at_most = math.fsum(terms[part:]), math.fsum(terms[: part + 1])
    place = binomial_places([part], [trials], [share])[0]
    assert place == place_of(at_least, at_most)
    low, high = binomial_limits([float(trials)], share)
    if abs(part / trials - high[0]) > 1e-9 and high[0] < 1:
        assert (part / trials > high[0]) == (place >= 1)
    if abs(part / trials - low[0]) > 1e-9 and low[0] > 0:
        assert (part / trials < low[0]) == (place <= -1)


def test_limits_narrow_as_areas_grow_and_hold_the_mean() -> None:
    sizes = np.geomspace(1, 5000, 40)
    for level in (NARROW, WIDE):
        low, high = poisson_limits(sizes, level=level)
        assert (np.diff(high) < 0).all()
        assert (np.diff(low) >= 0).all()
        assert ((low < 1) & (high > 1)).all()
    assert (poisson_limits(sizes, level=WIDE)[1] > poisson_limits(sizes)[1]).all()


def test_nothing_expected_is_inside_and_a_count_there_far_above_nothing() -> None:
    assert poisson_places([0], [0.0])[0] == Place.INSIDE
    assert math.isnan(poisson_limits([0.0])[1][0])


def test_dispersion_is_one_by_chance_and_more_when_areas_differ() -> None:
    random = np.random.default_rng(5)
    means = random.uniform(20, 200, 2000)
    assert dispersion(random.poisson(means), means, trimmed=0.0) == pytest.approx(1, abs=0.08)
    uneven = random.poisson(means * random.gamma(25, 1 / 25, 2000))
    assert dispersion(uneven, means) > 2
    assert dispersion([3], [2.0]) == 1.0
    assert dispersion([3, 0, 9], [2.0, 0.0, 8.0]) > 0
