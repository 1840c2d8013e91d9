"""Half-days over sites, in values: what is shown is what the engine found; no rule is broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines import rostering
from maillage.engines.rostering.regulations import regulations_on
from maillage.workforce.enums import Half
from maillage.workforce.rules.allocation_tables import csv_rows, make_grid
from maillage.workforce.rules.allocations import (
    AskedPerson,
    AskedSite,
    Question,
    cells_of,
    gap_words,
    make_demand_of,
    make_terms,
    moves_of,
    placed_today,
    read_question,
    read_results,
    site_values,
    write_question,
)
from maillage.workforce.rules.bonus import compute_bonus
from maillage.workforce.rules.weeks import HalfDay

FROM = date(2026, 12, 21)
TERMS = make_terms(regulations_on(FROM))


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Three sites, one to three people with a week of today that holds."""
    names = ("590000001", "590000002", "590000003")
    asked = []
    for rank, finess in enumerate(names):
        wanted = draw(st.integers(0, 24))
        asked.append(
            AskedSite(
                finess, f"Site {rank}", f"ch-{rank}", 0, 0, wanted,
                draw(st.integers(0, wanted)), (3,) * 10,
            )
        )  # fmt: skip
    people = []
    for index in range(draw(st.integers(1, 3))):
        days = draw(st.dictionaries(st.integers(0, 9), st.sampled_from(names), max_size=6))
        today = {half: site for day, site in days.items() for half in (2 * day, 2 * day + 1)}
        refused = draw(st.sets(st.integers(0, 19), max_size=4))
        main = draw(st.sampled_from(names))
        people.append(
            AskedPerson(
                f"p{index}", f"P {index}", "ch-0", ("ch-0",), main, "Principal",
                owed=draw(st.integers(0, 20)), elsewhere=draw(st.integers(0, 3)),
                accepted=tuple(draw(st.sets(st.sampled_from(names)))), today=today,
                refused=tuple(sorted(refused)),
            )
        )  # fmt: skip
    pairs = [(a, b) for a in names for b in names if a != b]
    minutes = {frozenset(pair): draw(st.integers(10, 70)) for pair in pairs}
    travel = tuple((a, b, minutes[frozenset((a, b))]) for a, b in pairs)
    return Question(tuple(asked), tuple(people), travel, travel, TERMS)


@settings(max_examples=30, deadline=None)
@given(questions())
def test_what_is_shown_is_what_the_engine_found(question: Question) -> None:
    assert read_question(write_question(question)) == question
    demand = make_demand_of(question)
    found = rostering.allocate_half_days(demand, seconds=2)
    assert rostering.check_allocation(demand, found.placed) == ()
    today = rostering.measure_allocation(demand, placed_today(question))
    shown, people = read_results(question, demand, found, today)
    served = Counter(site for _, _, site in found.placed)
    for site in shown:
        assert site.served == served[site.site.finess]
        assert site.missing == max(0, site.site.wanted - site.served)
    assert sum(one.placed for one in people) == len(found.placed)
    assert sum(one.minutes for one in people) == found.travel_minutes
    assert {one.person.slug: one.bonus for one in people if one.bonus} == {
        who: euros for who, euros in found.bonus.items() if euros
    }
    assert all(one.sites <= TERMS.most_sites for one in people)
    for one in people:
        _moves_lead_there(one.person.today, one.halves)
        cells = [
            HalfDay(square // 2 + 1, Half.MORNING, weeks, site, "ch", FROM)
            for square in range(10)
            for weeks, site in cells_of(one.halves, square)
        ]
        km = {b: float(far) for a, b, far in question.km if a == one.person.main_site}
        rule = compute_bonus(
            cells, main_site=one.person.main_site, km=km, regulations=regulations_on(FROM)
        )
        assert rule.euros == one.bonus
    squares = [square for _, line in make_grid(question, people) for square in line]
    assert sum(square.name != "" for square in squares) == len(found.placed)
    changed = sum(row[-1] == "oui" for row in csv_rows(question, people))
    assert changed == sum(square.changes for square in squares)


def _moves_lead_there(today: Mapping[int, str], halves: tuple[str, ...]) -> None:
    """Made one after the other, the changes shown give the week found."""
    week = [today.get(half, "") for half in range(20)]
    for move in moves_of(today, halves):
        weeks = {"EVERY": (0, 10), "ODD": (0,), "EVEN": (10,)}[move.weeks]
        for first in weeks:
            assert week[move.square + first] == move.before
            week[move.square + first] = move.after
    assert tuple(week) == halves


def test_values_never_grow() -> None:
    values = site_values(40, 10, TERMS)
    assert list(values) == sorted(values, reverse=True)
    assert len(values) == 40
    assert min(values) >= TERMS.half_day_value // 2
    assert site_values(0, 0, TERMS) == ()


@pytest.mark.parametrize(
    ("points", "bound", "words"),
    [
        (1000, 1003, "de plus de 0,3 % : c'est prouvé."),
        (1000, 1000, "Aucune répartition ne fait mieux : c'est prouvé."),
        (100_000, 100_001, "de plus de 0,1 %"),
        (1000, 1011, "de plus de 1,1 %"),
        (1000, 1020, "de plus de 2 %"),
        (1000, None, "Rien n'est encore prouvé"),
    ],
)
def test_the_gap_is_said_in_french(points: int, bound: float | None, words: str) -> None:
    assert words in gap_words(points, bound)
