"""Every minute of the nights when the clocks change, and periods that start at odd minutes."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maillage.engines.routing import Demand, Network, resolve
from tests.engines.routing import reference
from tests.engines.routing.territories import CLOCK_CHANGES, Territory, draw_territory

MINUTE = timedelta(minutes=1)


def moved_by_odd_minutes(network: Network, choice: random.Random) -> Network:
    """The same territory with slots that start and end at any minute."""
    slots = tuple(
        replace(
            slot,
            starts_at=slot.starts_at and slot.starts_at - choice.randint(0, 29) * MINUTE,
            ends_at=slot.ends_at and slot.ends_at + choice.randint(0, 29) * MINUTE,
        )
        for slot in network.duty_slots
    )
    return replace(network, duty_slots=slots)


def territories_of(night: datetime) -> list[Territory]:
    """Four drawn territories whose ten days hold a clock change."""
    drawn = (draw_territory(seed) for seed in range(1000))
    around = (t for t in drawn if t.starts_at < night < t.starts_at + timedelta(days=9))
    return [next(around) for _ in range(4)]


@pytest.mark.parametrize("night", CLOCK_CHANGES, ids=["forward", "back"])
def test_every_minute_of_a_clock_change_night(night: datetime) -> None:
    for index, territory in enumerate(territories_of(night)):
        network = moved_by_odd_minutes(territory.network, random.Random(index))
        for offset in range(-150, 150):
            demand = Demand("C", "P", 70, night + offset * MINUTE)
            answer = resolve(network, demand)
            for step, row in zip(answer.steps, reference.steps_of(network, demand), strict=True):
                chains = reference.chains_to(network, demand, row)
                best = min(chains, key=reference.preference, default=None)
                assert step.verdict == reference.verdict(network, demand, row)
                assert step.chain == (() if best is None else best.services)


@pytest.mark.parametrize("seed", range(12))
def test_the_next_reachable_minute(seed: int) -> None:
    territory = draw_territory(seed)
    network = moved_by_odd_minutes(territory.network, random.Random(seed))
    at = territory.starts_at + timedelta(hours=20, minutes=7 * seed)
    until = at + timedelta(days=2)
    for step in resolve(network, Demand("C", "P", 70, at)).steps:
        for row in step.excluded:
            if row.reason not in ("CLOSED", "UNSTAFFED"):
                continue
            service = next(s for s in network.services if s.id == row.service)
            expected = reference.next_reachable(network, service, at, MINUTE, until)
            found = row.reachable_at and row.reachable_at.astimezone(UTC)
            assert found == expected or (expected is None and found is not None and found >= until)
