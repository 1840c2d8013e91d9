"""Duplicates: what looks alike, what does not, and blocks that lose nothing."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.patients.enums import Sex
from maillage.patients.rules import duplicates
from maillage.patients.rules.duplicates import (
    THRESHOLD,
    Traits,
    blocks_of,
    compare,
    find_pairs,
    nearly,
)
from maillage.patients.rules.mergers import find_roots
from maillage.patients.rules.retention import kept_until, years_later

ONE = Traits(1, "dupontel", "jeanne", date(1954, 5, 12), Sex.FEMALE, "59392", "martinet")


def other(**changed: object) -> Traits:
    return replace(ONE, pk=2, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("twin", "reason"),
    [
        (other(), "même date de naissance"),
        (other(birth_name="dupontell"), "nom de naissance presque égal"),
        (other(birth_name="duponetl"), "nom de naissance presque égal"),
        (other(given_name="jeane"), "prénom presque égal"),
        (other(birth_date=date(1954, 12, 5)), "jour et mois de naissance inversés"),
        (other(birth_date=date(1945, 5, 12)), "date de naissance presque égale"),
        (other(birth_date=date(1954, 5, 13)), "date de naissance presque égale"),
        (other(birth_name="jeanne", given_name="dupontel"), "nom et prénom inversés"),
        (other(birth_name="martinet", used_name=""), "nom de naissance égal au nom utilisé"),
        (other(sex=Sex.UNKNOWN, birthplace=""), "même nom de naissance"),
    ],
)
def test_what_may_be_one_person(twin: Traits, reason: str) -> None:
    likeness = compare(ONE, twin)
    assert likeness is not None
    assert likeness.score >= THRESHOLD
    assert reason in likeness.reasons
    assert compare(twin, ONE) == likeness
    assert set(find_pairs([ONE, twin])) == {(1, 2)}


@pytest.mark.parametrize(
    "stranger",
    [
        other(given_name="louise"),  # a twin sister
        other(birth_date=date(1954, 6, 13)),
        other(birth_date=date(1961, 12, 5)),
        other(birth_date=date(1954, 5, 13), birthplace="59350"),  # namesakes
        other(birth_name="lefebvre", used_name="dubois"),
        other(sex=Sex.MALE, birthplace="59350", given_name="jeanna", birth_name="duponteb"),
    ],
)
def test_what_is_two_people(stranger: Traits) -> None:
    likeness = compare(ONE, stranger)
    assert likeness is None or likeness.score < THRESHOLD
    assert not find_pairs([ONE, stranger])


def test_ins_numbers_decide() -> None:
    first = replace(ONE, ins_number="254055939200123")
    assert compare(first, other(ins_number="254055939200123")).score == 100  # type: ignore[union-attr]
    assert compare(first, other(ins_number="154075901200199")) is None
    slip = compare(first, other(ins_number="254055939200132"))
    assert slip is not None
    assert "matricules INS presque égaux" in slip.reasons


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("dupont", "dupond", True),
        ("dupont", "duponts", True),
        ("dupont", "upont", True),
        ("dupont", "dupotn", True),
        ("dupont", "dupnto", False),
        ("dupont", "dumond", False),
        ("lea", "leo", False),
        ("", "", True),
        ("dupont", "", False),
        ("dupont", "dupo", False),
    ],
)
def test_one_slip_of_the_keyboard(one: str, two: str, expected: bool) -> None:
    assert nearly(one, two) is nearly(two, one) is expected


def slips(word: str) -> set[str]:
    """Every text one slip away, made one by one."""
    letters = string.ascii_lowercase
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    return (
        {a + b[1:] for a, b in cuts if b}
        | {a + c + b[1:] for a, b in cuts if b for c in letters}
        | {a + c + b for a, b in cuts for c in letters}
        | {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    )


@given(st.text("abcd", min_size=4, max_size=7), st.text("abcd", min_size=4, max_size=7))
def test_a_slip_is_what_a_list_of_all_slips_says(one: str, two: str) -> None:
    assert nearly(one, two) is (one == two or two in slips(one))


names = st.sampled_from(["dupont", "dupond", "jeanne", "jean", "martin"])
people = st.lists(
    st.builds(
        Traits,
        pk=st.integers(1, 10_000),
        birth_name=names,
        given_name=names,
        birth_date=st.sampled_from(
            [date(1954, 5, 12), date(1954, 12, 5), date(1955, 5, 12), date(1954, 5, 21)]
        ),
        sex=st.sampled_from(["F", "M", "U"]),
        used_name=st.sampled_from(["", "martin", "dupont"]),
        ins_number=st.sampled_from(["", "254055939200123", "154075901200199"]),
    ),
    max_size=12,
    unique_by=lambda traits: traits.pk,
)


@given(people)
def test_blocks_lose_only_pairs_that_share_none(rows: list[Traits]) -> None:
    """Every pair alike enough is found when both share a block; near names with another date are
    the one thing given up for speed."""
    found = find_pairs(rows)
    for one, two in combinations(sorted(rows, key=lambda row: row.pk), 2):
        likeness = compare(one, two)
        alike = likeness is not None and likeness.score >= THRESHOLD
        meets = bool(set(blocks_of(one)) & set(blocks_of(two)))
        assert ((one.pk, two.pk) in found) is (alike and meets)


def test_a_crowd_on_one_day_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """People without a known date are many on 1 January: they are not compared each with each."""
    made = 0

    def counted(one: Traits, two: Traits) -> None:
        nonlocal made
        made += 1

    monkeypatch.setattr(duplicates, "compare", counted)
    letters = [a + b for a in string.ascii_lowercase for b in string.ascii_lowercase]
    crowd = [
        Traits(n, f"{letters[n % 676]}nom{n}", "prenom", date(1960, 1, 1)) for n in range(2000)
    ]
    find_pairs(crowd)
    assert 0 < made < 10_000


def test_the_number_of_comparisons_stays_that_of_the_blocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Twenty thousand people over a century: some comparisons each, not twenty thousand."""
    made = 0
    real = duplicates.compare

    def counted(one: Traits, two: Traits) -> duplicates.Likeness | None:
        nonlocal made
        made += 1
        return real(one, two)

    monkeypatch.setattr(duplicates, "compare", counted)
    first = date(1920, 1, 1)
    rows = [
        Traits(
            n,
            f"nom{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}x",
            f"pre{chr(97 + n // 7 % 26)}",
            first + timedelta(days=n * 7919 % 36_500),
        )
        for n in range(20_000)
    ]
    find_pairs(rows)
    assert made < 5 * len(rows)


