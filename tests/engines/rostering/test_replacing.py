"""Candidates for a duty are those of the checker, and every exchange that exists is found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.rostering import Checker, Way, check, replacements
from maillage.engines.rostering.making import on_call_component
from maillage.engines.rostering.problem import (
    Absence,
    Limit,
    Person,
    Problem,
    Rest,
    Roster,
    Share,
    Slot,
    Term,
)
from tests.hypothesis_profile import DEPTH

from .brute import some_lawful_roster
from .strategies import problems

HOUR = 60
DAY = 24 * HOUR
GARDE = frozenset({"garde"})


def night(day: int) -> Slot:
    """A night of fourteen hours."""
    starts = day * DAY + 18 * HOUR
    return Slot(f"n{day}", "garde", day, starts, starts + 14 * HOUR, counts={"nights": 1})


def team(*people: Person, days: int = 7) -> Problem:
    """A week of nights with a rest between them."""
    return Problem(days, tuple(map(night, range(days))), people, rests=(Rest("rest", 11 * HOUR),))


def holding(**who: str) -> Roster:
    """A roster written ``anne="n0 n2"``."""
    return Roster(
        frozenset((person, name) for person, names in who.items() for name in names.split())
    )


def test_who_may_comes_first_by_fairness() -> None:
    share = Share("nights", target=2, weight=5)
    busy, idle, away = (
        Person("busy", GARDE, shares=(share,)),
        Person("idle", GARDE, shares=(share,)),
        Person("away", GARDE, absences=(Absence(0, 9 * DAY, "leave"),)),
    )
    found = replacements(team(busy, idle, away), holding(busy="n0 n2"), "n6")
    assert [(one.person, one.way) for one in found] == [
        ("idle", Way.DIRECT),
        ("busy", Way.DIRECT),
        ("away", Way.REFUSED),
    ]
    assert found[0].change.terms[Term.SHARES] < found[1].change.terms[Term.SHARES]
    assert [one.rule for one in found[2].violations] == ["leave"]


def test_a_chain_frees_who_has_the_night_before() -> None:
    """Anne has the night of the 2nd, so not that of the 3rd, unless Bob takes the 2nd from her."""
    anne = Person("anne", GARDE)
    bob = Person("bob", GARDE, absences=(Absence(3 * DAY + 12 * HOUR, 9 * DAY, "leave"),))
    problem, roster = team(anne, bob), holding(anne="n2")
    first, second = replacements(problem, roster, "n3")
    assert (first.person, first.way, first.given, first.taker) == ("anne", Way.CHAIN, "n2", "bob")
    after = Roster((roster.held - set(first.losses)) | set(first.gains))
    assert after == holding(anne="n3", bob="n2")
    assert check(problem, after).is_lawful
    assert (second.person, second.way) == ("bob", Way.REFUSED)


def test_who_leaves_may_take_a_duty_in_return() -> None:
    anne, bob = Person("anne", GARDE), Person("bob", GARDE)
    roster = holding(anne="n2", bob="n3")
    (only,) = replacements(team(anne, bob), roster, "n3")
    assert (only.person, only.given, only.taker) == ("anne", "n2", "bob")
    assert set(only.losses) == {("bob", "n3"), ("anne", "n2")}


def test_what_is_pinned_is_never_given() -> None:
    anne, bob = Person("anne", GARDE, pinned=frozenset({"n2"})), Person("bob", GARDE)
    (only,) = replacements(team(anne, bob), holding(anne="n2", bob="n3"), "n3")
    assert only.way is Way.REFUSED


def test_negotiable_refusals_come_before_hard_ones() -> None:
    hard = Person("hard", GARDE, absences=(Absence(0, 9 * DAY, "leave"),))
    limit = Limit("nights", "none", 0, 7, maximum=0, negotiable=True)
    soft = Person("soft", GARDE, limits=(limit,))
    found = replacements(team(hard, soft), Roster(frozenset()), "n1")
    assert [(one.person, one.is_negotiable) for one in found] == [("soft", True), ("hard", False)]


def test_an_unknown_duty_or_an_unnamed_leaver_is_refused() -> None:
    anne, bob, carl = (Person(name, GARDE) for name in ("anne", "bob", "carl"))
    problem = team(anne, bob, carl)
    with pytest.raises(ValueError, match="nowhere"):
        replacements(problem, Roster(frozenset()), "nowhere")
    two = replace(problem, slots=(replace(problem.slots[0], required=2), *problem.slots[1:]))
    full = holding(anne="n0", bob="n0")
    with pytest.raises(ValueError, match="several"):
        replacements(two, full, "n0")
    assert [one.person for one in replacements(two, full, "n0", leaving="bob")] == ["carl"]


@given(st.integers(0, 10**6), problems(max_slots=6, minima=False))
@settings(max_examples=40 * DEPTH)
def test_candidates_and_chains_are_those_of_the_checker(seed: int, problem: Problem) -> None:
    roster = some_lawful_roster(problem, seed)
    checker = Checker(problem)
    slot = problem.slots[seed % len(problem.slots)]
    holders = sorted(person for person, name in roster.held if name == slot.id)
    leaving = holders[0] if holders and checker.standing(roster).missing(slot.id) == 0 else ""
    lost = {(leaving, slot.id)} & roster.held
    found = {one.person: one for one in replacements(checker, roster, slot.id, leaving=leaving)}
    assert [one.way for one in found.values()] == sorted(one.way for one in found.values())
    for person in problem.people:
        if slot.line not in person.lines or person.id == leaving or person.id in holders:
            assert person.id not in found
            continue
        one = found[person.id]
        change = checker.cost_of_change(roster, one.gains, one.losses)
        assert change == one.change
        alone = checker.cost_of_change(roster, [(person.id, slot.id)], lost)
        assert (one.way is Way.DIRECT) == (not alone.violations)
        if alone.violations:
            chains = lawful_chains(checker, roster, person, slot.id, frozenset(lost))
            assert (one.way is Way.CHAIN) == bool(chains)
            if chains:
                assert one.change.levels == min(chains)


def lawful_chains(
    checker: Checker, roster: Roster, person: Person, slot_id: str, lost: frozenset[tuple[str, str]]
) -> list[tuple[int, ...]]:
    """Costs of every lawful exchange by which a person takes a slot."""
    costs = []
    for who, back in roster.held:
        if who != person.id:
            continue
        for other in checker.problem.people:
            if other.id == person.id or (other.id, back) in roster.held:
                continue
            gains = [(person.id, slot_id), (other.id, back)]
            change = checker.cost_of_change(roster, gains, [*lost, (person.id, back)])
            if not change.violations:
                costs.append(change.levels)
    return costs


def test_a_month_of_three_lines() -> None:
    """Every duty of a month has its candidates, and none is said lawful that is not."""
    problem = on_call_component(4, days=28).problem
    checker = Checker(problem)
    roster = some_lawful_roster(problem, 4, full=1)
    for slot in problem.slots[::7]:
        for one in replacements(checker, roster, slot.id):
            after = Roster((roster.held - set(one.losses)) | set(one.gains))
            assert (one.way is not Way.REFUSED) == checker.verdict(after).is_lawful
