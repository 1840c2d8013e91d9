"""The diagram: nothing overlaps, nothing leaves the sheet, all is said in words too."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.pathways.rules.arrows import arrows
from maillage.pathways.rules.drawing import draw, draw_alone
from maillage.pathways.rules.facts import Surroundings, VersionFacts
from maillage.pathways.rules.layout import (
    DETAIL_CHAR,
    NARROW,
    PADDING,
    PHONE,
    TITLE_CHAR,
    WIDE,
    Box,
    Layout,
    Shape,
    arrow_words,
    lay_out,
)
from tests.pathways.tables import DAY, around, clause, member, service, step, version, versions

STROKE = version(
    step(1, "EMERGENCY", "P", "direct"),
    step(2, "STROKE_UNIT", "R", "both"),
    step(3, "THROMBECTOMY", "F", back=1),
)
OFFER = around(
    service("nord", "EMERGENCY", "P"),
    service("est", "EMERGENCY", "P"),
    service("nord", "STROKE_UNIT", "R"),
    service("chu", "THROMBECTOMY", "F"),
    member("nord", "ght"),
    member("est", "ght"),
    clause("c1", "nord", "chu", "THROMBECTOMY"),
)
shapes = st.sampled_from([WIDE, NARROW])


def laid(of: VersionFacts, shape: Shape, offer: Surroundings = OFFER) -> Layout:
    return lay_out(of, arrows(of, offer, DAY), offer, shape)


def overlap(a: Box, b: Box) -> bool:
    across = a.x < b.x + b.width and b.x < a.x + a.width
    return across and a.y < b.bottom and b.y < a.bottom


def crosses(box: Box, start: tuple[int, int], end: tuple[int, int]) -> bool:
    """True when the segment goes through the inside of the box."""
    (x0, x1), (y0, y1) = sorted((start[0], end[0])), sorted((start[1], end[1]))
    return x0 < box.x + box.width and x1 > box.x and y0 < box.bottom and y1 > box.y


@given(versions, shapes)
def test_no_box_covers_another_and_all_stand_on_the_sheet(of: VersionFacts, shape: Shape) -> None:
    layout = laid(of, shape)
    assert [box.order for box in layout.boxes] == [s.order for s in of.steps]
    for rank, box in enumerate(layout.boxes):
        assert not any(overlap(box, other) for other in layout.boxes[rank + 1 :])
        assert 0 <= box.x <= box.x + box.width <= layout.width
        assert 0 <= box.y <= box.bottom <= layout.height


@given(versions, shapes)
def test_no_way_goes_through_a_box(of: VersionFacts, shape: Shape) -> None:
    layout = laid(of, shape)
    for line in layout.lines:
        for start, end in pairwise(line.corners):
            assert not any(crosses(box, start, end) for box in layout.boxes)
        assert all(0 <= x <= layout.width and 0 <= y <= layout.height for x, y in line.corners)


@given(versions, shapes)
def test_texts_fit_their_box(of: VersionFacts, shape: Shape) -> None:
    for box in laid(of, shape).boxes:
        room = box.width - 2 * PADDING
        assert all(len(words) * TITLE_CHAR <= room for words in box.title)
        assert all(len(words) * DETAIL_CHAR <= room for words in box.details)


@given(versions, shapes)
def test_ways_back_do_not_run_over_each_other(of: VersionFacts, shape: Shape) -> None:
    backs = [line.corners for line in laid(of, shape).lines if line.kind == "back"]
    assert len(backs) == sum(s.return_to is not None for s in of.steps)
    climbs = [(c[1][0], c[2][1], c[1][1]) for c in backs]
    for rank, (x, top, bottom) in enumerate(climbs):
        for other_x, other_top, other_bottom in climbs[rank + 1 :]:
            assert x != other_x or top > other_bottom or bottom < other_top


@given(versions, shapes)
def test_both_drawings_are_well_formed_and_have_no_style(of: VersionFacts, shape: Shape) -> None:
    layout = laid(of, shape)
    inside = draw(layout, title="Filière <d'essai>", prefix="d", css="diagram--wide")
    alone = draw_alone(layout, title='Filière "d\'essai" & <co>', note="Version 1")
    for text in (inside, alone):
        ElementTree.fromstring(text.encode())  # noqa: S314 - our own text
        assert "style=" not in text
        numbers = re.findall(r'(?<![-\w])(?:x|y|width|height|cx|cy)="([^"]*)"', text)
        assert all(re.fullmatch(r"\d+", number) for number in numbers)
    assert "class=" not in alone
    assert re.search(r'fill="#', alone)


def test_the_stroke_pathway_climbs_to_the_right() -> None:
    layout = laid(STROKE, WIDE)
    assert [box.x for box in layout.boxes] == sorted(box.x for box in layout.boxes)
    assert len({box.x for box in layout.boxes}) == 3
    assert [label.text for label in layout.labels if label.role == "column"] == [
        "Proximité", "Recours", "Référence",
    ]  # fmt: skip
    assert [line.kind for line in layout.lines] == [
        "entry",
        "move",
        "entry",
        "move",
        "back",
        "back",
    ]
    assert laid(STROKE, NARROW).width == PHONE  # a phone of 390 px less its margins


@pytest.mark.parametrize(
    ("order", "offer", "words"),
    [
        (2, OFFER, ("Par adressage", "Ght")),
        (3, OFFER, ("Par adressage", "Convention c1")),
        (3, around(*OFFER.services), ("Adressage sans accord", "")),
        (2, around(*OFFER.services),
         ("Aucun accord pour 1 hôpital", "Pour les autres : au sein du même hôpital")),
        (3, around(*OFFER.services[:2], OFFER.services[3]),
         ("Adressage sans accord", "personne ne tient l'étape d'avant")),
        (3, around(*OFFER.services, clause("c1", "nord", "chu", "THROMBECTOMY",
                                           days=(("2017-07-03", "2027-01-01"),))),
         ("Adressage : échéance proche", "Convention c1")),
    ],
)  # fmt: skip
def test_arrows_say_what_they_are_worth(
    order: int, offer: Surroundings, words: tuple[str, str]
) -> None:
    assert arrow_words(arrows(STROKE, offer, DAY)[order], offer) == words
