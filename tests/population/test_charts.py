"""Charts: a value lands where its tick says, intervals hold their value, nothing leaves the
picture, nothing has a colour or a style of its own."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

import maillage.portal
from maillage.population.rules.funnel_chart import Limit, Point, draw_funnel
from maillage.vocabulary.charts import NARROW, WIDE, draw_twice
from maillage.vocabulary.charts.bars import Bar, PyramidRow, draw_bars, draw_pyramid
from maillage.vocabulary.charts.dots import Average, Dot, draw_dots
from maillage.vocabulary.charts.marks import shorten, tick_words
from maillage.vocabulary.charts.sankey import Link, Node, draw_sankey
from maillage.vocabulary.charts.scales import (
    Scale,
    linear_scale,
    linear_ticks,
    log_scale,
    ratio_scale,
    ticks_of,
)
from maillage.vocabulary.charts.trends import Series, YearValue, draw_spark, draw_trends

DOTS = [
    Dot("Secteur d'Avesnes <b>", 1.4, 1.1, 1.8, "above", "1,40 (1,10 à 1,80)", "Avesnes", "/a"),
    Dot("Secteur de Fourmies", 0.7, 0.02, 30.0, "same", "0,70"),
    Dot("Secteur du Quesnoy", None),
    Dot("Secteur de Caudry et de tous les villages voisins", 0.5, 0.4, 0.6, "below", "0,50"),
]
POINTS = [
    Point("Anzin", 40.0, 1.6, 2, "Anzin : 1,60", "/anzin"),
    Point("Trélon", 12.0, 0.0, 0, "Trélon : 0", "/trelon"),
    Point("Maubeuge", 300.0, 0.7, 1, "Maubeuge : 0,70", "/maubeuge"),
]
LIMITS = [
    Limit(float(e), 1 - 2 / e**0.5, 1 + 2 / e**0.5, 1 - 3 / e**0.5, 1 + 3 / e**0.5)
    for e in (12, 20, 50, 100, 300)
]
TRENDS = [
    Series(
        "Fourmies",
        tuple(
            YearValue(year, value, low, high, f"{year} : {value}")
            for year, value, low, high in (
                (2021, 10.0, 8.0, 12.0),
                (2022, None, None, None),
                (2023, 11.0, 9.0, 13.0),
                (2024, 12.0, 10.0, 14.0),
                (2025, 12.1, 10.0, 14.5),
            )
        ),
        is_main=True,
    ),
    Series("Territoire", tuple(YearValue(y, 12.0) for y in range(2021, 2026)), is_average=True),
]


def dots(width: float) -> str:
    return draw_dots(
        DOTS, title="Par secteur", unit="rapport", average=Average(1.0, "moyenne"), is_ratio=True,
        width=width,
    )  # fmt: skip


def funnel(width: float) -> str:
    return draw_funnel(POINTS, LIMITS, title="Entonnoir", unit="cas attendus", width=width)


def trends(width: float) -> str:
    return draw_trends(TRENDS, title="Évolution", unit="pour 1 000", width=width)


def bars(width: float) -> str:
    return draw_bars(
        [Bar("Hommes", 30.0, "30"), Bar("Femmes", None), Bar("Tous", 20.0, "20", low=15, high=25)],
        title="Barres", unit="personnes", width=width,
    )  # fmt: skip


def pyramid(width: float) -> str:
    rows = [PyramidRow("80 ans et plus", 20.0, 45.0), PyramidRow("0-17 ans", None, 80.0)]
    return draw_pyramid(
        rows, title="Âges", sides=("Hommes", "Femmes"), unit="personnes", width=width
    )


def sankey(width: float) -> str:
    columns = [
        ("Domicile", [Node("a", "Avesnois")]),
        ("Séjour", [Node("x", "Proche"), Node("y", "CHU")]),
    ]
    return draw_sankey(
        columns, [Link(0, "a", "x", 30.0), Link(0, "a", "y", 10.0)], title="Flux", width=width
    )


def read(drawn: str) -> ET.Element:
    return ET.fromstring(drawn)  # noqa: S314 - our own markup


ALL: list[Callable[[float], str]] = [dots, funnel, trends, bars, pyramid, sankey]


@pytest.mark.parametrize("draw", ALL)
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_chart_is_sound_markup_within_its_frame(
    draw: Callable[[float], str], width: float
) -> None:
    root = read(draw(width))
    across, down = (float(v) for v in root.attrib["viewBox"].split()[2:])
    assert across == width
    assert root.attrib["role"] == "group"
    assert root.attrib["aria-label"]
    for mark in root.iter():
        for name, edge in (("x", across), ("cx", across), ("y", down), ("cy", down)):
            if name in mark.attrib:
                assert 0 <= float(mark.attrib[name]) <= edge
        for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", mark.attrib.get("d", "")):
            assert -8 <= float(x) <= across + 8
            assert -8 <= float(y) <= down + 8


@pytest.mark.parametrize("draw", ALL)
def test_no_mark_has_a_colour_or_a_style(draw: Callable[[float], str]) -> None:
    drawn = draw(WIDE)
    for name in ("style", "fill", "stroke", "onclick", "color"):
        assert f" {name}=" not in drawn
    assert "#" not in re.sub(r"&#\w+;", "", drawn)


def test_every_class_is_in_the_style_sheet() -> None:
    folder = Path(maillage.portal.__file__).parent / "static/portal"
    css = (folder / "charts.css").read_text(encoding="utf-8")
    bare = {"row", "chart-text", "name", "out", "out--1", "out--2"}
    for draw in ALL:
        for found in re.findall(r'class="([^"]*)"', draw(WIDE)):
            for name in set(found.split()) - bare:
                assert f".{name}" in css, name


def test_a_dot_lands_where_the_axis_says() -> None:
    root = read(draw_dots([Dot("A", 20.0), Dot("B", 40.0)], title="", unit="", width=WIDE))
    centres = [float(one.attrib["cx"]) for one in root.iter("circle")]
    ticks = {
        one.text: float(one.attrib["x"])
        for one in root.iter("text")
        if "tick" in one.attrib["class"]
    }
    assert centres == pytest.approx([ticks["20"], ticks["40"]], abs=4)


def test_the_interval_holds_the_value_and_ends_on_an_arrow_when_it_leaves_the_axis() -> None:
    root = read(dots(WIDE))
    row = next(one for one in root if "Fourmies" in one.attrib.get("aria-label", ""))
    spans = [one.attrib["d"] for one in row.iter("path") if "interval" in one.attrib["class"]]
    assert len(spans) == 3, "the line, and an arrow at each end"
    x1, x2 = (float(pair.split()[0]) for pair in spans[0][1:].split("L"))
    centre = float(next(one.attrib["cx"] for one in row.iter("circle")))
    assert x1 < centre < x2


def test_what_is_not_communicated_has_a_row_and_no_mark() -> None:
    root = read(dots(WIDE))
    row = next(one for one in root if "Quesnoy" in one.attrib.get("aria-label", ""))
    assert "n.c." in row.attrib["aria-label"]
    assert not list(row.iter("circle"))
    assert any("untold" in one.attrib.get("class", "") for one in row.iter("path"))


def test_names_that_people_type_are_escaped_and_marks_say_what_they_are() -> None:
    drawn = dots(WIDE)
    assert "<b>" not in drawn
    assert 'href="/a" aria-label="Avesnes" data-tip="Avesnes"' in drawn
    assert drawn.count("tabindex=") == len(DOTS) - 1, "rows without a page take the keyboard too"


def test_form_says_which_side_without_colour() -> None:
    root = read(dots(WIDE))
    kinds = {one.attrib["class"]: one.tag for one in root.iter() if "mark " in one.get("class", "")}
    assert kinds == {
        "mark mark--above": "path", "mark mark--same": "circle", "mark mark--below": "path",
    }  # fmt: skip


def test_the_funnel_reaches_by_keyboard_what_chance_does_not_explain() -> None:
    root = read(funnel(WIDE))
    links = list(root.iter("a"))
    reached = [one.attrib["aria-label"] for one in links if "aria-label" in one.attrib]
    assert reached == ["Maubeuge : 0,70", "Anzin : 1,60"]
    inside = [one for one in links if one.attrib.get("tabindex") == "-1"]
    assert len(inside) == 1
    said = {one.text for one in root.iter("text")}
    assert {"Anzin", "Maubeuge"} <= said
    assert "Trélon" not in said


def test_the_funnel_narrows() -> None:
    root = read(funnel(WIDE))
    upper = next(one for one in root if one.attrib.get("class") == "limit limit--95")
    heights = [float(pair.split()[1]) for pair in upper.attrib["d"][1:].split("L")]
    assert heights == sorted(heights), "the limit comes down to the average as cases grow"


def test_a_year_that_is_not_communicated_breaks_the_line() -> None:
    root = read(trends(WIDE))
    lines = [one for one in root.iter("path") if one.attrib["class"] == "trend trend--main"]
    assert [one.attrib["d"].count("L") for one in lines] == [0, 2]
    assert sum(one.attrib["class"] == "band" for one in root.iter("path")) == 1
    assert any("interval" in one.attrib["class"] for one in root.iter("path"))


def test_names_of_lines_do_not_touch() -> None:
    root = read(trends(WIDE))
    places = sorted(
        float(one.attrib["y"]) for one in root.iter("text") if "name" in one.attrib["class"]
    )
    assert places[1] - places[0] >= 15


def test_a_spark_needs_two_years() -> None:
    assert draw_spark(TRENDS[0].values[:2], title="") == ""
    assert read(draw_spark(TRENDS[0].values, title="")).attrib["aria-hidden"] == "true"


def test_ribbons_fill_the_sides_of_their_box() -> None:
    root = read(sankey(WIDE))
    boxes = [float(one.attrib["height"]) for one in root.iter("rect")]
    assert boxes[0] == pytest.approx(boxes[1] + boxes[2], abs=0.3)
    starts = [
        [float(v) for v in re.findall(r"-?[\d.]+", one.attrib["d"])]
        for one in root.iter("path")
        if one.attrib["class"] == "ribbon"
    ]
    thick = sorted(values[-1] - values[1] for values in starts)
    assert thick == pytest.approx([boxes[0] / 4, boxes[0] * 3 / 4], abs=0.3)


@pytest.mark.parametrize(
    "drawn",
    [
        draw_dots([], title="", unit="", width=WIDE),
        draw_funnel([], [], title="", unit="", width=WIDE),
        draw_trends([], title="", unit="", width=WIDE),
        draw_bars([], title="", unit="", width=WIDE),
        draw_pyramid([], title="", sides=("", ""), unit="", width=WIDE),
        draw_sankey([], [], title="", width=WIDE),
    ],
)
def test_nothing_to_draw_draws_nothing(drawn: str) -> None:
    assert drawn == ""


def test_values_all_zero_still_have_an_axis() -> None:
    root = read(draw_dots([Dot("A", 0.0, 0.0, 0.0)], title="", unit="", width=WIDE))
    assert next(one.text for one in root.iter("text") if "tick" in one.attrib["class"]) == "0"


def test_a_chart_has_two_layouts() -> None:
    chart = draw_twice("Par secteur", dots, note="Comment lire.")
    assert bool(chart)
    assert f'viewBox="0 0 {WIDE} ' in chart.wide
    assert f'viewBox="0 0 {NARROW} ' in chart.narrow


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 10, (0, 2, 4, 6, 8, 10)), (0, 0.3, (0, 0.1, 0.2, 0.3)), (3, 3, (3,))],
)
def test_ticks_are_round(low: float, high: float, expected: tuple[float, ...]) -> None:
    assert linear_ticks(low, high) == expected


def test_scales_hold_their_values_and_ratios_are_even() -> None:
    scale = linear_scale([3.0, 87.0], 0, 100)
    assert (scale.low, scale.high) == (0.0, 100.0)
    ratios = ratio_scale([0.5, 2.0], 0, 100)
    assert ratios.at(1.0) - ratios.at(0.5) == pytest.approx(ratios.at(2.0) - ratios.at(1.0))
    assert ratio_scale([0.0, 1e9], 0, 100).high == 8.0
    assert Scale(0, 1, 0, 10).at(5) == 10, "held at the end of the axis"
    cases = log_scale([11.0, 800.0], 0, 100)
    assert cases.shows(11.0)
    assert cases.shows(800.0)
    assert set(ticks_of(cases)) <= {10.0, 20.0, 50.0, 100.0, 200.0, 500.0}


def test_axes_are_written_in_french_without_idle_zeros() -> None:
    assert tick_words([0.5, 1.0, 1.25]) == ["0,5", "1", "1,25"]
    assert tick_words([0, 5000, 10000]) == ["0", "5\u202f000", "10\u202f000"]


def test_long_names_are_shortened() -> None:
    assert shorten("Secteur de Caudry", 60) == "Secteur…"
    assert shorten("Anzin", 60) == "Anzin"
