"""From the counts of a computation to what may be shown of them: the only way out.

What is published of an indicator and a year is a table of sex and age cells for the territory, its
zones and its sectors, and the total of each commune; what is hidden of it, and why nobody computes
it back, is said in ``hiding``. Everything else that is shown is a function of those numbers and of
what everyone knows (residents, standard populations): see ``figures``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from maillage.engines.indicators.areas import Areas, Level
from maillage.engines.indicators.events import AGE_BANDS
from maillage.engines.indicators.figures import AreaFigure, Interval, figures
from maillage.engines.indicators.hiding import Tallies, hide, hide_parts
from maillage.engines.indicators.published import (
    AGE_GROUPS,
    BANDS_OF_GROUPS,
    HIDDEN,
    HIDDEN_FIGURE,
    Figure,
    Published,
    over_years,
)
from maillage.engines.indicators.reference import (
    expected_from_shown,
    rates_of_parts,
    reference_rates,
)
from maillage.engines.indicators.special import Floats
from maillage.vocabulary.disclosure import THRESHOLD, Cell, Counts, Protected, protect

__all__ = [
    "AGE_GROUPS",
    "HIDDEN_FIGURE",
    "AreaFigure",
    "Figure",
    "Interval",
    "Published",
    "Wider",
    "figures",
    "over_years",
    "publish",
    "publish_parts",
    "publish_table",
]

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.bool_]
Groups = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class _Sums:
    """Counts by commune (in the order of the areas), sex and five-year band."""

    events: Ints
    persons: Ints
    base: Floats
    base_persons: Floats
    amount: Floats
    has_amount: bool
    outside_events: int
    outside_persons: int


@dataclass(frozen=True, eq=False)
class Wider:
    """An indicator that holds another, of the same year: its rows and what is shown of them."""

    cells: pa.Table
    published: Published


def publish(
    cells: pa.Table,
    areas: Areas,
    *,
    base_is_people: bool,
    within: Sequence[Wider] = (),
    years: int = 1,
) -> Published:
    """Decide what is shown of the rows of ``results.CELLS`` of one indicator and one year, or of
    ``years`` together (year 0): one table as another, but that a person may stand in it several
    times. What is shown of its single years is then in ``single_years``.

    ``base_is_people``: the denominator counts people or stays of the data set (people treated,
    stays that could be followed by another), and is protected as the events are. False: it counts
    residents, whom everyone knows.

    ``within``: indicators whose events hold these events, or the people of this base (``links``).
    What they hide is hidden here too: the same people hidden in one table and shown in another
    would open the first. And the difference is protected: readmissions within thirty days less
    those within seven are a count as well.

    Raises ``ValueError`` for rows of several indicators or years, for negative counts, and for
    a cell with more persons than events, or with events of nobody in a single year.
    """
    sums = _add_up(cells, areas)
    _check(sums, years)
    tree = _tree(areas)
    by_group = tree.sums(_by_group(sums.events))
    first = common_groups([one.published.groups for one in within])
    groups = _join_groups(by_group[tree.levels[Level.SECTOR]], first)
    tallies = _tallies(sums, tree, groups, base_is_people=base_is_people, years=years)
    hidden = np.zeros(tallies.events.shape, bool)
    for one in within:
        hidden |= _hidden_in(one.published, groups)
        held = tree.sums(_by_column(_add_up(one.cells, areas).events, groups))
        most = held if tallies.most is None else np.minimum(tallies.most, held)
        tallies = replace(tallies, most=most)
    shut = hide(tallies, areas, base_is_people=base_is_people, hidden=hidden)
    return _shown(sums, tallies, shut, areas, tree, groups, base_is_people=base_is_people)


def common_groups(many: Sequence[Groups]) -> Groups:
    """The finest groups that each of several partitions can be joined into; of none, those of
    :data:`AGE_GROUPS`."""
    count = len(BANDS_OF_GROUPS)
    is_joined = {one for groups in many for group in groups for one in group[1:]}
    found: list[list[int]] = []
    for one in range(count):
        if one in is_joined:
            found[-1].append(one)
        else:
            found.append([one])
    return tuple(tuple(group) for group in found)


def _hidden_in(published: Published, groups: Groups) -> Bits:
    """What a table hides, by coarser groups, and last the totals."""
    own = len(published.groups)
    parts = []
    for sex in range(2):
        for group in groups:
            held = [sex * own + i for i in range(own) if published.groups[i][0] in group]
            parts.append((published.events[:, held] == HIDDEN).any(axis=1))
    return np.stack([*parts, published.events_total == HIDDEN], axis=1)


def add_up(parts: Iterable[pa.Table], whole: pa.Table, areas: Areas) -> bool:
    """True when in every commune, sex and age the events of the parts are those of the whole."""
    held = _add_up(whole, areas).events
    sums = [_add_up(cells, areas).events for cells in parts]
    return bool((np.sum(sums, axis=0) == held).all()) if sums else False


def publish_parts(
    parts: Mapping[str, pa.Table], whole: Wider, areas: Areas, *, years: int = 1
) -> dict[str, Published]:
    """What is shown of indicators that add up to another, each event being in one of them (causes
    of avoidable stays). They are protected together, the whole being known where it is shown:
    what is left of it when others are taken away is one of them. They have residents as their base,
    and totals only, at every level: no sex and no ages.

    Expected numbers are by sex and ages, at rates that give nothing away
    (``reference.rates_of_parts``). Raises ``ValueError`` when the parts do not add up to the whole.
    """
    tree = _tree(areas)
    sums = {key: _add_up(cells, areas) for key, cells in parts.items()}
    groups: Groups = (tuple(range(len(BANDS_OF_GROUPS))),)
    events = {key: tree.sums(one.events.sum(axis=(1, 2))) for key, one in sums.items()}
    persons = {key: tree.sums(one.persons.sum(axis=(1, 2))) for key, one in sums.items()}
    if not add_up(parts.values(), whole.cells, areas):
        raise ValueError("parts that do not add up to the whole")
    shut = hide_parts(events, persons, whole.published.events_total == HIDDEN, areas)
    rates = rates_of_parts(
        {key: one.events.sum(axis=0) for key, one in sums.items()},
        {key: one.persons.sum(axis=0) for key, one in sums.items()},
        next(iter(sums.values())).base.sum(axis=0),
    )
    found = {}
    for key, one in sums.items():
        _check(one, years)
        tallies = _tallies(one, tree, groups, base_is_people=False)
        cells = np.ones(tallies.events.shape, bool)
        cells[:, -1] = shut[key]
        own = rates[key] if not shut[key][0] else rates[key] * np.nan
        found[key] = _shown(
            one, tallies, cells, areas, tree, groups, base_is_people=False, whole_rates=own
        )
    return found


def _add_up(cells: pa.Table, areas: Areas) -> _Sums:
    for name in ("indicator", "year"):
        if len(pc.unique(cells[name])) > 1:
            raise ValueError(f"rows of several values of {name}")
    communes = [key[2:] for key in areas.at(Level.COMMUNE)]
    where = pc.index_in(cells["commune"], value_set=pa.array(communes, pa.string()))
    known = pc.is_valid(where).to_numpy(zero_copy_only=False)
    place = pc.fill_null(where, 0).to_numpy().astype(np.int64)
    sex = cells["sex"].to_numpy().astype(np.int64) - 1
    band = cells["age"].to_numpy().astype(np.int64)
    if ((sex < 0) | (sex > 1) | (band < 0) | (band >= AGE_BANDS)).any():
        raise ValueError("a sex or an age band that does not exist")
    slot = ((place * 2 + sex) * AGE_BANDS + band)[known]
    shape = (len(communes), 2, AGE_BANDS)
    size = shape[0] * 2 * AGE_BANDS

    def total(name: str) -> Floats:
        values = pc.fill_null(cells[name], 0).to_numpy().astype(np.float64)
        found: Floats = np.bincount(slot, values[known], size).astype(np.float64)
        return found.reshape(shape)

    def rest(name: str) -> int:
        return int(cells[name].to_numpy()[~known].sum())

    return _Sums(
        events=np.rint(total("events")).astype(np.int64),
        persons=np.rint(total("persons")).astype(np.int64),
        base=total("base"),
        base_persons=total("base_persons"),
        amount=total("amount"),
        has_amount=cells["amount"].null_count < cells.num_rows,
        outside_events=rest("events"),
        outside_persons=rest("persons"),
    )


def _check(sums: _Sums, years: int) -> None:
    if (sums.events < 0).any() or (sums.persons < 0).any() or (sums.base < 0).any():
        raise ValueError("a negative count")
    if (sums.persons > sums.events).any():
        raise ValueError("more persons than events in a cell")
    if years == 1 and ((sums.persons == 0) & (sums.events > 0)).any():
        raise ValueError("events of nobody in a cell")


def _by_group(values: Ints) -> Ints:
    """From five-year bands, the last axis, to groups of age."""
    found: Ints = np.add.reduceat(values, [first for first, _ in BANDS_OF_GROUPS], axis=-1)
    return found


# Columns


def _join_groups(events: Ints, first: Groups) -> Groups:
    """Which groups of age are published together: a column that would be hidden in most sectors,
    or in the whole territory, joins the smaller of its neighbours. Counts by sector and sex."""
    groups = list(first)
    whole = events.sum(axis=(0, 1))

    def size(group: tuple[int, ...]) -> int:
        return int(whole[list(group)].sum())

    def is_small(group: tuple[int, ...]) -> bool:
        by_sector = events[:, :, list(group)].sum(axis=2)
        few = (by_sector > 0) & (by_sector < THRESHOLD)
        by_sex = by_sector.sum(axis=0)
        is_few_whole = ((by_sex > 0) & (by_sex < THRESHOLD)).any()
        return bool(is_few_whole or 2 * few.sum() > (by_sector > 0).sum())

    while len(groups) > 1:
        small = [index for index, group in enumerate(groups) if is_small(group)]
        if not small:
            break
        index = min(small, key=lambda one: size(groups[one]))
        sides = [side for side in (index - 1, index + 1) if 0 <= side < len(groups)]
        left = min(index, min(sides, key=lambda one: size(groups[one])))
        groups[left : left + 2] = [groups[left] + groups[left + 1]]
    return tuple(groups)


def _columns(groups: Groups) -> list[tuple[int, list[int]]]:
    """The sex and the five-year bands of each column, men first."""
    bands = [list(range(*bounds)) for bounds in BANDS_OF_GROUPS]
    return [
        (sex, [band for index in group for band in bands[index]])
        for sex in range(2)
        for group in groups
    ]


@dataclass(frozen=True)
class _Tree:
    """The areas as numbers: rows of each level, and the row above each (-1: none)."""

    levels: tuple[Ints, ...]
    above: Ints

    def sums(self, communes: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """From rows of communes to rows of every area."""
        found = np.zeros((self.above.size, *communes.shape[1:]), communes.dtype)
        found[self.levels[-1]] = communes
        for rows in reversed(self.levels[1:]):
            np.add.at(found, self.above[rows], found[rows])
        return found


def _tree(areas: Areas) -> _Tree:
    where = {row.key: index for index, row in enumerate(areas.rows)}
    levels = tuple(np.array([where[key] for key in areas.at(level)], np.int64) for level in Level)
    above = np.array([where.get(row.parent, -1) for row in areas.rows], np.int64)
    return _Tree(levels, above)


def _by_column(values: npt.NDArray[Any], groups: Groups) -> npt.NDArray[Any]:
    """From communes x sexes x bands to communes x (columns, then their total)."""
    parts = [values[:, sex, bands].sum(axis=1) for sex, bands in _columns(groups)]
    found: npt.NDArray[Any] = np.stack([*parts, values.sum(axis=(1, 2))], axis=1)
    return found


def _tallies(
    sums: _Sums, tree: _Tree, groups: Groups, *, base_is_people: bool, years: int = 1
) -> Tallies:
    base = _by_column(sums.base, groups)
    if base_is_people:
        if np.abs(sums.base - np.rint(sums.base)).max(initial=0.0) > 1e-6:
            raise ValueError("a denominator of the data set that is not a whole number")
        whole = np.rint(base).astype(np.int64)
    else:
        whole = np.ceil(np.round(base, 6)).astype(np.int64)
        whole[:, -1] = whole[:, :-1].sum(axis=1)
    found = Tallies(
        tree.sums(_by_column(sums.events, groups)),
        tree.sums(_by_column(sums.persons, groups)),
        tree.sums(whole),
    )
    if years == 1 or not base_is_people:
        return found
    people = tree.sums(np.rint(_by_column(sums.base_persons, groups)).astype(np.int64))
    # Those of the base without any event, or so many that none is there more than once a year.
    left = np.maximum(people - found.persons, -(-(found.base - found.events) // years))
    return replace(found, base_persons=people, rest_persons=left)


@dataclass(frozen=True)
class Totals:
    """The counts of every area, both sexes and all ages; ``amount`` is ``nan`` without any."""

    events: Ints
    persons: Ints
    base: Floats
    amount: Floats


def total_up(cells: pa.Table, areas: Areas) -> Totals:
    """The totals of every area, in the order of ``Areas.rows``: nothing is hidden of them."""
    sums, tree = _add_up(cells, areas), _tree(areas)

    def whole(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return tree.sums(values.sum(axis=(1, 2)))

    amount = np.round(whole(sums.amount), 2)
    return Totals(
        whole(sums.events),
        whole(sums.persons),
        whole(sums.base),
        amount if sums.has_amount else amount * np.nan,
    )


# What is left to see


def _shown(
    sums: _Sums,
    tallies: Tallies,
    cells: Bits,
    areas: Areas,
    tree: _Tree,
    groups: Groups,
    *,
    base_is_people: bool,
    whole_rates: Floats | None = None,
) -> Published:
    if whole_rates is None:
        whole_rates = reference_rates(
            sums.events.sum(axis=0),
            sums.persons.sum(axis=0),
            sums.base.sum(axis=0),
            _columns(groups),
            cells[0],
        )
    events = np.where(cells, HIDDEN, tallies.events)
    amount = tree.sums(_by_column(sums.amount, groups))
    amount = np.where(cells, np.nan, np.round(amount, 2)) if sums.has_amount else amount * np.nan
    if base_is_people:
        base = np.where(cells, np.nan, tallies.base.astype(np.float64))
        whole_rates, expected = expected_from_shown(events, base, tree.levels, tree.above)
        rates = np.full((2, AGE_BANDS), np.nan)
        for index, (sex, bands) in enumerate(_columns(groups)):
            rates[sex, bands] = whole_rates[index]
    else:
        base, rates = tree.sums(_by_column(sums.base, groups)), whole_rates
        expected = tree.sums(_by_column(sums.base * rates[None], groups))
    outside = sums.outside_events
    few = min(outside, sums.outside_persons)
    return Published(
        areas=areas,
        base_is_people=base_is_people,
        groups=groups,
        events=events[:, :-1],
        events_total=events[:, -1],
        base=base[:, :-1],
        base_total=base[:, -1],
        amount=amount[:, :-1],
        amount_total=amount[:, -1],
        expected=expected[:, :-1],
        expected_total=expected[:, -1],
        rates=rates,
        persons_are_events=bool((sums.events == sums.persons).all()),
        outside=None if outside and few < THRESHOLD else outside,
    )


# Other tables


def publish_table(
    cells: Mapping[Cell, int],
    columns: Sequence[str],
    *,
    parents: Mapping[str, str] | None = None,
    known: Collection[Cell] = (),
    hide: Collection[Cell] = (),
) -> Protected:
    """Protect a table of people that is not by sex and age: strata, moves between them, flows to
    hospitals, steps of pathways, verdicts of conformity.

    ``cells``: people by (row, column). Rows may stand in a tree (``parents``: commune to sector to
    zone, or step to the step before); a row that ``parents`` lacks stands under the total. Every
    margin is protected with the cells. ``known``: cells that another page shows. ``hide``: cells to
    hide for another reason: many stays of few people.

    What comes back answers ``value(row, column)`` with None where nothing may be shown;
    ``disclosure.ALL`` is the total of rows or of columns. Raises ``ValueError`` when what is
    ``known`` gives a small count back: such a table must not be shown beside the other.
    """
    found = protect(
        Counts(columns, cells, parents or {}), known=frozenset(known), hide=frozenset(hide)
    )
    if found.exposed:
        raise ValueError(f"cells that other tables give back: {sorted(found.exposed)[:5]}")
    return found
