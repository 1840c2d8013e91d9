"""INS numbers: form, key, Corsica, and a refusal that names nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.vocabulary.codes import Ins
from maillage.vocabulary.errors import Invalid

PRINTED = "2 69 05 49 588 157 80"
"""The number printed on the specimen of the card Vitale."""


def key_by_millions(number: str) -> int:
    """The key by the other known rule for Corsica: letters count for nought, and a million (A) or
    two (B) are taken away."""
    less = 1_000_000 if "A" in number else 2_000_000 if "B" in number else 0
    plain = int(number.replace("A", "0").replace("B", "0")) - less
    return 97 - plain % 97


def test_the_printed_number_is_valid_however_it_is_spaced() -> None:
    assert Ins(PRINTED) == Ins("269054958815780") == "269054958815780"
    assert Ins.is_valid(" 2 69 05 49 588 157 80 ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2690549588157",
        "269054958815781",
        "969054958815780",
        "26905495881578",
        "2690549588157800",
        "26905495881578A",
        "2690549C8815780",
        "269052C58815780",
    ],
)
def test_what_is_no_number(text: str) -> None:
    assert not Ins.is_valid(text)


def test_a_refusal_does_not_repeat_what_was_typed() -> None:
    for text in ("269054958815781", "DUPONTEL Jeanne", "2690549588157"):
        with pytest.raises(Invalid) as refused:
            Ins(text)
        assert text not in str(refused.value)
        assert text not in str(refused.value.details)


births = st.builds(
    "{}{:02}{:02}{}{:03}{:03}".format,
    st.sampled_from("12378"),
    st.integers(0, 99),
    st.integers(1, 12),
    st.sampled_from(["59", "75", "97", "99", "2A", "2B"]),
    st.integers(1, 990),
    st.integers(1, 999),
)


@given(births)
def test_one_key_alone_fits_and_it_is_that_of_both_rules(number: str) -> None:
    fitting = [key for key in range(100) if Ins.is_valid(f"{number}{key:02}")]
    assert fitting == [key_by_millions(number)]


@given(births)
def test_small_letters_are_read_as_capitals(number: str) -> None:
    whole = f"{number}{key_by_millions(number):02}"
    assert Ins(whole.lower()) == whole
