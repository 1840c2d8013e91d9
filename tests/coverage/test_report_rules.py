"""The calendar of holes, the maps of the printed page, and what a report ranks first."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from maillage.coverage.enums import CATEGORIES
from maillage.coverage.rules import pictures, report
from maillage.coverage.rules.communes_view import CommuneFigures
from maillage.territory.rules.maps import BaseMap, Mark, Shape
from maillage.territory.rules.outlines import read_path

SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)


def moments(*spans: tuple[datetime, datetime, float]) -> report.StepMoments:
    return report.StepMoments(
        starts=np.array([round(start.timestamp() * 1e6) for start, _, _ in spans]),
        ends=np.array([round(end.timestamp() * 1e6) for _, end, _ in spans]),
        shares=np.array([share for *_, share in spans]),
    )


def utc(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def test_a_hole_of_half_an_hour_shows_in_every_hour_that_it_touches() -> None:
    day = date(2027, 1, 4)
    # 18:45 to 19:15 in Paris.
    grid = report.hole_grid(
        [moments((utc(day, 17, 45), utc(day, 18, 15), 0.25))], day, day + timedelta(days=2)
    )
    assert grid.shape == (2, 24)
    assert {(int(d), int(h)) for d, h in np.argwhere(grid > 0)} == {(0, 18), (0, 19)}
    assert grid[0, 18] == 0.25


def test_the_worst_step_of_an_hour_is_kept() -> None:
    day = date(2027, 1, 4)
    steps = [moments((utc(day, 8), utc(day, 10), 0.2)), moments((utc(day, 9), utc(day, 11), 0.7))]
    grid = report.hole_grid(steps, day, day + timedelta(days=1))
    assert grid[0, 9:12].tolist() == [0.2, 0.7, 0.7]


def test_the_hour_that_clocks_skip_has_no_cell_and_the_repeated_one_takes_the_worst() -> None:
    spring = report.hole_grid([], SPRING, SPRING + timedelta(days=1))
    assert np.argwhere(np.isnan(spring)).tolist() == [[0, 2]]
    # The second pass of 2 h to 3 h only: 1 h to 2 h UTC.
    second = moments((utc(AUTUMN, 1), utc(AUTUMN, 2), 0.5))
    autumn = report.hole_grid([second], AUTUMN, AUTUMN + timedelta(days=1))
    assert autumn[0, 2] == 0.5
    assert np.nansum(autumn) == 0.5


def test_hours_with_a_hole_are_counted_once_and_exactly() -> None:
    day = date(2027, 1, 4)
    steps = [
        moments((utc(day, 8), utc(day, 10), 0.2), (utc(day, 12), utc(day, 12, 30), 0.1)),
        moments((utc(day, 9), utc(day, 11), 0.7)),
    ]
    found = report.hole_calendar(steps, day, day + timedelta(days=1))
    assert found["hours"] == round(3.5)
    assert found["of"] == 24
    assert report.hole_calendar([], SPRING, SPRING + timedelta(days=1))["of"] == 23


def test_usual_hours_are_said_by_kind_of_day_and_cross_midnight() -> None:
    grid = np.zeros((28, 24))
    monday = date(2027, 1, 4)
    for day in range(28):
        if day % 7 < 5:
            grid[day, 20:] = grid[day, :8] = 0.3
        if day % 7 == 6:
            grid[day] = 1.0
    grid[5, 12] = 0.4  # one Saturday out of four is not usual
    words = report.usual_hours(grid, monday)
    assert words == "en semaine de 20 h à 8 h, le dimanche toute la journée"
    assert report.usual_hours(np.zeros((28, 24)), monday) == ""
    grid[:, :] = 0
    grid[:, 18] = grid[:, 23] = 0.1
    assert report.usual_hours(grid, monday) == "tous les jours de 18 h à 19 h et de 23 h à 24 h"


def test_usual_hours_are_said_to_five_minutes() -> None:
    monday = date(2027, 1, 4)
    # Each Saturday from 9:00 to 12:30 in Paris, each Sunday from 18:35.
    spans = []
    for week in range(4):
        saturday, sunday = monday + timedelta(days=7 * week + 5), monday + timedelta(7 * week + 6)
        spans.append((utc(saturday, 8), utc(saturday, 11, 30), 0.5))
        spans.append((utc(sunday, 17, 35), utc(sunday, 23), 0.5))
    found = report.hole_calendar([moments(*spans)], monday, monday + timedelta(days=28))
    assert found["usual"] == "le samedi de 9 h à 12 h 30, le dimanche de 18 h 35 à 24 h"


def test_parts_of_hours_follow_the_clocks_when_they_change() -> None:
    second = moments((utc(AUTUMN, 1, 30), utc(AUTUMN, 2), 0.5))
    autumn = report.hole_grid([second], AUTUMN, AUTUMN + timedelta(days=1), parts=2)
    assert np.argwhere(autumn > 0).tolist() == [[0, 5]]
    spring = report.hole_grid([], SPRING, SPRING + timedelta(days=1), parts=2)
    assert np.argwhere(np.isnan(spring)).tolist() == [[0, 4], [0, 5]]


def test_the_calendar_draws_one_rectangle_for_hours_that_follow_each_other() -> None:
    grid = np.zeros((3, 24))
    grid[1, 8:18] = 0.6
    svg = pictures.calendar_picture(grid, date(2027, 1, 4), "Any")
    assert re.findall(r' d="(M2 40[^"]*)"', svg) == ["M2 40h2v50h-2z"]


# Maps


def shape(code: str, path: str, residents: int = 100) -> Shape:
    return Shape(
        code, f"Commune {code}", "59", "", residents, None, 50.3, 3.4, path, (0, 0, 400, 300)
    )


LEFT = "M0 0l203 2-1 301-202-3z"
RIGHT = "M203 2l199 0 2 298-202 3z"


def test_fewer_points_keep_borders_shared() -> None:
    base = pictures.simplify(BaseMap((shape("1", LEFT), shape("2", RIGHT)), ()))
    sides = []
    for one in base.shapes:
        ring = read_path(one.path)[0]
        sides.append({frozenset(pair) for pair in pairwise([*ring, ring[0]])})
        assert all(x % pictures.GRID == 0 and y % pictures.GRID == 0 for x, y in ring)
    assert len(sides[0] & sides[1]) == 1


@pytest.mark.parametrize(
    ("share", "css"),
    [(1.0, "q0"), (0.995, "q0"), (0.9949, "q1"), (0.95, "q1"), (0.75, "q2"), (0.5, "q3"),
     (0.4999, "q4"), (0.0, "q4"), (None, "none")],
)  # fmt: skip
def test_a_class_starts_at_its_limit(share: float | None, css: str) -> None:
    assert pictures.class_of(share) == css


def test_a_printed_map_stands_alone_and_escapes_names() -> None:
    base = BaseMap((shape("1", LEFT), shape("2", RIGHT)), ())
    marks = [Mark(50.3, 3.4, label='</text><script>"&')]
    svg = pictures.print_map(base, {"1": "q3", "2": "q3"}, marks, "Any")
    assert svg.count('class="q3"') == 1  # both communes in one path
    assert LEFT in svg
    assert RIGHT in svg
    assert "<script" not in svg
    assert 'xmlns="http://www.w3.org/2000/svg"' in svg
    assert "url(#p3)" in svg
    assert 'id="p3"' in svg


# Rankings


def figures(code: str, residents: float, late: float, hole: float) -> CommuneFigures:
    """One commune that is owed 10 hours, some of them late or without answer."""
    hours = dict.fromkeys(CATEGORIES, 0.0)
    hours["late"], hours["hole_no_agreement"] = residents * late, residents * hole
    hours["on_target"] = residents * (10 - late - hole)
    return CommuneFigures(code, residents, hours, 0.0, None, None, residents * 10)


def test_communes_come_in_the_order_of_their_page_as_long_as_somebody_waits() -> None:
    base = BaseMap(tuple(shape(code, LEFT) for code in ("a", "b", "c", "d")), ())
    ranked = [
        figures("a", 100, 9, 0), figures("c", 900, 0, 3), figures("b", 50, 0, 3),
        figures("d", 10, 0, 0),
    ]  # fmt: skip
    found = report._worst(base, ranked, 10)
    assert [row["name"][-1] for row in found] == ["a", "c", "b"]
    assert [row["reason"] for row in found] == [
        "Hors délai", "Pas de convention", "Pas de convention",
    ]  # fmt: skip
    assert found[1]["hole"] == 0.3
    assert [row["name"][-1] for row in report._worst(base, ranked, 2)] == ["a", "c"]


def test_a_fragile_point_of_several_steps_is_one_line() -> None:
    rows = [
        report.Exposure("avc", 1, "service", "s", "Urgences", "", 10.0),
        report.Exposure("avc", 2, "service", "s", "Urgences", "", 5.0),
        report.Exposure("avc", 2, "clause", "s", "Convention", "", 12.0),
    ]
    found: list[dict[str, Any]] = report._fragile(rows, 5)
    assert [(row["name"], row["steps"], row["person_hours"]) for row in found] == [
        ("Urgences", 2, 15.0),
        ("Convention", 1, 12.0),
    ]
