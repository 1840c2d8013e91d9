"""Years together and single years by zone, side by side: what both show gives nothing back."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.indicators.areas import Areas, Level
from maillage.engines.indicators.definition_model import TOGETHER
from maillage.engines.indicators.definitions import load_definitions
from maillage.engines.indicators.figures import figures
from maillage.engines.indicators.funnel import Place
from maillage.engines.indicators.hiding import Tallies, hide, hide_parts
from maillage.engines.indicators.links import Computed, link_of, publish_linked
from maillage.engines.indicators.publication import publish
from maillage.engines.indicators.published import Published
from maillage.engines.indicators.single_years import hide_years, publish_single_years
from maillage.engines.indicators.synth.space import READMISSION_FACTOR
from maillage.vocabulary.errors import Invalid
from tests.engines.indicators.attack import TOTAL, Bounds, totals_of
from tests.engines.indicators.territories import Shape, cells_table, draw_areas
from tests.hypothesis_profile import DEPTH

TINY = 3
"""A threshold at which every table can be tried."""
THRESHOLD = 11


@dataclass(frozen=True)
class Told:
    """What is hidden: of all years together by area (totals), and of zones (the first row is the
    territory) by year."""

    together: np.ndarray
    years: np.ndarray


def upper_rows(areas: Areas) -> list[int]:
    return [i for i, row in enumerate(areas.rows) if row.level <= Level.ZONE]


def area_sums(areas: Areas, leaves: np.ndarray) -> np.ndarray:
    """Rows of every area from rows of communes."""
    communes = [key[2:] for key in areas.at(Level.COMMUNE)]
    return np.stack(
        [
            leaves[[communes.index(code) for code in areas.members(row.key)]].sum(axis=0)
            for row in areas.rows
        ]
    )


def decide(areas: Areas, leaves: np.ndarray, threshold: int) -> Told:
    """``leaves``: events by commune and year, each of another person, few among many."""
    sums = area_sums(areas, leaves)
    pooled = np.stack([sums.sum(axis=1)] * 2, axis=1)
    together = hide(
        Tallies(pooled, pooled, pooled + 1_000_000, threshold), areas, base_is_people=False
    )[:, -1]
    rows = upper_rows(areas)
    by_year = Tallies(sums[rows], sums[rows], sums[rows] + 1_000_000, threshold)
    return Told(together, hide_years(by_year, together[rows], base_is_people=False))


@given(
    shape=st.sampled_from([((1,), (1,)), ((1,), (1,), (1,)), ((2,), (1,)), ((1, 1), (1,))]),
    data=st.data(),
)
@settings(max_examples=40 * DEPTH)
def test_trying_every_table_of_communes_by_years(shape: Shape, data: st.DataObject) -> None:
    """By brute force, at a threshold of three: given all that both tables show, every small number
    of either may be one, two or three."""
    areas = draw_areas(shape)
    count, years = len(areas.at(Level.COMMUNE)), 2
    drawn = st.sampled_from([0, 0, 1, 1, 2, 3, 4])
    leaves = np.array([[data.draw(drawn) for _ in range(years)] for _ in range(count)])
    told = decide(areas, leaves, TINY)
    true, everything = area_sums(areas, leaves), set(range(1, TINY + 1))
    for (row, year), left in possible(areas, leaves, told).items():
        value = int(true[row].sum() if year is None else true[row, year])
        if 0 < value < TINY:
            assert everything <= left, (leaves, row, year)


def possible(
    areas: Areas, leaves: np.ndarray, told: Told, most: int = 6
) -> dict[tuple[int, int | None], set[int]]:
    """Every value that is possible, given all that is shown, of the years together of each area
    (None) and of the single years of zones. Tries every table of communes by years up to some
    number."""
    count, years = leaves.shape
    worlds = np.array(list(itertools.product(range(most + 1), repeat=count * years)), np.int16)
    worlds = worlds.reshape(-1, count, years)
    sums = area_sums(areas, worlds.transpose(1, 0, 2)).transpose(1, 0, 2)
    true = area_sums(areas, leaves)
    agrees = np.ones(len(worlds), bool)
    rows = upper_rows(areas)
    for row in range(len(areas.rows)):
        if not told.together[row]:
            agrees &= sums[:, row].sum(axis=1) == true[row].sum()
    for place, row in enumerate(rows):
        for year in range(years):
            if not told.years[place, year]:
                agrees &= sums[:, row, year] == true[row, year]
    left = sums[agrees]
    found: dict[tuple[int, int | None], set[int]] = {
        (row, None): set(left[:, row].sum(axis=1).tolist()) for row in range(len(areas.rows))
    }
    found |= {(row, y): set(left[:, row, y].tolist()) for row in rows for y in range(years)}
    return found


def test_the_attack_wins_against_a_mask_of_small_numbers_alone() -> None:
    """It is worth something: one small year of a zone, beside the sum of its years."""
    areas, leaves = draw_areas(((1,), (1,))), np.array([[2, 4], [4, 4]])
    told = decide(areas, leaves, TINY)
    assert not told.together.any()
    assert told.years[1].all(), "the other year is what is left of both"
    naive = Told(told.together, np.array([[False, False], [True, False], [False, False]]))
    assert possible(areas, leaves, naive)[upper_rows(areas)[1], 0] == {2}


SIZES = st.one_of(st.sampled_from([0, 1, 3, 6, 10, 11, 13]), st.integers(0, 40))


@given(
    shape=st.lists(st.lists(st.integers(1, 2), min_size=1, max_size=2), min_size=2, max_size=6),
    data=st.data(),
)
@settings(max_examples=80 * DEPTH)
def test_each_small_year_of_a_zone_may_be_anything_from_one_to_eleven(
    shape: Shape, data: st.DataObject
) -> None:
    """With the sums of shown zones known, and hidden zones as one: the exact bounds."""
    areas = draw_areas(shape)
    leaves = np.array([[data.draw(SIZES) for _ in range(4)] for _ in areas.at(Level.COMMUNE)])
    told = decide(areas, leaves, THRESHOLD)
    rows = upper_rows(areas)
    true = area_sums(areas, leaves)[rows]
    if told.together[0]:
        assert told.years.all()
        return
    for place, row in enumerate(rows):
        if told.together[row]:
            assert told.years[place].all(), "a zone that is hidden is hidden every year"
    shown = [place for place, row in enumerate(rows) if place and not told.together[row]]
    rest = [place for place, row in enumerate(rows) if place and told.together[row]]
    columns = [f"y{year}" for year in range(4)]
    groups = {f"Z{place}": [place] for place in shown} | ({"rest": rest} if rest else {})
    cells = {
        (name, column): int(true[places, year].sum())
        for name, places in groups.items()
        for year, column in enumerate(columns)
    }
    parents = dict.fromkeys(groups, "T")
    values = totals_of(parents, columns, cells)
    known = {(name, TOTAL) for name in (*groups, "T")}
    known |= {("T", c) for year, c in enumerate(columns) if not told.years[0, year]}
    known |= {
        (f"Z{place}", c)
        for place in shown
        for year, c in enumerate(columns)
        if not told.years[place, year]
    }
    if rest and all(("T", c) in known for c in columns):
        for c in columns:  # what is left is known where all others are
            if all((f"Z{place}", c) in known for place in shown):
                known.add(("rest", c))
    attacker = Bounds(parents, columns, values, known)
    for cell, value in values.items():
        if cell[1] != TOTAL and 0 < value < THRESHOLD:
            least, most = attacker.range_of(cell)
            assert least <= 1, (cell, value, least, most)
            assert most >= THRESHOLD, (cell, value, least, most)


AREAS = draw_areas(((3, 2), (4,), (1, 2)))
COMMUNES = [key[2:] for key in AREAS.at(Level.COMMUNE)]
YEARS = (2021, 2022, 2023, 2024, 2025)
Row = tuple[str, int, int, int, int, float]


def drawn_years(
    seed: int, *, share: float = 0.15, size: float = 12.0, hot: str = ""
) -> dict[int, list[Row]]:
    """Stays that are followed by another, by year: few in each commune."""
    random = np.random.default_rng(seed)
    found: dict[int, list[Row]] = {}
    for year in YEARS:
        rows: list[Row] = []
        for commune in COMMUNES:
            for sex in (1, 2):
                for band in (13, 15, 17):
                    base = int(random.poisson(size / 3))
                    own = min(share * (2 if commune == hot else 1), 1.0)
                    events = int(random.binomial(base, own))
                    rows.append((commune, sex, band, events, events, float(base)))
        found[year] = rows
    return found


def pool(years: Mapping[int, Sequence[Row]]) -> pa.Table:
    """Year 0: sums by cell; each event of another person."""
    found: dict[tuple[str, int, int], list[float]] = {}
    for rows in years.values():
        for commune, sex, band, events, persons, base in rows:
            cell = found.setdefault((commune, sex, band), [0, 0, 0.0])
            for place, number in enumerate((events, persons, base)):
                cell[place] += number
    return cells_table(
        [(*key, int(one[0]), int(one[1]), one[2]) for key, one in found.items()], year=0
    )


@given(seed=st.integers(0, 300), size=st.sampled_from([4.0, 12.0, 60.0]))
@settings(max_examples=30 * DEPTH)
def test_no_small_number_nor_rest_is_shown_of_single_years(seed: int, size: float) -> None:
    years = drawn_years(seed, size=size)
    pooled = publish(pool(years), AREAS, base_is_people=True, years=len(YEARS))
    tables = {year: cells_table(rows, year=year) for year, rows in years.items()}
    found = publish_single_years(tables, pooled, AREAS, base_is_people=True)
    for year, one in found.items():
        assert one.finest() is Level.ZONE
        for row in AREAS.rows:
            figure = one.value(row.key)
            if row.level > Level.ZONE:
                assert figure.is_hidden
                assert figure.base is None
            assert one.value(row.key, sex=1).is_hidden
            assert one.value(row.key, ages="80+").is_hidden
            if figure.events is None:
                continue
            inside = set(AREAS.members(row.key))
            assert figure.events == sum(r[3] for r in years[year] if r[0] in inside)
            assert figure.events == 0 or figure.events >= THRESHOLD
            assert figure.base is not None
            assert figure.base == 0 or figure.base >= THRESHOLD
            assert not figure.events or figure.base - figure.events >= THRESHOLD
            assert not pooled.value(row.key).is_hidden


def test_years_say_how_far_each_is_from_what_is_expected() -> None:
    """A year is compared with the territory of that year; the zone keeps its people's ages."""
    years = drawn_years(5, size=200)
    pooled = publish(pool(years), AREAS, base_is_people=True, years=len(YEARS))
    tables = {year: cells_table(rows, year=year) for year, rows in years.items()}
    one = publish_single_years(tables, pooled, AREAS, base_is_people=True)[2023]
    (top,) = figures(one, level=Level.TERRITORY)
    assert top.ratio is not None
    assert top.ratio.value == pytest.approx(1)
    zones = figures(one, level=Level.ZONE)
    assert sum(zone.expected or 0 for zone in zones) == pytest.approx(top.events, rel=0.02)
    assert all(row.is_hidden for row in figures(one, level=Level.SECTOR))


