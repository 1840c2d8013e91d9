"""The attack: somebody who reads every page, map and file tries to compute a small count back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.indicators.areas import Areas, Level
from maillage.engines.indicators.hiding import hide
from tests.engines.indicators.attack import TOTAL, Bounds, Cell, try_all
from tests.engines.indicators.territories import (
    Shape,
    draw_areas,
    names_of,
    tables,
    tallies_of,
)
from tests.hypothesis_profile import DEPTH

THRESHOLD = 11

COUNTS = st.one_of(st.sampled_from([0, 0, 0, 1, 2, 3, 5, 8, 10, 11, 12, 15]), st.integers(0, 60))


@st.composite
def counts(draw: st.DrawFn) -> tuple[Areas, list[str], dict[Cell, int]]:
    shape: Shape = draw(
        st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=3), min_size=1, max_size=3)
    )
    columns = [f"c{i}" for i in range(draw(st.integers(2, 4)))]
    areas = draw_areas(shape)
    cells = {(key, column): draw(COUNTS) for key in areas.at(Level.COMMUNE) for column in columns}
    return areas, columns, cells


def is_published(cell: Cell, areas: Areas) -> bool:
    """Communes publish their totals only."""
    return areas.level(cell[0]) is not Level.COMMUNE or cell[1] == TOTAL


@given(drawn=counts())
@settings(max_examples=150 * DEPTH)
def test_each_small_number_may_be_anything_from_one_to_eleven(
    drawn: tuple[Areas, list[str], dict[Cell, int]],
) -> None:
    """With everything known that is shown of every level, and every sum."""
    areas, columns, cells = drawn
    values, _ = tables(areas, columns, cells)
    hidden = names_of(areas, columns, hide(tallies_of(areas, columns, cells), areas,
                                           base_is_people=False))  # fmt: skip
    attacker = Bounds(areas.parents, columns, values, set(values) - hidden)
    for cell, value in values.items():
        if is_published(cell, areas) and 0 < value < THRESHOLD:
            assert cell in hidden
            least, most = attacker.range_of(cell)
            assert least <= 1, (cell, value, least, most)
            assert most >= THRESHOLD, (cell, value, least, most)


@given(drawn=counts())
@settings(max_examples=60 * DEPTH)
def test_a_number_of_a_commune_by_sex_and_age_is_never_known_when_it_is_small(
    drawn: tuple[Areas, list[str], dict[Cell, int]],
) -> None:
    """These are published nowhere; what is shown around them leaves eleven values at least, unless
    it says that there is nobody."""
    areas, columns, cells = drawn
    values, _ = tables(areas, columns, cells)
    hidden = names_of(areas, columns, hide(tallies_of(areas, columns, cells), areas,
                                           base_is_people=False))  # fmt: skip
    attacker = Bounds(areas.parents, columns, values, set(values) - hidden)
    for cell, value in cells.items():
        if 0 < value < THRESHOLD:
            least, most = attacker.range_of(cell)
            assert most - least >= THRESHOLD - 1, (cell, value, least, most)


TINY = 3
"""A threshold at which every table can be tried."""


@given(
    shape=st.sampled_from([((2, 1),), ((1,), (2,)), ((3,),), ((1, 1), (1,))]),
    data=st.data(),
)
@settings(max_examples=40 * DEPTH)
def test_trying_every_table_finds_no_value_excluded(shape: Shape, data: st.DataObject) -> None:
    """The same by brute force, which trusts no theory of flows."""
    areas, columns = draw_areas(shape), ["m", "f"]
    leaves = areas.at(Level.COMMUNE)
    value = st.sampled_from([0, 1, 1, 2, 2, 3, 4])
    cells = {(leaf, column): data.draw(value) for leaf in leaves for column in columns}
    values, _ = tables(areas, columns, cells)
    tallies = tallies_of(areas, columns, cells, threshold=TINY)
    hidden = names_of(areas, columns, hide(tallies, areas, base_is_people=False))
    shown = {cell: number for cell, number in values.items() if cell not in hidden}
    left = try_all(areas.parents, columns, leaves, shown, most=7)
    for cell, number in values.items():
        if is_published(cell, areas) and 0 < number < TINY:
            assert left[cell] >= set(range(1, TINY + 1)), (cell, number, left[cell])


def test_both_attackers_open_a_table_where_only_small_numbers_are_hidden() -> None:
    """They are worth something: they agree, and they win against the naive mask."""
    areas, columns = draw_areas(((2,),)), ["m", "f"]
    cells = {("C:000", "m"): 2, ("C:000", "f"): 1, ("C:001", "m"): 4, ("C:001", "f"): 5}
    values, _ = tables(areas, columns, cells)
    shown = {c: v for c, v in values.items() if not 0 < v < TINY or c == ("S:00", "m")}
    left = try_all(areas.parents, columns, areas.at(Level.COMMUNE), shown, most=9)
    assert left["C:000", "m"] == {2}
    attacker = Bounds(areas.parents, columns, values, set(shown))
    assert attacker.range_of(("C:000", "m")) == (2, 2)
    for cell in values:
        if cell not in shown:
            assert attacker.range_of(cell, enough=9) == (min(left[cell]), max(left[cell]))


def with_bases(
    data: st.DataObject, cells: Mapping[Cell, int], *, rest: st.SearchStrategy[int]
) -> dict[Cell, int]:
    return {cell: events + data.draw(rest) for cell, events in cells.items()}


REST = st.one_of(st.sampled_from([0, 0, 1, 2, 4, 7, 10, 11]), st.integers(0, 80))


@given(drawn=counts(), data=st.data())
@settings(max_examples=80 * DEPTH)
def test_with_every_base_known_the_numbers_and_what_is_left_of_the_bases_stay_open(
    drawn: tuple[Areas, list[str], dict[Cell, int]], data: st.DataObject
) -> None:
    """Residents are known to all, down to sectors by sex and age and to communes: a number and its
    complement are protected alike, as far as the base leaves room."""
    areas, columns, cells = drawn
    base_cells = with_bases(data, cells, rest=REST)
    values, _ = tables(areas, columns, cells)
    bases, _ = tables(areas, columns, base_cells)
    tallies = tallies_of(areas, columns, cells, base=base_cells)
    hidden = names_of(areas, columns, hide(tallies, areas, base_is_people=False))
    upper = {row.key: row.parent for row in areas.rows if 0 < row.level < Level.COMMUNE}
    above = {cell: v for cell, v in values.items() if areas.level(cell[0]) < Level.COMMUNE}
    attacker = Bounds(upper, columns, above, set(above) - hidden, bases)
    for cell, value in above.items():
        check_one(attacker, cell, value, bases[cell], hidden)
    for sector in areas.at(Level.SECTOR):
        # Inside a sector whose total is known.
        if (sector, TOTAL) not in hidden:
            inside = dict.fromkeys(areas.children(sector), sector)
            single = {(key, "c"): values[key, TOTAL] for key in [*inside, sector]}
            single |= {(key, TOTAL): value for (key, _), value in list(single.items())}
            known = {(key, c) for key, c in single if (key, TOTAL) not in hidden}
            known |= {(sector, "c"), (sector, TOTAL)}
            limits = {(key, c): bases[key, TOTAL] for key, c in single}
            spy = Bounds(inside, ["c"], single, known, limits)
            for key in inside:
                check_one(spy, (key, TOTAL), values[key, TOTAL], bases[key, TOTAL],
                          {(k, c) for k, c in single if (k, TOTAL) in hidden})  # fmt: skip


def check_one(attacker: Bounds, cell: Cell, value: int, base: int, hidden: set[Cell]) -> None:
    rest = base - value
    if value and (value < THRESHOLD or rest < THRESHOLD):
        assert cell in hidden, (cell, value, base)
        least, most = attacker.range_of(cell)
        if value < THRESHOLD:
            assert least <= 1, (cell, value, base, least)
            assert most >= min(THRESHOLD, base), (cell, value, base, most)
        if rest < THRESHOLD:
            assert least <= max(base - THRESHOLD, 0), (cell, value, base, least)
            assert most >= base - min(rest, 1), (cell, value, base, most)


@given(drawn=counts(), data=st.data())
@settings(max_examples=80 * DEPTH)
def test_small_denominators_of_the_data_set_stay_open_with_every_event_known(
    drawn: tuple[Areas, list[str], dict[Cell, int]], data: st.DataObject
) -> None:
    areas, columns, cells = drawn
    base_cells = with_bases(data, cells, rest=REST)
    values, _ = tables(areas, columns, cells)
    bases, _ = tables(areas, columns, base_cells)
    tallies = tallies_of(areas, columns, cells, base=base_cells)
    hidden = names_of(areas, columns, hide(tallies, areas, base_is_people=True))
    rests = {cell: bases[cell] - value for cell, value in values.items()}
    attacker = Bounds(areas.parents, columns, rests, set(rests) - hidden)
    for cell, base in bases.items():
        if is_published(cell, areas) and 0 < base < THRESHOLD:
            assert cell in hidden
            least, most = attacker.range_of(cell)
            assert values[cell] + least <= max(values[cell], 1), (cell, base)
            assert values[cell] + most >= THRESHOLD, (cell, base)


@given(drawn=counts(), data=st.data())
@settings(max_examples=60 * DEPTH)
def test_many_events_of_few_people_are_known_no_closer(
    drawn: tuple[Areas, list[str], dict[Cell, int]], data: st.DataObject
) -> None:
    areas, columns, cells = drawn
    persons = {
        cell: min(events, data.draw(st.integers(1, 30))) if events else 0
        for cell, events in cells.items()
    }
    values, _ = tables(areas, columns, cells)
    people, _ = tables(areas, columns, persons)
    tallies = tallies_of(areas, columns, cells, persons=persons)
    hidden = names_of(areas, columns, hide(tallies, areas, base_is_people=False))
    attacker = Bounds(areas.parents, columns, values, set(values) - hidden)
    for cell, value in values.items():
        if is_published(cell, areas) and 0 < people[cell] < THRESHOLD:
            assert cell in hidden
            least, most = attacker.range_of(cell)
            assert most - least >= THRESHOLD - 1, (cell, value, people[cell])
            assert least < value < most or value < THRESHOLD


SHARES = np.array([0.17, 0.62, 0.15, 0.06] * 2) / 2
RISKS = np.array([0.002, 0.03, 0.2, 0.5] * 2)


@given(
    seed=st.integers(0, 10_000),
    shape=st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=3), min_size=1, max_size=3),
    level=st.sampled_from([0.004, 0.02, 0.1, 0.4, 1.0]),
)
@settings(max_examples=40 * DEPTH)
def test_knowing_who_lives_in_each_village_by_sex_and_age_excludes_nothing_more(
    seed: int, shape: Shape, level: float
) -> None:
    """Census tables are public down to villages of sixty people: no count exceeds its base there,
    whatever is shown of sectors and of other communes."""
    random = np.random.default_rng(seed)
    areas, columns = draw_areas(shape), [f"{sex}{age}" for sex in "mf" for age in range(4)]
    base, cells = {}, {}
    for commune in areas.at(Level.COMMUNE):
        size = random.choice([60, 120, 300, 800, 8000])
        people = random.poisson(size * SHARES)
        for column, residents, events in zip(
            columns, people, random.binomial(people, RISKS * level), strict=True
        ):
            base[commune, column], cells[commune, column] = int(residents), int(events)
    values, _ = tables(areas, columns, cells)
    bases, _ = tables(areas, columns, base)
    tallies = tallies_of(areas, columns, cells, base=base)
    hidden = names_of(areas, columns, hide(tallies, areas, base_is_people=False))
    attacker = Bounds(areas.parents, columns, values, set(values) - hidden, bases)
    for cell, value in values.items():
        if is_published(cell, areas):
            check_one(attacker, cell, value, bases[cell], hidden)


def test_a_sector_shown_with_one_small_commune_hides_another() -> None:
    areas, columns = draw_areas(((3,),)), ["m", "f"]
    events = {("C:000", "m"): 40, ("C:000", "f"): 30, ("C:001", "m"): 3, ("C:001", "f"): 1,
              ("C:002", "m"): 12, ("C:002", "f"): 13}  # fmt: skip
    hidden = names_of(
        areas, columns, hide(tallies_of(areas, columns, events), areas, base_is_people=False)
    )
    assert ("C:001", TOTAL) in hidden
    assert ("C:002", TOTAL) in hidden, "the smallest that is enough"
    assert ("C:000", TOTAL) not in hidden
    assert ("S:00", TOTAL) not in hidden


def test_where_a_sector_is_hidden_so_are_its_communes() -> None:
    areas, columns = draw_areas(((2,), (2,))), ["m", "f"]
    events = {(f"C:{z}0{c}", s): 2 if z == 0 else 30 for z in (0, 1) for c in (0, 1)
              for s in columns}  # fmt: skip
    hidden = names_of(
        areas, columns, hide(tallies_of(areas, columns, events), areas, base_is_people=False)
    )
    assert {("S:00", TOTAL), ("C:000", TOTAL), ("C:001", TOTAL)} <= hidden
    # One zone less the other would give it: the other, or the territory, goes too.
    assert ("Z:1", TOTAL) in hidden or ("T", TOTAL) in hidden


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    areas, columns = draw_areas(((2, 1), (3,))), ["m", "f"]
    events = {(key, s): 0 if key == "C:000" else 25 for key in areas.at(Level.COMMUNE)
              for s in columns}  # fmt: skip
    hidden = hide(tallies_of(areas, columns, events), areas, base_is_people=True)
    upper = np.array([row.level is not Level.COMMUNE for row in areas.rows])
    assert not hidden[upper].any()
    assert not hidden[:, -1].any()
