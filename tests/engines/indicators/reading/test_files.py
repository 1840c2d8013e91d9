"""Files as they come, and files that mean harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from maillage.engines.indicators import reading
from maillage.engines.indicators.reading import files
from maillage.engines.indicators.store import EventWriter
from maillage.vocabulary.errors import Invalid
from tests.engines.indicators.reading.stores import load, rows_of, write_csv

HEAD = "person;born_on;sex"
VISITS = ("person;kind;visited_on", "1;GP;2021-01-05")


def put(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    write_csv(folder / "person.csv", *lines, encoding=encoding)
    write_csv(folder / "visit.csv", *VISITS)
    return folder


def read_rows(path: Path, keep: list[str]) -> tuple[list[dict[str, object]], files.TextReader]:
    reader = files.TextReader(path, files.read_header(path), keep)
    return [row for batch in reader for row in batch.to_pylist()], reader


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_encodings_and_separators(tmp_path: Path, encoding: str, separator: str) -> None:
    path = write_csv(
        tmp_path / "a.csv",
        separator.join(["numéro", "ville"]),
        separator.join(["1", "Hénin"]),
        encoding=encoding,
    )
    rows, reader = read_rows(path, ["numéro", "ville"])
    assert rows == [{"row": 2, "numéro": "1", "ville": "Hénin"}]
    assert reader.rows == 1


def test_an_accent_far_from_the_beginning_tells_the_encoding(tmp_path: Path) -> None:
    lines = ["a;b", *("1;x" for _ in range(400_000)), "2;é"]
    path = write_csv(tmp_path / "a.csv", *lines, encoding="cp1252")
    assert files.find_encoding(path) == "cp1252"
    rows, _ = read_rows(path, ["b"])
    assert rows[-1] == {"row": 400_002, "b": "é"}


def test_rows_keep_their_number_around_those_that_do_not_fit(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", "a;b", "1;x", "2;y;z", "", "3;w", '4;"v', 'u"', "5;t")
    rows, reader = read_rows(path, ["a"])
    assert [(one["row"], one["a"]) for one in rows] == [
        (2, "1"), (4, ""), (5, "3"), (6, "4"), (7, "5"),
    ]  # fmt: skip
    assert [(one.row, one.message) for one in reader.bad] == [(3, "3 colonnes au lieu de 2")]
    assert reader.rows == 6


def test_bad_rows_far_from_each_other_keep_their_number(tmp_path: Path) -> None:
    lines = ["a;b"] + [f"{n};x" if n % 70_001 else f"{n}" for n in range(2, 900_000)]
    path = write_csv(tmp_path / "a.csv", *lines)
    rows, reader = read_rows(path, ["a"])
    assert len(rows) + len(reader.bad) == len(lines) - 1 == reader.rows
    assert all(int(str(one["a"])) == one["row"] for one in rows)
    assert [one.row for one in reader.bad] == [70_001 * n for n in range(1, 13)]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04rest", "archive"),
        (b"\x1f\x8brest", "gzip"),
        (b"%PDF-1.7", "PDF"),
        (b"\xff\xfea\x00;\x00", "UTF-16"),
        (b"person;born_on\n1;\x00\x00", "octets nuls"),
        (b"\n1;2\n", "noms de colonnes"),
        (b"a;A\n1;2\n", "deux colonnes"),
        ((";".join("abcdefgh"[n % 8] + str(n) for n in range(2000))).encode(), "1000"),
    ],
)
def test_what_is_not_a_table_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "person.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid) as refusal:
        files.read_header(path)
    assert what in str(refusal.value)
    assert refusal.value.problems[0].file == "person.csv"


def test_a_quote_that_never_closes_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a;b\n1;x\n" + b'2;"' + b"y\n" * (files.BLOCK // 2 * 3))
    with pytest.raises(Invalid) as refusal:
        read_rows(path, ["a"])
    assert refusal.value.problems[0].row is not None


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    folder = put(tmp_path / "in", "person;sex", "1;1")
    with pytest.raises(Invalid) as refusal:
        load("plain", folder, tmp_path / "out")
    assert refusal.value.problems[0].column == "born_on"


def test_links_and_hidden_files_are_not_read(tmp_path: Path) -> None:
    secret = write_csv(tmp_path / "secret.csv", HEAD, "9;1950-01-01;1")
    folder = put(tmp_path / "in", HEAD, "1;1950-01-01;1")
    (folder / "person2.csv").symlink_to(secret)
    write_csv(folder / ".person.csv", HEAD, "8;1950-01-01;1")
    assert [path.name for path in files.list_files(folder)] == ["person.csv", "visit.csv"]


def test_formulas_are_guarded_in_the_list_of_rejects(tmp_path: Path) -> None:
    folder = put(tmp_path / "in", HEAD, "=1+1;1950-01-01;1", '"=cmd|x";never;1', "1;1950-01-01;1")
    (folder / "visit.csv").rename(folder / "visit-1.csv")
    out, report = load("plain", folder, tmp_path / "out")
    assert report.rejected == {"date illisible": 1}
    text = (out / "rejects" / "rejects.csv").read_text("utf-8-sig")
    assert text.splitlines() == [
        "fichier;ligne;colonne;raison",
        "person.csv;3;born_on;date illisible",
    ]
    assert "cmd" not in text


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        reading.detect(tmp_path)
    with pytest.raises(Invalid):
        reading.detect(tmp_path / "nowhere")
    write_csv(tmp_path / "notes.csv", "a;b", "1;2")
    with pytest.raises(Invalid, match="Aucun fichier"):
        reading.detect(tmp_path)


def test_when_every_row_is_refused_the_reasons_are_said(tmp_path: Path) -> None:
    folder = put(tmp_path / "in", HEAD, "1;never;1")
    with pytest.raises(Invalid) as refusal:
        load("plain", folder, tmp_path / "out")
    problem = refusal.value.problems[0]
    assert (problem.file, problem.row, problem.column) == ("person.csv", 2, "born_on")


def test_a_reading_can_be_stopped_and_says_where_it_is(tmp_path: Path) -> None:
    folder = put(tmp_path / "in", HEAD, "1;1950-01-01;1")
    steps: list[tuple[int, int, str]] = []
    out = tmp_path / "out"
    with pytest.raises(reading.ReadingCancelled), EventWriter(out) as writer:
        reading.read(
            "plain",
            folder,
            writer,
            options=reading.ReadOptions(out=out),
            progress=lambda done, total, words: steps.append((done, total, words)),
            is_cancelled=lambda: len(steps) > 3,
        )
    assert len(steps) == 4
    assert all(done <= total and words for done, total, words in steps)
    assert not out.exists()


def test_identities_are_written_only_for_nominative_data(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    folder = put(tmp_path / "in", HEAD, "1;1950-01-01;1")
    out, _ = load("plain", folder, tmp_path / "anonymous")
    assert not (out / "identities.parquet").exists()
    out, _ = load("plain", folder, tmp_path / "nominative", is_nominative=True)
    assert pq.read_table(out / "identities.parquet").num_rows == len(rows_of(out, "person")) == 1