def test_few_people_over_the_years_are_few() -> None:
    """Fifty stays of four people in five years, or what is left of a base that is theirs."""
    rows: list[Row] = []
    for commune in COMMUNES:
        people = 4 if commune == COMMUNES[0] else 30
        rows.append((commune, 1, 15, 50, people, 200.0))
    found = publish(cells_table(rows, year=0), AREAS, base_is_people=True, years=5)
    assert found.value(f"C:{COMMUNES[0]}").is_hidden
    assert not found.value(f"C:{COMMUNES[5]}").is_hidden
    table = cells_table([(one, 1, 15, 0, 0, 40.0) for one in COMMUNES], year=0)
    few = pa.array([3.0 if one == COMMUNES[0] else 30.0 for one in COMMUNES])
    table = table.set_column(table.column_names.index("base_persons"), "base_persons", few)
    assert publish(table, AREAS, base_is_people=True, years=5).value(f"C:{COMMUNES[0]}").is_hidden
    assert not publish(table, AREAS, base_is_people=True).value(f"C:{COMMUNES[0]}").is_hidden


# Families


CAUSES = {
    "avoidable-angina": 0.004, "avoidable-asthma": 0.003, "avoidable-copd": 0.02,
    "avoidable-dehydration": 0.005, "avoidable-diabetes-short-term": 0.001,
    "avoidable-heart-failure": 0.06,
}  # fmt: skip


