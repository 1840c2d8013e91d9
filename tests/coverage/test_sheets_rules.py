"""Tables of pages as files: how numbers and blanks are written."""

from __future__ import annotations

import pytest

from maillage.coverage.rules.sheets import Sheet, cell


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        ("", ""),
        ("59009", "59009"),
        (0, "0"),
        (1200, "1200"),
        (0.5, "0,5"),
        (1 / 3, "0,333333"),
        (-2.25, "-2,25"),
        (1e16, "10000000000000000"),
    ],
)
def test_a_value_as_a_cell(value: str | float | None, written: str) -> None:
    assert cell(value) == written


def test_a_sheet_as_a_file() -> None:
    sheet = Sheet("essai", ("rang", "nom", "part"), iter([(1, "=A1", 0.25), (2, "Lille", None)]))

    assert "".join(sheet.pieces()).encode() == (
        b"\xef\xbb\xbfrang;nom;part\r\n1;'=A1;0,25\r\n2;Lille;\r\n"
    )
