"""Trends of rates over years."""

from __future__ import annotations

import math

import numpy as np
import pytest

from maillage.engines.indicators.trends import trend

YEARS = [2021, 2022, 2023, 2024, 2025]


def test_a_rate_that_grows_by_five_per_cent_is_found() -> None:
    base = np.array([10_000.0, 11_000.0, 10_500.0, 9_000.0, 12_000.0])
    events = base * 0.02 * 1.05 ** np.arange(5)
    found = trend(YEARS, events, base)
    assert float(found.change) == pytest.approx(0.05, abs=1e-10)
    assert float(found.low) < 0.05 < float(found.high)
    assert found.fitted == pytest.approx(events)
    assert float(found.dispersion) == pytest.approx(0, abs=1e-12)


def test_it_is_the_most_likely_line() -> None:
    """The score of the likelihood is zero at the slope, for counts that are no line."""
    counts, base = np.array([30.0, 42.0, 37.0, 55.0, 41.0]), np.array([9.0, 10.0, 11.0, 10.0, 9.5])
    found = trend(YEARS, counts, base)
    years = np.array(YEARS) - 2023
    assert float(((counts - found.fitted) * years).sum()) == pytest.approx(0, abs=1e-8)
    assert float(found.fitted.sum()) == pytest.approx(counts.sum())
    slopes = np.log(found.fitted / base)
    assert np.diff(slopes) == pytest.approx([math.log1p(float(found.change))] * 4)


def test_rows_are_areas_and_keep_apart() -> None:
    counts = np.array([[10, 12, 14, 16, 18], [0, 0, 0, 0, 0], [5, 5, 5, 5, 5], [7, 0, 0, 0, 0]])
    found = trend(YEARS, counts, np.full((4, 5), 100.0))
    assert found.change[0] > 0.1
    assert math.isnan(found.change[1]), "no event, no line"
    assert found.change[2] == pytest.approx(0)
    assert math.isnan(found.change[3]), "all in one year"
    alone = trend(YEARS, counts[0], np.full(5, 100.0))
    assert float(alone.change) == pytest.approx(float(found.change[0]))
    assert float(alone.low) == pytest.approx(float(found.low[0]))


def test_scattered_counts_widen_the_interval() -> None:
    base = np.full(5, 1000.0)
    calm = trend(YEARS, [100, 101, 102, 103, 104], base)
    wild = trend(YEARS, [100, 160, 60, 150, 40], base)
    assert float(wild.dispersion) > 10
    assert float(wild.high - wild.low) > 3 * float(calm.high - calm.low)


def test_fewer_than_three_years_or_no_base_is_refused() -> None:
    with pytest.raises(ValueError, match="three years"):
        trend([2024, 2025], [1, 2], [10, 10])
    with pytest.raises(ValueError, match="three years"):
        trend([2023, 2024, 2025], [1, 2, 3], [10, 0, 10])


def test_coverage_of_the_interval_is_what_it_says() -> None:
    random = np.random.default_rng(3)
    base = np.full((2000, 5), 1000.0)
    counts = random.poisson(base * 0.05 * 1.03 ** np.arange(5))
    found = trend(YEARS, counts, base)
    inside = ((found.low <= 0.03) & (found.high >= 0.03)).mean()
    assert inside > 0.94
