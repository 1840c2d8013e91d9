"""Workbooks: what spreadsheets write is read, hostile ones are refused, ours come back unchanged.

An independent library judges both ways.
"""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.exchange import cells
from maillage.exchange.rules import FileForm, Limits, Reading, read_rows, write_rows
from maillage.exchange.tables import Column
from maillage.vocabulary.spreadsheets import write_xlsx
from tests.exchange.conftest import COLUMNS, Shelf, make_table

TABLE = make_table(Shelf())
HEADS = ["identifiant", "nom", "lits", "ouvert_le", "parent"]


def sheet(*rows: list[object], heads: list[str] = HEADS) -> bytes:
    """A workbook as a spreadsheet writes it."""
    book = openpyxl.Workbook()
    for row in [heads, *rows]:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def read(content: bytes, limits: Limits | None = None) -> Reading:
    return read_rows(TABLE, content, "essai.xlsx", limits or Limits())


def messages(content: bytes, limits: Limits | None = None) -> str:
    return "\n".join(str(problem) for problem in read(content, limits).problems.listed)


def test_reads_days_numbers_and_texts_as_a_spreadsheet_stores_them() -> None:
    content = sheet(
        ["ch-douai", "Hôpital d'été\nannexe", 1200, date(2026, 12, 24), None],
        [],
        ["ch-lens", "Un", "1 200", "24/12/2026", "ch-douai"],
    )
    found = read(content)
    assert not found.problems.listed
    assert found.encoding == "xlsx"
    assert found.texts == (
        ("ch-douai", "Hôpital d'été\nannexe", "1200", "2026-12-24", ""),
        ("ch-lens", "Un", "1200", "2026-12-24", "ch-douai"),
    )
    assert [row.number for row in found.rows] == [2, 4]


def test_reads_hours_instants_and_yes_or_no() -> None:
    table = make_table(
        Shelf(),
        columns=(
            Column("identifiant", "Identifiant", cells.slug()),
            Column("debut", "Début", cells.clock()),
            Column("du", "Du", cells.instant()),
            Column("figee", "Figée", cells.yes_no()),
            Column("part", "Part", cells.decimal(0, 10)),
        ),
    )
    heads = ["identifiant", "debut", "du", "figee", "part"]
    evening = datetime(2026, 7, 1, 20, 15)  # noqa: DTZ001 - sheets have no zone
    content = sheet(["a", time(18, 30), evening, True, 0.1 + 0.2], heads=heads)
    found = read_rows(table, content, "essai.xlsx")
    assert not found.problems.listed
    assert found.texts == (("a", "18:30", "2026-07-01T20:15+02:00", "oui", "0.3"),)


def test_reads_the_first_visible_sheet_and_days_counted_from_1904() -> None:
    book = openpyxl.Workbook()
    book.active.sheet_state = "hidden"
    shown = book.create_sheet("Liste")
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    shown.append(HEADS)
    shown.append(["a", "Un", 1, date(2026, 12, 24), None])
    content = io.BytesIO()
    book.save(content)
    assert read(content.getvalue()).texts == (("a", "Un", "1", "2026-12-24", ""),)


def test_a_formula_is_refused_with_its_place() -> None:
    told = messages(sheet(["a", "=1+1", 1, None, None], ["b", "=HYPERLINK(A1)", 1, None, None]))
    assert "ligne 2" in told
    assert "ligne 3" in told
    assert told.count("commence comme une formule") == 2


def test_a_wrong_cell_is_named_as_in_a_text() -> None:
    told = messages(sheet(["a", "Un", "beaucoup", None, None], ["a", "Deux", 1, None, None]))
    assert "lits" in told
    assert "nombre entier attendu" in told


@given(
    st.lists(
        st.tuples(st.text(max_size=20), st.none() | st.integers(0, 10**9), st.none() | st.dates()),
        max_size=8,
    )
)
def test_what_goes_out_comes_back(written: list[tuple[str, int | None, date | None]]) -> None:
    from maillage.exchange.rules.texts import FORBIDDEN

    rows = [
        {"identifiant": f"n-{rank}", "nom": "x" + FORBIDDEN.sub("", name).strip(), "lits": beds,
         "ouvert_le": day, "parent": None}
        for rank, (name, beds, day) in enumerate(written)
    ]  # fmt: skip
    found = read(write_rows(COLUMNS, rows, form=FileForm.XLSX, sheet="Essai"))
    again = read(write_rows(COLUMNS, rows))
    assert not found.problems.listed
    assert found.texts == again.texts


