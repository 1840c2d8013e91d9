"""The rule of coverage, sentence by sentence, as small territories and their answers."""

from __future__ import annotations

import pytest

from maillage.engines.routing import Demand, Verdict, resolve, service_state
from maillage.vocabulary.errors import Invalid, NotFound
from tests.engines.routing.tables import (
    BASES,
    ONE_STEP,
    TWO_STEPS,
    ask,
    assert_answer,
    instant,
    one_service,
    territory,
)

# Step by step: times, bases, verdicts


def test_a_chain_adds_up_minutes_and_responses() -> None:
    network = territory(
        """
        service | site | care      | level     | hours
        er-v    | V    | EMERGENCY | PROXIMITY | always
        st-l    | L    | STROKE    | RECOURSE  | never
        """,
        TWO_STEPS,
        "C>V 10, V>L 25.5",
        slots="""
        slot | service | from/to                                         | holder | response
        d1   | st-l    | 2026-06-03T08:00+02:00/2026-06-03T20:00+02:00   | dr-a   | 20
        """,
        clauses="""
        clause | from       | to         | cares
        c1     | v-hospital | l-hospital | STROKE
        """,
    )
    assert_answer(
        ask(network),
        """
        step | verdict   | service | kept by | basis     | from previous | minutes | chain
        1    | ON_TARGET | er-v    | opening | direct    |               | 10      | er-v
        2    | ON_TARGET | st-l    | slot:d1 | clause:c1 | 45.5          | 55.5    | er-v st-l
        """,
    )
    link = ask(network).steps[1].last
    assert link is not None
    assert (link.site, link.organization, link.clause) == ("L", "l-hospital", "c1")
    assert (link.travel_minutes, link.response_minutes, link.holder) == (25.5, 20, "dr-a")


@pytest.mark.parametrize(
    ("minutes", "verdict"),
    [
        ("26", "ON_TARGET"),  # 26 + 4 <= 30
        ("26.1", "AT_LIMIT"),
        ("34", "AT_LIMIT"),  # 34 - 4 <= 30
        ("34.1", "LATE"),
    ],
)
def test_the_margin_of_travel_times_makes_three_verdicts(minutes: str, verdict: str) -> None:
    network = territory(
        """
        service | site | care
        st-v    | V    | STROKE
        """,
        ONE_STEP,
        f"C>V {minutes}",
    )
    step = ask(network).steps[0]
    assert step.verdict == verdict
    assert step.reason == ("TOO_FAR" if verdict == "LATE" else None)
    assert step.service == "st-v"


def test_sums_of_decimal_minutes_are_exact() -> None:
    # In binary floating point 0.1 + 0.2 is more than 0.3.
    network = territory(
        """
        service | site | care      | level
        er-v    | V    | EMERGENCY | PROXIMITY
        st-l    | L    | STROKE    | RECOURSE
        """,
        TWO_STEPS.replace("60", "0.3"),
        "C>V 0.1, V>L 0.2",
        sites={"V": "one", "L": "one"},
        margin=0,
    )
    step = ask(network).steps[1]
    assert (step.verdict, step.minutes_from_commune) == ("ON_TARGET", 0.3)


def test_a_step_without_target_is_always_on_target() -> None:
    network = territory(
        """
        service | site | care
        st-v    | V    | STROKE
        """,
        ONE_STEP.replace("30", ""),
        "C>V 900",
    )
    assert ask(network).steps[0].verdict is Verdict.ON_TARGET


@pytest.mark.parametrize(
    ("sites", "memberships", "clauses", "basis"),
    [
        ({"V": "one", "L": "one"}, "", "", "organization"),
        (
            {},
            """
            organization | group
            v-hospital   | G2
            l-hospital   | G2
            v-hospital   | G1
            l-hospital   | G1
            """,
            """
            clause | from       | to         | cares
            c1     | v-hospital | l-hospital | STROKE
            """,
            "group:G1",
        ),
        (
            {},
            """
            organization | group | days
            v-hospital   | G1    |
            l-hospital   | G1    | ..2026-06-03
            """,
            """
            clause | from       | to         | cares           | priority | days
            c1     | v-hospital | l-hospital | STROKE          | 2        |
            c2     | v-hospital | l-hospital | STROKE+BURNS    | 1        | 2026-06-03..
            c3     | v-hospital | l-hospital | STROKE          | 0        | ..2026-06-03
            c4     | v-hospital | l-hospital | BURNS           | 0        |
            c5     | l-hospital | v-hospital | STROKE          | 0        |
            """,
            "clause:c2",
        ),
    ],
)
def test_the_basis_is_the_first_that_allows_the_move(
    sites: dict[str, str], memberships: str, clauses: str, basis: str
) -> None:
    network = territory(
        BASES, TWO_STEPS, "C>V 5, V>L 5", sites=sites, memberships=memberships, clauses=clauses
    )
    assert ask(network).steps[1].basis == basis


