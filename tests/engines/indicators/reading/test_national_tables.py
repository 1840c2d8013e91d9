"""National tables: every filter of the guides counts what it sets aside."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from maillage.engines.indicators import writing
from maillage.vocabulary.errors import Invalid
from tests.engines.indicators.reading.stores import SMALL, load, rows_of, write_csv, write_store

Row = dict[str, str]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The national tables of a small store."""
    place = tmp_path_factory.mktemp("national")
    store = write_store(place / "store", SMALL)
    writing.write_snds(store, place / "files")
    return place / "files"


@pytest.fixture
def files(written: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return Path(shutil.copytree(written, tmp_path / "files"))


def edit(files: Path, table: str, change: Callable[[list[Row]], list[Row]]) -> None:
    """Change the rows of a file."""
    path = files / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    names = list(rows[0])
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, delimiter=";")
        writer.writeheader()
        writer.writerows(change(rows))


def setting(column: str, value: str, *, at: int = 0) -> Callable[[list[Row]], list[Row]]:
    """Write a value in a column of a row."""

    def change(rows: list[Row]) -> list[Row]:
        rows[at][column] = value
        return rows

    return change


@pytest.mark.parametrize(
    ("table", "column", "value", "filtered"),
    [
        ("ER_PRS_F", "DPN_QLF", "71", {"DPN_QLF": 1, "PARENT": 1}),
        ("ER_PRS_F", "PRS_DPN_QLP", "72", {"DPN_QLF": 1, "PARENT": 1}),
        ("IR_IMB_R", "IMB_ETM_NAT", "42", {"IMB_ETM_NAT": 1}),
        ("T_MCO21B", "GRG_GHM", "90Z00Z", {"GHM90": 1, "PARENT": 6}),
        ("T_MCO21B", "SEJ_TYP", "B", {"SEJ_TYP": 1, "PARENT": 6}),
        ("T_MCO21C", "PMS_RET", "1", {"CHAIN_ERROR": 1, "UNCHAINED": 1, "PARENT": 6}),
        ("IR_PHA_R", "PHA_ATC_CLA", "", {"NO_ATC": 2}),
        ("ER_PHA_F", "PHA_ACT_QSN", "-3", {"CANCELLED": 1}),
    ],
)
def test_a_filter_sets_rows_aside(
    files: Path, tmp_path: Path, table: str, column: str, value: str, filtered: dict[str, int]
) -> None:
    edit(files, table, setting(column, value))
    _, report = load("snds", files, tmp_path / "out")
    assert report.filtered == filtered
    assert set(report.rules) == set(filtered)
    assert not report.rejected


@pytest.mark.parametrize(
    ("table", "column", "value", "reason"),
    [
        ("IR_BEN_R", "BEN_NAI_ANN", "0000", "année de naissance impossible"),
        ("IR_IMB_R", "IMB_ALD_DTD", "1600-01-01", "date illisible"),
        ("IR_IMB_R", "IMB_ALD_DTF", "2010-01-01", "fin avant le début"),
        ("IR_IMB_R", "BEN_NIR_PSA", "nobody", "personne inconnue"),
        ("ER_PRS_F", "EXE_SOI_DTD", "soon", "date illisible"),
        ("ER_PHA_F", "PRS_ORD_NUM", "7", "prestation inconnue"),
        ("T_MCO21D", "RSA_NUM", "0000000099", "séjour inconnu"),
        ("T_MCO21B", "DGN_PAL", "?", "code mal formé"),
    ],
)
def test_a_wrong_row_is_rejected(
    files: Path, tmp_path: Path, table: str, column: str, value: str, reason: str
) -> None:
    edit(files, table, setting(column, value))
    _, report = load("snds", files, tmp_path / "out")
    assert report.rejected[reason] == 1


def test_the_year_1600_is_no_day(files: Path, tmp_path: Path) -> None:
    out, _ = load("snds", files, tmp_path / "out")
    assert [row[3] for row in rows_of(out, "person")] == [None, date(2022, 6, 1), None]
    assert [row[3] for row in rows_of(out, "long_term")] == [None, date(2020, 1, 1)]


