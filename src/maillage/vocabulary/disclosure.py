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

Limits narrow it: a cell may be part of a number that everyone knows (``wholes``), and then what is
left of that number is protected too. Cells may be hidden for another reason (``hide``).

What is not covered: tables of the same people that overlap otherwise than by shared margins (give
these in ``known``), periods that overlap (publish periods that do not), what a reader knows from
elsewhere, and what running the choice of secondary cells backwards might exclude.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from maillage.vocabulary.flows import LIMITLESS, compiled, loosen_all

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
    wholes: Mapping[Cell, int] | None = None,
    hide: Collection[Cell] = (),
) -> Protected:
    """Decide what of a table is hidden (see the module). ``known`` are cells that another table
    shows, or that cannot be hidden: they are taken as known to the reader, unless they are small.
    ``told`` are small cells that the reader is told to be small (:func:`rate` does, by a bound):
    then no small count is ruled out, but which cells are small may be learned.

    ``wholes`` are numbers of people that cells are parts of, and that the reader knows: no cell
    goes above its whole, and the rest of it is protected as the cell is, when the cell is not
    zero (a rest of nobody too: it would say something of everybody). Where a cell is above its
    whole (events are not people, estimates are not counts), its own value takes the place.
    ``hide`` are cells to hide for another reason, such as many events of few people: nobody may
    know them closer than the small ones.

    The same table always gives the same answer."""
    return _protect(
        tuple(counts.columns),
        tuple(sorted(counts.cells.items())),
        tuple(sorted(counts.parents.items())),
        threshold,
        zeros,
        frozenset(known),
        frozenset(told),
        tuple(sorted((wholes or {}).items())),
        frozenset(hide),
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
    wholes: tuple[tuple[Cell, int], ...],
    hide: frozenset[Cell],
) -> Protected:
    """The work of :func:`protect`, kept for the tables that are read again."""
    counts = Counts(columns, dict(cells), dict(parents))
    totals = counts.totals()
    bounds = {cell: max(most, totals.get(cell, 0)) for cell, most in wholes}
    needs: dict[Cell, Need] = {}
    for cell, value in totals.items():
        # A part of a cell that is told to be small is known to be small too.
        highest = threshold - 1 if told else threshold
        found = need(
            value,
            bounds.get(cell),
            threshold=threshold,
            lowest=0 if zeros is Zeros.HIDDEN else 1,
            highest=highest,
            is_forced=cell in hide,
        )
        if found is not None:
            needs[cell] = found
    most = bounds | {cell: threshold - 1 for cell in told if cell in needs}
    return _loosen(counts, totals, needs, most, known, frozenset())


class Need(NamedTuple):
    """By how much a reader must believe that a hidden number may be lower, and higher."""

    down: int
    up: int


def need(
    value: int,
    whole: int | None = None,
    *,
    threshold: int = THRESHOLD,
    lowest: int = 1,
    highest: int | None = None,
    is_forced: bool = False,
) -> Need | None:
    """What a cell asks for, None when nothing of it is small. ``lowest`` to ``highest`` (the
    threshold) are the values that must stay possible for a small count, as far as its whole allows.
    """
    highest = threshold if highest is None else highest
    down = up = 0
    is_kept = is_forced
    if lowest <= value < threshold:
        is_kept = True
        down, up = value - lowest, highest - value
    elif is_forced:
        down, up = min(value, threshold - 1), 1
    rest = None if whole is None else whole - value
    if rest is not None and value > 0 and 0 <= rest < threshold:
        is_kept = True
        down, up = max(down, highest - rest), max(up, rest - 1)
    if not is_kept:
        return None
    return Need(max(min(down, value), 0), max(up if rest is None else min(up, rest), 0))


def loosen(
    counts: Counts,
    needs: Mapping[Cell, Need],
    *,
    wholes: Mapping[Cell, int] | None = None,
    known: Collection[Cell] = (),
    hidden: Collection[Cell] = (),
    prices: Mapping[Cell, int] | None = None,
) -> Protected:
    """As :func:`protect`, for needs that the caller has worked out: for a table whose cells another
    table hides already, or no page shows (``hidden``), at no cost. ``prices`` say what hiding other
    cells costs, where it is not as usual (a cell a thousand, a margin ten)."""
    totals = counts.totals()
    return _loosen(counts, totals, needs, wholes or {}, frozenset(known), hidden, prices)


def _loosen(
    counts: Counts,
    totals: Mapping[Cell, int],
    needs: Mapping[Cell, Need],
    most: Mapping[Cell, int],
    known: frozenset[Cell],
    hidden: Collection[Cell],
    prices: Mapping[Cell, int] | None = None,
) -> Protected:
    prices = prices or {}
    arcs = sorted(_arcs(counts, totals), key=lambda arc: -arc.value)
    index = {arc.cell: position for position, arc in enumerate(arcs)}
    veiled = {cell for cell in hidden if cell in index} | set(needs)
    kept = known - veiled
    wanted = sorted(needs, key=lambda cell: (-totals[cell], cell))
    state = [int(arc.cell in veiled) for arc in arcs]
    columns = (
        [arc.value for arc in arcs],
        [max(most.get(arc.cell, LIMITLESS), arc.value) for arc in arcs],
        state,
        [prices.get(arc.cell) or _price(arc) for arc in arcs],
    )
    is_open = [arc.cell not in kept for arc in arcs]
    exposed = _run(
        [(arc.tail, arc.head) for arc in arcs],
        columns,
        is_open,
        [index[cell] for cell in wanted],
        [needs[cell] for cell in wanted],
    )
    return Protected(
        totals,
        frozenset(arc.cell for arc, is_hidden in zip(arcs, columns[2], strict=True) if is_hidden),
        frozenset(cell for cell, is_exposed in zip(wanted, exposed, strict=True) if is_exposed),
    )


COMPILED_FROM = 60_000
"""Cells times needs from which compiled loops pay for being loaded: a third of a second of others.
"""


def _run(
    ends: Sequence[tuple[_Sum, _Sum]],
    columns: tuple[list[int], list[int], list[int], list[int]],
    is_open: Sequence[bool],
    wanted: list[int],
    needs: Sequence[Need],
) -> Sequence[int]:
    """Lay the network out for the loops of ``flows`` and run them; the third column is written."""
    nodes: dict[_Sum, int] = {}
    tail = [nodes.setdefault(one, len(nodes)) for one, _ in ends]
    head = [nodes.setdefault(other, len(nodes)) for _, other in ends]
    around: list[list[int]] = [[] for _ in nodes]
    for arc in range(len(ends)):
        if is_open[arc]:
            around[tail[arc]].append(arc)
            around[head[arc]].append(arc)
    starts = [0]
    for one in around:
        starts.append(starts[-1] + len(one))
    flat = [arc for one in around for arc in one]
    down, up = [one.down for one in needs], [one.up for one in needs]
    by_node = [[0] * len(nodes) for _ in range(6)]
    exposed = [0] * len(wanted)
    cells, arcs = [wanted, down, up, exposed], [tail, head, *columns]
    sums, work = [starts, flat], [[0] * len(ends), [0] * len(ends), *by_node]
    if len(ends) * len(wanted) < COMPILED_FROM:
        loosen_all(cells, arcs, sums, work)
        return exposed
    import numpy as np

    packed = [
        tuple(np.array(one, np.int64) for one in lists) for lists in (cells, arcs, sums, work)
    ]
    compiled()(*packed)
    columns[2][:] = packed[1][4].tolist()
    found: list[int] = packed[0][3].tolist()
    return found


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
