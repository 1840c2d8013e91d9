"""Files for spreadsheets: their form, to the byte, and cells that none of them computes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from maillage.vocabulary.spreadsheets import PIECE, guard, is_formula, unguard, write_csv


def whole(heads: list[str], rows: list[list[str]], *, with_mark: bool = True) -> bytes:
    return "".join(write_csv(heads, rows, with_mark=with_mark)).encode()


def test_a_file_has_its_mark_semicolons_and_lines_that_end_by_cr_lf() -> None:
    rows = [["59009", "Villeneuve-d'Ascq ; centre"], ["", 'dit « "bis" »']]

    assert whole(["code", "nom"], rows) == (
        b"\xef\xbb\xbfcode;nom\r\n"
        b"59009;\"Villeneuve-d'Ascq ; centre\"\r\n"
        + ';"dit « ""bis"" »"\r\n'.encode()
    )  # fmt: skip
    assert whole(["code"], [], with_mark=False) == b"code\r\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("-12,5", "-12,5"),
        ("+33 3 20 00 00 00", "+33 3 20 00 00 00"),
        ("l'hôpital", "l'hôpital"),
    ],
)
def test_no_cell_is_computed_and_the_text_comes_back(text: str, written: str) -> None:
    assert guard(text) == written
    assert unguard(written) == text
    assert not is_formula(written)
    line = whole(["h"], [[text]], with_mark=False).decode().removeprefix("h\r\n")
    assert line.strip("\r\n") == written


def test_rows_are_read_as_pieces_leave() -> None:
    read = []

    def rows() -> Iterator[list[str]]:
        for number in range(5):
            read.append(number)
            yield ["x" * PIECE]

    pieces = write_csv(["h"], rows(), with_mark=False)

    next(pieces)
    assert read == [0]
    assert len(list(pieces)) == 5
