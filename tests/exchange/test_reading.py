"""Hostile and ordinary files."""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.exchange import cells
from maillage.exchange.rules import Limits, Reading, read_bounded, read_rows
from maillage.exchange.tables import Column
from maillage.vocabulary.errors import Invalid
from tests.exchange.conftest import Shelf, make_table

TABLE = make_table(Shelf())
HEADER = "identifiant;nom;lits;ouvert_le;parent\n"


def read(content: bytes | str, limits: Limits | None = None) -> Reading:
    raw = content.encode() if isinstance(content, str) else content
    return read_rows(TABLE, raw, "essai.csv", limits or Limits())


def messages(content: bytes | str, limits: Limits | None = None) -> list[str]:
    return [str(problem) for problem in read(content, limits).problems.listed]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_reads_what_spreadsheets_write(delimiter: str, encoding: str, line_end: str) -> None:
    lines = [
        delimiter.join(["identifiant", "nom", "lits", "ouvert_le", "parent"]),
        delimiter.join(["ch-douai", "Hôpital d’été, « le Nord »".replace(",", ""), "1200", "", ""]),
        "",
        delimiter.join(["ch-lens", '"deux\nlignes; et un ""mot"""', "3", "24/12/2026", "ch-douai"]),
        delimiter * 4,
    ]
    reading = read(line_end.join(lines).encode(encoding))
    assert not reading.problems.listed
    assert [row["nom"] for row in reading.rows] == [
        "Hôpital d’été « le Nord »",
        'deux\nlignes; et un "mot"',
    ]
    assert [row.number for row in reading.rows] == [2, 4]
    assert reading.texts[1] == (
        "ch-lens",
        'deux\nlignes; et un "mot"',
        "3",
        "2026-12-24",
        "ch-douai",
    )


def test_headers_are_read_without_case_or_accents_and_by_alias() -> None:
    reading = read("IDENTIFIANT;Raison Sociale;Ouvert le;;\na;Nom;2026-01-01;;\n")
    assert not reading.problems.listed
    assert reading.rows[0]["nom"] == "Nom"
    assert reading.absent == {"lits", "parent"}


def test_ignored_headers_are_dropped_and_only_those() -> None:
    table = make_table(Shelf(), ignored=("siret",))
    kept = read_rows(table, b"siret;identifiant;nom\n1;a;Nom\n", "essai.csv")
    assert not kept.problems.listed
    assert dict(kept.rows[0].values)["identifiant"] == "a"
    refused = read_rows(table, b"siren;identifiant;nom\n1;a;Nom\n", "essai.csv")
    assert [p.column for p in refused.problems.listed] == ["siren"]


def zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("liste.csv", b"a;b;c\n" * 200_000)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "vide"),
        (b"  \n\n \r\n", "vide"),
        (b"\xef\xbb\xbf", "en-tête"),
        (b";;;\n;;;\n", "colonne obligatoire absente"),
        (zip_bomb(), "xlsx"),
        (gzip.compress(b"a;b\n" * 100_000), "gzip"),
        (b"%PDF-1.7 rest", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
        (HEADER.encode("utf-16"), "UTF-16"),
        (HEADER.encode("utf-16-le"), "octets nuls"),
        (HEADER.encode("utf-32"), "UTF-16"),
        (HEADER.encode() + b"a;b\x00c;1;;\n", "octets nuls"),
        (HEADER.encode() + b"a;b\x07c;1;;\n", "ligne 2 : caractère de contrôle interdit (U+0007)"),
        (HEADER.encode() + "a;b\u202ec;1;;\n".encode(), "U+202E"),
        (HEADER.encode() + b"a;\xc3\xa9t\xe9;1;;\n", "plusieurs encodages"),
        (b"\xef\xbb\xbf" + HEADER.encode() + b"a;\xe9;1;;\n", "plusieurs encodages"),
        (HEADER.encode() + b"a;\x81\xe9;1;;\n", "ni en UTF-8 ni en Windows-1252"),
        (HEADER.encode() + b"a;\xed\xa0\x80;1;;\n", "ni en UTF-8|contrôle|encodages"),
        (HEADER.encode() + b'a;"jamais ferme;1;;\nb;c;;;\n', "jamais refermé"),
        (HEADER.encode() + b'a;"mal"place;1;;\n', "guillemet mal placé"),
        (HEADER.encode() + b"a;" + b"x" * 10_001 + b";1;;\n", "10000 caractères au plus"),
        (HEADER.encode() + b"a;" + b"x" * 200_000 + b";1;;\n", "plus de 10000 caractères"),
        (HEADER.encode() + b"a;b;1;\n", "4 cellules, 5 attendues"),
        (HEADER.encode() + b"a;b;1;;;c\n", "6 cellules, 5 attendues"),
        (b"identifiant;nom;nom\n", "colonne répétée"),
        (b"identifiant;nom;raison sociale\n", "colonne répétée"),
        (b"identifiant;;nom\n", "la colonne 2 n'a pas de nom"),
        (b"identifiant;lits\n", "« nom » : colonne obligatoire absente"),
        (b"identifiant;noms\n", "vouliez-vous dire « nom »"),
        (b";".join([b"x"] * 300) + b"\n", "plus de 200 colonnes"),
        (HEADER.encode() + b"a;b;douze;;\n", "ligne 2, colonne « lits »"),
        (HEADER.encode() + b"a;;1;;\n", "ligne 2, colonne « nom » : cellule vide"),
        (HEADER.encode() + b"a;b;1;;\nc;d;1;;\na;e;1;;\n", "ligne 4, colonne « identifiant »"),
    ],
)
def test_refuses_and_says_why(content: bytes, words: str) -> None:
    found = " / ".join(messages(content))
    assert any(word in found for word in words.split("|")), found
    assert all(message.startswith("essai.csv") for message in messages(content))


