"""Small counts of people are not shown, and cannot be computed back from what is shown.

The norm of French health data: no cell that concerns fewer than eleven patients or stays (ATIH,
ScanSanté, at the request of the CNIL; CASD, rules for outputs of June 2022; order of 6 May 2024 on
the security of the SNDS). Every screen, chart and file that shows counts of people passes through
this module; nothing else of the product decides what is hidden.

What is protected is a table of counts (:class:`Counts`): rows that may nest (hospital, then its
lines), plain columns, and every margin: the total of each row, column and group of rows.

- *Primary*: a cell or a margin from 1 to ``THRESHOLD - 1`` is hidden. A zero is shown: it concerns
  nobody (``Zeros.HIDDEN`` hides zeros like small counts, for a trait that nobody must be known to
  lack).
- *Secondary*: other cells are hidden until, for each cell hidden as small, **every value that a
  small count may have is still possible, and the threshold itself**, for a reader who knows all
  that is shown. Hidden cells of both sorts look the same: it is not even sure which are small.

Why that is sure. The sums of such a table are the balances of a flow network: one node for each
sum, one arc for each cell (:func:`_arcs`). What a reader does not know is the flow on the hidden
arcs; what can be deduced of one cell is exactly how far its flow may move with all balances kept,
and that is a maximum flow (Ford and Fulkerson; integral, so each value between is possible too).
:func:`protect` sends that flow: along hidden arcs when they suffice, else it hides the cheapest
others that let it pass. Hiding more never narrows what is possible, so one visit of each small cell
is enough. The method is that of complementary suppression by network flow (Cox, Journal of the
American Statistical Association, 1995; Hundepool and others, Statistical Disclosure Control, 2012).

What is not covered: tables of the same people that overlap otherwise than by shared margins (give
these in ``known``), periods that overlap (publish periods that do not), what a reader knows from
elsewhere, and what running the choice of secondary cells backwards might exclude.
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from itertools import count
from typing import NamedTuple

THRESHOLD = 11
"""The smallest count of people that is shown."""

ALL = ""
"""The row, or the column, of totals."""

MASK = "n.c."
"""What stands in place of a hidden number: « non communiqué »."""

Cell = tuple[str, str]
"""A row and a column."""


class Zeros(Enum):
    """What becomes of cells that concern nobody."""

    SHOWN = "shown"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class Counts:
    """A table of counts of people: one number for each row without children and column (missing:
    zero). ``parents`` gives the row above each row; a row that it lacks stands under the total.
    Names of rows and columns are keys, never :data:`ALL`."""

    columns: Sequence[str]
    cells: Mapping[Cell, int]
    parents: Mapping[str, str] = field(default_factory=dict)

    def rows(self) -> tuple[list[str], dict[str, list[str]]]:
        """Rows without children, and the children of every other row, the total among them."""
        names = dict.fromkeys([*(row for row, _ in self.cells), *self.parents])
        children: dict[str, list[str]] = defaultdict(list)
        seen: set[str] = set()
        waiting = list(names)
        while waiting:
            row = waiting.pop(0)
            if row not in seen:
                seen.add(row)
                above = self.parents.get(row, ALL)
                children[above].append(row)
                if above != ALL:
                    waiting.append(above)
        return [row for row in names if row not in children], dict(children)

    def totals(self) -> dict[Cell, int]:
        """Every cell and every margin. Raises ``ValueError`` when a row with children has cells of
        its own: they would be in no sum."""
        leaves, children = self.rows()
        if wrong := {row for row, _ in self.cells} & set(children):
            raise ValueError(f"rows with children hold no cell: {sorted(wrong)}")
        found: dict[Cell, int] = defaultdict(int)
        for leaf in leaves:
            lineage = [leaf]
            while lineage[-1] != ALL:
                lineage.append(self.parents.get(lineage[-1], ALL))
            for column in self.columns:
                value = self.cells.get((leaf, column), 0)
                for row in lineage:
                    found[row, column] += value
                    found[row, ALL] += value
        return dict(found)


@dataclass(frozen=True)
class Protected:
    """A table as it may be shown. ``exposed`` names small cells that ``known`` numbers give back
    whatever is hidden here: a table that has some must not be shown at all."""

    totals: Mapping[Cell, int]
    hidden: frozenset[Cell]
    exposed: frozenset[Cell] = frozenset()

    def value(self, row: str, column: str) -> int | None:
        """The number to show, or None: hidden. What the table lacks is zero."""
        return None if (row, column) in self.hidden else self.totals.get((row, column), 0)


_Sum = tuple[str, ...]
"""A node of the network: a sum over rows, for one column, or over columns, for one row."""


class _Arc(NamedTuple):
    """A cell as an arc of the network, from one sum to another."""

    tail: _Sum
    head: _Sum
    cell: Cell
    value: int


def is_small(value: int, threshold: int = THRESHOLD, zeros: Zeros = Zeros.SHOWN) -> bool:
    """True for a count of people that must not be shown."""
    return (0 if zeros is Zeros.HIDDEN else 1) <= value < threshold


def protect(
    counts: Counts,
    *,
    threshold: int = THRESHOLD,
    zeros: Zeros = Zeros.SHOWN,
    known: Collection[Cell] = (),
    told: Collection[Cell] = (),
) -> Protected:
    """Decide what of a table is hidden (see the module). ``known`` are cells that another table
    shows, or that cannot be hidden: they are taken as known to the reader, unless they are small.
    ``told`` are small cells that the reader is told to be small (:func:`rate` does, by a bound):
    then no small count is ruled out, but which cells are small may be learned.
    The same table always gives the same answer."""
    return _protect(
        tuple(counts.columns),
        tuple(sorted(counts.cells.items())),
        tuple(sorted(counts.parents.items())),
        threshold,
        zeros,
        frozenset(known),
        frozenset(told),
    )


@lru_cache(maxsize=256)
def _protect(
    columns: tuple[str, ...],
    cells: tuple[tuple[Cell, int], ...],
    parents: tuple[tuple[str, str], ...],
    threshold: int,
    zeros: Zeros,
    known: frozenset[Cell],
    told: frozenset[Cell],
) -> Protected:
    """The work of :func:`protect`, kept for the tables that are read again: a hundred rows with
    mostly small counts take about a second."""
    counts = Counts(columns, dict(cells), dict(parents))
    totals = counts.totals()
    small = [cell for cell, value in totals.items() if is_small(value, threshold, zeros)]
    hidden = set(small)
    fixed = known - hidden
    most = {cell: threshold - 1 for cell in told if cell in hidden}
    network = _Network(_arcs(counts, totals), hidden, fixed, most)
    exposed = []
    # A part of a cell that is told to be small is known to be small too.
    highest = threshold - 1 if told else threshold
    lowest = 0 if zeros is Zeros.HIDDEN else 1
    for cell in sorted(small, key=lambda one: (-totals[one], one)):
        up = network.loosen(cell, highest - totals[cell], upwards=True)
        down = network.loosen(cell, totals[cell] - lowest, upwards=False)
        if not (up and down):
            exposed.append(cell)
    return Protected(totals, frozenset(hidden), frozenset(exposed))


def _arcs(counts: Counts, totals: Mapping[Cell, int]) -> list[_Arc]:
    """The table as a network. For a row with children and a column there is one sum (the row is its
    children); for a row without children, and for the total row, one sum over the columns. Each
    cell stands in exactly two of these sums, and leaves one as it enters the other."""
    leaves = set(counts.rows()[0])
    arcs = []
    for (row, column), value in totals.items():
        below: _Sum = ("columns", row) if row in leaves else ("rows", row, column)
        above: _Sum = ("rows", counts.parents.get(row, ALL), column)
        if row == ALL:
            above = ("columns", ALL)
        if column == ALL:
            below, above = above, below
        arcs.append(_Arc(below, above, (row, column), value))
    return arcs


_Step = tuple[_Sum, _Arc, int, int | None]
"""Whence, through which cell, +1 or -1, and how much may pass (None: without limit)."""

_Path = list[tuple[_Arc, int, int | None]]


class _Network:
    """The flows of a table. ``loosen`` is the whole of secondary suppression."""

    def __init__(
        self,
        arcs: Iterable[_Arc],
        hidden: set[Cell],
        fixed: Collection[Cell],
        most: Mapping[Cell, int],
    ) -> None:
        self.hidden = hidden
        self._arcs = {arc.cell: arc for arc in arcs}
        self._most = most
        self._around: dict[_Sum, list[_Arc]] = defaultdict(list)
        self._hidden: dict[_Sum, list[_Arc]] = defaultdict(list)
        for arc in sorted(self._arcs.values(), key=lambda arc: -arc.value):
            if arc.cell not in fixed:
                self._around[arc.tail].append(arc)
                self._around[arc.head].append(arc)
                if arc.cell in hidden:
                    self._open(arc)

    def _open(self, arc: _Arc) -> None:
        self._hidden[arc.tail].append(arc)
        self._hidden[arc.head].append(arc)

    def loosen(self, cell: Cell, amount: int, *, upwards: bool) -> bool:
        """Hide what it takes (added to ``hidden``) for the flow of a cell to be able to move by
        this amount. False when what is fixed forbids it."""
        arc = self._arcs[cell]
        start, goal = (arc.head, arc.tail) if upwards else (arc.tail, arc.head)
        moved: dict[Cell, int] = defaultdict(int)
        while amount > 0:
            path = self._shortest(start, goal, cell, moved)
            if path is None:
                path = self._cheapest(start, goal, cell, moved)
            if path is None:
                return False
            room = min([amount, *(r for _, _, r in path if r is not None)])
            for step, way, _ in path:
                moved[step.cell] += room * way
                if step.cell not in self.hidden:
                    self.hidden.add(step.cell)
                    self._open(step)
            amount -= room
        return True

    def _steps(
        self, node: _Sum, arcs: Iterable[_Arc], own: Cell, moved: Mapping[Cell, int]
    ) -> Iterator[tuple[_Sum, _Arc, int, int | None]]:
        """Where the flow may go from a sum: the next sum, the cell, +1 or -1, and how much."""
        for arc in arcs:
            if arc.cell != own:
                way = 1 if arc.tail == node else -1
                room = self._room(arc, moved.get(arc.cell, 0), way)
                if room != 0:
                    yield (arc.head if way > 0 else arc.tail), arc, way, room

    def _shortest(
        self, start: _Sum, goal: _Sum, own: Cell, moved: Mapping[Cell, int]
    ) -> _Path | None:
        """The shortest way through cells that are hidden already, the largest tried first. The last
        step is known beforehand (``last``), so that no wide sum is walked for it."""
        last: dict[_Sum, _Step] = {}
        for arc in self._hidden[goal]:
            way = 1 if arc.head == goal else -1
            before = arc.tail if way > 0 else arc.head
            if arc.cell != own and (room := self._room(arc, moved.get(arc.cell, 0), way)) != 0:
                last.setdefault(before, (before, arc, way, room))
        came: dict[_Sum, _Step] = {}
        waiting = deque([start])
        while waiting:
            node = waiting.popleft()
            if node in last:
                came[goal] = last[node]
                return _retrace(came, start, goal)
            for after, arc, way, room in self._steps(node, self._hidden[node], own, moved):
                if after in (start, goal) or after in came:
                    continue
                came[after] = (node, arc, way, room)
                if after in last:
                    came[goal] = last[after]
                    return _retrace(came, start, goal)
                waiting.append(after)
        return None

    def _room(self, arc: _Arc, moved: int, way: int) -> int | None:
        """How much further a cell may go: down to zero, up to what the reader knows of it (None:
        without limit)."""
        if way < 0:
            return arc.value + moved
        most = self._most.get(arc.cell)
        return None if most is None else most - arc.value - moved

    def _cheapest(
        self, start: _Sum, goal: _Sum, own: Cell, moved: Mapping[Cell, int]
    ) -> _Path | None:
        """The way from a sum to another that hides least."""
        best: dict[_Sum, int] = {start: 0}
        came: dict[_Sum, _Step] = {}
        order = count()
        waiting = [(0, next(order), start)]
        done = set()
        while waiting:
            cost, _, node = heapq.heappop(waiting)
            if node == goal:
                return _retrace(came, start, goal)
            if node in done:
                continue
            done.add(node)
            for after, arc, way, room in self._steps(node, self._around[node], own, moved):
                further = cost + (1 if arc.cell in self.hidden else _price(arc))
                if after not in done and further < best.get(after, further + 1):
                    best[after] = further
                    came[after] = (node, arc, way, room)
                    heapq.heappush(waiting, (further, next(order), after))
        return None


def _retrace(came: Mapping[_Sum, _Step], start: _Sum, goal: _Sum) -> _Path:
    path, node = [], goal
    while node != start:
        node, arc, way, room = came[node]
        path.append((arc, way, room))
    return path


def _price(arc: _Arc) -> int:
    """What hiding a cell costs: a margin much more than a cell, then by size."""
    margin = 10_000 if ALL in arc.cell else 1_000
    return margin + arc.value.bit_length() * 100


@dataclass(frozen=True)
class Rate:
    """A share as it may be shown: ``percent`` (whole), or only on which side of a bound it lies
    (``over``, ``under``), or nothing."""

    percent: int | None = None
    over: int | None = None
    under: int | None = None

    @property
    def is_hidden(self) -> bool:
        return self == Rate()


HIDDEN_RATE = Rate()

BANDS = (95, 90, 80, 50)
"""Bounds that a share of nearly all, or nearly nobody, is told by."""


def rate(part: int, whole: int, *, is_hidden: bool = False, threshold: int = THRESHOLD) -> Rate:
    """The share of ``part`` in ``whole`` people.

    The whole, the part and the rest must each reach the threshold (a whole percentage of a known
    number gives the part back, and the rest with it). When only the part, or only the rest, is
    under it, zero included, the share is told by the tightest bound that every value under the
    threshold respects: nobody learns whether it is 0, 3 or 10 people. ``is_hidden`` asks for no
    more than that bound: the exact share was hidden by :func:`protect`.
    """
    rest = whole - part
    if whole < threshold or part < 0 or rest < 0:
        return HIDDEN_RATE
    if part >= threshold and rest >= threshold:
        return HIDDEN_RATE if is_hidden else Rate(percent=round(100 * part / whole))
    if part < threshold and rest < threshold:
        return HIDDEN_RATE
    # With the other side as large as a small count may be, this is the least that is said.
    certain = 100 * (whole - threshold + 1) / whole
    band = next((bound for bound in BANDS if certain > bound), None)
    if band is None:
        return HIDDEN_RATE
    return Rate(over=band) if rest < threshold else Rate(under=100 - band)


def shows_quantiles(values: int, threshold: int = THRESHOLD) -> bool:
    """True when a median or a ninetieth percentile may be shown: enough values. A minimum and a
    maximum never are: they are somebody's."""
    return values >= threshold


def merge_small(
    sizes: Mapping[str, int], *, rest: str, threshold: int = THRESHOLD
) -> dict[str, str]:
    """How to gather categories so that none is small: each category with the one that it goes
    under, itself or ``rest``. The smallest join ``rest`` until it reaches the threshold; empty ones
    stay. When all together are small, all join ``rest``, and its total must be hidden."""
    joined = {name: name for name in sizes}
    total = 0
    for name in sorted((n for n in sizes if sizes[n]), key=lambda n: (sizes[n], n)):
        if sizes[name] >= threshold and (total == 0 or total >= threshold):
            break
        joined[name] = rest
        total += sizes[name]
    return joined
