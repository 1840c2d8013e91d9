"""A compiled network derived from another answers as one compiled afresh."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.routing import (
    EndAgreement,
    HolderLeaves,
    Membership,
    Network,
    ResidentBand,
    SetTarget,
    apply_changes,
    compile_network,
    prove,
    repairs,
    resolve,
    service_state,
)
from maillage.engines.routing.compiled import CompiledNetwork
from tests.engines.routing.scenarios import scenarios
from tests.engines.routing.tables import TWO_STEPS, instant, territory
from tests.engines.routing.territories import draw_demand, questions, territories


@settings(max_examples=200)
@given(st.data())
def test_a_derived_network_answers_as_a_fresh_one(data: st.DataObject) -> None:
    drawn = data.draw(territories)
    origin = compile_network(drawn.network)
    demands = [data.draw(questions(drawn)) for _ in range(4)]
    for demand in demands:  # what the origin remembers of these instants must not pass on
        resolve(origin, demand)
    changed = apply_changes(drawn.network, data.draw(scenarios(drawn)))
    derived = origin.derive(changed)
    fresh = CompiledNetwork(replace(changed))
    for demand in demands:
        assert resolve(derived, demand) == resolve(fresh, demand)
        assert repairs(derived, demand) == repairs(fresh, demand)
        for service in changed.services:
            found = service_state(derived, service.id, demand.at)
            assert found == service_state(fresh, service.id, demand.at)


@settings(max_examples=80)
@given(st.data())
def test_any_other_network_can_be_derived_too(data: st.DataObject) -> None:
    """Even one that shares nothing, or lists of another territory: only identity is trusted."""
    one, other = data.draw(territories), data.draw(territories)
    mixed = replace(
        other.network,
        **{
            name: getattr(one.network, name)
            for name in data.draw(st.sets(st.sampled_from(["public_holidays", "timezone"])))
        },
    )
    derived = compile_network(one.network).derive(mixed)
    fresh = CompiledNetwork(replace(mixed))
    demand = data.draw(questions(other))
    assert resolve(derived, demand) == resolve(fresh, demand)


@settings(max_examples=60)
@given(st.data())
def test_rows_taken_away_move_the_ranks_of_the_others(data: st.DataObject) -> None:
    drawn = data.draw(territories)
    network = drawn.network
    origin = compile_network(network)
    demand = draw_demand(drawn, data.draw(st.integers(0, 10_000)))
    resolve(origin, demand)
    gone = data.draw(st.sampled_from(network.services)).id
    fewer = replace(
        network,
        services=tuple(row for row in network.services if row.id != gone),
        duty_slots=tuple(slot for slot in network.duty_slots if slot.service != gone),
        public_holidays=data.draw(st.sampled_from([network.public_holidays, (demand.at.date(),)])),
    )
    assert resolve(origin.derive(fewer), demand) == resolve(CompiledNetwork(fewer), demand)


@settings(max_examples=40)
@given(st.data())
def test_a_what_if_proves_as_the_changed_territory_alone(data: st.DataObject) -> None:
    """What a what-if does: derive, and keep the proofs of the pathways that did not change."""
    drawn = data.draw(territories)
    communes = tuple(
        replace(row, residents=(ResidentBand(0, None, "F", 120.5),))
        for row in drawn.network.communes
    )
    origin = compile_network(replace(drawn.network, communes=communes))
    start, end = drawn.starts_at, drawn.settles_at
    before = prove(origin, start, end)
    changed = apply_changes(origin.network, data.draw(scenarios(drawn)))
    known = {row.fingerprint: row for row in before.pathways}
    found = prove(origin.derive(changed), start, end, known=known)
    fresh = prove(CompiledNetwork(replace(changed)), start, end)
    assert found.network_hash == fresh.network_hash
    for one, other in zip(found.pathways, fresh.pathways, strict=True):
        assert one.fingerprint == other.fingerprint
        assert one.totals == other.totals
        assert {name: table.to_pylist() for name, table in one.tables.items()} == {
            name: table.to_pylist() for name, table in other.tables.items()
        }
    again = prove(origin, start, end)
    assert [row.totals for row in again.pathways] == [row.totals for row in before.pathways]


def caudry() -> Network:
    return territory(
        """
        service | site | care      | level     | hours
        er-k    | K    | EMERGENCY | PROXIMITY | always
        st-v    | V    | STROKE    | RECOURSE  | never
        """,
        TWO_STEPS,
        "C>K 15, K>V 35",
        slots="""
        slot | service | from/to                                       | holder
        d1   | st-v    | 2026-06-03T18:00+02:00/2026-06-04T08:00+02:00 | p1
        """,
        clauses="""
        clause | from       | to         | cares
        c1     | k-hospital | v-hospital | STROKE
        """,
    )


def test_what_did_not_change_is_shared() -> None:
    origin = compile_network(caudry())
    network = origin.network
    assert origin.derive(network) is origin

    left = origin.derive(apply_changes(network, [HolderLeaves("p1", date(2026, 6, 4))]))
    assert left.services["er-k"] is origin.services["er-k"]
    assert left.services["st-v"] is not origin.services["st-v"]
    assert (left.moves, left.travel, left.clock) == (origin.moves, origin.travel, origin.clock)
    assert left.pathways["P"] is not origin.pathways["P"]

    agreement = network.clauses[0].agreement
    ended = origin.derive(apply_changes(network, [EndAgreement(agreement, date(2026, 6, 4))]))
    assert ended.moves is not origin.moves
    assert ended.services["st-v"] is origin.services["st-v"]
    assert ended.pathways["P"] is origin.pathways["P"]

    slower = origin.derive(apply_changes(network, [SetTarget("P", 2, 30)]))
    assert slower.pathways["P"] is not origin.pathways["P"]
    assert slower.services["st-v"] is origin.services["st-v"]

    grouped = replace(network, memberships=(Membership("k-hospital", "G"),))
    assert origin.derive(grouped).moves is not origin.moves

    moved = replace(network, sites=tuple(replace(row) for row in network.sites))
    assert origin.derive(moved).services["er-k"] is not origin.services["er-k"]


def test_the_changed_network_remembers_its_derived_form() -> None:
    origin = compile_network(caudry())
    changed = apply_changes(origin.network, [SetTarget("P", 2, 30)])
    derived = origin.derive(changed)
    assert compile_network(changed) is derived
    assert compile_network(origin.network) is origin


def test_an_instant_of_the_origin_is_not_the_instant_of_the_derived() -> None:
    origin = compile_network(caudry())
    at = instant("2026-06-04T07:00+02:00")
    assert origin.moment(at) is origin.moment(at)
    changed = apply_changes(origin.network, [HolderLeaves("p1", date(2026, 6, 4))])
    derived = origin.derive(changed)
    assert derived.moment(at) is not origin.moment(at)
    for compiled, reason in ((origin, None), (derived, "UNSTAFFED"), (origin, None)):
        assert service_state(compiled, "st-v", at).reason == reason
