"""The risk pyramid finds the strata, the reasons and the moves that the plain version finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.indicators.backends import Engine
from maillage.engines.indicators.definition_model import Cohort
from maillage.engines.indicators.definitions import load_definitions
from maillage.engines.indicators.measures.ground import prepare
from maillage.engines.indicators.pyramid import strata
from maillage.engines.indicators.pyramid_rules import (
    DIAGNOSED,
    Pyramid,
    load_pyramids,
    read_pyramid,
)
from maillage.engines.indicators.results import MOVES, PEOPLE, STRATA
from maillage.vocabulary.errors import Invalid
from tests.engines.indicators.drawn_cohorts import YEARS, Row, codes_of, population
from tests.engines.indicators.engines import reused
from tests.engines.indicators.reference.pyramid import ReferencePyramid
from tests.hypothesis_profile import DEPTH

DEFINITIONS = load_definitions()
PYRAMIDS = load_pyramids(DEFINITIONS)
Found = tuple[pa.Table, pa.Table, pa.Table]
FIRST_ON, LAST_ON = date(2016, 1, 1), date(2024, 6, 30)


Open = Callable[[Mapping[str, list[Row]]], AbstractContextManager[Engine]]


def run(
    tables: dict[str, list[Row]],
    *pyramids: Pyramid,
    years: tuple[int, ...] = YEARS,
    opened: Open = reused,
) -> tuple[pa.Table, pa.Table, pa.Table]:
    with opened(tables) as engine:
        ground = prepare(engine, DEFINITIONS, years, first_on=FIRST_ON, last_on=LAST_ON)
        return strata(engine, DEFINITIONS, years, ground=ground, pyramids=pyramids)


def counted(rows: pa.Table, *names: str) -> Counter[tuple[Any, ...]]:
    found: Counter[tuple[Any, ...]] = Counter()
    for row in rows.to_pylist():
        key = tuple(row[name] for name in names)
        assert key not in found, "each cell is one row"
        found[key] = row["persons"]
    return found


def compare(pyramid: Pyramid, tables: dict[str, list[Row]], rows: Found) -> ReferencePyramid:
    """Fail on the first person whose stratum or reasons are not those of the plain version."""
    expected = ReferencePyramid(pyramid, tables, YEARS, LAST_ON)
    mine = pc.field("condition") == pyramid.key
    found_strata, found_moves, people = (table.filter(mine) for table in rows)
    found = {
        (row["person"], row["year"]): (row["stratum"], row["reasons"]) for row in people.to_pylist()
    }
    wanted = {key: value for key, value in expected.people.items() if value[0] > 0}
    if found != wanted:
        key = min(one for one in {*found, *wanted} if found.get(one) != wanted.get(one))
        pytest.fail(f"{key}: {found.get(key)}, not {wanted.get(key)}\n{expected.own[key[0]]}")
    assert counted(found_strata, "year", "commune", "sex", "age", "stratum") == expected.strata()
    assert counted(found_moves, "year", "commune", "before", "after") == expected.moves()
    return expected


def codes_around(pyramid: Pyramid) -> dict[str, tuple[str, ...]]:
    """Codes that the reasons of a pyramid, and its cohort, look for."""
    arms = [arm for one in pyramid.reasons for arm in one.arms]
    own = codes_of(Cohort("all", "", "", "", "", "", arms=tuple(arms)))
    more = codes_of(pyramid.cohort)
    found = {system: own[system] + more[system] for system in own}
    medicines = [code for one in pyramid.reasons for code in one.atc.prefixes]
    found["ATC"] += tuple(code.ljust(5, "A") + "02" for code in medicines) * 3
    return found


def coming_back(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The same people; every other stay that follows one of theirs begins about thirty days after
    its end, where the delays of the rules end."""
    before: dict[int, Row] = {}
    for rank, stay in enumerate(tables["stay"]):
        last = before.get(stay["person"])
        if last is not None and rank % 2:
            entered_on = last["left_on"] + timedelta(days=28 + rank % 5)
            nights = min((stay["left_on"] - stay["entered_on"]).days, 5)
            stay |= {"entered_on": entered_on, "left_on": entered_on + timedelta(days=nights)}
        before[stay["person"]] = stay
    return tables


@pytest.fixture(scope="module")
def tables() -> dict[str, list[Row]]:
    """A population with something to find for every reason of the product."""
    both = [codes_around(pyramid) for pyramid in PYRAMIDS.values()]
    codes = {system: both[0][system] + both[1][system] for system in both[0]}
    return coming_back(population(5, 300, codes))


@pytest.fixture(scope="module")
def product(tables: dict[str, list[Row]], open_events: Open) -> Found:
    """What the pyramids of the product find there, on each engine that is there."""
    return run(tables, *PYRAMIDS.values(), opened=open_events)


@pytest.mark.parametrize("key", sorted(PYRAMIDS))
def test_every_pyramid_of_the_product(
    key: str, tables: dict[str, list[Row]], product: Found
) -> None:
    expected = compare(PYRAMIDS[key], tables, product)
    seen = {stratum for stratum, _ in expected.people.values()}
    assert seen >= {0, 1, 3, 4}


WORDS = """
key = "drawn"
version = "1"
label = "Essai"
meaning = "Essai"
source = "Essai"
status = "to confirm"
cohort = "diabetes-drugs"
"""
REASON = """
[[reason]]
code = "{code}"
label = "Motif"
stratum = {stratum}
rule = "{rule}"
"""
ARMS = (
    '[[reason.arm]]\nkind = "dispensing"\natc = ["C09"]\nmin_dates = 2\n',
    '[[reason.arm]]\nkind = "stay"\nicd = ["E11", "I50"]\nyears = "N-1..N"\n',
    '[[reason.arm]]\nkind = "visit"\nvisits = ["GP"]\n',
    '[[reason.arm]]\nkind = "cohort"\ncohort = "diabetes"\n',
    '[[reason.arm]]\nkind = "procedure"\nsystem = "NABM"\ncodes = ["1577"]\n',
)


