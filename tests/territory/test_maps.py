"""Drawn maps: valid markup, classes, frames, labels that do not collide."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.territory.rules import outlines
from maillage.territory.rules.labels import Labelled, place_labels
from maillage.territory.rules.maps import (
    BaseMap,
    Border,
    LegendEntry,
    Mark,
    Shape,
    Way,
    classify,
    draw_map,
    town_labels,
)
from tests.territory.conftest import square

SVG = "{http://www.w3.org/2000/svg}"


def shape(code: str, name: str, west: float, *, people: int = 100, outline: bool = True) -> Shape:
    rings = outlines.to_map_rings([[tuple(square(west, 50.0))]])
    return Shape(
        code=code,
        name=name,
        department="59",
        epci="200000016",
        residents=people,
        area_km2=80.0 if outline else None,
        latitude=50.05,
        longitude=west + 0.05,
        path=outlines.write_path(rings) if outline else "",
        box=tuple(outlines.bounding_box(rings)) if outline else (),
    )


BASE = BaseMap(
    (
        shape("59001", "Aubois", 3.0, people=1000),
        shape("59002", "Breuil « l'Œuvre » <b>", 3.1, people=10),
        shape("59003", "Dornes", 3.4, outline=False),
    ),
    (Border("200000016", "Communauté", "M0 0l1 0 0 1z"),),
)


def parse(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(  # noqa: S314 - our own markup
        svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    )


def test_a_map_is_valid_markup_without_style_or_script() -> None:
    view = draw_map(BASE, title='Carte "une" & <deux>', link="/communes/{code}", marks=[
        Mark(50.05, 3.2, label="Hôpital <d'ici>", url="/sites/1?a=1&b=2", tip='Le "tip"')
    ])  # fmt: skip
    root = parse(view.svg)
    assert root.get("aria-label") == 'Carte "une" & <deux>'
    names = [element.get("data-tip") for element in root.iter(f"{SVG}a")]
    assert names == ["Aubois", "Breuil « l'Œuvre » <b>", "Dornes", 'Le "tip"']
    assert "style=" not in view.svg
    assert "<script" not in view.svg
    assert " on" not in view.svg.replace(" on ", "")


def test_communes_take_their_class_or_the_default_one() -> None:
    view = draw_map(BASE, title="x", classes={"59001": "hole"}, default_class="none")
    root = parse(view.svg)
    assert [path.get("class") for path in root.iter(f"{SVG}path")] == ["hole", "none", "group"]
    assert [dot.get("class") for dot in root.iter(f"{SVG}circle")] == ["commune none"]
    assert view.missing_outlines == 1


def test_only_an_interactive_map_takes_the_keyboard() -> None:
    silent = parse(draw_map(BASE, title="x", link="/communes/{code}").svg)
    links = list(silent.iter(f"{SVG}a"))
    assert links[0].get("href") == "/communes/59001"
    assert {link.get("tabindex") for link in links} == {"-1"}
    assert silent.find(f"{SVG}g").get("aria-hidden") == "true"  # type: ignore[union-attr]
    live = parse(draw_map(BASE, title="x", link="/communes/{code}", interactive=True).svg)
    links = list(live.iter(f"{SVG}a"))
    assert {link.get("tabindex") for link in links} == {None}
    assert links[0].get("aria-label") == "Aubois"
    assert live.find(f"{SVG}g").get("aria-hidden") is None  # type: ignore[union-attr]


def test_focusable_communes_without_a_page_are_announced() -> None:
    """Paths that the keyboard reaches must not be hidden from those who listen."""
    root = parse(draw_map(BASE, title="x", interactive=True).svg)
    group = root.find(f"{SVG}g")
    assert group is not None
    assert group.get("aria-hidden") is None
    assert group[0].get("tabindex") == "0"


def test_everything_stands_inside_the_picture() -> None:
    far = Mark(50.6, 4.0, label="Loin")
    view = draw_map(BASE, title="x", marks=[far], ways=[Way(((50.05, 3.05), (49.6, 3.0)))])
    root = parse(view.svg)
    _, _, width, height = (float(part) for part in (root.get("viewBox") or "").split())
    circles = [c for c in root.iter(f"{SVG}circle") if "site" in (c.get("class") or "")]
    assert len(circles) == 1
    assert 0 <= float(circles[0].get("cx", "nan")) <= width
    assert 0 <= float(circles[0].get("cy", "nan")) <= height
    ways = [p.get("d") for p in root.iter(f"{SVG}path") if "way" in (p.get("class") or "")]
    assert len(ways) == 2
    for pair in (ways[0] or "M0 0").removeprefix("M").split(" "):
        assert -1 <= float(pair) <= max(width, height)


def test_a_picture_that_fits_some_places_leaves_far_communes_out() -> None:
    wide = BaseMap((*BASE.shapes, shape("62001", "Lointaine", 6.0)))
    view = draw_map(wide, title="x", fit=[(50.05, 3.05), (50.05, 3.15)])
    assert "Aubois" in view.svg
    assert "Lointaine" not in view.svg


def test_an_empty_map_is_still_a_picture() -> None:
    assert parse(draw_map(BaseMap(()), title="rien").svg).tag == f"{SVG}svg"


def test_classes_start_at_their_limits_and_the_legend_counts() -> None:
    values = {"59001": 1000.0, "59002": 999.9, "59003": None}
    classes, legend = classify(BASE, values, (0, 500, 1000))
    assert classes == {"59001": "q2", "59002": "q1", "59003": "none"}
    assert legend == (
        LegendEntry("q1", "500 à 1\u202f000", 1),
        LegendEntry("q2", "1\u202f000 et plus", 1),
        LegendEntry("none", "non connu", 1),
    )


def test_the_largest_communes_are_named_first() -> None:
    assert [mark.label for mark in town_labels(BASE, 2)] == ["Aubois", "Dornes"]


items = st.lists(
    st.builds(
        Labelled,
        x=st.floats(0, 800),
        y=st.floats(0, 500),
        text=st.text("abcé -", min_size=1, max_size=25),
        radius=st.sampled_from([0.0, 6.0, 8.0]),
    ),
    max_size=40,
)


@given(items)
def test_labels_never_collide_nor_leave_the_picture(found: list[Labelled]) -> None:
    placed = place_labels(found, 800, 500, 13)
    boxes = [label.box for label in placed]
    boxes += [
        (i.x - i.radius, i.y - i.radius, i.x + i.radius, i.y + i.radius) for i in found if i.radius
    ]
    labels = len(placed)
    for number, one in enumerate(boxes[:labels]):
        assert one[0] >= 0
        assert one[1] >= 0
        assert one[2] <= 800
        assert one[3] <= 500
        for other in boxes[number + 1 :]:
            apart = (
                one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]
            )
            assert apart


def test_a_lone_mark_has_its_label_on_the_right() -> None:
    (label,) = place_labels([Labelled(100, 100, "Lens", 6)], 800, 500, 13)
    assert label.anchor == "start"
    assert label.x == pytest.approx(109)
