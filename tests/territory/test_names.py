"""Names as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.territory.rules.departments import DEPARTMENTS, department_label
from maillage.territory.rules.names import split_label
from maillage.vocabulary.codes import DepartmentCode
from maillage.vocabulary.search import fold


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Cœur-de-l'Avesnois", "coeur de l avesnois"),
        ("  ÉTRŒUNGT ", "etroeungt"),
        ("St-Amand-les-Eaux", "saint amand les eaux"),
        ("Ste Austreberthe", "sainte austreberthe"),
        ("Estrées", "estrees"),
        ("L’Orée de Mormal", "l oree de mormal"),
        ("", ""),
    ],
)
def test_names_fold(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("Valenciennes (59)", ("Valenciennes", "59")),
        ("Ajaccio (2a)", ("Ajaccio", "2A")),
        (" Saint-Denis ( 974 ) ", ("Saint-Denis", "974")),
        ("Valenciennes", ("Valenciennes", "")),
        ("Bavay (Nord)", ("Bavay (Nord)", "")),
    ],
)
def test_labels_split(typed: str, parts: tuple[str, str]) -> None:
    assert split_label(typed) == parts


def test_departments_have_valid_codes_and_names() -> None:
    assert len(DEPARTMENTS) == 101
    assert all(DepartmentCode.is_valid(code) and name for code, name in DEPARTMENTS.items())
    assert department_label("59") == "Nord (59)"
    assert department_label("99") == "99"
