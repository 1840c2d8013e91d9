"""Why nobody takes the patient, and when somebody will."""

from __future__ import annotations

import pytest

from maillage.engines.routing import Reason, Verdict, service_state
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


@pytest.mark.parametrize(
    ("cells", "slots", "reason"),
    [
        ({"care": "BURNS"}, "", Reason.NO_SERVICE),
        ({"level": "REFERENCE"}, "", Reason.NO_SERVICE),
        ({"ages": "0-70"}, "", Reason.NO_SERVICE),
        ({"authorised": "none"}, "", Reason.NOT_AUTHORISED),
        ({"authorised": "2020-01-01..2026-06-03"}, "", Reason.NOT_AUTHORISED),
        ({"hours": "never"}, "", Reason.CLOSED),
        ({"exception": "closed 2026-06-01T00:00Z/2026-07-01T00:00Z"}, "dr-a", Reason.CLOSED),
        ({"hours": "never"}, "nobody", Reason.UNSTAFFED),
    ],
)
def test_why_one_service_does_not_take_the_patient(
    cells: dict[str, str], slots: str, reason: Reason
) -> None:
    table = ""
    if slots:
        holder = "" if slots == "nobody" else slots
        table = f"""
        slot | service | from/to                             | holder
        d1   | st-v    | 2026-06-01T00:00Z/2026-07-01T00:00Z | {holder}
        """
    network = territory(one_service(**cells), ONE_STEP, "C>V 5", slots=table)
    step = ask(network).steps[0]
    assert (step.verdict, step.reason) == (Verdict.HOLE, reason)
    assert step.links == ()
    assert [row.reason for row in step.excluded] == ([] if reason == "NO_SERVICE" else [reason])


def test_a_step_is_unstaffed_when_one_of_its_services_is() -> None:
    network = territory(
        """
        service | site | care   | hours | authorised
        st-a    | A    | STROKE | never |
        st-b    | B    | STROKE | never |
        st-c    | V    | STROKE | never | none
        """,
        ONE_STEP,
        "C>A 5, C>B 5",
        slots="""
        slot | service | from/to                             | holder
        d1   | st-b    | 2026-06-01T00:00Z/2026-07-01T00:00Z |
        """,
    )
    assert_answer(
        ask(network),
        """
        step | reason    | excluded
        1    | UNSTAFFED | st-a:CLOSED st-b:UNSTAFFED st-c:NOT_AUTHORISED
        """,
    )


def test_previous_step_and_no_agreement() -> None:
    services = """
    service | site | care      | level     | hours
    er-v    | V    | EMERGENCY | PROXIMITY | {}
    st-l    | L    | STROKE    | RECOURSE  | always
    """
    expected = """
    step | verdict | reason | excluded
    1    | {}
    2    | HOLE    | {}     | st-l:{}
    """
    closed = territory(services.format("never"), TWO_STEPS, "C>V 5, V>L 5")
    assert_answer(
        ask(closed),
        expected.format("HOLE | CLOSED | er-v:CLOSED", "PREVIOUS_STEP", "PREVIOUS_STEP"),
    )
    alone = territory(services.format("always"), TWO_STEPS, "C>V 5, V>L 5")
    assert_answer(ask(alone), expected.format("ON_TARGET | |", "NO_AGREEMENT", "NO_AGREEMENT"))


@pytest.mark.parametrize("entry", ["direct", "both"])
def test_a_direct_step_does_not_wait_for_the_step_before(entry: str) -> None:
    network = territory(
        """
        service | site | care      | level     | hours
        er-v    | V    | EMERGENCY | PROXIMITY | never
        st-l    | L    | STROKE    | RECOURSE  | always
        """,
        TWO_STEPS.replace("referral", entry),
        "C>V 5, C>L 40",
    )
    assert ask(network).steps[1].verdict is Verdict.ON_TARGET


def test_a_reachable_service_without_a_known_journey_is_too_far() -> None:
    entered = territory(one_service(), ONE_STEP, "")
    assert (ask(entered).steps[0].verdict, ask(entered).steps[0].reason) == ("HOLE", "TOO_FAR")
    referred = territory(BASES, TWO_STEPS, "C>V 5", sites={"V": "one", "L": "one"})
    assert ask(referred).steps[1].reason is Reason.TOO_FAR


def test_late_services_are_excluded_and_the_good_ones_are_alternatives() -> None:
    network = territory(
        """
        service | site | care
        st-a    | A    | STROKE
        st-b    | B    | STROKE
        st-c    | V    | STROKE
        """,
        ONE_STEP,
        "C>A 20, C>B 90, C>V 31",
    )
    answer = ask(network)
    assert_answer(
        answer,
        """
        step | service | others | excluded
        1    | st-a    | st-c   | st-b:TOO_FAR
        """,
    )
    assert answer.steps[0].excluded[0].minutes_from_commune == 90
    assert answer.steps[0].alternatives[0].verdict is Verdict.AT_LIMIT


# When again


def test_each_excluded_service_says_when_it_becomes_reachable() -> None:
    network = territory(
        """
        service | site | care   | hours                    | authorised
        st-a    | A    | STROKE | 12345 08:00-18:30 closed |
        st-b    | B    | STROKE | never                    |
        st-c    | D    | STROKE | always                   | 2026-12-01..
        st-d    | V    | STROKE | never                    |
        """,
        ONE_STEP,
        "C>A 5",
        slots="""
        slot | service | from/to                                       | holder
        d1   | st-b    | 2026-05-13T18:00+02:00/2026-05-15T00:00+02:00 |
        d2   | st-b    | 2026-05-15T07:00+02:00/2026-05-16T00:00+02:00 | dr-a
        """,
        holidays="2026-05-14",
    )
    found = {
        row.service: (row.reason, row.reachable_at and row.reachable_at.isoformat())
        for row in ask(network, "2026-05-13T20:00+02:00").steps[0].excluded
    }
    assert found == {
        "st-a": ("CLOSED", "2026-05-15T08:00:00+02:00"),  # Ascension Day between
        "st-b": ("UNSTAFFED", "2026-05-15T07:00:00+02:00"),
        "st-c": ("NOT_AUTHORISED", None),
        "st-d": ("CLOSED", None),
    }


def test_the_state_of_one_service_tells_what_comes_next() -> None:
    network = territory(
        one_service(hours="12345 08:00-18:30"),
        ONE_STEP,
        "C>V 5",
        slots="""
        slot | service | from/to                                       | holder | response
        d1   | st-v    | 2026-06-03T20:00+02:00/2026-06-04T08:00+02:00 | dr-a   | 20
        """,
    )
    hours = {
        "12:00": (None, "opening", "2026-06-03T18:30:00+02:00", None),
        "18:30": ("CLOSED", None, "2026-06-03T20:00:00+02:00", "2026-06-03T20:00:00+02:00"),
        "21:00": (None, "slot:d1", "2026-06-04T08:00:00+02:00", None),
    }
    for clock, expected in hours.items():
        state = service_state(network, "st-v", instant(f"2026-06-03T{clock}+02:00"))
        then = state.next_change and state.next_change.isoformat()
        again = state.next_reachable and state.next_reachable.isoformat()
        assert (state.reason, state.kept_by, then, again) == expected
        assert state.reachable is (expected[0] is None)


def test_a_service_that_never_changes_says_so() -> None:
    network = territory(one_service(), ONE_STEP, "C>V 5")
    assert service_state(network, "st-v", instant("2026-06-03T12:00Z")).next_change is None
