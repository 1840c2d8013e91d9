"""Charts as SVG markup: pure functions from values to marks with classes (decision 0022).

A chart is drawn twice, for a wide column and for a phone, and the style sheet shows one; the
template is ``portal/components/chart.html``. Classes are those of ``portal/charts.css``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

WIDE = 720
"""Width that a chart of a wide column is drawn for, in pixels; it never grows beyond."""

HALF = 540
"""Width of a chart that stands in half of a page."""

NARROW = 340
"""Width of a phone without its margins."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart. ``wide`` and ``narrow`` are safe markup; ``note`` says how to read it."""

    title: str
    wide: str
    narrow: str
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.wide)


def draw_twice(
    title: str, draw: Callable[[float], str], *, note: str = "", width: float = WIDE
) -> Chart:
    """The two layouts of a chart that ``draw`` draws for a width."""
    return Chart(title, draw(width), draw(NARROW), note)


NO_CHART = Chart("", "", "")
