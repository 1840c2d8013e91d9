"""The checks that rooms share."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from maillage.exchange.checks import (
    not_exactly_one,
    overlapping_periods,
    unknown_references,
    wrong_periods,
    wrong_rows,
)
from maillage.exchange.tables import Row


def rows(*values: dict[str, Any]) -> list[Row]:
    return [Row(number, each) for number, each in enumerate(values, start=2)]


def test_unknown_references_suggest_the_nearest() -> None:
    found = list(
        unknown_references(
            rows({"site": "lens"}, {"site": None}, {"site": "lenz"}, {"site": ["lens", "douai"]}),
            "site",
            {"lens", "arras"},
            "site",
        )
    )
    assert [(p.row, p.column) for p in found] == [(4, "site"), (5, "site")]
    assert "vouliez-vous dire « lens »" in found[0].message
    assert "vouliez-vous" not in found[1].message


def test_an_end_comes_after_its_start() -> None:
    day = date(2026, 1, 1)
    found = wrong_periods(
        rows(
            {"du": day, "au": date(2026, 1, 2)},
            {"du": day, "au": day},
            {"du": day, "au": None},
            {"du": None, "au": day},
        ),
        "du",
        "au",
    )
    assert [p.row for p in found] == [3]


def day(number: int) -> date | None:
    return date(2026, 1, number) if number else None


@pytest.mark.parametrize(
    ("periods", "wrong"),
    [
        ([(1, 5), (5, 9)], []),
        ([(1, 5), (4, 9)], [3]),
        ([(4, 9), (1, 5)], [2]),
        ([(1, 0), (8, 9)], [3]),
        ([(0, 5), (4, 0)], [3]),
        ([(0, 5), (5, 0)], []),
        ([(1, 20), (2, 3), (4, 5)], [3, 4]),
        ([(1, 3), (2, 20), (19, 21)], [3, 4]),
        ([(0, 0), (0, 0)], [3]),
    ],
)
def test_periods_of_the_same_thing_do_not_overlap(
    periods: list[tuple[int, int]], wrong: list[int]
) -> None:
    values = [{"qui": "a", "du": day(first), "au": day(last)} for first, last in periods]
    found = overlapping_periods(rows(*values), ["qui"], "du", "au")
    assert [p.row for p in found] == wrong


def test_periods_of_different_things_may_overlap() -> None:
    values = [{"qui": name, "du": day(1), "au": None} for name in "ab"]
    assert not list(overlapping_periods(rows(*values), ["qui"], "du", "au"))


def test_one_column_and_one_only() -> None:
    found = not_exactly_one(
        rows({"a": 1, "b": None}, {"a": None, "b": None}, {"a": 1, "b": 2}), ["a", "b"]
    )
    assert [(p.row, p.column) for p in found] == [(3, "a"), (4, "b")]


def test_a_verdict_of_the_room_becomes_a_problem() -> None:
    found = wrong_rows(rows({"a": 1}, {"a": 2}), "a", lambda row: "non" if row["a"] == 2 else None)
    assert [(p.row, p.message) for p in found] == [(3, "non")]
