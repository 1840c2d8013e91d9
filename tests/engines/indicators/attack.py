"""Somebody who knows all that is shown, and works out what each hidden number may be.

Written from the definition of the table alone: cells by area and column, sums over the areas right
under one, sums over columns. Shares nothing with the code that hides. Two attackers: one that tries
every table (:func:`try_all`), one that is exact for tables of any size (:class:`Bounds`).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

import numpy as np

Cell = tuple[str, str]
TOTAL = "all columns"


class Bounds:
    """The least and the most that each number of a table may be.

    ``parents``: the area above each area but the top one. ``values``: every number, totals too.
    ``shown``: the numbers that are known. ``wholes``: what numbers are known not to exceed.

    Each number is part of one sum and is itself another: changes of numbers that keep all sums go
    round in circles, so that how far one may change is a maximum flow, found here by widening paths
    one unit of breadth-first search at a time.
    """

    def __init__(
        self,
        parents: Mapping[str, str],
        columns: Sequence[str],
        values: Mapping[Cell, int],
        shown: set[Cell],
        wholes: Mapping[Cell, int] | None = None,
    ) -> None:
        self.values = values
        self.wholes = wholes or {}
        self.ends = self._ends(parents, columns, values)
        self.around: dict[tuple[str, ...], list[Cell]] = defaultdict(list)
        for cell in values:
            if cell not in shown:
                for end in self.ends[cell]:
                    self.around[end].append(cell)

    @staticmethod
    def _ends(
        parents: Mapping[str, str], columns: Sequence[str], values: Mapping[Cell, int]
    ) -> dict[Cell, tuple[tuple[str, ...], tuple[str, ...]]]:
        """For each number the equation in which it counts more, and that in which it counts less:
        ``parent = sum of children`` for each column, ``sum of columns = total`` for the areas at
        the bottom and (the other way round) at the top."""
        inner = set(parents.values())
        ends: dict[Cell, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        for area, column in values:
            own = ("children of", area, column) if area in inner else ("columns of", area)
            above = (
                ("children of", parents[area], column) if area in parents else ("columns of", area)
            )
            if area not in inner and area not in parents:
                raise ValueError("a table of one area")
            ends[area, column] = (own, above) if column != TOTAL else (above, own)
        return ends

    def range_of(self, cell: Cell, *, enough: int = 60) -> tuple[int, int]:
        """The least and the most (searched up to ``enough`` away)."""
        more, less = self.ends[cell]
        value = self.values[cell]
        room = self.wholes.get(cell, value + enough) - value
        up = self._flow(more, less, cell, min(enough, max(room, 0)))
        down = self._flow(less, more, cell, min(enough, value))
        return value - down, value + up

    def _flow(
        self, start: tuple[str, ...], goal: tuple[str, ...], without: Cell, enough: int
    ) -> int:
        changed: dict[Cell, int] = defaultdict(int)
        sent = 0
        while sent < enough:
            path = self._path(start, goal, without, changed)
            if path is None:
                break
            amount = min([enough - sent, *(room for _, _, room in path)])
            for cell, way, _ in path:
                changed[cell] += way * amount
            sent += amount
        return sent

    def _path(
        self,
        start: tuple[str, ...],
        goal: tuple[str, ...],
        without: Cell,
        changed: Mapping[Cell, int],
    ) -> list[tuple[Cell, int, int]] | None:
        came: dict[tuple[str, ...], tuple[tuple[str, ...], Cell, int, int]] = {}
        waiting = deque([start])
        while waiting:
            node = waiting.popleft()
            if node == goal:
                path = []
                while node != start:
                    node, cell, way, room = came[node]
                    path.append((cell, way, room))
                return path
            for cell in self.around[node]:
                if cell == without:
                    continue
                more, less = self.ends[cell]
                now = self.values[cell] + changed.get(cell, 0)
                # What a sum has too much of goes on through a number that counts less in it.
                way, other = (1, more) if node == less else (-1, less)
                room = self.wholes.get(cell, now + 10_000) - now if way > 0 else now
                if room > 0 and other != start and other not in came:
                    came[other] = (node, cell, way, room)
                    waiting.append(other)
        return None


def sums_of(parents: Mapping[str, str], areas: Sequence[str]) -> dict[str, list[str]]:
    """The bottom areas under each area."""
    inner = set(parents.values())
    found: dict[str, list[str]] = defaultdict(list)
    for leaf in areas:
        if leaf not in inner:
            area = leaf
            found[area].append(leaf)
            while area in parents:
                area = parents[area]
                found[area].append(leaf)
    return dict(found)


def totals_of(
    parents: Mapping[str, str], columns: Sequence[str], leaves: Mapping[Cell, int]
) -> dict[Cell, int]:
    """Every number of a table, from those of its bottom areas by column."""
    names = dict.fromkeys([*(area for area, _ in leaves), *parents, *parents.values()])
    found = {}
    for area, under in sums_of(parents, list(names)).items():
        for column in columns:
            found[area, column] = sum(leaves[leaf, column] for leaf in under)
        found[area, TOTAL] = sum(found[area, column] for column in columns)
    return found


def try_all(
    parents: Mapping[str, str],
    columns: Sequence[str],
    leaves: Sequence[str],
    shown: Mapping[Cell, int],
    *,
    most: int,
) -> dict[Cell, set[int]]:
    """Every value that each number takes in a table of counts up to ``most`` that agrees with all
    that is shown. For tables of a few cells only."""
    unknown = [(leaf, column) for leaf in leaves for column in columns]
    axes = [np.array([shown[cell]]) if cell in shown else np.arange(most + 1) for cell in unknown]
    drawn = np.array([grid.ravel() for grid in np.meshgrid(*axes, indexing="ij")], np.int16)
    every = dict(zip(unknown, drawn, strict=True))
    under = sums_of(parents, [*leaves, *dict.fromkeys(parents.values())])
    numbers: dict[Cell, np.ndarray] = {}
    for area, below in under.items():
        for column in columns:
            numbers[area, column] = np.sum([every[leaf, column] for leaf in below], axis=0)
        numbers[area, TOTAL] = np.sum([numbers[area, column] for column in columns], axis=0)
    agrees = np.ones(drawn.shape[1], bool)
    for cell, value in shown.items():
        agrees &= numbers[cell] == value
    return {cell: set(found[agrees].tolist()) for cell, found in numbers.items()}
