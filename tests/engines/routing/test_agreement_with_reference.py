"""The engine and the naive reference must agree, reasons and fragility included."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.routing import (
    Demand,
    Network,
    network_hash,
    read_network,
    repairs,
    resolve,
    service_state,
    write_network,
)
from tests.engines.routing import reference
from tests.engines.routing.territories import GRID, questions, territories


def in_utc(moment: datetime | None) -> datetime | None:
    """Datetimes of two zones never compare equal in the repeated hour of October."""
    return None if moment is None else moment.astimezone(UTC)


def as_reference(network: Network, demand: Demand) -> list[dict[str, Any]]:
    found = []
    for step in resolve(network, demand).steps:
        row = step.as_dict()
        row["excluded"] = [
            {"service": e.service, "reason": str(e.reason), "reachable_at": in_utc(e.reachable_at)}
            for e in step.excluded
        ]
        row["exposes"] = [(str(kind), name) for kind, name in step.exposes]
        found.append(row)
    return found


@settings(max_examples=250)
@given(st.data())
def test_every_answer_is_that_of_the_reference(data: st.DataObject) -> None:
    territory = data.draw(territories)
    network = territory.network
    for _ in range(6):
        demand = data.draw(questions(territory))
        expected = reference.resolve(network, demand, grid=GRID, until=territory.settles_at)
        assert as_reference(network, demand) == expected


@settings(max_examples=80)
@given(st.data())
def test_the_clauses_that_mend_are_those_found_by_trying_them_all(data: st.DataObject) -> None:
    territory = data.draw(territories)
    network = territory.network
    for _ in range(2):
        demand = data.draw(questions(territory))
        found = repairs(network, demand)
        rows = [
            (
                r.step,
                r.from_organization,
                r.to_organization,
                r.care_type,
                str(r.verdict),
                r.minutes_from_commune,
            )
            for r in found
        ]
        assert len(rows) == len(set(rows))
        assert set(rows) == reference.mending_clauses(network, demand)
        ranks = [(r.step, r.verdict.rank, r.minutes_from_commune) for r in found]
        assert ranks == sorted(ranks)


@settings(max_examples=60)
@given(st.data())
def test_the_next_change_of_a_service_is_the_first_half_hour_that_differs(
    data: st.DataObject,
) -> None:
    territory = data.draw(territories)
    network = territory.network
    service = data.draw(st.sampled_from(network.services))
    at = data.draw(questions(territory)).at
    state = service_state(network, service.id, at)
    now = reference.reachability(network, service, at)
    assert (state.reason, state.kept_by) == (now.reason, now.kept_by)

    origin = datetime(2000, 1, 1, tzinfo=UTC)
    instant = origin + ((at - origin) // GRID + 1) * GRID
    while instant < territory.settles_at:
        then = reference.reachability(network, service, instant)
        if (then.reason, then.kept_by) != (now.reason, now.kept_by):
            break
        instant += GRID
    assert in_utc(state.next_change) == (instant if instant < territory.settles_at else None)


def shuffled(network: Network, order: random.Random) -> Network:
    def mix(rows: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(order.sample(rows, len(rows)))

    names = [
        "communes", "organizations", "memberships", "sites", "services", "duty_slots", "clauses",
        "public_holidays",
    ]  # fmt: skip
    mixed: dict[str, Any] = {name: mix(getattr(network, name)) for name in names}
    travel = replace(
        network.travel,
        commune_site=mix(network.travel.commune_site),
        site_site=mix(network.travel.site_site),
    )
    pathways = tuple(replace(row, steps=mix(row.steps)) for row in network.pathways)
    return replace(network, **mixed, travel=travel, pathways=pathways)


@settings(max_examples=60)
@given(st.data(), st.randoms(use_true_random=False))
def test_nothing_depends_on_the_order_of_rows(data: st.DataObject, order: random.Random) -> None:
    territory = data.draw(territories)
    network = territory.network
    other = shuffled(network, order)
    assert write_network(other) == write_network(network)
    assert network_hash(other) == network_hash(network)
    for _ in range(3):
        demand = data.draw(questions(territory))
        assert resolve(other, demand) == resolve(network, demand)
        assert repairs(other, demand) == repairs(network, demand)


@settings(max_examples=60)
@given(st.data())
def test_a_written_network_reads_back_the_same(data: st.DataObject) -> None:
    territory = data.draw(territories)
    network = territory.network
    text = write_network(network)
    again = read_network(text)
    assert write_network(again) == text
    demand = data.draw(questions(territory))
    assert resolve(again, demand) == resolve(network, demand)
