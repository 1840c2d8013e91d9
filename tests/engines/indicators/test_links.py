"""Indicators that count the same people: two of them side by side say no more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.indicators.areas import Level
from maillage.engines.indicators.definitions import load_definitions
from maillage.engines.indicators.figures import figures
from maillage.engines.indicators.hiding import hide_parts
from maillage.engines.indicators.links import (
    PARTS,
    WITHIN,
    Computed,
    link_of,
    publish_linked,
)
from maillage.engines.indicators.publication import (
    Wider,
    add_up,
    common_groups,
    publish,
    publish_parts,
)
from maillage.engines.indicators.published import AGE_GROUPS, Published
from maillage.engines.indicators.reference import rates_of_parts
from tests.engines.indicators.attack import TOTAL, Bounds
from tests.engines.indicators.territories import cells_table, draw_areas
from tests.hypothesis_profile import DEPTH

AREAS = draw_areas(((3, 2), (4,), (1, 2)))
COMMUNES = [key[2:] for key in AREAS.at(Level.COMMUNE)]
Row = tuple[str, int, int, int, int, float]


def nested(seed: int) -> tuple[list[Row], list[Row]]:
    """People of a condition by residents, and those of them without a follow-up by people."""
    random = np.random.default_rng(seed)
    wide: list[Row] = []
    narrow: list[Row] = []
    for commune in COMMUNES:
        size = random.choice([60, 300, 1500, 4000])
        for sex in (1, 2):
            for band in range(8, 19):
                residents = int(random.poisson(size / 25))
                people = int(random.binomial(residents, 0.02 * (band - 7)))
                missed = int(random.binomial(people, random.choice([0.1, 0.5, 0.9])))
                wide.append((commune, sex, band, people, people, float(residents)))
                narrow.append((commune, sex, band, missed, missed, float(people)))
    return wide, narrow


@given(seed=st.integers(0, 500))
@settings(max_examples=40 * DEPTH)
def test_people_hidden_in_one_table_are_not_the_denominator_of_another(seed: int) -> None:
    wide, narrow = (cells_table(rows) for rows in nested(seed))
    prevalence = publish(wide, AREAS, base_is_people=False)
    gap = publish(narrow, AREAS, base_is_people=True, within=[Wider(wide, prevalence)])
    for row in AREAS.rows:
        for sex in (None, 1, 2):
            for ages in AGE_GROUPS:
                people = prevalence.value(row.key, sex, ages)
                missed = gap.value(row.key, sex, ages)
                if people.is_hidden and sex is None and ages == "all":
                    assert missed.is_hidden
                    assert missed.base is None
                if not missed.is_hidden and not people.is_hidden:
                    assert missed.base == people.events
                    left = (people.events or 0) - (missed.events or 0)
                    assert not missed.events or left >= 11, "who had it are few"


@given(seed=st.integers(0, 500))
@settings(max_examples=30 * DEPTH)
def test_a_part_of_other_events_leaves_no_small_difference(seed: int) -> None:
    """Within seven days, within thirty: the difference is a count as well."""
    wide, narrow = nested(seed)
    month = cells_table(wide)
    week = cells_table([(*one[:5], other[5]) for one, other in zip(narrow, wide, strict=True)])
    longer = publish(month, AREAS, base_is_people=True)
    shorter = publish(week, AREAS, base_is_people=True, within=[Wider(month, longer)])
    for row in AREAS.rows:
        one, other = longer.value(row.key), shorter.value(row.key)
        assert one.is_hidden <= other.is_hidden
        if other.events:
            assert one.events is not None
            assert one.events - other.events >= 11


def causes(seed: int) -> tuple[dict[str, list[Row]], list[Row]]:
    random = np.random.default_rng(seed)
    weights = {"heart": 0.03, "copd": 0.015, "water": 0.006, "asthma": 0.002, "sugar": 0.0004}
    parts: dict[str, list[Row]] = {key: [] for key in weights}
    whole: list[Row] = []
    for commune in COMMUNES:
        size = float(random.choice([60, 300, 1500, 4000]))
        for sex in (1, 2):
            for band in range(3, 20):
                rates = np.array(list(weights.values())) * band
                found = random.poisson(size / 40 * rates).tolist()
                for key, events in zip(weights, found, strict=True):
                    parts[key].append((commune, sex, band, events, events, size / 40))
                whole.append((commune, sex, band, sum(found), sum(found), size / 40))
    return parts, whole


@given(seed=st.integers(0, 500))
@settings(max_examples=25 * DEPTH)
def test_all_causes_less_some_are_not_the_others(seed: int) -> None:
    """The attacker knows all that is shown of the whole and of each cause, at every level."""
    rows, whole_rows = causes(seed)
    parts = {key: cells_table(one) for key, one in rows.items()}
    cells = cells_table(whole_rows)
    whole = Wider(cells, publish(cells, AREAS, base_is_people=False))
    found = publish_parts(parts, whole, AREAS)
    values, shown = {}, set()
    for area in AREAS.rows:
        inside = set(AREAS.members(area.key))
        for key, one in rows.items():
            values[area.key, key] = sum(row[3] for row in one if row[0] in inside)
            figure = found[key].value(area.key)
            if figure.events is not None:
                assert figure.events == values[area.key, key]
                shown.add((area.key, key))
        values[area.key, TOTAL] = sum(values[area.key, key] for key in rows)
        if not whole.published.value(area.key).is_hidden:
            shown.add((area.key, TOTAL))
    attacker = Bounds(AREAS.parents, list(rows), values, shown)
    for cell, value in values.items():
        if cell[1] != TOTAL and 0 < value < 11:
            least, most = attacker.range_of(cell)
            assert cell not in shown
            assert least <= 1 and most >= 11, (cell, value, least, most)  # noqa: PT018


@given(seed=st.integers(0, 500))
@settings(max_examples=25 * DEPTH)
def test_expected_numbers_of_causes_give_no_small_stratum_away(seed: int) -> None:
    """Rates of causes solved from their expected numbers, times residents, and what is left of all
    causes: no event, or eleven, in each stratum that all share."""
    rows, whole_rows = causes(seed)
    base = np.zeros((2, 20))
    events = {key: np.zeros((2, 20), np.int64) for key in rows}
    for key, one in rows.items():
        for _, sex, band, count, _, _ in one:
            events[key][sex - 1, band] += count
    for _, sex, band, _, _, residents in whole_rows:
        base[sex - 1, band] += residents
    rates = rates_of_parts(events, events, base)
    for key, counts in events.items():
        assert float((rates[key] * base).sum()) == pytest.approx(counts.sum())
    keys = sorted(rates, key=lambda key: (int(events[key].sum()), key))
    sizes = np.cumsum([int(events[key].sum()) for key in keys])
    # The rarest until there are enough of them: only their sum has strata.
    rare = int(np.searchsorted(sizes, 110)) + 1
    together = np.stack([rates[key].ravel() for key in keys], axis=1)
    for stratum in np.unique(together, axis=0):
        same = (together == stratum).all(axis=1).reshape(2, 20)
        told = [float((rates[key] * base)[same].sum()) for key in keys]
        for number in [sum(told[:rare]), *told[rare:]]:
            assert number < 1e-9 or number > 10.999, told


def test_causes_are_compared_at_their_ages() -> None:
    rows, whole_rows = causes(1)
    cells = cells_table(whole_rows)
    whole = Wider(cells, publish(cells, AREAS, base_is_people=False))
    found = publish_parts({key: cells_table(one) for key, one in rows.items()}, whole, AREAS)
    (top,) = figures(found["heart"], level=Level.TERRITORY)
    assert top.ratio is not None
    assert top.ratio.value == pytest.approx(1)
    assert top.standardised is not None
    assert len(np.unique(found["heart"].rates)) > 4
    assert found["heart"].value("T", sex=1).is_hidden, "totals only"


def test_causes_that_do_not_add_up_are_refused() -> None:
    rows, whole_rows = causes(1)
    cells = cells_table(whole_rows)
    whole = Wider(cells, publish(cells, AREAS, base_is_people=False))
    some = {key: cells_table(one) for key, one in list(rows.items())[1:]}
    assert not add_up(some.values(), cells, AREAS)
    with pytest.raises(ValueError, match="do not add up"):
        publish_parts(some, whole, AREAS)


def test_few_people_hide_a_cause_too() -> None:
    count = len(AREAS.rows)
    events = {"a": np.full(count, 40), "b": np.full(count, 50)}
    persons = {"a": np.full(count, 4), "b": np.full(count, 50)}
    shut = hide_parts(events, persons, np.zeros(count, bool), AREAS)
    assert shut["a"].all()
    assert shut["b"].all(), "the rest of a known whole"


def test_groups_of_several_tables_are_the_finest_common_ones() -> None:
    assert common_groups([]) == ((0,), (1,), (2,), (3,))
    assert common_groups([((0, 1), (2,), (3,)), ((0,), (1,), (2, 3))]) == ((0, 1), (2, 3))


def test_links_name_indicators_that_exist_and_have_no_circle() -> None:
    known = load_definitions().indicators
    for key in {*WITHIN, *PARTS}:
        assert key in known, key
    for key, indicator in known.items():
        seen = {key}
        link = link_of(key, indicator, known)
        waiting = [*link.within, link.whole] if link.whole else [*link.within]
        while waiting:
            one = waiting.pop()
            assert one != key, key
            if one not in seen:
                seen.add(one)
                above = link_of(one, known[one], known)
                waiting += [*above.within, *([above.whole] if above.whole else [])]
    diabetes = link_of("gap-eye", known["gap-eye"], known)
    assert diabetes.within == ("prevalence-diabetes",)
    assert link_of("avoidable-copd", known["avoidable-copd"], known).whole == "avoidable"
    alone = link_of("gap-eye", known["gap-eye"], {"gap-eye"})
    assert alone.within == (), "what was not computed is not published"


def test_publishing_follows_the_links() -> None:
    known = load_definitions().indicators
    wide, narrow = (cells_table(rows) for rows in nested(7))
    tables = {"prevalence-diabetes": wide, "gap-eye": narrow}
    done: dict[str, Published] = {}

    def published(key: str, year: int) -> Published:
        if key not in done:
            done[key] = publish_linked(key, year, computed)
        return done[key]

    computed = Computed(known, tables, (), (2024,), AREAS, lambda key, year: tables[key], published)
    found = published("gap-eye", 2024)
    assert list(done) == ["prevalence-diabetes", "gap-eye"]
    assert found.base_is_people
