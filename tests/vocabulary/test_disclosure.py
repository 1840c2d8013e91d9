"""Small counts: what is hidden, and an attack that tries to compute it back."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from maillage.vocabulary import disclosure
from maillage.vocabulary.disclosure import (
    ALL,
    HIDDEN_RATE,
    Cell,
    Counts,
    Need,
    Protected,
    Rate,
    Zeros,
    is_small,
    merge_small,
    need,
    protect,
    rate,
    shows_quantiles,
)

SMALLEST = 3
"""The threshold of the attacked tables: few enough values to try them all."""

SETS_TRIED = 400_000


def lines_of(counts: Counts) -> dict[Cell, list[Cell]]:
    """What each cell or margin is the sum of, spelled out from the definition alone."""
    leaves = {row for row, _ in counts.cells}
    found: dict[Cell, list[Cell]] = {}
    for leaf in leaves:
        above, rows = leaf, {leaf, ALL}
        while above in counts.parents:
            above = counts.parents[above]
            rows.add(above)
        for column in counts.columns:
            for row in rows:
                for total in (column, ALL):
                    found.setdefault((row, total), []).append((leaf, column))
    return found


def possible_values(
    counts: Counts,
    shown: Mapping[Cell, int],
    *,
    most: int,
    told: Collection[Cell] = (),
    wholes: Mapping[Cell, int] | None = None,
) -> dict[Cell, set[int]] | None:
    """The attack: try every table of counts up to ``most`` and keep those that agree with each
    number shown, in which the cells ``told`` to be small are so, and none is above its whole. For
    each hidden cell or margin, the values left. None: too many tables."""
    lines = lines_of(counts)
    unknown = sorted(cell for cell in counts.cells if cell not in shown)
    if (most + 1) ** len(unknown) > SETS_TRIED:
        return None
    axes = [np.arange(most + 1, dtype=np.int16)] * len(unknown)
    grids = np.meshgrid(*axes, indexing="ij") if unknown else []
    tried = {cell: grid.ravel() for cell, grid in zip(unknown, grids, strict=True)}
    size = len(tried[unknown[0]]) if unknown else 1
    sums = {
        line: np.sum([tried.get(cell, np.full(size, shown.get(cell, 0))) for cell in cells], axis=0)
        for line, cells in lines.items()
    }
    agrees = np.ones(size, dtype=bool)
    for line, value in shown.items():
        agrees &= sums[line] == value
    for line in told:
        agrees &= sums[line] < SMALLEST
    for line, whole in (wholes or {}).items():
        agrees &= sums[line] <= whole
    return {line: set(sums[line][agrees].tolist()) for line in lines if line not in shown}


def shown_by(protected: Protected) -> dict[Cell, int]:
    return {c: v for c, v in protected.totals.items() if c not in protected.hidden}


@st.composite
def tables(draw: st.DrawFn) -> Counts:
    rows = draw(st.integers(1, 4))
    columns = draw(st.integers(1, 3 if rows < 4 else 2))
    value = st.sampled_from([0, 0, 1, 1, 2, 2, 3, 4, 5])
    cells = {(f"r{r}", f"c{c}"): draw(value) for r in range(rows) for c in range(columns)}
    groups = draw(st.integers(0, 2))
    parents = {
        f"r{r}": f"g{g}" for r in range(rows) if (g := draw(st.integers(0, groups))) < groups
    }
    return Counts([f"c{c}" for c in range(columns)], cells, parents)


@given(table=tables(), zeros=st.sampled_from(Zeros))
def test_no_attack_excludes_a_value_that_a_small_count_may_have(
    table: Counts, zeros: Zeros
) -> None:
    protected = protect(table, threshold=SMALLEST, zeros=zeros)
    assert not protected.exposed
    left = possible_values(table, shown_by(protected), most=max(table.cells.values()) + SMALLEST)
    assume(left is not None)
    assert left is not None
    lowest = 0 if zeros is Zeros.HIDDEN else 1
    for cell, value in protected.totals.items():
        if is_small(value, SMALLEST, zeros):
            assert left[cell] >= set(range(lowest, SMALLEST + 1)), cell


@given(table=tables())
def test_with_the_totals_known_the_same_holds_or_the_table_says_that_it_fails(
    table: Counts,
) -> None:
    known = {(ALL, column) for column in [*table.columns, ALL]}
    protected = protect(table, threshold=SMALLEST, known=known)
    shown = shown_by(protected)
    left = possible_values(table, shown, most=max(table.cells.values()) + SMALLEST)
    assume(left is not None)
    assert left is not None
    for cell in known:
        if not is_small(protected.totals[cell], SMALLEST):
            assert cell not in protected.hidden
    for cell, value in protected.totals.items():
        if is_small(value, SMALLEST) and cell not in protected.exposed:
            assert left[cell] >= set(range(1, SMALLEST + 1)), cell


@given(table=tables(), data=st.data())
def test_a_reader_who_is_told_which_cells_are_small_learns_no_more(
    table: Counts, data: st.DataObject
) -> None:
    """As for shares: told by a bound, zero or not, in rows whose totals are known."""
    totals = table.totals()
    known = {(row, ALL) for row, _ in totals} | {(ALL, column) for column in table.columns}
    small = sorted(c for c, v in totals.items() if is_small(v, SMALLEST, Zeros.HIDDEN))
    told = {cell for cell in small if data.draw(st.booleans())}
    protected = protect(table, threshold=SMALLEST, zeros=Zeros.HIDDEN, known=known, told=told)
    left = possible_values(
        table, shown_by(protected), most=max(table.cells.values()) + SMALLEST, told=told
    )
    assume(left is not None)
    assert left is not None
    for cell in set(small) - protected.exposed:
        assert left[cell] >= set(range(SMALLEST if told else SMALLEST + 1)), cell


def test_the_attack_wins_where_only_small_cells_are_hidden() -> None:
    """The attack is worth something: it breaks the naive table."""
    table = Counts("ab", {("x", "a"): 2, ("x", "b"): 5, ("y", "a"): 4, ("y", "b"): 6})
    naive = {c: v for c, v in table.totals().items() if not is_small(v, SMALLEST)}
    left = possible_values(table, naive, most=9)
    assert left == {("x", "a"): {2}}


def test_hiding_one_other_cell_of_the_row_is_not_enough_either() -> None:
    table = Counts("ab", {("x", "a"): 2, ("x", "b"): 5, ("y", "a"): 4, ("y", "b"): 6})
    row_only = {c: v for c, v in table.totals().items() if c not in {("x", "a"), ("x", "b")}}
    assert possible_values(table, row_only, most=9) == {("x", "a"): {2}, ("x", "b"): {5}}
    protected = protect(table, threshold=SMALLEST)
    assert protected.hidden == {("x", "a"), ("x", "b"), ("y", "a"), ("y", "b")}


@given(table=tables(), zeros=st.sampled_from(Zeros))
def test_nothing_small_is_shown_and_nothing_is_hidden_without_cause(
    table: Counts, zeros: Zeros
) -> None:
    protected = protect(table, threshold=SMALLEST, zeros=zeros)
    small = {c for c, v in protected.totals.items() if is_small(v, SMALLEST, zeros)}
    assert small <= protected.hidden
    assert small or not protected.hidden
    assert protect(table, threshold=SMALLEST, zeros=zeros) == protected


@given(table=tables())
def test_totals_are_the_sums_of_the_definition(table: Counts) -> None:
    lines = lines_of(table)
    totals = table.totals()
    assert set(totals) == set(lines)
    assert all(
        totals[line] == sum(table.cells[cell] for cell in cells) for line, cells in lines.items()
    )


def test_a_list_of_hospitals_with_one_small_hides_another_too() -> None:
    """The simplest table that people read, at the threshold of health data."""
    table = Counts(["n"], {("lille", "n"): 240, ("fourmies", "n"): 7, ("lens", "n"): 31})
    protected = protect(table)
    assert protected.value("fourmies", "n") is None
    assert protected.value("lens", "n") is None
    assert protected.value("lille", "n") == 240
    assert protected.value(ALL, "n") == 278
    assert protected.value("unknown", "n") == 0


def test_lines_of_a_hospital_do_not_give_back_a_small_hospital() -> None:
    table = Counts(
        ["n"],
        {("a1", "n"): 4, ("a2", "n"): 3, ("b1", "n"): 50, ("b2", "n"): 60},
        {"a1": "a", "a2": "a", "b1": "b", "b2": "b"},
    )
    protected = protect(table)
    assert {("a1", "n"), ("a2", "n"), ("a", "n")} <= protected.hidden
    # The total less hospital b would give hospital a: one of them goes, and so do its lines.
    shown = shown_by(protected)
    assert ("b", "n") not in shown or (ALL, "n") not in shown


@st.composite
def larger_tables(draw: st.DrawFn) -> Counts:
    rows, columns = draw(st.integers(2, 8)), draw(st.integers(1, 4))
    value = st.one_of(st.sampled_from([0, 1, 4, 9, 12]), st.integers(0, 50))
    cells = {(f"r{r}", f"c{c}"): draw(value) for r in range(rows) for c in range(columns)}
    parents = {f"r{r}": f"g{r // 3}" for r in range(rows)}
    return Counts([f"c{c}" for c in range(columns)], cells, parents)


@given(table=larger_tables(), data=st.data())
@settings(max_examples=40)
def test_compiled_loops_decide_as_plain_ones(table: Counts, data: st.DataObject) -> None:
    wholes = {cell: value + data.draw(st.integers(0, 30)) for cell, value in table.cells.items()}

    def decide() -> Protected:
        disclosure._protect.cache_clear()
        return protect(table, wholes=wholes)

    slow = decide()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disclosure, "COMPILED_FROM", 0)
        assert decide() == slow


@given(table=tables(), data=st.data())
def test_a_number_and_the_rest_of_its_whole_stay_open_when_wholes_are_known(
    table: Counts, data: st.DataObject
) -> None:
    """The attack tries every table that stays under the wholes, which it knows, of every sum."""
    rest = {cell: data.draw(st.sampled_from([0, 1, 2, 3, 9])) for cell in table.cells}
    base = Counts(table.columns, {c: v + rest[c] for c, v in table.cells.items()}, table.parents)
    wholes = base.totals()
    protected = protect(table, threshold=SMALLEST, wholes=wholes)
    assert not protected.exposed
    left = possible_values(
        table, shown_by(protected), most=max(table.cells.values()) + SMALLEST, wholes=wholes
    )
    assume(left is not None)
    assert left is not None
    for cell, value in protected.totals.items():
        whole = wholes[cell]
        if is_small(value, SMALLEST):
            assert left[cell] >= set(range(1, min(SMALLEST, whole) + 1)), cell
        if value and whole - value < SMALLEST:
            assert {whole - one for one in left[cell]} >= set(
                range(min(whole - value, 1), min(SMALLEST, whole) + 1)
            ), cell


@given(table=tables(), data=st.data())
def test_cells_hidden_for_another_reason_are_known_no_closer(
    table: Counts, data: st.DataObject
) -> None:
    hide = set(data.draw(st.sets(st.sampled_from(sorted(table.cells)), max_size=2)))
    protected = protect(table, threshold=SMALLEST, hide=hide)
    assert hide <= protected.hidden
    left = possible_values(table, shown_by(protected), most=max(table.cells.values()) + SMALLEST)
    assume(left is not None)
    assert left is not None
    for cell in hide:
        value = table.cells[cell]
        lowest = max(value - SMALLEST + 1, 0) if value >= SMALLEST else min(value, 1)
        assert left[cell] >= set(range(lowest, value + 2)), cell


@pytest.mark.parametrize(
    ("value", "whole", "forced", "found"),
    [
        (0, None, False, None),
        (11, None, False, None),
        (4, None, False, Need(3, 7)),
        (4, 6, False, Need(4, 2)),  # two left: the rest may be one to six, and the number too
        (0, 6, False, None),  # nobody among six
        (20, 24, False, Need(7, 3)),
        (20, 20, False, Need(11, 0)),  # everybody
        (40, None, True, Need(10, 1)),
        (40, 400, True, Need(10, 1)),
    ],
)
def test_what_a_cell_asks_for(
    value: int, whole: int | None, forced: bool, found: Need | None
) -> None:
    assert need(value, whole, is_forced=forced) == found


def test_a_row_with_children_holds_no_cell_of_its_own() -> None:
    with pytest.raises(ValueError, match="'a'"):
        Counts(["n"], {("a", "n"): 4, ("a1", "n"): 3}, {"a1": "a"}).totals()


def test_a_large_table_is_protected_whole() -> None:
    """Ninety lines of fifteen hospitals by five kinds, as a region has; nothing is exposed."""
    random = np.random.default_rng(4)
    cells = {
        (f"l{line}", kind): int(random.exponential(12)) for line in range(90) for kind in "abcde"
    }
    parents = {f"l{line}": f"h{line // 6}" for line in range(90)}
    table = Counts("abcde", cells, parents)
    protected = protect(table, known=[(ALL, kind) for kind in ["", *"abcde"]])
    assert not protected.exposed
    assert {c for c, v in protected.totals.items() if 0 < v < 11} <= protected.hidden


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (50, 200, Rate(percent=25)),
        (11, 22, Rate(percent=50)),
        (5, 10, HIDDEN_RATE),
        (0, 10, HIDDEN_RATE),
        (10, 21, Rate(under=50)),
        (10, 20, HIDDEN_RATE),
        (0, 300, Rate(under=5)),
        (10, 300, Rate(under=5)),
        (300, 300, Rate(over=95)),
        (290, 300, Rate(over=95)),
        (289, 300, Rate(percent=96)),
        (110, 110, Rate(over=90)),
        (30, 30, Rate(over=50)),
        (15, 15, HIDDEN_RATE),
        (-1, 40, HIDDEN_RATE),
        (41, 40, HIDDEN_RATE),
    ],
)
def test_a_share_shows_no_small_part(part: int, whole: int, shown: Rate) -> None:
    assert rate(part, whole) == shown


@given(whole=st.integers(0, 2000), data=st.data())
def test_a_bounded_share_is_the_same_for_every_small_rest(whole: int, data: st.DataObject) -> None:
    small = data.draw(st.integers(0, 10))
    assume(whole - small >= 11)
    assert rate(whole - small, whole) == rate(whole, whole)
    assert rate(small, whole) == rate(0, whole)
    told = rate(whole - small, whole)
    assert told.percent is None
    assert told.over is None or 100 * (whole - small) / whole > told.over


def test_a_share_hidden_by_its_table_says_nothing_exact() -> None:
    assert rate(50, 200, is_hidden=True) == HIDDEN_RATE
    assert rate(3, 200, is_hidden=True) == Rate(under=10)


def test_quantiles_need_eleven_values() -> None:
    assert not shows_quantiles(10)
    assert shows_quantiles(11)


@pytest.mark.parametrize(
    ("sizes", "joined"),
    [
        ({"a": 40, "b": 20}, set()),
        ({"a": 40, "b": 5}, {"a", "b"}),
        ({"a": 40, "b": 5, "c": 7}, {"b", "c"}),
        ({"a": 40, "b": 5, "c": 7, "d": 9}, {"b", "c", "d"}),
        ({"a": 4, "b": 5}, {"a", "b"}),
        ({"a": 40, "b": 0}, set()),
    ],
)
def test_small_categories_are_gathered(sizes: dict[str, int], joined: set[str]) -> None:
    found = merge_small(sizes, rest="autres")
    assert {name for name, under in found.items() if under == "autres"} == joined


@given(sizes=st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 40)))
def test_gathered_categories_are_never_small_unless_all_are(sizes: dict[str, int]) -> None:
    joined = merge_small(sizes, rest="autres")
    totals: dict[str, int] = {}
    for name, under in joined.items():
        totals[under] = totals.get(under, 0) + sizes[name]
    assert sum(totals.values()) < 11 or not any(is_small(value) for value in totals.values())
