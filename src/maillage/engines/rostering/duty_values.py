"""Duties and the people who may hold them, with dates and clocks: what rosters are made from.

Days are local days of Paris, periods are half-open, instants are aware datetimes. Nothing here is
counted yet: :func:`~maillage.engines.rostering.duties.make_problem` does it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from maillage.engines.rostering.regulations import Regulations
from maillage.vocabulary.calendar import paris_instant, public_holidays, to_paris

SATURDAY, SUNDAY, HOLIDAY = 5, 6, 7
"""Kinds of day beside Monday to Friday (0 to 4): a public holiday is one, whatever its weekday."""

ONE_DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


class DutyKind(StrEnum):
    """How a line is held."""

    GARDE = "garde"
    """On site, awake: every minute is work."""
    HALF_NIGHT = "half_night"
    """On site for half of a night: work, like a garde."""
    ASTREINTE = "astreinte"
    """At home, within reach: only call-outs are work."""

    @property
    def is_on_site(self) -> bool:
        """True for duties that are work from end to end."""
        return self is not DutyKind.ASTREINTE


class OffKind(StrEnum):
    """Why somebody is away; the value is the code of the rule in explanations."""

    LEAVE = "leave"
    TRAINING = "training"
    SICK = "sick"
    MATERNITY = "maternity"
    OTHER = "other_absence"
    AGREEMENT = "agreement_ended"
    """The agreement that lets this person hold these lines is not in force."""

    @property
    def is_negotiable(self) -> bool:
        """True when somebody could ask for it to be moved."""
        return self in (OffKind.LEAVE, OffKind.TRAINING)

    @property
    def lowers_share(self) -> bool:
        """True when the fair share of duties counts no presence on these days. Everybody takes
        leave and training: those do not."""
        return not self.is_negotiable


class ExemptionReason(StrEnum):
    """Why somebody holds no night, or nothing at all."""

    AGE = "exemption_age"
    PREGNANCY = "exemption_pregnancy"
    THERAPEUTIC = "exemption_therapeutic"


class WishKind(StrEnum):
    """What somebody asks about some days."""

    WANTED = "wanted"
    AVOIDED = "avoided"
    REFUSED = "refusal"


class Half(StrEnum):
    """Half of the day service."""

    MORNING = "morning"
    AFTERNOON = "afternoon"


@dataclass(frozen=True, slots=True)
class DutyHours:
    """The hours of a line on some kinds of day: from ``starts`` to the next ``ends`` of the clock
    (the same clock is a whole day). ``days``: weekdays from 0, 7 for public holidays."""

    days: frozenset[int]
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class DutyLineSpec:
    """One line to hold.

    ``sites``: the site that receives, or several that take turns, ``turn_days`` each from
    ``turns_from``. ``skills``: all needed. ``response_minutes``: an astreinte must be on site
    within them. ``callout_minutes``: mean working minutes of one astreinte, travel included.
    ``weight``: points for a duty that nobody holds.
    """

    id: str
    kind: DutyKind
    sites: tuple[str, ...] = ()
    hours: tuple[DutyHours, ...] = ()
    skills: frozenset[str] = frozenset()
    response_minutes: int = 30
    callout_minutes: int = 0
    turn_days: int = 7
    turns_from: date = date(2001, 1, 1)  # a Monday
    weight: int = 1

    def site_on(self, day: date) -> str:
        """The receiving site of a duty that starts on that day; empty when none is known."""
        if not self.sites:
            return ""
        return self.sites[(day - self.turns_from).days // self.turn_days % len(self.sites)]


@dataclass(frozen=True, slots=True)
class DutyToHold:
    """One duty of a line, and what holding it counts for. ``minutes`` are working minutes;
    ``daytime``: half of a morning or of an afternoon is in it, ``night``: part of a night."""

    id: str
    line: str
    starts: datetime
    ends: datetime
    site: str = ""
    daytime: bool = False
    night: bool = False
    weekend: bool = False
    holiday: bool = False
    half_days: int = 0
    minutes: int = 0

    @property
    def day(self) -> date:
        """The local day on which it starts."""
        return to_paris(self.starts).date()

    @property
    def lasts(self) -> int:
        """Minutes from start to end, as they pass."""
        return (self.ends - self.starts) // MINUTE


@dataclass(frozen=True, slots=True)
class Session:
    """A half-day of day work in the weekly grid. ``fixed``: it can neither be moved nor given back
    for the rest after a garde. ``week``: 0 on even weeks only, 1 on odd ones (:func:`parity_of`).
    Held on ``starts <= day < ends``; None is no bound."""

    weekday: int
    half: Half
    site: str = ""
    fixed: bool = False
    week: int | None = None
    starts: date | None = None
    ends: date | None = None

    def recurs_on(self, day: date) -> bool:
        """True when the half-day is in the grid of that day."""
        return (
            day.weekday() == self.weekday
            and self.week in (None, parity_of(day))
            and (self.starts is None or self.starts <= day)
            and (self.ends is None or day < self.ends)
        )


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Days away, ``starts <= day < ends``; of some lines only when ``lines`` is not empty."""

    starts: date
    ends: date
    kind: OffKind = OffKind.LEAVE
    lines: frozenset[str] = frozenset()

    def lowers_share_of(self, duty: DutyToHold) -> bool:
        """True when the fair share of this duty leaves this person out."""
        return (
            self.kind.lowers_share
            and self.starts <= duty.day < self.ends
            and (not self.lines or duty.line in self.lines)
        )


