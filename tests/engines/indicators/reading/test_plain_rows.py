"""Rows of the event model that do not hold together."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.engines.indicators.reading.stores import load, rows_of, write_csv

PERSON = ("person;born_on;sex;died_on", "1;1950-01-01;1;", "2;12/05/1960;2;1600-01-01")


def folder_with(place: Path, name: str, *lines: str) -> Path:
    write_csv(place / "person.csv", *PERSON)
    write_csv(
        place / "stay.csv", "stay;person;entered_on;left_on;main", "1;1;2021-01-01;2021-01-03;I50.0"
    )
    if name:
        write_csv(place / f"{name}.csv", *lines)
    return place


def test_dates_codes_and_sentinels(tmp_path: Path) -> None:
    out, report = load("plain", folder_with(tmp_path / "in", ""), tmp_path / "out")
    assert rows_of(out, "person") == [
        (1, date(1950, 1, 1), 1, None),
        (2, date(1960, 5, 12), 2, None),
    ]
    assert rows_of(out, "stay")[0][9] == "I500"
    assert not report.rejected


@pytest.mark.parametrize(
    ("name", "head", "row", "reason"),
    [
        ("stay", "stay;person;entered_on;left_on;main", "2;1;2021-01-05;2021-01-03;I500",
         "sortie avant l'entrée"),
        ("stay", "stay;person;entered_on;left_on;main", "2;9;2021-01-01;2021-01-03;I500",
         "personne inconnue"),
        ("stay", "stay;person;entered_on;left_on;main", "2;1;2021-02-30;2021-03-03;I500",
         "date illisible"),
        ("stay", "stay;person;entered_on;left_on;main", "2;1;2021-01-01;2021-01-03;heart",
         "code mal formé"),
        ("stay", "stay;person;entered_on;left_on;main;exit", "2;1;2021-01-01;2021-01-03;I500;FLED",
         "valeur inconnue"),
        ("diagnosis", "stay;code;role", "7;I500;ASSOCIATED", "séjour inconnu"),
        ("diagnosis", "stay;code;role", ";I500;ASSOCIATED", "numéro de séjour absent"),
        ("dispensing", "person;atc;dispensed_on", "1;A10;2021-01-01", "code mal formé"),
        ("dispensing", "person;atc;dispensed_on;packs", "1;A10BA02;2021-01-01;0", "aucune boîte"),
        ("dispensing", "person;atc;dispensed_on;packs", "1;A10BA02;2021-01-01;x",
         "nombre illisible"),
        ("long_term", "person;code;starts_on;ends_on", "1;E11;2021-01-01;2020-01-01",
         "fin avant le début"),
        ("visit", "person;kind;visited_on", "1;DENTIST;2021-01-01", "valeur inconnue"),
        ("population", "year;commune;sex;age;residents", "2021;59606;3;1;5", "sexe inconnu"),
    ],
)  # fmt: skip
def test_a_row_is_refused_for_a_reason(
    tmp_path: Path, name: str, head: str, row: str, reason: str
) -> None:
    folder = folder_with(tmp_path / "in", "")
    target = folder / (f"{name}-2.csv" if name == "stay" else f"{name}.csv")
    write_csv(target, head, row)
    _, report = load("plain", folder, tmp_path / "out")
    assert report.rejected == {reason: 1}


def test_the_last_of_repeated_rows_is_kept(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", "")
    write_csv(
        folder / "stay2.csv",
        "stay;person;entered_on;left_on;main",
        "1;1;2021-01-01;2021-01-09;J449",
    )
    out, report = load("plain", folder, tmp_path / "out")
    assert report.filtered == {"DUPLICATE": 1}
    assert not report.rejected
    assert [row[9] for row in rows_of(out, "stay")] == ["J449"]


def test_a_wrong_row_does_not_take_the_place_of_a_good_one(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "in", "")
    write_csv(
        folder / "stay2.csv", "stay;person;entered_on;left_on;main", "1;1;2021-01-01;never;J449"
    )
    out, report = load("plain", folder, tmp_path / "out")
    assert report.rejected == {"date illisible": 1}
    assert [row[9] for row in rows_of(out, "stay")] == ["I500"]


def test_blank_lines_are_counted(tmp_path: Path) -> None:
    folder = folder_with(
        tmp_path / "in", "visit", "person;kind;visited_on", "", "1;GP;2021-01-01", ""
    )
    _, report = load("plain", folder, tmp_path / "out")
    assert report.filtered == {"EMPTY": 2}


def test_people_may_be_named_by_words(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write_csv(folder / "person.csv", "person;born_on;sex", "zoé;1950-01-01;2", "abel;1951-01-01;1")
    write_csv(folder / "visit.csv", "person;kind;visited_on", "zoé;GP;2021-01-01")
    out, _ = load("plain", folder, tmp_path / "out")
    assert [row[2] for row in rows_of(out, "person")] == [1, 2]
    assert rows_of(out, "visit")[0][0] == 2
