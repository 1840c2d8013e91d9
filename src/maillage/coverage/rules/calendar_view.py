"""The calendar of holes: a year of weeks, each hour of the week in the colour of the residents
without cover.

It is drawn from intervals, not from hours: a hole of thirty minutes is half as wide as one of an
hour. Wall clock of Paris: the hour skipped in March stays blank, and the two passes of the
repeated hour of October are drawn over each other, the worse one on top.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import escape
from itertools import pairwise

from maillage.coverage.enums import CATEGORIES, HOLES
from maillage.coverage.rules.measures import NBSP, people
from maillage.coverage.rules.measures import hours as length_in_words
from maillage.vocabulary.calendar import (
    french_clock,
    french_day,
    french_instant,
    local_day,
    paris_instant,
    to_paris,
)

MINUTES_OF_WEEK = 7 * 24 * 60
DAY_MINUTES = 24 * 60

RESIDENT_LIMITS = (0.0, 1_000.0, 5_000.0, 20_000.0, 100_000.0, 500_000.0)
"""Classes of residents start here: a village, a town, the area of a hospital, a group, a
department."""

RESIDENT_LABELS = (
    "moins de 1 000", "1 000 à 5 000", "5 000 à 20 000", "20 000 à 100 000",
    "100 000 à 500 000", "500 000 et plus",
)  # fmt: skip

LEFT, TOP, ROW, RIGHT = 72, 34, 13, 6
MINUTE_WIDTH = 0.078
"""Units of the picture: a week is about 786 wide, an hour 4.7."""

MONTHS_SHORT = (
    "janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
    "déc.",
)  # fmt: skip

DAYS_SHORT = ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim.")


@dataclass(frozen=True, slots=True)
class Moment:
    """An interval over which the residents by category stay the same; ``starts_at`` included,
    ``ends_at`` not. ``uncovered`` counts what the calendar shows: holes, with late or without."""

    starts_at: datetime
    ends_at: datetime
    uncovered: float
    by_category: Mapping[str, float]

    @property
    def hours(self) -> float:
        return (self.ends_at - self.starts_at).total_seconds() / 3600

    @property
    def main_reason(self) -> str:
        """The category with the most residents among those not covered or late."""
        return max((*HOLES, "late"), key=lambda name: self.by_category.get(name, 0.0))


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of one week in one class: minutes of the week on the wall clock, the most
    residents without cover, and the instant of that most."""

    monday: date
    start: float
    end: float
    css: str
    residents: float
    at: datetime
    starts_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch without a break during which some resident has no cover."""

    starts_at: datetime
    ends_at: datetime
    residents: float
    person_hours: float
    reason: str
    at: datetime

    @property
    def hours(self) -> float:
        return (self.ends_at - self.starts_at).total_seconds() / 3600

    @property
    def duration(self) -> str:
        return length_in_words(self.hours)

    @property
    def reason_words(self) -> str:
        return CATEGORIES[self.reason].label

    @property
    def until(self) -> str:
        """« 12 h 30 » when it ends on the day on which it began; the whole instant otherwise."""
        if local_day(self.starts_at) == local_day(self.ends_at):
            return _clock(self.ends_at)
        return french_instant(self.ends_at)


@dataclass(frozen=True, slots=True)
class WeekTotals:
    """One week: hours with somebody uncovered, person-hours, the most residents at one time."""

    monday: date
    hours: float
    person_hours: float
    residents: float

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def duration(self) -> str:
        return length_in_words(self.hours)


def resident_class(residents: float) -> str:
    """``q1`` to ``q6`` for residents without cover; ``q0`` for none."""
    if residents <= 0:
        return "q0"
    return f"q{sum(residents >= limit for limit in RESIDENT_LIMITS)}"


def monday_of(day: date) -> date:
    """The first day of the week of a day."""
    return day - timedelta(days=day.weekday())


def list_mondays(first: date, last: date) -> list[date]:
    """The Mondays of the weeks that a horizon touches (the last day excluded)."""
    monday, found = monday_of(first), []
    while monday < last:
        found.append(monday)
        monday += timedelta(days=7)
    return found


def clock_changes(first: date, last: date) -> list[datetime]:
    """The instants between these days at which clocks change."""
    found = []
    day = first
    while day < last:
        start, end = (
            paris_instant(day, _MIDNIGHT),
            paris_instant(day + timedelta(days=1), _MIDNIGHT),
        )
        if end - start != timedelta(days=1):
            found.append(start.replace(hour=1, minute=0) + timedelta(days=1))
        day += timedelta(days=1)
    return found


_MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC).time()


def cut(
    starts_at: datetime, ends_at: datetime, changes: Sequence[datetime]
) -> Iterable[tuple[date, float, float, datetime, datetime]]:
    """An interval cut at the weeks and at the changes of clocks: Monday, minutes of the week
    (start, end) on the wall clock, and the instants of the piece."""
    edges = [starts_at, *(one for one in changes if starts_at < one < ends_at), ends_at]
    for start, end in pairwise(edges):
        offset = to_paris(start).utcoffset() or timedelta(0)
        local, stop = start + offset, end + offset
        while local < stop:
            monday = monday_of(local.date())
            floor = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
            until = min(stop, floor + timedelta(days=7))
            yield (
                monday,
                (local - floor).total_seconds() / 60,
                (until - floor).total_seconds() / 60,
                local - offset,
                until - offset,
            )
            local = until


def make_runs(moments: Iterable[Moment], first: date, last: date) -> list[Run]:
    """Stretches of equal class, merged within each week: few nodes to draw. Moments without
    anybody uncovered make the runs of class ``q0``, the hours that are due and covered."""
    changes = clock_changes(first, last)
    runs: list[Run] = []
    for moment in sorted(moments, key=lambda one: one.starts_at):
        css = resident_class(moment.uncovered)
        for monday, start, end, from_at, to_at in cut(moment.starts_at, moment.ends_at, changes):
            reason = moment.main_reason if moment.uncovered else ""
            run = Run(monday, start, end, css, moment.uncovered, from_at, from_at, to_at, reason)
            before = runs[-1] if runs else None
            if before and _joins(before, run):
                runs[-1] = _join(before, run)
            else:
                runs.append(run)
    return runs


def _joins(before: Run, run: Run) -> bool:
    return (
        before.monday == run.monday
        and before.css == run.css
        and before.ends_at == run.starts_at
        and before.end == run.start
    )


def _join(before: Run, run: Run) -> Run:
    worse = run if run.residents > before.residents else before
    return Run(
        before.monday,
        before.start,
        run.end,
        before.css,
        worse.residents,
        worse.at,
        before.starts_at,
        run.ends_at,
        worse.reason,
    )


def list_holes(moments: Iterable[Moment]) -> list[Hole]:
    """Holes without a break, the longest first, then the earliest."""
    holes: list[Hole] = []
    reason_hours: dict[str, float] = {}
    for moment in sorted(moments, key=lambda one: one.starts_at):
        if moment.uncovered <= 0:
            continue
        if not (holes and holes[-1].ends_at == moment.starts_at):
            reason_hours = {}
        for name in (*HOLES, "late"):
            value = moment.by_category.get(name, 0.0) * moment.hours
            reason_hours[name] = reason_hours.get(name, 0.0) + value
        hole = Hole(
            moment.starts_at,
            moment.ends_at,
            moment.uncovered,
            moment.uncovered * moment.hours,
            max(reason_hours, key=lambda name: reason_hours[name]),
            moment.starts_at,
        )
        if holes and holes[-1].ends_at == moment.starts_at:
            before = holes.pop()
            worse = hole if hole.residents > before.residents else before
            hole = Hole(
                before.starts_at,
                hole.ends_at,
                worse.residents,
                before.person_hours + hole.person_hours,
                hole.reason,
                worse.at,
            )
        holes.append(hole)
    return sorted(holes, key=lambda hole: (-hole.hours, hole.starts_at))


def sum_weeks(moments: Iterable[Moment], first: date, last: date) -> list[WeekTotals]:
    """Totals of each week of the horizon, in elapsed hours."""
    changes = clock_changes(first, last)
    hours: dict[date, float] = {}
    person_hours: dict[date, float] = {}
    most: dict[date, float] = {}
    for moment in moments:
        if moment.uncovered <= 0:
            continue
        for monday, _, _, from_at, to_at in cut(moment.starts_at, moment.ends_at, changes):
            length = (to_at - from_at).total_seconds() / 3600
            hours[monday] = hours.get(monday, 0.0) + length
            person_hours[monday] = person_hours.get(monday, 0.0) + length * moment.uncovered
            most[monday] = max(most.get(monday, 0.0), moment.uncovered)
    return [
        WeekTotals(day, hours.get(day, 0.0), person_hours.get(day, 0.0), most.get(day, 0.0))
        for day in list_mondays(first, last)
    ]


@dataclass(frozen=True, slots=True)
class HourCell:
    """One hour of one day on the wall clock: the most residents without cover during it (both
    passes of a repeated hour together), None when nothing is due. ``at``: when that most is."""

    hour: int
    residents: float | None
    css: str
    at: datetime | None


def grid_of_week(moments: Iterable[Moment], monday: date) -> list[tuple[int, tuple[HourCell, ...]]]:
    """The week as 24 rows of seven cells."""
    sunday = monday + timedelta(days=7)
    changes = clock_changes(monday, sunday)
    floor, ceiling = paris_instant(monday, _MIDNIGHT), paris_instant(sunday, _MIDNIGHT)
    most: dict[tuple[int, int], tuple[float, datetime]] = {}
    for moment in moments:
        start, end = max(moment.starts_at, floor), min(moment.ends_at, ceiling)
        if start >= end:
            continue
        for _, first, last, from_at, _ in cut(start, end, changes):
            minute = first
            while minute < last:
                place = (int(minute // DAY_MINUTES), int(minute % DAY_MINUTES // 60))
                at = from_at + timedelta(minutes=minute - first)
                if place not in most or moment.uncovered > most[place][0]:
                    most[place] = (moment.uncovered, at)
                minute = (minute // 60 + 1) * 60
    return [
        (hour, tuple(_cell(hour, most.get((day, hour))) for day in range(7))) for hour in range(24)
    ]


def _cell(hour: int, found: tuple[float, datetime] | None) -> HourCell:
    if found is None:
        return HourCell(hour, None, "none", None)
    residents, at = found
    return HourCell(hour, residents, resident_class(residents), at)


def draw_calendar(
    runs: Sequence[Run],
    first: date,
    last: date,
    *,
    link: Callable[[datetime], str],
    week_link: Callable[[date], str],
    holidays: Iterable[date] = (),
    title: str,
    noun: str = "sans prise en charge",
) -> str:
    """The calendar as SVG, safe markup. ``link`` and ``week_link`` give the addresses of
    an instant and of a week. Runs are links that the script
    reaches with the arrows; the weeks beneath are the plain way."""
    mondays = list_mondays(first, last)
    rows = {monday: index for index, monday in enumerate(mondays)}
    width = LEFT + MINUTES_OF_WEEK * MINUTE_WIDTH + RIGHT
    height = TOP + len(mondays) * ROW + 8
    parts = [
        f'<svg class="calendar" viewBox="0 0 {width:.0f} {height}" role="group" '
        f'aria-label="{escape(title)}" data-calendar>',
        _draw_heads(),
        _draw_ground(mondays, first, last),
        _draw_due([run for run in runs if run.css == "q0"], rows),
        *(
            _draw_run(run, rows[run.monday], link, noun)
            for run in sorted(runs, key=lambda one: one.residents)
            if run.css != "q0" and run.monday in rows
        ),
        _draw_marks(rows, holidays, clock_changes(first, last), first, last),
        *_draw_labels(mondays, week_link),
        "</svg>",
    ]
    return "".join(parts)


def _x(minute: float) -> float:
    return LEFT + minute * MINUTE_WIDTH


def _draw_heads() -> str:
    parts = []
    for day, name in enumerate(DAYS_SHORT):
        x = _x(day * DAY_MINUTES)
        parts.append(f'<text class="day" x="{x + 3:.1f}" y="12">{name}</text>')
        parts.extend(
            f'<text class="hour" x="{_x(day * DAY_MINUTES + hour * 60):.1f}" y="27" '
            f'text-anchor="middle">{hour}</text>'
            for hour in (6, 12, 18)
        )
    return f'<g aria-hidden="true">{"".join(parts)}</g>'


def _draw_ground(mondays: Sequence[date], first: date, last: date) -> str:
    """The days of the horizon, in the colour of « nothing due »; due hours are drawn over it."""
    parts = []
    for row, monday in enumerate(mondays):
        start = max((first - monday).days, 0)
        end = min((last - monday).days, 7)
        x, width = _x(start * DAY_MINUTES), (end - start) * DAY_MINUTES * MINUTE_WIDTH
        parts.append(f"M{x:.1f} {TOP + row * ROW}h{width:.1f}v{ROW - 1}h-{width:.1f}z")
    return f'<path class="none" d="{"".join(parts)}"/>'


def _draw_due(runs: Sequence[Run], rows: Mapping[date, int]) -> str:
    parts = []
    for run in runs:
        if run.monday not in rows:
            continue
        width = (run.end - run.start) * MINUTE_WIDTH
        y = TOP + rows[run.monday] * ROW
        parts.append(f"M{_x(run.start):.1f} {y}h{width:.1f}v{ROW - 1}h-{width:.1f}z")
    return f'<path class="q0" d="{"".join(parts)}"/>'


def _draw_run(run: Run, row: int, link: Callable[[datetime], str], noun: str) -> str:
    words = escape(run_in_words(run, noun))
    address = escape(link(run.at))
    width = max((run.end - run.start) * MINUTE_WIDTH, 1.0)
    return (
        f'<a href="{address}" tabindex="-1" data-row="{row}" data-tip="{words}" '
        f'aria-label="{words}"><rect class="{run.css}" x="{_x(run.start):.1f}" '
        f'y="{TOP + row * ROW}" width="{width:.1f}" height="{ROW - 1}"/></a>'
    )


def run_in_words(run: Run, noun: str = "sans prise en charge") -> str:
    """« lundi 23 novembre 2026, 18 h 30 à 20 h : jusqu'à 12 400 habitants sans prise en charge
    (fermé, sans garde) »."""
    start, end = to_paris(run.starts_at), to_paris(run.ends_at)
    until = _clock(run.ends_at)
    if end.date() != start.date():
        is_midnight = end.time() == _MIDNIGHT and end.date() - start.date() == timedelta(days=1)
        until = f"24{NBSP}h" if is_midnight else f"{french_day(end.date(), weekday=True)}, {until}"
    reason = f" ({CATEGORIES[run.reason].label.lower()})" if run.reason else ""
    return (
        f"{french_day(start.date(), weekday=True)}, {_clock(run.starts_at)} à {until} : "
        f"jusqu'à {people(run.residents)} {noun}{reason}"
    )


def _clock(moment: datetime) -> str:
    return french_clock(moment).replace(" ", NBSP)


def _draw_marks(
    rows: Mapping[date, int],
    holidays: Iterable[date],
    changes: Iterable[datetime],
    first: date,
    last: date,
) -> str:
    parts = []
    for day in holidays:
        if not first <= day < last:
            continue
        monday = monday_of(day)
        x, y = _x((day - monday).days * DAY_MINUTES), TOP + rows[monday] * ROW
        width = DAY_MINUTES * MINUTE_WIDTH
        parts.append(
            f'<rect class="holiday" x="{x:.1f}" y="{y - 0.5}" width="{width:.1f}" '
            f'height="{ROW}"><title>{escape(french_day(day, weekday=True))}, férié</title></rect>'
        )
    for change in changes:
        day = local_day(change)
        monday = monday_of(day)
        if monday not in rows:
            continue
        x, y = _x((day - monday).days * DAY_MINUTES + 150), TOP + rows[monday] * ROW
        words = f"{french_day(day, weekday=True)} : changement d'heure"
        parts.append(
            f'<path class="clock-change" d="M{x:.1f} {y - 2}v{ROW + 3}">'
            f"<title>{escape(words)}</title></path>"
        )
    lines = "".join(
        f'<path class="day-line" d="M{_x(day * DAY_MINUTES):.1f} {TOP - 2}v{len(rows) * ROW + 3}"/>'
        for day in range(1, 7)
    )
    return f'<g class="marks" aria-hidden="true">{lines}{"".join(parts)}</g>'


def _draw_labels(mondays: Sequence[date], week_link: Callable[[date], str]) -> Iterable[str]:
    for row, monday in enumerate(mondays):
        y = TOP + row * ROW + ROW - 3
        css = "week week--month" if monday.day <= 7 else "week"
        address = escape(week_link(monday))
        month = ""
        if monday.day <= 7:
            month = (
                f'<text class="month" x="{LEFT - 6}" y="{y + 8}" text-anchor="end" '
                f'aria-hidden="true">{MONTHS_SHORT[monday.month - 1]}</text>'
            )
        yield (
            f'<a href="{address}" tabindex="-1" aria-label="Semaine du '
            f'{french_day(monday)}"><text class="{css}" x="{LEFT - 6}" y="{y}" '
            f'text-anchor="end">{monday:%d/%m/%y}</text></a>{month}'
        )
