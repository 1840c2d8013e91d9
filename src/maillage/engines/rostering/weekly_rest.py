"""Weekly rest: which duties, held together, would leave no long rest in a week.

In every week from Monday to Sunday, some rest of 24 hours or more begins (``rest.weekly_hours``),
or one that began before goes on for as long. Work is gardes and day work; an astreinte is none.

The rule is written as limits. For each week, the smallest sets of duties that leave no such rest
are found; of each set, one duty at least is left. A set of one is a duty that nobody with this day
work may hold. Half-days that a duty of the set gives back are rest; what another duty gives back
pays for none of these, as in the mean of hours. A week whose rest is missing already, by day work
and duties held before, is not the roster's doing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from maillage.engines.rostering.day_work import DayWork, rest_after
from maillage.engines.rostering.duty_values import MINUTE, ONE_DAY, DutyLineSpec, DutyToHold
from maillage.engines.rostering.problem import Limit
from maillage.engines.rostering.regulations import Regulations
from maillage.vocabulary.calendar import paris_instant

WEEK = 7 * ONE_DAY

LARGEST_SET = 4
"""Larger sets of gardes in one week are not looked for: no person holds as many."""


@dataclass(frozen=True, slots=True)
class Work:
    """One stretch of work, in minutes of the week. ``rest``: minutes that must follow a duty.
    ``gives_back``: the day work (by rank in that of the week) that is not done when it is held."""

    starts: int
    ends: int
    rest: int = 0
    gives_back: frozenset[int] = frozenset()


def weekly_rest_limits(
    person: str,
    work: DayWork,
    own: Sequence[DutyToHold],
    held: Sequence[DutyToHold],
    lines: Mapping[str, DutyLineSpec],
    travel: Mapping[tuple[str, str], int],
    regulations: Regulations,
    *,
    starts: date,
    ends: date,
) -> Iterator[tuple[Limit, tuple[str, ...]]]:
    """One limit for each set of duties of the roster ``starts <= day < ends`` that leaves a week
    without rest, and the duties that it counts. ``own``: those that the person may hold, ``held``:
    those that they hold whatever is decided here."""
    least = regulations.minutes("rest.weekly_hours")
    gardes = [d for d in own if lines[d.line].kind.is_on_site]
    before = [d for d in held if d.line in lines and lines[d.line].kind.is_on_site]
    if not least or not gardes:
        return
    first_starts = [duty.starts for duty in gardes]
    monday = starts - timedelta(days=starts.weekday()) - WEEK
    while monday < ends:
        begins, over = paris_instant(monday, time(0)), paris_instant(monday + WEEK, time(0))
        until = over + least * MINUTE
        here = gardes[
            bisect_left(first_starts, begins - 2 * ONE_DAY) : bisect_left(first_starts, until)
        ]
        if here:
            week = _Week(begins, until, work, travel, regulations)
            sets = killing_sets(
                week.day_work,
                tuple(dict.fromkeys(week.of(duty) for duty in before if week.meets(duty))),
                tuple(dict.fromkeys(week.of(duty) for duty in here if week.meets(duty))),
                int((over - begins) // MINUTE),
                least,
            )
            for number, together in enumerate(sets):
                counted = tuple(d.id for d in here if week.meets(d) and week.of(d) in together)
                days = [(d.day - starts).days for d in here if d.id in counted]
                yield (
                    Limit(
                        counter=f"rest:{person}:{monday}:{number}",
                        rule="weekly_rest",
                        first_day=min(days),
                        last_day=max(days) + 1,
                        maximum=len(together) - 1,
                    ),
                    counted,
                )
        monday += WEEK


class _Week:
    """A week of one person, in minutes from its start."""

    def __init__(
        self,
        begins: datetime,
        until: datetime,
        work: DayWork,
        travel: Mapping[tuple[str, str], int],
        regulations: Regulations,
    ) -> None:
        self.begins, self.until = begins, until
        self.work, self.travel, self.regulations = work, travel, regulations
        self.halves = tuple(work.between(begins, until))
        self.day_work = tuple(Work(self.minute(h.starts), self.minute(h.ends)) for h in self.halves)
        self._rank = {half: rank for rank, half in enumerate(self.halves)}
        self._of: dict[str, Work] = {}

    def minute(self, moment: datetime) -> int:
        return (moment - self.begins) // MINUTE

    def meets(self, duty: DutyToHold) -> bool:
        """True when a garde, or what it gives back, is in reach of the week."""
        return duty.starts < self.until and duty.ends > self.begins - 2 * ONE_DAY

    def of(self, duty: DutyToHold) -> Work:
        """A garde as work of this week."""
        if duty.id not in self._of:
            released = self.work.given_back(duty, self.travel)
            self._of[duty.id] = Work(
                self.minute(duty.starts),
                self.minute(duty.ends),
                rest_after(duty, self.regulations),
                frozenset(self._rank[half] for half in released if half in self._rank),
            )
        return self._of[duty.id]


@lru_cache(maxsize=4096)
def killing_sets(
    day_work: tuple[Work, ...],
    held: tuple[Work, ...],
    duties: tuple[Work, ...],
    week: int,
    least: int,
) -> tuple[frozenset[Work], ...]:
    """The smallest sets of duties with which no rest of ``least`` minutes is left in a week that
    lasts ``week`` minutes; none when there is no rest without any of them.

    Sets that the rest after a garde forbids are not among them. People whose weeks are alike are
    answered once.
    """
    if _first_rest(day_work, held, week, least) is None:
        return ()
    found: list[frozenset[Work]] = []
    wave = [frozenset[Work]()]
    while wave:
        larger: dict[frozenset[Work], None] = {}
        for chosen in wave:
            rest = _first_rest(day_work, (*held, *chosen), week, least)
            if rest is None:
                found.append(chosen)
            elif len(chosen) < LARGEST_SET:
                for duty in duties:
                    inside = duty.starts < rest + least and duty.ends > rest
                    if inside and _may_join(duty, (*held, *chosen)):
                        larger[chosen | {duty}] = None
        wave = [those for those in larger if not any(one <= those for one in found)]
    return tuple(found)


def _may_join(duty: Work, others: Sequence[Work]) -> bool:
    return all(
        duty.starts >= one.ends + one.rest or one.starts >= duty.ends + duty.rest for one in others
    )


def _first_rest(
    day_work: Sequence[Work], duties: Sequence[Work], week: int, least: int
) -> int | None:
    """The minute of the week from which the first long rest runs; None when there is none."""
    back = frozenset[int]().union(*(duty.gives_back for duty in duties))
    done = [half for rank, half in enumerate(day_work) if rank not in back]
    free = 0
    for one in sorted((*done, *duties), key=lambda work: work.starts):
        if one.starts >= free + least:
            break
        free = max(free, one.ends)
    return free if free < week else None
