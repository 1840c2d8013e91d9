"""Events on disk: what goes in comes out, sorted, whatever the order of arrival."""

from __future__ import annotations

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.indicators import backends, store
from maillage.engines.indicators.codes import starts_with
from maillage.engines.indicators.content import ContentHash
from maillage.engines.indicators.events import TABLES
from maillage.vocabulary.errors import Invalid
from tests.engines.indicators import drawn


def _dispensings(rows: list[tuple[int, str, date]]) -> pa.Table:
    people, codes, days = zip(*rows, strict=True)
    return pa.table(
        {
            "person": people,
            "atc": codes,
            "dispensed_on": days,
            "packs": [1] * len(rows),
            "days": [30] * len(rows),
            "large": [False] * len(rows),
        }
    )


def test_what_goes_in_comes_out_sorted(tmp_path: Path) -> None:
    later, sooner = date(2024, 5, 2), date(2024, 1, 2)
    with store.EventWriter(tmp_path / "store") as writer:
        writer.add("dispensing", _dispensings([(2, "C09AA05", later), (1, "A10BA02", later)]))
        writer.add("dispensing", _dispensings([(1, "A10BA02", sooner)]))
        manifest = writer.close(origin=store.Origin(name="Essai", is_synthetic=True))
    assert manifest.rows["dispensing"] == 3
    assert (manifest.first_on, manifest.last_on) == (sooner, later)
    assert store.read_manifest(tmp_path / "store") == manifest
    with backends.open_duckdb(tmp_path / "store") as engine:
        for name, table in TABLES.items():
            assert engine.run(engine.events[name]).schema.names == list(table.names)
        found = engine.run(engine.events["dispensing"])
    assert found.column("dispensed_on").to_pylist() == [sooner, later, later]
    assert [path.stem for path in store.list_files(tmp_path / "store", "dispensing")] == [
        "A10",
        "C09",
    ]


@given(
    stays=drawn.stays(),
    dispensings=drawn.dispensings(),
    pieces=st.integers(1, 4),
    shuffle=st.randoms(use_true_random=False),
)
@settings(max_examples=8)
def test_the_fingerprint_is_that_of_the_rows(
    stays: list[dict[str, Any]], dispensings: list[dict[str, Any]], pieces: int, shuffle: Any
) -> None:
    """Neither the order of arrival nor the pieces matter; a value does."""
    given_rows = {"stay": stays, "dispensing": dispensings}

    def written(place: Path, changed: bool = False) -> tuple[str, list[bytes]]:
        with store.EventWriter(place) as writer:
            for name, rows in given_rows.items():
                mixed = [dict(row) for row in rows]
                shuffle.shuffle(mixed)
                if changed and name == "dispensing":
                    mixed[0]["days"] += 1
                for start in range(pieces):
                    writer.add(name, drawn.rows_of(name, mixed[start::pieces]))
            manifest = writer.close()
        files = sorted(place.rglob("*.parquet"))
        return manifest.fingerprint, [path.read_bytes() for path in files]

    with tempfile.TemporaryDirectory() as folder:
        first = written(Path(folder) / "first")
        again = written(Path(folder) / "again")
        assert first == again
        if dispensings:
            assert written(Path(folder) / "changed", changed=True)[0] != first[0]
        with backends.open_duckdb(Path(folder) / "first") as engine:
            for name, rows in given_rows.items():
                order = [(key, "ascending") for key in TABLES[name].names]
                kept = engine.run(engine.events[name]).sort_by(order)
                expected = drawn.rows_of(name, rows).sort_by(order)
                assert kept.to_pylist() == expected.to_pylist()


def test_texts_are_told_apart_by_their_fingerprint() -> None:
    def of(*values: str | None) -> str:
        content = ContentHash()
        content.update("t", pa.table({"a": pa.array(values, pa.string())}))
        return content.hexdigest()

    assert len({of(None), of(""), of("", None), of(None, "")}) == 4
    assert len({of("ab", "c"), of("a", "bc"), of("abc", ""), of("", "abc"), of("abc")}) == 5


def test_pieces_do_not_change_a_fingerprint() -> None:
    rows = pa.table({"a": ["x", "yz", "é"], "b": [1, None, 3], "c": [True, False, True]})
    whole, cut = ContentHash(), ContentHash()
    whole.update("t", rows.slice(1))
    cut.update("t", rows.slice(1, 1))
    cut.update("t", rows.slice(2, 1))
    assert whole.hexdigest() == cut.hexdigest()