@st.composite
def pyramid_texts(draw: st.DrawFn) -> str:
    """Pyramids of up to six reasons, of every rule."""
    text = WORDS
    for rank in range(draw(st.integers(0, 6))):
        stratum = draw(st.sampled_from([1, 3, 4]))
        rules = ["meets"] if stratum == 1 else ["meets", "lacks", "adherence", "readmission"]
        rule = draw(st.sampled_from(rules))
        text += REASON.format(code=f"CODE_{rank}", stratum=stratum, rule=rule)
        if rule == "adherence":
            text += f'atc = ["A10"]\npercent = {draw(st.sampled_from([20, 80, 100]))}\n'
            text += draw(st.sampled_from(["", 'without = ["C09"]\n']))
        elif rule == "readmission":
            text += f"days = {draw(st.sampled_from([30, 200]))}\n"
            text += draw(st.sampled_from(["", "unplanned = false\n", 'icd = ["I50", "E"]\n']))
            text = text.replace(', "E"]', ', "E11"]')
        else:
            text += "".join(draw(st.lists(st.sampled_from(ARMS), min_size=1, max_size=2)))
    return text


@settings(max_examples=4 * DEPTH)
@given(text=pyramid_texts(), seed=st.integers(0, 10_000))
def test_any_pyramid_that_the_grammar_accepts(text: str, seed: int) -> None:
    pyramid = read_pyramid(text, name="drawn.toml", definitions=DEFINITIONS)
    drawn = coming_back(population(seed, 40, codes_around(pyramid)))
    compare(pyramid, drawn, run(drawn, pyramid))


def test_the_first_reason_decides_and_the_ill_are_always_named(product: Found) -> None:
    for row in product[2].to_pylist():
        pyramid = PYRAMIDS[row["condition"]]
        order = {code: rank for rank, code in enumerate(pyramid.codes)}
        stratum_of = {one.code: one.stratum for one in pyramid.reasons} | {DIAGNOSED: 2}
        ranks = [order[code] for code in row["reasons"]]
        assert ranks == sorted(ranks)
        assert stratum_of[row["reasons"][0]] == row["stratum"]
        assert (DIAGNOSED in row["reasons"]) == (row["stratum"] > 1)


def test_everybody_who_lives_here_is_in_one_stratum(product: Found) -> None:
    totals: Counter[tuple[str, int]] = Counter()
    for row in product[0].to_pylist():
        totals[row["condition"], row["year"]] += row["persons"]
    for year in YEARS:
        assert totals["diabetes", year] == totals["heart-failure", year] > 0
    arrived: Counter[int] = Counter()
    for row in product[1].to_pylist():
        if row["condition"] == "diabetes" and row["after"] >= 0:
            arrived[row["year"]] += row["persons"]
    assert arrived == {year: totals["diabetes", year] for year in YEARS[1:]}


def test_no_people_no_rows() -> None:
    short = read_pyramid(WORDS, name="short.toml", definitions=DEFINITIONS)
    for rows, table in zip(run({}, short), (STRATA, MOVES, PEOPLE), strict=True):
        assert rows.num_rows == 0
        assert rows.schema == table.schema


def test_years_that_do_not_follow_have_no_moves(tables: dict[str, list[Row]]) -> None:
    pyramid = read_pyramid(WORDS, name="short.toml", definitions=DEFINITIONS)
    assert run(tables, pyramid, years=(2022,))[1].num_rows == 0
    assert run(tables, pyramid, years=(2021, 2023))[1].num_rows == 0
    assert run(tables, pyramid, years=(2021, 2022))[1].num_rows > 0


def test_every_pyramid_says_its_source() -> None:
    assert set(PYRAMIDS) == {"diabetes", "heart-failure"}
    for key, pyramid in PYRAMIDS.items():
        assert pyramid.cohort.key == key
        assert pyramid.source
        assert pyramid.status == "to confirm"
        assert {one.stratum for one in pyramid.reasons} == {1, 3, 4}
        assert list(pyramid.labels) != []
        assert set(pyramid.labels) == set(pyramid.codes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (REASON.format(code="A_A", stratum=2, rule="adherence") + 'atc = ["A10"]', "strate 2"),
        (REASON.format(code="a", stratum=3, rule="adherence") + 'atc = ["A10"]', "capitales"),
        (REASON.format(code="DIAGNOSED", stratum=3, rule="lacks") + ARMS[0], "DIAGNOSED"),
        (REASON.format(code="AAA", stratum=3, rule="lacks"), "reason.arm"),
        (REASON.format(code="AAA", stratum=1, rule="lacks") + ARMS[0], "risque"),
        (2 * (REASON.format(code="AAA", stratum=3, rule="lacks") + ARMS[0]), "deux fois"),
        (REASON.format(code="AAA", stratum=3, rule="score"), "score"),
        (REASON.format(code="AAA", stratum=3, rule="meets") + '[[reason.arm]]\nkind = "x"\n', "x"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(change: str, message: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_pyramid(WORDS + change, name="pyramids/drawn.toml", definitions=DEFINITIONS)
    said = " ".join(str(problem) for problem in refusal.value.problems)
    assert message in said
    assert "pyramids/drawn.toml" in said
