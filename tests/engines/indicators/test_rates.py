"""Intervals and standardised rates, against published tables and the sums that they stand for."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.indicators.rates import (
    crude,
    direct,
    expected,
    poisson_interval,
    proportion,
    ratio,
    weighted_sum,
)
from maillage.engines.indicators.special import (
    beta_below,
    gamma_above,
    gamma_below,
    gamma_quantile,
    log_gamma,
)
from maillage.engines.indicators.standards import STANDARDS


def fewer_than(count: int, mean: float) -> float:
    """The chance of a Poisson count under ``count``, added up."""
    logs = [k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(count)]
    return math.fsum(math.exp(one) for one in logs)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        # Garwood, Biometrika, 1936; to the three decimals of such tables.
        (0, 0.0, 3.689),
        (1, 0.025, 5.572),
        (2, 0.242, 7.225),
        (3, 0.619, 8.767),
        (5, 1.623, 11.668),
        (10, 4.795, 18.390),
        (20, 12.217, 30.888),
        (100, 81.364, 121.627),
    ],
)
def test_exact_poisson_bounds_are_those_of_the_tables(count: int, low: float, high: float) -> None:
    found = poisson_interval([count])
    assert found[0][0] == pytest.approx(low, abs=6e-4)
    assert found[1][0] == pytest.approx(high, abs=6e-4)


def test_bounds_kept_for_small_counts_are_those_of_any_other() -> None:
    counts = [0, 1, 999, 1000, 2.5, -1]
    low, high = poisson_interval(counts)
    for place, count in enumerate(counts):
        assert low[place] == pytest.approx(float(gamma_quantile(0.025, count)))
        assert high[place] == pytest.approx(float(gamma_quantile(0.975, count + 1)))
    assert (low[-1], high[-1]) == (0, 0)  # no count: never the bounds of another


@given(count=st.integers(1, 3000), tail=st.sampled_from([0.001, 0.025, 0.5, 0.975, 0.999]))
def test_bounds_leave_the_tail_that_they_say(count: int, tail: float) -> None:
    mean = float(gamma_quantile(tail, count))
    assert 1 - fewer_than(count, mean) == pytest.approx(tail, abs=1e-9)


@given(shape=st.floats(0.01, 5000), point=st.floats(0.0, 8000))
def test_incomplete_gamma_adds_up_and_steps_as_it_must(shape: float, point: float) -> None:
    below, above = float(gamma_below(shape, point)), float(gamma_above(shape, point))
    assert below + above == pytest.approx(1, abs=1e-12)
    if point > 0:
        # P(a, x) = P(a + 1, x) + x^a e^-x / gamma(a + 1).
        step = math.exp(shape * math.log(point) - point - math.lgamma(shape + 1))
        assert below == pytest.approx(float(gamma_below(shape + 1, point)) + step, abs=2e-10)


def test_incomplete_gamma_where_it_has_a_closed_form() -> None:
    points = np.array([1e-9, 0.3, 1.0, 7.0, 40.0])
    assert gamma_below(1, points) == pytest.approx(-np.expm1(-points), rel=1e-12)
    assert gamma_below(0.5, points) == pytest.approx(
        [math.erf(math.sqrt(one)) for one in points], rel=1e-12
    )
    assert log_gamma([1, 2, 5]) == pytest.approx([0, 0, math.log(24)], abs=1e-14)
    assert gamma_quantile(0.5, [0.0]).tolist() == [0.0]


@given(trials=st.integers(1, 40), data=st.data(), chance=st.fractions(0, 1, max_denominator=50))
def test_incomplete_beta_is_the_binomial_sum(
    trials: int, data: st.DataObject, chance: Fraction
) -> None:
    count = data.draw(st.integers(0, trials))
    exact = sum(
        math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k)
        for k in range(count, trials + 1)
    )
    found = float(beta_below(float(chance), count, trials - count + 1))
    assert found == pytest.approx(float(exact), abs=1e-12)


def test_wilson_bounds_are_those_of_the_examples() -> None:
    """Newcombe, Statistics in Medicine, 1998, table I (method 3)."""
    found = proportion([81, 15, 0, 1], [263, 148, 20, 29])
    assert found.low == pytest.approx([0.2553, 0.0624, 0.0, 0.0061], abs=5e-5)
    assert found.high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=5e-5)
    assert proportion([20], [20]).high == pytest.approx([1.0])


def test_nobody_to_divide_by_is_unknown_and_no_error() -> None:
    for found in (crude([0, 3], [0, 10]), proportion([0, 3], [0, 10]), ratio([0, 3], [0.0, 10])):
        assert math.isnan(found.value[0])
        assert math.isnan(found.low[0])
        assert math.isnan(found.high[0])
        assert found.value[1] == pytest.approx(0.3)
        assert found.low[1] < 0.3 < found.high[1]


def test_zero_events_have_a_rate_of_zero_and_an_upper_bound() -> None:
    found = crude([0], [100])
    assert (found.value[0], found.low[0]) == (0, 0)
    assert found.high[0] == pytest.approx(0.03688879454)


@given(counts=st.lists(st.integers(0, 200), min_size=1, max_size=6), weight=st.floats(1e-6, 10))
def test_equal_weights_give_the_exact_interval(counts: list[int], weight: float) -> None:
    found = weighted_sum(counts, [weight] * len(counts))
    low, high = poisson_interval([sum(counts)])
    assert float(found.value) == pytest.approx(sum(counts) * weight)
    assert float(found.low) == pytest.approx(low[0] * weight, rel=1e-9)
    assert float(found.high) == pytest.approx(high[0] * weight, rel=1e-9)


def test_direct_standardisation_of_a_worked_example() -> None:
    """Fay and Feuer's own: Down syndrome by birth order and mother's age would be long; theirs of
    two strata is checked by its formula, written out here."""
    found = direct([[10, 40]], [[1000, 2000]], [3, 1])
    value = 0.75 * 10 / 1000 + 0.25 * 40 / 2000
    variance = 10 * (0.75 / 1000) ** 2 + 40 * (0.25 / 2000) ** 2
    largest = 0.75 / 1000
    assert found.value == pytest.approx([value])
    low = float(gamma_quantile(0.025, value**2 / variance)) * variance / value
    wide = variance + largest**2
    high = float(gamma_quantile(0.975, (value + largest) ** 2 / wide)) * wide / (value + largest)
    assert found.low == pytest.approx([low])
    assert found.high == pytest.approx([high])
    assert low < value < high


def test_an_area_with_the_ages_of_the_standard_has_its_crude_rate() -> None:
    base = np.array([[300.0, 500.0, 200.0]])
    found = direct([[3, 10, 22]], base, base[0])
    assert found.value == pytest.approx(crude([35], [1000]).value)


def test_a_stratum_without_anybody_leaves_no_direct_rate() -> None:
    found = direct([[3, 0], [3, 1]], [[100, 0], [100, 50]], [1, 1])
    assert math.isnan(found.value[0])
    assert math.isnan(found.high[0])
    assert found.value[1] == pytest.approx(0.025)
    # A stratum that the standard lacks too does not matter.
    assert direct([[3, 0]], [[100, 0]], [1, 0]).value == pytest.approx([0.03])


def test_expected_numbers_add_up_to_the_events_of_the_whole() -> None:
    base = np.array([[100.0, 50.0], [300.0, 10.0]])
    events = np.array([[4, 6], [2, 3]])
    rates = events.sum(axis=0) / base.sum(axis=0)
    assert expected(rates, base).sum() == pytest.approx(events.sum())


def test_standards_are_whole_and_known_by_their_key() -> None:
    for key, one in STANDARDS.items():
        assert one.key == key
        assert one.source
        assert one.weights.sum() == pytest.approx(1)
        assert one.weights.shape == (2, 20)
    assert sum(STANDARDS["europe-2013"].men) == 100_000
    france = STANDARDS["france-2018"]
    # Its own rounding apart.
    assert sum(france.men) == pytest.approx(32_280_580, abs=2)
    assert sum(france.women) == pytest.approx(34_451_958, abs=2)
