"""A folder of results: whole or absent, explained by its queries, equal to plain totals."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from maillage.engines.indicators import __main__ as command
from maillage.engines.indicators import path_rules
from maillage.engines.indicators.backends import open_duckdb, open_memory
from maillage.engines.indicators.compute import (
    ResultManifest,
    compute,
    partial_years,
    read_result_manifest,
)
from maillage.engines.indicators.definition_model import Definitions
from maillage.engines.indicators.definitions import load_definitions
from maillage.engines.indicators.events import TABLES
from maillage.engines.indicators.preview import PreviewCount, preview, shown_count
from maillage.engines.indicators.results import CELLS, PEOPLE, RESULTS
from maillage.engines.indicators.store import EventWriter, Origin, list_files
from maillage.engines.indicators.watching import ComputationCancelled, WatchedEngine
from maillage.vocabulary.errors import Invalid, Refusal
from tests.engines.indicators.drawn_lives import FIRST_ON, LAST_ON, YEARS, Tables, lives
from tests.engines.indicators.engines import as_arrow
from tests.engines.indicators.reference.measures import _full

PATHWAYS = ("diabetes", "heart-failure")
KEYS = ("prevalence-diabetes", "avoidable", "readmission-30", "stays-diabetes",
        "emergency-not-admitted", "gap-hba1c-none")  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _few_rules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Few pathways: what is tried here is not what is lived."""
    folder = tmp_path_factory.mktemp("pathways")
    for key in PATHWAYS:
        shutil.copy(path_rules.FOLDER / f"{key}.toml", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(path_rules, "FOLDER", folder)
        yield


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    """Few indicators: what is tried here is not how they count."""
    whole = load_definitions()
    return replace(whole, indicators={key: whole.indicators[key] for key in KEYS})


@pytest.fixture(scope="module")
def tables() -> Tables:
    return lives(5, 150)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, tables: Tables) -> Path:
    folder = tmp_path_factory.mktemp("events") / "store"
    origin = Origin(name="Essai", first_on=FIRST_ON, last_on=LAST_ON, is_synthetic=True)
    with EventWriter(folder) as writer:
        for name, rows in as_arrow(tables).items():
            writer.add(name, rows)
        writer.close(origin=origin)
    return folder


