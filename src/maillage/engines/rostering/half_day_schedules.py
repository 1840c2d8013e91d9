"""The best two-week schedule of one practitioner, at given prices of each half-day on each site.

Exact, by dynamic programming over days, for every set of sites at once: what is counted is how many
half-days are worked and how many of them are far from home, since the service bounds the first and
the bonus goes up by steps with the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from maillage.engines.rostering.half_day_values import HalfDayDemand, SharedPractitioner

Floats = npt.NDArray[np.float64]

Schedule = tuple[tuple[int, int], ...]
"""Half-days worked and the index of their site, in order."""

NOWHERE = -np.inf

_MOVES = ((1, 0), (2, 0), (1, 1), (2, 1))
"""What a day adds: half-days worked, and whether they are far."""


@dataclass(frozen=True, slots=True)
class Option:
    """The best way to work one or two half-days of a day on a site."""

    points: float
    halves: tuple[int, ...]


class Scheduler:
    """One practitioner's possible schedules."""

    def __init__(
        self, demand: HalfDayDemand, one: SharedPractitioner, names: list[str], is_open: Floats
    ) -> None:
        """``names``: the sites, in the order of prices. ``is_open``: half-days by sites, zero where
        a site holds nobody."""
        self.one = one
        self.days = demand.half_days // 2
        self.sites = [index for index, name in enumerate(names) if name in one.sites]
        self.trip = {
            site: 2.0 * demand.minute_cost * demand.minutes_between(one.home, names[site])
            for site in self.sites
        }
        self.far = {site: demand.is_far(one.home, names[site]) for site in self.sites}
        self.fixed = {half: names.index(site) for half, site in one.fixed.items()}
        self.stays = np.zeros((demand.half_days, len(names)))
        for (half, name), points in one.stays.items():
            if name in names:
                self.stays[half, names.index(name)] = points
        self.able = {
            (half, site)
            for site in self.sites
            for half in range(demand.half_days)
            if half not in one.refused
            and is_open[half, site]
            and self.fixed.get(half, site) == site
        }
        kept = set(self.fixed.values())
        self.subsets = [
            subset
            for size in range(1, demand.most_sites + 1)
            for subset in combinations(self.sites, size)
            if kept <= set(subset)
        ]
        self.inside = {
            site: np.array([site in subset for subset in self.subsets]) for site in self.sites
        }
        self.most = max(0, min(one.capacity, demand.half_days))
        several = [sum(self.far[site] for site in subset) > 1 for subset in self.subsets]
        self.bonus = demand.euro_cost * np.array(
            [[demand.bonus[far][int(flag)] for far in range(self.most + 1)] for flag in several],
            dtype=np.float64,
        ).reshape(len(self.subsets), self.most + 1)

    def cost(self, schedule: Schedule) -> float:
        """Points that a schedule costs: road and bonus, less what staying is worth."""
        trips = {(half // 2, site) for half, site in schedule}
        far = [site for _, site in schedule if self.far[site]]
        if not schedule:
            return 0.0
        own = {site for _, site in schedule}
        row = next(i for i, subset in enumerate(self.subsets) if set(subset) == own)
        stays = sum(float(self.stays[half, site]) for half, site in schedule)
        road = sum(self.trip[site] for _, site in trips)
        return road + float(self.bonus[row, len(far)]) - stays

    def best(self, prices: Floats) -> tuple[float, Schedule]:
        """The schedule that earns most at these prices (half-days by sites), and its points less
        what it costs."""
        if not self.subsets or not self.able:
            return 0.0, ()
        prices = prices + self.stays
        options = [self._options(prices, day) for day in range(self.days)]
        gains = [self._gains(own) for own in options]
        stages = [self._start()]
        for day in range(self.days):
            stages.append(self._step(stages[-1], gains[day], self._is_free(day)))
        final = stages[-1] - self.bonus[:, None, :]
        at = np.unravel_index(int(final.argmax()), final.shape)
        subset, worked, far = (int(index) for index in at)
        return float(final[at]), self._back(stages, gains, options, subset, worked, far)

    def _start(self) -> Floats:
        first = np.full((len(self.subsets), self.most + 1, self.most + 1), NOWHERE)
        first[:, 0, 0] = 0.0
        return first

    def _is_free(self, day: int) -> bool:
        return 2 * day not in self.fixed and 2 * day + 1 not in self.fixed

    def _options(self, prices: Floats, day: int) -> dict[tuple[int, int], Option]:
        """By site and number of half-days: the best way to work them that day."""
        needed = [half for half in (2 * day, 2 * day + 1) if half in self.fixed]
        found: dict[tuple[int, int], Option] = {}
        for site in self.sites:
            halves = [half for half in (2 * day, 2 * day + 1) if (half, site) in self.able]
            if not set(needed) <= set(halves):
                continue
            if len(halves) == 2:
                points = float(prices[halves[0], site] + prices[halves[1], site]) - self.trip[site]
                found[site, 2] = Option(points, tuple(halves))
            if len(needed) < 2 and halves:
                single = needed or halves
                half = max(single, key=lambda h: float(prices[h, site]))
                found[site, 1] = Option(float(prices[half, site]) - self.trip[site], (half,))
        return found

    def _gains(self, options: dict[tuple[int, int], Option]) -> Floats:
        """Points of each move of a day, by set of sites."""
        found = np.full((len(_MOVES), len(self.subsets)), NOWHERE)
        for (site, count), option in options.items():
            move = _MOVES.index((count, int(self.far[site])))
            inside = self.inside[site]
            found[move, inside] = np.maximum(found[move, inside], option.points)
        return found

    def _step(self, before: Floats, gains: Floats, is_free: bool) -> Floats:
        after = before.copy() if is_free else np.full_like(before, NOWHERE)
        for move, (count, far) in enumerate(_MOVES):
            if count <= self.most and np.isfinite(gains[move]).any():
                shift = count * far
                width = self.most + 1
                into = after[:, count:, shift:]
                came = before[:, : width - count, : width - shift] + gains[move][:, None, None]
                np.maximum(into, came, out=into)
        return after

    def _back(
        self,
        stages: list[Floats],
        gains: list[Floats],
        options: list[dict[tuple[int, int], Option]],
        subset: int,
        worked: int,
        far: int,
    ) -> Schedule:
        """The schedule behind the best final state: each stage is the sum that made it."""
        found: list[tuple[int, int]] = []
        for day in reversed(range(self.days)):
            value, before = stages[day + 1][subset, worked, far], stages[day][subset]
            if self._is_free(day) and before[worked, far] == value:
                continue
            for move, (count, is_far) in enumerate(_MOVES):
                n, f = worked - count, far - count * is_far
                if n >= 0 and f >= 0 and before[n, f] + gains[day][move, subset] == value:
                    gain = gains[day][move, subset]
                    site, halves = next(
                        (site, option.halves)
                        for (site, c), option in options[day].items()
                        if c == count
                        and self.far[site] == bool(is_far)
                        and self.inside[site][subset]
                        and option.points == gain
                    )
                    found += [(half, site) for half in halves]
                    worked, far = n, f
                    break
        return tuple(sorted(found))