def test_memberships_and_clauses_follow_the_local_day() -> None:
    network = territory(
        BASES,
        TWO_STEPS,
        "C>V 5, V>L 5",
        clauses="""
        clause | from       | to         | cares  | days
        c1     | v-hospital | l-hospital | STROKE | 2026-06-03..2026-06-04
        """,
    )
    found = [
        ask(network, at).steps[1].verdict
        for at in (
            "2026-06-02T21:59+00:00",  # 23:59 in Paris, the day before
            "2026-06-02T22:00+00:00",  # midnight in Paris
            "2026-06-03T21:59+00:00",
            "2026-06-03T22:00+00:00",
        )
    ]
    assert found == ["HOLE", "ON_TARGET", "ON_TARGET", "HOLE"]


def test_a_move_within_one_site_takes_no_time_even_without_a_matrix() -> None:
    network = territory(
        """
        service | site | care      | level
        er-v    | V    | EMERGENCY | PROXIMITY
        st-v    | V    | STROKE    | RECOURSE
        """,
        TWO_STEPS,
        "C>V 7",
    )
    step = ask(network).steps[1]
    assert (step.minutes_from_previous, step.minutes_from_commune) == (0, 7)


def test_a_later_step_may_be_entered_directly() -> None:
    services = """
    service | site | care      | level
    er-v    | V    | EMERGENCY | PROXIMITY
    st-l    | L    | STROKE    | RECOURSE
    """
    for entry, journeys, chain in [
        ("both", "C>V 5, V>L 5, C>L 20", ("er-v", "st-l")),
        ("both", "C>V 5, V>L 50, C>L 20", ("st-l",)),
        ("direct", "C>V 5, V>L 5, C>L 20", ("st-l",)),
        ("referral", "C>V 5, V>L 50, C>L 20", ("er-v", "st-l")),
    ]:
        network = territory(
            services,
            TWO_STEPS.replace("referral", entry),
            journeys,
            sites={"V": "one", "L": "one"},
        )
        assert ask(network).steps[1].chain == chain


# Best chain: ties


def test_equal_times_prefer_fewer_moves() -> None:
    network = territory(
        """
        service | site | care      | level
        er-v    | V    | EMERGENCY | PROXIMITY
        st-a    | V    | STROKE    | RECOURSE
        st-b    | L    | STROKE    | RECOURSE
        """,
        TWO_STEPS.replace("referral", "both"),
        "C>V 30, C>L 30",
    )
    # st-a: direct (30, no move) or through er-v (30, one move); st-b: direct.
    assert ask(network).steps[1].chain == ("st-a",)


def test_equal_times_and_moves_prefer_the_smaller_clause_priority_then_the_service() -> None:
    services = """
    service | site | care      | level
    er-v    | V    | EMERGENCY | PROXIMITY
    st-a    | A    | STROKE    | RECOURSE
    st-b    | B    | STROKE    | RECOURSE
    """
    clauses = """
    clause | from       | to         | cares  | priority
    c1     | v-hospital | a-hospital | STROKE | 2
    c2     | v-hospital | b-hospital | STROKE | {}
    """
    found = {}
    for priority in (1, 2, 3):
        network = territory(
            services,
            TWO_STEPS,
            "C>V 5, V>A 10, V>B 10",
            clauses=clauses.format(priority),
        )
        found[priority] = ask(network).steps[1].service
    assert found == {1: "st-b", 2: "st-a", 3: "st-a"}


def test_a_move_that_needs_no_clause_comes_before_every_clause() -> None:
    network = territory(
        """
        service | site | care      | level
        er-v    | V    | EMERGENCY | PROXIMITY
        st-a    | A    | STROKE    | RECOURSE
        st-b    | B    | STROKE    | RECOURSE
        """,
        TWO_STEPS,
        "C>V 5, V>A 10, V>B 10",
        clauses="""
        clause | from       | to         | cares  | priority
        c1     | v-hospital | a-hospital | STROKE | 0
        """,
        memberships="""
        organization | group
        v-hospital   | G
        b-hospital   | G
        """,
    )
    assert ask(network).steps[1].service == "st-b"


