"""Opening hours: overlaps, whether a service is open, when that changes, and hours in words.

Windows are wall-clock time in Paris; the repeated hour of October counts in both passes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from maillage.directory.enums import ExceptionState, HolidayRule
from maillage.vocabulary.calendar import (
    WEEKDAYS,
    day_bounds,
    french_clock,
    french_day,
    paris_instant,
    public_holidays,
    to_paris,
)

DAY_MINUTES = 1440
NBSP = "\u00a0"
LOOK_AHEAD_DAYS = 35
"""How far the next change of a service is looked for, days."""


@dataclass(frozen=True, order=True)
class Window:
    """A weekly window on one weekday (1 = Monday), in minutes of the local day; the end is out."""

    weekday: int
    opens: int
    closes: int
    holidays: str


@dataclass(frozen=True)
class Exceptional:
    """A closure, or an exceptional opening, between two instants; the end is out."""

    state: str
    starts_at: datetime
    ends_at: datetime


def windows_clash(one: Window, other: Window) -> bool:
    """True when two windows of a service count on the same minute of some day. A window that is
    closed on public holidays never meets one that is for public holidays only."""
    if one.weekday != other.weekday:
        return False
    if {one.holidays, other.holidays} == {HolidayRule.CLOSED, HolidayRule.ONLY}:
        return False
    return one.opens < other.closes and other.opens < one.closes


def window_counts_on(window: Window, day: date) -> bool:
    """True when the window applies on this day."""
    if window.weekday != day.isoweekday():
        return False
    if window.holidays == HolidayRule.OPEN:
        return True
    return (day in public_holidays(day.year)) == (window.holidays == HolidayRule.ONLY)


def is_open(windows: Iterable[Window], exceptions: Iterable[Exceptional], moment: datetime) -> bool:
    """Whether a service is open at an instant. A closure prevails over an exceptional opening,
    which prevails over the weekly hours."""
    states = {e.state for e in exceptions if e.starts_at <= moment < e.ends_at}
    if ExceptionState.CLOSED in states:
        return False
    if ExceptionState.OPEN in states:
        return True
    local = to_paris(moment)
    minute = local.hour * 60 + local.minute
    return any(w.opens <= minute < w.closes and window_counts_on(w, local.date()) for w in windows)


def next_change(
    windows: Sequence[Window], exceptions: Sequence[Exceptional], moment: datetime
) -> datetime | None:
    """The first instant after ``moment`` when the service opens or closes, within
    ``LOOK_AHEAD_DAYS`` days; None when it does not change."""
    now_open = is_open(windows, exceptions, moment)
    horizon = moment + timedelta(days=LOOK_AHEAD_DAYS)
    ahead = [e for e in exceptions if e.ends_at > moment and e.starts_at <= horizon]
    if not ahead and _is_always_open(windows):
        return None
    bounds = {at for e in ahead for at in (e.starts_at, e.ends_at)}
    first = to_paris(moment).date()
    for offset in range(LOOK_AHEAD_DAYS + 1):
        day = first + timedelta(days=offset)
        midnight, next_midnight = day_bounds(day)
        candidates = {at for at in bounds if midnight <= at < next_midnight}
        candidates |= _bounds_on(windows, day, midnight, next_midnight)
        for candidate in sorted(at for at in candidates if moment < at <= horizon):
            if is_open(windows, exceptions, candidate) != now_open:
                return candidate
    return None


def _is_always_open(windows: Iterable[Window]) -> bool:
    whole = {w.weekday for w in windows if w.holidays == HolidayRule.OPEN and _is_whole_day(w)}
    return len(whole) == len(WEEKDAYS)


def _is_whole_day(window: Window) -> bool:
    return window.opens == 0 and window.closes == DAY_MINUTES


def _bounds_on(
    windows: Iterable[Window], day: date, midnight: datetime, next_midnight: datetime
) -> set[datetime]:
    """The instants of a day at which a window starts or ends, in both passes of a repeated hour.
    Midnight itself is one: the windows of the day before end there."""
    found = {midnight}
    folds: tuple[int, ...] = (0,)
    if next_midnight - midnight != timedelta(days=1):
        # Clocks change at 01:00 UTC (directive 2000/84/EC): an hour is repeated or skipped.
        found.add(datetime(day.year, day.month, day.day, 1, tzinfo=UTC))
        folds = (0, 1)
    for window in windows:
        if window_counts_on(window, day):
            for minute in {window.opens, window.closes} - {0, DAY_MINUTES}:
                found.update(_minute_of_day(day, minute, fold) for fold in folds)
    return found


def _minute_of_day(day: date, minute: int, fold: int) -> datetime:
    return paris_instant(day, time(minute // 60, minute % 60), fold=fold)


def clock_in_words(minute: int) -> str:
    """A minute of the day as it is written: « 8 h », « 18 h 30 », « 24 h »."""
    hour, rest = divmod(minute, 60)
    return f"{hour} h {rest:02d}" if rest else f"{hour} h"


def _joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans of one day in order, those that touch made one."""
    joined: list[tuple[int, int]] = []
    for opens, closes in sorted(spans):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return tuple(joined)