def causes(seed: int) -> dict[tuple[str, int], list[Row]]:
    """Causes and their sum by year (0: together)."""
    random = np.random.default_rng(seed)
    sizes = {one: float(random.choice([60, 300, 1500, 4000])) for one in COMMUNES}
    found: dict[tuple[str, int], list[Row]] = {}
    for year in YEARS:
        for commune, sex, band in itertools.product(COMMUNES, (1, 2), range(10, 19)):
            counts = random.poisson(sizes[commune] / 40 * np.array([*CAUSES.values()]))
            named = dict(zip(CAUSES, counts.tolist(), strict=True))
            for key, events in {**named, "avoidable": int(counts.sum())}.items():
                row = (commune, sex, band, events, events, sizes[commune] / 40)
                found.setdefault((key, year), []).append(row)
    return found


def published_family(seed: int) -> tuple[dict[tuple[str, int], list[Row]], Computed]:
    rows = causes(seed)
    keys = [*CAUSES, "avoidable"]
    tables = {one: cells_table(own, year=one[1]) for one, own in rows.items()}
    tables |= {(key, 0): pool({year: rows[key, year] for year in YEARS}) for key in keys}
    done: dict[tuple[str, int], Published] = {}

    def published(key: str, year: int) -> Published:
        if (key, year) not in done:
            done[key, year] = publish_linked(key, year, computed)
        return done[key, year]

    computed = Computed(
        load_definitions().indicators, keys, keys, YEARS, AREAS,
        lambda key, year: tables[key, year], published,
    )  # fmt: skip
    return rows, computed