THREE_STEPS = """
step | care | entry
1    | ONE  | direct
2    | TWO  | both
3    | SIX  | referral
"""


def test_fewer_moves_come_before_clause_priority() -> None:
    network = territory(
        """
        service | site | care
        one-a   | A    | ONE
        two-a   | A    | TWO
        two-b   | B    | TWO
        six-d   | D    | SIX
        """,
        THREE_STEPS,
        "C>A 10, C>B 10, A>D 10, B>D 10",
        clauses="""
        clause | from       | to         | cares | priority
        c1     | b-hospital | d-hospital | SIX   | 2
        """,
        memberships="""
        organization | group
        a-hospital   | G
        d-hospital   | G
        """,
    )
    # By one-a and two-a: no clause, but two moves. Directly at two-a: one free move.
    assert ask(network).steps[2].chain == ("two-a", "six-d")
    entered_first = territory(
        """
        service | site | care  | hours
        one-a   | A    | ONE   | always
        two-a   | E    | TWO   | always
        two-b   | B    | TWO   | always
        six-d   | D    | SIX   | always
        """,
        THREE_STEPS,
        "C>A 5, A>E 5, E>D 10, C>B 10, B>D 10",
        clauses="""
        clause | from       | to         | cares | priority
        c1     | b-hospital | one        | SIX   | 2
        """,
        sites={"A": "one", "E": "one", "D": "one"},
    )
    # Two free moves against one move by a clause: the clause, all being equal in time.
    assert ask(entered_first).steps[2].chain == ("two-b", "six-d")


def test_clause_priorities_compare_from_the_last_move_back() -> None:
    network = territory(
        """
        service | site | care
        one-a   | A    | ONE
        two-b   | B    | TWO
        two-d   | D    | TWO
        six-e   | E    | SIX
        """,
        THREE_STEPS,
        "C>A 5, A>B 5, A>D 5, B>E 5, D>E 5",
        clauses="""
        clause | from       | to         | cares | priority
        c1     | a-hospital | b-hospital | TWO   | 1
        c2     | b-hospital | e-hospital | SIX   | 2
        c3     | a-hospital | d-hospital | TWO   | 2
        c4     | d-hospital | e-hospital | SIX   | 1
        """,
    )
    assert ask(network).steps[2].chain == ("one-a", "two-d", "six-e")


def test_services_compare_from_the_last_one_back() -> None:
    network = territory(
        """
        service | site | care
        one-a   | A    | ONE
        one-b   | B    | ONE
        two-a   | D    | TWO
        two-b   | E    | TWO
        six-f   | F    | SIX
        """,
        THREE_STEPS,
        "C>A 5, C>B 5, A>E 5, B>D 5, D>F 5, E>F 5",
        sites=dict.fromkeys("ABDEF", "one"),
    )
    assert ask(network).steps[2].chain == ("one-b", "two-a", "six-f")


def test_the_chain_of_a_step_need_not_pass_by_the_best_of_the_step_before() -> None:
    network = territory(
        """
        service | site | care      | level
        er-v    | V    | EMERGENCY | PROXIMITY
        er-w    | W    | EMERGENCY | PROXIMITY
        st-l    | L    | STROKE    | RECOURSE
        """,
        TWO_STEPS,
        "C>V 5, C>W 12, V>L 40, W>L 10",
        clauses="""
        clause | from       | to         | cares
        c1     | v-hospital | l-hospital | STROKE
        c2     | w-hospital | l-hospital | STROKE
        """,
    )
    assert_answer(
        ask(network),
        """
        step | service | minutes | chain     | others
        1    | er-v    | 5       | er-v      | er-w
        2    | st-l    | 22      | er-w st-l |
        """,
    )


# Required hours