@pytest.fixture(scope="module")
def made(store: Path, definitions: Definitions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results") / "out"
    compute(store, out, definitions=definitions, years=YEARS)
    return out


def cells(folder: Path, indicator: str) -> pa.Table:
    return pq.read_table(folder / "cells.parquet", filters=[("indicator", "=", indicator)])


def test_every_table_is_there_with_its_columns(made: Path) -> None:
    for table in RESULTS.values():
        assert pq.read_schema(made / f"{table.name}.parquet") == table.schema
    assert pq.read_schema(made / "people" / "people.parquet") == PEOPLE.schema


def test_rows_are_in_the_order_of_the_table_one_group_a_year(made: Path) -> None:
    file = pq.ParquetFile(made / "cells.parquet")
    rows = file.read()
    assert rows.equals(rows.sort_by([(name, "ascending") for name in CELLS.order]))
    for number in range(file.num_row_groups):
        group = file.read_row_group(number, columns=["indicator", "year"])
        assert len(group.group_by(["indicator", "year"]).aggregate([])) == 1


def test_the_manifest_says_from_what_and_by_what(
    made: Path, store: Path, definitions: Definitions
) -> None:
    manifest = read_result_manifest(made)
    data = json.loads((store / "manifest.json").read_text("utf-8"))
    assert manifest.data_fingerprint == data["fingerprint"]
    assert manifest.definitions_fingerprint == definitions.fingerprint
    assert manifest.years == YEARS
    assert manifest.is_synthetic
    assert manifest.residents_of == {2021: 2021, 2022: 2022, 2023: 2022}
    assert manifest.partial_years == ()
    assert set(manifest.indicators) == set(KEYS)
    assert manifest.rows["cells"] == pq.read_metadata(made / "cells.parquet").num_rows
    assert ResultManifest.from_dict(json.loads(json.dumps(manifest.as_dict()))) == manifest


def test_totals_are_plain_totals(made: Path, tables: Tables) -> None:
    """Whatever the cells, no event and nobody is lost between them."""
    visits = [
        visit
        for visit in tables["visit"]
        if visit["kind"] == "EMERGENCY" and visit["outcome"] == "HOME"
    ]
    rows = cells(made, "emergency-not-admitted")
    assert pc.sum(rows["events"]).as_py() == len(visits)
    people = {(visit["person"], visit["visited_on"].year) for visit in visits}
    assert pc.sum(rows["persons"]).as_py() == len(people)
    stays = [stay for stay in tables["stay"] if _full(stay) and stay["left_on"].year in YEARS]
    flows = pq.read_table(made / "flows.parquet", filters=[("need", "=", "all")])
    assert pc.sum(flows["stays"]).as_py() == len(stays)
    assert "" in cells(made, "stays-diabetes")["commune"].to_pylist()


def test_the_same_events_give_the_same_results_and_progress_goes_to_the_end(
    made: Path, store: Path, definitions: Definitions, tmp_path: Path
) -> None:
    said: list[tuple[int, int, str]] = []
    again = tmp_path / "again"
    compute(
        store,
        again,
        definitions=definitions,
        years=YEARS[::-1],
        threads=1,
        progress=lambda *one: said.append(one),
    )
    done = [one for one, _, _ in said]
    assert done[0] == 0
    assert done == sorted(set(done)), "it never goes back, and never stands still"
    assert {total > done[-1] for _, total, _ in said} == {True}
    assert len({total for _, total, _ in said}) == 1
    assert said[-1][2] == "Parcours vécus"
    assert "Indicateur : Hospitalisations évitables, toutes causes" in [one[2] for one in said]
    for name in RESULTS:
        assert pq.read_table(again / f"{name}.parquet").equals(
            pq.read_table(made / f"{name}.parquet")
        )


def test_the_query_that_is_kept_gives_the_number(made: Path, store: Path) -> None:
    """Run by hand, with DuckDB alone, the queries give what is in the table."""
    with duckdb.connect() as connection:
        for name in TABLES:
            files = [str(path) for path in list_files(store, name)]
            connection.read_parquet(files).create_view(name)
        waiting = {path.stem: path for path in (made / "queries" / "tables").glob("ground_*")}
        while waiting:
            before = len(waiting)
            for name, path in list(waiting.items()):
                query = path.read_text("utf-8")
                if not any(f'"{other}"' in query for other in waiting):
                    connection.execute(f"CREATE TEMP TABLE {name} AS {query}")
                    del waiting[name]
            assert len(waiting) < before
        for key in KEYS:
            query = (made / "queries" / f"{key}.sql").read_text("utf-8")
            found = connection.execute(query).to_arrow_table().select(CELLS.names)
            order = [(name, "ascending") for name in CELLS.order]
            assert found.cast(CELLS.schema).sort_by(order).equals(cells(made, key))


def test_a_stopped_computation_leaves_nothing(
    store: Path, definitions: Definitions, tmp_path: Path
) -> None:
    asked: Iterator[bool] = iter([False, False, False, True])
    with pytest.raises(ComputationCancelled):
        compute(
            store,
            tmp_path / "out",
            definitions=definitions,
            years=YEARS,
            is_cancelled=lambda: next(asked),
        )
    assert list(tmp_path.iterdir()) == []


def test_a_query_is_stopped_while_it_runs() -> None:
    endless = "SELECT sum(a.range * b.range) AS s FROM range(10000000) a, range(10000000) b"
    caller = threading.get_ident()
    asked: list[int] = []

    def is_cancelled() -> bool:
        asked.append(threading.get_ident())
        return True

    with WatchedEngine(open_memory({}), is_cancelled) as engine:
        query = engine._engine.connection.sql(endless)  # type: ignore[attr-defined]
        with pytest.raises(ComputationCancelled):
            engine.run(query)
        assert asked == [caller]
        # What was interrupted is over, and the engine goes on.
        assert engine.run(engine.events["person"].count()) is not None


def test_what_a_query_raises_is_raised(store: Path) -> None:
    with WatchedEngine(open_duckdb(store), lambda: False) as engine:
        wrong = engine._engine.connection.sql("SELECT error('non') AS e")  # type: ignore[attr-defined]
        with pytest.raises(duckdb.InvalidInputException, match="non"):
            engine.run(wrong)


def test_a_folder_that_is_not_empty_is_left_alone(
    store: Path, definitions: Definitions, tmp_path: Path
) -> None:
    (tmp_path / "kept").write_text("à garder")
    with pytest.raises(Refusal):
        compute(store, tmp_path, definitions=definitions, years=YEARS)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize("years", [[2020], [2021, 2024], []])
def test_years_without_events_are_refused(
    years: list[int], store: Path, definitions: Definitions, tmp_path: Path
) -> None:
    with pytest.raises(Invalid):
        compute(store, tmp_path / "out", definitions=definitions, years=years)


def test_years_that_are_not_whole_are_said() -> None:
    assert partial_years([2021, 2022, 2023], date(2021, 1, 2), date(2023, 12, 30)) == (2021, 2023)
    assert partial_years([2021], date(2021, 1, 1), date(2021, 12, 31)) == ()


def test_results_that_do_not_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        read_result_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(Invalid):
        read_result_manifest(tmp_path)


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, 0), (1, None), (10, None), (11, 10), (14, 10), (15, 20), (1234, 1230)],
)
def test_a_preview_hides_few_people_and_rounds_the_others(number: int, shown: int | None) -> None:
    assert shown_count(number) == shown