def test_a_spreadsheet_computes_nothing_of_ours() -> None:
    rows = [["=1+1", "@x", "001", "_x0041_ & <b>", ""]]
    content = write_xlsx(["a", "b", "c", "d", "e"], rows, sheet="Lignes : a/b*" + "x" * 40)
    book = openpyxl.load_workbook(io.BytesIO(content))
    kept = book.active
    assert len(kept.title) <= 31
    assert [cell.value for cell in kept[2]] == ["'=1+1", "'@x", "001", "_x005F_x0041_ & <b>", None]
    assert {cell.data_type for cell in kept[2][:4]} == {"s"}
    assert kept["A2"].number_format == "@"
    assert kept.freeze_panes == "A2"
    assert content == write_xlsx(["a", "b", "c", "d", "e"], rows, sheet="Lignes : a/b*" + "x" * 40)


def archive(packing: int = zipfile.ZIP_DEFLATED, **parts: bytes) -> bytes:
    """The parts of a right workbook, some of them replaced (dots and slashes as ``_``)."""
    content = io.BytesIO()
    right = zipfile.ZipFile(io.BytesIO(write_xlsx(HEADS, [["a", "Un", "1", "", ""]], sheet="x")))
    with zipfile.ZipFile(content, "w", packing) as made:
        for name in right.namelist():
            made.writestr(name, parts.get(name.split("/")[-1].split(".")[0], right.read(name)))
    return content.getvalue()


def flagged(bits: int, version: int = 20) -> bytes:
    """A right workbook whose first part bears these bits and asks for this version to be read."""
    content = bytearray(archive())
    entry = content.index(b"PK\x01\x02")
    content[entry + 6] = version
    content[entry + 8] |= bits
    return bytes(content)


SWELLING = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>
<worksheet><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>"""


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (archive(sheet1=SWELLING), "type de document"),
        (archive(sheet1=SWELLING.decode().encode("utf-16")), "type de document"),
        (archive(sheet1=b"<worksheet><sheetData><row>"), "abîmé"),
        (archive(sheet1=b'<w><row><c t="s"><v>7</v></c></row></w>'), "abîmé"),
        (archive(workbook=b"<workbook><sheets/></workbook>"), "pas de feuille visible"),
        (archive()[:-200], "abîmé"),
        (b"PK\x03\x04" + b"x" * 50, "abîmé"),
        (flagged(0, version=99), "abîmé"),
        (flagged(0x1), "mot de passe"),
        (flagged(0x40), "mot de passe"),
        (flagged(0x20), "compressé d'une façon"),
        (archive(zipfile.ZIP_LZMA), "compressé d'une façon"),
        (archive(zipfile.ZIP_BZIP2), "compressé d'une façon"),
    ],
)
def test_a_hostile_or_damaged_workbook_is_refused(content: bytes, why: str) -> None:
    assert why in messages(content)


def test_what_swells_is_not_unpacked() -> None:
    bomb = archive(sheet1=b"<w>" + b" " * 2_000_000 + b"</w>")
    assert len(bomb) < 10_000
    assert "dépasse" in messages(bomb, Limits(unpacked=100_000))


def test_one_text_named_many_times_counts_each_time() -> None:
    book = [["a", "y" * 1000, 1, None, None], *([f"n-{i}", "y" * 1000] for i in range(50))]
    content = sheet(*book)  # the text is stored once
    assert "dépasse" in messages(content, Limits(unpacked=20_000))


def test_too_many_columns_and_other_archives_are_refused() -> None:
    wide = sheet(["a", "Un", 1, None, None, *([None] * 300), "loin"])
    assert "plus de 200 colonnes" in messages(wide)
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as made:
        made.writestr("content.xml", "<x/>")
    assert "archive zip ou un classeur d'une autre forme" in messages(other.getvalue())
