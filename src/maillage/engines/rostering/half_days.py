"""Scarce practitioners' half-days over sites: the best two-week cycle, with a proven bound.

What is decided: on which day each practitioner is on which site (one site a day), and which
half-days of that day they work. What is weighed: the value of each practitioner more on a site,
always less than the one before; time on the road; the territorial bonus, which goes up by steps.

The bound is that of whole schedules at prices of half-days (``half_day_search``); a small specialty
is given to one mixed integer program as well, when there is a gap left.
"""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from maillage.engines.rostering.half_day_program import Program
from maillage.engines.rostering.half_day_search import ScheduleSearch
from maillage.engines.rostering.half_day_values import (
    A_WEEK,
    CYCLE,
    Allocation,
    HalfDayDemand,
    SharedPractitioner,
    SiteNeed,
)
from maillage.engines.rostering.regulations import Regulations
from maillage.vocabulary.errors import Invalid, Problem

__all__ = ["Allocation", "HalfDayDemand", "SharedPractitioner", "SiteNeed", "allocate_half_days"]

FEW = 16
"""Practitioners up to whom one mixed integer program for all finds more than small groups."""


def make_demand(
    practitioners: Sequence[SharedPractitioner],
    needs: Sequence[SiteNeed],
    regulations: Regulations,
    *,
    travel: Mapping[tuple[str, str], int],
    km: Mapping[tuple[str, str], int],
    half_days: int = CYCLE,
) -> HalfDayDemand:
    """A demand at the values of the regulations: bonus and its distance, sites, weights."""
    weekly = [Decimal(count * A_WEEK) / half_days for count in range(half_days + 1)]
    return HalfDayDemand(
        practitioners=tuple(practitioners),
        needs=tuple(needs),
        travel=travel,
        km=km,
        bonus=tuple((regulations.bonus(one, 1), regulations.bonus(one, 2)) for one in weekly),
        bonus_km=regulations.whole("shared.bonus_km"),
        most_sites=regulations.whole("shared.most_sites"),
        euro_cost=regulations.whole("sharing.euro_cost"),
        minute_cost=regulations.whole("sharing.travel_minute_cost"),
        half_day_minutes=regulations.minutes("work.half_day_minutes"),
        half_days=half_days,
    )


