"""Pictures of flows: from homes to hospitals, who leaves each year, whom a hospital serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maillage.population.rules.numbers import NOT_TOLD, french
from maillage.population.rules.places_view import Bounds
from maillage.population.rules.table_view import bounds_words
from maillage.vocabulary.charts import HALF, NARROW, NO_CHART, Chart, draw_twice
from maillage.vocabulary.charts.bars import Bar, draw_bars
from maillage.vocabulary.charts.sankey import Link, Node, draw_sankey
from maillage.vocabulary.charts.trends import Series, YearValue, draw_trends

MOST_BOXES = 14
"""Boxes of a column; smaller ones are drawn together."""
NARROW_BOXES = 7
REST = "rest"
REST_LABEL = "Autres"
ROW_HEIGHT = 32.0
CSS = ("q2", "q4", "q5")

_Ribbon = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Flow:
    """Stays from a box (its key and label) to one of the next column; None: not told."""

    origin: str
    target: str
    label: str
    stays: int | None
    url: str = ""


def share_of(part: int | None, whole: int | None) -> str:
    """« 12,3 % », of numbers that are both shown."""
    if part is None or not whole:
        return NOT_TOLD
    return f"{french(100 * part / whole, 1)}\u00a0%"


def draw_flows(
    layers: Sequence[Sequence[Flow]],
    names: Sequence[Mapping[str, str]],
    *,
    heads: Sequence[str],
    title: str,
) -> Chart:
    """Columns of boxes under their ``heads``: the homes of the first layer, then what each layer
    leads to, whose ``names`` are given by key. Smaller boxes of the last one are drawn together.
    """
    if not any(flow.stays for layer in layers for flow in layer):
        return NO_CHART

    def draw(width: float) -> str:
        most = NARROW_BOXES if width <= NARROW else MOST_BOXES
        columns = [{flow.origin: flow.label for flow in layers[0]}, *names]
        return _draw(layers, columns, heads, title, width, most)

    note = "Un ruban : des séjours, d'où l'on vit à où l'on est soigné. Ce qui est n.c. manque."
    return draw_twice(title, draw, note=note)


def _draw(
    layers: Sequence[Sequence[Flow]],
    names: Sequence[Mapping[str, str]],
    heads: Sequence[str],
    title: str,
    width: float,
    most: int,
) -> str:
    known = [*names[:-1], {**names[-1], REST: REST_LABEL}]
    links = _links(layers, _joined(layers[-1], most))
    columns = []
    for rank, head in enumerate(heads):
        sizes = _sizes(links, rank)
        boxes = [
            Node(key, known[rank][key], f"{known[rank][key]} : {french(sizes[key])} séjours", css)
            for css in (CSS[rank],)
            for key in sorted(sizes, key=lambda one: (one == REST, -sizes[one], one))
        ]
        columns.append((head, boxes))
    drawn = [
        Link(
            rank,
            origin,
            target,
            float(stays),
            f"{known[rank][origin]} → {known[rank + 1][target]} : {french(stays)} séjours",
        )
        for (rank, origin, target), stays in links.items()
    ]
    tallest = max(len(boxes) for _, boxes in columns)
    height = max(300.0, tallest * ROW_HEIGHT)
    return draw_sankey(columns, drawn, title=title, width=width, height=height)


def _links(layers: Sequence[Sequence[Flow]], joined: Mapping[str, str]) -> dict[_Ribbon, int]:
    """Stays by rank, box and next box."""
    links: dict[_Ribbon, int] = {}
    for rank, layer in enumerate(layers):
        for flow in layer:
            if flow.stays:
                target = joined[flow.target] if rank == len(layers) - 1 else flow.target
                key = (rank, flow.origin, target)
                links[key] = links.get(key, 0) + flow.stays
    return links


def _sizes(links: Mapping[_Ribbon, int], rank: int) -> dict[str, int]:
    """How much enters or leaves each box of a column, the larger."""
    found: dict[str, dict[str, int]] = {"in": {}, "out": {}}
    for (layer, origin, target), stays in links.items():
        if layer == rank:
            found["out"][origin] = found["out"].get(origin, 0) + stays
        if layer == rank - 1:
            found["in"][target] = found["in"].get(target, 0) + stays
    keys = {**found["in"], **found["out"]}
    return {one: max(found["in"].get(one, 0), found["out"].get(one, 0)) for one in keys}


def _joined(layer: Sequence[Flow], most: int) -> dict[str, str]:
    """For each target, the box that it is drawn in: itself, or all the smaller ones together."""
    sizes: dict[str, int] = {}
    for flow in layer:
        sizes[flow.target] = sizes.get(flow.target, 0) + (flow.stays or 0)
    ordered = sorted(sizes, key=lambda one: (-sizes[one], one))
    kept = set(ordered if len(ordered) <= most else ordered[: most - 1])
    return {one: one if one in kept else REST for one in ordered}


def draw_leaving(
    lines: Sequence[tuple[str, Sequence[tuple[int, Bounds | None]]]], *, label: str
) -> Chart:
    """Shares of stays by year, in percent, with their interval."""
    title = f"Séjours ailleurs, {label}"
    series = [
        Series(
            name,
            tuple(
                YearValue(year, None)
                if one is None
                else YearValue(
                    year, one.value, one.low, one.high, f"{year} : {bounds_words(one, 1)} %, {name}"
                )
                for year, one in values
            ),
            is_main=True,
        )
        for name, values in lines
    ]
    return draw_twice(
        title,
        lambda width: draw_trends(series, title=title, unit="% des séjours", width=width),
        width=HALF,
    )


def draw_served(flows: Sequence[Flow], *, title: str) -> Chart:
    """Whom a hospital serves: stays by home."""
    bars = [
        Bar(
            flow.label,
            None if flow.stays is None else float(flow.stays),
            figures=NOT_TOLD if flow.stays is None else french(flow.stays),
            words=f"{flow.label} : "
            + ("non communiqué" if flow.stays is None else f"{french(flow.stays)} séjours"),
            url=flow.url,
        )
        for flow in flows
    ]
    if not any(bar.value for bar in bars):
        return NO_CHART
    return draw_twice(
        title,
        lambda width: draw_bars(bars, title=title, unit="séjours", width=width),
        width=HALF,
    )
