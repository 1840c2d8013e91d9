"""The form of a piece: a day as it is typed, parts left for later, what a signature waits for."""

from __future__ import annotations

from datetime import date

import pytest

from maillage.referrals.enums import LetterKind
from maillage.referrals.forms.pieces import LetterForm
from maillage.referrals.rules.letters import SECTIONS, Known, first_content


@pytest.mark.parametrize("typed", ["22/11/2026", " 22/11/2026 "])
def test_the_day_of_a_discharge_is_read_as_it_is_typed(typed: str) -> None:
    form = LetterForm({"version": "1", "left_on": typed}, kind=LetterKind.DISCHARGE)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["left_on"] == date(2026, 11, 22)


def test_a_day_that_is_none_is_refused_beside_its_field() -> None:
    form = LetterForm({"version": "1", "left_on": "32/13/2026"}, kind=LetterKind.DISCHARGE)
    assert list(form.errors) == ["left_on"]


def test_a_piece_is_kept_before_it_is_complete() -> None:
    form = LetterForm({"version": "1", "reason": "AVC"}, kind=LetterKind.DISCHARGE)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["left_on"] is None
    assert form.content["reason"] == "AVC"
    assert form.content["synthesis"] == ""


def test_what_a_signature_needs_is_not_called_optional() -> None:
    form = LetterForm(kind=LetterKind.DISCHARGE)
    needed = {one.name for one in SECTIONS[LetterKind.DISCHARGE] if one.required}
    shown = {name for name, field in form.fields.items() if field.required}
    assert shown == needed | {"left_on", "version"}


def test_a_day_already_known_comes_back_as_date_inputs_need_it() -> None:
    form = LetterForm(kind=LetterKind.DISCHARGE, initial={"left_on": date(2026, 3, 1)})
    assert 'value="2026-03-01"' in str(form["left_on"])


def test_a_discharge_begins_with_what_the_return_says() -> None:
    known = Known(
        "AVC", "Résumé", "Aspirine", "", done="Thrombolyse", follow_up="Revoir", callback="UNV"
    )
    content = first_content(LetterKind.DISCHARGE, known)
    assert content["synthesis"] == "Résumé\n\nThrombolyse"
    assert content["follow_up"] == "Revoir"
    assert content["callback"] == "UNV"
