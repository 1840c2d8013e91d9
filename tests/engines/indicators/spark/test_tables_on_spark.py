"""Strata, moves, paths and verdicts on Spark: those of the plain version, as on DuckDB and
PostgreSQL, and the flows of DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from maillage.engines.indicators import backends, store
from maillage.engines.indicators.backends import Engine
from maillage.engines.indicators.flows import flows
from maillage.engines.indicators.measures.ground import prepare
from maillage.engines.indicators.pyramid_rules import Pyramid
from tests.engines.indicators import test_pathways as pathways
from tests.engines.indicators import test_pyramid as pyramids
from tests.engines.indicators.drawn_cohorts import YEARS, Row, population
from tests.engines.indicators.engines import as_arrow, reused

pytest.importorskip("pyspark", reason="Spark is installed apart: ./maillage test spark")
# What Spark and its bridge leave behind them: deprecated calls, sockets that they close late.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{kind}")
    for kind in (
        "DeprecationWarning",
        "FutureWarning",
        "ResourceWarning",
        "pytest.PytestUnraisableExceptionWarning",
    )
]
Tables = dict[str, list[Row]]
Open = Callable[[Mapping[str, list[Row]]], AbstractContextManager[Engine]]
KEY = "heart-failure"
PATH = "stroke"
PEOPLE = 60


def few_reasons(pyramid: Pyramid) -> Pyramid:
    """A pyramid with one reason of each rule: Spark takes long over each."""
    first = {one.rule: one for one in reversed(pyramid.reasons)}
    return replace(pyramid, reasons=tuple(one for one in pyramid.reasons if one in first.values()))


@pytest.fixture(scope="module")
def on_spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    session = backends.start_spark()

    @contextmanager
    def opened(tables: Mapping[str, list[Row]]) -> Iterator[Engine]:
        place: Path = tmp_path_factory.mktemp("events") / "store"
        # Everybody of these places is in the store: the healthy are counted too.
        whole = store.Origin(is_exhaustive=True)
        store.write_events(place, as_arrow(tables), origin=whole)
        with backends.open_spark(place, session) as engine:
            yield engine

    yield opened
    session.stop()


def test_strata_and_moves_are_those_of_the_plain_version(on_spark: Open) -> None:
    pyramid = few_reasons(pyramids.PYRAMIDS[KEY])
    tables = pyramids.coming_back(population(5, PEOPLE, pyramids.codes_around(pyramid)))
    found = pyramids.run(tables, pyramid, opened=on_spark)
    expected = pyramids.compare(pyramid, tables, found)
    assert len({stratum for stratum, _ in expected.people.values()}) > 2
    assert expected.moves()


def test_paths_and_verdicts_are_those_of_the_plain_version(on_spark: Open) -> None:
    whole = pathways.PATHWAYS[PATH]
    pathway = replace(whole, steps=whole.steps[:2])
    tables = pathways.spread(population(5, PEOPLE, pathways.codes_around(whole)))
    found = pathways.run(tables, pathway, opened=on_spark)
    paths, verdicts = pathways.compare(pathway, tables, found)
    assert paths
    assert len({key[3] for key in verdicts}) > 2


def rows_of_flows(tables: Tables, opened: Open) -> dict[str, list[dict[str, Any]]]:
    keys = ("all", "medicine", "surgery", "obstetrics", PATH)
    order = [(name, "ascending") for name in ("year", "commune", "site")]
    with opened(tables) as engine:
        ground = prepare(
            engine,
            pathways.DEFINITIONS,
            YEARS,
            first_on=pathways.FIRST_ON,
            last_on=pathways.LAST_ON,
        )
        found = flows(ground)
        rows: dict[str, pa.Table] = {key: engine.run(found[key]) for key in keys}
    return {key: table.sort_by(order).to_pylist() for key, table in rows.items()}


def test_flows_are_those_of_duckdb(on_spark: Open) -> None:
    codes = pathways.codes_around(pathways.PATHWAYS[PATH])
    tables = pathways.spread(population(5, PEOPLE, codes))
    expected = rows_of_flows(tables, reused)
    assert expected["all"]
    assert expected[PATH]
    assert rows_of_flows(tables, on_spark) == expected
