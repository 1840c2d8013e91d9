"""Each person's rules as few strong linear rows, for integer programs over persons and duties.

Duties of which each pair excludes the other make one row instead of one by pair, whatever rule
parts them; a window that another one says already is left out. The linear program over such rows
is close to whole rosters: often its value is the least number of holes, and says it in a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from maillage.engines.rostering.compiled import Compiled, CompiledPerson


@dataclass(frozen=True, slots=True)
class SumRow:
    """What a person holds of ``slots``, each counted ``adds`` times, is at most ``most``."""

    slots: tuple[int, ...]
    adds: tuple[int, ...]
    most: int


@dataclass(frozen=True, slots=True)
class PersonRows:
    """``together``: sets of slots of which one is held at most. ``sums``: all other maxima.

    Exclusions and maxima only; minima, shares and rhythm are not here. What pinned duties pass
    already is as loose as they make it.
    """

    together: tuple[SumRow, ...]
    sums: tuple[SumRow, ...]


def rows_of(compiled: Compiled) -> tuple[PersonRows, ...]:
    """The rows of everybody."""
    return tuple(_rows(compiled, person) for person in compiled.people)


def _rows(compiled: Compiled, person: CompiledPerson) -> PersonRows:
    own = [int(slot) for slot in np.flatnonzero(person.may)]
    mine = set(own)
    near: dict[int, set[int]] = {slot: set() for slot in own}
    for slot in own:
        for other in compiled.after[slot]:
            if other in mine:
                near[slot].add(other)
                near[other].add(slot)
    sums: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
    for window in person.windows:
        if window.maximum < 0:
            continue
        slots = tuple(int(slot) for slot in np.flatnonzero(window.adds))
        adds = tuple(int(window.adds[slot]) for slot in slots)
        if sum(adds) <= window.maximum:
            continue
        if sum(sorted(adds)[:2]) > window.maximum:
            for slot in slots:
                near[slot].update(other for other in slots if other != slot)
            continue
        pinned = sum(int(window.adds[slot]) for slot in slots if person.pinned[slot])
        most = max(window.maximum, pinned)
        sums[slots, adds] = min(most, sums.get((slots, adds), most))
    return PersonRows(
        tuple(_one_of(person, clique) for clique in _cliques(own, near)),
        tuple(_strongest(SumRow(slots, adds, most) for (slots, adds), most in sums.items())),
    )


def _one_of(person: CompiledPerson, slots: tuple[int, ...]) -> SumRow:
    """One of these, or those that are pinned."""
    return SumRow(slots, (1,) * len(slots), max(1, int(person.pinned[list(slots)].sum())))


def _cliques(own: Iterable[int], near: Mapping[int, set[int]]) -> Iterable[tuple[int, ...]]:
    """Sets of slots that all exclude each other and hold every pair that does; each as large as
    found by taking slots in order of time."""
    left = {(slot, other) for slot in own for other in near[slot] if slot < other}
    for slot, other in sorted(left):
        if (slot, other) not in left:
            continue
        clique = [slot, other]
        for third in sorted(near[slot] & near[other]):
            if near[third].issuperset(clique):
                clique.append(third)
        left.difference_update((a, b) for a in clique for b in clique)
        yield tuple(sorted(clique))


def _strongest(rows: Iterable[SumRow]) -> Iterable[SumRow]:
    """The rows that no larger one says already."""
    holding: dict[int, list[tuple[dict[int, int], int]]] = {}
    for row in sorted(rows, key=lambda one: -len(one.slots)):
        counted = dict(zip(row.slots, row.adds, strict=True))
        said = any(
            most <= row.most and all(larger.get(slot, 0) >= add for slot, add in counted.items())
            for larger, most in holding.get(row.slots[0], ())
        )
        if said:
            continue
        for slot in row.slots:
            holding.setdefault(slot, []).append((counted, row.most))
        yield row
