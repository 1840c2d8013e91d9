"""A store written as the files of another program, and read again, is the same store, less what the
files cannot hold. Each loss is written here, and nothing else may be lost."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from maillage.engines.indicators import reading, writing
from tests.engines.indicators.reading.stores import (
    HOSPITAL,
    OTHER_SITE,
    SITE,
    SMALL,
    Rows,
    load,
    rows_of,
    sort,
    write_store,
)
from tests.hypothesis_profile import DEPTH

Expected = dict[str, list[tuple[Any, ...]]]


def expect_plain(rows: Rows) -> Expected:
    return {name: list(rows.get(name, ())) for name in SMALL}


def whole_stay_diagnoses(rows: Rows) -> list[tuple[Any, ...]]:
    """Associated diagnoses, their unit forgotten."""
    return [(*row[:3], row[3], 0) for row in rows["diagnosis"] if row[3] == "ASSOCIATED"]


def unit_diagnoses(rows: Rows) -> list[tuple[Any, ...]]:
    """Diagnoses of units: those that are told, else one unit with those of the stay."""
    told = [row for row in rows["diagnosis"] if row[3] != "ASSOCIATED"]
    with_units = {row[0] for row in told}
    for stay in rows["stay"]:
        if stay[0] not in with_units:
            told.append((stay[0], stay[1], stay[9], "UNIT_MAIN", 1))
            if stay[10]:
                told.append((stay[0], stay[1], stay[10], "UNIT_RELATED", 1))
    return told


def expect_snds(rows: Rows) -> Expected:
    return expect_plain(rows) | {
        "person": [(*row[:1], row[1].replace(day=15), *row[2:]) for row in rows["person"]],
        "residence": [(*row[:2], row[2].replace(day=15), row[3]) for row in rows["residence"]],
        "diagnosis": whole_stay_diagnoses(rows) + unit_diagnoses(rows),
        "dispensing": [(*row[:4], 0, row[5]) for row in rows["dispensing"]],
        "visit": [row for row in rows["visit"] if row[1] in ("GP", "SPECIALIST", "NURSE")],
        "population": [],
    }


def expect_omop(rows: Rows) -> Expected:
    related = [(row[0], row[1], row[10], "ASSOCIATED", 0) for row in rows["stay"] if row[10]]
    return expect_plain(rows) | {
        "long_term": [],
        "stay": [(*row[:10], "", "", 0, row[13]) for row in rows["stay"]],
        "diagnosis": whole_stay_diagnoses(rows) + related,
        "dispensing": [(*row[:5], row[4] / row[3] >= 80) for row in rows["dispensing"]],
        "visit": [
            row if row[1] in ("EMERGENCY", "OUTPATIENT") else (row[0], "OTHER", "", *row[3:])
            for row in rows["visit"]
        ],
        "population": [],
    }


def expect_fhir(rows: Rows) -> Expected:
    return expect_plain(rows) | {
        "long_term": [],
        # Who came through an emergency department from nowhere known came from home.
        "stay": [
            (*row[:6], row[6] or ("HOME" if row[7] else ""), *row[7:12], 0, None)
            for row in rows["stay"]
        ],
        "diagnosis": whole_stay_diagnoses(rows),
        "dispensing": [(*row[:5], row[4] / row[3] >= 80) for row in rows["dispensing"]],
        "visit": [row for row in rows["visit"] if row[1] in ("EMERGENCY", "OUTPATIENT")],
        "population": [],
    }


def expect_pmsi(rows: Rows) -> Expected:
    ranks: dict[int, list[int]] = {}
    for row in rows["diagnosis"]:
        if row[4]:
            ranks.setdefault(row[0], []).append(row[4])
    sites = {row[2] for row in rows["stay"]}
    visits = [row for row in rows["visit"] if row[1] == "EMERGENCY" and row[4] in sites]
    known = {row[1] for row in rows["stay"]} | {row[0] for row in visits}
    return expect_plain(rows) | {
        # The tariffs of a hospital are a table of its own, beside its files.
        "stay": [(*row[:13], None) for row in rows["stay"]],
        "person": [row for row in rows["person"] if row[0] in known],
        "residence": [row for row in rows["residence"] if row[0] in known],
        "long_term": [],
        "diagnosis": [
            (*row[:4], row[4] or 1) for row in rows["diagnosis"] if row[3] == "ASSOCIATED"
        ]
        + unit_diagnoses(rows),
        "procedure": [row for row in rows["procedure"] if row[1] is not None],
        "dispensing": [],
        "visit": visits,
        "population": [],
    }


FORMS: dict[str, tuple[Callable[[Path, Path], Any], Callable[[Rows], Expected]]] = {
    "plain": (writing.write_plain, expect_plain),
    "snds": (writing.write_snds, expect_snds),
    "omop": (writing.write_omop, expect_omop),
    "fhir": (writing.write_fhir, expect_fhir),
    "pmsi": (
        lambda folder, out: writing.write_pmsi(folder, out, organization=HOSPITAL),
        expect_pmsi,
    ),
}


def check(kind: str, rows: Rows, place: Path) -> reading.ReadReport:
    write, expect = FORMS[kind]
    store = write_store(place / "store", rows)
    write(store, place / "files")
    assert reading.detect(place / "files") == kind
    back, report = load(kind, place / "files", place / "back")
    for name, wanted in expect(rows).items():
        assert rows_of(back, name) == sort(wanted), name
    assert not report.rejected
    assert not report.unread
    return report


@pytest.mark.parametrize("kind", FORMS)
def test_a_store_comes_back(kind: str, tmp_path: Path) -> None:
    report = check(kind, SMALL, tmp_path)
    assert not report.filtered


@pytest.mark.parametrize("form", ["plain", "omop"])
def test_a_store_comes_back_from_parquet(form: str, tmp_path: Path) -> None:
    store = write_store(tmp_path / "store", SMALL)
    write = writing.write_plain if form == "plain" else writing.write_omop
    write(store, tmp_path / "files", form="parquet")
    back, _ = load(form, tmp_path / "files", tmp_path / "back")
    for name, wanted in FORMS[form][1](SMALL).items():
        assert rows_of(back, name) == sort(wanted), name


SEARCH = settings(
    max_examples=2 * DEPTH, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate)
)
"""An example costs most of a second: making a failing one smaller would take minutes."""

DAY = st.dates(date(2019, 1, 1), date(2023, 12, 31))
ICD = st.sampled_from(["I500", "E1100", "J449", "S72000", "C50", "Z511", "U0710"])


@st.composite
def stores(draw: st.DrawFn) -> Rows:
    """People numbered from 1 without holes, so that their numbers stay the same; a person who died
    died in the last stay, as hospital files know of no other death."""
    people = draw(st.integers(1, 4))
    rows: Expected = {name: [] for name in SMALL}
    for person in range(1, people + 1):
        born = draw(st.dates(date(1930, 1, 1), date(2015, 1, 1)))
        rows["person"].append((person, born, draw(st.sampled_from([1, 2])), None))
        commune = draw(st.sampled_from(["59606", "2A004", "62041", ""]))
        rows["residence"].append((person, commune, born, None))
    stays = sorted(
        draw(st.lists(st.tuples(st.integers(1, people), DAY), min_size=1, max_size=5)),
        key=lambda one: one[1].year,
    )
    for number, (person, entered) in enumerate(stays, start=1):
        left = min(entered + timedelta(draw(st.integers(0, 40))), entered.replace(month=12, day=31))
        stay = (
            number, person, draw(st.sampled_from([SITE, OTHER_SITE])), HOSPITAL, entered, left,
            draw(st.sampled_from(["HOME", "TRANSFER", "MOVE", "BIRTH", ""])),
            draw(st.booleans()), draw(st.sampled_from(["HOME", "TRANSFER", "MOVE", ""])),
            draw(ICD), draw(st.sampled_from(["", "I10"])),
            draw(st.sampled_from(["05M092", "28Z04Z", ""])), draw(st.integers(0, 3)),
            draw(st.sampled_from([None, 0.0, 812.5, 4203.57])),
        )  # fmt: skip
        rows["stay"].append(stay)
        for code in draw(st.lists(ICD, max_size=4)):
            rows["diagnosis"].append((number, person, code, "ASSOCIATED", draw(st.integers(0, 1))))
        for act in draw(st.lists(st.sampled_from(["DEQP003", "YYYY600"]), max_size=3)):
            rows["procedure"].append((person, number, "CCAM", act, entered))
    any_one = st.integers(1, people)
    for person, day in draw(st.lists(st.tuples(any_one, DAY), max_size=4, unique=True)):
        packs = draw(st.integers(1, 4))
        rows["dispensing"].append((person, "A10BA02", day, packs, packs * 30, False))
    for person, day in draw(st.lists(st.tuples(any_one, DAY), max_size=4)):
        rows["visit"].append((person, "EMERGENCY", "", day, SITE, "HOME", draw(ICD)))
    for person, day in draw(st.lists(st.tuples(any_one, DAY), max_size=4)):
        rows["visit"].append((person, "NURSE", "", day, "", "", ""))
    return rows


@pytest.mark.parametrize("kind", ["plain", "snds", "omop", "fhir"])
@given(rows=stores())
@SEARCH
def test_any_small_store_comes_back(kind: str, rows: Rows) -> None:
    with tempfile.TemporaryDirectory() as place:
        check(kind, rows, Path(place))


@given(rows=stores())
@SEARCH
def test_any_small_hospital_comes_back(rows: Rows) -> None:
    """Hospital files number only the people they know: all of them come to the hospital here."""
    people = {row[1] for row in rows["stay"]}
    numbers = {person: rank for rank, person in enumerate(sorted(people), start=1)}

    def mine(name: str, at: int) -> list[tuple[Any, ...]]:
        kept = [row for row in rows[name] if row[at] in people]
        return [(*row[:at], numbers[row[at]], *row[at + 1 :]) for row in kept]

    places = {"stay": 1, "diagnosis": 1}
    smaller = {name: mine(name, places.get(name, 0)) for name in rows if name != "population"} | {
        "population": []
    }
    with tempfile.TemporaryDirectory() as place:
        check("pmsi", smaller, Path(place))
