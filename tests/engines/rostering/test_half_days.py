"""Half-days over sites: against every allocation of tiny cases, and what a bound must be."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.rostering.half_day_schedules import Scheduler
from maillage.engines.rostering.half_day_search import ScheduleSearch
from maillage.engines.rostering.half_days import (
    Allocation,
    HalfDayDemand,
    SharedPractitioner,
    SiteNeed,
    allocate_half_days,
    check_allocation,
    make_demand,
    measure_allocation,
)
from maillage.engines.rostering.making import half_day_demand
from maillage.engines.rostering.regulations import regulations_on
from maillage.vocabulary.errors import Invalid

REGULATIONS = regulations_on(date(2027, 1, 4))
SITES = ("a", "b", "c")


def schedules(demand: HalfDayDemand, one: SharedPractitioner) -> Iterator[tuple[str | None, ...]]:
    """Every lawful schedule of one practitioner: a site, or None, for each half-day."""
    for sites in product((None, *sorted(one.sites)), repeat=demand.half_days):
        worked = [site for site in sites if site]
        if len(worked) > one.capacity or len(set(worked)) > demand.most_sites:
            continue
        if any(sites[half] for half in one.refused):
            continue
        if any(sites[half] != site for half, site in one.fixed.items()):
            continue
        if all(
            not (sites[half] and sites[half + 1]) or sites[half] == sites[half + 1]
            for half in range(0, demand.half_days, 2)
        ):
            yield sites


def best_of_all(demand: HalfDayDemand) -> int:
    """The points of the best allocation, by trying every one."""
    rooms = {(need.site, need.half_day): need.rooms for need in demand.needs}
    best: int | None = None
    for choice in product(*(list(schedules(demand, one)) for one in demand.practitioners)):
        placed = frozenset(
            (one.id, half, site)
            for one, sites in zip(demand.practitioners, choice, strict=True)
            for half, site in enumerate(sites)
            if site
        )
        held = Counter((site, half) for _, half, site in placed)
        if all(count <= rooms.get(key, 0) for key, count in held.items()):
            points = measure_allocation(demand, placed).points
            best = points if best is None else max(best, points)
    assert best is not None
    return best


def must_be_lawful(demand: HalfDayDemand, found: Allocation) -> None:
    """Every rule of an allocation, checked by itself."""
    rooms = {(need.site, need.half_day): need.rooms for need in demand.needs}
    held = Counter((site, half) for _, half, site in found.placed)
    assert all(count <= rooms.get(key, 0) for key, count in held.items())
    for one in demand.practitioners:
        own = {half: site for who, half, site in found.placed if who == one.id}
        assert len(own) == sum(who == one.id for who, _, _ in found.placed) <= one.capacity
        assert set(own.values()) <= one.sites
        assert len(set(own.values())) <= demand.most_sites
        assert not set(own) & one.refused
        assert all(own[half] == site for half, site in one.fixed.items())
        for half in range(0, demand.half_days, 2):
            assert len({own[h] for h in (half, half + 1) if h in own}) <= 1


@st.composite
def demands(draw: st.DrawFn) -> HalfDayDemand:
    """Two practitioners, three sites, two days: the bonus, travel and rooms all matter."""
    halves = 4
    people = []
    for index in range(2):
        refused = draw(st.frozensets(st.integers(0, halves - 1), max_size=1))
        home = draw(st.sampled_from(SITES[:2]))
        half = draw(st.integers(0, halves - 1))
        fixed = {half: home} if index == 0 and draw(st.booleans()) and half not in refused else {}
        people.append(
            SharedPractitioner(
                id=f"p{index}",
                home=home,
                capacity=draw(st.integers(1, halves)),
                sites=frozenset({home}) | draw(st.frozensets(st.sampled_from(SITES))),
                fixed=fixed,
                refused=refused,
                stays={
                    (half, site): draw(st.integers(1, 200))
                    for half, site in draw(
                        st.sets(
                            st.tuples(st.integers(0, halves - 1), st.sampled_from(SITES)),
                            max_size=2,
                        )
                    )
                },
            )
        )
    needs = []
    for site in SITES:
        for half in range(halves):
            first = draw(st.integers(0, 900))
            values = (first, draw(st.integers(0, first)))
            needs.append(SiteNeed(site, half, values, rooms=draw(st.integers(1, 2))))
    distance = st.integers(5, 45)
    km = {("a", "b"): draw(distance), ("a", "c"): draw(distance), ("b", "c"): draw(distance)}
    demand = make_demand(people, needs, REGULATIONS, travel=km, km=km, half_days=halves)
    totals = {
        site: tuple(sorted(draw(st.lists(st.integers(0, 900), max_size=3)), reverse=True))
        for site in draw(st.sets(st.sampled_from(SITES)))
    }
    return replace(demand, most_sites=draw(st.integers(1, 3)), totals=totals)


@settings(max_examples=25)
@given(demands())
def test_finds_the_best_of_all_allocations(demand: HalfDayDemand) -> None:
    better: list[Allocation] = []
    found = allocate_half_days(demand, seconds=20, gap=0.0, on_better=better.append)
    must_be_lawful(demand, found)
    assert check_allocation(demand, found.placed) == ()
    assert [one.points for one in better] == sorted({one.points for one in better})
    assert better[-1].points == found.points
    assert found.points == best_of_all(demand)
    assert found.bound == found.points


@settings(max_examples=25)
@given(demands(), st.integers(0, 2**32 - 1))
def test_whatever_the_prices_schedules_are_the_best_and_bound_all(
    demand: HalfDayDemand, seed: int
) -> None:
    prices = np.random.default_rng(seed).integers(0, 900, size=(demand.half_days, 3)).astype(float)
    is_open = np.ones(prices.shape)
    bound = 0.0
    for one in demand.practitioners:
        scheduler = Scheduler(demand, one, list(SITES), is_open)
        earned, schedule = scheduler.best(prices)
        assert earned == sum(prices[half, site] for half, site in schedule) - scheduler.cost(
            schedule
        )
        best = max(
            sum(prices[half, SITES.index(site)] for half, site in enumerate(sites) if site)
            - scheduler.cost(
                tuple((half, SITES.index(site)) for half, site in enumerate(sites) if site)
            )
            for sites in schedules(demand, one)
        )
        assert earned == best
        bound += earned
    for need in demand.needs:
        price = prices[need.half_day, SITES.index(need.site)]
        bound += sum(max(0.0, value - price) for value in need.values[: need.rooms])
    # No price on half-days whichever they are: their whole worth is in the bound.
    bound += sum(sum(points) for points in demand.totals.values())
    assert bound >= best_of_all(demand)


def test_a_specialty_of_ten_is_placed_and_counted_again() -> None:
    demand = half_day_demand(3, practitioners=10, sites=8)
    found = allocate_half_days(demand, seconds=8, gap=0.01)
    must_be_lawful(demand, found)
    again = measure_allocation(demand, found.placed)
    assert (again.points, again.value, again.unmet) == (found.points, found.value, found.unmet)
    assert found.points <= found.bound
    assert found.gap == pytest.approx((found.bound - found.points) / found.points)
    assert sum(found.unmet.values()) > 0  # needs are more than what people can give


def test_the_bound_does_not_depend_on_the_start() -> None:
    demand = half_day_demand(5, practitioners=6, sites=5)
    until = time.perf_counter() + 30
    bounds = [ScheduleSearch(demand, seed).prove(until=until) for seed in (1, 2)]
    assert bounds[0] == pytest.approx(bounds[1], rel=1e-4)


def one_person(*, value: int, days_away: int, sites: tuple[str, ...] = ("far",)) -> Allocation:
    """Somebody of ``home`` with worth at other sites only, alternating between them."""
    needs = [
        SiteNeed(sites[half // 2 % len(sites)], half, (value,), rooms=1)
        for half in range(2 * days_away)
    ]
    person = SharedPractitioner("p", "home", 20, frozenset({"home", *sites}))
    km = {("home", site): 30 for site in sites}
    return allocate_half_days(
        make_demand([person], needs, REGULATIONS, travel={}, km=km), seconds=10, gap=0.0
    )


def test_the_bonus_is_that_of_the_order() -> None:
    # Half-days in two weeks: one day is one half-day a week on average, and so on.
    assert [one_person(value=900, days_away=days).bonus["p"] for days in (1, 3, 4, 5)] == [
        250,
        450,
        700,
        1000,
    ]
    assert one_person(value=900, days_away=4, sites=("far", "other")).bonus["p"] == 1000


def test_nobody_is_sent_where_the_bonus_costs_more_than_it_brings() -> None:
    # The second half-day brings the bonus of 250 euros a month, the first one none.
    assert len(one_person(value=249, days_away=1).placed) == 1
    assert len(one_person(value=251, days_away=1).placed) == 2


def test_what_hospitals_owe_each_other_is_net() -> None:
    people = [
        SharedPractitioner("p", "a", 4, frozenset("ab")),
        SharedPractitioner("q", "b", 1, frozenset("ab")),
    ]
    needs = [SiteNeed("b", half, (500,), 1) for half in range(4)] + [SiteNeed("a", 5, (500,), 1)]
    demand = make_demand(people, needs, REGULATIONS, travel={}, km={}, half_days=20)
    fixed = frozenset({*(("p", half, "b") for half in range(4)), ("q", 5, "a")})
    assert measure_allocation(demand, fixed).owed == {("b", "a"): 3 * demand.half_day_minutes}


@pytest.mark.parametrize(
    ("person", "says"),
    [
        ({"fixed": {0: "a", 1: "b"}}, "Deux sites fixes le même jour."),
        ({"fixed": {0: "a"}, "refused": frozenset({0})}, "aussi refusée"),
        ({"fixed": {0: "c"}}, "site refusé"),
        ({"fixed": {0: "a", 2: "a"}, "capacity": 1}, "Plus de demi-journées fixes"),
    ],
)
def test_what_is_fixed_must_hold_together(person: dict[str, object], says: str) -> None:
    one = replace(SharedPractitioner("p", "a", 20, frozenset("ab")), **person)  # type: ignore[arg-type]
    needs = [SiteNeed(site, half, (100,), 1) for site in "abc" for half in range(20)]
    demand = make_demand([one], needs, REGULATIONS, travel={}, km={})
    with pytest.raises(Invalid) as refused:
        allocate_half_days(demand)
    assert says in str(refused.value)


def test_a_value_that_grows_is_refused() -> None:
    demand = make_demand([], [SiteNeed("a", 0, (1, 2), 2)], REGULATIONS, travel={}, km={})
    with pytest.raises(Invalid, match="ne peut pas augmenter"):
        allocate_half_days(demand)


@settings(max_examples=60)
@given(demands(), st.data())
def test_the_checker_agrees_with_the_rules_said_one_by_one(
    demand: HalfDayDemand, data: st.DataObject
) -> None:
    squares = st.tuples(st.sampled_from(["p0", "p1"]), st.integers(0, 3), st.sampled_from(SITES))
    placed = data.draw(st.frozensets(squares, max_size=5))
    try:
        must_be_lawful(demand, measure_allocation(demand, placed))
    except (AssertionError, KeyError):
        assert check_allocation(demand, placed) != ()
    else:
        assert check_allocation(demand, placed) == ()


def test_told_to_stop_it_gives_the_best_so_far() -> None:
    demand = half_day_demand(3, practitioners=10, sites=8)
    better: list[Allocation] = []
    found = allocate_half_days(
        demand, seconds=60, gap=0.0, on_better=better.append, should_stop=lambda: bool(better)
    )
    assert check_allocation(demand, found.placed) == ()
    assert found.points >= better[0].points


def test_what_hears_of_better_ones_may_fail() -> None:
    demand = half_day_demand(3, practitioners=5, sites=5)

    def fail(found: Allocation) -> None:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="full"):
        allocate_half_days(demand, seconds=20, gap=0.0, on_better=fail)


def test_who_owes_nothing_is_nowhere() -> None:
    person = SharedPractitioner("p", "a", 0, frozenset("a"))
    demand = make_demand([person], [SiteNeed("a", 0, (100,), 1)], REGULATIONS, travel={}, km={})
    assert allocate_half_days(demand, seconds=5).placed == frozenset()
