"""The teams of a step seen from a site, against the naive reference."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.routing import (
    Commune,
    Demand,
    Entry,
    Network,
    Organization,
    Origin,
    Pathway,
    Receiver,
    Service,
    Site,
    Step,
    Travel,
    TravelSource,
    build_network,
    journeys_home,
    receivers,
)
from maillage.vocabulary.errors import Invalid, NotFound
from tests.engines.routing import reference
from tests.engines.routing.territories import GRID, Territory, questions, territories

FAR = 10**9
Right = tuple[str, int] | None


def site_named(network: Network, key: str) -> Site:
    return next(site for site in network.sites if site.id == key)


def ranked(
    territory: Territory,
    demand: Demand,
    step: Step,
    right: Callable[[Service, Site], Right],
    travel: Callable[[Site], Any],
) -> list[tuple[Any, ...]]:
    """What the reference says of every service of a step, sorted as the engine promises."""
    network = territory.network
    rows = []
    for service in reference.candidates(network, step, demand.age):
        place = site_named(network, service.site)
        state = reference.reachability(network, service, demand.at)
        allowed, journey = right(service, place), travel(place)
        again = None
        if state.reason in ("CLOSED", "UNSTAFFED"):
            again = reference.next_reachable(
                network, service, demand.at, GRID, territory.settles_at
            )
        total = Fraction(FAR) if journey is None else journey + state.response
        verdict = None
        if state.reason is None and journey is not None:
            verdict = reference.judge(network, step, total)
        reopens = (again.timestamp() if again else float("inf")) if state.reason else 0.0
        order = (
            allowed is None,
            state.reason is not None,
            reopens,
            total,
            allowed[1] if allowed else 0,
            service.id,
        )
        basis = allowed[0] if allowed else None
        rows.append((order, (service.id, basis, state.reason, state.kept_by, verdict, again)))
    return [row for _, row in sorted(rows, key=lambda row: row[0])]


def as_reference(receiver: Receiver) -> tuple[Any, ...]:
    again = receiver.reachable_at
    return (
        receiver.service,
        receiver.basis,
        str(receiver.reason) if receiver.reason else None,
        receiver.kept_by,
        str(receiver.verdict) if receiver.verdict else None,
        again.astimezone(UTC) if again else None,
    )


@settings(max_examples=150)
@given(st.data())
def test_from_a_site_every_team_is_judged_as_the_reference_does(data: st.DataObject) -> None:
    territory = data.draw(territories)
    network = territory.network
    demand = data.draw(questions(territory))
    origin = data.draw(st.sampled_from(network.sites))
    for step in reference.steps_of(network, demand):
        found = receivers(
            network,
            origin=Origin(origin.organization, origin.id),
            pathway=demand.pathway,
            step=step.order,
            age=demand.age,
            at=demand.at,
        )
        expected = ranked(
            territory,
            demand,
            step,
            lambda service, place: reference.move_basis(
                network, origin, place, service.care_type, demand.at
            ),
            lambda place: reference.minutes_between_sites(network, origin, place),
        )
        assert [as_reference(row) for row in found] == expected


@settings(max_examples=80)
@given(st.data())
def test_the_way_back_is_the_right_that_let_the_patient_come(data: st.DataObject) -> None:
    territory = data.draw(territories)
    network = territory.network
    demand = data.draw(questions(territory))
    origin = data.draw(st.sampled_from(network.sites))
    steps = reference.steps_of(network, demand)
    came_to, home = steps[-1], steps[0]
    found = receivers(
        network,
        origin=Origin(origin.organization, origin.id),
        pathway=demand.pathway,
        step=home.order,
        age=demand.age,
        at=demand.at,
        back_from=came_to.order,
    )
    expected = ranked(
        territory,
        demand,
        home,
        lambda _, place: reference.move_basis(network, place, origin, came_to.care_type, demand.at),
        lambda place: reference.minutes_between_sites(network, origin, place),
    )
    assert [as_reference(row) for row in found] == expected


@settings(max_examples=80)
@given(st.data())
def test_from_a_commune_direct_entries_need_no_agreement(data: st.DataObject) -> None:
    territory = data.draw(territories)
    network = territory.network
    demand = data.draw(questions(territory))
    nobody = Site("", "nobody", "", 0.0, 0.0)
    for step in reference.steps_of(network, demand):
        found = receivers(
            network,
            origin=Origin("nobody", None, demand.commune),
            pathway=demand.pathway,
            step=step.order,
            age=demand.age,
            at=demand.at,
        )

        def right(service: Service, place: Site, step: Step = step) -> Right:
            if reference.takes_direct(step):
                return ("direct", -1)
            return reference.move_basis(network, nobody, place, service.care_type, demand.at)

        expected = ranked(
            territory,
            demand,
            step,
            right,
            lambda place: reference.minutes_from_commune(network, demand.commune, place),
        )
        assert [as_reference(row) for row in found] == expected


@settings(max_examples=80)
@given(st.data())
def test_journeys_from_home_are_those_of_the_reference(data: st.DataObject) -> None:
    network = data.draw(territories).network
    home = data.draw(st.sampled_from(network.communes)).code
    near = data.draw(st.sampled_from(network.sites))

    def of(journey: Callable[[Site], Fraction | None]) -> dict[str, float]:
        known = {site.id: journey(site) for site in network.sites}
        return {key: float(minutes) for key, minutes in known.items() if minutes is not None}

    from_home = of(lambda site: reference.minutes_from_commune(network, home, site))
    from_near = of(lambda site: reference.minutes_between_sites(network, near, site))
    assert journeys_home(network, commune=home, site=near.id) == pytest.approx(from_home)
    assert journeys_home(network, commune="elsewhere", site=near.id) == pytest.approx(from_near)
    assert journeys_home(network, commune="elsewhere", site="elsewhere") == {}


def test_what_the_network_does_not_know_is_refused() -> None:
    network = _one_site()
    asked: dict[str, Any] = {"pathway": "p", "step": 1, "age": 70, "at": AT}
    with pytest.raises(NotFound):
        receivers(network, origin=Origin("H", "elsewhere"), **asked)
    with pytest.raises(NotFound):
        receivers(network, origin=Origin("H", None, "99999"), **asked)
    with pytest.raises(NotFound):
        receivers(network, origin=Origin("H", "s"), **{**asked, "step": 7})
    with pytest.raises(NotFound):
        receivers(network, origin=Origin("H", "s"), **{**asked, "pathway": "q"})
    with pytest.raises(Invalid):
        receivers(network, origin=Origin("H", "s"), **{**asked, "at": AT.replace(tzinfo=None)})


AT = datetime(2026, 11, 22, 2, tzinfo=UTC)


def _one_site() -> Network:
    return build_network(
        communes=[Commune("59249", "Fourmies", 50.0, 4.0)],
        organizations=[Organization("H", "H")],
        sites=[Site("s", "H", "S", 50.0, 4.0)],
        services=[Service("a", "s", "EMERGENCY", "PROXIMITY")],
        pathways=[Pathway("p", "P", (Step(1, "EMERGENCY", "PROXIMITY", Entry.DIRECT),))],
        travel=Travel(TravelSource.ESTIMATE, 0),
    )