@pytest.mark.parametrize(("year", "kept"), [("18", 2), ("19", 3)])
def test_hospitals_told_twice_are_left_out_until_2018(
    files: Path, tmp_path: Path, year: str, kept: int
) -> None:
    for name in ("B", "C", "D", "A", "UM"):
        path = (files / f"T_MCO22{name}.csv").rename(files / f"T_MCO{year}{name}.csv")
        path.write_text(path.read_text().replace("590780001", "750100018"))
    out, report = load("snds", files, tmp_path / "out")
    assert len(rows_of(out, "stay")) == kept
    assert report.filtered == ({"FINESS_TWICE": 2, "PARENT": 2} if kept == 2 else {})


def test_care_of_public_hospitals_is_counted_once(files: Path, tmp_path: Path) -> None:
    from maillage.engines.indicators.reading.snds import KEY

    with (files / "ER_PRS_F.csv").open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file, delimiter=";"))
    write_csv(
        files / "ER_ETE_F.csv",
        ";".join(("ETE_IND_TAA", *KEY)),
        ";".join(("1", *(row[k] for k in KEY))),
    )
    _, report = load("snds", files, tmp_path / "out")
    assert report.filtered["ETE_IND_TAA"] == 1


def test_a_cancelled_delivery_takes_back_its_boxes(files: Path, tmp_path: Path) -> None:
    """A regularisation is a line of its own, with a negative number."""

    def cancel(rows: list[Row]) -> list[Row]:
        return [*rows, rows[-1] | {"DCT_ORD_NUM": "99"}]

    edit(files, "ER_PRS_F", lambda rows: [*rows, rows[0] | {"DCT_ORD_NUM": "99"}])
    edit(
        files,
        "ER_PHA_F",
        lambda rows: [*rows, rows[0] | {"DCT_ORD_NUM": "99", "PHA_ACT_QSN": "-1"}],
    )
    out, report = load("snds", files, tmp_path / "out")
    assert not report.filtered
    drugs = [row for row in rows_of(out, "dispensing") if row[1] == "A10BA02"]
    assert [row[3] for row in drugs] == [2]


def test_days_and_keys_may_be_written_in_several_ways(files: Path, tmp_path: Path) -> None:
    def turn(rows: list[Row]) -> list[Row]:
        for row in rows:
            for name in ("FLX_DIS_DTD", "FLX_TRT_DTD"):
                year, month, day = row[name].split("-")
                row[name] = f"{day}/{month}/{year}"
            row["FLX_EMT_NUM"] = row["FLX_EMT_NUM"].zfill(4)
        return rows

    edit(files, "ER_PHA_F", turn)
    _, report = load("snds", files, tmp_path / "out")
    assert not report.rejected


def test_two_people_under_one_number_are_told_apart_or_set_aside(
    files: Path, tmp_path: Path
) -> None:
    def twin(rows: list[Row]) -> list[Row]:
        return [*rows, rows[0] | {"BEN_RNG_GEM": "2", "BEN_IDT_ANO": "twin"}]

    edit(files, "IR_BEN_R", twin)
    _, report = load("snds", files, tmp_path / "out")
    assert not report.filtered
    edit(files, "T_MCO21C", setting("RNG_NAI", ""))
    _, report = load("snds", files, tmp_path / "again")
    assert report.filtered == {"CHAIN_CONFLICT": 1, "UNCHAINED": 1, "PARENT": 6}


def test_drugs_without_their_reference_are_refused(files: Path, tmp_path: Path) -> None:
    (files / "IR_PHA_R.csv").unlink()
    with pytest.raises(Invalid, match="IR_PHA_R"):
        load("snds", files, tmp_path / "out")


def test_flows_that_stop_too_early_are_said(files: Path, tmp_path: Path) -> None:
    _, report = load("snds", files, tmp_path / "out")
    assert any("flux" in note for note in report.notes)


def test_overseas_and_corsican_communes(files: Path, tmp_path: Path) -> None:
    edit(files, "IR_BEN_R", setting("BEN_RES_DPT", "971"))
    edit(files, "IR_BEN_R", setting("BEN_RES_COM", "105"))
    edit(files, "IR_BEN_R", setting("BEN_RES_DPT", "02A", at=1))
    edit(files, "IR_BEN_R", setting("BEN_RES_COM", "4", at=1))
    out, _ = load("snds", files, tmp_path / "out")
    assert [row[1] for row in rows_of(out, "residence")] == ["97105", "2A004", ""]
