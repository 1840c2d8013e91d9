"""Measures of a proof: their parts, shares and numbers in words."""

from __future__ import annotations

import pytest

from maillage.coverage.enums import CATEGORIES, HOLES
from maillage.coverage.rules.measures import (
    MEASURES,
    NBSP,
    REASON_MEASURES,
    THIN,
    bands,
    find_measure,
    hours,
    large,
    percent,
    reasons,
    total,
)
from maillage.engines.routing import CATEGORIES as ENGINE_CATEGORIES


def values(**given: float) -> dict[str, float]:
    return {**dict.fromkeys(CATEGORIES, 0.0), **given}


def test_categories_are_those_of_the_engine() -> None:
    assert tuple(CATEGORIES) == tuple(ENGINE_CATEGORIES)


def test_the_four_parts_hold_every_category_once() -> None:
    many = values(**{name: 2.0**rank for rank, name in enumerate(CATEGORIES)})
    parts = bands(many)
    assert sum(part.value for part in parts) == sum(many.values())
    assert sum(part.share for part in parts) == pytest.approx(1)
    assert [part.level for part in parts] == ["ok", "limit", "late", "hole"]


def test_nothing_due_has_no_share() -> None:
    assert [part.share for part in bands(values())] == [0, 0, 0, 0]
    assert reasons(values()) == ()


def test_reasons_come_largest_first_and_only_those_that_count() -> None:
    found = reasons(values(on_target=70, hole_closed=10, hole_no_agreement=20))
    assert [(part.label, part.percent) for part in found] == [
        ("Pas de convention", f"20{NBSP}%"),
        ("Fermé, sans garde", f"10{NBSP}%"),
    ]


def test_every_reason_can_be_asked_of_the_map() -> None:
    assert {measure.categories[0] for measure in REASON_MEASURES} == set(HOLES)
    slugs = [measure.slug for measure in (*MEASURES, *REASON_MEASURES)]
    assert len(set(slugs)) == len(slugs)
    assert find_measure("sans-convention").categories == ("hole_no_agreement",)
    assert find_measure("rien-de-tel") is MEASURES[0]


def test_totals_add_up() -> None:
    assert total([values(late=1), values(late=2, on_target=5)]) == values(late=3, on_target=5)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.123, "12 %"),
        (0.0345, "3,5 %"),
        (0.0027, "0,27 %"),
        (0.00001, "< 0,01 %"),
        (0.9973, "99,73 %"),
        (0.99999, "> 99,99 %"),
    ],
)
def test_a_share_is_told_from_nothing_and_from_all(share: float, words: str) -> None:
    assert percent(share).replace(NBSP, " ") == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (35_123_456_789, "35,1 milliards"),
        (1_040_000, "1,04 million"),
        (-553_000_000, "\u2212553 millions"),
        (12_400, f"12{THIN}400"),
        (3.5, "3,5"),
        (0, "0"),
    ],
)
def test_large_numbers_are_said_in_words(number: float, words: str) -> None:
    assert large(number).replace(NBSP, " ") == words


@pytest.mark.parametrize(
    ("length", "words"),
    [(0.5, "30 min"), (3.5, "3 h 30"), (24, "24 h"), (76, "3 jours 4 h"), (48, "2 jours")],
)
def test_lengths(length: float, words: str) -> None:
    assert hours(length).replace(NBSP, " ") == words