def test_files_say_how_they_are_sorted(tmp_path: Path) -> None:
    rows = [(person, "A10BA02", date(2024, 1, 1 + person % 28)) for person in range(40, 0, -1)]
    store.write_events(tmp_path / "store", {"dispensing": _dispensings(rows)})
    (path,) = store.list_files(tmp_path / "store", "dispensing")
    group = pq.ParquetFile(path).metadata.row_group(0)
    assert [one.column_index for one in group.sorting_columns] == [1, 0, 2]
    assert pq.read_table(path).column("person").to_pylist() == list(range(1, 41))


def test_a_folder_is_written_once(tmp_path: Path) -> None:
    store.write_events(tmp_path / "store", {})
    with pytest.raises(Invalid, match="n'est pas vide"):
        store.EventWriter(tmp_path / "store")


def test_what_failed_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: int, total: int, text: str) -> None:
        raise RuntimeError

    rows = _dispensings([(1, "A10BA02", date(2024, 1, 1))])
    with pytest.raises(RuntimeError):
        store.write_events(tmp_path / "store", {"dispensing": rows}, progress=stop)
    assert not (tmp_path / "store").exists()


def test_progress_is_told_in_french(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    rows = _dispensings([(1, "A10BA02", date(2024, 1, 1)), (1, "C09AA05", date(2024, 1, 1))])
    store.write_events(
        tmp_path / "store", {"dispensing": rows}, progress=lambda *one: told.append(one)
    )
    assert told == [(n, 2, "Rangement : délivrances de médicaments") for n in range(2)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.drop_columns("atc"), "colonne absente"),
        (lambda rows: rows.append_column("dose", pa.array([1])), "colonne inconnue"),
        (lambda rows: rows.set_column(0, "person", pa.array(["x"])), "se convertissent pas"),
        (lambda rows: rows.set_column(0, "person", pa.array([None], pa.int64())), "absentes"),
    ],
)
def test_rows_of_another_form_are_refused(tmp_path: Path, change: Any, words: str) -> None:
    rows = change(_dispensings([(1, "A10BA02", date(2024, 1, 1))]))
    with store.EventWriter(tmp_path / "store") as writer:
        with pytest.raises(Invalid) as refused:
            writer.add("dispensing", rows)
        (problem,) = refused.value.problems
        assert words in problem.message
        assert problem.column in ("atc", "dose", "person")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "manifeste absent"),
        ("{", "ne se lit pas"),
        ('{"model_version": 1}', "ne se lit pas"),
        (json.dumps({"model_version": 99, "new": True}), "version 99"),
    ],
)
def test_a_manifest_that_cannot_be_trusted_is_refused(
    tmp_path: Path, text: str | None, words: str
) -> None:
    if text is not None:
        (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(Invalid, match=words) as refused:
        backends.open_duckdb(tmp_path)
    assert refused.value.problems[0].file == "manifest.json"


def test_a_partition_is_named_safely(tmp_path: Path) -> None:
    day = date(2024, 1, 1)
    rows = _dispensings([(1, "../x", day), (2, "", day), (3, "A/B", day), (4, "A*B", day)])
    store.write_events(tmp_path / "store", {"dispensing": rows})
    files = store.list_files(tmp_path / "store", "dispensing")
    assert [path.stem for path in files] == ["A_B", "_", "___"]
    with backends.open_duckdb(tmp_path / "store") as engine:
        assert engine.run(engine.events["dispensing"]).num_rows == 4


def test_codes_by_their_prefixes() -> None:
    codes = ["A10BA02", "A1", "A10", "A11", "B01", "", "Z99"]
    rows = _dispensings([(1, code, date(2024, 1, 1)) for code in codes])
    with backends.open_memory({"dispensing": rows}) as engine:
        atc = engine.events["dispensing"].atc

        def having(*prefixes: str) -> set[str]:
            kept = engine.events["dispensing"].filter(starts_with(atc, prefixes))
            return set(engine.run(kept).column("atc").to_pylist())

        assert having("A10") == {"A10BA02", "A10"}
        assert having("A10", "A10BA", "Z") == {"A10BA02", "A10", "Z99"}
        assert having("B01", "A1") == {"A10BA02", "A1", "A10", "A11", "B01"}
        assert having("") == set(codes)
        assert having() == set()