@given(seed=st.integers(0, 200))
@settings(max_examples=6 * DEPTH)
def test_causes_by_year_are_not_what_the_others_leave(seed: int) -> None:
    """In each zone, with the years of all causes, the sums of each over the years, and the years of
    others: the exact bounds of each small year of a cause."""
    rows, computed = published_family(seed)
    columns = [str(year) for year in YEARS]
    for zone in AREAS.at(Level.ZONE):
        inside = set(AREAS.members(zone))

        def true(key: str, year: int, inside: set[str] = inside) -> int:
            return sum(row[3] for row in rows[key, year] if row[0] in inside)

        pooled = {key: computed.published(key, 0).value(zone) for key in CAUSES}
        if computed.published("avoidable", 0).value(zone).is_hidden:
            continue
        known, cells, parents = set(), {}, {}
        shown = [key for key in CAUSES if not pooled[key].is_hidden]
        others = [key for key in CAUSES if pooled[key].is_hidden]
        for key in [*shown, *(["others"] if others else [])]:
            parents[key] = "T"
            for year in YEARS:
                cells[key, str(year)] = sum(
                    true(k, year) for k in (others if key == "others" else [key])
                )
                if key != "others" and not computed.published(key, year).value(zone).is_hidden:
                    known.add((key, str(year)))
            known.add((key, TOTAL))
        for key in others:
            assert all(computed.published(key, year).value(zone).is_hidden for year in YEARS)
        for year in YEARS:
            if not computed.published("avoidable", year).value(zone).is_hidden:
                known.add(("T", str(year)))
        values = totals_of(parents, columns, cells)
        attacker = Bounds(parents, columns, values, known | {("T", TOTAL)})
        for cell, value in cells.items():
            if 0 < value < THRESHOLD:
                least, most = attacker.range_of(cell)
                assert cell not in known
                assert least <= 1 and most >= THRESHOLD, (zone, cell, value)  # noqa: PT018


@given(seed=st.integers(0, 200))
@settings(max_examples=4 * DEPTH)
def test_the_territory_of_a_year_is_shown_of_a_cause_when_every_zone_is(seed: int) -> None:
    _, computed = published_family(seed)
    for key, year in itertools.product(CAUSES, YEARS):
        one = computed.published(key, year)
        zones = [one.value(zone).is_hidden for zone in AREAS.at(Level.ZONE)]
        assert one.value("T").is_hidden >= any(zones)


