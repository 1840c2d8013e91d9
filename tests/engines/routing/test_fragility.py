"""The one service, clause or person without whom a step would be a hole."""

from __future__ import annotations

import pytest

from tests.engines.routing.tables import BASES, ONE_STEP, TWO_STEPS, ask, one_service, territory

FRAGILE_SLOTS = """
slot | service | from/to                             | holder
d1   | st-l    | 2026-06-03T00:00Z/2026-06-04T00:00Z | dr-a
d2   | st-m    | 2026-06-03T00:00Z/2026-06-04T00:00Z | {}
"""


@pytest.mark.parametrize(
    ("second_holder", "exposes"),
    [
        ("dr-a", "service:er-v holder:dr-a"),  # one person holds both lines
        ("dr-b", "service:er-v"),
        ("", "service:er-v service:st-l clause:c1 holder:dr-a"),
    ],
)
def test_an_answer_hangs_on_what_alone_would_leave_a_hole(second_holder: str, exposes: str) -> None:
    network = territory(
        """
        service | site | care      | level     | hours
        er-v    | V    | EMERGENCY | PROXIMITY | always
        st-l    | L    | STROKE    | RECOURSE  | never
        st-m    | M    | STROKE    | RECOURSE  | never
        """,
        TWO_STEPS,
        "C>V 5, V>L 10, V>M 500",
        slots=FRAGILE_SLOTS.format(second_holder),
        clauses="""
        clause | from       | to         | cares
        c1     | v-hospital | l-hospital | STROKE
        c2     | v-hospital | m-hospital | STROKE
        """,
    )
    step = ask(network).steps[1]
    assert " ".join(f"{kind}:{name}" for kind, name in step.exposes) == exposes
    assert step.fragile


def test_two_clauses_or_a_group_make_a_clause_dispensable() -> None:
    clauses = """
    clause | from       | to         | cares
    c1     | v-hospital | l-hospital | STROKE
    c2     | v-hospital | l-hospital | STROKE
    """
    network = territory(BASES, TWO_STEPS, "C>V 5, V>L 5", clauses=clauses)
    assert ask(network).steps[1].exposes == (("service", "er-v"), ("service", "st-l"))


def test_a_late_step_is_not_called_fragile() -> None:
    network = territory(one_service(), ONE_STEP, "C>V 90")
    assert ask(network).steps[0].exposes == ()
