"""Empirical Bayes: the estimators of the articles, and places without residents."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.indicators.access import neighbours_within
from maillage.engines.indicators.smoothing import Prior, fit, smooth, smooth_locally
from maillage.engines.indicators.special import gamma_below


def marshall(events: list[float], base: list[float]) -> list[float]:
    """The global estimator as it is written, one area at a time, for populated areas."""
    total = sum(base)
    mean = sum(events) / total
    spread = sum(b * (e / b - mean) ** 2 for e, b in zip(events, base, strict=True)) / total
    variance = max(spread - mean / (total / len(base)), 0.0)
    found = []
    for e, b in zip(events, base, strict=True):
        weight = variance / (variance + mean / b) if variance else 0.0
        found.append(weight * e / b + (1 - weight) * mean)
    return found


COUNTS = st.lists(
    st.tuples(st.integers(0, 60), st.floats(0.5, 500)), min_size=2, max_size=30
).filter(lambda rows: any(e for e, _ in rows))


@given(rows=COUNTS)
def test_smoothed_rates_are_those_of_marshall(rows: list[tuple[int, float]]) -> None:
    events, base = [float(e) for e, _ in rows], [b for _, b in rows]
    assert smooth(events, base).value == pytest.approx(marshall(events, base), rel=1e-9)


@given(rows=COUNTS)
def test_a_smoothed_rate_lies_between_its_own_and_the_mean_inside_its_interval(
    rows: list[tuple[int, float]],
) -> None:
    events, base = np.array([float(e) for e, _ in rows]), np.array([b for _, b in rows])
    found, law = smooth(events, base), fit(events, base)
    own = events / base
    assert (found.value >= np.minimum(own, law.mean) - 1e-9).all()
    assert (found.value <= np.maximum(own, law.mean) + 1e-9).all()
    # Without any event the law may be so skewed that its mean lies in the last two per cent.
    some = events > 0
    assert (found.low < found.value)[some].all()
    assert (found.value < found.high)[some].all()


def test_the_interval_is_that_of_the_gamma_posterior() -> None:
    law = Prior(mean=1.0, variance=0.25, events=100)
    found = smooth([6.0], [2.0], law)
    shape, rate = 4 + 6, 4 + 2
    assert found.value == pytest.approx([10 / 6])
    assert gamma_below(shape, found.low * rate) == pytest.approx([0.025], abs=1e-9)
    assert gamma_below(shape, found.high * rate) == pytest.approx([0.975], abs=1e-9)


def test_a_commune_without_residents_changes_nothing_for_others_and_has_the_mean() -> None:
    """Elsewhere one such commune made every rate of 35,000 unknown."""
    events, base = np.array([4.0, 9.0, 30.0, 1.0]), np.array([100.0, 150.0, 300.0, 90.0])
    without = smooth(events, base)
    found = smooth(np.append(events, 0.0), np.append(base, 0.0))
    assert found.value[:4].tolist() == without.value.tolist()
    assert found.high[:4].tolist() == without.high.tolist()
    assert found.value[4] == pytest.approx(fit(events, base).mean)
    assert found.low[4] < found.value[4] < found.high[4]
    assert not any(np.isnan(one).any() for one in found)


def test_areas_that_differ_by_chance_alone_all_have_the_mean() -> None:
    found = smooth([10.0, 20.0, 30.0], [100.0, 200.0, 300.0])
    assert found.value == pytest.approx([0.1] * 3)
    assert (found.low < 0.1).all()
    assert (found.high > 0.1).all()


def test_no_event_anywhere_is_a_rate_of_zero_with_an_upper_bound() -> None:
    found = smooth([0.0, 0.0], [100.0, 50.0])
    assert found.value.tolist() == [0, 0]
    assert found.low.tolist() == [0, 0]
    assert found.high == pytest.approx([3.688879454 / 150] * 2)


@pytest.mark.parametrize(
    ("events", "base", "message"),
    [
        ([1.0], [0.0], "nothing is expected"),
        ([1.0, 2.0], [1.0], "as many"),
        ([math.nan], [1.0], "missing"),
        ([1.0], [math.inf], "missing"),
        ([-1.0], [1.0], "negative"),
    ],
)
def test_what_cannot_be_smoothed_is_refused(
    events: list[float], base: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        smooth(events, base)


def local_slowly(events: list[float], base: list[float], near: list[list[int]]) -> list[float]:
    """The local estimator, one area at a time; empty places are left out of every neighbourhood."""
    whole = sum(events) / sum(base)
    found = []
    for place, others in enumerate(near):
        group = [one for one in [place, *others] if base[one] > 0]
        total = sum(base[one] for one in group)
        if not total:
            found.append(whole)
            continue
        mean = sum(events[one] for one in group) / total
        spread = sum(base[o] * (events[o] / base[o] - mean) ** 2 for o in group) / total
        variance = max(spread - mean / (total / len(group)), 0.0)
        if not base[place] or not mean:
            found.append(mean)
            continue
        weight = variance / (variance + mean / base[place])
        found.append(mean + (events[place] / base[place] - mean) * weight)
    return found


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from([0.0, 1.0, 20.0, 300.0])),
        min_size=1, max_size=15,
    ).filter(lambda rows: any(b for _, b in rows)),
    data=st.data(),
)  # fmt: skip
def test_local_rates_are_those_of_the_definition_and_never_unknown(
    rows: list[tuple[int, float]], data: st.DataObject
) -> None:
    base = [b for _, b in rows]
    events = [float(e) if b else 0.0 for e, b in rows]
    places = st.integers(0, len(rows) - 1)
    near = [sorted(data.draw(st.sets(places, max_size=5)) - {place}) for place in range(len(rows))]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in near])]).astype(np.int64)
    others = np.array([one for row in near for one in row], np.int64)
    found = smooth_locally(events, base, starts, others)
    assert not np.isnan(found).any()
    assert found == pytest.approx(local_slowly(events, base, near), rel=1e-9, abs=1e-12)


def test_an_empty_commune_does_not_spoil_its_neighbours() -> None:
    lat, lon = np.full(6, 50.0), 3.0 + np.arange(6) * 0.01
    starts, others = neighbours_within(lat, lon, 1.0)
    base = np.array([500.0, 400.0, 0.0, 300.0, 600.0, 200.0])
    events = np.array([5.0, 9.0, 0.0, 2.0, 12.0, 1.0])
    found = smooth_locally(events, base, starts, others)
    assert not np.isnan(found).any()
    assert found[2] == pytest.approx((9 + 2) / (400 + 300)), "the mean of its neighbours"


def test_neighbours_that_do_not_fit_are_refused() -> None:
    nobody = np.array([], np.int64)
    with pytest.raises(ValueError, match="starts"):
        smooth_locally([1.0], [1.0], np.array([0]), nobody)
    with pytest.raises(ValueError, match="nothing is expected"):
        smooth_locally([0.0], [0.0], np.array([0, 0]), nobody)