def test_a_wider_indicator_by_year_stands_beside_as_the_sum_of_its_years() -> None:
    """Readmissions of one disease within those of all: what all hide in a year, the disease hides
    together, and never more of them are told."""
    narrow, wide = drawn_years(3, share=0.2, size=8), {}
    for year, rows in narrow.items():
        wide[year] = [(*row[:3], row[3] + 2, row[4] + 2, row[5] + 9) for row in rows]
    keys = ("readmission-30-heart-failure", "readmission-30")
    tables = {(keys[0], year): cells_table(rows, year=year) for year, rows in narrow.items()}
    tables |= {(keys[1], year): cells_table(rows, year=year) for year, rows in wide.items()}
    tables[keys[0], 0] = pool(narrow)
    computed = Computed(
        load_definitions().indicators, keys, keys[:1], YEARS, AREAS,
        lambda key, year: tables[key, year],
        cache(lambda key, year: publish_linked(key, year, computed)),
    )  # fmt: skip
    wider = computed.wider(keys[1], 0)
    assert wider.published.value("T").events == sum(r[3] for rows in wide.values() for r in rows)
    found = publish_linked(keys[0], 0, computed)
    for row in AREAS.rows:
        assert found.value(row.key).is_hidden >= wider.published.value(row.key).is_hidden
        for year in YEARS:
            own = computed.published(keys[0], year).value(row.key)
            assert own.is_hidden >= computed.published(keys[1], year).value(row.key).is_hidden
    with pytest.raises(ValueError, match="published by year"):
        publish_linked(keys[1], 0, computed)


def test_shipped_families_are_published_one_way() -> None:
    known = load_definitions().indicators
    assert known["readmission-30-heart-failure"].published == TOGETHER
    for key, indicator in known.items():
        link = link_of(key, indicator, known)
        if link.whole:
            assert indicator.published == known[link.whole].published, key
        if indicator.published != TOGETHER:
            assert all(known[one].published != TOGETHER for one in link.within), key


def test_another_way_of_publishing_is_refused() -> None:
    from maillage.engines.indicators.definition_reader import read_indicator

    known = load_definitions()
    text = known.indicators["avoidable-oecd"].text.replace("years-together", "monthly")
    with pytest.raises(Invalid):
        read_indicator(text, name="x.toml", code_lists=known.code_lists, cohorts=known.cohorts)


def test_hide_parts_takes_people_counted_elsewhere_for_few() -> None:
    """Years together count people in their last year: events without anybody stay hidden."""
    count = len(AREAS.rows)
    events = {"a": np.full(count, 40), "b": np.full(count, 50)}
    persons = {"a": np.full(count, 0), "b": np.full(count, 50)}
    assert hide_parts(events, persons, np.zeros(count, bool), AREAS)["a"].all()


# What it is for


def test_a_hotspot_stands_out_of_years_together_and_of_no_single_year() -> None:
    """The size of the example: 49 sectors of about 49 index episodes and six readmissions a year,
    one sector with the factor of the invented hotspot. Counts are those expected, rounded: chance
    has no part in what is told."""
    areas = draw_areas([[2] * 7] * 7)
    codes = [key[2:] for key in areas.at(Level.COMMUNE)]
    hot = areas.children("S:33")
    years: dict[int, list[Row]] = {}
    for place, year in enumerate(YEARS):
        rows: list[Row] = []
        for rank, code in enumerate(codes):
            expected = 3.4 * (READMISSION_FACTOR if f"C:{code}" in hot else 1.0)
            # Parts of one are given to the years in turn, so that no place has more than its own.
            turn = (place + rank) % len(YEARS)
            events = int(expected * (turn + 1)) - int(expected * turn)
            rows.append((code, 1 + rank % 2, 16, events, events, 25.0))
        years[year] = rows
    for year, rows in years.items():
        alone = publish(cells_table(rows, year=year), areas, base_is_people=True)
        told = [key for key in areas.at(Level.SECTOR) if not alone.value(key).is_hidden]
        assert set(told) <= {"S:33"}, "a map of nothing"
    together = publish(pool(years), areas, base_is_people=True, years=len(YEARS))
    found = {one.area: one for one in figures(together, level=Level.SECTOR)}
    assert not any(one.is_hidden for one in found.values())
    assert found["S:33"].place is Place.FAR_ABOVE
    assert all(one.place is Place.INSIDE for key, one in found.items() if key != "S:33")