def test_a_preview_counts_members(store: Path, definitions: Definitions) -> None:
    cohort = definitions.cohorts["diabetes"]
    found = preview(cohort, store, 2022)
    assert found.people is not None
    assert found.people % 10 == 0
    assert found.people > 0
    nobody = replace(cohort, min_age=120)
    assert preview(nobody, store, 2022) == PreviewCount(2022, 0)
    with pytest.raises(Invalid):
        preview(cohort, store, 2030)


@pytest.mark.parametrize(
    ("text", "years"),
    [("2021-2023", [2021, 2022, 2023]), ("2021,2023", [2021, 2023]), (" 2022 ", [2022])],
)
def test_years_as_they_are_written(text: str, years: list[int]) -> None:
    assert command.read_years(text) == years


@pytest.mark.parametrize("text", ["", "21", "2023-2021", "2021-", "douze"])
def test_years_that_are_not_years(text: str) -> None:
    with pytest.raises(Invalid):
        command.read_years(text)


def test_the_command_previews_a_file(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "mienne.toml"
    shipped = load_definitions().cohorts["diabetes"].text
    written.write_text(shipped.replace('key = "diabetes"', 'key = "mienne"'), "utf-8")
    assert command.main(["preview", str(written), str(store), "--annee", "2022"]) == 0
    assert "2022 : environ" in capsys.readouterr().out
    written.write_text("key = ", "utf-8")
    assert command.main(["preview", str(written), str(store)]) == 2
    assert "ligne 1" in capsys.readouterr().err


def test_the_command_lists_and_describes(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["definitions"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("indicateur\t") for line in listed) == len(
        load_definitions().indicators
    )
    assert command.main(["describe", "readmission-30"]) == 0
    assert "Réadmissions à 30 jours" in capsys.readouterr().out
    assert command.main(["describe", "inconnu"]) == 5


def test_the_command_refuses_what_is_not_a_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["compute", str(tmp_path), "--sortie", str(tmp_path / "out")]) == 2
    assert "manifeste" in capsys.readouterr().err