@pytest.mark.parametrize(
    "text",
    ["=1+1", "=cmd|' /C calc'!A0", "+SUM(A1)", "-2+3", "@SUM(1)", '"\t=1"', "＝1+1", " =1+1"],
)
def test_refuses_cells_that_a_spreadsheet_would_run(text: str) -> None:
    assert "formule" in messages(f"{HEADER}a;{text};1;;\n")[0]


@pytest.mark.parametrize(
    "text", ["-5", "+33 3 27 14 33 33", "-12,5 %", "-", "+33 (0)3 27 14 33 33"]
)
def test_numbers_and_phones_are_no_formulas(text: str) -> None:
    assert read(f'{HEADER}a;"{text}";1;;\n').rows[0]["nom"] == text


def test_an_apostrophe_keeps_a_text_that_looks_like_a_formula() -> None:
    reading = read(f"{HEADER}a;'- tiret;1;;\nb;''=1;1;;\nc;'ordinaire';1;;\n")
    assert [row["nom"] for row in reading.rows] == ["- tiret", "'=1", "'ordinaire'"]


def test_a_header_alone_is_a_right_file_of_no_row() -> None:
    reading = read(HEADER)
    assert not reading.problems.listed
    assert not reading.rows


def test_lists_the_first_problems_and_counts_the_others() -> None:
    reading = read(HEADER + "a;b;x;;\n" * 250)
    assert len(reading.problems.listed) == 200
    assert reading.problems.more == 50


def test_stops_at_the_limit_of_rows() -> None:
    rows = "".join(f"a{number};b;1;;\n" for number in range(30))
    found = read(HEADER + rows, Limits(rows=20))
    assert len(found.rows) == 20
    assert "plus de 20 lignes" in found.problems.listed[0].message
    assert found.problems.listed[0].row == 22


class Endless(io.RawIOBase):
    """A file of ten million rows that nobody ever holds: it counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "asked for everything"
        assert self.given < 10_000_000 * 10
        self.given += size
        return (b"a;b;1;;;;\n" * (size // 10 + 1))[:size]


def test_a_file_of_ten_million_rows_is_never_read_whole() -> None:
    stream = Endless()
    with pytest.raises(Invalid) as refusal:
        read_bounded(stream)  # type: ignore[arg-type]
    assert refusal.value.code == "exchange.too-big"
    assert stream.given == Limits().size + 1


def test_too_many_bytes_are_refused_even_when_already_in_memory() -> None:
    assert "dépasse 0 Mo" in messages(HEADER + "a;b;1;;\n" * 100, Limits(size=200))[0]


@given(st.binary(max_size=300))
def test_no_content_makes_the_reader_fail(content: bytes) -> None:
    reading = read(content)
    assert reading.problems.count > 0, "random bytes hold no header of this table"


@given(st.binary(max_size=200))
def test_no_row_makes_the_reader_fail(content: bytes) -> None:
    """Same with a right header, and every kind of cell."""
    columns = (
        Column("a", "A", cells.slug()),
        Column("b", "B", cells.decimal(-90, 90), required=False),
        Column("c", "C", cells.instant(), required=False),
        Column("d", "D", cells.clock(), required=False),
        Column("e", "E", cells.yes_no(), required=False),
        Column("f", "F", cells.choice([("X", "Ixe")]), required=False),
        Column("g", "G", cells.day(), required=False),
    )
    table = replace(make_table(Shelf(), columns), key_columns=("a",))
    rows = content + b";" + content + b";;;;\n"
    for place in range(7):
        rows += b"a;" + b";" * max(place - 1, 0) + content + b";" * min(6 - place, 5) + b"\n"
    reading = read_rows(table, b"a;b;c;d;e;f;g\n" + rows, "x.csv")
    assert all(row.number > 1 for row in reading.rows)
