"""What a stay is worth: read from national tables, OMOP costs, plain columns, or the tariffs that a
hospital gives beside its files; unknown where nothing says it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from maillage.engines.indicators import writing
from maillage.engines.indicators.reading import ReadReport
from tests.engines.indicators.reading.stores import (
    HOSPITAL,
    SITE,
    SMALL,
    load,
    rows_of,
    write_csv,
    write_store,
)

COST = 13
"""Place of the amount in a row of a stay."""

# Six stays of one group: 2, 8, 9, 20, 21 and 30 nights.
NIGHTS = (2, 8, 9, 20, 21, 30)
STAYS = {
    **SMALL,
    "stay": [
        (
            number, 1, SITE, HOSPITAL, date(2021, number, 1),
            date.fromordinal(date(2021, number, 1).toordinal() + nights),
            "HOME", False, "HOME", "I500", "", "05M092", 0, None,
        )
        for number, nights in enumerate(NIGHTS, start=1)
    ],
    "diagnosis": [], "procedure": [], "visit": [],
}  # fmt: skip
NATIONAL = (
    "GHS-NRO;CMD-COD;DCS-MCO;GHM-NRO;GHS-LIB;SEU-BAS;SEU-HAU;GHS-PRI;EXB-FORFAIT;EXB-JOURNALIER;"
    "EXH-PRI;DATE-EFFET"
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("hospital")
    store = write_store(place / "store", STAYS)
    writing.write_pmsi(store, place / "files", organization=HOSPITAL)
    return place / "files"


def price(written: Path, place: Path, *lines: str) -> tuple[list[float | None], ReadReport]:
    """The amounts of the six stays, with these lines as the table of tariffs."""
    files = Path(shutil.copytree(written, place / "files"))
    if lines:
        write_csv(files / "tarifs.csv", *lines, encoding="cp1252")
    store, report = load("pmsi", files, place / "out")
    stays = sorted(rows_of(store, "stay"), key=lambda row: row[4])
    return [row[COST] for row in stays], report


def test_without_a_table_nothing_is_worth_anything(written: Path, tmp_path: Path) -> None:
    costs, report = price(written, tmp_path)
    assert costs == [None] * 6
    assert not [note for note in report.notes if "tarif" in note]


def test_a_group_and_an_amount_are_enough(written: Path, tmp_path: Path) -> None:
    costs, report = price(written, tmp_path, "GHM;TARIF", "05M092;4 203,57 €", "04M05T;812.5")
    assert costs == [4203.57] * 6
    assert not report.rejected
    assert not report.unread


def test_bounds_of_length_make_a_stay_worth_more_or_less(written: Path, tmp_path: Path) -> None:
    line = '1801;"05";"M";"05M092";"Insuffisances cardiaques";9;20;4000;0;100,5;50;"01/01/2021"'
    costs, _ = price(written, tmp_path, NATIONAL, line)
    assert costs == [4000 - 7 * 100.5, 4000 - 100.5, 4000, 4000, 4050, 4500]


def test_a_flat_sum_is_taken_once_and_nothing_is_worth_less_than_nothing(
    written: Path, tmp_path: Path
) -> None:
    line = '1801;"05";"M";"05M092";"x";9;0;1000;1200;0;0;"01/01/2021"'
    assert price(written, tmp_path, NATIONAL, line)[0] == [0, 0, 1000, 1000, 1000, 1000]


def test_a_tariff_holds_from_its_day_until_the_next(written: Path, tmp_path: Path) -> None:
    costs, report = price(
        written, tmp_path, "GHM;TARIF;DATE_EFFET", "05M092;200;01/05/2021", "05M092;100;01/03/2021"
    )
    # Stays end on 3 January, 9 February, 10 March, 21 April, 22 May, 1 July.
    assert costs == [None, None, 100, 100, 200, 200]
    assert "Séjours sans tarif dans la table donnée : 2" in " ".join(report.notes)


def test_of_several_ghs_of_a_group_the_lowest_number_counts(written: Path, tmp_path: Path) -> None:
    costs, report = price(
        written, tmp_path, "GHS;GHM;TARIF", "1900;05M092;900", "1801;05M092;800", "1801;05M09;1"
    )
    assert costs == [800.0] * 6
    assert "plusieurs tarifs : 1" in " ".join(report.notes)
    assert report.rejected == {"code mal formé": 1}


def test_wrong_rows_are_put_apart(written: Path, tmp_path: Path) -> None:
    wrong = ("05M092;cher;", "05M092;-3;", "05M092;7;99/99/21")
    costs, report = price(written, tmp_path, "GHM;TARIF;DATE_EFFET", *wrong, "05M092;5;")
    assert costs == [5.0] * 6
    assert report.rejected == {
        "montant illisible": 1, "montant négatif": 1, "date illisible": 1,
    }  # fmt: skip


def test_national_amounts_leave_out_what_is_not_valued(tmp_path: Path) -> None:
    store = write_store(tmp_path / "store", STAYS)
    writing.write_snds(store, tmp_path / "files")
    write_csv(
        tmp_path / "files" / "T_MCO21VALO.csv",
        "ETA_NUM;RSA_NUM;VALO;MNT_TOT_AM",
        f"{HOSPITAL};0000000001;1;1234,5",
        f"{HOSPITAL};2;3;10.25",
        f"{HOSPITAL};3;0;99",
        f"{HOSPITAL};4;;99",
        f"{HOSPITAL};5;1;",
        f"{HOSPITAL};77;1;5",
    )
    out, report = load("snds", tmp_path / "files", tmp_path / "out")
    stays = sorted(rows_of(out, "stay"), key=lambda row: row[4])
    assert [row[COST] for row in stays] == [1234.5, 10.25, None, None, None, None]
    assert report.filtered["NOT_VALUED"] == 2
    assert report.rejected == {"montant illisible": 1, "séjour inconnu": 1}


def test_costs_of_omop_add_up_in_euros_for_stays(tmp_path: Path) -> None:
    store = write_store(tmp_path / "store", STAYS)
    writing.write_omop(store, tmp_path / "files")
    write_csv(
        tmp_path / "files" / "cost.csv",
        "cost_id,cost_event_id,cost_domain_id,currency_concept_id,total_paid,total_charge",
        "1,1,Visit,44818568,100.5,900",
        "2,1,Visit,44818568,20,900",
        "3,2,Visit,0,,300",
        "4,3,Visit,44818668,100,",  # dollars
        "5,4,Drug,44818568,100,",
        "6,5,Visit,44818568,-1,",
        "7,999,Visit,44818568,1,",
    )
    out, report = load("omop", tmp_path / "files", tmp_path / "out")
    stays = sorted(rows_of(out, "stay"), key=lambda row: row[4])
    assert [row[COST] for row in stays] == [120.5, 300.0, None, None, None, None]
    assert {"CURRENCY": 1, "UNUSED": 1, "PARENT": 1}.items() <= report.filtered.items()
    assert report.rejected == {"montant négatif": 1}
