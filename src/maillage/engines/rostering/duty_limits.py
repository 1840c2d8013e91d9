"""The limits of one person over the days of a roster: rolling ones, and those of four months.

Two counters run side by side (instruction of 30 December 2025): half-days, which service is made
of, and minutes, which may not exceed 48 hours a week on average over four months. Both are net of
the day work that gardes give back.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import accumulate

from maillage.engines.rostering.day_work import DayWork, days_away
from maillage.engines.rostering.duty_values import (
    HOLIDAY,
    SUNDAY,
    Doctor,
    DutyKind,
    DutyLineSpec,
    DutyToHold,
    kind_of_day,
)
from maillage.engines.rostering.problem import Limit
from maillage.engines.rostering.regulations import Regulations, Scope


@dataclass(frozen=True, slots=True)
class RollingRule:
    """A limit on every run of ``days`` days. ``by_consent``: a volunteer holds more."""

    code: str
    counter: str
    days: int
    key: str
    kinds: frozenset[DutyKind]
    by_consent: bool = False
    academic: bool | None = None


AGREED = "agreed_in_28_days"
"""Code of a limit: the duties of one line that somebody agreed to hold at most."""
AGREED_DAYS = 28

_ON_SITE = frozenset((DutyKind.GARDE, DutyKind.HALF_NIGHT))
_HOME = frozenset((DutyKind.ASTREINTE,))

ROLLING_RULES = (
    RollingRule("gardes_per_28_days", "gardes", 28, "local.gardes_per_28_days", _ON_SITE),
    RollingRule(
        "weekends_per_28_days",
        "weekends",
        28,
        "local.weekend_duties_per_28_days",
        _ON_SITE | _HOME,
    ),
    RollingRule(
        "astreinte_nights_per_week",
        "astreinte_nights",
        7,
        "participation.astreinte_nights_per_week",
        _HOME,
        by_consent=True,
    ),
    RollingRule(
        "astreinte_sundays_per_month",
        "astreinte_sundays",
        28,
        "participation.astreinte_sundays_per_month",
        _HOME,
        by_consent=True,
    ),
    RollingRule(
        "academic_nights_per_week",
        "garde_nights",
        7,
        "participation.academic_nights_per_week",
        _ON_SITE,
        by_consent=True,
        academic=True,
    ),
    RollingRule(
        "academic_sundays_per_month",
        "garde_sundays",
        28,
        "participation.academic_sundays_per_month",
        _ON_SITE,
        by_consent=True,
        academic=True,
    ),
)


def counts_of(duty: DutyToHold, line: DutyLineSpec) -> dict[str, int]:
    """What holding a duty adds to the counters that everybody has; those at zero are left out."""
    on_site = line.kind.is_on_site
    sunday = duty.daytime and kind_of_day(duty.day) in (SUNDAY, HOLIDAY)
    found = {
        "duties": 1,
        "gardes": on_site,
        "astreintes": not on_site,
        "nights": duty.night,
        "weekends": duty.weekend,
        "holidays": duty.holiday,
        "garde_nights": on_site and duty.night,
        "garde_sundays": on_site and sunday,
        "astreinte_nights": not on_site and duty.night,
        "astreinte_sundays": not on_site and sunday,
        "half_days": duty.half_days,
        "minutes": duty.minutes,
    }
    return {counter: int(value) for counter, value in found.items() if value}


def agreed_counter(line: str) -> str:
    """The counter of the duties of one line, on which somebody agreed on a number."""
    return f"line:{line}"


def rolling_limits(
    doctor: Doctor,
    own: Sequence[DutyToHold],
    lines: Mapping[str, DutyLineSpec],
    starts: date,
    days: int,
    regulations: Regulations,
) -> Iterator[Limit]:
    """Limits on runs of days, and what duties held before the roster, or that it does not plan,
    already take of them. ``own``: the duties of the roster that the person may hold."""
    outside = {duty.id: duty for duty in (*doctor.held, *doctor.elsewhere)}.values()
    taken = _Counted(outside, lines, starts)
    reach = _Counted(own, lines, starts)
    for limit in _on_runs(doctor, lines, days, regulations):
        yield replace(limit, rolling=min(limit.rolling or days, days))
        if limit.maximum:  # at zero, the limit itself forbids all
            yield from _beside(limit, taken.sums(limit.counter), reach, days)


def _on_runs(
    doctor: Doctor, lines: Mapping[str, DutyLineSpec], days: int, regulations: Regulations
) -> Iterator[Limit]:
    """The limits of a person on runs of days, which may be longer than the roster."""
    kinds = {lines[line].kind for line in doctor.lines if line in lines}
    for rule in ROLLING_RULES:
        if rule.kinds & kinds and rule.academic in (None, doctor.academic):
            if rule.by_consent and doctor.volunteer:
                continue
            local = regulations[rule.key].scope is Scope.LOCAL
            yield Limit(
                counter=rule.counter,
                rule=rule.code,
                first_day=0,
                last_day=days,
                maximum=regulations.whole(rule.key),
                rolling=rule.days,
                negotiable=local or rule.by_consent,
            )
    spacing = regulations.whole("local.garde_spacing_days")
    if _ON_SITE & kinds and spacing > 1:
        yield Limit(
            counter="gardes",
            rule="garde_spacing",
            first_day=0,
            last_day=days,
            maximum=1,
            rolling=spacing,
            negotiable=True,
        )
    for line, most in sorted(doctor.agreed.items()):
        if line in doctor.lines and line in lines:
            yield Limit(
                counter=agreed_counter(line),
                rule=AGREED,
                first_day=0,
                last_day=days,
                maximum=most,
                rolling=AGREED_DAYS,
                negotiable=True,
            )


class _Counted:
    """What some duties count for, by day of the roster (before it, below zero)."""

    def __init__(
        self, duties: Iterable[DutyToHold], lines: Mapping[str, DutyLineSpec], starts: date
    ) -> None:
        self._duties, self._lines, self._starts = duties, lines, starts

    @cached_property
    def _by_day(self) -> list[tuple[int, dict[str, int]]]:
        return [
            (
                (duty.day - self._starts).days,
                {**counts_of(duty, line), agreed_counter(duty.line): 1},
            )
            for duty in self._duties
            if (line := self._lines.get(duty.line)) is not None
        ]

    def sums(self, counter: str) -> _Sums:
        """The totals of one counter over runs of days."""
        found: dict[int, int] = defaultdict(int)
        for day, counts in self._by_day:
            if value := counts.get(counter, 0):
                found[day] += value
        return _Sums(found)


class _Sums:
    """Totals over runs of days of whole numbers by day."""

    def __init__(self, by_day: Mapping[int, int]) -> None:
        self._days = sorted(by_day)
        self._sums = [0, *accumulate(by_day[day] for day in self._days)]

    def __bool__(self) -> bool:
        return bool(self._days)

    def over(self, first: int, last: int) -> int:
        """The total of ``first <= day < last``."""
        ends = bisect_left(self._days, last)
        return self._sums[ends] - self._sums[bisect_left(self._days, first)]


def _beside(limit: Limit, taken: _Sums, reach: _Counted, days: int) -> Iterator[Limit]:
    """One limit for each run of days that holds duties ``taken`` outside of the roster.

    Left out: a run that another one says, having the same days of the roster and more of them and
    no fewer duties taken; and one whose maximum the duties in reach cannot pass.
    """
    if not taken:
        return
    could = reach.sums(limit.counter)
    most = limit.maximum or 0
    for (first, last), carried in sorted(_runs(taken, limit.rolling or days, days, most).items()):
        # What others decided cannot be broken again: nothing may be added, that is all.
        maximum = max(most, carried)
        if carried and carried + could.over(first, last) > maximum:
            yield replace(
                limit,
                first_day=first,
                last_day=last,
                maximum=maximum,
                rolling=None,
                carried=carried,
            )


def _runs(taken: _Sums, length: int, days: int, most: int) -> dict[tuple[int, int], int]:
    """The runs of so many days that meet the roster, as its days ``first <= day < last`` that each
    covers, with what is taken of it. A run that sticks out of the roster is told when it leaves
    less of ``most`` than those that cover the same days and more."""
    # From the one to the other, runs are inside the roster, or hold the whole of it.
    inner, outer = sorted((0, days - length))
    found: dict[tuple[int, int], int] = {}
    for start in range(inner, outer + 1):
        window = (max(0, start), min(days, start + length))
        found[window] = max(found.get(window, 0), taken.over(start, start + length))
    for starts, edge in (
        (range(inner - 1, -length, -1), (0, min(length, days))),
        (range(outer + 1, days), (max(0, days - length), days)),
    ):
        told = found[edge]
        for start in starts:
            total = taken.over(start, start + length)
            if total > told and told < most:
                found[max(0, start), min(days, start + length)] = told = total
    return found


def four_months(day: date, regulations: Regulations) -> tuple[date, date]:
    """The period of reference that a day is in (January to April, May to August ...), half-open."""
    months = regulations.whole("work.reference_months")
    first = (day.month - 1) // months * months + 1
    year, month = divmod(day.year * 12 + first - 1 + months, 12)
    return date(day.year, first, 1), date(year, month + 1, 1)


def periods_of_reference(
    starts: date, ends: date, regulations: Regulations
) -> Iterator[tuple[date, date]]:
    """Every period of reference that meets a half-open period of days."""
    day = starts
    while day < ends:
        first, last = four_months(day, regulations)
        yield first, last
        day = last


@dataclass(frozen=True, slots=True)
class NetWork:
    """What a duty adds to the work of somebody, less the day work that it gives back. Never below
    zero: what one garde gives back pays for no other."""

    day: date
    minutes: int
    half_days: int

    @classmethod
    def of(cls, duty: DutyToHold, released: int, regulations: Regulations) -> NetWork:
        """``released``: half-days that the duty gives back."""
        back = released * regulations.minutes("work.half_day_minutes")
        return cls(duty.day, max(0, duty.minutes - back), max(0, duty.half_days - released))


def work_limits(
    doctor: Doctor,
    work: DayWork,
    elsewhere: Sequence[NetWork],
    starts: date,
    days: int,
    regulations: Regulations,
) -> Iterator[Limit]:
    """48 hours a week on average, and the additional time of the contract, over four months.

    Day work of the whole period is taken out first, days away are neutral. Duties ``elsewhere`` are
    carried. The counters are
    ``work:<person>`` (minutes) and ``service:<person>`` (half-days), net of what is given back.
    """
    ends = starts + timedelta(days=days)
    for first, last in periods_of_reference(starts, ends, regulations):
        here = _days_here(doctor, first, last)
        halves = work.count(first, last)
        is_first = first <= starts
        window = (max(0, (first - starts).days), min(days, (last - starts).days))
        weekly = regulations.minutes("work.mean_weekly_hours")
        allowed = here * weekly // 7 - halves * regulations.minutes("work.half_day_minutes")
        others = [one for one in elsewhere if first <= one.day < last]
        carried = sum(one.minutes for one in others)
        carried += doctor.worked_minutes if is_first else 0
        yield Limit(
            counter=f"work:{doctor.id}",
            rule="mean_weekly_hours",
            first_day=window[0],
            last_day=window[1],
            maximum=max(allowed, carried, 0),
            carried=carried,
        )
        if doctor.extra_half_days is not None:
            carried = sum(one.half_days for one in others)
            carried += doctor.worked_half_days if is_first else 0
            allowed = -(-here * doctor.half_days // 7) - halves + doctor.extra_half_days
            yield Limit(
                counter=f"service:{doctor.id}",
                rule="extra_time",
                first_day=window[0],
                last_day=window[1],
                maximum=max(allowed, carried, 0),
                carried=carried,
                negotiable=True,
            )


def _days_here(doctor: Doctor, starts: date, ends: date) -> int:
    """Calendar days of presence, weekends included, days away out."""
    first = max(starts, doctor.arrives or starts)
    last = min(ends, doctor.leaves or ends)
    if last <= first:
        return 0
    return (last - first).days - len(days_away(doctor.off, first, last))


def binding(limits: Sequence[Limit], most: Mapping[str, int]) -> tuple[Limit, ...]:
    """The limits that somebody could reach, given the most that they could hold of counters."""
    return tuple(
        limit
        for limit in limits
        if limit.minimum is not None
        or limit.maximum is None
        or limit.counter not in most
        or limit.carried + most[limit.counter] > limit.maximum
    )