def allocate_half_days(
    demand: HalfDayDemand,
    *,
    seconds: float = 30.0,
    gap: float = 0.001,
    seed: int = 0,
    on_better: Callable[[Allocation], None] = lambda found: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Allocation:
    """The best allocation found within ``seconds``, or as soon as ``gap`` is proven.

    ``on_better`` is given each better allocation as it comes, with the bound known by then;
    ``should_stop`` is asked often: once true, the best so far is the answer.

    Raises Invalid when what is fixed breaks a rule, naming each defect: nothing else can make a
    demand impossible, since a half-day may always stay empty.
    """
    check_demand(demand)
    started = time.perf_counter()
    search = ScheduleSearch(demand, seed, should_stop)
    ends = started + seconds
    best = measure_allocation(demand, search.placed())

    def better(placed: frozenset[tuple[str, int, str]]) -> None:
        nonlocal best
        again = measure_allocation(demand, placed)
        if again.points > best.points:
            best = again
            on_better(_measured(best, search.bound, time.perf_counter() - started))

    bound = search.prove(until=started + 0.6 * seconds)
    on_better(_measured(best, bound, time.perf_counter() - started))
    search.dive(until=started + 0.8 * seconds)
    better(search.placed())
    few = len(demand.practitioners) <= FEW
    search.improve(
        until=started + 0.3 * seconds if few else ends,
        gap=gap,
        on_better=lambda: better(search.placed()),
    )
    better(search.placed())
    left = ends - time.perf_counter()
    is_open = bound - best.points > gap * max(1.0, abs(best.points))
    if few and left > 0 and is_open and not should_stop():
        placed, other = Program(demand).solve(
            left, gap, seed, best.placed, on_better=better, should_stop=should_stop
        )
        bound = min(bound, other)
        better(placed)
    return _measured(best, bound, time.perf_counter() - started)


def _measured(found: Allocation, bound: float, seconds: float) -> Allocation:
    """An allocation with its bound. Points are whole: so is the bound, but for the rounding of
    floating numbers. Infinite when nothing was proven in the time given."""
    if math.isfinite(bound):
        bound = max(float(found.points), float(math.floor(bound + 1e-4)))
    relative = (bound - found.points) / max(1.0, abs(found.points))
    return replace(found, bound=bound, gap=relative, seconds=round(seconds, 3))


def check_demand(demand: HalfDayDemand) -> None:
    """Refuse what no allocation can respect. Raises Invalid with every defect, in French."""
    problems = [Problem(text, field=who) for who, text in _defects(demand)]
    if problems:
        raise Invalid(
            "rostering.half-days", "Ces demi-journées fixes ne tiennent pas ensemble.", problems
        )


def _defects(demand: HalfDayDemand) -> Iterator[tuple[str, str]]:
    rooms = {(need.site, need.half_day): need.rooms for need in demand.needs}
    taken: Counter[tuple[str, int]] = Counter()
    for need in demand.needs:
        values = (*need.values, 0)
        if any(a < b for a, b in pairwise(values)):
            yield need.site, "La valeur d'un praticien de plus ne peut pas augmenter."
        if not 0 <= need.half_day < demand.half_days:
            yield need.site, "Cette demi-journée n'est pas dans le cycle."
    for site, points in demand.totals.items():
        if any(a < b for a, b in pairwise((*points, 0))):
            yield site, "La valeur d'une demi-journée de plus ne peut pas augmenter."
    for one in demand.practitioners:
        if len(one.fixed) > one.capacity:
            yield one.id, "Plus de demi-journées fixes que de demi-journées de service."
        if len(set(one.fixed.values())) > demand.most_sites:
            yield one.id, f"Plus de {demand.most_sites} sites fixes."
        days = {(half // 2, site) for half, site in one.fixed.items()}
        if len({day for day, _ in days}) < len(days):
            yield one.id, "Deux sites fixes le même jour."
        for half, site in one.fixed.items():
            taken[site, half] += 1
            if half in one.refused:
                yield one.id, "Une demi-journée fixe est aussi refusée."
            if site not in one.sites:
                yield one.id, "Une demi-journée fixe est sur un site refusé."
    for (site, half), count in taken.items():
        if count > rooms.get((site, half), 0):
            yield site, f"Plus de praticiens fixes que de salles (demi-journée {half + 1})."


def check_allocation(
    demand: HalfDayDemand, placed: frozenset[tuple[str, int, str]]
) -> tuple[Problem, ...]:
    """Every rule that an allocation breaks, in French; ``field`` names the practitioner or the
    site. Counted from nothing: it judges what the search proposes."""
    found: list[Problem] = []
    known = {one.id for one in demand.practitioners}
    found += [Problem("Praticien inconnu.", field=who) for who, _, _ in placed if who not in known]
    rooms = {(need.site, need.half_day): need.rooms for need in demand.needs}
    for (site, half), count in sorted(Counter((s, h) for _, h, s in placed).items()):
        if count > rooms.get((site, half), 0):
            found.append(Problem(f"Plus de praticiens que de salles ({half + 1}).", field=site))
    for one in demand.practitioners:
        found += [Problem(text, field=one.id) for text in _faults(demand, one, placed)]
    return tuple(found)


def _faults(
    demand: HalfDayDemand, one: SharedPractitioner, placed: frozenset[tuple[str, int, str]]
) -> Iterator[str]:
    own = sorted((half, site) for who, half, site in placed if who == one.id)
    sites = {site for _, site in own}
    if len(own) > one.capacity:
        yield "Plus de demi-journées que de service."
    if not sites <= one.sites:
        yield "Un site refusé."
    if len(sites) > demand.most_sites:
        yield f"Plus de {demand.most_sites} sites."
    if any(half in one.refused for half, _ in own):
        yield "Une demi-journée refusée."
    if len({(half // 2, site) for half, site in own}) > len({half // 2 for half, _ in own}):
        yield "Deux sites le même jour."
    if not {*one.fixed.items()} <= {*own}:
        yield "Une demi-journée fixe a bougé."


def measure_allocation(
    demand: HalfDayDemand, placed: frozenset[tuple[str, int, str]]
) -> Allocation:
    """What an allocation is worth, counted again from nothing; bound and gap are left open."""
    people = Counter((site, half) for _, half, site in placed)
    value: dict[str, int] = {}
    unmet: dict[tuple[str, int], int] = {}
    for need in demand.needs:
        held = people[need.site, need.half_day]
        value[need.site] = value.get(need.site, 0) + sum(need.values[:held])
        missing = sum(1 for one in need.values[held:] if one > 0)
        if missing:
            unmet[need.site, need.half_day] = missing
    served = Counter(site for _, _, site in placed)
    for site, each in demand.totals.items():
        value[site] = value.get(site, 0) + sum(each[: served[site]])
    home = {one.id: one.home for one in demand.practitioners}
    stays = {one.id: one.stays for one in demand.practitioners}
    trips = {(who, half // 2, site) for who, half, site in placed}
    minutes = sum(2 * demand.minutes_between(home[who], site) for who, _, site in trips)
    bonus = _bonuses(demand, placed, home)
    points = sum(value.values()) - demand.minute_cost * minutes
    points -= demand.euro_cost * sum(bonus.values())
    points += sum(stays[who].get((half, site), 0) for who, half, site in placed)
    return Allocation(
        placed=placed,
        points=points,
        bound=float("inf"),
        gap=float("inf"),
        value=value,
        unmet=unmet,
        bonus=bonus,
        travel_minutes=minutes,
        owed=_owed(demand, placed, home),
    )


def _bonuses(
    demand: HalfDayDemand, placed: frozenset[tuple[str, int, str]], home: Mapping[str, str]
) -> dict[str, int]:
    away: Counter[str] = Counter()
    sites: dict[str, set[str]] = defaultdict(set)
    for who, _, site in placed:
        if demand.is_far(home[who], site):
            away[who] += 1
            sites[who].add(site)
    return {who: demand.bonus[count][len(sites[who]) > 1] for who, count in away.items()}


def _owed(
    demand: HalfDayDemand, placed: frozenset[tuple[str, int, str]], home: Mapping[str, str]
) -> dict[tuple[str, str], int]:
    lent: Counter[tuple[str, str]] = Counter()
    for who, _, site in placed:
        if site != home[who]:
            lent[site, home[who]] += demand.half_day_minutes
    net = {pair: minutes - lent[pair[1], pair[0]] for pair, minutes in lent.items()}
    return {pair: minutes for pair, minutes in sorted(net.items()) if minutes > 0}
