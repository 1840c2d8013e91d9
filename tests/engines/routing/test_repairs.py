"""Which single clause would mend a step: Caudry after its hospital left the group, in small."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maillage.engines.routing import Clause, Demand, Network, Repair, repairs, resolve
from tests.engines.routing.tables import TWO_STEPS, instant, territory

SERVICES = """
service | site | care      | level
er-k    | K    | EMERGENCY | PROXIMITY
st-v    | V    | STROKE    | RECOURSE
st-l    | L    | STROKE    | RECOURSE
"""
GROUP = """
organization | group | days
v-hospital   | G     |
k-hospital   | G     | ..2022-11-14
"""
BEFORE, AFTER = "2022-11-13T12:00+01:00", "2022-11-14T12:00+01:00"


def cambrai() -> Network:
    return territory(SERVICES, TWO_STEPS, "C>K 15, K>V 35, K>L 60", memberships=GROUP)


def demand(at: str) -> Demand:
    return Demand("C", "P", 70, instant(at))


def summary(found: tuple[Repair, ...]) -> list[tuple[object, ...]]:
    return [
        (r.step, r.from_organization, r.to_organization, str(r.verdict), r.minutes_from_commune)
        for r in found
    ]


def test_leaving_a_group_opens_a_hole_that_a_clause_would_close() -> None:
    network = cambrai()
    assert resolve(network, demand(BEFORE)).steps[1].basis == "group:G"
    assert resolve(network, demand(AFTER)).steps[1].reason == "NO_AGREEMENT"
    assert repairs(network, demand(BEFORE)) == ()
    found = repairs(network, demand(AFTER))
    assert summary(found) == [
        (2, "k-hospital", "v-hospital", "ON_TARGET", 50),
        (2, "k-hospital", "l-hospital", "LATE", 75),
    ]
    best = found[0]
    assert (best.care_type, best.minutes_before, best.steps) == ("STROKE", None, (2,))
    assert [link.service for link in best.links] == ["er-k", "st-v"]
    assert best.links[-1].basis == "new-clause"


def test_the_clause_that_is_signed_gives_what_was_announced() -> None:
    network = cambrai()
    best = repairs(network, demand(AFTER))[0]
    clause = Clause("c", "new", best.from_organization, best.to_organization, (best.care_type,), 1)
    step = resolve(replace(network, clauses=(clause,)), demand(AFTER)).steps[1]
    assert (step.verdict, step.minutes_from_commune) == (best.verdict, best.minutes_from_commune)


def test_a_late_step_is_mended_by_a_shorter_way() -> None:
    network = territory(
        SERVICES,
        TWO_STEPS,
        "C>K 15, K>V 35, K>L 60",
        clauses="""
        clause | from       | to         | cares
        c1     | k-hospital | l-hospital | STROKE
        """,
    )
    found = repairs(network, demand(AFTER))
    assert summary(found) == [(2, "k-hospital", "v-hospital", "ON_TARGET", 50)]
    assert found[0].minutes_before == 75


def test_one_clause_may_mend_the_steps_that_follow() -> None:
    network = territory(
        """
        service | site | care      | level
        er-k    | K    | EMERGENCY | PROXIMITY
        st-v    | V    | STROKE    | RECOURSE
        th-v    | V    | THROMBO   | RECOURSE
        """,
        TWO_STEPS + "3 | THROMBO | RECOURSE | referral | 90",
        "C>K 15, K>V 35",
    )
    found = repairs(network, demand(AFTER))
    assert [(r.step, r.care_type, r.steps) for r in found] == [
        (2, "STROKE", (2, 3)),
        (3, "STROKE", (2, 3)),
    ]


@pytest.mark.parametrize(
    ("journeys", "hours"),
    [
        ("C>K 15", "always"),  # a clause does not make a road
        ("C>K 15, K>V 35", "never"),  # nor open a service
    ],
)
def test_what_no_clause_can_mend(journeys: str, hours: str) -> None:
    network = territory(
        f"""
        service | site | care      | level     | hours
        er-k    | K    | EMERGENCY | PROXIMITY | always
        st-v    | V    | STROKE    | RECOURSE  | {hours}
        """,
        TWO_STEPS,
        journeys,
    )
    assert repairs(network, demand(AFTER)) == ()


def test_a_service_that_is_reached_the_long_way_round_is_mended_by_the_short_one() -> None:
    network = territory(
        """
        service | site | care      | level
        er-k    | K    | EMERGENCY | PROXIMITY
        er-f    | F    | EMERGENCY | PROXIMITY
        st-v    | V    | STROKE    | RECOURSE
        """,
        TWO_STEPS,
        "C>K 15, C>F 60, K>V 35, F>V 20",
        clauses="""
        clause | from       | to         | cares
        c1     | f-hospital | v-hospital | STROKE
        """,
    )
    assert resolve(network, demand(AFTER)).steps[1].verdict == "LATE"
    found = repairs(network, demand(AFTER))
    assert summary(found) == [(2, "k-hospital", "v-hospital", "ON_TARGET", 50)]
    assert found[0].minutes_before == 80