def test_a_step_out_of_its_hours_counts_nowhere_but_passes_patients_on() -> None:
    network = territory(
        BASES,
        """
        step | care      | level     | entry    | target | hours
        1    | EMERGENCY | PROXIMITY | direct   | 1      | 12345 20:00-24:00
        2    | STROKE    | RECOURSE  | referral | 60     |
        """,
        "C>V 10, V>L 10",
        sites={"V": "one", "L": "one"},
    )
    assert_answer(
        ask(network),
        """
        step | verdict      | reason | service | minutes | chain     | hangs on
        1    | NOT_REQUIRED |        | er-v    | 10      | er-v      |
        2    | ON_TARGET    |        | st-l    | 20      | er-v st-l | service:er-v service:st-l
        """,
    )
    assert ask(network, "2026-06-03T20:00+02:00").steps[0].verdict is Verdict.LATE


# What keeps a service reachable


def test_of_several_slots_the_quickest_keeps_the_service_then_the_first_by_id() -> None:
    network = territory(
        one_service(hours="never"),
        ONE_STEP,
        "C>V 5",
        slots="""
        slot | service | from/to                             | holder | response
        d1   | st-v    | 2026-06-03T00:00Z/2026-06-04T00:00Z | dr-a   | 20
        d3   | st-v    | 2026-06-03T00:00Z/2026-06-04T00:00Z | dr-b   | 5
        d2   | st-v    | 2026-06-03T00:00Z/2026-06-04T00:00Z | dr-c   | 5
        d0   | st-v    | 2026-06-03T00:00Z/2026-06-04T00:00Z |        | 0
        """,
    )
    step = ask(network).steps[0]
    assert (step.kept_by, step.minutes_from_commune) == ("slot:d2", 10)
    # Three people: none of them is indispensable.
    assert step.exposes == (("service", "st-v"),)


def test_opening_hours_need_no_holder_and_no_response() -> None:
    network = territory(
        one_service(hours="12345 08:00-18:30"),
        ONE_STEP,
        "C>V 5",
        slots="""
        slot | service | from/to                             | holder | response
        d1   | st-v    | 2026-06-03T00:00Z/2026-06-04T00:00Z | dr-a   | 20
        """,
    )
    assert ask(network).steps[0].kept_by == "opening"
    late = ask(network, "2026-06-03T18:30+02:00").steps[0]
    assert (late.kept_by, late.minutes_from_commune) == ("slot:d1", 25)


def test_slots_start_inside_and_end_outside() -> None:
    network = territory(
        one_service(hours="never"),
        ONE_STEP,
        "C>V 5",
        slots="""
        slot | service | from/to                                       | holder
        d1   | st-v    | 2026-06-03T18:30+02:00/2026-06-03T20:00+02:00 | dr-a
        """,
    )
    found = {
        clock: ask(network, f"2026-06-03T{clock}+02:00").steps[0].verdict
        for clock in ("18:29", "18:30", "19:59", "20:00")
    }
    assert found == {"18:29": "HOLE", "18:30": "ON_TARGET", "19:59": "ON_TARGET", "20:00": "HOLE"}


# Demands that make no sense


@pytest.mark.parametrize(
    ("demand", "error", "code"),
    [
        (Demand("X", "P", 70, instant("2026-06-03T12:00Z")), NotFound, "routing.commune"),
        (Demand("C", "X", 70, instant("2026-06-03T12:00Z")), NotFound, "routing.pathway"),
        (Demand("C", "P", -1, instant("2026-06-03T12:00Z")), Invalid, "routing.age"),
        (Demand("C", "P", 151, instant("2026-06-03T12:00Z")), Invalid, "routing.age"),
        (Demand("C", "P", 70, instant("2026-06-03T12:00")), Invalid, "routing.naive-instant"),
        (Demand("C", "P", 70, instant("0001-01-01T00:00Z")), Invalid, "routing.instant"),
    ],
)
def test_a_demand_that_makes_no_sense_is_refused(
    demand: Demand, error: type[NotFound | Invalid], code: str
) -> None:
    network = territory(one_service(), ONE_STEP, "C>V 5")
    with pytest.raises(error) as caught:
        resolve(network, demand)
    assert caught.value.code == code


def test_the_state_of_an_unknown_service_is_not_found() -> None:
    network = territory(one_service(), ONE_STEP, "C>V 5")
    with pytest.raises(NotFound):
        service_state(network, "nowhere", instant("2026-06-03T12:00Z"))


def test_the_verdict_of_an_answer_is_that_of_its_worst_required_step() -> None:
    network = territory(BASES, TWO_STEPS, "C>V 5, V>L 5")
    assert ask(network).verdict is Verdict.HOLE
    assert ask(network).fragile
