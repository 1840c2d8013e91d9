"""Day work beside duties: which duties a weekly grid forbids, and what a garde gives back.

The morning after a garde is rest: half-days that may be given back are, and their minutes and
half-days leave the counters. Half-days that are fixed (a list of consultations in another hospital)
stay, and forbid the garde before. Between two sites, travel takes its time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from maillage.engines.rostering.duty_values import (
    MINUTE,
    ONE_DAY,
    DaysOff,
    Doctor,
    DutyLineSpec,
    DutyToHold,
    service_times,
)
from maillage.engines.rostering.regulations import Regulations
from maillage.vocabulary.calendar import paris_instant, public_holidays

CLOSE_MINUTES = 60
"""Work that starts again within as many minutes goes on: a lunch is no rest."""

LONGEST_REST = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class WorkedHalf:
    """One half-day of day work, on its day."""

    starts: datetime
    ends: datetime
    site: str
    fixed: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What a duty does to the day work of one person.

    ``conflicts``: rules that forbid it, and whether the half-day behind could be moved.
    ``released``: half-days that are given back.
    """

    conflicts: tuple[tuple[str, bool], ...] = ()
    released: int = 0


class DayWork:
    """The day work of one person between two days, absences and public holidays out."""

    def __init__(self, doctor: Doctor, starts: date, ends: date, regulations: Regulations) -> None:
        self.regulations = regulations
        self.halves = _worked_halves(doctor, starts, ends, regulations)
        self._starts = [half.starts for half in self.halves]

    def between(self, starts: datetime, ends: datetime) -> Sequence[WorkedHalf]:
        """Half-days that meet a period, in order."""
        first = bisect_left(self._starts, starts)
        while first and self.halves[first - 1].ends > starts:
            first -= 1
        return self.halves[first : bisect_left(self._starts, ends)]

    def count(self, starts: date, ends: date) -> int:
        """Half-days that start on ``starts <= day < ends``."""
        first, last = (paris_instant(day, time(0)) for day in (starts, ends))
        return bisect_left(self._starts, last) - bisect_left(self._starts, first)

    def effect(
        self, duty: DutyToHold, line: DutyLineSpec, travel: Mapping[tuple[str, str], int]
    ) -> Effect:
        """What holding a duty does to this day work."""
        if not self.halves:
            return Effect()
        if line.kind.is_on_site:
            return self._effect_on_site(duty, travel)
        return self._effect_at_home(duty, line, travel)

    def _effect_on_site(self, duty: DutyToHold, travel: Mapping[tuple[str, str], int]) -> Effect:
        conflicts: list[tuple[str, bool]] = []
        for half in self.between(duty.starts - LONGEST_REST, duty.starts):
            to_site = travel.get((half.site, duty.site), 0) * MINUTE
            if half.ends <= duty.starts < half.ends + to_site:
                conflicts.append(("travel_from_day_work", not half.fixed))
        released = 0
        for half in self._in_rest(duty, travel):
            if half.fixed:
                during = half.starts < duty.ends
                conflicts.append(("day_work" if during else "rest_before_day_work", False))
            else:
                released += 1
        if self._lasts_too_long(duty):
            conflicts.append(("continuous_work", True))
        return Effect(tuple(dict.fromkeys(conflicts)), released)

    def given_back(
        self, duty: DutyToHold, travel: Mapping[tuple[str, str], int]
    ) -> tuple[WorkedHalf, ...]:
        """Half-days that are not worked when a garde is held: those of its hours and its rest."""
        return tuple(half for half in self._in_rest(duty, travel) if not half.fixed)

    def _in_rest(
        self, duty: DutyToHold, travel: Mapping[tuple[str, str], int]
    ) -> Iterator[WorkedHalf]:
        """Half-days that meet a garde or the rest after it, the road to their site included."""
        rest_ends = duty.ends + rest_after(duty, self.regulations) * MINUTE
        for half in self.between(duty.starts, rest_ends + LONGEST_REST):
            back = travel.get((duty.site, half.site), 0) * MINUTE
            if half.starts < rest_ends + back:
                yield half

    def _effect_at_home(
        self, duty: DutyToHold, line: DutyLineSpec, travel: Mapping[tuple[str, str], int]
    ) -> Effect:
        """An astreinte leaves day work where it is, unless that is out of reach of its site."""
        conflicts: list[tuple[str, bool]] = []
        for half in self.between(duty.starts - LONGEST_REST, duty.ends + LONGEST_REST):
            to_site = travel.get((half.site, duty.site), 0)
            back = travel.get((duty.site, half.site), 0)
            if to_site <= line.response_minutes:
                continue
            if half.ends + to_site * MINUTE > duty.starts and half.starts < duty.ends:
                conflicts.append(("travel_from_day_work", not half.fixed))
            elif duty.ends <= half.starts < duty.ends + back * MINUTE:
                conflicts.append(("travel_to_day_work", not half.fixed))
        return Effect(tuple(dict.fromkeys(conflicts)))

    def _lasts_too_long(self, duty: DutyToHold) -> bool:
        """True when the day work that leads to a duty, and the duty, are longer than allowed."""
        since = duty.starts
        for half in reversed(self.between(duty.starts - LONGEST_REST, duty.starts)):
            if half.ends + CLOSE_MINUTES * MINUTE < since:
                break
            since = min(since, half.starts)
        most = self.regulations.minutes("work.continuous_hours")
        return (duty.ends - since) // MINUTE > most


def rest_after(duty: DutyToHold, regulations: Regulations) -> int:
    """Minutes of rest after a garde: the rest after a night, the daily rest; as long as the garde
    when it is too long to leave room for the daily rest within 24 hours."""
    least = max(
        regulations.minutes("rest.daily_hours"), regulations.minutes("rest.after_night_duty_hours")
    )
    return max(least, duty.lasts) if is_derogatory(duty.lasts, regulations) else least


def rest_after_callout(last_return: datetime, regulations: Regulations) -> datetime:
    """When somebody of astreinte may work again after coming back from the last call-out."""
    return last_return + regulations.minutes("rest.after_callout_hours") * MINUTE


def is_derogatory(lasts: int, regulations: Regulations) -> bool:
    """True for minutes of continuous work that leave no daily rest within 24 hours."""
    day = regulations.minutes("work.continuous_hours")
    return regulations.holds("rest.equal_after_long_work") and (
        lasts > day - regulations.minutes("rest.daily_hours")
    )


def _worked_halves(
    doctor: Doctor, starts: date, ends: date, regulations: Regulations
) -> tuple[WorkedHalf, ...]:
    if not doctor.sessions:
        return ()
    away = days_away(doctor.off, starts, ends)
    found: list[WorkedHalf] = []
    day = starts
    while day < ends:
        if day not in away and doctor.is_here(day) and day not in public_holidays(day.year):
            for session in doctor.sessions:
                if session.recurs_on(day):
                    first, last = service_times(day, session.half, regulations)
                    found.append(WorkedHalf(first, last, session.site, session.fixed))
        day += ONE_DAY
    return tuple(sorted(found, key=lambda half: half.starts))


def days_away(off: Iterable[DaysOff], starts: date, ends: date) -> frozenset[date]:
    """The days of a period on which somebody is away from everything."""
    found: set[date] = set()
    for one in off:
        if not one.lines:
            day = max(one.starts, starts)
            while day < min(one.ends, ends):
                found.add(day)
                day += ONE_DAY
    return frozenset(found)
