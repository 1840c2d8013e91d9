"""Labels that do not collide: each is tried on the sides of its mark, and left out when no side is
free. The first given are placed first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GLYPH = 0.56
"""Mean width of a letter over the size of the type (a sans-serif face)."""

GAP = 3.0
"""Between a mark and its label, for type of 13."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A mark of some radius (0: none is drawn) and the text to put beside it; the text may be
    empty: the mark still takes its room."""

    x: float
    y: float
    text: str
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class PlacedLabel:
    """Where a label goes: its base line, and which end of it is at ``x`` (start, middle, end)."""

    text: str
    x: float
    y: float
    anchor: str
    box: Box


def place_labels(
    items: Sequence[Labelled], width: float, height: float, size: float
) -> list[PlacedLabel]:
    """The labels that fit into the picture, over no mark and over no other label."""
    taken: list[Box] = [
        (i.x - i.radius, i.y - i.radius, i.x + i.radius, i.y + i.radius) for i in items if i.radius
    ]
    placed: list[PlacedLabel] = []
    for item in items:
        if not item.text:
            continue
        for label in _candidates(item, size):
            left, top, right, bottom = label.box
            inside = left >= 0 and top >= 0 and right <= width and bottom <= height
            if inside and not any(_overlap(label.box, box) for box in taken):
                taken.append(label.box)
                placed.append(label)
                break
    return placed


def _candidates(item: Labelled, size: float) -> Iterable[PlacedLabel]:
    """Right, left, above, below, then the corners; only the middle without a mark."""
    wide = len(item.text) * GLYPH * size
    rise, fall = 0.75 * size, 0.25 * size
    far = item.radius + GAP * size / 13
    middle = item.y + size * 0.35
    spots = (
        [
            ("start", item.x + far, middle),
            ("end", item.x - far, middle),
            ("middle", item.x, item.y - far - fall / 2),
            ("middle", item.x, item.y + far + rise),
            ("start", item.x + far * 0.7, item.y - far * 0.7),
            ("start", item.x + far * 0.7, item.y + far * 0.7 + rise),
            ("end", item.x - far * 0.7, item.y - far * 0.7),
            ("end", item.x - far * 0.7, item.y + far * 0.7 + rise),
        ]
        if item.radius
        else [("middle", item.x, middle)]
    )
    for anchor, x, y in spots:
        left = {"start": x, "middle": x - wide / 2, "end": x - wide}[anchor]
        yield PlacedLabel(item.text, x, y, anchor, (left, y - rise, left + wide, y + fall))


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
