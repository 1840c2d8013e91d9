"""Flows from step to step (Sankey): columns of boxes, ribbons as wide as what they carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maillage.vocabulary.charts import marks

BOX = 14.0
GAP = 18.0
TOP = 26.0
SMALLEST = 2.0
"""A box or a ribbon is at least so thick, in pixels, however few it carries."""


@dataclass(frozen=True, slots=True)
class Node:
    """A box of a column; ``key`` is known once in its column."""

    key: str
    label: str
    words: str = ""
    css: str = "q4"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """What goes from a box of column ``rank`` to one of the next column."""

    rank: int
    origin: str
    target: str
    value: float
    words: str = ""


@dataclass(slots=True)
class _Box:
    node: Node
    x: float
    top: float
    height: float
    left_used: float = 0.0
    right_used: float = 0.0


def draw_sankey(
    columns: Sequence[tuple[str, Sequence[Node]]],
    links: Sequence[Link],
    *,
    title: str,
    width: float,
    height: float = 360.0,
) -> str:
    """Columns (name, boxes from top to bottom) and what flows between them. A box is as tall as
    the larger of what enters and what leaves. Links to unknown boxes are an error (KeyError);
    values are 0 or more. Empty when nothing flows."""
    if not columns or not any(link.value > 0 for link in links):
        return ""
    boxes, scale = _lay_out(columns, links, width, height)
    parts = [
        _ribbon(link, boxes, y1, y2, link.value * scale)
        for link, y1, y2 in _ends(links, boxes, scale)
    ]
    for rank, (name, _) in enumerate(columns):
        x = _left_of(rank, len(columns), width)
        anchor, place = _label_side(rank, len(columns), x)
        parts.append(marks.text(place, 14, name, "unit", anchor))
    for (rank, _key), box in boxes.items():
        drawn = marks.rectangle(box.x, box.top, BOX, box.height, f"bar {box.node.css}")
        anchor, place = _label_side(rank, len(columns), box.x)
        label = marks.shorten(box.node.label, _label_room(rank, len(columns), width))
        drawn += marks.text(place, box.top + box.height / 2 + 4, label, "name", anchor)
        words = box.node.words or box.node.label
        parts.append(marks.reached(drawn, words, url=box.node.url, css="row"))
    return marks.picture(title, width, height + 10, parts)


def _left_of(rank: int, count: int, width: float) -> float:
    """The left side of a column of boxes."""
    return (width - BOX) * rank / max(count - 1, 1)


def _label_side(rank: int, count: int, x: float) -> tuple[str, float]:
    """Names stand inside the picture: before the last column, after the others."""
    if rank and rank == count - 1:
        return "end", x - 6
    return "start", x + BOX + 6


def _label_room(rank: int, count: int, width: float) -> float:
    """Pixels of a name: the space to the next column; the last two columns share theirs."""
    between = (width - BOX * count) / max(count - 1, 1)
    return (between if rank < count - 2 else between / 2) - 10


def _lay_out(
    columns: Sequence[tuple[str, Sequence[Node]]],
    links: Sequence[Link],
    width: float,
    height: float,
) -> tuple[dict[tuple[int, str], _Box], float]:
    leaving: dict[tuple[int, str], float] = {}
    entering: dict[tuple[int, str], float] = {}
    for link in links:
        start, end = (link.rank, link.origin), (link.rank + 1, link.target)
        leaving[start] = leaving.get(start, 0.0) + link.value
        entering[end] = entering.get(end, 0.0) + link.value
    sizes = {
        (rank, node.key): max(
            leaving.get((rank, node.key), 0.0), entering.get((rank, node.key), 0.0)
        )
        for rank, (_, nodes) in enumerate(columns)
        for node in nodes
    }
    scale = min(
        (height - TOP - GAP * (len(nodes) - 1)) / total
        for rank, (_, nodes) in enumerate(columns)
        if (total := sum(sizes[rank, node.key] for node in nodes)) > 0
    )
    boxes: dict[tuple[int, str], _Box] = {}
    for rank, (_, nodes) in enumerate(columns):
        top = TOP
        for node in nodes:
            tall = max(sizes[rank, node.key] * scale, SMALLEST)
            boxes[rank, node.key] = _Box(node, _left_of(rank, len(columns), width), top, tall)
            top += tall + GAP
    return boxes, scale


def _ends(
    links: Sequence[Link], boxes: dict[tuple[int, str], _Box], scale: float
) -> list[tuple[Link, float, float]]:
    """Where each ribbon leaves and arrives, those of a box in the order of the boxes that they come
    from or go to, so that few of them cross; the largest first, to be drawn under the others."""
    leaves: dict[int, float] = {}
    arrives: dict[int, float] = {}
    carrying = [link for link in links if link.value > 0]
    for link in sorted(carrying, key=lambda one: boxes[one.rank + 1, one.target].top):
        box = boxes[link.rank, link.origin]
        leaves[id(link)] = box.top + box.right_used
        box.right_used += link.value * scale
    for link in sorted(carrying, key=lambda one: boxes[one.rank, one.origin].top):
        box = boxes[link.rank + 1, link.target]
        arrives[id(link)] = box.top + box.left_used
        box.left_used += link.value * scale
    ordered = sorted(carrying, key=lambda one: -one.value)
    return [(link, leaves[id(link)], arrives[id(link)]) for link in ordered]


def _ribbon(
    link: Link, boxes: dict[tuple[int, str], _Box], y1: float, y2: float, width: float
) -> str:
    thick = max(width, 0.5)
    x1 = boxes[link.rank, link.origin].x + BOX
    x2 = boxes[link.rank + 1, link.target].x
    middle = (x1 + x2) / 2
    n = marks.number
    drawn = (
        f'<path class="ribbon" d="M{n(x1)} {n(y1)}C{n(middle)} {n(y1)} {n(middle)} {n(y2)} '
        f"{n(x2)} {n(y2)}V{n(y2 + thick)}C{n(middle)} {n(y2 + thick)} {n(middle)} "
        f'{n(y1 + thick)} {n(x1)} {n(y1 + thick)}Z"/>'
    )
    return marks.reached(drawn, link.words or f"{link.origin} → {link.target}", focus=False)
