"""Residents by age and sex: shares that add up, estimates that say so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.territory.rules.ages import (
    AgeTable,
    Band,
    all_ages,
    band_label,
    describe,
    estimate_bands,
    share_out,
    with_sexes,
    women_per_thousand,
)

weights = st.lists(st.integers(0, 300_000), min_size=1, max_size=60)


@given(st.integers(0, 3_000_000), weights)
def test_shares_add_up_exactly_and_stay_near_their_quota(total: int, parts: list[int]) -> None:
    shares = share_out(total, parts)
    whole = sum(parts)
    if whole == 0:
        assert shares == [0] * len(parts)
        return
    assert sum(shares) == total
    assert all(
        abs(got * whole - total * part) < whole for got, part in zip(shares, parts, strict=True)
    )


@given(st.integers(0, 300_000), st.lists(st.integers(0, 200_000), min_size=1, max_size=20))
def test_an_estimate_adds_up_to_the_residents(residents: int, counts: list[int]) -> None:
    bands = [Band(5 * i, 5 * i + 5, "", count) for i, count in enumerate(counts)]
    sexed, estimated = with_sexes(bands)
    assert estimated
    assert sum(band.count for band in sexed) == sum(counts)
    found = estimate_bands(residents, sexed)
    assert sum(band.count for band in found) == (residents if sum(counts) else 0)


def test_measured_sexes_are_kept_and_missing_ones_are_estimated() -> None:
    bands = [
        Band(0, 20, "F", 10),
        Band(0, 20, "M", 30),
        Band(0, 20, "", 999),
        Band(20, None, "", 1000),
    ]
    sexed, estimated = with_sexes(bands)
    assert estimated
    assert sexed[:2] == [Band(0, 20, "F", 10), Band(0, 20, "M", 30)]
    share = women_per_thousand(20, None)
    assert sexed[2:] == [Band(20, None, "F", share), Band(20, None, "M", 1000 - share)]
    assert with_sexes(bands[:2])[1] is False


def test_women_are_more_numerous_with_age() -> None:
    shares = [women_per_thousand(age, age + 5) for age in range(0, 95, 5)]
    assert shares == sorted(shares)
    assert women_per_thousand(95, None) > women_per_thousand(90, 95)


@pytest.mark.parametrize(
    ("low", "high", "label"),
    [
        (0, 5, "moins de 5 ans"),
        (0, 1, "moins d'un an"),
        (5, 10, "5 à 9 ans"),
        (17, 18, "17 ans"),
        (95, None, "95 ans et plus"),
        (0, None, "tous âges"),
    ],
)
def test_labels_of_bands(low: int, high: int | None, label: str) -> None:
    assert band_label(low, high) == label


def table(bands: tuple[Band, ...], *, estimated: bool = True) -> AgeTable:
    return AgeTable(bands, estimated, True, "INSEE", None, 2023)


def test_the_share_of_the_old_cuts_bands_evenly() -> None:
    found = table((Band(0, 60, "F", 50), Band(60, 80, "F", 40), Band(80, None, "M", 10)))
    assert found.share_from(60) == pytest.approx(0.5)
    assert found.share_from(70) == pytest.approx(0.3)
    assert found.share_from(90) == pytest.approx(0.05)
    assert table(()).share_from(60) == 0


def test_rows_put_both_sexes_on_one_line() -> None:
    found = table((Band(0, 60, "F", 50), Band(0, 60, "M", 49), Band(60, None, "F", 1)))
    assert [(row.label, row.women, row.men, row.total) for row in found.rows()] == [
        ("moins de 60 ans", 50, 49, 99),
        ("60 ans et plus", 1, 0, 1),
    ]
    assert (found.women, found.men, found.total) == (51, 49, 100)


def test_the_sentence_says_what_is_estimated() -> None:
    bands = (Band(0, 60, "F", 50), Band(60, None, "M", 49))
    assert "Estimation" in describe(table(bands))
    assert "Estimation" not in describe(table(bands, estimated=False))
    assert "ne sont pas connus" in describe(table(all_ages(10)))
    assert describe(AgeTable(bands, False, False, "INSEE", None, 2023)) == ""


@given(st.integers(0, 1_000_000))
def test_without_ages_all_residents_are_there(residents: int) -> None:
    assert sum(band.count for band in all_ages(residents)) == residents
