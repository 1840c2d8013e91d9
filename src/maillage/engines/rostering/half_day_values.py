"""Half-days of scarce practitioners over sites: what is asked, and what is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CYCLE = 20
"""Half-days of a two-week cycle, Monday to Friday: morning then afternoon of each day. Half-day h
is in week h // 10, on weekday h % 10 // 2, in the morning when h is even."""

A_WEEK = 10


@dataclass(frozen=True, slots=True)
class SharedPractitioner:
    """Somebody whose half-days are to be placed.

    ``home``: the main site, whose hospital employs them. ``capacity``: half-days of one cycle.
    ``sites``: where they accept to work, home included. ``fixed``: half-days that stay, with their
    site. ``refused``: half-days on which they work nowhere (duties, teaching, part time).
    ``stays``: points for a half-day on a site where they are already, so that as few move as may.
    """

    id: str
    home: str
    capacity: int
    sites: frozenset[str]
    fixed: Mapping[int, str] = field(default_factory=dict)
    refused: frozenset[int] = frozenset()
    stays: Mapping[tuple[int, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SiteNeed:
    """What a site asks for one half-day.

    ``values``: points for the first practitioner, the second ... each at most the one before (the
    more there are, the less one more brings). ``rooms``: practitioners that it can hold.
    """

    site: str
    half_day: int
    values: tuple[int, ...]
    rooms: int


@dataclass(frozen=True, slots=True)
class HalfDayDemand:
    """Everything that an allocation depends on.

    ``travel``: minutes from a home to a site, one way. ``km``: by the shortest road, for the bonus;
    pairs that are not there are taken as no minute and no kilometre; both ways are the same.
    ``half_days``: of the cycle, an even number. ``half_day_minutes``: what hospitals owe each other
    for one. Points: ``euro_cost`` for a euro of bonus a month, ``minute_cost`` for a minute on the
    road. ``bonus``: gross euros a month by half-days of the cycle away from home, on one other site
    (first) and on several (second). ``bonus_km``: least distance that counts. ``totals``: points of
    a site by half-days of the cycle, whichever they are (the first, the second ...), each at most
    the one before; none beyond.
    """

    practitioners: tuple[SharedPractitioner, ...]
    needs: tuple[SiteNeed, ...]
    travel: Mapping[tuple[str, str], int]
    km: Mapping[tuple[str, str], int]
    bonus: tuple[tuple[int, int], ...]
    bonus_km: int
    most_sites: int
    euro_cost: int
    minute_cost: int
    half_day_minutes: int
    half_days: int = CYCLE
    totals: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def minutes_between(self, home: str, site: str) -> int:
        """Minutes one way."""
        return _either_way(self.travel, home, site)

    def is_far(self, home: str, site: str) -> bool:
        """True when half-days there count for the bonus."""
        return home != site and _either_way(self.km, home, site) >= self.bonus_km


def _either_way(table: Mapping[tuple[str, str], int], a: str, b: str) -> int:
    return table.get((a, b), table.get((b, a), 0))


@dataclass(frozen=True, slots=True)
class Allocation:
    """Who is where, and how good that is proven to be.

    ``placed``: (practitioner, half-day, site). ``points``: value less costs; ``bound``: no
    allocation has more; ``gap``: what is left between them, as a part of ``points``. ``value``:
    points by site, costs out. ``unmet``: practitioners missing, by site and half-day, where one
    more would have had a value. ``bonus``: euros a month by practitioner. ``travel_minutes``: over
    one cycle. ``owed``: minutes that the hospital of a first site owes to the hospital of a second,
    over one cycle, for its practitioners, net.
    """

    placed: frozenset[tuple[str, int, str]]
    points: int
    bound: float
    gap: float
    value: Mapping[str, int]
    unmet: Mapping[tuple[str, int], int]
    bonus: Mapping[str, int]
    travel_minutes: int
    owed: Mapping[tuple[str, str], int]
    seconds: float = 0.0
