"""The rights of the hospitals near a commune to send patients on."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from maillage.engines.routing import (
    Clause,
    Commune,
    DayPeriod,
    Demand,
    Entry,
    Membership,
    Network,
    Organization,
    Pathway,
    Service,
    Site,
    Step,
    Travel,
    TravelSource,
    build_network,
    onward_moves,
)
from maillage.vocabulary.errors import NotFound

LEFT = date(2022, 11, 14)
BEFORE = datetime(2022, 11, 13, 12, tzinfo=UTC)
AFTER = datetime(2022, 11, 14, 12, tzinfo=UTC)
ALWAYS = (DayPeriod(date(2010, 1, 1), None),)


def territory(*, age_min: int = 0, authorised: tuple[DayPeriod, ...] = ALWAYS) -> Network:
    """LOCAL (20 min) and FAR (90 min) open the pathway; SUPPORT is in LOCAL's group until the 14th;
    CHU receives by a clause from FAR only."""
    return build_network(
        communes=[Commune("59139", "Caudry", 50.1, 3.4)],
        organizations=[Organization(key, key) for key in ("LOCAL", "FAR", "SUPPORT", "CHU")],
        memberships=[
            Membership("LOCAL", "GHT", None, LEFT),
            Membership("SUPPORT", "GHT", None, None),
        ],
        sites=[Site(f"s-{key}", key, key, 50.0, 3.0) for key in ("LOCAL", "FAR", "SUPPORT", "CHU")],
        services=[
            Service("a", "s-LOCAL", "EMERGENCY", "PROXIMITY", authorisations=ALWAYS),
            Service("b", "s-FAR", "EMERGENCY", "PROXIMITY", authorisations=ALWAYS),
            Service("c", "s-SUPPORT", "SURGERY", "RECOURSE", age_min, authorisations=authorised),
            Service("d", "s-CHU", "SURGERY", "RECOURSE", authorisations=ALWAYS),
        ],
        clauses=[Clause("k", "conv", "FAR", "CHU", ("SURGERY",))],
        pathways=[
            Pathway(
                "p",
                "P",
                (
                    Step(1, "EMERGENCY", "PROXIMITY", Entry.DIRECT),
                    Step(2, "SURGERY", "RECOURSE", Entry.REFERRAL),
                ),
            )
        ],
        travel=Travel(
            TravelSource.MATRIX, 0, commune_site=(("59139", "s-LOCAL", 20), ("59139", "s-FAR", 90))
        ),
    )


def rights(
    network: Network, at: datetime, *, within: float = 40, age: int = 70
) -> dict[str, list[str]]:
    moves = onward_moves(network, Demand("59139", "p", age, at), within_minutes=within)
    return {move.site: [f"{to} {basis}" for to, basis in move.targets] for move in moves}


def test_a_group_lets_its_members_send_on_until_they_leave() -> None:
    assert rights(territory(), BEFORE) == {"s-LOCAL": ["SUPPORT group:GHT"]}
    assert rights(territory(), AFTER) == {"s-LOCAL": []}


def test_far_hospitals_count_only_when_asked_for() -> None:
    assert rights(territory(), AFTER, within=100) == {"s-LOCAL": [], "s-FAR": ["CHU clause:k"]}


def test_a_service_that_may_not_work_or_refuses_the_age_receives_nobody() -> None:
    ended = (DayPeriod(date(2010, 1, 1), date(2022, 1, 1)),)
    assert rights(territory(authorised=ended), BEFORE) == {"s-LOCAL": []}
    assert rights(territory(age_min=75), BEFORE, age=70) == {"s-LOCAL": []}


def test_an_unknown_commune_is_refused() -> None:
    with pytest.raises(NotFound):
        onward_moves(territory(), Demand("99999", "p", 70, BEFORE), within_minutes=40)
