"""The calendar of holes: weeks, changes of clocks, runs, holes, a week in figures, the drawing."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.coverage.rules.calendar_view import (
    Moment,
    clock_changes,
    cut,
    draw_calendar,
    grid_of_week,
    list_holes,
    list_mondays,
    make_runs,
    resident_class,
    run_in_words,
    sum_weeks,
)
from maillage.vocabulary.calendar import day_bounds, parse_instant

FIRST, LAST = date(2026, 11, 22), date(2026, 12, 7)  # a Sunday; a Monday, excluded
SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)


def moment(start: str, end: str, residents: float, reason: str = "hole_closed") -> Moment:
    by_category = {reason: residents} if residents else {}
    return Moment(parse_instant(start), parse_instant(end), residents, by_category)


def test_weeks_are_those_that_the_horizon_touches() -> None:
    assert list_mondays(FIRST, LAST) == [date(2026, 11, 16), date(2026, 11, 23), date(2026, 11, 30)]
    assert list_mondays(date(2026, 11, 23), date(2026, 11, 24)) == [date(2026, 11, 23)]


def test_clocks_change_twice_a_year_at_one_utc() -> None:
    assert clock_changes(date(2026, 7, 1), date(2027, 7, 1)) == [
        datetime(2026, 10, 25, 1, tzinfo=UTC),
        datetime(2027, 3, 28, 1, tzinfo=UTC),
    ]


def test_an_interval_is_cut_at_midnight_on_monday() -> None:
    start, end = parse_instant("2026-11-29 22:00"), parse_instant("2026-11-30 01:30")
    pieces = list(cut(start, end, []))
    assert [piece[:3] for piece in pieces] == [
        (date(2026, 11, 23), 6 * 1440 + 22 * 60, 7 * 1440),
        (date(2026, 11, 30), 0, 90),
    ]
    assert pieces[0][4] == pieces[1][3] == parse_instant("2026-11-30 00:00")


def test_the_skipped_hour_is_blank_and_the_repeated_one_drawn_twice() -> None:
    for day, expected in (
        (SPRING, [(0, 120), (180, 1440)]),
        (AUTUMN, [(0, 180), (120, 1440)]),
    ):
        changes = clock_changes(day, day + timedelta(days=1))
        sunday = 6 * 1440
        pieces = list(cut(*day_bounds(day), changes))
        assert [(start - sunday, end - sunday) for _, start, end, _, _ in pieces] == expected


@given(
    st.integers(0, 60 * 24 * 211),
    st.integers(1, 60 * 24 * 20),
)
def test_pieces_follow_each_other_without_gap(start: int, minutes: int) -> None:
    begins = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(minutes=start)
    ends = begins + timedelta(minutes=minutes)
    pieces = list(cut(begins, ends, clock_changes(date(2026, 9, 30), date(2027, 6, 1))))
    assert pieces[0][3] == begins
    assert pieces[-1][4] == ends
    for before, after in pairwise(pieces):
        assert before[4] == after[3]
    for monday, first, last, from_at, to_at in pieces:
        assert monday.isoweekday() == 1
        assert 0 <= first < last <= 7 * 1440
        assert (to_at - from_at).total_seconds() / 60 == last - first


def test_neighbours_of_one_class_make_one_run_that_names_the_worst_moment() -> None:
    runs = make_runs(
        [
            moment("2026-11-28 09:00", "2026-11-28 10:00", 1_200),
            moment("2026-11-28 10:00", "2026-11-28 12:30", 4_000, "hole_no_agreement"),
            moment("2026-11-28 12:30", "2026-11-28 13:00", 6_000),
            moment("2026-11-28 14:00", "2026-11-28 15:00", 0),
        ],
        FIRST,
        LAST,
    )
    assert [(run.css, run.residents, run.reason) for run in runs] == [
        ("q2", 4_000, "hole_no_agreement"),
        ("q3", 6_000, "hole_closed"),
        ("q0", 0, ""),
    ]
    assert runs[0].at == parse_instant("2026-11-28 10:00")
    assert run_in_words(runs[0]).replace("\u202f", " ") == (
        "samedi 28 novembre 2026, 9\u00a0h à 12\u00a0h\u00a030 : jusqu'à 4 "
        "000\u00a0habitants sans prise en charge "
        "(pas de convention)"
    )


def test_holes_join_what_touches_and_the_longest_comes_first() -> None:
    holes = list_holes(
        [
            moment("2026-11-28 09:00", "2026-11-28 10:00", 100),
            moment("2026-11-28 10:00", "2026-11-28 10:30", 400, "hole_no_agreement"),
            moment("2026-11-28 10:30", "2026-11-28 11:00", 0),
            moment("2026-11-29 09:00", "2026-11-30 09:00", 10),
        ]
    )
    assert [(hole.hours, hole.residents, hole.person_hours) for hole in holes] == [
        (24, 10, 240),
        (1.5, 400, 300),
    ]
    # 200 person-hours without agreement, 100 closed.
    assert holes[1].reason == "hole_no_agreement"
    assert holes[1].until == "10\u00a0h\u00a030"
    assert holes[0].until == "lundi 30 novembre 2026 à 9 h"


def test_totals_of_weeks_are_those_of_the_holes() -> None:
    moments = [
        moment("2026-11-29 22:00", "2026-11-30 02:00", 50),
        moment("2026-12-01 08:00", "2026-12-01 09:00", 0),
    ]
    weeks = sum_weeks(moments, FIRST, LAST)
    assert [(week.hours, week.person_hours, week.residents) for week in weeks] == [
        (0, 0, 0),
        (2, 100, 50),
        (2, 100, 50),
    ]
    assert sum(week.person_hours for week in weeks) == sum(
        h.person_hours for h in list_holes(moments)
    )


def test_a_cell_of_a_week_shows_the_most_of_its_hour() -> None:
    rows = grid_of_week(
        [
            moment("2026-11-28 09:00", "2026-11-28 09:30", 10),
            moment("2026-11-28 09:30", "2026-11-28 11:15", 70),
            moment("2026-11-28 12:00", "2026-11-28 13:00", 0),
        ],
        date(2026, 11, 23),
    )
    saturday = {hour: cells[5] for hour, cells in rows}
    assert saturday[9].residents == 70
    assert saturday[9].at == parse_instant("2026-11-28 09:30")
    assert saturday[10].at == parse_instant("2026-11-28 10:00")
    assert saturday[11].residents == 70
    assert saturday[12].residents == 0
    assert saturday[13].residents is None
    assert all(cells[0].residents is None for _, cells in rows)


@pytest.mark.parametrize(
    ("residents", "css"),
    [(0, "q0"), (1, "q1"), (999, "q1"), (1_000, "q2"), (499_999, "q5"), (4_000_000, "q6")],
)
def test_classes_of_residents(residents: float, css: str) -> None:
    assert resident_class(residents) == css


def test_the_drawing_has_one_link_by_run_and_by_week() -> None:
    runs = make_runs(
        [
            moment("2026-11-28 09:00", "2026-11-28 12:00", 1_200),
            moment("2026-11-28 12:00", "2026-11-28 18:00", 0),
            moment("2026-11-29 23:00", "2026-11-30 01:00", 1_200),
        ],
        FIRST,
        LAST,
    )
    svg = draw_calendar(
        runs,
        FIRST,
        LAST,
        link=lambda at: f"/heure?le={at:%d%H}&a=<b>",
        week_link=lambda monday: f"/semaine/{monday}",
        holidays=[date(2026, 11, 26), date(2027, 1, 1)],
        title="Trous <de> l'année",
    )
    assert svg.count("data-row=") == 3
    assert svg.count("/semaine/") == 3
    assert "&lt;de&gt;" in svg
    assert "<b>" not in svg
    assert svg.count('class="holiday"') == 1
    assert "style=" not in svg
    rows = [int(row) for row in re.findall(r'data-row="(\d+)"', svg)]
    assert sorted(rows) == [1, 1, 2]
