"""Paths and verdicts are those of the plain version; rules are read with every defect named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import date
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
from maillage.engines.indicators.path_rules import (
    STEP_LABELS,
    VERDICT_LABELS,
    GradedPathway,
    StepKind,
    Verdict,
    load_pathways,
    read_pathway,
)
from maillage.engines.indicators.pathways import lived
from maillage.engines.indicators.results import CONFORMANCE, PATHS
from maillage.vocabulary.errors import Invalid
from tests.engines.indicators.drawn_cohorts import NOISE, YEARS, Row, codes_of, population
from tests.engines.indicators.engines import reused
from tests.engines.indicators.reference import pathways as reference
from tests.hypothesis_profile import DEPTH

DEFINITIONS = load_definitions()
PATHWAYS = load_pathways(DEFINITIONS)
FIRST_ON, LAST_ON = date(2016, 1, 1), date(2023, 12, 31)
LEVELS = {
    "590000001": "PROXIMITY",
    "590000002": "RECOURSE",
    "590000003": "REFERENCE",
    "590000004": "UNIVERSITY",
}
SITES = (*LEVELS, "590000009", "")
Found = tuple[pa.Table, pa.Table]
Tables = dict[str, list[Row]]


def spread(tables: Tables) -> Tables:
    """The same people, treated in several places, some in rehabilitation, on days that are near
    each other and not only on the ends of years."""
    for rank, stay in enumerate(tables["stay"]):
        shift = date.fromordinal(stay["entered_on"].toordinal() + 13 * (rank % 5))
        length = min((stay["left_on"] - stay["entered_on"]).days, 20)
        stay |= {
            "site": SITES[rank % len(SITES)],
            "entered_on": shift,
            "left_on": date.fromordinal(shift.toordinal() + length),
            "main": "Z508" if rank % 11 == 0 else stay["main"],
        }
    for table, column in (
        ("visit", "visited_on"),
        ("procedure", "done_on"),
        ("dispensing", "dispensed_on"),
    ):
        for rank, row in enumerate(tables[table]):
            row[column] = date.fromordinal(row[column].toordinal() + 3 * (rank % 17))
            if table == "visit":
                row["specialty"] = ("SM04", "SM32", "SM36", "")[rank % 4]
    return tables


Open = Callable[[Mapping[str, list[Row]]], AbstractContextManager[Engine]]


def run(tables: Tables, *pathways: GradedPathway, opened: Open = reused) -> Found:
    with opened(tables) as engine:
        ground = prepare(engine, DEFINITIONS, YEARS, first_on=FIRST_ON, last_on=LAST_ON)
        return lived(engine, DEFINITIONS, YEARS, LEVELS, ground=ground, pathways=pathways)


def counted(rows: pa.Table, *names: str) -> Counter[tuple[Any, ...]]:
    found: Counter[tuple[Any, ...]] = Counter()
    for row in rows.to_pylist():
        key = tuple(row[name] for name in names)
        assert key not in found, "each cell is one row"
        found[key] = row["persons"]
    return found


def compare(
    pathway: GradedPathway, tables: Tables, found: Found
) -> tuple[Counter[tuple[Any, ...]], Counter[tuple[Any, ...]]]:
    mine = pc.field("condition") == pathway.key
    paths, verdicts = reference.lived(pathway, tables, YEARS, LEVELS, FIRST_ON, LAST_ON)
    assert counted(found[0].filter(mine), "year", "rank", "origin", "step") == paths
    assert counted(found[1].filter(mine), "year", "commune", "step", "verdict") == verdicts
    return paths, verdicts


def codes_around(pathway: GradedPathway) -> dict[str, tuple[str, ...]]:
    """Codes that a pathway looks for, those of the first event most often."""
    index = codes_of(Cohort("index", "", "", "", "", "", arms=pathway.index))
    later = [one for step in pathway.steps for one in (*step.due, *step.expects)]
    found = codes_of(Cohort("later", "", "", "", "", "", arms=tuple(later)))
    first = {system: set(codes) - set(NOISE[system]) for system, codes in index.items()}
    return {system: (*codes, *sorted(first[system]) * 8) for system, codes in found.items()}


@pytest.fixture(scope="module")
def tables() -> Tables:
    """Populations with something to find for each pathway of the product, side by side."""
    whole: Tables = {}
    for place, pathway in enumerate(PATHWAYS.values()):
        for name, rows in population(5, 250, codes_around(pathway)).items():
            for row in rows:
                row["person"] += 1000 * place
                if row.get("stay") is not None:
                    row["stay"] += 10_000 * place
            whole.setdefault(name, []).extend(rows)
    return spread(whole)


@pytest.fixture(scope="module")
def product(tables: Tables, open_events: Open) -> Found:
    """What the pathways of the product find there, on each engine that is there."""
    return run(tables, *PATHWAYS.values(), opened=open_events)


@pytest.mark.parametrize("key", sorted(PATHWAYS))
def test_every_pathway_of_the_product(key: str, tables: Tables, product: Found) -> None:
    paths, verdicts = compare(PATHWAYS[key], tables, product)
    assert sum(paths.values()) > 5
    assert len({verdict for *_, verdict in verdicts}) > 1


def test_each_step_gives_one_verdict_a_person_and_year(product: Found) -> None:
    totals: dict[tuple[str, int], Counter[str]] = {}
    for row in product[1].to_pylist():
        totals.setdefault((row["condition"], row["year"]), Counter())[row["step"]] += row["persons"]
    for (condition, _), steps in totals.items():
        assert set(steps) == {step.key for step in PATHWAYS[condition].steps}
        assert len(set(steps.values())) == 1


def test_a_path_goes_on_from_where_it_was(product: Found) -> None:
    arrived: Counter[tuple[Any, ...]] = Counter()
    for row in product[0].to_pylist():
        arrived[row["condition"], row["year"], row["rank"], row["step"]] += row["persons"]
        assert (row["origin"] == "") == (row["rank"] == 0)
        assert row["origin"] != row["step"]
        assert row["origin"] not in ("DEATH", "HOME")
    left: Counter[tuple[Any, ...]] = Counter()
    for row in product[0].to_pylist():
        if row["rank"]:
            left[row["condition"], row["year"], row["rank"] - 1, row["origin"]] += row["persons"]
    assert all(left[key] <= arrived[key] for key in left)


WORDS = """
key = "drawn"
version = "1"
label = "Essai"
meaning = "Essai"
source = "Essai"
status = "to confirm"
specialties = ["SM04", "SM32"]
"""
ARMS = (
    'kind = "stay"\nicd = ["E11", "I50", "J44"]\n',
    'kind = "stay"\nicd = ["Z50", "E1"]\nsessions = "none"\n',
    'kind = "dispensing"\natc = ["A10", "C09"]\n',
    'kind = "visit"\nvisits = ["GP", "SPECIALIST"]\n',
    'kind = "procedure"\nsystem = "NABM"\ncodes = ["1577"]\n',
)


@st.composite
def pathway_texts(draw: st.DrawFn) -> str:
    """Pathways of any first event, and up to three steps."""
    text = WORDS + f"follow_days = {draw(st.sampled_from([1, 30, 400]))}\n"
    text += f"new_days = {draw(st.sampled_from([0, 0, 100, 1000]))}\n"
    for arm in draw(st.lists(st.sampled_from(ARMS), min_size=1, max_size=2)):
        text += "[[index]]\n" + arm
    for rank in range(draw(st.integers(0, 3))):
        arm = draw(st.sampled_from(ARMS))
        within = draw(st.sampled_from([0, 7, 60, 400]))
        text += f'[[step]]\nkey = "step-{rank}"\nlabel = "Étape"\nwithin_days = {within}\n'
        text += f"late_days = {within + draw(st.sampled_from([0, 30, 300]))}\n"
        text += f'after = "{draw(st.sampled_from(["entry", "exit"]))}"\n'
        if '"stay"' in arm:
            text += draw(st.sampled_from(["", 'levels = ["RECOURSE", "UNIVERSITY"]\n']))
        if draw(st.booleans()):
            text += "[[step.due]]\n" + draw(st.sampled_from(ARMS))
        text += "[[step.expects]]\n" + arm
    return text


@settings(max_examples=6 * DEPTH)
@given(text=pathway_texts(), seed=st.integers(0, 10_000))
def test_any_pathway_that_the_grammar_accepts(text: str, seed: int) -> None:
    pathway = read_pathway(text, name="drawn.toml", definitions=DEFINITIONS)
    drawn = spread(population(seed, 60, NOISE))
    compare(pathway, drawn, run(drawn, pathway))


def test_no_people_no_rows() -> None:
    for rows, table in zip(run({}, PATHWAYS["stroke"]), (PATHS, CONFORMANCE), strict=True):
        assert rows.num_rows == 0
        assert rows.schema == table.schema


def test_every_pathway_says_its_source_and_names_its_cohort() -> None:
    assert set(PATHWAYS) <= set(DEFINITIONS.cohorts)
    assert {"diabetes", "heart-failure", "stroke", "breast-cancer"} <= set(PATHWAYS)
    for pathway in PATHWAYS.values():
        assert pathway.source
        assert pathway.meaning
        assert pathway.steps
    assert set(STEP_LABELS) == set(StepKind)
    assert set(VERDICT_LABELS) == set(Verdict)


INDEX = '[[index]]\nkind = "stay"\nicd = ["I50"]\n'
STEP = '[[step]]\nkey = "{key}"\nlabel = "Étape"\nwithin_days = {within}\nafter = "entry"\n'
EXPECTS = '[[step.expects]]\nkind = "visit"\nvisits = ["GP"]\n'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("", "index"),
        ('[[index]]\nkind = "long-term"\nicd = ["I50"]\n', "possibles ici"),
        (INDEX + STEP.format(key="a-a", within=7), "step.expects"),
        (INDEX + STEP.format(key="A A", within=7) + EXPECTS, "minuscules"),
        (INDEX + STEP.format(key="a-a", within=7) + "late_days = 3\n" + EXPECTS, "retard"),
        (INDEX + STEP.format(key="a-a", within=7) + 'levels = ["RECOURSE"]\n' + EXPECTS, "niveau"),
        (INDEX + 2 * (STEP.format(key="a-a", within=7) + EXPECTS), "deux fois"),
        (INDEX + STEP.format(key="a-a", within=7) + EXPECTS + "score = 3\n", "score"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(change: str, message: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_pathway(WORDS + change, name="pathways/drawn.toml", definitions=DEFINITIONS)
    said = " ".join(str(problem) for problem in refusal.value.problems)
    assert message in said
    assert "pathways/drawn.toml" in said