def test_the_record_finally_kept() -> None:
    assert find_roots([1, 2, 3, 4], {1: 2, 2: 3}) == {1: 3, 2: 3, 3: 3, 4: 4}
    with pytest.raises(ValueError, match="circle"):
        find_roots([1, 2], {1: 2, 2: 1})


@pytest.mark.parametrize(
    ("last", "born", "died", "until"),
    [
        (date(2000, 3, 1), date(1950, 1, 1), None, date(2020, 3, 1)),
        (date(2004, 2, 29), None, None, date(2024, 2, 29)),
        (date(2000, 3, 1), date(1999, 6, 1), None, date(2027, 6, 1)),
        (date(2000, 3, 1), date(1950, 1, 1), date(2000, 3, 5), date(2010, 3, 5)),
        (date(2000, 3, 1), date(1950, 1, 1), date(2009, 1, 1), date(2019, 1, 1)),
        (date(2000, 3, 1), date(1950, 1, 1), date(2015, 1, 1), date(2020, 3, 1)),
    ],
)
def test_how_long_a_record_is_kept(
    last: date, born: date | None, died: date | None, until: date
) -> None:
    assert kept_until(last_visit=last, birth_date=born, deceased_on=died) == until


def test_a_leap_day_comes_back_on_the_first_of_march() -> None:
    assert years_later(date(2004, 2, 29), 1) == date(2005, 3, 1)
