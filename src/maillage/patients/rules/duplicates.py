"""Two records that may be one person: which pairs are worth comparing, and how alike they are.

Comparing all pairs of 100,000 records is five thousand million comparisons; almost all are settled
by the birth date. Records meet when they share a *block*: the birth date (day and month in either
order), or the whole names with two of the three parts of the date. Texts of reasons name traits,
never their values.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from maillage.patients.enums import Sex

THRESHOLD = 75
"""Likeness from which a pair is shown. Our choice: a same date with two near names reaches it when
the sex or the birthplace agrees; two namesakes of another day and another birthplace do not."""

CROWD = 60
"""Records of one block compared each with each; a larger one (a date that many share, such as
1 January of people without a known date) is cut by the first letters of both names."""


@dataclass(frozen=True)
class Traits:
    """What is compared of a record; names as ``identity.letters_of`` gives
    them."""

    pk: int
    birth_name: str
    given_name: str
    birth_date: date
    sex: str = Sex.UNKNOWN
    birthplace: str = ""
    used_name: str = ""
    ins_number: str = ""


@dataclass(frozen=True)
class Likeness:
    """How alike two records are, 0 to 100, and why."""

    score: int
    reasons: tuple[str, ...]


def compare(one: Traits, other: Traits) -> Likeness | None:
    """How alike two records are, or None when their dates or their names do not agree at all, or
    when both have an INS number and these differ by more than a slip."""
    if one.ins_number and one.ins_number == other.ins_number:
        return Likeness(100, ("même matricule INS",))
    dated = _compare_dates(one.birth_date, other.birth_date)
    named = _compare_names(one, other)
    if dated is None or named is None:
        return None
    score = dated[0] + named[0]
    reasons = [dated[1], *named[1]]
    for same, known, words in (
        (one.sex == other.sex, Sex.UNKNOWN not in (one.sex, other.sex), "même sexe"),
        (
            one.birthplace == other.birthplace,
            bool(one.birthplace and other.birthplace),
            "même lieu de naissance",
        ),
    ):
        if known:
            score += 5 if same else -10
            reasons += [words] if same else []
    if one.ins_number and other.ins_number:
        if not nearly(one.ins_number, other.ins_number):
            return None
        score -= 10
        reasons.append("matricules INS presque égaux")
    return Likeness(max(0, min(score, 100)), tuple(reasons))


def _compare_dates(one: date, other: date) -> tuple[int, str] | None:
    if one == other:
        return 40, "même date de naissance"
    if one.year == other.year and (one.month, one.day) == (other.day, other.month):
        return 30, "jour et mois de naissance inversés"
    same = (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
    return (25, "date de naissance presque égale") if same == 2 else None


def _compare_names(one: Traits, other: Traits) -> tuple[int, list[str]] | None:
    mine, theirs = one.birth_name, other.birth_name
    given, their_given = one.given_name, other.given_name
    if (mine, given) == (their_given, theirs) and mine != given:
        return 45, ["nom et prénom inversés"]
    given_score = _alike(given, their_given, 20, 12)
    if not given_score:
        return None
    reasons = ["même prénom" if given_score == 20 else "prénom presque égal"]
    if score := _alike(mine, theirs, 30, 20):
        return score + given_score, [
            "même nom de naissance" if score == 30 else "nom de naissance presque égal",
            *reasons,
        ]
    pairs = (
        (mine, other.used_name),
        (one.used_name, theirs),
        (one.used_name, other.used_name),
    )
    if any(left and left == right for left, right in pairs):
        return 25 + given_score, ["nom de naissance égal au nom utilisé", *reasons]
    return None


def _alike(one: str, other: str, same: int, near: int) -> int:
    if not one or not other:
        return 0
    return same if one == other else near if nearly(one, other) else 0


def nearly(one: str, other: str) -> bool:
    """True when one slip of the keyboard separates two texts of four letters at least: a letter
    changed, missing or doubled, or two neighbours exchanged."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) < 4 or len(long) - len(short) > 1:
        return False
    first = next((i for i, sign in enumerate(short) if sign != long[i]), len(short))
    if len(short) < len(long):
        return short[first:] == long[first + 1 :]
    exchanged = short[first : first + 2] == long[first : first + 2][::-1]
    return short[first + 1 :] == long[first + 1 :] or (
        exchanged and short[first + 2 :] == long[first + 2 :]
    )


def blocks_of(traits: Traits) -> list[tuple[object, ...]]:
    """The keys of the blocks in which a record meets others."""
    born = traits.birth_date
    low, high = sorted((born.month, born.day))
    names = "/".join(sorted((traits.birth_name, traits.given_name)))
    return [
        ("date", born.year, low, high),
        ("year-month", names, born.year, born.month),
        ("year-day", names, born.year, born.day),
        ("month-day", names, born.month, born.day),
        *([("ins", traits.ins_number)] if traits.ins_number else []),
    ]


def find_pairs(people: Iterable[Traits]) -> dict[tuple[int, int], Likeness]:
    """Pairs of records alike enough to be shown, by identifiers, the smaller first."""
    blocks: dict[tuple[object, ...], list[Traits]] = defaultdict(list)
    for traits in people:
        for key in blocks_of(traits):
            blocks[key].append(traits)
    found: dict[tuple[int, int], Likeness] = {}
    for block in blocks.values():
        for one, other in _meetings(block):
            pair = (min(one.pk, other.pk), max(one.pk, other.pk))
            if pair in found:
                continue
            likeness = compare(one, other)
            if likeness is not None and likeness.score >= THRESHOLD:
                found[pair] = likeness
    return found


def _meetings(block: list[Traits]) -> Iterator[tuple[Traits, Traits]]:
    if len(block) <= CROWD:
        yield from _each_with_each(block)
        return
    parts: dict[tuple[str, ...], list[Traits]] = defaultdict(list)
    for traits in block:
        parts[_initials(traits)].append(traits)
    for part in parts.values():
        yield from _each_with_each(part)


def _initials(traits: Traits) -> tuple[str, ...]:
    """First letters of the names, the same when name and given name are exchanged."""
    return tuple(sorted(name[:2] for name in (traits.birth_name, traits.given_name)))


def _each_with_each(block: list[Traits]) -> Iterator[tuple[Traits, Traits]]:
    for place, one in enumerate(block):
        for other in block[place + 1 :]:
            yield one, other