@dataclass(frozen=True, slots=True)
class Exemption:
    """Nights that somebody does not hold (every duty when the reason is therapeutic), from
    ``starts`` until before ``ends``. ``astreintes``: those by night as well as gardes."""

    reason: ExemptionReason
    starts: date = date.min
    ends: date = date.max
    astreintes: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks about the duties that start on ``starts <= day < ends``."""

    starts: date
    ends: date
    kind: WishKind
    lines: frozenset[str] = frozenset()

    def speaks_of(self, duty: DutyToHold) -> bool:
        """True for the duties of these days, and of these lines when there are any."""
        return self.starts <= duty.day < self.ends and (not self.lines or duty.line in self.lines)


@dataclass(frozen=True, slots=True)
class Doctor:
    """Somebody who may hold duties.

    ``half_days``: weekly service, 10 is full time. ``lines``: those they take part in (and whose
    skills they have). ``sites``: where they may hold duties; empty, everywhere. ``arrives``,
    ``leaves``: first day, and first day away for good. ``carried``: by counter, hundredths held
    above (below when negative) the fair share before the roster. ``held``: duties held before the
    roster, for rests and rolling limits. ``elsewhere``: duties held before, during or after
    the roster that it does not plan and that ``worked_minutes`` does not hold: they are work, for
    the mean of hours and for the weekly rest, and duties for rolling limits; one that is in
    ``held`` too counts once, by its id. ``worked_minutes``, ``worked_half_days``: net of
    what was given back, in the duties held since the four months began. ``extra_half_days``:
    additional time agreed by contract for four months; None, none is counted. ``volunteer``: holds
    more than the norms of participation. ``academic``: hospital and university staff, whose norms
    differ. ``agreed``: by line, the duties of it in 28 days that were agreed with the person, at
    most; those of other lines do not count there.
    """

    id: str
    half_days: int = 10
    lines: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    sessions: tuple[Session, ...] = ()
    off: tuple[DaysOff, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    wishes: tuple[Wish, ...] = ()
    arrives: date | None = None
    leaves: date | None = None
    carried: Mapping[str, int] = field(default_factory=dict)
    held: tuple[DutyToHold, ...] = ()
    elsewhere: tuple[DutyToHold, ...] = ()
    pinned: frozenset[str] = frozenset()
    worked_minutes: int = 0
    worked_half_days: int = 0
    extra_half_days: int | None = None
    volunteer: bool = False
    academic: bool = False
    agreed: Mapping[str, int] = field(default_factory=dict)

    def is_here(self, day: date) -> bool:
        """True between arrival and departure, absences aside."""
        return (self.arrives is None or self.arrives <= day) and (
            self.leaves is None or day < self.leaves
        )

    def may_hold(self, line: DutyLineSpec) -> bool:
        """True when they take part in the line and have its skills."""
        return line.id in self.lines and line.skills <= self.skills


def parity_of(day: date) -> int:
    """0 when the week of a day is even, 1 when it is odd, by its number in the ISO calendar, as
    hospitals count. A year of 53 weeks (2026) is followed by week 1: two odd weeks in a row."""
    return day.isocalendar().week % 2


def kind_of_day(day: date) -> int:
    """The weekday from 0, or HOLIDAY on a public holiday."""
    return HOLIDAY if day in public_holidays(day.year) else day.weekday()


def usual_hours(regulations: Regulations, *, whole_days: bool = False) -> tuple[DutyHours, ...]:
    """Nights, Saturday afternoons, Sundays and public holidays, at the clocks of the regulations.

    Two duties on Saturdays, Sundays and holidays (day, night), or one with ``whole_days``, as
    astreintes are often held.
    """
    day, midday = regulations.clock("period.day_starts"), regulations.clock("period.midday")
    night = regulations.clock("period.night_starts")
    weekdays, rest = frozenset(range(5)), frozenset((SUNDAY, HOLIDAY))
    if whole_days:
        return (
            DutyHours(weekdays, night, day),
            DutyHours(frozenset((SATURDAY,)), midday, day),
            DutyHours(rest, day, day),
        )
    return (
        DutyHours(weekdays | rest | {SATURDAY}, night, day),
        DutyHours(frozenset((SATURDAY,)), midday, night),
        DutyHours(rest, day, night),
    )


def list_duties(
    line: DutyLineSpec, starts: date, ends: date, regulations: Regulations
) -> tuple[DutyToHold, ...]:
    """The duties of a line that start on ``starts <= day < ends``, in order of time."""
    found = []
    day = starts
    while day < ends:
        kind = kind_of_day(day)
        for hours in line.hours:
            if kind in hours.days:
                last = day if hours.ends > hours.starts else day + ONE_DAY
                found.append(
                    measure_duty(
                        line,
                        paris_instant(day, hours.starts),
                        paris_instant(last, hours.ends),
                        regulations,
                    )
                )
        day += ONE_DAY
    return tuple(sorted(found, key=lambda duty: duty.starts))


def measure_duty(
    line: DutyLineSpec,
    starts: datetime,
    ends: datetime,
    regulations: Regulations,
    *,
    site: str | None = None,
    id: str = "",
) -> DutyToHold:
    """A duty with what it counts for.

    A night is two half-days (work.night_half_days), a morning or an afternoon one; less than half
    of one counts nothing. An astreinte counts no half-day, and the mean of its call-outs.
    Raises ValueError when it does not end after it starts.
    """
    if ends <= starts:
        raise ValueError("a duty ends after it starts")
    local = to_paris(starts)
    by_day, by_night = _half_days(starts, ends, regulations)
    lasts = (ends - starts) // MINUTE
    on_site = line.kind.is_on_site
    return DutyToHold(
        id=id or f"{line.id}:{local:%Y-%m-%dT%H:%M}",
        line=line.id,
        starts=starts,
        ends=ends,
        site=line.site_on(local.date()) if site is None else site,
        daytime=by_day > 0,
        night=by_night > 0,
        weekend=local.weekday() in (SATURDAY, SUNDAY),
        holiday=local.date() in public_holidays(local.year),
        half_days=by_day + by_night if on_site else 0,
        minutes=lasts if on_site else min(lasts, line.callout_minutes),
    )


def service_times(day: date, half: Half, regulations: Regulations) -> tuple[datetime, datetime]:
    """Start and end of a half-day of day service."""
    midday = regulations.clock("period.midday")
    if half is Half.MORNING:
        return _instants(day, regulations.clock("period.day_starts"), midday)
    return _instants(day, midday, regulations.clock("period.night_starts"))


@lru_cache(maxsize=8192)
def _instants(day: date, first: time, last: time) -> tuple[datetime, datetime]:
    return paris_instant(day, first), paris_instant(day, last)


def _half_days(starts: datetime, ends: datetime, regulations: Regulations) -> tuple[int, int]:
    """Half-days between two instants: those of day service, and those that nights count for."""
    total, night_part = 0, 0
    per_night = regulations.whole("work.night_half_days")
    day = to_paris(starts).date() - ONE_DAY
    while paris_instant(day, time(0)) < ends:
        for half in Half:
            first, last = service_times(day, half, regulations)
            total += 2 * _common(starts, ends, first, last) >= (last - first) // MINUTE
        first = paris_instant(day, regulations.clock("period.night_starts"))
        last = paris_instant(day + ONE_DAY, regulations.clock("period.day_starts"))
        lasts = (last - first) // MINUTE
        held = _common(starts, ends, first, last)
        night_part += (2 * per_night * held + lasts) // (2 * lasts)
        day += ONE_DAY
    return total, night_part


def _common(starts: datetime, ends: datetime, first: datetime, last: datetime) -> int:
    return max(0, (min(ends, last) - max(starts, first)) // MINUTE)


def long_periods(
    lines: Sequence[DutyLineSpec], regulations: Regulations
) -> Iterator[tuple[str, DutyHours]]:
    """Hours of lines that no lawful periods make up: longer, by the clock, than one period of day
    and one of night, or than one period when they hold no more than one (period.most_hours)."""
    most = regulations.minutes("period.most_hours")
    day, night = regulations.clock("period.day_starts"), regulations.clock("period.night_starts")
    for line in lines:
        for hours in line.hours:
            first = hours.starts.hour * 60 + hours.starts.minute
            lasts = (hours.ends.hour * 60 + hours.ends.minute - first) % 1440 or 1440
            crosses = [clock for clock in (day, night) if _is_inside(clock, first, lasts)]
            if lasts > most * (1 + bool(crosses)) or lasts > 1440:
                yield line.id, hours


def _is_inside(clock: time, first: int, lasts: int) -> bool:
    return 0 < (clock.hour * 60 + clock.minute - first) % 1440 < lasts
