"""The quality report finds what is wrong, and says it in French."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from maillage.engines.indicators.reading.quality import Verdict, assess
from maillage.engines.indicators.reading.report import FileReport, ReadReport
from maillage.vocabulary.errors import Invalid
from tests.engines.indicators.reading.stores import HOSPITAL, SITE, SMALL, write_store

Rows = dict[str, list[tuple[Any, ...]]]


def stay(number: int, person: int, entered: date, nights: int = 2, **told: Any) -> tuple[Any, ...]:
    values = {"main": "I500", "group": "05M092", "exit": "HOME", **told}
    return (
        number, person, SITE, HOSPITAL, entered, entered + timedelta(nights), "HOME", False,
        values["exit"], values["main"], "", values["group"], 0, None,
    )  # fmt: skip


def judge(tmp_path: Path, rows: Rows, **options: Any) -> dict[str, Any]:
    report = assess(write_store(tmp_path / "store", rows), **options)
    json.dumps(report.as_dict())
    return {one.key: one for one in report.findings}


def with_(**more: list[tuple[Any, ...]]) -> Rows:
    return {name: [*SMALL[name], *more.get(name, [])] for name in SMALL}


def test_a_clean_store(tmp_path: Path) -> None:
    found = judge(tmp_path, SMALL, today=date(2026, 1, 1))
    assert {key for key, one in found.items() if one.verdict is not Verdict.OK} == {"communes"}
    assert found["communes"].sentence == ("La commune est connue pour 2 personnes sur 3 (66,7 %).")
    assert found["volume"].sentence == "3 personnes, 3 séjours, du 01/01/2021 au 01/06/2022."


def test_what_is_not_a_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        assess(tmp_path)


@pytest.mark.parametrize(
    ("key", "part", "rows"),
    [
        ("orphans", "diagnostics sans séjour",
         with_(diagnosis=[(99, 1, "I500", "ASSOCIATED", 0)])),
        ("orphans", "séjours sans personne", with_(stay=[stay(9, 99, date(2021, 1, 1))])),
        ("orphans", "actes d'un séjour absent",
         with_(procedure=[(1, 99, "CCAM", "DEQP003", date(2021, 1, 1))])),
        ("dates", "entrées avant la naissance", with_(stay=[stay(9, 3, date(1990, 1, 1))])),
        ("dates", "séjours commencés après le décès", with_(stay=[stay(9, 2, date(2023, 1, 1))])),
        ("dates", "sorties avant l'entrée", with_(stay=[stay(9, 1, date(2021, 1, 1), -3)])),
        ("dates", "délivrances plus de 30 jours après le décès",
         with_(dispensing=[(2, "A10BA02", date(2023, 1, 1), 1, 0, False)])),
        ("dates", "séjours dans le futur", with_(stay=[stay(9, 1, date(2027, 1, 1))])),
        ("dates", "personnes dont une date est de l'an 1600 ou avant 1850",
         with_(person=[(4, date(1600, 1, 1), 1, None)])),
        ("codes", "diagnostics principaux hors CIM-10",
         with_(stay=[stay(9, 1, date(2021, 5, 1), main="150")])),
        ("codes", "groupes qui ne sont pas des GHM",
         with_(stay=[stay(9, 1, date(2021, 5, 1), group="XXXXXX")])),
        ("codes", "médicaments hors classification ATC",
         with_(dispensing=[(1, "METFORM", date(2021, 1, 1), 1, 0, False)])),
        ("codes", "actes qui ne sont pas de la CCAM",
         with_(procedure=[(1, None, "CCAM", "HBA1C", date(2021, 1, 1))])),
        ("duplicates", "séjours identiques",
         with_(stay=[stay(8, 1, date(2021, 5, 1)), stay(9, 1, date(2021, 5, 1))])),
        ("duplicates", "personnes en double", with_(person=[(1, date(1950, 1, 1), 1, None)])),
    ],
)  # fmt: skip
def test_a_defect_is_found(tmp_path: Path, key: str, part: str, rows: Rows) -> None:
    found = judge(tmp_path, rows, today=date(2026, 1, 1))[key]
    assert found.details == {part: 1}
    assert found.count == 1
    assert found.verdict is not Verdict.OK
    assert f"{part} : 1 sur {found.concerned[part]} ".lower() in found.sentence.lower()


@pytest.mark.parametrize(
    ("key", "part", "concerned", "rows"),
    [
        # Three stays in the store and the wrong one; dispensings are of no concern to it.
        ("dates", "sorties avant l'entrée", 4, with_(stay=[stay(9, 1, date(2021, 1, 1), -3)])),
        # Of the stays, one is of somebody who died, and the wrong one.
        ("dates", "séjours commencés après le décès", 2,
         with_(stay=[stay(9, 2, date(2023, 1, 1))])),
        ("dates", "délivrances plus de 30 jours après le décès", 2,
         with_(dispensing=[(2, "A10BA02", date(2023, 1, 1), 1, 0, False)])),
        ("codes", "actes qui ne sont pas de la CCAM", 3,
         with_(procedure=[(1, None, "CCAM", "HBA1C", date(2021, 1, 1))])),
        ("codes", "médicaments hors classification ATC", 3,
         with_(dispensing=[(1, "METFORM", date(2021, 1, 1), 1, 0, False)])),
        ("orphans", "actes d'un séjour absent", 2,
         with_(procedure=[(1, 99, "CCAM", "DEQP003", date(2021, 1, 1))])),
    ],
)  # fmt: skip
def test_a_share_is_of_the_rows_that_it_concerns(
    tmp_path: Path, key: str, part: str, concerned: int, rows: Rows
) -> None:
    found = judge(tmp_path, rows, today=date(2026, 1, 1))[key]
    assert found.concerned == {part: concerned}
    assert f"1 sur {concerned} " in found.sentence
    assert f"({100 / concerned:.1f} %)".replace(".", ",") in found.sentence


def test_a_small_table_that_is_wrong_throughout_is_not_drowned_in_a_large_one(
    tmp_path: Path,
) -> None:
    stays = [stay(n, 1, date(2021, 5, 1), -2) for n in range(10, 30)]
    many = [(1, "A10BA02", date(2021, 3, 1), 3, 90, False)] * 20_000
    found = judge(tmp_path, with_(stay=stays, dispensing=many))["dates"]
    assert found.verdict is Verdict.BLOCKING
    assert "20 sur 23 séjours (87,0 %)" in found.sentence


def test_a_few_rows_warn_and_do_not_block(tmp_path: Path) -> None:
    stays = [stay(n, 2, date(2023, 1, n)) for n in range(10, 20)]
    assert judge(tmp_path, with_(stay=stays))["dates"].verdict is Verdict.WARNING
    more = [*stays, stay(20, 2, date(2023, 1, 20))]
    assert judge(tmp_path / "more", with_(stay=more))["dates"].verdict is Verdict.BLOCKING


def test_a_missing_month_is_named(tmp_path: Path) -> None:
    people = [(n, date(1950, 1, 1), 1, None) for n in range(1, 41)]
    stays = [
        stay(month * 100 + n, n, date(2021, month, 3), 1)
        for month in range(1, 13)
        for n in range(1, 41)
        if month != 7
    ]
    found = judge(tmp_path, {"person": people, "stay": stays})["months"]
    assert found.verdict is Verdict.WARNING
    assert "séjours 07/2021" in found.sentence
    assert found.details == {"Séjours": 1}


def test_months_are_counted_by_kind(tmp_path: Path) -> None:
    report = assess(write_store(tmp_path / "store", SMALL))
    assert len(report.months) == 18
    assert report.months[0]["month"] == "2021-01"
    assert sum(month["Séjours"] for month in report.months) == 3


def test_missing_main_diagnoses_and_ages(tmp_path: Path) -> None:
    rows = with_(
        stay=[stay(9, 1, date(2021, 5, 1), main="")], person=[(4, date(1890, 1, 1), 1, None)]
    )
    found = judge(tmp_path, rows)
    assert found["main"].verdict is Verdict.BLOCKING
    assert found["ages"].count == 1
    assert "115 ans" in found["ages"].sentence


def test_communes_that_do_not_exist(tmp_path: Path) -> None:
    found = judge(tmp_path, SMALL, communes={"59606"})["communes"]
    assert found.verdict is Verdict.BLOCKING
    assert found.details == {"codes communes inconnus du territoire": 1}


def test_an_empty_store_cannot_be_used(tmp_path: Path) -> None:
    report = assess(write_store(tmp_path / "store", {}))
    assert report.verdict is Verdict.BLOCKING


def test_what_the_reading_left_out_is_judged(tmp_path: Path) -> None:
    files = (
        FileReport("rss.txt", "rss", 100, 70, {"UNCHAINED": 25}, {"date illisible": 5}),
        FileReport("rpu.csv", "rpu", 10, 4, {}, {"date illisible": 6}),
    )
    reading = ReadReport("pmsi", files, {}, {"UNCHAINED": "Séjour non chaîné."})
    found = judge(tmp_path, SMALL, report=reading)
    assert found["chaining"].verdict is Verdict.BLOCKING
    assert "26,3 %" in found["chaining"].sentence
    assert found["rejects"].verdict is Verdict.BLOCKING
    assert "rpu.csv" in found["rejects"].sentence
    assert found["rejects"].sentence.startswith("11 lignes rejetées sur 110 lues (10,0 %).")