def _spans_in_words(spans: Sequence[tuple[int, int]]) -> str:
    if list(spans) == [(0, DAY_MINUTES)]:
        return "24 h sur 24"
    parts = [f"de {clock_in_words(opens)} à {clock_in_words(closes)}" for opens, closes in spans]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} et {parts[-1]}"


def _runs(days: Sequence[int]) -> list[list[int]]:
    """Weekdays in order, those that follow each other together."""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _days_in_words(days: Sequence[int]) -> str:
    if len(days) == 7:
        return "tous les jours"
    said: list[str] = []
    for run in _runs(days):
        if len(run) > 2:
            said.append(f"du {WEEKDAYS[run[0] - 1]} au {WEEKDAYS[run[-1] - 1]}")
        else:
            said.extend(f"le {WEEKDAYS[day - 1]}" for day in run)
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} et {said[-1]}"


_HOLIDAY_WORDS = {
    HolidayRule.OPEN.value: "jours fériés compris",
    HolidayRule.CLOSED.value: "sauf jours fériés",
}


def _groups(
    windows: Iterable[Window],
) -> list[tuple[str, tuple[tuple[int, int], ...], list[int]]]:
    """Holiday rule, spans and weekdays of the days that share their hours, holidays last."""
    by_day: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for window in windows:
        by_day[window.holidays, window.weekday].append((window.opens, window.closes))
    groups: dict[tuple[str, tuple[tuple[int, int], ...]], list[int]] = defaultdict(list)
    for (holidays, weekday), spans in sorted(by_day.items()):
        groups[holidays, _joined(spans)].append(weekday)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0] == HolidayRule.ONLY, item[1]))
    return [(holidays, spans, days) for (holidays, spans), days in ordered]


def hours_in_words(windows: Iterable[Window]) -> list[str]:
    """Weekly hours as sentences, one per group of days that share their hours:
    « Du lundi au vendredi, de 8 h à 18 h 30, sauf jours fériés. » Empty without any window."""
    return [_sentence(holidays, spans, days) for holidays, spans, days in _groups(windows)]


def _sentence(holidays: str, spans: tuple[tuple[int, int], ...], days: list[int]) -> str:
    said = _spans_in_words(spans)
    if holidays == HolidayRule.ONLY:
        when = "les jours fériés"
        if len(days) < 7:
            when += " qui tombent " + _days_in_words(days)
        words = f"{when}, {said}"
    else:
        words = f"{_days_in_words(days)}, {said}, {_HOLIDAY_WORDS[holidays]}"
    return f"{words[0].upper()}{words[1:]}."


def week_table(windows: Iterable[Window]) -> Iterator[tuple[str, str, str]]:
    """One line per weekday: its name, its ordinary hours in words, and those of public holidays
    that fall on it."""
    windows = list(windows)
    for weekday, name in enumerate(WEEKDAYS, start=1):
        today = [w for w in windows if w.weekday == weekday]
        ordinary = _joined((w.opens, w.closes) for w in today if w.holidays != HolidayRule.ONLY)
        holiday = _joined((w.opens, w.closes) for w in today if w.holidays != HolidayRule.CLOSED)
        yield (
            name.capitalize(),
            _spans_in_words(ordinary).capitalize() if ordinary else "Fermé",
            _spans_in_words(holiday).capitalize() if holiday else "Fermé",
        )


SHORT_DAYS = ("lun", "mar", "mer", "jeu", "ven", "sam", "dim")
_SHORT_HOLIDAYS = {HolidayRule.OPEN.value: "", HolidayRule.CLOSED.value: f" (sauf{NBSP}fériés)"}


def hours_in_short(windows: Iterable[Window]) -> list[str]:
    """Weekly hours for a narrow column: « lun–ven 8 h–18 h 30 (sauf fériés) »; hours do not break
    over two lines."""
    said = []
    for holidays, spans, days in _groups(windows):
        if holidays == HolidayRule.OPEN and len(days) == 7 and spans == ((0, DAY_MINUTES),):
            said.append("24 h/24, 7 j/7")
            continue
        spoken = (f"{clock_in_words(a)}–{clock_in_words(b)}" for a, b in spans)
        hours = ", ".join(words.replace(" ", NBSP) for words in spoken)
        if holidays == HolidayRule.ONLY:
            said.append(f"fériés {hours}")
        else:
            said.append(f"{_days_in_short(days)} {hours}{_SHORT_HOLIDAYS[holidays]}")
    return said


def _days_in_short(days: Sequence[int]) -> str:
    if len(days) == 7:
        return "tlj"
    runs = _runs(days)
    names = [(SHORT_DAYS[run[0] - 1], SHORT_DAYS[run[-1] - 1]) for run in runs]
    return ", ".join(first if first == last else f"{first}–{last}" for first, last in names)


def soon_in_words(moment: datetime, now: datetime) -> str:
    """An instant near another one, as it is said: « 8 h », « demain 8 h », « lundi 8 h », then
    « 24 décembre 8 h », with the year when it is another one."""
    local, today = to_paris(moment), to_paris(now).date()
    ahead = (local.date() - today).days
    clock = french_clock(moment)
    if ahead == 0:
        return clock
    if ahead == 1:
        return f"demain {clock}"
    if 1 < ahead < 7:
        return f"{WEEKDAYS[local.weekday()]} {clock}"
    day = french_day(local.date())
    return f"{day.removesuffix(f' {today.year}')} {clock}"
