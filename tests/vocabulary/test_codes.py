"""National codes refuse to exist in a wrong form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.vocabulary.codes import (
    Cim10,
    Code,
    CommuneCode,
    DepartmentCode,
    Finess,
    Rpps,
    Siren,
    Siret,
    luhn_is_valid,
)
from maillage.vocabulary.errors import Invalid


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        (Finess, "590782215", "590782215"),
        (Finess, " 59 078 2215 ", "590782215"),
        (Finess, "2a0000016", "2A0000016"),
        (CommuneCode, "59606", "59606"),
        (CommuneCode, "2b033", "2B033"),
        (DepartmentCode, "59", "59"),
        (DepartmentCode, "974", "974"),
        (Siren, "732829320", "732829320"),
        (Siret, "73282932000074", "73282932000074"),
        (Siret, "35600000049837", "35600000049837"),
        (Rpps, "10003456786", "10003456786"),
        (Cim10, "i639", "I63.9"),
        (Cim10, "E11", "E11"),
    ],
)
def test_right_codes_are_cleaned_and_kept(kind: type[Code], text: str, kept: str) -> None:
    assert kind(text) == kept
    assert kind.is_valid(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Finess, "590782216"),  # wrong key
        (Finess, "59078221"),  # too short
        (Finess, "ABCDEFGHI"),
        (CommuneCode, "5960"),
        (CommuneCode, "596066"),
        (DepartmentCode, "96"),
        (DepartmentCode, "00"),
        (Siren, "732829321"),
        (Siret, "73282932000075"),
        (Rpps, "10003456785"),
        (Cim10, "63.9"),
        (Cim10, "I6"),
        (Cim10, ""),
    ],
)
def test_wrong_codes_are_refused_in_french(kind: type[Code], text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        kind(text)
    assert kind.french_name in refusal.value.message
    assert not kind.is_valid(text)


@given(st.text(alphabet="0123456789", min_size=1, max_size=20))
def test_exactly_one_last_digit_passes_luhn(body: str) -> None:
    assert sum(luhn_is_valid(body + digit) for digit in "0123456789") == 1


@given(st.text(max_size=40))
def test_any_text_gives_a_code_or_a_refusal(text: str) -> None:
    for kind in (Finess, CommuneCode, DepartmentCode, Siren, Siret, Rpps, Cim10):
        if kind.is_valid(text):
            assert kind(kind(text)) == kind(text)
